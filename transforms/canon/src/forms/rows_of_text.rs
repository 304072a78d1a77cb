//! Rows that come as the texts of their cells, in the form of the CSV.

use super::wrong;
use crate::{CanonError, LogicalDigest, ROWS_PER_CHUNK, cells::Cells, conform::arrow_schema, csv_read::Builder, logical::LogicalHasher};
use arrow::{array::RecordBatch, datatypes::SchemaRef};
use solidata_model::{Column, Contract};
use std::sync::Arc;

/// Collects rows and digests them, a chunk at a time.
pub(super) struct TextRows {
    form: &'static str,
    columns: Vec<Column>,
    schema: SchemaRef,
    builders: Vec<Builder>,
    hasher: LogicalHasher,
    rows: u64,
    waiting: usize,
}

impl TextRows {
    pub(super) fn new(form: &'static str, contract: &Contract) -> Self {
        let columns = contract.columns.clone();
        let builders = builders(&columns);
        let hasher = LogicalHasher::of_contract(contract);
        Self { form, columns, schema: arrow_schema(contract), builders, hasher, rows: 0, waiting: 0 }
    }

    /// Adds a row, one text for each column; an empty one is no value.
    pub(super) fn push<'t>(&mut self, texts: impl Iterator<Item = &'t str>) -> Result<(), CanonError> {
        self.rows += 1;
        self.waiting += 1;
        for ((text, column), builder) in texts.zip(&self.columns).zip(&mut self.builders) {
            let pushed = if text.is_empty() && !column.null { None } else { builder.push(text) };
            pushed.ok_or_else(|| {
                wrong(self.form, format!("record {}, column '{}': not of type {}", self.rows, column.name, column.kind.name()))
            })?;
        }
        Ok(())
    }

    /// Digests the rows that wait, once they are many.
    pub(super) fn chunk_if_full(&mut self) -> Result<(), CanonError> {
        if self.waiting >= ROWS_PER_CHUNK { self.chunk().map(drop) } else { Ok(()) }
    }

    /// Digests the rows that wait, and gives them.
    pub(super) fn chunk(&mut self) -> Result<RecordBatch, CanonError> {
        let full = std::mem::replace(&mut self.builders, builders(&self.columns));
        let arrays = full.into_iter().map(Builder::finish).collect::<Result<Vec<_>, _>>()?;
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays)?;
        self.hasher.add(&Cells::of_batch(&batch)?, batch.num_rows());
        self.waiting = 0;
        Ok(batch)
    }

    pub(super) fn finish(mut self) -> Result<LogicalDigest, CanonError> {
        if self.waiting > 0 {
            self.chunk()?;
        }
        Ok(self.hasher.finish())
    }
}

fn builders(columns: &[Column]) -> Vec<Builder> {
    columns.iter().map(|c| Builder::new(c.kind)).collect()
}
