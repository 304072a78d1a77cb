//! What can go wrong with a problem that is handed to the attacker. No error tells a value.

/// A fault of the input. A cell that can be found out is no error: it is in the report.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttackError {
    /// A relation names a cell that the problem does not have.
    #[error("relation {relation} names cell {cell}, which is not in the problem; add the cell first")]
    UnknownCell {
        /// The relation, by its number.
        relation: u64,
        /// The cell, by its number.
        cell: u64,
    },
    /// The published values and relations cannot all be true: the relation has no solution.
    #[error(
        "what is published contradicts relation {relation} ({name}): no table of counts fits; check the totals and the marker of withheld cells"
    )]
    Contradiction {
        /// The relation, by its number.
        relation: u64,
        /// Name of a cell in it.
        name: String,
    },
    /// One cell of one vintage was published with two values.
    #[error("'{meaning}', vintage '{vintage}', was published with two values; give the revised one a vintage of its own")]
    TwoValues {
        /// The cell's meaning.
        meaning: String,
        /// The vintage of its data.
        vintage: String,
    },
    /// A name or key occurs twice where it may occur once.
    #[error("'{0}' occurs twice; each cell, node or meaning is named once")]
    Twice(String),
    /// A name is used that was never declared.
    #[error("'{0}' was never declared")]
    Undeclared(String),
    /// A number outside the range that exact arithmetic is done in.
    #[error("{what} is too large for exact arithmetic (limit {limit})")]
    TooLarge {
        /// Which number.
        what: &'static str,
        /// The largest that is possible.
        limit: u64,
    },
    /// The starting table handed in as true does not fit what is published.
    #[error(
        "the true table does not fit relation {relation} ({name}), or has a withheld cell below its least value; hand in the table that was published"
    )]
    BadStart {
        /// The relation, by its number.
        relation: u64,
        /// Name of a cell in it.
        name: String,
    },
    /// The dimensions of a cross table do not fit what was handed in with them.
    #[error("cross table: {0}")]
    Shape(String),
}
