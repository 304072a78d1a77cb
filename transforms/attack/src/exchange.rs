//! Witnesses by exchange: one inner unknown goes up while others, which disturb the same published sums, go down.
//!
//! Raising an inner unknown by 1, and with it every unknown that contains it, disturbs some equations by some numbers ([`Classes`]). Unknowns that disturb
//! the same are interchangeable, and so are pairs that together disturb the same. Such exchanges are cheap to find and settle nearly all targets of a
//! sound pattern; what they leave open is searched by linear algebra in regions. They only propose: a table counts when it was checked by exact additions
//! against every equation that it touches.

use std::cmp::Reverse;

use rayon::prelude::*;

use crate::classes::{Classes, Lists, Sum};
use crate::knows::{Knows, Nobody};
use crate::region::Ground;
use crate::scales::{Scales, Trial};
use crate::witness::{Need, Ranges, Want};

/// How many targets are tried from one state of the ranges, and how many of them by one task.
const BATCH: (usize, usize) = (8192, 64);
/// How many inner unknowns of a sum, and members of a class, are looked at.
const INSIDE: usize = 2000;
const MEMBERS: usize = 400;

/// How hard exchanges of four classes are searched.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// How many classes at an equation are looked at.
    neighbours: usize,
    /// How many exchanges are looked up for one target.
    look_ups: usize,
}

/// For all targets.
pub(crate) const QUICK: Effort = Effort { neighbours: 300, look_ups: 5000 };
/// For the few that are left.
pub(crate) const PATIENT: Effort = Effort { neighbours: 5000, look_ups: 300_000 };

/// One way or the other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

/// The order in which classes and their members are tried.
pub(crate) struct Order {
    /// Members of each class, those that can go down furthest first.
    members: Lists<u32>,
    /// For each equation the classes that disturb it and have a member that can go down, the furthest first.
    giving: Lists<u32>,
}

impl Order {
    pub(crate) fn new(ground: &Ground, classes: &Classes, knows: &impl Knows) -> Self {
        let slack = |inner: u32| ground.base[inner as usize] - ground.bounds.lower[inner as usize].max(knows.least(inner));
        let mut members = classes.members.clone();
        for class in 0..members.len() {
            members.of_mut(class).sort_by_key(|&inner| Reverse(slack(inner)));
        }
        let give: Vec<i64> = (0u32..).take(members.len()).map(|class| members.of(class).iter().map(|&inner| slack(inner)).sum()).collect();
        let mut giving = classes.disturbing.filtered(|&class| give[class as usize] > 0);
        for row in 0..giving.len() {
            giving.of_mut(row).sort_by_key(|&class| Reverse(give[class as usize]));
        }
        Self { members, giving }
    }
}

/// The search from one base.
pub(crate) struct Exchange<'a, K> {
    pub(crate) ground: &'a Ground<'a>,
    pub(crate) classes: &'a Classes,
    pub(crate) order: &'a Order,
    pub(crate) effort: Effort,
    pub(crate) knows: &'a K,
}

/// Searches witnesses for all open targets of a part by exchanges, each from the base.
pub(crate) fn search(ground: &Ground, classes: &Classes, need: &Need, ranges: &mut Ranges, effort: Effort) {
    search_knowing(ground, classes, need, ranges, effort, &Nobody);
}

/// The same for somebody who knows something.
pub(crate) fn search_knowing(ground: &Ground, classes: &Classes, need: &Need, ranges: &mut Ranges, effort: Effort, knows: &impl Knows) {
    let exchange = Exchange { ground, classes, order: &Order::new(ground, classes, knows), effort, knows };
    let count = ground.part.cells.len();
    // inner ones first: what is seen of the sums on the way need not be searched again
    let mut open: Vec<u32> = (0u32..).take(count).filter(|&u| need.open(ranges, ground.bounds, u)).collect();
    open.sort_by_key(|&u| classes.inside.of(u).len());
    let mut rest = open.as_slice();
    while !rest.is_empty() {
        let (batch, after) = rest.split_at(rest.len().min(BATCH.0));
        rest = after;
        let batch: Vec<u32> = batch.iter().copied().filter(|&u| need.open(ranges, ground.bounds, u)).collect();
        let seen: &Ranges = ranges;
        let found: Vec<Vec<(u32, i64)>> = batch
            .par_chunks(BATCH.1)
            .map_init(
                || Scales::new(ground),
                |scales, targets| {
                    let mut out = Vec::new();
                    for &target in targets {
                        let range = (seen.low[target as usize], seen.high[target as usize]);
                        exchange.settle(target, need.want(target), range, scales, &mut out);
                    }
                    out
                },
            )
            .collect();
        for (unknown, value) in found.into_iter().flatten() {
            ranges.see(unknown, value, value);
        }
    }
}

impl<K: Knows> Exchange<'_, K> {
    /// Whether an inner unknown may change in a table for a target, with everything that contains it.
    fn may_change(&self, inner: u32, target: u32) -> bool {
        !K::FIXES || self.classes.above.of(inner).iter().all(|&unknown| self.knows.may_change(unknown, target))
    }

    /// How far an inner unknown can still go down.
    fn slack(&self, inner: u32, trial: &Trial) -> i64 {
        self.ground.base[inner as usize] - self.ground.bounds.lower[inner as usize].max(self.knows.least(inner)) + trial.of(inner)
    }

    /// Searches tables for one target, of which a range was seen already, and adds what was seen in them.
    pub(crate) fn settle(&self, target: u32, want: Want, seen: (i64, i64), scales: &mut Scales, out: &mut Vec<(u32, i64)>) {
        want.pursue(seen, self.ground.bounds.of(target), |goal, up| Some(self.towards(target, goal, up, scales, out)));
    }

    /// Moves a target as far towards a goal as exchanges go, tells its value in the table that was found and adds what else was seen in it.
    pub(crate) fn towards(&self, target: u32, goal: i64, up: bool, scales: &mut Scales, out: &mut Vec<(u32, i64)>) -> i64 {
        let base = self.ground.base[target as usize];
        let (amount, way) = if up { (goal - base, Way::Up) } else { (base - goal, Way::Down) };
        self.go(target, amount, way, scales, out)
    }

    /// Moves a target as far as asked, or as far as exchanges go, and tells its value in the table that was found.
    fn go(&self, target: u32, amount: i64, way: Way, scales: &mut Scales, out: &mut Vec<(u32, i64)>) -> i64 {
        let mut trial = Trial::default();
        let heads = self.heads(target);
        let mut left = amount;
        for &(class, head) in &heads {
            if left > 0 {
                left -= self.within(target, class, head, left, way, &mut trial);
            }
        }
        let mut look_ups = self.effort.look_ups;
        for &(class, head) in &heads {
            if left > 0 && look_ups > 0 {
                self.across(&mut Across { target, head, way, left: &mut left, look_ups: &mut look_ups, trial: &mut trial }, class);
            }
        }
        let base = self.ground.base[target as usize];
        let from = out.len();
        if trial.changes.is_empty() || !scales.weigh(self, target, &trial, out) {
            return base;
        }
        out[from..].iter().find(|seen| seen.0 == target).map_or(base, |seen| seen.1)
    }

    /// The classes that an unknown has members of, each with one of them.
    fn heads(&self, target: u32) -> Vec<(u32, u32)> {
        let inside = self.classes.inside.of(target).iter().take(INSIDE);
        let mut heads: Vec<(u32, u32)> = inside.filter_map(|&inner| Some((self.classes.class(inner)?, inner))).collect();
        heads.sort_unstable_by_key(|&(class, inner)| (class, !self.may_change(inner, target), inner));
        heads.dedup_by_key(|head| head.0);
        heads
    }

    /// Exchanges members of one class, some inside the target and some not; tells how far that went.
    fn within(&self, target: u32, class: u32, head: u32, amount: i64, way: Way, trial: &mut Trial) -> i64 {
        let outside = |inner: &u32| !self.classes.contains(target, *inner);
        let members = self.order.members.of(class).iter().copied().take(MEMBERS);
        if way == Way::Up && !self.may_change(head, target) {
            return 0;
        }
        let other = match (way, self.classes.is_free(class)) {
            (Way::Up, true) => {
                trial.add(head, amount);
                return amount;
            }
            (Way::Up, false) => Some(head),
            (Way::Down, true) => None,
            (Way::Down, false) => match members.clone().find(|inner| outside(inner) && self.may_change(*inner, target)) {
                Some(other) => Some(other),
                None => return 0,
            },
        };
        let mut left = amount;
        for member in members.filter(|inner| outside(inner) == (way == Way::Up)) {
            let step = self.slack(member, trial).min(left);
            if step > 0 {
                trial.add(member, -step);
                if let Some(other) = other {
                    trial.add(other, step);
                }
                left -= step;
            }
            if left == 0 {
                break;
            }
        }
        amount - left
    }

    /// A member of a class that is not inside the target and can go down, or up, besides some moves; and how often.
    fn outsider(&self, class: u32, target: u32, way: Way, trial: &Trial, moves: &[(u32, i64)]) -> Option<(u32, i64)> {
        // one that goes down twice has half the room
        let times = |inner: u32| 1 + moves.iter().filter(|other| **other == (inner, -1)).count() as i64;
        let mut members = self.order.members.of(class).iter().take(MEMBERS).filter(|inner| !self.classes.contains(target, **inner));
        match way {
            Way::Up => members.find(|inner| self.may_change(**inner, target)).map(|&inner| (inner, i64::MAX)),
            Way::Down => members.map(|&inner| (inner, self.slack(inner, trial) / times(inner))).find(|found| found.1 > 0),
        }
    }

    /// Exchanges of a class inside the target and one more for two others: what they disturb together is the same.
    fn across(&self, job: &mut Across, class: u32) {
        if (job.way == Way::Down && self.insider(job).is_none()) || (job.way == Way::Up && !self.may_change(job.head, job.target)) {
            return;
        }
        // upwards the second and the third must be able to go down
        let partners = if job.way == Way::Up { &self.order.giving } else { &self.classes.disturbing };
        let mut rows: Vec<u32> = self.classes.vector(class).iter().map(|entry| entry.0).collect();
        rows.sort_by_key(|&row| partners.of(row).len());
        for (number, &row) in rows.iter().enumerate() {
            for &second in partners.of(row).iter().take(self.effort.neighbours) {
                if job.is_over() {
                    return;
                }
                // each class once: at the first equation that it shares
                let shared = |row: &u32| self.classes.vector(second).binary_search_by_key(row, |entry| entry.0).is_ok();
                if second == class || rows[..number].iter().any(shared) {
                    continue;
                }
                if self.outsider(second, job.target, job.way.opposite(), job.trial, &[]).is_some() {
                    self.across_two(job, class, second, partners);
                }
            }
        }
    }

    /// The same with two of the classes given.
    fn across_two(&self, job: &mut Across, class: u32, second: u32, partners: &Lists<u32>) {
        let rarest = |of, other| self.excess(of, other).min_by_key(|&row| partners.of(row).len());
        if let Some(row) = rarest(class, second) {
            // the third has what the second lacks, the fourth makes up for what both have too much
            for &third in partners.of(row).iter().take(self.effort.neighbours) {
                if job.is_over() {
                    return;
                }
                if let Some(fourth) = self.classes.combination([second, third], class) {
                    self.exchange(job, second, Sum::Class(third), fourth);
                }
            }
            return;
        }
        if let Some(fourth) = self.classes.difference(second, class) {
            self.exchange(job, second, Sum::Nothing, fourth);
        }
        let Some(row) = self.excess(second, class).min_by_key(|&row| self.classes.disturbing.of(row).len()) else { return };
        for &fourth in self.classes.disturbing.of(row).iter().take(self.effort.neighbours) {
            if job.is_over() {
                return;
            }
            if let Some(third) = self.classes.combination([class, fourth], second) {
                self.exchange(job, second, third, Sum::Class(fourth));
            }
        }
    }

    /// The equations that a class disturbs and another does not, or less.
    fn excess(&self, class: u32, other: u32) -> impl Iterator<Item = u32> {
        let others = self.classes.vector(other);
        let more = |entry: &&(u32, i64)| {
            let theirs = others.binary_search_by_key(&entry.0, |entry| entry.0).map_or(0, |at| others[at].1);
            (entry.1 - theirs) * entry.1 > 0
        };
        self.classes.vector(class).iter().filter(more).map(|entry| entry.0)
    }

    /// Makes one exchange as far as it goes, member by member: the head and the fourth one way, the second and the third the other.
    fn exchange(&self, job: &mut Across, second: u32, third: Sum, fourth: Sum) {
        while *job.left > 0 && self.exchange_members(job, second, third, fourth).is_some() {}
    }

    /// Exchanges one member of each class; nothing when that does not bring the target nearer.
    fn exchange_members(&self, job: &mut Across, second: u32, third: Sum, fourth: Sum) -> Option<()> {
        let (way, target) = (job.way, job.target);
        let against = way.opposite();
        let (head, mut most) = match way {
            Way::Up => (job.head, i64::MAX),
            Way::Down => self.insider(job)?,
        };
        let mut moves: Vec<(u32, i64)> = vec![(head, way.sign())];
        for class in [Sum::Class(second), third] {
            let Sum::Class(class) = class else { continue };
            let (inner, room) = self.outsider(class, target, against, job.trial, &moves)?;
            most = most.min(room);
            moves.push((inner, against.sign()));
        }
        if let Sum::Class(class) = fourth {
            let other = self.outsider(class, target, way, job.trial, &moves);
            let (inner, room) = other.or_else(|| self.any(class, target, way, job.trial))?;
            most = most.min(if inner == head { room / 2 } else { room });
            moves.push((inner, way.sign()));
        }
        let gain: i64 = moves.iter().filter(|(inner, _)| self.classes.contains(target, *inner)).map(|(_, sign)| sign * way.sign()).sum();
        if gain <= 0 || most <= 0 {
            return None;
        }
        let step = (*job.left).div_euclid(gain).clamp(1, most);
        for (inner, sign) in moves {
            job.trial.add(inner, sign * step);
        }
        *job.left -= gain * step;
        Some(())
    }

    /// A member of the head's class inside the target that can go down.
    fn insider(&self, job: &Across) -> Option<(u32, i64)> {
        let class = self.classes.class(job.head)?;
        let members = self.order.members.of(class).iter().take(MEMBERS).filter(|inner| self.classes.contains(job.target, **inner));
        members.map(|&inner| (inner, self.slack(inner, job.trial))).find(|found| found.1 > 0)
    }

    fn any(&self, class: u32, target: u32, way: Way, trial: &Trial) -> Option<(u32, i64)> {
        let &inner = self.order.members.of(class).iter().find(|inner| way == Way::Down || self.may_change(**inner, target))?;
        let room = if way == Way::Up { i64::MAX } else { self.slack(inner, trial) };
        (room > 0).then_some((inner, room))
    }
}

impl Way {
    fn opposite(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }

    fn sign(self) -> i64 {
        match self {
            Self::Up => 1,
            Self::Down => -1,
        }
    }
}

/// A search for exchanges of four classes.
struct Across<'a> {
    target: u32,
    /// An inner unknown of the target.
    head: u32,
    way: Way,
    left: &'a mut i64,
    look_ups: &'a mut usize,
    trial: &'a mut Trial,
}

impl Across<'_> {
    /// Whether the target is where it was asked to go, or enough was tried. Counts how often it is asked.
    fn is_over(&mut self) -> bool {
        if *self.left <= 0 || *self.look_ups == 0 {
            return true;
        }
        *self.look_ups -= 1;
        false
    }
}

#[cfg(test)]
mod tests;
