use crate::cells::Cells;
use arrow::array::RecordBatch;
use std::io::{self, Write};

/// Writes a table as CSV: RFC 4180 with line feeds, UTF-8 without a byte order mark, comma, one header line.
///
/// - Integers in plain digits, decimals with a point and every digit of their scale, days as `2024-09-30`, booleans as `true` and `false`.
/// - No value is an empty field. There is no empty text (the contract refuses it), so nothing else is an empty field.
/// - A field is quoted when it holds a comma, a quote, a line feed or a carriage return, or begins or ends with a space or a tab, which some
///   readers would trim; a quote in it is doubled. No other value is quoted.
/// - The names in the header are quoted all the same: readers that guess the dialect from the first rows (DuckDB, from 20 480) see the quote there, and not only where
///   the first comma stands in a text, a hundred thousand rows later, where they give up.
/// - Values that begin with `=`, `+`, `-` or `@` are written as they are. A prefix against spreadsheet formulas would change the data of every
///   program that reads it (a name, a phone number `+33…`), and make the CSV differ from the Parquet; a spreadsheet has its own import dialogue.
pub(crate) struct CsvWriter<W> {
    inner: W,
    buffer: Vec<u8>,
}

impl<W: Write> CsvWriter<W> {
    /// Writes the header.
    pub(crate) fn new<'a>(mut inner: W, names: impl Iterator<Item = &'a str>) -> io::Result<Self> {
        let mut buffer = Vec::new();
        for (i, name) in names.enumerate() {
            if i > 0 {
                buffer.push(b',');
            }
            write_quoted(name.as_bytes(), &mut buffer);
        }
        buffer.push(b'\n');
        inner.write_all(&buffer)?;
        Ok(Self { inner, buffer })
    }

    /// Writes rows; `cells` are the columns of the batch.
    pub(crate) fn write(&mut self, batch: &RecordBatch, cells: &[Cells<'_>]) -> io::Result<()> {
        self.buffer.clear();
        for row in 0..batch.num_rows() {
            for (i, column) in cells.iter().enumerate() {
                if i > 0 {
                    self.buffer.push(b',');
                }
                match column {
                    Cells::Text(a) if !column.is_null(row) => write_field(a.value(row).as_bytes(), &mut self.buffer),
                    _ => column.write_text(row, &mut self.buffer),
                }
            }
            self.buffer.push(b'\n');
        }
        self.inner.write_all(&self.buffer)
    }

    pub(crate) fn into_inner(self) -> W {
        self.inner
    }
}

fn write_field(field: &[u8], out: &mut Vec<u8>) {
    let edge = |b: Option<&u8>| matches!(b, Some(b' ' | b'\t'));
    let special = field.iter().fold(false, |s, b| s | (*b == b',') | (*b == b'"') | (*b == b'\n') | (*b == b'\r'));
    if !special && !edge(field.first()) && !edge(field.last()) {
        out.extend_from_slice(field);
    } else {
        write_quoted(field, out);
    }
}

fn write_quoted(field: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for part in field.split_inclusive(|b| *b == b'"') {
        out.extend_from_slice(part);
        if part.ends_with(b"\"") {
            out.push(b'"');
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    fn field(text: &str) -> String {
        let mut out = Vec::new();
        super::write_field(text.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn quotes_only_what_needs_it() {
        for plain in ["a", "é à", "a b", "l'a", "=1+1", "-3", "@x", "+33", "a;b", "a\u{2028}b", "a\tb", "#"] {
            assert_eq!(field(plain), plain);
        }
        for (text, quoted) in [
            ("a,b", "\"a,b\""),
            ("\"", "\"\"\"\""),
            ("a\"\"b", "\"a\"\"\"\"b\""),
            ("a\nb", "\"a\nb\""),
            (" a", "\" a\""),
            ("a\t", "\"a\t\""),
        ] {
            assert_eq!(field(text), quoted);
        }
    }
}
