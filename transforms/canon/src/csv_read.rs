use crate::cells::days_of;
use crate::conform::arrow_schema;
use crate::error::CanonError;
use arrow::array::{ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Int64Builder, RecordBatch, StringBuilder};
use arrow::datatypes::SchemaRef;
use chrono::NaiveDate;
use csv::{ByteRecord, ReaderBuilder, Terminator};
use solidata_model::{Column, ColumnType, Contract};
use std::io::{self, Read};
use std::sync::Arc;

/// The longest record, in bytes: the longest of a real table has some thousands.
const RECORD_MAX: usize = 16 << 20;
/// A batch ends after so many bytes, however few its rows are.
const BATCH_BYTES: usize = 64 << 20;

/// Gives no more than 16 MiB to one record, and then an error: a reader of CSV makes room for a field as long as it goes on.
pub struct RecordLimit<R> {
    inner: R,
    given: usize,
}

impl<R> RecordLimit<R> {
    /// Limits the records of a reader.
    pub fn new(inner: R) -> Self {
        Self { inner, given: 0 }
    }

    /// A record was read: the next one begins.
    pub fn next_record(&mut self) {
        self.given = 0;
    }
}

impl<R: Read> Read for RecordLimit<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.given > RECORD_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a record has more than {RECORD_MAX} bytes")));
        }
        let read = self.inner.read(into)?;
        self.given += read;
        Ok(read)
    }
}

/// Reads a CSV of the form that [`crate::TableWriter`] writes into conformed batches of at most 8 192 rows.
///
/// Only that form is read: the contract's columns in its order, integers without `+` or leading zeros, decimals with every digit of their scale,
/// days as `2024-09-30`, `true` and `false`, an empty field for null. Names of listed values, patterns and the order of rows are not checked here.
///
/// # Errors
/// When the header is not the contract's; then, batch by batch, when a field is not of its column's form, a promised value is missing or the
/// text is no UTF-8. Errors name the record and the column, never the value.
pub fn read_csv<R: Read>(reader: R, contract: &Contract) -> Result<CsvBatches<R>, CanonError> {
    // Line feed only: a lone carriage return then stays part of a field, and is refused where the contract refuses it.
    let mut csv = ReaderBuilder::new().has_headers(false).terminator(Terminator::Any(b'\n')).from_reader(RecordLimit::new(reader));
    let mut header = ByteRecord::new();
    let there = csv.read_byte_record(&mut header).map_err(|e| csv_error(0, &e))?;
    let columns = contract.columns.clone();
    if !there || !header.iter().eq(columns.iter().map(|c| c.name.as_bytes())) {
        let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
        return Err(CanonError::Csv { record: 0, column: None, detail: format!("the header is not {}", names.join(",")) });
    }
    Ok(CsvBatches { csv, columns, schema: arrow_schema(contract), records: 0, done: false })
}

/// The batches of a CSV; see [`read_csv`]. Ends after the first error.
pub struct CsvBatches<R> {
    csv: csv::Reader<RecordLimit<R>>,
    columns: Vec<Column>,
    schema: SchemaRef,
    records: u64,
    done: bool,
}

impl<R: Read> Iterator for CsvBatches<R> {
    type Item = Result<RecordBatch, CanonError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        match self.next_batch() {
            Ok(batch) if batch.num_rows() == 0 => {
                self.done = true;
                None
            }
            Ok(batch) => Some(Ok(batch)),
            Err(e) => {
                self.done = true;
                Some(Err(e))
            }
        }
    }
}

impl<R: Read> CsvBatches<R> {
    fn next_batch(&mut self) -> Result<RecordBatch, CanonError> {
        let mut builders: Vec<Builder> = self.columns.iter().map(|c| Builder::new(c.kind)).collect();
        let mut record = ByteRecord::new();
        let mut bytes = 0;
        for _ in 0..crate::ROWS_PER_CHUNK {
            if !self.csv.read_byte_record(&mut record).map_err(|e| csv_error(self.records + 1, &e))? {
                break;
            }
            self.records += 1;
            self.csv.get_mut().next_record();
            for ((field, column), builder) in record.iter().zip(&self.columns).zip(&mut builders) {
                let error = |detail: String| CanonError::Csv { record: self.records, column: Some(column.name.clone()), detail };
                let text = std::str::from_utf8(field).map_err(|_| error("not UTF-8".into()))?;
                if text.is_empty() && !column.null {
                    return Err(error("a value is promised and there is none".into()));
                }
                builder.push(text).ok_or_else(|| error(format!("not in the form of {}", column.kind.name())))?;
            }
            bytes += record.as_slice().len();
            if bytes >= BATCH_BYTES {
                break;
            }
        }
        let arrays = builders.into_iter().map(Builder::finish).collect::<Result<Vec<_>, _>>()?;
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), arrays)?)
    }
}

fn csv_error(record: u64, e: &csv::Error) -> CanonError {
    let detail = match e.kind() {
        csv::ErrorKind::Io(e) => format!("it cannot be read: {e}"),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => format!("{len} fields where the header has {expected_len}"),
        _ => "it is not well formed".into(),
    };
    CanonError::Csv { record, column: None, detail }
}

/// Collects the fields of a column, each in the one form of its type.
pub(crate) enum Builder {
    Text(StringBuilder),
    Integer(Int64Builder),
    Decimal(Decimal128Builder, u8, i8),
    Date(Date32Builder),
    Boolean(BooleanBuilder),
}

impl Builder {
    pub(crate) fn new(kind: ColumnType) -> Self {
        match kind {
            ColumnType::Text => Self::Text(StringBuilder::new()),
            ColumnType::Integer => Self::Integer(Int64Builder::new()),
            ColumnType::Decimal { precision, scale } => Self::Decimal(Decimal128Builder::new(), precision, scale),
            ColumnType::Date => Self::Date(Date32Builder::new()),
            ColumnType::Boolean => Self::Boolean(BooleanBuilder::new()),
        }
    }

    /// Appends a field; `None` when it is not in the one form of its type.
    pub(crate) fn push(&mut self, text: &str) -> Option<()> {
        let there = !text.is_empty();
        match self {
            Self::Text(b) => b.append_option(there.then_some(text)),
            Self::Integer(b) if there => b.append_value(parse_integer(text)?),
            Self::Integer(b) => b.append_null(),
            Self::Decimal(b, precision, scale) if there => b.append_value(parse_decimal(text, *precision, *scale)?),
            Self::Decimal(b, ..) => b.append_null(),
            Self::Date(b) if there => b.append_value(parse_date(text)?),
            Self::Date(b) => b.append_null(),
            Self::Boolean(b) => b.append_option(match text {
                "" => None,
                "true" => Some(true),
                "false" => Some(false),
                _ => return None,
            }),
        }
        Some(())
    }

    pub(crate) fn finish(self) -> Result<ArrayRef, CanonError> {
        Ok(match self {
            Self::Text(mut b) => Arc::new(b.finish()),
            Self::Integer(mut b) => Arc::new(b.finish()),
            Self::Decimal(mut b, precision, scale) => Arc::new(b.finish().with_precision_and_scale(precision, scale)?),
            Self::Date(mut b) => Arc::new(b.finish()),
            Self::Boolean(mut b) => Arc::new(b.finish()),
        })
    }
}

/// Whether a text that is not empty is written as a CSV of this crate would write a value of this type.
pub(crate) fn is_canonical(kind: ColumnType, text: &str) -> bool {
    !text.is_empty() && Builder::new(kind).push(text).is_some()
}

/// Digits with an optional `-`, no zeros in front and no `-0`.
fn canonical_digits(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let leads_zero = digits.starts_with('0') && (digits.len() > 1 || text.len() > 1);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) && !leads_zero
}

fn parse_integer(text: &str) -> Option<i64> {
    canonical_digits(text).then(|| text.parse().ok())?
}

fn parse_decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let scale = usize::from(scale.unsigned_abs());
    let (whole, fraction) = if scale == 0 { (text, "") } else { text.split_once('.')? };
    let plain = whole.strip_prefix('-').unwrap_or(whole);
    if fraction.len() != scale || !fraction.bytes().all(|b| b.is_ascii_digit()) || plain.starts_with('-') || !canonical_digits(plain) {
        return None;
    }
    let value: i128 = format!("{plain}{fraction}").parse().ok()?;
    let negative = plain.len() < whole.len();
    let fits = value < 10i128.checked_pow(u32::from(precision))?;
    (fits && !(negative && value == 0)).then_some(if negative { -value } else { value })
}

fn parse_date(text: &str) -> Option<i32> {
    let number = |range: std::ops::Range<usize>| {
        let digits = text.get(range)?;
        if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse::<u32>().ok() } else { None }
    };
    if text.len() != 10 || text.get(4..5) != Some("-") || text.get(7..8) != Some("-") {
        return None;
    }
    let year = i32::try_from(number(0..4)?).ok().filter(|y| *y >= 1)?;
    NaiveDate::from_ymd_opt(year, number(5..7)?, number(8..10)?).map(days_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_each_value() {
        for bad in ["+1", "01", "-0", "-", "1.0", " 1", "1e3", "9223372036854775808", "٣"] {
            assert_eq!(parse_integer(bad), None, "{bad}");
        }
        assert_eq!(parse_integer("-12"), Some(-12));
        assert_eq!(parse_integer("0"), Some(0));
        for bad in ["1", "1.5", "1.500", ".50", "01.50", "-0.00", "1,50", "1.5x", "--1.50", "1.-5", "1000.00"] {
            assert_eq!(parse_decimal(bad, 5, 2), None, "{bad}");
        }
        assert_eq!(parse_decimal("-0.05", 5, 2), Some(-5));
        assert_eq!(parse_decimal("999.99", 5, 2), Some(99999));
        assert_eq!(parse_decimal("7", 5, 0), Some(7));
        for bad in ["2024-9-01", "2024-02-30", "0000-01-01", "20240901", "2024-09-01T", "+024-09-01", "2024/09/01", "é24-09-01"] {
            assert_eq!(parse_date(bad), None, "{bad}");
        }
        assert_eq!(parse_date("1970-01-02"), Some(1));
    }
}
