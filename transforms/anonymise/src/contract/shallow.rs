//! The value of one field without what is below it.

use super::{ObjectId, iso_to_ms};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A value without its children. No variant holds what is of no use to a leaf.
pub(super) enum Shallow<'de> {
    /// `null`, `""` or `[]`.
    Blank,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Cow<'de, str>),
    Id(ObjectId),
    Date(i64),
    /// A list that is not empty, an object, binary, a wrapper that does not hold what its name says...
    Other,
}

impl<'de> Shallow<'de> {
    pub(super) fn read<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ShallowVisitor)
    }

    pub(super) fn whole(&self) -> Option<i64> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match *self {
            Shallow::Int(n) => Some(n),
            Shallow::Double(x) if x.fract() == 0.0 && x.abs() <= EXACT => Some(x as i64),
            _ => None,
        }
    }
}

struct ShallowSeed;

impl<'de> DeserializeSeed<'de> for ShallowSeed {
    type Value = Shallow<'de>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        Shallow::read(from)
    }
}

pub(super) struct ShallowVisitor;

impl<'de> Visitor<'de> for ShallowVisitor {
    type Value = Shallow<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Shallow::Blank)
    }
    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Shallow::Blank)
    }
    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        Shallow::read(from)
    }
    fn visit_bool<E: Error>(self, v: bool) -> Result<Self::Value, E> {
        Ok(Shallow::Bool(v))
    }
    fn visit_i64<E: Error>(self, v: i64) -> Result<Self::Value, E> {
        Ok(Shallow::Int(v))
    }
    fn visit_u64<E: Error>(self, v: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(v).map_or(Shallow::Other, Shallow::Int))
    }
    fn visit_f64<E: Error>(self, v: f64) -> Result<Self::Value, E> {
        Ok(Shallow::Double(v))
    }
    fn visit_borrowed_str<E: Error>(self, v: &'de str) -> Result<Self::Value, E> {
        Ok(if v.is_empty() { Shallow::Blank } else { Shallow::Text(Cow::Borrowed(v)) })
    }
    fn visit_str<E: Error>(self, v: &str) -> Result<Self::Value, E> {
        self.visit_string(v.to_owned())
    }
    fn visit_string<E: Error>(self, v: String) -> Result<Self::Value, E> {
        Ok(if v.is_empty() { Shallow::Blank } else { Shallow::Text(Cow::Owned(v)) })
    }
    fn visit_bytes<E: Error>(self, _: &[u8]) -> Result<Self::Value, E> {
        Ok(Shallow::Other)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        if seq.next_element::<IgnoredAny>()?.is_none() {
            return Ok(Shallow::Blank);
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Shallow::Other)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let value = match map.next_key::<Key<'de>>()? {
            Some(Key(key)) if key.starts_with('$') => unwrap_extended(&key, map.next_value_seed(ShallowSeed)?),
            Some(_) => {
                map.next_value::<IgnoredAny>()?;
                Shallow::Other
            }
            None => Shallow::Other,
        };
        let mut alone = true;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            alone = false;
        }
        Ok(if alone { value } else { Shallow::Other })
    }
}

/// What `{key: value}` means in Extended JSON.
fn unwrap_extended<'de>(key: &str, value: Shallow<'de>) -> Shallow<'de> {
    let found = match (key, &value) {
        ("$oid", Shallow::Text(hex)) => ObjectId::from_hex(hex).map(Shallow::Id),
        ("$date", Shallow::Text(iso)) => iso_to_ms(iso).map(Shallow::Date),
        ("$date", Shallow::Int(ms)) => Some(Shallow::Date(*ms)),
        ("$numberInt" | "$numberLong", Shallow::Text(digits)) => digits.parse().ok().map(Shallow::Int),
        ("$numberInt" | "$numberLong", Shallow::Int(n)) => Some(Shallow::Int(*n)),
        ("$numberDouble", Shallow::Text(text)) => text.parse().ok().map(Shallow::Double),
        ("$numberDouble", _) => value.whole().map(|n| Shallow::Double(n as f64)),
        _ => None,
    };
    found.unwrap_or(Shallow::Other)
}

/// The name of a field, borrowed when it can be.
pub(super) struct Key<'de>(pub(super) Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a field")
            }
            fn visit_borrowed_str<E: Error>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(v)))
            }
            fn visit_str<E: Error>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(v.to_owned())))
            }
        }
        from.deserialize_str(KeyVisitor)
    }
}
