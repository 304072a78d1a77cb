use crate::{CodeList, Digest, PortalIds, kind};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a published dataset promises: `dataset.toml` and `schema.toml` of its folder under `datasets/`.
#[derive(Debug, Clone)]
pub struct DatasetSpec {
    /// Folder, table and file name.
    pub id: String,
    /// French title.
    pub title_fr: String,
    /// English title.
    pub title_en: String,
    /// French description, in a few sentences.
    pub description_fr: String,
    /// SPDX identifier of the licence of the data.
    pub licence: String,
    /// How often it is published, a frequency code of data.gouv.fr.
    pub cadence: String,
    /// What it is made from.
    pub feeds: Feeds,
    /// The columns whose values name a row; the order of rows.
    pub sort_key: Vec<String>,
    /// The protection of its figures; none for the public directory.
    pub protection: Option<Protection>,
    /// Its key figures.
    pub indicators: Vec<Indicator>,
    /// What it is called on portals, by the portal's host. Where the program finds them, and nothing that a release says.
    pub datagouv: BTreeMap<String, PortalIds>,
    /// The columns of the point of a row, where rows have one: it is then published as GeoJSON and GeoParquet too.
    pub geometry: Option<Geometry>,
    /// The column by whose values a file is split that is too large to be looked at on data.gouv.fr.
    pub split_by: Option<String>,
    /// What a reader of a spreadsheet must know of this table, in French, a sentence or two each.
    pub notes_fr: Vec<String>,
    /// The columns.
    pub contract: Contract,
    /// Digest of `dataset.toml`.
    pub spec_digest: Digest<kind::Text>,
}

/// A key figure of a dataset, `[[indicator]]` of `dataset.toml`: a count of rows or a sum, in all or by territory.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// Its name.
    pub id: String,
    /// What it counts, in French.
    pub fr: String,
    /// What it counts, in English.
    pub en: String,
    /// The rows that count: text columns, with the values that they may have. `{mois}` stands for the month of the release.
    #[serde(default, rename = "where")]
    pub rows: BTreeMap<String, Vec<String>>,
    /// The integer column whose values are added; without it rows are counted. Where one is empty there is no sum.
    #[serde(default)]
    pub sum: Option<String>,
    /// Whether there is one figure for each `territoire_id`.
    #[serde(default)]
    pub by_territory: bool,
}

/// The columns of a point: degrees of WGS 84, as decimals of at most six digits after the point. Written as `["longitude", "latitude"]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[String; 2]", into = "[String; 2]")]
pub struct Geometry {
    /// Degrees east.
    pub longitude: String,
    /// Degrees north.
    pub latitude: String,
}

impl From<[String; 2]> for Geometry {
    fn from([longitude, latitude]: [String; 2]) -> Self {
        Self { longitude, latitude }
    }
}

impl From<Geometry> for [String; 2] {
    fn from(geometry: Geometry) -> Self {
        [geometry.longitude, geometry.latitude]
    }
}

/// What a dataset is made from: it is published when the run has that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feeds {
    /// The public directory of places and services.
    Supply,
    /// Protected counts of searches.
    Demand,
}

/// The rules of protection of a table of demand. All of them are public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protection {
    /// The fewest contributors of a published cell.
    pub k: u64,
    /// The largest contributor may have at most this share of the searches, in percent.
    pub dominance_percent: u64,
    /// The fewest organisations of a cell to which only identified professionals contribute.
    pub organisations: u32,
    /// How many anonymous searches are taken to be one person.
    pub per_person: u64,
    /// The same in sensitive categories.
    pub per_person_sensitive: u64,
    /// Communes with fewer inhabitants are not given in sensitive categories.
    pub population: u64,
    /// Whether what a published total minus its published parts leaves must itself have `k` contributors.
    pub pool: bool,
    /// By how much two tables that agree with everything published must differ in each primary cell; 0 looks at linear algebra only.
    pub width: u64,
    /// The share of primary cells, in percent, that one such table must let reach `k`.
    pub reach_percent: u64,
}

/// The columns of a dataset.
#[derive(Debug, Clone)]
pub struct Contract {
    /// Semantic version of the schema.
    pub version: String,
    /// The day of its first version.
    pub created: Option<NaiveDate>,
    /// The day of this version.
    pub updated: Option<NaiveDate>,
    /// The columns, in published order.
    pub columns: Vec<Column>,
    /// Digest of `schema.toml`.
    pub digest: Digest<kind::Text>,
}

/// One published column.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// French `snake_case` name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// Whether it may be empty.
    #[serde(default)]
    pub null: bool,
    /// French description.
    pub fr: String,
    /// English description.
    pub en: String,
    /// The schema version that brought it.
    pub since: String,
    /// A value as an example.
    #[serde(default)]
    pub example: Option<String>,
    /// The code list its values come from: a file of `datasets/reference/`.
    #[serde(default)]
    pub code_list: Option<String>,
    /// The values it may take, when they are few.
    #[serde(default)]
    pub values: Vec<String>,
    /// A regular expression that every value matches.
    #[serde(default)]
    pub pattern: Option<String>,
    /// The least number it may hold, as the CSV writes it.
    #[serde(default)]
    pub minimum: Option<String>,
    /// The greatest number it may hold, as the CSV writes it.
    #[serde(default)]
    pub maximum: Option<String>,
    /// Which codes of its code list it takes, where the list is of several dimensions: those of this one.
    #[serde(default)]
    pub dimension: Option<String>,
    /// Values that it may have beside the codes of its list.
    #[serde(default)]
    pub besides: Vec<String>,
    /// What stands between the codes of a cell, where it may have several.
    #[serde(default)]
    pub separator: Option<char>,
    /// The codes of its list. `schema.toml` only names the list: whoever has the lists fills this in.
    #[serde(skip)]
    pub codes: Option<CodeList>,
}

impl Column {
    /// Whether its list of values, or its code list where that is known and short enough, has a text; true where there is no list.
    pub fn lists(&self, text: &str) -> bool {
        if !self.values.is_empty() {
            return self.values.iter().any(|value| value == text);
        }
        let Some(list) = self.codes.as_ref().filter(|list| !list.codes.is_empty()) else { return true };
        let known = |code: &str| list.codes.iter().any(|known| known == code);
        self.besides.iter().any(|value| value == text)
            || match self.separator {
                None => known(text),
                Some(separator) => text.split(separator).all(known),
            }
    }

    /// What is wrong with what it says of its list and its bounds.
    fn contradiction(&self) -> Option<&'static str> {
        let of_list = self.dimension.is_some() || !self.besides.is_empty() || self.separator.is_some();
        if of_list && self.code_list.is_none() {
            return Some("`dimension`, `besides` and `separator` are for a column that has a code_list");
        }
        if self.code_list.is_some() && !self.values.is_empty() {
            return Some("it has both `values` and a code_list: name further values in `besides`");
        }
        if self.separator.is_some() && self.pattern.is_some() {
            return Some("it has both a separator and a pattern: the pattern of several codes follows from the code list");
        }
        let number = matches!(self.kind, ColumnType::Integer | ColumnType::Decimal { .. });
        if (self.minimum.is_some() || self.maximum.is_some()) && !number {
            return Some("`minimum` and `maximum` are for columns of type integer or decimal(p,s)");
        }
        None
    }
}

/// The type of a column. There is no floating-point type: published figures are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum ColumnType {
    /// `string`: UTF-8 text.
    Text,
    /// `integer`: 64 bits, signed.
    Integer,
    /// `decimal(p,s)`: an exact decimal of at most `p` digits, `s` of them after the point.
    Decimal {
        /// Digits in all, up to 38.
        precision: u8,
        /// Digits after the point.
        scale: i8,
    },
    /// `date`: a day.
    Date,
    /// `boolean`.
    Boolean,
}

/// What is wrong with a dataset's files.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The file is no TOML of the expected form.
    #[error("datasets/{dataset}/{file}: {detail}")]
    Form {
        /// The dataset.
        dataset: String,
        /// `dataset.toml` or `schema.toml`.
        file: &'static str,
        /// What the parser says, with the line.
        detail: String,
    },
    /// The file says something that cannot hold.
    #[error("datasets/{dataset}/{file}: {detail}")]
    Meaning {
        /// The dataset.
        dataset: String,
        /// `dataset.toml` or `schema.toml`.
        file: &'static str,
        /// What is wrong and what to write.
        detail: String,
    },
}

impl TryFrom<String> for ColumnType {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let unknown = || format!("'{text}' is not a column type: string, integer, decimal(p,s), date or boolean");
        match text.as_str() {
            "string" => Ok(Self::Text),
            "integer" => Ok(Self::Integer),
            "date" => Ok(Self::Date),
            "boolean" => Ok(Self::Boolean),
            other => {
                let inner = other.strip_prefix("decimal(").and_then(|r| r.strip_suffix(')')).ok_or_else(unknown)?;
                let (p, s) = inner.split_once(',').ok_or_else(unknown)?;
                let precision: u8 = p.trim().parse().map_err(|_| unknown())?;
                let scale: i8 = s.trim().parse().map_err(|_| unknown())?;
                if precision == 0 || precision > 38 || scale < 0 || scale as u8 > precision {
                    return Err(unknown());
                }
                Ok(Self::Decimal { precision, scale })
            }
        }
    }
}

impl ColumnType {
    /// The type as `schema.toml` writes it.
    pub fn name(self) -> String {
        match self {
            Self::Text => "string".into(),
            Self::Integer => "integer".into(),
            Self::Decimal { precision, scale } => format!("decimal({precision},{scale})"),
            Self::Date => "date".into(),
            Self::Boolean => "boolean".into(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DatasetToml {
    title_fr: String,
    title_en: String,
    description_fr: String,
    licence: String,
    cadence: String,
    feeds: Feeds,
    sort_key: Vec<String>,
    geometry: Option<Geometry>,
    split_by: Option<String>,
    #[serde(default)]
    notes_fr: Vec<String>,
    protection: Option<Protection>,
    #[serde(default)]
    indicator: Vec<Indicator>,
    #[serde(default)]
    datagouv: BTreeMap<String, PortalIds>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemaToml {
    version: String,
    created: Option<NaiveDate>,
    updated: Option<NaiveDate>,
    column: Vec<Column>,
}

impl DatasetToml {
    /// Whether the columns that the other forms of the table are made from are there and of the right type.
    fn check_forms(&self, columns: &[Column]) -> Result<(), String> {
        let kind = |what: &str, name: &str| {
            let column = columns.iter().find(|c| c.name == name);
            column.map(|c| c.kind).ok_or_else(|| format!("{what} names '{name}', which schema.toml does not have"))
        };
        if let Some(Geometry { longitude, latitude }) = &self.geometry {
            if longitude == latitude {
                return Err("geometry names one column twice: write [\"longitude\", \"latitude\"]".into());
            }
            for name in [longitude, latitude] {
                match kind("geometry", name)? {
                    // So many digits stand for one binary number each.
                    ColumnType::Decimal { precision, scale } if precision <= 15 && scale <= 6 => {}
                    other => return Err(format!("geometry: '{name}' is {}, not a decimal(p,s) of p <= 15 and s <= 6", other.name())),
                }
            }
        }
        match self.split_by.as_deref().map(|name| kind("split_by", name).map(|kind| (name, kind))).transpose()? {
            Some((name, kind)) if kind != ColumnType::Text => return Err(format!("split_by: '{name}' is not of type string")),
            _ => {}
        }
        if self.notes_fr.iter().any(|note| note.trim().is_empty()) {
            return Err("a note of notes_fr is empty".into());
        }
        Ok(())
    }
}

impl DatasetSpec {
    /// Reads the two files of a dataset's folder.
    ///
    /// # Errors
    /// When a file is not of the form described above, a column is named twice or has no description, the sort key names a column that
    /// is missing or may be empty, or `geometry` or `split_by` name columns that are not what they take.
    pub fn parse(id: &str, dataset_toml: &str, schema_toml: &str) -> Result<Self, DatasetError> {
        let form = |file: &'static str, e: toml::de::Error| DatasetError::Form { dataset: id.into(), file, detail: e.to_string() };
        let meaning = |file: &'static str, detail: String| DatasetError::Meaning { dataset: id.into(), file, detail };
        let spec: DatasetToml = toml::from_str(dataset_toml).map_err(|e| form("dataset.toml", e))?;
        let schema: SchemaToml = toml::from_str(schema_toml).map_err(|e| form("schema.toml", e))?;

        let mut seen = BTreeSet::new();
        for c in &schema.column {
            if !seen.insert(c.name.as_str()) {
                return Err(meaning("schema.toml", format!("column '{}' is there twice", c.name)));
            }
            if c.fr.trim().is_empty() || c.en.trim().is_empty() {
                return Err(meaning("schema.toml", format!("column '{}' is not documented: write `fr` and `en`", c.name)));
            }
            if let Some(wrong) = c.contradiction() {
                return Err(meaning("schema.toml", format!("column '{}': {wrong}", c.name)));
            }
        }
        if spec.sort_key.is_empty() {
            return Err(meaning("dataset.toml", "sort_key is empty: name the columns that tell rows apart".into()));
        }
        for key in &spec.sort_key {
            match schema.column.iter().find(|c| c.name == *key) {
                None => return Err(meaning("dataset.toml", format!("sort_key names '{key}', which schema.toml does not have"))),
                Some(c) if c.null => {
                    return Err(meaning("dataset.toml", format!("sort_key names '{key}', which may be empty")));
                }
                Some(_) => {}
            }
        }
        if spec.feeds == Feeds::Demand && spec.protection.is_none() {
            return Err(meaning("dataset.toml", "a dataset of demand needs a [protection] table".into()));
        }
        let mut named = BTreeSet::new();
        for indicator in &spec.indicator {
            if !named.insert(indicator.id.as_str()) {
                return Err(meaning("dataset.toml", format!("the indicator '{}' is there twice", indicator.id)));
            }
            let territory =
                indicator.by_territory.then_some([("territoire_id", ColumnType::Text), ("territoire_libelle", ColumnType::Text)]);
            let texts = indicator.rows.keys().map(|c| (c.as_str(), ColumnType::Text)).chain(territory.into_iter().flatten());
            for (name, kind) in texts.chain(indicator.sum.iter().map(|c| (c.as_str(), ColumnType::Integer))) {
                if !schema.column.iter().any(|c| c.name == name && c.kind == kind) {
                    let detail = format!(
                        "the indicator '{}' needs the column '{name}' of type {}, which schema.toml does not have",
                        indicator.id,
                        kind.name()
                    );
                    return Err(meaning("dataset.toml", detail));
                }
            }
        }
        spec.check_forms(&schema.column).map_err(|detail| meaning("dataset.toml", detail))?;
        Ok(Self {
            id: id.into(),
            title_fr: spec.title_fr,
            title_en: spec.title_en,
            description_fr: spec.description_fr,
            licence: spec.licence,
            cadence: spec.cadence,
            feeds: spec.feeds,
            sort_key: spec.sort_key,
            protection: spec.protection,
            indicators: spec.indicator,
            geometry: spec.geometry,
            split_by: spec.split_by,
            notes_fr: spec.notes_fr,
            datagouv: spec.datagouv,
            contract: Contract {
                version: schema.version,
                created: schema.created,
                updated: schema.updated,
                columns: schema.column,
                digest: Digest::of(schema_toml.as_bytes()),
            },
            spec_digest: Digest::of(dataset_toml.as_bytes()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATASET: &str = r#"
title_fr = "T"
title_en = "T"
description_fr = "D"
licence = "etalab-2.0"
cadence = "monthly"
feeds = "supply"
sort_key = ["a"]
"#;
    const SCHEMA: &str = r#"
version = "1.0.0"
[[column]]
name = "a"
type = "string"
fr = "x"
en = "x"
since = "1.0.0"
[[column]]
name = "b"
type = "decimal(9,6)"
null = true
fr = "x"
en = "x"
since = "1.0.0"
"#;

    #[test]
    fn reads_a_dataset() {
        let d = DatasetSpec::parse("d", DATASET, SCHEMA).unwrap();
        assert_eq!(d.contract.columns[1].kind, ColumnType::Decimal { precision: 9, scale: 6 });
        assert_eq!(d.contract.columns[1].kind.name(), "decimal(9,6)");
        assert!(d.datagouv.is_empty());
        let ids = "[datagouv.\"demo.data.gouv.fr\"]\ndataset = \"5f\"\nresources = { csv = \"a1\" }\n";
        let d = DatasetSpec::parse("d", &format!("{DATASET}{ids}"), SCHEMA).unwrap();
        assert_eq!(d.datagouv["demo.data.gouv.fr"].resources["csv"], "a1");
    }

    #[test]
    fn a_column_lists_its_values_or_the_codes_of_its_list() {
        let column = |lines: &str| {
            let schema = SCHEMA.replacen("type = \"string\"", &format!("type = \"string\"\n{lines}"), 1);
            let mut column = DatasetSpec::parse("d", DATASET, &schema).unwrap().contract.columns.swap_remove(0);
            let codes = ["a", "b"].map(String::from).into();
            column.codes = column.code_list.is_some().then(|| CodeList { path: "l.csv".into(), codes });
            column
        };
        let listed = |lines: &str| ["a", "z", "a|b", "tous", "tous|a", ""].map(|text| column(lines).lists(text));
        assert_eq!(listed(""), [true; 6]);
        assert_eq!(listed("values = [\"z\"]"), [false, true, false, false, false, false]);
        assert_eq!(listed("code_list = \"l.csv\"\nbesides = [\"tous\"]"), [true, false, false, true, false, false]);
        let several = "code_list = \"l.csv\"\nbesides = [\"tous\"]\nseparator = \"|\"";
        assert_eq!(listed(several), [true, false, true, true, false, false]);
    }

    #[test]
    fn refuses_what_cannot_hold() {
        let fails = |d: &str, s: &str, word: &str| {
            let e = DatasetSpec::parse("d", d, s).unwrap_err().to_string();
            assert!(e.contains(word), "{e}");
        };
        fails(&DATASET.replace("\"a\"]", "\"b\"]"), SCHEMA, "may be empty");
        fails(&DATASET.replace("\"a\"]", "\"c\"]"), SCHEMA, "does not have");
        fails(DATASET, &SCHEMA.replace("name = \"b\"", "name = \"a\""), "twice");
        fails(DATASET, &SCHEMA.replacen("fr = \"x\"", "fr = \" \"", 1), "not documented");
        let with = |line: &str| SCHEMA.replacen("type = \"string\"", &format!("type = \"string\"\n{line}"), 1);
        fails(DATASET, &with("besides = [\"x\"]"), "has a code_list");
        fails(DATASET, &with("code_list = \"l.csv\"\nvalues = [\"x\"]"), "both `values`");
        fails(DATASET, &with("code_list = \"l.csv\"\nseparator = \"|\"\npattern = \"x\""), "both a separator");
        fails(DATASET, &with("minimum = \"0\""), "type integer");
        fails(DATASET, &SCHEMA.replacen("version", "created = \"2024-13-01\"\nversion", 1), "schema.toml");
        fails(DATASET, &SCHEMA.replace("decimal(9,6)", "double"), "not a column type");
        fails(&DATASET.replace("supply", "demand"), SCHEMA, "protection");
        fails(&format!("{DATASET}\ncolour = 1"), SCHEMA, "colour");
        let indicator = |more: &str| format!("{DATASET}\n[[indicator]]\nid = \"i\"\nfr = \"x\"\nen = \"x\"\n{more}\n");
        assert_eq!(DatasetSpec::parse("d", &indicator("where.a = [\"x\"]"), SCHEMA).unwrap().indicators.len(), 1);
        for wrong in ["where.c = [\"x\"]", "where.b = [\"1\"]", "sum = \"a\"", "by_territory = true"] {
            fails(&indicator(wrong), SCHEMA, "the indicator 'i'");
        }
        let with = |line: &str| format!("{DATASET}{line}\n");
        fails(&with(r#"geometry = ["b", "c"]"#), SCHEMA, "geometry names 'c'");
        fails(&with(r#"geometry = ["b", "b"]"#), SCHEMA, "one column twice");
        fails(&with(r#"geometry = ["b", "a"]"#), SCHEMA, "'a' is string");
        fails(&with(r#"geometry = ["b"]"#), SCHEMA, "geometry");
        fails(&with(r#"split_by = "d""#), SCHEMA, "split_by names 'd'");
        fails(&with(r#"split_by = "b""#), SCHEMA, "not of type string");
        fails(&with(r#"notes_fr = [" "]"#), SCHEMA, "is empty");
    }
}
