//! Two files that should be the same: whether they are, and where they differ first.

mod parquet;
mod text;

use crate::AuditError;
use serde::Serialize;
use solidata_canon::{Form, logical_digest};
use std::{
    fmt,
    fs::File,
    io::{BufReader, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

/// The most text that is read out of a compressed table.
const MOST_TEXT: u64 = 64 << 30;
/// How much of a value a message shows.
const SHOWN: usize = 80;

/// How a published file and the one that was made again compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Byte for byte.
    SameBytes,
    /// The same rows (logical digest) in other bytes.
    SameData,
    /// Other content, or a file is on one side only.
    Different,
}

/// Where two files differ first. Rows count from 1; values are those of the two files, cut short.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Of a Parquet file, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_group: Option<usize>,
    /// The column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The row of a table, or the line of another text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// The first byte that differs, from 0, where no row tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte: Option<u64>,
    /// What the published file has there.
    pub published: String,
    /// What the file that was made again has there.
    pub rebuilt: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(group) = self.row_group {
            write!(f, "row group {group}, ")?;
        }
        if let Some(column) = &self.column {
            write!(f, "column {column}, ")?;
        }
        if let Some(row) = self.row {
            write!(f, "row {row}, ")?;
        }
        if let Some(byte) = self.byte {
            write!(f, "byte {byte}, ")?;
        }
        write!(f, "published {}, rebuilt {}", self.published, self.rebuilt)
    }
}

/// Compares a published file with the one that was made again, and finds the first difference. `schema` is the published schema of a table.
///
/// # Errors
/// When a file of this machine cannot be read; that the published file is damaged is a difference.
pub fn compare_files(
    path: &str,
    published: &Path,
    rebuilt: &Path,
    schema: Option<&[u8]>,
) -> Result<(Verdict, Option<Difference>), AuditError> {
    let Some(byte) = first_byte(published, rebuilt)? else { return Ok((Verdict::SameBytes, None)) };
    let is_table = schema.is_some();
    let found = match path.rsplit_once('.').map(|(_, end)| end) {
        // the library of the format gives up on some damaged files by a panic
        Some("parquet") => catch_unwind(AssertUnwindSafe(|| parquet::first_difference(published, rebuilt, byte)))
            .unwrap_or_else(|_| Ok(Difference { byte: Some(byte), ..damaged() }))?,
        Some("csv") if is_table => text::of_csv(published, rebuilt)?.unwrap_or_else(|| Difference { byte: Some(byte), ..damaged() }),
        // What is compressed differs from the first difference on; the CSV of the table tells its row.
        Some("xlsx" | "gz") => {
            Difference { byte: Some(byte), published: "compressed bytes".into(), rebuilt: "others".into(), ..Difference::default() }
        }
        _ => text::of_lines(published, rebuilt)?.unwrap_or_else(|| Difference { byte: Some(byte), ..damaged() }),
    };
    let same = is_table && logical(path, published, schema).zip(logical(path, rebuilt, schema)).is_some_and(|(a, b)| a == b);
    Ok((if same { Verdict::SameData } else { Verdict::Different }, Some(found)))
}

fn damaged() -> Difference {
    Difference { published: "something that cannot be read".into(), rebuilt: "something else".into(), ..Difference::default() }
}

/// Rows and digest of the rows of a table; none when it cannot be read.
fn logical(path: &str, file: &Path, schema: Option<&[u8]>) -> Option<solidata_canon::LogicalDigest> {
    let open = File::open(file).ok()?;
    let form = Form::of_path(path)?.form;
    catch_unwind(AssertUnwindSafe(|| logical_digest(form, open, schema?, MOST_TEXT).ok())).ok().flatten()
}

/// The first byte that is not the same; the end of the shorter one counts.
fn first_byte(a: &Path, b: &Path) -> Result<Option<u64>, AuditError> {
    let (mut a, mut b) = (BufReader::new(File::open(a)?), BufReader::new(File::open(b)?));
    let (mut left, mut right) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut at = 0u64;
    loop {
        let (n, m) = (fill(&mut a, &mut left)?, fill(&mut b, &mut right)?);
        let (x, y) = (left.get(..n).unwrap_or_default(), right.get(..m).unwrap_or_default());
        if let Some(i) = x.iter().zip(y).position(|(p, q)| p != q) {
            return Ok(Some(at + i as u64));
        }
        match (n, m) {
            _ if n != m => return Ok(Some(at + n.min(m) as u64)),
            (0, _) => return Ok(None),
            _ => at += n as u64,
        }
    }
}

fn fill(from: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut n = 0;
    while let Some(rest) = buffer.get_mut(n..).filter(|rest| !rest.is_empty()) {
        match from.read(rest)? {
            0 => break,
            read => n += read,
        }
    }
    Ok(n)
}

/// A value for a message.
fn shown(value: &str) -> String {
    let mut text: String = value.chars().take(SHOWN).collect();
    if text.len() < value.len() {
        text.push('…');
    }
    format!("'{text}'")
}

#[cfg(test)]
mod tests;
