//! `releases.json`: which release has which version of which schema, for machines.

use crate::CatalogueError;
use crate::editions::{Edition, Table};
use crate::views::{World, schema_path};
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use solidata_model::{Digest, Done, Erratum, Month, ReleaseState, WithdrawalClass, canonical_json, kind};
use std::collections::{BTreeMap, BTreeSet};

/// Every release of a store, and the schema versions of its datasets. Addresses are absolute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Releases {
    /// The name and the version of this format.
    pub format: String,
    /// The counter of the index that this was made from: it only grows.
    pub counter: u64,
    /// Prefix of the current release, which `latest/` shows: that of the newest month that has one.
    pub current: Option<String>,
    /// Every release that was ever published, by month and revision.
    pub releases: Vec<Release>,
    /// Every dataset that was ever published and is not withdrawn, by name.
    pub datasets: Vec<DatasetVersions>,
}

impl Releases {
    /// The form that this version writes.
    pub const FORMAT: &'static str = "solidata-releases/1";
}

/// A release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Where it lies beneath the root of the store.
    pub prefix: String,
    /// The month.
    pub month: Month,
    /// The revision, from 1.
    pub revision: u32,
    /// What became of it. Of a month use the one that is `current`.
    pub state: ReleaseState,
    /// Whether the month is not covered to its end.
    pub partial: bool,
    /// Its place among all publications, from 1: releases are published in this order, which is not that of months.
    pub published: u64,
    /// The day that stands for "now" in its run; none when it was withdrawn.
    pub day: Option<NaiveDate>,
    /// The address of its manifest.
    pub manifest: String,
    /// sha256 of its manifest.
    pub manifest_sha256: Digest<kind::File>,
    /// Prefix of the revision to use in its place; none when it is current, or nothing took its place.
    pub superseded_by: Option<String>,
    /// Prefix of the revision that it corrects.
    pub corrects: Option<String>,
    /// Why it was published again.
    pub reason: Option<String>,
    /// Why it was taken away.
    pub withdrawal: Option<WithdrawalClass>,
    /// The schema of each of its datasets; none when it was withdrawn.
    pub schemas: BTreeMap<String, SchemaUse>,
    /// Errors that were found in it.
    pub errata: Vec<Erratum>,
}

/// The schema of a dataset in a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemaUse {
    /// Its semantic version.
    pub version: String,
    /// The address of the schema as the release has it.
    pub url: String,
    /// sha256 of it.
    pub sha256: Digest<kind::File>,
}

/// The schema versions of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetVersions {
    /// Its name: of its files, and of its column of `schemas` above.
    pub dataset: String,
    /// Its French title.
    pub title: String,
    /// Its English title.
    pub title_en: String,
    /// The version of the current release; none when the current release has no such dataset.
    pub current: Option<String>,
    /// The highest version that any release has.
    pub latest: String,
    /// Its versions, the lowest first.
    pub versions: Vec<SchemaVersion>,
}

/// A version of a schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemaVersion {
    /// The version.
    pub version: String,
    /// An address of it that does not change.
    pub url: String,
    /// Prefix of the first release that has it, by month and revision.
    pub first: String,
    /// Prefix of the last one.
    pub last: String,
    /// How many releases have it.
    pub releases: u64,
}

/// The document.
pub(crate) fn releases(world: &World<'_>) -> Releases {
    let order: BTreeSet<(u64, Month, u32)> = world.editions.iter().map(|e| (e.published, e.entry.month, e.entry.revision)).collect();
    let place = |e: &Edition<'_>| order.range(..=(e.published, e.entry.month, e.entry.revision)).count() as u64;
    Releases {
        format: Releases::FORMAT.into(),
        counter: world.of.index.counter,
        current: world.of.index.current().map(|entry| entry.prefix.clone()),
        releases: world.editions.iter().map(|edition| release(world, edition, place(edition))).collect(),
        datasets: datasets(world),
    }
}

fn release(world: &World<'_>, edition: &Edition<'_>, published: u64) -> Release {
    let entry = edition.entry;
    let manifest = edition.held.as_ref().map(|held| held.manifest);
    let revision = manifest.and_then(|m| m.run.revision.as_ref());
    let superseded_by = match entry.state {
        ReleaseState::Current => None,
        ReleaseState::Superseded | ReleaseState::Withdrawn => world.of.index.current_of(entry.month).map(|current| current.prefix.clone()),
    };
    let schema = |table: &Table<'_>| SchemaUse {
        version: table.schema.version.clone(),
        url: world.at(&format!("{}/{}", entry.prefix, table.schema_path)).to_string(),
        sha256: table.schema_sha256,
    };
    let tables = edition.held.iter().flat_map(|held| &held.tables);
    Release {
        prefix: entry.prefix.clone(),
        month: entry.month,
        revision: entry.revision,
        state: entry.state,
        partial: entry.partial,
        published,
        day: manifest.map(|m| m.run.now),
        manifest: world.at(&format!("{}/manifest.json", entry.prefix)).to_string(),
        manifest_sha256: entry.manifest_sha256,
        superseded_by,
        corrects: revision.map(|r| r.corrects.clone()),
        reason: reason(world, &entry.prefix).or_else(|| revision.map(|r| r.reason.clone())),
        withdrawal: world.of.index.withdrawal(&entry.prefix),
        schemas: tables.map(|table| (table.id.to_owned(), schema(table))).collect(),
        errata: world.errata(&entry.prefix, None).cloned().collect(),
    }
}

/// The reason that the log gives for a revision.
fn reason(world: &World<'_>, of: &str) -> Option<String> {
    let done = world.of.index.log.iter().rev().flat_map(|change| change.done.iter().rev());
    done.filter_map(|done| match done {
        Done::Revise { prefix, reason } if prefix == of => reason.clone(),
        _ => None,
    })
    .next()
}

/// The releases that have a version of a schema, by month and revision, and the last one's table.
type Versions<'a> = BTreeMap<&'a str, BTreeMap<Vec<u64>, Vec<(&'a Edition<'a>, &'a Table<'a>)>>>;

fn versions<'a>(world: &'a World<'_>) -> Versions<'a> {
    let mut found: Versions<'a> = BTreeMap::new();
    for edition in world.editions {
        for table in edition.held.iter().flat_map(|held| &held.tables) {
            let number: Vec<u64> = table.schema.version.split('.').map(|part| part.parse().unwrap_or_default()).collect();
            found.entry(table.id).or_default().entry(number).or_default().push((edition, table));
        }
    }
    found
}

/// The releases with one version of a schema, the oldest one first.
type Uses<'a> = Vec<(&'a Edition<'a>, &'a Table<'a>)>;

fn datasets(world: &World<'_>) -> Vec<DatasetVersions> {
    let current = world.latest().and_then(|edition| edition.held.as_ref());
    let described = |(id, numbers): (&str, BTreeMap<Vec<u64>, Uses<'_>>)| {
        let newest = numbers.values().flatten().max_by_key(|(e, _)| (e.entry.month, e.entry.revision)).map(|(_, table)| &table.schema)?;
        let version = |uses: &Uses<'_>| {
            let ((first, table), (last, _)) = (uses.first()?, uses.last()?);
            Some(SchemaVersion {
                version: table.schema.version.clone(),
                url: world.schema(id, &table.schema.version).to_string(),
                first: first.entry.prefix.clone(),
                last: last.entry.prefix.clone(),
                releases: uses.len() as u64,
            })
        };
        let versions: Vec<SchemaVersion> = numbers.values().filter_map(version).collect();
        Some(DatasetVersions {
            dataset: id.to_owned(),
            title: newest.title.clone(),
            title_en: newest.title_en.clone(),
            current: current.and_then(|held| held.table(id)).map(|table| table.schema.version.clone()),
            latest: versions.last()?.version.clone(),
            versions,
        })
    };
    versions(world).into_iter().filter_map(described).collect()
}

/// `schemas/<dataset>/<version>.json`: each version as the last release that has it wrote it, with its own address as `path`.
///
/// # Errors
/// When a schema is no JSON.
pub(crate) fn schema_views(world: &World<'_>) -> Result<Vec<(String, Vec<u8>)>, CatalogueError> {
    let mut views = Vec::new();
    for (id, numbers) in versions(world) {
        for (edition, table) in numbers.values().filter_map(|uses| uses.last()) {
            let missing = || CatalogueError::Schema { prefix: edition.entry.prefix.clone(), path: table.schema_path.to_owned() };
            let mut schema: Value = serde_json::from_slice(world.of.schemas.get(&table.schema_sha256).ok_or_else(missing)?)?;
            if let Some(object) = schema.as_object_mut() {
                object.insert("path".into(), world.schema(id, &table.schema.version).as_str().into());
                for field in object.get_mut("fields").and_then(Value::as_array_mut).into_iter().flatten() {
                    // In a release the list lies beside; from here it does not.
                    if let Some(list) = field.get_mut("code_list_path")
                        && let Some(path) = list.as_str()
                    {
                        *list = world.at(&format!("{}/{path}", edition.entry.prefix)).as_str().into();
                    }
                }
            }
            views.push((schema_path(id, &table.schema.version), canonical_json(&schema)?));
        }
    }
    Ok(views)
}
