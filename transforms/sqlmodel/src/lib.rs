//! What the SQL of the project means, before any data is there.
//!
//! The texts of `sql/` and the contracts of `datasets/` go in; out come the order in which the models run, their plans and columns, and every
//! reason why they may not: a cycle, an unknown table, a table of a layer that the model must not see, a plan whose bytes would depend on
//! chance, a contract that the plan does not meet, a dataset without checks, a model without tests. Nothing here reads a file or a clock.
//!
//! [`check_project`] does all of it. [`session`] makes the one kind of DataFusion session that the project uses, here and in `stages`.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod cases;
mod cells;
mod checks;
mod contract;
mod error;
mod graph;
mod keys;
mod lineage;
mod lint;
mod nearest;
mod parse;
mod plan;
mod project;
mod session;
#[cfg(test)]
mod testing;

pub use cases::{CaseOutcome, TestCase, run_case};
pub use checks::{Check, generated_checks, plan_check, sort_exprs};
pub use contract::{ContractFinding, check_contract};
pub use error::SqlError;
pub use graph::{BaseTable, Layer, ModelGraph};
pub use lineage::{ColumnRef, lineage};
pub use lint::{LintCode, LintFinding, lint, lint_with_keys};
pub use parse::{Model, ModelSet, one_query};
pub use plan::{Planned, PlannedModel, plan_models};
pub use project::{Finding, Project, Report, Severity, check_project};
pub use session::{Memory, session};
