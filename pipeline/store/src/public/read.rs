//! Reading objects: whole, by range, as a stream, and for their digest.

use super::{DOCUMENT_MAX, ObjectInfo, PublicStore};
use crate::{Phase, Progress, Result, StoreError};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{ObjectMeta, ObjectStoreExt};
use sha2::{Digest as _, Sha256};
use solidata_model::{Digest, kind};
use std::{io::Write, ops::Range, path::Path};

impl PublicStore {
    /// A whole document; `None` when it is not there.
    ///
    /// # Errors
    /// When the store does not answer or refuses, or the object is larger than any document ([`DOCUMENT_MAX`]).
    pub async fn get(&self, path: &str) -> Result<Option<Bytes>> {
        self.get_within(path, DOCUMENT_MAX).await
    }

    /// A whole document of no more than so many bytes; `None` when it is not there.
    ///
    /// # Errors
    /// When the store does not answer or refuses; [`StoreError::TooLarge`] when the object is larger.
    pub async fn get_within(&self, path: &str, most: u64) -> Result<Option<Bytes>> {
        Ok(self.document_within(path, most).await?.map(|(_, bytes)| bytes))
    }

    /// A whole document, with what the store says of the version that was read.
    pub(super) async fn document(&self, path: &str) -> Result<Option<(ObjectMeta, Bytes)>> {
        self.document_within(path, DOCUMENT_MAX).await
    }

    async fn document_within(&self, path: &str, most: u64) -> Result<Option<(ObjectMeta, Bytes)>> {
        let mut tries = self.retries.begin();
        loop {
            let Some(found) = self.open_object(path).await? else { return Ok(None) };
            if found.meta.size > most {
                return Err(StoreError::TooLarge { address: self.address.clone(), path: path.into(), bytes: found.meta.size, most });
            }
            let meta = found.meta.clone();
            match found.bytes().await {
                Ok(bytes) => return Ok(Some((meta, bytes))),
                Err(object_store::Error::NotFound { .. }) => return Ok(None),
                // It was replaced while it was read: then the new one is wanted.
                Err(e @ object_store::Error::Precondition { .. }) => tries.anyway(e).await.map_err(|e| self.error(e, "read", path))?,
                Err(e) => return Err(self.error(e, "read", path)),
            }
        }
    }

    /// Some bytes of an object.
    ///
    /// # Errors
    /// When the object is not there or shorter, or the store does not answer or refuses.
    pub async fn get_range(&self, path: &str, range: Range<u64>) -> Result<Bytes> {
        self.objects.get_range(&self.key(path), range).await.map_err(|e| match e {
            object_store::Error::NotFound { .. } => self.missing(path),
            e => self.error(e, "read", path),
        })
    }

    /// The bytes of an object as they come, with its size; `None` when it is not there.
    ///
    /// # Errors
    /// When the store does not answer or refuses.
    pub async fn stream(&self, path: &str) -> Result<Option<(ObjectInfo, BoxStream<'static, Result<Bytes>>)>> {
        let Some(found) = self.open_object(path).await? else { return Ok(None) };
        let info = self.info(path, &found.meta);
        let (store, path) = (self.clone(), path.to_owned());
        let stream = found.into_stream().map_err(move |e| store.error(e, "read", &path)).boxed();
        Ok(Some((info, stream)))
    }

    /// What the store says of an object; `None` when it is not there.
    ///
    /// # Errors
    /// When the store does not answer or refuses.
    pub async fn head(&self, path: &str) -> Result<Option<ObjectInfo>> {
        match self.objects.head(&self.key(path)).await {
            Ok(meta) => Ok(Some(self.info(path, &meta))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(self.error(e, "look at", path)),
        }
    }

    /// Size and sha256 of an object, read in pieces; `None` when it is not there.
    ///
    /// # Errors
    /// When the store does not answer or refuses.
    pub async fn digest(&self, path: &str, phase: Phase, progress: &dyn Progress) -> Result<Option<(ObjectInfo, Digest<kind::File>)>> {
        self.digest_within(path, u64::MAX, phase, progress).await
    }

    /// The same, of no more than so many bytes: of an object that goes on, the size says that it does, and the digest is of its beginning.
    ///
    /// # Errors
    /// When the store does not answer or refuses.
    pub async fn digest_within(
        &self,
        path: &str,
        most: u64,
        phase: Phase,
        progress: &dyn Progress,
    ) -> Result<Option<(ObjectInfo, Digest<kind::File>)>> {
        let Some((mut info, mut stream)) = self.stream(path).await? else { return Ok(None) };
        let mut hasher = Sha256::new();
        info.bytes = 0;
        while let Some(piece) = stream.next().await {
            let piece = piece?;
            hasher.update(&piece);
            info.bytes += piece.len() as u64;
            progress.advance(phase, path, piece.len() as u64);
            if info.bytes > most {
                break;
            }
        }
        Ok(Some((info, Digest::from_bytes(hasher.finalize().into()))))
    }

    /// Copies an object into a file of this machine, in pieces, and never more than one byte beyond `most`; gives the size and sha256 of what was copied. `None` when it
    /// is not there.
    ///
    /// # Errors
    /// When the store does not answer or refuses, or the file cannot be written.
    pub async fn download(&self, path: &str, to: &Path, most: u64) -> Result<Option<(u64, Digest<kind::File>)>> {
        let copied = self.copy_into(path, || std::fs::File::create(to), to, most, &|_| ()).await?;
        Ok(copied.map(|(size, sha256, _)| (size, sha256)))
    }

    /// The same into a file that is opened once the object is known to be there; gives it too. `to` is what it is called where it cannot be written. `heard` is told how
    /// many bytes came, as they come.
    ///
    /// # Errors
    /// As [`PublicStore::download`].
    pub async fn copy_into(
        &self,
        path: &str,
        open: impl FnOnce() -> std::io::Result<std::fs::File> + Send,
        to: &Path,
        most: u64,
        heard: &(dyn Fn(u64) + Sync),
    ) -> Result<Option<(u64, Digest<kind::File>, std::fs::File)>> {
        let Some((_, mut stream)) = self.stream(path).await? else { return Ok(None) };
        let mut out = open().map_err(StoreError::io(to, "write"))?;
        let (mut size, mut hasher) = (0u64, Sha256::new());
        while let Some(piece) = stream.next().await {
            let piece = piece?;
            let room = usize::try_from(most.saturating_add(1).saturating_sub(size)).unwrap_or(usize::MAX);
            let piece = piece.get(..piece.len().min(room)).unwrap_or_default();
            if piece.is_empty() {
                break;
            }
            out.write_all(piece).map_err(StoreError::io(to, "write"))?;
            hasher.update(piece);
            size += piece.len() as u64;
            heard(piece.len() as u64);
            if size > most {
                break;
            }
        }
        Ok(Some((size, Digest::from_bytes(hasher.finalize().into()), out)))
    }
}
