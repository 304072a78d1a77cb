//! What describes a store of releases to those who do not read manifests: portals, importers, people with a feed reader.
//!
//! From the index, the manifests and the table schemas of a public store, and from nothing else, it makes views: files at the root of the store that
//! can be made again at any time.
//!
//! | view | who reads it |
//! |---|---|
//! | [`CATALOG`]`.jsonld`, `.ttl` | the DCAT harvester of data.gouv.fr (udata) |
//! | [`CATALOG_DCAT_AP`]`.jsonld`, `.ttl` | whoever asks for DCAT-AP 3.0.1 to the letter, with every release as a version |
//! | [`RELEASES`] | importers: which release has which version of which schema |
//! | [`FEED`] | feed readers: what was published, corrected, taken away |
//! | `schemas/<dataset>/<version>.json` | validators: a fixed address for each version of a schema |
//!
//! There are two catalogues because the two readers contradict each other: udata drops a dataset whose checksum is an `xsd:hexBinary`, which DCAT-AP asks for,
//! and makes a further resource of each new address, so that its catalogue may only name addresses that never change.
//!
//! Invariant: equal inputs give equal bytes. Nothing here reads a clock, the environment, a file or the network: every day comes from a run.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod described;
mod editions;
mod error;
mod feed;
mod forms;
mod french;
mod graph;
mod harvested;
mod iri;
mod jsonld;
mod releases;
mod settings;
mod strict;
#[cfg(test)]
mod tests;
mod turtle;
mod views;
mod vocabulary;

pub use error::CatalogueError;
pub use forms::{Form, TableFile, form_of};
pub use releases::{DatasetVersions, Release, Releases, SchemaUse, SchemaVersion};
pub use settings::{Contact, Publisher, Settings};
pub use views::{Catalogue, View, schemas_needed};

/// The catalogue that udata's harvester reads, without its ending.
pub const CATALOG: &str = "catalog";
/// The catalogue that keeps to DCAT-AP 3.0.1, without its ending.
pub const CATALOG_DCAT_AP: &str = "catalog-dcat-ap";
/// Where the map of releases and schema versions lies in a store.
pub const RELEASES: &str = "releases.json";
/// Where its JSON Schema lies.
pub const RELEASES_SCHEMA: &str = "releases.schema.json";
/// Where the JSON Schema of `index.json` lies.
pub const INDEX_SCHEMA: &str = "index.schema.json";
/// Where the Atom feed lies.
pub const FEED: &str = "feed.xml";
