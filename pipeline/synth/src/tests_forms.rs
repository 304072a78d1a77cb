//! One snapshot in every form: the same documents, framed as the real tools frame them; and secrets that are in no public field.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

use bson::{Bson, Document};
use serde_json::Value;

use crate::tests::{date, lines, make, small, truth};
use crate::{Form, SynthSpec};

fn spec(form: Form) -> SynthSpec {
    SynthSpec { to: date(2024, 4, 1), scale: 0.03, ..small(form) }
}

/// The documents of concatenated BSON, and how many cannot be read.
fn bson_documents(mut bytes: &[u8]) -> (Vec<Document>, usize) {
    let (mut documents, mut broken) = (Vec::new(), 0);
    while !bytes.is_empty() {
        let length = i32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
        match Document::from_reader(&bytes[..length]) {
            Ok(document) => documents.push(document),
            Err(_) => broken += 1,
        }
        bytes = &bytes[length..];
    }
    (documents, broken)
}

fn json_documents(path: &Path) -> Vec<Document> {
    let bytes = std::fs::read(path).unwrap();
    let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let whole = |document: &Document| !document.get_str("word").is_ok_and(|word| word.contains('\u{fffd}'));
    lines.map(|line| serde_json::from_slice(line).unwrap()).filter(whole).collect()
}

/// Numbers without their type, which relaxed JSON does not keep.
fn untyped(value: Bson) -> Bson {
    match value {
        Bson::Int32(n) => Bson::Double(f64::from(n)),
        Bson::Int64(n) => Bson::Double(n as f64),
        Bson::Array(items) => Bson::Array(items.into_iter().map(untyped).collect()),
        Bson::Document(document) => Bson::Document(document.into_iter().map(|(key, value)| (key, untyped(value))).collect()),
        other => other,
    }
}

#[test]
fn every_form_holds_the_same_documents() {
    let (binary, _) = make(&spec(Form::Bson), 2);
    let (canonical, _) = make(&spec(Form::NdjsonCanonical), 2);
    let (relaxed, _) = make(&spec(Form::Ndjson), 2);
    for collection in ["lieux", "search"] {
        let (expected, broken) = bson_documents(&std::fs::read(binary.path().join(format!("{collection}.bson"))).unwrap());
        assert_eq!(broken, if collection == "search" { 5 } else { 0 }, "texts that are not UTF-8 are kept as they are in BSON only");
        let name = format!("{collection}.ndjson");
        assert!(json_documents(&canonical.path().join(&name)) == expected, "{collection} canonical");
        let relaxed: Vec<Bson> = json_documents(&relaxed.path().join(&name)).into_iter().map(|doc| untyped(doc.into())).collect();
        assert!(relaxed == expected.into_iter().map(|doc| untyped(doc.into())).collect::<Vec<_>>(), "{collection} relaxed");
    }
    let rule = |folder: &Path| ["rule", "waterfall", "supply", "secrets"].map(|key| truth(folder)[key].clone());
    assert!(rule(binary.path()) == rule(relaxed.path()) && rule(binary.path()) == rule(canonical.path()));
}

/// CRC-64/XZ, bit by bit: not the library that wrote it.
fn crc64(bytes: &[u8]) -> u64 {
    !bytes.iter().fold(u64::MAX, |mut sum, &byte| {
        sum ^= u64::from(byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xC96C_5795_D787_0F42 } else { sum >> 1 };
        }
        sum
    })
}

fn gunzip(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path)?).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What an archive holds: collections with their bytes, the ends with their sums, and how often the collection changed.
#[derive(Default)]
struct Archive {
    collections: BTreeMap<String, Vec<u8>>,
    ends: BTreeMap<String, i64>,
    changes: usize,
}

fn read_archive(bytes: &[u8]) -> Option<Archive> {
    let mut at = 4;
    assert_eq!(bytes[..4], 0x8199_e26d_u32.to_le_bytes());
    let take = |at: &mut usize| -> Option<&[u8]> {
        let length = i32::from_le_bytes(bytes.get(*at..*at + 4)?.try_into().ok()?);
        let part = bytes.get(*at..*at + usize::try_from(length).ok()?)?;
        *at += part.len();
        Some(part)
    };
    let ended = |at: usize| bytes.get(at..at + 4).map(|word| word == [0xff; 4]);
    let prelude = Document::from_reader(take(&mut at)?).ok()?;
    assert_eq!(prelude.get_i32("concurrent_collections").unwrap(), 4);
    let mut declared = BTreeSet::new();
    while !ended(at)? {
        let metadata = Document::from_reader(take(&mut at)?).ok()?;
        serde_json::from_str::<Value>(metadata.get_str("metadata").unwrap()).unwrap();
        declared.insert(metadata.get_str("collection").unwrap().to_owned());
    }
    at += 4;
    let (mut archive, mut last) = (Archive::default(), String::new());
    while at < bytes.len() {
        let header = Document::from_reader(take(&mut at)?).ok()?;
        let name = header.get_str("collection").unwrap().to_owned();
        assert!(declared.contains(&name) && !archive.ends.contains_key(&name));
        archive.changes += usize::from(name != last);
        last.clone_from(&name);
        while !ended(at)? {
            archive.collections.entry(name.clone()).or_default().extend_from_slice(take(&mut at)?);
        }
        at += 4;
        if header.get_bool("EOF").unwrap() {
            archive.ends.insert(name, header.get_i64("CRC").unwrap());
        } else {
            assert_eq!(header.get_i64("CRC").unwrap(), 0);
        }
    }
    (archive.ends.len() == declared.len()).then_some(archive)
}

fn sums_agree(archive: &Archive) -> bool {
    let body = |name: &String| archive.collections.get(name).map(Vec::as_slice).unwrap_or_default();
    archive.ends.iter().all(|(name, sum)| *sum as u64 == if body(name).is_empty() { 0 } else { crc64(body(name)) })
}

#[test]
fn an_archive_is_framed_as_mongodump_frames_it() {
    let (folder, report) = make(&spec(Form::Archive), 2);
    assert_eq!(report.files[0].name, "snapshot.archive.gz");
    let archive = read_archive(&gunzip(&folder.path().join("snapshot.archive.gz")).unwrap()).unwrap();
    assert!(sums_agree(&archive));
    assert_eq!(archive.ends["tempInfos"], 0);
    assert!(archive.changes > 5, "the collections interleave");
    let (files, _) = make(&spec(Form::Bson), 2);
    for collection in ["lieux", "search"] {
        assert!(archive.collections[collection] == std::fs::read(files.path().join(format!("{collection}.bson"))).unwrap());
    }
}

#[test]
fn every_damaged_snapshot_is_damaged() {
    let (folder, _) = make(&spec(Form::Ndjson), 2);
    let damaged = folder.path().join("damaged");
    let bad_lines = |name: &str| {
        let bytes = std::fs::read(damaged.join(name)).unwrap();
        let lines: Vec<&[u8]> = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).collect();
        (lines.len(), lines.iter().filter(|line| serde_json::from_slice::<Value>(line).is_err()).count())
    };
    assert_eq!(bad_lines("search-ligne-coupee.ndjson"), (40, 1));
    assert_eq!(bad_lines("search-sans-fin-de-ligne.ndjson"), (40, 1));
    assert_eq!(bad_lines("search-lignes-cassees.ndjson"), (40, 3));
    assert_eq!(bad_lines("lieux-ligne-coupee.ndjson"), (5, 1));
    for name in ["search-coupe.bson", "search-longueur-fausse.bson"] {
        let bytes = std::fs::read(damaged.join(name)).unwrap();
        let mut at = 0;
        while let Some(length) = bytes.get(at..at + 4) {
            at += i32::from_le_bytes(length.try_into().unwrap()) as usize;
        }
        assert!(at > bytes.len(), "{name}");
    }
    for name in ["crc-faux.archive.gz", "crc-annonce-faux.archive.gz"] {
        let archive = read_archive(&gunzip(&damaged.join(name)).unwrap()).unwrap();
        assert!(!sums_agree(&archive), "{name}");
    }
    for name in ["sans-fin.archive.gz", "bloc-coupe.archive.gz"] {
        assert!(read_archive(&gunzip(&damaged.join(name)).unwrap()).is_none(), "{name}");
    }
    for name in ["gzip-coupe.archive.gz", "search-coupe.ndjson.gz"] {
        assert!(gunzip(&damaged.join(name)).is_err(), "{name}");
    }
    assert!(zstd::stream::decode_all(std::fs::File::open(damaged.join("search-coupe.ndjson.zst")).unwrap()).is_err());
    assert_eq!(std::fs::read_dir(&damaged).unwrap().count(), truth(folder.path())["damaged"].as_array().unwrap().len());
}

/// The texts of a place that may be published: all of a listed one, without the location of a protected one.
fn public_text(doc: &Value, hidden: bool, out: &mut String) {
    let mut push = |value: &Value| out.extend([&value.to_string(), "\n"]);
    for key in ["lieu_id", "name", "placeType", "languages", "sources", "status"] {
        push(&doc[key]);
    }
    for service in doc["services_all"].as_array().unwrap() {
        push(&service["category"]);
    }
    let position = &doc["position"];
    for key in ["city", "postalCode", "cityCode", "department", "departmentCode", "region"] {
        push(&position[key]);
    }
    if !hidden {
        push(&position["address"]);
        push(&position["adresse"]);
        push(&position["location"]);
        push(&doc["seo_url"]);
        push(&doc["entity"]["website"]);
        for phone in doc["entity"]["phones"].as_array().unwrap() {
            push(&phone["phoneNumber"]);
        }
    }
}

#[test]
fn tokens_are_in_the_documents_but_in_no_public_field() {
    let (folder, _) = make(&SynthSpec { scale: 0.1, ..spec(Form::Ndjson) }, 2);
    let truth = truth(folder.path());
    let places = lines(&folder.path().join("lieux.ndjson"));
    let protected: BTreeSet<u64> = truth["protected"].as_array().unwrap().iter().map(|row| row["lieu_id"].as_u64().unwrap()).collect();
    let open = ["Licence Ouverte 2.0", "etalab-2.0"];
    let mut public = String::new();
    let mut listed = 0;
    for doc in &places {
        let french = doc["country"].as_str().is_none_or(|country| country == "fr");
        let source_is_open = |source: &Value| source["license"].as_str().is_some_and(|license| open.contains(&license));
        if doc["status"] == "ONLINE"
            && doc["visibility"] == "ALL"
            && french
            && doc["sources"].as_array().unwrap().iter().all(source_is_open)
        {
            public_text(doc, protected.contains(&(doc["lieu_id"].as_f64().unwrap() as u64)), &mut public);
            assert!(doc["name"].as_str().unwrap().starts_with(crate::places::MARK));
            listed += 1;
        }
    }
    let rows = truth["supply"].as_array().unwrap();
    assert_eq!(listed, rows.iter().map(|row| row["lieux_listes"].as_u64().unwrap()).sum::<u64>());
    let mut all = std::fs::read_to_string(folder.path().join("lieux.ndjson")).unwrap();
    all.push_str(&std::fs::read_to_string(folder.path().join("search.ndjson")).unwrap());
    let mut by_kind: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for secret in truth["secrets"].as_array().unwrap() {
        let [kind, value, token] = ["nature", "valeur", "jeton"].map(|key| secret[key].as_str().unwrap());
        assert!(value.contains(token) && token.len() >= 8, "{kind}");
        assert!(!public.contains(token), "{kind} {token} is in a public field");
        let (planted, found) = by_kind.entry(kind).or_default();
        *planted += 1;
        // One that is found is enough: not every pool is used up in a small sample.
        if *found == 0 {
            *found += usize::from(all.contains(token));
        }
    }
    for (kind, (planted, found)) in by_kind {
        assert!(found > 0, "no {kind} of {planted} is in the documents");
    }
}
