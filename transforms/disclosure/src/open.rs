//! Room for witnesses: published cells are withheld where no table gives a primary what it must have.
//!
//! For each primary that lacks something a table is sought in which published cells may take part, each at its price: first by a short circuit,
//! then by a small linear program over its neighbourhood, which always holds everything that holds the primary, so that withholding all of that
//! is the last resort. What such a table changes is withheld, which makes the table a witness. Primaries are taken in blocks, each looked at by
//! itself; those whose tables meet in a line that an earlier one of the block has opened are looked at again, as they may now be cheaper.

use std::collections::VecDeque;

use crate::circuit::{Changed, Effort, Goal, balanced, checked, moved};
use crate::field::scattered;
use crate::interval::{Changes, Intervals, Seen, aims, witnesses};
use crate::parallel;
use crate::patch::{Heads, solved};
use crate::problem::Problem;
use crate::sparse::Quick;
use crate::state::{Cause, State};

/// Primaries looked at before anything is withheld for them. Fixed, so that threads change nothing.
const BLOCK: usize = 96;
/// How hard circuits through published cells are looked for.
const OPEN: Effort = Effort { width: 24, depth: 40 };

/// How a table is sought.
#[derive(Debug, Clone, Copy)]
enum Search {
    /// By one circuit.
    Circuit,
    /// By a program over so many cells.
    Program(usize),
}

/// One after the other, for what the one before left.
const SEARCHES: [Search; 4] = [Search::Circuit, Search::Program(160), Search::Program(480), Search::Program(1_440)];

/// Withholds cells until every primary of `lacking` is wide and all but the share that may are not short. Gives the number of rounds.
pub(crate) fn open(state: &mut State<'_>, seen: &mut Seen, mut lacking: Vec<u32>, want: Intervals, threads: usize) -> u32 {
    let problem = state.problem;
    let heads = Heads::new(problem);
    // Neighbours stand far from each other, so that a block opens lines all over the problem.
    lacking.sort_by_key(|v| (scattered(1, u64::from(*v)), *v));
    let size = |v: u32| u64::from(problem.weight(v)).max(1);
    let all: u64 = (0..problem.variables() as u32).filter(|v| problem.flags(*v).primary()).map(size).sum();
    let quota = all * u64::from(want.short_percent) / 100;
    let mut rounds = 0;
    let mut turn = Turn { state, seen, heads: &heads, want, threads };
    let mut left = lacking.clone();
    for search in SEARCHES {
        left = turn.run(left, search, quota, &mut rounds);
        eprintln!("   {search:?} left {}", left.len());
    }
    // Width is for all.
    turn.want.reach = 0;
    lacking.retain(|v| !turn.seen.wide(*v, want));
    eprintln!("   narrow {}", lacking.len());
    for search in SEARCHES {
        lacking = turn.run(lacking, search, 0, &mut rounds);
        eprintln!("   {search:?} left {}", lacking.len());
    }
    rounds
}

struct Turn<'t, 'p> {
    state: &'t mut State<'p>,
    seen: &'t mut Seen,
    heads: &'t Heads,
    want: Intervals,
    threads: usize,
}

impl Turn<'_, '_> {
    /// Tries one search on each of some primaries until those left count for no more than `quota`. Those left come back.
    fn run(&mut self, lacking: Vec<u32>, search: Search, quota: u64, rounds: &mut u32) -> Vec<u32> {
        let problem = self.state.problem;
        let size = |v: &u32| u64::from(problem.weight(*v)).max(1);
        let mut open: u64 = lacking.iter().map(size).sum();
        let mut queue = VecDeque::from(lacking);
        let mut left = Vec::new();
        while open > quota && !queue.is_empty() {
            *rounds += 1;
            let mut block = Vec::new();
            while let Some(var) = (block.len() < BLOCK).then(|| queue.pop_front()).flatten() {
                if self.seen.enough(var, self.want) {
                    open -= size(&var);
                } else {
                    block.push(var);
                }
            }
            let again = self.block(&block, search);
            for var in block.iter().filter(|v| !again.contains(v)) {
                if self.seen.enough(*var, self.want) {
                    open -= size(var);
                } else {
                    left.push(*var);
                }
            }
            again.into_iter().rev().for_each(|v| queue.push_front(v));
        }
        left.extend(queue);
        left.retain(|v| !self.seen.enough(*v, self.want));
        left
    }

    /// Withholds what the tables of a block need. Those to be looked at again come back.
    fn block(&mut self, block: &[u32], search: Search) -> Vec<u32> {
        let (problem, want) = (self.state.problem, self.want);
        let found = {
            let (state, seen, heads) = (&*self.state, &*self.seen, self.heads);
            parallel::map(block.len(), self.threads, |i| {
                let known = witnesses(state, seen, &block[i..=i], want);
                let new = propose(state, seen, heads, block[i], want, search);
                (known, new)
            })
        };
        let mut touched: Quick<u32, ()> = Quick::default();
        let mut again = Vec::new();
        for (var, (known, changes)) in block.iter().zip(found) {
            known.iter().for_each(|w| self.seen.take(problem, w, want));
            if self.seen.enough(*var, want) || changes.is_empty() {
                continue;
            }
            let new: Vec<u32> = changes.iter().map(|c| c.0).filter(|v| !self.state.withheld[*v as usize]).collect();
            let met = |v: u32| problem.rows_of(v).any(|(row, _)| touched.contains_key(&row));
            if !new.is_empty() && changes.iter().any(|c| met(c.0)) {
                again.push(*var);
                continue;
            }
            for v in &new {
                problem.rows_of(*v).for_each(|(row, _)| _ = touched.insert(row, ()));
                self.state.withhold(*v, Cause::Interval(*var));
            }
            if checked(problem, &self.state.withheld, &changes) {
                self.seen.take(problem, &changes, want);
            }
        }
        self.state.settle();
        again
    }
}

/// The cheapest table found that gives a primary what it lacks, if published cells of it were withheld; empty when there is none.
fn propose(state: &State<'_>, seen: &Seen, heads: &Heads, var: u32, want: Intervals, search: Search) -> Changes {
    let problem = state.problem;
    let aims = aims(problem.value(var), seen.range(var), want);
    let short = !seen.reaches(var, want);
    let tables = aims.into_iter().filter(|(up, by)| *by > 0 && (*up || !short)).filter_map(|(up, by)| {
        let goal = Goal { var, up, by, effort: OPEN, open: true, without: None };
        let changes = match search {
            Search::Circuit => Some(moved(state, Changed::default(), goal)).filter(|m| m.reached).map(|m| m.changes.list()),
            Search::Program(size) => solved(state, heads, goal, size),
        }?;
        balanced(problem, &changes).then_some(changes)
    });
    tables.min_by_key(|changes| price(state, problem, changes)).unwrap_or_default()
}

fn price(state: &State<'_>, problem: &Problem, changes: &Changes) -> (i64, usize) {
    let new = changes.iter().map(|c| c.0).filter(|v| !state.withheld[*v as usize] && !problem.flags(*v).withheld());
    (new.map(|v| state.price(v)).sum(), changes.len())
}
