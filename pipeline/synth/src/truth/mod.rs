//! The truth: an independent, slow and plain reading of the documents as they were written.
//!
//! It shares no code with the pipeline. It does not trust what the generator meant: each document is read back from its Extended JSON.

mod fact;
mod file;
mod report;
mod rule;
mod supply;
mod territory;

pub(crate) use fact::{Fact, Reader};
pub(crate) use file::{Truth, write};
pub(crate) use report::Tables;
pub(crate) use rule::judge;
pub(crate) use supply::{PlaceFact, PlaceReader, Supply};
#[cfg(test)]
pub(crate) use {rule::Fate, supply::Precision};
