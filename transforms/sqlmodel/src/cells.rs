//! Rows of the CSV files of `sql/tests`, as Arrow columns and back.
//!
//! An empty cell is NULL; `''` is the empty text. A list is its items between `|`, `[]` when it has none. Bytes are hexadecimal digits.
//! Everything else is written as SQL prints it: `2024-09-01`, `12.50`, `true`.
use datafusion::arrow::{
    array::{Array, ArrayRef, AsArray, BinaryBuilder, FixedSizeBinaryBuilder, ListArray, RecordBatch, RecordBatchOptions, StringArray},
    buffer::{NullBuffer, OffsetBuffer},
    compute::{CastOptions, cast, cast_with_options},
    datatypes::{DataType, Field, Schema, SchemaRef},
};
use std::sync::Arc;

/// The columns of a table of a test: as declared, any of them empty.
pub(crate) fn relaxed(schema: &Schema) -> SchemaRef {
    Arc::new(Schema::new(schema.fields().iter().map(|f| f.as_ref().clone().with_nullable(true)).collect::<Vec<Field>>()))
}

/// The rows of a CSV text, as columns of `schema`; a column that the text does not have is NULL.
///
/// # Errors
/// A sentence that names the line and column: an unknown or repeated header, a cell that is no value of its column.
pub(crate) fn read(text: &str, schema: &SchemaRef) -> Result<RecordBatch, String> {
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    let headers: Vec<String> = reader.headers().map_err(|e| e.to_string())?.iter().map(str::to_owned).collect();
    for (i, name) in headers.iter().enumerate() {
        if !schema.fields().iter().any(|f| f.name() == name) {
            let known: Vec<_> = schema.fields().iter().map(|f| f.name().as_str()).collect();
            return Err(format!("the header names '{name}', which the table does not have; it has {}", known.join(", ")));
        }
        if headers.iter().skip(i + 1).any(|other| other == name) {
            return Err(format!("the header names '{name}' twice"));
        }
    }
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().map_err(|e| e.to_string())?;
    let mut columns: Vec<ArrayRef> = Vec::new();
    for field in schema.fields() {
        let cells: Vec<Option<&str>> = match headers.iter().position(|h| h == field.name()) {
            Some(i) => rows.iter().map(|r| r.get(i).filter(|c| !c.is_empty())).collect(),
            None => vec![None; rows.len()],
        };
        let built = column(&cells, field.data_type());
        columns.push(built.map_err(|(row, why)| format!("line {}, column '{}': {why}", row + 2, field.name()))?);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(relaxed(schema), columns, &options).map_err(|e| e.to_string())
}

/// The header of a CSV text.
pub(crate) fn header(text: &str) -> Result<Vec<String>, String> {
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    Ok(reader.headers().map_err(|e| e.to_string())?.iter().map(str::to_owned).collect())
}

/// The cells of one column; on error, the row and why.
fn column(cells: &[Option<&str>], kind: &DataType) -> Result<ArrayRef, (usize, String)> {
    let wrong = |row: usize| (row, format!("'{}' is no {kind}", cells.get(row).copied().flatten().unwrap_or_default()));
    match kind {
        DataType::List(item) => {
            let mut items: Vec<Option<&str>> = Vec::new();
            let mut lengths = Vec::new();
            for cell in cells {
                let parts: Vec<&str> = match cell {
                    None | Some("[]") => Vec::new(),
                    Some(cell) => cell.split('|').collect(),
                };
                lengths.push(parts.len());
                items.extend(parts.into_iter().map(Some));
            }
            // Which row an item came from does not matter for the message: the item is in it.
            let values = column(&items, item.data_type())?;
            let nulls = NullBuffer::from_iter(cells.iter().map(Option::is_some));
            let list = ListArray::try_new(item.clone(), OffsetBuffer::from_lengths(lengths), values, Some(nulls));
            Ok(Arc::new(list.map_err(|e| (0, e.to_string()))?))
        }
        DataType::Binary => {
            let mut builder = BinaryBuilder::new();
            for (row, cell) in cells.iter().enumerate() {
                builder.append_option(cell.map(|c| bytes(c).ok_or_else(|| wrong(row))).transpose()?);
            }
            Ok(Arc::new(builder.finish()))
        }
        DataType::FixedSizeBinary(size) => {
            let mut builder = FixedSizeBinaryBuilder::new(*size);
            for (row, cell) in cells.iter().enumerate() {
                match cell {
                    None => builder.append_null(),
                    Some(c) => bytes(c).and_then(|b| builder.append_value(b).ok()).ok_or_else(|| wrong(row))?,
                }
            }
            Ok(Arc::new(builder.finish()))
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..) => {
            let text: StringArray = cells.iter().map(|c| c.map(|c| if c == "''" { "" } else { c })).collect();
            cast(&text, kind).map_err(|e| (0, e.to_string()))
        }
        _ => {
            for (row, cell) in cells.iter().enumerate() {
                // The cast would round what has too many digits, and a test would pass that must not.
                if let (Some(cell), DataType::Decimal128(_, scale)) = (cell, kind)
                    && cell.split_once('.').is_some_and(|(_, digits)| digits.len() > usize::from(scale.unsigned_abs()))
                {
                    return Err(wrong(row));
                }
            }
            let text: StringArray = cells.iter().copied().collect();
            let loose = cast(&text, kind).map_err(|e| (0, e.to_string()))?;
            match (0..cells.len()).find(|row| text.is_valid(*row) && loose.is_null(*row)) {
                Some(row) => Err(wrong(row)),
                None => Ok(loose),
            }
        }
    }
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if !hex.is_ascii() || !hex.len().is_multiple_of(2) {
        return None;
    }
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(hex.get(i..i + 2)?, 16).ok()).collect()
}

/// The rows of a batch as cells of text, written as [`read`] reads them.
pub(crate) fn write(batch: &RecordBatch) -> Result<Vec<Vec<String>>, String> {
    let columns: Vec<Vec<String>> = batch.columns().iter().map(texts).collect::<Result<_, _>>()?;
    Ok((0..batch.num_rows()).map(|row| columns.iter().map(|c| c.get(row).cloned().unwrap_or_default()).collect()).collect())
}

fn texts(column: &ArrayRef) -> Result<Vec<String>, String> {
    let rows = 0..column.len();
    match column.data_type() {
        DataType::List(_) => {
            let list = column.as_list::<i32>();
            let mut found = Vec::new();
            for row in rows {
                found.push(match list.is_valid(row) {
                    false => String::new(),
                    true if list.value(row).is_empty() => "[]".into(),
                    true => texts(&list.value(row))?.join("|"),
                });
            }
            Ok(found)
        }
        DataType::Binary | DataType::FixedSizeBinary(_) => {
            let plain = cast(column, &DataType::Binary).map_err(|e| e.to_string())?;
            let plain = plain.as_binary::<i32>();
            let hex = |b: &[u8]| b.iter().map(|b| format!("{b:02x}")).collect::<String>();
            Ok(rows.map(|row| if plain.is_valid(row) { hex(plain.value(row)) } else { String::new() }).collect())
        }
        kind => {
            let is_text = matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..));
            let options = CastOptions { safe: false, ..CastOptions::default() };
            let text = cast_with_options(column, &DataType::Utf8, &options).map_err(|e| e.to_string())?;
            let text = text.as_string::<i32>();
            Ok(rows
                .map(|row| match text.is_valid(row) {
                    false => String::new(),
                    true if is_text && text.value(row).is_empty() => "''".into(),
                    true => text.value(row).to_owned(),
                })
                .collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::datatypes::TimeUnit;
    use proptest::prelude::*;

    fn schema() -> SchemaRef {
        Arc::new(Schema::new(vec![
            Field::new("t", DataType::Utf8, false),
            Field::new("i", DataType::Int32, false),
            Field::new("d", DataType::Decimal128(6, 2), true),
            Field::new("j", DataType::Date32, true),
            Field::new("b", DataType::Boolean, true),
            Field::new("l", DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))), true),
            Field::new("h", DataType::FixedSizeBinary(2), true),
            Field::new("w", DataType::Timestamp(TimeUnit::Millisecond, None), true),
            Field::new("k", DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)), true),
        ]))
    }

    #[test]
    fn what_is_read_is_written() {
        let text = "t,i,d,j,b,l,h,w,k\na,-1,12.50,2024-02-29,true,x|y,00ff,2024-01-02T03:04:05.006,k\n'',,,,,,,,\n\"a, b\",2,0.00,1900-01-01,false,[],abcd,,''\n";
        let cells = write(&read(text, &schema()).unwrap()).unwrap();
        assert_eq!(cells[0], ["a", "-1", "12.50", "2024-02-29", "true", "x|y", "00ff", "2024-01-02T03:04:05.006", "k"]);
        assert_eq!(cells[1], ["''", "", "", "", "", "", "", "", ""]);
        assert_eq!(cells[2], ["a, b", "2", "0.00", "1900-01-01", "false", "[]", "abcd", "", "''"]);
    }

    #[test]
    fn missing_columns_are_null_and_order_is_free() {
        let cells = write(&read("i,t\n1,a\n", &schema()).unwrap()).unwrap();
        assert_eq!(cells, [["a", "1", "", "", "", "", "", "", ""]]);
        assert_eq!(read("t\n", &schema()).unwrap().num_rows(), 0);
    }

    #[test]
    fn refuses_what_is_no_value() {
        for (text, words) in [
            ("t,z\n", "'z'"),
            ("t,t\n", "twice"),
            ("t,i\na\n", "line"),
            ("i\n1\nx\n", "line 3, column 'i': 'x'"),
            ("i\n1.5\n", "column 'i'"),
            ("i\n3000000000\n", "column 'i'"),
            ("d\n1.555\n", "column 'd'"),
            ("d\n123456.00\n", "column 'd'"),
            ("j\n2024-02-30\n", "column 'j'"),
            ("b\nmaybe\n", "column 'b'"),
            ("h\n00f\n", "column 'h'"),
            ("h\n00\n", "column 'h'"),
        ] {
            let e = read(text, &schema()).unwrap_err();
            assert!(e.contains(words), "{text}: {e}");
        }
    }

    proptest! {
        #[test]
        fn integers_and_texts_come_back(rows in prop::collection::vec((any::<i32>(), "[a-zé ,\"\n]{1,8}"), 0..8)) {
            let mut out = csv::Writer::from_writer(Vec::new());
            out.write_record(["i", "t"]).unwrap();
            for (i, t) in &rows {
                out.write_record([i.to_string(), t.clone()]).unwrap();
            }
            let text = String::from_utf8(out.into_inner().unwrap()).unwrap();
            let cells = write(&read(&text, &schema()).unwrap()).unwrap();
            let back: Vec<_> = cells.iter().map(|r| (r[1].parse::<i32>().unwrap(), r[0].clone())).collect();
            prop_assert_eq!(back, rows);
        }
    }
}
