//! Intervals: how far a withheld value may move in the eyes of someone who knows that it is a whole number of at least one.
//!
//! That a cell is not a sum of published ones does not say that it is hidden: the withheld values must be whole and at least one, which may leave
//! one way only. So for each primary two *witness tables* are sought that agree with everything published and in which it differs by at least
//! [`Intervals::width`], and one in which it reaches [`Intervals::reach`] (DISCLOSURE §0.2, §2c). A table counts when exact additions say so; where
//! none is found, a cell that holds the value back is withheld as well.

use std::collections::{BTreeSet, HashMap};

use crate::local::{Goal, Moves};
use crate::parallel;
use crate::problem::Problem;
use crate::repair::Solved;
use crate::state::{Cause, State};

/// What intervals must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Intervals {
    /// Two witness tables must differ by this much in each primary.
    pub width: u64,
    /// A witness table should let each primary reach this much: the threshold itself.
    pub reach: u64,
    /// After so many rounds of repair, what is still too narrow is given up and reported.
    pub rounds: u32,
}

impl Default for Intervals {
    fn default() -> Self {
        Self { width: 2, reach: 11, rounds: 40 }
    }
}

/// The least and the greatest value that a witness table gave each variable.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    low: Vec<u64>,
    high: Vec<u64>,
}

/// Primaries of one task, and tasks between two exchanges of what was seen. Fixed, so that threads change nothing.
const TASK: usize = 32;
const TASKS: usize = 64;

impl Seen {
    pub(crate) fn new(problem: &Problem) -> Self {
        let values: Vec<u64> = (0..problem.variables() as u32).map(|v| problem.value(v)).collect();
        Self { high: values.clone(), low: values }
    }

    fn wide(&self, var: u32, want: Intervals) -> bool {
        self.high[var as usize] - self.low[var as usize] >= want.width
    }

    fn reaches(&self, var: u32, want: Intervals) -> bool {
        self.high[var as usize] >= want.reach
    }

    fn enough(&self, var: u32, want: Intervals) -> bool {
        self.wide(var, want) && self.reaches(var, want)
    }

    fn take(&mut self, problem: &Problem, changes: &[(u32, i64)]) {
        for (var, change) in changes {
            let value = problem.value(*var).saturating_add_signed(*change);
            let (low, high) = (&mut self.low[*var as usize], &mut self.high[*var as usize]);
            *low = (*low).min(value);
            *high = (*high).max(value);
        }
    }
}

/// What one primary still lacks after every try, with the cells that hold it back.
struct Held {
    var: u32,
    brakes: Vec<u32>,
}

/// A range seen by one task; kept apart until the exchange.
type Witnesses = Vec<Vec<(u32, i64)>>;

/// Tries to give each of `vars` what is wanted. Those that lack something come back.
fn certify(state: &State<'_>, seen: &mut Seen, vars: &[u32], want: Intervals, threads: usize) -> Vec<Held> {
    let mut held = Vec::new();
    let mut found: Vec<Witnesses> = Vec::new();
    let mut solved = Solved::new(state.problem, &state.withheld, threads);
    solved.factors.iter_mut().for_each(crate::eliminate::Factor::index);
    let moves = Moves::new(state.problem, &state.withheld, &solved);
    let mut round = |vars: &[u32], hard: bool, held: &mut Vec<Held>| {
        for block in vars.chunks(TASK * TASKS) {
            let tasks: Vec<&[u32]> = block.chunks(if hard { 1 } else { TASK }).collect();
            let before = &*seen;
            for (witnesses, lacking) in parallel::map(tasks.len(), threads, |t| task(state.problem, &moves, before, tasks[t], want, hard)) {
                found.push(witnesses);
                held.extend(lacking);
            }
            found.drain(..).flatten().for_each(|w| seen.take(state.problem, &w));
        }
    };
    round(vars, false, &mut held);
    // Those of which not even the brakes are known get more room.
    let (unknown, rest): (Vec<Held>, Vec<Held>) = held.into_iter().partition(|h| h.brakes.is_empty());
    let mut held = rest;
    let unknown: Vec<u32> = unknown.into_iter().map(|h| h.var).collect();
    round(&unknown, true, &mut held);
    held.retain(|h| !seen.enough(h.var, want));
    held
}

fn task(problem: &Problem, moves: &Moves<'_>, before: &Seen, vars: &[u32], want: Intervals, hard: bool) -> (Witnesses, Vec<Held>) {
    let mut ranges: HashMap<u32, (u64, u64)> = HashMap::new();
    let (mut witnesses, mut held): (Witnesses, Vec<Held>) = (Vec::new(), Vec::new());
    for var in vars {
        let value = problem.value(*var);
        let mut brakes = Vec::new();
        let old = (before.low[*var as usize], before.high[*var as usize]);
        for up in [true, false] {
            let (low, high) = ranges.get(var).copied().unwrap_or(old);
            let narrow = high - low < want.width;
            let target = if up { want.reach.max(low + want.width) } else { high.saturating_sub(want.width) };
            let by = if up { target.saturating_sub(value) } else { value.saturating_sub(target) };
            if by == 0 || !(narrow || up && high < want.reach) {
                continue;
            }
            let pushed = moves.push(Goal { var: *var, up, by, hard }, true);
            for (v, change) in &pushed.changes {
                let new = problem.value(*v).saturating_add_signed(*change);
                let slot = ranges.entry(*v).or_insert((before.low[*v as usize], before.high[*v as usize]));
                *slot = (slot.0.min(new), slot.1.max(new));
            }
            if !pushed.changes.is_empty() {
                witnesses.push(pushed.changes);
            }
            brakes.extend(pushed.brakes);
        }
        let (low, high) = ranges.get(var).copied().unwrap_or(old);
        if high - low < want.width || high < want.reach {
            held.push(Held { var: *var, brakes });
        }
    }
    (witnesses, held)
}

/// What interval repair left.
#[derive(Debug, Clone, Default)]
pub(crate) struct Left {
    /// Primaries without two witnesses far enough apart.
    pub(crate) narrow: Vec<u32>,
    /// Primaries without a witness in which they reach the threshold.
    pub(crate) short: Vec<u32>,
    pub(crate) rounds: u32,
}

/// Withholds cells until every primary has its witnesses, or nothing more helps.
pub(crate) fn widen(state: &mut State<'_>, want: Intervals, threads: usize) -> Left {
    let problem = state.problem;
    let primaries = (0..problem.variables() as u32).filter(|v| problem.flags(*v).primary() && state.withheld[*v as usize]);
    let mut lacking: Vec<u32> = primaries.collect();
    let mut seen = Seen::new(problem);
    let mut rounds = 0;
    loop {
        let held = certify(state, &mut seen, &lacking, want, threads);
        let mut helped = false;
        if rounds < want.rounds {
            // Far cells only when nothing near helps any of them.
            for reach in [1, usize::MAX] {
                if !helped {
                    held.iter().for_each(|h| helped |= free(state, h, reach));
                }
            }
        }
        lacking = held.into_iter().map(|h| h.var).collect();
        if lacking.is_empty() || !helped {
            break;
        }
        rounds += 1;
    }
    let narrow = lacking.iter().copied().filter(|v| !seen.wide(*v, want)).collect();
    let short = lacking.iter().copied().filter(|v| !seen.reaches(*v, want)).collect();
    Left { narrow, short, rounds }
}

/// Withholds the cheapest cell that holds a primary back, unless one of them has been withheld for another in this round.
fn free(state: &mut State<'_>, held: &Held, reach: usize) -> bool {
    if held.brakes.iter().any(|v| state.withheld[*v as usize]) {
        return true;
    }
    let cheapest = held.brakes.iter().copied().filter(|v| state.candidate(*v)).min_by_key(|v| state.cost(*v));
    let cheapest = cheapest.or_else(|| nearest(state, held.var, reach));
    match cheapest {
        Some(var) => {
            state.withhold(var, Cause::Interval(held.var));
            state.settle();
            true
        }
        None => false,
    }
}

/// The cheapest of the published cells that are fewest constraints away from a variable, `reach` at most.
fn nearest(state: &State<'_>, var: u32, reach: usize) -> Option<u32> {
    let mut known = BTreeSet::from([var]);
    let mut edge = vec![var];
    for _ in 0..reach {
        let rows: BTreeSet<u32> = edge.iter().flat_map(|v| state.problem.rows_of(*v).map(|(row, _)| row)).collect();
        let members = rows.into_iter().flat_map(|row| state.problem.row(row).map(|(v, _)| v));
        edge = members.filter(|v| known.insert(*v)).collect();
        let cheapest = edge.iter().copied().filter(|v| state.candidate(*v)).min_by_key(|v| state.cost(*v));
        if cheapest.is_some() || edge.is_empty() {
            return cheapest;
        }
    }
    None
}
