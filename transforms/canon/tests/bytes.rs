//! Same rows, same bytes; and the bytes say the same rows.
#![allow(clippy::unwrap_used)]

mod common;

use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch, StringArray};
use arrow::buffer::NullBuffer;
use bytes::Bytes;
use common::*;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;
use solidata_canon::*;
use std::sync::Arc;

/// Pinned bytes. They change only together with [`WRITER_VERSION`]: raise it, say in the commit why the bytes differ, then paste the new digests.
#[test]
fn golden_digests() {
    let fixed = [
        Row {
            territoire: "dep-2A".into(),
            rang: 1,
            nom: Some("Bains-douches, \"Oberkampf\"".into()),
            statut: Some(true),
            taux: Some(-5),
            date: Some(19_996),
            ouvert: Some(true),
        },
        Row { territoire: "dep-2A".into(), rang: 2, nom: None, statut: None, taux: None, date: None, ouvert: None },
        Row {
            territoire: "dep-67".into(),
            rang: -1,
            nom: Some("=Épicerie\nsolidaire".into()),
            statut: Some(false),
            taux: Some(3_250),
            date: Some(-1),
            ouvert: Some(false),
        },
    ];
    let (receipt, parquet, csv) = written(&spec(), &[batch(&fixed)]);
    assert_eq!(
        String::from_utf8(csv.clone()).unwrap(),
        "\"territoire_id\",\"rang\",\"nom\",\"statut\",\"taux\",\"date_maj\",\"ouvert\"\n\
         dep-2A,1,\"Bains-douches, \"\"Oberkampf\"\"\",publie,-0.005,2024-09-30,true\n\
         dep-2A,2,,,,,\n\
         dep-67,-1,\"=Épicerie\nsolidaire\",secret,3.250,1969-12-31,false\n"
    );
    assert_eq!(receipt.parquet, FileReceipt::of(&parquet));
    assert_eq!(receipt.csv, FileReceipt::of(&csv));
    let large = written(&spec(), &[batch(&many_rows(70_000))]).0;
    let found = [receipt, large].map(|r| (r.rows, r.logical_sha256.to_string(), r.parquet.sha256.to_string(), r.csv.sha256.to_string()));
    let pinned = [
        (
            3,
            "f0cfed46e24dd59db70e9caa9c7607ce7f5fcdf15edbeacd923949960c8ea2fe",
            "d96bc712e38ac7b4c500736fdf3590e625cb1c108f04e64730ddc04f3b582690",
            "8951bcea832b95bbc86a78169ea9f4d4588c42b602f07bde2d1bf94b764aedbe",
        ),
        (
            70_000,
            "30dcd98fa592f3b5f0d28c7d231eebb5ef501226e2f574a2a76e308adbce48b7",
            "551d74f4a71da826996154acd30e404e1c82257f338541d840651c80b3271ced",
            "a4387261849cd71eeb9fb41010cecc635587dbedf6b0414879602123f3dca332",
        ),
    ]
    .map(|(rows, l, p, c)| (rows, l.to_owned(), p.to_owned(), c.to_owned()));
    assert_eq!((WRITER_VERSION, found), (2, pinned));
}

/// The documented encoding, written down a second time by hand.
#[test]
fn logical_encoding_is_the_documented_one() {
    let row = Row { territoire: "fr".into(), rang: -2, nom: None, statut: Some(true), taux: Some(1), date: Some(3), ouvert: Some(true) };
    let mut bytes = b"solidata-logical/1\n".to_vec();
    let length = |bytes: &mut Vec<u8>, n: usize| bytes.extend((n as u64).to_le_bytes());
    length(&mut bytes, 7);
    for (name, kind) in [
        ("territoire_id", "string"),
        ("rang", "integer"),
        ("nom", "string"),
        ("statut", "string"),
        ("taux", "decimal(12,3)"),
        ("date_maj", "date"),
        ("ouvert", "boolean"),
    ] {
        for text in [name, kind] {
            length(&mut bytes, text.len());
            bytes.extend(text.as_bytes());
        }
    }
    bytes.push(1);
    length(&mut bytes, 2);
    bytes.extend(b"fr");
    bytes.push(1);
    bytes.extend((-2i64).to_le_bytes());
    bytes.push(0);
    bytes.push(1);
    length(&mut bytes, 6);
    bytes.extend(b"publie");
    bytes.push(1);
    bytes.extend(1i128.to_le_bytes());
    bytes.push(1);
    bytes.extend(3i32.to_le_bytes());
    bytes.extend([1, 1]);
    length(&mut bytes, 1);
    assert_eq!(written(&spec(), &[batch(&[row])]).0.logical_sha256, solidata_model::Digest::of(&bytes));
}

#[test]
fn parquet_says_what_it_is() {
    let (_, parquet, _) = written(&spec(), &[batch(&many_rows(70_000))]);
    let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(parquet)).unwrap();
    let file = builder.metadata().file_metadata();
    assert_eq!(file.created_by(), Some("solidata-writer 2"));
    let keys: Vec<&str> = file.key_value_metadata().unwrap().iter().map(|kv| kv.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "solidata.contract_sha256",
            "solidata.dataset",
            "solidata.licence",
            "solidata.schema_version",
            "solidata.sort_key",
            "solidata.title"
        ]
    );
    let groups: Vec<i64> = builder.metadata().row_groups().iter().map(|g| g.num_rows()).collect();
    assert_eq!(groups, [65_536, 4_464]);
    let sorting = builder.metadata().row_group(0).sorting_columns().unwrap();
    assert_eq!(sorting.iter().map(|s| s.column_idx).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(builder.schema().fields(), arrow_schema(&spec().contract).fields());
}

#[test]
fn an_empty_table_has_a_header_and_a_schema() {
    let (receipt, parquet, csv) = written(&spec(), &[batch(&[])]);
    assert_eq!(
        (receipt.rows, csv.as_slice()),
        (0, "\"territoire_id\",\"rang\",\"nom\",\"statut\",\"taux\",\"date_maj\",\"ouvert\"\n".as_bytes())
    );
    let logical = LogicalDigest { sha256: receipt.logical_sha256, rows: 0 };
    assert_eq!(logical_digest_of_parquet(Bytes::from(parquet)).unwrap(), logical);
    assert_eq!(logical_digest_of_csv(csv.as_slice(), &spec().contract).unwrap(), logical);
}

/// What the `csv` crate, knowing nothing of us, reads of each row.
fn plain(row: &Row) -> Vec<String> {
    let decimal = |v: i128| format!("{}{}.{:03}", if v < 0 { "-" } else { "" }, v.abs() / 1000, v.abs() % 1000);
    let date =
        |d: i32| (chrono::NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + chrono::Duration::days(d.into())).format("%Y-%m-%d").to_string();
    vec![
        row.territoire.clone(),
        row.rang.to_string(),
        row.nom.clone().unwrap_or_default(),
        row.statut.map_or("", |s| if s { "publie" } else { "secret" }).to_owned(),
        row.taux.map(decimal).unwrap_or_default(),
        row.date.map(date).unwrap_or_default(),
        row.ouvert.map(|b| b.to_string()).unwrap_or_default(),
    ]
}

fn cuts(max: usize) -> impl Strategy<Value = Vec<(usize, u8)>> {
    proptest::collection::vec((0..max, any::<u8>()), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_batching_and_layout_gives_the_same_bytes(rows in any_rows(60), a in cuts(30)) {
        let whole = written(&spec(), &[batch(&rows)]);
        prop_assert_eq!(&whole, &written(&spec(), &cut(&rows, &a)));
        prop_assert_eq!(whole.0.rows, rows.len() as u64);
    }

    #[test]
    fn both_files_say_the_same_rows(rows in any_rows(60)) {
        let (receipt, parquet, csv) = written(&spec(), &[batch(&rows)]);
        let logical = LogicalDigest { sha256: receipt.logical_sha256, rows: receipt.rows };
        prop_assert_eq!(logical_digest_of_parquet(Bytes::from(parquet)).unwrap(), logical);
        prop_assert_eq!(logical_digest_of_csv(csv.as_slice(), &spec().contract).unwrap(), logical);
        let read: Vec<_> = read_csv(csv.as_slice(), &spec().contract).unwrap().map(Result::unwrap).collect();
        prop_assert_eq!(written(&spec(), &read).2, csv.clone());
        let mut reader = csv::Reader::from_reader(csv.as_slice());
        let records: Vec<Vec<String>> = reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect();
        prop_assert_eq!(records, rows.iter().map(plain).collect::<Vec<_>>());
    }

    #[test]
    fn another_value_gives_another_digest(rows in any_rows(20), at in any::<prop::sample::Index>(), name in any_text()) {
        prop_assume!(!rows.is_empty());
        let mut other = rows.clone();
        let row = at.get(&rows).clone();
        let position = rows.iter().position(|r| *r == row).unwrap();
        other[position].nom = Some(name);
        let digest = |rows: &[Row]| written(&spec(), &[batch(rows)]).0.logical_sha256;
        prop_assert_eq!(rows == other, digest(&rows) == digest(&other));
    }
}

/// More rows than a Parquet page may have (20 000): only then do page boundaries show how the rows came, when they are not re-chunked.
const SEVERAL_PAGES: std::ops::Range<usize> = 42_000..46_000;

#[test]
fn any_batch_size_gives_the_same_pages() {
    let rows = many_rows(SEVERAL_PAGES.start);
    let whole = written(&spec(), &[batch(&rows)]);
    for size in [777, 1_000, 8_191, 30_001] {
        let cuts = vec![(size, 0); rows.len() / size];
        assert!(whole == written(&spec(), &cut(&rows, &cuts)), "batches of {size}");
    }
}

#[test]
fn a_null_buffer_that_marks_nothing_changes_no_page() {
    let mut rows = many_rows(SEVERAL_PAGES.start);
    for row in &mut rows {
        row.nom = Some("nom".into());
        row.statut = Some(true);
        row.date = Some(0);
        row.ouvert = Some(false);
        row.taux = Some(1);
    }
    let bare = batch(&rows);
    let texts = |nulls: Option<NullBuffer>| {
        let (offsets, values, _) = bare.column(2).as_string::<i32>().clone().into_parts();
        Arc::new(StringArray::new(offsets, values, nulls)) as ArrayRef
    };
    let with = |nulls: Option<NullBuffer>| {
        let mut columns = bare.columns().to_vec();
        columns[2] = texts(nulls);
        RecordBatch::try_new(bare.schema(), columns).unwrap()
    };
    let idle = Some(NullBuffer::new_valid(bare.num_rows()));
    // batches of the size that goes to the writer pass as they are; others are copied on the way
    let cut = |whole: RecordBatch| -> Vec<RecordBatch> {
        let rows = whole.num_rows();
        (0..rows).step_by(8_192).map(|from| whole.slice(from, 8_192.min(rows - from))).collect()
    };
    assert!(cut(with(idle.clone())).iter().all(|part| part.column(2).nulls().is_some()));
    assert!(written(&spec(), &cut(with(None))) == written(&spec(), &cut(with(idle))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    #[test]
    fn batching_over_several_pages_gives_the_same_bytes(count in SEVERAL_PAGES, a in cuts(9_000)) {
        let rows = many_rows(count);
        prop_assert!(written(&spec(), &[batch(&rows)]) == written(&spec(), &cut(&rows, &a)));
    }
}
