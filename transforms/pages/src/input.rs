//! What the pages are made from.

use crate::PagesError;
use solidata_model::{Changes, CheckResult, CodeListEntry, DatasetSpec, Feeds, FileEntry, Month, RunSpec};
use std::collections::BTreeMap;

/// The facts of a release, as far as they are known before its pages are written.
#[derive(Debug, Clone)]
pub struct Release<'a> {
    /// The month.
    pub month: Month,
    /// The revision, from 1.
    pub revision: u32,
    /// What was decided before the work began.
    pub run: &'a RunSpec,
    /// SPDX identifier of the licence.
    pub licence: &'a str,
    /// Who publishes.
    pub publisher: &'a str,
    /// The datasets of the release, in the order of the pages.
    pub datasets: Vec<Dataset<'a>>,
    /// The files that are final: tables, schemas, code lists. Pages are not among them.
    pub files: &'a [FileEntry],
    /// The code lists, with what they are.
    pub code_lists: Vec<CodeList<'a>>,
    /// What was checked in the published tables.
    pub checks: &'a [CheckResult],
    /// What the release changes; none where that is not known.
    pub changes: Option<&'a Changes>,
    /// The share of all searches that the published cells of a level give: rows of the published table `demande_diffusion`.
    pub shares: Vec<Share>,
    /// The pages that are not of one dataset.
    pub texts: Texts<'a>,
}

/// A dataset of the release.
#[derive(Debug, Clone)]
pub struct Dataset<'a> {
    /// What it promises.
    pub spec: &'a DatasetSpec,
    /// The hand-written page: `datasets/<dataset>/README.md`.
    pub readme: &'a str,
    /// The journal of its schema: `datasets/<dataset>/CHANGELOG.md`.
    pub changelog: &'a str,
    /// How many rows have each value of the column that tells how fine its rows are; none when it has no such column.
    pub tally: Option<Tally>,
    /// How many of its rows are given and withheld in the month of the release, by level of territory; empty when it withholds none.
    pub levels: Vec<Levels>,
}

/// How many published rows have each value of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The column.
    pub column: String,
    /// Rows by value; those without one under the empty text.
    pub rows: BTreeMap<String, u64>,
}

/// A code list.
#[derive(Debug, Clone, Copy)]
pub struct CodeList<'a> {
    /// As the manifest names it.
    pub entry: &'a CodeListEntry,
    /// French title.
    pub title: &'a str,
    /// Where it comes from, in French.
    pub source: &'a str,
}

/// A published row of `demande_diffusion`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share {
    /// `mois`, `trimestre` or `annee`.
    pub period_type: String,
    /// The period.
    pub period: String,
    /// Level of territory.
    pub level: String,
    /// `toutes` or `feuille`.
    pub category_level: String,
    /// Whole percents, rounded down.
    pub percent: i64,
}

/// Published rows at a level of territory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Levels {
    /// Level of territory.
    pub level: String,
    /// Rows whose count is given.
    pub published: u64,
    /// Rows whose count is withheld.
    pub withheld: u64,
}

/// Hand-written pages.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a> {
    /// On how the demand is protected; none without demand.
    pub confidentiality: Option<&'a str>,
    /// What importers can rely on.
    pub contract: &'a str,
    /// In which forms the tables are.
    pub formats: &'a str,
    /// What the version of a schema promises.
    pub versions: &'a str,
    /// How a release is checked.
    pub verifying: &'a str,
}

impl<'a> Release<'a> {
    /// Where the release lies in the store: `releases/2024-09/r1`.
    pub(crate) fn prefix(&self) -> String {
        format!("releases/{}/r{}", self.month, self.revision)
    }

    /// Whether it has figures of demand.
    pub(crate) fn has_demand(&self) -> bool {
        self.datasets.iter().any(|d| d.spec.feeds == Feeds::Demand)
    }

    /// A file of it.
    pub(crate) fn file(&self, path: &str) -> Option<&'a FileEntry> {
        self.files.iter().find(|file| file.path == path)
    }

    /// A file that it must have.
    pub(crate) fn required(&self, path: &str) -> Result<&'a FileEntry, PagesError> {
        self.file(path).ok_or_else(|| PagesError::Missing { path: path.to_owned() })
    }

    /// The files of a dataset's whole table: CSV and Parquet first, then every other form.
    pub(crate) fn forms_of(&self, dataset: &str) -> Result<Vec<&'a FileEntry>, PagesError> {
        let first = [solidata_model::csv_path(dataset), solidata_model::parquet_path(dataset)];
        let mut forms = first.iter().map(|path| self.required(path)).collect::<Result<Vec<_>, _>>()?;
        let own = ["data", "geo"].map(|folder| format!("{folder}/{dataset}."));
        let other = |file: &&FileEntry| own.iter().any(|begin| file.path.starts_with(begin)) && !first.contains(&file.path);
        forms.extend(self.files.iter().filter(other));
        Ok(forms)
    }

    /// The files that have a part of a dataset's rows each.
    pub(crate) fn parts_of(&self, dataset: &str) -> Vec<&'a FileEntry> {
        let own = ["parts", "geo"].map(|folder| format!("{folder}/{dataset}/"));
        self.files.iter().filter(|file| own.iter().any(|begin| file.path.starts_with(begin))).collect()
    }

    /// Where a code list lies in the release: its own folder, or that of an earlier year.
    pub(crate) fn list_path(&self, name: &str) -> Option<&'a str> {
        let files = self.files.iter().map(|file| file.path.as_str()).filter(|path| path.starts_with("datasets/reference/"));
        files.filter(|path| path.rsplit('/').next() == Some(name)).min_by_key(|path| path.len())
    }
}
