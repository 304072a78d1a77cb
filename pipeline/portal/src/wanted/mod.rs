//! What the portal should show, from what is published and the settings alone.

mod forms;
mod resources;
mod text;

use crate::{
    Fields, PortalError, Result, Settings,
    release::{Current, Published},
};
use serde_json::{Value, json};
use solidata_model::{DatasetSpec, Feeds};

/// The extra that tells which Solidata dataset a dataset or resource of the portal shows.
pub(crate) const DATASET: &str = "extras.solidata:dataset";
/// The extra that tells from which public store.
pub(crate) const STORE: &str = "extras.solidata:store";
/// The extra that tells what a resource holds; see [`WantedResource::key`].
pub(crate) const RESOURCE: &str = "extras.solidata:resource";
/// What the key of a part of a table begins with.
pub(crate) const PARTS: &str = "parts/";
/// The extras of a dataset that say which release it shows: they are written last, so that a dataset that names a release shows all of it.
pub(crate) const RELEASE: [&str; 3] = ["extras.solidata:release", "extras.solidata:manifest_sha256", "extras.solidata:manifest_url"];

/// A dataset of the portal as it should be.
#[derive(Debug, Clone, PartialEq)]
pub struct WantedDataset {
    /// The Solidata dataset.
    pub id: String,
    /// Its fields.
    pub fields: Fields,
    /// Its resources, in order.
    pub resources: Vec<WantedResource>,
}

/// A resource of the portal as it should be.
#[derive(Debug, Clone, PartialEq)]
pub struct WantedResource {
    /// What it holds, the same each month: the ending of a data file (`csv`, `parquet`...), a part of one (`parts/table-1.xlsx`), `page`, `confidentialite`,
    /// `schema`, `changelog`, `manifest`, or a month and one of the former (`2024-09/csv`).
    pub key: String,
    /// Its fields.
    pub fields: Fields,
}

impl WantedResource {
    /// Whether a resource of that key is there in every month, so that its id is worth keeping; otherwise it holds the file of one month (`2024-09/csv`) or a part of a
    /// table (`parts/table-1.xlsx`), and goes with its file.
    pub(crate) fn is_lasting(key: &str) -> bool {
        !key.contains('/')
    }

    /// Whether it holds a part of a table.
    pub(crate) fn is_part(key: &str) -> bool {
        key.starts_with(PARTS)
    }
}

/// The datasets that the portal should show, sorted by id: one for each dataset of the current release.
///
/// # Errors
/// [`PortalError::Setting`] when the licence of a dataset has no name on the portal.
pub fn desired(current: &Current, settings: &Settings) -> Result<Vec<WantedDataset>> {
    current.specs.iter().map(|spec| dataset(spec, current, settings)).collect()
}

fn dataset(spec: &DatasetSpec, current: &Current, settings: &Settings) -> Result<WantedDataset> {
    let release = &current.release;
    let manifest_url = format!("{}/{}/manifest.json", settings.base_url, release.prefix);
    let mut fields = Fields::default()
        .with("title", spec.title_fr.trim())
        .with("description", text::description(spec, current, settings))
        .with("license", licence(&spec.licence)?)
        .with("frequency", spec.cadence.as_str())
        .with("temporal_coverage", coverage(spec, current, settings))
        .with("spatial", json!({"zones": [settings.zone], "granularity": granularity(spec)}))
        .with("tags", settings.tags.clone())
        .with("private", false)
        .with("archived", Value::Null)
        .with("deleted", Value::Null)
        .with(DATASET, spec.id.as_str())
        .with(STORE, settings.base_url.as_str());
    for (name, value) in RELEASE.into_iter().zip([release.prefix.clone(), release.manifest_sha256.to_string(), manifest_url]) {
        fields.set(name, value.into());
    }
    if let Some(id) = &settings.contact_point {
        fields.set("contact_points", json!([id]));
    }
    Ok(WantedDataset { id: spec.id.clone(), fields, resources: resources::of(spec, current, settings) })
}

/// The portal's name of a licence. A name that it does not know, it takes without a word for "not specified".
fn licence(spdx: &str) -> Result<&'static str> {
    match spdx {
        "etalab-2.0" => Ok("lov2"),
        "ODbL-1.0" => Ok("odc-odbl"),
        other => {
            let detail = format!("the portal's name of the licence '{other}' of a dataset is not known here: etalab-2.0 or ODbL-1.0");
            Err(PortalError::Setting { setting: "licence", detail })
        }
    }
}

/// The days that the data is about: the day of the directory's snapshot, or the month of the searches as far as they reach.
fn coverage(spec: &DatasetSpec, current: &Current, settings: &Settings) -> Value {
    let days = |release: &Published| {
        let run = &release.manifest.run;
        match spec.feeds {
            Feeds::Supply => (run.date_photo, run.date_photo),
            Feeds::Demand => {
                let end = run.covered_until.filter(|_| run.partial).unwrap_or_else(|| run.month.last_day()).min(run.month.last_day());
                (run.month.first_day().min(end), end)
            }
        }
    };
    let (mut start, end) = days(&current.release);
    if settings.updates {
        let having = current.months.iter().filter(|r| !resources::data_files(&r.manifest, &spec.id).is_empty());
        start = having.map(|r| days(r).0).fold(start, Ord::min);
    }
    json!({"start": start.to_string(), "end": end.to_string()})
}

/// `poi` when a row is a place, `other` when rows are of several levels.
fn granularity(spec: &DatasetSpec) -> &'static str {
    let has = |name: &str| spec.contract.columns.iter().any(|c| c.name == name);
    if has("latitude") && !has("territoire_niveau") { "poi" } else { "other" }
}
