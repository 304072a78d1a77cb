use std::{fmt, io};

/// Why bytes were not written, or a published file could not be read.
///
/// No variant carries a value of a column, but for key columns of a published table in [`CanonError::Order`] and [`CanonError::Duplicate`].
#[derive(Debug, thiserror::Error)]
pub enum CanonError {
    /// The contract says something that no row could hold to.
    #[error("datasets/{dataset}/schema.toml, column '{column}': {detail}")]
    Contract {
        /// The dataset.
        dataset: String,
        /// The column.
        column: String,
        /// What is wrong and what to write.
        detail: String,
    },
    /// The batch has other columns than the contract, or in another order.
    #[error("{dataset}: the query gives the columns [{found}], the contract [{expected}]: name them and order them alike")]
    Columns {
        /// The dataset.
        dataset: String,
        /// Columns of the batch.
        found: String,
        /// Columns of the contract.
        expected: String,
    },
    /// A column has a type that cannot become the contract's without a loss.
    #[error("{dataset}, column '{column}': the query gives {found}, the contract says {expected}: write a CAST in the SQL")]
    Type {
        /// The dataset.
        dataset: String,
        /// The column.
        column: String,
        /// Arrow type of the batch.
        found: String,
        /// Type of the contract.
        expected: String,
    },
    /// A value breaks the contract.
    #[error("{dataset}, column '{column}', row {row}: {fault}")]
    Value {
        /// The dataset.
        dataset: String,
        /// The column.
        column: String,
        /// The row, from 1, in the order in which rows were given.
        row: u64,
        /// What is wrong with it.
        fault: Fault,
    },
    /// A row comes after one with a greater key.
    #[error(
        "{dataset}, row {row} ({key}): its key is less than that of the row before: order the query by the dataset's sort_key, text by bytes"
    )]
    Order {
        /// The dataset.
        dataset: String,
        /// The row, from 1.
        row: u64,
        /// Its key columns.
        key: String,
    },
    /// Two rows have one key.
    #[error("{dataset}, row {row} ({key}): the row before has the same key: the sort_key of dataset.toml must tell rows apart")]
    Duplicate {
        /// The dataset.
        dataset: String,
        /// The second of the two rows, from 1.
        row: u64,
        /// Their key columns.
        key: String,
    },
    /// A writer that has failed was used again.
    #[error("{dataset}: the table could not be written before; nothing of it may be used")]
    Poisoned {
        /// The dataset.
        dataset: String,
    },
    /// A CSV file is not of the form this crate writes.
    #[error("CSV, record {record}{}: {detail}", column.as_ref().map(|c| format!(", column '{c}'")).unwrap_or_default())]
    Csv {
        /// The record, from 1; 0 is the header.
        record: u64,
        /// The column, when the fault lies in one.
        column: Option<String>,
        /// What is wrong.
        detail: String,
    },
    /// A Parquet file has a column of a type that no contract has.
    #[error("Parquet, column '{column}': type {found} is none that a published table may have")]
    ParquetType {
        /// The column.
        column: String,
        /// Its Arrow type.
        found: String,
    },
    /// A Parquet file is none that a table is published as.
    #[error("parquet: {0}: it is no table of this program, or is damaged; fetch it again, and do not use it if it stays so")]
    ParquetRefused(String),
    /// A form of a table cannot be written, or is not as this crate writes it.
    #[error("{form}: {detail}")]
    Form {
        /// The form.
        form: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// A published table schema is not of the form this crate writes.
    #[error("table schema: {0}")]
    TableSchema(String),
    /// A list of checksums that cannot be written, or is not of the form of coreutils.
    #[error("SHA256SUMS: {0}")]
    Sums(String),
    /// The columnar library refused something.
    #[error("arrow: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    /// The Parquet library refused something, or the file is damaged.
    #[error("parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// The library of archives refused something.
    #[error("zip: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// A document could not be turned into JSON.
    #[error("JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The bytes could not be written or read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing where something is promised.
    Null,
    /// An empty text, which a CSV cannot tell from no value.
    EmptyText,
    /// A control character other than tab and line feed.
    Control,
    /// Not one of the contract's `values`, nor of the codes of its code list.
    NotListed,
    /// The contract's `pattern` does not match the whole of it.
    Pattern,
    /// Less than the contract's `minimum`, or more than its `maximum`.
    Range,
    /// A number of too many digits for the column's type.
    TooLarge,
    /// A decimal that the column's scale cannot hold exactly.
    Inexact,
    /// A day outside of the years 1 to 9999.
    DateRange,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "it is null; give it a value, or say `null = true` in schema.toml",
            Self::EmptyText => "it is an empty text, which a CSV cannot tell from null; write NULLIF(column, '')",
            Self::Control => "it holds a control character; clean it when the source is read",
            Self::NotListed => "it is none of the `values` of schema.toml, nor of the codes of its code list",
            Self::Pattern => "it does not match the `pattern` of schema.toml",
            Self::Range => "it is outside of `minimum` and `maximum` of schema.toml",
            Self::TooLarge => "it has more digits than the column's type",
            Self::Inexact => "it has more digits after the point than the column's scale; write a ROUND in the SQL",
            Self::DateRange => "it is a day outside of the years 1 to 9999",
        })
    }
}
