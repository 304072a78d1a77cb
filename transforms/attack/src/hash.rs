//! Tables by cell number.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::problem::CellId;

/// What belongs to some cells. Nothing may depend on the order in which it is gone through.
pub(crate) type CellMap<T> = HashMap<CellId, T, BuildHasherDefault<CellHasher>>;

/// Multiplicative hashing of cell numbers: they are no input of an adversary, and the standard hasher is five times slower.
#[derive(Debug, Clone, Default)]
pub(crate) struct CellHasher(u64);

impl Hasher for CellHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0 ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    }
}
