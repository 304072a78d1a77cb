//! Keyed hashes over parts, without building a string.
//!
//! Every part is written with its length or with a fixed length, so that no two lists of parts give the same bytes. A set is written in
//! order and without repetition. The hash is SipHash-2-4 with 128 bits.

use super::keys::HashKey;
use siphasher::sip128::{Hasher128, SipHasher24};
use std::borrow::Cow;
use std::hash::Hasher;

/// What is hashed; the same parts give unrelated hashes in two domains.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(super) enum Domain {
    Pair = 1,
    Collapse = 2,
    Query = 3,
    Signature = 4,
    Account = 5,
    Organisation = 6,
}

/// Short parts are gathered first: hashing them one by one costs more than the hash itself.
pub(super) struct Digest {
    hasher: SipHasher24,
    gathered: [u8; ROOM],
    used: usize,
}

const ROOM: usize = 192;
/// Sets up to this size are sorted on the stack.
const SMALL: usize = 16;

impl Digest {
    pub(super) fn new(key: &HashKey, domain: Domain) -> Self {
        let mut digest = Self { hasher: SipHasher24::new_with_key(&key.0), gathered: [0; ROOM], used: 0 };
        digest.byte(domain as u8);
        digest
    }

    fn put(&mut self, part: &[u8]) {
        if let Some(room) = self.gathered.get_mut(self.used..self.used + part.len()) {
            room.copy_from_slice(part);
            self.used += part.len();
        } else {
            self.flush();
            self.hasher.write(part);
        }
    }

    fn flush(&mut self) {
        self.hasher.write(self.gathered.get(..self.used).unwrap_or_default());
        self.used = 0;
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.put(&[byte]);
    }

    pub(super) fn long(&mut self, value: u128) {
        self.put(&value.to_le_bytes());
    }

    pub(super) fn short(&mut self, value: u32) {
        self.put(&value.to_le_bytes());
    }

    /// A text; absent and empty are the same.
    pub(super) fn text(&mut self, text: Option<&str>) {
        let text = text.unwrap_or_default();
        self.put(&(text.len() as u32).to_le_bytes());
        self.put(text.as_bytes());
    }

    /// Tri-states in two bits each.
    pub(super) fn states<const N: usize>(&mut self, states: [Option<bool>; N]) {
        let packed = states.into_iter().fold(0_u64, |bits, state| (bits << 2) | state.map_or(0, |yes| 1 + u64::from(yes)));
        self.put(&packed.to_le_bytes());
    }

    pub(super) fn number(&mut self, number: Option<i64>) {
        match number {
            Some(number) => {
                self.byte(1);
                self.put(&number.to_le_bytes());
            }
            None => self.byte(0),
        }
    }

    /// A list as a set.
    pub(super) fn set(&mut self, items: &[Cow<'_, str>]) {
        match items {
            [] => self.byte(0),
            [one] => {
                self.byte(1);
                self.text(Some(one));
            }
            _ if items.len() <= SMALL => {
                let mut sorted = [""; SMALL];
                for (place, item) in sorted.iter_mut().zip(items) {
                    *place = item;
                }
                if let Some(sorted) = sorted.get_mut(..items.len()) {
                    self.sorted_set(sorted);
                }
            }
            _ => {
                let mut sorted: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
                self.sorted_set(&mut sorted);
            }
        }
    }

    fn sorted_set(&mut self, items: &mut [&str]) {
        items.sort_unstable();
        let mut before = None;
        for item in items.iter().copied() {
            if before != Some(item) {
                self.byte(1);
                self.text(Some(item));
                before = Some(item);
            }
        }
    }

    pub(super) fn finish(mut self) -> u128 {
        self.flush();
        self.hasher.finish128().as_u128()
    }

    pub(super) fn finish_short(mut self) -> u64 {
        self.flush();
        self.hasher.finish128().h1
    }
}
