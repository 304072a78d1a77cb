//! Territory codes as types of their own: région 75 and département 75 are different things and cannot be mixed up.

use std::fmt;

/// Defines a code: fixed bytes, upper case, padded with NUL, ordered like its text.
macro_rules! code {
    ($(#[$doc:meta])* $name:ident, $size:literal, $valid:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $size]);

        impl $name {
            /// Reads a code, in upper or lower case, without surrounding spaces. `None` when the text cannot be such a code; whether
            /// the code exists is for [`crate::Geography`] to say.
            pub fn parse(text: &str) -> Option<Self> {
                let bytes = text.as_bytes();
                if bytes.len() > $size {
                    return None;
                }
                let mut code = [0; $size];
                for (to, from) in code.iter_mut().zip(bytes) {
                    *to = from.to_ascii_uppercase();
                }
                $valid(code.get(..bytes.len())?).then_some(Self(code))
            }

            /// The code as it is published.
            pub fn as_str(&self) -> &str {
                let length = self.0.iter().position(|byte| *byte == 0).unwrap_or($size);
                // Only ASCII letters and digits get in.
                self.0.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.as_str())
            }
        }
    };
}

code!(
    /// INSEE code of a commune or of a municipal arrondissement: five characters, `67482`, `2A004`, `75119`.
    CommuneCode, 5, is_commune
);
code!(
    /// INSEE code of a département or of a collectivity overseas: `01`, `2A`, `974`, `987`.
    DepartementCode, 3, is_departement
);
code!(
    /// INSEE code of a région: two digits, `44`.
    RegionCode, 2, is_region
);
code!(
    /// SIREN number of an EPCI: nine digits.
    EpciCode, 9, is_epci
);

fn digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

fn is_commune(code: &[u8]) -> bool {
    match code {
        [b'2', b'A' | b'B', rest @ ..] if rest.len() == 3 => digits(rest),
        _ => code.len() == 5 && digits(code),
    }
}

fn is_departement(code: &[u8]) -> bool {
    match code {
        [b'2', b'A' | b'B'] => true,
        [b'9', b'7' | b'8', last] => last.is_ascii_digit(),
        _ => code.len() == 2 && digits(code),
    }
}

fn is_region(code: &[u8]) -> bool {
    code.len() == 2 && digits(code)
}

fn is_epci(code: &[u8]) -> bool {
    code.len() == 9 && digits(code)
}

impl CommuneCode {
    /// How many different values [`CommuneCode::slot`] has.
    pub(crate) const SLOTS: usize = 102_000;

    /// The place of the code in a table of all possible codes: its number, Corsica (`2A`, `2B`) behind all others.
    pub(crate) fn slot(self) -> usize {
        let number = |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum * 10 + usize::from(byte.wrapping_sub(b'0')));
        match self.0 {
            [_, b'A', a, b, c] => 100_000 + number(&[a, b, c]),
            [_, b'B', a, b, c] => 101_000 + number(&[a, b, c]),
            all => number(&all),
        }
    }
}

/// The number of a postal code (five digits), `None` for any other text.
pub(crate) fn postal_number(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (bytes.len() == 5 && digits(bytes)).then(|| bytes.iter().fold(0, |sum, byte| sum * 10 + usize::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corsica_and_overseas_are_codes() {
        assert_eq!(CommuneCode::parse("2a004").unwrap().as_str(), "2A004");
        assert_eq!(DepartementCode::parse("2b").unwrap().to_string(), "2B");
        assert_eq!(DepartementCode::parse("974").unwrap().as_str(), "974");
        assert!(DepartementCode::parse("2C").is_none() && DepartementCode::parse("1").is_none() && DepartementCode::parse("123").is_none());
        assert!(CommuneCode::parse("6748").is_none() && CommuneCode::parse("2C004").is_none() && CommuneCode::parse("6748é").is_none());
        assert!(RegionCode::parse("SP").is_none() && RegionCode::parse("975").is_none());
    }

    #[test]
    fn every_code_has_a_slot_of_its_own() {
        let slots: Vec<usize> =
            ["00000", "99999", "2A000", "2A999", "2B000", "2B999"].iter().map(|c| CommuneCode::parse(c).unwrap().slot()).collect();
        assert_eq!(slots, [0, 99_999, 100_000, 100_999, 101_000, 101_999]);
        assert!(slots.iter().all(|slot| *slot < CommuneCode::SLOTS));
    }
}
