//! Cell-key perturbation: the same searches get the same noise wherever they stand (DISCLOSURE §2h). Not additive.

use crate::error::Error;
use crate::frame::Frame;
use crate::problem::Problem;

/// Noise of a limited size and a given variance, drawn by the key of a cell.
///
/// The noise of a value `n` is a whole number from `-min(limit, n)` to `limit`, with mean 0 and the variance, and otherwise of the largest entropy
/// (Giessing 2016, *Computational issues in the design of transition probabilities and disclosure risk estimation for additive noise*): nothing falls
/// below zero, and zeros stay zeros.
#[derive(Debug, Clone, PartialEq)]
pub struct CellKey {
    limit: u32,
    variance: f64,
    /// For each value up to the limit: of each noise, upwards, up to which key (of 2^53) it is drawn.
    table: Vec<Vec<u64>>,
}

/// Keys are compared in as many steps as a floating point number tells apart.
const KEYS: f64 = (1u64 << 53) as f64;
/// Halvings until nothing of a floating point number is left to be found.
const HALVINGS: u32 = 80;

impl CellKey {
    /// Noise of at most `limit` up or down.
    ///
    /// # Errors
    /// [`Error::Noise`] unless the variance is above 0 and below the limit: a value of 1 reaches no more than the limit with a mean of 0.
    pub fn new(limit: u32, variance: f64) -> Result<Self, Error> {
        if !(variance > 0.0 && variance < f64::from(limit)) || limit > 1_000 {
            return Err(Error::Noise);
        }
        let table = (0..=limit).map(|n| cumulated(n.min(limit), limit, variance)).collect();
        Ok(Self { limit, variance, table })
    }

    /// The greatest noise.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// The variance of the noise of every value but zero.
    pub fn variance(&self) -> f64 {
        self.variance
    }

    /// The perturbed value of a cell of this value and key.
    pub fn noisy(&self, value: u64, key: u64) -> u64 {
        let row = value.min(u64::from(self.limit)) as usize;
        let drawn = self.table.get(row).map_or(row, |steps| steps.partition_point(|up_to| *up_to <= key >> 11));
        value.saturating_add_signed(drawn as i64 - row as i64)
    }

    /// The perturbed values of all cells. `keys` are those of the cells: sums, modulo 2^64, of the keys of their records (a keyed hash that no
    /// reader has), as [`crate::Cube::record_keys`] and [`CellKey::keys`] give them.
    pub fn perturb(&self, problem: &Problem, keys: &[u64]) -> Vec<u64> {
        problem.cells().iter().zip(keys).map(|(cell, key)| self.noisy(cell.value, *key)).collect()
    }

    /// The keys of all cells, added up from those of the cells that are sums of no others. Zero cells have the key 0.
    ///
    /// # Errors
    /// [`Error::Tangled`] when the cells cannot be taken as sums of such ones.
    pub fn keys(problem: &Problem, key: impl Fn(u32) -> u64) -> Result<Vec<u64>, Error> {
        let frame = Frame::new(problem)?;
        let first = problem.first_cells();
        let of = |form: &[(u32, i64)]| {
            form.iter().fold(0u64, |sum, (free, weight)| sum.wrapping_add(key(first[*free as usize]).wrapping_mul(*weight as u64)))
        };
        let keys: Vec<u64> = frame.forms.iter().map(|form| of(form)).collect();
        Ok((0..problem.cells().len() as u32).map(|cell| problem.var(cell).map_or(0, |v| keys[v as usize])).collect())
    }
}

/// The distribution of the largest entropy on `-below..=above` with mean 0 and this variance: weights `exp(a d + c d²)`. The second moment grows with `c`
/// when `a` is chosen for a mean of 0, and the mean grows with `a`, so that both are found by halving.
fn cumulated(below: u32, above: u32, variance: f64) -> Vec<u64> {
    if below == 0 {
        return Vec::new();
    }
    let noises: Vec<f64> = (-i64::from(below)..=i64::from(above)).map(|d| d as f64).collect();
    let weights = |a: f64, c: f64| {
        let exponents: Vec<f64> = noises.iter().map(|d| a * d + c * d * d).collect();
        let most = exponents.iter().copied().fold(f64::MIN, f64::max);
        exponents.into_iter().map(|e| (e - most).exp()).collect::<Vec<f64>>()
    };
    let moment = |weights: &[f64], power: i32| {
        weights.iter().zip(&noises).map(|(w, d)| w * d.powi(power)).sum::<f64>() / weights.iter().sum::<f64>()
    };
    let centred = |c: f64| weights(halve(-100.0, 100.0, |a| moment(&weights(a, c), 1) < 0.0), c);
    let found = centred(halve(-20.0, 20.0, |c| moment(&centred(c), 2) < variance));
    let sum: f64 = found.iter().sum();
    let mut so_far = 0.0;
    let mut steps: Vec<u64> = found
        .iter()
        .map(|w| {
            so_far += w / sum;
            (so_far * KEYS) as u64
        })
        .collect();
    // The last noise takes whatever rounding leaves.
    steps.pop();
    steps
}

/// Where a condition stops to hold between two numbers.
fn halve(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        if holds(middle) { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_mean_zero_the_variance_and_its_limits() {
        let noise = CellKey::new(5, 2.5).unwrap();
        for value in 1..9u64 {
            // Keys that lie evenly.
            let drawn: Vec<f64> = (0..100_000u64).map(|i| noise.noisy(value, i * (u64::MAX / 100_000)) as f64 - value as f64).collect();
            let mean = drawn.iter().sum::<f64>() / 1e5;
            let variance = drawn.iter().map(|d| d * d).sum::<f64>() / 1e5;
            assert!(mean.abs() < 1e-3 && (variance - 2.5).abs() < 1e-2, "{value}: {mean} {variance}");
            assert!(drawn.iter().all(|d| d.abs() <= 5.0 && *d >= -(value as f64)));
            assert!(drawn.contains(&5.0), "every noise occurs");
        }
        assert_eq!(noise.noisy(0, u64::MAX), 0);
        assert!(CellKey::new(3, 3.0).is_err() && CellKey::new(3, 0.0).is_err() && CellKey::new(3, f64::NAN).is_err());
    }
}
