//! What killed and failed publications left in the store, found without touching anything that is published or being written.
//!
//! What the index names is published. What a live mark covers (see `claims.rs`) is being written. In a folder a publication that holds the lock may be
//! writing anything, so nothing is stale while it does. The rest is stale when its mark says who left it, or its name says what it was for; what nothing
//! explains is a riddle, which is shown and never removed.
//!
//! An upload in parts that was never completed is no object yet: object_store 0.13 cannot list such, so neither can this. Whoever runs a bucket lets it
//! remove them by itself; [`PublicStore::unlisted_leftovers`] says how.

use super::{TOMBSTONE, TOMBSTONE_SIGNATURE, claims, links};
use crate::{
    PublicStore, Result, StoreError,
    public::{CLOCK, PROBE, STAGING, is_past},
};
use chrono::{DateTime, Utc};
use solidata_model::{ChainLink, Index, ReleaseState};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

/// A mark of which nothing is left stays for so many times the patience (a day, in a bucket): whoever was taken for dead, wakes up within that time and
/// writes an object, leaves no riddle.
const MARK_STAYS: u32 = 144;

/// Why an object is stale.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Why {
    /// A large object on its way to its place, or a copy that was not removed when it had arrived.
    Staged,
    /// It was written to learn the store's time.
    Clock,
    /// A file in the making in a folder, of a process that was killed.
    Part,
    /// An object of a release whose publication has failed or was killed.
    Unfinished {
        /// The release.
        prefix: String,
    },
    /// A link of the chain that the index does not reach, of a publication that has failed or was killed.
    Link {
        /// The release that it names.
        prefix: String,
    },
    /// The mark of a release that is published, or of which nothing is left.
    Mark {
        /// The release.
        prefix: String,
    },
    /// An object of a release that was withdrawn and has its tombstone.
    Withdrawn {
        /// The release.
        prefix: String,
    },
    /// Nothing explains it: the index does not name it, and no publication left it. Only a person may remove it.
    Riddle,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Staged => f.write_str("a large object on its way to its place"),
            Self::Clock => f.write_str("written to learn the store's time"),
            Self::Part => f.write_str("a file in the making"),
            Self::Unfinished { prefix } => write!(f, "left by an unfinished publication of {prefix}"),
            Self::Link { prefix } => write!(f, "a link that an unfinished publication of {prefix} left"),
            Self::Mark { prefix } => write!(f, "the mark of a publication of {prefix} that is over"),
            Self::Withdrawn { prefix } => write!(f, "{prefix} was withdrawn, and this is still there"),
            Self::Riddle => write!(f, "a riddle: {}", claims::RIDDLE),
        }
    }
}

/// An object that is of no use to anyone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// Its path, from the root of the store.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// For how long it has not changed, by the store's clock.
    pub age: Duration,
    /// Why.
    pub why: Why,
    pub(super) version: Option<String>,
}

impl Stale {
    /// Whether [`super::remove_stale`] removes it; a riddle is left to a person.
    pub fn is_removable(&self) -> bool {
        self.why != Why::Riddle
    }

    /// The release that it belongs to.
    pub(super) fn prefix(&self) -> Option<&str> {
        match &self.why {
            Why::Unfinished { prefix } | Why::Link { prefix } | Why::Mark { prefix } | Why::Withdrawn { prefix } => Some(prefix),
            _ => None,
        }
    }
}

impl PublicStore {
    /// What may be left in this kind of store that it does not list, and what to do about it; `None` for a folder and memory.
    pub fn unlisted_leftovers(&self) -> Option<&'static str> {
        self.is_bucket().then_some(
            "uploads in parts that were cut off are not listed here, and cost room: let the bucket remove them by itself, on S3 with a lifecycle rule \
             AbortIncompleteMultipartUpload of 7 days, on Google Cloud Storage the same with its rule AbortIncompleteMultipartUpload; Azure discards \
             uncommitted blocks after a week",
        )
    }
}

/// Finds what publications left that have failed or were killed, sorted by path. It writes one small object for a moment, to learn the store's time.
///
/// # Errors
/// When the store does not answer or refuses, or cannot be listed.
pub async fn find_stale(store: &PublicStore) -> Result<Vec<Stale>> {
    if !store.exists() {
        return Ok(Vec::new());
    }
    let alone = store.exclusive_now().await?;
    find(store, alone.is_some()).await
}

/// An object as it was listed.
type Listed = (crate::ObjectInfo, DateTime<Utc>);

/// The same; `alone` says that nobody else publishes in this folder.
pub(super) async fn find(store: &PublicStore, alone: bool) -> Result<Vec<Stale>> {
    // What is written is marked before it is there, and its mark goes when the index names it: in this order nothing is taken for a riddle that
    // is being written or was just published.
    let (objects, chain) = (store.list_dated("releases").await?, store.list_dated("chain").await?);
    let staging = store.list_dated(STAGING).await?;
    let now = store.now().await?;
    let busy = store.has_lock() && !alone;
    let (marks, index) = (BTreeMap::new(), Index::empty());
    let withdrawn = BTreeSet::new();
    let mut search = Search { store, now, busy, marks, unreadable: Vec::new(), index, withdrawn, found: Vec::new() };
    for (info, modified) in &staging {
        if let Some(prefix) = claims::prefix_of(&info.path) {
            search.mark(&prefix, &info.path, *modified).await?;
        }
    }
    search.index = store.read_index().await?.0;
    let gone = search.index.releases.iter().filter(|r| r.state == ReleaseState::Withdrawn).map(|r| r.prefix.clone());
    let buried = |prefix: &String| objects.iter().any(|o| o.0.path == format!("{prefix}/{TOMBSTONE}"));
    search.withdrawn = gone.filter(buried).collect();
    for object in &objects {
        search.object(object);
    }
    for link in &chain {
        search.link(link).await?;
    }
    for object in &staging {
        search.staged(object);
    }
    if alone {
        for (path, bytes, modified) in store.parts()? {
            search.add((crate::ObjectInfo { path, bytes, version: None }, modified), Why::Part);
        }
    }
    let mut found = search.found;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

struct Search<'a> {
    store: &'a PublicStore,
    now: DateTime<Utc>,
    /// A publication holds the lock of the folder.
    busy: bool,
    /// By release: whether someone is at work on it.
    marks: BTreeMap<String, bool>,
    /// Marks that are none.
    unreadable: Vec<String>,
    index: Index,
    /// Withdrawn releases whose tombstone is there: until then only a withdrawal may go on with them.
    withdrawn: BTreeSet<String>,
    found: Vec<Stale>,
}

impl Search<'_> {
    async fn mark(&mut self, prefix: &str, path: &str, modified: DateTime<Utc>) -> Result<()> {
        let Some(found) = self.store.read_version(path).await? else { return Ok(()) };
        let Ok(mark) = self.store.parse::<claims::Mark>(path, &found.bytes) else {
            // Whatever it says: nothing that it covers is touched.
            self.marks.insert(prefix.into(), true);
            self.unreadable.push(path.into());
            return Ok(());
        };
        let over = mark.holders.is_empty() || is_past(self.now, modified.max(found.modified), self.store.patience());
        self.marks.insert(prefix.into(), self.busy || !over);
        Ok(())
    }

    fn is_published(&self, prefix: &str) -> bool {
        self.index.releases.iter().any(|r| r.prefix == prefix)
    }

    fn object(&mut self, object: &Listed) {
        let mut parts = object.0.path.splitn(4, '/');
        let prefix = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(a), Some(month), Some(revision), Some(_)) => format!("{a}/{month}/{revision}"),
            _ => return self.add(object.clone(), Why::Riddle),
        };
        let name = object.0.path.get(prefix.len() + 1..).unwrap_or_default();
        match self.marks.get(&prefix) {
            _ if self.withdrawn.contains(&prefix) => {
                if ![TOMBSTONE, TOMBSTONE_SIGNATURE].contains(&name) {
                    self.add(object.clone(), Why::Withdrawn { prefix });
                }
            }
            _ if self.is_published(&prefix) => {}
            Some(true) => {}
            Some(false) => self.add(object.clone(), Why::Unfinished { prefix }),
            None => self.add(object.clone(), Why::Riddle),
        }
    }

    async fn link(&mut self, object: &Listed) -> Result<()> {
        let path = &object.0.path;
        let Some(number) = links::number(path) else {
            self.add(object.clone(), Why::Riddle);
            return Ok(());
        };
        if number <= self.index.sealed {
            return Ok(());
        }
        let Some(found) = self.store.read_version(path).await? else { return Ok(()) };
        let link: Result<ChainLink, StoreError> = self.store.parse(path, &found.bytes);
        match link.map(|link| (self.marks.get(&link.prefix), self.is_published(&link.prefix), link.prefix)) {
            Ok((Some(true), ..)) => {}
            Ok((Some(false), _, prefix) | (None, true, prefix)) if !self.busy => self.add(object.clone(), Why::Link { prefix }),
            Ok((_, true, _)) => {}
            _ => self.add(object.clone(), Why::Riddle),
        }
        Ok(())
    }

    fn staged(&mut self, object: &Listed) {
        let path = &object.0.path;
        if path == PROBE || self.busy {
            return;
        }
        let old = |age| is_past(self.now, object.1, age);
        let patience = self.store.patience();
        if let Some(prefix) = claims::prefix_of(path) {
            let nothing_left = !self.found.iter().any(|s| s.prefix() == Some(&prefix)) && old(patience.saturating_mul(MARK_STAYS));
            let over = self.is_published(&prefix) || patience.is_zero() || nothing_left;
            if self.unreadable.contains(path) {
                self.add(object.clone(), Why::Riddle);
            } else if self.marks.get(&prefix) == Some(&false) && over {
                self.add(object.clone(), Why::Mark { prefix });
            }
        } else if path.starts_with(CLOCK) {
            if old(patience) {
                self.add(object.clone(), Why::Clock);
            }
        } else if is_staged(path) {
            if old(patience) {
                self.add(object.clone(), Why::Staged);
            }
        } else {
            self.add(object.clone(), Why::Riddle);
        }
    }

    fn add(&mut self, (info, modified): Listed, why: Why) {
        let age = (self.now - modified).to_std().unwrap_or_default();
        self.found.push(Stale { path: info.path, bytes: info.bytes, age, why, version: info.version });
    }
}

/// Whether it has the name of a large object on its way: its digest, and an ending.
fn is_staged(path: &str) -> bool {
    let name = path.strip_prefix(STAGING).and_then(|n| n.strip_prefix('/')).unwrap_or_default();
    let digest = name.split_once('.').map_or(name, |(digest, _)| digest);
    digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit())
}
