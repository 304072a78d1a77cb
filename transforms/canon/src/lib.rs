//! The only writer of published bytes: Parquet, CSV, spreadsheets, GeoJSON, GeoParquet, JSON documents and `SHA256SUMS`.
//!
//! Invariant: equal rows and equal contracts give equal bytes, on any number of cores, in any batching, in any locale. Nothing here reads a
//! clock, the environment, a file or the network: bytes go to an `impl Write` or come back as a `Vec`.
//!
//! [`TableWriter`] takes a query's batches and lets through only rows that keep to the contract, in the strict order of the sort key; [`write_forms`]
//! makes the other forms of the table of the same rows.
//! [`logical_digest`] recomputes from a published file, of any form, what the manifest says of its rows.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod cast;
mod cells;
mod code_lists;
mod conform;
mod csv_read;
mod csv_write;
mod datapackage;
mod diff;
mod errata;
mod error;
mod forms;
mod limits;
mod logical;
mod order;
mod parquet_read;
mod parquet_write;
mod sums;
mod table;
mod table_schema;
mod thrift;

pub use cast::accepts;
pub use code_lists::with_code_lists;
pub use conform::{Conformer, arrow_schema, conform};
pub use csv_read::{CsvBatches, RecordLimit, read_csv};
pub use datapackage::{DataPackage, PackageSource, datapackage};
pub use diff::{Batches, IndicatorValue, Listener, RowChange, SchemaDiff, changes_page, compare_indicators, indicators, rows_diff};
pub use errata::{ERRATA, ERRATA_PAGE, errata_json, errata_page};
pub use error::{CanonError, Fault};
pub use forms::{About, Form, FormPath, FormReceipt, Forms, Limits, RowBatches, logical_digest, parquet_rows, write_forms};
pub use logical::{LogicalDigest, logical_digest_of_csv, logical_digest_of_parquet};
pub use parquet_read::{ParquetBatches, ParquetCheck, check_parquet, contained, read_parquet};
pub use parquet_write::FileReceipt;
pub use solidata_model::{csv_path, cube_path, parquet_path, schema_path};
pub use sums::{read_sha256sums, sha256sums};
pub use table::{TableReceipt, TableWriter};
pub use table_schema::{contract_of_table_schema, geometry_of_table_schema, table_schema};

use table::ROWS_PER_CHUNK;

/// Version of the writer. It is raised whenever the same rows give other bytes, be it by a change here or in a library; the golden digests of the
/// tests show when that is.
pub const WRITER_VERSION: u32 = 2;
