//! The secret keys of the vault.

use std::collections::BTreeMap;
use std::fmt;

/// A secret key. Its text is never shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HashKey(pub [u8; 16]);

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey(..)")
    }
}

/// The keys of a vault: one for the windows of the net rule, which cross the new year, and one a year for what outlives the rule.
///
/// Whoever holds the key of a year can tell whether a given organisation searched in it; without it the hashes say nothing, and nothing
/// links one year to another.
#[derive(Debug, Clone)]
pub struct KeyRing {
    windows: HashKey,
    years: BTreeMap<i32, HashKey>,
}

impl KeyRing {
    /// The years a valid search can lie in; a vault should hold a key for each from the start.
    pub const YEARS: std::ops::RangeInclusive<i32> = 2016..=2107;

    /// A ring of these keys.
    pub fn new(windows: HashKey, years: BTreeMap<i32, HashKey>) -> Self {
        Self { windows, years }
    }

    pub(crate) fn windows(&self) -> &HashKey {
        &self.windows
    }

    pub(crate) fn year(&self, year: i32) -> Option<&HashKey> {
        self.years.get(&year)
    }
}
