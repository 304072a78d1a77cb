//! Tables whose keys are keyed hashes already: hashing them again would only take time.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A table by a keyed hash. Who has not the vault's key cannot choose keys that meet in it.
pub(super) type KeyedMap<K, V> = HashMap<K, V, BuildHasherDefault<Keyed>>;

/// Takes a keyed hash as it is.
#[derive(Default)]
pub(super) struct Keyed(u64);

impl Hasher for Keyed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 ^= hash;
    }

    fn write_u128(&mut self, hash: u128) {
        self.0 ^= hash as u64;
    }
}
