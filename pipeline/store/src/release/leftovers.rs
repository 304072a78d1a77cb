//! What publications that did not finish leave behind, and how the next one gets past it without ever touching what was published.
//!
//! Before the first object of a release is written, a mark `staging/unfinished/<month>-r<n>` is; it is removed when `index.json` names the
//! release. So an object under a marked prefix was never published and may go. An object that is neither named by the index nor marked is a
//! riddle (was `index.json` lost, or put back from an old copy?) that only a person may solve: then nothing is replaced.

use super::{Release, Sealed};
use crate::{Phase, PublicStore, Result, StoreError, public::STAGING};
use solidata_model::{ChainLink, Digest, Index, kind};
use std::collections::BTreeMap;

const TEXT: &str = "A publication of this release has begun and is not finished. Nothing of it is published until index.json names it.\n";

const RIDDLE: &str = "index.json does not name it, and no unfinished publication left it. If index.json was lost or put back from an old copy, put \
                      the newest one back; if this was never published, remove it";

fn mark(prefix: &str) -> String {
    let name = prefix.strip_prefix("releases/").unwrap_or(prefix).replace('/', "-");
    format!("{STAGING}/unfinished/{name}")
}

/// Where a link of the chain lies.
pub(super) fn link_path(number: u64) -> String {
    format!("chain/{number:06}.json")
}

/// Marks a release as begun. Objects that an unfinished publication left under its prefix and that are not as they must be are removed.
pub(super) async fn prepare(store: &PublicStore, release: &Release<Sealed>) -> Result<()> {
    let prefix = release.prefix();
    let mark = mark(&prefix);
    let marked = store.head(&mark).await?.is_some();
    let wanted: BTreeMap<String, Digest<kind::File>> =
        release.objects().iter().map(|o| (format!("{prefix}/{}", o.path), o.sha256)).collect();
    for there in store.list(&prefix).await? {
        let found = store.digest(&there.path, Phase::ReadBack, &()).await?;
        if found.is_none_or(|(_, sha256)| wanted.get(&there.path) == Some(&sha256)) {
            continue;
        }
        if !marked {
            return Err(StoreError::Occupied { address: store.address().into(), path: there.path, remedy: RIDDLE });
        }
        tracing::info!(object = there.path, "removing what an unfinished publication left");
        store.remove(&there.path).await?;
    }
    store.put_new(&mark, TEXT.into()).await.map(|_| ())
}

/// Makes room for the link of this number, which the index does not know yet.
pub(super) async fn prepare_link(store: &PublicStore, index_is_there: bool, link: &ChainLink) -> Result<()> {
    let path = link_path(link.number);
    let Some(bytes) = store.get(&path).await? else { return Ok(()) };
    let there: ChainLink = store.parse(&path, &bytes)?;
    if there == *link {
        return Ok(());
    }
    let marked = store.head(&mark(&there.prefix)).await?.is_some();
    let manifest = store.digest(&format!("{}/{}", there.prefix, super::MANIFEST), Phase::ReadBack, &()).await?;
    let whole = manifest.is_some_and(|(_, sha256)| sha256 == there.manifest_sha256);
    if !marked && (whole || !index_is_there) {
        return Err(StoreError::Occupied { address: store.address().into(), path, remedy: RIDDLE });
    }
    tracing::info!(object = path, "removing what an unfinished publication left");
    store.remove(&path).await
}

/// Removes the marks of releases that the index names. A mark that cannot be removed does no harm.
pub(super) async fn clean(store: &PublicStore, index: &Index) {
    let removed = async {
        for object in store.list(&format!("{STAGING}/unfinished")).await? {
            if index.releases.iter().any(|r| mark(&r.prefix) == object.path) {
                store.remove(&object.path).await?;
            }
        }
        Ok::<_, StoreError>(())
    };
    if let Err(e) = removed.await {
        tracing::warn!(error = %e, "a mark of a finished publication could not be removed");
    }
}
