//! The public store: objects that are written once, and `index.json`, which says what is published.

mod dry_run;
#[cfg(any(test, feature = "faults"))]
pub(crate) mod fault_plan;
#[cfg(test)]
pub(crate) mod faults;
mod folder;
mod folder_lock;
mod folder_upload;
mod index;
mod open;
#[cfg(test)]
pub(crate) mod proxy;
mod put;
mod read;
mod retry;
mod retrying;
mod secrets;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod tests_cloud;
#[cfg(test)]
mod tests_proxy;
#[cfg(test)]
mod tests_retry;
mod versions;

pub use dry_run::{DryRunLog, PlannedWrite};
pub(crate) use index::PROBE;
pub use index::{INDEX, IndexToken};
pub use open::DAY;
pub use put::Put;
pub(crate) use put::STAGING;
pub(crate) use versions::{CLOCK, Version, is_past, nonce};

use crate::{Result, StoreError};
use chrono::{DateTime, Utc};
use folder_lock::{FolderLock, Held};
use futures::{StreamExt, TryStreamExt};
use object_store::{GetResult, ObjectStore, ObjectStoreExt, path::Path as Key};
use retry::Retries;
use std::{fmt, path::Path, sync::Arc, time::Duration};

/// Documents (manifests, indexes, lists of digests, schemas) are read whole; one larger than this is none of ours.
pub const DOCUMENT_MAX: u64 = 64 << 20;

/// The same for what holds a few lines whatever the release: a link of the chain, a signature.
pub const NOTE_MAX: u64 = 64 << 10;

/// The most objects that are listed: two hundred years of months with some revisions have fewer.
const OBJECTS_MAX: usize = 1_000_000;

/// A public place for releases: a folder, a bucket, or memory. A clone is the same store.
#[derive(Clone)]
pub struct PublicStore {
    /// The store, asked again when it fails.
    objects: Arc<dyn ObjectStore>,
    /// The same store, asked once.
    #[cfg(any(test, feature = "faults"))]
    plain: Arc<dyn ObjectStore>,
    retries: Retries,
    root: Key,
    address: String,
    kind: Kind,
    lock: Option<Arc<FolderLock>>,
    /// Publications of this process through this value go one after the other.
    turn: Arc<tokio::sync::Mutex<()>>,
    sizes: put::Sizes,
    /// After which time without a sign the writer of an unfinished release is taken for dead.
    patience: Duration,
    /// What no message may hold.
    secrets: secrets::Secrets,
    /// The day that changes of the index are given.
    pub(crate) today: Option<chrono::NaiveDate>,
}

/// The clients of buckets hold credentials, and some show them.
impl fmt::Debug for PublicStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicStore").field("address", &self.address).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What may be expected of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A folder of this machine, or memory: conditional writes hold by construction.
    Local,
    /// A bucket: conditional writes are probed.
    Remote,
    /// A web server: read only, and it cannot be listed.
    Web,
}

/// An object of the store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectInfo {
    /// Its path, from the root of the store.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// What the store says of its version, if anything; it changes when the object does.
    pub version: Option<String>,
}

/// Holds the store for one publication. In a folder no other process publishes meanwhile; elsewhere the conditional put of `index.json`
/// alone decides between two.
#[derive(Debug)]
pub struct Exclusive {
    _held: Option<Arc<Held>>,
    _turn: tokio::sync::OwnedMutexGuard<()>,
}

impl PublicStore {
    /// The address for people, without credentials.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Whether the store can be asked what it holds; a web server cannot.
    pub fn can_list(&self) -> bool {
        self.kind != Kind::Web
    }

    /// The same store, seen from a folder in it.
    pub fn under(&self, folder: &str) -> Self {
        Self { root: self.key(folder), address: format!("{}/{folder}", self.address.trim_end_matches('/')), ..self.clone() }
    }

    /// Waits its turn, then holds the store for one publication.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another process still publishes after a minute; otherwise when the folder cannot be written.
    pub async fn exclusive(&self) -> Result<Exclusive> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let held = match &self.lock {
            None => None,
            Some(lock) => {
                let lock = Arc::clone(lock);
                let held = tokio::task::spawn_blocking(move || {
                    let held = lock.acquire()?;
                    held.clean().map(|()| held)
                })
                .await
                .map_err(StoreError::internal)?;
                Some(held.map_err(|e| self.unlockable(e))?)
            }
        };
        Ok(Exclusive { _held: held, _turn: turn })
    }

    /// Holds a folder if nobody else does, without waiting; `None` when a publication is at work in it. Elsewhere there is nothing to hold.
    pub(crate) async fn exclusive_now(&self) -> Result<Option<Exclusive>> {
        let Ok(turn) = Arc::clone(&self.turn).try_lock_owned() else { return Ok(None) };
        let held = match &self.lock {
            None => None,
            Some(lock) => match lock.acquire_now() {
                Ok(Some(held)) => Some(held),
                Ok(None) => return Ok(None),
                Err(e) => return Err(self.unlockable(e)),
            },
        };
        Ok(Some(Exclusive { _held: held, _turn: turn }))
    }

    /// Whether it is a bucket, which others write to over the network.
    pub(crate) fn is_bucket(&self) -> bool {
        self.kind == Kind::Remote
    }

    /// Whether a lock keeps everyone else out while it is held: then all that is unfinished is dead. Elsewhere only time tells.
    pub(crate) fn has_lock(&self) -> bool {
        self.lock.is_some()
    }

    /// The files in the making that killed writers left in a folder, with size and time of the last change. Only for who holds the folder.
    pub(crate) fn parts(&self) -> Result<Vec<(String, u64, DateTime<Utc>)>> {
        match &self.lock {
            None => Ok(Vec::new()),
            Some(lock) => lock.parts().map_err(|e| self.unlockable(e)),
        }
    }

    fn unlockable(&self, e: std::io::Error) -> StoreError {
        let address = self.address.clone();
        match e.kind() {
            std::io::ErrorKind::WouldBlock => StoreError::Busy { address },
            _ => StoreError::Unavailable { address, action: "lock", path: "the folder".into(), detail: e.to_string() },
        }
    }

    /// Refuses a vault that lies in the public folder, or the other way round: private files must not be where everyone reads.
    ///
    /// # Errors
    /// [`StoreError::Location`] when one lies in the other.
    pub fn ensure_apart(&self, vault: &Path) -> Result<()> {
        let Some(lock) = &self.lock else { return Ok(()) };
        let vault = folder::absolute(vault).map_err(StoreError::io(vault, "find"))?;
        let public = lock.root();
        if vault.starts_with(public) || public.starts_with(&vault) {
            let detail = format!("the public folder and the vault {} must not lie one in the other", vault.display());
            return Err(StoreError::Location { location: self.address.clone(), detail });
        }
        Ok(())
    }

    /// Every object beneath a folder, sorted by path; all objects for an empty `folder`.
    ///
    /// # Errors
    /// When the store does not answer or refuses, or cannot be listed.
    pub async fn list(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        Ok(self.list_dated(folder).await?.into_iter().map(|(info, _)| info).collect())
    }

    /// The same, each object with the time of its last change as the store has it.
    pub(crate) async fn list_dated(&self, folder: &str) -> Result<Vec<(ObjectInfo, DateTime<Utc>)>> {
        let key = self.key(folder);
        let metas: Vec<_> =
            self.objects.list(Some(&key)).take(OBJECTS_MAX + 1).try_collect().await.map_err(|e| self.error(e, "list", folder))?;
        if metas.len() > OBJECTS_MAX {
            let detail = format!("it holds more than {OBJECTS_MAX} objects: it was not made by this program");
            return Err(StoreError::Damaged { address: self.address.clone(), path: folder.into(), detail });
        }
        let mut found: Vec<_> = metas
            .iter()
            .filter_map(|meta| {
                let rest: Vec<_> = meta.location.prefix_match(&self.root)?.collect();
                let path = rest.iter().map(|p| p.as_ref()).collect::<Vec<_>>().join("/");
                Some((self.info(&path, meta), meta.last_modified))
            })
            .collect();
        found.sort();
        Ok(found)
    }

    /// Removes an object that nothing published names; fine when it is not there.
    pub(crate) async fn remove(&self, path: &str) -> Result<()> {
        match self.objects.delete(&self.key(path)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(self.error(e, "remove", path)),
        }
    }

    /// The client itself.
    pub(crate) fn objects(&self) -> &dyn ObjectStore {
        self.objects.as_ref()
    }

    async fn open_object(&self, path: &str) -> Result<Option<GetResult>> {
        match self.objects.get(&self.key(path)).await {
            Ok(found) => Ok(Some(found)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(self.error(e, "read", path)),
        }
    }

    fn info(&self, path: &str, meta: &object_store::ObjectMeta) -> ObjectInfo {
        ObjectInfo { path: path.into(), bytes: meta.size, version: meta.e_tag.clone().or_else(|| meta.version.clone()) }
    }

    pub(crate) fn key(&self, path: &str) -> Key {
        Key::from_iter(self.root.parts().map(|p| p.as_ref().to_owned()).chain(path.split('/').filter(|p| !p.is_empty()).map(str::to_owned)))
    }

    fn missing(&self, path: &str) -> StoreError {
        StoreError::Missing { address: self.address.clone(), path: path.into() }
    }

    /// What the client of the store says, in our words.
    pub(crate) fn error(&self, error: object_store::Error, action: &'static str, path: &str) -> StoreError {
        use object_store::Error as E;
        let (address, path) = (self.address.clone(), if path.is_empty() { "its objects".into() } else { path.to_owned() });
        let said = |what: String| self.secrets.hide(&what);
        match error {
            E::PermissionDenied { source, .. } | E::Unauthenticated { source, .. } => {
                StoreError::Denied { address, action, path, detail: said(source.to_string()) }
            }
            E::NotFound { .. } => {
                StoreError::Location { location: address, detail: format!("cannot {action} {path}: create the bucket or container first") }
            }
            E::NotImplemented { .. } | E::NotSupported { .. } => {
                StoreError::Location { location: address, detail: format!("this kind of store cannot {action} objects ({path})") }
            }
            e => {
                let mut detail = said(e.to_string());
                if detail.contains("169.254.169.254") {
                    detail = "no credentials in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or the like), and this is no cloud machine".into();
                    return StoreError::Denied { address, action, path, detail };
                }
                StoreError::Unavailable { address, action, path, detail }
            }
        }
    }
}
