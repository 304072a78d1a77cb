//! A column of a conformed batch, with the three things that are done to a value: compare it, write it as CSV, encode it for the digest.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int64Type};
use arrow::error::ArrowError;
use chrono::{Datelike, NaiveDate};
use solidata_model::ColumnType;
use std::cmp::Ordering;
use std::io::Write as _;

/// A typed view of one column.
pub(crate) enum Cells<'a> {
    Text(&'a StringArray),
    Integer(&'a Int64Array),
    Decimal(&'a Decimal128Array, u32),
    Date(&'a Date32Array),
    Boolean(&'a BooleanArray),
}

/// The contract's type for an Arrow type; `None` when no contract has such a column.
pub(crate) fn column_type(data_type: &DataType) -> Option<ColumnType> {
    match data_type {
        DataType::Utf8 => Some(ColumnType::Text),
        DataType::Int64 => Some(ColumnType::Integer),
        DataType::Decimal128(precision, scale) if *scale >= 0 => Some(ColumnType::Decimal { precision: *precision, scale: *scale }),
        DataType::Date32 => Some(ColumnType::Date),
        DataType::Boolean => Some(ColumnType::Boolean),
        _ => None,
    }
}

/// Days from 1970-01-01 to a date, where it lies in the years 1 to 9999.
pub(crate) fn date_of(days: i32) -> Option<NaiveDate> {
    let date = NaiveDate::from_num_days_from_ce_opt(days.checked_add(EPOCH_FROM_CE)?)?;
    (1..=9999).contains(&date.year()).then_some(date)
}

/// The days from 1970-01-01 to a date.
pub(crate) fn days_of(date: NaiveDate) -> i32 {
    date.num_days_from_ce() - EPOCH_FROM_CE
}

/// Days of the common era on 1970-01-01.
const EPOCH_FROM_CE: i32 = 719_163;

/// Whole numbers below it have at most 15 digits.
const EXACT: u64 = 1_000_000_000_000_000;

impl<'a> Cells<'a> {
    /// Every column of a batch.
    ///
    /// # Errors
    /// When a column is of no published type, which no conformed batch has.
    pub(crate) fn of_batch(batch: &'a RecordBatch) -> Result<Vec<Self>, ArrowError> {
        let cells = |c: &'a ArrayRef| {
            Self::of(c.as_ref()).ok_or_else(|| ArrowError::SchemaError(format!("{} is the type of no published column", c.data_type())))
        };
        batch.columns().iter().map(cells).collect()
    }

    /// The view of a column.
    pub(crate) fn of(array: &'a dyn Array) -> Option<Self> {
        match column_type(array.data_type())? {
            ColumnType::Text => array.as_string_opt().map(Self::Text),
            ColumnType::Integer => array.as_primitive_opt::<Int64Type>().map(Self::Integer),
            ColumnType::Decimal { scale, .. } => {
                array.as_primitive_opt::<Decimal128Type>().map(|a| Self::Decimal(a, u32::from(scale.unsigned_abs())))
            }
            ColumnType::Date => array.as_primitive_opt::<Date32Type>().map(Self::Date),
            ColumnType::Boolean => array.as_boolean_opt().map(Self::Boolean),
        }
    }

    fn array(&self) -> &dyn Array {
        match self {
            Self::Text(a) => *a,
            Self::Integer(a) => *a,
            Self::Decimal(a, _) => *a,
            Self::Date(a) => *a,
            Self::Boolean(a) => *a,
        }
    }

    /// Whether the row has no value.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.array().is_null(row)
    }

    /// Whether the row has a number that binary floating point gives back digit by digit: one of at most 15 digits.
    pub(crate) fn is_exact_number(&self, row: usize) -> bool {
        !self.is_null(row)
            && match self {
                Self::Integer(a) => a.value(row).unsigned_abs() < EXACT,
                Self::Decimal(a, _) => a.value(row).unsigned_abs() < u128::from(EXACT),
                Self::Text(_) | Self::Date(_) | Self::Boolean(_) => false,
            }
    }

    /// Orders two values that are not null: text by its bytes, false before true.
    pub(crate) fn compare(&self, row: usize, other: &Cells<'_>, other_row: usize) -> Ordering {
        match (self, other) {
            (Self::Text(a), Cells::Text(b)) => a.value(row).as_bytes().cmp(b.value(other_row).as_bytes()),
            (Self::Integer(a), Cells::Integer(b)) => a.value(row).cmp(&b.value(other_row)),
            (Self::Decimal(a, _), Cells::Decimal(b, _)) => a.value(row).cmp(&b.value(other_row)),
            (Self::Date(a), Cells::Date(b)) => a.value(row).cmp(&b.value(other_row)),
            (Self::Boolean(a), Cells::Boolean(b)) => a.value(row).cmp(&b.value(other_row)),
            // Both come from one schema, so this is never reached; Equal makes the caller refuse the row.
            _ => Ordering::Equal,
        }
    }

    /// Appends the value's plain text, without CSV quotes; nothing for null.
    pub(crate) fn write_text(&self, row: usize, out: &mut Vec<u8>) {
        if self.is_null(row) {
            return;
        }
        match self {
            Self::Text(a) => out.extend_from_slice(a.value(row).as_bytes()),
            Self::Integer(a) => write_integer(a.value(row), out),
            Self::Decimal(a, scale) => write_decimal(a.value(row), *scale, out),
            Self::Date(a) => write_date(a.value(row), out),
            Self::Boolean(a) => out.extend_from_slice(if a.value(row) { b"true" } else { b"false" }),
        }
    }

    /// Appends the value's canonical encoding (see [`crate::LogicalDigest`]).
    pub(crate) fn write_canonical(&self, row: usize, out: &mut Vec<u8>) {
        if self.is_null(row) {
            out.push(0);
            return;
        }
        out.push(1);
        match self {
            Self::Text(a) => {
                let bytes = a.value(row).as_bytes();
                out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
                out.extend_from_slice(bytes);
            }
            Self::Integer(a) => out.extend_from_slice(&a.value(row).to_le_bytes()),
            Self::Decimal(a, _) => out.extend_from_slice(&a.value(row).to_le_bytes()),
            Self::Date(a) => out.extend_from_slice(&a.value(row).to_le_bytes()),
            Self::Boolean(a) => out.push(u8::from(a.value(row))),
        }
    }
}

fn write_unsigned(mut value: u64, width: usize, out: &mut Vec<u8>) {
    let mut digits = [b'0'; 20];
    let mut start = digits.len();
    while value > 0 && start > 0 {
        start -= 1;
        if let Some(d) = digits.get_mut(start) {
            *d = b'0' + (value % 10) as u8;
        }
        value /= 10;
    }
    let start = start.min(digits.len() - width.clamp(1, digits.len()));
    out.extend_from_slice(digits.get(start..).unwrap_or_default());
}

fn write_integer(value: i64, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    write_unsigned(value.unsigned_abs(), 1, out);
}

fn write_decimal(value: i128, scale: u32, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    let magnitude = value.unsigned_abs();
    let width = scale as usize;
    match (u64::try_from(magnitude), 10u64.checked_pow(scale)) {
        (Ok(small), Some(unit)) => {
            write_unsigned(small / unit, 1, out);
            if scale > 0 {
                out.push(b'.');
                write_unsigned(small % unit, width, out);
            }
        }
        _ => {
            // More than 64 bits: rare, so the plain way through the standard library. Writing to a Vec cannot fail.
            let unit = 10u128.saturating_pow(scale);
            let _ = write!(out, "{}", magnitude / unit);
            if scale > 0 {
                let _ = write!(out, ".{:0width$}", magnitude % unit);
            }
        }
    }
}

pub(crate) fn write_date(days: i32, out: &mut Vec<u8>) {
    // `conform` refuses a day that has no four-digit year.
    if let Some(date) = date_of(days) {
        write_unsigned(u64::from(date.year().unsigned_abs()), 4, out);
        out.push(b'-');
        write_unsigned(u64::from(date.month()), 2, out);
        out.push(b'-');
        write_unsigned(u64::from(date.day()), 2, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(f: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        f(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn fixed_forms() {
        assert_eq!(text(|o| write_decimal(0, 2, o)), "0.00");
        assert_eq!(text(|o| write_decimal(-5, 2, o)), "-0.05");
        assert_eq!(text(|o| write_decimal(12, 0, o)), "12");
        assert_eq!(text(|o| write_decimal(-(10i128.pow(38) - 1), 38, o)), format!("-0.{}", "9".repeat(38)));
        assert_eq!(text(|o| write_decimal(10i128.pow(37), 37, o)), format!("1.{}", "0".repeat(37)));
        assert_eq!(text(|o| write_integer(i64::MIN, o)), i64::MIN.to_string());
        assert_eq!(text(|o| write_date(0, o)), "1970-01-01");
        assert_eq!(text(|o| write_date(-719_162, o)), "0001-01-01");
        assert!(date_of(-719_163).is_none() && date_of(2_932_897).is_none() && date_of(i32::MAX).is_none());
    }

    proptest! {
        #[test]
        fn integers_as_the_standard_library(v in any::<i64>()) {
            prop_assert_eq!(text(|o| write_integer(v, o)), v.to_string());
        }

        #[test]
        fn days_come_back(days in -719_162i32..=2_932_896) {
            let date = date_of(days).unwrap();
            prop_assert_eq!(days_of(date), days);
            prop_assert_eq!(text(|o| write_date(days, o)), date.format("%Y-%m-%d").to_string());
        }

        #[test]
        fn decimals_keep_their_digits(v in -(10i128.pow(38) - 1)..10i128.pow(38), scale in 0u32..=38) {
            let written = text(|o| write_decimal(v, scale, o));
            prop_assert_eq!(written.replace('.', "").parse::<i128>().unwrap(), v);
            prop_assert_eq!(written.split_once('.').map_or(0, |(_, f)| f.len()), scale as usize);
        }
    }
}
