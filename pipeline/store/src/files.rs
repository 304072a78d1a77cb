//! Files of this machine: digests in bounded memory, private files, and writes that are on the disk when they are said to be.

use crate::{Result, StoreError};
use sha2::{Digest as _, Sha256};
use solidata_model::{Digest, kind};
use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    path::{Path, PathBuf},
};

const BUFFER: usize = 256 * 1024;

/// Size and sha256 of a file, read in pieces.
///
/// # Errors
/// When the file cannot be read.
pub fn digest_file(path: &Path) -> Result<(u64, Digest<kind::File>)> {
    let mut file = File::open(path).map_err(StoreError::io(path, "open"))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; BUFFER];
    let mut size = 0;
    loop {
        let n = file.read(&mut buffer).map_err(StoreError::io(path, "read"))?;
        let Some(read) = buffer.get(..n).filter(|b| !b.is_empty()) else { break };
        hasher.update(read);
        size += n as u64;
    }
    Ok((size, Digest::from_bytes(hasher.finalize().into())))
}

/// Every file beneath a folder: paths relative to it with `/`, sorted.
///
/// # Errors
/// When a folder cannot be read, or when something is neither file nor folder (a symbolic link, a socket) or has a name that is no UTF-8.
pub fn walk(dir: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    walk_into(dir, "", &mut found)?;
    found.sort();
    Ok(found)
}

fn walk_into(dir: &Path, prefix: &str, found: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(dir).map_err(StoreError::io(dir, "list"))? {
        let entry = entry.map_err(StoreError::io(dir, "list"))?;
        let odd = |detail: &str| StoreError::Release { path: entry.path(), detail: detail.into() };
        let name = entry.file_name().into_string().map_err(|_| odd("the name is no UTF-8: remove or rename it"))?;
        let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        let kind = entry.file_type().map_err(StoreError::io(entry.path(), "look at"))?;
        if kind.is_dir() {
            walk_into(&entry.path(), &path, found)?;
        } else if kind.is_file() {
            found.push(path);
        } else {
            return Err(odd("neither a file nor a folder: remove it"));
        }
    }
    Ok(())
}

/// A folder that only its owner may enter, with its parents.
pub(crate) fn create_private_dir(dir: &Path) -> Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(StoreError::io(dir, "create the folder"))
}

/// Takes every right from the group and from others.
pub(crate) fn make_private(path: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let meta = fs::metadata(path).map_err(StoreError::io(path, "look at"))?;
        let mode = if meta.is_dir() { 0o700 } else { 0o600 };
        if meta.permissions().mode() & 0o777 != mode {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(StoreError::io(path, "make private"))?;
        }
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Opens a file that only its owner may read; creates it.
pub(crate) fn open_private(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(StoreError::io(path, "open"))
}

/// Puts `bytes` at `path` as a whole or not at all: written beside `path` in `tmp`, synced, renamed, the folder synced.
pub(crate) fn write_whole(tmp: &Path, path: &Path, bytes: &[u8]) -> Result<()> {
    let name = path.file_name().ok_or_else(|| StoreError::internal("a path without a name"))?;
    let staged: PathBuf = tmp.join(name);
    write_synced(&staged, bytes)?;
    fs::rename(&staged, path).map_err(StoreError::io(path, "rename into place"))?;
    sync_parent(path)
}

/// Writes a private file and brings it to the disk. A kill may leave half of it: for folders that nobody sees yet.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = open_private(path)?;
    file.set_len(0).map_err(StoreError::io(path, "empty"))?;
    file.write_all(bytes).map_err(StoreError::io(path, "write"))?;
    file.sync_all().map_err(StoreError::io(path, "sync"))
}

/// Makes the entry of `path` in its folder durable.
pub(crate) fn sync_parent(path: &Path) -> Result<()> {
    path.parent().map_or(Ok(()), sync_dir)
}

/// Makes the entries of a folder durable, where the system can.
pub(crate) fn sync_dir(dir: &Path) -> Result<()> {
    #[cfg(unix)]
    File::open(dir).and_then(|d| d.sync_all()).map_err(StoreError::io(dir, "sync"))?;
    #[cfg(not(unix))]
    let _ = dir;
    Ok(())
}

/// Makes the bytes of a file durable.
pub(crate) fn sync_file(path: &Path) -> Result<()> {
    File::open(path).and_then(|f| f.sync_all()).map_err(StoreError::io(path, "sync"))
}
