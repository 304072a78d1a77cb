//! Small documents that change: read with their version, and replaced only as long as they have it.

use super::PublicStore;
use crate::{Result, StoreError};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use object_store::{
    Attribute, Attributes, Error as ObjectError, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, UpdateVersion,
};
use std::time::Duration;

/// What the names of objects begin with that are written to learn the time, and removed at once.
pub(crate) const CLOCK: &str = "staging/clock-";

/// Which version of a document was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    e_tag: Option<String>,
    version: Option<String>,
}

/// A document as it was read.
#[derive(Debug)]
pub(crate) struct Versioned {
    pub(crate) bytes: Bytes,
    pub(crate) version: Version,
    pub(crate) modified: DateTime<Utc>,
}

/// A random text that nobody else has.
pub(crate) fn nonce() -> Result<String> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|e| StoreError::internal(format!("the system gives no random bytes: {e}")))?;
    Ok(bytes.iter().map(|b| format!("{b:02x}")).collect())
}

impl PublicStore {
    /// A document with its version; `None` when it is not there.
    pub(crate) async fn read_version(&self, path: &str) -> Result<Option<Versioned>> {
        Ok(self.document(path).await?.map(|(meta, bytes)| {
            let version = Version { e_tag: meta.e_tag, version: meta.version };
            Versioned { bytes, version, modified: meta.last_modified }
        }))
    }

    /// Writes a document if it has the version that was read, or is absent for `None`. Gives its new version, or `None` when it had changed.
    ///
    /// Nobody else may ever write the same bytes there but to the same end: when they are found after a refusal, they are taken for ours.
    pub(crate) async fn put_if(&self, path: &str, before: Option<&Version>, bytes: Bytes) -> Result<Option<Version>> {
        let mode = match before {
            None => PutMode::Create,
            Some(v) => PutMode::Update(UpdateVersion { e_tag: v.e_tag.clone(), version: v.version.clone() }),
        };
        // Whoever asks for it gets the newest, also behind a cache.
        let attributes = Attributes::from_iter([(Attribute::CacheControl, "no-cache")]);
        let mut tries = self.retries.begin();
        loop {
            let options = PutOptions { mode: mode.clone(), attributes: attributes.clone(), ..PutOptions::default() };
            match self.objects.put_opts(&self.key(path), PutPayload::from_bytes(bytes.clone()), options).await {
                Ok(put) => return Ok(Some(Version { e_tag: put.e_tag, version: put.version })),
                Err(refusal @ (ObjectError::AlreadyExists { .. } | ObjectError::Precondition { .. })) => {
                    let there = self.read_version(path).await?;
                    match there {
                        // Ours landed at a first attempt whose answer was lost.
                        Some(there) if there.bytes == bytes => return Ok(Some(there.version)),
                        // Nothing changed: it was refused because of a collision with a write that came to nothing.
                        there if there.as_ref().map(|t| &t.version) == before => {
                            if tries.anyway(refusal).await.is_err() {
                                return Ok(None);
                            }
                        }
                        _ => return Ok(None),
                    }
                }
                Err(ObjectError::NotImplemented { operation, .. }) => {
                    return Err(StoreError::Unconditional {
                        address: self.address.clone(),
                        detail: format!("{operation} is not available"),
                    });
                }
                Err(e) => return Err(self.error(e, "write", path)),
            }
        }
    }

    /// After which time without a sign the writer of an unfinished release is taken for dead; zero where the lock of a folder tells.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// Whether so much time has passed since a document was written that its writer can be taken for dead. The store's own clock tells.
    pub(crate) async fn is_older_than_patience(&self, found: &Versioned) -> Result<bool> {
        if self.patience.is_zero() {
            return Ok(true);
        }
        Ok(is_past(self.now().await?, found.modified, self.patience))
    }

    /// The time by the store's own clock.
    pub(crate) async fn now(&self) -> Result<DateTime<Utc>> {
        // An object of our own: others may ask for the time too.
        let path = format!("{CLOCK}{}.txt", nonce()?);
        let clock = self.key(&path);
        self.objects.put(&clock, "now".into()).await.map_err(|e| self.error(e, "write", &path))?;
        let now = self.objects.head(&clock).await.map_err(|e| self.error(e, "look at", &path))?.last_modified;
        self.remove(&path).await?;
        Ok(now)
    }
}

/// Whether something that changed at one time is so old at another.
pub(crate) fn is_past(now: DateTime<Utc>, changed: DateTime<Utc>, age: Duration) -> bool {
    (now - changed).to_std().is_ok_and(|a| a >= age)
}
