//! Lists.

use super::field::{Field, FieldSink, Seed, Trail, breach};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// A list of objects or of leaves.
pub(super) fn read_list<'de, T: Field<'de>, D: Deserializer<'de>>(
    from: D,
    at: Trail<'_>,
    sink: &mut dyn FieldSink,
) -> Result<Vec<T>, D::Error> {
    from.deserialize_any(ListVisitor { at, sink, alone: false, of: PhantomData })
}

pub(super) struct ListVisitor<'t, 's, T> {
    pub(super) at: Trail<'t>,
    pub(super) sink: &'s mut dyn FieldSink,
    /// Whether one text stands for a list of one.
    pub(super) alone: bool,
    pub(super) of: PhantomData<T>,
}

impl<'t, 's, 'de, T: Field<'de>> ListVisitor<'t, 's, T> {
    fn one<E: Error>(self, text: Cow<'de, str>) -> Result<Vec<T>, E> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        if !self.alone {
            return Err(breach(self.at, "a list is wanted"));
        }
        let value = serde::de::value::CowStrDeserializer::<E>::new(text);
        Ok(vec![T::read(value, self.at, self.sink)?])
    }
    fn wrong<E: Error>(self) -> Result<Vec<T>, E> {
        Err(breach(self.at, "a list is wanted"))
    }
}

impl<'de, T: Field<'de>> Visitor<'de> for ListVisitor<'_, '_, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }
    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }
    fn visit_borrowed_str<E: Error>(self, v: &'de str) -> Result<Self::Value, E> {
        self.one(Cow::Borrowed(v))
    }
    fn visit_str<E: Error>(self, v: &str) -> Result<Self::Value, E> {
        self.one(Cow::Owned(v.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let at = self.at.items();
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Seed { at, sink: &mut *self.sink, of: PhantomData })? {
            items.push(item);
        }
        Ok(items)
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
    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        self.wrong()
    }
}
