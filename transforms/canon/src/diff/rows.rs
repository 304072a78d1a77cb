use crate::{CanonError, cells::Cells};
use arrow::{array::RecordBatch, error::ArrowError};
use serde::Serialize;
use std::{cmp::Ordering, collections::BTreeMap};

/// How the rows of two tables differ, by key. It holds counts only: never a value that was there before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RowsDiff {
    /// Rows before.
    pub before: u64,
    /// Rows after.
    pub after: u64,
    /// Keys that were not there before.
    pub added: u64,
    /// Keys that are not there any more.
    pub removed: u64,
    /// Rows with the same key and another value in a column that is compared.
    pub changed: u64,
    /// In how many of them each column differs.
    pub columns: BTreeMap<String, u64>,
}

type Batches<'a> = &'a mut dyn Iterator<Item = Result<RecordBatch, CanonError>>;

/// Compares two tables that are each sorted by `keys`, without a key twice, in one pass and bounded memory. Columns of `ignored`, and those that only one of the
/// two has, are not compared.
///
/// # Errors
/// When rows cannot be read, or a key column is missing.
pub fn rows_diff(before: Batches<'_>, after: Batches<'_>, keys: &[&str], ignored: &[&str]) -> Result<RowsDiff, CanonError> {
    let mut diff = RowsDiff::default();
    let (mut a, mut b) = (Side::new(before)?, Side::new(after)?);
    loop {
        let order = match (&a.batch, &b.batch) {
            (None, None) => return Ok(diff),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(x), Some(y)) => compare((x, a.row), (y, b.row), keys)?,
        };
        match order {
            Ordering::Less => diff.removed += 1,
            Ordering::Greater => diff.added += 1,
            Ordering::Equal => {
                if let (Some(x), Some(y)) = (&a.batch, &b.batch) {
                    let columns = differing((x, a.row), (y, b.row), keys, ignored)?;
                    diff.changed += u64::from(!columns.is_empty());
                    for column in columns {
                        *diff.columns.entry(column).or_default() += 1;
                    }
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

fn differing(a: (&RecordBatch, usize), b: (&RecordBatch, usize), keys: &[&str], ignored: &[&str]) -> Result<Vec<String>, CanonError> {
    let mut columns = Vec::new();
    for field in b.0.schema().fields() {
        let name = field.name().as_str();
        if keys.contains(&name) || ignored.contains(&name) || a.0.column_by_name(name).is_none() {
            continue;
        }
        let (mut x, mut y) = (Vec::new(), Vec::new());
        cells(a.0, name)?.write_text(a.1, &mut x);
        cells(b.0, name)?.write_text(b.1, &mut y);
        if x != y {
            columns.push(name.to_owned());
        }
    }
    Ok(columns)
}
