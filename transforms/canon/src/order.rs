use crate::cells::Cells;
use crate::error::CanonError;
use arrow::array::RecordBatch;
use solidata_model::DatasetSpec;
use std::cmp::Ordering;

/// Proves, row by row, that the sort key strictly increases: rows are in order, and no key is there twice.
pub(crate) struct KeyOrder {
    dataset: String,
    /// Positions of the key columns.
    keys: Vec<usize>,
    /// Key columns of the last row seen.
    last: Option<RecordBatch>,
    rows: u64,
}

impl KeyOrder {
    /// For the sort key of a dataset whose columns [`crate::Conformer::new`] has accepted.
    pub(crate) fn new(spec: &DatasetSpec) -> Self {
        let position = |key: &String| spec.contract.columns.iter().position(|c| c.name == *key);
        Self { dataset: spec.id.clone(), keys: spec.sort_key.iter().filter_map(position).collect(), last: None, rows: 0 }
    }

    /// Positions of the key columns.
    pub(crate) fn keys(&self) -> &[usize] {
        &self.keys
    }

    /// Checks a conformed batch against itself and the row before it.
    pub(crate) fn check(&mut self, batch: &RecordBatch) -> Result<(), CanonError> {
        let rows = batch.num_rows();
        if rows == 0 {
            return Ok(());
        }
        let key_columns = batch.project(&self.keys)?;
        let cells = Cells::of_batch(&key_columns)?;
        let compare = |earlier: &[Cells<'_>], i: usize, j: usize| {
            let pairs = earlier.iter().zip(&cells);
            pairs.map(|(a, b)| a.compare(i, b, j)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
        };
        let wrong = |row: usize, found: Ordering| {
            let key = show_key(&key_columns, &cells, row);
            let (dataset, row) = (self.dataset.clone(), self.rows + row as u64 + 1);
            if found.is_eq() { CanonError::Duplicate { dataset, row, key } } else { CanonError::Order { dataset, row, key } }
        };
        if let Some(last) = &self.last {
            let found = compare(&Cells::of_batch(last)?, 0, 0);
            if found.is_ge() {
                return Err(wrong(0, found));
            }
        }
        for row in 1..rows {
            let found = compare(&cells, row - 1, row);
            if found.is_ge() {
                return Err(wrong(row, found));
            }
        }
        self.last = Some(key_columns.slice(rows - 1, 1));
        self.rows += rows as u64;
        Ok(())
    }
}

fn show_key(keys: &RecordBatch, cells: &[Cells<'_>], row: usize) -> String {
    let mut parts = Vec::new();
    for (field, column) in keys.schema().fields().iter().zip(cells) {
        let mut text = Vec::new();
        column.write_text(row, &mut text);
        parts.push(format!("{}={}", field.name(), String::from_utf8_lossy(&text)));
    }
    parts.join(", ")
}
