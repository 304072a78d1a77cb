//! Every form of a table is read back, and its rows count.

use super::*;
use crate::tests::{manifest, none};
use arrow::array::{ArrayRef, Decimal128Array, RecordBatch, StringArray};
use solidata_canon::{
    About, CanonError, FileReceipt, Form, Forms, Limits, RowBatches, TableWriter, csv_path, parquet_path, schema_path, table_schema,
    write_forms,
};
use solidata_model::{DatasetSpec, FileEntry, Manifest};
use solidata_store::{
    PublicStore,
    release::{Release, describe_file, publish_all},
};
use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    sync::Arc,
};

const DATASET: &str = r#"
title_fr = "Lieux"
title_en = "Places"
description_fr = "Des lieux inventés."
licence = "etalab-2.0"
cadence = "monthly"
feeds = "supply"
sort_key = ["id"]
geometry = ["longitude", "latitude"]
split_by = "code_region"
"#;

fn spec() -> DatasetSpec {
    let column = |name: &str, kind: &str, null: bool| {
        format!("[[column]]\nname = \"{name}\"\ntype = \"{kind}\"\nnull = {null}\nfr = \"x\"\nen = \"x\"\nsince = \"1.0.0\"\n")
    };
    let columns =
        [("id", "string", false), ("code_region", "string", true), ("longitude", "decimal(9,6)", true), ("latitude", "decimal(8,6)", true)];
    let schema: String = columns.map(|(name, kind, null)| column(name, kind, null)).concat();
    DatasetSpec::parse("lieux", DATASET, &format!("version = \"1.0.0\"\n{schema}")).unwrap()
}

fn batch(spec: &DatasetSpec, seed: i128) -> RecordBatch {
    let rows = 0..200i128;
    let decimal = |p, scale: i128| {
        let values = rows.clone().map(|i| (i % 4 > 0).then_some((i * scale + seed) % 40_000_000)).collect::<Decimal128Array>();
        Arc::new(values.with_precision_and_scale(p, 6).unwrap()) as ArrayRef
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(rows.clone().map(|i| format!("lieu-{i:05}")))),
        Arc::new(StringArray::from_iter(rows.clone().map(|i| [Some("11"), Some("2A"), None][(i % 3) as usize]))),
        decimal(9, 7919),
        decimal(8, 104_729),
    ];
    RecordBatch::try_new(solidata_canon::arrow_schema(&spec.contract), columns).unwrap()
}

/// Writes a table in every form, whole and in parts.
fn write(dir: &Path, seed: i128) -> Vec<FileEntry> {
    let spec = spec();
    for folder in ["data", "schemas"] {
        fs::create_dir_all(dir.join(folder)).unwrap();
    }
    let rows = batch(&spec, seed);
    let create = |path: String| File::create(dir.join(path)).unwrap();
    let mut writer = TableWriter::new(&spec, create(parquet_path("lieux")), create(csv_path("lieux"))).unwrap();
    writer.write(&rows).unwrap();
    let table = writer.finish().unwrap();
    fs::write(dir.join(schema_path("lieux")), table_schema(&spec).unwrap()).unwrap();
    let about = About::of_run(&manifest("2024-09", 1, Vec::new()).run, 1, "Solinum");
    let again = || -> Result<RowBatches, CanonError> { Ok(Box::new([Ok(rows.clone())].into_iter())) };
    let limits = Limits { csv: 10, csv_gz: 1500, geojson: 20_000, parquet: 5_000, ..Limits::DATA_GOUV };
    let forms = Forms { spec: &spec, about: &about, limits: &limits, table: &table, rows: &again };
    let made = write_forms(&forms, &mut |path| {
        fs::create_dir_all(dir.join(path).parent().unwrap())?;
        Ok(Box::new(File::create(dir.join(path))?) as Box<dyn Write + Send>)
    });
    let whole = |form: Form, file: FileReceipt| FileEntry {
        path: form.path("lieux"),
        media_type: form.media_type().into(),
        bytes: file.bytes,
        sha256: file.sha256,
        logical_sha256: Some(table.logical_sha256),
        rows: Some(table.rows),
        schema: Some(schema_path("lieux")),
        part: None,
    };
    let mut files = vec![whole(Form::Csv, table.csv), whole(Form::Parquet, table.parquet)];
    files.extend(made.unwrap().iter().map(|form| form.entry("lieux")));
    files.push(describe_file(dir, &schema_path("lieux"), "application/json").unwrap());
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

async fn verified(change: impl FnOnce(&Path, &mut Vec<FileEntry>)) -> Report {
    let (files, public) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut entries = write(files.path(), 1);
    change(files.path(), &mut entries);
    let manifest: Manifest = manifest("2024-09", 1, entries);
    let draft = Release::draft(files.path(), manifest, &()).unwrap();
    publish_all(&PublicStore::folder(public.path()).unwrap(), vec![draft], None, &()).await.unwrap();
    verify(public.path().to_str().unwrap(), &VerifyOptions::default(), none(), &()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_is_read_back() {
    let mut kinds = Vec::new();
    let report = verified(|_, entries| kinds = entries.iter().map(|e| e.path.clone()).collect()).await;
    assert_eq!(report.findings, []);
    for path in ["data/lieux.csv.gz", "data/lieux.xlsx", "geo/lieux.geojson", "geo/lieux.parquet"] {
        assert!(kinds.iter().any(|k| k == path), "{path}: {kinds:?}");
    }
    // How many files a region takes depends on how well its rows pack.
    assert!(kinds.iter().any(|k| k.starts_with("geo/lieux/code_region-11") && k.ends_with(".parquet")), "{kinds:?}");
    assert!(kinds.iter().any(|k| k.starts_with("parts/lieux/code_region-vide") && k.ends_with(".csv.gz")), "{kinds:?}");
}

/// Sums, sizes and the manifest fit, and the rows of one form are others.
#[tokio::test(flavor = "multi_thread")]
async fn other_rows_in_one_form_are_found() {
    let mut paths = Vec::new();
    verified(|_, entries| paths = entries.iter().filter(|e| e.rows.is_some()).map(|e| e.path.clone()).collect()).await;
    for path in paths {
        let other = tempfile::tempdir().unwrap();
        let there = write(other.path(), 2);
        let Some(forged) = there.into_iter().find(|e| e.path == path) else { continue };
        let report = verified(|dir, entries| {
            fs::copy(other.path().join(&path), dir.join(&path)).unwrap();
            let entry = entries.iter_mut().find(|e| e.path == path).unwrap();
            (entry.bytes, entry.sha256) = (forged.bytes, forged.sha256);
        })
        .await;
        let found: Vec<(&str, Code)> = report.findings.iter().map(|f| (f.path.as_str(), f.code)).collect();
        assert_eq!(found, [(format!("releases/2024-09/r1/{path}").as_str(), Code::Logical)]);
    }
}
