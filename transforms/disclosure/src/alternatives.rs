//! Alternatives to withholding: rounding that keeps totals additive, and cell-key perturbation (DISCLOSURE §2h), with the figures to compare them.

use crate::cube::Cube;
use crate::error::Error;
use crate::problem::Problem;

/// Rounds every inner cell to a multiple of `base` beside its value and adds up, so that totals stay sums; of the two multiples that one is taken
/// which keeps the errors of the cells above small, over `passes` rounds of improvement. Zeros stay zero. Gives the values of all cells.
///
/// This is controlled rounding by a local search: additive and within one base for inner cells always, near for totals, not the optimum.
pub fn controlled_rounding(cube: &Cube, base: u64, passes: u32) -> Vec<u64> {
    let base = base.max(1);
    let inner: Vec<usize> = (0..cube.len()).filter(|c| cube.is_inner(*c)).collect();
    let mut error = vec![0i64; cube.len()];
    let mut above: Vec<Vec<u32>> = Vec::with_capacity(inner.len());
    let mut keys = Vec::new();
    for cell in &inner {
        cube.above(cube.key(*cell), &mut keys);
        above.push(keys.iter().filter_map(|k| cube.index_of(*k)).map(|i| i as u32).collect());
    }
    let step = base as i64;
    let mut up = vec![false; inner.len()];
    for (i, cell) in inner.iter().enumerate() {
        let rest = (cube.value(*cell) % base) as i64;
        above[i].iter().for_each(|a| error[*a as usize] -= rest);
    }
    for _ in 0..passes.max(1) {
        let mut changed = false;
        for (i, cell) in inner.iter().enumerate().filter(|(_, c)| !cube.value(**c).is_multiple_of(base)) {
            let change = if up[i] { -step } else { step };
            // The sum of squared errors falls when the change and the errors above point apart.
            let gain: i64 = above[i].iter().map(|a| change * (2 * error[*a as usize] + change)).sum();
            if gain < 0 && cube.value(*cell) > 0 {
                up[i] = !up[i];
                changed = true;
                above[i].iter().for_each(|a| error[*a as usize] += change);
            }
        }
        if !changed {
            break;
        }
    }
    (0..cube.len()).map(|c| cube.value(c).saturating_add_signed(error[c])).collect()
}

/// Cell-key perturbation: the same searches get the same noise wherever they stand. Not additive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellKey {
    /// The greatest noise, up or down. Noise `d` has a weight of `spread + 1 - |d|`, so its mean is zero; a value below `spread` gets at most
    /// itself, so that nothing falls under zero and zeros stay.
    pub spread: u32,
}

impl CellKey {
    /// The perturbed values of all cells. `records` gives for inner cells the keys of their records (a keyed hash that no reader has), one by
    /// one or already added up modulo 2^64.
    ///
    /// # Errors
    /// As [`Cube::fold`].
    pub fn perturb<L: AsRef<[u32]>>(&self, cube: &Cube, records: impl IntoIterator<Item = (L, u64)>) -> Result<Vec<u64>, Error> {
        let mut sums = vec![0u64; cube.len()];
        let mut keys = Vec::new();
        for (leaves, record) in records {
            cube.above(cube.inner_key(leaves.as_ref())?, &mut keys);
            for cell in keys.iter().filter_map(|k| cube.index_of(*k)) {
                sums[cell] = sums[cell].wrapping_add(record);
            }
        }
        Ok(sums.into_iter().enumerate().map(|(cell, key)| self.noisy(cube.value(cell), key)).collect())
    }

    /// The perturbed value of a cell of this value and key.
    pub fn noisy(&self, value: u64, key: u64) -> u64 {
        let most = i64::from(self.spread).min(i64::try_from(value).unwrap_or(i64::MAX));
        let total: i64 = (most + 1) * (most + 1);
        let mut left = ((u128::from(key) * total as u128) >> 64) as i64;
        for noise in -most..=most {
            let weight = most + 1 - noise.abs();
            if left < weight {
                return value.saturating_add_signed(noise);
            }
            left -= weight;
        }
        value
    }
}

/// What a way of publishing costs and leaves, on the same cells.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Quality {
    /// The name of the method.
    pub method: String,
    /// Cells that a table holds and that are not zero.
    pub cells: usize,
    /// Of these, cells without a value.
    pub withheld: usize,
    /// Cells with their true value.
    pub exact: usize,
    /// The mean distance from the truth of the values given.
    pub mean_error: f64,
    /// The largest.
    pub largest_error: u64,
    /// Risk: primary cells given with their true value.
    pub primary_exact: usize,
    /// Risk: primary cells whose true value anyone can compute, taking every value given for true. What noise leaves of such sums is no proof.
    pub primary_computable: usize,
    /// Constraints whose values are all given and do not add up.
    pub broken_sums: usize,
}

/// Judges the values a method gives for the cells of a problem (`None`: withheld).
pub fn judge(problem: &Problem, method: &str, given: &[Option<u64>]) -> Quality {
    let mut quality = Quality {
        method: method.to_owned(),
        cells: 0,
        withheld: 0,
        exact: 0,
        mean_error: 0.0,
        largest_error: 0,
        primary_exact: 0,
        primary_computable: 0,
        broken_sums: 0,
    };
    let shown = |cell: &usize| problem.cells()[*cell].fate != crate::problem::Fate::Hidden && problem.cells()[*cell].value > 0;
    let (mut sum, mut count) = (0u64, 0u64);
    for cell in (0..problem.cells().len()).filter(shown) {
        let truth = problem.cells()[cell];
        quality.cells += 1;
        match given.get(cell).copied().flatten() {
            None => quality.withheld += 1,
            Some(value) => {
                let error = value.abs_diff(truth.value);
                quality.exact += usize::from(error == 0);
                quality.primary_exact += usize::from(error == 0 && truth.primary);
                quality.largest_error = quality.largest_error.max(error);
                sum += error;
                count += 1;
            }
        }
    }
    quality.mean_error = if count == 0 { 0.0 } else { sum as f64 / count as f64 };
    let exact = |cell: u32| given.get(cell as usize).copied().flatten() == Some(problem.cells()[cell as usize].value);
    quality.primary_computable = crate::protect::computable(problem, exact).len();
    let first = problem.first_cells();
    let value = |var: u32| given.get(first[var as usize] as usize).copied().flatten();
    quality.broken_sums = (0..problem.constraints() as u32)
        .filter(|row| {
            let total = problem.row(*row).try_fold(0i128, |sum, (var, plus)| {
                let value = i128::from(value(var)?);
                Some(if plus { sum + value } else { sum - value })
            });
            total.is_some_and(|t| t != 0)
        })
        .count();
    quality
}
