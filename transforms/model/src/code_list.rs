use serde::{Deserialize, Serialize};

/// The longest code list whose codes a schema names one by one. A longer one is a reference: its file, and the pattern of its codes.
pub const MOST_CODES: usize = 300;

/// The code list of a column, as a release has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeList {
    /// Where it lies in the release.
    pub path: String,
    /// The codes that the column may have, in the order of the file; none when they are more than [`MOST_CODES`].
    pub codes: Vec<String>,
}
