//! Other tables that fit what is published, for the few cells that no short circuit ([`crate::circuit`]) moves far enough.
//!
//! The null vectors of what is withheld, one for each free column of the elimination, are the ways in which an attacker can be wrong. A few that
//! touch the goal are taken and the goal is pushed up or down by the simplex method, in steps of whole numbers; where a cell stops it, the null
//! vectors through that cell join (column generation). The tableau is in floating point and only *proposes*: what counts is the list of changes,
//! whole numbers checked by additions against every constraint they touch ([`checked`]). When nothing more can join, the rows that hold the goal
//! back say which published cells would free it (the dual of the same program, DISCLOSURE §2d step 5).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::circuit::{checked, least};
use crate::dictionary::Dictionary;
use crate::field::{FIRST, Field};
use crate::problem::Problem;
use crate::repair::Solved;

/// A direction in which to push, and how far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Push {
    pub(crate) var: u32,
    pub(crate) up: bool,
    /// By how much at most; the push stops there.
    pub(crate) by: u64,
    /// Whether to take as many null vectors as it needs.
    pub(crate) hard: bool,
}

/// What a push came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pushed {
    /// Changes of withheld values; empty when nothing moved.
    pub(crate) changes: Vec<(u32, i64)>,
    /// When the goal was not reached: the published cells that hold it back.
    pub(crate) brakes: Vec<u32>,
}

/// One null vector: columns of a batch, and how much each moves when the free column moves by one.
type Direction = Box<[(u32, f64)]>;

/// The null vectors of a pattern, computed when asked for.
pub(crate) struct Moves<'a> {
    problem: &'a Problem,
    withheld: &'a [bool],
    solved: &'a Solved,
    /// Of each batch and column.
    known: Vec<Vec<OnceLock<Option<Direction>>>>,
}

/// Wider null vectors than this are left alone.
const WIDEST: usize = 800;
/// How many null vectors take part, from the first try to the last.
const SIZES: [usize; 4] = [10, 24, 60, 140];
/// And when those did not even tell what holds the goal back.
const MORE: [usize; 2] = [300, 600];

/// A field element as a fraction of small numbers.
fn fraction(value: u64) -> Option<f64> {
    (1..=12u64).find_map(|den| {
        let num = Field::<FIRST>::small(Field::<FIRST>::mul(value, den)).filter(|n| n.abs() < 10_000)?;
        Some(num as f64 / den as f64)
    })
}

/// A fraction of small numbers as a field element.
fn residue(value: f64) -> Option<u64> {
    (1..=12u64).find_map(|den| {
        let num = value * den as f64;
        let whole = (num - num.round()).abs() < 1e-6;
        let magnitude = num.round().abs() as u64;
        let num = if num < 0.0 { Field::<FIRST>::neg(magnitude) } else { magnitude };
        whole.then(|| Field::<FIRST>::mul(num, Field::<FIRST>::inverse(den)))
    })
}

impl<'a> Moves<'a> {
    /// The factors of `solved` must be indexed.
    pub(crate) fn new(problem: &'a Problem, withheld: &'a [bool], solved: &'a Solved) -> Self {
        let known = solved.split.batches.iter().map(|b| (0..b.vars.len()).map(|_| OnceLock::new()).collect()).collect();
        Self { problem, withheld, solved, known }
    }

    fn direction(&self, batch: usize, free: u32) -> Option<&Direction> {
        let make = || {
            let direction = self.solved.factors[batch].direction(free, WIDEST)?;
            direction.into_iter().map(|(c, v)| Some((c, fraction(v)?))).collect::<Option<Vec<_>>>().map(Vec::into_boxed_slice)
        };
        self.known[batch][free as usize].get_or_init(make).as_ref()
    }

    /// Pushes a withheld cell. Changes that fail the exact check are dropped. `brakes` are looked for when `dual` says so.
    pub(crate) fn push(&self, goal: Push, dual: bool) -> Pushed {
        let Some((batch, col)) = self.solved.split.place(goal.var) else { return Pushed::default() };
        let (factor, vars) = (&self.solved.factors[batch], &self.solved.split.batches[batch].vars);
        let room = |c: u32| (self.problem.value(vars[c as usize]) - least(self.problem, vars[c as usize])) as f64;
        let mut slack: BTreeMap<u32, f64> = BTreeMap::new();
        let mut taken: Vec<u32> = Vec::new();
        let mut asked: BTreeSet<u32> = BTreeSet::new();
        let mut offered: BTreeSet<(usize, u32)> = BTreeSet::new();
        let mut ask = vec![col];
        let mut pushed = Pushed::default();
        let start = room(col);
        for size in SIZES.into_iter().chain(MORE.into_iter().filter(|_| goal.hard)) {
            for c in ask.drain(..).filter(|c| asked.insert(*c)) {
                let new = factor.freedom(c).into_iter().filter(|(f, _)| !taken.contains(f));
                offered.extend(new.filter_map(|(f, _)| Some((self.direction(batch, f)?.len(), f))));
            }
            let before = taken.len();
            while let Some((_, f)) = (taken.len() < size).then(|| offered.pop_first()).flatten() {
                taken.push(f);
            }
            if taken.len() == before {
                break;
            }
            let columns: Vec<(u32, &[(u32, f64)])> = taken.iter().filter_map(|f| Some((*f, &**self.direction(batch, *f)?))).collect();
            let mut dictionary = Dictionary::new(&columns, |c| slack.get(&c).copied().unwrap_or_else(|| room(c)));
            let moved = (dictionary.slack(col).unwrap_or(start) - start).abs();
            let reached = dictionary.push(col, goal.up, goal.by as f64 - moved);
            slack.extend(dictionary.slacks());
            if reached {
                pushed.brakes.clear();
                break;
            }
            let brakes = dictionary.brakes(col);
            if dual {
                pushed.brakes = self.published(batch, col, &brakes);
            }
            ask.extend(brakes.into_iter().map(|(c, _)| c));
        }
        let changes: Vec<(u32, i64)> =
            slack.into_iter().map(|(c, s)| (vars[c as usize], (s - room(c)) as i64)).filter(|(_, change)| *change != 0).collect();
        if checked(self.problem, self.withheld, &changes) {
            pushed.changes = changes;
        }
        pushed
    }

    /// The published cells with a weight in the sum of constraints that bounds the goal by the cells that brake it.
    fn published(&self, batch: usize, goal: u32, brakes: &[(u32, f64)]) -> Vec<u32> {
        let terms: Option<Vec<(u32, u64)>> =
            brakes.iter().map(|(c, rate)| Some((*c, residue(-rate)?))).chain(std::iter::once(Some((goal, 1)))).collect();
        let weights = terms.and_then(|t| self.solved.factors[batch].explain_sum(&t));
        weights.map(|w| self.solved.published_side(self.problem, self.withheld, batch, &w).into_keys().collect()).unwrap_or_default()
    }
}
