//! Large objects of a folder store: parts go to one staged file, which lands as a whole.

use super::folder::{FolderStore, failed};
use async_trait::async_trait;
use futures::FutureExt;
use object_store::{MultipartUpload, PutMode, PutPayload, PutResult, Result, UploadPart, path::Path as Key};
use std::{
    fs::{self, File},
    io::{self, Seek, SeekFrom, Write},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

/// A large object in the making.
#[derive(Debug)]
pub(super) struct FolderUpload {
    store: FolderStore,
    parts: Arc<Mutex<Option<File>>>,
    staged: PathBuf,
    key: Key,
    offset: u64,
}

impl FolderUpload {
    /// An upload into the empty file `staged`, for the object at `key`.
    pub(super) fn new(store: FolderStore, file: File, staged: PathBuf, key: Key) -> Self {
        Self { store, parts: Arc::new(Mutex::new(Some(file))), staged, key, offset: 0 }
    }
}

#[async_trait]
impl MultipartUpload for FolderUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (parts, offset, staged) = (Arc::clone(&self.parts), self.offset, self.staged.clone());
        self.offset += data.content_length() as u64;
        tokio::task::spawn_blocking(move || {
            let mut open = parts.lock().unwrap_or_else(PoisonError::into_inner);
            let file = open.as_mut().ok_or_else(|| failed(&staged, "write", io::Error::from(io::ErrorKind::BrokenPipe)))?;
            file.seek(SeekFrom::Start(offset))
                .and_then(|_| data.iter().try_for_each(|piece| file.write_all(piece)))
                .map_err(|e| failed(&staged, "write", e))
        })
        .map(|done| done?)
        .boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let (parts, staged, key) = (Arc::clone(&self.parts), self.staged.clone(), self.key.clone());
        self.store
            .blocking(move |store| {
                let file = parts.lock().unwrap_or_else(PoisonError::into_inner).take();
                let file = file.ok_or_else(|| failed(&staged, "finish", io::Error::from(io::ErrorKind::BrokenPipe)))?;
                store.land(file, &staged, &key, &PutMode::Overwrite)
            })
            .await
    }

    async fn abort(&mut self) -> Result<()> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).take();
        let _ = fs::remove_file(&self.staged);
        self.store.tidy();
        Ok(())
    }
}

impl Drop for FolderUpload {
    fn drop(&mut self) {
        // Given up without a word: nothing was complete. After `complete` the file has moved.
        let _ = fs::remove_file(&self.staged);
        self.store.tidy();
    }
}
