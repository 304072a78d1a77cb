//! Removes what [`super::find_stale`] found, and nothing else.
//!
//! In a folder the lock is held. In a bucket each release is closed first: its mark is taken with a text that no publication can join, so that nobody begins or
//! goes on with it, and the index is read again after that. An object beneath it may go then. A link of the chain may be replaced by another
//! publication on the condition that it is the one that was read: so it is rewritten on the same condition, with the same meaning and other bytes,
//! before it goes; whoever meets it in between meets the mark. The time between the renewal of a mark and the end of the next removal is shorter
//! than the store's patience, as `claims.rs` takes it to be.

use super::{
    claims::{self, Claim},
    links,
    stale::{Stale, Why, find},
};
use crate::{PublicStore, Result};
use bytes::{BufMut, BytesMut};
use solidata_model::{ChainLink, Index, ReleaseState};
use std::collections::BTreeMap;

/// Removes stale objects, those of `chosen` that are so still and are no riddle, and gives them back. After a failure or kill it may be repeated.
///
/// A publication at work is not disturbed. One that begins meanwhile with a release of which something is being removed is told to come again.
///
/// # Errors
/// [`crate::StoreError::Busy`] when a publication holds the folder; [`crate::StoreError::Unconditional`] when the store cannot keep two writers apart;
/// otherwise when the store does not answer or refuses.
pub async fn remove_stale(store: &PublicStore, chosen: &[Stale]) -> Result<Vec<Stale>> {
    if chosen.iter().all(|s| !s.is_removable()) {
        return Ok(Vec::new());
    }
    // In a folder this removes the files in the making.
    let _held = store.exclusive().await?;
    store.probe_conditional_writes().await?;
    let still = |there: &Stale| chosen.iter().any(|s| (&s.path, &s.version, &s.why) == (&there.path, &there.version, &there.why));
    let mut removed: Vec<Stale> = chosen.iter().filter(|s| s.why == Why::Part).cloned().collect();
    let mut releases: BTreeMap<String, Vec<Stale>> = BTreeMap::new();
    for stale in find(store, true).await?.into_iter().filter(|s| s.is_removable() && still(s)) {
        match stale.prefix() {
            Some(prefix) => releases.entry(prefix.into()).or_default().push(stale),
            None => {
                // Whoever needs a staged object again, sends it again.
                store.remove(&stale.path).await?;
                removed.push(stale);
            }
        }
    }
    for (prefix, stale) in releases {
        let Some(mut claim) = claims::keep_out(store, &prefix).await? else { continue };
        match remove_of(store, &mut claim, &stale).await {
            Ok(gone) => {
                let is_over = stale.iter().any(|s| matches!(s.why, Why::Mark { .. }));
                removed.extend(gone);
                if is_over && nothing_left(store, &prefix).await? {
                    claim.remove(store).await?;
                    removed.extend(stale.into_iter().filter(|s| matches!(s.why, Why::Mark { .. })));
                } else {
                    claim.let_go(store).await;
                }
            }
            Err(e) => {
                claim.let_go(store).await;
                return Err(e);
            }
        }
    }
    removed.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(removed)
}

/// Removes what is stale of one release, whose mark we have.
async fn remove_of(store: &PublicStore, claim: &mut Claim, stale: &[Stale]) -> Result<Vec<Stale>> {
    // It may have been published before the mark was ours.
    let index = store.read_index().await?.0;
    let published = index.releases.iter().any(|r| r.prefix == claim.prefix);
    let mut removed = Vec::new();
    for stale in stale {
        let goes = match stale.why {
            Why::Link { .. } => is_ahead(&index, &stale.path) && rewritten(store, claim, &stale.path).await?,
            Why::Unfinished { .. } => !published,
            Why::Withdrawn { .. } => index.releases.iter().any(|r| r.prefix == claim.prefix && r.state == ReleaseState::Withdrawn),
            _ => false,
        };
        if goes {
            claim.renew(store).await?;
            tracing::info!(object = stale.path, why = %stale.why, "removing");
            store.remove(&stale.path).await?;
            removed.push(stale.clone());
        }
    }
    Ok(removed)
}

/// Whether the index does not reach a link.
fn is_ahead(index: &Index, link: &str) -> bool {
    links::number(link).is_none_or(|number| number > index.sealed)
}

/// Rewrites a link so that nobody replaces it who read it before; `false` when it is no longer of this release.
async fn rewritten(store: &PublicStore, claim: &Claim, path: &str) -> Result<bool> {
    let Some(found) = store.read_version(path).await? else { return Ok(false) };
    let link: ChainLink = store.parse(path, &found.bytes)?;
    if link.prefix != claim.prefix {
        return Ok(false);
    }
    let mut bytes = BytesMut::from(found.bytes.as_ref());
    bytes.put_u8(b'\n');
    Ok(store.put_if(path, Some(&found.version), bytes.freeze()).await?.is_some())
}

/// Whether no object of a release is left, and no link that the index does not reach names it.
async fn nothing_left(store: &PublicStore, prefix: &str) -> Result<bool> {
    let index = store.read_index().await?.0;
    let published = index.releases.iter().any(|r| r.prefix == prefix);
    if !published && !store.list(prefix).await?.is_empty() {
        return Ok(false);
    }
    for link in store.list("chain").await? {
        if published || !is_ahead(&index, &link.path) {
            continue;
        }
        let Some(bytes) = store.get(&link.path).await? else { continue };
        if !store.parse::<ChainLink>(&link.path, &bytes).is_ok_and(|l| l.prefix != prefix) {
            return Ok(false);
        }
    }
    Ok(true)
}
