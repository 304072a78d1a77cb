//! Witnesses and proofs for a whole part at once, where classes of interchangeable inner unknowns leave few unknowns of it.
//!
//! What exchanges leave open needs several classes to move together. The reduced part ([`Reduced`]) is small enough to walk in by linear algebra, and what
//! is proven in it is proven of the part: its equations are sums of those of the part. A witness counts, as everywhere, when the whole table was checked.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::bounds::{Bounds, Holders, holders};
use crate::classes::Classes;
use crate::field::Random;
use crate::linear::{minimise, proven};
use crate::proof::cut_out;
use crate::reduced::{Deal, Reduced};
use crate::region::{Ground, misfit};
use crate::start::{self, Aim};
use crate::witness::{Changed, Need, Ranges, Want};

/// How many classes are walked in around one target.
const REGION: usize = 400;
/// How many classes of a sum are moved at once.
const CLASSES: usize = 200;
/// How many targets are tried from one state of the ranges.
const BATCH: usize = 256;
/// The search ends when, after so many targets, fewer than one in so many were settled: most of what is left has no witness.
const PATIENCE: (usize, usize) = (1000, 20);
/// The sizes of the neighbourhoods, in classes, in which linear programs are asked for a proof.
const PROOFS: [usize; 2] = [250, 3000];

/// A part and its reduction, with the base as numbers of the classes.
pub(crate) struct ByClass<'a> {
    ground: Ground<'a>,
    classes: &'a Classes,
    reduced: Reduced<'a>,
    holders: Holders,
    limits: Bounds,
    start: Vec<i64>,
}

/// The classes of a target: those with a member inside that can change, and those of which all that can are inside.
type Sides = (Vec<u32>, Vec<u32>);

impl<'a> ByClass<'a> {
    /// None where the part cannot be reduced.
    pub(crate) fn of(ground: &Ground<'a>, classes: &'a Classes) -> Option<Self> {
        let reduced = Reduced::of(ground.part, classes, ground.bounds)?;
        let limits = reduced.bounds()?;
        let start = reduced.values(ground.base);
        let fits = misfit(&reduced.part, &start).is_none();
        fits.then(|| Self { ground: *ground, classes, holders: holders(&reduced.part), limits, start, reduced })
    }

    fn small(&self) -> Ground<'_> {
        Ground { part: &self.reduced.part, holders: &self.holders, bounds: &self.limits, base: &self.start }
    }

    fn sides(&self, target: u32) -> Sides {
        let moves = |inner: &&u32| !self.ground.bounds.is_fixed(**inner);
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        for class in self.classes.inside.of(target).iter().filter(moves).filter_map(|&inner| self.classes.class(inner)) {
            *counts.entry(class).or_default() += 1;
        }
        let whole =
            |(class, count): (&u32, &usize)| (self.classes.members.of(*class).iter().filter(moves).count() == *count).then_some(*class);
        (counts.keys().copied().collect(), counts.iter().filter_map(whole).collect())
    }

    /// Another table that fits, away from the base where targets are open.
    pub(crate) fn other_table(&self, need: &Need, ranges: &Ranges, random: &mut Random) -> Option<Vec<i64>> {
        let mut classes: Vec<u32> = Vec::new();
        for target in (0u32..).take(self.ground.part.cells.len()).filter(|&u| need.open(ranges, self.ground.bounds, u)) {
            classes.extend(self.classes.inside.of(target).iter().take(CLASSES).filter_map(|&inner| self.classes.class(inner)));
        }
        classes.sort_unstable();
        classes.dedup();
        let values = start::find(&self.reduced.part, &self.holders, &self.limits, &Aim::Towards(&classes), random)?;
        let table = self.reduced.table(&values);
        misfit(self.ground.part, &table).is_none().then_some(table)
    }

    /// Searches witnesses for open targets of the part.
    pub(crate) fn search(&self, need: &Need, ranges: &mut Ranges, seed: u64) {
        let is_open = |ranges: &Ranges, u: u32| need.open(ranges, self.ground.bounds, u);
        let mut open: Vec<u32> = (0u32..).take(self.ground.part.cells.len()).filter(|&u| is_open(ranges, u)).collect();
        let (mut tried, mut settled) = (0, 0);
        while !open.is_empty() && (tried < PATIENCE.0 || settled * PATIENCE.1 >= tried) {
            // far apart in the order of cells is mostly far apart in the table: what one target's table shows does for others near it
            let stride = open.len().div_ceil(BATCH);
            let batch: Vec<u32> = open.iter().copied().step_by(stride).collect();
            let (seen, rest): (&Ranges, &[u32]) = (ranges, &open);
            let one = |&target: &u32| self.settle(target, need, seen, rest, &mut Random::new(seed ^ (u64::from(target) << 20)));
            let found: Vec<Vec<(u32, i64)>> = batch.par_iter().with_max_len(4).map(one).collect();
            for (unknown, value) in found.into_iter().flatten() {
                ranges.see(unknown, value, value);
            }
            tried += batch.len();
            settled += open.iter().filter(|&&u| !is_open(ranges, u)).count();
            open.retain(|u| is_open(ranges, *u) && batch.binary_search(u).is_err());
        }
    }

    /// Moves one target as far as is asked, and tells what checked tables show of those that are open.
    fn settle(&self, target: u32, need: &Need, seen: &Ranges, open: &[u32], random: &mut Random) -> Vec<(u32, i64)> {
        let mut out = Vec::new();
        let range = (seen.low[target as usize], seen.high[target as usize]);
        self.pursue(target, need.want(target), range, random, |table| {
            let news = |&u: &u32| {
                let value = table[u as usize];
                (value < seen.low[u as usize] || value > seen.high[u as usize]).then_some((u, value))
            };
            out.extend(open.iter().filter_map(news));
        });
        out
    }

    /// Checked tables in which a target is as far as is asked: its value, and what differs from the base, itself among it.
    pub(crate) fn tables(&self, target: u32, want: Want, random: &mut Random) -> Vec<Changed> {
        let mut out = Vec::new();
        let start = self.ground.base[target as usize];
        self.pursue(target, want, (start, start), random, |table| {
            let changed = (0u32..).zip(table).filter(|(u, value)| self.ground.base[*u as usize] != **value).map(|(u, value)| (u, *value));
            out.push(Changed { value: table[target as usize], all: changed.collect() });
        });
        out
    }

    /// Asks for tables of a target and tells each that was checked.
    fn pursue(&self, target: u32, want: Want, seen: (i64, i64), random: &mut Random, mut tell: impl FnMut(&[i64])) {
        let (any, whole) = self.sides(target);
        want.pursue(seen, self.ground.bounds.of(target), |goal, up| {
            let table = self.go(target, if up { &any } else { &whole }, (goal, up), &any, random);
            if misfit(self.ground.part, &table).is_some() {
                return None;
            }
            tell(&table);
            Some(table[target as usize])
        });
    }

    /// A table, not yet checked, in which a target is as near to the goal as the walk gets: the classes of one of its sides are moved, and every class that
    /// has a member inside it is dealt out in its favour.
    fn go(&self, target: u32, sides: &[u32], (goal, up): (i64, bool), any: &[u32], random: &mut Random) -> Vec<i64> {
        let mut values = self.start.clone();
        let goal = goal - self.reduced.least(target) - sides.iter().map(|&class| self.start[class as usize]).sum::<i64>();
        if (goal > 0) == up && goal != 0 {
            let centres: Vec<u32> = sides.iter().copied().take(CLASSES).collect();
            let small = self.small();
            let region = small.grow(&centres, REGION.max(2 * centres.len()));
            let moved: Vec<u32> =
                (0u32..).zip(&region.unknowns).filter(|(_, u)| centres.binary_search(u).is_ok()).map(|(at, _)| at).collect();
            if !moved.is_empty() {
                let (mut simplex, sum) = small.simplex_with_sum(&region, &moved);
                let from = simplex.values[sum as usize];
                simplex.push(sum, up, from + goal, random);
                if !simplex.is_broken() && small.holds(&region, &simplex.values[..region.unknowns.len()]) {
                    for (&class, &value) in region.unknowns.iter().zip(&simplex.values) {
                        values[class as usize] = value;
                    }
                }
            }
        }
        let mut table = self.ground.base.to_vec();
        let inside = self.classes.inside.of(target);
        for (class, &value) in (0u32..).zip(&values) {
            let touched = any.binary_search(&class).is_ok();
            if touched || value != self.start[class as usize] {
                let deal = if !touched { Deal::Evenly } else { Deal::First { inside, up } };
                self.reduced.deal(&mut table, class, value, deal);
            }
        }
        table
    }

    /// Proves what it can of open targets, with linear programs for at most so many sums of classes.
    pub(crate) fn prove(&self, need: &Need, ranges: &Ranges, bounds: &mut Bounds, most: usize) {
        let mut sums: BTreeMap<Sides, Vec<u32>> = BTreeMap::new();
        for target in (0u32..).take(self.ground.part.cells.len()).filter(|&u| need.open(ranges, bounds, u)) {
            sums.entry(self.sides(target)).or_default().push(target);
        }
        let sums: Vec<(Sides, Vec<u32>)> = sums.into_iter().take(most).collect();
        let limit = |(any, whole): &Sides| (self.extreme(any, true), self.extreme(whole, false));
        let proofs: Vec<(Option<i64>, Option<i64>)> = sums.par_iter().with_max_len(1).map(|(sides, _)| limit(sides)).collect();
        for ((_, targets), (up, down)) in sums.iter().zip(proofs) {
            for &target in targets {
                let (at, least) = (target as usize, self.reduced.least(target));
                if let Some(up) = up {
                    bounds.upper[at] = bounds.upper[at].min(least + up);
                }
                if let Some(down) = down {
                    bounds.lower[at] = bounds.lower[at].max(least + down);
                }
            }
        }
    }

    /// A proven greatest (`up`) or least value of the sum of some classes.
    fn extreme(&self, classes: &[u32], up: bool) -> Option<i64> {
        if classes.len() > CLASSES {
            return None;
        }
        let mut best: Option<i64> = None;
        for size in PROOFS {
            let (cut, bounds, unknowns) = cut_out(&self.small(), classes, size);
            let mut fixed = 0;
            let mut targets = Vec::new();
            for class in classes {
                match unknowns.iter().position(|u| u == class) {
                    Some(place) => targets.push(place),
                    None => fixed += self.limits.lower[*class as usize],
                }
            }
            if targets.is_empty() {
                return Some(fixed);
            }
            let mut cost = vec![0.0; cut.cells.len()];
            for &target in &targets {
                cost[target] = if up { -1.0 } else { 1.0 };
            }
            if let Some(proposal) = minimise(&cut, &bounds, &cost)
                && let Some(value) = proven(&cut, &bounds, &targets, up, &proposal.duals)
            {
                let value = value + fixed;
                best = Some(best.map_or(value, |known| if up { known.min(value) } else { known.max(value) }));
            }
            if cut.cells.len() == self.reduced.part.cells.len() {
                break;
            }
        }
        best
    }
}
