//! The first difference of two Parquet files: by their rows where these can be read, else by the bytes of a page.

use super::{Difference, shown};
use crate::AuditError;
use arrow::{
    array::{Array, ArrayRef, RecordBatch},
    util::display::array_value_to_string,
};
use parquet::{
    arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder},
    errors::ParquetError,
    file::metadata::{PageIndexPolicy, ParquetMetaData},
};
use std::{fs::File, path::Path, sync::Arc};

const BATCH: usize = 8192;

/// Finds it. `byte` is the first byte that differs.
pub(super) fn first_difference(published: &Path, rebuilt: &Path, byte: u64) -> Result<Difference, AuditError> {
    let wrong = |e: ParquetError| AuditError::Internal(format!("{}: {e}", rebuilt.display()));
    let (right, metadata) = open(rebuilt).map_err(wrong)?;
    let by_bytes = |value: Option<String>| at_byte(&metadata, byte, value);
    let Ok(mut left) = solidata_canon::read_parquet(File::open(published)?) else { return Ok(by_bytes(None)) };
    let (mut first, mut kept) = (0, None);
    for batch in right {
        let mut rest = batch.map_err(|e| wrong(e.into()))?;
        while rest.num_rows() > 0 {
            let there = match kept.take().map(Ok).or_else(|| left.next()) {
                Some(Ok(there)) => there,
                Some(Err(_)) => return Ok(by_bytes(value_at(rebuilt, &metadata, byte))),
                None => return Ok(row_only(&metadata, first, "nothing (the file ends)", "a row")),
            };
            // The two are read in batches of different sizes.
            let rows = there.num_rows().min(rest.num_rows());
            if let Some(found) = compare(&there.slice(0, rows), &rest.slice(0, rows), first, &metadata) {
                return Ok(found);
            }
            kept = (rows < there.num_rows()).then(|| there.slice(rows, there.num_rows() - rows));
            rest = rest.slice(rows, rest.num_rows() - rows);
            first += rows;
        }
    }
    match kept.map(Ok).or_else(|| left.next()) {
        Some(_) => Ok(row_only(&metadata, first, "a row", "nothing (the file ends)")),
        None => Ok(by_bytes(value_at(rebuilt, &metadata, byte))),
    }
}

fn open(path: &Path) -> Result<(ParquetRecordBatchReader, Arc<ParquetMetaData>), ParquetError> {
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(File::open(path)?, options)?;
    let metadata = builder.metadata().clone();
    Ok((builder.with_batch_size(BATCH).build()?, metadata))
}

/// The first row, and in it the first column, in which two batches of as many rows differ.
fn compare(there: &RecordBatch, batch: &RecordBatch, first: usize, metadata: &ParquetMetaData) -> Option<Difference> {
    if there.schema().fields().iter().map(|f| f.name()).ne(batch.schema().fields().iter().map(|f| f.name())) {
        let names = |b: &RecordBatch| b.schema().fields().iter().map(|f| f.name().clone()).collect::<Vec<_>>().join(",");
        return Some(Difference { published: shown(&names(there)), rebuilt: shown(&names(batch)), ..Difference::default() });
    }
    let rows = batch.num_rows();
    let differs = |a: &ArrayRef, b: &ArrayRef| a.data_type() != b.data_type() || a.slice(0, rows).to_data() != b.slice(0, rows).to_data();
    let columns: Vec<usize> = (0..batch.num_columns()).filter(|c| differs(there.column(*c), batch.column(*c))).collect();
    let same = |c: usize, row: usize| {
        let (a, b) = (there.column(c), batch.column(c));
        a.data_type() == b.data_type() && a.slice(row, 1).to_data() == b.slice(row, 1).to_data()
    };
    let cell = (0..rows).find_map(|row| columns.iter().find(|c| !same(**c, row)).map(|c| (row, *c)));
    cell.map(|(row, column)| {
        let name = batch.schema().field(column).name().clone();
        let (published, rebuilt) = (value(there.column(column), row), value(batch.column(column), row));
        Difference { column: Some(name), published, rebuilt, ..row_only(metadata, first + row, "", "") }
    })
}

fn value(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) { "no value".into() } else { shown(&array_value_to_string(column, row).unwrap_or_default()) }
}

fn row_only(metadata: &ParquetMetaData, row: usize, published: &str, rebuilt: &str) -> Difference {
    let mut end = 0;
    let group = metadata.row_groups().iter().position(|g| {
        end += usize::try_from(g.num_rows()).unwrap_or(0);
        row < end
    });
    Difference {
        row_group: group,
        row: Some(row as u64 + 1),
        published: published.into(),
        rebuilt: rebuilt.into(),
        ..Difference::default()
    }
}

/// Whose page a byte is of: row group, column, and the first row of the page.
fn page(metadata: &ParquetMetaData, byte: u64) -> Option<(usize, usize, u64)> {
    for (g, group) in metadata.row_groups().iter().enumerate() {
        for (c, column) in group.columns().iter().enumerate() {
            let (start, length) = column.byte_range();
            if !(start..start + length).contains(&byte) {
                continue;
            }
            let before: i64 = metadata.row_groups().iter().take(g).map(|g| g.num_rows()).sum();
            let pages = metadata.offset_index().and_then(|index| index.get(g)?.get(c)).map(|index| index.page_locations());
            // A byte before the first page of data is of the dictionary, which all rows of the group share.
            let first = pages
                .and_then(|pages| pages.iter().rfind(|p| u64::try_from(p.offset).is_ok_and(|o| o <= byte)))
                .map_or(0, |p| p.first_row_index);
            return Some((g, c, u64::try_from(before + first).unwrap_or(0)));
        }
    }
    None
}

fn at_byte(metadata: &ParquetMetaData, byte: u64, value: Option<String>) -> Difference {
    let there = Difference { byte: Some(byte), published: "a page that cannot be read".into(), ..Difference::default() };
    match page(metadata, byte) {
        Some((group, column, row)) => Difference {
            row_group: Some(group),
            column: metadata.row_groups().get(group).and_then(|g| g.columns().get(column)).map(|c| c.column_path().string()),
            row: Some(row + 1),
            rebuilt: value.unwrap_or_else(|| "a page that can be".into()),
            ..there
        },
        None => Difference { published: "other metadata".into(), rebuilt: "the metadata that follow from the rows".into(), ..there },
    }
}

/// The value of the first row of the page that a byte is of.
fn value_at(file: &Path, metadata: &ParquetMetaData, byte: u64) -> Option<String> {
    let (_, column, row) = page(metadata, byte)?;
    let (reader, _) = open(file).ok()?;
    let mut first = 0;
    for batch in reader {
        let batch = batch.ok()?;
        let at = usize::try_from(row).ok()?.checked_sub(first)?;
        if at < batch.num_rows() {
            return batch.columns().get(column).map(|c| value(c, at));
        }
        first += batch.num_rows();
    }
    None
}
