//! One file of one form, out of chunks of rows.

use super::{
    About, Form,
    geojson::GeoJsonWriter,
    geoparquet::GeoParquetWriter,
    gzip::CsvGzWriter,
    rows::Chunks,
    wrong,
    xlsx::{Workbook, XlsxWriter},
};
use crate::{CanonError, LogicalDigest, TableWriter, cells::Cells, logical::LogicalHasher};
use arrow::array::RecordBatch;
use solidata_model::{DatasetSpec, Part};
use std::io::{self, Write};

/// What a file is made of, beside its rows.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) spec: &'a DatasetSpec,
    pub(super) about: &'a About,
    /// Rows of the file, which the notes of a spreadsheet say.
    pub(super) rows: u64,
    pub(super) part: Option<&'a Part>,
}

/// How a file came out.
pub(super) enum Encoded {
    /// Whole.
    Whole(LogicalDigest),
    /// It was given up after so many rows, as it was to become larger than it may: with these rows first, any file is.
    TooLarge(u64),
}

/// Writes a file; it is given up once it has more than `most` bytes.
pub(super) fn encode<W: Write + Send>(
    form: Form,
    context: Context<'_>,
    chunks: Chunks,
    inner: W,
    most: u64,
) -> Result<Encoded, CanonError> {
    let mut out = Capped { inner, left: most, exceeded: false };
    let spec = context.spec;
    let mut digest = Hashed { hasher: LogicalHasher::of_contract(&spec.contract), rows: 0 };
    let written = match form {
        Form::Xlsx => return xlsx(context, chunks, digest, out, most),
        Form::Parquet => parquet(spec, chunks, &mut digest, &mut out),
        Form::GeoParquet => GeoParquetWriter::new(spec, &mut out).and_then(|mut to| {
            digest.all(chunks, |chunk, cells| to.write(chunk, cells))?;
            to.finish()
        }),
        Form::GeoJson => GeoJsonWriter::new(spec, &mut out).and_then(|mut to| {
            digest.all(chunks, |chunk, cells| to.write(chunk, cells))?;
            to.finish()
        }),
        Form::CsvGz => CsvGzWriter::new(&spec.contract, &mut out).map_err(CanonError::from).and_then(|mut to| {
            digest.all(chunks, |chunk, cells| Ok(to.write(chunk, cells)?))?;
            to.finish()?;
            Ok(())
        }),
        Form::Csv => Err(wrong("csv", "it is written with the table")),
    };
    if out.exceeded {
        return Ok(Encoded::TooLarge(digest.rows));
    }
    written?;
    out.flush()?;
    Ok(Encoded::Whole(digest.finish()))
}

struct Hashed {
    hasher: LogicalHasher,
    rows: u64,
}

impl Hashed {
    fn all(
        &mut self,
        chunks: Chunks,
        mut write: impl FnMut(&RecordBatch, &[Cells<'_>]) -> Result<(), CanonError>,
    ) -> Result<(), CanonError> {
        for chunk in chunks {
            self.one(&chunk?, &mut write)?;
        }
        Ok(())
    }

    fn one(
        &mut self,
        chunk: &RecordBatch,
        write: &mut impl FnMut(&RecordBatch, &[Cells<'_>]) -> Result<(), CanonError>,
    ) -> Result<(), CanonError> {
        let cells = Cells::of_batch(chunk)?;
        self.hasher.add(&cells, chunk.num_rows());
        self.rows += chunk.num_rows() as u64;
        write(chunk, &cells)
    }

    fn finish(self) -> LogicalDigest {
        self.hasher.finish()
    }
}

fn parquet(spec: &DatasetSpec, chunks: Chunks, digest: &mut Hashed, out: impl Write + Send) -> Result<(), CanonError> {
    let mut writer = TableWriter::new(spec, out, io::sink())?;
    digest.all(chunks, |chunk, _| writer.write(chunk))?;
    writer.finish().map(drop)
}

fn xlsx(context: Context<'_>, chunks: Chunks, mut digest: Hashed, mut out: Capped<impl Write>, most: u64) -> Result<Encoded, CanonError> {
    let Context { spec, about, rows, part } = context;
    let mut writer = XlsxWriter::new(Workbook { spec, about, rows, part })?;
    for chunk in chunks {
        digest.one(&chunk?, &mut |chunk, cells| writer.write(chunk, cells))?;
        if writer.bytes() > most {
            return Ok(Encoded::TooLarge(digest.rows));
        }
    }
    let bytes = writer.finish()?;
    if bytes.len() as u64 > most {
        return Ok(Encoded::TooLarge(digest.rows));
    }
    out.write_all(&bytes)?;
    out.flush()?;
    Ok(Encoded::Whole(digest.finish()))
}

/// Lets through so many bytes and no more.
struct Capped<W> {
    inner: W,
    left: u64,
    exceeded: bool,
}

impl<W: Write> Write for Capped<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if buf.len() as u64 > self.left {
            self.exceeded = true;
            return Err(io::Error::other("the file is larger than it may be"));
        }
        let n = self.inner.write(buf)?;
        self.left -= n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
