//! Objects first, read back; then the links of the chain; then `index.json`, once for the whole publication.

use super::{
    Draft, MANIFEST, ObjectSource, Release, Sealed,
    claims::{self, Claim},
    differences, links, signed,
};
use crate::{Exclusive, IndexToken, Phase, Progress, PublicStore, Result, StoreError};
use solidata_model::{Digest, Done, Index, IndexEntry, Manifest, Month, Previous, ReleaseState, kind};
use solidata_signing::SecretKey;
use std::time::{Duration, Instant};

/// How often a long publication shows that it is alive.
const RENEW_EVERY: Duration = Duration::from_secs(60);

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
pub struct Publication<'a> {
    index: Index,
    token: IndexToken,
    steps: Vec<Step>,
    signer: Option<&'a SecretKey>,
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
/// A month that is published with the same content (everything in the manifest but `previous` and `revision`) is left as it is. A release that says what it
/// corrects and has the number after the newest revision of its month is published beside that one, which stays readable, and takes its place. The same
/// call may be repeated after any failure or kill; what is published then is the same, byte for byte.
///
/// With a `signer`, every manifest is signed, and the index. The first publication with one begins the list of keys; from then on only the newest of
/// them may publish.
///
/// # Errors
/// [`StoreError::Signer`] when the store is signed and `signer` is none or not its newest key; [`StoreError::PublishedOtherwise`] when a month is
/// published with other content; [`StoreError::Conflict`] when another publication came in
/// between; [`StoreError::Unconditional`] when the store cannot keep two publications apart; otherwise when the store does not answer or refuses.
pub async fn publish_all(
    store: &PublicStore,
    drafts: Vec<Release<Draft>>,
    signer: Option<&SecretKey>,
    progress: &dyn Progress,
) -> Result<Vec<Published>> {
    let held = store.exclusive().await?;
    Publication::plan(store, drafts, signer).await?.run(store, &held, progress).await
}

impl<'a> Publication<'a> {
    /// Sees what there is to do, and seals what is new: each release names the one before it in the chain, in the order of the months. Writes
    /// nothing.
    ///
    /// # Errors
    /// As [`publish_all`].
    pub async fn plan(store: &PublicStore, mut drafts: Vec<Release<Draft>>, signer: Option<&'a SecretKey>) -> Result<Self> {
        drafts.sort_by_key(|d| d.manifest().month);
        if drafts.windows(2).any(|pair| matches!(pair, [a, b] if a.manifest().month == b.manifest().month)) {
            return Err(StoreError::internal("two releases of one month in one publication"));
        }
        let (index, token) = store.read_index().await?;
        let newest_key = signed::newest_key(store, &index)?;
        let last = links::last(store, &index).await?;
        let mut previous = last.map(|l| Previous { prefix: l.prefix, manifest_sha256: l.manifest_sha256 });
        let mut sealed = index.sealed;
        let mut steps = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let (month, revision) = (draft.manifest().month, draft.manifest().revision);
            match index.newest_revision(month) {
                Some(entry) if revision == entry.revision + 1 && draft.manifest().run.revision.is_some() => {
                    let release = draft.seal(previous.take(), signer)?;
                    previous = Some(release.as_previous());
                    sealed += 1;
                    steps.push(Step::Publish { release: Box::new(release), number: sealed });
                }
                Some(entry) if revision > entry.revision => return Err(too_early(store, &draft)),
                // The same revision, whatever came after it.
                Some(newest) => {
                    let entry = index.releases.iter().find(|r| r.month == month && r.revision == revision).unwrap_or(newest);
                    let otherwise = |differences: String| StoreError::PublishedOtherwise { prefix: entry.prefix.clone(), differences };
                    if entry.state == ReleaseState::Withdrawn {
                        return Err(otherwise("it was withdrawn".into()));
                    }
                    let published = published_manifest(store, entry).await?;
                    let differences = differences(&published, draft.manifest());
                    if !differences.is_empty() {
                        return Err(otherwise(format!("it differs in: {}", differences.join(", "))));
                    }
                    steps.push(Step::AlreadyPublished(entry.clone()));
                }
                None if revision != 1 => return Err(too_early(store, &draft)),
                None => {
                    let release = draft.seal(previous.take(), signer)?;
                    previous = Some(release.as_previous());
                    sealed += 1;
                    steps.push(Step::Publish { release: Box::new(release), number: sealed });
                }
            }
        }
        if sealed > index.sealed {
            signed::admit(store, &index, newest_key.as_ref(), signer).await?;
        }
        Ok(Self { index, token, steps, signer })
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
        if new.is_empty() {
            claims::clean(store, &self.index).await;
        } else {
            let index = self.next_index(store, &new)?;
            store.probe_conditional_writes().await?;
            let mut claims = Vec::with_capacity(new.len());
            let written = self.write(store, &new, &mut claims, progress).await;
            if let Err(e) = written {
                for claim in &claims {
                    claim.let_go(store).await;
                }
                return Err(self.overtaken(store, e).await);
            }
            store.swap_index(&self.token, &index).await?;
            claims::clean(store, &index).await;
        }
        Ok(self.steps.iter().map(Step::published).collect())
    }

    /// Writes everything but the index, and reads it back: the releases, then the links of the chain.
    async fn write(
        &self,
        store: &PublicStore,
        new: &[(&Release<Sealed>, u64)],
        claims: &mut Vec<Claim>,
        progress: &dyn Progress,
    ) -> Result<()> {
        for (release, _) in new {
            claims.push(claims::claim(store, release).await?);
        }
        if store.read_index().await?.1 != self.token {
            return Err(StoreError::Conflict { address: store.address().into() });
        }
        for (claim, (release, _)) in claims.iter_mut().zip(new) {
            claims::make_room(store, claim, release).await?;
        }
        match write_releases(store, new, claims, progress).await {
            // Room was made: what is in the way now, another publication has just put there.
            Err(StoreError::Occupied { .. }) => return Err(claims::busy(store)),
            done => done?,
        }
        for (link, bytes) in &links::of(new)? {
            links::put(store, (&self.index, &self.token), claims, link, bytes).await?;
            let path = links::path(link.number);
            if store.get(&path).await?.as_ref() != Some(bytes) {
                return Err(StoreError::ReadBack { address: store.address().into(), path, detail: "other bytes".into() });
            }
        }
        claims::renew_all(store, claims).await
    }

    fn next_index(&self, store: &PublicStore, new: &[(&Release<Sealed>, u64)]) -> Result<Index> {
        let done = new.iter().map(|(release, _)| done(release)).collect();
        let entries = new.iter().map(|(release, number)| entry(release, *number)).collect();
        signed::next_index(store, (&self.index, &self.token), done, entries, self.signer)
    }

    /// What was in the way may have been published since the plan was made: then that is the reason.
    async fn overtaken(&self, store: &PublicStore, error: StoreError) -> StoreError {
        match (&error, store.read_index().await) {
            (StoreError::Occupied { .. }, Ok((_, token))) if token != self.token => {
                StoreError::Conflict { address: store.address().into() }
            }
            _ => error,
        }
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

fn too_early(store: &PublicStore, draft: &Release<Draft>) -> StoreError {
    StoreError::TooEarly { address: store.address().into(), prefix: draft.prefix() }
}

/// What publishing a release does to the index.
fn done(release: &Release<Sealed>) -> Done {
    let prefix = release.prefix();
    match &release.manifest().run.revision {
        None => Done::Publish { prefix },
        Some(revision) => Done::Revise { prefix, reason: Some(revision.reason.clone()) },
    }
}

/// An object to write and to read back.
struct Written<'a> {
    path: String,
    sha256: Digest<kind::File>,
    bytes: u64,
    source: ObjectSource<'a>,
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
        state: ReleaseState::Current,
    }
}

/// The manifest of a release, as the index names it.
///
/// # Errors
/// [`StoreError::Damaged`] when it is missing, or another one; otherwise when the store does not answer or refuses.
pub async fn published_manifest(store: &PublicStore, entry: &IndexEntry) -> Result<Manifest> {
    let path = format!("{}/{MANIFEST}", entry.prefix);
    let damaged = |detail: &str| StoreError::Damaged { address: store.address().into(), path: path.clone(), detail: detail.into() };
    let bytes =
        store.get(&path).await?.ok_or_else(|| damaged("index.json names this manifest and it is missing: run `solidata verify`"))?;
    if Digest::<kind::File>::of(&bytes) != entry.manifest_sha256 {
        return Err(damaged("this manifest is not the one that index.json names: run `solidata verify` on the store"));
    }
    store.parse(&path, &bytes)
}

/// Writes the objects of every release, then reads all of them back.
async fn write_releases(store: &PublicStore, new: &[(&Release<Sealed>, u64)], claims: &mut [Claim], progress: &dyn Progress) -> Result<()> {
    let mut written = Vec::new();
    for (release, _) in new {
        let prefix = release.prefix();
        for object in release.objects() {
            let path = format!("{prefix}/{}", object.path);
            written.push(Written { path, sha256: object.sha256, bytes: object.bytes, source: object.source });
        }
    }
    let total = written.iter().map(|w| w.bytes).sum();
    progress.expect(Phase::Put, total);
    progress.expect(Phase::ReadBack, total);
    let mut renewed = Instant::now();
    for object in &written {
        put(store, object, progress).await?;
        keep(store, claims, &mut renewed).await?;
    }
    for object in &written {
        read_back(store, object, progress).await?;
        keep(store, claims, &mut renewed).await?;
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
    Ok(())
}

/// Renews the marks now and then during a long publication.
async fn keep(store: &PublicStore, claims: &mut [Claim], renewed: &mut Instant) -> Result<()> {
    if renewed.elapsed() > RENEW_EVERY {
        for claim in claims {
            claim.renew(store).await?;
        }
        *renewed = Instant::now();
    }
    Ok(())
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

/// Reads a written object to its end and compares.
async fn read_back(store: &PublicStore, object: &Written<'_>, progress: &dyn Progress) -> Result<()> {
    let wrong = |detail: String| StoreError::ReadBack { address: store.address().into(), path: object.path.clone(), detail };
    match store.digest(&object.path, Phase::ReadBack, progress).await? {
        None => Err(wrong("it is not there".into())),
        Some((info, _)) if info.bytes != object.bytes => Err(wrong(format!("{} bytes instead of {}", info.bytes, object.bytes))),
        Some((_, sha256)) if sha256 != object.sha256 => Err(wrong(format!("sha256 {sha256} instead of {}", object.sha256))),
        Some(_) => Ok(()),
    }
}
