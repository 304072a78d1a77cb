//! The catalogue of udata: a dataset for each table of the current release, with addresses that stay.
//!
//! udata identifies a file by its address and never removes one: only `latest/` is in here, and parts of a table only where a form has no file of all rows.
//! It makes a dataset of everything that is a `dcat:Dataset` or a `dcat:DatasetSeries`, and a file of everything under `dct:hasPart`: releases are named with
//! `dcat:hasVersion`, without saying what they are.

use crate::described::{ChecksumForm, Download, catalogue, sentence, table};
use crate::editions::{Edition, Held, Table};
use crate::french;
use crate::graph::{Node, Value};
use crate::views::World;
use crate::vocabulary::*;
use crate::{CATALOG as FILE, CatalogueError, RELEASES};
use chrono::NaiveDate;

/// The catalogue as one tree.
pub(crate) fn harvested(world: &World<'_>) -> Result<Node, CatalogueError> {
    let mut root = catalogue(world, FILE)?;
    if let Some((edition, held)) = world.latest().and_then(|edition| Some((edition, edition.held.as_ref()?))) {
        for of in &held.tables {
            let node = latest_dataset(world, edition, held, of, ChecksumForm::Plain)?.with(SPATIAL, france());
            root = root.with(HAS_DATASET, node);
        }
    }
    Ok(root)
}

/// France as polygons. It has no address, and the literal has to be a property of it: that is what udata reads.
fn france() -> Node {
    Node::blank(&[LOCATION]).with(BBOX, Value::Typed(WKT, FRANCE_WKT.to_owned()))
}

/// A table whatever its month: the files of `latest/`, and the names of its releases.
pub(crate) fn latest_dataset(
    world: &World<'_>,
    edition: &Edition<'_>,
    held: &Held<'_>,
    of: &Table<'_>,
    checksum: ChecksumForm,
) -> Result<Node, CatalogueError> {
    let (run, schema) = (&held.manifest.run, &of.schema);
    let issued = first_day(world, of.id).unwrap_or(run.now);
    let partial = if run.partial { " Le mois n’est pas complet : la source ne va pas jusqu’à sa fin." } else { "" };
    let errata = world.errata_text(&edition.entry.prefix, of.id);
    let description = format!(
        "{}\n\nÉdition {}, du {} ; schéma {}.{partial}{errata} Toutes les éditions, leurs empreintes et leurs schémas : {}",
        sentence(&schema.description),
        french::of_month(edition.entry.month),
        french::day(run.now),
        schema.version,
        world.at(RELEASES),
    );
    let node = Node::named(world.dataset(of.id), &[DATASET])
        .text(IDENTIFIER, format!("solidata-{}", of.id))
        .french(TITLE, &schema.title)
        .english(TITLE, &schema.title_en)
        .french(DESCRIPTION, description)
        .with(ISSUED, issued)
        .with(MODIFIED, run.now)
        .text(VERSION, edition.version())
        .french(VERSION_NOTES, notes(edition, held));
    let mut node = table(world, held, of, node)?;
    let mut versions: Vec<_> = world.editions.iter().filter(|e| e.held.as_ref().is_some_and(|h| h.table(of.id).is_some())).collect();
    versions.sort_by_key(|e| (e.entry.month, e.entry.revision));
    node = node
        .with_all(HAS_VERSION, versions.iter().map(|e| version_id(world, e, of.id)))
        .with(HAS_CURRENT_VERSION, version_id(world, edition, of.id));
    for file in of.offered() {
        let download =
            Download { table: of, file, address: world.at(&format!("latest/{}", file.entry.path)), checksum, issued, modified: run.now };
        node = node.with(HAS_DISTRIBUTION, download.node(world)?);
    }
    Ok(node)
}

/// The name of a table in one release.
pub(crate) fn version_id(world: &World<'_>, edition: &Edition<'_>, dataset: &str) -> crate::iri::Iri {
    world.at(&format!("{}/manifest.json", edition.entry.prefix)).part(dataset)
}

/// What is new in a release: a new month, or why the month was published again.
pub(crate) fn notes(edition: &Edition<'_>, held: &Held<'_>) -> String {
    let month = french::of_month(edition.entry.month);
    match &held.manifest.run.revision {
        None => format!("Première édition {month}."),
        Some(revision) => format!("Nouvelle édition {month} (révision {}) : {}", edition.entry.revision, sentence(&revision.reason)),
    }
}

/// The day of the first release that has a table.
fn first_day(world: &World<'_>, dataset: &str) -> Option<NaiveDate> {
    let held = world.editions.iter().filter_map(|e| e.held.as_ref());
    held.filter(|h| h.table(dataset).is_some()).map(|h| h.manifest.run.now).min()
}
