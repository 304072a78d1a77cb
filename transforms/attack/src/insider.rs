//! The insider: an organisation that knows what it contributed itself and subtracts it everywhere (DISCLOSURE 2b singletons, 6e).

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::Serialize;

use crate::bounds::{holders, narrow, propagate};
use crate::certify::{CertifyOptions, Truth, certify_part, contradiction, part_seed, settle, true_table};
use crate::classes::Classes;
use crate::eliminate::Elimination;
use crate::error::AttackError;
use crate::exact::formula;
use crate::field::{First, Random};
use crate::formula::Formula;
use crate::hash::CellMap;
use crate::neighbourhood::{Neighbourhood, Ready, small};
use crate::problem::{CellId, Problem, RelationId, State};
use crate::proof::{NEAR, prove_by_tableau, prove_open};
use crate::region::Ground;
use crate::report::{IntervalReport, Pinned};
use crate::system::{Part, Row, System};
use crate::witness::{LIGHT, Need, Ranges, search};

/// What one organisation knows of the cells, from its own files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    /// Its own count in each cell, of every level (a parent's is the sum of its inner cells'). Cells that are not named hold 0 of it.
    pub counts: BTreeMap<CellId, i64>,
    /// Cells of which it knows that nobody else is in them, so that it knows their whole value. Assuming the worst, the publisher names all cells whose
    /// only contributor it is.
    pub alone: BTreeSet<CellId>,
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
    /// Cells with neither witness nor proof on reaching k. Sorted.
    pub not_reaching: Vec<CellId>,
    /// Published cells in which something is left after subtracting, but less than k. Sorted.
    pub published_below: Vec<CellId>,
}

impl InsiderReport {
    /// The cells of which not everything that was asked was shown.
    pub fn unsettled(&self) -> impl Iterator<Item = CellId> {
        let proven = self.pinned.iter().chain(&self.below).map(|pinned| pinned.cell);
        proven.chain(self.computed.iter().chain(&self.not_wide).chain(&self.not_reaching).copied())
    }

    pub(crate) fn add(&mut self, mut one: Self) {
        self.targets += one.targets;
        self.computed.append(&mut one.computed);
        self.formulas.append(&mut one.formulas);
        self.pinned.append(&mut one.pinned);
        self.below.append(&mut one.below);
        self.also_public += one.also_public;
        self.wide += one.wide;
        self.reaching += one.reaching;
        self.not_wide.append(&mut one.not_wide);
        self.not_reaching.append(&mut one.not_reaching);
    }

    pub(crate) fn sort(&mut self) {
        self.computed.sort_unstable();
        self.formulas.sort_by_key(|formula| formula.cell);
        self.pinned.sort_by_key(|pinned| pinned.cell);
        self.below.sort_by_key(|pinned| pinned.cell);
        self.not_wide.sort_unstable();
        self.not_reaching.sort_unstable();
    }
}

/// The insider attack, prepared once for all organisations: the parts of the problem and what the public can prove of them.
///
/// In a part that is much larger than what an organisation touches it is attacked in a neighbourhood only, when the true table is at hand: the time then
/// depends on what it touches, not on the size of the problem. Asked about are the cells that it has a count in, and those that stand in a short relation
/// with one. What has fallen follows from whole relations of the neighbourhood, so it has fallen; what is certified has tables that differ from the true
/// one in the neighbourhood only, so they fit everywhere; the rest is reported as open.
pub struct Insider<'a, P: ?Sized> {
    problem: &'a P,
    pub(crate) parts: Vec<Ready>,
    /// The part that each unknown cell is in.
    part_of: CellMap<u32>,
    pub(crate) options: CertifyOptions,
}

/// What is common to all parts in one attack.
#[derive(Clone, Copy)]
pub(crate) struct Knowing<'a> {
    pub(crate) own: &'a Own,
    pub(crate) fallen: &'a [CellId],
    pub(crate) truth: Option<Truth<'a>>,
}

impl Knowing<'_> {
    fn count(&self, cell: CellId) -> i64 {
        self.own.counts.get(&cell).copied().unwrap_or(0)
    }

    fn known(&self, part: &Part) -> BTreeMap<CellId, i64> {
        part.cells.iter().filter(|cell| self.own.alone.contains(cell)).map(|cell| (*cell, self.count(*cell))).collect()
    }

    /// What is asked of the unknowns of a part: of all that are withheld, or of some cells (sorted).
    fn need(&self, part: &Part, asked: Option<&[CellId]>, options: &CertifyOptions) -> Need {
        let target = |at: usize| part.is_asked(at, asked) && self.fallen.binary_search(&part.cells[at]).is_err();
        Need {
            target: (0..part.cells.len()).map(target).collect(),
            width: options.width,
            reach: part.cells.iter().map(|cell| self.count(*cell) + options.k).collect(),
        }
    }
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
        let parts: Result<Vec<Ready>, AttackError> = System::build(problem, options.knowledge)?
            .parts()
            .into_par_iter()
            .map(|part| {
                let holders = holders(&part);
                let bounds = propagate(&part, &holders).map_err(|relation| contradiction(problem, relation))?;
                let classes = Classes::of(&part, &holders);
                Ok(Ready { part, holders, bounds, classes })
            })
            .collect();
        let parts = parts?;
        let mut part_of = CellMap::default();
        for (ready, number) in parts.iter().zip(0u32..) {
            part_of.extend(ready.part.cells.iter().map(|&cell| (cell, number)));
        }
        Ok(Self { problem, parts, part_of, options })
    }

    pub(crate) fn problem(&self) -> &P {
        self.problem
    }

    /// Attacks with what one organisation knows. `fallen` (sorted) are the cells that the public computes already: they are left out. With the true
    /// table at hand witnesses are searched from it.
    ///
    /// # Errors
    /// When what the organisation says it knows does not fit what is published, or the true table does not.
    pub fn attack(&self, own: &Own, fallen: &[CellId], truth: Option<Truth<'_>>) -> Result<InsiderReport, AttackError> {
        let counted = own.counts.iter().filter(|(_, count)| **count > 0).map(|(cell, _)| *cell);
        let mut touched: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for cell in counted.chain(own.alone.iter().copied()) {
            if let Some((part, unknown)) = self.place(cell) {
                touched.entry(part).or_default().push(unknown);
            }
        }
        let touched: Vec<(u32, Vec<u32>)> = touched.into_iter().collect();
        let knows = Knowing { own, fallen, truth };
        let one = |(part, unknowns): &(u32, Vec<u32>)| {
            let ready = &self.parts[*part as usize];
            let mut unknowns = unknowns.clone();
            unknowns.sort_unstable();
            unknowns.dedup();
            match truth {
                Some(_) => self.attack_cells(ready, &ready.with_near(&unknowns), &knows),
                None => self.attack_part(ready, None, &knows),
            }
        };
        let reports: Result<Vec<InsiderReport>, AttackError> = touched.par_iter().with_max_len(1).map(one).collect();
        let mut report = InsiderReport::default();
        reports?.into_iter().for_each(|one| report.add(one));
        report.published_below = self.published_below(own);
        report.sort();
        Ok(report)
    }

    /// The published cells of which something is left for the others when an organisation subtracts itself, but less than the threshold. Sorted.
    pub fn published_below(&self, own: &Own) -> Vec<CellId> {
        let left = |(&cell, &own): (&CellId, &i64)| match self.problem.state(cell) {
            State::Published(value) if own > 0 && value > own && value - own < self.options.k => Some(cell),
            _ => None,
        };
        own.counts.iter().filter_map(left).collect()
    }

    /// The part that a cell is in, and its number there.
    pub(crate) fn place(&self, cell: CellId) -> Option<(u32, u32)> {
        let &part = self.part_of.get(&cell)?;
        Some((part, self.parts[part as usize].part.cells.binary_search(&cell).ok()? as u32))
    }

    /// Attacks some unknowns of a part (sorted), in their neighbourhood if that is much smaller.
    pub(crate) fn attack_cells(&self, ready: &Ready, asked: &[u32], knows: &Knowing) -> Result<InsiderReport, AttackError> {
        match (knows.truth, ready.neighbourhood(asked)) {
            (Some(truth), Some(near)) => self.attack_near(ready, &near, knows, truth),
            _ => {
                let cells: Vec<CellId> = asked.iter().map(|&unknown| ready.part.cells[unknown as usize]).collect();
                self.attack_part(ready, Some(&cells), knows)
            }
        }
    }

    /// Attacks a whole part: all that is withheld there, or some cells.
    fn attack_part(&self, ready: &Ready, asked: Option<&[CellId]>, knows: &Knowing) -> Result<InsiderReport, AttackError> {
        let known = knows.known(&ready.part);
        let informed = Informed { problem: self.problem, known: &known };
        let rest = without_known(&ready.part, knows.own, &known)?;
        if rest.cells.is_empty() {
            return Ok(InsiderReport::default());
        }
        let need = knows.need(&rest, asked, &self.options);
        let mut report = self.computed(&informed, &rest, &need);
        let intervals = certify_part(&informed, &rest, &need, knows.truth, &self.options)?;
        self.tell(ready, knows, intervals, &mut report);
        Ok(report)
    }

    /// Attacks a neighbourhood: witnesses with everything outside as it truly is, proofs from whole relations only.
    fn attack_near(&self, ready: &Ready, near: &Neighbourhood, knows: &Knowing, truth: Truth<'_>) -> Result<InsiderReport, AttackError> {
        let inside = ready.inside(&near.unknowns, truth)?;
        let around = ready.around(near);
        let known = knows.known(&around);
        let informed = Informed { problem: self.problem, known: &known };
        let (inside, around) = (without_known(&inside, knows.own, &known)?, without_known(&around, knows.own, &known)?);
        let need = knows.need(&around, Some(&near.asked), &self.options);
        let mut report = self.computed(&informed, &around, &need);
        let objects = |relation| contradiction(self.problem, relation);
        let seed = part_seed(&inside, &self.options);

        let around_holders = holders(&around);
        let mut bounds = ready.public_bounds(&around);
        bounds = narrow(&around, &around_holders, bounds).map_err(objects)?;
        let inside_holders = holders(&inside);
        let free = propagate(&inside, &inside_holders).map_err(objects)?;
        let base = true_table(&informed, &around, truth)?;
        let start = true_table(&informed, &inside, truth)?;
        let mut seen = Ranges::of(&start);
        let ground = Ground { part: &inside, holders: &inside_holders, bounds: &free, base: &start };
        search(&ground, &knows.need(&inside, Some(&near.asked), &self.options), &mut seen, LIGHT, seed);
        let mut ranges = Ranges::of(&base);
        for (cell, at) in inside.cells.iter().zip(0usize..) {
            if let Ok(place) = around.cells.binary_search(cell) {
                ranges.see(place as u32, seen.low[at], seen.high[at]);
            }
        }
        bounds = prove_by_tableau(&around, &around_holders, bounds, &need, &ranges, (&base, seed)).map_err(objects)?;
        bounds = prove_open(&around, &around_holders, bounds, &need, &ranges, (&NEAR, self.options.linear_programs)).map_err(objects)?;
        let mut intervals = IntervalReport::default();
        settle(&around, &need, &ranges, &bounds, &mut intervals);
        self.tell(ready, knows, intervals, &mut report);
        Ok(report)
    }

    /// What is computed exactly of the targets of a part, with formulas.
    fn computed(&self, informed: &Informed<'_, P>, rest: &Part, need: &Need) -> InsiderReport {
        let mut report = InsiderReport::default();
        if informed.known.is_empty() {
            return report;
        }
        let elimination = Elimination::<First>::new(rest);
        let null = elimination.null_vector(&mut Random::new(self.options.seed));
        for (at, &cell) in (0u32..).zip(&rest.cells) {
            let zero = need.target[at as usize] && null.get(at as usize) == Some(&0);
            if let Some(formula) = zero.then(|| formula(informed, rest, &elimination, at)).flatten() {
                report.computed.push(cell);
                report.formulas.push(formula);
            }
        }
        report
    }

    /// Adds what was found on intervals, as intervals of what the others have.
    fn tell(&self, ready: &Ready, knows: &Knowing, intervals: IntervalReport, report: &mut InsiderReport) {
        report.targets = intervals.targets;
        report.wide = intervals.wide;
        report.reaching = intervals.reaching;
        report.not_wide = intervals.not_wide;
        report.not_reaching = intervals.not_reaching;
        let publicly = |cell: CellId, narrow: bool| {
            ready.part.cells.binary_search(&cell).is_ok_and(|at| {
                let (low, high) = (ready.bounds.lower[at], ready.bounds.upper[at]);
                if narrow { high - low < self.options.width } else { high < self.options.k }
            })
        };
        let others = |pinned: &Pinned| {
            let own = knows.count(pinned.cell);
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
        if !terms.is_empty() {
            rest.rows.push(Row { relation: row.relation, terms: terms.into_boxed_slice(), rhs: small(rhs)? });
        }
    }
    Ok(rest)
}
