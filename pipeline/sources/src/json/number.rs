//! Numbers.

use crate::cursor::{Fault, Shallow};

/// Reads the number at `at`; gives it with the offset after it. `bytes` ends with the record.
#[inline]
pub(super) fn number(bytes: &[u8], at: usize) -> Result<(Shallow<'static>, usize), Fault> {
    let negative = bytes.get(at) == Some(&b'-');
    let first = at + usize::from(negative);
    let mut n = 0i64;
    let mut i = first;
    // Eighteen digits cannot overflow.
    while i < first + 18 {
        match bytes.get(i) {
            Some(digit @ b'0'..=b'9') => n = n * 10 + i64::from(digit - b'0'),
            _ => break,
        }
        i += 1;
    }
    let plain = match bytes.get(i) {
        Some(b'0'..=b'9' | b'.' | b'e' | b'E') => false,
        _ => i > first && (bytes[first] != b'0' || i == first + 1),
    };
    if plain { Ok((Shallow::Int(if negative { -n } else { n }), i)) } else { slow(bytes, at) }
}

/// A number with a fraction, an exponent or many digits; or none at all.
#[cold]
fn slow(bytes: &[u8], at: usize) -> Result<(Shallow<'static>, usize), Fault> {
    let end = grammar(bytes, at).ok_or(Fault::Malformed)?;
    let text = std::str::from_utf8(&bytes[at..end]).map_err(|_| Fault::Malformed)?;
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        if let Ok(n) = text.parse() {
            return Ok((Shallow::Int(n), end));
        }
        if text.parse::<u64>().is_ok() {
            return Ok((Shallow::Other, end));
        }
    }
    let x: f64 = text.parse().map_err(|_| Fault::Malformed)?;
    if x.is_finite() { Ok((Shallow::Double(x), end)) } else { Err(Fault::Malformed) }
}

/// The end of the JSON number at `at`, if there is one.
pub(super) fn grammar(bytes: &[u8], at: usize) -> Option<usize> {
    let digits = |from: usize| {
        let run = bytes.get(from..).map_or(0, |rest| rest.iter().take_while(|b| b.is_ascii_digit()).count());
        (run > 0).then_some(from + run)
    };
    let first = at + usize::from(bytes.get(at) == Some(&b'-'));
    let mut end = digits(first)?;
    if bytes[first] == b'0' && end > first + 1 {
        return None;
    }
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(end) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        end = digits(end + 1 + sign)?;
    }
    Some(end)
}
