//! The statistics of a Parquet file, compared with its rows.

use super::telltale::{TelltaleKind, Telltales};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type};
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::file::statistics::Statistics;

/// What the rows of one row group say of each column.
pub(crate) struct Seen<'a> {
    metadata: &'a ArrowReaderMetadata,
    group: usize,
    columns: Vec<Column>,
}

#[derive(Default, Clone)]
struct Column {
    nulls: u64,
    counts: Option<(i64, i64)>,
    texts: Option<(String, String)>,
}

impl<'a> Seen<'a> {
    pub(crate) fn new(metadata: &'a ArrowReaderMetadata, group: usize) -> Self {
        Self { metadata, group, columns: vec![Column::default(); metadata.schema().fields().len()] }
    }

    pub(crate) fn add(&mut self, batch: &RecordBatch) {
        for (seen, column) in self.columns.iter_mut().zip(batch.columns()) {
            seen.nulls += column.null_count() as u64;
            match column.data_type() {
                DataType::Int64 => {
                    for value in column.as_primitive::<Int64Type>().iter().flatten() {
                        let (low, high) = seen.counts.get_or_insert((value, value));
                        (*low, *high) = ((*low).min(value), (*high).max(value));
                    }
                }
                DataType::Utf8 => {
                    for value in column.as_string::<i32>().iter().flatten() {
                        match &mut seen.texts {
                            None => seen.texts = Some((value.to_owned(), value.to_owned())),
                            Some((low, _)) if value < low.as_str() => value.clone_into(low),
                            Some((_, high)) if value > high.as_str() => value.clone_into(high),
                            Some(_) => {}
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Tells of statistics that are not those of the rows. A least or greatest text that was cut short is compared as far as it goes.
    pub(crate) fn compare(&self, telltales: &mut Telltales) {
        let chunks = self.metadata.metadata().row_group(self.group).columns();
        for (chunk, seen) in chunks.iter().zip(&self.columns) {
            let Some(statistics) = chunk.statistics() else { continue };
            let nulls = statistics.null_count_opt().is_none_or(|nulls| nulls == seen.nulls);
            let bounds = match statistics {
                Statistics::Int64(told) => {
                    let (low, high) = seen.counts.unzip();
                    fits(told.min_opt(), low.as_ref()) && fits(told.max_opt(), high.as_ref())
                }
                Statistics::ByteArray(told) => {
                    let (low, high) = seen.texts.as_ref().map(|(low, high)| (low.as_bytes(), high.as_bytes())).unzip();
                    let (min, max) = (told.min_opt().map(|b| b.data()), told.max_opt().map(|b| b.data()));
                    let least = |min: &[u8]| low.is_some_and(|low| if told.min_is_exact() { min == low } else { low.starts_with(min) });
                    let most = |max: &[u8]| high.is_some_and(|high| if told.max_is_exact() { max == high } else { max > high });
                    min.is_none_or(least) && max.is_none_or(most)
                }
                _ => true,
            };
            if !nulls || !bounds || statistics.distinct_count_opt().is_some() {
                let problem = format!("the statistics of column {} do not follow from its rows", chunk.column_path().string());
                telltales.tell(TelltaleKind::Statistics, None, problem);
            }
        }
    }
}

/// What is told, if it is, is what there is.
fn fits<T: PartialEq>(told: Option<T>, there: Option<T>) -> bool {
    told.is_none() || told == there
}
