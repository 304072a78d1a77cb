//! Exchanges between classes: how a class without slack of its own may still go up.
//!
//! Classes A, B, D and E for which A and D together lie in the same published cells as B and E together may change against each other: A and D go up,
//! B and E go down, and nothing published changes. So a class of few searches has room where the tables have enough around it, as in a table with
//! published margins every cell has that has a large neighbour in its row and in its column.

use std::cmp::Reverse;

use crate::classes::Classes;

/// How hard exchanges are searched.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// How many classes inside a published cell are looked at, in the order in which they came to be: what is left of large cells comes first.
    scan: usize,
    /// How many of those, the ones with most slack, are tried.
    tried: usize,
    /// How many exchanges are looked up for one class.
    look_ups: usize,
}

/// While a pattern is built.
pub(crate) const HURRIED: Effort = Effort { scan: 1000, tried: 40, look_ups: 4000 };
/// For classes that lie in published cells from the start, and for cells that have no room in the end.
pub(crate) const PATIENT: Effort = Effort { scan: 10_000, tried: 2_000, look_ups: 200_000 };

/// Exchanges that let a class go up: by how much each class changes, the class itself among them. It holds as long as those that go down have the slack and
/// the changes in every published cell add up to nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Support {
    pub(crate) changes: Vec<(u32, i64)>,
}

impl Support {
    fn add(&mut self, class: u32, change: i64) {
        match self.changes.iter_mut().find(|known| known.0 == class) {
            Some(known) => known.1 += change,
            None => self.changes.push((class, change)),
        }
    }

    /// By how much a class changes.
    pub(crate) fn of(&self, class: u32) -> i64 {
        self.changes.iter().find(|known| known.0 == class).map_or(0, |known| known.1)
    }

    /// Whether it still holds for a class after some classes came to lie in one more published cell as a whole (sorted), and others lost members.
    pub(crate) fn holds(&self, of: u32, classes: &Classes, inside: &[u32]) -> bool {
        let balance: i64 = self.changes.iter().filter(|(class, _)| inside.binary_search(class).is_ok()).map(|(_, change)| change).sum();
        let can = |&(number, change): &(u32, i64)| {
            let class = classes.class(number);
            class.members > 0
                && change + i64::try_from(class.slack).unwrap_or(i64::MAX) >= 0
                && (change <= 0 || number == of || class.rising.always())
        };
        balance == 0 && self.changes.iter().all(can)
    }
}

/// Exchanges by which a class may go up by as much as is wanted, if there are such. `slack` says how far a class may go down for it.
pub(crate) fn support(classes: &Classes, class: u32, wanted: u64, effort: Effort, slack: impl Fn(u32) -> u64) -> Option<Support> {
    let mut search =
        Search { classes, class, slack, left: i64::try_from(wanted).ok()?, look_ups: effort.look_ups, effort, found: Support::default() };
    search.run();
    (search.left <= 0).then_some(search.found)
}

struct Search<'a, S> {
    classes: &'a Classes,
    class: u32,
    slack: S,
    left: i64,
    effort: Effort,
    look_ups: usize,
    found: Support,
}

impl<S: Fn(u32) -> u64> Search<'_, S> {
    /// How far a class can still go down.
    fn room(&self, class: u32) -> i64 {
        i64::try_from((self.slack)(class)).unwrap_or(i64::MAX / 4) + self.found.of(class).min(0)
    }

    fn is_over(&self) -> bool {
        self.left <= 0 || self.look_ups == 0
    }

    /// The classes inside a published cell that can go down, those with most slack first.
    fn givers(&self, cell: u32) -> Vec<u32> {
        let able = |c: &u32| *c != self.class && (self.slack)(*c) > 0;
        let mut givers: Vec<u32> = self.classes.inside(cell).iter().copied().take(self.effort.scan).filter(able).collect();
        givers.sort_unstable_by_key(|c| (Reverse((self.slack)(*c)), *c));
        givers.truncate(self.effort.tried);
        givers
    }

    fn run(&mut self) {
        let own = &self.classes.class(self.class).published;
        let mut cells: Vec<u32> = own.clone();
        cells.sort_unstable_by_key(|cell| (self.classes.inside(*cell).len(), *cell));
        for (number, cell) in cells.iter().enumerate() {
            for giver in self.givers(*cell) {
                // each once: in the first cell that it shares
                let shared = &self.classes.class(giver).published;
                if cells[..number].iter().any(|c| shared.binary_search(c).is_ok()) {
                    continue;
                }
                self.with(giver);
                if self.is_over() {
                    return;
                }
            }
        }
    }

    /// Exchanges in which this class goes down.
    fn with(&mut self, giver: u32) {
        let classes = self.classes;
        let (own, other) = (&classes.class(self.class).published, &classes.class(giver).published);
        let base = classes.name(giver).wrapping_sub(classes.name(self.class));
        let rarest = |cells: &mut dyn Iterator<Item = u32>| cells.min_by_key(|cell| (classes.inside(*cell).len(), *cell));
        match rarest(&mut own.iter().copied().filter(|c| other.binary_search(c).is_err())) {
            // what the giver is not inside of, a second giver must be
            Some(cell) => {
                for second in self.givers(cell) {
                    self.look_ups = self.look_ups.saturating_sub(1);
                    let name = base.wrapping_add(classes.name(second));
                    match classes.named(name) {
                        Some(taker) => self.take(giver, Some(second), Some(taker)),
                        None if name == 0 => self.take(giver, Some(second), None),
                        None => {}
                    }
                    if self.is_over() {
                        return;
                    }
                }
            }
            // it is inside of all that the class is, and more: another must take there what it gives
            None => {
                let Some(cell) = rarest(&mut other.iter().copied().filter(|c| own.binary_search(c).is_err())) else { return };
                for &taker in classes.inside(cell).iter().take(self.effort.scan) {
                    self.look_ups = self.look_ups.saturating_sub(1);
                    let name = classes.name(taker).wrapping_sub(base);
                    match classes.named(name) {
                        Some(second) => self.take(giver, Some(second), Some(taker)),
                        None if name == 0 => self.take(giver, None, Some(taker)),
                        None => {}
                    }
                    if self.is_over() {
                        return;
                    }
                }
            }
        }
    }

    /// Makes an exchange as far as it goes.
    fn take(&mut self, giver: u32, second: Option<u32>, taker: Option<u32>) {
        if second == Some(self.class) || taker == Some(giver) || (second.is_some() && taker == second) {
            return;
        }
        if taker.is_some_and(|taker| !self.classes.class(taker).rising.always()) {
            return;
        }
        let most = match second {
            Some(second) if second == giver => self.room(giver) / 2,
            Some(second) => self.room(giver).min(self.room(second)),
            None => self.room(giver),
        };
        let amount = most.min(self.left);
        if amount <= 0 {
            return;
        }
        // what was found before must not be given up again: a taker that goes down elsewhere is left out
        if taker.is_some_and(|taker| self.found.of(taker) < 0) || [Some(giver), second].into_iter().flatten().any(|c| self.found.of(c) > 0)
        {
            return;
        }
        self.found.add(self.class, amount);
        self.found.add(giver, -amount);
        if let Some(second) = second {
            self.found.add(second, -amount);
        }
        if let Some(taker) = taker {
            self.found.add(taker, amount);
        }
        self.left -= amount;
    }
}
