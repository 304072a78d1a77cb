//! Rows, to every form, and back: the same rows, and the same bytes whatever the batches.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::type_complexity)]

mod common;

use arrow::array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray};
use bytes::Bytes;
use chrono::NaiveDate;
use common::*;
use proptest::prelude::*;
use solidata_canon::*;
use solidata_model::{DatasetSpec, Part};
use std::{
    collections::BTreeMap,
    io::{self, Cursor, Write},
    sync::{Arc, Mutex},
};

type Files = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

struct InFiles(Files, String);

impl Write for InFiles {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().entry(self.1.clone()).or_default().extend_from_slice(buf);
        Ok(buf.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn about() -> About {
    let day = NaiveDate::from_ymd_opt(2024, 10, 3).unwrap();
    About { month: "2024-09".parse().unwrap(), revision: 1, date_photo: day, created: day, partial: false, publisher: "Solinum".into() }
}

/// Every form of these batches, with the files.
fn forms_of(
    spec: &DatasetSpec,
    batches: &[RecordBatch],
    limits: &Limits,
) -> Result<(Vec<FormReceipt>, BTreeMap<String, Vec<u8>>, TableReceipt), CanonError> {
    let (table, _, _) = written(spec, batches);
    let files = Files::default();
    let owned = batches.to_vec();
    let rows = || -> Result<RowBatches, CanonError> { Ok(Box::new(owned.clone().into_iter().map(Ok))) };
    let forms = Forms { spec, about: &about(), limits, table: &table, rows: &rows };
    let made = write_forms(&forms, &mut |path| Ok(Box::new(InFiles(files.clone(), path.to_owned()))))?;
    let files = files.lock().unwrap().clone();
    for receipt in &made {
        assert_eq!(receipt.file, FileReceipt::of(&files[&receipt.path]), "{}", receipt.path);
    }
    Ok((made, files, table))
}

/// A file that can be read in every way.
struct Seekable(Bytes, Cursor<Bytes>);

impl Seekable {
    fn new(bytes: &[u8]) -> Self {
        let bytes = Bytes::copy_from_slice(bytes);
        Self(bytes.clone(), Cursor::new(bytes))
    }
}

impl io::Read for Seekable {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.1.read(buf)
    }
}

impl io::Seek for Seekable {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.1.seek(to)
    }
}

impl parquet::file::reader::Length for Seekable {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }
}

impl parquet::file::reader::ChunkReader for Seekable {
    type T = <Bytes as parquet::file::reader::ChunkReader>::T;
    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        self.0.get_read(start)
    }
    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        self.0.get_bytes(start, length)
    }
}

fn read_back(spec: &DatasetSpec, form: Form, bytes: &[u8]) -> Result<LogicalDigest, CanonError> {
    logical_digest(form, Seekable::new(bytes), &table_schema(spec).unwrap(), 1 << 30)
}

/// Limits that a few thousand rows reach.
fn small() -> Limits {
    Limits { csv: 100_000, csv_gz: 30_000, geojson: 300_000, parquet: 40_000, xlsx: 30_000, sheet_rows: 1 << 20 }
}

const PLACES: &str = r#"
title_fr = "Lieux"
title_en = "Places"
description_fr = "Des lieux d'essai."
licence = "etalab-2.0"
cadence = "monthly"
feeds = "supply"
sort_key = ["lieu_id"]
geometry = ["longitude", "latitude"]
split_by = "code_region"
notes_fr = ["Une note « d'essai »."]
"#;

const PLACES_SCHEMA: &str = r#"
version = "1.0.0"
[[column]]
name = "lieu_id"
type = "string"
fr = "Lieu."
en = "Place."
since = "1.0.0"
[[column]]
name = "code_commune"
type = "string"
null = true
fr = "Commune."
en = "Commune."
since = "1.0.0"
[[column]]
name = "code_region"
type = "string"
null = true
fr = "Région."
en = "Région."
since = "1.0.0"
[[column]]
name = "latitude"
type = "decimal(8,6)"
null = true
fr = "Latitude."
en = "Latitude."
since = "1.0.0"
[[column]]
name = "longitude"
type = "decimal(9,6)"
null = true
fr = "Longitude."
en = "Longitude."
since = "1.0.0"
[[column]]
name = "services"
type = "integer"
fr = "Services."
en = "Services."
since = "1.0.0"
"#;

fn places_spec() -> DatasetSpec {
    DatasetSpec::parse("lieux", PLACES, PLACES_SCHEMA).unwrap()
}

fn places(count: usize) -> RecordBatch {
    let communes = ["01053", "2A004", "97120", "75056"];
    let regions = [Some("84"), Some("94"), None, Some("11")];
    let decimal = |values: Vec<Option<i128>>, precision, scale| {
        Arc::new(Decimal128Array::from(values).with_precision_and_scale(precision, scale).unwrap()) as ArrayRef
    };
    let mix = |i: usize| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
    let rows = 0..count;
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("lieu_id", Arc::new(StringArray::from_iter_values(rows.clone().map(|i| format!("lieu-{i:07}"))))),
        ("code_commune", Arc::new(StringArray::from_iter(rows.clone().map(|i| (i % 9 > 0).then_some(communes[i % 4]))))),
        ("code_region", Arc::new(StringArray::from_iter(rows.clone().map(|i| regions[i % 4])))),
        ("latitude", decimal(rows.clone().map(|i| (i % 5 > 0).then(|| i128::from(mix(i) % 90_000_000) - 10)).collect(), 8, 6)),
        (
            "longitude",
            decimal(rows.clone().map(|i| (i % 5 > 1).then(|| i128::from(mix(i + 1) % 360_000_000) - 180_000_000)).collect(), 9, 6),
        ),
        ("services", Arc::new(Int64Array::from_iter_values(rows.map(|i| (i % 7) as i64)))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap()
}

#[test]
fn golden_forms() {
    let (made, files, _) = forms_of(&places_spec(), &[places(11)], &Limits::DATA_GOUV).unwrap();
    let paths: Vec<&str> = made.iter().map(|form| form.path.as_str()).collect();
    assert_eq!(paths, ["data/lieux.xlsx", "geo/lieux.geojson", "geo/lieux.parquet"]);
    let geojson = String::from_utf8(files["geo/lieux.geojson"].clone()).unwrap();
    let lines: Vec<&str> = geojson.lines().collect();
    assert_eq!(lines[0], r#"{"type":"FeatureCollection","name":"lieux","features":["#);
    assert_eq!(lines[1].strip_suffix(','), Some(r#"{"type":"Feature","id":"lieu-0000002","geometry":{"type":"Point","coordinates":[X]},"properties":{"lieu_id":"lieu-0000002","code_commune":"97120","code_region":null,"services":2}}"#.replace('X', lines[1].split('[').nth(1).unwrap().split(']').next().unwrap()).as_str()));
    let parsed: serde_json::Value = serde_json::from_str(&geojson).unwrap();
    assert_eq!(parsed["features"].as_array().unwrap().len(), 6);
    assert_eq!(parsed["bbox"].as_array().unwrap().len(), 4);
    let found: Vec<String> = made.iter().map(|form| form.file.sha256.to_string()).collect();
    assert_eq!(found, GOLDEN, "other bytes: raise WRITER_VERSION, say why, and paste the new digests");
}

/// Pinned bytes of the three files.
const GOLDEN: [&str; 3] = [
    "44ab23b0c00d78d70a76a4742aed9b7ac38df0c8046d2c6a498c4f89abc7a9f9",
    "82b2733d4833dc6f6ecedfcb183ba78e6d78b1b56cd66f7da0e25ac475a15c98",
    "f1493fadb4416265f556841b466ac20c916f2bea06f4de50394aa20095f61f36",
];

#[test]
fn parts_hold_the_rows_together_and_fit() {
    let spec = places_spec();
    let limits = small();
    let (made, files, table) = forms_of(&spec, &[places(6_000)], &limits).unwrap();
    let mut rows: BTreeMap<(Form, bool), u64> = BTreeMap::new();
    for form in &made {
        let digest = read_back(&spec, form.form, &files[&form.path]).unwrap_or_else(|e| panic!("{}: {e}", form.path));
        assert_eq!((digest.rows, digest.sha256), (form.rows, form.logical_sha256), "{}", form.path);
        let split = form.part.as_ref().is_some_and(Part::is_split);
        *rows.entry((form.form, split)).or_default() += form.rows;
        if split {
            assert!(form.file.bytes <= limits.bytes(form.form), "{}", form.path);
            assert_eq!(form.part.as_ref().unwrap().of, "data/lieux.csv");
        }
    }
    let points = rows[&(Form::GeoJson, false)];
    assert!(points > 0 && points < 6_000);
    let all = [
        (Form::Parquet, true),
        (Form::Xlsx, false),
        (Form::Xlsx, true),
        (Form::CsvGz, false),
        (Form::CsvGz, true),
        (Form::GeoParquet, false),
        (Form::GeoParquet, true),
    ];
    for kind in all {
        assert_eq!(rows.get(&kind), Some(&table.rows), "{kind:?}");
    }
    assert_eq!(rows[&(Form::GeoJson, true)], points);
    // Île-de-France, Auvergne, Corse and those without a région; each in as many pieces as it needs.
    for name in ["parts/lieux/code_region-11", "parts/lieux/code_region-94", "parts/lieux/code_region-vide", "geo/lieux/code_region-84"] {
        assert!(files.keys().any(|path| path.starts_with(name)), "{name}: {:?}", files.keys());
    }
    assert!(made.iter().any(|form| form.part.as_ref().is_some_and(|part| part.pieces > Some(1))));
}

#[test]
fn a_sheet_has_no_more_rows_than_it_can() {
    let mut spec = places_spec();
    spec.split_by = None;
    spec.geometry = None;
    let limits = Limits { sheet_rows: 11, ..Limits::DATA_GOUV };
    let paths =
        |rows| forms_of(&spec, &[places(rows)], &limits).unwrap().0.into_iter().map(|form| (form.path, form.rows)).collect::<Vec<_>>();
    assert_eq!(paths(10), [("data/lieux.xlsx".to_owned(), 10)]);
    let pieces = [(1, 8), (2, 8), (3, 9)].map(|(piece, rows)| (format!("parts/lieux/table-{piece}.xlsx"), rows));
    assert_eq!(paths(25), pieces);
    let nothing = Limits { xlsx: 10, ..limits };
    assert!(forms_of(&spec, &[places(2)], &nothing).unwrap_err().to_string().contains("one row alone"));
}

#[test]
fn what_is_damaged_is_not_read() {
    let spec = places_spec();
    let (_, files, _) = forms_of(&spec, &[places(50)], &Limits { csv: 10, ..Limits::DATA_GOUV }).unwrap();
    let text = String::from_utf8(files["geo/lieux.geojson"].clone()).unwrap();
    let refused = |text: String, part: &str| {
        let e = read_back(&spec, Form::GeoJson, text.as_bytes()).unwrap_err().to_string();
        assert!(e.contains(part), "{e}");
    };
    refused(text.replacen("\"services\":2", "\"services\":2,\"secret\":12", 1), "not written as its row");
    refused(text.replacen("\"lieu_id\":\"lieu-0000002\"", "\"lieu_id\":\"lieu-0000009\"", 1), "not written as its row");
    refused(text.replacen("\"type\":\"Feature\",", "\"type\": \"Feature\",", 1), "not written as its row");
    refused(text.replacen(",\n{", "\n{", 1), "separated");
    refused(text.replacen("\"bbox\":[-1", "\"bbox\":[-2", 1), "end");
    refused(format!("{text} "), "end");
    refused(text.lines().next().unwrap().to_owned() + "\n", "feature 1");
    refused(text.replacen("lieux", "lieu", 1), "first line");
    let gz = &files["data/lieux.csv.gz"];
    let schema = table_schema(&spec).unwrap();
    let e = logical_digest(Form::CsvGz, Seekable::new(gz), &schema, 100).unwrap_err().to_string();
    assert!(e.contains("more text"), "{e}");
    // GeoParquet whose points are not those of the columns: the decimals of other rows.
    let (_, other, _) = forms_of(&spec, &[places(51).slice(1, 50)], &Limits::DATA_GOUV).unwrap();
    assert_ne!(
        read_back(&spec, Form::GeoParquet, &other["geo/lieux.parquet"]).unwrap(),
        read_back(&spec, Form::GeoParquet, &files["geo/lieux.parquet"]).unwrap()
    );
    let mut swapped = spec.clone();
    swapped.geometry = Some(["latitude".to_owned(), "longitude".to_owned()].into());
    assert!(read_back(&swapped, Form::GeoParquet, &files["geo/lieux.parquet"]).unwrap_err().to_string().contains("follow"));
    assert!(read_back(&spec, Form::Xlsx, &files["geo/lieux.parquet"]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Any rows, in any batches: the same bytes, and from each file the same logical digest.
    #[test]
    fn any_rows_come_back_from_a_spreadsheet(rows in any_rows(40), cuts in proptest::collection::vec((0usize..30, 0u8..4), 0..4)) {
        let spec = spec();
        let limits = Limits { csv: 0, ..Limits::DATA_GOUV };
        let (made, files, table) = forms_of(&spec, &[batch(&rows)], &limits).unwrap();
        let (again, same, _) = forms_of(&spec, &cut(&rows, &cuts), &limits).unwrap();
        prop_assert_eq!(&made, &again);
        prop_assert_eq!(&files, &same);
        for form in made {
            let digest = read_back(&spec, form.form, &files[&form.path]).unwrap();
            prop_assert_eq!((digest.sha256, digest.rows), (table.logical_sha256, table.rows), "{}", form.path);
        }
    }

    #[test]
    fn places_come_back_from_geography(count in 0usize..60, at in 0usize..60) {
        let spec = places_spec();
        let all = places(count);
        let at = at.min(count);
        let (made, files, table) = forms_of(&spec, std::slice::from_ref(&all), &Limits::DATA_GOUV).unwrap();
        let (again, same, _) = forms_of(&spec, &[all.slice(0, at), all.slice(at, count - at)], &Limits::DATA_GOUV).unwrap();
        prop_assert_eq!(&made, &again);
        prop_assert_eq!(&files, &same);
        for form in made {
            let digest = read_back(&spec, form.form, &files[&form.path]).unwrap();
            prop_assert_eq!((digest.sha256, digest.rows), (form.logical_sha256, form.rows), "{}", &form.path);
            if form.form != Form::GeoJson {
                prop_assert_eq!(digest.sha256, table.logical_sha256);
            }
        }
    }
}
