//! Stepping over an object or a list, 64 bytes at a time.

use super::chunk::{Marks, marks};

/// Deeper objects and lists are refused; MongoDB allows 100 levels.
pub(crate) const DEEPEST: u32 = 120;

/// Why an object or list could not be stepped over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stuck {
    /// The bytes end before it does.
    Open,
    /// A bracket closes what was not opened so, or it is too deep.
    Unbalanced,
}

/// Brackets that are open, one bit each below a leading one: 1 for `{`, 0 for `[`.
struct Stack(u128);

impl Stack {
    /// Takes one bracket; true when it closes the outermost one.
    fn take(&mut self, bracket: u8) -> Result<bool, Stuck> {
        match bracket {
            b'{' | b'[' => {
                if self.0.leading_zeros() <= 127 - DEEPEST {
                    return Err(Stuck::Unbalanced);
                }
                self.0 = (self.0 << 1) | u128::from(bracket == b'{');
                Ok(false)
            }
            _ => {
                if (self.0 & 1 == 1) != (bracket == b'}') || self.0 == 1 {
                    return Err(Stuck::Unbalanced);
                }
                self.0 >>= 1;
                Ok(self.0 == 1)
            }
        }
    }
}

/// Steps over the object or list that begins at `from`; gives the offset after its last bracket. Nothing at or after `end` is looked at.
pub(crate) fn container(bytes: &[u8], from: usize, end: usize) -> Result<usize, Stuck> {
    let mut stack = Stack(1);
    let mut at = from;
    // All ones while the byte before `at` is inside a string.
    let mut inside = 0u64;
    // Whether the byte at `at` is escaped by a backslash before it.
    let mut escaped = false;
    while at < end {
        let whole = bytes.get(at..at + 64).and_then(|chunk| chunk.first_chunk::<64>());
        let copy;
        let chunk = match whole {
            Some(chunk) => chunk,
            None => {
                copy = last(&bytes[at..]);
                &copy
            }
        };
        let Marks { mut quotes, backslashes, brackets } = marks(chunk);
        if backslashes != 0 || escaped {
            quotes &= !escapes(backslashes, &mut escaped);
        }
        // Each byte from an opening quote up to (not including) its closing quote.
        let strings = prefix_xor(quotes) ^ inside;
        let mut open = brackets & !strings;
        while open != 0 {
            let i = open.trailing_zeros() as usize;
            if at + i >= end {
                return Err(Stuck::Open);
            }
            if stack.take(chunk[i])? {
                return Ok(at + i + 1);
            }
            open &= open - 1;
        }
        inside = 0u64.wrapping_sub(strings >> 63);
        at += 64;
    }
    Err(Stuck::Open)
}

/// The last bytes of a text, filled up with zeros.
#[cold]
fn last(rest: &[u8]) -> [u8; 64] {
    let mut chunk = [0u8; 64];
    let n = rest.len().min(64);
    chunk[..n].copy_from_slice(&rest[..n]);
    chunk
}

/// Bit i becomes the parity of bits 0..=i.
fn prefix_xor(bits: u64) -> u64 {
    [1, 2, 4, 8, 16, 32].iter().fold(bits, |b, shift| b ^ (b << shift))
}

/// The bytes that a backslash escapes; `carry` says whether the first one is, then whether the one after the last is.
#[cold]
fn escapes(backslashes: u64, carry: &mut bool) -> u64 {
    let mut escaped = 0u64;
    for i in 0..64 {
        if *carry {
            escaped |= 1 << i;
            *carry = false;
        } else {
            *carry = backslashes >> i & 1 == 1;
        }
    }
    escaped
}
