#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! What is cut or corrupt is refused; what is merely odd is set aside.

mod common;

use common::{archive, bson_stream, gzip, make_archive, ndjson, read, search, zstd};
use serde_json::{Value, json};
use solidata_sources::{Collection, ErrorKind, Position, Request, SourceError, read_bytes};
use std::io::Read;

const LIEUX: &[Collection] = &[Collection::Lieux];
const SEARCH: &[Collection] = &[Collection::Search];

fn refused(name: &str, bytes: &[u8], wanted: &[Collection], what: &str) {
    match read_bytes(name, bytes, &Request::new(wanted, 1), &()) {
        Ok(_) => panic!("accepted: {what}"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Damaged, "{what}: {error}"),
    }
}

/// Steps between the trials on the real archive: each reads 2 MB, so there are few trials without optimisation. `SOLIDATA_DAMAGE_STEP=1` tries
/// every cut and every byte.
fn step(release: usize) -> usize {
    let said = std::env::var("SOLIDATA_DAMAGE_STEP").ok().and_then(|step| step.parse().ok());
    said.unwrap_or(if cfg!(debug_assertions) { release * 20 } else { release })
}

#[test]
fn a_cut_archive_is_refused() {
    let Some(bytes) = archive() else { return };
    let all = (0..bytes.len() - 300).step_by(step(97)).chain((bytes.len() - 300..bytes.len()).step_by(step(1)));
    for length in all {
        refused("cut.archive.gz", &bytes[..length], LIEUX, &format!("cut to {length}"));
    }
}

/// Compression has several encodings of one text: a match may point to another place where the same bytes stand. A byte that only chooses among
/// them damages nothing, and no checksum within the file can see it; the pin does. Every other one is refused.
#[test]
fn a_flipped_byte_of_the_archive_is_refused() {
    let Some(bytes) = archive() else { return };
    let whole = unzip(&bytes).unwrap();
    // Ten bytes and, when flag 3 says so, the name of the file.
    let header = 10 + if bytes[3] & 8 == 0 { 0 } else { bytes[10..].iter().position(|b| *b == 0).unwrap() + 1 };
    let (mut tried, mut harmless) = (0, 0);
    // The first of them hold the names of the collections, once decompressed.
    for at in (header..header + 300).chain((header + 300..bytes.len()).step_by(step(97))) {
        let mut bad = bytes.clone();
        bad[at] ^= 1 << (at % 8);
        tried += 1;
        if unzip(&bad).is_ok_and(|unzipped| unzipped == whole) {
            harmless += 1;
            let sha256 = |bytes: &[u8]| read_bytes("x.archive.gz", bytes, &Request::new(LIEUX, 1), &()).unwrap().digest.sha256;
            assert_ne!(sha256(&bad), sha256(&bytes), "flipped at {at}");
        } else {
            refused("flipped.archive.gz", &bad, LIEUX, &format!("flipped at {at}"));
        }
    }
    println!("{tried} bytes flipped, {harmless} of them without effect on what is compressed");
    assert!(harmless * 500 < tried, "{harmless} of {tried}");
}

fn unzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut unzipped = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut unzipped)?;
    Ok(unzipped)
}

/// Without gzip around it, the archive's own framing and checksums must notice.
#[test]
fn a_cut_plain_archive_is_refused() {
    let docs: Vec<Value> = (0..6).map(search).collect();
    let plain = make_archive(&[
        ("db", "search", vec![bson_stream(&docs[..2]), bson_stream(&docs[2..])]),
        ("db", "users", vec![bson_stream(&docs[..1])]),
    ]);
    read("whole", &plain, SEARCH).unwrap();
    for length in 0..plain.len() {
        refused("cut.archive", &plain[..length], SEARCH, &format!("cut to {length}"));
    }
    refused("x", &[plain.as_slice(), b"\0"].concat(), SEARCH, "a byte after the end");
    refused("x", &[plain.as_slice(), &[0xff; 4]].concat(), SEARCH, "a terminator after the end");
    refused("x", &[gzip(&plain), b"x".to_vec()].concat(), SEARCH, "a byte after the gzip stream");
}

#[test]
fn a_flipped_bit_in_a_document_of_a_plain_archive_is_refused() {
    let docs: Vec<Value> = (0..4).map(search).collect();
    let users = bson_stream(&docs[..1]);
    let plain = make_archive(&[("db", "search", vec![bson_stream(&docs)]), ("db", "users", vec![users.clone()])]);
    for stream in [bson_stream(&docs), users] {
        let from = plain.windows(stream.len()).rposition(|part| part == stream.as_slice()).unwrap();
        for at in from..from + stream.len() {
            let mut bad = plain.clone();
            bad[at] ^= 1 << (at % 8);
            refused("x", &bad, SEARCH, &format!("flipped at {at}"));
        }
    }
}

#[test]
fn an_archive_out_of_order_is_refused() {
    let one = bson_stream(&[search(1)]);
    let whole = make_archive(&[("db", "search", vec![one.clone()])]);
    let end = make_archive(&[("db", "search", vec![])]);
    let body = |archive: &[u8]| archive[archive.windows(4).position(|w| w == [0xff; 4]).unwrap() + 4..].to_vec();
    refused("x", &[whole.clone(), body(&end)].concat(), SEARCH, "a second end mark");
    refused("x", &[whole.clone(), body(&whole)].concat(), SEARCH, "documents after the end mark");
    let other = body(&make_archive(&[("db", "other", vec![one.clone()])]));
    let unnamed = [whole.clone(), other.clone()].concat();
    assert_eq!(read("x", &unnamed, SEARCH).unwrap().0.documents["other"], 1, "a collection that the prelude does not name but that ends");
    let open = other.windows(4).position(|w| w == [0xff; 4]).unwrap() + 4;
    refused("x", &[&whole[..], &other[..open]].concat(), SEARCH, "a collection that the prelude does not name and that does not end");
}

#[test]
fn cut_files_of_other_forms_are_refused() {
    let docs: Vec<Value> = (0..3).map(search).collect();
    let bson = bson_stream(&docs);
    let ends: Vec<usize> = docs
        .iter()
        .scan(0, |at, doc| {
            Some({
                *at += common::to_bson(doc).len();
                *at
            })
        })
        .collect();
    for length in (0..bson.len()).filter(|length| *length > 0 && !ends.contains(length)) {
        refused("x.bson", &bson[..length], SEARCH, &format!("BSON cut to {length}"));
    }
    let lines = ndjson(&docs);
    for length in 1..lines.len() {
        let whole = lines[length - 1] == b'\n' || lines[length] == b'\n';
        match read("x.ndjson", &lines[..length], SEARCH) {
            Ok((receipt, _)) => assert!(whole && receipt.quarantine.is_empty(), "NDJSON cut to {length}"),
            Err(error) => assert!(!whole && error.kind() == ErrorKind::Damaged, "NDJSON cut to {length}: {error}"),
        }
    }
    let array = serde_json::to_vec(&docs).unwrap();
    for length in 1..array.len() {
        refused("x.json", &array[..length], SEARCH, &format!("array cut to {length}"));
    }
    for packed in [gzip(&lines), zstd(&lines), gzip(&array), zstd(&bson)] {
        for length in 0..packed.len() {
            refused("x.ndjson.gz", &packed[..length], SEARCH, &format!("compressed stream cut to {length}"));
        }
        refused("x.gz", &[packed.as_slice(), b"rest"].concat(), SEARCH, "bytes after the compressed stream");
    }
    for bad in [&b"[{}] x"[..], b"[{},]", b"[{}{}]", b"[1]", b"[,{}]", b"[{]}]", b"[{}]]", b"[{}", b"["] {
        refused("x.json", bad, SEARCH, &String::from_utf8_lossy(bad));
    }
    refused("x", b"hello", SEARCH, "no known form");
}

#[test]
fn odd_records_are_set_aside_without_their_content() {
    let mut lines: Vec<String> = (0..300).map(|i| search(i).to_string()).collect();
    lines[7] = "{\"word\": \"SECRET\", oops}".to_owned();
    lines[9] = "{\"nbResults\": \"SECRET\"}".to_owned();
    let mut bytes = lines.join("\n").into_bytes();
    let request = Request { quarantine_share: 0.02, ..Request::new(SEARCH, 2) };
    let receipt = read_bytes("x.ndjson", &bytes, &request, &()).unwrap();
    let at = |n: usize| Position(lines[..n].iter().map(|line| line.len() as u64 + 1).sum());
    let seen: Vec<_> = receipt.quarantine.iter().map(|q| (q.position, q.reason, &*q.field)).collect();
    assert_eq!(seen, [(at(7), "json_invalide", ""), (at(9), "type_inattendu", "nbResults")]);
    assert!(!format!("{receipt:?}").contains("SECRET"));
    assert_eq!(receipt.documents_of(Collection::Search), 300);
    bytes[at(20).0 as usize + 10] = 0xff;
    let receipt = read_bytes("x.ndjson", &bytes, &request, &()).unwrap();
    assert_eq!(receipt.quarantine[2].reason, "utf8_invalide");
    assert_eq!((receipt.quarantine.len(), receipt.quarantine[2].position), (3, at(20)));
    // One more than the share allows.
    let strict = Request { quarantine_share: 0.005, ..request };
    match read_bytes("x.ndjson", &bytes, &strict, &()) {
        Err(error @ SourceError::TooManyQuarantined { quarantined: 3, documents: 300, .. }) => assert_eq!(error.kind(), ErrorKind::Damaged),
        other => panic!("{other:?}"),
    }
}

#[test]
fn odd_places_are_set_aside_without_their_content() {
    let docs = [json!({"lieu_id": 1}), json!({"lieu_id": "SECRET"}), json!({"position": {"city": {"SECRET": 1}}})];
    for bytes in [ndjson(&docs), bson_stream(&docs), serde_json::to_vec(&docs).unwrap()] {
        let request = Request { quarantine_share: 1.0, ..Request::new(LIEUX, 1) };
        let receipt = read_bytes("x", &bytes, &request, &()).unwrap();
        let seen: Vec<_> = receipt.quarantine.iter().map(|q| (q.reason, &*q.field)).collect();
        assert_eq!(seen, [("type_inattendu", "lieu_id"), ("type_inattendu", "position.city")]);
        assert!(!format!("{receipt:?}").contains("SECRET"));
    }
}

#[test]
fn unknown_fields_are_named_by_path() {
    let docs = [
        json!({"abTest": 1, "location": {"areas": {"new": {"x": 1}, "slugs": {"inner": 1}}}, "searchType": "X", "a b c": 1}),
        json!({"abTest": [], "userData": {"device": "phone"}}),
    ];
    for bytes in [ndjson(&docs), bson_stream(&docs)] {
        let receipt = read("x", &bytes, SEARCH).unwrap().0;
        let seen: Vec<_> = receipt.unknown_fields.iter().map(|((_, path), count)| (path.as_str(), *count)).collect();
        assert_eq!(seen, [("?", 1), ("abTest", 2), ("location.areas.new", 1), ("userData.device", 1)]);
    }
}
