//! The rows of a spreadsheet, read by a library that had no part in writing it.

use super::{
    rows_of_text::TextRows,
    wrong,
    xlsx::{ENTRIES, ROWS_ENTRY, SHEETS},
};
use crate::{CanonError, LogicalDigest, cells::write_date, contained};
use calamine::{DataRef, Reader as _, Xlsx, XlsxError};
use solidata_model::{ColumnType, Contract};
use std::io::{Read, Seek};
use zip::ZipArchive;

/// The largest sheet of rows, unpacked: a full one of twenty columns has a tenth of it.
const ROWS_MAX: u64 = 16 << 30;
/// The largest of the other entries, unpacked.
const OTHER_MAX: u64 = 16 << 20;
/// The longest piece between two tags: the text of a cell has at most 32 767 units of UTF-16, each of at most seven bytes once it is escaped.
const RUN_MAX: usize = 512 << 10;

/// The day 0 of a spreadsheet, in days from 1970-01-01.
const EPOCH: i32 = -25_569;

fn unreadable(e: XlsxError) -> CanonError {
    wrong("XLSX", e.to_string())
}

/// Rows and digest of the sheet of rows.
pub(super) fn logical_digest<R: Read + Seek>(mut file: R, contract: &Contract) -> Result<LogicalDigest, CanonError> {
    check_archive(&mut file)?;
    file.rewind()?;
    // The library has not been made for files that are meant to break it.
    contained(|| read(file, contract))
}

/// Looks at the archive before the library reads it: its entries are those that are written, and none becomes larger when it is unpacked than one can be.
/// Of the sheet of rows no piece of text is longer than a cell can be, so that the library keeps little of it in memory.
fn check_archive<R: Read + Seek>(file: R) -> Result<(), CanonError> {
    let mut archive = ZipArchive::new(file)?;
    if !archive.file_names().eq(ENTRIES) {
        return Err(wrong("XLSX", "its archive has not the entries of a workbook of this program"));
    }
    let mut buffer = vec![0; 64 << 10];
    for (at, name) in ENTRIES.iter().enumerate() {
        let mut entry = archive.by_index(at)?;
        let is_rows = *name == ROWS_ENTRY;
        let most = if is_rows { ROWS_MAX } else { OTHER_MAX };
        let (mut bytes, mut run) = (0u64, 0usize);
        loop {
            let n = entry.read(&mut buffer)?;
            let piece = buffer.get(..n).unwrap_or_default();
            bytes += n as u64;
            for part in piece.split_inclusive(|b| *b == b'<') {
                run += part.len();
                if run > RUN_MAX && is_rows {
                    return Err(wrong("XLSX", "it has a longer text than a cell can have"));
                }
                if part.ends_with(b"<") {
                    run = 0;
                }
            }
            if bytes > most {
                return Err(wrong("XLSX", format!("{name} is larger than in any workbook of this program")));
            }
            if n == 0 {
                break;
            }
        }
    }
    Ok(())
}

fn read<R: Read + Seek>(file: R, contract: &Contract) -> Result<LogicalDigest, CanonError> {
    let mut book = Xlsx::new(file).map_err(unreadable)?;
    if book.sheet_names() != SHEETS {
        return Err(wrong("XLSX", format!("its sheets are not {}", SHEETS.join(", "))));
    }
    let mut cells = book.worksheet_cells_reader(SHEETS[0]).map_err(unreadable)?;
    let mut rows = TextRows::new("XLSX", contract);
    // Of the row that is read; the first one has the names.
    let mut at = 0u32;
    let mut texts = vec![String::new(); contract.columns.len()];
    loop {
        let cell = cells.next_cell().map_err(unreadable)?;
        let position = cell.as_ref().map(|cell| cell.get_position());
        let row = position.map_or_else(|| at.saturating_add(1), |(row, _)| row);
        if row != at {
            if row != at.saturating_add(1) {
                return Err(wrong("XLSX", format!("a row is missing, or out of order, after row {}", at.saturating_add(1))));
            }
            take(&mut rows, at, &texts, contract)?;
            texts.iter_mut().for_each(String::clear);
            at = row;
        }
        let (Some(cell), Some((_, column))) = (&cell, position) else { return rows.finish() };
        let place = (column as usize, at.saturating_add(1));
        let (Some(text), Some(promised)) = (texts.get_mut(place.0), contract.columns.get(place.0)) else {
            return Err(wrong("XLSX", format!("row {} has more cells than columns", place.1)));
        };
        let kind = if at == 0 { ColumnType::Text } else { promised.kind };
        *text = plain(kind, cell.get_value())
            .ok_or_else(|| wrong("XLSX", format!("row {}, column '{}': not a cell of type {}", place.1, promised.name, kind.name())))?;
    }
}

fn take(rows: &mut TextRows, at: u32, texts: &[String], contract: &Contract) -> Result<(), CanonError> {
    if at > 0 {
        rows.push(texts.iter().map(String::as_str))?;
        return rows.chunk_if_full();
    }
    match texts.iter().eq(contract.columns.iter().map(|c| &c.name)) {
        true => Ok(()),
        false => Err(wrong("XLSX", "its first row is not the names of the columns")),
    }
}

/// A cell as the CSV writes it.
fn plain(kind: ColumnType, value: &DataRef<'_>) -> Option<String> {
    let text = match value {
        DataRef::String(text) => Some(text.as_str()),
        DataRef::SharedString(text) => Some(*text),
        _ => None,
    };
    match (kind, value) {
        (_, DataRef::Empty) => Some(String::new()),
        (ColumnType::Boolean, DataRef::Bool(b)) => Some(b.to_string()),
        (ColumnType::Boolean, _) => None,
        (ColumnType::Integer, DataRef::Int(n)) => Some(n.to_string()),
        (ColumnType::Integer, DataRef::Float(n)) => (n.fract() == 0.0).then(|| format!("{n:.0}")),
        (ColumnType::Decimal { scale, .. }, DataRef::Float(n)) => Some(format!("{n:.0$}", usize::from(scale.unsigned_abs()))),
        (ColumnType::Date, DataRef::DateTime(day)) => {
            let days = day.as_f64();
            let whole = days.fract() == 0.0 && (0.0..3_000_000.0).contains(&days);
            let mut out = Vec::new();
            write_date((days as i32).saturating_add(EPOCH), &mut out);
            String::from_utf8(out).ok().filter(|_| whole)
        }
        // Numbers and days that a spreadsheet would change are texts.
        _ => text.map(str::to_owned),
    }
}
