//! The first difference of two texts.

use super::{Difference, shown};
use crate::AuditError;
use solidata_canon::RecordLimit;
use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

/// The longest line that is in memory at once.
const LINE_MAX: u64 = 16 << 20;
const NOTHING: &str = "nothing (the file ends)";

/// Of two tables in CSV: the row and the column. None when their fields are the same.
pub(super) fn of_csv(published: &Path, rebuilt: &Path) -> Result<Option<Difference>, AuditError> {
    let open = |path: &Path| {
        let file = RecordLimit::new(BufReader::new(File::open(path)?));
        Ok::<_, AuditError>(csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(file))
    };
    let (mut a, mut b) = (open(published)?, open(rebuilt)?);
    let (mut x, mut y) = (csv::ByteRecord::new(), csv::ByteRecord::new());
    let mut header: Vec<String> = Vec::new();
    for row in 0u64.. {
        let unreadable = |side: &str| Difference { row: Some(row), ..both(side, side) };
        let Ok(more) = a.read_byte_record(&mut x) else {
            return Ok(Some(Difference { rebuilt: "a row".into(), ..unreadable("no row that can be read") }));
        };
        let Ok(again) = b.read_byte_record(&mut y) else { return Ok(Some(unreadable("no row that can be read"))) };
        a.get_mut().next_record();
        b.get_mut().next_record();
        if !more && !again {
            return Ok(None);
        }
        if x != y || more != again {
            let text = |r: &csv::ByteRecord, i: usize| r.get(i).map_or_else(|| NOTHING.into(), |v| shown(&String::from_utf8_lossy(v)));
            let (x, y) = (if more { x } else { csv::ByteRecord::new() }, if again { y } else { csv::ByteRecord::new() });
            let column = (0..x.len().max(y.len())).find(|i| x.get(*i) != y.get(*i)).unwrap_or(0);
            let name = header.get(column).cloned();
            return Ok(Some(Difference { row: Some(row), column: name, ..both(&text(&x, column), &text(&y, column)) }));
        }
        if row == 0 {
            header = y.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        }
    }
    Ok(None)
}

/// Of two texts: the line. None when they differ in no line.
pub(super) fn of_lines(published: &Path, rebuilt: &Path) -> Result<Option<Difference>, AuditError> {
    let (mut a, mut b) = (BufReader::new(File::open(published)?), BufReader::new(File::open(rebuilt)?));
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for line in 1u64.. {
        x.clear();
        y.clear();
        // A longer line is compared in pieces, each of which counts as a line.
        let (n, m) = ((&mut a).take(LINE_MAX).read_until(b'\n', &mut x)?, (&mut b).take(LINE_MAX).read_until(b'\n', &mut y)?);
        if x != y {
            let text =
                |n: usize, line: &[u8]| if n == 0 { NOTHING.into() } else { shown(String::from_utf8_lossy(line).trim_end_matches('\n')) };
            return Ok(Some(Difference { row: Some(line), ..both(&text(n, &x), &text(m, &y)) }));
        }
        if n == 0 {
            break;
        }
    }
    Ok(None)
}

fn both(published: &str, rebuilt: &str) -> Difference {
    Difference { published: published.into(), rebuilt: rebuilt.into(), ..Difference::default() }
}
