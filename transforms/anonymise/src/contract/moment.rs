//! Identifiers and dates of MongoDB.

/// A MongoDB ObjectId: 4 bytes of seconds since 1970 (big endian), then 8 of uniqueness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub [u8; 12]);

impl ObjectId {
    /// Reads 24 hexadecimal digits of either case.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 24 {
            return None;
        }
        let mut bytes = [0_u8; 12];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (nibble(pair[0])? << 4) | nibble(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// 24 hexadecimal digits in lower case.
    pub fn to_hex(self) -> String {
        let mut text = String::with_capacity(24);
        for byte in self.0 {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
            }
        }
        text
    }

    /// The second since 1970 at which it was made.
    pub fn seconds(self) -> u32 {
        u32::from_be_bytes([self.0[0], self.0[1], self.0[2], self.0[3]])
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// A date field of a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Moment {
    /// The field is absent or null.
    #[default]
    Absent,
    /// The field is there but is no date.
    NotADate,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    At(i64),
}

impl Moment {
    /// The milliseconds, when it is a date.
    pub fn ms(self) -> Option<i64> {
        match self {
            Moment::At(ms) => Some(ms),
            _ => None,
        }
    }
}

/// Milliseconds since 1970 of `YYYY-MM-DDTHH:MM:SS[.fraction](Z|+HH:MM|-HH:MM)`, the form of relaxed Extended JSON. Digits beyond the
/// millisecond are cut off; a leap second, a day that does not exist, or any other form is `None`.
pub fn iso_to_ms(text: &str) -> Option<i64> {
    let b = text.as_bytes();
    if b.len() < 20 || b[4] != b'-' || b[7] != b'-' || b[10] != b'T' || b[13] != b':' || b[16] != b':' {
        return None;
    }
    let (year, month, day) = (number(&b[0..4])?, number(&b[5..7])?, number(&b[8..10])?);
    let (hour, minute, second) = (number(&b[11..13])?, number(&b[14..16])?, number(&b[17..19])?);
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut rest = &b[19..];
    let mut millis = 0;
    if let [b'.', tail @ ..] = rest {
        let digits = tail.iter().take_while(|d| d.is_ascii_digit()).count();
        if digits == 0 || digits > 9 {
            return None;
        }
        for place in 0..3 {
            millis = millis * 10 + tail.get(place).filter(|_| place < digits).map_or(0, |d| i64::from(d - b'0'));
        }
        rest = &tail[digits..];
    }
    let offset_minutes = match rest {
        [b'Z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if *sign == b'+' { 1 } else { -1 }
        }
        _ => return None,
    };
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + (minute - offset_minutes) * 60 + second;
    Some(seconds * 1_000 + millis)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |n, d| d.is_ascii_digit().then(|| n * 10 + i64::from(d - b'0')))
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant's algorithm: years begin in March).
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read() {
        assert_eq!(iso_to_ms("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(iso_to_ms("2022-03-04T14:14:09.556Z"), Some(1_646_403_249_556));
        assert_eq!(iso_to_ms("2022-03-04T14:14:09.5569Z"), Some(1_646_403_249_556));
        assert_eq!(iso_to_ms("2022-03-04T14:14:09.5Z"), Some(1_646_403_249_500));
        assert_eq!(iso_to_ms("2022-03-04T15:14:09.556+01:00"), Some(1_646_403_249_556));
        assert_eq!(iso_to_ms("2024-02-29T00:00:00Z"), Some(1_709_164_800_000));
        assert_eq!(iso_to_ms("1969-12-31T23:59:59.999Z"), Some(-1));
        assert_eq!(iso_to_ms("9999-12-31T23:59:59.999Z"), Some(253_402_300_799_999));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "2023-02-29T00:00:00Z",
            "2022-03-04",
            "2022-03-04T14:14:09",
            "2022-03-04 14:14:09Z",
            "2022-13-04T14:14:09Z",
            "2022-03-04T24:00:00Z",
            "2022-03-04T14:14:60Z",
            "2022-03-04T14:14:09.Z",
            "2022-03-04T14:14:09.1234567890Z",
            "2022-03-04T14:14:09+1:00",
            "+022-03-04T14:14:09Z",
            "2022-03-04T14:14:09Zz",
            "2022-03-04T14:14:09é",
        ] {
            assert_eq!(iso_to_ms(text), None, "{text}");
        }
    }

    #[test]
    fn object_ids_are_read() {
        let id = ObjectId::from_hex("65f1C0de0000000000000001").unwrap();
        assert_eq!(id.to_hex(), "65f1c0de0000000000000001");
        assert_eq!(id.seconds(), 0x65f1_c0de);
        assert_eq!(ObjectId::from_hex("65f1c0de000000000000000"), None);
        assert_eq!(ObjectId::from_hex("65f1c0de000000000000000g"), None);
    }
}
