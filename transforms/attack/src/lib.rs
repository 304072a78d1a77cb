//! The attacker: what published tables give away about the cells that were withheld.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod bounds;
mod certify;
mod cross;
mod dimension;
mod eliminate;
mod error;
mod exact;
mod explicit;
mod field;
mod formula;
mod linear;
mod problem;
mod region;
mod report;
mod simplex;
mod start;
mod system;
mod witness;

pub use certify::{CertifyOptions, Truth, certify, interval};
pub use cross::CrossTable;
pub use dimension::Dimension;
pub use error::AttackError;
pub use exact::{ExactOptions, ExactReport, exact};
pub use explicit::Explicit;
pub use formula::Formula;
pub use problem::{CellId, Knowledge, Problem, RelationId, State};
pub use report::{IntervalReport, Pinned};
pub use witness::Witness;
