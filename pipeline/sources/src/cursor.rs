//! Walking over one document without building it: what the JSON scanner and the BSON walker have in common.
//!
//! A record is read by asking for the next wanted key of an object and then for its value. Values that nobody wants are stepped over. The
//! meaning of a value is that of `solidata_anonymise::contract::field`, which is the slow reference: `null`, `""` and `[]` are absent; a
//! number may be an int32, an int64 or a double; of a key that occurs twice the last value counts.

use crate::unknown::Unknown;
use solidata_anonymise::contract::{Moment, ObjectId};
use std::borrow::Cow;

/// Why a record cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is not well formed.
    Malformed,
    /// A wanted field has a type that the contract does not allow.
    WrongType(&'static str),
}

/// A value without its children.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shallow<'a> {
    /// `null`, `""` or `[]`.
    Blank,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Cow<'a, str>),
    Id(ObjectId),
    Date(i64),
    /// `""`, where a date is wanted: no date, but not absent either. Blank everywhere else.
    EmptyText,
    /// `[]`, likewise.
    EmptyList,
    /// A list that is not empty, an object, binary...
    Other,
}

impl Shallow<'_> {
    /// As a whole number; a double must be integral and exact.
    pub fn whole(&self) -> Option<i64> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match *self {
            Shallow::Int(n) => Some(n),
            Shallow::Double(x) if x.fract() == 0.0 && x.abs() <= EXACT => Some(x as i64),
            _ => None,
        }
    }
}

/// What stands at a place where an object or a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opened {
    /// The cursor is inside it now.
    Inside,
    /// Something that is read as absent; stepped over.
    Blank,
    /// A text that is not empty; not read yet.
    Text,
    /// Something else; not read.
    Other,
}

/// What a level knows of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known<F> {
    /// A wanted field.
    Wanted(F),
    /// A field of the contract that is not wanted.
    Named,
    /// The contract does not name it.
    Not,
}

/// The keys of one object of the contract.
pub(crate) trait Level: Copy {
    /// Its path; nothing for the document itself.
    const PATH: &'static str;
    /// Looks up a key; `word` is [`word_of`] it.
    fn find(name: &[u8], word: u64) -> Known<Self>;
}

/// Steps through one document.
pub(crate) trait Cursor<'a> {
    /// Inside an object: goes to the value of the next wanted key of it, or out of the object at its end.
    fn key<L: Level>(&mut self, unknown: &mut Unknown<'_>) -> Result<Option<L>, Fault>;
    /// Inside a list: goes to the next item, or out of the list at its end.
    fn item(&mut self) -> Result<bool, Fault>;
    /// At a value: enters the object that is wanted here.
    fn open_object(&mut self) -> Result<Opened, Fault>;
    /// At a value: enters the list that is wanted here.
    fn open_list(&mut self) -> Result<Opened, Fault>;
    /// At a value: reads it and goes on.
    fn shallow(&mut self) -> Result<Shallow<'a>, Fault>;

    /// At a value: a text that may be blank.
    fn text(&mut self, path: &'static str) -> Result<Option<Cow<'a, str>>, Fault> {
        match self.shallow()? {
            Shallow::Blank | Shallow::EmptyText | Shallow::EmptyList => Ok(None),
            Shallow::Text(text) => Ok(Some(text)),
            _ => Err(Fault::WrongType(path)),
        }
    }

    /// At a value: whether a text that is not empty stands there; it is not kept.
    fn has_text(&mut self, path: &'static str) -> Result<bool, Fault> {
        Ok(self.text(path)?.is_some())
    }

    /// At a value: true, false or blank.
    fn flag(&mut self, path: &'static str) -> Result<Option<bool>, Fault> {
        match self.shallow()? {
            Shallow::Blank | Shallow::EmptyText | Shallow::EmptyList => Ok(None),
            Shallow::Bool(yes) => Ok(Some(yes)),
            _ => Err(Fault::WrongType(path)),
        }
    }

    /// At a value: a whole number or blank.
    fn whole(&mut self, path: &'static str) -> Result<Option<i64>, Fault> {
        let value = self.shallow()?;
        match (&value, value.whole()) {
            (Shallow::Blank | Shallow::EmptyText | Shallow::EmptyList, _) => Ok(None),
            (_, Some(n)) => Ok(Some(n)),
            _ => Err(Fault::WrongType(path)),
        }
    }

    /// At a value: a date. What is none is [`Moment::NotADate`].
    fn moment(&mut self) -> Result<Moment, Fault> {
        Ok(match self.shallow()? {
            Shallow::Blank => Moment::Absent,
            Shallow::Date(ms) => Moment::At(ms),
            _ => Moment::NotADate,
        })
    }

    /// At a value: an ObjectId. What is none is `None`.
    fn id(&mut self) -> Result<Option<ObjectId>, Fault> {
        Ok(match self.shallow()? {
            Shallow::Id(id) => Some(id),
            _ => None,
        })
    }

    /// At a value: the name of an account: a text, a whole number or an ObjectId.
    fn id_text(&mut self, path: &'static str) -> Result<Option<Cow<'a, str>>, Fault> {
        let value = self.shallow()?;
        let whole = value.whole();
        Ok(match (value, whole) {
            (Shallow::Blank | Shallow::EmptyText | Shallow::EmptyList, _) => None,
            (Shallow::Text(text), _) => Some(text),
            (Shallow::Id(id), _) => Some(Cow::Owned(id.to_hex())),
            (_, Some(n)) => Some(Cow::Owned(n.to_string())),
            _ => return Err(Fault::WrongType(path)),
        })
    }

    /// At a value: a list of texts, blank items left out.
    fn texts(&mut self, into: &mut Vec<Cow<'a, str>>, path: &'static str) -> Result<(), Fault> {
        into.clear();
        match self.open_list()? {
            Opened::Blank => Ok(()),
            Opened::Inside => {
                while self.item()? {
                    into.extend(self.text(path)?);
                }
                Ok(())
            }
            Opened::Text | Opened::Other => Err(Fault::WrongType(path)),
        }
    }

    /// At a value: a text, or the first text of a list of texts.
    fn first_text(&mut self, path: &'static str) -> Result<Option<Cow<'a, str>>, Fault> {
        match self.open_list()? {
            Opened::Blank => Ok(None),
            Opened::Text => self.text(path),
            Opened::Inside => {
                let mut first = None;
                while self.item()? {
                    let text = self.text(path)?;
                    first = first.or(text);
                }
                Ok(first)
            }
            Opened::Other => Err(Fault::WrongType(path)),
        }
    }

    /// At a value: enters the object of that path; `false` when it is blank.
    fn enter(&mut self, path: &'static str) -> Result<bool, Fault> {
        match self.open_object()? {
            Opened::Inside => Ok(true),
            Opened::Blank => Ok(false),
            Opened::Text | Opened::Other => Err(Fault::WrongType(path)),
        }
    }
}

/// The first eight bytes of a key as a number (zeros after its end), mixed with its length: equal for equal keys, and rarely otherwise.
pub(crate) const fn word_of(name: &[u8]) -> u64 {
    let mut word = 0u64;
    let mut at = 0;
    while at < name.len() && at < 8 {
        word |= (name[at] as u64) << (8 * at);
        at += 1;
    }
    mix(word, name.len())
}

/// Whether `name` is the key, of `N` bytes: with the length known where it is compiled, this is a comparison or two and no call.
#[inline(always)]
pub(crate) fn is<const N: usize>(name: &[u8], key: &str) -> bool {
    name.len() == N && name.first_chunk::<N>() == key.as_bytes().first_chunk::<N>()
}

/// [`word_of`] from eight bytes that were loaded at once; bytes after the key's end must be zero.
pub(crate) const fn mix(word: u64, len: usize) -> u64 {
    word ^ ((len as u64) << 56)
}

/// Bit 7 of the lowest byte that is zero is set; bits of bytes above it may be wrong.
pub(crate) const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(0x0101_0101_0101_0101) & !word & 0x8080_8080_8080_8080
}

/// Declares the keys of one object: those that are wanted, and those that the contract names but nobody wants.
macro_rules! level {
    ($name:ident, $path:literal, wanted { $($field:ident = $key:literal),+ $(,)? }, named { $($other:ident = $named:literal),* $(,)? }) => {
        // A variant is named after its key, whatever the object is called.
        #[allow(clippy::enum_variant_names)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name { $($field),+ }

        impl $crate::cursor::Level for $name {
            const PATH: &'static str = $path;

            #[inline(always)]
            fn find(name: &[u8], word: u64) -> $crate::cursor::Known<Self> {
                #[allow(non_upper_case_globals)]
                mod words {
                    $(pub const $field: u64 = $crate::cursor::word_of($key.as_bytes());)+
                    $(pub const $other: u64 = $crate::cursor::word_of($named.as_bytes());)*
                }
                // The word narrows it down to one key; the comparison with a constant proves it.
                match word {
                    $(words::$field if $crate::cursor::is::<{ $key.len() }>(name, $key) => $crate::cursor::Known::Wanted($name::$field),)+
                    $(words::$other if $crate::cursor::is::<{ $named.len() }>(name, $named) => $crate::cursor::Known::Named,)*
                    _ => $crate::cursor::Known::Not,
                }
            }
        }
    };
}
pub(crate) use level;
