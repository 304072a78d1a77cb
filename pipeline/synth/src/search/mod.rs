//! The collection `search`: intentions, their documents, their dirt, the planted traps.

mod day;
mod draw;
mod expand;
mod model;
mod places;
mod plan;
mod planned;
mod text_field;
mod traps;
mod write;

pub(crate) use day::{Batch, Days, Intended};
pub(crate) use plan::Plan;
pub(crate) use traps::ALL as TRAP_LABELS;
