//! What a dataset promises, and the reading of its two files.

mod contract;
mod parse;

pub use contract::{Column, ColumnType, Contract};
pub use parse::DatasetError;

use crate::{Digest, kind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a published dataset promises: `dataset.toml` and `schema.toml` of its folder under `datasets/`.
#[derive(Debug, Clone)]
pub struct DatasetSpec {
    /// Folder, table and file name.
    pub id: String,
    /// French title.
    pub title_fr: String,
    /// English title.
    pub title_en: String,
    /// French description, in a few sentences.
    pub description_fr: String,
    /// SPDX identifier of the licence of the data.
    pub licence: String,
    /// How often it is published, a frequency code of data.gouv.fr.
    pub cadence: String,
    /// What it is made from.
    pub feeds: Feeds,
    /// The columns whose values name a row; the order of rows.
    pub sort_key: Vec<String>,
    /// The protection of its figures; none for the public directory.
    pub protection: Option<Protection>,
    /// Its key figures.
    pub indicators: Vec<Indicator>,
    /// The columns of the point of a row, where rows have one: it is then published as GeoJSON and GeoParquet too.
    pub geometry: Option<Geometry>,
    /// The column by whose values a file is split that is too large to be looked at on data.gouv.fr.
    pub split_by: Option<String>,
    /// What a reader of a spreadsheet must know of this table, in French, a sentence or two each.
    pub notes_fr: Vec<String>,
    /// The columns.
    pub contract: Contract,
    /// Digest of `dataset.toml`.
    pub spec_digest: Digest<kind::Text>,
}

/// A key figure of a dataset, `[[indicator]]` of `dataset.toml`: a count of rows or a sum, in all or by territory.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// Its name.
    pub id: String,
    /// What it counts, in French.
    pub fr: String,
    /// What it counts, in English.
    pub en: String,
    /// The rows that count: text columns, with the values that they may have. `{mois}` stands for the month of the release.
    #[serde(default, rename = "where")]
    pub rows: BTreeMap<String, Vec<String>>,
    /// The integer column whose values are added; without it rows are counted. Where one is empty there is no sum.
    #[serde(default)]
    pub sum: Option<String>,
    /// Whether there is one figure for each `territoire_id`.
    #[serde(default)]
    pub by_territory: bool,
}

/// The columns of a point: degrees of WGS 84, as decimals of at most six digits after the point. Written as `["longitude", "latitude"]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[String; 2]", into = "[String; 2]")]
pub struct Geometry {
    /// Degrees east.
    pub longitude: String,
    /// Degrees north.
    pub latitude: String,
}

impl From<[String; 2]> for Geometry {
    fn from([longitude, latitude]: [String; 2]) -> Self {
        Self { longitude, latitude }
    }
}

impl From<Geometry> for [String; 2] {
    fn from(geometry: Geometry) -> Self {
        [geometry.longitude, geometry.latitude]
    }
}

/// What a dataset is made from: it is published when the run has that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feeds {
    /// The public directory of places and services.
    Supply,
    /// Protected counts of searches.
    Demand,
}

/// The rules of protection of a table of demand. All of them are public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protection {
    /// The fewest contributors of a published cell.
    pub k: u64,
    /// The largest contributor may have at most this share of the searches, in percent.
    pub dominance_percent: u64,
    /// The fewest organisations of a cell to which only identified professionals contribute.
    pub organisations: u32,
    /// How many anonymous searches are taken to be one person.
    pub per_person: u64,
    /// The same in sensitive categories.
    pub per_person_sensitive: u64,
    /// Communes with fewer inhabitants are not given in sensitive categories.
    pub population: u64,
    /// Whether what a published total minus its published parts leaves must itself have `k` contributors.
    pub pool: bool,
    /// By how much two tables that agree with everything published must differ in each primary cell; 0 looks at linear algebra only.
    pub width: u64,
    /// The share of primary cells, in percent, that one such table must let reach `k`.
    pub reach_percent: u64,
}
