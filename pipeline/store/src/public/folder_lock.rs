//! The lock of a folder store. The system lets go of it when its process ends, however it ends, so a stale lock is never in the way; the
//! file itself is removed after use, so that a public folder holds nothing but what is published.

use chrono::{DateTime, Utc};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

/// The folder in a folder store that is nobody's business: the lock, and files in the making. It exists only while something is written.
pub(super) const OWN: &str = ".solidata";

const TRIES: u32 = 1200;
const PAUSE: Duration = Duration::from_millis(50);

/// The lock of one folder.
#[derive(Debug)]
pub struct FolderLock {
    root: PathBuf,
    held: Mutex<Weak<Held>>,
}

/// The lock is held as long as this lives.
#[derive(Debug)]
pub struct Held {
    own: PathBuf,
    file: File,
}

impl FolderLock {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, held: Mutex::default() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Waits for the lock, at most a minute. When this value's lock is held already, that is shared: a publication holds it over many writes.
    pub fn acquire(&self) -> io::Result<Arc<Held>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = held.upgrade() {
            return Ok(held);
        }
        for _ in 0..TRIES {
            if let Some(new) = try_acquire(&self.root.join(OWN))? {
                let new = Arc::new(new);
                *held = Arc::downgrade(&new);
                return Ok(new);
            }
            std::thread::sleep(PAUSE);
        }
        Err(io::Error::from(io::ErrorKind::WouldBlock))
    }

    /// The lock, if nobody has it.
    pub fn acquire_now(&self) -> io::Result<Option<Arc<Held>>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = held.upgrade() {
            return Ok(Some(held));
        }
        let new = try_acquire(&self.root.join(OWN))?.map(Arc::new);
        if let Some(new) = &new {
            *held = Arc::downgrade(new);
        }
        Ok(new)
    }

    /// The files in the making that killed writers left, with size and time of the last change. Only for the holder, who is the only writer.
    pub fn parts(&self) -> io::Result<Vec<(String, u64, DateTime<Utc>)>> {
        let mut found = Vec::new();
        for entry in left(&self.root.join(OWN))? {
            let meta = entry.metadata()?;
            let modified = meta.modified().map_or(DateTime::UNIX_EPOCH, Into::into);
            found.push((format!("{OWN}/{}", entry.file_name().to_string_lossy()), meta.len(), modified));
        }
        found.sort();
        Ok(found)
    }
}

impl Held {
    /// Removes the files that killed writers left in the making. Only for a publication, which is the only writer then.
    pub fn clean(&self) -> io::Result<()> {
        left(&self.own)?.iter().try_for_each(|entry| fs::remove_file(entry.path()))
    }
}

/// The files in the making that other processes left.
fn left(own: &Path) -> io::Result<Vec<fs::DirEntry>> {
    let ours = format!("{}-", std::process::id());
    let mut found = Vec::new();
    for entry in fs::read_dir(own)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".part") && !name.starts_with(&ours) {
            found.push(entry);
        }
    }
    Ok(found)
}

fn try_acquire(own: &Path) -> io::Result<Option<Held>> {
    fs::create_dir_all(own)?;
    let path = own.join("lock");
    let file = match OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path) {
        Ok(file) => file,
        // The one before us has just tidied up.
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    match file.try_lock() {
        Ok(()) if is_still_there(&file, &path) => Ok(Some(Held { own: own.into(), file })),
        Ok(()) | Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(e)) => Err(e),
    }
}

/// Whether the locked file is the one that others will find: its last holder may have removed it before we got the lock.
#[cfg(unix)]
fn is_still_there(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(a), Ok(b)) => a.ino() == b.ino() && a.dev() == b.dev(),
        _ => false,
    }
}

/// Elsewhere an open file cannot be removed.
#[cfg(not(unix))]
fn is_still_there(_file: &File, _path: &Path) -> bool {
    true
}

impl Drop for Held {
    fn drop(&mut self) {
        // Removed while we hold it: whoever opened it in the meantime sees that it is gone and tries again.
        let _ = fs::remove_file(self.own.join("lock"));
        let _ = self.file.unlock();
        let _ = fs::remove_dir(&self.own);
    }
}
