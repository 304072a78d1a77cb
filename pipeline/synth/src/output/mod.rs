//! Files of a snapshot, in each form.

mod archive;
mod file;

pub(crate) use archive::Archive;
pub(crate) use file::{Output, Sink};

use std::path::Path;

use crate::SynthError;
use crate::spec::{Compression, Form, SynthSpec};

/// The two collections of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Collection {
    Lieux,
    Search,
}

impl Collection {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lieux => "lieux",
            Self::Search => "search",
        }
    }
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FileReport {
    /// Path below the output folder.
    pub name: String,
    /// Size on disk.
    pub bytes: u64,
    /// Size of the documents before compression.
    pub document_bytes: u64,
    /// Documents in it.
    pub documents: u64,
}

/// The snapshot being written.
pub(crate) enum Snapshot {
    Files { lieux: Box<Output>, search: Box<Output> },
    Archive { archive: Box<Archive<Sink>>, documents: u64, document_bytes: u64 },
}

pub(crate) const ARCHIVE_NAME: &str = "snapshot.archive.gz";

impl Snapshot {
    pub(crate) fn create(spec: &SynthSpec, folder: &Path) -> Result<Self, SynthError> {
        let extension = match spec.form {
            Form::Archive => {
                let sink = Sink::create(&folder.join(ARCHIVE_NAME), Compression::Gzip)?;
                let archive = Archive::begin(sink).map_err(SynthError::write(&folder.join(ARCHIVE_NAME)))?;
                return Ok(Self::Archive { archive: Box::new(archive), documents: 0, document_bytes: 0 });
            }
            Form::Bson => "bson",
            Form::Ndjson | Form::NdjsonCanonical => "ndjson",
        };
        if spec.form == Form::Bson {
            for collection in [Collection::Lieux, Collection::Search] {
                let path = folder.join(format!("{}.metadata.json", collection.name()));
                std::fs::write(&path, archive::metadata(collection.name())).map_err(SynthError::write(&path))?;
            }
        }
        let create = |collection: Collection| Output::create(folder, &format!("{}.{extension}", collection.name()), spec.compression);
        Ok(Self::Files { lieux: Box::new(create(Collection::Lieux)?), search: Box::new(create(Collection::Search)?) })
    }

    /// Appends whole documents.
    pub(crate) fn write(&mut self, folder: &Path, collection: Collection, bytes: &[u8], count: u64) -> Result<(), SynthError> {
        match self {
            Self::Files { lieux, search } => {
                let output = if collection == Collection::Lieux { lieux } else { search };
                output.write(bytes, count)
            }
            Self::Archive { archive, documents, document_bytes } => {
                *documents += count;
                *document_bytes += bytes.len() as u64;
                archive.block(collection.name(), bytes).map_err(SynthError::write(&folder.join(ARCHIVE_NAME)))
            }
        }
    }

    pub(crate) fn finish(self, folder: &Path) -> Result<Vec<FileReport>, SynthError> {
        match self {
            Self::Files { lieux, search } => Ok(vec![lieux.finish()?, search.finish()?]),
            Self::Archive { archive, documents, document_bytes } => {
                let path = folder.join(ARCHIVE_NAME);
                let sink = archive.end().map_err(SynthError::write(&path))?;
                let bytes = sink.finish(&path)?;
                Ok(vec![FileReport { name: ARCHIVE_NAME.to_owned(), bytes, document_bytes, documents }])
            }
        }
    }
}
