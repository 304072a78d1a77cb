//! Links of the chain. `chain/000123.json` is created before `index.json` reaches it, so it also says who may be the 123rd: whoever finds the link
//! of another release there waits until that one is published, or has given up.

use super::{
    Release, Sealed,
    claims::{self, Claim, Found, RIDDLE},
};
use crate::{IndexToken, PublicStore, Result, StoreError};
use bytes::Bytes;
use solidata_model::{ChainLink, Index, canonical_json};

const TRIES: u32 = 20;

/// Where a link lies.
pub(super) fn path(number: u64) -> String {
    format!("chain/{number:06}.json")
}

/// The number of the link that lies there.
pub(super) fn number(link: &str) -> Option<u64> {
    let number = link.strip_prefix("chain/")?.strip_suffix(".json")?.parse().ok()?;
    (path(number) == link).then_some(number)
}

/// The links of releases, with their bytes.
pub(super) fn of(new: &[(&Release<Sealed>, u64)]) -> Result<Vec<(ChainLink, Bytes)>> {
    let link = |(release, number): &(&Release<Sealed>, u64)| {
        let link = ChainLink {
            number: *number,
            prefix: release.prefix(),
            manifest_sha256: release.manifest_sha256(),
            previous_manifest_sha256: release.manifest().previous.as_ref().map(|p| p.manifest_sha256),
        };
        let bytes = canonical_json(&link).map_err(StoreError::internal)?;
        Ok((link, bytes.into()))
    };
    new.iter().map(link).collect()
}

/// Reads the last link of the chain and holds it against the index.
pub(super) async fn last(store: &PublicStore, index: &Index) -> Result<Option<ChainLink>> {
    if index.sealed == 0 {
        return Ok(None);
    }
    let path = path(index.sealed);
    let damaged = |detail: &str| StoreError::Damaged { address: store.address().into(), path: path.clone(), detail: detail.into() };
    let bytes = store.get(&path).await?.ok_or_else(|| damaged("this link of the chain is missing: run `solidata verify` on the store"))?;
    let link: ChainLink = store.parse(&path, &bytes)?;
    let known = index.releases.iter().find(|r| r.sealed == index.sealed);
    if link.number != index.sealed || known.is_some_and(|k| k.manifest_sha256 != link.manifest_sha256 || k.prefix != link.prefix) {
        return Err(damaged("this link of the chain and index.json disagree: run `solidata verify` on the store"));
    }
    Ok(Some(link))
}

/// Puts a link in its place, which the index does not reach yet.
pub(super) async fn put(
    store: &PublicStore,
    (index, token): (&Index, &IndexToken),
    claims: &mut [Claim],
    link: &ChainLink,
    bytes: &Bytes,
) -> Result<()> {
    let path = path(link.number);
    for _ in 0..TRIES {
        let before = match store.read_version(&path).await? {
            None => None,
            Some(found) if found.bytes == *bytes => return Ok(()),
            Some(found) => {
                let there: ChainLink = store.parse(&path, &found.bytes)?;
                if !give_way(store, (index, token), claims, &path, &there).await? {
                    continue;
                }
                tracing::info!(object = path, "replacing the link that an unfinished publication left");
                Some(found.version)
            }
        };
        if store.put_if(&path, before.as_ref(), bytes.clone()).await?.is_some() {
            return Ok(());
        }
    }
    Err(claims::busy(store))
}

/// Whether the link that is there may be replaced, on the condition that it is the one that was read; `false` when one has to look again.
async fn give_way(
    store: &PublicStore,
    (index, token): (&Index, &IndexToken),
    claims: &mut [Claim],
    path: &str,
    there: &ChainLink,
) -> Result<bool> {
    if let Some(ours) = claims.iter_mut().find(|c| c.prefix == there.prefix) {
        // An earlier attempt at one of our own releases, if its mark is ours still.
        ours.renew(store).await?;
        return if ours.shared { Err(claims::busy(store)) } else { Ok(true) };
    }
    match claims::look(store, &there.prefix).await? {
        // Published since, under another number.
        Found::None if index.releases.iter().any(|r| r.prefix == there.prefix) => Ok(true),
        Found::None => Err(StoreError::Occupied { address: store.address().into(), path: path.into(), remedy: RIDDLE }),
        Found::Held(..) => Err(claims::busy(store)),
        Found::Free(mark, version) => {
            let Some(claim) = claims::take_over(store, &there.prefix, &mark, &version).await? else { return Ok(false) };
            // Whoever had the mark may have published in the meantime; from now on it cannot.
            let unchanged = store.read_index().await?.1 == *token;
            claim.let_go(store).await;
            if unchanged { Ok(true) } else { Err(StoreError::Conflict { address: store.address().into() }) }
        }
    }
}
