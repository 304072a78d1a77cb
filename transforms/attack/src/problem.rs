//! What the public sees: cells, their published values or the marker, and relations that everybody knows.

/// A cell of the joint problem. Which number stands for which cell is up to the problem; [`Problem::name`] says it in words.
pub type CellId = u64;

/// A relation of the joint problem: a sum of cells with whole coefficients that is 0.
pub type RelationId = u64;

/// What the public knows of one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The value is published (a zero is published too, whether as a row or as a missing one).
    Published(i64),
    /// The one marker: something was counted, but it is not told how many and not why.
    Withheld,
    /// Nothing was said of the cell, though it takes part in relations: a count of at least 0 (an inner cell, a level that is not given).
    Unpublished,
    /// The cell is no part of the problem; a relation that has it says nothing.
    Outside,
}

/// The joint problem of everything ever published: all tables, all vintages, all relations (DISCLOSURE 2a, 2f).
///
/// The attacker asks only for the unknown cells and for the relations around them, so a problem may keep its relations implicit.
pub trait Problem: Sync {
    /// What the public knows of the cell.
    fn state(&self, cell: CellId) -> State;

    /// All cells that are [`State::Withheld`] or [`State::Unpublished`] and take part in the attack, sorted, each once.
    fn unknowns(&self) -> Vec<CellId>;

    /// Adds the relations that the cell is in to `out`, in any order.
    fn touching(&self, cell: CellId, out: &mut Vec<RelationId>);

    /// Adds the relation's cells and coefficients to `out`: the sum of coefficient x value is 0. A cell may come more than once.
    fn terms(&self, relation: RelationId, out: &mut Vec<(CellId, i64)>);

    /// The cell's name for people, without its value.
    fn name(&self, cell: CellId) -> String;
}

/// Which values the attacker takes as possible for a cell of which no value is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Knowledge {
    /// A withheld cell holds at least this: 1 when zeros are published (what the marker then tells), 0 when the marker may hide a zero.
    pub withheld_at_least: i64,
}

impl Default for Knowledge {
    fn default() -> Self {
        Self { withheld_at_least: 1 }
    }
}
