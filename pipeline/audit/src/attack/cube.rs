//! The protected cube that a release carries so that its tables can be made again. It may say what `demande_territoires` says, cell by cell, and nothing else:
//! made of that table's rows by the canonical writer, it has the same bytes.

use super::{
    rows::DemandReader,
    table::{Facts, Folder, Found, Rows, spec_of},
    telltale::TelltaleKind,
};
use crate::{AuditError, table::spill};
use arrow::{
    array::{ArrayRef, RecordBatch},
    compute::{SortColumn, concat_batches, lexsort_to_indices, take_record_batch},
    datatypes::{Field, Schema},
};
use bytes::Bytes;
use solidata_canon::{TableReceipt, TableWriter, cube_path, parquet_path, schema_path};
use std::{fs::File, sync::Arc};

/// The cube.
pub(crate) const CUBE: &str = "demande_protegee";

/// The columns of the table of demand, as the cube calls them; the first five name a row.
const COLUMNS: [(&str, &str); 9] = [
    ("periode_type", "periode_type"),
    ("periode", "periode"),
    ("territoire_id", "territoire_id"),
    ("categorie_code", "categorie_code"),
    ("resultat", "resultat"),
    ("recherches", "nette"),
    ("recherches_brutes", "brute"),
    ("statut", "statut"),
    ("statut_brutes", "statut_brutes"),
];
const KEYS: usize = 5;

/// Compares the cube of a release, if it carries one, with its table of demand.
pub(crate) async fn compare(folder: &Folder<'_>, found: &mut Found) -> Result<(), AuditError> {
    let path = cube_path(CUBE);
    let Some((bytes, sha256, _)) = spill(folder.store, &folder.path(&path), folder.most(&path), folder.progress).await? else {
        return Ok(());
    };
    let table = parquet_path(DemandReader::DATASET);
    let Some((_, _, file)) = spill(folder.store, &folder.path(&table), folder.most(&table), folder.progress).await? else { return Ok(()) };
    let schema = folder.get(&schema_path(CUBE)).await?.unwrap_or_default();
    let again = tokio::task::spawn_blocking(move || again(file, &schema)).await;
    let again =
        again.map_err(|_| AuditError::Table { path: folder.path(&table), detail: "it cannot be read as Parquet: it is damaged".into() })?;
    match again {
        Ok(receipt) => {
            if (receipt.parquet.bytes, receipt.parquet.sha256) != (bytes, sha256) {
                found.tell(&path, TelltaleKind::Rows, "it is not what the rows of the table of demand make, cell by cell");
            }
            found.files.push(Facts { path, bytes, sha256, rows: Some((receipt.rows, receipt.logical_sha256)) });
        }
        Err(problem) => found.tell(&path, TelltaleKind::Rows, problem),
    }
    Ok(())
}

/// The cube as the rows of the table make it.
fn again(table: File, schema: &Bytes) -> Result<TableReceipt, String> {
    let spec = spec_of(CUBE, schema)?;
    let wrong = |e: &dyn std::fmt::Display| e.to_string();
    let reader = solidata_canon::read_parquet(table).map_err(|e| wrong(&e))?;
    let batches = reader.map(|batch| cells(&batch.map_err(|e| wrong(&e))?)).collect::<Result<Vec<_>, String>>()?;
    let rows = match batches.first() {
        Some(first) => concat_batches(&first.schema(), &batches).map_err(|e| wrong(&e))?,
        None => return Err("the table of demand has no rows".into()),
    };
    let keys: Vec<SortColumn> = rows.columns().iter().take(KEYS).map(|c| SortColumn { values: c.clone(), options: None }).collect();
    let order = lexsort_to_indices(&keys, None).map_err(|e| wrong(&e))?;
    let sorted = take_record_batch(&rows, &order).map_err(|e| wrong(&e))?;
    let mut writer = TableWriter::new(&spec, std::io::sink(), std::io::sink()).map_err(|e| wrong(&e))?;
    writer.write(&sorted).map_err(|e| wrong(&e))?;
    writer.finish().map_err(|e| wrong(&e))
}

fn cells(batch: &RecordBatch) -> Result<RecordBatch, String> {
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(COLUMNS.len());
    let mut fields = Vec::with_capacity(COLUMNS.len());
    for (name, cube) in COLUMNS {
        let column = batch.column_by_name(name).ok_or_else(|| format!("the table of demand has no column {name}"))?;
        fields.push(Field::new(cube, column.data_type().clone(), true));
        columns.push(column.clone());
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|e| e.to_string())
}
