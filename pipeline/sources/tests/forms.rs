#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! The same records come out of every form.

mod common;

use common::{archive, bson_stream, canonical, gunzip, gzip, make_archive, ndjson, places, read, search, zstd};
use serde_json::Value;
use solidata_sources::{Collection, Form, Request, digest_snapshot, read_snapshot};
use std::path::Path;

const LIEUX: &[Collection] = &[Collection::Lieux];
const SEARCH: &[Collection] = &[Collection::Search];

/// All forms of a collection's file, with the name of the form.
fn forms(docs: &[Value], collection: &'static str) -> Vec<(String, &'static str, Vec<u8>)> {
    let canon: Vec<Value> = docs.iter().map(canonical).collect();
    let array = format!("[{}]\n", docs.iter().map(Value::to_string).collect::<Vec<_>>().join(","));
    let pretty = serde_json::to_string_pretty(&canon).unwrap();
    let half = docs.len() / 2;
    let blocks = vec![bson_stream(&docs[..half]), bson_stream(&docs[half..])];
    let plain = [
        ("ndjson", ndjson(docs)),
        ("ndjson", ndjson(&canon)),
        ("json-array", array.into_bytes()),
        ("json-array", pretty.into_bytes()),
        ("bson", bson_stream(docs)),
        ("archive", make_archive(&[("db", collection, blocks), ("db", "users", vec![bson_stream(&docs[..1])])])),
    ];
    let mut all = Vec::new();
    for (form, bytes) in plain {
        let (front, back) = bytes.split_at(bytes.len() / 3);
        all.push((format!("{form}+gzip"), form, [gzip(front), gzip(back)].concat()));
        all.push((format!("{form}+zstd"), form, [zstd(front), zstd(back)].concat()));
        all.push((form.to_owned(), form, bytes));
    }
    all
}

/// Says which record differs; never prints one.
fn same(left: &[String], right: &[String], what: &str) {
    assert_eq!(left.len(), right.len(), "{what}");
    for (i, (left, right)) in left.iter().zip(right).enumerate() {
        let at = left.bytes().zip(right.bytes()).take_while(|(l, r)| l == r).count();
        assert!(left == right, "{what}: record {i} differs from byte {at} of {}", left.len());
    }
}

fn same_in_all_forms(docs: &[Value], wanted: &'static [Collection]) -> Vec<String> {
    let name = wanted[0].name();
    let (first, expected) = read("x.ndjson", &ndjson(docs), wanted).unwrap();
    assert_eq!(expected.len(), docs.len());
    for (shown, form, bytes) in forms(docs, name) {
        let (receipt, records) = read("file", &bytes, wanted).unwrap();
        same(&records, &expected, &shown);
        assert_eq!(receipt.digest.form.to_string(), shown);
        assert_eq!(receipt.documents_of(wanted[0]), docs.len() as u64, "{shown}");
        assert_eq!(receipt.documents_of(Collection::Users), u64::from(form == "archive"));
        assert_eq!(receipt.unknown_fields, first.unknown_fields, "{shown}");
        assert_eq!(receipt.digest.bytes, bytes.len() as u64);
    }
    expected
}

#[test]
fn places_read_alike_in_every_form() {
    let Some(docs) = places() else { return };
    same_in_all_forms(&docs, LIEUX);
}

#[test]
fn searches_read_alike_in_every_form() {
    let docs: Vec<Value> = (0..3000).map(search).collect();
    same_in_all_forms(&docs, SEARCH);
}

#[test]
fn the_real_archive_holds_the_sample() {
    let (Some(archive), Some(docs)) = (archive(), places()) else { return };
    let (receipt, records) = read("soliguide_test.archive.gz", &archive, LIEUX).unwrap();
    assert_eq!(receipt.documents_of(Collection::Lieux), 142);
    assert_eq!(receipt.documents.len(), 4);
    assert_eq!(receipt.quarantine, []);
    same(&records, &read("plain", &gunzip(&archive), LIEUX).unwrap().1, "without gzip");
    same(&records, &read("lieux.ndjson", &ndjson(&docs), LIEUX).unwrap().1, "the sample");
}

#[test]
fn a_folder_is_read_by_the_names_of_its_files() {
    let places: Vec<Value> = (0..3).map(|i| serde_json::json!({"lieu_id": i, "name": "x"})).collect();
    let searches: Vec<Value> = (0..5).map(search).collect();
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    put("soliguide/lieux.bson.gz", &gzip(&bson_stream(&places)));
    put("soliguide/search.bson", &bson_stream(&searches));
    put("soliguide/search.metadata.json", b"{}");
    put("prelude.json", b"{}");
    put(".hidden", b"x");
    let both = &[Collection::Lieux, Collection::Search];
    let keeper = common::Keeper::default();
    let receipt = read_snapshot(folder.path(), &Request::new(both, 2), &keeper).unwrap();
    assert_eq!((receipt.documents_of(Collection::Lieux), receipt.documents_of(Collection::Search)), (3, 5));
    assert_eq!(receipt.digest.form, Form::Folder);
    let names: Vec<_> = receipt.digest.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["prelude.json", "soliguide/lieux.bson.gz", "soliguide/search.bson", "soliguide/search.metadata.json"]);
    // What pins a snapshot does not depend on what is wanted from it.
    let only = read_snapshot(folder.path(), &Request::new(LIEUX, 1), &()).unwrap();
    assert_eq!(only.digest, receipt.digest);
    assert_eq!(digest_snapshot(folder.path(), &()).unwrap(), receipt.digest);
    put("soliguide/search.metadata.json", b"{ }");
    assert_ne!(digest_snapshot(folder.path(), &()).unwrap().sha256, receipt.digest.sha256);
    // Two files that claim to be one collection.
    put("lieux.ndjson", &ndjson(&places));
    let error = read_snapshot(folder.path(), &Request::new(LIEUX, 1), &()).unwrap_err();
    assert_eq!(error.kind(), solidata_sources::ErrorKind::Usage, "{error}");
}

#[test]
fn a_file_is_pinned_by_its_own_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search.ndjson.zst");
    let bytes = zstd(&ndjson(&(0..10).map(search).collect::<Vec<_>>()));
    std::fs::write(&path, &bytes).unwrap();
    let receipt = read_snapshot(&path, &Request::new(SEARCH, 3), &()).unwrap();
    assert_eq!(digest_snapshot(&path, &()).unwrap(), receipt.digest);
    let sum = std::process::Command::new("sha256sum").arg(&path).output().unwrap();
    assert!(String::from_utf8(sum.stdout).unwrap().starts_with(&receipt.digest.sha256.to_string()));
}

#[test]
fn empty_collections_are_legal() {
    for (name, bytes) in [
        ("search.ndjson", Vec::new()),
        ("search.json", b"[]\n".to_vec()),
        ("search.bson", Vec::new()),
        ("search.bson.gz", gzip(b"")),
        ("search.ndjson.zst", zstd(b"")),
        ("x", b" \n\n".to_vec()),
        ("x", make_archive(&[("db", "search", vec![])])),
    ] {
        let (receipt, records) = read(name, &bytes, SEARCH).unwrap();
        assert_eq!((receipt.documents.get("search"), records.len()), (Some(&0), 0), "{name}");
    }
}

#[test]
fn lines_end_at_line_feeds_only() {
    let odd = serde_json::json!({"word": "a\u{2028}b\u{85}c\u{b}"});
    let text = format!("{odd}\r\n\n{odd}");
    let (receipt, records) = read("x.ndjson", text.as_bytes(), SEARCH).unwrap();
    assert_eq!((receipt.documents_of(Collection::Search), records.len()), (2, 2));
    assert!(records[0].contains("a\\u{2028}b\\u{85}c\\u{b}"), "{}", records[0]);
}

#[test]
fn what_is_missing_is_said() {
    use solidata_sources::ErrorKind::{Unavailable, Usage};
    let missing = read_snapshot(Path::new("/nowhere/at/all"), &Request::new(SEARCH, 1), &()).unwrap_err();
    assert_eq!(missing.kind(), Unavailable, "{missing}");
    let archive = make_archive(&[("db", "lieux", vec![])]);
    assert_eq!(read("a", &archive, SEARCH).unwrap_err().kind(), Usage);
    let twice = make_archive(&[("db", "search", vec![]), ("other", "search", vec![])]);
    assert_eq!(read("a", &twice, SEARCH).unwrap_err().kind(), Usage);
    let request = Request { lone: None, ..Request::new(SEARCH, 1) };
    let unsaid = solidata_sources::read_bytes("x", b"{}\n", &request, &()).unwrap_err();
    assert_eq!(unsaid.kind(), Usage, "{unsaid}");
}
