//! What the tests share: the real files, other forms of them, and a consumer that keeps what it is given.
#![allow(dead_code)]

use serde_json::{Map, Value, json};
use solidata_anonymise::contract::{PlaceDoc, SearchDoc};
use solidata_sources::{Breach, Collection, Consumer, ConsumerError, Position, Request, SnapshotReceipt, SourceError, read_bytes};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;

/// The bytes of a file of the shared folder. When that folder is missing the test fails in CI and is skipped elsewhere.
pub fn shared(name: &str) -> Option<Vec<u8>> {
    let folder = std::env::var_os("SOLIDATA_SHARED").map(PathBuf::from).unwrap_or_else(|| {
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into())).join("../../../shared")
    });
    if !folder.is_dir() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "../shared is missing");
        println!("SKIPPED: ../shared is missing");
        return None;
    }
    Some(std::fs::read(folder.join(name)).unwrap())
}

/// The real archive.
pub fn archive() -> Option<Vec<u8>> {
    shared("soliguide/soliguide_test.archive.gz")
}

/// The real places, as relaxed Extended JSON.
pub fn places() -> Option<Vec<Value>> {
    let text = String::from_utf8(shared("soliguide/lieux_sample.ndjson")?).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// The example of the specification, with values that vary.
pub fn search(i: u64) -> Value {
    json!({
        "_id": {"$oid": format!("65f1c0de{i:016x}")}, "adminSearch": i.is_multiple_of(7), "category": if i.is_multiple_of(2) { "food_packages" } else { "shower" },
        "categories": if i.is_multiple_of(5) { json!(["food", "wifi"]) } else { json!([]) }, "languages": null,
        "location": {
            "areas": {
                "codePostal": "67000", "departement": "Bas-Rhin", "departementCode": "67", "pays": "fr", "region": "Grand Est",
                "regionCode": "44", "ville": "Sélestat", "city": "Sélestat", "cityCode": "67482", "department": "Bas-Rhin",
                "departmentCode": "67", "postalCode": "67000",
                "slugs": {"department": null, "country": "fr", "region": null, "city": null, "ville": null, "pays": "france"}
            },
            "coordinates": [7.7521, 48.5734], "distance": 10000, "geoType": "position", "geoValue": format!("{i}-rue-des-orphelins"),
            "label": format!("{i} Rue des \"Orphelins\" {{[, 67000 Strasbourg"), "region": "Grand Est", "country": "fr",
            "city": "Strasbourg", "department": "Bas-Rhin", "postalCode": "67000"
        },
        "modalities": if i.is_multiple_of(3) { json!({"pmr": true, "price": false}) } else { json!({}) }, "nbResults": i % 20,
        "options": {"limit": 20, "page": 1 + i % 3}, "placeType": "LIEU",
        "publics": {"administrative": [], "familialle": [], "gender": if i.is_multiple_of(4) { json!(["women"]) } else { json!([]) }, "other": []},
        "userData": {
            "email": null, "language": "fr", "orgaId": null, "orgaName": null, "origin": "SOLIGUIDE", "referrer": null, "role": null,
            "status": "NOT_LOGGED", "territory": null, "userName": "", "user_id": null
        },
        "word": if i.is_multiple_of(2) { json!(null) } else { json!(format!("l'été\n{i} \u{1f600}\u{2028}")) }, "searchType": "CATEGORY",
        "slug": "food_packages", "createdAt": {"$date": "2024-03-13T15:06:54.120Z"}, "updatedAt": {"$date": "2024-03-13T15:06:54.120Z"},
        "__v": 0
    })
}

/// The same value as canonical Extended JSON.
pub fn canonical(value: &Value) -> Value {
    match value {
        Value::Number(n) if n.is_f64() => json!({"$numberDouble": n.to_string()}),
        Value::Number(n) if n.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => json!({"$numberInt": n.to_string()}),
        Value::Number(n) => json!({"$numberLong": n.to_string()}),
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        Value::Object(fields) => match fields.get("$date").and_then(Value::as_str) {
            Some(iso) => json!({"$date": {"$numberLong": solidata_anonymise::contract::iso_to_ms(iso).unwrap().to_string()}}),
            None => Value::Object(fields.iter().map(|(k, v)| (k.clone(), canonical(v))).collect()),
        },
        other => other.clone(),
    }
}

/// The same document as BSON.
pub fn to_bson(value: &Value) -> Vec<u8> {
    let fields: Map<String, Value> = value.as_object().unwrap().clone();
    bson::Document::try_from(fields).unwrap().to_vec().unwrap()
}

pub fn ndjson(docs: &[Value]) -> Vec<u8> {
    docs.iter().flat_map(|doc| format!("{doc}\n").into_bytes()).collect()
}

pub fn bson_stream(docs: &[Value]) -> Vec<u8> {
    docs.iter().flat_map(to_bson).collect()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(bytes), &mut out).unwrap();
    out
}

pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A collection of a made-up archive: database, name, and its documents in one or more blocks.
pub type Blocks = (&'static str, &'static str, Vec<Vec<u8>>);

/// An archive, its collections' blocks interleaved.
pub fn make_archive(collections: &[Blocks]) -> Vec<u8> {
    let mut out = 0x8199_e26d_u32.to_le_bytes().to_vec();
    let doc = |value: Value| to_bson(&value);
    out.extend(doc(json!({"concurrent_collections": 4, "version": "0.1", "server_version": "7.0.25", "tool_version": "100.13.0"})));
    for (db, collection, _) in collections {
        out.extend(doc(json!({"db": db, "collection": collection, "metadata": "{}", "size": 0, "type": "collection"})));
    }
    out.extend([0xff; 4]);
    let head = |db: &str, collection: &str, end: bool, crc: u64| {
        let mut head = bson::Document::new();
        head.insert("db", db);
        head.insert("collection", collection);
        head.insert("EOF", end);
        head.insert("CRC", crc.cast_signed());
        head.to_vec().unwrap()
    };
    let rounds = collections.iter().map(|(_, _, blocks)| blocks.len()).max().unwrap_or(0);
    for round in 0..=rounds {
        for (db, collection, blocks) in collections {
            if let Some(block) = blocks.get(round) {
                out.extend(head(db, collection, false, 0));
                out.extend(block);
                out.extend([0xff; 4]);
            }
            if round == blocks.len() {
                let crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Xz, &blocks.concat());
                out.extend(head(db, collection, true, crc));
                out.extend([0xff; 4]);
            }
        }
    }
    out
}

/// Keeps the `Debug` text of all records, by position.
#[derive(Default)]
pub struct Keeper(pub Mutex<Vec<(Collection, Position, String)>>);

impl Keeper {
    /// The records in order, without their positions.
    pub fn records(self) -> Vec<String> {
        let mut all = self.0.into_inner().unwrap();
        all.sort();
        all.into_iter().map(|(_, _, text)| text).collect()
    }
}

impl Consumer for Keeper {
    type Worker = Vec<(Collection, Position, String)>;
    fn worker(&self) -> Self::Worker {
        Vec::new()
    }
    fn lieu(&self, w: &mut Self::Worker, at: Position, doc: PlaceDoc) -> Result<(), Breach> {
        w.push((Collection::Lieux, at, format!("{doc:?}")));
        Ok(())
    }
    fn search(&self, w: &mut Self::Worker, at: Position, doc: &SearchDoc<'_>) -> Result<(), Breach> {
        w.push((Collection::Search, at, format!("{doc:?}")));
        Ok(())
    }
    fn finish(&self, mut w: Self::Worker) -> Result<(), ConsumerError> {
        self.0.lock().unwrap().append(&mut w);
        Ok(())
    }
}

/// Reads bytes and gives the receipt and the records.
pub fn read(name: &str, bytes: &[u8], wanted: &[Collection]) -> Result<(SnapshotReceipt, Vec<String>), SourceError> {
    let keeper = Keeper::default();
    let receipt = read_bytes(name, bytes, &Request::new(wanted, 2), &keeper)?;
    Ok((receipt, keeper.records()))
}
