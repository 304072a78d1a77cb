#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
//! Files that are made to do harm end in an error: soon, in little memory, and without a panic.

mod common;

use arrow::array::{ArrayRef, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::Encoding;
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use solidata_canon::{CanonError, contract_of_table_schema, logical_digest_of_csv, logical_digest_of_parquet, read_parquet, table_schema};
use solidata_model::DatasetSpec;
use std::io::{Read, repeat};
use std::sync::Arc;

fn written(columns: &[(&str, ArrayRef)], properties: WriterPropertiesBuilder) -> Bytes {
    let batch = RecordBatch::try_from_iter(columns.iter().map(|(name, column)| (*name, Arc::clone(column)))).unwrap();
    let mut out = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut out, batch.schema(), Some(properties.build())).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    out.into()
}

fn refused(bytes: impl Into<Bytes>, word: &str) {
    match logical_digest_of_parquet(bytes.into()) {
        Err(CanonError::ParquetRefused(why)) => assert!(why.contains(word), "{why}"),
        other => panic!("{word}: {other:?}"),
    }
}

/// A number as Thrift's compact protocol writes it.
fn varint(mut n: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
    out
}

/// An element of a schema: a root or group with children, or a required column of whole numbers.
fn element(children: Option<u64>) -> Vec<u8> {
    match children {
        // 3: repetition, 4: name, 5: children
        Some(n) => [&[0x35, 0, 0x18, 1, b'g', 0x15][..], &varint(2 * n), &[0]].concat(),
        // 1: type, 3: repetition, 4: name
        None => vec![0x15, 4, 0x25, 0, 0x18, 1, b'a', 0],
    }
}

/// A file that is all footer: its schema, so many rows, and no row groups.
fn footer(schema: &[Vec<u8>], rows: u64) -> Bytes {
    let elements = [&[0xfc][..], &varint(schema.len() as u64), &schema.concat()].concat();
    // 1: version, 2: schema, 3: rows, 4: row groups
    let footer = [&[0x15, 2, 0x19][..], &elements, &[0x16], &varint(2 * rows), &[0x19, 0x0c, 0]].concat();
    [b"PAR1", footer.as_slice(), &(footer.len() as u32).to_le_bytes(), b"PAR1"].concat().into()
}

#[test]
fn a_footer_is_not_believed() {
    assert_eq!(logical_digest_of_parquet(footer(&[element(Some(1)), element(None)], 0)).unwrap().rows, 0);
    refused(footer(&[element(Some(1)), element(None)], 1 << 60), "other rows");
    // Rows without a column would never end.
    refused(footer(&[element(Some(0))], 1 << 60), "no column");
    let deep: Vec<Vec<u8>> = (0..100_000).map(|_| element(Some(1))).chain([element(None)]).collect();
    refused(footer(&deep, 0), "in one another");
    let wide: Vec<Vec<u8>> = [element(Some(501))].into_iter().chain((0..501).map(|_| element(None))).collect();
    refused(footer(&wide, 0), "more than 500");
    let good = footer(&[element(Some(1)), element(None)], 0);
    refused([b"PAR1".as_slice(), &u32::MAX.to_le_bytes(), b"PAR1"].concat(), "longer");
    refused(good.slice(..7), "short");
}

#[test]
fn columns_are_flat_and_plain() {
    let mut lists = ListBuilder::new(StringBuilder::new());
    lists.append_value([Some("a"), Some("b")]);
    refused(written(&[("a", Arc::new(lists.finish()))], WriterProperties::builder()), "in one another");
    let text: ArrayRef = Arc::new(StringArray::from_iter_values((0..100).map(|n| format!("{n:050}"))));
    // Such a page repeats the beginning of the value before at the cost of a bit.
    let repeats = WriterProperties::builder().set_dictionary_enabled(false).set_encoding(Encoding::DELTA_BYTE_ARRAY);
    refused(written(&[("a", Arc::clone(&text))], repeats), "head of a page");
    let plain = written(&[("a", text)], WriterProperties::builder());
    assert_eq!(logical_digest_of_parquet(plain).unwrap().rows, 100);
}

#[test]
fn a_dictionary_is_repeated_a_little_at_a_time() {
    let long = "x".repeat(1 << 20);
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values(std::iter::repeat_n(long.as_str(), 1_500)));
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..1_500));
    let file = written(&[("a", texts), ("b", numbers)], WriterProperties::builder().set_dictionary_page_size_limit(8 << 20));
    assert!(file.len() < 2 << 20);
    let mut batches = read_parquet(file).unwrap();
    assert!(batches.next().unwrap().unwrap().num_rows() <= 256);
}

#[test]
fn damage_is_no_panic() {
    let (_, good, _) = common::written(&common::spec(), &[common::batch(&common::many_rows(200))]);
    let digest = logical_digest_of_parquet(Bytes::from(good.clone())).unwrap();
    let mut same = 0;
    for at in 0..good.len() {
        for mask in [1u8, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[at] ^= mask;
            same += usize::from(logical_digest_of_parquet(Bytes::from(bad)).is_ok_and(|d| d == digest));
        }
    }
    // Much of a footer says nothing of the rows.
    assert!(same < 3 * good.len());
}

#[test]
fn a_record_ends() {
    let spec = common::spec();
    let header = spec.contract.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(",") + "\n";
    for endless in [
        Box::new(repeat(b'a')) as Box<dyn Read>,
        Box::new(header.as_bytes().chain(repeat(b'"'))),
        Box::new(header.as_bytes().chain(repeat(b','))),
    ] {
        let error = logical_digest_of_csv(endless, &spec.contract).unwrap_err().to_string();
        assert!(error.contains("CSV") && error.len() < 300, "{error}");
    }
}

#[test]
fn a_schema_from_outside_is_no_work() {
    let spec = common::spec();
    let written = String::from_utf8(table_schema(&spec).unwrap()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&written).unwrap();
    let with = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut json = json.clone();
        change(&mut json);
        contract_of_table_schema(&serde_json::to_vec(&json).unwrap())
    };
    assert!(with(&|_| {}).is_ok());
    assert!(with(&|json| json["fields"] = serde_json::json!([])).is_err());
    assert!(
        with(&|json| {
            let field = json["fields"][0].clone();
            json["fields"] = vec![field; 501].into();
        })
        .is_err()
    );
    // A pattern of a few bytes may ask for a machine of gigabytes.
    for pattern in ["(?:(?:a{999}){999}){999}", &"(".repeat(1_000), &"a".repeat(3_000)] {
        let contract = with(&|json| json["fields"][0]["constraints"]["pattern"] = pattern.into()).unwrap();
        assert!(table_schema(&DatasetSpec { contract, ..common::spec() }).is_err(), "{}", pattern.len());
    }
}
