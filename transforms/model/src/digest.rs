use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{fmt, marker::PhantomData, str::FromStr};

/// What a digest is the digest of. A digest of one kind cannot be passed where another is meant.
pub mod kind {
    /// The bytes of a raw snapshot, as they lie on disk.
    #[derive(Debug)]
    pub enum Snapshot {}
    /// The bytes of a file.
    #[derive(Debug)]
    pub enum File {}
    /// The canonical rows of a table, whatever its file format.
    #[derive(Debug)]
    pub enum Logical {}
    /// A text that decides an output: SQL, contract, check, parameters, code list.
    #[derive(Debug)]
    pub enum Text {}
}

/// A sha256, written as 64 lower-case hexadecimal digits, of the kind `K` (see [`kind`]).
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[0-9a-f]{64}$"))]
pub struct Digest<K> {
    bytes: [u8; 32],
    kind: PhantomData<fn() -> K>,
}

/// Why a text is no digest.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a sha256: 64 lower-case hexadecimal digits are expected")]
pub struct DigestError;

impl<K> Digest<K> {
    /// The digest that a hasher has come to.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self { bytes, kind: PhantomData }
    }

    /// The digest of some bytes.
    pub fn of(data: &[u8]) -> Self {
        Self::from_bytes(Sha256::digest(data).into())
    }

    /// Its 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl<K> Clone for Digest<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Digest<K> {}
impl<K> PartialEq for Digest<K> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}
impl<K> Eq for Digest<K> {}
impl<K> PartialOrd for Digest<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Digest<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bytes.cmp(&other.bytes)
    }
}
impl<K> fmt::Display for Digest<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}
impl<K> fmt::Debug for Digest<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K> FromStr for Digest<K> {
    type Err = DigestError;
    fn from_str(s: &str) -> Result<Self, DigestError> {
        let mut bytes = [0u8; 32];
        if s.len() != 64 || !s.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(DigestError);
        }
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(s.get(2 * i..2 * i + 2).ok_or(DigestError)?, 16).map_err(|_| DigestError)?;
        }
        Ok(Self::from_bytes(bytes))
    }
}

impl<K> TryFrom<String> for Digest<K> {
    type Error = DigestError;
    fn try_from(s: String) -> Result<Self, DigestError> {
        s.parse()
    }
}
impl<K> From<Digest<K>> for String {
    fn from(d: Digest<K>) -> Self {
        d.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        let d = Digest::<kind::File>::of(b"");
        assert_eq!(d.to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(d.to_string().parse::<Digest<kind::File>>(), Ok(d));
        assert!("E3".parse::<Digest<kind::File>>().is_err());
    }
}
