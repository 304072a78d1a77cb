//! Witness tables: for each target, tables of whole numbers that fit everything published and in which it has other values.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use crate::bounds::Bounds;
use crate::field::Random;
use crate::problem::{CellId, Knowledge, Problem, State};
use crate::region::Ground;
use crate::system::Part;

/// Sizes of the regions in which witnesses are searched, and how many of that size are searched in a part at most.
pub(crate) type Effort<'a> = &'a [(usize, usize)];
/// From every table: small regions do for nearly all targets.
pub(crate) const LIGHT: Effort = &[(120, usize::MAX), (400, 2000)];
/// How many targets near the middle of a region are tried in it.
const CORE: usize = 40;
/// How many regions are searched at a time; what they find is put together before the next ones are chosen.
pub(crate) const BATCH: usize = 64;

/// A search goes on through this many unknowns (all its regions together) and then only while one region in so many settles a target: where exchanges and
/// many regions failed, most of what is left has no witness.
const PATIENCE: (usize, usize) = (120_000, 20);

/// A whole table of the unknowns of one part, other than the one that was published from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Witness {
    /// Every unknown of the part with its value in this table.
    pub values: Vec<(CellId, i64)>,
}

impl Witness {
    /// Checks the table by additions: every relation that has one of its cells holds, with published values for the others, and every withheld
    /// cell has at least its least value. Uses nothing but the problem.
    pub fn holds<P: Problem + ?Sized>(&self, problem: &P, knowledge: Knowledge) -> bool {
        let values: BTreeMap<CellId, i64> = self.values.iter().copied().collect();
        let least = |cell: &CellId| match problem.state(*cell) {
            State::Withheld => Some(knowledge.withheld_at_least),
            State::Unpublished => Some(0),
            State::Published(_) | State::Outside => None,
        };
        if !values.iter().all(|(cell, value)| least(cell).is_some_and(|least| *value >= least)) {
            return false;
        }
        let mut relations = Vec::new();
        values.keys().for_each(|&cell| problem.touching(cell, &mut relations));
        relations.sort_unstable();
        relations.dedup();
        relations.into_iter().all(|relation| {
            let mut terms = Vec::new();
            problem.terms(relation, &mut terms);
            let mut sum = 0i128;
            for (cell, coefficient) in terms {
                let value = match problem.state(cell) {
                    State::Published(value) => value,
                    State::Outside => return true,
                    State::Withheld | State::Unpublished => match values.get(&cell) {
                        Some(&value) => value,
                        None => return false,
                    },
                };
                sum += i128::from(coefficient) * i128::from(value);
            }
            sum == 0
        })
    }
}

/// The least and greatest value of each unknown over all checked tables.
#[derive(Debug, Clone)]
pub(crate) struct Ranges {
    pub(crate) low: Vec<i64>,
    pub(crate) high: Vec<i64>,
}

impl Ranges {
    pub(crate) fn of(table: &[i64]) -> Self {
        Self { low: table.to_vec(), high: table.to_vec() }
    }

    pub(crate) fn see(&mut self, unknown: u32, low: i64, high: i64) {
        let place = unknown as usize;
        self.low[place] = self.low[place].min(low);
        self.high[place] = self.high[place].max(high);
    }
}

/// What is asked for each unknown of a part.
pub(crate) struct Need {
    /// Whether witnesses are asked for at all.
    pub(crate) target: Vec<bool>,
    /// Two witnesses must differ by this.
    pub(crate) width: i64,
    /// In one witness the value must reach this.
    pub(crate) reach: Vec<i64>,
}

impl Need {
    pub(crate) fn wide(&self, ranges: &Ranges, unknown: u32) -> bool {
        ranges.high[unknown as usize] - ranges.low[unknown as usize] >= self.width
    }

    pub(crate) fn reached(&self, ranges: &Ranges, unknown: u32) -> bool {
        ranges.high[unknown as usize] >= self.reach[unknown as usize]
    }

    /// Whether a search can still gain something: what proven bounds exclude is not searched.
    pub(crate) fn open(&self, ranges: &Ranges, bounds: &Bounds, unknown: u32) -> bool {
        let at = unknown as usize;
        self.target[at] && !self.excluded(bounds, at, self.wide(ranges, unknown), self.reached(ranges, unknown))
    }

    /// Whether proven bounds answer everything that witnesses have not.
    pub(crate) fn excluded(&self, bounds: &Bounds, at: usize, wide: bool, reached: bool) -> bool {
        self.excludes(bounds.lower[at], bounds.upper[at], at, wide, reached)
    }

    /// The same for given bounds.
    pub(crate) fn excludes(&self, low: i64, high: i64, at: usize, wide: bool, reached: bool) -> bool {
        (wide || high - low < self.width) && (reached || high < self.reach[at])
    }
}

impl Need {
    /// What is asked of one unknown.
    pub(crate) fn want(&self, unknown: u32) -> Want {
        Want { width: self.width, reach: self.reach[unknown as usize] }
    }
}

/// A checked table for one target.
pub(crate) struct Changed {
    /// The target's value in it.
    pub(crate) value: i64,
    /// The unknowns that have another value than in the base, with that value.
    pub(crate) all: Vec<(u32, i64)>,
}

/// What is asked of one unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Want {
    /// Two witnesses must differ by this.
    pub(crate) width: i64,
    /// In one witness the value must reach this.
    pub(crate) reach: i64,
}

impl Want {
    /// Whether a range of values that were seen answers it.
    pub(crate) fn is_met(&self, (low, high): (i64, i64)) -> bool {
        self.is_wide((low, high)) && high >= self.reach
    }

    /// Whether it answers how far witnesses must differ.
    pub(crate) fn is_wide(&self, (low, high): (i64, i64)) -> bool {
        high - low >= self.width
    }

    /// Asks for tables in which a target is where witnesses are still missing: as high as it must reach, then far enough below. `go` moves it towards a goal, up
    /// or down, and tells its value in the checked table that came of it. What proven bounds (`least`, `most`) exclude is not asked for.
    pub(crate) fn pursue(&self, seen: (i64, i64), (least, most): (i64, i64), mut go: impl FnMut(i64, bool) -> Option<i64>) {
        let (mut low, mut high) = seen;
        let reach = if self.reach <= most { self.reach } else { high };
        let goal = if high - low < self.width { reach.max(low + self.width) } else { reach }.min(most);
        if goal > high {
            high = high.max(go(goal, true).unwrap_or(high));
        }
        let goal = (high - self.width).max(least);
        if high - low >= self.width || goal >= low {
            return;
        }
        low = low.min(go(goal, false).unwrap_or(low));
        // upwards it was perhaps asked for too much, beyond what is possible
        if low < seen.0 && high - low < self.width && low + self.width <= most {
            go(low + self.width, true);
        }
    }
}

/// Searches witnesses for all targets of a part, in growing regions around those that are still open.
pub(crate) fn search(ground: &Ground, need: &Need, ranges: &mut Ranges, effort: Effort, seed: u64) {
    for &(size, most) in effort {
        let (mut left, mut regions, mut settled) = (most, 0, 0);
        let mut open: Vec<u32> = (0u32..).take(ground.part.cells.len()).filter(|&u| need.open(ranges, ground.bounds, u)).collect();
        let mut tried = vec![false; ground.part.cells.len()];
        while !open.is_empty() && left > 0 && regions * size <= PATIENCE.0 + settled * PATIENCE.1 * size {
            // far apart in the order of cells is mostly far apart in the table: regions of one batch overlap little
            let stride = open.len().div_ceil(BATCH);
            let centres: Vec<u32> = open.iter().copied().step_by(stride).take(left).collect();
            left -= centres.len();
            regions += centres.len();
            let seen: &Ranges = ranges;
            let found: Vec<Vec<(u32, i64, i64)>> = centres
                .par_iter()
                .with_max_len(1)
                .map(|&centre| {
                    in_region(ground, need, seen, centre, size, &mut Random::new(seed ^ (u64::from(centre) << 20) ^ size as u64))
                })
                .collect();
            for (unknown, low, high) in found.into_iter().flatten() {
                ranges.see(unknown, low, high);
            }
            for centre in centres {
                tried[centre as usize] = true;
            }
            open.retain(|&u| {
                let stays = need.open(ranges, ground.bounds, u);
                settled += usize::from(!stays);
                stays && !tried[u as usize]
            });
        }
        if size >= ground.part.cells.len() {
            break;
        }
    }
}

/// Walks in one region from the base towards what is asked for its targets, and tells which values were seen in checked tables.
fn in_region(ground: &Ground, need: &Need, known: &Ranges, centre: u32, size: usize, random: &mut Random) -> Vec<(u32, i64, i64)> {
    let region = ground.grow(&[centre], size);
    if !region.unknowns.contains(&centre) {
        return Vec::new();
    }
    let mut simplex = ground.simplex(&region);
    let (mut low, mut high) = (ground.pick(&region, &known.low), ground.pick(&region, &known.high));
    let note = |values: &[i64], low: &mut [i64], high: &mut [i64]| {
        // nothing counts but a table that was checked
        let holds = ground.holds(&region, values);
        if holds {
            for ((value, low), high) in values.iter().zip(low).zip(high) {
                *low = (*low).min(*value);
                *high = (*high).max(*value);
            }
        }
        holds
    };
    for (place, &unknown) in region.unknowns.iter().enumerate().take(CORE) {
        let (at, global) = (place as u32, unknown as usize);
        if !need.target[global] {
            continue;
        }
        let (least, most) = (ground.bounds.lower[global], ground.bounds.upper[global]);
        for (step, up) in [true, true, false].into_iter().enumerate() {
            let wide = high[place] - low[place] >= need.width;
            let (goal, wanted) = match step {
                0 => (need.reach[global], high[place] < need.reach[global] && most >= need.reach[global]),
                1 => (low[place] + need.width, !wide && low[place] + need.width <= most),
                _ => (high[place] - need.width, !wide && high[place] - need.width >= least),
            };
            if !wanted {
                continue;
            }
            simplex.push(at, up, goal, random);
            if simplex.is_broken() || !note(&simplex.values, &mut low, &mut high) {
                return told(&region.unknowns, &low, &high);
            }
        }
    }
    told(&region.unknowns, &low, &high)
}

fn told(unknowns: &[u32], low: &[i64], high: &[i64]) -> Vec<(u32, i64, i64)> {
    unknowns.iter().zip(low).zip(high).map(|((&unknown, &low), &high)| (unknown, low, high)).collect()
}

/// Keeps whole tables as samples: the part's base.
pub(crate) fn sample(part: &Part, table: &[i64]) -> Witness {
    Witness { values: part.cells.iter().copied().zip(table.iter().copied()).collect() }
}
