//! Rows and digest of a published file, from the file and its schema alone.

use super::{Form, geojson_read, geoparquet, gzip, wrong, xlsx_read};
use crate::{
    CanonError, LogicalDigest, contract_of_table_schema, geometry_of_table_schema, logical_digest_of_csv, logical_digest_of_parquet,
};
use parquet::file::reader::ChunkReader;
use solidata_model::Geometry;
use std::io::{BufReader, Read, Seek};

/// The logical digest of a published file of any form. `schema` is the table schema that lies beside it; of a compressed CSV at most `most` bytes of
/// text are read. Memory is bounded for every form: a chunk of rows.
///
/// GeoJSON and GeoParquet must hold nothing but what follows from their rows: geometry, boxes and metadata are compared with the decimals. Of a
/// spreadsheet the sheet of rows is read, not the others and not how cells look.
///
/// # Errors
/// When the schema or the file cannot be read, or is not of the form that this crate writes.
pub fn logical_digest<R: ChunkReader + Read + Seek + 'static>(
    form: Form,
    file: R,
    schema: &[u8],
    most: u64,
) -> Result<LogicalDigest, CanonError> {
    let contract = contract_of_table_schema(schema)?;
    let geometry = |form| -> Result<Geometry, CanonError> {
        geometry_of_table_schema(schema)?.ok_or_else(|| wrong(form, "its schema names no columns of a point"))
    };
    match form {
        Form::Csv => logical_digest_of_csv(BufReader::new(file), &contract),
        Form::Parquet => logical_digest_of_parquet(file),
        Form::CsvGz => logical_digest_of_csv(gzip::reader(file, most), &contract),
        Form::Xlsx => xlsx_read::logical_digest(BufReader::new(file), &contract),
        Form::GeoJson => geojson_read::logical_digest(BufReader::new(file), schema, &contract, &geometry("GeoJSON")?),
        Form::GeoParquet => geoparquet::logical_digest(file, &contract, &geometry("GeoParquet")?),
    }
}
