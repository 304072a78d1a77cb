use crate::cells::Cells;
use crate::conform::Conformer;
use crate::csv_write::CsvWriter;
use crate::error::CanonError;
use crate::logical::LogicalHasher;
use crate::order::KeyOrder;
use crate::parquet_write::{FileReceipt, Metered, parquet_writer};
use arrow::array::{Array as _, ArrayRef, RecordBatch, make_array};
use arrow::compute::BatchCoalescer;
use parquet::arrow::ArrowWriter;
use solidata_model::{DatasetSpec, Digest, kind};
use std::io::Write;
use std::sync::Arc;

/// Rows that go to the writers at a time, whatever batches the rows come in: the pages of a Parquet file follow it.
pub(crate) const ROWS_PER_CHUNK: usize = 8192;

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableReceipt {
    /// Rows of the table.
    pub rows: u64,
    /// Digest of its canonical rows, the same for both files (see [`crate::LogicalDigest`]).
    pub logical_sha256: Digest<kind::Logical>,
    /// The Parquet file.
    pub parquet: FileReceipt,
    /// The CSV file.
    pub csv: FileReceipt,
}

/// Writes one table as Parquet and as CSV at the same time, and its logical digest.
///
/// Guarantees: both files hold the same rows; every value keeps to the contract; rows strictly increase by the dataset's sort key (text by
/// bytes, false before true), so that they are unique and in the one possible order; and the bytes depend on the rows and the
/// [`DatasetSpec`] alone, not on how the rows were batched. Memory: one row group of Parquet and one chunk of CSV.
pub struct TableWriter<P: Write + Send, C: Write> {
    dataset: String,
    conformer: Conformer,
    coalescer: BatchCoalescer,
    order: KeyOrder,
    parquet: ArrowWriter<Metered<P>>,
    csv: CsvWriter<Metered<C>>,
    logical: LogicalHasher,
    rows_in: u64,
    failed: bool,
}

impl<P: Write + Send, C: Write> TableWriter<P, C> {
    /// Begins both files. To keep the writers, pass `&mut` of them.
    ///
    /// # Errors
    /// As [`Conformer::new`], or when the writers refuse the first bytes.
    pub fn new(spec: &DatasetSpec, parquet: P, csv: C) -> Result<Self, CanonError> {
        let conformer = Conformer::new(spec)?;
        let schema = Arc::clone(conformer.schema());
        let order = KeyOrder::new(spec);
        Ok(Self {
            dataset: spec.id.clone(),
            coalescer: BatchCoalescer::new(Arc::clone(&schema), ROWS_PER_CHUNK),
            parquet: parquet_writer(Metered::new(parquet), schema, spec, order.keys())?,
            csv: CsvWriter::new(Metered::new(csv), spec.contract.columns.iter().map(|c| c.name.as_str()))?,
            logical: LogicalHasher::of_contract(&spec.contract),
            conformer,
            order,
            rows_in: 0,
            failed: false,
        })
    }

    /// Adds rows, in the order of the sort key, in batches of any size. A batch need not conform beforehand: it is conformed here, so that
    /// nothing unchecked is ever written.
    ///
    /// # Errors
    /// As [`Conformer::conform`]; when a row's key is not greater than that of the row before (seen at the latest in [`TableWriter::finish`]); when
    /// the bytes cannot be written. After an error the writer refuses everything, and both files are to be thrown away.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), CanonError> {
        self.guarded(|w| {
            let conformed = w.conformer.conform(batch, w.rows_in.saturating_add(1))?;
            w.rows_in += conformed.num_rows() as u64;
            w.coalescer.push_batch(conformed)?;
            w.write_chunks()
        })
    }

    /// Writes what is left and ends both files.
    ///
    /// # Errors
    /// As [`TableWriter::write`].
    pub fn finish(mut self) -> Result<TableReceipt, CanonError> {
        self.guarded(|w| {
            w.coalescer.finish_buffered_batch()?;
            w.write_chunks()
        })?;
        let logical = self.logical.finish();
        Ok(TableReceipt {
            rows: logical.rows,
            logical_sha256: logical.sha256,
            parquet: self.parquet.into_inner()?.finish()?,
            csv: self.csv.into_inner().finish()?,
        })
    }

    fn write_chunks(&mut self) -> Result<(), CanonError> {
        while let Some(chunk) = self.coalescer.next_completed_batch() {
            let chunk = without_idle_nulls(chunk)?;
            self.order.check(&chunk)?;
            let cells = Cells::of_batch(&chunk)?;
            self.csv.write(&chunk, &cells)?;
            self.logical.add(&cells, chunk.num_rows());
            self.parquet.write(&chunk)?;
        }
        Ok(())
    }

    fn guarded(&mut self, step: impl FnOnce(&mut Self) -> Result<(), CanonError>) -> Result<(), CanonError> {
        if self.failed {
            return Err(CanonError::Poisoned { dataset: self.dataset.clone() });
        }
        self.failed = true;
        step(self)?;
        self.failed = false;
        Ok(())
    }
}

/// The same rows; a column without nulls has no null buffer. The Parquet writer cuts the pages of a column that has one otherwise, even where it marks none,
/// and whether there is one depends on how the rows were made.
pub(crate) fn without_idle_nulls(chunk: RecordBatch) -> Result<RecordBatch, CanonError> {
    let idle = |column: &ArrayRef| column.nulls().is_some_and(|nulls| nulls.null_count() == 0);
    if !chunk.columns().iter().any(idle) {
        return Ok(chunk);
    }
    let strip = |column: &ArrayRef| match idle(column) {
        true => Ok(make_array(column.to_data().into_builder().nulls(None).build()?)),
        false => Ok(Arc::clone(column)),
    };
    let columns = chunk.columns().iter().map(strip).collect::<Result<Vec<_>, CanonError>>()?;
    Ok(RecordBatch::try_new(chunk.schema(), columns)?)
}
