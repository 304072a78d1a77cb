//! The interval attack: what values a withheld cell can have when it is an integer of at least 1, with a proof or a witness for each answer.

use rayon::prelude::*;

use crate::bounds::{Bounds, Holders, holders, narrow, propagate};
use crate::by_class::ByClass;
use crate::classes::Classes;
use crate::error::AttackError;
use crate::exchange::{self, PATIENT, QUICK};
use crate::field::Random;
use crate::problem::{CellId, Knowledge, Problem, State};
use crate::proof::{FAR, prove, prove_by_tableau, prove_open};
use crate::region::{Ground, misfit};
use crate::report::{IntervalReport, Pinned};
use crate::start;
use crate::system::{Part, System};
use crate::witness::{LIGHT, Need, Ranges, sample, search};

/// What is asked of the withheld cells, and how hard it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertifyOptions {
    /// In one witness a target must reach this: the threshold.
    pub k: i64,
    /// Two witnesses of a target must differ by this.
    pub width: i64,
    /// What the marker tells.
    pub knowledge: Knowledge,
    /// Seed of the search; another one finds other witnesses.
    pub seed: u64,
    /// For how many targets of a part, after the search, linear programs are asked for a proof that there is no witness; targets of which the same classes
    /// of inner cells say all count as one.
    pub linear_programs: usize,
    /// How many whole witness tables (one per part at most, the first found by the attacker himself or the true one) are handed back.
    pub samples: usize,
}

impl Default for CertifyOptions {
    fn default() -> Self {
        Self { k: 11, width: 2, knowledge: Knowledge::default(), seed: 1, linear_programs: 1000, samples: 0 }
    }
}

/// The true value of an unknown cell, for the publisher: witnesses are then searched from the true table. They are checked like all others.
pub type Truth<'a> = &'a (dyn Fn(CellId) -> i64 + Sync);

/// Certifies the targets (all withheld cells when there is no list; one that nothing is said of may be in it), but for those in `fallen`, of which the
/// exact attack has the value.
/// `targets` and `fallen` are sorted. The answer does not depend on the number of threads.
///
/// # Errors
/// When the problem is not well formed, what is published contradicts itself, or the true table does not fit it.
pub fn certify<P: Problem + ?Sized>(
    problem: &P,
    targets: Option<&[CellId]>,
    fallen: &[CellId],
    truth: Option<Truth<'_>>,
    options: &CertifyOptions,
) -> Result<IntervalReport, AttackError> {
    let parts = System::build(problem, options.knowledge)?.parts();
    let outcomes: Result<Vec<IntervalReport>, AttackError> = parts
        .par_iter()
        .with_max_len(1)
        .map(|part| {
            let target = |at: usize| part.is_asked(at, targets) && fallen.binary_search(&part.cells[at]).is_err();
            let need = Need {
                target: (0..part.cells.len()).map(target).collect(),
                width: options.width,
                reach: vec![options.k; part.cells.len()],
            };
            if need.target.contains(&true) { certify_part(problem, part, &need, truth, options) } else { Ok(IntervalReport::default()) }
        })
        .collect();
    let mut report = IntervalReport::default();
    for outcome in outcomes? {
        report.add(outcome);
    }
    report.sort();
    report.samples.truncate(options.samples);
    Ok(report)
}

/// Certifies the targets of one part: exchanges settle most of them, regions, other tables and proofs what they leave open.
pub(crate) fn certify_part<P: Problem + ?Sized>(
    problem: &P,
    part: &Part,
    need: &Need,
    truth: Option<Truth<'_>>,
    options: &CertifyOptions,
) -> Result<IntervalReport, AttackError> {
    let holders = holders(part);
    let mut bounds = propagate(part, &holders).map_err(|relation| contradiction(problem, relation))?;
    let seed = part_seed(part, options);
    let classes = Classes::of(part, &holders);
    let base = base_table(problem, part, (&holders, &bounds, &classes), truth, options)?;
    let mut report = IntervalReport { parts_without_table: usize::from(base.is_none()), ..IntervalReport::default() };
    // where no table was found nothing is wide and nothing reaches k
    let mut ranges = Ranges::of(base.as_deref().unwrap_or(&vec![0; part.cells.len()]));
    let objects = |relation| contradiction(problem, relation);
    let known = bounds.clone();
    let ground = base.as_ref().map(|base| Ground { part, holders: &holders, bounds: &known, base });
    let by_class = ground.as_ref().and_then(|ground| ByClass::of(ground, &classes));
    if let Some(ground) = &ground {
        exchange::search(ground, &classes, need, &mut ranges, QUICK);
        exchange::search(ground, &classes, need, &mut ranges, PATIENT);
        report.samples.extend((options.samples > 0).then(|| sample(part, ground.base)));
        match &by_class {
            Some(by_class) => {
                by_class.search(need, &mut ranges, seed);
                other_tables(ground, by_class, &classes, need, &mut ranges, seed);
            }
            None => search(ground, need, &mut ranges, LIGHT, seed),
        }
        bounds = prove_by_tableau(part, &holders, bounds, need, &ranges, (ground.base, seed)).map_err(objects)?;
    }
    bounds = match &by_class {
        Some(by_class) => {
            by_class.prove(need, &ranges, &mut bounds, options.linear_programs);
            narrow(part, &holders, bounds).map_err(objects)?
        }
        None => prove_open(part, &holders, bounds, need, &ranges, (&FAR, options.linear_programs)).map_err(objects)?,
    };
    settle(part, need, &ranges, &bounds, &mut report);
    Ok(report)
}

/// From how many more tables witnesses are searched for what is open.
const TABLES: u64 = 6;

/// Searches what is still open from other tables: where one was blocked another may not be.
fn other_tables(ground: &Ground, by_class: &ByClass, classes: &Classes, need: &Need, ranges: &mut Ranges, seed: u64) {
    for number in 1..=TABLES {
        if (0u32..).take(ground.part.cells.len()).all(|u| !need.open(ranges, ground.bounds, u)) {
            return;
        }
        let seed = seed ^ (number << 8);
        let Some(base) = by_class.other_table(need, ranges, &mut Random::new(seed)) else { continue };
        // the table itself is a witness: it was checked as a whole
        for (unknown, &value) in (0u32..).zip(&base) {
            ranges.see(unknown, value, value);
        }
        let ground = Ground { base: &base, ..*ground };
        exchange::search(&ground, classes, need, ranges, QUICK);
        if let Some(by_class) = ByClass::of(&ground, classes) {
            by_class.search(need, ranges, seed);
        }
    }
}

/// Says for each target what witnesses and proofs make of it.
pub(crate) fn settle(part: &Part, need: &Need, ranges: &Ranges, bounds: &Bounds, report: &mut IntervalReport) {
    for at in (0..part.cells.len()).filter(|&at| need.target[at]) {
        let (wide, reached) = (need.wide(ranges, at as u32), need.reached(ranges, at as u32));
        let pinned = Pinned::new(part.cells[at], bounds.lower[at], bounds.upper[at]);
        report.targets += 1;
        report.wide += usize::from(wide);
        report.reaching += usize::from(reached);
        match (wide, bounds.upper[at] - bounds.lower[at] < need.width) {
            (true, _) => {}
            (false, true) => report.fallen.push(pinned),
            (false, false) => report.not_wide.push(part.cells[at]),
        }
        match (reached, bounds.upper[at] < need.reach[at]) {
            (true, _) => {}
            (false, true) => report.below.push(pinned),
            (false, false) => report.not_reaching.push(part.cells[at]),
        }
    }
}

/// The seed of a part's own random numbers, whatever order parts are attacked in.
pub(crate) fn part_seed(part: &Part, options: &CertifyOptions) -> u64 {
    options.seed ^ part.cells.first().copied().unwrap_or(0).wrapping_mul(0xA24B_AED4_963E_E407)
}

/// The table that witnesses are searched from: the true one, checked, or one that the attacker finds himself.
pub(crate) fn base_table<P: Problem + ?Sized>(
    problem: &P,
    part: &Part,
    (holders, bounds, classes): (&Holders, &Bounds, &Classes),
    truth: Option<Truth<'_>>,
    options: &CertifyOptions,
) -> Result<Option<Vec<i64>>, AttackError> {
    match truth {
        Some(truth) => true_table(problem, part, truth).map(Some),
        None => Ok(start::find_any(part, holders, bounds, classes, &mut Random::new(part_seed(part, options)))),
    }
}

/// The true table of a part, checked.
pub(crate) fn true_table<P: Problem + ?Sized>(problem: &P, part: &Part, truth: Truth<'_>) -> Result<Vec<i64>, AttackError> {
    let table: Vec<i64> = part.cells.iter().map(|&cell| truth(cell)).collect();
    if let Some(row) = misfit(part, &table).and_then(|at| part.rows.get(at)) {
        return Err(AttackError::BadStart { relation: row.relation, name: name_in(problem, row.relation) });
    }
    match table.iter().zip(&part.lower).position(|(value, least)| value < least) {
        Some(at) => Err(AttackError::BadStart { relation: 0, name: problem.name(part.cells[at]) }),
        None => Ok(table),
    }
}

/// A part, for each unknown its equations, and its bounds.
type Ready = (Part, Holders, Bounds);

/// What is proven of one withheld cell: its least and greatest possible value. Both follow from what is published by exact arithmetic (bounds from
/// single relations, then weak duality); linear programs over the cell's neighbourhood only propose the multipliers.
/// None when the cell is not unknown.
///
/// # Errors
/// When the problem is not well formed, or what is published contradicts itself.
pub fn interval<P: Problem + ?Sized>(problem: &P, cells: &[CellId], knowledge: Knowledge) -> Result<Vec<Option<Pinned>>, AttackError> {
    let parts = System::build(problem, knowledge)?.parts();
    let ready: Result<Vec<Ready>, AttackError> = parts
        .into_iter()
        .filter(|part| cells.iter().any(|cell| part.cells.binary_search(cell).is_ok()))
        .map(|part| {
            let holders = holders(&part);
            let bounds = propagate(&part, &holders).map_err(|relation| contradiction(problem, relation))?;
            Ok((part, holders, bounds))
        })
        .collect();
    let ready = ready?;
    let one = |cell: &CellId| {
        if problem.state(*cell) == State::Outside {
            return None;
        }
        ready.iter().find_map(|(part, holders, bounds)| {
            let at = part.cells.binary_search(cell).ok()?;
            let (mut low, mut high) = (bounds.lower[at], bounds.upper[at]);
            if low < high {
                (low, high) = prove(part, holders, bounds, at, &[60, 250, 900], |low, high| low == high);
            }
            Some(Pinned::new(*cell, low, high))
        })
    };
    Ok(cells.par_iter().map(one).collect())
}

pub(crate) fn contradiction<P: Problem + ?Sized>(problem: &P, relation: u64) -> AttackError {
    AttackError::Contradiction { relation, name: name_in(problem, relation) }
}

fn name_in<P: Problem + ?Sized>(problem: &P, relation: u64) -> String {
    let mut terms = Vec::new();
    problem.terms(relation, &mut terms);
    terms.first().map_or_else(String::new, |&(cell, _)| problem.name(cell))
}
