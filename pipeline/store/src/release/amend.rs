//! What is done about releases after their publication, each by one change of the index: an earlier revision becomes current again, an error is made known, a
//! revision is taken away.
//!
//! A withdrawal is the one thing that removes published objects. In this order: the index says that the release is withdrawn, so that no reader goes there any
//! more; `latest/` follows; the tombstone and its signature are written; the objects go, those of the tables first and the manifest last. After any failure or kill the same call
//! goes on where it ended, and `gc` does too, once the tombstone is there.

use super::{LATEST, MANIFEST, MANIFEST_SIGNATURE, SUMS, publish::published_manifest, signed, switch_latest};
use crate::{PublicStore, Put, Result, StoreError, public::STAGING};
use solidata_model::{
    Digest, Done, Erratum, Index, IndexEntry, Month, ReleaseState, Tombstone, TombstoneFile, WithdrawalClass, canonical_json, kind,
};
use solidata_signing::{SecretKey, tombstone_comment};
use std::collections::BTreeSet;

/// What is left of a withdrawn release.
pub const TOMBSTONE: &str = "WITHDRAWN.json";
/// The signature of the tombstone.
pub const TOMBSTONE_SIGNATURE: &str = "WITHDRAWN.json.minisig";

/// What a change of the index came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amended {
    /// The index as it is now.
    pub index: Index,
    /// Whether it was changed by this call; else it said so already.
    pub changed: bool,
}

/// What a withdrawal came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawn {
    /// The index as it is now.
    pub index: Index,
    /// Whether the index was changed by this call; else the release was withdrawn before, and this call went on with it.
    pub changed: bool,
    /// What was removed, from the root of the store.
    pub removed: Vec<String>,
}

/// Makes a superseded revision of a month current again: the one that is named, else the newest before the current one (or the newest that is left, when the
/// current one was withdrawn).
///
/// # Errors
/// [`StoreError::Amendment`] when there is no such revision; otherwise as [`super::publish_all`].
pub async fn rollback(
    store: &PublicStore,
    month: Month,
    revision: Option<u32>,
    reason: &str,
    signer: Option<&SecretKey>,
) -> Result<Amended> {
    let wanted = |index: &Index| -> Result<Option<Done>> {
        let wrong = |detail: String| StoreError::Amendment { address: store.address().into(), detail };
        let current = index.current_of(month).map(|r| r.revision);
        let of_month = || index.releases.iter().filter(|r| r.month == month);
        let there = |r: &&IndexEntry| r.state == ReleaseState::Superseded && current.is_none_or(|c| revision.is_some() || r.revision < c);
        let target = match revision {
            Some(n) if current == Some(n) => return Ok(None),
            Some(n) => of_month().filter(there).find(|r| r.revision == n).ok_or_else(|| {
                wrong(format!("there is no revision {n} of {month} to go back to: see `solidata status` for those that are superseded"))
            })?,
            None => of_month()
                .filter(there)
                .max_by_key(|r| r.revision)
                .ok_or_else(|| wrong(format!("{month} has no earlier revision to go back to: see `solidata status`")))?,
        };
        Ok(Some(Done::Rollback { prefix: target.prefix.clone(), reason: Some(reason.to_owned()) }))
    };
    amend(store, wanted, signer).await
}

/// Makes an error in a published release known. The same notice is made known once.
///
/// # Errors
/// [`StoreError::Amendment`] when there is no such release, or it was withdrawn, or has no such dataset or column; otherwise as [`super::publish_all`].
pub async fn add_erratum(store: &PublicStore, erratum: &Erratum, signer: Option<&SecretKey>) -> Result<Amended> {
    let wrong = |detail: String| StoreError::Amendment { address: store.address().into(), detail };
    let (index, _) = store.read_index().await?;
    let entry = find(&index, &erratum.release).map_err(wrong)?;
    if entry.state == ReleaseState::Withdrawn {
        return Err(wrong(format!("{} was withdrawn: an erratum is about what is there", entry.prefix)));
    }
    let manifest = published_manifest(store, entry).await?;
    let table = format!("data/{}.", erratum.dataset);
    let Some(schema) = manifest.files.iter().filter(|f| f.path.starts_with(&table)).find_map(|f| f.schema.clone()) else {
        return Err(wrong(format!("{} has no dataset '{}'", entry.prefix, erratum.dataset)));
    };
    let path = format!("{}/{schema}", entry.prefix);
    let schema = store.get(&path).await?.ok_or_else(|| StoreError::Missing { address: store.address().into(), path: path.clone() })?;
    let contract = solidata_canon::contract_of_table_schema(&schema).map_err(|e| wrong(format!("{path}: {e}")))?;
    if let Some(unknown) = erratum.columns.iter().find(|name| contract.columns.iter().all(|c| c.name != **name)) {
        return Err(wrong(format!("{} has no column '{unknown}'", erratum.dataset)));
    }
    let told = |index: &Index| Ok((!index.errata().any(|(_, e)| e == erratum)).then(|| Done::Erratum { erratum: erratum.clone() }));
    amend(store, told, signer).await
}

/// Takes a revision away: it is not published any more, its objects are removed, and a tombstone stays. The same call may be repeated.
///
/// # Errors
/// [`StoreError::Amendment`] when there is no such release; otherwise as [`super::publish_all`].
pub async fn withdraw(store: &PublicStore, prefix: &str, class: WithdrawalClass, signer: Option<&SecretKey>) -> Result<Withdrawn> {
    let wrong = |detail: String| StoreError::Amendment { address: store.address().into(), detail };
    let wanted = |index: &Index| -> Result<Option<Done>> {
        let entry = find(index, prefix).map_err(wrong)?;
        Ok((entry.state != ReleaseState::Withdrawn).then(|| Done::Withdraw { prefix: prefix.to_owned(), class }))
    };
    let Amended { index, changed } = amend(store, wanted, signer).await?;
    // Where most readers are, it goes first.
    if !store.list(LATEST).await?.is_empty() {
        switch_latest(store, &()).await?;
    }
    let removed = bury(store, &index, prefix, signer).await?;
    Ok(Withdrawn { index, changed, removed })
}

/// Writes the tombstone of a withdrawn release and removes what is left of it.
async fn bury(store: &PublicStore, index: &Index, prefix: &str, signer: Option<&SecretKey>) -> Result<Vec<String>> {
    let held = store.exclusive().await?;
    let wrong = |detail: String| StoreError::Amendment { address: store.address().into(), detail };
    let entry = find(index, prefix).map_err(wrong)?;
    let class = index.withdrawal(prefix).ok_or_else(|| StoreError::internal("a release is withdrawn without a change that says so"))?;
    let path = |name: &str| format!("{prefix}/{name}");
    let tombstone = match store.get(&path(TOMBSTONE)).await? {
        Some(bytes) => store.parse(&path(TOMBSTONE), &bytes)?,
        None => write_tombstone(store, entry, class, signer).await?,
    };
    let mut removed = Vec::new();
    // A copy on its way, which a killed publication left, has the same bytes.
    let digests: BTreeSet<String> = tombstone.files.iter().map(|f| f.sha256.to_string()).collect();
    for object in store.list(STAGING).await? {
        let name = object.path.rsplit('/').next().unwrap_or_default();
        if digests.contains(name.split('.').next().unwrap_or_default()) {
            store.remove(&object.path).await?;
            removed.push(object.path);
        }
    }
    let last = [SUMS, MANIFEST_SIGNATURE, MANIFEST].map(path);
    let keep = [TOMBSTONE, TOMBSTONE_SIGNATURE].map(path);
    let mut objects: Vec<String> = store.list(prefix).await?.into_iter().map(|o| o.path).filter(|p| !keep.contains(p)).collect();
    // Tables first, what describes them last.
    objects.sort_by_key(|p| (last.iter().position(|l| l == p).map_or(0, |at| at + 1), !p.starts_with(&path("data/")), p.clone()));
    for object in objects {
        store.remove(&object).await?;
        removed.push(object);
    }
    drop(held);
    Ok(removed)
}

async fn write_tombstone(store: &PublicStore, entry: &IndexEntry, class: WithdrawalClass, signer: Option<&SecretKey>) -> Result<Tombstone> {
    let prefix = &entry.prefix;
    // What must go goes, whatever became of its manifest.
    let mut files: Vec<TombstoneFile> = match published_manifest(store, entry).await {
        Ok(manifest) => manifest.files.into_iter().map(|f| TombstoneFile { path: f.path, sha256: f.sha256 }).collect(),
        Err(e) if e.fault() == crate::Fault::Findings => {
            tracing::warn!(prefix, error = %e, "the manifest cannot be read: the tombstone will not list the files");
            Vec::new()
        }
        Err(e) => return Err(e),
    };
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let tombstone =
        Tombstone { format: Tombstone::FORMAT.into(), prefix: prefix.clone(), class, manifest_sha256: entry.manifest_sha256, files };
    let bytes = canonical_json(&tombstone).map_err(StoreError::internal)?;
    if let Some(signer) = signer {
        let signature = signer.sign(&bytes, &tombstone_comment(prefix)).map_err(StoreError::internal)?;
        // The signature first: where there is a tombstone, it is signed.
        store.put_new(&format!("{prefix}/{TOMBSTONE_SIGNATURE}"), signature.into()).await?;
    }
    let _: Put = store.put_new(&format!("{prefix}/{TOMBSTONE}"), bytes.into()).await?;
    Ok(tombstone)
}

fn find<'i>(index: &'i Index, prefix: &str) -> std::result::Result<&'i IndexEntry, String> {
    index.releases.iter().find(|r| r.prefix == prefix).ok_or_else(|| format!("index.json names no release {prefix}: see `solidata status`"))
}

/// One change of the index, if `wanted` asks for one.
async fn amend(store: &PublicStore, wanted: impl Fn(&Index) -> Result<Option<Done>>, signer: Option<&SecretKey>) -> Result<Amended> {
    let held = store.exclusive().await?;
    let (index, token) = store.read_index().await?;
    let newest = signed::newest_key(store, &index)?;
    let Some(done) = wanted(&index)? else { return Ok(Amended { index, changed: false }) };
    signed::admit(store, &index, newest.as_ref(), signer).await?;
    let next = signed::next_index(store, (&index, &token), vec![done], Vec::new(), signer)?;
    store.probe_conditional_writes().await?;
    store.swap_index(&token, &next).await?;
    drop(held);
    Ok(Amended { index: next, changed: true })
}

/// The digest of a tombstone's bytes and what it says, if it is one of this release.
///
/// # Errors
/// In words, why it is none.
pub fn read_tombstone(bytes: &[u8], entry: &IndexEntry) -> std::result::Result<Tombstone, String> {
    let tombstone: Tombstone = serde_json::from_slice(bytes).map_err(|e| format!("it is no tombstone of this version ({e})"))?;
    if tombstone.format != Tombstone::FORMAT {
        return Err(format!("its format is '{}' and not {}", tombstone.format, Tombstone::FORMAT));
    }
    let told: (&str, Digest<kind::File>) = (&tombstone.prefix, tombstone.manifest_sha256);
    if told != (entry.prefix.as_str(), entry.manifest_sha256) {
        return Err("it is not of this release".into());
    }
    if canonical_json(&tombstone).is_ok_and(|canonical| canonical != bytes) {
        return Err("it is not written in the canonical form: it was changed by hand".into());
    }
    Ok(tombstone)
}
