//! Writing objects once.

use super::{
    PublicStore,
    retry::{Tries, is_over},
};
use crate::{Phase, Progress, Result, StoreError, digest_file};
use bytes::Bytes;
use object_store::{Error as ObjectError, MultipartUpload, ObjectStoreExt, PutMode, PutPayload, WriteMultipart};
use solidata_model::{Digest, kind};
use std::path::Path;
#[cfg(test)]
use std::time::Duration;
use tokio::io::AsyncReadExt;

/// Parts of a large object that are under way at a time.
const PARTS_AT_ONCE: usize = 4;

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
    /// It was there already with the same bytes; they may be those of an attempt of this very call whose answer was lost.
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
        let mut tries = self.retries.begin();
        loop {
            let put = self.objects.put_opts(&self.key(path), payload.clone(), PutMode::Create.into()).await;
            if let Some(done) = self.judge(put.map(|_| ()), path, &digest, &mut tries).await? {
                return Ok(done);
            }
        }
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
        let mut tries = self.retries.begin();
        // What is there need not be sent again to be compared. A killed publication may have left its staged copy.
        let mut done = match self.head(path).await? {
            None => None,
            Some(_) => self.judge(Err(already(path)), path, &digest, &mut tries).await?,
        };
        if done.is_some() {
            progress.advance(Phase::Put, path, size);
        }
        let mut is_staged = false;
        while done.is_none() {
            if !is_staged {
                // What is sent again was counted already.
                let progress: &dyn Progress = if tries.made() == 1 { progress } else { &() };
                self.upload(&staged, path, file, progress).await?;
            }
            let copied = self.objects.copy_if_not_exists(&self.key(&staged), &self.key(path)).await;
            is_staged = !matches!(copied, Err(ObjectError::NotFound { .. }));
            done = match copied {
                // Another publication had the same bytes to write, and removed the staged copy when it was done.
                Err(gone @ ObjectError::NotFound { .. }) => {
                    tries.anyway(gone).await.map(|()| None).map_err(|e| self.error(e, "copy", &staged))?
                }
                copied => self.judge(copied, path, &digest, &mut tries).await?,
            };
        }
        self.remove_staged(&staged).await;
        done.ok_or_else(|| StoreError::internal("an object is neither written nor not"))
    }

    /// What an attempt came to: done, to be tried again (`None`), or an error.
    ///
    /// "Already exists" is not believed: an earlier attempt of ours may have landed, and some stores say so of a write that collided with another
    /// while nothing landed.
    async fn judge(
        &self,
        attempt: object_store::Result<()>,
        path: &str,
        digest: &Digest<kind::File>,
        tries: &mut Tries,
    ) -> Result<Option<Put>> {
        match attempt {
            Ok(()) => Ok(Some(Put::Written)),
            Err(refusal @ (ObjectError::AlreadyExists { .. } | ObjectError::Precondition { .. })) => {
                match self.digest(path, Phase::ReadBack, &()).await? {
                    Some((_, there)) if there == *digest => Ok(Some(Put::AlreadyThere)),
                    Some(_) => Err(StoreError::Occupied {
                        address: self.address.clone(),
                        path: path.into(),
                        remedy: "Published objects are never replaced: verify the store",
                    }),
                    None => tries.anyway(refusal).await.map(|()| None).map_err(|_| self.unsettled(path)),
                }
            }
            Err(ObjectError::NotImplemented { operation, .. }) => {
                Err(StoreError::Unconditional { address: self.address.clone(), detail: format!("{operation} is not available") })
            }
            Err(e) => Err(self.error(e, "write", path)),
        }
    }

    /// Brings a file to a staging key in parts; from its beginning if that fails, since what becomes of the parts is not known then.
    async fn upload(&self, staged: &str, path: &str, file: &Path, progress: &dyn Progress) -> Result<()> {
        let mut tries = self.retries.begin();
        loop {
            let progress: &dyn Progress = if tries.made() == 1 { progress } else { &() };
            let failed = |e| self.error(e, "write", staged);
            let upload = self.objects.put_multipart(&self.key(staged)).await.map_err(failed)?;
            match self.send(upload, path, file, progress).await {
                Ok(()) => return Ok(()),
                Err(NotSent::Read(e)) => return Err(StoreError::io(file, "read")(e)),
                // It was completed, and the answer was lost. The object may be there; it costs less to send it again than to think about it.
                Err(NotSent::Refused(e)) if is_over(&e) => tries.anyway(e).await.map_err(failed)?,
                Err(NotSent::Refused(e)) => tries.again(e).await.map_err(failed)?,
            }
        }
    }

    async fn send(
        &self,
        upload: Box<dyn MultipartUpload>,
        path: &str,
        file: &Path,
        progress: &dyn Progress,
    ) -> std::result::Result<(), NotSent> {
        let mut parts = WriteMultipart::new_with_chunk_size(upload, self.sizes.part);
        let sent = self.send_parts(&mut parts, path, file, progress).await;
        match sent {
            Ok(()) => parts.finish().await.map(|_| ()).map_err(NotSent::Refused),
            Err(e) => {
                if let Err(e) = parts.abort().await {
                    tracing::warn!(object = path, error = %e, "an upload in parts could not be taken back");
                }
                Err(e)
            }
        }
    }

    async fn send_parts(
        &self,
        parts: &mut WriteMultipart,
        path: &str,
        file: &Path,
        progress: &dyn Progress,
    ) -> std::result::Result<(), NotSent> {
        let mut open = tokio::fs::File::open(file).await.map_err(NotSent::Read)?;
        let mut buffer = vec![0; self.sizes.part];
        loop {
            let n = open.read(&mut buffer).await.map_err(NotSent::Read)?;
            let Some(read) = buffer.get(..n).filter(|b| !b.is_empty()) else { return Ok(()) };
            parts.wait_for_capacity(PARTS_AT_ONCE).await.map_err(NotSent::Refused)?;
            parts.write(read);
            progress.advance(Phase::Put, path, n as u64);
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

/// Why an upload did not come to its end.
enum NotSent {
    /// The file could not be read.
    Read(std::io::Error),
    /// The store failed.
    Refused(ObjectError),
}

fn already(path: &str) -> ObjectError {
    ObjectError::AlreadyExists { path: path.into(), source: "seen before the write".into() }
}
