//! What changed between two publications of a dataset: its schema, its rows by key, and its key figures; and the page that tells it.

mod indicators;
mod page;
mod rows;
mod schema;
#[cfg(test)]
mod tests;

pub use indicators::{IndicatorValue, compare_indicators, indicators};
pub use page::changes_page;
pub use rows::{Batches, Listener, RowChange, rows_diff};
pub use schema::SchemaDiff;
