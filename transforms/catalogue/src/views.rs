use crate::described::sentence;
use crate::editions::{Edition, editions};
use crate::forms::form_of;
use crate::harvested::harvested;
use crate::iri::Iri;
use crate::jsonld::jsonld;
use crate::releases::{Releases, releases, schema_views};
use crate::settings::Addresses;
use crate::strict::strict;
use crate::turtle::turtle;
use crate::{CATALOG, CATALOG_DCAT_AP, CatalogueError, FEED, INDEX_SCHEMA, RELEASES, RELEASES_SCHEMA, Settings, feed::feed};
use solidata_model::{Digest, Erratum, Index, Manifest, canonical_json, kind};
use std::collections::BTreeMap;

/// What is described: a store, as far as its public files tell.
#[derive(Debug, Clone, Copy)]
pub struct Catalogue<'a> {
    /// Where it is reached and who answers for it.
    pub settings: &'a Settings,
    /// Its index. Its history is taken to hold.
    pub index: &'a Index,
    /// The manifest of every release that is not withdrawn, by prefix.
    pub manifests: &'a BTreeMap<String, Manifest>,
    /// The table schemas of these releases, by digest: what [`schemas_needed`] names.
    pub schemas: &'a BTreeMap<Digest<kind::File>, Vec<u8>>,
}

/// A file at the root of the store, that can be made again at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Its path beneath the root.
    pub path: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The table schemas to give to [`Catalogue::schemas`]: for each digest a path beneath the store's root where it lies. Months with the same schema name it once.
pub fn schemas_needed(manifests: &BTreeMap<String, Manifest>) -> BTreeMap<Digest<kind::File>, String> {
    let mut needed = BTreeMap::new();
    for (prefix, manifest) in manifests {
        let named: Vec<&str> = manifest.files.iter().filter(|f| form_of(f).is_some()).filter_map(|f| f.schema.as_deref()).collect();
        for file in manifest.files.iter().filter(|file| named.contains(&file.path.as_str())) {
            needed.insert(file.sha256, format!("{prefix}/{}", file.path));
        }
    }
    needed
}

impl<'a> Catalogue<'a> {
    /// Every view, in the order of their paths.
    ///
    /// # Errors
    /// When a setting cannot be used, a manifest or schema is missing, or a schema cannot be read.
    pub fn views(&self) -> Result<Vec<View>, CatalogueError> {
        let addresses = self.settings.addresses()?;
        let editions = editions(self)?;
        let world = World { of: self, addresses: &addresses, editions: &editions };
        let view = |path: &str, media_type, bytes| View { path: path.to_owned(), media_type, bytes };
        let mut views = Vec::new();
        for (name, graph) in [(CATALOG, harvested(&world)?), (CATALOG_DCAT_AP, strict(&world)?)] {
            views.push(view(&format!("{name}.jsonld"), "application/ld+json", jsonld(&graph)?));
            views.push(view(&format!("{name}.ttl"), "text/turtle; charset=utf-8", turtle(&graph)));
        }
        views.push(view(FEED, "application/atom+xml; charset=utf-8", feed(&world)?));
        views.push(view(RELEASES, "application/json", canonical_json(&releases(&world))?));
        views.push(view(RELEASES_SCHEMA, "application/schema+json", canonical_json(&schemars::schema_for!(Releases))?));
        views.push(view(INDEX_SCHEMA, "application/schema+json", canonical_json(&schemars::schema_for!(Index))?));
        for (path, bytes) in schema_views(&world)? {
            views.push(view(&path, "application/json", bytes));
        }
        views.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(views)
    }
}

/// Everything a view is made from.
pub(crate) struct World<'a> {
    pub of: &'a Catalogue<'a>,
    pub addresses: &'a Addresses,
    pub editions: &'a [Edition<'a>],
}

impl World<'_> {
    /// The release that `latest/` shows.
    pub fn latest(&self) -> Option<&Edition<'_>> {
        let current = self.of.index.current()?;
        self.editions.iter().find(|edition| edition.entry.prefix == current.prefix)
    }

    /// The address of a file of the store.
    pub fn at(&self, path: &str) -> Iri {
        self.addresses.base.at(path)
    }

    /// The address that names a version of a schema for ever.
    pub fn schema(&self, dataset: &str, version: &str) -> Iri {
        self.at(&schema_path(dataset, version))
    }

    /// The name of a dataset, whatever its release.
    pub fn dataset(&self, id: &str) -> Iri {
        self.at(&format!("{CATALOG}.jsonld")).part(id)
    }

    /// The errata of a release, and of one of its tables where one is named.
    pub fn errata(&self, prefix: &str, dataset: Option<&str>) -> impl Iterator<Item = &Erratum> {
        let about = move |e: &&Erratum| e.release == prefix && dataset.is_none_or(|d| e.dataset == d);
        self.of.index.errata().map(|(_, erratum)| erratum).filter(about)
    }

    /// The same as sentences, to put behind a description.
    pub fn errata_text(&self, prefix: &str, dataset: &str) -> String {
        self.errata(prefix, Some(dataset)).map(|e| format!(" Erratum : {}", sentence(&e.fr))).collect()
    }
}

/// Where a version of a schema lies in the store.
pub(crate) fn schema_path(dataset: &str, version: &str) -> String {
    format!("schemas/{dataset}/{version}.json")
}
