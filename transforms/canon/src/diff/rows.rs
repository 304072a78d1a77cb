use crate::{CanonError, cells::Cells};
use arrow::{array::RecordBatch, error::ArrowError};
use solidata_model::RowCounts;
use std::cmp::Ordering;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowChange {
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
    /// It has another value.
    Changed,
}

/// Hears of each row that changed, in the order of the keys: what became of it, and its key (the values of the key columns, joined by `/`).
pub type Listener<'a> = &'a mut dyn FnMut(RowChange, String);

/// The rows of a table, batch by batch.
pub type Batches<'a> = &'a mut dyn Iterator<Item = Result<RecordBatch, CanonError>>;

/// Compares two tables that are each sorted by `keys`, without a key twice, in one pass and bounded memory. Columns of `ignored`, and those that only one of the
/// two has, are not compared.
///
/// # Errors
/// When rows cannot be read, or a key column is missing.
pub fn rows_diff(
    before: Batches<'_>,
    after: Batches<'_>,
    keys: &[&str],
    ignored: &[&str],
    listener: Listener<'_>,
) -> Result<RowCounts, CanonError> {
    let mut diff = RowCounts::default();
    let (mut a, mut b) = (Side::new(before)?, Side::new(after)?);
    loop {
        let order = match (&a.batch, &b.batch) {
            (None, None) => return Ok(diff),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(x), Some(y)) => compare((x, a.row), (y, b.row), keys)?,
        };
        match order {
            Ordering::Less => {
                diff.removed += 1;
                listener(RowChange::Removed, a.key(keys)?);
            }
            Ordering::Greater => {
                diff.added += 1;
                listener(RowChange::Added, b.key(keys)?);
            }
            Ordering::Equal => {
                if let (Some(x), Some(y)) = (&a.batch, &b.batch)
                    && differ((x, a.row), (y, b.row), keys, ignored)?
                {
                    diff.changed += 1;
                    listener(RowChange::Changed, b.key(keys)?);
                }
            }
        }
        if order.is_le() {
            diff.before += 1;
            a.next()?;
        }
        if order.is_ge() {
            diff.after += 1;
            b.next()?;
        }
    }
}

/// One of the two tables, and where it is read.
struct Side<'a> {
    rest: Batches<'a>,
    batch: Option<RecordBatch>,
    row: usize,
}

impl<'a> Side<'a> {
    fn new(rest: Batches<'a>) -> Result<Self, CanonError> {
        let mut side = Self { rest, batch: None, row: 0 };
        side.fill()?;
        Ok(side)
    }

    fn fill(&mut self) -> Result<(), CanonError> {
        self.row = 0;
        self.batch = None;
        for batch in &mut *self.rest {
            let batch = batch?;
            if batch.num_rows() > 0 {
                self.batch = Some(batch);
                break;
            }
        }
        Ok(())
    }

    /// The key of the row where it is.
    fn key(&self, keys: &[&str]) -> Result<String, CanonError> {
        let Some(batch) = &self.batch else { return Ok(String::new()) };
        let mut text = Vec::new();
        for (n, key) in keys.iter().enumerate() {
            if n > 0 {
                text.push(b'/');
            }
            cells(batch, key)?.write_text(self.row, &mut text);
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn next(&mut self) -> Result<(), CanonError> {
        self.row += 1;
        match &self.batch {
            Some(batch) if self.row < batch.num_rows() => Ok(()),
            _ => self.fill(),
        }
    }
}

fn cells<'b>(batch: &'b RecordBatch, name: &str) -> Result<Cells<'b>, CanonError> {
    let wrong = |what: &str| CanonError::Arrow(ArrowError::SchemaError(format!("column {name}: {what}")));
    let column = batch.column_by_name(name).ok_or_else(|| wrong("it is not there"))?;
    Cells::of(column).ok_or_else(|| wrong("its type is that of no published column"))
}

fn compare(a: (&RecordBatch, usize), b: (&RecordBatch, usize), keys: &[&str]) -> Result<Ordering, CanonError> {
    for key in keys {
        let order = cells(a.0, key)?.compare(a.1, &cells(b.0, key)?, b.1);
        if order.is_ne() {
            return Ok(order);
        }
    }
    Ok(Ordering::Equal)
}

fn differ(a: (&RecordBatch, usize), b: (&RecordBatch, usize), keys: &[&str], ignored: &[&str]) -> Result<bool, CanonError> {
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for field in b.0.schema_ref().fields() {
        let name = field.name().as_str();
        if keys.contains(&name) || ignored.contains(&name) || a.0.column_by_name(name).is_none() {
            continue;
        }
        x.clear();
        y.clear();
        cells(a.0, name)?.write_text(a.1, &mut x);
        cells(b.0, name)?.write_text(b.1, &mut y);
        if x != y {
            return Ok(true);
        }
    }
    Ok(false)
}
