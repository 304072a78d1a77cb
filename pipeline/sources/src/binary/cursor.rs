//! The walker itself.

use crate::cursor::{Cursor, Fault, Known, Level, Opened, Shallow, mix, zero_bytes};
use crate::unknown::Unknown;
use memchr::memchr;
use solidata_anonymise::contract::ObjectId;
use std::borrow::Cow;

/// Objects and lists that can be entered at once. The contract's records need four.
const DEEPEST: usize = 64;

/// Element types.
pub(super) mod kind {
    pub const DOUBLE: u8 = 0x01;
    pub const TEXT: u8 = 0x02;
    pub const OBJECT: u8 = 0x03;
    pub const LIST: u8 = 0x04;
    pub const BINARY: u8 = 0x05;
    pub const UNDEFINED: u8 = 0x06;
    pub const ID: u8 = 0x07;
    pub const BOOL: u8 = 0x08;
    pub const DATE: u8 = 0x09;
    pub const NULL: u8 = 0x0a;
    pub const REGEX: u8 = 0x0b;
    pub const POINTER: u8 = 0x0c;
    pub const CODE: u8 = 0x0d;
    pub const SYMBOL: u8 = 0x0e;
    pub const SCOPED_CODE: u8 = 0x0f;
    pub const INT32: u8 = 0x10;
    pub const TIMESTAMP: u8 = 0x11;
    pub const INT64: u8 = 0x12;
    pub const DECIMAL: u8 = 0x13;
    pub const MIN: u8 = 0xff;
    pub const MAX: u8 = 0x7f;
}

/// Where the walker is in one document.
pub(crate) struct BsonCursor<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Type of the value at `at`.
    kind: u8,
    /// Ends of the objects and lists that were entered.
    ends: [u32; DEEPEST],
    depth: usize,
}

impl<'a> BsonCursor<'a> {
    /// For one document, as long as `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, kind: kind::OBJECT, ends: [0; DEEPEST], depth: 0 }
    }

    /// The document must end where its bytes do.
    pub fn finish(self) -> Result<(), Fault> {
        if self.at == self.bytes.len() && self.depth == 0 { Ok(()) } else { Err(Fault::Malformed) }
    }

    /// Type of the value at hand.
    pub(super) fn kind(&self) -> u8 {
        self.kind
    }

    #[inline(always)]
    fn array<const N: usize>(&self, at: usize) -> Result<&'a [u8; N], Fault> {
        self.bytes.get(at..at + N).and_then(|bytes| bytes.first_chunk()).ok_or(Fault::Malformed)
    }

    /// A length of a value at `at`: at least `least`.
    #[inline(always)]
    fn length(&self, at: usize, least: usize) -> Result<usize, Fault> {
        let length = u32::from_le_bytes(*self.array(at)?) as usize;
        // Longer than the document: also catches negative lengths, and keeps the sums below from overflowing.
        if length < least || length > self.bytes.len() { Err(Fault::Malformed) } else { Ok(length) }
    }

    /// Takes `n` bytes.
    #[inline(always)]
    pub(super) fn take(&mut self, n: usize) -> Result<&'a [u8], Fault> {
        let taken = self.bytes.get(self.at..self.at + n).ok_or(Fault::Malformed)?;
        self.at += n;
        Ok(taken)
    }

    pub(super) fn take_array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let taken = *self.array(self.at)?;
        self.at += N;
        Ok(taken)
    }

    /// Takes a text with its length before it.
    #[inline(always)]
    pub(super) fn take_text(&mut self) -> Result<Cow<'a, str>, Fault> {
        let length = self.length(self.at, 1)?;
        self.at += 4;
        match self.take(length)? {
            [text @ .., 0] => Ok(utf8(text)),
            _ => Err(Fault::Malformed),
        }
    }

    /// Enters the object or list at hand.
    #[inline]
    pub(super) fn enter_at(&mut self) -> Result<(), Fault> {
        let length = self.length(self.at, 5)?;
        let end = self.at + length;
        let limit = if self.depth == 0 { self.bytes.len() } else { self.ends[self.depth - 1] as usize };
        if end > limit || self.depth == DEEPEST || self.bytes[end - 1] != 0 {
            return Err(Fault::Malformed);
        }
        self.ends[self.depth] = end as u32;
        self.depth += 1;
        self.at += 4;
        Ok(())
    }

    /// Inside an object or list: the name of the next element and its word, or out at its end.
    #[inline(always)]
    pub(super) fn element(&mut self) -> Result<Option<(&'a [u8], u64)>, Fault> {
        let end = self.ends[self.depth - 1] as usize;
        let kind = *self.bytes.get(self.at).ok_or(Fault::Malformed)?;
        self.at += 1;
        if kind == 0 {
            self.depth -= 1;
            return if self.at == end { Ok(None) } else { Err(Fault::Malformed) };
        }
        self.kind = kind;
        let start = self.at;
        // Most names end within eight bytes; nearly all within sixteen.
        if let Ok(eight) = self.array::<8>(start) {
            let word = u64::from_le_bytes(*eight);
            let zeros = zero_bytes(word);
            if zeros != 0 {
                let len = zeros.trailing_zeros() as usize / 8;
                self.at = start + len + 1;
                let below = (1u64 << (8 * len)) - 1;
                return Ok(Some((&self.bytes[start..start + len], mix(word & below, len))));
            }
            let len = 8 + self.zero_from(start + 8, end)?;
            self.at = start + len + 1;
            return Ok(Some((&self.bytes[start..start + len], mix(word, len))));
        }
        let len = self.zero_from(start, end)?;
        self.at = start + len + 1;
        let name = &self.bytes[start..start + len];
        Ok(Some((name, crate::cursor::word_of(name))))
    }

    #[inline(always)]
    fn zero_from(&self, at: usize, end: usize) -> Result<usize, Fault> {
        if let Ok(eight) = self.array::<8>(at) {
            let zeros = zero_bytes(u64::from_le_bytes(*eight));
            if zeros != 0 {
                return Ok(zeros.trailing_zeros() as usize / 8);
            }
        }
        self.bytes.get(at..end).and_then(|rest| memchr(0, rest)).ok_or(Fault::Malformed)
    }

    /// Over the value at hand.
    #[inline]
    pub(super) fn step_over(&mut self) -> Result<(), Fault> {
        let at = self.at;
        let length = match self.kind {
            kind::NULL | kind::UNDEFINED | kind::MIN | kind::MAX => 0,
            kind::BOOL => 1,
            kind::INT32 => 4,
            kind::DOUBLE | kind::DATE | kind::TIMESTAMP | kind::INT64 => 8,
            kind::ID => 12,
            kind::DECIMAL => 16,
            kind::TEXT | kind::CODE | kind::SYMBOL => 4 + self.length(at, 1)?,
            kind::OBJECT | kind::LIST => self.length(at, 5)?,
            kind::SCOPED_CODE => self.length(at, 14)?,
            kind::BINARY => 5 + self.length(at, 0)?,
            kind::POINTER => 4 + self.length(at, 1)? + 12,
            kind::REGEX => {
                let rest = self.bytes.get(at..).ok_or(Fault::Malformed)?;
                let pattern = memchr(0, rest).ok_or(Fault::Malformed)? + 1;
                pattern + memchr(0, &rest[pattern..]).ok_or(Fault::Malformed)? + 1
            }
            _ => return Err(Fault::Malformed),
        };
        let text = matches!(self.kind, kind::TEXT | kind::CODE | kind::SYMBOL | kind::OBJECT | kind::LIST | kind::SCOPED_CODE);
        let taken = self.take(length)?;
        if text && taken.last() != Some(&0) { Err(Fault::Malformed) } else { Ok(()) }
    }

    /// Whether the list at hand is empty; not taken.
    fn list_is_empty(&self) -> Result<bool, Fault> {
        Ok(self.length(self.at, 5)? == 5)
    }

    fn instead(&mut self) -> Result<Opened, Fault> {
        match self.kind {
            kind::NULL => Ok(Opened::Blank),
            kind::TEXT if self.length(self.at, 1)? == 1 => {
                self.step_over()?;
                Ok(Opened::Blank)
            }
            kind::TEXT => Ok(Opened::Text),
            _ => Ok(Opened::Other),
        }
    }
}

#[inline(always)]
fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

impl<'a> Cursor<'a> for BsonCursor<'a> {
    #[inline(always)]
    fn key<L: Level>(&mut self, unknown: &mut Unknown<'_>) -> Result<Option<L>, Fault> {
        while let Some((name, word)) = self.element()? {
            match L::find(name, word) {
                Known::Wanted(field) => return Ok(Some(field)),
                Known::Named => {}
                Known::Not => unknown.note(L::PATH, name),
            }
            self.step_over()?;
        }
        Ok(None)
    }

    #[inline]
    fn item(&mut self) -> Result<bool, Fault> {
        Ok(self.element()?.is_some())
    }

    fn open_object(&mut self) -> Result<Opened, Fault> {
        match self.kind {
            kind::OBJECT => self.enter_at().map(|()| Opened::Inside),
            kind::LIST if self.list_is_empty()? => self.step_over().map(|()| Opened::Blank),
            _ => self.instead(),
        }
    }

    fn open_list(&mut self) -> Result<Opened, Fault> {
        match self.kind {
            kind::LIST => self.enter_at().map(|()| Opened::Inside),
            _ => self.instead(),
        }
    }

    fn shallow(&mut self) -> Result<Shallow<'a>, Fault> {
        Ok(match self.kind {
            kind::NULL => Shallow::Blank,
            kind::BOOL => match self.take_array::<1>()? {
                [0] => Shallow::Bool(false),
                [1] => Shallow::Bool(true),
                _ => return Err(Fault::Malformed),
            },
            kind::INT32 => Shallow::Int(i64::from(i32::from_le_bytes(self.take_array()?))),
            kind::INT64 => Shallow::Int(i64::from_le_bytes(self.take_array()?)),
            kind::DOUBLE => Shallow::Double(f64::from_le_bytes(self.take_array()?)),
            kind::TEXT => match self.take_text()? {
                text if text.is_empty() => Shallow::EmptyText,
                text => Shallow::Text(text),
            },
            kind::ID => Shallow::Id(ObjectId(self.take_array()?)),
            kind::DATE => Shallow::Date(i64::from_le_bytes(self.take_array()?)),
            kind::LIST if self.list_is_empty()? => self.step_over().map(|()| Shallow::EmptyList)?,
            _ => self.step_over().map(|()| Shallow::Other)?,
        })
    }

    #[inline]
    fn text(&mut self, path: &'static str) -> Result<Option<Cow<'a, str>>, Fault> {
        match self.kind {
            kind::TEXT => {
                let text = self.take_text()?;
                Ok(if text.is_empty() { None } else { Some(text) })
            }
            kind::NULL => Ok(None),
            _ => match self.shallow()? {
                Shallow::EmptyList => Ok(None),
                _ => Err(Fault::WrongType(path)),
            },
        }
    }

    fn has_text(&mut self, path: &'static str) -> Result<bool, Fault> {
        if self.kind != kind::TEXT {
            return Ok(self.text(path)?.is_some());
        }
        let length = self.length(self.at, 1)?;
        self.step_over()?;
        Ok(length > 1)
    }
}
