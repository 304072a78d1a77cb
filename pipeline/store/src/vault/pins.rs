use super::{Vault, VaultView};
use crate::{Result, StoreError, files::write_whole};
use serde::{Deserialize, Serialize};
use solidata_model::{Digest, SnapshotRole, canonical_json, kind};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// What a snapshot was when it was first seen. It stays in the vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// sha256 of the file's bytes; for a folder, of its sorted list of names, sizes and digests.
    pub sha256: Digest<kind::Snapshot>,
    /// Size in bytes of all its files.
    pub bytes: u64,
    /// The form it has, such as `archive+gzip`.
    pub form: String,
    /// How many documents each collection has.
    pub documents: BTreeMap<String, u64>,
    /// The instant of its newest document, RFC 3339; none when it has no dated document.
    pub cut_off: Option<String>,
}

/// What pinning found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinStatus {
    /// First sight: print the digest.
    New,
    /// The snapshot is what it was.
    Same,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: String,
    path: String,
    role: SnapshotRole,
    pin: Pin,
}

const FORMAT: &str = "solidata-pin/1";

impl VaultView {
    /// The pin of a path in a role, if it was pinned. Paths are compared after symbolic links and `..` are resolved.
    ///
    /// # Errors
    /// When the path is not there, or the pin cannot be read.
    pub fn pinned(&self, path: &Path, role: SnapshotRole) -> Result<Option<Pin>> {
        let (_, file) = self.pin_file(path, role)?;
        let text = match fs::read(&file) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(StoreError::io(file, "read")(e)),
        };
        match serde_json::from_slice::<Stored>(&text) {
            Ok(stored) if stored.format == FORMAT && stored.role == role => Ok(Some(stored.pin)),
            _ => Err(StoreError::Vault {
                path: file,
                detail: "this pin is damaged: put it back from a backup, or remove it to pin anew".into(),
            }),
        }
    }

    fn pin_file(&self, path: &Path, role: SnapshotRole) -> Result<(PathBuf, PathBuf)> {
        let path = path.canonicalize().map_err(StoreError::io(path, "find"))?;
        let name = Digest::<kind::Text>::of(format!("{role:?}\0{}", path.display()).as_bytes());
        Ok((path, self.made.join("pins").join(format!("{name}.json"))))
    }
}

impl Vault {
    /// Pins the snapshot at `path`, as it was just read, to what it is.
    ///
    /// At first sight the pin is stored. Later, the digest and size must be the same; the other facts follow from them and are brought up to date.
    ///
    /// # Errors
    /// [`StoreError::PinChanged`] when the snapshot changed; otherwise when the disk refuses.
    pub fn pin(&self, path: &Path, role: SnapshotRole, seen: &Pin) -> Result<PinStatus> {
        let (real, file) = self.view().pin_file(path, role)?;
        let status = match self.view().pinned(path, role)? {
            Some(old) if old.sha256 != seen.sha256 || old.bytes != seen.bytes => {
                return Err(StoreError::PinChanged { path: path.into(), pinned: old.sha256.to_string(), found: seen.sha256.to_string() });
            }
            Some(old) if old == *seen => return Ok(PinStatus::Same),
            Some(_) => PinStatus::Same,
            None => PinStatus::New,
        };
        let stored = Stored { format: FORMAT.into(), path: real.display().to_string(), role, pin: seen.clone() };
        write_whole(&self.tmp(), &file, &canonical_json(&stored).map_err(StoreError::internal)?)?;
        Ok(status)
    }
}
