//! Makes synthetic Soliguide snapshots.
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
