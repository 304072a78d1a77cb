//! A scanner for one JSON document that builds nothing: it steps over what is not wanted and borrows the texts that are.
//!
//! Wanted values, all keys at the levels that are entered, and the commas and colons between them are checked as `serde_json` checks them.
//! Of a value that is stepped over only this is checked: literals and numbers wholly; strings for their end and for raw control characters;
//! objects and lists for balanced brackets of the right kind outside strings, at most [`skip::DEEPEST`] deep. So inside such an object or
//! list, commas, colons, numbers, escapes and control characters are not looked at. UTF-8 is checked before, for the whole text.

mod chunk;
mod cursor;
mod number;
pub(crate) mod skip;
mod text;

pub(crate) use cursor::JsonCursor;

/// Bytes that must follow the records of a block, so that the scanner can load whole chunks without asking where the block ends. What they
/// are does not matter, as long as they are ASCII; without them the scanner is slower but right.
pub(crate) const PAD: usize = 64;
