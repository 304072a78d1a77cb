//! Which published releases bear on one another, and how they are found.

use super::{
    CodeLists, PublishedDemand, ReleaseId,
    demand::{DATASET, Span},
    files::{self, Described, ReadRelease},
    table::Folder,
};
use crate::AuditError;
use solidata_canon::parquet_path;
use solidata_model::{Digest, Index, IndexEntry, Manifest, Month, canonical_json, kind};
use solidata_store::{INDEX, Progress, PublicStore, StoreError, release::MANIFEST};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Releases that belong to one problem: those of a month, and of the quarter and the year that it is part of when these were published.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The releases, by month and revision.
    pub releases: Vec<PublishedDemand>,
    /// What is worth knowing of them.
    pub notes: Vec<String>,
}

/// Reads what an address gives to the public: a public store (the `month` asked for, else the newest), or one release, with the store that it lies in when that
/// can be read.
///
/// # Errors
/// When the address cannot be read or is neither, the month is not published, or a table of the demand cannot be read.
pub async fn read_address(
    location: &str,
    month: Option<Month>,
    lists: &CodeLists,
    vars: impl IntoIterator<Item = (String, String)>,
    progress: &dyn Progress,
) -> Result<History, AuditError> {
    let vars: Vec<(String, String)> = vars.into_iter().collect();
    let store = PublicStore::open(location, vars.clone())?;
    if !store.exists() {
        let detail = "there is no such folder".into();
        return Err(StoreError::Location { location: location.into(), detail }.into());
    }
    if store.head(INDEX).await?.is_some() {
        return read_store(&store, month, lists, progress).await;
    }
    let Some(manifest) = store.get(MANIFEST).await? else {
        return Err(AuditError::Nothing { address: store.address().into() });
    };
    let manifest: Manifest = serde_json::from_slice(&manifest)
        .map_err(|e| AuditError::Table { path: MANIFEST.into(), detail: format!("it is no manifest of this version ({e})") })?;
    if let Some(month) = month.filter(|month| *month != manifest.month) {
        return Err(AuditError::NoSuchMonth { address: store.address().into(), month });
    }
    let prefix = manifest.prefix();
    if let Some(root) = root_above(location, &prefix)
        && let Ok(root) = PublicStore::open(&root, vars)
        && let Ok(Some(index)) = read_index(&root).await
        && index.releases.iter().any(|entry| entry.prefix == prefix)
    {
        return Reading::new(Some(&root), index, lists, progress).around(manifest.month).await;
    }
    let id = ReleaseId { prefix, month: manifest.month, revision: manifest.revision, sealed: 0 };
    let folder = Folder { store: &store, folder: "", prefix: &id.prefix, progress };
    let read = files::read(&folder, id.clone(), Described::Listed(None), lists).await?;
    let mut reading = Reading::new(None, Index::empty(), lists, progress);
    reading.keep(read.ok_or_else(|| no_table(&id))?);
    reading.notes.insert(format!(
        "{} alone was read: no index.json that names it lies two folders above, so that other releases may open its cells unseen",
        id.prefix
    ));
    Ok(reading.finish())
}

/// As [`read_address`], for a store that is open.
///
/// # Errors
/// As [`read_address`].
pub async fn read_store(
    store: &PublicStore,
    month: Option<Month>,
    lists: &CodeLists,
    progress: &dyn Progress,
) -> Result<History, AuditError> {
    let nothing = || AuditError::Nothing { address: store.address().into() };
    let index = read_index(store).await?.ok_or_else(nothing)?;
    let month = match month {
        Some(month) if index.newest_revision(month).is_none() => {
            return Err(AuditError::NoSuchMonth { address: store.address().into(), month });
        }
        Some(month) => month,
        None => index.current().ok_or_else(nothing)?.month,
    };
    Reading::new(Some(store), index, lists, progress).around(month).await
}

/// What the public will have once a release is published: its finished files in a folder of this machine, its manifest, and the store of the earlier
/// releases. Without the manifest what it says is not looked at.
///
/// # Errors
/// As [`read_address`].
pub async fn read_draft(
    dir: &Path,
    (month, revision): (Month, u32),
    manifest: Option<&Manifest>,
    store: Option<&PublicStore>,
    lists: &CodeLists,
    progress: &dyn Progress,
) -> Result<History, AuditError> {
    let id = ReleaseId { prefix: format!("releases/{month}/r{revision}"), month, revision, sealed: 0 };
    let described = match manifest {
        Some(manifest) => Described::Given(canonical_json(manifest).map_err(|e| AuditError::Internal(e.to_string()))?.into()),
        None => Described::Listed(None),
    };
    let folder = Folder { store: &PublicStore::folder(dir)?, folder: "", prefix: &id.prefix, progress };
    let read = files::read(&folder, id.clone(), described, lists).await?;
    with_draft(read.ok_or_else(|| no_table(&id))?, store, lists, progress).await
}

/// As [`read_draft`], for rows in memory.
///
/// # Errors
/// As [`read_address`].
pub async fn read_rows(
    rows: PublishedDemand,
    store: Option<&PublicStore>,
    lists: &CodeLists,
    progress: &dyn Progress,
) -> Result<History, AuditError> {
    with_draft(ReadRelease { demand: rows, code_lists: Vec::new(), notes: Vec::new() }, store, lists, progress).await
}

async fn with_draft(
    mut draft: ReadRelease,
    store: Option<&PublicStore>,
    lists: &CodeLists,
    progress: &dyn Progress,
) -> Result<History, AuditError> {
    let mut index = match store {
        Some(store) => read_index(store).await?.unwrap_or_else(Index::empty),
        None => Index::empty(),
    };
    let month = draft.demand.id.month;
    let same = |entry: &IndexEntry| (entry.month, entry.revision) == (month, draft.demand.id.revision);
    // the same release may be there already, when a publication is repeated
    draft.demand.id.sealed = index.releases.iter().find(|entry| same(entry)).map_or(index.sealed + 1, |entry| entry.sealed);
    index.releases.retain(|entry| !same(entry));
    let mut reading = Reading::new(store, index, lists, progress);
    reading.keep(draft);
    reading.around(month).await
}

/// The address of the store that a release lies in, when its own ends as the release's place in a store does.
fn root_above(location: &str, prefix: &str) -> Option<String> {
    let full = match location.contains("://") {
        true => location.to_owned(),
        false => std::fs::canonicalize(location).ok()?.to_str()?.to_owned(),
    };
    let root = full.trim_end_matches('/').strip_suffix(prefix)?;
    root.ends_with('/').then(|| root.to_owned())
}

async fn read_index(store: &PublicStore) -> Result<Option<Index>, AuditError> {
    let Some(bytes) = store.get(INDEX).await? else { return Ok(None) };
    let wrong = |detail: String| AuditError::Table { path: INDEX.into(), detail };
    let index: Index = serde_json::from_slice(&bytes).map_err(|e| wrong(format!("it is no index of this version ({e})")))?;
    if index.format != Index::FORMAT {
        return Err(wrong(format!("its format is '{}' and not {}", index.format, Index::FORMAT)));
    }
    Ok(Some(index))
}

fn no_table(id: &ReleaseId) -> AuditError {
    AuditError::Table { path: format!("{}/{}", id.prefix, parquet_path(DATASET)), detail: "it is not there".into() }
}

/// Releases as they are read.
struct Reading<'a> {
    store: Option<&'a PublicStore>,
    index: Index,
    lists: &'a CodeLists,
    progress: &'a dyn Progress,
    read: BTreeMap<(Month, u32), PublishedDemand>,
    notes: BTreeSet<String>,
}

impl<'a> Reading<'a> {
    fn new(store: Option<&'a PublicStore>, index: Index, lists: &'a CodeLists, progress: &'a dyn Progress) -> Self {
        Self { store, index, lists, progress, read: BTreeMap::new(), notes: BTreeSet::new() }
    }

    /// Reads a month, and the quarter and the year that it is part of when these were published.
    async fn around(mut self, month: Month) -> Result<History, AuditError> {
        let months = |from: u32, to: u32| (from..=to).filter_map(move |number| Month::new(month.year(), number));
        self.load(month).await?;
        if self.read.range((month, 0)..=(month, u32::MAX)).next().is_none() {
            let prefix = self.index.newest_revision(month).map_or_else(String::new, |entry| entry.prefix.clone());
            return Err(no_table(&ReleaseId { prefix, month, revision: 0, sealed: 0 }));
        }
        let mut wanted = BTreeSet::from([month]);
        let quarter_end = month.number().div_ceil(3) * 3;
        for (end, first, span) in [(quarter_end, quarter_end - 2, Span::Quarter), (12, 1, Span::Year)] {
            for last in months(end, end) {
                self.load(last).await?;
                if self.read.range((last, 0)..=(last, u32::MAX)).any(|(_, release)| release.has(span)) {
                    wanted.extend(months(first, end));
                }
            }
        }
        for month in &wanted {
            self.load(*month).await?;
        }
        self.read.retain(|(month, _), _| wanted.contains(month));
        Ok(self.finish())
    }

    /// Reads every revision of a month that was not read yet.
    async fn load(&mut self, month: Month) -> Result<(), AuditError> {
        let entries: Vec<IndexEntry> = self.index.releases.iter().filter(|entry| entry.month == month).cloned().collect();
        let Some(store) = self.store else { return Ok(()) };
        for entry in entries.into_iter().filter(|entry| !self.read.contains_key(&(month, entry.revision))).collect::<Vec<_>>() {
            let id = ReleaseId { prefix: entry.prefix.clone(), month, revision: entry.revision, sealed: entry.sealed };
            let listed: Digest<kind::File> = entry.manifest_sha256;
            let folder = Folder { store, folder: &entry.prefix, prefix: &entry.prefix, progress: self.progress };
            match files::read(&folder, id, Described::Listed(Some(listed)), self.lists).await? {
                Some(read) => self.keep(read),
                None => drop(self.notes.insert(format!("{} has no table of the demand", entry.prefix))),
            }
        }
        Ok(())
    }

    fn keep(&mut self, read: ReadRelease) {
        let id = read.demand.id.clone();
        self.notes.extend(read.notes);
        for name in self.lists.others(&read.code_lists) {
            let note = format!("{} was made with another version of {name}: sums that differ are attacked as they are here", id.prefix);
            self.notes.insert(note);
        }
        self.read.insert((id.month, id.revision), read.demand);
    }

    fn finish(self) -> History {
        History { releases: self.read.into_values().collect(), notes: self.notes.into_iter().collect() }
    }
}
