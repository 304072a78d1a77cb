//! What can be wrong with a problem. Errors name positions and reasons, never values.

/// Why a problem cannot be built.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// The values of a constraint do not add up.
    #[error(
        "constraint {constraint} does not add up: a parent must be the sum of its children; declare what lies in no child as a member of its own (sans précision)"
    )]
    Unbalanced {
        /// Its position, from 0.
        constraint: usize,
    },
    /// A constraint names a cell that is not there.
    #[error("constraint {constraint} names a cell that does not exist: add the cell, or take it out of the constraint")]
    UnknownCell {
        /// Its position, from 0.
        constraint: usize,
    },
    /// Too many cells for 31-bit indices.
    #[error("{cells} cells are too many for one joint problem (2^31 - 1 at most): split it by period or territory")]
    TooLarge {
        /// How many there are.
        cells: usize,
    },
    /// A key was given twice with different contents.
    #[error("cell `{key}` is given twice and not equally: make its two definitions agree")]
    Conflict {
        /// The key of the cell.
        key: String,
    },
    /// A name that no list holds.
    #[error("`{name}` is not a member of `{list}`: correct the name, or add it to the list")]
    UnknownName {
        /// The name.
        name: String,
        /// Where it was looked for.
        list: String,
    },
    /// The children of a node overlap or leave something out.
    #[error(
        "`{node}` of dimension `{dimension}` is not the sum of its children: they overlap, or leave a leaf out; give that leaf as a child (sans précision)"
    )]
    NotAPartition {
        /// The dimension.
        dimension: String,
        /// The node.
        node: String,
    },
    /// A dimension declared twice, or a hierarchy with a cycle.
    #[error("dimension `{dimension}`: {reason}")]
    Dimension {
        /// The dimension.
        dimension: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// Constraints that whole numbers cannot be solved for.
    #[error("constraint {constraint} leaves no cell that is a whole sum of others: give the cells that its parents have in common")]
    Tangled {
        /// Its position among the different constraints of the problem, from 0.
        constraint: usize,
    },
    /// No additive rounding without negative values was found.
    #[error("no rounding that adds up was found: choose a smaller base, or give the cells that crossing totals have in common")]
    NotRounded,
    /// Noise that cannot be.
    #[error("the variance of noise must be above 0 and below its limit, and the limit at most 1000")]
    Noise,
    /// A ledger that contradicts itself or the problem.
    #[error("ledger, line {line}: {reason}")]
    Ledger {
        /// The line, from 1.
        line: usize,
        /// What is wrong, and what to do.
        reason: String,
    },
}
