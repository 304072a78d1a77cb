//! How fast one thread parses what is in its caches: `cargo test --release -p solidata-sources --lib speed -- --ignored --nocapture`.

use super::{common, unknown};
use crate::binary::BsonCursor;
use crate::json::{JsonCursor, PAD};
use crate::search;
use memchr::memchr_iter;
use solidata_anonymise::contract::SearchDoc;
use std::hint::black_box;
use std::time::Instant;

/// The best of many rounds, in seconds.
fn best(mut round: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..200 {
        let start = Instant::now();
        round();
        best = best.min(start.elapsed().as_secs_f64());
    }
    best
}

#[test]
#[ignore = "prints a measurement"]
fn speed_of_parsing() {
    let docs: Vec<_> = (0..2000).map(common::search).collect();
    let given = std::env::var("SOLIDATA_SEARCHES").ok().map(|path| std::fs::read_to_string(path).unwrap());
    let mut text = match given {
        Some(lines) => lines.lines().take(2000).map(|line| format!("{line}\n")).collect(),
        None => String::from_utf8(common::ndjson(&docs)).unwrap(),
    };
    let length = text.len();
    text.push_str(&"\0".repeat(PAD));
    let json = best(|| {
        let mut unknown = unknown();
        let mut doc = SearchDoc::default();
        let mut from = 0;
        let text = simdutf8::basic::from_utf8(text.as_bytes()).unwrap();
        for to in memchr_iter(b'\n', &text.as_bytes()[..length]) {
            search::clear(&mut doc);
            let mut cursor = JsonCursor::new(text, from, to);
            search::read(&mut cursor, &mut doc, &mut unknown).and_then(|()| cursor.finish()).unwrap();
            black_box(&doc);
            from = to + 1;
        }
    });
    let serde = best(|| {
        for line in text[..length].lines() {
            black_box(serde_json::from_str::<SearchDoc<'_>>(line).unwrap());
        }
    });
    let stream: Vec<Vec<u8>> = text[..length].lines().map(|line| common::to_bson(&serde_json::from_str(line).unwrap())).collect();
    let bson_length: usize = stream.iter().map(Vec::len).sum();
    let walk = best(|| {
        let mut unknown = unknown();
        let mut doc = SearchDoc::default();
        for bytes in &stream {
            search::clear(&mut doc);
            let mut cursor = BsonCursor::new(bytes);
            search::read(&mut cursor, &mut doc, &mut unknown).and_then(|()| cursor.finish()).unwrap();
            black_box(&doc);
        }
    });
    let raw = best(|| {
        for bytes in &stream {
            black_box(visit(bson::RawDocument::from_bytes(bytes).unwrap()));
        }
    });
    let show = |what: &str, bytes: usize, seconds: f64| {
        println!("{what}: {:.0} MB/s, {:.0} ns a document", bytes as f64 / seconds / 1e6, seconds / 2000.0 * 1e9);
    };
    show("JSON scanner into SearchDoc", length, json);
    show("serde_json into SearchDoc", length, serde);
    show("BSON walker into SearchDoc", bson_length, walk);
    show("bson crate, visiting every element of what the walker enters", bson_length, raw);
}

/// What the `bson` crate's raw iterator takes to look at the same elements, without building anything.
fn visit(document: &bson::RawDocument) -> usize {
    let mut seen = 0;
    for element in document {
        let (key, value) = element.unwrap();
        seen += key.len();
        if let bson::RawBsonRef::Document(inner) = value
            && key != "slugs"
        {
            seen += visit(inner);
        }
    }
    seen
}
