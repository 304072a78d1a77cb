//! A neighbourhood of a part: what can be changed in a table without touching anything outside.

use crate::bounds::{Bounds, Holders};
use crate::hash::CellMap;
use crate::simplex::Simplex;
use crate::system::{Part, UNBOUNDED};

/// A part with what the search for witnesses needs of it.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) part: &'a Part,
    /// For each unknown the equations that have it.
    pub(crate) holders: &'a Holders,
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
        self.reach(seeds, size, usize::MAX)
    }

    /// About `size` unknowns that can move around some, and every equation of at most `longest` terms that has one of them, with all its unknowns: what
    /// holds in every table that fits these equations holds in every table.
    pub(crate) fn relax(&self, seeds: &[u32], size: usize, longest: usize) -> Region {
        let mut unknowns = self.reach(seeds, size, longest);
        let mut place: CellMap<u32> = unknowns.iter().zip(0u32..).map(|(&unknown, at)| (u64::from(unknown), at)).collect();
        let (mut rows, mut local) = (Vec::new(), Vec::new());
        let mut seen: CellMap<()> = CellMap::default();
        for at in 0..unknowns.len() {
            for &(row, _) in self.holders.of(unknowns[at]) {
                let terms = &self.part.rows[row as usize].terms;
                if terms.len() > longest || seen.insert(u64::from(row), ()).is_some() {
                    continue;
                }
                let mut line = Vec::with_capacity(terms.len());
                for &(unknown, coefficient) in terms.iter().filter(|term| self.movable(term.0)) {
                    let at = *place.entry(u64::from(unknown)).or_insert_with(|| {
                        unknowns.push(unknown);
                        unknowns.len() as u32 - 1
                    });
                    line.push((at, coefficient));
                }
                line.sort_unstable_by_key(|term| term.0);
                rows.push(row);
                local.push(line);
            }
        }
        Region { unknowns, rows, local }
    }

    /// The unknowns that can move nearest to some, over equations of at most `longest` terms.
    fn reach(&self, seeds: &[u32], size: usize, longest: usize) -> Vec<u32> {
        let mut unknowns: Vec<u32> = Vec::with_capacity(size);
        let (mut inside, mut rows): (CellMap<()>, CellMap<()>) = (CellMap::default(), CellMap::default());
        let mut frontier: Vec<u32> = seeds.iter().copied().filter(|&u| self.movable(u)).collect();
        inside.extend(frontier.iter().map(|&unknown| (u64::from(unknown), ())));
        unknowns.extend(&frontier);
        let mut ring: Vec<(usize, u32)> = Vec::new();
        while !frontier.is_empty() && unknowns.len() < size {
            ring.clear();
            for &unknown in &frontier {
                for &(row, _) in self.holders.of(unknown) {
                    let length = self.part.rows[row as usize].terms.len();
                    if length <= longest && rows.insert(u64::from(row), ()).is_none() {
                        ring.push((length, row));
                    }
                }
            }
            ring.sort_unstable();
            frontier.clear();
            for &(_, row) in &ring {
                if unknowns.len() >= size {
                    break;
                }
                for &(unknown, _) in &self.part.rows[row as usize].terms {
                    if self.movable(unknown) && inside.insert(u64::from(unknown), ()).is_none() {
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
        let mut place: CellMap<u32> = CellMap::default();
        let (mut rows, mut local): (Vec<u32>, Vec<Vec<(u32, i32)>>) = (Vec::new(), Vec::new());
        for (&unknown, at) in unknowns.iter().zip(0u32..) {
            for &(row, coefficient) in self.holders.of(unknown) {
                let line = *place.entry(u64::from(row)).or_insert_with(|| {
                    rows.push(row);
                    local.push(Vec::new());
                    rows.len() as u32 - 1
                });
                local[line as usize].push((at, coefficient));
            }
        }
        let mut count: Vec<usize> = local.iter().map(Vec::len).collect();
        let mut stays = vec![true; unknowns.len()];
        let mut alone: Vec<u32> = (0u32..).zip(&count).filter(|(_, count)| **count == 1).map(|(line, _)| line).collect();
        while let Some(line) = alone.pop() {
            let Some(&(at, _)) = local[line as usize].iter().find(|term| stays[term.0 as usize]) else { continue };
            stays[at as usize] = false;
            for (row, _) in self.holders.of(unknowns[at as usize]) {
                if let Some(&line) = place.get(&u64::from(*row)) {
                    count[line as usize] -= 1;
                    if count[line as usize] == 1 {
                        alone.push(line);
                    }
                }
            }
        }
        let mut number = vec![0u32; unknowns.len()];
        for ((number, _), next) in number.iter_mut().zip(&stays).filter(|(_, stays)| **stays).zip(0u32..) {
            *number = next;
        }
        let mut at = 0;
        unknowns.retain(|_| {
            at += 1;
            stays[at - 1]
        });
        for terms in &mut local {
            terms.retain(|term| stays[term.0 as usize]);
            terms.iter_mut().for_each(|term| term.0 = number[term.0 as usize]);
        }
        let (rows, local) = rows.into_iter().zip(local).filter(|(_, terms)| !terms.is_empty()).unzip();
        Region { unknowns, rows, local }
    }

    /// What a list has for the region's unknowns.
    pub(crate) fn pick(&self, region: &Region, list: &[i64]) -> Vec<i64> {
        region.unknowns.iter().map(|&unknown| list[unknown as usize]).collect()
    }

    /// The region's simplex, standing on the base.
    pub(crate) fn simplex(&self, region: &Region) -> Simplex {
        let of = |list: &[i64]| self.pick(region, list);
        Simplex::new(region.local.clone(), of(self.base), of(&self.bounds.lower), of(&self.bounds.upper))
    }

    /// The region's simplex with the sum of some of its unknowns as one more, whose number in the simplex is handed back.
    pub(crate) fn simplex_with_sum(&self, region: &Region, summed: &[u32]) -> (Simplex, u32) {
        let of = |list: &[i64]| self.pick(region, list);
        let (mut values, mut lower, mut upper) = (of(self.base), of(&self.bounds.lower), of(&self.bounds.upper));
        let sum = values.len() as u32;
        let mut rows = region.local.clone();
        rows.push(summed.iter().map(|&at| (at, -1)).chain([(sum, 1)]).collect());
        values.push(summed.iter().map(|&at| values[at as usize]).sum());
        lower.push(0);
        upper.push(UNBOUNDED);
        (Simplex::new(rows, values, lower, upper), sum)
    }

    /// The region's simplex with what is missing in each equation as unknowns of their own, to be pushed to 0: they come after the region's, in
    /// the order of `missing` (equation of the region, what is missing).
    pub(crate) fn repair_simplex(&self, region: &Region, missing: &[(usize, i64)]) -> Simplex {
        let of = |list: &[i64]| self.pick(region, list);
        let (mut values, mut lower, mut upper) = (of(self.base), of(&self.bounds.lower), of(&self.bounds.upper));
        let mut rows = region.local.clone();
        for &(row, gap) in missing {
            rows[row].push((values.len() as u32, if gap > 0 { 1 } else { -1 }));
            values.push(gap.abs());
            lower.push(0);
            upper.push(gap.abs());
        }
        Simplex::new(rows, values, lower, upper)
    }

    /// Checks a table that differs from the base in the region only, by exact additions: in each equation the differences must sum up to 0, and no unknown
    /// may be below its least value. The base must have been checked as a whole ([`misfit`]).
    pub(crate) fn holds(&self, region: &Region, values: &[i64]) -> bool {
        let change = |at: u32| {
            let at = at as usize;
            i128::from(values[at]) - i128::from(self.base[region.unknowns[at] as usize])
        };
        region.unknowns.iter().zip(values).all(|(&unknown, &value)| value >= self.part.lower[unknown as usize])
            && region.local.iter().all(|terms| terms.iter().map(|&(at, c)| i128::from(c) * change(at)).sum::<i128>() == 0)
    }
}

/// The first equation that a whole table does not fit, or that has an unknown below its least value.
pub(crate) fn misfit(part: &Part, table: &[i64]) -> Option<usize> {
    part.rows.iter().position(|row| {
        let sum: i128 = row.terms.iter().map(|&(unknown, c)| i128::from(c) * i128::from(table[unknown as usize])).sum();
        sum != i128::from(row.rhs) || row.terms.iter().any(|&(unknown, _)| table[unknown as usize] < part.lower[unknown as usize])
    })
}
