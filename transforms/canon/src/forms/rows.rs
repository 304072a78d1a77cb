//! The rows that go into one file, in chunks that do not depend on how they came.

use super::{make::RowBatches, point::PointColumns};
use crate::{CanonError, ROWS_PER_CHUNK, conform::Conformer, table::without_idle_nulls};
use arrow::{
    array::{AsArray as _, BooleanArray, RecordBatch},
    compute::{BatchCoalescer, filter_record_batch},
};
use solidata_model::DatasetSpec;
use std::{ops::Range, sync::Arc};

/// Which rows are taken.
#[derive(Debug, Clone, Default)]
pub(super) struct Selection {
    /// Those with a point.
    pub(super) points: Option<PointColumns>,
    /// Those with this value in a column of texts, or with none.
    pub(super) value: Option<(usize, Option<String>)>,
    /// Of these, those from here to there.
    pub(super) range: Option<Range<u64>>,
}

impl Selection {
    fn keeps(&self, batch: &RecordBatch) -> Option<BooleanArray> {
        if self.points.is_none() && self.value.is_none() {
            return None;
        }
        let points = self.points.map(|p| p.there(batch));
        let value = self.value.as_ref().map(|(column, value)| (batch.columns().get(*column).and_then(|c| c.as_string_opt::<i32>()), value));
        let keep = |row: usize| {
            let has_point = points.as_ref().is_none_or(|p| p.get(row) == Some(&true));
            let has_value = value.is_none_or(|(column, wanted)| {
                column.is_some_and(|c| {
                    if arrow::array::Array::is_null(c, row) { wanted.is_none() } else { wanted.as_deref() == Some(c.value(row)) }
                })
            });
            has_point && has_value
        };
        Some((0..batch.num_rows()).map(|row| Some(keep(row))).collect())
    }
}

/// Chunks of conformed rows.
pub(super) struct Chunks {
    rows: RowBatches,
    conformer: Conformer,
    coalescer: BatchCoalescer,
    selection: Selection,
    read: u64,
    kept: u64,
    ended: bool,
}

impl Chunks {
    pub(super) fn new(spec: &DatasetSpec, rows: RowBatches, selection: Selection) -> Result<Self, CanonError> {
        let conformer = Conformer::new(spec)?;
        let coalescer = BatchCoalescer::new(Arc::clone(conformer.schema()), ROWS_PER_CHUNK);
        Ok(Self { rows, conformer, coalescer, selection, read: 0, kept: 0, ended: false })
    }

    fn next_chunk(&mut self) -> Result<Option<RecordBatch>, CanonError> {
        loop {
            if let Some(chunk) = self.coalescer.next_completed_batch() {
                return without_idle_nulls(chunk).map(Some);
            }
            if self.ended {
                return Ok(None);
            }
            match self.rows.next() {
                Some(batch) => self.take(batch?)?,
                None => {
                    self.ended = true;
                    self.coalescer.finish_buffered_batch()?;
                }
            }
        }
    }

    fn take(&mut self, batch: RecordBatch) -> Result<(), CanonError> {
        let mut batch = self.conformer.conform(&batch, self.read.saturating_add(1))?;
        self.read += batch.num_rows() as u64;
        if let Some(keep) = self.selection.keeps(&batch) {
            batch = filter_record_batch(&batch, &keep)?;
        }
        let first = self.kept;
        self.kept += batch.num_rows() as u64;
        if let Some(range) = &self.selection.range {
            let within = |at: u64| usize::try_from(at.clamp(first, self.kept) - first).unwrap_or(batch.num_rows());
            let (start, end) = (within(range.start), within(range.end));
            batch = batch.slice(start, end.saturating_sub(start));
        }
        if batch.num_rows() > 0 {
            self.coalescer.push_batch(batch)?;
        }
        Ok(())
    }
}

impl Iterator for Chunks {
    type Item = Result<RecordBatch, CanonError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_chunk().transpose()
    }
}
