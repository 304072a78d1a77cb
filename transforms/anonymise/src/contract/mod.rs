//! The source contract: the typed records that `pipeline/sources` reads and this crate makes safe.
//!
//! [`SearchDoc`] and [`PlaceDoc`] hold the wanted fields only. [`field`] says how a field is read, whatever the form of the snapshot. A
//! document that breaks the contract gives an error which names the path, never the content.

pub mod field;
mod list;
mod moment;
pub mod place;
mod record;
mod search;
mod search_serde;
mod shallow;

pub use field::{DocumentSeed, Field, FieldSink, Trail};
pub use moment::{Moment, ObjectId, iso_to_ms};
pub use place::PlaceDoc;
pub use search::*;

/// Paths of all leaves that are read of a `lieux` document, sorted.
pub fn wanted_of_place() -> Vec<String> {
    sorted_paths::<PlaceDoc>()
}

/// Paths of all leaves that are read of a `search` document, sorted.
pub fn wanted_of_search() -> Vec<String> {
    sorted_paths::<SearchDoc<'_>>()
}

fn sorted_paths<'de, T: Field<'de>>() -> Vec<String> {
    let mut paths = Vec::new();
    T::wanted("", &mut paths);
    paths.sort();
    paths
}
