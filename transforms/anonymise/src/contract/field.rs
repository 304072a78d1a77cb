//! Reading of one field, the same whether the bytes are JSON (relaxed or canonical Extended JSON) or BSON through serde.
//!
//! Rules, for every wanted field:
//! - `null`, `""` and `[]` are the same as absent;
//! - a number may be an int32, int64, a double, or `{"$numberInt"|"$numberLong"|"$numberDouble": ".."}`; where a whole number is wanted, a
//!   double must be integral (at most 2^53 in size);
//! - a date is `{"$date": "<RFC 3339>" | <ms> | {"$numberLong": ".."}}`, an ObjectId is `{"$oid": "<24 hex>"}`;
//! - in a list of texts, items that are `null` or `""` are left out;
//! - of a key that occurs twice in one object the last value counts, whole;
//! - anything else is a breach of the contract: an error that names the path and the expectation, never the value.
//!
//! Keys that are not wanted are skipped without being materialised and named to a [`FieldSink`].

use super::list::{ListVisitor, read_list};
use super::shallow::{Shallow, ShallowVisitor};
use super::{Moment, ObjectId};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// Where in a document the reader is: a linked list on the stack. It prints as `services_all[].close`.
#[derive(Clone, Copy, Debug)]
pub struct Trail<'t> {
    parent: Option<&'t Trail<'t>>,
    key: &'static str,
    list: bool,
}

impl<'t> Trail<'t> {
    /// The document itself.
    pub const ROOT: Trail<'static> = Trail { parent: None, key: "", list: false };

    /// The field `key` of the object at `self`.
    pub const fn child(&'t self, key: &'static str) -> Trail<'t> {
        Trail { parent: Some(self), key, list: false }
    }

    pub(super) const fn items(self) -> Trail<'t> {
        Trail { list: true, ..self }
    }
}

impl fmt::Display for Trail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent.filter(|p| !p.key.is_empty()) {
            write!(f, "{parent}.")?;
        }
        f.write_str(self.key)?;
        if self.list { f.write_str("[]") } else { Ok(()) }
    }
}

/// Is told of each key that the reader skips. It gets names of fields only, never a value.
pub trait FieldSink {
    /// The object at `parent` has a field `key` that the record does not want.
    fn skipped(&mut self, parent: &Trail<'_>, key: &str);
}

/// Takes no notice of skipped fields.
impl FieldSink for () {
    fn skipped(&mut self, _: &Trail<'_>, _: &str) {}
}

/// A type that can be read as a field of a document.
pub trait Field<'de>: Sized + Default {
    /// Whether this is an object with fields of its own.
    const IS_RECORD: bool = false;

    /// Reads the value at `at`.
    fn read<D: Deserializer<'de>>(from: D, at: Trail<'_>, sink: &mut dyn FieldSink) -> Result<Self, D::Error>;

    /// Appends the paths of all leaves that are read below `path` (items of a list of objects as `path[]`).
    fn wanted(path: &str, out: &mut Vec<String>) {
        out.push(path.to_owned());
    }
}

/// Reads one document of type `T`, naming what it skips to `sink`.
pub struct DocumentSeed<'s, T> {
    sink: &'s mut dyn FieldSink,
    of: PhantomData<T>,
}

impl<'s, T> DocumentSeed<'s, T> {
    /// A seed for one document.
    pub fn new(sink: &'s mut dyn FieldSink) -> Self {
        Self { sink, of: PhantomData }
    }
}

impl<'de, T: Field<'de>> DeserializeSeed<'de> for DocumentSeed<'_, T> {
    type Value = T;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<T, D::Error> {
        T::read(from, Trail::ROOT, self.sink)
    }
}

pub(crate) struct Seed<'t, 's, T> {
    pub(crate) at: Trail<'t>,
    pub(crate) sink: &'s mut dyn FieldSink,
    pub(crate) of: PhantomData<T>,
}

impl<'de, T: Field<'de>> DeserializeSeed<'de> for Seed<'_, '_, T> {
    type Value = T;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<T, D::Error> {
        T::read(from, self.at, self.sink)
    }
}

pub(crate) fn breach<E: Error>(at: Trail<'_>, wanted: &'static str) -> E {
    if at.key.is_empty() { E::custom(wanted) } else { E::custom(format_args!("{at}: {wanted}")) }
}

/// A text; absent when blank.
impl<'de> Field<'de> for Option<Cow<'de, str>> {
    fn read<D: Deserializer<'de>>(from: D, at: Trail<'_>, _: &mut dyn FieldSink) -> Result<Self, D::Error> {
        match Shallow::read(from)? {
            Shallow::Blank => Ok(None),
            Shallow::Text(text) => Ok(Some(text)),
            _ => Err(breach(at, "a text is wanted")),
        }
    }
}

/// A text that is kept; absent when blank.
impl<'de> Field<'de> for Option<String> {
    fn read<D: Deserializer<'de>>(from: D, at: Trail<'_>, sink: &mut dyn FieldSink) -> Result<Self, D::Error> {
        Ok(<Option<Cow<'de, str>>>::read(from, at, sink)?.map(Cow::into_owned))
    }
}

/// A list of texts, without blank ones.
impl<'de> Field<'de> for Vec<Cow<'de, str>> {
    fn read<D: Deserializer<'de>>(from: D, at: Trail<'_>, sink: &mut dyn FieldSink) -> Result<Self, D::Error> {
        let items: Vec<Option<Cow<'de, str>>> = read_list(from, at, sink)?;
        Ok(items.into_iter().flatten().collect())
    }
}

/// A list of texts that are kept, without blank ones.
impl<'de> Field<'de> for Vec<String> {
    fn read<D: Deserializer<'de>>(from: D, at: Trail<'_>, sink: &mut dyn FieldSink) -> Result<Self, D::Error> {
        let items: Vec<Option<String>> = read_list(from, at, sink)?;
        Ok(items.into_iter().flatten().collect())
    }
}

/// A tri-state: absent, false, true.
impl<'de> Field<'de> for Option<bool> {
    fn read<D: Deserializer<'de>>(from: D, at: Trail<'_>, _: &mut dyn FieldSink) -> Result<Self, D::Error> {
        match Shallow::read(from)? {
            Shallow::Blank => Ok(None),
            Shallow::Bool(yes) => Ok(Some(yes)),
            _ => Err(breach(at, "true or false is wanted")),
        }
    }
}

/// A flag: absent is false.
impl<'de> Field<'de> for bool {
    fn read<D: Deserializer<'de>>(from: D, at: Trail<'_>, sink: &mut dyn FieldSink) -> Result<Self, D::Error> {
        Ok(<Option<bool>>::read(from, at, sink)?.unwrap_or(false))
    }
}

/// A whole number.
impl<'de> Field<'de> for Option<i64> {
    fn read<D: Deserializer<'de>>(from: D, at: Trail<'_>, _: &mut dyn FieldSink) -> Result<Self, D::Error> {
        let value = Shallow::read(from)?;
        match (&value, value.whole()) {
            (Shallow::Blank, _) => Ok(None),
            (_, Some(n)) => Ok(Some(n)),
            _ => Err(breach(at, "a whole number is wanted")),
        }
    }
}

/// A number.
impl<'de> Field<'de> for Option<f64> {
    fn read<D: Deserializer<'de>>(from: D, at: Trail<'_>, _: &mut dyn FieldSink) -> Result<Self, D::Error> {
        match Shallow::read(from)? {
            Shallow::Blank => Ok(None),
            Shallow::Int(n) => Ok(Some(n as f64)),
            Shallow::Double(x) if x.is_finite() => Ok(Some(x)),
            _ => Err(breach(at, "a number is wanted")),
        }
    }
}

/// A list of numbers; items that are blank are left out.
impl<'de> Field<'de> for Vec<f64> {
    fn read<D: Deserializer<'de>>(from: D, at: Trail<'_>, sink: &mut dyn FieldSink) -> Result<Self, D::Error> {
        let items: Vec<Option<f64>> = read_list(from, at, sink)?;
        Ok(items.into_iter().flatten().collect())
    }
}

/// A date. Never an error: what is no date is [`Moment::NotADate`], which the reader of the document judges. `null` is absent, but `""` and
/// `[]` are no dates.
impl<'de> Field<'de> for Moment {
    fn read<D: Deserializer<'de>>(from: D, _: Trail<'_>, _: &mut dyn FieldSink) -> Result<Self, D::Error> {
        struct MomentVisitor;
        impl<'de> Visitor<'de> for MomentVisitor {
            type Value = Moment;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_unit<E: Error>(self) -> Result<Moment, E> {
                Ok(Moment::Absent)
            }
            fn visit_none<E: Error>(self) -> Result<Moment, E> {
                Ok(Moment::Absent)
            }
            fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Moment, D::Error> {
                from.deserialize_any(self)
            }
            fn visit_bool<E: Error>(self, _: bool) -> Result<Moment, E> {
                Ok(Moment::NotADate)
            }
            fn visit_i64<E: Error>(self, _: i64) -> Result<Moment, E> {
                Ok(Moment::NotADate)
            }
            fn visit_u64<E: Error>(self, _: u64) -> Result<Moment, E> {
                Ok(Moment::NotADate)
            }
            fn visit_f64<E: Error>(self, _: f64) -> Result<Moment, E> {
                Ok(Moment::NotADate)
            }
            fn visit_str<E: Error>(self, _: &str) -> Result<Moment, E> {
                Ok(Moment::NotADate)
            }
            fn visit_bytes<E: Error>(self, _: &[u8]) -> Result<Moment, E> {
                Ok(Moment::NotADate)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Moment, A::Error> {
                ShallowVisitor.visit_seq(seq)?;
                Ok(Moment::NotADate)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Moment, A::Error> {
                Ok(match ShallowVisitor.visit_map(map)? {
                    Shallow::Date(ms) => Moment::At(ms),
                    _ => Moment::NotADate,
                })
            }
        }
        from.deserialize_any(MomentVisitor)
    }
}

/// An ObjectId. Never an error: whatever else stands there is `None`.
impl<'de> Field<'de> for Option<ObjectId> {
    fn read<D: Deserializer<'de>>(from: D, _: Trail<'_>, _: &mut dyn FieldSink) -> Result<Self, D::Error> {
        Ok(match Shallow::read(from)? {
            Shallow::Id(id) => Some(id),
            _ => None,
        })
    }
}

/// A name of an account or organisation: a text, a whole number (its decimal digits) or an ObjectId (its lower-case hexadecimal digits).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdText<'a>(pub Option<Cow<'a, str>>);

impl<'de> Field<'de> for IdText<'de> {
    fn read<D: Deserializer<'de>>(from: D, at: Trail<'_>, _: &mut dyn FieldSink) -> Result<Self, D::Error> {
        let value = Shallow::read(from)?;
        let whole = value.whole();
        Ok(IdText(match (value, whole) {
            (Shallow::Blank, _) => None,
            (Shallow::Text(text), _) => Some(text),
            (Shallow::Id(id), _) => Some(Cow::Owned(id.to_hex())),
            (_, Some(n)) => Some(Cow::Owned(n.to_string())),
            _ => return Err(breach(at, "a text, a whole number or an ObjectId is wanted")),
        }))
    }
}

/// A text, or the first text of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FirstText<'a>(pub Option<Cow<'a, str>>);

impl<'de> Field<'de> for FirstText<'de> {
    fn read<D: Deserializer<'de>>(from: D, at: Trail<'_>, sink: &mut dyn FieldSink) -> Result<Self, D::Error> {
        let items: Vec<Option<Cow<'de, str>>> = from.deserialize_any(ListVisitor { at, sink, alone: true, of: PhantomData })?;
        Ok(FirstText(items.into_iter().flatten().next()))
    }
}
