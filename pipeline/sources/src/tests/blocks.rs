//! Blocks of 512 bytes: records that meet their ends, that are longer, in every form, on any number of threads.

use super::common::{self, bson_stream, make_archive, ndjson};
use crate::{Collection, Request, SourceError, read_bytes};
use proptest::prelude::*;
use serde_json::{Value, json};

fn doc(i: usize, length: usize) -> Value {
    json!({"_id": {"$oid": format!("65f1c0de{i:016x}")}, "word": "w".repeat(length), "slug": "}]\\\"[{".repeat(length % 50), "nbResults": i})
}

proptest! {
    #![proptest_config(super::cases(40))]

    #[test]
    fn records_of_any_length_come_through(lengths in prop::collection::vec(prop_oneof![0usize..600, 0usize..5000], 0..30), threads in 1usize..5) {
        let docs: Vec<Value> = lengths.iter().enumerate().map(|(i, length)| doc(i, *length)).collect();
        let half = docs.len() / 2;
        let blocks = vec![bson_stream(&docs[..half]), bson_stream(&docs[half..])];
        let array = serde_json::to_vec(&docs).unwrap();
        let pretty = serde_json::to_vec_pretty(&docs).unwrap();
        let archive = make_archive(&[("db", "search", blocks), ("db", "users", vec![bson_stream(&docs)])]);
        let expected: Vec<String> = docs.iter().map(|doc| super::slow(&doc.to_string()).unwrap()).collect();
        for (name, bytes) in [("ndjson", ndjson(&docs)), ("bson", bson_stream(&docs)), ("json", array), ("json", pretty), ("archive", archive)] {
            let keeper = common::Keeper::default();
            let request = Request::new(&[Collection::Search], threads);
            let receipt = read_bytes(&format!("search.{name}"), &bytes, &request, &keeper).unwrap();
            prop_assert_eq!(receipt.documents_of(Collection::Search), docs.len() as u64);
            prop_assert_eq!(&keeper.records(), &expected, "{}", name);
        }
    }
}

#[test]
fn receipts_do_not_depend_on_threads() {
    let mut lines: Vec<String> = (0..500).map(|i| doc(i, i % 90).to_string()).collect();
    for i in (0..500).step_by(7) {
        lines[i] = [r#"{"nbResults":"x"}"#, "{oops", r#"{"word":[1],"new":1}"#][i % 3].to_owned();
    }
    let bytes = lines.join("\n").into_bytes();
    let read = |threads| {
        let request = Request { quarantine_share: 0.5, ..Request::new(&[Collection::Search], threads) };
        read_bytes("search.ndjson", &bytes, &request, &()).unwrap()
    };
    let one = read(1);
    assert_eq!(one.quarantine.len(), 72);
    for threads in 2..6 {
        assert_eq!(read(threads), one);
    }
}

/// Fails at its third batch.
struct Failing;

impl crate::Consumer for Failing {
    type Worker = u32;
    fn worker(&self) -> u32 {
        0
    }
    fn batch_end(&self, batches: &mut u32) -> Result<(), crate::ConsumerError> {
        *batches += 1;
        if *batches == 3 { Err("the vault is full".into()) } else { Ok(()) }
    }
    fn finish(&self, _: u32) -> Result<(), crate::ConsumerError> {
        panic!("must not be called after a failure")
    }
}

#[test]
fn a_failing_consumer_stops_the_run() {
    let bytes = ndjson(&(0..5000).map(|i| doc(i, 100)).collect::<Vec<_>>());
    for threads in 1..4 {
        match read_bytes("search.ndjson", &bytes, &Request::new(&[Collection::Search], threads), &Failing) {
            Err(SourceError::Consumer(error)) => assert_eq!(error.to_string(), "the vault is full"),
            other => panic!("{other:?}"),
        }
    }
    // A damaged snapshot is never finished.
    struct Unfinished;
    impl crate::Consumer for Unfinished {
        type Worker = ();
        fn worker(&self) {}
        fn finish(&self, (): ()) -> Result<(), crate::ConsumerError> {
            panic!("must not be called for a damaged snapshot")
        }
    }
    let cut = &bytes[..bytes.len() - 5];
    assert!(matches!(read_bytes("x", cut, &Request::new(&[Collection::Search], 2), &Unfinished), Err(SourceError::Damaged { .. })));
}

#[test]
fn memory_is_bounded() {
    // In tests the longest record has 64 kB.
    let endless = format!("{{\"word\":\"{}", "a".repeat(200_000)).into_bytes();
    let in_array = [b"[".as_slice(), &endless].concat();
    for bytes in [endless, in_array] {
        match read_bytes("x.ndjson", &bytes, &Request::new(&[Collection::Search], 1), &()) {
            Err(SourceError::Damaged { what: crate::Damage::RecordTooLong, .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}
