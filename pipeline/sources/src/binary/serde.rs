//! BSON for serde, so that a record type that reads Extended JSON reads BSON too: an ObjectId shows as `{"$oid": hex}`, a date as
//! `{"$date": ms}`. Lengths are checked as the walker does.

use super::cursor::{BsonCursor, kind};
use crate::cursor::Fault;
use serde::de::value::{BorrowedStrDeserializer, MapDeserializer, StringDeserializer};
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use solidata_anonymise::contract::ObjectId;
use std::borrow::Cow;
use std::fmt;

/// Why a record type could not be read: the document is not well formed, or the record type says why.
#[derive(Debug)]
pub(crate) enum BsonError {
    Malformed,
    Record(String),
}

impl fmt::Display for BsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BsonError::Malformed => f.write_str("not well formed"),
            BsonError::Record(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for BsonError {}

impl serde::de::Error for BsonError {
    fn custom<T: fmt::Display>(why: T) -> Self {
        BsonError::Record(why.to_string())
    }
}

impl From<Fault> for BsonError {
    fn from(_: Fault) -> Self {
        BsonError::Malformed
    }
}

/// Deserializes the value at hand of a walker; a new walker stands at its document.
pub(crate) struct BsonDeserializer<'c, 'a>(pub &'c mut BsonCursor<'a>);

impl<'de> Deserializer<'de> for BsonDeserializer<'_, 'de> {
    type Error = BsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BsonError> {
        let c = self.0;
        match c.kind() {
            kind::OBJECT => {
                c.enter_at()?;
                visitor.visit_map(Members { cursor: c, ended: false })
            }
            kind::LIST => {
                c.enter_at()?;
                visitor.visit_seq(Members { cursor: c, ended: false })
            }
            kind::NULL => visitor.visit_unit(),
            kind::BOOL => match c.take_array::<1>()? {
                [0] => visitor.visit_bool(false),
                [1] => visitor.visit_bool(true),
                _ => Err(BsonError::Malformed),
            },
            kind::INT32 => visitor.visit_i32(i32::from_le_bytes(c.take_array()?)),
            kind::INT64 => visitor.visit_i64(i64::from_le_bytes(c.take_array()?)),
            kind::DOUBLE => visitor.visit_f64(f64::from_le_bytes(c.take_array()?)),
            kind::TEXT => match c.take_text()? {
                Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
                Cow::Owned(text) => visitor.visit_string(text),
            },
            kind::ID => {
                let hex = ObjectId(c.take_array()?).to_hex();
                let value: StringDeserializer<BsonError> = hex.into_deserializer();
                visitor.visit_map(MapDeserializer::new(std::iter::once(("$oid", value))))
            }
            kind::DATE => {
                let ms = i64::from_le_bytes(c.take_array()?);
                visitor.visit_map(MapDeserializer::new(std::iter::once(("$date", ms))))
            }
            other => {
                c.step_over()?;
                // Types that the contract never holds: named as Extended JSON names them, without their content.
                let name = if other == kind::UNDEFINED { "$undefined" } else { "$other" };
                visitor.visit_map(MapDeserializer::new(std::iter::once((name, true))))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BsonError> {
        if self.0.kind() == kind::NULL { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, BsonError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BsonError> {
        self.0.step_over()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        struct enum identifier
    }
}

/// The elements of an object or a list. Visitors may ask again after the end.
struct Members<'c, 'a> {
    cursor: &'c mut BsonCursor<'a>,
    ended: bool,
}

impl<'a> Members<'_, 'a> {
    fn element(&mut self) -> Result<Option<&'a [u8]>, BsonError> {
        if self.ended {
            return Ok(None);
        }
        let element = self.cursor.element()?;
        self.ended = element.is_none();
        Ok(element.map(|(name, _)| name))
    }
}

impl<'de> MapAccess<'de> for Members<'_, 'de> {
    type Error = BsonError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, BsonError> {
        let Some(name) = self.element()? else { return Ok(None) };
        let name = std::str::from_utf8(name).map_err(|_| BsonError::Malformed)?;
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, BsonError> {
        seed.deserialize(BsonDeserializer(self.cursor))
    }
}

impl<'de> SeqAccess<'de> for Members<'_, 'de> {
    type Error = BsonError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, BsonError> {
        match self.element()? {
            Some(_) => seed.deserialize(BsonDeserializer(self.cursor)).map(Some),
            None => Ok(None),
        }
    }
}
