//! Writing objects once.

use super::PublicStore;
use crate::{Phase, Progress, Result, StoreError, digest_file};
use bytes::Bytes;
use object_store::{Error as ObjectError, ObjectStoreExt, PutMode, PutPayload, WriteMultipart};
use solidata_model::{Digest, kind};
use std::{path::Path, time::Duration};
use tokio::io::AsyncReadExt;

/// Parts of a large object that are under way at a time.
const PARTS_AT_ONCE: usize = 4;
const TRIES: u32 = 6;

/// Where large objects lie until they are whole.
pub(crate) const STAGING: &str = "staging";

/// From which size an object is written in parts, and how large these are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub(super) single: u64,
    pub(super) part: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { single: 32 << 20, part: 8 << 20 }
    }
}

/// What a write of a new object came to. Either way the object is there with the bytes that were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It was written.
    Written,
    /// It was there already with the same bytes.
    AlreadyThere,
}

impl PublicStore {
    /// The same store, with larger objects than this many bytes written in parts of as many: for tests. S3 wants 5 MiB at least.
    pub(crate) fn with_parts_of(&self, bytes: u32) -> Self {
        Self { sizes: Sizes { single: bytes.into(), part: bytes as usize }, ..self.clone() }
    }

    /// The same store, which takes the writers of unfinished releases for dead after this time: for tests.
    #[cfg(test)]
    pub(crate) fn with_patience(&self, patience: Duration) -> Self {
        Self { patience, ..self.clone() }
    }

    /// Writes a small object that is not there yet. The same bytes may be written again; other bytes never replace it.
    ///
    /// # Errors
    /// [`StoreError::Occupied`] when it is there with other bytes; otherwise when the store does not answer or refuses.
    pub async fn put_new(&self, path: &str, bytes: Bytes) -> Result<Put> {
        let digest = Digest::of(&bytes);
        let payload = PutPayload::from_bytes(bytes);
        for attempt in 0..TRIES {
            let put = self.objects.put_opts(&self.key(path), payload.clone(), PutMode::Create.into()).await;
            if let Some(done) = self.judge(put.map(|_| ()), path, &digest, attempt).await? {
                return Ok(done);
            }
        }
        Err(self.unsettled(path))
    }

    /// Writes an object that is not there yet from a file of this machine. A large one goes in parts to a staging key and is copied from there
    /// on the condition that the object is absent, so that it is never seen in part and never replaced.
    ///
    /// # Errors
    /// As [`PublicStore::put_new`]; also when the file cannot be read.
    pub async fn put_new_file(&self, path: &str, file: &Path, progress: &dyn Progress) -> Result<Put> {
        let size = tokio::fs::metadata(file).await.map_err(StoreError::io(file, "look at"))?.len();
        if size <= self.sizes.single {
            let bytes = tokio::fs::read(file).await.map_err(StoreError::io(file, "read"))?;
            let put = self.put_new(path, bytes.into()).await?;
            progress.advance(Phase::Put, path, size);
            return Ok(put);
        }
        let owned = file.to_path_buf();
        let (_, digest) = tokio::task::spawn_blocking(move || digest_file(&owned)).await.map_err(StoreError::internal)??;
        // The ending stays, since media types go by it.
        let ending = path.rsplit_once('.').map(|(_, e)| format!(".{e}")).unwrap_or_default();
        let staged = format!("{STAGING}/{digest}{ending}");
        // What is there need not be sent again to be compared. A killed publication may have left its staged copy.
        if self.head(path).await?.is_some()
            && let Some(done) = self.judge(Err(already(path)), path, &digest, 0).await?
        {
            progress.advance(Phase::Put, path, size);
            self.remove_staged(&staged).await;
            return Ok(done);
        }
        self.upload(&staged, path, file, progress).await?;
        let mut done = None;
        for attempt in 0..TRIES {
            let copied = self.objects.copy_if_not_exists(&self.key(&staged), &self.key(path)).await;
            done = self.judge(copied, path, &digest, attempt).await?;
            if done.is_some() {
                break;
            }
        }
        self.remove_staged(&staged).await;
        done.ok_or_else(|| self.unsettled(path))
    }

    /// What an attempt came to: done, to be tried again (`None`), or an error.
    ///
    /// "Already exists" is not believed: some stores say so of a write that collided with another while nothing landed.
    async fn judge(&self, attempt: object_store::Result<()>, path: &str, digest: &Digest<kind::File>, tries: u32) -> Result<Option<Put>> {
        match attempt {
            Ok(()) => Ok(Some(Put::Written)),
            Err(ObjectError::AlreadyExists { .. } | ObjectError::Precondition { .. }) => {
                match self.digest(path, Phase::ReadBack, &()).await? {
                    Some((_, there)) if there == *digest => Ok(Some(Put::AlreadyThere)),
                    Some(_) => Err(StoreError::Occupied {
                        address: self.address.clone(),
                        path: path.into(),
                        remedy: "Published objects are never replaced: verify the store",
                    }),
                    None => {
                        tokio::time::sleep(Duration::from_millis(50 << tries)).await;
                        Ok(None)
                    }
                }
            }
            Err(ObjectError::NotImplemented { operation, .. }) => {
                Err(StoreError::Unconditional { address: self.address.clone(), detail: format!("{operation} is not available") })
            }
            Err(e) => Err(self.error(e, "write", path)),
        }
    }

    async fn upload(&self, staged: &str, path: &str, file: &Path, progress: &dyn Progress) -> Result<()> {
        let failed = |e| self.error(e, "write", staged);
        let mut open = tokio::fs::File::open(file).await.map_err(StoreError::io(file, "open"))?;
        let upload = self.objects.put_multipart(&self.key(staged)).await.map_err(failed)?;
        let mut parts = WriteMultipart::new_with_chunk_size(upload, self.sizes.part);
        let mut buffer = vec![0; self.sizes.part];
        let sent = loop {
            let n = match open.read(&mut buffer).await {
                Ok(n) => n,
                Err(e) => break Err(StoreError::io(file, "read")(e)),
            };
            let Some(read) = buffer.get(..n).filter(|b| !b.is_empty()) else { break Ok(()) };
            if let Err(e) = parts.wait_for_capacity(PARTS_AT_ONCE).await {
                break Err(failed(e));
            }
            parts.write(read);
            progress.advance(Phase::Put, path, n as u64);
        };
        match sent {
            Ok(()) => parts.finish().await.map(|_| ()).map_err(failed),
            Err(e) => {
                if let Err(e) = parts.abort().await {
                    tracing::warn!(object = staged, error = %e, "an upload in parts could not be taken back");
                }
                Err(e)
            }
        }
    }

    async fn remove_staged(&self, staged: &str) {
        if let Err(e) = self.remove(staged).await {
            tracing::warn!(object = staged, error = %e, "a staged object could not be removed");
        }
    }

    fn unsettled(&self, path: &str) -> StoreError {
        let detail = "the store says again and again that it is there, and that it is not".into();
        StoreError::Unavailable { address: self.address.clone(), action: "write", path: path.into(), detail }
    }
}

fn already(path: &str) -> ObjectError {
    ObjectError::AlreadyExists { path: path.into(), source: "seen before the write".into() }
}
