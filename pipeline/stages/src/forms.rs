//! The other forms of the written tables, made of the rows of their Parquet files.

use crate::StageError;
use solidata_canon::{About, CanonError, FormReceipt, Forms, Limits, TableReceipt, parquet_path, parquet_rows, write_forms};
use solidata_model::DatasetSpec;
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

/// Writes the forms of tables that are written, into the same folder; gives them with the name of their table, in the order of the tables.
///
/// # Errors
/// When a table has a value that a form cannot hold, or the disk fails.
pub(crate) fn write(
    about: &About,
    tables: &[(&DatasetSpec, TableReceipt)],
    folder: &Path,
) -> Result<Vec<(String, FormReceipt)>, StageError> {
    let mut made = Vec::new();
    for (spec, table) in tables {
        let parquet = folder.join(parquet_path(&spec.id));
        let rows = || parquet_rows(File::open(&parquet).map_err(CanonError::from)?);
        let forms = Forms { spec, about, limits: &Limits::DATA_GOUV, table, rows: &rows };
        let written = write_forms(&forms, &mut |path| create(&folder.join(path)))?;
        made.extend(written.into_iter().map(|receipt| (spec.id.clone(), receipt)));
    }
    Ok(made)
}

fn create(path: &Path) -> io::Result<Box<dyn Write + Send>> {
    std::fs::create_dir_all(path.parent().unwrap_or(path))?;
    Ok(Box::new(BufWriter::new(File::create(path)?)))
}
