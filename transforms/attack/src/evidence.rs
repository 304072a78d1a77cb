//! Witness tables for one cell, to hand to somebody who checks them with additions alone.

use crate::bounds::{holders, propagate};
use crate::certify::{CertifyOptions, Truth, base_table, contradiction};
use crate::classes::Classes;
use crate::error::AttackError;
use crate::field::Random;
use crate::problem::{CellId, Problem};
use crate::region::Ground;
use crate::system::System;
use crate::witness::{Witness, sample};

/// Whole tables of the cell's part that fit everything published: the one searched from, then the ones in which the cell was brought as high as `k` and as
/// low as was possible (fewer when nothing moves). Each was checked; [`Witness::holds`] checks it again with nothing but the problem. Empty when the cell
/// is not unknown or no table was found.
///
/// # Errors
/// When the problem is not well formed, what is published contradicts itself, or the true table does not fit it.
pub fn witnesses<P: Problem + ?Sized>(
    problem: &P,
    cell: CellId,
    truth: Option<Truth<'_>>,
    options: &CertifyOptions,
) -> Result<Vec<Witness>, AttackError> {
    let parts = System::build(problem, options.knowledge)?.parts();
    let Some((part, at)) = parts.iter().find_map(|part| part.cells.binary_search(&cell).ok().map(|at| (part, at))) else {
        return Ok(Vec::new());
    };
    let holders = holders(part);
    let bounds = propagate(part, &holders).map_err(|relation| contradiction(problem, relation))?;
    let Some(base) = base_table(problem, part, (&holders, &bounds, &Classes::of(part, &holders)), truth, options)? else {
        return Ok(Vec::new());
    };
    let ground = Ground { part, holders: &holders, bounds: &bounds, base: &base };
    let mut random = Random::new(options.seed);
    let mut tables = vec![base.clone()];
    let (mut low, mut high) = (base[at], base[at]);
    for size in [120, 400, 1500] {
        let region = ground.grow(&[at as u32], size);
        let Some(place) = region.unknowns.iter().position(|&unknown| unknown as usize == at) else { break };
        let mut simplex = ground.simplex(&region);
        for (up, goal) in [(true, options.k.max(base[at] + options.width)), (false, bounds.lower[at])] {
            simplex.push(place as u32, up, goal, &mut random);
            if simplex.is_broken() || !ground.holds(&region, &simplex.values) {
                break;
            }
            let value = simplex.values[place];
            if value > high || value < low {
                (low, high) = (low.min(value), high.max(value));
                let mut table = base.clone();
                for (&unknown, &value) in region.unknowns.iter().zip(&simplex.values) {
                    table[unknown as usize] = value;
                }
                tables.push(table);
            }
        }
        if high >= options.k && high - low >= options.width {
            break;
        }
    }
    Ok(tables.iter().map(|table| sample(part, table)).collect())
}
