//! One published table: its rows, and a look at what the bytes of its files tell beside them.
//!
//! What a file may tell is what follows from its public rows. That is seen directly: the rows are written again by the canonical writer, and the bytes of
//! Parquet, CSV and schema must be those that are published. Statistics, dictionaries, sizes of pages and the order of rows then hold nothing else.

use super::{
    statistics,
    telltale::{Telltale, TelltaleKind, Telltales},
};
use crate::{
    AuditError,
    table::{rows as logical_rows, spill},
};
use arrow::array::RecordBatch;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Deserialize;
use solidata_canon::{
    ParquetCheck, TableReceipt, TableWriter, WRITER_VERSION, check_parquet, contract_of_table_schema, csv_path, parquet_path, schema_path,
    table_schema,
};
use solidata_model::{DatasetSpec, Digest, Feeds, Geometry, Manifest, kind};
use solidata_store::{Progress, PublicStore, release::RELEASE_MAX};
use std::{fs::File, io::Sink};

/// So many bytes more than its manifest says are read of a file: one that was changed is looked at all the same.
const SLACK: u64 = 64 << 20;
/// What the canonical writer says of a Parquet file.
const METADATA: [&str; 6] =
    ["solidata.contract_sha256", "solidata.dataset", "solidata.licence", "solidata.schema_version", "solidata.sort_key", "solidata.title"];

/// Hears the rows of one table, in the order of the file.
pub(crate) trait Rows: Send + 'static {
    /// The table.
    const DATASET: &'static str;
    /// What its rows say.
    type Said: Send + 'static;

    /// Hears the next rows; an error when they are not those of the format.
    fn push(&mut self, batch: &RecordBatch) -> Result<(), AuditError>;

    /// All rows were heard.
    fn finish(self) -> Self::Said;
}

/// The files of one release as they lie in a store.
#[derive(Clone, Copy)]
pub(crate) struct Folder<'a> {
    pub(crate) store: &'a PublicStore,
    /// Beneath what they lie there; empty for the root.
    pub(crate) folder: &'a str,
    /// Beneath what they lie once they are published, for messages.
    pub(crate) prefix: &'a str,
    /// What its manifest says, once that is read: little more of a file is read than it says.
    pub(crate) manifest: Option<&'a Manifest>,
    pub(crate) progress: &'a dyn Progress,
}

/// What is found in a release.
pub(crate) struct Found {
    prefix: String,
    pub(crate) telltales: Vec<Telltale>,
    pub(crate) notes: Vec<String>,
    /// The files that were read.
    pub(crate) files: Vec<Facts>,
}

impl Found {
    pub(crate) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), telltales: Vec::new(), notes: Vec::new(), files: Vec::new() }
    }

    /// Tells of a file of the release.
    pub(crate) fn tell(&mut self, path: &str, kind: TelltaleKind, problem: impl Into<String>) {
        let path = format!("{}/{path}", self.prefix);
        self.telltales.push(Telltale { path, kind, problem: problem.into(), row: None, times: 1 });
    }

    /// Says what is no objection.
    pub(crate) fn note(&mut self, path: &str, note: &str) {
        self.notes.push(format!("{}/{path}: {note}", self.prefix));
    }
}

/// A file as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: Digest<kind::File>,
    /// How many rows a table has, and their digest.
    pub(crate) rows: Option<(u64, Digest<kind::Logical>)>,
}

impl Folder<'_> {
    pub(crate) fn path(&self, name: &str) -> String {
        if self.folder.is_empty() { name.to_owned() } else { format!("{}/{name}", self.folder) }
    }

    /// The most bytes that a file may have.
    pub(crate) fn most(&self, name: &str) -> u64 {
        let entry = self.manifest.and_then(|manifest| manifest.files.iter().find(|file| file.path == name));
        entry.map_or(RELEASE_MAX, |file| file.bytes.saturating_add(SLACK))
    }

    /// A small file.
    pub(crate) async fn get(&self, name: &str) -> Result<Option<Bytes>, AuditError> {
        Ok(self.store.get(&self.path(name)).await?)
    }

    /// Reads a table and compares its files with its rows; `None` when it is not there. What `rows` makes hears the rows of the Parquet file, on a thread that
    /// may work long.
    pub(crate) async fn table<R: Rows>(
        &self,
        rows: impl FnOnce() -> R + Send + 'static,
        found: &mut Found,
    ) -> Result<Option<R::Said>, AuditError> {
        let (parquet, csv) = (parquet_path(R::DATASET), csv_path(R::DATASET));
        let Some((bytes, sha256, file)) = spill(self.store, &self.path(&parquet), self.most(&parquet), self.progress).await? else {
            if self.store.head(&self.path(&csv)).await?.is_some() {
                found.tell(&parquet, TelltaleKind::Rows, "it is not there, and the CSV is");
            }
            return Ok(None);
        };
        let schema = self.get(&schema_path(R::DATASET)).await?;
        let (prefix, schema_there) = (self.prefix.to_owned(), schema.clone());
        let read = tokio::task::spawn_blocking(move || read_parquet(&prefix, file, schema_there.as_ref(), rows()));
        // the library of the format gives up on some damaged files by a panic
        let gave_up = |_| AuditError::Table { path: self.path(&parquet), detail: "it cannot be read as Parquet: it is damaged".into() };
        let table = read.await.map_err(gave_up)??;
        found.telltales.extend(table.telltales.iter().cloned());
        let facts = |path: &str, bytes, sha256| Facts { path: path.to_owned(), bytes, sha256, rows: Some((table.rows, table.logical)) };
        let facts_of_parquet = facts(&parquet, bytes, sha256);
        table.compare_parquet(&facts_of_parquet, found);
        found.files.push(facts_of_parquet);
        if let Some(schema) = &schema {
            let path = schema_path(R::DATASET);
            found.files.push(Facts { path, bytes: schema.len() as u64, sha256: Digest::of(schema), rows: None });
        }
        match spill(self.store, &self.path(&csv), self.most(&csv), self.progress).await? {
            Some((bytes, sha256, file)) => {
                let facts_of_csv = facts(&csv, bytes, sha256);
                table.compare_csv(&facts_of_csv, file, schema, found).await?;
                found.files.push(facts_of_csv);
            }
            None => found.tell(&csv, TelltaleKind::Rows, "it is not there"),
        }
        Ok(Some(table.said))
    }
}

/// What was read from a Parquet file.
struct Table<S> {
    said: S,
    telltales: Vec<Telltale>,
    writer: Option<String>,
    rows: u64,
    logical: Digest<kind::Logical>,
    /// What the canonical writer makes of the rows; `None` when it refuses them, or there is no schema to write by.
    canonical: Option<TableReceipt>,
}

fn read_parquet<R: Rows>(prefix: &str, file: File, schema: Option<&Bytes>, mut rows: R) -> Result<Table<R::Said>, AuditError> {
    let path = format!("{prefix}/{}", parquet_path(R::DATASET));
    let wrong = |detail: String| AuditError::Table { path: path.clone(), detail };
    let broken = |e: &dyn std::fmt::Display| wrong(format!("it cannot be read as Parquet ({e})"));
    let ParquetCheck { metadata, rows_at_once } = check_parquet(file.try_clone()?).map_err(|e| broken(&e))?;
    let mut telltales = Telltales::new(path.clone());
    let about = metadata.metadata().file_metadata();
    for entry in about.key_value_metadata().into_iter().flatten() {
        if !METADATA.contains(&entry.key.as_str()) {
            telltales.tell(TelltaleKind::Metadata, None, format!("it has metadata that the writer does not write: {}", entry.key));
        }
    }
    let mut of_schema = Telltales::new(format!("{prefix}/{}", schema_path(R::DATASET)));
    let not_there = || Err("it is not there, so that the bytes of the table cannot be compared with its rows".to_owned());
    let spec = match schema.map_or_else(not_there, |schema| spec_of(R::DATASET, schema)) {
        Ok(spec) => Some(spec),
        Err(problem) => {
            of_schema.tell(TelltaleKind::Schema, None, problem);
            None
        }
    };
    let mut rewriting = spec.as_ref().and_then(|spec| TableWriter::new(spec, std::io::sink(), std::io::sink()).ok());
    let mut count = 0;
    for group in 0..metadata.metadata().num_row_groups() {
        let again = file.try_clone()?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(again, metadata.clone());
        let batches = builder.with_row_groups(vec![group]).with_batch_size(rows_at_once).build().map_err(|e| broken(&e))?;
        let mut statistics = statistics::Seen::new(&metadata, group);
        for batch in batches {
            let batch = batch.map_err(|e| broken(&e))?;
            rows.push(&batch)?;
            count += batch.num_rows() as u64;
            statistics.add(&batch);
            rewriting = rewriting.and_then(|mut writer: TableWriter<Sink, Sink>| writer.write(&batch).is_ok().then_some(writer));
        }
        statistics.compare(&mut telltales);
    }
    let canonical = rewriting.and_then(|writer| writer.finish().ok());
    let logical = match &canonical {
        Some(receipt) => receipt.logical_sha256,
        None => solidata_canon::logical_digest_of_parquet(file).map_err(|e| broken(&e))?.sha256,
    };
    let telltales = telltales.finish().into_iter().chain(of_schema.finish()).collect();
    Ok(Table { said: rows.finish(), telltales, writer: about.created_by().map(str::to_owned), rows: count, logical, canonical })
}

impl<S> Table<S> {
    fn compare_parquet(&self, file: &Facts, found: &mut Found) {
        let own = format!("solidata-writer {WRITER_VERSION}");
        let Some(canonical) = &self.canonical else {
            found.tell(
                &file.path,
                TelltaleKind::Bytes,
                "its rows do not keep to its schema, so that its bytes cannot be compared with them",
            );
            return;
        };
        if canonical.parquet.sha256 == file.sha256 {
            return;
        }
        match self.writer.as_deref() {
            Some(writer) if writer.starts_with("solidata-writer ") && writer != own => {
                let who = format!("{writer} wrote it, this is version {WRITER_VERSION}");
                found.note(&file.path, &format!("{who}: its bytes were not compared with its rows"));
            }
            _ => found.tell(&file.path, TelltaleKind::Bytes, "its bytes are not those that follow from its rows"),
        }
    }

    /// Looks whether the CSV holds the same rows and nothing else.
    async fn compare_csv(&self, facts: &Facts, file: File, schema: Option<Bytes>, found: &mut Found) -> Result<(), AuditError> {
        let same = self.canonical.is_some_and(|canonical| canonical.csv.sha256 == facts.sha256);
        let Some(schema) = schema.filter(|_| !same) else { return Ok(()) };
        match logical_rows(&facts.path, file, schema, facts.bytes).await? {
            Ok(rows) if rows.sha256 == self.logical => {
                found.tell(&facts.path, TelltaleKind::Bytes, "its bytes are not those that follow from its rows");
            }
            Ok(_) => found.tell(&facts.path, TelltaleKind::Rows, "it does not hold the rows of the Parquet file"),
            Err(unreadable) => found.tell(&facts.path, TelltaleKind::Rows, unreadable.text),
        }
        Ok(())
    }
}

/// What a schema says of its dataset as a whole; its columns are read by the canonical reader.
#[derive(Deserialize)]
struct SchemaHead {
    name: String,
    title: String,
    title_en: String,
    description: String,
    licence: String,
    feeds: Feeds,
    cadence: String,
    #[serde(rename = "primaryKey")]
    primary_key: Vec<String>,
    geometry: Option<Geometry>,
}

/// The dataset that a published schema describes, when the schema is exactly what the canonical writer makes of it.
pub(crate) fn spec_of(dataset: &str, schema: &Bytes) -> Result<DatasetSpec, String> {
    let contract = contract_of_table_schema(schema).map_err(|e| format!("it cannot be read ({e})"))?;
    let head: SchemaHead = serde_json::from_slice(schema).map_err(|e| format!("it cannot be read ({e})"))?;
    let spec = DatasetSpec {
        id: head.name,
        title_fr: head.title,
        title_en: head.title_en,
        description_fr: head.description,
        licence: head.licence,
        feeds: head.feeds,
        cadence: head.cadence,
        // these three are in no published byte
        protection: None,
        indicators: Vec::new(),
        geometry: head.geometry,
        // nor are these two in the bytes that are made here
        split_by: None,
        notes_fr: Vec::new(),
        sort_key: head.primary_key,
        spec_digest: Digest::of(b""),
        contract,
    };
    if spec.id != dataset {
        return Err(format!("it is the schema of {}", spec.id));
    }
    match table_schema(&spec) {
        Ok(written) if written == *schema => Ok(spec),
        _ => Err("it says something beside the columns: it is not what follows from them".into()),
    }
}
