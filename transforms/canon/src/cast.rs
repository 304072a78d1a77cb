//! Changes of type that lose nothing.

use crate::error::Fault;
use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, UInt64Type};
use arrow::error::ArrowError;
use solidata_model::ColumnType;
use std::sync::Arc;

/// The Arrow type of a contract's column.
pub(crate) fn arrow_type(kind: ColumnType) -> DataType {
    match kind {
        ColumnType::Text => DataType::Utf8,
        ColumnType::Integer => DataType::Int64,
        ColumnType::Decimal { precision, scale } => DataType::Decimal128(precision, scale),
        ColumnType::Date => DataType::Date32,
        ColumnType::Boolean => DataType::Boolean,
    }
}

/// Whether a query's column of type `from` may become a contract's column of type `to`.
///
/// Text: `Utf8`, `LargeUtf8`, `Utf8View`. Integer: any integer. Decimal: any decimal (each value must be held exactly). Date: `Date32`. Boolean: `Boolean`.
/// Any of these under a dictionary, and `Null`. Nothing else: no number from a text, no decimal from an integer or a float, no day from an
/// instant; the SQL says such things itself, so that a reader sees them.
pub fn accepts(from: &DataType, to: ColumnType) -> bool {
    match (from, to) {
        (DataType::Dictionary(_, values), _) => accepts(values, to),
        (DataType::Null, _) => true,
        (DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View, ColumnType::Text) => true,
        (from, ColumnType::Integer) => from.is_integer(),
        (from, ColumnType::Decimal { .. }) => from.is_decimal(),
        (DataType::Date32, ColumnType::Date) | (DataType::Boolean, ColumnType::Boolean) => true,
        _ => false,
    }
}

/// Why a column could not change its type.
pub(crate) enum CastFault {
    /// The value of this row cannot.
    Row(usize, Fault),
    /// The library refused.
    Arrow(ArrowError),
}

impl From<ArrowError> for CastFault {
    fn from(e: ArrowError) -> Self {
        Self::Arrow(e)
    }
}

/// Casts a column that [`accepts`] allows. A column that has the type already is passed on as it is; decimals are checked even then,
/// because arithmetic does not keep to a declared precision.
pub(crate) fn exact_cast(array: &ArrayRef, to: ColumnType) -> Result<ArrayRef, CastFault> {
    match array.data_type() {
        DataType::Null => Ok(new_null_array(&arrow_type(to), array.len())),
        DataType::Dictionary(_, values) => exact_cast(&cast(array, values)?, to),
        from => match to {
            ColumnType::Decimal { precision, scale } => decimal(array, precision, scale),
            _ if *from == arrow_type(to) => Ok(Arc::clone(array)),
            _ => {
                if let Some(a) = array.as_primitive_opt::<UInt64Type>()
                    && let Some(row) = (0..a.len()).find(|i| a.is_valid(*i) && a.value(*i) > i64::MAX as u64)
                {
                    return Err(CastFault::Row(row, Fault::TooLarge));
                }
                Ok(cast(array, &arrow_type(to))?)
            }
        },
    }
}

fn decimal(array: &ArrayRef, precision: u8, scale: i8) -> Result<ArrayRef, CastFault> {
    let (from_scale, value): (i8, Box<dyn Fn(usize) -> Option<i128> + '_>) = match array.data_type() {
        DataType::Decimal32(_, s) => {
            let a = array.as_primitive::<Decimal32Type>();
            (*s, Box::new(|i| Some(i128::from(a.value(i)))))
        }
        DataType::Decimal64(_, s) => {
            let a = array.as_primitive::<Decimal64Type>();
            (*s, Box::new(|i| Some(i128::from(a.value(i)))))
        }
        DataType::Decimal256(_, s) => {
            let a = array.as_primitive::<Decimal256Type>();
            (*s, Box::new(|i| a.value(i).to_i128()))
        }
        _ => {
            let a = array.as_primitive_opt::<Decimal128Type>();
            let s = match array.data_type() {
                DataType::Decimal128(_, s) => *s,
                _ => 0,
            };
            (s, Box::new(move |i| a.map(|a| a.value(i))))
        }
    };
    let limit = 10i128.checked_pow(u32::from(precision)).unwrap_or(i128::MAX);
    let shift = i32::from(scale) - i32::from(from_scale);
    let factor = 10i128.checked_pow(shift.unsigned_abs());
    let convert = |row: usize| -> Result<i128, Fault> {
        let v = value(row).ok_or(Fault::TooLarge)?;
        let v = match (v, factor) {
            (0, _) => 0,
            (v, Some(f)) if shift >= 0 => v.checked_mul(f).ok_or(Fault::TooLarge)?,
            (v, Some(f)) if v % f == 0 => v / f,
            (_, None) if shift >= 0 => return Err(Fault::TooLarge),
            _ => return Err(Fault::Inexact),
        };
        if v <= -limit || v >= limit { Err(Fault::TooLarge) } else { Ok(v) }
    };
    let mut values = Vec::with_capacity(array.len());
    for row in 0..array.len() {
        values.push(if array.is_null(row) { 0 } else { convert(row).map_err(|fault| CastFault::Row(row, fault))? });
    }
    let out = Decimal128Array::new(values.into(), array.nulls().cloned()).with_precision_and_scale(precision, scale)?;
    Ok(Arc::new(out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Decimal256Array, DictionaryArray, Int16Array, LargeStringArray, StringViewArray, UInt64Array};
    use arrow::datatypes::{Int32Type, i256};

    fn to_decimal(array: Decimal128Array, precision: u8, scale: i8) -> Result<Vec<i128>, Fault> {
        match exact_cast(&(Arc::new(array) as ArrayRef), ColumnType::Decimal { precision, scale }) {
            Ok(a) => Ok(a.as_primitive::<Decimal128Type>().values().to_vec()),
            Err(CastFault::Row(_, f)) => Err(f),
            Err(CastFault::Arrow(e)) => panic!("{e}"),
        }
    }
    fn dec(v: i128, p: u8, s: i8) -> Decimal128Array {
        Decimal128Array::from(vec![v]).with_precision_and_scale(p, s).unwrap()
    }

    #[test]
    fn decimals_change_scale_only_when_exact() {
        assert_eq!(to_decimal(dec(1250, 10, 3), 10, 2), Ok(vec![125]));
        assert_eq!(to_decimal(dec(1251, 10, 3), 10, 2), Err(Fault::Inexact));
        assert_eq!(to_decimal(dec(-125, 10, 2), 10, 4), Ok(vec![-12500]));
        assert_eq!(to_decimal(dec(125, 10, 0), 4, 2), Err(Fault::TooLarge));
        assert_eq!(to_decimal(dec(12345, 38, 2), 4, 2), Err(Fault::TooLarge));
        assert_eq!(to_decimal(dec(0, 38, 38), 1, 0), Ok(vec![0]));
        assert_eq!(to_decimal(dec(7, 38, -3), 10, 0), Ok(vec![7000]));
        let wide = Arc::new(Decimal256Array::from(vec![i256::from_i128(1200)]).with_precision_and_scale(50, 2).unwrap()) as ArrayRef;
        assert_eq!(
            exact_cast(&wide, ColumnType::Decimal { precision: 4, scale: 0 }).ok().unwrap().as_primitive::<Decimal128Type>().value(0),
            12
        );
    }

    #[test]
    fn texts_and_integers_change_their_layout_only() {
        let text = |a: ArrayRef| {
            assert!(accepts(a.data_type(), ColumnType::Text));
            exact_cast(&a, ColumnType::Text).ok().unwrap().as_string::<i32>().value(0).to_owned()
        };
        assert_eq!(text(Arc::new(LargeStringArray::from(vec!["a"]))), "a");
        assert_eq!(text(Arc::new(StringViewArray::from(vec!["a longer text than twelve bytes"]))), "a longer text than twelve bytes");
        assert_eq!(text(Arc::new(vec!["x", "y"].into_iter().collect::<DictionaryArray<Int32Type>>())), "x");
        let small = Arc::new(Int16Array::from(vec![-3])) as ArrayRef;
        assert!(exact_cast(&small, ColumnType::Integer).is_ok());
        let large = Arc::new(UInt64Array::from(vec![1, u64::MAX])) as ArrayRef;
        assert!(matches!(exact_cast(&large, ColumnType::Integer), Err(CastFault::Row(1, Fault::TooLarge))));
    }

    #[test]
    fn what_loses_or_hides_something_is_refused() {
        for (from, to) in [
            (DataType::Float64, ColumnType::Decimal { precision: 9, scale: 2 }),
            (DataType::Float64, ColumnType::Integer),
            (DataType::Int64, ColumnType::Text),
            (DataType::Int64, ColumnType::Decimal { precision: 9, scale: 2 }),
            (DataType::Utf8, ColumnType::Integer),
            (DataType::Utf8, ColumnType::Date),
            (DataType::Date64, ColumnType::Date),
            (DataType::Binary, ColumnType::Text),
            (DataType::Int64, ColumnType::Boolean),
        ] {
            assert!(!accepts(&from, to), "{from} {to:?}");
        }
    }
}
