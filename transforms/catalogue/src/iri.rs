use crate::CatalogueError;
use std::fmt;

/// An absolute IRI that can stand between `<` and `>` as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Iri(String);

impl Iri {
    /// Reads one.
    ///
    /// # Errors
    /// [`CatalogueError::Address`] when there is no scheme, nothing behind it, or a character that an IRI cannot have.
    pub fn parse(text: &str) -> Result<Self, CatalogueError> {
        let wrong = || CatalogueError::Address(text.to_owned());
        let (scheme, rest) = text.split_once(':').ok_or_else(wrong)?;
        let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        let forbidden = |c: char| c <= ' ' || c == '\u{7f}' || matches!(c, '<' | '>' | '"' | '{' | '}' | '|' | '\\' | '^' | '`');
        if named && !rest.is_empty() && !text.chars().any(forbidden) { Ok(Self(text.to_owned())) } else { Err(wrong()) }
    }

    /// One that is written in this program.
    pub fn known(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// The address of something beneath this one. What cannot stand in a path is written as `%XX`.
    pub fn at(&self, path: &str) -> Self {
        let mut address = format!("{}/", self.0.trim_end_matches('/'));
        push_encoded(&mut address, path);
        Self(address)
    }

    /// A part of what lies at this address.
    pub fn part(&self, name: &str) -> Self {
        let mut address = format!("{}#", self.0);
        push_encoded(&mut address, name);
        Self(address)
    }

    /// The same with a few more plain characters at its end.
    pub fn with_suffix(&self, suffix: &'static str) -> Self {
        Self(format!("{}{suffix}", self.0))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn push_encoded(address: &mut String, path: &str) {
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => address.push(char::from(byte)),
            other => *address += &format!("%{other:02X}"),
        }
    }
}

impl fmt::Display for Iri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_addresses_pass() {
        for good in ["https://exemple.fr/solidata", "mailto:a@b.fr", "tag:soliguide.fr,2024:solidata", "http://été.fr/é"] {
            assert_eq!(Iri::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "exemple.fr", "https:", "1a:b", "https://a b", "https://a<b", "https://a\"b", "https://a\nb", ":a"] {
            assert!(Iri::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn paths_are_encoded() {
        let base = Iri::parse("https://exemple.fr/solidata/").unwrap();
        assert_eq!(base.at("data/a b>é.csv").as_str(), "https://exemple.fr/solidata/data/a%20b%3E%C3%A9.csv");
        assert_eq!(base.at("x").part("y#z").as_str(), "https://exemple.fr/solidata/x#y%23z");
    }
}
