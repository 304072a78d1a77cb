//! Room to move: what keeps a primary cell from being pinned down by someone who knows that a withheld value is a whole number of at least one.
//!
//! That a cell is not a sum of published ones does not say that it is hidden (DISCLOSURE §0.2). For each primary there must be two tables that agree with
//! everything published and in which it differs by [`Intervals::width`], and one in which it reaches [`Intervals::reach`]. A table is settled by its
//! inner cells, and inner cells of one class ([`crate::classes`]) may give to each other: so a primary may reach whatever the slack of a class with a
//! member in it allows, and what exchanges with other classes ([`crate::support`]) add to it. No program is needed, and all of it is whole numbers.
//!
//! So the pattern is built from above: everything that may be withheld is, and what leaves every class room, by its slack or by exchanges, is published,
//! dearest first: one pass over all cells and further ones over the dearest. As every primary has a table in which it differs, none can be computed either.

use std::collections::BTreeMap;

use crate::classes::Classes;
use crate::field::FIRST;
use crate::parallel;
use crate::problem::Problem;
use crate::rooms::{Lacking, Rooms, room_of};
use crate::state::{Cause, State};
use crate::system::Split;
use crate::tree::Tree;

/// What intervals must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Intervals {
    /// Two tables that agree with everything published must differ by this much in each primary.
    pub width: u64,
    /// One such table must let a primary reach this much: the threshold itself.
    pub reach: u64,
    /// For how many of a hundred primaries there must be such a table. The others are listed in [`crate::Pattern::short`].
    pub percent: u64,
}

impl Default for Intervals {
    fn default() -> Self {
        Self { width: 2, reach: 11, percent: 99 }
    }
}

/// What making room left.
#[derive(Debug, Clone, Default)]
pub(crate) struct Left {
    /// Primaries for which no two tables far enough apart are known.
    pub(crate) narrow: Vec<u32>,
    /// Primaries for which no table is known in which they reach the threshold.
    pub(crate) short: Vec<u32>,
    pub(crate) rounds: u32,
}

/// How many cells are asked again after the first pass.
const DEAREST: usize = 5000;

/// Publishes as much as leaves every primary its room. The state withholds what must be withheld and nothing else.
pub(crate) fn make_room(state: &mut State<'_>, want: Intervals, seed: u64, threads: usize) -> Left {
    let tree = Tree::new(state.problem);
    let candidates: Vec<u32> = (0..state.problem.variables() as u32).filter(|v| state.candidate(*v)).collect();
    candidates.iter().for_each(|v| state.withhold(*v, Cause::Room));
    let rooms = publish(state, &tree, candidates, want, threads);
    // What the pass does not look at: sums that are primary though they are large, and cells that were public from the start. What has room keeps it
    // when more is withheld: it is not asked again.
    let mut left = Left::default();
    let primaries = (0..state.problem.variables() as u32).filter(|v| state.problem.flags(*v).primary()).count() as u64;
    let mut open: Vec<Lacking> = rooms.lacking(state, &tree, want, threads);
    loop {
        let within = open.len() as u64 * 100 <= primaries * (100 - want.percent.min(100));
        let classes = Classes::new(state.problem, &tree, &state.withheld, threads);
        let lacking: Vec<u32> = open.iter().filter(|l| !(within && l.wide)).map(|l| l.var).collect();
        let chosen = choose(state, &tree, &classes, &lacking);
        if chosen.is_empty() {
            left.short = open.iter().map(|l| l.var).collect();
            left.narrow = open.iter().filter(|l| !l.wide).map(|l| l.var).collect();
            break;
        }
        left.rounds += 1;
        for (published, var) in chosen {
            state.withhold(published, Cause::Interval(var));
            settle(state, published);
        }
        let classes = Classes::new(state.problem, &tree, &state.withheld, threads);
        let asked = parallel::map(open.len(), threads, |i| room_of(state.problem, &tree, &classes, open[i].var, want));
        open = open
            .into_iter()
            .zip(asked)
            .filter(|(_, (wide, reaches))| !(*wide && *reaches))
            .map(|(l, (wide, _))| Lacking { wide, ..l })
            .collect();
    }
    publish_computable(state, seed, threads);
    let withheld = &state.withheld;
    state.causes.retain(|(var, _)| withheld[*var as usize]);
    left
}

/// Publishes the most important cell first, as long as all classes keep room and no constraint tells too much. The dearest that were refused are
/// asked again, as long as anything is published: a cell that gave room to others may come to stand alone.
fn publish(state: &mut State<'_>, tree: &Tree<'_>, mut candidates: Vec<u32>, want: Intervals, threads: usize) -> Rooms {
    let problem = state.problem;
    let mut rooms = Rooms::new(Classes::new(problem, tree, &state.withheld, threads), want, threads);
    candidates.sort_by_key(|v| std::cmp::Reverse(problem.importance(*v)));
    loop {
        let asked = candidates.len();
        candidates.retain(|var| {
            if !state.withheld[*var as usize] {
                return false; // it was told by others
            }
            let told = publish_with(state, *var);
            let mut steps = Vec::new();
            for told in &told {
                match rooms.publish(problem, tree, *told) {
                    Ok(step) => steps.push(step),
                    Err(_) => break,
                }
            }
            if steps.len() < told.len() {
                steps.into_iter().rev().for_each(|step| rooms.take_back(step));
                told.iter().for_each(|v| state.set(*v, true));
                return true;
            }
            told.is_empty()
        });
        if candidates.len() == asked {
            return rooms;
        }
        // after the first pass only the dearest are worth the time
        candidates.truncate(DEAREST);
    }
}

/// Publishes what is withheld for others only and can be computed all the same: withholding it hides nothing, and no table in which a primary differs is
/// lost.
fn publish_computable(state: &mut State<'_>, seed: u64, threads: usize) {
    let problem = state.problem;
    let split = Split::new(problem, &state.withheld);
    let known = split.each(threads, |batch| batch.computable(&batch.factor::<FIRST>(false), seed)).concat();
    for var in known.into_iter().filter(|v| !problem.flags(*v).withheld()) {
        state.set(var, false);
    }
}

/// Publishes a cell, and what its constraints then tell of cells that are withheld for others only: nothing, when one of them would tell too much.
/// Gives what was published.
fn publish_with(state: &mut State<'_>, var: u32) -> Vec<u32> {
    let problem = state.problem;
    let mut told = vec![var];
    state.set(var, false);
    let mut next = 0;
    while let Some(at) = told.get(next).copied() {
        next += 1;
        for (row, _) in problem.rows_of(at).filter(|(row, _)| state.count[*row as usize] == 1).collect::<Vec<_>>() {
            let left = problem.row(row).map(|(v, _)| v).find(|v| state.withheld[*v as usize]);
            if let Some(left) = left.filter(|v| !problem.flags(*v).withheld()) {
                state.set(left, false);
                told.push(left);
            }
        }
    }
    if told.iter().any(|v| problem.rows_of(*v).any(|(row, _)| tells(state, row))) {
        told.drain(..).for_each(|v| state.set(v, true));
    }
    told
}

/// Whether a constraint would tell a cell that must not be told, or too small a pool. That it tells one that is withheld for others only is no harm, as
/// every primary keeps its room.
fn tells(state: &State<'_>, row: u32) -> bool {
    match state.count[row as usize] {
        0 => false,
        1 => {
            let harm = |v: u32| state.problem.flags(v).primary() || state.problem.flags(v).sticky();
            state.problem.row(row).any(|(v, _)| state.withheld[v as usize] && harm(v))
        }
        _ => state.gives_away(row),
    }
}

/// Withholds more where a constraint of a cell that was just withheld tells too much.
fn settle(state: &mut State<'_>, var: u32) {
    let mut open = vec![var];
    while let Some(var) = open.pop() {
        let rows: Vec<u32> = state.problem.rows_of(var).map(|(row, _)| row).collect();
        for row in rows {
            while tells(state, row) {
                let cheapest = state.problem.row(row).map(|(v, _)| v).filter(|v| state.candidate(*v)).min_by_key(|v| state.cost(*v));
                let Some(cheapest) = cheapest else { break };
                state.withhold(cheapest, Cause::Line(row));
                open.push(cheapest);
            }
        }
    }
}

/// Published cells to withhold for what lacks room, each with the primary that it is for: those that join a class with enough slack before others, and
/// the smallest. At most one for each class, since it changes those near it.
fn choose(state: &State<'_>, tree: &Tree<'_>, classes: &Classes, lacking: &[u32]) -> BTreeMap<u32, u32> {
    let mut chosen: BTreeMap<u32, u32> = BTreeMap::new();
    for var in lacking {
        let cut = classes.cut(state.problem, tree, *var);
        let around = || cut.keys().flat_map(|class| &classes.class(*class).published).copied();
        if around().any(|p| chosen.contains_key(&p)) {
            continue;
        }
        if let Some(p) = around().filter(|p| state.candidate(*p)).min_by_key(|p| state.problem.importance(*p)) {
            chosen.insert(p, *var);
        }
    }
    chosen
}

/// A primary that would lose its room if a withheld cell were published; `None` when none would, and a constraint would tell too much.
pub(crate) fn loser(problem: &Problem, withheld: &[bool], var: u32, want: Intervals, threads: usize) -> Option<u32> {
    let tree = Tree::new(problem);
    let mut rooms = Rooms::new(Classes::new(problem, &tree, withheld, threads), want, threads);
    let class = rooms.publish(problem, &tree, var).err()?;
    let cut = rooms.classes.cut(problem, &tree, var);
    rooms.classes.publish(var, cut);
    let inside = |v: &u32| rooms.classes.of(*v).is_some_and(|(number, _)| number == class);
    tree.inner().iter().copied().find(|v| problem.flags(*v).primary() && inside(v))
}
