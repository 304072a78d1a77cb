//! The insider: an organisation that knows what it contributed itself and subtracts it everywhere (DISCLOSURE 2b singletons, 6e).

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::Serialize;

use crate::bounds::{Bounds, holders, propagate};
use crate::certify::{CertifyOptions, Truth, certify_part, contradiction};
use crate::eliminate::Elimination;
use crate::error::AttackError;
use crate::exact::formula;
use crate::field::{First, Random};
use crate::formula::Formula;
use crate::problem::{CellId, Problem, RelationId, State};
use crate::report::Pinned;
use crate::system::{Part, Row, System};
use crate::witness::Need;

/// What one organisation knows of the cells, from its own files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    /// Its own count in each cell, of every level (a parent's is the sum of its inner cells'). Cells that are not named hold 0 of it.
    pub counts: BTreeMap<CellId, i64>,
    /// Cells of which it knows that nobody else is in them, so that it knows their whole value. Assuming the worst, the publisher names all cells whose
    /// only contributor it is.
    pub alone: BTreeSet<CellId>,
}

impl Own {
    /// Makes it from shares of inner cells, `(inner cell, contributor, count)`, and which cells each inner cell is part of (itself among them).
    /// A cell in which the organisation is the only contributor counts as one of which it knows that.
    pub fn from_shares<C: Ord>(shares: &[(CellId, C, i64)], contributor: &C, mut cells_of: impl FnMut(CellId, &mut Vec<CellId>)) -> Self {
        let (mut counts, mut others): (BTreeMap<CellId, i64>, BTreeSet<CellId>) = (BTreeMap::new(), BTreeSet::new());
        let mut cells = Vec::new();
        for (inner, who, count) in shares.iter().filter(|share| share.2 != 0) {
            cells.clear();
            cells_of(*inner, &mut cells);
            for &cell in &cells {
                if who == contributor {
                    *counts.entry(cell).or_insert(0) += count;
                } else {
                    others.insert(cell);
                }
            }
        }
        let alone = counts.keys().copied().filter(|cell| !others.contains(cell)).collect();
        Self { counts, alone }
    }
}

/// What an insider finds out that the public does not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct InsiderReport {
    /// Cells in the parts of the problem that the organisation is in: those that were asked about.
    pub targets: usize,
    /// Cells whose value it computes exactly from what it knows. Sorted.
    pub computed: Vec<CellId>,
    /// Their formulas; cells that only the organisation knows stand in them like published ones.
    pub formulas: Vec<Formula>,
    /// Cells in which the *others'* part is proven to lie in an interval narrower than the width asked. Sorted.
    pub pinned: Vec<Pinned>,
    /// Cells in which the others' part is proven to be below k, but not so narrow. Sorted.
    pub below: Vec<Pinned>,
    /// Of `pinned` and `below`, how many the public is proven to know as much about (nobody gains anything by being inside).
    pub also_public: usize,
    /// Cells with two checked witnesses in which the others' part differs by the width asked.
    pub wide: usize,
    /// Cells with a checked witness in which the others' part reaches k.
    pub reaching: usize,
    /// Cells with neither witness nor proof on the width. Sorted.
    pub not_wide: Vec<CellId>,
    /// Published cells in which something is left after subtracting, but less than k. Sorted.
    pub published_below: Vec<CellId>,
}

/// The insider attack, prepared once for all organisations: the parts of the problem and what the public can prove of them.
pub struct Insider<'a, P: ?Sized> {
    problem: &'a P,
    parts: Vec<(Part, Bounds)>,
    options: CertifyOptions,
}

/// The problem with cells that somebody knows besides.
struct Informed<'a, P: ?Sized> {
    problem: &'a P,
    known: &'a BTreeMap<CellId, i64>,
}

impl<P: Problem + ?Sized> Problem for Informed<'_, P> {
    fn state(&self, cell: CellId) -> State {
        self.known.get(&cell).map_or_else(|| self.problem.state(cell), |&value| State::Published(value))
    }
    fn unknowns(&self) -> Vec<CellId> {
        self.problem.unknowns().into_iter().filter(|cell| !self.known.contains_key(cell)).collect()
    }
    fn touching(&self, cell: CellId, out: &mut Vec<RelationId>) {
        self.problem.touching(cell, out);
    }
    fn terms(&self, relation: RelationId, out: &mut Vec<(CellId, i64)>) {
        self.problem.terms(relation, out);
    }
    fn name(&self, cell: CellId) -> String {
        self.problem.name(cell)
    }
}

impl<'a, P: Problem + ?Sized> Insider<'a, P> {
    /// Prepares the attack.
    ///
    /// # Errors
    /// When the problem is not well formed or what is published contradicts itself.
    pub fn new(problem: &'a P, options: CertifyOptions) -> Result<Self, AttackError> {
        let parts: Result<Vec<(Part, Bounds)>, AttackError> = System::build(problem, options.knowledge)?
            .parts()
            .into_par_iter()
            .map(|part| {
                let bounds = propagate(&part, &holders(&part)).map_err(|relation| contradiction(problem, relation))?;
                Ok((part, bounds))
            })
            .collect();
        Ok(Self { problem, parts: parts?, options })
    }

    /// Attacks with what one organisation knows. `fallen` (sorted) are the cells that the public computes already: they are left out. With the true
    /// table at hand witnesses are searched from it.
    ///
    /// # Errors
    /// When what the organisation says it knows does not fit what is published, or the true table does not.
    pub fn attack(&self, own: &Own, fallen: &[CellId], truth: Option<Truth<'_>>) -> Result<InsiderReport, AttackError> {
        let inside =
            |part: &Part| part.cells.iter().any(|cell| own.alone.contains(cell) || own.counts.get(cell).is_some_and(|&count| count > 0));
        let reports: Result<Vec<InsiderReport>, AttackError> = self
            .parts
            .par_iter()
            .filter(|(part, _)| inside(part))
            .map(|(part, public)| self.attack_part(part, public, own, fallen, truth))
            .collect();
        let mut report = InsiderReport::default();
        for mut one in reports? {
            report.targets += one.targets;
            report.computed.append(&mut one.computed);
            report.formulas.append(&mut one.formulas);
            report.pinned.append(&mut one.pinned);
            report.below.append(&mut one.below);
            report.also_public += one.also_public;
            report.wide += one.wide;
            report.reaching += one.reaching;
            report.not_wide.append(&mut one.not_wide);
        }
        let left = |(&cell, &own): (&CellId, &i64)| match self.problem.state(cell) {
            State::Published(value) if own > 0 && value > own && value - own < self.options.k => Some(cell),
            _ => None,
        };
        report.published_below = own.counts.iter().filter_map(left).collect();
        report.computed.sort_unstable();
        report.formulas.sort_by_key(|formula| formula.cell);
        report.pinned.sort_by_key(|pinned| pinned.cell);
        report.below.sort_by_key(|pinned| pinned.cell);
        report.not_wide.sort_unstable();
        Ok(report)
    }

    fn attack_part(
        &self,
        part: &Part,
        public: &Bounds,
        own: &Own,
        fallen: &[CellId],
        truth: Option<Truth<'_>>,
    ) -> Result<InsiderReport, AttackError> {
        let count = |cell: &CellId| own.counts.get(cell).copied().unwrap_or(0);
        let known: BTreeMap<CellId, i64> =
            part.cells.iter().filter(|cell| own.alone.contains(cell)).map(|cell| (*cell, count(cell))).collect();
        let informed = Informed { problem: self.problem, known: &known };
        let rest = without_known(part, own, &known)?;
        let mut report = InsiderReport::default();
        if !known.is_empty() {
            let elimination = Elimination::<First>::new(&rest);
            let null = elimination.null_vector(&mut Random::new(self.options.seed));
            for (at, &cell) in (0u32..).zip(&rest.cells) {
                let zero = rest.withheld[at as usize] && null.get(at as usize) == Some(&0) && fallen.binary_search(&cell).is_err();
                if let Some(formula) = zero.then(|| formula(&informed, &rest, &elimination, at)).flatten() {
                    report.computed.push(cell);
                    report.formulas.push(formula);
                }
            }
        }
        let need = Need {
            target: rest
                .cells
                .iter()
                .zip(&rest.withheld)
                .map(|(cell, withheld)| *withheld && fallen.binary_search(cell).is_err())
                .collect(),
            width: self.options.width,
            reach: rest.cells.iter().map(|cell| count(cell) + self.options.k).collect(),
        };
        let intervals = certify_part(&informed, &rest, &need, truth, &self.options)?;
        report.targets = intervals.targets;
        report.wide = intervals.wide;
        report.reaching = intervals.reaching;
        report.not_wide = intervals.not_wide;
        let publicly = |cell: CellId, narrow: bool| {
            part.cells.binary_search(&cell).is_ok_and(|at| {
                let (low, high) = (public.lower[at], public.upper[at]);
                if narrow { high - low < self.options.width } else { high < self.options.k }
            })
        };
        let others = |pinned: &Pinned| {
            let own = count(&pinned.cell);
            Pinned { cell: pinned.cell, low: (pinned.low - own).max(0), high: pinned.high.map(|high| high - own) }
        };
        for pinned in &intervals.fallen {
            report.also_public += usize::from(publicly(pinned.cell, true));
            report.pinned.push(others(pinned));
        }
        for pinned in intervals.below.iter().filter(|pinned| intervals.fallen.binary_search_by_key(&pinned.cell, |p| p.cell).is_err()) {
            report.also_public += usize::from(publicly(pinned.cell, false));
            report.below.push(others(pinned));
        }
        Ok(report)
    }
}

/// The part as the insider has it: cells that it knows are on the right-hand side, and no other holds less than its own count.
fn without_known(part: &Part, own: &Own, known: &BTreeMap<CellId, i64>) -> Result<Part, AttackError> {
    let mut rest = Part::default();
    let mut place: Vec<Option<u32>> = Vec::with_capacity(part.cells.len());
    for ((&cell, &withheld), &least) in part.cells.iter().zip(&part.withheld).zip(&part.lower) {
        if known.contains_key(&cell) {
            place.push(None);
            continue;
        }
        place.push(Some(rest.cells.len() as u32));
        rest.cells.push(cell);
        rest.withheld.push(withheld);
        rest.lower.push(least.max(own.counts.get(&cell).copied().unwrap_or(0)));
    }
    for row in &part.rows {
        let mut rhs = i128::from(row.rhs);
        let mut terms = Vec::with_capacity(row.terms.len());
        for &(unknown, coefficient) in &row.terms {
            match (place.get(unknown as usize), part.cells.get(unknown as usize)) {
                (Some(Some(at)), _) => terms.push((*at, coefficient)),
                (_, Some(cell)) => rhs -= i128::from(coefficient) * i128::from(known.get(cell).copied().unwrap_or(0)),
                _ => {}
            }
        }
        let rhs = i64::try_from(rhs).map_err(|_| AttackError::TooLarge { what: "a relation's sum", limit: i64::MAX as u64 })?;
        if !terms.is_empty() {
            rest.rows.push(Row { relation: row.relation, terms: terms.into_boxed_slice(), rhs });
        }
    }
    Ok(rest)
}
