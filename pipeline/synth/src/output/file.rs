//! One output file, plain or compressed.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::write::GzEncoder;

use super::FileReport;
use crate::SynthError;
use crate::spec::Compression;

/// Where bytes go. The gzip header holds no time and no name, so that same bytes give same files.
pub(crate) enum Sink {
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
    Zstd(Box<zstd::stream::write::Encoder<'static, BufWriter<File>>>),
}

impl Sink {
    pub(crate) fn create(path: &Path, compression: Compression) -> Result<Self, SynthError> {
        let file = BufWriter::with_capacity(1 << 20, File::create(path).map_err(SynthError::write(path))?);
        Ok(match compression {
            Compression::None => Self::Plain(file),
            Compression::Gzip => Self::Gzip(Box::new(GzEncoder::new(file, flate2::Compression::new(2)))),
            Compression::Zstd => {
                let encoder = zstd::stream::write::Encoder::new(file, 3).map_err(SynthError::write(path))?;
                Self::Zstd(Box::new(encoder))
            }
        })
    }

    /// Ends the file; gives its size.
    pub(crate) fn finish(self, path: &Path) -> Result<u64, SynthError> {
        let file = match self {
            Self::Plain(file) => Ok(file),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        };
        let mut file = file.map_err(SynthError::write(path))?;
        file.flush().map_err(SynthError::write(path))?;
        Ok(file.get_ref().metadata().map_err(SynthError::write(path))?.len())
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.flush(),
            Self::Gzip(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }
}

/// A file with its account.
pub(crate) struct Output {
    sink: Sink,
    path: PathBuf,
    report: FileReport,
}

impl Output {
    pub(crate) fn create(folder: &Path, name: &str, compression: Compression) -> Result<Self, SynthError> {
        let name = match compression {
            Compression::None => name.to_owned(),
            Compression::Gzip => format!("{name}.gz"),
            Compression::Zstd => format!("{name}.zst"),
        };
        let path = folder.join(&name);
        let sink = Sink::create(&path, compression)?;
        Ok(Self { sink, path, report: FileReport { name, bytes: 0, document_bytes: 0, documents: 0 } })
    }

    pub(crate) fn write(&mut self, bytes: &[u8], documents: u64) -> Result<(), SynthError> {
        self.report.documents += documents;
        self.report.document_bytes += bytes.len() as u64;
        self.sink.write_all(bytes).map_err(SynthError::write(&self.path))
    }

    pub(crate) fn finish(self) -> Result<FileReport, SynthError> {
        let bytes = self.sink.finish(&self.path)?;
        Ok(FileReport { bytes, ..self.report })
    }
}
