//! Room to move: what keeps a primary cell from being pinned down by someone who knows that a withheld value is a whole number of at least one.
//!
//! That a cell is not a sum of published ones does not say that it is hidden (DISCLOSURE §0.2). For each primary there must be two tables that agree with
//! everything published and in which it differs by [`Intervals::width`], and one in which it reaches [`Intervals::reach`]. A table is settled by its
//! inner cells, and inner cells of one class ([`crate::classes`]) may give to each other: so a primary may reach whatever the slack of a class with a
//! member in it allows. No search and no program is needed, and all of it is whole numbers.
//!
//! So the pattern is built from above: everything that may be withheld is, and what leaves every class that it cuts enough slack is published, dearest
//! first. That takes one pass over the inner cells of each cell, whatever the size of the problem. As every primary has a table in which it differs,
//! none can be computed either.

use std::collections::BTreeMap;

use crate::classes::{Class, Classes, Cut};
use crate::field::FIRST;
use crate::parallel;
use crate::problem::Problem;
use crate::state::{Cause, State};
use crate::system::Split;
use crate::tree::Tree;

/// What intervals must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Intervals {
    /// Two tables that agree with everything published must differ by this much in each primary.
    pub width: u64,
    /// One such table must let each primary reach this much: the threshold itself.
    pub reach: u64,
}

impl Default for Intervals {
    fn default() -> Self {
        Self { width: 2, reach: 11 }
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

/// Inner cells of one task. Fixed, so that threads change nothing.
const TASK: usize = 1 << 12;

/// How much slack of a class makes a sum with a member in it wide and lets it reach the threshold, however much of the slack lies in the sum itself.
fn enough(value: u64, want: Intervals) -> u64 {
    want.reach.max(value + want.width)
}

/// Whether a class has room for the primaries in it that are smaller than the threshold.
fn has_room(class: &Class, want: Intervals) -> bool {
    class.members == 0 || class.primary == 0 || class.free || class.slack >= enough(want.reach.saturating_sub(1), want)
}

/// Whether both sides of a cut have room.
fn leaves_room(classes: &Classes, cut: &Cut, want: Intervals) -> bool {
    cut.iter().all(|(class, (part, _))| {
        let whole = classes.class(*class);
        let rest = whole.without(part);
        let same = rest.members == 0 && !whole.free;
        same || (has_room(part, want) && has_room(&rest, want))
    })
}

/// Publishes as much as leaves every primary its room. The state withholds what must be withheld and nothing else.
pub(crate) fn make_room(state: &mut State<'_>, want: Intervals, seed: u64, threads: usize) -> Left {
    let tree = Tree::new(state.problem);
    let candidates: Vec<u32> = (0..state.problem.variables() as u32).filter(|v| state.candidate(*v)).collect();
    candidates.iter().for_each(|v| state.withhold(*v, Cause::Room));
    publish(state, &tree, candidates, want, threads);
    // What the pass does not look at: sums that are primary though they are large, and cells that were public from the start.
    let mut left = Left::default();
    loop {
        let classes = Classes::new(state.problem, &tree, &state.withheld, threads);
        let lacking = lacking(state, &tree, &classes, want, threads);
        let chosen = choose(state, &classes, &lacking, want);
        if chosen.is_empty() {
            left.short = lacking.iter().map(|l| l.var).collect();
            left.narrow = lacking.iter().filter(|l| !l.wide).map(|l| l.var).collect();
            break;
        }
        left.rounds += 1;
        for (published, var) in chosen {
            state.withhold(published, Cause::Interval(var));
            settle(state, published);
        }
    }
    publish_computable(state, seed, threads);
    let withheld = &state.withheld;
    state.causes.retain(|(var, _)| withheld[*var as usize]);
    left
}

/// Publishes the dearest cell first, as long as all classes keep room and no constraint tells too much. What was refused is asked again, as long as
/// anything is published: a cell that gave room to others may come to stand alone.
fn publish(state: &mut State<'_>, tree: &Tree<'_>, mut candidates: Vec<u32>, want: Intervals, threads: usize) {
    let problem = state.problem;
    let mut classes = Classes::new(problem, tree, &state.withheld, threads);
    candidates.sort_by_key(|v| std::cmp::Reverse((problem.value(*v), *v)));
    loop {
        let asked = candidates.len();
        candidates.retain(|var| {
            if !state.withheld[*var as usize] {
                return false; // it was told by others
            }
            if !leaves_room(&classes, &classes.cut(problem, tree, *var), want) {
                return true;
            }
            let told = publish_with(state, *var);
            for var in &told {
                let cut = classes.cut(problem, tree, *var);
                classes.publish(*var, cut);
            }
            told.is_empty()
        });
        if candidates.len() == asked {
            return;
        }
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

/// A primary without all the room it must have.
struct Lacking {
    var: u32,
    /// A class with a member in it, that with most slack; none when all its inner cells are published.
    class: Option<u32>,
    wide: bool,
}

fn lacking(state: &State<'_>, tree: &Tree<'_>, classes: &Classes, want: Intervals, threads: usize) -> Vec<Lacking> {
    let problem = state.problem;
    let tasks: Vec<&[u32]> = tree.inner().chunks(TASK).collect();
    // What the class of an inner cell does for each primary that it lies in.
    let parts = parallel::map(tasks.len(), threads, |t| {
        let (mut above, mut found) = (Vec::new(), Vec::new());
        for inner in tasks[t] {
            let Some((number, class)) = classes.of(*inner) else { continue };
            tree.above(*inner, &mut above);
            for var in above.iter().copied().filter(|v| problem.flags(*v).primary() && state.withheld[*v as usize]) {
                let (wide, reaches) = if var == *inner {
                    // The others give, or take.
                    let others = class.slack - tree.spare(var);
                    let wide = class.members > 1 && class.slack >= want.width;
                    (class.free || wide, class.free || problem.value(var) + others >= want.reach)
                } else {
                    let value = problem.value(var);
                    (class.free || class.slack >= value + want.width, class.free || class.slack >= enough(value, want))
                };
                found.push((var, number, wide, wide && reaches));
            }
        }
        found
    });
    let mut best: Vec<Option<(u64, u32, bool, bool)>> = vec![None; problem.variables()];
    for (var, class, wide, fine) in parts.into_iter().flatten() {
        let slack = classes.class(class).slack;
        let slot = &mut best[var as usize];
        *slot = Some(match *slot {
            None => (slack, class, wide, fine),
            Some((s, c, w, f)) => {
                let (s, c) = if slack > s { (slack, class) } else { (s, c) };
                (s, c, w || wide, f || fine)
            }
        });
    }
    let must_move = |var: u32| problem.flags(var).primary() && state.withheld[var as usize];
    let of = |(var, slot): (usize, &Option<(u64, u32, bool, bool)>)| match slot {
        Some((_, _, _, true)) => None,
        Some((_, class, wide, false)) => Some(Lacking { var: var as u32, class: Some(*class), wide: *wide }),
        None => must_move(var as u32).then_some(Lacking { var: var as u32, class: None, wide: false }),
    };
    let rough: Vec<Lacking> = best.iter().enumerate().filter_map(of).collect();
    let exact = parallel::map(rough.len(), threads, |i| room_of(problem, tree, classes, rough[i].var, want));
    rough.into_iter().zip(exact).filter(|(_, (wide, reaches))| !(*wide && *reaches)).map(|(l, (wide, _))| Lacking { wide, ..l }).collect()
}

/// Whether a primary is wide, and whether it reaches the threshold, by what all classes with a member in it may give and take together.
fn room_of(problem: &Problem, tree: &Tree<'_>, classes: &Classes, var: u32, want: Intervals) -> (bool, bool) {
    let cut = classes.cut(problem, tree, var);
    let (mut up, mut down) = (0, 0);
    for (number, (part, _)) in &cut {
        let whole = classes.class(*number);
        if whole.free {
            return (true, true);
        }
        up += whole.slack - part.slack;
        down += if whole.members > part.members { part.slack } else { 0 };
    }
    (up + down >= want.width, problem.value(var) + up >= want.reach)
}

/// Published cells to withhold for what lacks room, each with the primary that it is for: those that join a class with enough slack before others, and
/// the smallest. At most one for each class, since it changes those near it.
fn choose(state: &State<'_>, classes: &Classes, lacking: &[Lacking], want: Intervals) -> BTreeMap<u32, u32> {
    let mut chosen: BTreeMap<u32, u32> = BTreeMap::new();
    for Lacking { var, class, .. } in lacking {
        let Some(class) = class else { continue };
        let own = classes.class(*class);
        if own.published.iter().any(|p| chosen.contains_key(p)) {
            continue;
        }
        let need = enough(state.problem.value(*var), want);
        let helps = |p: &u32| classes.joined(*class, *p).is_some_and(|other| other.slack + own.slack >= need);
        let candidates = || own.published.iter().copied().filter(|p| state.candidate(*p));
        let price = |p: &u32| (state.problem.value(*p), *p);
        if let Some(p) = candidates().filter(helps).min_by_key(price).or_else(|| candidates().min_by_key(price)) {
            chosen.insert(p, *var);
        }
    }
    chosen
}

/// A primary that would lose its room if a withheld cell were published; `None` when none would, and a constraint would tell too much.
pub(crate) fn loser(problem: &Problem, withheld: &[bool], var: u32, want: Intervals, threads: usize) -> Option<u32> {
    let tree = Tree::new(problem);
    let classes = Classes::new(problem, &tree, withheld, threads);
    let cut = classes.cut(problem, &tree, var);
    cut.iter().find_map(|(number, (part, members))| {
        let whole = classes.class(*number);
        let rest = whole.without(part);
        if rest.members == 0 && !whole.free {
            return None;
        }
        let primary = |v: &u32| problem.flags(*v).primary();
        if !has_room(part, want) {
            return members.iter().copied().find(primary);
        }
        let outside = |v: &u32| classes.of(*v).is_some_and(|(c, _)| c == *number) && !members.contains(v);
        if has_room(&rest, want) { None } else { tree.inner().iter().copied().find(|v| outside(v) && primary(v)) }
    })
}
