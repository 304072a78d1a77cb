//! What changed between two publications of a dataset: its schema, and its rows by key.

mod rows;
mod schema;
#[cfg(test)]
mod tests;

pub use rows::{RowsDiff, rows_diff};
pub use schema::SchemaDiff;
