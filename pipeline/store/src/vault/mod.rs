//! The private folder of a run. Nothing here is ever published.
//!
//! ```text
//! VAULT                            says what the folder is
//! lock                             held by the one run that works here; the system lets go of it when the run ends, however it ends
//! keys/year-2024.key stream.key    secret keys of the hashes, 64 hexadecimal digits each: keep a backup
//! pins/<sha256>.json               what a snapshot was when it was first seen
//! snapshots/                       raw snapshots, when the operator puts them here: they leave after their time
//! stages/<stage>/<StageKey>/       the output of a stage: files and receipt.json
//! signing/NAME.key, NAME.pub       keys that sign releases, minisign's files: keep a backup
//! ledger/000001.json, .parquet     everything ever published of demand, release by release; lines are added, never changed
//! counts/<sha256>.json             which output of a stage holds the exact counts that a table of demand was made from
//! portal/<host>.json               what portals such as data.gouv.fr were told last, and the ids they gave
//! reports/<name>                   waterfalls, quarantines: for the operator's eyes
//! tmp/                             unfinished work; emptied whenever the vault is opened
//! ```
//! Folders are 0700, files 0600. A stage's output comes into being by one rename.

mod counts;
mod keys;
mod ledger;
mod pins;
mod portal;
mod retention;
mod stage;
#[cfg(test)]
mod tests;

pub use keys::HashKey;
pub use ledger::LedgerEntry;
pub use pins::{Pin, PinStatus};
pub use retention::{Expired, Private, Retention};
pub use stage::{Pending, Rebuild, Receipt, ReceiptFile, Stage, StageOutput, StageSummary};

use crate::{
    Result, StoreError,
    files::{create_private_dir, make_private, open_private, write_whole},
};
use std::{
    fs::{self, File, TryLockError},
    io::Read,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

const MARKER: &str = "VAULT";
const MARKER_TEXT: &str =
    "solidata-vault/1\nPrivate: exact counts, hash keys and reports of Solidata. Never publish, keep a backup of keys/ and signing/.\n";
const FOLDERS: [&str; 9] = ["keys", "signing", "pins", "stages", "ledger", "counts", "portal", "reports", "tmp"];

/// What can be read of a vault without holding its lock: for `plan` and `status`, also while a run is at work.
#[derive(Debug, Clone)]
pub struct VaultView {
    root: PathBuf,
    /// Where outputs of stages and pins lie: the vault itself, or a folder aside.
    made: PathBuf,
}

/// The vault, held by this run alone.
#[derive(Debug)]
pub struct Vault {
    view: VaultView,
    next: Arc<AtomicU64>,
    _lock: Arc<File>,
}

/// A private folder for unfinished work, such as the runs of an external sort; removed when dropped.
#[derive(Debug)]
pub struct Scratch {
    dir: PathBuf,
}

impl VaultView {
    /// Looks at the vault in `dir`; `None` when there is none.
    ///
    /// # Errors
    /// When `dir` is a folder with other things in it, or cannot be read.
    pub fn open(dir: &Path) -> Result<Option<Self>> {
        if !dir.exists() {
            return Ok(None);
        }
        let root = dir.canonicalize().map_err(StoreError::io(dir, "find"))?;
        Ok(is_vault(&root)?.then(|| Self::of(root)))
    }

    fn of(root: PathBuf) -> Self {
        Self { made: root.clone(), root }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The names of the reports, sorted.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn reports(&self) -> Result<Vec<String>> {
        let dir = self.root.join("reports");
        if dir.is_dir() { crate::files::walk(&dir) } else { Ok(Vec::new()) }
    }

    /// Where a report lies.
    pub fn report_path(&self, name: &str) -> PathBuf {
        self.root.join("reports").join(name)
    }
}

impl Vault {
    /// Opens the vault in `dir` for this run alone, and makes it when `dir` is missing or empty. What killed runs left in `tmp/` is removed.
    ///
    /// # Errors
    /// [`StoreError::VaultBusy`] when another run holds it; [`StoreError::Vault`] when the folder holds other things; otherwise when the disk
    /// refuses.
    pub fn open(dir: &Path) -> Result<Self> {
        create_private_dir(dir)?;
        let root = dir.canonicalize().map_err(StoreError::io(dir, "find"))?;
        let known = is_vault(&root)?;
        make_private(&root)?;
        let lock = open_private(&root.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::VaultBusy { path: root }),
            Err(TryLockError::Error(e)) => return Err(StoreError::io(root.join("lock"), "lock (use a disk of this machine)")(e)),
        }
        for name in FOLDERS {
            let folder = root.join(name);
            create_private_dir(&folder)?;
            make_private(&folder)?;
        }
        empty(&root.join("tmp"))?;
        if !known {
            write_whole(&root.join("tmp"), &root.join(MARKER), MARKER_TEXT.as_bytes())?;
        }
        Ok(Self { view: VaultView::of(root), next: Arc::default(), _lock: Arc::new(lock) })
    }

    /// What needs no lock.
    pub fn view(&self) -> &VaultView {
        &self.view
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.view.root
    }

    /// The same vault with its keys and its ledger, but with neither outputs of stages nor pins: what is made through it is made anew, and lies in `scratch`,
    /// a folder of this vault, for as long as that lives.
    ///
    /// # Errors
    /// When the folders cannot be made.
    pub fn aside(&self, scratch: &Scratch) -> Result<Self> {
        for name in ["stages", "pins"] {
            create_private_dir(&scratch.path().join(name))?;
        }
        let view = VaultView { root: self.view.root.clone(), made: scratch.path().to_path_buf() };
        Ok(Self { view, next: Arc::clone(&self.next), _lock: Arc::clone(&self._lock) })
    }

    /// A folder for unfinished work; removed when the value is dropped, or when the vault is next opened.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn scratch(&self, label: &str) -> Result<Scratch> {
        Ok(Scratch { dir: self.new_tmp(label)? })
    }

    /// Writes a report for the operator, as a whole, over an older one of the same name.
    ///
    /// # Errors
    /// When the name is no plain file name, or the disk refuses.
    pub fn write_report(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        check_name(name)?;
        let path = self.view.report_path(name);
        write_whole(&self.tmp(), &path, bytes)?;
        Ok(path)
    }

    fn tmp(&self) -> PathBuf {
        self.view.root.join("tmp")
    }

    /// A new empty folder in `tmp/`. The lock is ours and `tmp/` was empty, so a counter is enough to tell them apart.
    fn new_tmp(&self, label: &str) -> Result<PathBuf> {
        check_name(label)?;
        let dir = self.tmp().join(format!("{label}-{}", self.next.fetch_add(1, Ordering::Relaxed)));
        create_private_dir(&dir)?;
        Ok(dir)
    }
}

impl Scratch {
    /// The folder.
    pub fn path(&self) -> &Path {
        &self.dir
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing depends on it: what is left is removed when the vault is next opened.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// Whether `root` is a vault (`true`) or a folder that may become one (`false`).
fn is_vault(root: &Path) -> Result<bool> {
    let marker = root.join(MARKER);
    if marker.is_file() {
        let mut text = String::new();
        File::open(&marker).and_then(|mut f| f.read_to_string(&mut text)).map_err(StoreError::io(&marker, "read"))?;
        return match text.lines().next() {
            Some("solidata-vault/1") => Ok(true),
            _ => Err(StoreError::Vault { path: marker, detail: "a vault of another version of solidata: name another folder".into() }),
        };
    }
    // A run that was killed while it made the vault leaves the lock and empty folders.
    for entry in fs::read_dir(root).map_err(StoreError::io(root, "list"))? {
        let entry = entry.map_err(StoreError::io(root, "list"))?;
        let name = entry.file_name();
        let ours = name == "lock" || name == "lost+found" || FOLDERS.iter().any(|f| name == **f);
        if !ours {
            let detail = "this folder is no vault and holds other things: name an empty or a new folder for --vault".into();
            return Err(StoreError::Vault { path: root.into(), detail });
        }
    }
    Ok(false)
}

fn empty(dir: &Path) -> Result<()> {
    for entry in fs::read_dir(dir).map_err(StoreError::io(dir, "list"))? {
        let entry = entry.map_err(StoreError::io(dir, "list"))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(StoreError::io(&path, "look at"))?;
        let removed = if kind.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(StoreError::io(&path, "remove"))?;
    }
    Ok(())
}

/// Names of stages, reports and scratch folders: letters, digits, `.`, `_` and `-`, not first a dot.
fn check_name(name: &str) -> Result<()> {
    let plain = !name.is_empty() && !name.starts_with('.') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if plain { Ok(()) } else { Err(StoreError::internal(format!("'{name}' is no plain name"))) }
}
