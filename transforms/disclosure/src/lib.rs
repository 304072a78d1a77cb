//! Disclosure control of count tables.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod alternatives;
mod contributors;
mod cube;
mod dictionary;
mod dimension;
mod eliminate;
mod error;
mod explain;
mod field;
mod interval;
mod ledger;
mod local;
mod named;
mod parallel;
mod pool;
mod primary;
mod problem;
mod protect;
mod prune;
mod repair;
mod small_counts;
mod sparse;
mod state;
mod system;

pub use alternatives::{CellKey, Quality, controlled_rounding, judge};
pub use contributors::{Contributor, ContributorFold, Contributors};
pub use cube::{Cube, Table};
pub use dimension::{Dimension, DimensionBuilder};
pub use error::Error;
pub use explain::{Explanation, Formula, explain};
pub use interval::Intervals;
pub use ledger::{Entry, Ledger, Revision, Shown, revise};
pub use named::{JointTables, Named};
pub use pool::Pool;
pub use primary::{PrimaryReason, PrimaryRules, Subject};
pub use problem::{Cell, Constraints, Fate, Problem};
pub use protect::{Options, Outcome, Pattern, computable, protect};
pub use small_counts::{SmallCounts, Verdict};
pub use state::Objective;
