//! Classes of inner cells that lie in the same published cells.
//!
//! They are interchangeable: one may go up while another goes down, and nothing published changes, nor does any withheld sum fall to nothing while each
//! of them keeps its least value.

use std::collections::{BTreeMap, HashMap};

use crate::field::scattered;
use crate::parallel;
use crate::problem::Problem;
use crate::tree::Tree;

/// Inner cells of one task. Fixed, so that threads change nothing.
const TASK: usize = 1 << 12;

/// A name for a set of published cells: the sum of random numbers of its members. That two sets of a problem have one name has odds of about the
/// square of their count in 2^120.
type Name = u128;

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
    /// Whether they lie in no published cell, so that each may grow by itself.
    pub(crate) free: bool,
    /// The published cells, sorted.
    pub(crate) published: Vec<u32>,
}

impl Class {
    fn take(&mut self, problem: &Problem, tree: &Tree<'_>, var: u32) {
        self.slack += tree.spare(var);
        self.members += 1;
        self.primary += u32::from(problem.flags(var).primary());
    }

    /// What is left without a part of it.
    pub(crate) fn without(&self, part: &Self) -> Self {
        let (slack, members, primary) = (self.slack - part.slack, self.members - part.members, self.primary - part.primary);
        Self { slack, members, primary, free: self.free, published: Vec::new() }
    }
}

/// The classes of a pattern.
pub(crate) struct Classes {
    all: Vec<Class>,
    names: Vec<Name>,
    by_name: HashMap<Name, u32>,
    /// Of each variable that is an inner cell and withheld: its class.
    of: Vec<Option<u32>>,
}

/// What a published cell would cut out of each class: the part, and its members.
pub(crate) type Cut = BTreeMap<u32, (Class, Vec<u32>)>;

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
        let mut classes = Self { all: Vec::new(), names: Vec::new(), by_name: HashMap::new(), of: vec![None; problem.variables()] };
        for (var, published) in tree.inner().iter().zip(parts.into_iter().flatten()) {
            let Some(published) = published else { continue };
            let name = published.iter().fold(0, |sum: Name, p| sum.wrapping_add(number(*p)));
            let class = *classes.by_name.entry(name).or_insert_with(|| {
                classes.names.push(name);
                classes.all.push(Class { free: published.is_empty(), published, ..Class::default() });
                classes.all.len() as u32 - 1
            });
            classes.all[class as usize].take(problem, tree, *var);
            classes.of[*var as usize] = Some(class);
        }
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

    /// The class that one becomes a part of when a published cell that it lies in is withheld.
    pub(crate) fn joined(&self, class: u32, published: u32) -> Option<&Class> {
        let name = self.names[class as usize].wrapping_sub(number(published));
        self.by_name.get(&name).map(|c| &self.all[*c as usize])
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

    /// Makes a cut: the variable is published. Names and published cells of classes are not kept up: who needs them makes the classes anew.
    pub(crate) fn publish(&mut self, var: u32, cut: Cut) {
        self.of[var as usize] = None;
        for (class, (part, members)) in cut {
            let whole = &mut self.all[class as usize];
            if part.members == whole.members {
                whole.free = false;
                continue; // all of it lies in the variable: it stays one class
            }
            *whole = whole.without(&part);
            let new = self.all.len() as u32;
            self.all.push(part);
            for inner in members.into_iter().filter(|inner| *inner != var) {
                self.of[inner as usize] = Some(new);
            }
        }
    }
}
