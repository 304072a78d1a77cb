//! Snapshots that are made to do harm.

use super::common::{bson_stream, gzip, make_archive, search, zstd};
use crate::error::Damage;
use crate::{Collection, Request, SourceError, read_bytes, read_snapshot};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

const SEARCH: &[Collection] = &[Collection::Search];

fn damage(bytes: &[u8]) -> Option<Damage> {
    match read_bytes("x", bytes, &Request::new(SEARCH, 1), &()) {
        Err(SourceError::Damaged { what, .. }) => Some(what),
        _ => None,
    }
}

#[test]
fn what_becomes_far_larger_than_any_dump_is_refused() {
    let blank = vec![b'\n'; 200 << 10];
    assert_eq!(damage(&blank), None);
    assert_eq!(damage(&zstd(&blank)), Some(Damage::Ratio));
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&vec![b'\n'; 4 << 20]).unwrap();
    assert_eq!(damage(&packed.finish().unwrap()), Some(Damage::Ratio));
    // The first blocks of a small file say little.
    assert_eq!(damage(&zstd(&blank[..60 << 10])), None);
    let real: String = (0..300).map(|n| serde_json::to_string(&search(n)).unwrap() + "\n").collect();
    assert_eq!(damage(&gzip(real.as_bytes())), None);
}

#[test]
fn an_archive_names_no_more_collections_than_a_database_has() {
    let documents = bson_stream(&[search(1)]);
    let names: Vec<&str> = (0..60).map(|n| &*format!("c{n}").leak()).collect();
    let with = |names: &[&'static str]| {
        let blocks: Vec<_> = names.iter().map(|name| ("db", *name, vec![documents.clone()])).collect();
        make_archive(&[blocks, vec![("db", "search", vec![documents.clone()])]].concat())
    };
    assert_eq!(damage(&with(&names[..40])), None);
    assert_eq!(damage(&with(&names)), Some(Damage::Namespaces));
    assert_eq!(damage(&with(&["x".repeat(4_000).leak()])), Some(Damage::Namespaces));
    // And an error does not repeat all that it names.
    let said = read_bytes("x", &with(&names[..40]), &Request::new(&[Collection::Lieux], 1), &()).unwrap_err().to_string();
    assert!(said.contains("c12") && said.contains("...") && !said.contains("c9,"), "{said}");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_read() {
    let error = read_snapshot(std::path::Path::new("/dev/zero"), &Request::new(SEARCH, 1), &()).unwrap_err();
    assert!(matches!(error, SourceError::NoFile { .. }), "{error}");
}
