//! The tables that are made of published cells. They tell nothing when each row, and which rows there are, follows from the table of the demand and the code
//! lists: so they are made again here and compared.

mod local;
mod shares;

pub(crate) use local::Local;
pub(crate) use shares::Shares;

use super::{
    PublishedDemand,
    demand::{Outcome, Span},
};
use std::collections::HashMap;

/// What is published of all searches of a territory and category: a count, or nothing. A row that is not there is zero.
type Counts = HashMap<(u32, u32), Option<i64>>;

fn counts(demand: &PublishedDemand, span: Span) -> Counts {
    let rows = demand.rows.iter().filter(|row| row.span == span && row.outcome == Outcome::All);
    rows.map(|row| ((row.place, u32::from(row.category)), row.net.published())).collect()
}

/// The text of a row, empty where there is none.
fn text(column: &arrow::array::StringArray, at: usize) -> &str {
    use arrow::array::Array;
    if column.is_valid(at) { column.value(at) } else { "" }
}
