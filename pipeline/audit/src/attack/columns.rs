//! The columns of a batch, by name.

use super::telltale::{TelltaleKind, Telltales};
use arrow::array::{Array, ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::DataType;

/// A column of texts, however it is coded.
pub(crate) fn texts(batch: &RecordBatch, name: &str) -> Result<StringArray, String> {
    column(batch, name, &DataType::Utf8).map(|column| StringArray::from(column.to_data()))
}

/// More than anyone searches: the sums of such counts over a hundred million rows fit into 64 bits, those of larger ones would not.
const COUNT_MAX: u64 = 10_000_000_000;

/// A column of counts.
pub(crate) fn counts(batch: &RecordBatch, name: &str) -> Result<Int64Array, String> {
    let counts = column(batch, name, &DataType::Int64).map(|column| Int64Array::from(column.to_data()))?;
    match counts.iter().flatten().find(|count| count.unsigned_abs() > COUNT_MAX) {
        Some(_) => Err(format!("column {name} holds a number that is larger than any count")),
        None => Ok(counts),
    }
}

/// A column of what is so or not.
pub(crate) fn flags(batch: &RecordBatch, name: &str) -> Result<BooleanArray, String> {
    column(batch, name, &DataType::Boolean).map(|column| BooleanArray::from(column.to_data()))
}

/// Tells of columns that the format does not have.
pub(crate) fn tell_others(batch: &RecordBatch, known: &[&str], telltales: &mut Telltales) {
    for field in batch.schema().fields().iter().filter(|field| !known.contains(&field.name().as_str())) {
        telltales.tell(TelltaleKind::Column, None, format!("the format has no column {}", field.name()));
    }
}

fn column(batch: &RecordBatch, name: &str, kind: &DataType) -> Result<ArrayRef, String> {
    let column = batch.column_by_name(name).ok_or_else(|| format!("it has no column {name}"))?;
    if column.data_type() == kind {
        return Ok(column.clone());
    }
    let text = matches!(column.data_type(), DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..));
    match *kind == DataType::Utf8 && text {
        true => arrow::compute::cast(column, kind).map_err(|e| format!("column {name}: {e}")),
        false => Err(format!("column {name} is of another type ({})", column.data_type())),
    }
}
