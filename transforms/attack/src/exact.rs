//! The exact attack: which withheld values are computable from what is published, and by which formula.

use rayon::prelude::*;
use serde::Serialize;

use crate::eliminate::Elimination;
use crate::error::AttackError;
use crate::field::{First, Prime, Random, Second};
use crate::formula::{Formula, from_multipliers};
use crate::problem::{CellId, Knowledge, Problem};
use crate::system::{Part, System};

/// How the exact attack is done and how much of it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExactOptions {
    /// Seed of the random null vectors. Another seed must give the same answer.
    pub seed: u64,
    /// How many formulas are kept; all are made and checked, the first ones (by cell) are kept.
    pub formulas: usize,
    /// Whether formulas are made at all. Without them a fallen cell is one that is 0 in null vectors of both primes.
    pub explain: bool,
}

impl Default for ExactOptions {
    fn default() -> Self {
        Self { seed: 1, formulas: 10_000, explain: true }
    }
}

/// What exact algebra gives away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ExactReport {
    /// Withheld cells whose value is computable, sorted.
    pub fallen: Vec<CellId>,
    /// Formulas of the first of them, each checked exactly.
    pub formulas: Vec<Formula>,
    /// Fallen cells for which algebra modulo a prime says that they are computable while the formula's numbers are too large to be
    /// checked in 128 bits. They count as fallen: the attacker errs on the side of objecting.
    pub unchecked: Vec<CellId>,
    /// Unknown cells of the joint problem.
    pub unknowns: usize,
    /// Equations with an unknown.
    pub equations: usize,
    /// Independent parts, and the number of unknowns in the largest.
    pub parts: usize,
    /// Unknowns of the largest part.
    pub largest_part: usize,
    /// Coefficients left by the elimination of all parts (fill), modulo the first prime.
    pub fill: usize,
}

/// Attacks by exact algebra modulo 2^61 - 1 and 2^62 - 57 (DISCLOSURE 2c): a withheld value is computable if and only if it is 0 in every
/// table that changes no published value. A random such table is drawn for each prime; a cell that is 0 in one of them and for which a
/// formula holds in exact arithmetic has fallen. The answer does not depend on the number of threads.
///
/// # Errors
/// When the problem is not well formed.
pub fn exact<P: Problem + ?Sized>(problem: &P, options: &ExactOptions) -> Result<ExactReport, AttackError> {
    let system = System::build(problem, Knowledge::default())?;
    let (unknowns, equations) = (system.cells.len(), system.equations());
    let parts = system.parts();
    let largest_part = parts.iter().map(|part| part.cells.len()).max().unwrap_or(0);
    let count = parts.len();
    let found: Vec<Found> = parts.par_iter().with_max_len(1).map(|part| attack_part(problem, part, options)).collect();
    drop(parts);
    let mut report = ExactReport { unknowns, equations, parts: count, largest_part, ..ExactReport::default() };
    for mut part in found {
        report.fallen.append(&mut part.fallen);
        report.formulas.append(&mut part.formulas);
        report.unchecked.append(&mut part.unchecked);
        report.fill += part.fill;
    }
    report.fallen.sort_unstable();
    report.unchecked.sort_unstable();
    report.formulas.sort_by_key(|formula| formula.cell);
    report.formulas.truncate(options.formulas);
    Ok(report)
}

#[derive(Default)]
struct Found {
    fallen: Vec<CellId>,
    formulas: Vec<Formula>,
    unchecked: Vec<CellId>,
    fill: usize,
}

/// The withheld unknowns of a part that are 0 in a random null vector, by place in the part.
fn zeros<F: Prime>(part: &Part, elimination: &Elimination<F>, seed: u64) -> Vec<bool> {
    // the part's first cell makes the numbers of each part its own, whatever order parts are attacked in
    let mut random = Random::new(seed ^ F::P ^ part.cells.first().copied().unwrap_or(0).wrapping_mul(0xD134_2543_DE82_EF95));
    elimination.null_vector(&mut random).iter().zip(&part.withheld).map(|(&value, &withheld)| withheld && value == 0).collect()
}

/// Attacks one part.
fn attack_part<P: Problem + ?Sized>(problem: &P, part: &Part, options: &ExactOptions) -> Found {
    let mut found = Found::default();
    if part.rows.is_empty() {
        return found;
    }
    let first = Elimination::<First>::new(part);
    found.fill = first.fill();
    let by_first = zeros(part, &first, options.seed);
    let second = Elimination::<Second>::new(part);
    let by_second = zeros(part, &second, options.seed);
    for (at, &cell) in (0u32..).zip(&part.cells) {
        let place = at as usize;
        let (a, b) = (by_first[place], by_second[place]);
        if !a && !b {
            continue;
        }
        if !options.explain {
            found.fallen.push(cell);
            continue;
        }
        let formula = formula(problem, part, &first, at).or_else(|| formula(problem, part, &second, at));
        match formula {
            Some(formula) => {
                found.fallen.push(cell);
                if found.formulas.len() < options.formulas {
                    found.formulas.push(formula);
                }
            }
            // 0 modulo both primes is no accident; 0 modulo one with no combination of equations behind it is
            None if a && b => {
                found.fallen.push(cell);
                found.unchecked.push(cell);
            }
            None => {}
        }
    }
    found
}

pub(crate) fn formula<F: Prime, P: Problem + ?Sized>(
    problem: &P,
    part: &Part,
    elimination: &Elimination<F>,
    unknown: u32,
) -> Option<Formula> {
    let multipliers = elimination.multipliers(unknown)?;
    let relations: Vec<(u64, u64)> =
        multipliers.iter().filter_map(|(&row, &weight)| Some((part.rows.get(row as usize)?.relation, weight))).collect();
    let cell = *part.cells.get(unknown as usize)?;
    from_multipliers::<F, P>(problem, cell, &relations)
}
