//! Small pure text helpers: folding, slugs, dates as text, hexadecimal.

/// The ASCII letters that stand for an accented Latin letter, or `None` when `c` is not one that French names use.
fn fold(c: char) -> Option<&'static str> {
    Some(match c {
        'à' | 'á' | 'â' | 'ä' | 'ã' | 'å' | 'À' | 'Á' | 'Â' | 'Ä' | 'Ã' | 'Å' => "a",
        'ç' | 'Ç' => "c",
        'è' | 'é' | 'ê' | 'ë' | 'È' | 'É' | 'Ê' | 'Ë' => "e",
        'ì' | 'í' | 'î' | 'ï' | 'Ì' | 'Í' | 'Î' | 'Ï' => "i",
        'ñ' | 'Ñ' => "n",
        'ò' | 'ó' | 'ô' | 'ö' | 'õ' | 'Ò' | 'Ó' | 'Ô' | 'Ö' | 'Õ' => "o",
        'ù' | 'ú' | 'û' | 'ü' | 'Ù' | 'Ú' | 'Û' | 'Ü' => "u",
        'ý' | 'ÿ' | 'Ý' | 'Ÿ' => "y",
        'œ' | 'Œ' => "oe",
        'æ' | 'Æ' => "ae",
        _ => return None,
    })
}

/// Lower case, accents folded, everything else one `separator`, none at the ends.
fn folded(text: &str, separator: char) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if let Some(letters) = fold(c) {
            out.push_str(letters);
        } else if !out.is_empty() && !out.ends_with(separator) {
            out.push(separator);
        }
    }
    if out.ends_with(separator) {
        out.pop();
    }
    out
}

/// `Illkirch-Graffenstaden` → `illkirch-graffenstaden`, `L'Haÿ` → `l-hay`.
pub(crate) fn slug(text: &str) -> String {
    folded(text, '-')
}

/// The form in which recent logs keep typed words: lower case, no accents, spaces.
pub(crate) fn slugged_words(text: &str) -> String {
    folded(text, ' ')
}

/// Year, month, day of a number of days since 1970-01-01 (proleptic Gregorian).
pub(crate) fn civil(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_index + 2) / 5 + 1) as u32;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Appends `2024-03-13T15:06:54.12Z` as `mongoexport` writes it: no trailing zero in the fraction, no fraction when it is zero.
/// Years 1970 to 9999 only: `mongoexport` writes the others as numbers.
pub(crate) fn push_instant(out: &mut Vec<u8>, ms: i64) {
    let (year, month, day) = civil(ms.div_euclid(86_400_000));
    let in_day = ms.rem_euclid(86_400_000) as u32;
    let two = |out: &mut Vec<u8>, n: u32| out.extend_from_slice(&[b'0' + (n / 10 % 10) as u8, b'0' + (n % 10) as u8]);
    two(out, (year / 100) as u32);
    two(out, (year % 100) as u32);
    out.push(b'-');
    two(out, month);
    out.push(b'-');
    two(out, day);
    out.push(b'T');
    two(out, in_day / 3_600_000);
    out.push(b':');
    two(out, in_day / 60_000 % 60);
    out.push(b':');
    two(out, in_day / 1_000 % 60);
    let fraction = in_day % 1_000;
    if fraction > 0 {
        let digits = [b'0' + (fraction / 100) as u8, b'0' + (fraction / 10 % 10) as u8, b'0' + (fraction % 10) as u8];
        let used = if fraction.is_multiple_of(100) {
            1
        } else if fraction.is_multiple_of(10) {
            2
        } else {
            3
        };
        out.push(b'.');
        out.extend_from_slice(&digits[..used]);
    }
    out.push(b'Z');
}

/// The 24 lower-case hexadecimal digits of an ObjectId.
pub(crate) fn hex(id: &[u8; 12]) -> [u8; 24] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = [0; 24];
    for (i, byte) in id.iter().enumerate() {
        out[2 * i] = DIGITS[usize::from(byte >> 4)];
        out[2 * i + 1] = DIGITS[usize::from(byte & 15)];
    }
    out
}

/// [`hex`] as text.
pub(crate) fn hex_text(id: &[u8; 12]) -> String {
    hex(id).iter().map(|&digit| char::from(digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Datelike as _};
    use proptest::prelude::*;

    #[test]
    fn slugs() {
        assert_eq!(slug("L'Abergement-Clémenciat"), "l-abergement-clemenciat");
        assert_eq!(slug("  Œuilly (02) "), "oeuilly-02");
        assert_eq!(slugged_words("Aide aux réfugiés / asile."), "aide aux refugies asile");
        assert_eq!(slug("مساعدة"), "");
    }

    #[test]
    fn instants_lose_trailing_zeros_as_mongoexport_does() {
        let text = |ms| {
            String::from_utf8({
                let mut out = Vec::new();
                push_instant(&mut out, ms);
                out
            })
            .unwrap()
        };
        assert_eq!(text(1_710_342_414_120), "2024-03-13T15:06:54.12Z");
        assert_eq!(text(1_710_342_414_000), "2024-03-13T15:06:54Z");
        assert_eq!(text(1_710_342_414_007), "2024-03-13T15:06:54.007Z");
        assert_eq!(text(0), "1970-01-01T00:00:00Z");
    }

    proptest! {
        #[test]
        fn civil_agrees_with_chrono(days in -10_000_i64..60_000) {
            let date = DateTime::from_timestamp(days * 86_400, 0).unwrap().date_naive();
            prop_assert_eq!(civil(days), (i64::from(date.year()), date.month(), date.day()));
        }
    }
}
