//! The other forms of the tables of demand: spreadsheets, compressed files, files of parts. They may say what the rows, the contract and the manifest say, and
//! nothing else: made again of the rows of the Parquet file, they have the same bytes.

use super::{
    derived::{Local, Shares},
    manifest::{PACKAGE, publisher},
    rows::DemandReader,
    table::{Facts, Folder, Found, Rows},
    telltale::TelltaleKind,
};
use crate::{AuditError, table::spill, verify::PHASE};
use solidata_canon::{
    About, CanonError, FileReceipt, FormReceipt, Forms, Limits, TableReceipt, WRITER_VERSION, contract_of_table_schema, csv_path,
    parquet_path, parquet_rows, schema_path, write_forms,
};
use solidata_model::{DatasetSpec, Digest, Manifest};
use std::{collections::BTreeMap, fs::File, io};

/// Compares the forms that a manifest lists of the tables that were read.
pub(crate) async fn compare(manifest: &Manifest, folder: &Folder<'_>, found: &mut Found) -> Result<(), AuditError> {
    for table in [DemandReader::DATASET, Local::DATASET, Shares::DATASET] {
        let listed: BTreeMap<String, FormReceipt> = manifest
            .files
            .iter()
            .filter_map(FormReceipt::of_entry)
            .filter(|(of, _)| of == table)
            .map(|(_, form)| (form.path.clone(), form))
            .collect();
        if listed.is_empty() {
            continue;
        }
        match again(manifest, table, folder, found).await? {
            Ok(made) => look_at(&made, &listed, manifest, folder, found).await?,
            Err(problem) => {
                for path in listed.keys() {
                    found.tell(path, TelltaleKind::Bytes, format!("its bytes cannot be compared with the rows of its table: {problem}"));
                }
            }
        }
    }
    Ok(())
}

async fn look_at(
    made: &[FormReceipt],
    listed: &BTreeMap<String, FormReceipt>,
    manifest: &Manifest,
    folder: &Folder<'_>,
    found: &mut Found,
) -> Result<(), AuditError> {
    // Another version of the writer may have made other files: they are read, but there is nothing to hold them against.
    let own_writer = manifest.tool.writer == WRITER_VERSION;
    for form in made.iter().filter(|form| own_writer && !listed.contains_key(&form.path)) {
        found.tell(&form.path, TelltaleKind::Rows, "the table has this form too, and the manifest does not list it");
    }
    for path in listed.keys() {
        let there = folder.store.digest_within(&folder.path(path), folder.most(path), PHASE, folder.progress).await?;
        let Some((info, sha256)) = there else {
            found.tell(path, TelltaleKind::Rows, "it is not there");
            continue;
        };
        let form = made.iter().find(|form| form.path == *path);
        match form {
            None if own_writer => found.tell(path, TelltaleKind::Rows, "the rows of the table make no such file"),
            None => found.note(path, &other_writer(manifest)),
            Some(form) if form.file.sha256 == sha256 => {}
            Some(_) if !own_writer => found.note(path, &other_writer(manifest)),
            Some(_) => found.tell(path, TelltaleKind::Bytes, "its bytes are not those that follow from the rows of its table"),
        }
        if let Some(form) = form {
            let rows = Some((form.rows, form.logical_sha256));
            found.files.push(Facts { path: path.clone(), bytes: info.bytes, sha256, rows });
        }
    }
    Ok(())
}

fn other_writer(manifest: &Manifest) -> String {
    format!(
        "writer {} wrote it, this is version {WRITER_VERSION}: its bytes were not compared with the rows of its table",
        manifest.tool.writer
    )
}

/// The forms of a table as its rows make them, without their bytes.
async fn again(
    manifest: &Manifest,
    table: &'static str,
    folder: &Folder<'_>,
    found: &mut Found,
) -> Result<Result<Vec<FormReceipt>, String>, AuditError> {
    let mut texts = Vec::new();
    for name in ["dataset.toml", "schema.toml"] {
        let path = format!("datasets/{table}/{name}");
        let Some(bytes) = folder.get(&path).await? else { return Ok(Err(format!("{path} is not there"))) };
        found.files.push(Facts { path, bytes: bytes.len() as u64, sha256: Digest::of(&bytes), rows: None });
        texts.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    let [dataset, schema] = texts.as_slice() else { return Ok(Err("it has no contract".into())) };
    let mut spec = match DatasetSpec::parse(table, dataset, schema) {
        Ok(spec) => spec,
        Err(e) => return Ok(Err(e.to_string())),
    };
    // Where the code lists lie is said by the schema beside the table, and by a sheet.
    let published = folder.get(&schema_path(table)).await?.map(|bytes| contract_of_table_schema(&bytes));
    match published {
        Some(Ok(contract)) => {
            for column in &mut spec.contract.columns {
                let published = contract.columns.iter().find(|other| other.name == column.name);
                column.codes = published.and_then(|other| other.codes.clone());
            }
        }
        Some(Err(e)) => return Ok(Err(e.to_string())),
        None => return Ok(Err(format!("{} is not there", schema_path(table)))),
    }
    let Some(publisher) = folder.get(PACKAGE).await?.and_then(|package| publisher(&package)) else {
        return Ok(Err(format!("{PACKAGE} does not say who publishes")));
    };
    let Some(receipt) = receipt(table, found) else { return Ok(Err("the files of the table were not read".into())) };
    let parquet = parquet_path(table);
    let Some((_, _, file)) = spill(folder.store, &folder.path(&parquet), folder.most(&parquet), folder.progress).await? else {
        return Ok(Err("the Parquet file of the table is not there".into()));
    };
    let about = About::of_run(&manifest.run, manifest.revision, &publisher);
    let made = tokio::task::spawn_blocking(move || make(&spec, &about, &receipt, &file)).await;
    // the library of the format gives up on some damaged files by a panic
    let made = made.map_err(|_| AuditError::Table { path: folder.path(&parquet_path(table)), detail: "it is damaged".into() })?;
    Ok(made.map_err(|e| e.to_string()))
}

fn make(spec: &DatasetSpec, about: &About, table: &TableReceipt, file: &File) -> Result<Vec<FormReceipt>, CanonError> {
    let rows = || parquet_rows(file.try_clone().map_err(CanonError::from)?);
    let forms = Forms { spec, about, limits: &Limits::DATA_GOUV, table, rows: &rows };
    write_forms(&forms, &mut |_| Ok(Box::new(io::sink())))
}

/// What was found of a table's own two files.
fn receipt(table: &str, found: &Found) -> Option<TableReceipt> {
    let facts = |path: String| found.files.iter().find(|facts| facts.path == path);
    let (parquet, csv) = (facts(parquet_path(table))?, facts(csv_path(table))?);
    let (rows, logical_sha256) = parquet.rows?;
    let file = |facts: &Facts| FileReceipt { bytes: facts.bytes, sha256: facts.sha256 };
    Some(TableReceipt { rows, logical_sha256, parquet: file(parquet), csv: file(csv) })
}
