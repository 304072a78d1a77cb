//! The files of one release: its rows, and a look at what the bytes tell beside them.
//!
//! What a file may tell is what follows from its public rows. That is seen directly: the rows are written again by the canonical writer, and the bytes of
//! Parquet, CSV and schema must be those that are published. Statistics, dictionaries, sizes of pages and the order of rows then hold nothing else.

use super::{
    CodeLists, PublishedDemand, ReleaseId,
    demand::DATASET,
    derived,
    rows::DemandReader,
    statistics,
    telltale::{Telltale, TelltaleKind, Telltales},
};
use crate::{
    AuditError,
    table::{rows as logical_rows, spill},
};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use serde::Deserialize;
use solidata_canon::{
    TableReceipt, TableWriter, WRITER_VERSION, contract_of_table_schema, csv_path, parquet_path, schema_path, table_schema,
};
use solidata_model::{CodeListEntry, DatasetSpec, Digest, Feeds, FileEntry, Manifest, canonical_json, kind};
use solidata_store::{Progress, PublicStore, release::MANIFEST};
use std::{fs::File, io::Sink};

/// Rows that are in memory at a time.
const BATCH: usize = 8192;
/// What the canonical writer says of a Parquet file.
const METADATA: [&str; 6] =
    ["solidata.contract_sha256", "solidata.dataset", "solidata.licence", "solidata.schema_version", "solidata.sort_key", "solidata.title"];

/// One release, read.
pub(crate) struct ReadRelease {
    pub(crate) demand: PublishedDemand,
    pub(crate) code_lists: Vec<CodeListEntry>,
    pub(crate) notes: Vec<String>,
}

/// Reads a release that lies beneath `folder` of a store (empty for its root); `None` when it has no table of the demand. A release without a manifest is
/// one that is not published yet. `listed` is the sha256 of its manifest as the index says it.
pub(crate) async fn read(
    store: &PublicStore,
    folder: &str,
    id: ReleaseId,
    listed: Option<Digest<kind::File>>,
    lists: &CodeLists,
    progress: &dyn Progress,
) -> Result<Option<ReadRelease>, AuditError> {
    let path = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    let prefix = id.prefix.clone();
    let Some((bytes, sha256, file)) = spill(store, &path(&parquet_path(DATASET)), progress).await? else { return Ok(None) };
    let schema = store.get(&path(&schema_path(DATASET))).await?;
    let manifest = store.get(&path(MANIFEST)).await?;
    let (known, schema_there) = (lists.clone(), schema.clone());
    let read = tokio::task::spawn_blocking(move || read_table(file, schema_there.as_ref(), &known, id));
    // the library of the format gives up on some damaged files by a panic
    let gave_up =
        |_| AuditError::Table { path: path(&parquet_path(DATASET)), detail: "it cannot be read as Parquet: it is damaged".into() };
    let mut table = read.await.map_err(gave_up)??;
    let mut found = Found { prefix: prefix.clone(), telltales: std::mem::take(&mut table.demand.telltales), notes: Vec::new() };
    let csv = csv_bytes(store, &path(&csv_path(DATASET)), schema, &table, &mut found, progress).await?;
    let parquet = Facts { path: parquet_path(DATASET), bytes, sha256 };
    compare_parquet(&table, &parquet, &mut found);
    let facts: Vec<Facts> = [Some(parquet), csv].into_iter().flatten().collect();
    let code_lists = match manifest {
        Some(manifest) => check_manifest(&manifest, listed, &facts, &table, &mut found),
        None => Vec::new(),
    };
    let looks: [(&str, Look); 2] = [(derived::LOCAL, derived::local), (derived::SHARES, derived::shares)];
    for (name, look) in looks {
        let Some((_, _, file)) = spill(store, &path(&csv_path(name)), progress).await? else { continue };
        let (whole, demand, known) = (format!("{prefix}/{}", csv_path(name)), table.demand.clone(), lists.clone());
        let look = tokio::task::spawn_blocking(move || look(&file, whole, &demand, &known));
        found.telltales.extend(look.await.map_err(|e| AuditError::Table { path: path(&csv_path(name)), detail: e.to_string() })??);
    }
    table.demand.telltales = found.telltales;
    Ok(Some(ReadRelease { demand: table.demand, code_lists, notes: found.notes }))
}

/// Looks at a table that is made of published cells.
type Look = fn(&File, String, &PublishedDemand, &CodeLists) -> Result<Vec<Telltale>, AuditError>;

struct Found {
    prefix: String,
    telltales: Vec<Telltale>,
    notes: Vec<String>,
}

impl Found {
    fn tell(&mut self, path: &str, kind: TelltaleKind, problem: impl Into<String>) {
        let path = format!("{}/{path}", self.prefix);
        self.telltales.push(Telltale { path, kind, problem: problem.into(), row: None, times: 1 });
    }
}

/// A file as it was found.
struct Facts {
    path: String,
    bytes: u64,
    sha256: Digest<kind::File>,
}

/// What was read from the Parquet file.
struct Table {
    demand: PublishedDemand,
    writer: Option<String>,
    logical: Digest<kind::Logical>,
    /// What the canonical writer makes of the rows; `None` when it refuses them, or there is no schema to write by.
    canonical: Option<TableReceipt>,
}

fn read_table(file: File, schema: Option<&Bytes>, lists: &CodeLists, id: ReleaseId) -> Result<Table, AuditError> {
    let path = format!("{}/{}", id.prefix, parquet_path(DATASET));
    let wrong = |detail: String| AuditError::Table { path: path.clone(), detail };
    let broken = |e: &dyn std::fmt::Display| wrong(format!("it cannot be read as Parquet ({e})"));
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(|e| broken(&e))?;
    let mut telltales = Telltales::new(path.clone());
    let about = metadata.metadata().file_metadata();
    for entry in about.key_value_metadata().into_iter().flatten() {
        if !METADATA.contains(&entry.key.as_str()) {
            telltales.tell(TelltaleKind::Metadata, None, format!("it has metadata that the writer does not write: {}", entry.key));
        }
    }
    let mut said = Telltales::new(format!("{}/{}", id.prefix, schema_path(DATASET)));
    let spec = match schema.map(spec_of) {
        None => {
            said.tell(TelltaleKind::Schema, None, "it is not there, so that the bytes of the table cannot be compared with its rows");
            None
        }
        Some(Err(problem)) => {
            said.tell(TelltaleKind::Schema, None, problem);
            None
        }
        Some(Ok(spec)) => Some(spec),
    };
    let mut rewriting = spec.as_ref().and_then(|spec| TableWriter::new(spec, std::io::sink(), std::io::sink()).ok());
    let mut reader = DemandReader::new(lists, id);
    for group in 0..metadata.metadata().num_row_groups() {
        let again = file.try_clone()?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(again, metadata.clone());
        let batches = builder.with_row_groups(vec![group]).with_batch_size(BATCH).build().map_err(|e| broken(&e))?;
        let mut statistics = statistics::Seen::new(&metadata, group);
        for batch in batches {
            let batch = batch.map_err(|e| broken(&e))?;
            reader.push(&batch)?;
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
    let mut demand = reader.finish();
    demand.telltales.extend(telltales.finish());
    demand.telltales.extend(said.finish());
    Ok(Table { demand, writer: about.created_by().map(str::to_owned), logical, canonical })
}

/// What a schema says of its dataset as a whole; its columns are read by the canonical reader.
#[derive(Deserialize)]
struct SchemaHead {
    name: String,
    title: String,
    title_en: String,
    description: String,
    licence: String,
    #[serde(rename = "primaryKey")]
    primary_key: Vec<String>,
}

/// The dataset that a published schema describes, when the schema is exactly what the canonical writer makes of it.
fn spec_of(schema: &Bytes) -> Result<DatasetSpec, String> {
    let contract = contract_of_table_schema(schema).map_err(|e| format!("it cannot be read ({e})"))?;
    let head: SchemaHead = serde_json::from_slice(schema).map_err(|e| format!("it cannot be read ({e})"))?;
    let spec = DatasetSpec {
        id: head.name,
        title_fr: head.title,
        title_en: head.title_en,
        description_fr: head.description,
        licence: head.licence,
        // these three are in no published byte
        cadence: String::new(),
        feeds: Feeds::Demand,
        protection: None,
        sort_key: head.primary_key,
        spec_digest: Digest::of(b""),
        contract,
    };
    match table_schema(&spec) {
        Ok(written) if written == *schema => Ok(spec),
        _ => Err("it says something beside the columns: it is not what follows from them".into()),
    }
}

fn compare_parquet(table: &Table, found: &Facts, into: &mut Found) {
    let own = format!("solidata-writer {WRITER_VERSION}");
    let Some(canonical) = &table.canonical else {
        into.tell(&found.path, TelltaleKind::Bytes, "its rows do not keep to its schema, so that its bytes cannot be compared with them");
        return;
    };
    if canonical.parquet.sha256 == found.sha256 {
        return;
    }
    match table.writer.as_deref() {
        Some(writer) if writer.starts_with("solidata-writer ") && writer != own => {
            let note = format!("{}/{}: {writer} wrote it, this is version {WRITER_VERSION}", into.prefix, found.path);
            into.notes.push(format!("{note}: its bytes were not compared with its rows"));
        }
        _ => into.tell(&found.path, TelltaleKind::Bytes, "its bytes are not those that follow from its rows"),
    }
}

/// Looks whether the CSV holds the same rows and nothing else.
async fn csv_bytes(
    store: &PublicStore,
    path: &str,
    schema: Option<Bytes>,
    table: &Table,
    found: &mut Found,
    progress: &dyn Progress,
) -> Result<Option<Facts>, AuditError> {
    let name = csv_path(DATASET);
    let Some((bytes, sha256, file)) = spill(store, path, progress).await? else {
        found.tell(&name, TelltaleKind::Rows, "it is not there");
        return Ok(None);
    };
    if table.canonical.is_none_or(|canonical| canonical.csv.sha256 != sha256)
        && let Some(schema) = schema
    {
        match logical_rows(&name, file, schema).await? {
            Ok(rows) if rows.sha256 == table.logical => {
                found.tell(&name, TelltaleKind::Bytes, "its bytes are not those that follow from its rows");
            }
            Ok(_) => found.tell(&name, TelltaleKind::Rows, "it does not hold the rows of the Parquet file"),
            Err(unreadable) => found.tell(&name, TelltaleKind::Rows, unreadable.text),
        }
    }
    Ok(Some(Facts { path: name, bytes, sha256 }))
}

/// Compares what the manifest says with the files; gives the code lists that it names.
fn check_manifest(
    bytes: &Bytes,
    listed: Option<Digest<kind::File>>,
    files: &[Facts],
    table: &Table,
    found: &mut Found,
) -> Vec<CodeListEntry> {
    let mut wrong = |problem: String| found.tell(MANIFEST, TelltaleKind::Manifest, problem);
    let manifest: Manifest = match serde_json::from_slice(bytes) {
        Ok(manifest) => manifest,
        Err(e) => {
            wrong(format!("it is no manifest of this version ({e})"));
            return Vec::new();
        }
    };
    if listed.is_some_and(|listed| listed != Digest::of(bytes)) {
        wrong("index.json lists another sha256 of it".into());
    }
    if canonical_json(&manifest).is_ok_and(|canonical| canonical != *bytes) {
        wrong("it is not written in the canonical form".into());
    }
    if manifest.checks.iter().any(|check| check.violations != 0) {
        wrong("it tells how many rows break a check".into());
    }
    for facts in files {
        let Some(entry) = manifest.files.iter().find(|file| file.path == facts.path) else {
            wrong(format!("it does not list {}", facts.path));
            continue;
        };
        if (entry.bytes, entry.sha256) != (facts.bytes, facts.sha256) {
            wrong(format!("{} has another size or sha256 than it lists", facts.path));
        }
        let rows = Some(table.demand.rows.len() as u64);
        if entry.rows != rows || entry.logical_sha256 != Some(table.logical) {
            wrong(format!("{} has other rows than it says", facts.path));
        }
    }
    let derived = [derived::LOCAL, derived::SHARES].map(csv_path);
    let other = |f: &&FileEntry| f.rows.is_some() && !derived.contains(&f.path) && files.iter().all(|facts| facts.path != f.path);
    let tables = manifest.files.iter().filter(other);
    let others: Vec<&str> = tables.map(|f| f.path.as_str()).collect();
    if !others.is_empty() {
        found.notes.push(format!("{}: these tables took no part in the attack: {}", found.prefix, others.join(", ")));
    }
    manifest.code_lists
}
