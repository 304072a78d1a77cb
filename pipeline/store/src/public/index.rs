//! `index.json`: read, and swapped on the condition that nobody else swapped it.

use super::{Kind, PublicStore, Version};
use crate::{Result, StoreError};
use object_store::{Error as ObjectError, ObjectStore, PutMode, UpdateVersion};
use serde::{Deserialize, de::DeserializeOwned};
use solidata_model::{Digest, Index, canonical_json, kind};

/// Where the index lies.
pub const INDEX: &str = "index.json";

/// A small object that a bucket keeps: whether conditional writes hold is seen by writing it twice. Nothing reads it.
pub(crate) const PROBE: &str = "staging/conditional-write-probe.txt";
const PROBE_TEXT: &str = "Solidata writes this object twice to see whether this store honours conditional writes. It may be removed.\n";

/// The one field that every version of an index has.
#[derive(Deserialize)]
struct Head {
    format: String,
}

/// Which `index.json` was read: a swap succeeds only if it is still the one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexToken {
    version: Option<Version>,
    sha256: Option<Digest<kind::File>>,
}

impl IndexToken {
    /// Whether there was an `index.json`.
    pub fn is_there(&self) -> bool {
        self.version.is_some()
    }

    /// sha256 of that `index.json`; none when there was none.
    pub fn sha256(&self) -> Option<Digest<kind::File>> {
        self.sha256
    }
}

impl PublicStore {
    /// The index, and the token that a swap of it needs. A store without index has an empty one.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it is none that this version writes; otherwise when the store does not answer or refuses.
    pub async fn read_index(&self) -> Result<(Index, IndexToken)> {
        let Some(found) = self.read_version(INDEX).await? else {
            return Ok((Index::empty(), IndexToken { version: None, sha256: None }));
        };
        // Of another version, what it is called may be all that can be read.
        let Head { format } = self.parse(INDEX, &found.bytes)?;
        if format != Index::FORMAT {
            let detail = format!("the format is '{format}'; this version of solidata knows {}", Index::FORMAT);
            return Err(StoreError::Damaged { address: self.address.clone(), path: INDEX.into(), detail });
        }
        let index: Index = self.parse(INDEX, &found.bytes)?;
        Ok((index, IndexToken { sha256: Some(Digest::of(&found.bytes)), version: Some(found.version) }))
    }

    /// Replaces the index that was read by another one, if nobody did so in the meantime. This is the one step that publishes.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when someone did; otherwise when the store does not answer or refuses. After an unanswered call the swap may have
    /// happened: the same publication, run again, sees that.
    pub async fn swap_index(&self, token: &IndexToken, new: &Index) -> Result<()> {
        let bytes = canonical_json(new).map_err(StoreError::internal)?;
        match self.put_if(INDEX, token.version.as_ref(), bytes.into()).await? {
            Some(_) => Ok(()),
            None => Err(StoreError::Conflict { address: self.address.clone() }),
        }
    }

    /// Sees whether the store honours conditional writes, by trying; some servers take them and write all the same. A folder or memory needs
    /// no probe. One small object stays in the bucket: removing it could mislead another publisher's probe.
    ///
    /// # Errors
    /// [`StoreError::Unconditional`] when it does not; otherwise when the store does not answer or refuses, or is a web server.
    pub async fn probe_conditional_writes(&self) -> Result<()> {
        match self.kind {
            Kind::Local => return Ok(()),
            Kind::Web => {
                let detail = "a web address can only be read: publish to s3://, gs://, az:// or a folder".into();
                return Err(StoreError::Location { location: self.address.clone(), detail });
            }
            Kind::Remote => {}
        }
        let key = self.key(PROBE);
        let ignored = |detail: &str| StoreError::Unconditional { address: self.address.clone(), detail: detail.into() };
        let mut refused = false;
        for _ in 0..2 {
            match self.objects.put_opts(&key, PROBE_TEXT.into(), PutMode::Create.into()).await {
                Ok(_) => {}
                Err(ObjectError::AlreadyExists { .. } | ObjectError::Precondition { .. }) => refused = true,
                Err(ObjectError::NotImplemented { .. }) => return Err(ignored("they are switched off in the settings")),
                Err(e) => return Err(self.error(e, "write", PROBE)),
            }
        }
        if !refused {
            return Err(ignored("a second create-only write of an object succeeded"));
        }
        // No version of the probe is called so: its text never changes.
        let stale = UpdateVersion { e_tag: Some("\"00000000000000000000000000000000\"".into()), version: Some("1".into()) };
        match self.objects.put_opts(&key, PROBE_TEXT.into(), PutMode::Update(stale).into()).await {
            Ok(_) => Err(ignored("an update under a wrong version succeeded")),
            Err(ObjectError::Precondition { .. } | ObjectError::AlreadyExists { .. }) => Ok(()),
            Err(e) => Err(self.error(e, "write", PROBE)),
        }
    }

    /// Reads a JSON document as this version knows it; unknown fields are an error.
    pub(crate) fn parse<T: DeserializeOwned>(&self, path: &str, bytes: &[u8]) -> Result<T> {
        serde_json::from_slice(bytes).map_err(|e| StoreError::Damaged {
            address: self.address.clone(),
            path: path.into(),
            detail: format!("not a document of this version of solidata ({e}): verify the store, or use the newer version that wrote it"),
        })
    }
}
