//! A store that keeps what is written to itself: what would be published can be seen, read back and verified, and nothing is.

use super::{PublicStore, folder::FolderStore, put::STAGING};
use crate::{Result as StoreResult, StoreError};
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    CopyMode, CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, path::Path as Key,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

/// An object that would be written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlannedWrite {
    /// Its path, from the root of the store.
    pub path: String,
    /// Its size.
    pub bytes: u64,
}

/// What a dry run would have written.
#[derive(Debug, Clone)]
pub struct DryRunLog {
    seen: PublicStore,
}

#[derive(Debug)]
struct DryRun {
    base: Arc<dyn ObjectStore>,
    over: FolderStore,
    removed: Arc<Mutex<BTreeSet<Key>>>,
    /// A check and the write that depends on it are one step.
    turn: tokio::sync::Mutex<()>,
}

impl PublicStore {
    /// The same store, but what is written goes to `scratch`, a folder of this machine (such as [`crate::Vault::scratch`] gives), and what is
    /// read comes from there first.
    ///
    /// # Errors
    /// When the folder cannot be found.
    pub fn dry_run(&self, scratch: &Path) -> StoreResult<(Self, DryRunLog)> {
        let root = super::folder::absolute(scratch).map_err(StoreError::io(scratch, "find"))?;
        let over = FolderStore::new(root);
        let kept = over.clone();
        let mut store = self.wrapped(|base| Arc::new(DryRun { base, over, removed: Arc::default(), turn: tokio::sync::Mutex::default() }));
        // Nobody else sees what is written, so nobody need wait; and the conditions are kept here.
        store.lock = None;
        store.patience = std::time::Duration::ZERO;
        if store.kind == super::Kind::Remote {
            store.kind = super::Kind::Local;
        }
        let log = DryRunLog { seen: store.wrapped(|_| Arc::new(kept)) };
        Ok((store, log))
    }
}

impl DryRunLog {
    /// The objects that would be there now and were not, or had other bytes; sorted.
    ///
    /// # Errors
    /// When the scratch folder cannot be read.
    pub async fn writes(&self) -> StoreResult<Vec<PlannedWrite>> {
        let found = self.seen.list("").await?;
        let kept = found.into_iter().filter(|o| !o.path.starts_with(STAGING));
        Ok(kept.map(|o| PlannedWrite { path: o.path, bytes: o.bytes }).collect())
    }
}

impl fmt::Display for DryRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dry run of {}", self.base)
    }
}

impl DryRun {
    fn is_removed(&self, key: &Key) -> bool {
        self.removed.lock().unwrap_or_else(PoisonError::into_inner).contains(key)
    }

    /// The object as it would be now, if it would be there.
    async fn current(&self, key: &Key) -> Result<Option<ObjectMeta>> {
        match self.head(key).await {
            Ok(meta) => Ok(Some(meta)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Whether the conditions of a write hold.
    async fn check(&self, key: &Key, mode: &PutMode) -> Result<()> {
        let path = key.to_string();
        match mode {
            PutMode::Overwrite => Ok(()),
            PutMode::Create => match self.current(key).await? {
                Some(_) => Err(Error::AlreadyExists { path, source: "seen by the dry run".into() }),
                None => Ok(()),
            },
            PutMode::Update(old) => match self.current(key).await? {
                Some(meta) if meta.e_tag == old.e_tag && meta.version == old.version => Ok(()),
                _ => Err(Error::Precondition { path, source: "seen by the dry run".into() }),
            },
        }
    }
}

#[async_trait]
impl ObjectStore for DryRun {
    async fn put_opts(&self, location: &Key, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let _turn = self.turn.lock().await;
        self.check(location, &opts.mode).await?;
        self.over.put_opts(location, payload, PutMode::Overwrite.into()).await
    }

    async fn put_multipart_opts(&self, location: &Key, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.over.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Key, options: GetOptions) -> Result<GetResult> {
        match self.over.get_opts(location, options.clone()).await {
            Err(Error::NotFound { .. }) if !self.is_removed(location) => self.base.get_opts(location, options).await,
            found => found,
        }
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Key>>) -> BoxStream<'static, Result<Key>> {
        let (over, removed) = (self.over.clone(), Arc::clone(&self.removed));
        locations
            .and_then(move |key| {
                let (over, removed) = (over.clone(), Arc::clone(&removed));
                async move {
                    removed.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
                    match over.delete(&key).await {
                        Ok(()) | Err(Error::NotFound { .. }) => Ok(key),
                        Err(e) => Err(e),
                    }
                }
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Key>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (base, over) = (self.base.list(prefix), self.over.list(prefix));
        let removed = Arc::clone(&self.removed);
        futures::stream::once(async move {
            let mut found: BTreeMap<Key, ObjectMeta> = BTreeMap::new();
            for meta in base.try_collect::<Vec<_>>().await? {
                if !removed.lock().unwrap_or_else(PoisonError::into_inner).contains(&meta.location) {
                    found.insert(meta.location.clone(), meta);
                }
            }
            for meta in over.try_collect::<Vec<_>>().await? {
                found.insert(meta.location.clone(), meta);
            }
            Ok::<_, Error>(futures::stream::iter(found.into_values().map(Ok)))
        })
        .try_flatten()
        .boxed()
    }

    async fn list_with_delimiter(&self, _prefix: Option<&Key>) -> Result<ListResult> {
        Err(Error::NotImplemented { operation: "list_with_delimiter".into(), implementer: "dry run".into() })
    }

    async fn copy_opts(&self, from: &Key, to: &Key, options: CopyOptions) -> Result<()> {
        let mode = if options.mode == CopyMode::Create { PutMode::Create } else { PutMode::Overwrite };
        let _turn = self.turn.lock().await;
        self.check(to, &mode).await?;
        self.over.copy_opts(from, to, CopyOptions::new().with_mode(CopyMode::Overwrite)).await
    }
}
