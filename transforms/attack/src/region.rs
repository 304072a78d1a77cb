//! A neighbourhood of a part: what can be changed in a table without touching anything outside.

use std::collections::{BTreeMap, BTreeSet};

use crate::bounds::Bounds;
use crate::simplex::Simplex;
use crate::system::Part;

/// A part with what the search for witnesses needs of it.
pub(crate) struct Ground<'a> {
    pub(crate) part: &'a Part,
    /// For each unknown the equations that have it.
    pub(crate) holders: &'a [Vec<u32>],
    pub(crate) bounds: &'a Bounds,
    /// A table of whole numbers: witnesses differ from it in one region.
    pub(crate) base: &'a [i64],
}

/// Unknowns near each other that can move, and the equations among them.
pub(crate) struct Region {
    /// Unknowns of the part, nearest first.
    pub(crate) unknowns: Vec<u32>,
    /// The equations that have one of them.
    pub(crate) rows: Vec<u32>,
    /// The equations restricted to the region, in its own numbers.
    local: Vec<Vec<(u32, i32)>>,
}

impl Ground<'_> {
    fn movable(&self, unknown: u32) -> bool {
        self.bounds.lower[unknown as usize] < self.bounds.upper[unknown as usize]
    }

    /// Grows a region around some unknowns to about `size`, then drops those that an equation holds alone.
    pub(crate) fn grow(&self, seeds: &[u32], size: usize) -> Region {
        self.close(self.ball(seeds, size))
    }

    /// The unknowns that can move nearest to some, equation by equation, the shorter equations first.
    pub(crate) fn ball(&self, seeds: &[u32], size: usize) -> Vec<u32> {
        let mut unknowns: Vec<u32> = Vec::with_capacity(size);
        let mut inside: BTreeSet<u32> = BTreeSet::new();
        let mut rows: BTreeSet<u32> = BTreeSet::new();
        let mut frontier: Vec<u32> = seeds.iter().copied().filter(|&u| self.movable(u)).collect();
        inside.extend(&frontier);
        unknowns.extend(&frontier);
        while !frontier.is_empty() && unknowns.len() < size {
            let mut ring: Vec<(usize, u32)> = Vec::new();
            for &unknown in &frontier {
                for &row in &self.holders[unknown as usize] {
                    if rows.insert(row) {
                        ring.push((self.part.rows[row as usize].terms.len(), row));
                    }
                }
            }
            ring.sort_unstable();
            frontier.clear();
            for (_, row) in ring {
                if unknowns.len() >= size {
                    break;
                }
                for &(unknown, _) in &self.part.rows[row as usize].terms {
                    if self.movable(unknown) && inside.insert(unknown) {
                        unknowns.push(unknown);
                        frontier.push(unknown);
                    }
                }
            }
        }
        unknowns
    }

    /// Takes out, again and again, unknowns that are alone in an equation: they cannot move while the rest of the table stands still.
    fn close(&self, mut unknowns: Vec<u32>) -> Region {
        let mut inside: BTreeSet<u32> = unknowns.iter().copied().collect();
        let mut count: BTreeMap<u32, u32> = BTreeMap::new();
        for &unknown in &unknowns {
            for &row in &self.holders[unknown as usize] {
                *count.entry(row).or_insert(0) += 1;
            }
        }
        let mut alone: Vec<u32> = count.iter().filter(|(_, count)| **count == 1).map(|(row, _)| *row).collect();
        while let Some(row) = alone.pop() {
            let Some(&(unknown, _)) = self.part.rows[row as usize].terms.iter().find(|(unknown, _)| inside.contains(unknown)) else {
                continue;
            };
            inside.remove(&unknown);
            for &other in &self.holders[unknown as usize] {
                if let Some(count) = count.get_mut(&other) {
                    *count -= 1;
                    if *count == 1 {
                        alone.push(other);
                    }
                }
            }
        }
        unknowns.retain(|unknown| inside.contains(unknown));
        let index: BTreeMap<u32, u32> = unknowns.iter().copied().zip(0u32..).collect();
        let rows: Vec<u32> = count.iter().filter(|(_, count)| **count > 0).map(|(row, _)| *row).collect();
        let local = rows
            .iter()
            .map(|&row| self.part.rows[row as usize].terms.iter().filter_map(|(unknown, c)| Some((*index.get(unknown)?, *c))).collect())
            .collect();
        Region { unknowns, rows, local }
    }

    /// The region's simplex, standing on the base.
    pub(crate) fn simplex(&self, region: &Region) -> Simplex {
        let of = |list: &[i64]| region.unknowns.iter().map(|&unknown| list[unknown as usize]).collect::<Vec<i64>>();
        Simplex::new(&region.local, of(self.base), of(&self.bounds.lower), of(&self.bounds.upper))
    }

    /// The region's simplex with what is missing in each equation as unknowns of their own, to be pushed to 0: they come after the region's, in
    /// the order of `missing` (equation of the region, what is missing).
    pub(crate) fn repair_simplex(&self, region: &Region, missing: &[(usize, i64)]) -> Simplex {
        let of = |list: &[i64]| region.unknowns.iter().map(|&unknown| list[unknown as usize]).collect::<Vec<i64>>();
        let (mut values, mut lower, mut upper) = (of(self.base), of(&self.bounds.lower), of(&self.bounds.upper));
        let mut rows = region.local.clone();
        for &(row, gap) in missing {
            rows[row].push((values.len() as u32, if gap > 0 { 1 } else { -1 }));
            values.push(gap.abs());
            lower.push(0);
            upper.push(gap.abs());
        }
        Simplex::new(&rows, values, lower, upper)
    }

    /// Checks a table that differs from the base in the region only, by exact additions: each equation that has an unknown of the region against
    /// its published values, each unknown against its least value.
    pub(crate) fn holds(&self, region: &Region, values: &[i64]) -> bool {
        let changed: BTreeMap<u32, i64> = region.unknowns.iter().copied().zip(values.iter().copied()).collect();
        let fits = |row: &u32| {
            let row = &self.part.rows[*row as usize];
            let value = |unknown: u32| changed.get(&unknown).copied().unwrap_or(self.base[unknown as usize]);
            let sum: i128 = row.terms.iter().map(|&(unknown, c)| i128::from(c) * i128::from(value(unknown))).sum();
            sum == i128::from(row.rhs)
        };
        changed.iter().all(|(&unknown, &value)| value >= self.part.lower[unknown as usize]) && region.rows.iter().all(fits)
    }
}

/// The first equation that a whole table does not fit, or that has an unknown below its least value.
pub(crate) fn misfit(part: &Part, table: &[i64]) -> Option<usize> {
    part.rows.iter().position(|row| {
        let sum: i128 = row.terms.iter().map(|&(unknown, c)| i128::from(c) * i128::from(table[unknown as usize])).sum();
        sum != i128::from(row.rhs) || row.terms.iter().any(|&(unknown, _)| table[unknown as usize] < part.lower[unknown as usize])
    })
}
