//! The attacker: what published tables give away about the cells that were withheld.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod cross;
mod dimension;
mod eliminate;
mod error;
mod exact;
mod explicit;
mod field;
mod formula;
mod problem;
mod system;

pub use cross::CrossTable;
pub use dimension::Dimension;
pub use error::AttackError;
pub use exact::{ExactOptions, ExactReport, exact};
pub use explicit::Explicit;
pub use formula::Formula;
pub use problem::{CellId, Knowledge, Problem, RelationId, State};
