//! Secondary suppression over a joint problem (DISCLOSURE §2d).

use std::collections::BTreeSet;

use crate::field::{FIRST, SECOND};
use crate::parallel;
use crate::pool::{Pool, PoolOf};
use crate::problem::{Fate, Problem};
use crate::prune::prune;
use crate::repair::repair;
use crate::room::{Intervals, make_room};
use crate::state::{Cause, Objective, State};
use crate::system::Split;

/// How to protect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The pooled-residual rule.
    pub pool: Pool,
    /// Intervals that every primary must keep; `None` protects against linear algebra only.
    pub intervals: Option<Intervals>,
    /// What is kept small.
    pub objective: Objective,
    /// How many threads; 0 takes as many as the machine has. The result does not depend on it.
    pub threads: usize,
    /// Where the random vectors start. Any seed gives a safe pattern.
    pub seed: u64,
}

/// What became of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Its value is published.
    Published,
    /// A primary rule withholds it.
    Primary,
    /// It was withheld in an earlier release.
    Sticky,
    /// It is withheld to protect others.
    Secondary,
    /// No table holds it.
    Hidden,
}

impl Outcome {
    /// Whether a reader sees a marker instead of its value.
    pub fn withheld(self) -> bool {
        matches!(self, Self::Primary | Self::Sticky | Self::Secondary)
    }
}

/// A pattern, and how it came about.
#[derive(Debug, Clone)]
pub struct Pattern {
    pub(crate) withheld: Vec<bool>,
    pub(crate) causes: Vec<(u32, Cause)>,
    pub(crate) intervals: Option<Intervals>,
    outcomes: Vec<Outcome>,
    /// Primary cells that anyone can still compute, because what reveals them is public for good. Nothing may be released while there is one.
    pub lost: Vec<u32>,
    /// Primary cells for which no two witness tables far enough apart were found. Nothing may be released while there is one.
    pub narrow: Vec<u32>,
    /// Primary cells for which no witness table reaches the threshold: to be listed in private.
    pub short: Vec<u32>,
    /// Rounds of repair, linear and of intervals.
    pub rounds: u32,
    /// Secondaries that turned out to protect nothing.
    pub pruned: usize,
}

impl Pattern {
    /// What became of each cell, in the order of the problem.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// How many cells have an outcome.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.outcomes.iter().filter(|o| **o == outcome).count()
    }

    /// Whether no primary cell can be computed from what is published, nor (with intervals on) pinned down.
    pub fn safe(&self) -> bool {
        self.lost.is_empty() && self.narrow.is_empty()
    }
}

/// Finds a pattern in which no primary cell can be computed, and, without intervals, from which no single secondary can be taken out.
///
/// The result depends on the problem and the options only, not on the number of threads.
pub fn protect(problem: &Problem, options: &Options) -> Pattern {
    let threads = if options.threads == 0 { parallel::available() } else { options.threads };
    let pool = PoolOf::new(problem, &options.pool);
    let mut state = State::new(problem, &pool, options.objective);
    if let Some(want) = options.intervals {
        let left = make_room(&mut state, want, options.seed + 1_000, threads);
        let exposed: BTreeSet<u32> = exposed(problem, &state.withheld, options.seed, threads).into_iter().collect();
        let mut pattern = finish(problem, state, &exposed, left.rounds, 0);
        pattern.intervals = options.intervals;
        pattern.narrow = cells_of(problem, &left.narrow);
        pattern.short = cells_of(problem, &left.short);
        return pattern;
    }
    state.settle();
    let mut pruned = 0;
    let mut rounds = 0;
    let mut attempts = 0;
    let (exposed, lost) = loop {
        attempts += 1;
        let repaired = repair(&mut state, options.seed, threads);
        rounds += repaired.rounds;
        pruned += prune(&mut state, repaired.solved, options.seed, threads);
        let exposed = exposed(problem, &state.withheld, options.seed + 1_000, threads);
        // What a second look sees is repaired in turn; that it goes on would take a minor divisible by a prime, and is then reported as lost.
        if attempts == 8 || exposed.iter().all(|v| repaired.lost.contains(v)) {
            break (exposed, repaired.lost);
        }
    };
    let all_lost: BTreeSet<u32> = exposed.into_iter().chain(lost).collect();
    finish(problem, state, &all_lost, rounds, pruned)
}

/// The cells of some variables.
fn cells_of(problem: &Problem, vars: &[u32]) -> Vec<u32> {
    let vars: BTreeSet<u32> = vars.iter().copied().collect();
    let inside = |cell: &u32| problem.var(*cell).is_some_and(|v| vars.contains(&v));
    (0..problem.cells().len() as u32).filter(inside).collect()
}

/// The primary variables that can be computed, by two eliminations from scratch modulo two primes.
pub(crate) fn exposed(problem: &Problem, withheld: &[bool], seed: u64, threads: usize) -> Vec<u32> {
    let split = Split::new(problem, withheld);
    let parts = split.each(threads, |batch| {
        let both = parallel::map(2, threads, |prime| match prime {
            0 => batch.exposed(problem, &batch.factor::<FIRST>(false), seed),
            _ => batch.exposed(problem, &batch.factor::<SECOND>(false), seed),
        });
        both.concat()
    });
    let mut all = parts.concat();
    all.sort_unstable();
    all.dedup();
    all
}

/// The primary cells that anyone can compute from the cells that `published` says are public (zeros always are). The protector's own check; an
/// attacker that shares no code with it belongs beside it.
pub fn computable(problem: &Problem, published: impl Fn(u32) -> bool) -> Vec<u32> {
    let mut withheld = vec![true; problem.variables()];
    for (cell, data) in problem.cells().iter().enumerate() {
        let shown = data.fate == Fate::Public || (data.fate != Fate::Hidden && published(cell as u32));
        if let Some(var) = problem.var(cell as u32).filter(|_| shown) {
            withheld[var as usize] = false;
        }
    }
    let bare: BTreeSet<u32> = exposed(problem, &withheld, 7, parallel::available()).into_iter().collect();
    let seen = |cell: u32| problem.var(cell).is_some_and(|v| bare.contains(&v) || !withheld[v as usize]);
    problem.cells().iter().enumerate().filter(|(i, c)| c.primary && seen(*i as u32)).map(|(i, _)| i as u32).collect()
}

fn finish(problem: &Problem, state: State<'_>, lost: &BTreeSet<u32>, rounds: u32, pruned: usize) -> Pattern {
    // By variable: two cells of the same searches are withheld for the same reason.
    let outcome = |cell: u32| match problem.var(cell).filter(|v| state.withheld[*v as usize]).map(|v| problem.flags(v)) {
        None => Outcome::Published,
        Some(flags) if flags.primary() => Outcome::Primary,
        Some(flags) if flags.sticky() => Outcome::Sticky,
        Some(_) => Outcome::Secondary,
    };
    let hidden = |cell: &crate::problem::Cell| cell.fate == Fate::Hidden;
    let outcomes = problem.cells().iter().enumerate().map(|(i, c)| if hidden(c) { Outcome::Hidden } else { outcome(i as u32) }).collect();
    let bare = |i: u32, cell: &crate::problem::Cell| {
        cell.primary && problem.var(i).is_some_and(|v| lost.contains(&v) || problem.flags(v).public())
    };
    let lost = problem.cells().iter().enumerate().filter(|(i, c)| bare(*i as u32, c)).map(|(i, _)| i as u32).collect();
    Pattern {
        causes: state.causes,
        intervals: None,
        withheld: state.withheld,
        outcomes,
        lost,
        narrow: Vec::new(),
        short: Vec::new(),
        rounds,
        pruned,
    }
}
