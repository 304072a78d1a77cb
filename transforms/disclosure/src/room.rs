//! Room to move: what keeps a primary cell from being pinned down by someone who knows that a withheld value is a whole number of at least one.
//!
//! That a cell is not a sum of published ones does not say that it is hidden (DISCLOSURE §0.2). For each primary there must be two tables that agree with
//! everything published and in which it differs by [`Intervals::width`], and one in which it reaches [`Intervals::reach`]. A table is settled by its
//! inner cells, and inner cells of one class ([`crate::classes`]) may give to each other: so a primary may reach whatever the slack of a class with a
//! member in it allows, and what exchanges with other classes ([`crate::support`]) add to it. No program is needed, and all of it is whole numbers.
//!
//! So the pattern is built from above: everything that may be withheld is, and what leaves every class room, by its slack or by exchanges, is published,
//! dearest first: one pass over all cells and further ones over the dearest. As every primary has a table in which it differs, none can be computed either.

use std::collections::{BTreeMap, BTreeSet};

use crate::classes::{Classes, Cut, Made};
use crate::field::FIRST;
use crate::parallel;
use crate::problem::Problem;
use crate::rising::{Rises, Rising};
use crate::state::{Cause, State};
use crate::support::{Effort, HURRIED, PATIENT, Support, support};
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

/// Inner cells of one task. Fixed, so that threads change nothing.
const TASK: usize = 1 << 12;
/// How many cells are asked again after the first pass.
const DEAREST: usize = 5000;
/// For how many classes of a sum exchanges are searched.
const MOST_LIFTED: usize = 50;

/// How much slack of a class makes a sum with a member in it wide and lets it reach the threshold, however much of the slack lies in the sum itself.
fn enough(value: u64, want: Intervals) -> u64 {
    want.reach.max(value + want.width)
}

/// The classes of a pattern that is built, and the exchanges that those without slack of their own rely on.
struct Rooms {
    classes: Classes,
    supports: BTreeMap<u32, Support>,
    /// For each class those that rely on it.
    relying: BTreeMap<u32, BTreeSet<u32>>,
    /// How much slack is enough for every primary below the threshold.
    enough: u64,
}

impl Rooms {
    /// The classes of a pattern, with exchanges for those that lie in published cells already and have no slack of their own.
    fn new(classes: Classes, want: Intervals, threads: usize) -> Self {
        let enough = enough(want.reach.saturating_sub(1), want);
        let mut rooms = Self { classes, supports: BTreeMap::new(), relying: BTreeMap::new(), enough };
        let asked: Vec<u32> = (0..rooms.classes.len() as u32).filter(|class| !rooms.alone(*class)).collect();
        let found = parallel::map(asked.len(), threads, |i| rooms.search(asked[i], PATIENT));
        for (class, support) in asked.into_iter().zip(found) {
            rooms.rely(class, support);
        }
        rooms
    }

    /// Whether exchanges still hold, and give a class all the slack that it now lacks: it may have lost members since they were found.
    fn suffices(&self, class: u32, support: &Support, inside: &[u32]) -> bool {
        support.of(class).unsigned_abs() + self.classes.class(class).shared() >= self.enough && support.holds(class, &self.classes, inside)
    }

    /// Exchanges that give a class the slack that it lacks.
    fn search(&self, class: u32, effort: Effort) -> Option<Support> {
        let wanted = self.enough - self.classes.class(class).shared();
        support(&self.classes, class, wanted, effort, |c| self.classes.class(c).slack)
    }

    /// Whether a class has room for the primaries in it that are smaller than the threshold, by its own slack.
    fn alone(&self, class: u32) -> bool {
        let class = self.classes.class(class);
        class.members == 0 || class.primary == 0 || class.free || class.shared() >= self.enough
    }

    /// Publishes a variable if every class keeps room; else gives a class that would lose it.
    fn publish(&mut self, problem: &Problem, tree: &Tree<'_>, var: u32) -> Result<Step, u32> {
        let cut = self.classes.cut(problem, tree, var);
        let made = self.classes.publish(var, cut);
        let mut inside = made.whole.clone();
        inside.sort_unstable();
        // what had no room before and is what it was loses nothing
        let same = |class: &u32| inside.binary_search(class).is_ok() && !made.was_free(*class);
        let mut asked: BTreeSet<u32> = made.changed().filter(|class| !same(class) || self.supports.contains_key(class)).collect();
        asked.extend(made.changed().filter_map(|class| self.relying.get(&class)).flatten().copied());
        let mut found = Vec::new();
        for class in asked {
            if self.alone(class) || self.supports.get(&class).is_some_and(|known| self.suffices(class, known, &inside)) {
                continue;
            }
            let Some(support) = self.search(class, HURRIED) else {
                self.classes.take_back(made);
                return Err(class);
            };
            found.push((class, support));
        }
        let before = found.into_iter().map(|(class, support)| (class, self.rely(class, Some(support)))).collect();
        Ok(Step { made, before })
    }

    /// Takes back what was published last.
    fn take_back(&mut self, step: Step) {
        for (class, support) in step.before.into_iter().rev() {
            self.rely(class, support);
        }
        self.classes.take_back(step.made);
    }

    /// Lets a class rely on other exchanges; gives those that it relied on.
    fn rely(&mut self, class: u32, support: Option<Support>) -> Option<Support> {
        let before = self.supports.remove(&class);
        for (other, _) in before.iter().flat_map(|support| &support.changes) {
            if let Some(relying) = self.relying.get_mut(other) {
                relying.remove(&class);
            }
        }
        if let Some(support) = support {
            for (other, _) in &support.changes {
                self.relying.entry(*other).or_default().insert(class);
            }
            self.supports.insert(class, support);
        }
        before
    }
}

/// A variable that was published, and what those classes relied on before that now rely on something else.
struct Step {
    made: Made,
    before: Vec<(u32, Option<Support>)>,
}

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

/// A primary without all the room it must have.
struct Lacking {
    var: u32,
    wide: bool,
}

impl Rooms {
    /// The primaries that have not all the room that they must have.
    fn lacking(&self, state: &State<'_>, tree: &Tree<'_>, want: Intervals, threads: usize) -> Vec<Lacking> {
        let problem = state.problem;
        let must_move = |var: &u32| problem.flags(*var).primary() && state.withheld[*var as usize];
        // an inner cell moves with its class, by its slack or by the exchanges that it relies on
        let moves = |var: u32| match self.classes.of(var) {
            Some((number, class)) => {
                let lift = self.supports.get(&number).map_or(0, |support| support.of(number).unsigned_abs());
                let up = class.slack - tree.spare(var) + lift;
                let rest = class.rising.without(Rising::of(problem, var));
                let down = if rest.always() { tree.spare(var) } else { 0 };
                class.free || (up + down >= want.width && problem.rest(var) + up >= want.reach)
            }
            None => false,
        };
        let tasks: Vec<u32> = (0..problem.variables() as u32).step_by(TASK).collect();
        let parts = parallel::map(tasks.len(), threads, |t| {
            let end = problem.variables().min(tasks[t] as usize + TASK) as u32;
            let lacks = |var: u32| {
                if moves(var) || self.lifts(problem, tree, var, want) {
                    return None;
                }
                let (wide, reaches) = room_of(problem, tree, &self.classes, var, want);
                (!(wide && reaches)).then_some(Lacking { var, wide })
            };
            (tasks[t]..end).filter(must_move).filter_map(lacks).collect::<Vec<_>>()
        });
        parts.into_iter().flatten().collect()
    }

    /// Whether the exchanges that a class with a member in a sum relies on give the sum its room, with what lies outside of it.
    fn lifts(&self, problem: &Problem, tree: &Tree<'_>, var: u32, want: Intervals) -> bool {
        let cut = self.classes.cut(problem, tree, var);
        let outside = |class: u32| self.classes.class(class).slack - cut.get(&class).map_or(0, |(part, _)| part.slack);
        whoever_looks(problem, var, &cut, |class| {
            let Some(support) = self.supports.get(&class) else { return false };
            let lift = support.of(class).unsigned_abs();
            let enough = lift >= want.width && problem.rest(var) + lift >= want.reach;
            enough && support.changes.iter().all(|(other, change)| *change >= 0 || outside(*other) >= change.unsigned_abs())
        })
    }
}

/// Whether a primary is wide, and whether it reaches the threshold, by what all classes with a member in it may give and take together.
fn room_of(problem: &Problem, tree: &Tree<'_>, classes: &Classes, var: u32, want: Intervals) -> (bool, bool) {
    let cut = classes.cut(problem, tree, var);
    let (mut up, mut down) = (Moves::default(), Moves::default());
    for (number, (part, _)) in &cut {
        let whole = classes.class(*number);
        if whole.free {
            return (true, true);
        }
        let rest = whole.without(part);
        up.add(part.rising, rest.slack);
        down.add(rest.rising, part.slack);
    }
    let alone = problem.alone(var);
    let (wide, reaches) = (up.and(&down).least(alone) >= want.width, problem.rest(var) + up.least(alone) >= want.reach);
    if wide && reaches {
        return (wide, reaches);
    }
    // Classes outside, or parts of them, may give to one inside.
    let outside = |class: u32| classes.class(class).slack - cut.get(&class).map_or(0, |(part, _)| part.slack);
    let lifted = |wanted: u64| whoever_looks(problem, var, &cut, |class| support(classes, class, wanted, PATIENT, outside).is_some());
    let missing = want.reach.saturating_sub(problem.rest(var));
    if lifted(missing.max(want.width)) {
        return (true, true);
    }
    (wide || lifted(want.width), reaches || lifted(missing))
}

/// How far a primary can move, in all and by what one contributor has alone, which stands still for that one.
#[derive(Default)]
struct Moves {
    all: u64,
    alone: BTreeMap<u32, u64>,
}

impl Moves {
    fn add(&mut self, rising: Rising, amount: u64) {
        match rising.who() {
            Rises::Never => {}
            Rises::Always => self.all += amount,
            Rises::ButFor(contributor) => {
                self.all += amount;
                *self.alone.entry(contributor).or_default() += amount;
            }
        }
    }

    fn and(&self, other: &Self) -> Self {
        let mut alone = self.alone.clone();
        other.alone.iter().for_each(|(contributor, amount)| *alone.entry(*contributor).or_default() += amount);
        Self { all: self.all + other.all, alone }
    }

    /// How far at least, whoever looks; nothing is asked for the one that has the primary alone.
    fn least(&self, but: Option<u32>) -> u64 {
        self.all - self.alone.iter().filter(|(contributor, _)| Some(**contributor) != but).map(|(_, amount)| *amount).max().unwrap_or(0)
    }
}

/// Whether for whoever looks there is a class with a part in a primary that goes up for it and holds: one such class for all, or two that
/// two contributors have alone.
fn whoever_looks(problem: &Problem, var: u32, cut: &Cut, holds: impl Fn(u32) -> bool) -> bool {
    let mut but_for = None;
    for (class, (part, _)) in cut.iter().take(MOST_LIFTED) {
        let who = match part.rising.who() {
            Rises::Never => continue,
            Rises::ButFor(contributor) if problem.alone(var) != Some(contributor) => Some(contributor),
            Rises::ButFor(_) | Rises::Always => None,
        };
        if (who.is_some() && who == but_for) || !holds(*class) {
            continue;
        }
        match (who, but_for) {
            (Some(_), None) => but_for = who,
            _ => return true,
        }
    }
    false
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
