//! Tables found by small linear programs over the neighbourhood of one cell, where no short circuit does.

use std::collections::BTreeMap;

use crate::circuit::{Goal, least};
use crate::program::{Aim, Column, Program};
use crate::problem::Problem;
use crate::sparse::Quick;
use crate::state::State;


/// What is paid at most to move a goal by one: no sum of prices is as much.
const WORTH: f64 = 1e6;
const NONE: u32 = u32::MAX;

/// Which member of each constraint is the sum of the others.
pub(crate) struct Heads(Vec<u32>);

impl Heads {
    pub(crate) fn new(problem: &Problem) -> Self {
        let head = |row| {
            let (mut of, mut count) = ([NONE; 2], [0u32; 2]);
            for (var, plus) in problem.row(row) {
                (of[usize::from(plus)], count[usize::from(plus)]) = (var, count[usize::from(plus)] + 1);
            }
            match count {
                [1, _] => of[0],
                [_, 1] => of[1],
                _ => NONE,
            }
        };
        Self((0..problem.constraints() as u32).map(head).collect())
    }

    fn of(&self, row: u32) -> Option<u32> {
        Some(self.0[row as usize]).filter(|h| *h != NONE)
    }

    /// The constraints in which a cell is one of those that are added up, and those in which it is the sum.
    fn rows_of(&self, problem: &Problem, var: u32) -> (Vec<u32>, Vec<u32>) {
        problem.rows_of(var).map(|(row, _)| row).partition(|row| self.0[*row as usize] != var)
    }
}

/// The neighbourhood of a cell.
struct Patch<'a> {
    state: &'a State<'a>,
    heads: &'a Heads,
    goal: Goal,
    size: usize,
    cells: Vec<u32>,
    place: Quick<u32, u32>,
}

/// Members of a line that are taken for themselves.
const BEST: usize = 3;

impl<'a> Patch<'a> {
    fn usable(&self, var: u32) -> bool {
        self.goal.without != Some(var) && (self.state.withheld[var as usize] || self.goal.open && self.state.candidate(var))
    }

    fn full(&self) -> bool {
        self.cells.len() >= self.size
    }

    fn add(&mut self, var: u32) -> bool {
        let new = !self.place.contains_key(&var) && self.usable(var);
        if new {
            self.place.insert(var, self.cells.len() as u32);
            self.cells.push(var);
        }
        new
    }

    /// The largest members of a line, withheld ones first, without its sum.
    fn best(&self, row: u32, not: u32, count: usize) -> Vec<u32> {
        let problem = self.state.problem;
        let mut best: Vec<((bool, u64), u32)> = Vec::new();
        for (var, _) in problem.row(row) {
            if var == not || self.heads.of(row) == Some(var) || !self.usable(var) {
                continue;
            }
            let value = problem.value(var);
            let key = (self.state.withheld[var as usize] && value > self.goal.by, value);
            if best.len() < count || best.last().is_some_and(|l| key > l.0) {
                let i = best.partition_point(|l| l.0 >= key);
                best.insert(i, (key, var));
                best.truncate(count);
            }
        }
        best.into_iter().map(|b| b.1).collect()
    }

    /// An inner cell that a cell holds.
    fn inner(&self, mut var: u32) -> u32 {
        for _ in 0..64 {
            let (_, down) = self.heads.rows_of(self.state.problem, var);
            let Some(next) = down.first().and_then(|row| self.best(*row, var, 1).first().copied()) else { break };
            var = next;
        }
        var
    }

    /// Adds a cell and everything that holds it.
    fn climb(&mut self, var: u32) {
        let mut at = self.cells.len();
        self.add(var);
        while at < self.cells.len() {
            let (up, _) = self.heads.rows_of(self.state.problem, self.cells[at]);
            for row in up {
                if let Some(head) = self.heads.of(row) {
                    self.add(head);
                }
            }
            at += 1;
        }
    }

    fn grow(state: &'a State<'a>, heads: &'a Heads, goal: Goal, size: usize) -> Self {
        let mut patch = Patch { state, heads, goal, size, cells: Vec::new(), place: Quick::default() };
        let problem = state.problem;
        let inner = patch.inner(goal.var);
        patch.climb(inner);
        patch.add(goal.var);
        let above = patch.cells.clone();
        let mut lines: Quick<u32, ()> = Quick::default();
        let mut met: Quick<u32, u32> = Quick::default();
        // First the siblings of the cell itself, then those of what holds it.
        for (step, var) in above.into_iter().enumerate() {
            let mut edge = vec![var];
            for round in 0..3 {
                let mut next = Vec::new();
                for var in edge {
                    for row in heads.rows_of(problem, var).0 {
                        if lines.insert(row, ()).is_some() || patch.full() {
                            continue;
                        }
                        for (member, _) in problem.row(row).filter(|(m, _)| !patch.place.contains_key(m)) {
                            let times = met.entry(member).or_insert(0);
                            *times += 1;
                            if *times == 2 && round > 0 && patch.usable(member) {
                                next.push(member);
                            }
                        }
                        if round == 0 {
                            next.extend(patch.best(row, var, if step == 0 { BEST } else { 1 }));
                        }
                    }
                }
                for var in &next {
                    if !patch.full() {
                        let inner = patch.inner(*var);
                        patch.climb(inner);
                        patch.add(*var);
                    }
                }
                edge = next;
            }
            if patch.full() {
                break;
            }
        }
        patch
    }
}

/// Takes out what is alone in a line, again and again, and gives the lines left.
fn close(state: &State<'_>, patch: &mut Patch<'_>) -> Vec<Vec<(u32, f64)>> {
    let problem = state.problem;
    let mut lines: BTreeMap<u32, Vec<(u32, f64)>> = BTreeMap::new();
    for (at, var) in patch.cells.iter().enumerate() {
        for (row, plus) in problem.rows_of(*var) {
            lines.entry(row).or_default().push((at as u32, if plus { 1.0 } else { -1.0 }));
        }
    }
    let mut gone = vec![false; patch.cells.len()];
    let mut count: Quick<u32, u32> = Quick::default();
    lines.iter().for_each(|(row, terms)| _ = count.insert(*row, terms.len() as u32));
    let mut alone: Vec<u32> = lines.iter().filter(|(_, t)| t.len() == 1).map(|(r, _)| *r).collect();
    while let Some(row) = alone.pop() {
        let Some((at, _)) = lines[&row].iter().find(|(at, _)| !gone[*at as usize]) else { continue };
        gone[*at as usize] = true;
        for (other, _) in problem.rows_of(patch.cells[*at as usize]) {
            if let Some(n) = count.get_mut(&other) {
                *n -= 1;
                if *n == 1 {
                    alone.push(other);
                }
            }
        }
    }
    let mut new = vec![0; gone.len()];
    let mut kept = Vec::new();
    for (at, var) in patch.cells.iter().enumerate() {
        if !gone[at] {
            new[at] = kept.len() as u32;
            kept.push(*var);
        }
    }
    patch.place = kept.iter().zip(0..).map(|(v, i)| (*v, i)).collect();
    patch.cells = kept;
    let terms = |t: Vec<(u32, f64)>| t.into_iter().filter(|(at, _)| !gone[*at as usize]).map(|(at, s)| (new[at as usize], s)).collect::<Vec<_>>();
    lines.into_values().map(terms).filter(|t| !t.is_empty()).collect()
}

/// A table in which the goal is moved, found over `size` cells. It is to be checked.
pub(crate) fn solved(state: &State<'_>, heads: &Heads, goal: Goal, size: usize) -> Option<Vec<(u32, i64)>> {
    let problem = state.problem;
    let mut patch = Patch::grow(state, heads, goal, size);
    let rows = close(state, &mut patch);
    let col = *patch.place.get(&goal.var)?;
    let columns = patch.cells.iter().map(|v| Column {
        room: (problem.value(*v) - least(problem, *v)) as f64,
        price: if state.withheld[*v as usize] { if problem.flags(*v).withheld() {0.0} else {1.0} } else { state.price(*v) as f64 },
    });
    let by = goal.by as f64;
    let program = Program::new(columns.collect(), &rows, Aim { col, up: goal.up, by, worth: WORTH });
    let values = program.solve();
    if (values[col as usize].abs() - by).abs() > 1e-4 {
        return None;
    }
    let changes = patch.cells.iter().zip(values).map(|(v, c)| (*v, c.round() as i64)).filter(|c| c.1 != 0).collect();
    Some(changes)
}
