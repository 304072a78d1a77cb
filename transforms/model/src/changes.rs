//! `changes.json`: what a release changes, beside another one.
//!
//! It follows the rules of everything public: of what is masked, protected or dropped now it has no earlier value, of what vanished it has the key and one reason for
//! all, and of changed rows it does not say which of their columns changed, since that would tell which place became a protected one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where the changes lie in a release, for machines.
pub const CHANGES: &str = "changes.json";
/// Where they lie for people.
pub const CHANGES_PAGE: &str = "CHANGES.md";
/// The one reason of a row that is not there any more.
pub const RETIRED: &str = "retirée";

/// What a release changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// Always [`Changes::FORMAT`].
    pub format: String,
    /// Prefix of the release.
    pub release: String,
    /// Prefix of the release that it is compared with: the one that it corrects, else that of the month before it. None for the first.
    pub since: Option<String>,
    /// Why the month was published again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The datasets of both, sorted by name.
    pub datasets: Vec<DatasetChanges>,
}

impl Changes {
    /// The form that this version writes.
    pub const FORMAT: &'static str = "solidata-changes/1";
}

/// What changed in a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetChanges {
    /// The dataset.
    pub dataset: String,
    /// Whether both releases have it.
    pub presence: Presence,
    /// How its schema changed; none when one of the two has no such dataset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<SchemaChanges>,
    /// How many rows changed; none when the rows of two months are not the same things.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<RowCounts>,
    /// Which rows changed, where one column names a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<ChangedKeys>,
    /// Key figures.
    pub indicators: Vec<IndicatorChange>,
}

/// Which of two releases has a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// The newer one.
    Added,
    /// The older one.
    Removed,
    /// Both.
    Kept,
}

/// How a schema changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemaChanges {
    /// The version before.
    pub from: String,
    /// The version after.
    pub to: String,
    /// What the changes ask of those who import the dataset; none when nothing changed.
    pub level: Option<SchemaLevel>,
    /// Every change, in the order of the columns.
    pub changes: Vec<ColumnChange>,
}

/// What a change of a schema asks of those who import the dataset. The policy, by the first line that applies:
///
/// | level | what changed |
/// |---|---|
/// | major | a column was removed, renamed or moved before another; another type, pattern or code list, or wider bounds; may be empty now and could not; values taken from its list or from its code list, or the list taken away; another sort key |
/// | minor | a column was added; values were added to its list; cannot be empty any more and could; narrower bounds |
/// | patch | descriptions and examples |
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SchemaLevel {
    /// Nothing to do.
    Patch,
    /// Nothing breaks, and there is something new.
    Minor,
    /// An import may break.
    Major,
}

impl SchemaLevel {
    /// In French.
    pub fn fr(self) -> &'static str {
        match self {
            Self::Patch => "corrective",
            Self::Minor => "mineure",
            Self::Major => "majeure",
        }
    }
}

impl fmt::Display for SchemaLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        })
    }
}

/// What changed of one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnChange {
    /// The column; `*` for the table as a whole.
    pub column: String,
    /// What.
    pub what: SchemaChange,
    /// What it asks of importers.
    pub level: SchemaLevel,
}

/// A change of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SchemaChange {
    /// The column is not there any more, or under another name.
    Removed,
    /// The column is new.
    Added,
    /// The columns are in another order.
    Reordered,
    /// Other columns name a row.
    SortKey,
    /// Another type.
    Type,
    /// It may be empty now.
    MayBeEmpty,
    /// It cannot be empty any more.
    NeverEmpty,
    /// Another pattern.
    Pattern,
    /// Another code list, or its codes stand otherwise in a cell.
    CodeList,
    /// Its least or greatest number was taken away or moved outward.
    BoundsWidened,
    /// It has a least or greatest number that it had not, or one further inward.
    BoundsNarrowed,
    /// Its values are listed now.
    ValuesListed,
    /// Its values are not listed any more.
    ValuesUnlisted,
    /// Values were taken from its list, or codes from its code list. Codes that are added to a code list are no change of the schema.
    ValuesRemoved,
    /// Values were added to its list.
    ValuesAdded,
    /// Another description or example.
    Description,
}

impl SchemaChange {
    /// What it asks of importers.
    pub fn level(self) -> SchemaLevel {
        match self {
            Self::Removed
            | Self::Reordered
            | Self::SortKey
            | Self::Type
            | Self::MayBeEmpty
            | Self::Pattern
            | Self::CodeList
            | Self::BoundsWidened
            | Self::ValuesUnlisted
            | Self::ValuesRemoved => SchemaLevel::Major,
            Self::Added | Self::NeverEmpty | Self::BoundsNarrowed | Self::ValuesListed | Self::ValuesAdded => SchemaLevel::Minor,
            Self::Description => SchemaLevel::Patch,
        }
    }

    /// In English.
    pub fn en(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Added => "added",
            Self::Reordered => "columns in another order",
            Self::SortKey => "another sort key",
            Self::Type => "another type",
            Self::MayBeEmpty => "it may be empty now",
            Self::NeverEmpty => "it cannot be empty any more",
            Self::Pattern => "another pattern",
            Self::CodeList => "another code list",
            Self::BoundsWidened => "wider bounds",
            Self::BoundsNarrowed => "narrower bounds",
            Self::ValuesListed => "its values are listed now",
            Self::ValuesUnlisted => "its values are not listed any more",
            Self::ValuesRemoved => "values were taken from its list",
            Self::ValuesAdded => "values were added to its list",
            Self::Description => "another description or example",
        }
    }

    /// In French.
    pub fn fr(self) -> &'static str {
        match self {
            Self::Removed => "retirée",
            Self::Added => "ajoutée",
            Self::Reordered => "colonnes dans un autre ordre",
            Self::SortKey => "autre clé",
            Self::Type => "autre type",
            Self::MayBeEmpty => "peut désormais être vide",
            Self::NeverEmpty => "n’est plus jamais vide",
            Self::Pattern => "autre motif",
            Self::CodeList => "autre liste de codes",
            Self::BoundsWidened => "bornes élargies",
            Self::BoundsNarrowed => "bornes resserrées",
            Self::ValuesListed => "valeurs désormais énumérées",
            Self::ValuesUnlisted => "valeurs qui ne sont plus énumérées",
            Self::ValuesRemoved => "valeurs retirées de sa liste",
            Self::ValuesAdded => "valeurs ajoutées à sa liste",
            Self::Description => "autre description ou autre exemple",
        }
    }
}

/// How many rows two tables have, and how they differ by key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowCounts {
    /// Rows before.
    pub before: u64,
    /// Rows after.
    pub after: u64,
    /// Keys that were not there before.
    pub added: u64,
    /// Keys that are not there any more.
    pub removed: u64,
    /// Rows with the same key and another value.
    pub changed: u64,
}

/// Which rows changed, each list sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedKeys {
    /// New ones.
    pub added: Vec<String>,
    /// Those that are not there any more.
    pub removed: Vec<RemovedKey>,
    /// Those with another value.
    pub changed: Vec<String>,
}

/// A row that is not there any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemovedKey {
    /// Its key.
    pub key: String,
    /// Always [`RETIRED`].
    pub reason: String,
}

/// A key figure before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndicatorChange {
    /// Its name in `dataset.toml`.
    pub id: String,
    /// What it counts, in French.
    pub fr: String,
    /// What it counts, in English.
    pub en: String,
    /// The territory it is of; none when it is of the whole table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub territoire_id: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub territoire_libelle: Option<String>,
    /// Before; none where it was not given, or is not given now.
    pub before: Option<i64>,
    /// After; none where it is withheld.
    pub after: Option<i64>,
}
