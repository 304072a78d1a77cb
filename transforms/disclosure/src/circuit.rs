//! Other tables that fit what is published, found near one cell.
//!
//! A *circuit* is a short list of withheld cells that move together, most by one, so that every constraint still adds up: the cross of a few
//! lines. Any other table that fits is the true one plus circuits that never go back on each other, so that it is enough to look for one circuit
//! after the other. The search starts with the cell to be moved, takes a line that does not add up, tries the members that would mend it, and
//! keeps the partial circuits that leave least to be mended (a beam). It costs what a few lines cost, whatever the size of the problem.
//! What is found only *proposes*: what counts is the list of changes, checked by additions against every constraint it touches ([`checked`]).

use std::collections::{BTreeMap, HashSet};

use crate::field::scattered;
use crate::problem::Problem;
use crate::sparse::Quick;
use crate::state::State;

/// How hard to look: partial circuits kept, and units a circuit may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) width: usize,
    pub(crate) depth: usize,
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goal {
    pub(crate) var: u32,
    pub(crate) up: bool,
    /// By how much in all. Circuits with room for it come first.
    pub(crate) by: u64,
    pub(crate) effort: Effort,
    /// Whether published cells may take part, each at its price.
    pub(crate) open: bool,
    /// A withheld cell that may not take part.
    pub(crate) without: Option<u32>,
}

/// A table that differs from the true one in a few cells.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changed(BTreeMap<u32, i64>);

impl Changed {
    pub(crate) fn of(&self, var: u32) -> i64 {
        if self.0.is_empty() { 0 } else { self.0.get(&var).copied().unwrap_or(0) }
    }

    fn add(&mut self, circuit: &[(u32, i64)], times: i64) {
        for (var, units) in circuit {
            *self.0.entry(*var).or_insert(0) += units * times;
        }
        self.0.retain(|_, change| *change != 0);
    }

    pub(crate) fn list(&self) -> Vec<(u32, i64)> {
        self.0.iter().map(|(v, c)| (*v, *c)).collect()
    }

    /// How far a cell is above its least value.
    fn room(&self, problem: &Problem, var: u32) -> u64 {
        problem.value(var).saturating_add_signed(self.of(var)).saturating_sub(least(problem, var))
    }
}

/// The least a withheld value can be: one, as zeros are public; none for a cell that no table holds.
pub(crate) fn least(problem: &Problem, var: u32) -> u64 {
    u64::from(problem.weight(var) > 0)
}

/// Whether the changed table agrees with everything published: every constraint still adds up and no withheld value falls under its least. Exact.
pub(crate) fn checked(problem: &Problem, withheld: &[bool], changes: &[(u32, i64)]) -> bool {
    changes.iter().all(|(var, _)| withheld[*var as usize]) && balanced(problem, changes)
}

/// The same, as if everything that changes were withheld.
pub(crate) fn balanced(problem: &Problem, changes: &[(u32, i64)]) -> bool {
    let mut sums: Quick<u32, i128> = Quick::default();
    for (var, change) in changes {
        let after = i128::from(problem.value(*var)) + i128::from(*change);
        if after < i128::from(least(problem, *var)) {
            return false;
        }
        for (row, plus) in problem.rows_of(*var) {
            *sums.entry(row).or_insert(0) += i128::from(if plus { *change } else { -*change });
        }
    }
    sums.values().all(|s| *s == 0)
}

/// A circuit in the making.
#[derive(Debug, Clone, Default)]
struct Partial {
    moved: Vec<(u32, i64)>,
    /// The lines that do not add up, and by how much.
    open: Vec<(u32, i64)>,
    /// Sum of what lines lack.
    lack: i64,
    /// What its published members cost.
    price: i64,
    /// How much its tightest member stands in the way of a long move.
    tight: i64,
    /// Secondaries in it: better none, so that they can go.
    spare: i64,
    name: u64,
}

/// One unit more for a partial circuit.
#[derive(Debug, Clone, Copy)]
struct Step {
    score: i64,
    from: u32,
    var: u32,
    unit: i64,
    price: i64,
    tight: i64,
    spare: i64,
    name: u64,
}

/// Beyond this many units of one cell no circuit goes.
const UNITS: i64 = 3;
/// The weight of a line that lacks one; prices are in the same coin.
const LACK: i64 = 16;
static OPENLACK: std::sync::LazyLock<i64> = std::sync::LazyLock::new(|| std::env::var("LACK").ok().and_then(|v| v.parse().ok()).unwrap_or(16));
/// No move needs to be longer.
const LONGEST: u64 = 1_000;

impl Partial {
    fn units(&self, var: u32) -> i64 {
        self.moved.iter().find(|m| m.0 == var).map_or(0, |m| m.1)
    }

    fn lacks(&self, row: u32) -> i64 {
        self.open.iter().find(|o| o.0 == row).map_or(0, |o| o.1)
    }

    fn step(&mut self, problem: &Problem, var: u32, unit: i64) {
        match self.moved.iter_mut().find(|m| m.0 == var) {
            Some(moved) => moved.1 += unit,
            None => self.moved.push((var, unit)),
        }
        for (row, plus) in problem.rows_of(var) {
            let change = if plus { unit } else { -unit };
            match self.open.iter().position(|o| o.0 == row) {
                Some(i) => {
                    let lack = &mut self.open[i].1;
                    self.lack += (*lack + change).abs() - lack.abs();
                    *lack += change;
                    if *lack == 0 {
                        self.open.swap_remove(i);
                    }
                }
                None => {
                    self.open.push((row, change));
                    self.lack += change.abs();
                }
            }
        }
    }
}

fn name(var: u32, unit: i64) -> u64 {
    scattered(u64::from(unit < 0), u64::from(var))
}

/// A circuit through the goal, that the table `now` has room for; with the price of the published cells in it.
pub(crate) fn circuit(state: &State<'_>, now: &Changed, goal: Goal) -> Option<Vec<(u32, i64)>> {
    let problem = state.problem;
    let unit = if goal.up { 1 } else { -1 };
    if !goal.up && now.room(problem, goal.var) == 0 {
        return None;
    }
    let mut first = Partial { name: name(goal.var, unit), ..Partial::default() };
    first.step(problem, goal.var, unit);
    let mut beam = vec![first];
    let mut best: Option<Partial> = None;
    let mut more = usize::MAX;
    let mut steps: Vec<Step> = Vec::new();
    let mut names: HashSet<u64> = HashSet::new();
    for _ in 0..goal.effort.depth {
        steps.clear();
        for (from, partial) in beam.iter().enumerate() {
            extend(state, now, goal, partial, from as u32, &mut steps);
        }
        steps.sort_unstable_by_key(|s| (s.score, s.var, s.from));
        names.clear();
        let mut next = Vec::with_capacity(goal.effort.width);
        for step in &steps {
            if next.len() == goal.effort.width {
                break;
            }
            if best.as_ref().is_some_and(|b| step.price >= b.price) || !names.insert(step.name) {
                continue;
            }
            let mut partial = beam[step.from as usize].clone();
            partial.step(problem, step.var, step.unit);
            (partial.price, partial.tight, partial.spare, partial.name) = (step.price, step.tight, step.spare, step.name);
            if partial.open.is_empty() {
                best = Some(partial);
                more = more.min(4);
            } else {
                next.push(partial);
            }
        }
        beam = next;
        if beam.is_empty() || more == 0 || best.as_ref().is_some_and(|b| b.price == 0) {
            break;
        }
        more = more.saturating_sub(usize::from(best.is_some()));
    }
    best.map(|b| b.moved)
}

/// Every member of the most constrained open line that would mend it by one.
fn extend(state: &State<'_>, now: &Changed, goal: Goal, partial: &Partial, from: u32, steps: &mut Vec<Step>) {
    let problem = state.problem;
    let Some((row, lack)) = partial.open.iter().copied().min_by_key(|(row, _)| (state.count[*row as usize], *row)) else { return };
    for (var, plus) in problem.row(row) {
        let unit = if plus { -lack.signum() } else { lack.signum() };
        let withheld = state.withheld[var as usize];
        if goal.without == Some(var) || !(withheld || goal.open && state.candidate(var)) {
            continue;
        }
        let units = partial.units(var);
        if units * unit < 0 || (units + unit).abs() > UNITS {
            continue;
        }
        let mut tight = partial.tight;
        if unit < 0 {
            let room = now.room(problem, var) / (units + unit).unsigned_abs();
            // Where cells are paid for, one circuit must do.
            if room == 0 || goal.open && room < goal.by {
                continue;
            }
            tight = tight.max(match room {
                room if room >= goal.by => 0,
                room if room * 2 >= goal.by => 1,
                1 => 3,
                _ => 2,
            });
        }
        let change: i64 = problem
            .rows_of(var)
            .map(|(row, plus)| {
                let lack = partial.lacks(row);
                (lack + if plus { unit } else { -unit }).abs() - lack.abs()
            })
            .sum();
        let price = partial.price + if withheld || units != 0 { 0 } else { state.price(var) };
        let spare = partial.spare + i64::from(withheld && !problem.flags(var).withheld());
        let score = (partial.lack + change) * (if goal.open {*OPENLACK} else {LACK}) + price + tight * 6 + spare * 4;
        steps.push(Step { score, from, var, unit, price, tight, spare, name: partial.name.wrapping_add(name(var, unit)) });
    }
}

/// How often a circuit can be added to the table `now`.
pub(crate) fn times(problem: &Problem, now: &Changed, circuit: &[(u32, i64)]) -> u64 {
    let downward = circuit.iter().filter(|(_, units)| *units < 0);
    downward.map(|(var, units)| now.room(problem, *var) / units.unsigned_abs()).min().unwrap_or(LONGEST).min(LONGEST)
}

/// What a search for a table in which one cell differs came to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Moved {
    /// The table.
    pub(crate) changes: Changed,
    /// The first circuit taken the other way: a table that costs nothing to have.
    pub(crate) other: Changed,
    /// Whether the goal is reached.
    pub(crate) reached: bool,
}

/// Moves a cell, circuit after circuit, as far as the goal says if that can be.
pub(crate) fn moved(state: &State<'_>, mut from: Changed, goal: Goal) -> Moved {
    let problem = state.problem;
    let mut other = Changed::default();
    loop {
        let done = if goal.up { from.of(goal.var) } else { -from.of(goal.var) };
        let left = goal.by.saturating_add_signed(-done);
        if left == 0 {
            return Moved { changes: from, other, reached: true };
        }
        let Some(circuit) = circuit(state, &from, Goal { by: left, ..goal }) else {
            return Moved { changes: from, other, reached: false };
        };
        if from.0.is_empty() {
            let back: Vec<(u32, i64)> = circuit.iter().map(|(v, u)| (*v, -u)).collect();
            other.add(&back, times(problem, &other, &back) as i64);
        }
        let times = times(problem, &from, &circuit).max(1);
        from.add(&circuit, times as i64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::{Pool, PoolOf};
    use crate::problem::{Cell, Constraints};
    use crate::state::Objective;

    /// Three rows and three columns with their totals.
    fn square(inner: [u64; 9]) -> Problem {
        let mut values = inner.to_vec();
        let mut sums = Constraints::new();
        for line in 0..3u32 {
            let row = [0, 1, 2].map(|i| line * 3 + i);
            values.push(row.iter().map(|c| inner[*c as usize]).sum());
            sums.sum(values.len() as u32 - 1, row);
        }
        for line in 0..3u32 {
            let column = [0, 1, 2].map(|i| line + i * 3);
            values.push(column.iter().map(|c| inner[*c as usize]).sum());
            sums.sum(values.len() as u32 - 1, column);
        }
        Problem::new(values.into_iter().map(|n| Cell::new(n, n < 4)).collect(), &sums).unwrap()
    }

    const GOAL: Goal = Goal { var: 0, up: true, by: 6, effort: Effort { width: 8, depth: 20 }, open: false, without: None };

    #[test]
    fn circuits_add_up_and_stay_in_range() {
        let problem = square([1, 3, 8, 3, 2, 9, 7, 9, 2]);
        let pool = PoolOf::new(&problem, &Pool::Off);
        let mut state = State::new(&problem, &pool, Objective::Count, None);
        let go = |state: &State<'_>, open| moved(state, Changed::default(), Goal { open, ..GOAL });
        // 1 and 3, 3 and 2: up by two only, as the 3s may not fall under one.
        let strict = go(&state, false);
        assert!(!strict.reached && strict.changes.of(0) == 2);
        assert!(checked(&problem, &state.withheld, &strict.changes.list()));
        assert!(checked(&problem, &state.withheld, &strict.other.list()));
        // With published cells there is room for six.
        let open = go(&state, true);
        assert!(open.reached && !checked(&problem, &state.withheld, &open.changes.list()));
        open.changes
            .list()
            .iter()
            .filter(|(v, _)| state.candidate(*v))
            .map(|c| c.0)
            .collect::<Vec<u32>>()
            .iter()
            .for_each(|v| state.set(*v, true));
        assert!(checked(&problem, &state.withheld, &open.changes.list()));
        assert!(go(&state, false).reached);
    }

    #[test]
    fn what_does_not_add_up_or_is_published_is_no_witness() {
        let problem = square([1, 3, 8, 3, 2, 9, 7, 9, 2]);
        let withheld: Vec<bool> = (0..problem.variables() as u32).map(|v| problem.flags(v).withheld()).collect();
        assert!(checked(&problem, &withheld, &[(0, 1), (1, -1), (3, -1), (4, 1)]));
        assert!(!checked(&problem, &withheld, &[(0, 1), (1, -1)]), "lines lack one");
        assert!(!checked(&problem, &withheld, &[(0, -1), (1, 1), (3, 1), (4, -1)]), "a withheld cell would be zero");
        assert!(!checked(&problem, &withheld, &[(0, 1), (2, -1), (6, -1), (8, 1)]), "two of them are published");
    }
}
