//! A first table of whole numbers that fits everything published, found without the true one: a linear program proposes, its answer is
//! rounded, and what then does not add up is repaired in small regions.

use rayon::prelude::*;

use crate::bounds::{Bounds, Holders};
use crate::classes::Classes;
use crate::field::Random;
use crate::linear::minimise;
use crate::reduced::Reduced;
use crate::region::{Ground, misfit};
use crate::system::{Part, UNBOUNDED};

/// Sizes of the regions in which a gap is repaired, one after the other.
const SIZES: [usize; 4] = [60, 250, 800, 2500];

/// Where in the set of all tables one is searched.
pub(crate) enum Aim<'a> {
    /// A corner drawn by chance: corners of such tables are nearly all of whole numbers, so that little is to be repaired.
    Corner,
    /// The middle, where most unknowns can move both ways: no cost at all, for which an interior point method ends in the centre.
    Centre,
    /// A corner where these unknowns are large or small, drawn by chance for each (the batched linear programs of DISCLOSURE 2c).
    Towards(&'a [u32]),
}

impl Aim<'_> {
    /// A table of fractions.
    fn propose(&self, part: &Part, bounds: &Bounds, random: &mut Random) -> Option<Vec<f64>> {
        let mut part_of_one = || (random.next() >> 11) as f64 / (1u64 << 53) as f64;
        let cost: Vec<f64> = match self {
            Self::Corner => part.cells.iter().map(|_| 1.0 + part_of_one()).collect(),
            Self::Centre => vec![0.0; part.cells.len()],
            Self::Towards(unknowns) => {
                // a little of everything, so that the corner is one point
                let mut cost: Vec<f64> = part.cells.iter().map(|_| 0.01 + 0.01 * part_of_one()).collect();
                for &unknown in *unknowns {
                    let least = if bounds.upper[unknown as usize] < UNBOUNDED { -1.0 } else { 0.0 };
                    cost[unknown as usize] = least + (1.0 - least) * part_of_one();
                }
                cost
            }
        };
        Some(minimise(part, bounds, &cost)?.values)
    }
}

/// A table of whole numbers that fits the part, near where it is aimed at; none if none was found.
pub(crate) fn find(part: &Part, holders: &Holders, bounds: &Bounds, aim: &Aim, random: &mut Random) -> Option<Vec<i64>> {
    let proposal = aim.propose(part, bounds, random)?;
    let mut table: Vec<i64> = proposal.iter().enumerate().map(|(u, x)| rounded(*x).clamp(bounds.lower[u], bounds.upper[u])).collect();
    for size in SIZES {
        if misfit(part, &table).is_none() {
            return Some(table);
        }
        repair(part, holders, bounds, &mut table, size, random);
    }
    misfit(part, &table).is_none().then_some(table)
}

/// A first table: one number for each class of interchangeable unknowns if that gives one, else as [`find`], from several corners and the centre.
pub(crate) fn find_any(part: &Part, holders: &Holders, bounds: &Bounds, classes: &Classes, random: &mut Random) -> Option<Vec<i64>> {
    let aims = [Aim::Corner, Aim::Centre, Aim::Corner];
    let mut by_classes = || {
        let reduced = Reduced::of(part, classes, bounds)?;
        let limits = reduced.bounds()?;
        let own = crate::bounds::holders(&reduced.part);
        let tables = aims.iter().filter_map(|aim| find(&reduced.part, &own, &limits, aim, random).map(|values| reduced.table(&values)));
        tables.into_iter().find(|table| misfit(part, table).is_none())
    };
    by_classes().or_else(|| aims.iter().find_map(|aim| find(part, holders, bounds, aim, random)))
}

fn rounded(x: f64) -> i64 {
    if x.is_finite() { x.round().clamp(-(UNBOUNDED as f64), UNBOUNDED as f64) as i64 } else { 0 }
}

/// What is missing in an equation.
fn gap(part: &Part, row: u32, table: &[i64]) -> i64 {
    let row = &part.rows[row as usize];
    let sum: i128 = row.terms.iter().map(|&(unknown, c)| i128::from(c) * i128::from(table[unknown as usize])).sum();
    i64::try_from(i128::from(row.rhs) - sum).unwrap_or(i64::MAX / 16).clamp(-UNBOUNDED, UNBOUNDED)
}

/// Repairs gaps one region after the other; keeps only what makes the sum of gaps smaller.
fn repair(part: &Part, holders: &Holders, bounds: &Bounds, table: &mut [i64], size: usize, random: &mut Random) {
    let all: Vec<u32> = (0u32..).take(part.rows.len()).collect();
    let open: Vec<u32> = all.into_par_iter().filter(|&row| gap(part, row, table) != 0).collect();
    for row in open {
        if gap(part, row, table) == 0 {
            continue;
        }
        let seeds: Vec<u32> = part.rows[row as usize].terms.iter().map(|term| term.0).collect();
        let ground = Ground { part, holders, bounds, base: table };
        let region = ground.grow(&seeds, size.max(2 * seeds.len()));
        let gaps: Vec<(usize, i64)> =
            region.rows.iter().enumerate().map(|(at, &row)| (at, gap(part, row, table))).filter(|(_, gap)| *gap != 0).collect();
        if gaps.is_empty() {
            continue;
        }
        let first = region.unknowns.len();
        let mut simplex = ground.repair_simplex(&region, &gaps);
        for at in 0..gaps.len() {
            let unknown = (first + at) as u32;
            simplex.push(unknown, false, 0, random);
            simplex.cap(unknown);
        }
        let before: i128 = gaps.iter().map(|(_, gap)| i128::from(gap.abs())).sum();
        let after: i128 = simplex.values.iter().skip(first).map(|&left| i128::from(left)).sum();
        if after < before && !simplex.is_broken() {
            for (&unknown, &value) in region.unknowns.iter().zip(&simplex.values) {
                table[unknown as usize] = value;
            }
        }
    }
}
