//! The logical digest: what a table says, whatever file holds it. The encoding is described at [`LogicalDigest`].

use crate::cells::{Cells, column_type};
use crate::error::CanonError;
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use parquet::file::reader::ChunkReader;
use sha2::{Digest as _, Sha256};
use solidata_model::{ColumnType, Contract, Digest, kind};
use std::{io::Read, sync::Arc};

/// So many bytes are gathered before they are hashed.
const BUFFER: usize = 1 << 20;
const HEADER: &[u8] = b"solidata-logical/1\n";

/// What a table says, whatever file holds it, and in how many rows.
///
/// It is sha256 over this encoding (integers are little endian):
/// 1. the 19 bytes `solidata-logical/1\n`;
/// 2. the number of columns (u64), then for each: length of its name (u64), name, length of its type (u64), type as `schema.toml` writes it
///    (`string`, `integer`, `decimal(9,6)`, `date`, `boolean`);
/// 3. each row in key order, each column in order: the byte 0 for null, or the byte 1 and the value: text as its length in bytes (u64) and its UTF-8
///    bytes; integer as i64; decimal as its digits without the point, i128; date as the days since 1970-01-01, i32; boolean as the byte 0 or 1;
/// 4. the number of rows (u64).
///
/// Two tables that differ in a column, a value or the order of rows never encode alike, as every length is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogicalDigest {
    /// Digest of the canonical rows.
    pub sha256: Digest<kind::Logical>,
    /// Rows.
    pub rows: u64,
}

/// Collects the canonical rows of a table.
pub(crate) struct LogicalHasher {
    hash: Sha256,
    rows: u64,
    buffer: Vec<u8>,
}

impl LogicalHasher {
    pub(crate) fn new<'a>(columns: impl ExactSizeIterator<Item = (&'a str, ColumnType)>) -> Self {
        let mut hash = Sha256::new_with_prefix(HEADER);
        hash.update((columns.len() as u64).to_le_bytes());
        for (name, kind) in columns {
            for text in [name, &kind.name()] {
                hash.update((text.len() as u64).to_le_bytes());
                hash.update(text);
            }
        }
        Self { hash, rows: 0, buffer: Vec::new() }
    }

    /// For a contract's columns.
    pub(crate) fn of_contract(contract: &Contract) -> Self {
        Self::new(contract.columns.iter().map(|c| (c.name.as_str(), c.kind)))
    }

    /// Adds rows; `cells` are the columns of the table.
    pub(crate) fn add(&mut self, cells: &[Cells<'_>], rows: usize) {
        self.buffer.clear();
        for row in 0..rows {
            for column in cells {
                column.write_canonical(row, &mut self.buffer);
            }
            if self.buffer.len() >= BUFFER {
                self.hash.update(&self.buffer);
                self.buffer.clear();
            }
        }
        self.hash.update(&self.buffer);
        self.rows += rows as u64;
    }

    pub(crate) fn finish(mut self) -> LogicalDigest {
        self.hash.update(self.rows.to_le_bytes());
        LogicalDigest { sha256: Digest::from_bytes(self.hash.finalize().into()), rows: self.rows }
    }
}

fn add_batch(hasher: &mut LogicalHasher, batch: &RecordBatch) -> Result<(), CanonError> {
    let cells = Cells::of_batch(batch)?;
    hasher.add(&cells, batch.num_rows());
    Ok(())
}

fn columns_of(schema: &Schema) -> Result<Vec<(&str, ColumnType)>, CanonError> {
    let column = |f: &'_ arrow::datatypes::FieldRef| {
        column_type(f.data_type()).ok_or_else(|| CanonError::ParquetType { column: f.name().clone(), found: f.data_type().to_string() })
    };
    schema.fields().iter().map(|f| Ok((f.name().as_str(), column(f)?))).collect()
}

/// The logical digest of a published Parquet file, from the file alone: its own schema gives the types.
///
/// # Errors
/// When the file is damaged, is no table that could be published (see [`crate::check_parquet`]), or has a column of a type that no contract has.
pub fn logical_digest_of_parquet<R: ChunkReader + 'static>(reader: R) -> Result<LogicalDigest, CanonError> {
    let batches = crate::read_parquet(reader)?;
    let mut hasher = LogicalHasher::new(columns_of(&Arc::clone(batches.schema()))?.into_iter());
    for batch in batches {
        add_batch(&mut hasher, &batch?)?;
    }
    Ok(hasher.finish())
}

/// The logical digest of a published CSV file; the contract gives the types.
///
/// # Errors
/// As [`crate::read_csv`].
pub fn logical_digest_of_csv(reader: impl Read, contract: &Contract) -> Result<LogicalDigest, CanonError> {
    let mut hasher = LogicalHasher::of_contract(contract);
    for batch in crate::read_csv(reader, contract)? {
        add_batch(&mut hasher, &batch?)?;
    }
    Ok(hasher.finish())
}
