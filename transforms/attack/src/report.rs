//! What the attacker reports. Nothing here shows a value unless it is asked to.

use std::fmt;

use serde::Serialize;

use crate::problem::{CellId, Problem};
use crate::system::UNBOUNDED;
use crate::witness::Witness;

/// A cell with the interval that is proven for it. `Debug` shows the cell only; the interval itself is a secret when it is narrow.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Pinned {
    /// The cell.
    pub cell: CellId,
    /// Proven: it holds at least this.
    pub low: i64,
    /// Proven: it holds at most this; none when nothing bounds it.
    pub high: Option<i64>,
}

impl Pinned {
    pub(crate) fn new(cell: CellId, low: i64, high: i64) -> Self {
        Self { cell, low, high: (high < UNBOUNDED).then_some(high) }
    }

    /// The difference between the greatest and the least possible value, if there is a greatest.
    #[must_use]
    pub fn width(&self) -> Option<i64> {
        self.high.map(|high| high - self.low)
    }

    /// The cell in words; with its interval when that is to be revealed.
    pub fn words<P: Problem + ?Sized>(&self, problem: &P, reveal: bool) -> String {
        let name = problem.name(self.cell);
        match (reveal, self.high) {
            (false, _) => name,
            (true, Some(high)) => format!("{name}: {} to {high}", self.low),
            (true, None) => format!("{name}: at least {}", self.low),
        }
    }
}

impl fmt::Debug for Pinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pinned(cell {})", self.cell)
    }
}

/// What the interval attack found. Every target is in exactly one of `wide`, `fallen`, `not_wide`, and in one of `reaching`, `below`, `not_reaching`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct IntervalReport {
    /// How many cells were asked about.
    pub targets: usize,
    /// Certified: two checked witness tables give the cell values that differ by the width asked.
    pub wide: usize,
    /// Certified: a checked witness table gives the cell at least k.
    pub reaching: usize,
    /// Fallen: it is proven that its possible values differ by less than the width asked. Sorted.
    pub fallen: Vec<Pinned>,
    /// It is proven that the cell is below k. Sorted.
    pub below: Vec<Pinned>,
    /// Not certified: neither two witnesses nor a proof that there are none. Counts as an objection. Sorted.
    pub not_wide: Vec<CellId>,
    /// Neither a witness that reaches k nor a proof that there is none. Sorted.
    pub not_reaching: Vec<CellId>,
    /// Parts for which not even one table of whole numbers was found.
    pub parts_without_table: usize,
    /// Whole tables that fit, one per part, as many as asked for.
    pub samples: Vec<Witness>,
}

impl IntervalReport {
    /// Whether a release may pass: every target has two witnesses, and at least `share` of them (0.99 in the project's rule) one that reaches k.
    #[must_use]
    pub fn passes(&self, share: f64) -> bool {
        self.wide == self.targets && self.reaching as f64 >= share * self.targets as f64
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.targets += other.targets;
        self.wide += other.wide;
        self.reaching += other.reaching;
        self.fallen.extend(other.fallen);
        self.below.extend(other.below);
        self.not_wide.extend(other.not_wide);
        self.not_reaching.extend(other.not_reaching);
        self.parts_without_table += other.parts_without_table;
        self.samples.extend(other.samples);
    }

    pub(crate) fn sort(&mut self) {
        self.fallen.sort_by_key(|pinned| pinned.cell);
        self.below.sort_by_key(|pinned| pinned.cell);
        self.not_wide.sort_unstable();
        self.not_reaching.sort_unstable();
    }
}

impl fmt::Display for IntervalReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} targets: {} with two witnesses, {} fallen, {} not certified; {} reach k, {} cannot, {} not certified",
            self.targets,
            self.wide,
            self.fallen.len(),
            self.not_wide.len(),
            self.reaching,
            self.below.len(),
            self.not_reaching.len()
        )
    }
}
