//! Intervals: how far a withheld value may move in the eyes of someone who knows that it is a whole number of at least one.
//!
//! That a cell is not a sum of published ones does not say that it is hidden: the withheld values must be whole and at least one, which may leave
//! one way only. So for each primary two *witness tables* are sought that agree with everything published and in which it differs by at least
//! [`Intervals::width`], and one in which it reaches [`Intervals::reach`] (DISCLOSURE §0.2, §2c). A table counts when exact additions say so; where
//! none is found, a cell that holds the value back is withheld as well.

use std::collections::{BTreeSet, HashMap};

use crate::circuit::{Changed, Effort, Goal, checked, moved};
use crate::local::{Moves, Push};
use crate::parallel;
use crate::problem::Problem;
use crate::repair::Solved;
use crate::state::{Cause, State};
use crate::thin::thin;

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

/// The true table, as a witness.
pub(crate) const TRUTH: u32 = u32::MAX;

/// The least and the greatest value that a witness table gave each variable, and which table it was.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    low: Vec<u64>,
    high: Vec<u64>,
    by: Vec<[u32; 2]>,
    /// The witnesses that first were enough for a primary.
    proof: Vec<Option<[u32; 2]>>,
    /// Of each witness: the secondaries that differ in it.
    pub(crate) spare: Vec<Box<[u32]>>,
}

/// Changes of withheld values.
pub(crate) type Changes = Vec<(u32, i64)>;

/// Primaries of one task, and tasks between two exchanges of what was seen. Fixed, so that threads change nothing.
const TASK: usize = 32;
const TASKS: usize = 64;
/// The first look, and the second.
pub(crate) const EASY: Effort = Effort { width: 6, depth: 16 };
const HARD: Effort = Effort { width: 24, depth: 32 };
/// And with published cells.
const OPEN: Effort = Effort { width: 24, depth: 40 };
/// How many shares the primaries that lack something are taken in, twice.
const TURNS: usize = 8;

impl Seen {
    pub(crate) fn new(problem: &Problem) -> Self {
        let values: Vec<u64> = (0..problem.variables() as u32).map(|v| problem.value(v)).collect();
        let count = values.len();
        Self { high: values.clone(), low: values, by: vec![[TRUTH; 2]; count], proof: vec![None; count], spare: Vec::new() }
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

    /// The witnesses that speak for a primary: those that were enough, or else the best there are.
    pub(crate) fn proof(&self, var: u32) -> [u32; 2] {
        self.proof[var as usize].unwrap_or(self.by[var as usize])
    }

    pub(crate) fn prove(&mut self, var: u32, proof: [u32; 2]) {
        self.proof[var as usize] = Some(proof);
    }

    /// Notes a witness and gives its number.
    pub(crate) fn add(&mut self, problem: &Problem, changes: &[(u32, i64)]) -> u32 {
        let spare = changes.iter().map(|c| c.0).filter(|v| !problem.flags(*v).withheld());
        self.spare.push(spare.collect());
        self.spare.len() as u32 - 1
    }

    fn take(&mut self, problem: &Problem, changes: &[(u32, i64)], want: Intervals) {
        let mut number = None;
        for (var, change) in changes {
            let (v, value) = (*var as usize, problem.value(*var).saturating_add_signed(*change));
            if !problem.flags(*var).primary() || (self.low[v]..=self.high[v]).contains(&value) {
                continue;
            }
            let number = *number.get_or_insert_with(|| self.add(problem, changes));
            if value < self.low[v] {
                (self.low[v], self.by[v][0]) = (value, number);
            } else {
                (self.high[v], self.by[v][1]) = (value, number);
            }
            if self.proof[v].is_none() && self.enough(*var, want) {
                // The true table is as good as any other when the reach alone makes it wide.
                let alone = self.high[v] >= problem.value(*var) + want.width;
                self.proof[v] = Some(if alone { [TRUTH, self.by[v][1]] } else { self.by[v] });
            }
        }
    }
}

/// How far a primary must go up, and failing that down, given what was seen of it.
pub(crate) fn aims(value: u64, seen: (u64, u64), want: Intervals) -> [(bool, u64); 2] {
    let (low, high) = seen;
    let up = if high - low < want.width || high < want.reach { want.reach.max(low + want.width).saturating_sub(value) } else { 0 };
    let down = if high - low < want.width { value.saturating_sub(high.saturating_sub(want.width)) } else { 0 };
    [(true, up), (false, down)]
}

/// Tries to give each of `vars` what is wanted. Those that lack something come back.
fn certify(state: &State<'_>, seen: &mut Seen, vars: &[u32], want: Intervals, effort: Effort, threads: usize) -> Vec<u32> {
    let mut lacking = Vec::new();
    for block in vars.chunks(TASK * TASKS) {
        let tasks: Vec<&[u32]> = block.chunks(TASK).collect();
        let before = &*seen;
        for witnesses in parallel::map(tasks.len(), threads, |t| task(state, before, tasks[t], want, effort)) {
            witnesses.iter().for_each(|w| seen.take(state.problem, w, want));
        }
        lacking.extend(block.iter().copied().filter(|v| !seen.enough(*v, want)));
    }
    lacking
}

/// Witnesses for some primaries, each checked.
fn task(state: &State<'_>, before: &Seen, vars: &[u32], want: Intervals, effort: Effort) -> Vec<Changes> {
    let problem = state.problem;
    let mut ranges: HashMap<u32, (u64, u64)> = HashMap::new();
    let mut witnesses = Vec::new();
    for var in vars {
        for turn in 0..2 {
            let old = (before.low[*var as usize], before.high[*var as usize]);
            let (up, by) = aims(problem.value(*var), ranges.get(var).copied().unwrap_or(old), want)[turn];
            if by == 0 {
                continue;
            }
            let found = moved(state, Changed::default(), Goal { var: *var, up, by, effort, open: false, without: None });
            for changes in [found.changes.list(), found.other.list()] {
                if changes.is_empty() || !checked(problem, &state.withheld, &changes) {
                    continue;
                }
                for (v, change) in &changes {
                    let new = problem.value(*v).saturating_add_signed(*change);
                    let slot = ranges.entry(*v).or_insert((before.low[*v as usize], before.high[*v as usize]));
                    *slot = (slot.0.min(new), slot.1.max(new));
                }
                witnesses.push(changes);
            }
        }
    }
    witnesses
}

/// What one primary still lacks after every try, with the cells that hold it back.
struct Held {
    var: u32,
    brakes: Vec<u32>,
}

/// Tries to give each of `vars` what is wanted by linear programs. Those that still lack something come back.
fn press(state: &State<'_>, seen: &mut Seen, vars: &[u32], want: Intervals, threads: usize) -> Vec<Held> {
    if vars.is_empty() {
        return Vec::new();
    }
    let mut held = Vec::new();
    let mut solved = Solved::new(state.problem, &state.withheld, threads);
    solved.factors.iter_mut().for_each(crate::eliminate::Factor::index);
    let moves = Moves::new(state.problem, &state.withheld, &solved);
    let mut round = |vars: &[u32], hard: bool, held: &mut Vec<Held>| {
        // Short blocks: each witness spares programs for its neighbours.
        for block in vars.chunks(TASK) {
            let lacking: Vec<u32> = block.iter().copied().filter(|v| !seen.enough(*v, want)).collect();
            let before = &*seen;
            for (witnesses, brakes) in
                parallel::map(lacking.len(), threads, |i| program(state.problem, &moves, before, lacking[i], want, hard))
            {
                witnesses.iter().for_each(|w| seen.take(state.problem, w, want));
                held.extend(brakes);
            }
        }
    };
    round(vars, false, &mut held);
    // Those of which not even the brakes are known get more room.
    let (unknown, mut rest): (Vec<Held>, Vec<Held>) = held.into_iter().partition(|h| h.brakes.is_empty());
    let unknown: Vec<u32> = unknown.into_iter().map(|h| h.var).collect();
    round(&unknown, true, &mut rest);
    rest.retain(|h| !seen.enough(h.var, want));
    rest
}

/// Witnesses for one primary, and what holds it back when it still lacks something.
fn program(problem: &Problem, moves: &Moves<'_>, before: &Seen, var: u32, want: Intervals, hard: bool) -> (Vec<Changes>, Option<Held>) {
    let value = problem.value(var);
    let (mut low, mut high) = (before.low[var as usize], before.high[var as usize]);
    let (mut witnesses, mut brakes) = (Vec::new(), Vec::new());
    for turn in 0..2 {
        let (up, by) = aims(value, (low, high), want)[turn];
        if by == 0 {
            continue;
        }
        let pushed = moves.push(Push { var, up, by, hard }, true);
        let change = pushed.changes.iter().find(|c| c.0 == var).map_or(0, |c| c.1);
        let new = value.saturating_add_signed(change);
        (low, high) = (low.min(new), high.max(new));
        if !pushed.changes.is_empty() {
            witnesses.push(pushed.changes);
        }
        brakes.extend(pushed.brakes);
    }
    let lacks = high - low < want.width || high < want.reach;
    (witnesses, lacks.then_some(Held { var, brakes }))
}

/// What interval repair left.
#[derive(Debug, Clone, Default)]
pub(crate) struct Left {
    /// Primaries without two witnesses far enough apart.
    pub(crate) narrow: Vec<u32>,
    /// Primaries without a witness in which they reach the threshold.
    pub(crate) short: Vec<u32>,
    pub(crate) rounds: u32,
    /// Secondaries that no witness needs, published again.
    pub(crate) thinned: usize,
}

/// Withholds cells until every primary has its witnesses, or nothing more helps; then publishes again what no witness needs.
pub(crate) fn widen(state: &mut State<'_>, want: Intervals, threads: usize) -> Left {
    let problem = state.problem;
    let primaries = (0..problem.variables() as u32).filter(|v| problem.flags(*v).primary() && state.withheld[*v as usize]);
    let primaries: Vec<u32> = primaries.collect();
    let mut seen = Seen::new(problem);
    let mut rounds = 0;
    // Most of what is wanted needs room in lines that hold small cells only: short circuits through few published cells make it.
    let mut lacking = certify(state, &mut seen, &primaries, want, EASY, threads);
    for turn in 0..2 * TURNS {
        let share: Vec<u32> = lacking.iter().copied().skip(turn % TURNS).step_by(TURNS).collect();
        if release(state, &mut seen, &share, want, threads) {
            lacking = certify(state, &mut seen, &lacking, want, EASY, threads);
        }
    }
    lacking = certify(state, &mut seen, &lacking, want, HARD, threads);
    loop {
        if rounds > 0 {
            lacking = certify(state, &mut seen, &lacking, want, EASY, threads);
        }
        let held = press(state, &mut seen, &lacking, want, threads);
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
    lacking.retain(|v| !seen.enough(*v, want));
    let narrow: Vec<u32> = lacking.iter().copied().filter(|v| !seen.wide(*v, want)).collect();
    let short = lacking.iter().copied().filter(|v| !seen.reaches(*v, want)).collect();
    // What has no witness is held by linear algebra alone, which the thinning does not look at.
    let thinned = if narrow.is_empty() { thin(state, &mut seen, &primaries, want, threads) } else { 0 };
    Left { narrow, short, rounds, thinned }
}

/// Circuits through published cells for some primaries that lack something; what they need is withheld. Whether anything was. Few at a time: each
/// cell withheld may help the others.
fn release(state: &mut State<'_>, seen: &mut Seen, lacking: &[u32], want: Intervals, threads: usize) -> bool {
    let proposals = {
        let (state, seen) = (&*state, &*seen);
        parallel::map(lacking.len(), threads, |i| propose(state, seen, lacking[i], want))
    };
    let mut helped = false;
    for (var, changes) in lacking.iter().zip(proposals) {
        if changes.is_empty() || seen.enough(*var, want) {
            continue;
        }
        for (v, _) in &changes {
            if !state.withheld[*v as usize] {
                state.withhold(*v, Cause::Interval(*var));
            }
        }
        if checked(state.problem, &state.withheld, &changes) {
            helped = true;
            seen.take(state.problem, &changes, want);
        }
    }
    state.settle();
    helped
}

/// A table that gives a primary what it lacks if a few published cells of it were withheld.
fn propose(state: &State<'_>, seen: &Seen, var: u32, want: Intervals) -> Changes {
    let range = (seen.low[var as usize], seen.high[var as usize]);
    let (up, by) = aims(state.problem.value(var), range, want)[0];
    let found = moved(state, Changed::default(), Goal { var, up, by, effort: OPEN, open: true, without: None });
    if found.reached { found.changes.list() } else { Vec::new() }
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
