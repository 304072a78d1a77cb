//! Numbers, days and sizes as French writes them, and its typography.

use chrono::{Datelike, NaiveDate};
use solidata_model::Month;

/// A space that no line is broken at: before `:` and within guillemets.
const SPACE: char = '\u{a0}';
/// The narrow one: before `;`, `?`, `!` and `%`, and between thousands.
const NARROW: char = '\u{202f}';

const MONTHS: [&str; 12] =
    ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"];

/// `1 234 567`, with narrow no-break spaces.
pub(crate) fn integer(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(NARROW);
        }
        out.push(digit);
    }
    out
}

/// The same with a sign: a true minus.
pub(crate) fn signed(n: i64) -> String {
    let minus = if n < 0 { "−" } else { "" };
    format!("{minus}{}", integer(n.unsigned_abs()))
}

/// A difference: always with its sign, but for zero.
pub(crate) fn difference(before: i64, after: i64) -> String {
    match after.checked_sub(before) {
        Some(n) if n > 0 => format!("+{}", signed(n)),
        Some(n) => signed(n),
        None => String::new(),
    }
}

/// A size in octets: `512 o`, `12,3 ko`, `4,5 Mo`; of a thousand each.
pub(crate) fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000 => return format!("{bytes}{SPACE}o"),
        // What would round to a thousand is one of the next unit.
        1_000..999_950 => (1_000, "ko"),
        999_950..999_950_000 => (1_000_000, "Mo"),
        _ => (1_000_000_000, "Go"),
    };
    let tenths = (bytes + unit / 20) / (unit / 10);
    format!("{},{}{SPACE}{name}", integer(tenths / 10), tenths % 10)
}

/// `1er octobre 2024`; a line may be broken before the year only.
pub(crate) fn day(day: NaiveDate) -> String {
    let number = if day.day() == 1 { "1er".to_owned() } else { day.day().to_string() };
    format!("{number}{SPACE}{} {}", month_name(day.month()), day.year())
}

/// `septembre 2024`.
pub(crate) fn month(month: Month) -> String {
    format!("{}{SPACE}{}", month_name(month.number()), month.year())
}

fn month_name(number: u32) -> &'static str {
    usize::try_from(number).ok().and_then(|n| MONTHS.get(n.checked_sub(1)?)).copied().unwrap_or_default()
}

/// `d’octobre`, `de septembre`.
pub(crate) fn of_month(of: Month) -> String {
    let name = month(of);
    let vowel = name.starts_with(['a', 'o']);
    format!("{}{name}", if vowel { "d’" } else { "de " })
}

/// A period of a table: `2024-09` as `septembre 2024`, `2024-T3` as `3e trimestre 2024`, a year as itself.
pub(crate) fn period(code: &str) -> String {
    if let Ok(of) = code.parse::<Month>() {
        return month(of);
    }
    match code.split_once("-T") {
        Some((year, "1")) => format!("1er{SPACE}trimestre{SPACE}{year}"),
        Some((year, n)) => format!("{n}e{SPACE}trimestre{SPACE}{year}"),
        None => code.to_owned(),
    }
}

/// `un lieu`, `3 lieux`: the word of a number, with the number.
pub(crate) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{}{SPACE}{}", integer(n), if n < 2 { one } else { many })
}

/// The first letter as a capital.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Sets spaces that no line is broken at where French has them, and curved apostrophes. It adds no space where none is: codes and times stay as they are.
pub(crate) fn typography(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let at = |i: usize| letters.get(i).copied();
    let mut out = String::with_capacity(text.len());
    for (i, letter) in letters.iter().enumerate() {
        let (before, after) = (i.checked_sub(1).and_then(at), at(i + 1));
        let digits = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        out.push(match letter {
            ' ' if after.is_some_and(|c| c == ':' || c == '»') || before == Some('«') => SPACE,
            ' ' if after.is_some_and(|c| ";?!%".contains(c)) => NARROW,
            ' ' if digits(before) && (1..4).all(|n| digits(at(i + n))) && !digits(at(i + 4)) => NARROW,
            '\'' if before.is_some_and(char::is_alphabetic) && after.is_some_and(char::is_alphabetic) => '’',
            other => *other,
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_is_written_as_french_is() {
        assert_eq!(integer(0), "0");
        assert_eq!(integer(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(integer(999), "999");
        assert_eq!(difference(12, 3), "−9");
        assert_eq!(difference(3, 1200), "+1\u{202f}197");
        assert_eq!(difference(3, 3), "0");
        assert_eq!(size(512), "512\u{a0}o");
        assert_eq!([1_249_999, 1_250_000, 999_949, 999_950].map(size), ["1,2\u{a0}Mo", "1,3\u{a0}Mo", "999,9\u{a0}ko", "1,0\u{a0}Mo"]);
        assert_eq!(day("2024-10-01".parse().unwrap()), "1er\u{a0}octobre 2024");
        assert_eq!(of_month("2024-10".parse().unwrap()), "d’octobre\u{a0}2024");
        assert_eq!(of_month("2024-09".parse().unwrap()), "de septembre\u{a0}2024");
        assert_eq!(period("2024-T3"), "3e\u{a0}trimestre\u{a0}2024");
        assert_eq!(period("2024"), "2024");
    }

    #[test]
    fn typography_touches_spaces_and_apostrophes_only() {
        assert_eq!(typography("l'offre : « oui » ; 85 % ?"), "l’offre\u{a0}: «\u{a0}oui\u{a0}»\u{202f}; 85\u{202f}%\u{202f}?");
        assert_eq!(typography("10 000 habitants, 5 000 000"), "10\u{202f}000 habitants, 5\u{202f}000\u{202f}000");
        assert_eq!(typography("lu 09:00-12:00, 2024 12 03, en 2024 5000"), "lu 09:00-12:00, 2024 12 03, en 2024 5000");
    }
}
