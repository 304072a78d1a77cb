//! French territories: the code lists of `datasets/reference`, and the territory that a search or a place belongs to.
//!
//! [`Geography`] is built once from the bytes of the lists and is then only read. It answers two questions: which territory do these clues
//! name ([`Geography::resolve_search`], [`Geography::resolve_place`]), and what is that territory (name, parents, population, time zone).
//! The crate does no I/O and reads no clock: the same lists and clues give the same answer, and [`TerritoryId`]s are ordered by (level, code).
//!
//! What cannot be known is [`Level::Unknown`]. Nothing is guessed: a name alone, without a code or a département beside it, resolves nothing.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod assemble;
mod codes;
mod country;
mod error;
mod geo_value;
mod geography;
mod locate;
mod names;
mod rows;
mod search;
mod tables;
mod territory;
mod text;

#[cfg(test)]
mod tests;

pub use codes::{CommuneCode, DepartementCode, EpciCode, RegionCode};
pub use error::ReferenceError;
pub use geography::Geography;
pub use rows::{Borough, Commune, Departement, Epci, Region};
pub use search::{Clues, PlaceClues};
pub use tables::ReferenceTables;
pub use territory::{Country, Level, Territory, TerritoryId};
pub use text::slug;
