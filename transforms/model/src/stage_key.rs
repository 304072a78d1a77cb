use sha2::{Digest as _, Sha256};
use std::fmt;

/// The name of a stage's output: sha256 over everything that decides it.
///
/// Encoding: for each part, in the order given, the length of its name (u64, little endian), the name, the length of its value (u64, little
/// endian), the value. The first part is `stage`. Two different lists of parts never encode alike, as every length is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StageKey([u8; 32]);

/// Collects the parts of a [`StageKey`].
#[derive(Clone)]
pub struct StageKeyBuilder(Sha256);

impl StageKeyBuilder {
    /// A key for the stage of this name; `version` is raised whenever the stage's code changes what it writes.
    pub fn new(stage: &str, version: u32) -> Self {
        Self(Sha256::new()).part("stage", stage).part("version", version.to_string())
    }

    /// Adds one part.
    pub fn part(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        for bytes in [name.as_bytes(), value.as_ref()] {
            self.0.update((bytes.len() as u64).to_le_bytes());
            self.0.update(bytes);
        }
        self
    }

    /// The key.
    pub fn finish(self) -> StageKey {
        StageKey(self.0.finalize().into())
    }
}

impl fmt::Display for StageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// What is no [`StageKey`]: it has 64 hexadecimal digits in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stage key has 64 hexadecimal digits in lower case")]
pub struct StageKeyError;

impl std::str::FromStr for StageKey {
    type Err = StageKeyError;
    fn from_str(text: &str) -> Result<Self, StageKeyError> {
        let digest: crate::Digest<crate::kind::Text> = text.parse().map_err(|_| StageKeyError)?;
        Ok(Self(*digest.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        let a = StageKeyBuilder::new("x", 1).part("ab", "c").finish();
        let b = StageKeyBuilder::new("x", 1).part("a", "bc").finish();
        let c = StageKeyBuilder::new("x", 2).part("ab", "c").finish();
        assert!(a != b && a != c);
        assert_eq!(a, StageKeyBuilder::new("x", 1).part("ab", "c").finish());
        assert_eq!(a.to_string().parse(), Ok(a));
        assert!("x".parse::<StageKey>().is_err());
    }
}
