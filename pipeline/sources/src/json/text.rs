//! Strings that hold escapes.

use crate::cursor::Fault;

/// Reads the string whose first byte is at `start` and whose first backslash is at `backslash`; gives it with the offset after its closing
/// quote. Refuses what `serde_json` refuses: raw control characters, unknown escapes, lone surrogates.
#[cold]
pub(super) fn unescape(text: &str, start: usize, backslash: usize, end: usize) -> Result<(String, usize), Fault> {
    let bytes = text.as_bytes().get(..end).ok_or(Fault::Malformed)?;
    let mut out = String::from(text.get(start..backslash).ok_or(Fault::Malformed)?);
    let mut at = backslash;
    loop {
        let run = bytes[at..].iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20).ok_or(Fault::Malformed)?;
        out.push_str(text.get(at..at + run).ok_or(Fault::Malformed)?);
        at += run;
        match bytes[at] {
            b'"' => return Ok((out, at + 1)),
            b'\\' => at = escape(bytes, at + 1, &mut out)?,
            _ => return Err(Fault::Malformed),
        }
    }
}

/// Reads what follows a backslash; gives the offset after it.
fn escape(bytes: &[u8], at: usize, out: &mut String) -> Result<usize, Fault> {
    out.push(match bytes.get(at).ok_or(Fault::Malformed)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode(bytes, at + 1, out),
        _ => return Err(Fault::Malformed),
    });
    Ok(at + 1)
}

/// Reads four hexadecimal digits, and the second half of a surrogate pair.
fn unicode(bytes: &[u8], at: usize, out: &mut String) -> Result<usize, Fault> {
    let first = hex4(bytes, at)?;
    if !(0xd800..0xe000).contains(&first) {
        out.push(char::from_u32(first).ok_or(Fault::Malformed)?);
        return Ok(at + 4);
    }
    if first >= 0xdc00 || bytes.get(at + 4..at + 6) != Some(b"\\u") {
        return Err(Fault::Malformed);
    }
    let second = hex4(bytes, at + 6)?;
    if !(0xdc00..0xe000).contains(&second) {
        return Err(Fault::Malformed);
    }
    let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    out.push(char::from_u32(code).ok_or(Fault::Malformed)?);
    Ok(at + 10)
}

fn hex4(bytes: &[u8], at: usize) -> Result<u32, Fault> {
    let digits = bytes.get(at..at + 4).ok_or(Fault::Malformed)?;
    digits.iter().try_fold(0, |n, &d| char::from(d).to_digit(16).map(|d| n << 4 | d)).ok_or(Fault::Malformed)
}
