//! Why a set of reference lists cannot be used.

use thiserror::Error;

/// A reference list that is not what `datasets/reference/README.md` says. Every variant names the file; the remedy is to rebuild the lists
/// with `ci/reference/build.py` and to check them with `build.py --check`.
#[derive(Debug, Error)]
pub enum ReferenceError {
    /// The bytes are not CSV, or not UTF-8.
    #[error("{file}: not readable as UTF-8 CSV ({source}); rebuild the reference lists")]
    Csv {
        /// The list.
        file: &'static str,
        /// What the CSV reader says.
        source: csv::Error,
    },
    /// A column is missing from the header.
    #[error("{file}: column {column} is missing; rebuild the reference lists with the version of this program")]
    Column {
        /// The list.
        file: &'static str,
        /// The missing column.
        column: &'static str,
    },
    /// A value has not the form that its column asks for.
    #[error("{file}, line {line}: column {column} holds no valid value; rebuild the reference lists")]
    Value {
        /// The list.
        file: &'static str,
        /// Line in the file, the header being line 1.
        line: u64,
        /// The column.
        column: &'static str,
    },
    /// A row names a territory that its own list does not hold.
    #[error(
        "{file}, line {line}: column {column} names a territory that no list holds; the lists are of different vintages, rebuild them together"
    )]
    Dangling {
        /// The list.
        file: &'static str,
        /// Line in the file, the header being line 1.
        line: u64,
        /// The column.
        column: &'static str,
    },
    /// Two rows have the same code.
    #[error("{file}, line {line}: the code is already in the list; rebuild the reference lists")]
    Duplicate {
        /// The list.
        file: &'static str,
        /// Line of the second of the two rows.
        line: u64,
    },
}
