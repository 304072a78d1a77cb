//! The catalogue that keeps to DCAT-AP 3.0.1: of each table what `latest/` has, a series, and a dataset for each release in it.

use crate::described::{ChecksumForm, Download, catalogue, contact, frequency, publisher_id, sentence, table, typed};
use crate::editions::{Edition, Held, Table};
use crate::french;
use crate::graph::Node;
use crate::harvested::{latest_dataset, notes, version_id};
use crate::iri::Iri;
use crate::views::World;
use crate::vocabulary::*;
use crate::{CATALOG_DCAT_AP, CatalogueError};
use solidata_model::ReleaseState;
use std::collections::BTreeMap;

/// A table in the releases that have it, by month and revision.
type Editions<'a> = Vec<(&'a Edition<'a>, &'a Held<'a>, &'a Table<'a>)>;

/// The catalogue as one tree.
pub(crate) fn strict(world: &World<'_>) -> Result<Node, CatalogueError> {
    let mut root = catalogue(world, CATALOG_DCAT_AP)?;
    if let Some((edition, held)) = world.latest().and_then(|edition| Some((edition, edition.held.as_ref()?))) {
        for of in &held.tables {
            let node = latest_dataset(world, edition, held, of, ChecksumForm::HexBinary)?.with(SPATIAL, france());
            root = root.with(HAS_DATASET, node);
        }
    }
    let mut by_name: BTreeMap<&str, Editions<'_>> = BTreeMap::new();
    for edition in world.editions {
        let Some(held) = &edition.held else { continue };
        for of in &held.tables {
            by_name.entry(of.id).or_default().push((edition, held, of));
        }
    }
    for (id, editions) in &by_name {
        if let Some(series) = series(world, id, editions)? {
            root = root.with(HAS_DATASET, series);
        }
        for (place, (edition, held, of)) in editions.iter().enumerate() {
            root = root.with(HAS_DATASET, version(world, editions, place, (edition, held, of))?);
        }
    }
    Ok(root)
}

fn france() -> Node {
    typed(Iri::known(FRANCE), LOCATION)
}

fn series_id(world: &World<'_>, id: &str) -> Iri {
    world.dataset(id).with_suffix("-serie")
}

/// The series of a table: its releases, one after the other.
fn series(world: &World<'_>, id: &str, editions: &Editions<'_>) -> Result<Option<Node>, CatalogueError> {
    let (Some((first, ..)), Some((last, held, of))) = (editions.first(), editions.last()) else { return Ok(None) };
    let days = || editions.iter().map(|(_, held, _)| held.manifest.run.now);
    let coverage = || editions.iter().map(|(_, held, of)| held.coverage(of));
    let mut node = Node::named(series_id(world, id), &[SERIES])
        .text(IDENTIFIER, format!("solidata-{id}-serie"))
        .french(TITLE, format!("{} : toutes les éditions", of.schema.title))
        .english(TITLE, format!("{}: all releases", of.schema.title_en))
        .french(DESCRIPTION, format!("{} Une édition par mois ; une édition publiée ne change jamais.", sentence(&of.schema.description)))
        .with(PUBLISHER, publisher_id(world))
        .with(CONTACT_POINT, contact(world))
        .with(FREQUENCY, frequency(&of.schema.cadence)?)
        .with(SPATIAL, Iri::known(FRANCE))
        .with(FIRST, version_id(world, first, id))
        .with(LAST, version_id(world, last, id))
        .with(ISSUED, days().min().unwrap_or(held.manifest.run.now))
        .with(MODIFIED, days().max().unwrap_or(held.manifest.run.now));
    if let (Some(from), Some(to)) = (coverage().map(|c| c.0).min(), coverage().map(|c| c.1).max()) {
        node = node.with(TEMPORAL, crate::described::period((from, to)));
    }
    Ok(Some(node))
}

/// A table in one release, at the addresses that never change.
fn version(
    world: &World<'_>,
    editions: &Editions<'_>,
    place: usize,
    (edition, held, of): (&Edition<'_>, &Held<'_>, &Table<'_>),
) -> Result<Node, CatalogueError> {
    let (prefix, run) = (&edition.entry.prefix, &held.manifest.run);
    let month = french::month(edition.entry.month);
    let revision = if edition.entry.revision > 1 { format!(", révision {}", edition.entry.revision) } else { String::new() };
    let state = match edition.entry.state {
        ReleaseState::Superseded => " Une autre édition du mois la remplace.",
        ReleaseState::Current | ReleaseState::Withdrawn => "",
    };
    let errata = world.errata_text(prefix, of.id);
    let node = Node::named(version_id(world, edition, of.id), &[DATASET])
        .text(IDENTIFIER, format!("solidata-{}-{}", of.id, edition.version()))
        .french(TITLE, format!("{}, {month}{revision}", of.schema.title))
        .english(TITLE, format!("{}, {} r{}", of.schema.title_en, edition.entry.month, edition.entry.revision))
        .french(DESCRIPTION, format!("{}{state}{errata}", sentence(&of.schema.description)))
        .with(ISSUED, run.now)
        .with(MODIFIED, run.now)
        .text(VERSION, edition.version())
        .french(VERSION_NOTES, notes(edition, held));
    let mut node = table(world, held, of, node)?
        .with(SPATIAL, Iri::known(FRANCE))
        .with(IN_SERIES, series_id(world, of.id))
        .with(IS_VERSION_OF, world.dataset(of.id));
    if let Some((before, ..)) = place.checked_sub(1).and_then(|i| editions.get(i)) {
        node = node.with(PREV, version_id(world, before, of.id));
    }
    if let Some(revision) = &run.revision
        && let Some((corrected, ..)) = editions.iter().find(|(e, ..)| e.entry.prefix == revision.corrects)
    {
        node = node.with(PREVIOUS_VERSION, version_id(world, corrected, of.id));
    }
    let status = match edition.entry.state {
        ReleaseState::Current => "COMPLETED",
        ReleaseState::Superseded => "DEPRECATED",
        ReleaseState::Withdrawn => "WITHDRAWN",
    };
    let status = Iri::known(EU).at(&format!("distribution-status/{status}"));
    for file in &of.files {
        let download = Download {
            table: of,
            file,
            address: world.at(&format!("{prefix}/{}", file.entry.path)),
            checksum: ChecksumForm::HexBinary,
            issued: run.now,
            modified: run.now,
        };
        node = node.with(HAS_DISTRIBUTION, download.node(world)?.with(STATUS, status.clone()));
    }
    Ok(node)
}
