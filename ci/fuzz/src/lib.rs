//! What the fuzz targets do: each function gives bytes from outside to one parser, and goes on with what it reads as the program does. A target
//! fails when it panics, hangs, or takes more memory than ci/fuzz.sh allows; what a parser refuses is no failure.
//!
//! The first byte of some inputs chooses (a collection, a document), so that one target does not need several copies of itself.

pub mod sample;
pub mod seeds;

use sample::{LISTS, Records, contract};
use solidata_model::{ChainLink, Changes, ColumnType, DatasetSpec, Digest, Index, Manifest, Month, canonical_json, kind};
use solidata_signing::{PublicKey, SecretKey, check_index_signature, check_keys};
use solidata_sources::{Collection, Request, read_bytes};
use std::{hint::black_box, io::Cursor};

/// The longest archive, document... that is read: longer ones only make a target slow.
pub const LONGEST: usize = 1 << 16;

fn snapshot(name: &str, bytes: &[u8], wanted: &[Collection]) {
    let _ = black_box(read_bytes(name, bytes, &Request { quarantine_share: 1.0, ..Request::new(wanted, 1) }, &Records::default()));
}

fn lone(name: &str, data: &[u8]) {
    let Some((first, bytes)) = data.split_first() else { return };
    let collection = if first & 1 == 0 { Collection::Search } else { Collection::Lieux };
    snapshot(name, bytes, &[collection]);
}

/// A mongodump archive, after its first four bytes.
pub fn archive(data: &[u8]) {
    let bytes = [&0x8199_e26d_u32.to_le_bytes(), data].concat();
    snapshot("snapshot.archive", &bytes, &[Collection::Lieux, Collection::Search]);
}

/// BSON documents of a collection.
pub fn bson(data: &[u8]) {
    lone("records.bson", data);
}

/// NDJSON, or a JSON array, of a collection.
pub fn json(data: &[u8]) {
    lone("records.ndjson", data);
}

/// gzip or zstd, of anything; also what the input is when it is compressed well.
pub fn compressed(data: &[u8]) {
    lone("records.ndjson", data);
    let Some((first, rest)) = data.split_first() else { return };
    let packed = if first & 2 == 0 { sample::gzip(rest) } else { sample::zstd(rest) };
    lone("records.ndjson", &[&[*first], packed.as_slice()].concat());
}

/// `index.json`, with its history, keys and signature.
pub fn index(data: &[u8]) {
    let Ok(index) = serde_json::from_slice::<Index>(data) else { return };
    let _ = black_box(index.check_history());
    let _ = black_box(index.publications());
    let _ = black_box((index.current(), index.key_at(index.counter)));
    if let Ok(keys) = check_keys(&index) {
        let _ = black_box(check_index_signature(&index, keys.last()));
    }
    let _ = black_box(index.next(Some(Digest::of(data)), Vec::new(), index.releases.clone(), None));
    again(&index);
}

/// What is written of a document reads as the same.
fn again<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(document: &T) {
    let Ok(bytes) = canonical_json(document) else { return };
    assert_eq!(serde_json::from_slice::<T>(&bytes).ok().as_ref(), Some(document), "written and read again, it says something else");
}

/// `manifest.json` with its statement of provenance; a link of the chain; `changes.json`.
pub fn manifest(data: &[u8]) {
    if let Ok(manifest) = serde_json::from_slice::<Manifest>(data) {
        let _ = black_box(solidata_store::release::check_manifest(&manifest));
        let _ = black_box((manifest.prefix(), manifest.provenance().is_ok()));
        again(&manifest);
    }
    if let Ok(link) = serde_json::from_slice::<ChainLink>(data) {
        again(&link);
    }
    if let Ok(changes) = serde_json::from_slice::<Changes>(data) {
        again(&changes);
    }
}

/// `SHA256SUMS`. What is read is written, and reads as the same.
pub fn sums(data: &[u8]) {
    let Ok(sums) = solidata_canon::read_sha256sums(data) else { return };
    let again = solidata_canon::sha256sums(sums.iter().map(|(path, digest)| (path.as_str(), *digest)));
    assert_eq!(again.ok().and_then(|bytes| solidata_canon::read_sha256sums(&bytes).ok()), Some(sums));
}

/// Signatures, public keys and secret keys.
pub fn signature(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (_, public) = &*sample::KEYS;
    let _ = black_box(public.verify(b"bytes", &text, "what this is"));
    if let Ok(key) = PublicKey::parse(&text) {
        assert_eq!(PublicKey::parse(&key.to_string()).ok(), Some(key));
    }
    // A key with a password takes a second to open: the fuzzer tries only those without.
    let _ = black_box(SecretKey::read(&text, None).map(|key| key.public().id()));
}

/// A published schema, and the table that it describes.
pub fn table_schema(data: &[u8]) {
    let Ok(contract) = solidata_canon::contract_of_table_schema(data) else { return };
    let spec = DatasetSpec { contract, ..contract_spec() };
    if let Ok(written) = solidata_canon::table_schema(&spec) {
        let read = solidata_canon::contract_of_table_schema(&written).expect("what this program writes, it reads");
        assert_eq!(read.columns.len(), spec.contract.columns.len());
    }
    let _ = black_box(solidata_canon::logical_digest_of_csv(Cursor::new(b"a,b\n1,2\n"), &spec.contract));
}

fn contract_spec() -> DatasetSpec {
    contract().clone()
}

/// CSV: rows, and their digest, which batches do not change.
pub fn csv(data: &[u8]) {
    let spec = contract();
    let digest = solidata_canon::logical_digest_of_csv(data, &spec.contract);
    // What keeps to the contract is written again as the same rows.
    let Ok(digest) = digest else { return };
    let mut out = (Vec::new(), Vec::new());
    let Ok(mut writer) = solidata_canon::TableWriter::new(spec, &mut out.0, &mut out.1) else { return };
    let Ok(batches) = solidata_canon::read_csv(data, &spec.contract) else { return };
    if batches.map(|batch| writer.write(&batch?)).collect::<Result<(), _>>().is_err() {
        return;
    }
    if let Ok(receipt) = writer.finish() {
        assert_eq!((receipt.rows, receipt.logical_sha256), (digest.rows, digest.sha256));
        let parquet = solidata_canon::logical_digest_of_parquet(bytes::Bytes::from(out.0)).expect("what this program writes, it reads");
        assert_eq!(parquet, digest);
    }
}

/// Parquet. The library gives up on some damaged files by a panic, which must end at our border: here only what comes through counts.
pub fn parquet(data: &[u8]) {
    sample::silence();
    let _ = black_box(solidata_canon::logical_digest_of_parquet(bytes::Bytes::copy_from_slice(data)));
}

/// `dataset.toml` and `schema.toml`, one after the other with a line of dashes between.
pub fn contracts(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (dataset, schema) = text.split_once("\n---\n").unwrap_or((&text, sample::SCHEMA));
    if let Ok(spec) = DatasetSpec::parse("essai", dataset, schema) {
        let _ = black_box(solidata_canon::table_schema(&spec));
    }
}

/// Small texts: months, digests, types, public keys.
pub fn texts(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(month) = text.parse::<Month>() {
        assert_eq!(month.to_string(), text);
        let _ = black_box((month.first_day(), month.last_day(), month.next()));
    }
    if let Ok(digest) = text.parse::<Digest<kind::File>>() {
        assert_eq!(digest.to_string(), text);
    }
    if let Ok(kind) = ColumnType::try_from(text.to_string()) {
        assert_eq!(ColumnType::try_from(kind.name()), Ok(kind));
    }
    if let Some(ms) = solidata_anonymise::contract::iso_to_ms(&text) {
        let _ = black_box(ms.checked_mul(2));
    }
}

/// A public store of which one object is anything: the first byte says which one.
pub fn store(data: &[u8]) {
    sample::silence();
    let Some((which, bytes)) = data.split_first() else { return };
    sample::STORE.with(|world| world.verify_with(usize::from(*which), bytes));
}

/// Code lists, as a release carries them: the first byte says which one.
pub fn code_lists(data: &[u8]) {
    let Some((which, bytes)) = data.split_first() else { return };
    LISTS.read_with(usize::from(*which), bytes);
}
