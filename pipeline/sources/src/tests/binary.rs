//! The BSON walker against the `bson` crate.

use super::{slow, unknown};
use crate::binary::{BsonCursor, BsonDeserializer};
use crate::cursor::Fault;
use crate::search;
use bson::{Bson, Document, RawArray, RawBsonRef, RawDocument};
use proptest::prelude::*;
use solidata_anonymise::contract::SearchDoc;

fn walk(bytes: &[u8]) -> Result<String, Fault> {
    let mut doc = SearchDoc::default();
    let mut cursor = BsonCursor::new(bytes);
    search::read(&mut cursor, &mut doc, &mut unknown())?;
    cursor.finish()?;
    Ok(format!("{doc:?}"))
}

fn through_serde(bytes: &[u8]) -> Option<String> {
    let mut cursor = BsonCursor::new(bytes);
    let doc: SearchDoc<'_> = serde::Deserialize::deserialize(BsonDeserializer(&mut cursor)).ok()?;
    cursor.finish().ok()?;
    Some(format!("{doc:?}"))
}

/// The reference: the `bson` crate's Extended JSON through `serde_json`.
fn reference(bytes: &[u8]) -> Option<String> {
    let document = Document::try_from(RawDocument::from_bytes(bytes).ok()?).ok()?;
    slow(&Bson::Document(document).into_canonical_extjson().to_string()).ok()
}

/// A BSON value for a JSON one; numbers and wrappers become BSON types, and some values types that JSON has not.
fn to_bson(json: &super::Json, odd: u64) -> Bson {
    match json {
        super::Json::Bare(bare) => match (bare.as_str(), bare.parse::<i64>()) {
            ("null", _) => [Bson::Null, Bson::Null, Bson::Undefined, Bson::MinKey][odd as usize % 4].clone(),
            ("true", _) => Bson::Boolean(true),
            ("false", _) => Bson::Boolean(false),
            (_, Ok(n)) => i32::try_from(n).map_or(Bson::Int64(n), Bson::Int32),
            _ => Bson::Double(bare.parse().unwrap()),
        },
        super::Json::Text(text) => match odd % 23 {
            0 => Bson::Symbol(text.clone()),
            1 => Bson::JavaScriptCode(text.clone()),
            2 => Bson::RegularExpression(bson::Regex {
                pattern: text.replace('\0', "").try_into().unwrap(),
                options: "i".to_owned().try_into().unwrap(),
            }),
            3 => Bson::Binary(bson::Binary { subtype: bson::spec::BinarySubtype::Generic, bytes: text.clone().into_bytes() }),
            4 => Bson::JavaScriptCodeWithScope(bson::JavaScriptCodeWithScope { code: text.clone(), scope: bson::doc! {"x": 1} }),
            5 => Bson::Decimal128(bson::Decimal128::from_bytes([7; 16])),
            6 => Bson::Timestamp(bson::Timestamp { time: 5, increment: 6 }),
            _ => Bson::String(text.clone()),
        },
        super::Json::List(items) => Bson::Array(items.iter().enumerate().map(|(i, item)| to_bson(item, odd / 3 + i as u64)).collect()),
        super::Json::Object(fields) => match fields.as_slice() {
            [(key, super::Json::Text(hex))] if key == "$oid" && hex.len() == 24 && hex.is_ascii() => {
                bson::oid::ObjectId::parse_str(hex).map_or(Bson::Null, Bson::ObjectId)
            }
            [(key, super::Json::Bare(ms))] if key == "$date" => Bson::DateTime(bson::DateTime::from_millis(ms.parse().unwrap_or(0))),
            [(key, super::Json::Text(digits))] if key.starts_with("$number") => digits.parse().map_or(Bson::MaxKey, Bson::Double),
            _ => {
                let mut document = Document::new();
                for (i, (key, value)) in fields.iter().enumerate() {
                    // A dollar would be taken for Extended JSON by the reference, and a zero ends a key.
                    document.insert(key.replace(['\0', '$'], ""), to_bson(value, odd / 5 + i as u64));
                }
                Bson::Document(document)
            }
        },
    }
}

/// Whether a type that JSON has not stands where the contract has an object. The reference takes its Extended JSON, `{"$numberInt": ..}`, for an
/// object with an unknown field; the walker says that an object is wanted.
fn odd_object(document: &Document) -> bool {
    let odd = |document: &Document, key: &str| {
        document.get(key).is_some_and(|value: &Bson| {
            !matches!(value, Bson::Document(_) | Bson::Array(_) | Bson::String(_) | Bson::Null | Bson::Boolean(_))
        })
    };
    ["options", "publics", "modalities", "location", "userData"].iter().any(|key| odd(document, key))
        || document.get_document("location").is_ok_and(|location| odd(location, "areas"))
}

/// Whether every element down to the deepest is well formed, and no key occurs twice (the crate keeps the last only).
fn deep(document: &RawDocument) -> bool {
    fn value(value: RawBsonRef<'_>) -> bool {
        match value {
            RawBsonRef::Document(document) => deep(document),
            RawBsonRef::Array(array) => items(array),
            _ => true,
        }
    }
    fn items(array: &RawArray) -> bool {
        array.into_iter().all(|item| item.is_ok_and(value))
    }
    let mut keys = std::collections::BTreeSet::new();
    document.iter().all(|element| element.is_ok_and(|(key, element)| keys.insert(key.to_string()) && value(element)))
}

proptest! {
    #![proptest_config(super::cases(400))]

    #[test]
    fn documents_read_as_the_bson_crate_reads_them(json in super::search_json(), odd in any::<u64>()) {
        let Bson::Document(document) = to_bson(&json, odd) else { return Ok(()) };
        let bytes = document.to_vec().unwrap();
        if odd_object(&document) {
            return Ok(());
        }
        let walked = walk(&bytes).ok();
        prop_assert_eq!(&walked, &reference(&bytes));
        prop_assert_eq!(&walked, &through_serde(&bytes));
    }

    /// Damaged bytes: nothing panics, and what the crate finds well formed is read the same.
    #[test]
    fn damaged_documents_are_never_read_otherwise(json in super::search_json(), odd in any::<u64>(), edits in prop::collection::vec(any::<(u16, u8)>(), 1..4)) {
        let Bson::Document(document) = to_bson(&json, odd) else { return Ok(()) };
        let mut bytes = document.to_vec().unwrap();
        for (at, with) in edits {
            let n = bytes.len();
            bytes[at as usize % n] = with;
        }
        let walked = walk(&bytes).ok();
        let _ = through_serde(&bytes);
        let Ok(raw) = RawDocument::from_bytes(&bytes) else { return Ok(()) };
        let Ok(document) = Document::try_from(raw) else { return Ok(()) };
        if deep(raw) && !has_dollar(&bytes) && !odd_object(&document) {
            prop_assert_eq!(walked, reference(&bytes));
        }
    }
}

/// A damaged key that begins with a dollar would be taken for Extended JSON by the reference.
fn has_dollar(bytes: &[u8]) -> bool {
    bytes.contains(&b'$')
}

#[test]
fn text_that_is_not_utf8_is_read_with_replacements() {
    let mut bytes = bson::doc! {"word": "abc", "category": "food"}.to_vec().unwrap();
    let at = bytes.windows(3).position(|w| w == b"abc").unwrap();
    bytes[at + 1] = 0xff;
    let walked = walk(&bytes).unwrap();
    assert!(walked.contains("a\u{fffd}c") && walked.contains("food"));
    assert_eq!(through_serde(&bytes).unwrap(), walked);
}
