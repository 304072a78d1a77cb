//! The whole attack of a reader who has everything that was ever published: algebra, then intervals.

use std::fmt;

use serde::Serialize;

use crate::certify::{CertifyOptions, Truth, certify};
use crate::error::AttackError;
use crate::exact::{ExactOptions, ExactReport, exact};
use crate::formula::Formula;
use crate::problem::{CellId, Problem, State};
use crate::report::{IntervalReport, Pinned};

/// How the attack is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AttackOptions {
    /// The exact attack.
    pub exact: ExactOptions,
    /// The interval attack.
    pub certify: CertifyOptions,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct AttackReport {
    /// By algebra.
    pub exact: ExactReport,
    /// The fallen cells of it that are targets, sorted. (Another cell that falls is a secondary one, which may be published as well.)
    pub fallen_targets: Vec<CellId>,
    /// By bounds, linear programs and witnesses, for the targets that algebra does not give.
    pub intervals: IntervalReport,
}

/// One cell that can be found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallen<'a> {
    /// By algebra; with its formula when it was kept.
    Exact(CellId, Option<&'a Formula>),
    /// Its possible values differ by less than the width asked.
    Interval(&'a Pinned),
}

impl Fallen<'_> {
    /// The cell.
    #[must_use]
    pub fn cell(&self) -> CellId {
        match self {
            Self::Exact(cell, _) => *cell,
            Self::Interval(pinned) => pinned.cell,
        }
    }

    /// The finding in words, with values only when they are to be revealed.
    pub fn words<P: Problem + ?Sized>(&self, problem: &P, reveal: bool) -> String {
        match self {
            Self::Exact(_, Some(formula)) => format!("exact: {}", formula.words(problem, reveal)),
            Self::Exact(cell, None) if matches!(problem.state(*cell), State::Published(_)) => format!("published: {}", problem.name(*cell)),
            Self::Exact(cell, None) => format!("exact: {} (formula not kept)", problem.name(*cell)),
            Self::Interval(pinned) => format!("interval: {}", pinned.words(problem, reveal)),
        }
    }
}

impl AttackReport {
    /// All targets that have fallen, those of algebra first.
    pub fn fallen(&self) -> impl Iterator<Item = Fallen<'_>> {
        let formula =
            |cell: CellId| self.exact.formulas.binary_search_by_key(&cell, |f| f.cell).ok().and_then(|at| self.exact.formulas.get(at));
        let by_algebra = self.fallen_targets.iter().map(move |&cell| Fallen::Exact(cell, formula(cell)));
        by_algebra.chain(self.intervals.fallen.iter().map(Fallen::Interval))
    }

    /// Whether the release may go out: no target falls, every target has two witnesses, and this share of them one that reaches k.
    #[must_use]
    pub fn passes(&self, share: f64) -> bool {
        self.fallen_targets.is_empty() && self.intervals.passes(share)
    }
}

impl fmt::Display for AttackReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} targets computable by algebra; {}", self.fallen_targets.len(), self.intervals)
    }
}

/// Attacks as the public can, by algebra and by intervals. `targets` (sorted) are the cells that must not be found out; without them all withheld cells
/// are, as the public cannot tell them apart. `truth` only helps to find witnesses sooner: it has no part in what counts as one.
///
/// # Errors
/// When the problem is not well formed, what is published contradicts itself, or the true table does not fit it.
pub fn attack<P: Problem + ?Sized>(
    problem: &P,
    targets: Option<&[CellId]>,
    truth: Option<Truth<'_>>,
    options: &AttackOptions,
) -> Result<AttackReport, AttackError> {
    let exact = exact(problem, &options.exact)?;
    let intervals = certify(problem, targets, &exact.fallen, truth, &options.certify)?;
    let fallen_targets = exact.fallen.iter().copied().filter(|cell| targets.is_none_or(|list| list.binary_search(cell).is_ok())).collect();
    Ok(AttackReport { exact, fallen_targets, intervals })
}
