use crate::{Digest, Month, RunSpec, SnapshotPin, kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The form of manifest that this version writes.
pub const MANIFEST_FORMAT: &str = "solidata-manifest/1";

/// The snapshots as the manifest names them.
pub type SnapshotEntry = SnapshotPin;

/// The one description of a release that everything else reads.
///
/// It holds nothing that depends on an exact count: no size, row count or digest of safe inputs or exact cubes (see DESIGN's secrecy rules).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The name and the version of this format.
    pub format: String,
    /// The month.
    pub month: Month,
    /// 1 for the first publication of the month, then 2, 3...
    pub revision: u32,
    /// The licence of the data, an SPDX identifier, unless a row names another.
    pub licence: String,
    /// What was decided before the work began.
    pub run: RunSpec,
    /// Code lists that were used.
    pub code_lists: Vec<CodeListEntry>,
    /// The SQL models, by name.
    pub sql: Vec<NamedDigest>,
    /// `dataset.toml` and `schema.toml` of each dataset.
    pub contracts: Vec<NamedDigest>,
    /// Digest of the parameters (`run` in canonical JSON).
    pub parameters_sha256: Digest<kind::Text>,
    /// The program.
    pub tool: Tool,
    /// What was checked; every one passed, or there would be no release.
    pub checks: Vec<CheckResult>,
    /// How many tests each SQL model has.
    pub tests: Vec<TestCount>,
    /// Every file of the release but the manifest, its signature and `SHA256SUMS`.
    pub files: Vec<FileEntry>,
    /// The release sealed before this one.
    pub previous: Option<Previous>,
}

/// A code list of `datasets/reference/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeListEntry {
    /// File name.
    pub name: String,
    /// Version or vintage, such as `COG 2026`.
    pub vintage: String,
    /// Licence.
    pub licence: String,
    /// sha256 of the file.
    pub sha256: Digest<kind::Text>,
}

/// A text that decides an output.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedDigest {
    /// Its path in the project.
    pub name: String,
    /// sha256 of its bytes.
    pub sha256: Digest<kind::Text>,
}

/// The program that made the release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// `solidata`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Version of the canonical writer; raised when the same rows give other bytes.
    pub writer: u32,
    /// sha256 of `Cargo.lock`: the exact version of every library.
    pub cargo_lock_sha256: Digest<kind::Text>,
}

/// A check of `sql/checks/`, with what it found in the published tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckResult {
    /// Its path in the project.
    pub name: String,
    /// sha256 of its text.
    pub sha256: Digest<kind::Text>,
    /// Rows that break the rule: 0.
    pub violations: u64,
}

/// The tests of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestCount {
    /// The model.
    pub model: String,
    /// How many cases `sql/tests/<model>/` has.
    pub cases: u32,
}

/// A file of the release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Path beneath the release's folder.
    pub path: String,
    /// Media type.
    pub media_type: String,
    /// Size.
    pub bytes: u64,
    /// sha256 of the bytes.
    pub sha256: Digest<kind::File>,
    /// For a table: digest of its canonical rows; the same in every file that holds all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logical_sha256: Option<Digest<kind::Logical>>,
    /// For a table: its rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// For a table: the path of its schema in the release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// For a file that does not hold all rows of its table: which it holds. `rows` and `logical_sha256` are then those of these rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
}

/// Which rows of a table a file holds. What is said holds together: rows with a point, of those the ones of a value, of those one piece.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The file that holds all rows: the table's CSV.
    pub of: String,
    /// Only rows that have a point: GeoJSON has no place for others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub with_point: bool,
    /// The column by whose values the table is split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Its value in these rows; where there is a column and no value, the rows that have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Where these rows are too many for one file: the number of this one, from 1, in the order of the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub piece: Option<u32>,
    /// How many pieces there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pieces: Option<u32>,
}

impl Part {
    /// Whether it is one of several files that hold the rows together.
    pub fn is_split(&self) -> bool {
        self.column.is_some() || self.piece.is_some()
    }

    /// Which rows, in French, behind the name of the table: `code_region 11, partie 1 sur 2`. None of a file that is no part of several.
    pub fn in_french(&self) -> Option<String> {
        self.in_words("sans", "partie", "sur")
    }

    /// The same in English.
    pub fn in_english(&self) -> Option<String> {
        self.in_words("without", "part", "of")
    }

    fn in_words(&self, without: &str, piece: &str, of: &str) -> Option<String> {
        let of_column = self.column.as_ref().map(|column| match &self.value {
            Some(value) => format!("{column} {value}"),
            None => format!("{without} {column}"),
        });
        let of_pieces = self.piece.zip(self.pieces).map(|(number, pieces)| format!("{piece} {number} {of} {pieces}"));
        let words: Vec<_> = of_column.into_iter().chain(of_pieces).collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}

/// The release sealed before, so that the whole history is one chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// Its prefix, such as `releases/2024-08/r1`.
    pub prefix: String,
    /// sha256 of its manifest.
    pub manifest_sha256: Digest<kind::File>,
}

impl Manifest {
    /// Where the release lies in the public store: `releases/2024-09/r1`.
    pub fn prefix(&self) -> String {
        format!("releases/{}/r{}", self.month, self.revision)
    }

    /// The JSON Schema of a manifest, as a canonical JSON text that is published beside it.
    ///
    /// # Errors
    /// Never with the types of this version.
    pub fn json_schema() -> Result<Vec<u8>, serde_json::Error> {
        crate::canonical_json(&schemars::schema_for!(Manifest))
    }
}
