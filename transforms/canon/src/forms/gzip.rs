//! CSV in gzip: without a name and a time, so that the same text gives the same bytes.

use crate::{cells::Cells, csv_write::CsvWriter};
use arrow::array::RecordBatch;
use flate2::{Compression, GzBuilder, read::GzDecoder, write::GzEncoder};
use solidata_model::Contract;
use std::io::{self, BufReader, Read, Write};

/// zlib's own default.
const LEVEL: u32 = 6;
/// What the byte for the operating system is when it is not said.
const NO_SYSTEM: u8 = 255;

pub(super) struct CsvGzWriter<W: Write>(CsvWriter<GzEncoder<W>>);

impl<W: Write> CsvGzWriter<W> {
    pub(super) fn new(contract: &Contract, inner: W) -> io::Result<Self> {
        let gzip = GzBuilder::new().mtime(0).operating_system(NO_SYSTEM).write(inner, Compression::new(LEVEL));
        Ok(Self(CsvWriter::new(gzip, contract.columns.iter().map(|c| c.name.as_str()))?))
    }

    pub(super) fn write(&mut self, chunk: &RecordBatch, cells: &[Cells<'_>]) -> io::Result<()> {
        self.0.write(chunk, cells)
    }

    pub(super) fn finish(self) -> io::Result<W> {
        self.0.into_inner().finish()
    }
}

/// The text in a file, of which at most `most` bytes are read: one byte more is an error, so that a small file cannot keep a reader busy for long.
pub(super) fn reader<R: Read>(file: R, most: u64) -> impl Read {
    Bounded { inner: GzDecoder::new(BufReader::new(file)), left: most }
}

struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.left = self.left.checked_sub(n as u64).ok_or_else(|| io::Error::other("there is more text in it than the table has"))?;
        Ok(n)
    }
}
