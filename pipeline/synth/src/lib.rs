//! Synthetic Soliguide snapshots, with a truth to check a pipeline against.
//!
//! [`generate`] makes the collections `lieux` and `search` in any form of a snapshot ([`Form`]), and `truth.json`: the counts that the net rule
//! must find, what is planted, and every planted secret. The crate's README documents the files.
//!
//! Guarantees: the same [`SynthSpec`] gives the same bytes on any machine and any number of threads; every form holds the same documents; the
//! published totals of Alsace are met exactly; the truth is read back from the documents, by code that the pipeline does not use.
//! It must never depend on the crates that it checks (`anonymise`, `territory`, `sources`).
//!
//! ```no_run
//! use solidata_synth::{Departments, Form, ReferenceBytes, Silent, SynthSpec, generate};
//! # fn example(lists: ReferenceBytes<'_>) -> Result<(), Box<dyn std::error::Error>> {
//! let alsace = Departments::List(vec!["67".to_owned(), "68".to_owned()]);
//! let spec = SynthSpec::new("2024-01-01".parse()?, "2024-10-03".parse()?, alsace, 7, Form::Archive);
//! let report = generate(&spec, &lists, std::path::Path::new("out"), &Silent)?;
//! assert!(report.ratio().is_some_and(|ratio| ratio > 1.5));
//! # Ok(())
//! # }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod calendar;
mod damaged;
mod emit;
mod error;
mod generate;
mod notice;
mod output;
mod parallel;
mod places;
mod reference;
mod rng;
mod search;
mod spec;
mod text;
mod truth;
mod volumes;
mod world;

pub use error::SynthError;
pub use generate::{Progress, Silent, SynthReport, generate};
pub use output::FileReport;
pub use reference::ReferenceBytes;
pub use spec::{Compression, Departments, Form, SynthSpec, Target};

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_forms;
