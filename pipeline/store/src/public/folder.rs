//! A folder of this machine as an object store that does what buckets do: writes that fail when the object is there, conditional updates, and
//! nothing half written. `object_store`'s own local store knows no conditional update, refuses attributes and does not sync.

use super::{
    OBJECTS_MAX,
    folder_lock::{FolderLock, OWN},
    folder_upload::FolderUpload,
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures::{FutureExt, StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    Attributes, CopyMode, CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, path::Path as Key,
};
use sha2::{Digest as _, Sha256};
use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, Write},
    path::{Component, Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

const NAME: &str = "folder";

/// Up to this size an object's version is the digest of its bytes; above, what the file system knows of the file.
const DIGEST_MAX: u64 = 1 << 20;

/// Nothing that is published lies so deep.
const DEPTH_MAX: u32 = 12;

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct FolderStore {
    lock: Arc<FolderLock>,
}

impl fmt::Display for FolderStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "folder {}", self.lock.root().display())
    }
}

/// The path with the symbolic links and `..` of what exists of it resolved.
pub(super) fn absolute(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    for ancestor in path.ancestors() {
        if let Ok(real) = ancestor.canonicalize() {
            let rest = path.strip_prefix(ancestor).unwrap_or(Path::new(""));
            let mut full = real;
            for part in rest.components() {
                match part {
                    Component::ParentDir => drop(full.pop()),
                    part => full.push(part),
                }
            }
            return Ok(full);
        }
    }
    Ok(path)
}

impl FolderStore {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { lock: Arc::new(FolderLock::new(root)) }
    }

    pub(super) fn lock(&self) -> Arc<FolderLock> {
        Arc::clone(&self.lock)
    }

    fn file(&self, key: &Key) -> PathBuf {
        key.parts().fold(self.lock.root().to_path_buf(), |dir, part| dir.join(part.as_ref()))
    }

    /// A new file beside the objects, on the same disk.
    fn stage(&self) -> Result<(File, PathBuf)> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let own = self.lock.root().join(OWN);
        for _ in 0..100 {
            let name = format!("{}-{}.part", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let path = own.join(name);
            let opened = fs::create_dir_all(&own).and_then(|()| OpenOptions::new().write(true).create_new(true).open(&path));
            match opened {
                Ok(file) => return Ok((file, path)),
                // Another writer tidied up between the two calls, or a killed process had our number.
                Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists) => {}
                Err(e) => return Err(failed(&path, "write", e)),
            }
        }
        Err(failed(&own, "write in", io::Error::from(io::ErrorKind::TimedOut)))
    }

    /// Brings a staged file to the disk and to its place, under the conditions of `mode`.
    pub(super) fn land(&self, file: File, staged: &Path, key: &Key, mode: &PutMode) -> Result<PutResult> {
        let target = self.file(key);
        let landed = file.sync_all().map_err(|e| failed(staged, "sync", e)).and_then(|()| {
            drop(file);
            let parent = target.parent().unwrap_or(&target);
            create_dirs(parent).map_err(|e| failed(parent, "create", e))?;
            match mode {
                PutMode::Overwrite => rename(staged, &target),
                PutMode::Create => self.create(staged, &target, key),
                PutMode::Update(old) => {
                    let _held = self.lock.acquire().map_err(|e| failed(&target, "lock", e))?;
                    let _one = in_process().lock().unwrap_or_else(PoisonError::into_inner);
                    let there = match File::open(&target).and_then(|mut f| version(&mut f)) {
                        Ok(there) => Some(there),
                        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
                        Err(e) => return Err(failed(&target, "read", e)),
                    };
                    if there.is_none() || there != old.e_tag {
                        return Err(Error::Precondition { path: key.to_string(), source: "the object changed".into() });
                    }
                    rename(staged, &target)
                }
            }
        });
        let _ = fs::remove_file(staged);
        self.tidy();
        landed?;
        sync(target.parent().unwrap_or(&target))?;
        let e_tag = File::open(&target).and_then(|mut f| version(&mut f)).map_err(|e| failed(&target, "read", e))?;
        Ok(PutResult { e_tag: Some(e_tag), version: None })
    }

    fn create(&self, staged: &Path, target: &Path, key: &Key) -> Result<()> {
        let there = |e: io::Error| Error::AlreadyExists { path: key.to_string(), source: e.into() };
        match fs::hard_link(staged, target) {
            Ok(()) => Ok(()),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(there(e)),
            // A disk without hard links: the lock makes the check and the rename one step.
            Err(_) => {
                let _held = self.lock.acquire().map_err(|e| failed(target, "lock", e))?;
                let _one = in_process().lock().unwrap_or_else(PoisonError::into_inner);
                if target.exists() {
                    return Err(there(io::Error::from(io::ErrorKind::AlreadyExists)));
                }
                rename(staged, target)
            }
        }
    }

    /// Gives an object a second name; `false` when the disk cannot, or the object is not there.
    fn link(&self, from: &Key, to: &Key) -> Result<bool> {
        let target = self.file(to);
        let parent = target.parent().unwrap_or(&target);
        create_dirs(parent).map_err(|e| failed(parent, "create", e))?;
        match fs::hard_link(self.file(from), &target) {
            Ok(()) => sync(parent).map(|()| true),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(Error::AlreadyExists { path: to.to_string(), source: e.into() }),
            Err(_) => Ok(false),
        }
    }

    /// Removes our own folder when nothing is in it.
    pub(super) fn tidy(&self) {
        let _ = fs::remove_dir(self.lock.root().join(OWN));
    }

    fn list_files(&self, prefix: Option<&Key>) -> Result<Vec<ObjectMeta>> {
        let mut found = Vec::new();
        let start = prefix.cloned().unwrap_or_default();
        self.list_into(&self.file(&start), &start, &mut found, 0)?;
        found.sort_by(|a, b| a.location.cmp(&b.location));
        Ok(found)
    }

    fn list_into(&self, dir: &Path, key: &Key, found: &mut Vec<ObjectMeta>, depth: u32) -> Result<()> {
        if depth > DEPTH_MAX {
            return Err(failed(dir, "list", io::Error::other("folders lie too deep in one another, or a link leads back")));
        }
        let entries = match fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(()),
            Err(e) => return Err(failed(dir, "list", e)),
        };
        for entry in entries {
            let entry = entry.map_err(|e| failed(dir, "list", e))?;
            let name = entry.file_name();
            if key.as_ref().is_empty() && name == OWN {
                continue;
            }
            if found.len() > OBJECTS_MAX {
                return Ok(());
            }
            let location = key.clone().join(name.to_string_lossy().as_ref());
            // Follows links within the folder. What leads nowhere or out of it is listed too: a listing that hides something cannot be verified.
            let meta = fs::metadata(entry.path()).or_else(|_| entry.metadata());
            match meta {
                Ok(meta) if meta.is_dir() && self.is_inside(&entry.path()) => self.list_into(&entry.path(), &location, found, depth + 1)?,
                Ok(meta) => found.push(describe(location, &meta, None)),
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(failed(&entry.path(), "look at", e)),
            }
        }
        Ok(())
    }

    fn read(&self, key: &Key, options: &GetOptions) -> Result<GetResult> {
        let path = self.file(key);
        let found = |e: io::Error| match e.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Error::NotFound { path: key.to_string(), source: e.into() },
            _ => failed(&path, "read", e),
        };
        // Looked at before it is opened: a pipe would wait for whoever writes to it. A link that leads out of the folder leads to nothing of the store.
        if !fs::metadata(&path).map_err(found)?.is_file() || !self.is_inside(&path) {
            return Err(Error::NotFound { path: key.to_string(), source: "not a file of the folder".into() });
        }
        let mut file = File::open(&path).map_err(found)?;
        let meta = file.metadata().map_err(found)?;
        let meta = describe(key.clone(), &meta, Some(version(&mut file).map_err(found)?));
        options.check_preconditions(&meta)?;
        let range = match &options.range {
            Some(range) => range.as_range(meta.size).map_err(|e| Error::Generic { store: NAME, source: e.into() })?,
            None => 0..meta.size,
        };
        Ok(GetResult { payload: GetResultPayload::File(file, path), meta, range, attributes: Attributes::default() })
    }

    /// Whether a path, links followed, lies in the folder.
    fn is_inside(&self, path: &Path) -> bool {
        path.canonicalize().is_ok_and(|real| real.starts_with(self.lock.root()))
    }

    fn delete(&self, key: &Key) -> Result<()> {
        let path = self.file(key);
        fs::remove_file(&path).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Error::NotFound { path: key.to_string(), source: e.into() },
            _ => failed(&path, "remove", e),
        })?;
        // Folders that became empty go too, as they would in a bucket.
        let emptied = path.ancestors().skip(1).take_while(|a| *a != self.lock.root());
        let _ = emptied.map(fs::remove_dir).take_while(io::Result::is_ok).count();
        Ok(())
    }

    pub(super) async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Self) -> Result<T> + Send + 'static) -> Result<T> {
        let store = self.clone();
        tokio::task::spawn_blocking(move || work(&store)).await?
    }
}

#[async_trait]
impl ObjectStore for FolderStore {
    async fn put_opts(&self, location: &Key, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let key = location.clone();
        self.blocking(move |store| {
            let (mut file, staged) = store.stage()?;
            if let Err(e) = payload.iter().try_for_each(|piece| file.write_all(piece)) {
                let _ = fs::remove_file(&staged);
                store.tidy();
                return Err(failed(&staged, "write", e));
            }
            store.land(file, &staged, &key, &opts.mode)
        })
        .await
    }

    async fn put_multipart_opts(&self, location: &Key, _opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let key = location.clone();
        self.blocking(move |store| {
            let (file, staged) = store.stage()?;
            Ok(Box::new(FolderUpload::new(store.clone(), file, staged, key)) as Box<dyn MultipartUpload>)
        })
        .await
    }

    async fn get_opts(&self, location: &Key, options: GetOptions) -> Result<GetResult> {
        let key = location.clone();
        self.blocking(move |store| store.read(&key, &options)).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Key>>) -> BoxStream<'static, Result<Key>> {
        let store = self.clone();
        locations
            .and_then(move |key| {
                let store = store.clone();
                async move {
                    let gone = key.clone();
                    store.blocking(move |store| store.delete(&gone)).await.map(|()| key)
                }
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Key>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (store, prefix) = (self.clone(), prefix.cloned());
        async move { store.blocking(move |store| store.list_files(prefix.as_ref())).await }
            .map(|found| match found {
                Ok(metas) => futures::stream::iter(metas.into_iter().map(Ok)).left_stream(),
                Err(e) => futures::stream::iter([Err(e)]).right_stream(),
            })
            .flatten_stream()
            .boxed()
    }

    async fn list_with_delimiter(&self, _prefix: Option<&Key>) -> Result<ListResult> {
        Err(Error::NotImplemented { operation: "list_with_delimiter".into(), implementer: NAME.into() })
    }

    async fn copy_opts(&self, from: &Key, to: &Key, options: CopyOptions) -> Result<()> {
        let (from, to) = (from.clone(), to.clone());
        let mode = if options.mode == CopyMode::Create { PutMode::Create } else { PutMode::Overwrite };
        self.blocking(move |store| {
            // A whole object is on the disk already: a second name for it is enough, where the disk has such.
            if options.mode == CopyMode::Create && store.link(&from, &to)? {
                return Ok(());
            }
            let mut source = store.read(&from, &GetOptions::default()).and_then(|found| match found.payload {
                GetResultPayload::File(file, _) => Ok(file),
                GetResultPayload::Stream(_) => Err(Error::NotFound { path: from.to_string(), source: "not a file".into() }),
            })?;
            let (mut file, staged) = store.stage()?;
            if let Err(e) = io::copy(&mut source, &mut file) {
                let _ = fs::remove_file(&staged);
                store.tidy();
                return Err(failed(&staged, "write", e));
            }
            store.land(file, &staged, &to, &mode).map(|_| ())
        })
        .await
    }
}

/// Between threads of this process the shared lock of a publication does not exclude.
fn in_process() -> &'static Mutex<()> {
    static ONE: Mutex<()> = Mutex::new(());
    &ONE
}

/// What the system says of a file.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {source}", path.display())]
struct Failed {
    action: String,
    path: PathBuf,
    source: io::Error,
}

pub(super) fn failed(path: &Path, action: &str, source: io::Error) -> Error {
    Error::Generic { store: NAME, source: Failed { action: action.into(), path: path.into(), source }.into() }
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).map_err(|e| failed(to, "rename into place", e))
}

/// Makes folders whose own entries are on the disk before anything is in them.
fn create_dirs(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    if let Some(parent) = dir.parent() {
        create_dirs(parent)?;
    }
    match fs::create_dir(dir) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(e),
        _ => dir.parent().map_or(Ok(()), |p| sync(p).map_err(io::Error::other)),
    }
}

fn sync(dir: &Path) -> Result<()> {
    #[cfg(unix)]
    File::open(dir).and_then(|d| d.sync_all()).map_err(|e| failed(dir, "sync", e))?;
    #[cfg(not(unix))]
    let _ = dir;
    Ok(())
}

fn describe(location: Key, meta: &fs::Metadata, e_tag: Option<String>) -> ObjectMeta {
    let last_modified: DateTime<Utc> = meta.modified().map_or(DateTime::UNIX_EPOCH, Into::into);
    ObjectMeta { location, last_modified, size: meta.len(), e_tag, version: None }
}

/// The version of an open file, which is left at its start.
fn version(file: &mut File) -> io::Result<String> {
    let meta = file.metadata()?;
    if meta.len() > DIGEST_MAX {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            return Ok(format!("{}-{}.{}-{}", meta.ino(), meta.mtime(), meta.mtime_nsec(), meta.len()));
        }
        #[cfg(not(unix))]
        return Ok(format!("{:?}-{}", meta.modified()?, meta.len()));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    file.rewind()?;
    Ok(Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect())
}
