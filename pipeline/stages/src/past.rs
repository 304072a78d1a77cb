//! What was published of demand before, as the ledger of the vault has it, and what of it the vault can still count.

use crate::{Cubes, Project, StageError, demand::read_parquet};
use arrow::{
    array::{Array, AsArray, Int64Array, RecordBatch, StringArray},
    datatypes::Int64Type,
};
use solidata_demand::{Before, Given, Lists, Period, Protected, Scope, Shown};
use solidata_model::{Digest, IndexEntry, Manifest, Month, ReleaseState, StageKey, kind};
use solidata_store::{LedgerEntry, PublicStore, Vault, VaultView, release::MANIFEST};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// The dataset that gives every count of demand: what other tables show is shown there too.
pub(crate) const TABLE: &str = "demande_territoires";

/// Brings the ledger up to date with the public store: releases that it does not have are read from there. A ledger that is lost is rebuilt so.
///
/// # Errors
/// When the store cannot be read, or does not have what the ledger says was published.
pub(crate) async fn sync(vault: &Vault, store: &PublicStore) -> Result<(), StageError> {
    let (index, _) = store.read_index().await?;
    let entries = vault.view().ledger()?;
    for entry in &entries {
        if index.releases.iter().all(|r| r.as_published() != entry.release) {
            return Err(StageError::Ledger { release: entry.release.prefix.clone(), public: store.address().to_owned() });
        }
    }
    let mut missing: Vec<&IndexEntry> = index.releases.iter().filter(|r| entries.iter().all(|e| e.release.sealed != r.sealed)).collect();
    missing.sort_by_key(|r| r.sealed);
    for release in missing {
        let scratch = vault.scratch("ledger")?;
        // What was withdrawn cannot be read again: readers may have it all the same, and what it gave is known to them alone.
        let table = match release.state {
            ReleaseState::Withdrawn => None,
            _ => fetch(store, release, scratch.path().join("table")).await?,
        };
        vault.append_ledger(release.clone(), table.as_deref())?;
    }
    Ok(())
}

/// Copies the table of demand of a release; none when it has none.
async fn fetch(store: &PublicStore, release: &IndexEntry, to: PathBuf) -> Result<Option<PathBuf>, StageError> {
    let damaged = |what: &str| StageError::Damaged { what: format!("{}/{}/{what}", store.address(), release.prefix) };
    let manifest = manifest(store, release).await?;
    let path = solidata_canon::parquet_path(TABLE);
    let Some(file) = manifest.files.iter().find(|f| f.path == path) else { return Ok(None) };
    // More than the manifest says is not what it says: the rest need not fill the disk.
    match store.download(&format!("{}/{path}", release.prefix), &to, file.bytes).await? {
        Some((_, sha256)) if sha256 == file.sha256 => Ok(Some(to)),
        _ => Err(damaged(&path)),
    }
}

/// The lists that say which territories there are.
const GEOGRAPHY: [&str; 4] = ["communes.csv", "epci.csv", "departements.csv", "regions.csv"];

/// Looks whether the months of a year that are published have the geography that others of the year are about to get: a year keeps one.
///
/// # Errors
/// [`StageError::Geography`] when they have another; also when the store cannot be read.
pub(crate) async fn keep_geography(store: &PublicStore, project: &Project, months: &[Month]) -> Result<(), StageError> {
    let (index, _) = store.read_index().await?;
    let years: BTreeSet<i32> = months.iter().map(|month| month.year()).collect();
    let lists = project.code_lists()?;
    let there = |r: &&IndexEntry| r.state != ReleaseState::Withdrawn && years.contains(&r.month.year());
    for release in index.releases.iter().filter(there) {
        for published in manifest(store, release).await?.code_lists.iter().filter(|list| GEOGRAPHY.contains(&list.name.as_str())) {
            if let Some(own) = lists.iter().find(|own| own.name == published.name && own.sha256 != published.sha256) {
                let (release, list) = (release.prefix.clone(), published.name.clone());
                return Err(StageError::Geography { release, list, published: published.vintage.clone(), own: own.vintage.clone() });
            }
        }
    }
    Ok(())
}

/// The manifest of a release, as the index names it.
pub(crate) async fn manifest(store: &PublicStore, release: &IndexEntry) -> Result<Manifest, StageError> {
    let damaged = || StageError::Damaged { what: format!("{}/{}/{MANIFEST}", store.address(), release.prefix) };
    let bytes = store.get(&format!("{}/{MANIFEST}", release.prefix)).await?.ok_or_else(damaged)?;
    if Digest::of(&bytes) != release.manifest_sha256 {
        return Err(damaged());
    }
    Ok(serde_json::from_slice(&bytes)?)
}

/// A month that was published, or is about to be.
struct PastMonth {
    /// The number of its link in the chain; none while it is not published.
    sealed: Option<u64>,
    manifest: Option<Digest<kind::File>>,
    partial: bool,
    /// The table of demand that was published.
    table: Option<Digest<kind::File>>,
    counts: Option<StageKey>,
    rows: Rows,
}

enum Rows {
    Table(PathBuf),
    Made(Vec<Protected>),
}

/// The periods that a month closes, and the keys of the exact counts of their other months.
pub(crate) type Closing = (Scope, BTreeMap<Month, StageKey>);

/// What was published of each month, revision by revision.
pub(crate) struct Past {
    months: BTreeMap<Month, Vec<PastMonth>>,
    /// The releases that are made again: what was published after them does not count for them.
    stands: BTreeMap<Month, u64>,
}

impl Past {
    /// Reads the ledger of a vault.
    ///
    /// # Errors
    /// When it is damaged.
    pub(crate) fn open(vault: &VaultView) -> Result<Self, StageError> {
        let mut months: BTreeMap<Month, Vec<PastMonth>> = BTreeMap::new();
        for entry in vault.ledger()? {
            let Some(table) = vault.ledger_table(&entry)? else { continue };
            let counts = counts_of(vault, &entry)?;
            let LedgerEntry { release, table: sha256, .. } = &entry;
            let (sealed, manifest, partial) = (Some(release.sealed), Some(release.manifest_sha256), release.partial);
            let month = PastMonth { sealed, manifest, partial, table: *sha256, counts, rows: Rows::Table(table) };
            months.entry(release.month).or_default().push(month);
        }
        let stands = months.iter().filter_map(|(month, revisions)| Some((*month, revisions.iter().filter_map(|m| m.sealed).min()?)));
        let stands = stands.collect();
        Ok(Self { months, stands })
    }

    /// A release of a month is made again, as it was made when it was published; whether the ledger names it. Without this, the first revision of each
    /// published month is.
    pub(crate) fn stand_at(&mut self, month: Month, manifest: &Digest<kind::File>) -> bool {
        let revisions = self.months.get(&month).into_iter().flatten();
        let sealed = revisions.filter(|past| past.manifest.as_ref() == Some(manifest)).find_map(|past| past.sealed);
        match sealed {
            Some(sealed) => self.stands.insert(month, sealed),
            None => self.stands.remove(&month),
        };
        sealed.is_some()
    }

    /// Adds a month that this run has made and not yet published, unless it is published.
    pub(crate) fn add(&mut self, month: Month, partial: bool, counts: StageKey, rows: Vec<Protected>) {
        if !self.is_published(month) {
            self.months.insert(
                month,
                vec![PastMonth { sealed: None, manifest: None, partial, table: None, counts: Some(counts), rows: Rows::Made(rows) }],
            );
        }
    }

    /// Keeps in mind, in the vault too, which exact counts the table of demand that was just made of a month stands on. What the vault knows of a
    /// table that is published stays as it is.
    ///
    /// # Errors
    /// When the vault cannot be written.
    pub(crate) fn learn(&mut self, vault: &Vault, month: Month, table: &Digest<kind::File>, counts: StageKey) -> Result<(), StageError> {
        let mut published = self.months.entry(month).or_default().iter_mut().filter(|past| past.table == Some(*table)).peekable();
        let known = published.peek().is_some_and(|past| past.counts.is_some());
        published.for_each(|past| past.counts = past.counts.or(Some(counts)));
        if known { Ok(()) } else { Ok(vault.remember_counts(table, &counts)?) }
    }

    /// Whether a month is published.
    pub(crate) fn is_published(&self, month: Month) -> bool {
        self.months.get(&month).is_some_and(|revisions| revisions.iter().any(|r| r.sealed.is_some()))
    }

    /// What a month's release stands on: of every month the newest that was there before it. A month that is published already is made again from
    /// what was there then.
    fn seen_from<'a>(&'a self, month: Month) -> impl Fn(Month) -> Option<&'a PastMonth> {
        let own = self.stands.get(&month).copied();
        move |other: Month| {
            let before = |m: &&PastMonth| match (m.sealed, own) {
                (Some(sealed), Some(own)) => sealed < own,
                (None, Some(_)) => false,
                _ => true,
            };
            self.months.get(&other)?.iter().rfind(before)
        }
    }

    /// The quarter and the year that a month closes, with the keys of the exact counts of their other months; none when there is neither. `has` says
    /// whether the vault still has counts.
    pub(crate) fn closing(&self, month: Month, has: impl Fn(&StageKey) -> bool) -> Option<Closing> {
        let seen = self.seen_from(month);
        let key = |m: Month| seen(m).filter(|past| !past.partial).and_then(|past| past.counts).filter(&has);
        let scope = Scope::closing(month, |m| key(m).is_some())?;
        let keys = scope.months().into_iter().filter(|m| *m != month).filter_map(|m| Some((m, key(m)?))).collect();
        Some((scope, keys))
    }

    /// What was given of the periods of a scope before a month's release, and of the month itself in this one.
    ///
    /// # Errors
    /// When a table cannot be read or contradicts another.
    pub(crate) fn before(&self, lists: &Lists, scope: &Scope, month: Month, own: &Protected) -> Result<Before, StageError> {
        let wanted: BTreeSet<String> = scope.earlier.iter().map(Period::to_string).collect();
        let mut before = Before::default();
        add_rows(&mut before, lists, &wanted, own)?;
        let seen = self.seen_from(month);
        for other in scope.months().into_iter().filter(|m| *m != month) {
            match seen(other).map(|past| &past.rows) {
                Some(Rows::Made(parts)) => parts.iter().try_for_each(|rows| add_rows(&mut before, lists, &wanted, rows))?,
                Some(Rows::Table(path)) => {
                    for batch in read_parquet(path.as_path())? {
                        add_batch(&mut before, lists, &wanted, &batch)?;
                    }
                }
                None => {}
            }
        }
        Ok(before)
    }
}

fn add_rows(before: &mut Before, lists: &Lists, wanted: &BTreeSet<String>, rows: &Protected) -> Result<(), StageError> {
    let shown = |n: Option<u64>| n.map_or(Shown::Withheld, Shown::Value);
    for row in (0..rows.kind.len()).filter(|row| wanted.contains(&rows.period[*row])) {
        let given = Given {
            territory: &rows.territory[row],
            category: &rows.category[row],
            outcome: &rows.outcome[row],
            net: shown(rows.net[row]),
            gross: rows.gross[row].map(shown),
        };
        before.add(lists, &rows.period[row], &given)?;
    }
    Ok(())
}

fn add_batch(before: &mut Before, lists: &Lists, wanted: &BTreeSet<String>, batch: &RecordBatch) -> Result<(), StageError> {
    let wrong = |name: &str| StageError::Defect(format!("a published {TABLE} has no column {name} of the known form"));
    let text = |name: &str| -> Result<&StringArray, StageError> {
        batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>()).ok_or_else(|| wrong(name))
    };
    let count = |name: &str| -> Result<&Int64Array, StageError> {
        batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int64Type>()).ok_or_else(|| wrong(name))
    };
    let (periods, territories, categories, outcomes) =
        (text("periode")?, text("territoire_id")?, text("categorie_code")?, text("resultat")?);
    let (net, gross, gross_state) = (count("recherches")?, count("recherches_brutes")?, text("statut_brutes")?);
    let shown = |column: &Int64Array, row: usize| -> Result<Shown, StageError> {
        if column.is_null(row) {
            return Ok(Shown::Withheld);
        }
        u64::try_from(column.value(row)).map(Shown::Value).map_err(|_| wrong("recherches"))
    };
    for row in (0..batch.num_rows()).filter(|row| wanted.contains(periods.value(*row))) {
        let gross = if gross_state.value(row) == "non_diffuse" { None } else { Some(shown(gross, row)?) };
        let given = Given {
            territory: territories.value(row),
            category: categories.value(row),
            outcome: outcomes.value(row),
            net: shown(net, row)?,
            gross,
        };
        before.add(lists, periods.value(row), &given)?;
    }
    Ok(())
}

/// The key of the exact counts that a published table of demand was made from, if the vault knows it.
///
/// # Errors
/// When what the vault knows is damaged.
pub(crate) fn counts_of(vault: &VaultView, entry: &LedgerEntry) -> Result<Option<StageKey>, StageError> {
    Ok(entry.table.map(|table| vault.counts_of(&table)).transpose()?.flatten())
}

/// The exact counts under a key, if the vault still has them.
///
/// # Errors
/// When the vault cannot be read.
pub(crate) fn counts(vault: &VaultView, month: Month, key: &StageKey) -> Result<Option<Cubes>, StageError> {
    match vault.look_up(Cubes::STAGE, key)? {
        Ok(output) => Ok(Some(Cubes::open(month, &output)?)),
        Err(_) => Ok(None),
    }
}
