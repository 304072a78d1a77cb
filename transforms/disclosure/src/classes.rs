//! Classes of inner cells that lie in the same published cells.
//!
//! They are interchangeable: one may go up while another goes down, and nothing published changes, nor does any withheld sum fall to nothing while each
//! of them keeps its least value.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use crate::field::scattered;
use crate::parallel;
use crate::problem::Problem;
use crate::rising::Rising;
use crate::tree::Tree;

/// Inner cells of one task. Fixed, so that threads change nothing.
const TASK: usize = 1 << 12;

/// A name for a set of published cells: the sum of random numbers of its members. That two sets of a problem have one name has odds of about the
/// square of their count in 2^120.
type Name = u128;

/// A hash of names, which are drawn by chance already.
#[derive(Default)]
struct Drawn(u64);

impl Hasher for Drawn {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, name: u128) {
        self.0 = name as u64;
    }
}

fn number(var: u32) -> Name {
    u128::from(scattered(0x51, u64::from(var))) << 64 | u128::from(scattered(0xA7, u64::from(var)))
}

/// Inner cells that lie in the same published cells.
#[derive(Debug, Clone, Default)]
pub(crate) struct Class {
    /// What its members hold beyond their least values, together.
    pub(crate) slack: u64,
    /// How many members it has.
    pub(crate) members: u32,
    /// How many of them are primary.
    pub(crate) primary: u32,
    /// Which of them may go up.
    pub(crate) rising: Rising,
    /// Whether they lie in no published cell, so that each may grow by itself.
    pub(crate) free: bool,
    /// The published cells, sorted.
    pub(crate) published: Vec<u32>,
}

impl Class {
    fn take(&mut self, problem: &Problem, tree: &Tree<'_>, var: u32) {
        self.slack += tree.spare(var);
        self.members += 1;
        let primary = problem.flags(var).primary();
        self.primary += u32::from(primary);
        self.rising.take(problem.alone(var), primary);
    }

    /// The slack that each primary member can use: one that has it all needs another to give to.
    pub(crate) fn shared(&self) -> u64 {
        if self.rising.shared == 1 && self.rising.shared_primary == 1 && !self.rising.without_one_shared().always() {
            0
        } else {
            self.slack
        }
    }

    /// What is left without a part of it.
    pub(crate) fn without(&self, part: &Self) -> Self {
        Self {
            slack: self.slack - part.slack,
            members: self.members - part.members,
            primary: self.primary - part.primary,
            rising: self.rising.without(part.rising),
            free: self.free,
            published: Vec::new(),
        }
    }
}

/// The classes of a pattern.
pub(crate) struct Classes {
    all: Vec<Class>,
    names: Vec<Name>,
    by_name: HashMap<Name, u32, BuildHasherDefault<Drawn>>,
    /// Of each variable that is an inner cell and withheld: its class.
    of: Vec<Option<u32>>,
    /// Of each variable that is published: the classes inside it.
    inside: Vec<Vec<u32>>,
}

/// What a published cell would cut out of each class: the part, and its members.
pub(crate) type Cut = BTreeMap<u32, (Class, Vec<u32>)>;

/// What publishing a variable did to the classes.
pub(crate) struct Made {
    var: u32,
    class: Option<u32>,
    /// The classes that lie in the variable as a whole.
    pub(crate) whole: Vec<u32>,
    /// The classes that it cut, as they were before, and the number of the part that it cut off.
    split: Vec<(u32, Class, Option<u32>)>,
    /// Whether the whole ones were free.
    free: Vec<bool>,
    members: Vec<(u32, u32)>,
}

impl Made {
    /// The classes that changed, and those that are new.
    pub(crate) fn changed(&self) -> impl Iterator<Item = u32> {
        self.whole.iter().copied().chain(self.split.iter().flat_map(|(rest, _, part)| [Some(*rest), *part]).flatten())
    }

    /// Whether a class that lies in the variable as a whole lay in no published cell before.
    pub(crate) fn was_free(&self, class: u32) -> bool {
        self.whole.iter().zip(&self.free).any(|(number, free)| *number == class && *free)
    }
}

impl Classes {
    pub(crate) fn new(problem: &Problem, tree: &Tree<'_>, withheld: &[bool], threads: usize) -> Self {
        let tasks: Vec<&[u32]> = tree.inner().chunks(TASK).collect();
        let parts = parallel::map(tasks.len(), threads, |t| {
            let mut above = Vec::new();
            let published = |var: &u32| {
                // An inner cell that is published itself does not move.
                if !withheld[*var as usize] {
                    return None;
                }
                tree.above(*var, &mut above);
                let mut published: Vec<u32> = above.iter().copied().filter(|a| !withheld[*a as usize]).collect();
                published.sort_unstable();
                Some(published)
            };
            tasks[t].iter().map(published).collect::<Vec<_>>()
        });
        let mut classes = Self {
            all: Vec::new(),
            names: Vec::new(),
            by_name: HashMap::default(),
            of: vec![None; problem.variables()],
            inside: vec![Vec::new(); problem.variables()],
        };
        for (var, published) in tree.inner().iter().zip(parts.into_iter().flatten()) {
            let Some(published) = published else { continue };
            let name = published.iter().fold(0, |sum: Name, p| sum.wrapping_add(number(*p)));
            let class = *classes.by_name.entry(name).or_insert_with(|| {
                let number = classes.all.len() as u32;
                published.iter().for_each(|p| classes.inside[*p as usize].push(number));
                classes.names.push(name);
                classes.all.push(Class { free: published.is_empty(), published, ..Class::default() });
                number
            });
            classes.all[class as usize].take(problem, tree, *var);
            classes.of[*var as usize] = Some(class);
        }
        let all = &classes.all;
        classes.inside.iter_mut().for_each(|inside| inside.sort_by_key(|class| std::cmp::Reverse(all[*class as usize].slack)));
        classes
    }

    /// The class of an inner cell that is withheld.
    pub(crate) fn of(&self, var: u32) -> Option<(u32, &Class)> {
        let class = self.of[var as usize]?;
        Some((class, &self.all[class as usize]))
    }

    pub(crate) fn class(&self, class: u32) -> &Class {
        &self.all[class as usize]
    }

    /// What publishing a variable would cut out of the classes.
    pub(crate) fn cut(&self, problem: &Problem, tree: &Tree<'_>, var: u32) -> Cut {
        let mut cut = Cut::new();
        for inner in tree.below(var) {
            if let Some(class) = self.of[inner as usize] {
                let (part, members) = cut.entry(class).or_default();
                part.take(problem, tree, inner);
                members.push(inner);
            }
        }
        cut
    }

    /// How many classes there are.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// The classes inside a published variable.
    pub(crate) fn inside(&self, var: u32) -> &[u32] {
        &self.inside[var as usize]
    }

    /// The name of the published cells that a class lies in.
    pub(crate) fn name(&self, class: u32) -> Name {
        self.names[class as usize]
    }

    /// The class that lies in the published cells of this name.
    pub(crate) fn named(&self, name: Name) -> Option<u32> {
        self.by_name.get(&name).copied()
    }

    /// Makes a cut: the variable is published.
    pub(crate) fn publish(&mut self, var: u32, cut: Cut) -> Made {
        let class = self.of[var as usize].take();
        let mut made = Made { var, class, whole: Vec::new(), split: Vec::new(), free: Vec::new(), members: Vec::new() };
        for (number, (mut part, members)) in cut {
            let new = self.all.len() as u32;
            let whole = &mut self.all[number as usize];
            if class.is_some() {
                // an inner cell that is published itself is in no class any more
                let rest = Class { published: whole.published.clone(), ..whole.without(&part) };
                made.split.push((number, std::mem::replace(whole, rest), None));
            } else if part.members == whole.members {
                made.whole.push(number);
                made.free.push(std::mem::take(&mut whole.free));
                add(&mut whole.published, var);
                self.rename(number, var, true);
                self.inside[var as usize].push(number);
            } else {
                part.published.clone_from(&whole.published);
                add(&mut part.published, var);
                let rest = Class { published: std::mem::take(&mut whole.published), ..whole.without(&part) };
                let before = std::mem::replace(whole, rest);
                part.published.iter().for_each(|p| self.inside[*p as usize].push(new));
                self.names.push(self.names[number as usize].wrapping_add(self::number(var)));
                self.by_name.insert(self.names[new as usize], new);
                self.all.push(part);
                for inner in members {
                    self.of[inner as usize] = Some(new);
                    made.members.push((inner, number));
                }
                made.split.push((number, before, Some(new)));
            }
        }
        made
    }

    /// Takes back what [`Classes::publish`] did last.
    pub(crate) fn take_back(&mut self, made: Made) {
        self.of[made.var as usize] = made.class;
        for (inner, class) in made.members {
            self.of[inner as usize] = Some(class);
        }
        for (number, before, part) in made.split.into_iter().rev() {
            let whole = &mut self.all[number as usize];
            let published = std::mem::take(&mut whole.published);
            *whole = Class { published, ..before };
            if part.is_some()
                && let (Some(part), Some(name)) = (self.all.pop(), self.names.pop())
            {
                self.by_name.remove(&name);
                for p in part.published {
                    self.inside[p as usize].pop();
                }
            }
        }
        for (number, free) in made.whole.into_iter().zip(made.free).rev() {
            self.inside[made.var as usize].pop();
            self.rename(number, made.var, false);
            let whole = &mut self.all[number as usize];
            whole.free = free;
            whole.published.retain(|p| *p != made.var);
        }
    }

    fn rename(&mut self, class: u32, var: u32, more: bool) {
        let name = &mut self.names[class as usize];
        self.by_name.remove(name);
        *name = if more { name.wrapping_add(number(var)) } else { name.wrapping_sub(number(var)) };
        self.by_name.insert(*name, class);
    }
}

/// Adds a variable to a sorted list.
fn add(list: &mut Vec<u32>, var: u32) {
    if let Err(at) = list.binary_search(&var) {
        list.insert(at, var);
    }
}
