//! Disclosure control of count tables.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod cube;
mod dictionary;
mod dimension;
mod eliminate;
mod error;
mod field;
mod interval;
mod local;
mod named;
mod parallel;
mod pool;
mod problem;
mod protect;
mod prune;
mod repair;
mod small_counts;
mod sparse;
mod state;
mod system;

pub use cube::{Cube, Table};
pub use dimension::{Dimension, DimensionBuilder};
pub use error::Error;
pub use interval::Intervals;
pub use named::{JointTables, Named};
pub use pool::Pool;
pub use problem::{Cell, Constraints, Fate, Problem};
pub use protect::{Options, Outcome, Pattern, computable, protect};
pub use small_counts::{SmallCounts, Verdict};
pub use state::Objective;
