//! Which published releases bear on one another, and how they are found.

use super::{
    CodeLists, PublishedDemand, ReleaseId,
    demand::{DATASET, Span},
    files::{self, Described, ReadRelease},
    table::Folder,
};
use crate::AuditError;
use solidata_canon::parquet_path;
use solidata_model::{Digest, Index, IndexEntry, Manifest, Month, ReleaseState, canonical_json, kind};
use solidata_store::{INDEX, Progress, PublicStore, StoreError, release::MANIFEST};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
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

/// What an address gives to the public: a public store (what bears on the `month` asked for, else everything), or one release, with the store that it lies in
/// when that can be read. It is read one problem after the other, so that no more than one is in memory.
pub struct Histories<'a> {
    reading: Reading<'a>,
    todo: VecDeque<Todo>,
    /// Whether a problem was read.
    any: bool,
}

/// What is still to be read.
#[derive(Debug)]
enum Todo {
    /// Months that are read already.
    Read(BTreeSet<Month>),
    /// A month, and what bears on it.
    Around(Month),
    /// A year that ends with this month, as one problem or as several.
    Year(Month),
    /// A quarter that ends with this month, as one problem or as several.
    Quarter(Month),
    /// Months that are one problem.
    Together(BTreeSet<Month>),
}

impl<'a> Histories<'a> {
    /// Begins to read. `vars` is the environment, for the credentials of a bucket.
    ///
    /// # Errors
    /// When the address cannot be read or is neither, or the month is not published.
    pub async fn open(
        location: &str,
        month: Option<Month>,
        lists: &'a CodeLists,
        vars: impl IntoIterator<Item = (String, String)>,
        progress: &'a dyn Progress,
    ) -> Result<Self, AuditError> {
        let vars: Vec<(String, String)> = vars.into_iter().collect();
        let store = PublicStore::open(location, vars.clone())?;
        if !store.exists() {
            let detail = "there is no such folder".into();
            return Err(StoreError::Location { location: location.into(), detail }.into());
        }
        if let Some(index) = read_index(&store).await? {
            return Self::of_store(store, index, month, lists, progress);
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
            return Self::of_store(root, index, Some(manifest.month), lists, progress);
        }
        let id = ReleaseId { prefix, month: manifest.month, revision: manifest.revision, sealed: 0 };
        let folder = Folder { store: &store, folder: "", prefix: &id.prefix, manifest: None, progress };
        let read = files::read(&folder, id.clone(), Described::Listed(None), lists).await?;
        let mut reading = Reading::new(None, Index::empty(), lists, progress);
        reading.keep(read.ok_or_else(|| no_table(&id))?);
        reading.notes.insert(format!(
            "{} alone was read: no index.json that names it lies two folders above, so that other releases may open its cells unseen",
            id.prefix
        ));
        Ok(Self { reading, todo: VecDeque::from([Todo::Read(BTreeSet::from([id.month]))]), any: false })
    }

    fn of_store(
        store: PublicStore,
        index: Index,
        month: Option<Month>,
        lists: &'a CodeLists,
        progress: &'a dyn Progress,
    ) -> Result<Self, AuditError> {
        let todo = match month {
            Some(month) if index.newest_revision(month).is_none() => {
                return Err(AuditError::NoSuchMonth { address: store.address().into(), month });
            }
            Some(month) => VecDeque::from([Todo::Around(month)]),
            None if index.releases.is_empty() => return Err(AuditError::Nothing { address: store.address().into() }),
            None => {
                let years: BTreeSet<_> = index.releases.iter().map(|entry| entry.month.year()).collect();
                years.into_iter().filter_map(|year| Month::new(year, 12)).map(Todo::Year).collect()
            }
        };
        Ok(Self { reading: Reading::new(Some(store), index, lists, progress), todo, any: false })
    }

    /// The releases of the next problem, by month; `None` after the last one.
    ///
    /// # Errors
    /// When a table of the demand cannot be read, or there is none at all.
    pub async fn next(&mut self) -> Result<Option<History>, AuditError> {
        while let Some(todo) = self.todo.pop_front() {
            let months = match todo {
                Todo::Around(month) => self.reading.around(month).await?,
                Todo::Year(end) if self.reading.closes(end, Span::Year).await? => {
                    self.todo.push_front(Todo::Together(months_up_to(end, 12).collect()));
                    continue;
                }
                Todo::Year(end) => {
                    let quarters = months_up_to(end, 12).filter(|month| month.number().is_multiple_of(3)).map(Todo::Quarter);
                    quarters.rev().for_each(|quarter| self.todo.push_front(quarter));
                    continue;
                }
                Todo::Quarter(end) if self.reading.closes(end, Span::Quarter).await? => {
                    self.todo.push_front(Todo::Together(months_up_to(end, 3).collect()));
                    continue;
                }
                Todo::Quarter(end) => {
                    months_up_to(end, 3).rev().for_each(|month| self.todo.push_front(Todo::Together(BTreeSet::from([month]))));
                    continue;
                }
                Todo::Together(months) => {
                    self.reading.all(&months).await?;
                    months
                }
                Todo::Read(months) => months,
            };
            let history = self.reading.take(&months);
            self.any |= !history.releases.is_empty();
            // what was said of releases without a table is said with the next problem, or by itself at the end
            if !history.releases.is_empty() || (self.any && self.todo.is_empty() && !history.notes.is_empty()) {
                return Ok(Some(history));
            }
            self.reading.notes.extend(history.notes);
        }
        match self.reading.index.current() {
            Some(entry) if !self.any => {
                Err(no_table(&ReleaseId { prefix: entry.prefix.clone(), month: entry.month, revision: entry.revision, sealed: 0 }))
            }
            _ => Ok(None),
        }
    }
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
    let folder = Folder { store: &PublicStore::folder(dir)?, folder: "", prefix: &id.prefix, manifest: None, progress };
    let read = files::read(&folder, id.clone(), described, lists).await?;
    let mut draft = read.ok_or_else(|| no_table(&id))?;
    let mut index = match store {
        Some(store) => read_index(store).await?.unwrap_or_else(Index::empty),
        None => Index::empty(),
    };
    let same = |entry: &IndexEntry| (entry.month, entry.revision) == (month, revision);
    // the same release may be there already, when a publication is repeated
    draft.demand.id.sealed = index.releases.iter().find(|entry| same(entry)).map_or(index.sealed + 1, |entry| entry.sealed);
    index.releases.retain(|entry| !same(entry));
    let mut reading = Reading::new(store.cloned(), index, lists, progress);
    reading.keep(draft);
    let months = reading.around(month).await?;
    Ok(reading.take(&months))
}

/// So many months, in order, of which this is the last.
fn months_up_to(end: Month, length: u32) -> impl DoubleEndedIterator<Item = Month> {
    (end.number().saturating_sub(length) + 1..=end.number()).filter_map(move |number| Month::new(end.year(), number))
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
    store: Option<PublicStore>,
    index: Index,
    lists: &'a CodeLists,
    progress: &'a dyn Progress,
    read: BTreeMap<(Month, u32), PublishedDemand>,
    notes: BTreeSet<String>,
}

impl<'a> Reading<'a> {
    fn new(store: Option<PublicStore>, index: Index, lists: &'a CodeLists, progress: &'a dyn Progress) -> Self {
        Self { store, index, lists, progress, read: BTreeMap::new(), notes: BTreeSet::new() }
    }

    /// Reads a month, and the quarter and the year that it is part of when these were published; gives their months.
    async fn around(&mut self, month: Month) -> Result<BTreeSet<Month>, AuditError> {
        self.load(month).await?;
        if self.read.range((month, 0)..=(month, u32::MAX)).next().is_none() {
            let prefix = self.index.newest_revision(month).map_or_else(String::new, |entry| entry.prefix.clone());
            return Err(no_table(&ReleaseId { prefix, month, revision: 0, sealed: 0 }));
        }
        let mut wanted = BTreeSet::from([month]);
        for (number, length, span) in [(month.number().div_ceil(3) * 3, 3, Span::Quarter), (12, 12, Span::Year)] {
            if let Some(end) = Month::new(month.year(), number)
                && self.closes(end, span).await?
            {
                wanted.extend(months_up_to(end, length));
            }
        }
        self.all(&wanted).await?;
        Ok(wanted)
    }

    /// Whether a month closes a period of this kind that was published.
    async fn closes(&mut self, end: Month, span: Span) -> Result<bool, AuditError> {
        self.load(end).await?;
        Ok(self.read.range((end, 0)..=(end, u32::MAX)).any(|(_, release)| release.has(span)))
    }

    async fn all(&mut self, months: &BTreeSet<Month>) -> Result<(), AuditError> {
        for month in months {
            self.load(*month).await?;
        }
        Ok(())
    }

    /// Reads every revision of a month that was not read yet.
    async fn load(&mut self, month: Month) -> Result<(), AuditError> {
        let entries: Vec<IndexEntry> = self.index.releases.iter().filter(|entry| entry.month == month).cloned().collect();
        let Some(store) = self.store.clone() else { return Ok(()) };
        for entry in entries.into_iter().filter(|entry| !self.read.contains_key(&(month, entry.revision))).collect::<Vec<_>>() {
            if entry.state == ReleaseState::Withdrawn {
                self.notes
                    .insert(format!("{} was withdrawn: readers may have it all the same, and it took no part in the attack", entry.prefix));
                continue;
            }
            let id = ReleaseId { prefix: entry.prefix.clone(), month, revision: entry.revision, sealed: entry.sealed };
            let listed: Digest<kind::File> = entry.manifest_sha256;
            let folder = Folder { store: &store, folder: &entry.prefix, prefix: &entry.prefix, manifest: None, progress: self.progress };
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
        for name in self.lists.of(id.month).others(&read.code_lists) {
            let note = format!("{} was made with another version of {name}: sums that differ are attacked as they are here", id.prefix);
            self.notes.insert(note);
        }
        self.read.insert((id.month, id.revision), read.demand);
    }

    /// Gives away what was read of these months, and what is worth knowing by now.
    fn take(&mut self, months: &BTreeSet<Month>) -> History {
        let releases = self.read.extract_if(.., |(month, _), _| months.contains(month)).map(|(_, release)| release).collect();
        History { releases, notes: std::mem::take(&mut self.notes).into_iter().collect() }
    }
}
