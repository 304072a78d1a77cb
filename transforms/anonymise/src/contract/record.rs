//! Objects of a document: which keys are read into which field. Everything else is skipped and named.

use super::field::{Field, FieldSink, Seed, Trail, breach};
use super::list::read_list;
use super::shallow::Key;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// A type whose fields are read by name.
pub(crate) trait Record<'de>: Default {
    /// Reads the value of `key` into its field; `false` when the record does not want it (nothing is read then).
    fn field<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A, at: Trail<'_>, sink: &mut dyn FieldSink) -> Result<bool, A::Error>;
    /// Appends the paths of all leaves.
    fn paths(path: &str, out: &mut Vec<String>);
}

impl<'de, T: Record<'de>> Record<'de> for Box<T> {
    fn field<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A, at: Trail<'_>, sink: &mut dyn FieldSink) -> Result<bool, A::Error> {
        T::field(self, key, map, at, sink)
    }
    fn paths(path: &str, out: &mut Vec<String>) {
        T::paths(path, out);
    }
}

/// A list of objects; `null` items are left out as blank objects are: they read as defaults.
impl<'de, T: Record<'de> + Field<'de>> Field<'de> for Vec<T> {
    const IS_RECORD: bool = true;
    fn read<D: Deserializer<'de>>(from: D, at: Trail<'_>, sink: &mut dyn FieldSink) -> Result<Self, D::Error> {
        read_list(from, at, sink)
    }
    fn wanted(path: &str, out: &mut Vec<String>) {
        T::paths(&format!("{path}[]"), out);
    }
}

/// An object that may be absent.
impl<'de, T: Record<'de>> Field<'de> for Option<T> {
    const IS_RECORD: bool = true;
    fn read<D: Deserializer<'de>>(from: D, at: Trail<'_>, sink: &mut dyn FieldSink) -> Result<Self, D::Error> {
        read_object(from, at, sink)
    }
    fn wanted(path: &str, out: &mut Vec<String>) {
        T::paths(path, out);
    }
}

pub(crate) fn read_object<'de, T: Record<'de>, D: Deserializer<'de>>(
    from: D,
    at: Trail<'_>,
    sink: &mut dyn FieldSink,
) -> Result<Option<T>, D::Error> {
    from.deserialize_any(RecordVisitor { at, sink, of: PhantomData })
}

/// The path of `key` below `path`.
pub(crate) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Reads the next value of `map`; its type is that of the field it goes to.
pub(crate) fn next<'de, T: Field<'de>, A: MapAccess<'de>>(map: &mut A, at: Trail<'_>, sink: &mut dyn FieldSink) -> Result<T, A::Error> {
    map.next_value_seed(Seed { at, sink, of: PhantomData })
}

/// [`Field::wanted`] of the type of a field, found by inference.
pub(crate) fn wanted_of<'de, R, T: Field<'de>>(_: fn(&R) -> &T, path: &str, out: &mut Vec<String>) {
    T::wanted(path, out);
}

struct RecordVisitor<'t, 's, T> {
    at: Trail<'t>,
    sink: &'s mut dyn FieldSink,
    of: PhantomData<T>,
}

impl<'de, T: Record<'de>> RecordVisitor<'_, '_, T> {
    fn wrong<E: Error>(self) -> Result<Option<T>, E> {
        Err(breach(self.at, "an object is wanted"))
    }
}

impl<'de, T: Record<'de>> Visitor<'de> for RecordVisitor<'_, '_, T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }
    fn visit_str<E: Error>(self, v: &str) -> Result<Self::Value, E> {
        if v.is_empty() { Ok(None) } else { self.wrong() }
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        if seq.next_element::<IgnoredAny>()?.is_none() { Ok(None) } else { self.wrong() }
    }
    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        self.wrong()
    }
    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        self.wrong()
    }
    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        self.wrong()
    }
    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        self.wrong()
    }
    fn visit_bytes<E: Error>(self, _: &[u8]) -> Result<Self::Value, E> {
        self.wrong()
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut record = T::default();
        while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
            if !record.field(&key, &mut map, self.at, self.sink)? {
                map.next_value::<IgnoredAny>()?;
                self.sink.skipped(&self.at, &key);
            }
        }
        Ok(Some(record))
    }
}

/// `record!('de, Type { "key" => field, .. })` says which keys of an object are read.
macro_rules! record {
    ($lt:lifetime, $ty:ty { $($key:literal => $($field:ident).+),+ $(,)? }) => {
        impl<$lt> $crate::contract::record::Record<$lt> for $ty {
            fn field<A: serde::de::MapAccess<$lt>>(
                &mut self,
                key: &str,
                map: &mut A,
                at: $crate::contract::field::Trail<'_>,
                sink: &mut dyn $crate::contract::field::FieldSink,
            ) -> Result<bool, A::Error> {
                match key {
                    $($key => self.$($field).+ = $crate::contract::record::next(map, at.child($key), sink)?,)+
                    _ => return Ok(false),
                }
                Ok(true)
            }
            fn paths(path: &str, out: &mut Vec<String>) {
                $($crate::contract::record::wanted_of(
                    |r: &$ty| &r.$($field).+, &$crate::contract::record::join(path, $key), out);)+
            }
        }
        impl<$lt> $crate::contract::field::Field<$lt> for $ty {
            const IS_RECORD: bool = true;
            fn read<D: serde::de::Deserializer<$lt>>(
                from: D,
                at: $crate::contract::field::Trail<'_>,
                sink: &mut dyn $crate::contract::field::FieldSink,
            ) -> Result<Self, D::Error> {
                Ok($crate::contract::record::read_object(from, at, sink)?.unwrap_or_default())
            }
            fn wanted(path: &str, out: &mut Vec<String>) {
                <$ty as $crate::contract::record::Record<$lt>>::paths(path, out);
            }
        }
    };
}
pub(crate) use record;
