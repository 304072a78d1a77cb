//! A walker over the bytes of one BSON document: nothing is built, what is not wanted is stepped over by its length.
//!
//! Lengths, element types and the closing zero bytes of everything that is entered are checked; of a value that is stepped over, its length.
//! A wanted text that is not UTF-8 is read with U+FFFD in place of the bad bytes, as `mongoexport` writes it, so that every form of a
//! snapshot tells the same.

mod cursor;
mod serde;

pub(crate) use self::serde::{BsonDeserializer, BsonError};
pub(crate) use cursor::BsonCursor;

/// The largest document that is believed: MongoDB's 16 MiB and the room it leaves itself for internal ones.
pub(crate) const LARGEST: usize = (16 << 20) + (16 << 10);

/// The length that a document at the beginning of `bytes` says it has: `None` when fewer than four bytes are there.
pub(crate) fn stated_length(bytes: &[u8]) -> Option<usize> {
    let length = bytes.first_chunk::<4>()?;
    Some(u32::from_le_bytes(*length) as usize)
}

/// Whether a document can have that length.
pub(crate) fn possible(length: usize) -> bool {
    (5..=LARGEST).contains(&length)
}
