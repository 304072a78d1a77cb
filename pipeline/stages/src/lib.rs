//! The stages of a run, from snapshots to published months, and the plan that joins them.
//!
//! The types say what may go where: a [`SafeInputs`] is only made from a verified output of the vault, [`Cubes`] only from it,
//! [`ProtectedCubes`] only from cubes by disclosure control, and the session that makes published tables is given nothing else than
//! protected cubes, the public directory and code lists.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod attack;
mod check;
mod context;
mod cubes;
mod datasets;
mod demand;
mod engine;
mod error;
mod events;
mod explain;
mod extract;
mod forms;
mod in_time;
mod pages;
mod past;
mod project;
mod protect;
mod release;
mod reproduce;
mod run;
mod since;
mod sort;
mod supply;
mod tables;

pub use attack::{Attack, AttackRequest, attack};
pub use check::{CheckReport, check};
pub use context::Lists;
pub use cubes::{Cubes, ProtectedCubes};
pub use datasets::{Sources, Supply, base_tables};
pub use demand::{DemandReport, SafeInputs, WaterfallLine, make_safe};
pub use engine::Engine;
pub use error::{EndKind, StageError};
pub use events::EventRuns;
pub use explain::explain;
pub use extract::{Extraction, SourceReport, event_runs, key_ring};
pub use project::{Project, SqlCheck, SqlTest};
pub use reproduce::{Depth, FileReport, ReproduceRequest, Reproduction, reproduce};
pub use run::{Action, Plan, Progress, PublishedMonth, Request, Step, Summary, execute, plan};
pub use supply::{PublicSupply, SupplyReport};
