//! The releases of a store with what they hold.

use crate::forms::{TableFile, form_of};
use crate::{Catalogue, CatalogueError};
use chrono::NaiveDate;
use serde::Deserialize;
use solidata_model::{Digest, Feeds, IndexEntry, Manifest, ReleaseState, kind};
use std::collections::BTreeMap;

/// A release.
#[derive(Debug)]
pub(crate) struct Edition<'a> {
    pub entry: &'a IndexEntry,
    /// The counter of the change that published it.
    pub published: u64,
    /// What it holds; none when it was withdrawn.
    pub held: Option<Held<'a>>,
}

/// What a release holds that is not withdrawn.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    pub manifest: &'a Manifest,
    /// Its tables, by name.
    pub tables: Vec<Table<'a>>,
}

/// A table in the forms that a release has of it.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    pub id: &'a str,
    /// Its files, CSV first, whole before parts.
    pub files: Vec<TableFile<'a>>,
    /// The path of its schema in the release.
    pub schema_path: &'a str,
    /// The digest of its schema.
    pub schema_sha256: Digest<kind::File>,
    /// What its schema says.
    pub schema: TableSchema,
}

/// What is read of a published table schema.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct TableSchema {
    pub title: String,
    pub title_en: String,
    pub description: String,
    pub version: String,
    pub licence: String,
    /// What the table is made from; of the directory where an older schema does not say it.
    #[serde(default = "supply")]
    pub feeds: Feeds,
    /// How often it is published; every month where an older schema does not say it.
    #[serde(default = "monthly")]
    pub cadence: String,
}

fn supply() -> Feeds {
    Feeds::Supply
}

fn monthly() -> String {
    "monthly".into()
}

/// The releases in the order of the index, by month and revision.
///
/// # Errors
/// When a manifest or a schema is missing, or a schema cannot be read.
pub(crate) fn editions<'a>(of: &Catalogue<'a>) -> Result<Vec<Edition<'a>>, CatalogueError> {
    let publications = of.index.publications();
    let edition = |entry: &'a IndexEntry| {
        let held = match entry.state {
            ReleaseState::Withdrawn => None,
            ReleaseState::Current | ReleaseState::Superseded => {
                let missing = || CatalogueError::Manifest { prefix: entry.prefix.clone() };
                let manifest = of.manifests.get(&entry.prefix).ok_or_else(missing)?;
                Some(Held { manifest, tables: tables(manifest, of.schemas)? })
            }
        };
        Ok(Edition { entry, published: publications.get(entry.prefix.as_str()).copied().unwrap_or_default(), held })
    };
    of.index.releases.iter().map(edition).collect()
}

fn tables<'a>(manifest: &'a Manifest, schemas: &BTreeMap<Digest<kind::File>, Vec<u8>>) -> Result<Vec<Table<'a>>, CatalogueError> {
    let mut by_name: BTreeMap<&str, Vec<TableFile<'a>>> = BTreeMap::new();
    for entry in &manifest.files {
        if let Some((dataset, file)) = form_of(entry) {
            by_name.entry(dataset).or_default().push(file);
        }
    }
    let table = |(id, mut files): (&'a str, Vec<TableFile<'a>>)| {
        files.sort_by_key(|file| (file.part.is_some(), file.form.rank(), file.part));
        let missing = || CatalogueError::Schema { prefix: manifest.prefix(), path: format!("data/{id}") };
        let schema_path = files.iter().find_map(|file| file.entry.schema.as_deref()).ok_or_else(missing)?;
        let schema_sha256 = manifest.files.iter().find(|file| file.path == schema_path).ok_or_else(missing)?.sha256;
        let bytes = schemas.get(&schema_sha256).ok_or_else(missing)?;
        let schema = serde_json::from_slice(bytes).map_err(|e| CatalogueError::Form {
            prefix: manifest.prefix(),
            path: schema_path.to_owned(),
            detail: e.to_string(),
        })?;
        Ok(Table { id, files, schema_path, schema_sha256, schema })
    };
    by_name.into_iter().map(table).collect()
}

impl<'a> Table<'a> {
    /// One way to have each form: the file of all rows, or the parts where there is none.
    pub fn offered(&self) -> impl Iterator<Item = &TableFile<'a>> {
        let is_whole = |form| self.files.iter().any(|file| file.part.is_none() && file.form == form);
        self.files.iter().filter(move |file| file.part.is_none() || !is_whole(file.form))
    }
}

impl Held<'_> {
    /// A table by its name.
    pub fn table(&self, id: &str) -> Option<&Table<'_>> {
        self.tables.iter().find(|table| table.id == id)
    }

    /// The first and the last day that a table is about: the month for searches, as far as the source goes; the day of the snapshot for the directory.
    pub fn coverage(&self, table: &Table<'_>) -> (NaiveDate, NaiveDate) {
        let run = &self.manifest.run;
        match table.schema.feeds {
            Feeds::Supply => (run.date_photo, run.date_photo),
            Feeds::Demand => {
                let (first, last) = (run.month.first_day(), run.month.last_day());
                (first, run.covered_until.filter(|_| run.partial).map_or(last, |day| day.clamp(first, last)))
            }
        }
    }
}

impl Edition<'_> {
    /// What importers call its version: `2024.9.1` for the first revision of September 2024, as in its data package.
    pub fn version(&self) -> String {
        format!("{}.{}.{}", self.entry.month.year(), self.entry.month.number(), self.entry.revision)
    }
}
