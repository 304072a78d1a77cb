//! What a whole, verified pass over a snapshot tells.

use crate::{Collection, Position};
use std::collections::BTreeMap;
use std::fmt;

/// A sha256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// Not at all.
    Plain,
    /// gzip, of one or more members.
    Gzip,
    /// zstd, of one or more frames.
    Zstd,
}

/// What a file holds once decompressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Container {
    /// `mongodump --archive`: several collections, interleaved.
    Archive,
    /// Concatenated BSON documents: one `.bson` of a mongodump folder.
    Bson,
    /// `mongoexport`: one JSON document a line, relaxed or canonical.
    Ndjson,
    /// `mongoexport --jsonArray`: one JSON array.
    JsonArray,
}

/// The form of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// One file.
    File(Container, Encoding),
    /// A folder of files.
    Folder,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Form::File(container, encoding) = self else { return f.write_str("folder") };
        f.write_str(match container {
            Container::Archive => "archive",
            Container::Bson => "bson",
            Container::Ndjson => "ndjson",
            Container::JsonArray => "json-array",
        })?;
        f.write_str(match encoding {
            Encoding::Plain => "",
            Encoding::Gzip => "+gzip",
            Encoding::Zstd => "+zstd",
        })
    }
}

/// One file of a folder, as it lies on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDigest {
    /// Name relative to the folder, `/` between its parts.
    pub name: String,
    /// Bytes.
    pub bytes: u64,
    /// Digest of those bytes.
    pub sha256: Digest,
}

/// What pins a snapshot: the same for every pass over the same bytes, whatever was wanted from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotDigest {
    /// Its form.
    pub form: Form,
    /// For a file: sha256 of its bytes. For a folder: sha256 of one line `name TAB bytes TAB sha256 LF` for each file, sorted by name.
    pub sha256: Digest,
    /// Bytes on disk.
    pub bytes: u64,
    /// Each file of a folder, sorted by name; a lone file has one entry.
    pub files: Vec<FileDigest>,
}

/// A record that was set aside. Never its content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quarantined {
    /// Its collection.
    pub collection: Collection,
    /// Where it begins.
    pub position: Position,
    /// Why: a short code such as `json_invalide`, `bson_invalide`, `utf8_invalide`, `type_inattendu`, or one of the consumer's.
    pub reason: &'static str,
    /// The path of the field that breaks the contract, empty where there is none.
    pub field: std::borrow::Cow<'static, str>,
}

/// What the records of a snapshot told; given only after every byte of it was read and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotReceipt {
    /// What pins it.
    pub digest: SnapshotDigest,
    /// Documents of each collection, by name, quarantined ones included: of all collections of an archive (wanted or not), else of the
    /// wanted ones.
    pub documents: BTreeMap<String, u64>,
    /// The records set aside, sorted by collection and position.
    pub quarantine: Vec<Quarantined>,
    /// Fields that the contract does not name, by collection and path, with the number of documents' mentions. An unprintable or very long
    /// name is shown as `?`.
    pub unknown_fields: BTreeMap<(Collection, String), u64>,
}

impl SnapshotReceipt {
    /// Documents of a collection, quarantined ones included.
    pub fn documents_of(&self, collection: Collection) -> u64 {
        self.documents.get(collection.name()).copied().unwrap_or(0)
    }

    /// Quarantined records of a collection.
    pub fn quarantined_of(&self, collection: Collection) -> u64 {
        self.quarantine.iter().filter(|record| record.collection == collection).count() as u64
    }
}
