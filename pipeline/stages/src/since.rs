//! The release that another one is compared with in its `changes.json`.
//!
//! A correction is compared with what it corrects; the first revision of a month with the current release of the newest month before it, of the store or of the same
//! run. Once it is published that is fixed: it is written in its run (`since`), and a run that is repeated goes by that.

use crate::{StageError, past};
use solidata_audit::ReleaseTables;
use solidata_model::{CHANGES, Changes, Index, IndexEntry, Manifest, Month, ReleaseState};
use solidata_store::{PublicStore, Scratch, StoreOptions, Vault};
use std::{collections::BTreeMap, path::Path};

/// What a release is compared with.
pub(crate) enum Base {
    /// Nothing: it is the first.
    First,
    /// This release.
    Tables(ReleaseTables),
    /// A release that is not there any more: what was published of the comparison stands.
    Told(Box<Changes>),
}

impl Base {
    /// Where the other release lies, or lay.
    pub(crate) fn prefix(&self) -> Option<String> {
        match self {
            Self::First => None,
            Self::Tables(tables) => Some(tables.prefix().to_owned()),
            Self::Told(changes) => changes.since.clone(),
        }
    }
}

/// The releases of a store, and of a run.
pub(crate) struct Earlier<'a> {
    store: &'a PublicStore,
    vault: &'a Vault,
    index: Index,
    made: BTreeMap<Month, ReleaseTables>,
    /// Folders of what was copied: they live as long as this value.
    copies: Vec<Scratch>,
}

impl<'a> Earlier<'a> {
    /// As the index has them now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn open(store: &'a PublicStore, vault: &'a Vault) -> Result<Self, StageError> {
        let (index, _) = store.read_index().await?;
        Ok(Self { store, vault, index, made: BTreeMap::new(), copies: Vec::new() })
    }

    /// A release of this run, which later months may be compared with.
    pub(crate) fn add(&mut self, month: Month, tables: ReleaseTables) {
        self.made.insert(month, tables);
    }

    /// What the first revision of a month is compared with.
    ///
    /// # Errors
    /// When the store cannot be read, or a release in it is damaged.
    pub(crate) async fn of_month(&mut self, month: Month) -> Result<Base, StageError> {
        let published = self.index.releases.iter().find(|r| r.month == month && r.revision == 1 && r.state != ReleaseState::Withdrawn);
        if let Some(published) = published.cloned() {
            let manifest = past::manifest(self.store, &published).await?;
            return match manifest.run.since.clone() {
                None => Ok(Base::First),
                Some(since) => self.of_published(&since, &published).await,
            };
        }
        let before = |r: &&IndexEntry| r.state == ReleaseState::Current && r.month < month;
        let published = self.index.releases.iter().filter(before).max_by_key(|r| r.month).cloned();
        let made = self.made.range(..month).next_back();
        match (published, made) {
            (published, Some((made_of, tables))) if published.as_ref().is_none_or(|p| p.month < *made_of) => {
                Ok(Base::Tables(tables.clone()))
            }
            (Some(published), _) => self.tables(&published).await.map(Base::Tables),
            (None, _) => Ok(Base::First),
        }
    }

    /// The base of a release that is published: what it names, while it is there.
    ///
    /// # Errors
    /// As [`Earlier::of_month`].
    pub(crate) async fn of_published(&mut self, since: &str, published: &IndexEntry) -> Result<Base, StageError> {
        if let Some(tables) = self.made.values().find(|tables| tables.prefix() == since) {
            return Ok(Base::Tables(tables.clone()));
        }
        match self.index.releases.iter().find(|r| r.prefix == since && r.state != ReleaseState::Withdrawn).cloned() {
            Some(entry) => self.tables(&entry).await.map(Base::Tables),
            None => {
                let path = format!("{}/{CHANGES}", published.prefix);
                let damaged = || StageError::Damaged { what: format!("{}/{path}", self.store.address()) };
                let bytes = self.store.get(&path).await?.ok_or_else(damaged)?;
                Ok(Base::Told(Box::new(serde_json::from_slice(&bytes).map_err(|_| damaged())?)))
            }
        }
    }

    /// Copies the tables of a published release.
    ///
    /// # Errors
    /// When the store cannot be read, or the release is damaged.
    pub(crate) async fn tables(&mut self, entry: &IndexEntry) -> Result<ReleaseTables, StageError> {
        let manifest = past::manifest(self.store, entry).await?;
        let scratch = self.vault.scratch("since")?;
        let tables = ReleaseTables::fetch(&self.store.under(&entry.prefix), &manifest, scratch.path()).await?;
        self.copies.push(scratch);
        Ok(tables)
    }
}

/// The base of a release that lies at an address, when the store that it is part of can be read from there; else what it says itself of the comparison, and why.
///
/// # Errors
/// When the disk fails.
pub(crate) async fn of_address(
    address: &str,
    options: &StoreOptions,
    manifest: &Manifest,
    changes: Option<&Path>,
    scratch: &Path,
) -> Result<(Base, Option<String>), StageError> {
    let Some(since) = &manifest.run.since else { return Ok((Base::First, None)) };
    let root = address.trim_end_matches('/').strip_suffix(&manifest.prefix()).map(|root| root.trim_end_matches('/'));
    let why = match root {
        None => "the release lies alone".to_owned(),
        Some(root) => match fetch(if root.is_empty() { "." } else { root }, options, since, scratch).await {
            Ok(tables) => return Ok((Base::Tables(tables), None)),
            Err(e) => e.to_string(),
        },
    };
    let told = changes.and_then(|path| serde_json::from_slice(&std::fs::read(path).ok()?).ok());
    let note = format!("{CHANGES} was taken as it is published: {since}, with which it compares, cannot be read ({why})");
    Ok((told.map_or(Base::First, |changes| Base::Told(Box::new(changes))), Some(note)))
}

async fn fetch(root: &str, options: &StoreOptions, since: &str, scratch: &Path) -> Result<ReleaseTables, StageError> {
    let store = PublicStore::open(root, options.iter().cloned())?.under(since);
    let damaged = || StageError::Damaged { what: format!("{}/{}", store.address(), solidata_store::release::MANIFEST) };
    let bytes = store.get(solidata_store::release::MANIFEST).await?.ok_or_else(damaged)?;
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
    solidata_store::release::check_sizes(&manifest)
        .and_then(|()| solidata_store::release::check_manifest(&manifest))
        .map_err(|_| damaged())?;
    Ok(ReleaseTables::fetch(&store, &manifest, scratch).await?)
}
