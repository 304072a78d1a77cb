//! Who may write a release that is not published yet, and what becomes of what a killed publication left.
//!
//! Objects are only ever created, so two publications of the same release do not disturb one another. But a publication that was killed leaves
//! objects in the way of one with other content, and a bucket has no lock that dies with its holder. So each release has a mark,
//! `staging/unfinished/<month>-r<n>.json`, that names the release being written and its holders:
//!
//! - Who publishes takes the mark first: it creates it, or takes it over when it was let go or is older than the store's patience, always on the
//!   condition that it is the one that was read. A publication of the very same release joins in. Any other is told to come again.
//! - Having the mark, it looks whether the index is still the one it planned with. From then on nobody else can publish this release.
//! - Only who has the mark alone removes anything, and only beneath its prefix.
//! - Right before `index.json` is swapped, the mark is renewed; whoever lost it stops there. It is removed when the index names the release.
//!
//! In a folder the lock of the operating system is held all the while: any other holder is dead, and the patience is zero. Age is told by the
//! store's own clock, and no request is under way for as long as the patience. An object that neither the index names nor a mark covers is a riddle (was `index.json` lost, or put back from an old
//! copy?) that only a person may solve: nothing is touched then.

use super::{Release, Sealed};
use crate::{
    Phase, PublicStore, Result, StoreError,
    public::{Version, nonce},
};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use solidata_model::{Digest, Index, canonical_json, kind};
use std::{collections::BTreeMap, time::Instant};

/// What to do about an object that nothing explains.
pub(super) const RIDDLE: &str = "index.json does not name it, and no unfinished publication left it. If index.json was lost or put back from an old \
                                 copy, put the newest one back; if this was never published, remove it";
const TRIES: u32 = 20;
pub(super) const UNFINISHED: &str = "staging/unfinished";

/// The text of a mark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mark {
    /// For whoever finds it.
    note: String,
    /// sha256 of the manifest of the release that is being written.
    manifest_sha256: Digest<kind::File>,
    /// Random names of those who write it, sorted; a name is changed whenever its mark is renewed. None when all let it go.
    pub(super) holders: Vec<String>,
}

/// The mark of a release, as we have it.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) prefix: String,
    manifest_sha256: Digest<kind::File>,
    name: String,
    /// Others may be writing the very same release: nothing may be removed.
    pub(super) shared: bool,
}

/// What a mark says, for someone who does not have it.
pub(super) enum Found {
    /// There is none.
    None,
    /// Someone is at work.
    Held(Mark, Version),
    /// It may be taken over.
    Free(Mark, Version),
}

/// Where the mark of a release lies.
pub(super) fn path(prefix: &str) -> String {
    format!("{UNFINISHED}/{}.json", prefix.strip_prefix("releases/").unwrap_or(prefix).replace('/', "-"))
}

/// The release whose mark lies there.
pub(super) fn prefix_of(path: &str) -> Option<String> {
    let name = path.strip_prefix(UNFINISHED)?.strip_prefix('/')?.strip_suffix(".json")?;
    let (month, revision) = name.rsplit_once("-r")?;
    Some(format!("releases/{month}/r{revision}"))
}

/// No two texts of held marks are the same, so that no version of one is mistaken for another.
fn text(manifest_sha256: Digest<kind::File>, mut holders: Vec<String>) -> Result<Bytes> {
    holders.sort();
    let note = "A publication of this release has begun and is not finished. Nothing of it is published until index.json names it.".into();
    canonical_json(&Mark { note, manifest_sha256, holders }).map(Into::into).map_err(StoreError::internal)
}

pub(super) fn busy(store: &PublicStore) -> StoreError {
    StoreError::Busy { address: store.address().into() }
}

pub(super) async fn look(store: &PublicStore, prefix: &str) -> Result<Found> {
    let path = path(prefix);
    let Some(found) = store.read_version(&path).await? else { return Ok(Found::None) };
    let mark: Mark = store.parse(&path, &found.bytes)?;
    let free = mark.holders.is_empty() || store.is_older_than_patience(&found).await?;
    Ok(if free { Found::Free(mark, found.version) } else { Found::Held(mark, found.version) })
}

/// Takes the mark of a release.
pub(super) async fn claim(store: &PublicStore, release: &Release<Sealed>) -> Result<Claim> {
    let (prefix, manifest_sha256) = (release.prefix(), release.manifest_sha256());
    for _ in 0..TRIES {
        let name = nonce()?;
        let (before, holders) = match look(store, &prefix).await? {
            Found::None => {
                if let Some(path) = foreign(store, release).await?.into_iter().next() {
                    return Err(StoreError::Occupied { address: store.address().into(), path, remedy: RIDDLE });
                }
                (None, Vec::new())
            }
            Found::Free(_, version) => (Some(version), Vec::new()),
            Found::Held(mark, version) if mark.manifest_sha256 == manifest_sha256 => (Some(version), mark.holders),
            Found::Held(..) => return Err(busy(store)),
        };
        let shared = !holders.is_empty();
        let with_us = holders.into_iter().chain([name.clone()]).collect();
        if store.put_if(&path(&prefix), before.as_ref(), text(manifest_sha256, with_us)?).await?.is_some() {
            return Ok(Claim { prefix, manifest_sha256, name, shared });
        }
    }
    Err(busy(store))
}

/// Removes what is in the way beneath the prefix of a release. Only who has the mark alone may.
pub(super) async fn make_room(store: &PublicStore, claim: &mut Claim, release: &Release<Sealed>) -> Result<()> {
    for path in foreign(store, release).await? {
        // We may have been asleep, and taken for dead.
        claim.renew(store).await?;
        if claim.shared {
            return Err(busy(store));
        }
        tracing::info!(object = path, "removing what an unfinished publication left");
        store.remove(&path).await?;
    }
    Ok(())
}

/// The objects beneath the prefix of a release that are not its own, or have other bytes.
async fn foreign(store: &PublicStore, release: &Release<Sealed>) -> Result<Vec<String>> {
    let prefix = release.prefix();
    let wanted: BTreeMap<String, Digest<kind::File>> =
        release.objects().iter().map(|o| (format!("{prefix}/{}", o.path), o.sha256)).collect();
    let mut foreign = Vec::new();
    for there in store.list(&prefix).await? {
        let found = store.digest(&there.path, Phase::ReadBack, &()).await?;
        if found.is_some_and(|(_, sha256)| wanted.get(&there.path) != Some(&sha256)) {
            foreign.push(there.path);
        }
    }
    Ok(foreign)
}

impl Claim {
    /// Renews the mark: it is ours still, and will be for as long as the store's patience.
    pub(super) async fn renew(&mut self, store: &PublicStore) -> Result<()> {
        let name = nonce()?;
        self.shared |= self.rename(store, Some(name.clone())).await?;
        self.name = name;
        Ok(())
    }

    /// Lets the mark go after a failure, so that the next publication need not wait.
    pub(super) async fn let_go(&self, store: &PublicStore) {
        match self.rename(store, None).await {
            // Someone took it over: then there is nothing to let go.
            Ok(_) | Err(StoreError::Conflict { .. }) => {}
            Err(e) => tracing::warn!(prefix = self.prefix, error = %e, "a mark could not be let go; it lapses by itself"),
        }
    }

    /// Removes the mark, of a release of which nothing is left.
    pub(super) async fn remove(mut self, store: &PublicStore) -> Result<()> {
        self.renew(store).await?;
        store.remove(&path(&self.prefix)).await
    }

    /// Writes another name in place of ours, or none; says whether there are other holders.
    async fn rename(&self, store: &PublicStore, name: Option<String>) -> Result<bool> {
        let lost = || StoreError::Conflict { address: store.address().into() };
        let path = path(&self.prefix);
        for _ in 0..TRIES {
            let found = store.read_version(&path).await?.ok_or_else(lost)?;
            let mark: Mark = store.parse(&path, &found.bytes)?;
            if mark.manifest_sha256 != self.manifest_sha256 || !mark.holders.contains(&self.name) {
                return Err(lost());
            }
            let others: Vec<String> = mark.holders.into_iter().filter(|h| *h != self.name).collect();
            let shared = !others.is_empty();
            let holders = others.into_iter().chain(name.clone()).collect();
            if store.put_if(&path, Some(&found.version), text(self.manifest_sha256, holders)?).await?.is_some() {
                return Ok(shared);
            }
        }
        Err(busy(store))
    }
}

/// Renews all marks, in so short a time that none of them has lapsed when the last one is renewed: right before the swap.
pub(super) async fn renew_all(store: &PublicStore, claims: &mut [Claim]) -> Result<()> {
    for _ in 0..TRIES {
        let start = Instant::now();
        for claim in &mut *claims {
            claim.renew(store).await?;
        }
        if store.patience().is_zero() || start.elapsed() < store.patience() / 4 {
            return Ok(());
        }
    }
    Err(busy(store))
}

/// Takes over the mark of someone else's release, which was let go or whose holders are dead; `None` when it changed.
pub(super) async fn take_over(store: &PublicStore, prefix: &str, mark: &Mark, version: &Version) -> Result<Option<Claim>> {
    let name = nonce()?;
    let text = text(mark.manifest_sha256, vec![name.clone()])?;
    let taken = store.put_if(&path(prefix), Some(version), text).await?;
    Ok(taken.map(|_| Claim { prefix: prefix.into(), manifest_sha256: mark.manifest_sha256, name, shared: false }))
}

/// Takes the mark of a release that nobody writes, so that nobody begins to: as long as it is renewed, every publication that meets it is told to come
/// again, one of the same release too, since no manifest has the digest in it. `None` when someone is at work.
pub(super) async fn keep_out(store: &PublicStore, prefix: &str) -> Result<Option<Claim>> {
    let version = match look(store, prefix).await? {
        Found::None => None,
        Found::Free(_, version) => Some(version),
        Found::Held(..) => return Ok(None),
    };
    let name = nonce()?;
    let manifest_sha256 = Digest::of(format!("no manifest, but tidying up: {name}").as_bytes());
    let taken = store.put_if(&path(prefix), version.as_ref(), text(manifest_sha256, vec![name.clone()])?).await?;
    Ok(taken.map(|_| Claim { prefix: prefix.into(), manifest_sha256, name, shared: false }))
}

/// Removes the marks of releases that the index names. A mark that cannot be removed does no harm.
pub(super) async fn clean(store: &PublicStore, index: &Index) {
    let removed = async {
        for object in store.list(UNFINISHED).await? {
            if index.releases.iter().any(|r| path(&r.prefix) == object.path) {
                store.remove(&object.path).await?;
            }
        }
        Ok::<_, StoreError>(())
    };
    if let Err(e) = removed.await {
        tracing::warn!(error = %e, "a mark of a finished publication could not be removed");
    }
}
