//! Parquet from outside. The library believes much of what a file says of itself: it makes room for a page as large as its head says, repeats a value of a
//! dictionary as often as a run of two bytes asks for, goes down into columns in one another without an end, and gives up on some damaged pages
//! by a panic. So a file is looked at before it is decoded, and a panic ends here.

use crate::error::CanonError;
use crate::thrift::{Thrift, kind};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::Type;
use parquet::column::page::{Page, PageReader};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, KeyValue, ParquetMetaData};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The longest footer. A table of fifty million rows has one of 3 MB.
const FOOTER_MAX: u64 = 32 << 20;
/// The most columns.
pub(crate) const COLUMNS_MAX: usize = 500;
/// The most rows. A month of France has a twentieth.
const ROWS_MAX: i64 = 1 << 30;
/// The largest pages of all columns of a row group together, decompressed: so much is in memory at once. The writer's have 1 MiB each.
const PAGES_MAX: u64 = 1 << 30;
/// The rows of a batch hold about so many bytes at most.
const BATCH_BYTES: u64 = 256 << 20;
/// All that a table says, decoded.
pub(crate) const DECODED_MAX: u64 = 64 << 30;
/// A head of a page is read in pieces of these sizes; longer ones are refused.
const HEADS: [u64; 2] = [4 << 10, 256 << 10];
/// Plain values, runs and dictionaries. A published table has no other encoding; some others let a short page say much.
const ENCODINGS: [i32; 6] = [0, 2, 3, 4, 5, 8];

/// A Parquet file that was looked at and may be decoded.
pub struct ParquetCheck {
    /// What the file says of itself, without the Arrow schema that some writers hide in it.
    pub metadata: ArrowReaderMetadata,
    /// How many rows may be decoded at once, so that a batch stays small.
    pub rows_at_once: usize,
}

/// Looks at a Parquet file before it is decoded: no column lies in another or holds lists, rows, pages and dictionaries are bounded and agree with one
/// another, and all of it lies in the file.
///
/// # Errors
/// [`CanonError::ParquetRefused`] when it is not such a table; [`CanonError::Parquet`] when it is damaged.
pub fn check_parquet<R: ChunkReader + 'static>(reader: R) -> Result<ParquetCheck, CanonError> {
    check_shared(&Shared(Arc::new(reader)), Shape::Flat)
}

/// Which columns may lie in others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// None.
    Flat,
    /// The four corners of a box, in the last column.
    WithBox,
}

fn check_shared<R: ChunkReader + 'static>(reader: &Shared<R>, shape: Shape) -> Result<ParquetCheck, CanonError> {
    contained(|| {
        check_footer(reader, shape)?;
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = ArrowReaderMetadata::load(reader, options)?;
        let rows_at_once = check_groups(reader, metadata.metadata())?;
        Ok(ParquetCheck { metadata, rows_at_once })
    })
}

/// Reads a Parquet file from outside, in batches of at most 8 192 rows; see [`check_parquet`].
///
/// # Errors
/// As [`check_parquet`]; then, batch by batch, when a page is damaged or the file says more than any table.
pub fn read_parquet<R: ChunkReader + 'static>(reader: R) -> Result<ParquetBatches, CanonError> {
    read(reader, Shape::Flat)
}

/// The same of a file whose last column is a box.
pub(crate) fn read_geoparquet<R: ChunkReader + 'static>(reader: R) -> Result<ParquetBatches, CanonError> {
    read(reader, Shape::WithBox)
}

fn read<R: ChunkReader + 'static>(reader: R, shape: Shape) -> Result<ParquetBatches, CanonError> {
    let shared = Shared(Arc::new(reader));
    let check = check_shared(&shared, shape)?;
    let said = check.metadata.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(shared, check.metadata).with_batch_size(check.rows_at_once);
    let schema = Arc::clone(builder.schema());
    let reader = contained(|| Ok(builder.build()?))?;
    Ok(ParquetBatches { reader: Some(reader), schema, said, decoded: 0 })
}

/// The batches of a Parquet file; see [`read_parquet`]. Ends after the first error.
pub struct ParquetBatches {
    reader: Option<ParquetRecordBatchReader>,
    schema: SchemaRef,
    said: Vec<KeyValue>,
    decoded: u64,
}

impl ParquetBatches {
    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// What the file says of itself by a key; once for each time that the key is there.
    pub(crate) fn said(&self, key: &str) -> Vec<Option<String>> {
        self.said.iter().filter(|said| said.key == key).map(|said| said.value.clone()).collect()
    }
}

impl Iterator for ParquetBatches {
    type Item = Result<RecordBatch, CanonError>;

    fn next(&mut self) -> Option<Self::Item> {
        let reader = self.reader.as_mut()?;
        let next = contained(|| Ok(reader.next().transpose()?)).transpose()?;
        let checked = next.and_then(|batch| {
            self.decoded = self.decoded.saturating_add(batch.get_array_memory_size() as u64);
            if self.decoded > DECODED_MAX { Err(refused("it says more than any table")) } else { Ok(batch) }
        });
        if checked.is_err() {
            self.reader = None;
        }
        Some(checked)
    }
}

/// What the library does, where it may panic: the file is damaged then. (It does so on some pages whose sizes contradict one another.)
///
/// # Errors
/// Those of the work, and [`CanonError::ParquetRefused`] for a panic.
pub fn contained<T>(work: impl FnOnce() -> Result<T, CanonError>) -> Result<T, CanonError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(refused("it is damaged, and the library of the format gave up on it")))
}

fn refused(why: impl Into<String>) -> CanonError {
    CanonError::ParquetRefused(why.into())
}

/// A file that several readers read.
struct Shared<R>(Arc<R>);

impl<R> Clone for Shared<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R: ChunkReader> Length for Shared<R> {
    fn len(&self) -> u64 {
        self.0.len()
    }
}

impl<R: ChunkReader> ChunkReader for Shared<R> {
    type T = R::T;
    fn get_read(&self, start: u64) -> parquet::errors::Result<R::T> {
        self.0.get_read(start)
    }
    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        self.0.get_bytes(start, length)
    }
}

/// The columns as the footer lists them: the library goes down into columns in one another, as deep as a file likes.
fn check_footer<R: ChunkReader>(reader: &Shared<R>, shape: Shape) -> Result<(), CanonError> {
    let size = reader.len();
    let tail = size.checked_sub(8).ok_or_else(|| refused("it is too short"))?;
    let end = reader.get_bytes(tail, 8)?;
    let (Some(length), Some(b"PAR1")) = (end.first_chunk::<4>(), end.get(4..)) else { return Err(refused("it does not end as it must")) };
    let length = u64::from(u32::from_le_bytes(*length));
    if length > FOOTER_MAX || length > tail {
        return Err(refused("its footer is longer than that of any table, or than the file"));
    }
    let footer = reader.get_bytes(tail - length, usize::try_from(length).unwrap_or_default())?;
    let mut flat = true;
    let mut thrift = Thrift::new(&footer);
    let read = thrift.fields(0, &mut |thrift, field, of| {
        if field != 2 || of != kind::LIST {
            return Some(false);
        }
        let (columns, of) = thrift.list()?;
        flat &= (2..=COLUMNS_MAX + 1).contains(&columns) && of == kind::STRUCT;
        for column in 0..columns.min(COLUMNS_MAX + 1) {
            thrift.fields(1, &mut |thrift, field, of| match field {
                // required is 0, optional 1, repeated 2
                3 => {
                    flat &= thrift.i32(of)? != 2 || column == 0;
                    Some(true)
                }
                5 => {
                    let inner = thrift.i32(of)?;
                    let is_box = shape == Shape::WithBox && inner == 4 && column > 0 && column + 5 == columns;
                    flat &= is_box || (inner <= 0) == (column > 0);
                    Some(true)
                }
                _ => Some(false),
            })?;
        }
        if flat { Some(true) } else { None }
    });
    match read {
        Some(()) => Ok(()),
        None if !flat => Err(refused(format!("it has no column, more than {COLUMNS_MAX}, columns in one another or columns of lists"))),
        None => Err(refused("its footer is not well formed")),
    }
}

/// Row groups, column chunks and pages; gives how many rows may be decoded at once.
fn check_groups<R: ChunkReader + 'static>(reader: &Shared<R>, metadata: &ParquetMetaData) -> Result<usize, CanonError> {
    let mut rows = 0i64;
    let mut longest_row = 1;
    for group in metadata.row_groups() {
        let of_group = group.num_rows();
        rows = rows
            .checked_add(of_group)
            .filter(|rows| of_group >= 0 && *rows <= ROWS_MAX)
            .ok_or_else(|| refused("it has more rows than any table"))?;
        let mut pages = 0;
        let mut row = 0;
        for column in group.columns() {
            let chunk = check_chunk(reader, column, of_group)?;
            pages += chunk.largest_page;
            row += chunk.longest_repeated;
        }
        if pages > PAGES_MAX {
            return Err(refused("its pages are larger than those of any table"));
        }
        longest_row = longest_row.max(row);
    }
    if metadata.file_metadata().num_rows() != rows {
        return Err(refused("its footer counts other rows than its row groups"));
    }
    Ok(usize::try_from(BATCH_BYTES / longest_row).unwrap_or(1).clamp(1, crate::ROWS_PER_CHUNK))
}

/// What was seen of a column chunk.
struct Chunk {
    largest_page: u64,
    /// The longest value of its dictionary, which few bytes may repeat many times.
    longest_repeated: u64,
}

fn check_chunk<R: ChunkReader + 'static>(reader: &Shared<R>, column: &ColumnChunkMetaData, rows: i64) -> Result<Chunk, CanonError> {
    let (start, length) = column.byte_range();
    let end = start.checked_add(length).filter(|end| *end <= reader.len()).ok_or_else(|| refused("a column lies outside of the file"))?;
    let mut at = start;
    let mut values = 0i64;
    let mut chunk = Chunk { largest_page: 0, longest_repeated: 0 };
    while at < end {
        let head = page_head(reader, at, end)?;
        at = at.checked_add(head.length).filter(|at| *at <= end).ok_or_else(|| refused("a page is longer than its column"))?;
        chunk.largest_page = chunk.largest_page.max(head.uncompressed);
        match head.values {
            PageValues::Rows(n) => values = values.saturating_add(n),
            PageValues::Dictionary if values > 0 || chunk.longest_repeated > 0 => return Err(refused("a dictionary comes after values")),
            PageValues::Dictionary if head.uncompressed > PAGES_MAX => return Err(refused("its pages are larger than those of any table")),
            PageValues::Dictionary => chunk.longest_repeated = longest_value(reader, column, rows)?.max(1),
        }
    }
    // Without lists each row has one value, or says that it has none.
    if values != rows { Err(refused("a column has other values than its row group has rows")) } else { Ok(chunk) }
}

/// The head of a page, as far as it bounds what the page may become.
struct PageHead {
    /// Of the page with its head.
    length: u64,
    uncompressed: u64,
    values: PageValues,
}

enum PageValues {
    Rows(i64),
    Dictionary,
}

fn page_head<R: ChunkReader>(reader: &Shared<R>, at: u64, end: u64) -> Result<PageHead, CanonError> {
    for most in HEADS {
        let bytes = reader.get_bytes(at, usize::try_from(most.min(end - at)).unwrap_or_default())?;
        if let Some(head) = read_page_head(&bytes) {
            return Ok(head);
        }
    }
    Err(refused("the head of a page is not well formed, or not of a kind that a published table has"))
}

fn read_page_head(bytes: &[u8]) -> Option<PageHead> {
    let (mut page, mut sizes, mut inner) = (None, [None; 2], [None; 3]);
    let mut thrift = Thrift::new(bytes);
    thrift.fields(0, &mut |thrift, field, of| {
        // Told twice, the library might believe the other.
        let once = |place: &mut Option<i32>, thrift: &mut Thrift<'_>| place.replace(thrift.i32(of)?).is_none().then_some(true);
        match field {
            1 => once(&mut page, thrift),
            2 => once(&mut sizes[0], thrift),
            3 => once(&mut sizes[1], thrift),
            // The heads of a page of data, of a dictionary, and of a page of the second version of the format.
            5 | 7 | 8 if of == kind::STRUCT => {
                let (mut values, mut encoding) = (None, None);
                let of_encoding = if field == 8 { 4 } else { 2 };
                thrift.fields(1, &mut |thrift, field, of| match field {
                    1 => values.replace(thrift.i32(of)?).is_none().then_some(true),
                    _ if field == of_encoding => encoding.replace(thrift.i32(of)?).is_none().then_some(true),
                    _ => Some(false),
                })?;
                let place = inner.get_mut(match field {
                    5 => 0,
                    7 => 1,
                    _ => 2,
                })?;
                place.replace((values?, encoding?)).is_none().then_some(true)
            }
            5 | 7 | 8 => None,
            _ => Some(false),
        }
    })?;
    let [uncompressed, compressed] = sizes.map(|size| size.and_then(|size| u64::try_from(size).ok()));
    let (values, encoding) = match page? {
        0 => inner[0]?,
        2 => inner[1]?,
        3 => inner[2]?,
        _ => return None,
    };
    let (values, uncompressed) = (i64::from(values), uncompressed?);
    // Each value of a dictionary takes a byte at least.
    let fits = if page == Some(2) { u64::try_from(values).ok()? <= uncompressed } else { values >= 0 };
    let values = if page == Some(2) { PageValues::Dictionary } else { PageValues::Rows(values) };
    (fits && ENCODINGS.contains(&encoding)).then_some(PageHead { length: thrift.read() as u64 + compressed?, uncompressed, values })
}

/// The longest text of the dictionary with which a column chunk begins; 0 for numbers.
fn longest_value<R: ChunkReader + 'static>(reader: &Shared<R>, column: &ColumnChunkMetaData, rows: i64) -> Result<u64, CanonError> {
    match column.column_type() {
        Type::BYTE_ARRAY => {}
        Type::FIXED_LEN_BYTE_ARRAY => return Ok(u64::try_from(column.column_descr().type_length()).unwrap_or(0)),
        _ => return Ok(0),
    }
    let rows = usize::try_from(rows).unwrap_or_default();
    let mut pages = SerializedPageReader::new(Arc::new(reader.clone()), column, rows, None)?;
    let Some(Page::DictionaryPage { buf, .. }) = pages.get_next_page()? else {
        return Err(refused("a dictionary is not where it must be"));
    };
    let (mut longest, mut rest) = (0, buf.as_ref());
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        longest = longest.max(length);
        rest = after.get(length..).ok_or_else(|| ParquetError::EOF("a value of a dictionary is cut".into()))?;
    }
    Ok(longest as u64)
}
