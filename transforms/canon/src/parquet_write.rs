use crate::WRITER_VERSION;
use crate::error::CanonError;
use crate::forms::GEOMETRY;
use arrow::datatypes::SchemaRef;
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{BloomFilterPosition, EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;
use sha2::{Digest as _, Sha256};
use solidata_model::{DatasetSpec, Digest, kind};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Rows of a row group: small enough that a reader who wants one département skips most of a national file.
const ROWS_PER_GROUP: usize = 65_536;
/// zstd's own default: higher levels gain a few percent and cost several times the time.
const ZSTD_LEVEL: i32 = 3;

/// Which columns a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileLayout {
    /// Those of the dataset.
    Table,
    /// Those of GeoParquet.
    WithGeometry,
}

/// Every property is written out, even where it is the library's default: a default that changes in an upgrade must change no byte.
///
/// Format version 1.0 pages and encodings, because every reader in use knows them; dictionary first, plain when it outgrows its page. Statistics
/// and indexes by page, and the sort key as the files' declared order.
fn properties(spec: &DatasetSpec, keys: &[usize], layout: FileLayout) -> Result<WriterProperties, CanonError> {
    let metadata = BTreeMap::from([
        ("solidata.contract_sha256", spec.contract.digest.to_string()),
        ("solidata.dataset", spec.id.clone()),
        ("solidata.licence", spec.licence.clone()),
        ("solidata.schema_version", spec.contract.version.clone()),
        ("solidata.sort_key", spec.sort_key.join(",")),
        ("solidata.title", spec.title_fr.clone()),
    ]);
    let sorting = keys.iter().map(|k| {
        let column_idx = i32::try_from(*k).map_err(|_| parquet::errors::ParquetError::General("too many columns".into()))?;
        Ok(SortingColumn { column_idx, descending: false, nulls_first: false })
    });
    let mut properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by(format!("solidata-writer {WRITER_VERSION}"))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_encoding(Encoding::PLAIN)
        .set_dictionary_enabled(true)
        .set_dictionary_page_size_limit(1024 * 1024)
        .set_data_page_size_limit(1024 * 1024)
        .set_data_page_row_count_limit(20_000)
        .set_write_batch_size(1024)
        .set_max_row_group_row_count(Some(ROWS_PER_GROUP))
        .set_max_row_group_bytes(None)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_write_page_header_statistics(false)
        .set_statistics_truncate_length(Some(64))
        .set_column_index_truncate_length(Some(64))
        .set_offset_index_disabled(false)
        .set_bloom_filter_enabled(false)
        .set_bloom_filter_position(BloomFilterPosition::AfterRowGroup)
        .set_content_defined_chunking(None)
        .set_coerce_types(false)
        .set_write_path_in_schema(true)
        .set_sorting_columns(Some(sorting.collect::<Result<Vec<_>, parquet::errors::ParquetError>>()?))
        .set_key_value_metadata(Some(metadata.into_iter().map(|(k, v)| KeyValue::new(k.to_owned(), v)).collect()));
    if layout == FileLayout::WithGeometry {
        // The order of its bytes means nothing, and no two places share a point.
        let geometry = ColumnPath::from(GEOMETRY);
        properties = properties
            .set_column_statistics_enabled(geometry.clone(), EnabledStatistics::None)
            .set_column_dictionary_enabled(geometry, false);
    }
    Ok(properties.build())
}

/// A Parquet writer of a dataset, to be fed with chunks of [`crate::ROWS_PER_CHUNK`] rows.
pub(crate) fn parquet_writer<W: Write + Send>(
    inner: W,
    schema: SchemaRef,
    spec: &DatasetSpec,
    keys: &[usize],
) -> Result<ArrowWriter<W>, CanonError> {
    parquet_writer_of(inner, schema, spec, keys, FileLayout::Table)
}

/// The same, for the columns of the dataset alone or with those of a geometry after them.
pub(crate) fn parquet_writer_of<W: Write + Send>(
    inner: W,
    schema: SchemaRef,
    spec: &DatasetSpec,
    keys: &[usize],
    layout: FileLayout,
) -> Result<ArrowWriter<W>, CanonError> {
    let options = ArrowWriterOptions::new()
        .with_properties(properties(spec, keys, layout)?)
        .with_skip_arrow_metadata(true)
        .with_schema_root("schema".into());
    Ok(ArrowWriter::try_new_with_options(inner, schema, options)?)
}

/// Size and digest of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileReceipt {
    /// Size.
    pub bytes: u64,
    /// sha256 of the bytes.
    pub sha256: Digest<kind::File>,
}

impl FileReceipt {
    /// The receipt of a whole file in memory.
    pub fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len() as u64, sha256: Digest::of(bytes) }
    }
}

/// Counts and digests what passes through it.
pub(crate) struct Metered<W> {
    inner: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Metered<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new(), bytes: 0 }
    }

    /// Flushes, and says what passed.
    pub(crate) fn finish(mut self) -> io::Result<FileReceipt> {
        self.inner.flush()?;
        Ok(FileReceipt { bytes: self.bytes, sha256: Digest::from_bytes(self.hash.finalize().into()) })
    }
}

impl<W: Write> Write for Metered<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(buf)?;
        self.hash.update(buf.get(..n).unwrap_or(buf));
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
