//! The classes of a pattern that is built, and what gives each primary in them its room.

use std::collections::{BTreeMap, BTreeSet};

use crate::classes::{Classes, Cut, Made};
use crate::parallel;
use crate::problem::Problem;
use crate::rising::{Rises, Rising};
use crate::room::Intervals;
use crate::state::State;
use crate::support::{Effort, HURRIED, PATIENT, Support, support};
use crate::tree::Tree;

/// Inner cells of one task. Fixed, so that threads change nothing.
const TASK: usize = 1 << 12;

/// For how many classes of a sum exchanges are searched.
const MOST_LIFTED: usize = 50;

/// How much slack of a class makes a sum with a member in it wide and lets it reach the threshold, however much of the slack lies in the sum itself.
fn enough(value: u64, want: Intervals) -> u64 {
    want.reach.max(value + want.width)
}

/// The classes of a pattern that is built, and the exchanges that those without slack of their own rely on.
pub(crate) struct Rooms {
    pub(crate) classes: Classes,
    supports: BTreeMap<u32, Support>,
    /// For each class those that rely on it.
    relying: BTreeMap<u32, BTreeSet<u32>>,
    /// How much slack is enough for every primary below the threshold.
    enough: u64,
}

impl Rooms {
    /// The classes of a pattern, with exchanges for those that lie in published cells already and have no slack of their own.
    pub(crate) fn new(classes: Classes, want: Intervals, threads: usize) -> Self {
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
    pub(crate) fn publish(&mut self, problem: &Problem, tree: &Tree<'_>, var: u32) -> Result<Step, u32> {
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
    pub(crate) fn take_back(&mut self, step: Step) {
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
pub(crate) struct Step {
    made: Made,
    before: Vec<(u32, Option<Support>)>,
}

/// A primary without all the room it must have.
pub(crate) struct Lacking {
    pub(crate) var: u32,
    pub(crate) wide: bool,
}

impl Rooms {
    /// The primaries that have not all the room that they must have.
    pub(crate) fn lacking(&self, state: &State<'_>, tree: &Tree<'_>, want: Intervals, threads: usize) -> Vec<Lacking> {
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
            let enough = |lift: u64| lift >= want.width && problem.rest(var) + lift >= want.reach;
            if enough(outside(class)) {
                return true;
            }
            let Some(support) = self.supports.get(&class) else { return false };
            enough(support.of(class).unsigned_abs())
                && support.changes.iter().all(|(other, change)| *change >= 0 || outside(*other) >= change.unsigned_abs())
        })
    }
}

/// Whether a primary is wide, and whether it reaches the threshold, by what all classes with a member in it may give and take together.
pub(crate) fn room_of(problem: &Problem, tree: &Tree<'_>, classes: &Classes, var: u32, want: Intervals) -> (bool, bool) {
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
    // What lies outside, of the same class or of others, may give to one inside.
    let outside = |class: u32| classes.class(class).slack - cut.get(&class).map_or(0, |(part, _)| part.slack);
    let falls = |class: u32| {
        cut.get(&class).filter(|(part, _)| classes.class(class).without(part).rising.always()).map_or(0, |(part, _)| part.slack)
    };
    let lifted = |missing: u64, width: u64| {
        let alone = |class: u32| outside(class) >= missing && outside(class) + falls(class) >= width;
        let holds = |class: u32| alone(class) || support(classes, class, missing.max(width), PATIENT, outside).is_some();
        whoever_looks(problem, var, &cut, holds)
    };
    let missing = want.reach.saturating_sub(problem.rest(var));
    if lifted(missing, want.width) {
        return (true, true);
    }
    (wide || lifted(0, want.width), reaches || lifted(missing, 0))
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
