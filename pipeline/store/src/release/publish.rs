//! Objects first, read back; then the links of the chain; then `index.json`, once for the whole publication.

use super::{Draft, MANIFEST, ObjectSource, Release, Sealed, differences, leftovers};
use crate::{Exclusive, IndexToken, Phase, Progress, PublicStore, Result, StoreError};
use bytes::Bytes;
use solidata_model::{ChainLink, Digest, Index, IndexEntry, Manifest, Month, Previous, canonical_json, kind};

/// What will be done with one release.
#[derive(Debug, Clone)]
pub enum Step {
    /// The month is published with the same content: nothing to do.
    AlreadyPublished(IndexEntry),
    /// It will be published as this link of the chain.
    Publish {
        /// The release.
        release: Box<Release<Sealed>>,
        /// The number of its link, from 1.
        number: u64,
    },
}

/// A publication as it was planned, against the index as it was.
#[derive(Debug, Clone)]
pub struct Publication {
    index: Index,
    token: IndexToken,
    steps: Vec<Step>,
}

/// Whether a release was published now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Now.
    New,
    /// It was published before with the same content; nothing was written.
    AlreadyPublished,
}

/// A release that `index.json` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The month.
    pub month: Month,
    /// The revision.
    pub revision: u32,
    /// Where it lies in the store.
    pub prefix: String,
    /// sha256 of its manifest.
    pub manifest_sha256: Digest<kind::File>,
    /// The number of its link in the chain.
    pub sealed: u64,
    /// Whether it was published now.
    pub outcome: Outcome,
}

/// Publishes several releases, each of another month, at once: either `index.json` names all of them, or none that it did not name before.
///
/// A month that is published with the same content (everything in the manifest but `previous` and `revision`) is left as it is. The same
/// call may be repeated after any failure or kill; what is published then is the same, byte for byte.
///
/// # Errors
/// [`StoreError::PublishedOtherwise`] when a month is published with other content; [`StoreError::Conflict`] when another publication came in
/// between; [`StoreError::Unconditional`] when the store cannot keep two publications apart; otherwise when the store does not answer or refuses.
pub async fn publish_all(store: &PublicStore, drafts: Vec<Release<Draft>>, progress: &dyn Progress) -> Result<Vec<Published>> {
    let held = store.exclusive().await?;
    Publication::plan(store, drafts).await?.run(store, &held, progress).await
}

impl Publication {
    /// Sees what there is to do, and seals what is new: each release names the one before it in the chain, in the order of the months. Writes
    /// nothing.
    ///
    /// # Errors
    /// As [`publish_all`].
    pub async fn plan(store: &PublicStore, mut drafts: Vec<Release<Draft>>) -> Result<Self> {
        drafts.sort_by_key(|d| d.manifest().month);
        if drafts.windows(2).any(|pair| matches!(pair, [a, b] if a.manifest().month == b.manifest().month)) {
            return Err(StoreError::internal("two releases of one month in one publication"));
        }
        let (index, token) = store.read_index().await?;
        let mut previous = last_link(store, &index).await?;
        let mut sealed = index.sealed;
        let mut steps = Vec::with_capacity(drafts.len());
        for draft in drafts {
            match index.newest_revision(draft.manifest().month) {
                Some(entry) => {
                    let published = published_manifest(store, entry).await?;
                    let differences = differences(&published, draft.manifest());
                    if !differences.is_empty() {
                        return Err(StoreError::PublishedOtherwise {
                            prefix: entry.prefix.clone(),
                            differences: format!("it differs in: {}", differences.join(", ")),
                        });
                    }
                    steps.push(Step::AlreadyPublished(entry.clone()));
                }
                None if draft.manifest().revision != 1 => {
                    return Err(StoreError::internal("the first publication of a month is revision 1"));
                }
                None => {
                    let release = draft.seal(previous.take())?;
                    previous = Some(release.as_previous());
                    sealed += 1;
                    steps.push(Step::Publish { release: Box::new(release), number: sealed });
                }
            }
        }
        Ok(Self { index, token, steps })
    }

    /// What will be done, by month.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Does it. `held` is the proof that no other publication is at work through this value or in this folder.
    ///
    /// # Errors
    /// As [`publish_all`].
    pub async fn run(self, store: &PublicStore, held: &Exclusive, progress: &dyn Progress) -> Result<Vec<Published>> {
        let _ = held;
        let new: Vec<(&Release<Sealed>, u64)> = self.steps.iter().filter_map(Step::as_new).collect();
        let index = next_index(&self.index, &new);
        if !new.is_empty() {
            store.probe_conditional_writes().await?;
            let links = links(&new)?;
            let written = match self.write(store, &new, &links, progress).await {
                // What is in the way may have been published since the plan was made.
                Err(StoreError::Occupied { .. }) if store.read_index().await?.1 != self.token => {
                    return Err(StoreError::Conflict { address: store.address().into() });
                }
                written => written?,
            };
            store.swap_index(&self.token, &index).await?;
            settle(store, &written, progress).await?;
        }
        leftovers::clean(store, &index).await;
        Ok(self.steps.iter().map(Step::published).collect())
    }

    /// Everything but the index: the releases, then the links of the chain, all of it read back.
    async fn write<'a>(
        &self,
        store: &PublicStore,
        new: &[(&'a Release<Sealed>, u64)],
        links: &'a [(ChainLink, Bytes)],
        progress: &dyn Progress,
    ) -> Result<Vec<Written<'a>>> {
        for (release, _) in new {
            leftovers::prepare(store, release).await?;
        }
        for (link, _) in links {
            leftovers::prepare_link(store, self.token.is_there(), link).await?;
        }
        let mut written = write_releases(store, new, progress).await?;
        for (link, bytes) in links {
            written.push(write_link(store, link, bytes).await?);
        }
        Ok(written)
    }
}

impl Step {
    fn as_new(&self) -> Option<(&Release<Sealed>, u64)> {
        match self {
            Self::Publish { release, number } => Some((release, *number)),
            Self::AlreadyPublished(_) => None,
        }
    }

    fn published(&self) -> Published {
        let (entry, outcome) = match self {
            Self::AlreadyPublished(entry) => (entry.clone(), Outcome::AlreadyPublished),
            Self::Publish { release, number } => (entry(release, *number), Outcome::New),
        };
        Published {
            month: entry.month,
            revision: entry.revision,
            prefix: entry.prefix,
            manifest_sha256: entry.manifest_sha256,
            sealed: entry.sealed,
            outcome,
        }
    }
}

/// An object that was written and read back.
struct Written<'a> {
    path: String,
    sha256: Digest<kind::File>,
    bytes: u64,
    source: ObjectSource<'a>,
    version: Option<String>,
}

fn entry(release: &Release<Sealed>, number: u64) -> IndexEntry {
    let manifest = release.manifest();
    IndexEntry {
        month: manifest.month,
        revision: manifest.revision,
        prefix: release.prefix(),
        manifest_sha256: release.manifest_sha256(),
        partial: manifest.run.partial,
        sealed: number,
    }
}

fn next_index(index: &Index, new: &[(&Release<Sealed>, u64)]) -> Index {
    let mut next = index.clone();
    next.releases.extend(new.iter().map(|(release, number)| entry(release, *number)));
    next.releases.sort_by_key(|r| (r.month, r.revision));
    next.sealed = new.last().map_or(index.sealed, |(_, number)| *number);
    next
}

/// The end of the chain: what the next release names as its `previous`.
async fn last_link(store: &PublicStore, index: &Index) -> Result<Option<Previous>> {
    if index.sealed == 0 {
        return Ok(None);
    }
    let path = leftovers::link_path(index.sealed);
    let damaged = |detail: &str| StoreError::Damaged { address: store.address().into(), path: path.clone(), detail: detail.into() };
    let bytes = store.get(&path).await?.ok_or_else(|| damaged("this link of the chain is missing: run `solidata verify` on the store"))?;
    let link: ChainLink = store.parse(&path, &bytes)?;
    let known = index.releases.iter().find(|r| r.sealed == index.sealed);
    if link.number != index.sealed || known.is_some_and(|k| k.manifest_sha256 != link.manifest_sha256 || k.prefix != link.prefix) {
        return Err(damaged("this link of the chain and index.json disagree: run `solidata verify` on the store"));
    }
    Ok(Some(Previous { prefix: link.prefix, manifest_sha256: link.manifest_sha256 }))
}

async fn published_manifest(store: &PublicStore, entry: &IndexEntry) -> Result<Manifest> {
    let path = format!("{}/{MANIFEST}", entry.prefix);
    let damaged = |detail: &str| StoreError::Damaged { address: store.address().into(), path: path.clone(), detail: detail.into() };
    let bytes =
        store.get(&path).await?.ok_or_else(|| damaged("index.json names this manifest and it is missing: run `solidata verify`"))?;
    if Digest::<kind::File>::of(&bytes) != entry.manifest_sha256 {
        return Err(damaged("this manifest is not the one that index.json names: run `solidata verify` on the store"));
    }
    store.parse(&path, &bytes)
}

fn links(new: &[(&Release<Sealed>, u64)]) -> Result<Vec<(ChainLink, Bytes)>> {
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

/// Writes the objects of every release, then reads all of them back.
async fn write_releases<'a>(store: &PublicStore, new: &[(&'a Release<Sealed>, u64)], progress: &dyn Progress) -> Result<Vec<Written<'a>>> {
    let mut written = Vec::new();
    for (release, _) in new {
        let prefix = release.prefix();
        for object in release.objects() {
            let path = format!("{prefix}/{}", object.path);
            written.push(Written { path, sha256: object.sha256, bytes: object.bytes, source: object.source, version: None });
        }
    }
    let total = written.iter().map(|w| w.bytes).sum();
    progress.expect(Phase::Put, total);
    progress.expect(Phase::ReadBack, total);
    for object in &written {
        put(store, object, progress).await?;
    }
    for object in &mut written {
        object.version = read_back(store, object, progress).await?;
    }
    for (release, _) in new {
        let prefix = release.prefix();
        for there in store.list(&prefix).await? {
            if written.iter().all(|w| w.path != there.path) {
                let remedy = "It is not of this release: see whether another publication is at work, then run the same command again";
                return Err(StoreError::Occupied { address: store.address().into(), path: there.path, remedy });
            }
        }
    }
    Ok(written)
}

async fn write_link<'a>(store: &PublicStore, link: &ChainLink, bytes: &'a Bytes) -> Result<Written<'a>> {
    let path = leftovers::link_path(link.number);
    let size = bytes.len() as u64;
    let mut object = Written { path, sha256: Digest::of(bytes), bytes: size, source: ObjectSource::Made(bytes), version: None };
    put(store, &object, &()).await?;
    object.version = read_back(store, &object, &()).await?;
    Ok(object)
}

async fn put(store: &PublicStore, object: &Written<'_>, progress: &dyn Progress) -> Result<()> {
    match &object.source {
        ObjectSource::Made(bytes) => {
            store.put_new(&object.path, (*bytes).clone()).await?;
            progress.advance(Phase::Put, &object.path, object.bytes);
        }
        ObjectSource::File(file) => {
            store.put_new_file(&object.path, file, progress).await?;
        }
    }
    Ok(())
}

/// Reads a written object to its end, compares, and gives its version.
async fn read_back(store: &PublicStore, object: &Written<'_>, progress: &dyn Progress) -> Result<Option<String>> {
    let wrong = |detail: String| StoreError::ReadBack { address: store.address().into(), path: object.path.clone(), detail };
    match store.digest(&object.path, Phase::ReadBack, progress).await? {
        None => Err(wrong("it is not there".into())),
        Some((info, _)) if info.bytes != object.bytes => Err(wrong(format!("{} bytes instead of {}", info.bytes, object.bytes))),
        Some((_, sha256)) if sha256 != object.sha256 => Err(wrong(format!("sha256 {sha256} instead of {}", object.sha256))),
        Some((info, _)) => Ok(info.version),
    }
}

/// After the swap nobody has a right to these objects but us. A publication of the same month that lost the race may have replaced one
/// between our reading it back and the swap: such an object is put right.
async fn settle(store: &PublicStore, written: &[Written<'_>], progress: &dyn Progress) -> Result<()> {
    for object in written {
        let there = store.head(&object.path).await?;
        if there.is_some_and(|info| info.bytes == object.bytes && info.version == object.version) {
            continue;
        }
        match read_back(store, object, &()).await {
            Ok(_) => continue,
            Err(StoreError::ReadBack { .. }) => {}
            Err(e) => return Err(e),
        }
        tracing::warn!(object = object.path, "another publication replaced this object; putting it right");
        store.remove(&object.path).await?;
        put(store, object, progress).await?;
        read_back(store, object, progress).await?;
    }
    Ok(())
}
