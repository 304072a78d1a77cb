//! The insider: an organisation that knows what it contributed itself and subtracts it everywhere (DISCLOSURE 2b singletons, 6e).

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::Serialize;

use crate::bounds::{Bounds, Holders, holders, narrow, propagate};
use crate::certify::{CertifyOptions, Truth, certify_part, contradiction, part_seed, settle, true_table};
use crate::classes::Classes;
use crate::eliminate::Elimination;
use crate::error::AttackError;
use crate::exact::formula;
use crate::exchange::{self, QUICK};
use crate::field::{First, Random};
use crate::formula::Formula;
use crate::hash::CellMap;
use crate::problem::{CellId, Problem, RelationId, State};
use crate::proof::{NEAR, prove_by_tableau, prove_open};
use crate::region::Ground;
use crate::report::{IntervalReport, Pinned};
use crate::system::{Part, Row, System, UNBOUNDED};
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
///
/// In a part that is much larger than what an organisation touches it is attacked in a neighbourhood only, when the true table is at hand: the time then
/// depends on what it touches, not on the size of the problem. Asked about are the cells that it has a count in, and those that stand in a short relation
/// with one. What has fallen follows from whole relations of the neighbourhood, so it has fallen; what is certified has tables that differ from the true
/// one in the neighbourhood only, so they fit everywhere; the rest is reported as open.
pub struct Insider<'a, P: ?Sized> {
    problem: &'a P,
    parts: Vec<Ready>,
    /// The part that each unknown cell is in.
    part_of: CellMap<u32>,
    options: CertifyOptions,
}

/// A part, who holds what in it, and what the public can prove.
struct Ready {
    part: Part,
    holders: Holders,
    bounds: Bounds,
    classes: Classes,
}

/// What is common to all parts in one attack.
#[derive(Clone, Copy)]
struct Knows<'a> {
    own: &'a Own,
    fallen: &'a [CellId],
    truth: Option<Truth<'a>>,
}

impl Knows<'_> {
    fn count(&self, cell: CellId) -> i64 {
        self.own.counts.get(&cell).copied().unwrap_or(0)
    }

    fn known(&self, part: &Part) -> BTreeMap<CellId, i64> {
        part.cells.iter().filter(|cell| self.own.alone.contains(cell)).map(|cell| (*cell, self.count(*cell))).collect()
    }

    /// What is asked of the unknowns of a part: of all that are withheld, or of some cells (sorted).
    fn need(&self, part: &Part, asked: Option<&[CellId]>, options: &CertifyOptions) -> Need {
        let asked = |cell: &CellId| asked.is_none_or(|list| list.binary_search(cell).is_ok()) && self.fallen.binary_search(cell).is_err();
        Need {
            target: part.cells.iter().zip(&part.withheld).map(|(cell, withheld)| *withheld && asked(cell)).collect(),
            width: options.width,
            reach: part.cells.iter().map(|cell| self.count(*cell) + options.k).collect(),
        }
    }
}

/// A relation of at most this many unknowns tells something of one when another is known.
const SHORT: usize = 16;
/// How many unknowns a neighbourhood has: some for each cell that is asked about, and at least some.
const NEIGHBOURHOOD: (usize, usize) = (6, 300);
/// Relations of more unknowns are left out of proofs about a neighbourhood.
const LONG: usize = 80;

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

    /// Attacks with what one organisation knows. `fallen` (sorted) are the cells that the public computes already: they are left out. With the true
    /// table at hand witnesses are searched from it.
    ///
    /// # Errors
    /// When what the organisation says it knows does not fit what is published, or the true table does not.
    pub fn attack(&self, own: &Own, fallen: &[CellId], truth: Option<Truth<'_>>) -> Result<InsiderReport, AttackError> {
        let counted = own.counts.iter().filter(|(_, count)| **count > 0).map(|(cell, _)| *cell);
        let mut touched: BTreeMap<u32, Vec<CellId>> = BTreeMap::new();
        for cell in counted.chain(own.alone.iter().copied()) {
            if let Some(&part) = self.part_of.get(&cell) {
                touched.entry(part).or_default().push(cell);
            }
        }
        let touched: Vec<(u32, Vec<CellId>)> = touched.into_iter().collect();
        let knows = Knows { own, fallen, truth };
        let one = |(part, cells): &(u32, Vec<CellId>)| {
            let ready = &self.parts[*part as usize];
            let mut places: Vec<u32> = cells.iter().filter_map(|cell| Some(ready.part.cells.binary_search(cell).ok()? as u32)).collect();
            places.sort_unstable();
            places.dedup();
            match truth {
                Some(truth) => match neighbourhood(ready, &places) {
                    Some(near) => self.attack_near(ready, &near, &knows, truth),
                    None => self.attack_part(ready, &knows),
                },
                None => self.attack_part(ready, &knows),
            }
        };
        let reports: Result<Vec<InsiderReport>, AttackError> = touched.par_iter().with_max_len(1).map(one).collect();
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

    /// Attacks a whole part.
    fn attack_part(&self, ready: &Ready, knows: &Knows) -> Result<InsiderReport, AttackError> {
        let known = knows.known(&ready.part);
        let informed = Informed { problem: self.problem, known: &known };
        let rest = without_known(&ready.part, knows.own, &known)?;
        let need = knows.need(&rest, None, &self.options);
        let mut report = self.computed(&informed, &rest, &need);
        let intervals = certify_part(&informed, &rest, &need, knows.truth, &self.options)?;
        self.tell(ready, knows, intervals, &mut report);
        Ok(report)
    }

    /// Attacks a neighbourhood: witnesses with everything outside as it truly is, proofs from whole relations only.
    fn attack_near(&self, ready: &Ready, near: &Neighbourhood, knows: &Knows, truth: Truth<'_>) -> Result<InsiderReport, AttackError> {
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
        if knows.known(&ready.part).is_empty() {
            let whole = self.exchanges(ready, near, knows, truth)?;
            for (cell, at) in inside.cells.iter().zip(0u32..) {
                if let Ok(place) = ready.part.cells.binary_search(cell) {
                    seen.see(at, whole.low[place], whole.high[place]);
                }
            }
        }
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

    /// What exchanges over the whole part show of the cells that are asked about, for an organisation that knows no cell, only that none holds less than its
    /// own count.
    fn exchanges(&self, ready: &Ready, near: &Neighbourhood, knows: &Knows, truth: Truth<'_>) -> Result<Ranges, AttackError> {
        let part = without_known(&ready.part, knows.own, &BTreeMap::new())?;
        let base = true_table(self.problem, &part, truth)?;
        let lower = ready.bounds.lower.iter().zip(&part.lower).map(|(a, b)| *a.max(b)).collect();
        let bounds = Bounds { lower, upper: ready.bounds.upper.clone() };
        let ground = Ground { part: &part, holders: &ready.holders, bounds: &bounds, base: &base };
        let need = knows.need(&part, Some(&near.asked), &self.options);
        let mut ranges = Ranges::of(&base);
        exchange::search(&ground, &ready.classes, &need, &mut ranges, QUICK);
        Ok(ranges)
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
    fn tell(&self, ready: &Ready, knows: &Knows, intervals: IntervalReport, report: &mut InsiderReport) {
        report.targets = intervals.targets;
        report.wide = intervals.wide;
        report.reaching = intervals.reaching;
        report.not_wide = intervals.not_wide;
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

/// Where an organisation is in a part that is much larger.
struct Neighbourhood {
    /// The cells that are asked about, sorted.
    asked: Vec<CellId>,
    /// Those and the unknowns around them that may move, sorted.
    unknowns: Vec<u32>,
}

/// The neighbourhood of what an organisation touches; none when the part is hardly larger.
fn neighbourhood(ready: &Ready, touched: &[u32]) -> Option<Neighbourhood> {
    let part = &ready.part;
    let size = |asked: usize| NEIGHBOURHOOD.0 * asked + NEIGHBOURHOOD.1;
    if part.cells.len() <= 2 * size(touched.len()) {
        return None;
    }
    let mut asked = touched.to_vec();
    let rows = touched.iter().flat_map(|&unknown| ready.holders.of(unknown)).map(|&(row, _)| &part.rows[row as usize].terms);
    asked.extend(rows.filter(|terms| terms.len() <= SHORT).flat_map(|terms| terms.iter().map(|term| term.0)));
    asked.sort_unstable();
    asked.dedup();
    let ground = Ground { part, holders: &ready.holders, bounds: &ready.bounds, base: &[] };
    let mut unknowns = ground.ball(&asked, size(asked.len()));
    unknowns.extend(&asked);
    unknowns.sort_unstable();
    unknowns.dedup();
    (part.cells.len() > 2 * unknowns.len())
        .then(|| Neighbourhood { asked: asked.iter().map(|&unknown| part.cells[unknown as usize]).collect(), unknowns })
}

impl Ready {
    /// The equations of some unknowns (sorted), in order.
    fn rows_of(&self, unknowns: &[u32]) -> Vec<u32> {
        let mut rows: Vec<u32> = unknowns.iter().flat_map(|&unknown| self.holders.of(unknown)).map(|holder| holder.0).collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    }

    /// A part of its own with these unknowns (sorted) and rows.
    fn piece(&self, unknowns: &[u32], rows: Vec<Row>) -> Part {
        let part = &self.part;
        Part {
            cells: unknowns.iter().map(|&u| part.cells[u as usize]).collect(),
            lower: unknowns.iter().map(|&u| part.lower[u as usize]).collect(),
            withheld: unknowns.iter().map(|&u| part.withheld[u as usize]).collect(),
            rows,
        }
    }

    /// Some unknowns (sorted) with everything else as it truly is: a table of theirs and the true one for the rest fit the whole part.
    fn inside(&self, unknowns: &[u32], truth: Truth<'_>) -> Result<Part, AttackError> {
        let mut rows = Vec::new();
        for at in self.rows_of(unknowns) {
            let row = &self.part.rows[at as usize];
            let mut rhs = i128::from(row.rhs);
            let mut terms = Vec::new();
            for &(unknown, coefficient) in &row.terms {
                match unknowns.binary_search(&unknown) {
                    Ok(place) => terms.push((place as u32, coefficient)),
                    Err(_) => rhs -= i128::from(coefficient) * i128::from(truth(self.part.cells[unknown as usize])),
                }
            }
            rows.push(Row { relation: row.relation, terms: terms.into_boxed_slice(), rhs: small(rhs)? });
        }
        Ok(self.piece(unknowns, rows))
    }

    /// All equations of a neighbourhood that are not too long, with all their unknowns: what follows from them holds in the whole part.
    fn around(&self, near: &Neighbourhood) -> Part {
        let mut rows = self.rows_of(&near.unknowns);
        rows.retain(|&row| self.part.rows[row as usize].terms.len() <= LONG);
        let mut unknowns = near.unknowns.clone();
        unknowns.extend(rows.iter().flat_map(|&row| self.part.rows[row as usize].terms.iter().map(|term| term.0)));
        unknowns.sort_unstable();
        unknowns.dedup();
        let place = |unknown: u32| unknowns.binary_search(&unknown).unwrap_or_default() as u32;
        let rows = rows
            .iter()
            .map(|&at| {
                let row = &self.part.rows[at as usize];
                Row { relation: row.relation, terms: row.terms.iter().map(|&(u, c)| (place(u), c)).collect(), rhs: row.rhs }
            })
            .collect();
        self.piece(&unknowns, rows)
    }

    /// What the public can prove of a piece's unknowns, and that none is below the piece's least value.
    fn public_bounds(&self, piece: &Part) -> Bounds {
        let mut bounds = Bounds { lower: piece.lower.clone(), upper: vec![UNBOUNDED; piece.cells.len()] };
        for (at, cell) in piece.cells.iter().enumerate() {
            if let Ok(place) = self.part.cells.binary_search(cell) {
                bounds.lower[at] = bounds.lower[at].max(self.bounds.lower[place]);
                bounds.upper[at] = self.bounds.upper[place];
            }
        }
        bounds
    }
}

fn small(rhs: i128) -> Result<i64, AttackError> {
    i64::try_from(rhs).map_err(|_| AttackError::TooLarge { what: "a relation's sum", limit: i64::MAX as u64 })
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
