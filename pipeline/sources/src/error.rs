//! What can go wrong while a snapshot is read, and what the operator can do about it.

use crate::Collection;
use std::path::PathBuf;

/// What kind of trouble an error is: decides the exit code of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The snapshot is cut, corrupt or breaks the contract too often (exit code 1).
    Damaged,
    /// The caller asked for something that cannot be (exit code 2).
    Usage,
    /// A file is missing or cannot be read now (exit code 3).
    Unavailable,
    /// The consumer of the records failed (the caller knows what it was), or the program itself (exit code 5).
    Consumer,
}

/// The error of a consumer, passed through as it is.
pub type ConsumerError = Box<dyn std::error::Error + Send + Sync>;

/// Why a snapshot was refused. No variant holds a value of a record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// No such file or folder.
    #[error("{path}: no such file or folder; check the path of the snapshot")]
    Missing {
        /// The path as it was given.
        path: PathBuf,
    },
    /// Something else than a file: a device or a pipe has no end, and cannot be read twice.
    #[error("{path}: neither a file nor a folder; copy the snapshot into a file")]
    NoFile {
        /// The path as it was given.
        path: PathBuf,
    },
    /// The operating system refused to give the bytes.
    #[error("{file}: cannot be read after byte {at}: {cause}; check the rights and the disk, then try again")]
    Unreadable {
        /// The file.
        file: String,
        /// Bytes of the file read before.
        at: u64,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// The content is of no known form.
    #[error(
        "{file}: not a snapshot that is known (mongodump archive, .bson, mongoexport NDJSON or JSON array; plain, gzip or zstd); \
         if it should be one, it is damaged: copy it again"
    )]
    NotRecognised {
        /// The file.
        file: String,
    },
    /// The bytes are not a whole snapshot.
    #[error("{file}{}: {what} at byte {at}; the snapshot is cut or corrupt: copy it again or take a new one", in_collection(.collection))]
    Damaged {
        /// The file.
        file: String,
        /// The collection, where it is known.
        collection: Option<String>,
        /// Offset in the decompressed stream of `file`.
        at: u64,
        /// What is wrong.
        what: Damage,
    },
    /// A lone file holds one collection, but the caller did not say which.
    #[error("{file}: a file of this form holds one collection; say which one")]
    CollectionNotSaid {
        /// The file.
        file: String,
    },
    /// A wanted collection is not in the snapshot.
    #[error("{path}: holds no collection `{collection}` (it holds: {found}); give the snapshot that has it")]
    CollectionMissing {
        /// The snapshot.
        path: String,
        /// The wanted collection.
        collection: Collection,
        /// What is there.
        found: String,
    },
    /// Two parts of the snapshot claim to be the same collection.
    #[error("{path}: collection `{collection}` is there twice ({first} and {second}); keep one")]
    CollectionTwice {
        /// The snapshot.
        path: String,
        /// The collection.
        collection: Collection,
        /// One place.
        first: String,
        /// The other.
        second: String,
    },
    /// More records break the contract than the caller allows.
    #[error(
        "{path}: {quarantined} of {documents} documents of `{collection}` break the contract (most often: {most}), more than the share \
         of {share} that is allowed; look at the quarantine list, then correct the source or raise the share"
    )]
    TooManyQuarantined {
        /// The snapshot.
        path: String,
        /// The collection.
        collection: Collection,
        /// Records put in quarantine.
        quarantined: u64,
        /// Records read.
        documents: u64,
        /// The most frequent reason code.
        most: &'static str,
        /// The allowed share, 0 to 1.
        share: f64,
    },
    /// The consumer of the records stopped the run.
    #[error("the records could not be taken in: {0}")]
    Consumer(ConsumerError),
    /// The field policies that are compiled in are wrong.
    #[error("{0}; this is a defect of the program, please report it")]
    Policy(String),
    /// A worker thread died.
    #[error("a worker thread stopped while reading {path}; this is a defect of the program, please report it")]
    WorkerLost {
        /// The snapshot.
        path: String,
    },
}

/// What is wrong with damaged bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// Nothing at all where a form needs at least a header.
    #[error("the file is empty")]
    Empty,
    /// The gzip or zstd stream ends early or does not decode.
    #[error("the compressed stream is cut or does not decode")]
    Compression,
    /// The compressed stream becomes many times larger than any dump does.
    #[error("the compressed stream becomes more than {} times as large as it is", crate::stream::RATIO)]
    Ratio,
    /// The archive does not start as it must.
    #[error("the head of the archive is not well formed")]
    Prelude,
    /// The archive ends inside a block.
    #[error("the archive ends inside a block")]
    ArchiveCut,
    /// The archive names more collections than a database has, or one by a longer name than there is.
    #[error("the archive names too many collections, or one by too long a name")]
    Namespaces,
    /// A block header of the archive is not well formed.
    #[error("a block header of the archive is not well formed")]
    BlockHeader,
    /// The archive has no end mark for a collection.
    #[error("the end mark of a collection is missing")]
    EndMissing,
    /// Something follows the end mark of a collection.
    #[error("data after the end mark of the collection")]
    AfterEnd,
    /// The checksum of a collection differs.
    #[error("the CRC-64 of the collection differs")]
    Checksum,
    /// A document's length is impossible.
    #[error("a document has an impossible length")]
    DocumentLength,
    /// A document lacks its closing zero byte.
    #[error("a document does not end where its length says")]
    DocumentEnd,
    /// The last document is cut.
    #[error("the last document is cut")]
    TornDocument,
    /// The last line is no whole document.
    #[error("the last line is cut")]
    TornLine,
    /// One record is longer than any real one.
    #[error("a record longer than any MongoDB document")]
    RecordTooLong,
    /// The JSON array is not closed.
    #[error("the JSON array is not closed")]
    ArrayOpen,
    /// The JSON array is not well formed between its records.
    #[error("the JSON array is not well formed")]
    ArrayBroken,
    /// Something follows the closing bracket of the JSON array.
    #[error("data after the end of the JSON array")]
    AfterArray,
}

impl SourceError {
    /// The kind of trouble, see [`ErrorKind`].
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotRecognised { .. } | Self::Damaged { .. } | Self::TooManyQuarantined { .. } => ErrorKind::Damaged,
            Self::NoFile { .. } | Self::CollectionNotSaid { .. } | Self::CollectionMissing { .. } | Self::CollectionTwice { .. } => {
                ErrorKind::Usage
            }
            Self::Missing { .. } | Self::Unreadable { .. } => ErrorKind::Unavailable,
            Self::Consumer(_) | Self::Policy(_) | Self::WorkerLost { .. } => ErrorKind::Consumer,
        }
    }
}

fn in_collection(collection: &Option<String>) -> String {
    collection.as_ref().map(|name| format!(", collection `{name}`")).unwrap_or_default()
}
