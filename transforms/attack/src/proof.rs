//! Proofs that an unknown has no other value: tableaus of small regions and linear programs propose, exact arithmetic answers.

use rayon::prelude::*;

use crate::bounds::{Bounds, Holders, narrow};
use crate::field::Random;
use crate::hash::CellMap;
use crate::linear::{minimise, proven};
use crate::region::Ground;
use crate::system::{Part, Row, UNBOUNDED};
use crate::witness::{BATCH, Need, Ranges};

/// The sizes of the neighbourhoods in which linear programs are asked for a proof: those of an insider, and those in a part without classes.
pub(crate) const NEAR: [usize; 2] = [60, 250];
pub(crate) const FAR: [usize; 4] = [60, 250, 900, 3000];

/// Equations of more terms than this say little of one of their unknowns; proofs in regions smaller than that leave them out.
const LONGEST: usize = 80;
/// The sizes of the regions in which one tableau gives proofs for many targets.
const TABLEAU: [usize; 2] = [25, 120];
/// How often proofs are searched again with what the last round proved.
const ROUNDS: usize = 3;

/// Proves what it can of targets that are still open from the tableaus of small regions, one for all open targets near each other.
pub(crate) fn prove_by_tableau(
    part: &Part,
    holders: &Holders,
    mut bounds: Bounds,
    need: &Need,
    ranges: &Ranges,
    (base, seed): (&[i64], u64),
) -> Result<Bounds, u64> {
    for size in TABLEAU {
        for _ in 0..ROUNDS {
            let mut open: Vec<u32> = (0u32..).take(part.cells.len()).filter(|&u| need.open(ranges, &bounds, u)).collect();
            let before = open.len();
            while !open.is_empty() {
                let stride = open.len().div_ceil(BATCH);
                let centres: Vec<u32> = open.iter().copied().step_by(stride).collect();
                let ground = Ground { part, holders, bounds: &bounds, base };
                let one = |&centre: &u32| {
                    ceilings(&ground, need, ranges, centre, size, &mut Random::new(seed ^ (u64::from(centre) << 20) ^ size as u64))
                };
                let proofs: Vec<Vec<(u32, i64, i64)>> = centres.par_iter().with_max_len(1).map(one).collect();
                let mut tried: CellMap<()> = CellMap::default();
                tried.extend(centres.iter().map(|&centre| (u64::from(centre), ())));
                for (unknown, low, high) in proofs.into_iter().flatten() {
                    let at = unknown as usize;
                    bounds.lower[at] = bounds.lower[at].max(low);
                    bounds.upper[at] = bounds.upper[at].min(high);
                    tried.insert(u64::from(unknown), ());
                }
                open.retain(|&u| !tried.contains_key(&u64::from(u)));
            }
            bounds = narrow(part, holders, bounds)?;
            let after = (0u32..).take(part.cells.len()).filter(|&u| need.open(ranges, &bounds, u)).count();
            // a round that settles less than one in twenty is not worth another
            if after == 0 || (before - after) * 20 < before {
                break;
            }
        }
    }
    Ok(bounds)
}

/// What the tableau of one region proves of the open targets in its middle: unknown, least and greatest value.
fn ceilings(ground: &Ground, need: &Need, ranges: &Ranges, centre: u32, size: usize, random: &mut Random) -> Vec<(u32, i64, i64)> {
    let region = ground.relax(&[centre], size, LONGEST.max(size));
    let mut simplex = ground.simplex(&region);
    let mut proven = Vec::new();
    // what was come to first is whole: all its shorter equations are in the region
    for (&unknown, place) in region.unknowns.iter().zip(0u32..).take(size / 2) {
        if !need.open(ranges, ground.bounds, unknown) {
            continue;
        }
        let at = unknown as usize;
        let (mut low, mut high) = (ground.bounds.lower[at], ground.bounds.upper[at]);
        for up in [true, false] {
            let (wide, reached) = (need.wide(ranges, unknown), need.reached(ranges, unknown));
            if need.excludes(low, high, at, wide, reached) || (!up && wide) {
                break;
            }
            simplex.push(place, up, if up { high } else { low }, random);
            match simplex.bound(place, up) {
                Some(value) if up => high = high.min(value),
                Some(value) => low = low.max(value),
                None => {}
            }
        }
        proven.push((unknown, low, high));
    }
    proven
}

/// Asks linear programs for proofs on targets that are still open, and lets every relation use what was proven.
pub(crate) fn prove_open(
    part: &Part,
    holders: &Holders,
    mut bounds: Bounds,
    need: &Need,
    ranges: &Ranges,
    (sizes, most): (&[usize], usize),
) -> Result<Bounds, u64> {
    let open: Vec<u32> = (0u32..).take(part.cells.len()).filter(|&u| need.open(ranges, &bounds, u)).take(most).collect();
    if open.is_empty() {
        return Ok(bounds);
    }
    let one = |&unknown: &u32| {
        let at = unknown as usize;
        let (wide, reached) = (need.wide(ranges, unknown), need.reached(ranges, unknown));
        let (low, high) = prove(part, holders, &bounds, at, sizes, |low, high| need.excludes(low, high, at, wide, reached));
        (at, low, high)
    };
    let proofs: Vec<(usize, i64, i64)> = open.par_iter().with_max_len(1).map(one).collect();
    for (at, low, high) in proofs {
        (bounds.lower[at], bounds.upper[at]) = (low, high);
    }
    narrow(part, holders, bounds)
}

/// Narrows the bounds of one unknown by linear programs whose answers are made exact, until they say enough.
pub(crate) fn prove(
    part: &Part,
    holders: &Holders,
    bounds: &Bounds,
    at: usize,
    sizes: &[usize],
    enough: impl Fn(i64, i64) -> bool,
) -> (i64, i64) {
    let ground = Ground { part, holders, bounds, base: &[] };
    let (mut low, mut high) = (bounds.lower[at], bounds.upper[at]);
    for &size in sizes {
        if low >= high {
            break;
        }
        let (cut, cut_bounds, _) = cut_out(&ground, &[at as u32], size);
        for up in [false, true] {
            let mut cost = vec![0.0; cut.cells.len()];
            if let Some(place) = cost.first_mut() {
                *place = if up { -1.0 } else { 1.0 };
            }
            let Some(proposal) = minimise(&cut, &cut_bounds, &cost) else { continue };
            match proven(&cut, &cut_bounds, &[0], up, &proposal.duals) {
                Some(value) if up => high = high.min(value),
                Some(value) => low = low.max(value),
                None => {}
            }
        }
        if enough(low, high) || cut.cells.len() == part.cells.len() {
            break;
        }
    }
    (low, high)
}

/// The equations near some unknowns as a part of their own, and its unknowns, the given ones that can move first; those at its rim keep their bounds.
/// Whatever holds in it holds in the whole.
pub(crate) fn cut_out(ground: &Ground, centres: &[u32], size: usize) -> (Part, Bounds, Vec<u32>) {
    let region = ground.relax(centres, size, size.max(LONGEST));
    let place: CellMap<u32> = region.unknowns.iter().zip(0u32..).map(|(&unknown, at)| (u64::from(unknown), at)).collect();
    let rows = region
        .rows
        .iter()
        .map(|&at| {
            let row = &ground.part.rows[at as usize];
            let mut rhs = i128::from(row.rhs);
            let mut terms: Vec<(u32, i32)> = Vec::with_capacity(row.terms.len());
            for &(unknown, c) in &row.terms {
                match place.get(&u64::from(unknown)) {
                    Some(&at) => terms.push((at, c)),
                    // it cannot move: its value is known
                    None => rhs -= i128::from(c) * i128::from(ground.bounds.lower[unknown as usize]),
                }
            }
            terms.sort_unstable_by_key(|term| term.0);
            Row { relation: row.relation, terms: terms.into_boxed_slice(), rhs: i64::try_from(rhs).unwrap_or(UNBOUNDED) }
        })
        .collect();
    let part = Part {
        cells: region.unknowns.iter().map(|&u| ground.part.cells[u as usize]).collect(),
        lower: ground.pick(&region, &ground.part.lower),
        withheld: region.unknowns.iter().map(|&u| ground.part.withheld[u as usize]).collect(),
        rows,
    };
    let bounds = Bounds { lower: ground.pick(&region, &ground.bounds.lower), upper: ground.pick(&region, &ground.bounds.upper) };
    (part, bounds, region.unknowns)
}
