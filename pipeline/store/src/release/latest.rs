//! `latest/`: a copy of the current release at an address that never changes.
//!
//! It is a view: the index decides, and this follows. Objects are replaced one by one, each whole, beside each table its digest (`structures.csv.sha256`, as
//! coreutils write it), and `latest/manifest.json` last: a reader who finds a file to have the digest beside it has a whole file of one release, and the
//! manifest says which release all of them are of. After an interruption the same call goes on; when the index changed meanwhile it begins again.

use super::{MANIFEST, MANIFEST_SIGNATURE, SUMS, publish::published_manifest};
use crate::{INDEX, Phase, Progress, PublicStore, Result, StoreError};
use bytes::Bytes;
use object_store::ObjectStoreExt;
use solidata_model::{Digest, Index, IndexEntry, Manifest, kind};
use std::collections::BTreeMap;

/// The folder of the stable addresses.
pub const LATEST: &str = "latest";
/// What the name of a digest beside a file ends with.
pub const SIDECAR: &str = ".sha256";
const TRIES: u32 = 5;

/// What a switch came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Switched {
    /// The release that `latest/` is a copy of; none when nothing is current.
    pub release: Option<String>,
    /// The objects that were written.
    pub written: Vec<String>,
    /// Those that were removed, since the release has them no more.
    pub removed: Vec<String>,
}

/// What `latest/` says that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LatestState {
    /// There is none.
    Absent,
    /// Its manifest is that of the current release.
    Current,
    /// It is of another release that the index names, or is not complete: `solidata publish` mends it.
    Behind(Option<String>),
    /// Its manifest is of no release that the index names.
    Unknown,
}

/// Makes `latest/` a copy of the current release. The same call may be repeated after any failure or kill; what is there already is not written again.
///
/// # Errors
/// When the store does not answer or refuses, or the release is damaged.
pub async fn switch_latest(store: &PublicStore, progress: &dyn Progress) -> Result<Switched> {
    let mut done = Switched::default();
    for _ in 0..TRIES {
        let (index, token) = store.read_index().await?;
        done.release = index.current().map(|entry| entry.prefix.clone());
        match index.current() {
            None => {
                for object in store.list(LATEST).await? {
                    store.remove(&object.path).await?;
                    done.removed.push(object.path);
                }
            }
            Some(entry) => copy(store, entry, &mut done, progress).await?,
        }
        // Someone who came later, with a newer index, may have been overtaken by this.
        if store.read_index().await?.1 == token {
            return Ok(done);
        }
    }
    Err(StoreError::Conflict { address: store.address().into() })
}

/// The release that `latest/` says that it is, held against the index.
///
/// # Errors
/// When the store does not answer or refuses.
pub async fn latest_state(store: &PublicStore, index: &Index) -> Result<LatestState> {
    let Some(bytes) = store.get(&at(MANIFEST)).await? else {
        let empty = !store.can_list() || store.list(LATEST).await?.is_empty();
        return Ok(if empty { LatestState::Absent } else { LatestState::Behind(None) });
    };
    let sha256: Digest<kind::File> = Digest::of(&bytes);
    Ok(match index.releases.iter().find(|r| r.manifest_sha256 == sha256) {
        None => LatestState::Unknown,
        Some(entry) if index.current() == Some(entry) => LatestState::Current,
        Some(entry) => LatestState::Behind(Some(entry.prefix.clone())),
    })
}

/// Where a file of a release lies in `latest/`.
fn at(path: &str) -> String {
    format!("{LATEST}/{path}")
}

/// The text beside a file: `sha256sum --check` reads it.
pub fn sidecar(path: &str, sha256: &Digest<kind::File>) -> String {
    format!("{sha256}  {}\n", path.rsplit('/').next().unwrap_or(path))
}

/// Whether a file has its digest beside it: every table, in each of its forms.
pub fn has_sidecar(path: &str) -> bool {
    !path.starts_with("cubes/") && solidata_canon::Form::of_path(path).is_some()
}

async fn copy(store: &PublicStore, entry: &IndexEntry, done: &mut Switched, progress: &dyn Progress) -> Result<()> {
    let manifest: Manifest = published_manifest(store, entry).await?;
    let from = |path: &str| format!("{}/{path}", entry.prefix);
    let there: BTreeMap<String, u64> = store.list(LATEST).await?.into_iter().map(|o| (o.path, o.bytes)).collect();
    progress.expect(Phase::Put, manifest.files.iter().map(|f| f.bytes).sum());
    let mut known = Vec::new();
    for file in &manifest.files {
        let to = at(&file.path);
        let same = there.get(&to) == Some(&file.bytes)
            && store.digest(&to, Phase::ReadBack, &()).await?.is_some_and(|(_, sha256)| sha256 == file.sha256);
        if !same {
            replace(store, &from(&file.path), &to).await?;
            done.written.push(to.clone());
        }
        known.push(to);
        if has_sidecar(&file.path) {
            let path = format!("{}{SIDECAR}", at(&file.path));
            if document(store, &path, sidecar(&file.path, &file.sha256).into()).await? {
                done.written.push(path.clone());
            }
            known.push(path);
        }
        progress.advance(Phase::Put, &file.path, file.bytes);
    }
    let mut last = Vec::new();
    for name in [SUMS, MANIFEST_SIGNATURE, MANIFEST] {
        if let Some(bytes) = store.get(&from(name)).await? {
            known.push(at(name));
            last.push((at(name), bytes));
        }
    }
    for path in there.into_keys().filter(|path| !known.contains(path)) {
        store.remove(&path).await?;
        done.removed.push(path);
    }
    // What describes all of them: the manifest last, so that it speaks of what is there and of nothing else.
    for (to, bytes) in last {
        if document(store, &to, bytes).await? {
            done.written.push(to);
        }
    }
    Ok(())
}

/// Copies an object over another, within the store.
async fn replace(store: &PublicStore, from: &str, to: &str) -> Result<()> {
    match store.objects().copy(&store.key(from), &store.key(to)).await {
        Ok(()) => Ok(()),
        Err(object_store::Error::NotFound { .. }) => Err(StoreError::Missing { address: store.address().into(), path: from.into() }),
        Err(e) => Err(store.error(e, "copy", from)),
    }
}

/// Writes a small document that changes, whatever is there; whether it was another one.
///
/// # Errors
/// [`StoreError::Conflict`] when others write it again and again; otherwise when the store does not answer or refuses.
pub async fn document(store: &PublicStore, path: &str, bytes: Bytes) -> Result<bool> {
    if path == INDEX {
        return Err(StoreError::internal("the index is no view"));
    }
    for _ in 0..TRIES {
        let before = match store.read_version(path).await? {
            Some(found) if found.bytes == bytes => return Ok(false),
            found => found.map(|f| f.version),
        };
        if store.put_if(path, before.as_ref(), bytes.clone()).await?.is_some() {
            return Ok(true);
        }
    }
    Err(StoreError::Conflict { address: store.address().into() })
}
