//! The only source of chance. Every stream is derived from the seed and a label, so that parts can be made in any order or on any thread.
//!
//! Only additions, multiplications, divisions and square roots are used on floats: IEEE 754 defines them to the last bit, which `powf`,
//! `ln` or `exp` of a platform's libm are not. Same seed, same bytes, on any machine.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

/// A deterministic stream of chance.
pub(crate) struct Rng(ChaCha8Rng);

impl Rng {
    /// The stream of `label` and `numbers` under `seed`. Different labels give independent streams.
    pub(crate) fn derive(seed: u64, label: &str, numbers: &[i64]) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"solidata-synth/1\0");
        hash.update(seed.to_le_bytes());
        hash.update((label.len() as u64).to_le_bytes());
        hash.update(label.as_bytes());
        for number in numbers {
            hash.update(number.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(hash.finalize().into()))
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in `0..n`; 0 when `n` is 0. (The bias of multiply-and-shift is below 2^-40 for the sizes used here.)
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    pub(crate) fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// Uniform in `low..=high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).max(1) as u64) as i64
    }

    /// Uniform in `[0, 1)`, 53 bits.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Close to a standard normal: the sum of four uniforms of 16 bits, centred and scaled. Bounded by ±3.47.
    pub(crate) fn bell(&mut self) -> f64 {
        let bits = self.bits();
        let sum: u64 = (0..4).map(|part| (bits >> (16 * part)) & 0xffff).sum();
        (sum as f64 / 65_536.0 - 2.0) * 1.732_050_807_568_877_2
    }

    /// Number of successes before the first failure, each with `probability`, at most `limit`.
    pub(crate) fn geometric(&mut self, probability: f64, limit: u32) -> u32 {
        let mut count = 0;
        while count < limit && self.chance(probability) {
            count += 1;
        }
        count
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.index(items.len())]
    }
}

/// A discrete distribution over `0..n`, drawn by binary search in cumulated weights.
#[derive(Debug, Clone)]
pub(crate) struct Weighted {
    cumulated: Vec<f64>,
}

impl Weighted {
    /// Weights must be finite and not negative, with a positive sum; otherwise the first item is always drawn.
    pub(crate) fn new(weights: impl IntoIterator<Item = f64>) -> Self {
        let mut total = 0.0;
        let cumulated = weights
            .into_iter()
            .map(|weight| {
                total += weight;
                total
            })
            .collect();
        Self { cumulated }
    }

    pub(crate) fn draw(&self, rng: &mut Rng) -> usize {
        let Some(total) = self.cumulated.last() else { return 0 };
        let point = rng.unit() * total;
        self.cumulated.partition_point(|&edge| edge <= point).min(self.cumulated.len() - 1)
    }
}

/// `rank^-1.3` for ranks from 1, by square roots only (the exponent is 1.296875).
pub(crate) fn rank_power_1_3(rank: usize) -> f64 {
    let r = rank as f64;
    let quarter = r.sqrt().sqrt();
    let eighth = quarter.sqrt();
    let thirty_second = eighth.sqrt().sqrt();
    let sixty_fourth = thirty_second.sqrt();
    1.0 / (r * quarter * thirty_second * sixty_fourth)
}

/// `rank^-1.1` for ranks from 1 (the exponent is 1.09375).
pub(crate) fn rank_power_1_1(rank: usize) -> f64 {
    let r = rank as f64;
    let sixteenth = r.sqrt().sqrt().sqrt().sqrt();
    1.0 / (r * sixteenth * sixteenth.sqrt())
}

/// Splits `total` into integers proportional to `weights`, by largest remainder; ties go to the earlier one.
pub(crate) fn largest_remainder(total: u64, weights: &[f64]) -> Vec<u64> {
    let sum: f64 = weights.iter().sum();
    if weights.is_empty() || sum <= 0.0 {
        return vec![0; weights.len()];
    }
    let shares: Vec<f64> = weights.iter().map(|weight| total as f64 * weight / sum).collect();
    let mut parts: Vec<u64> = shares.iter().map(|share| *share as u64).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|&a, &b| {
        let remainder = |i: usize| shares[i] - (shares[i] as u64) as f64;
        remainder(b).total_cmp(&remainder(a)).then(a.cmp(&b))
    });
    let missing = total.saturating_sub(parts.iter().sum());
    for &index in order.iter().cycle().take(missing as usize) {
        parts[index] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{Rng, Weighted, largest_remainder, rank_power_1_1, rank_power_1_3};
    use proptest::prelude::*;

    #[test]
    fn streams_depend_on_seed_label_and_numbers_only() {
        let first = Rng::derive(7, "a", &[1, 2]).bits();
        assert_eq!(first, Rng::derive(7, "a", &[1, 2]).bits());
        assert_ne!(first, Rng::derive(8, "a", &[1, 2]).bits());
        assert_ne!(first, Rng::derive(7, "b", &[1, 2]).bits());
        assert_ne!(first, Rng::derive(7, "a", &[2, 1]).bits());
    }

    #[test]
    fn bell_is_centred_with_unit_variance() {
        let mut rng = Rng::derive(1, "bell", &[]);
        let draws: Vec<f64> = (0..100_000).map(|_| rng.bell()).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / draws.len() as f64;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
    }

    #[test]
    fn powers_are_close_to_the_real_ones() {
        for rank in [1_usize, 2, 10, 500] {
            let r = rank as f64;
            assert!((rank_power_1_3(rank) / r.powf(-1.3) - 1.0).abs() < 0.03);
            assert!((rank_power_1_1(rank) / r.powf(-1.1) - 1.0).abs() < 0.05);
        }
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_total(total in 0_u64..100_000, weights in prop::collection::vec(0.01_f64..10.0, 1..50)) {
            prop_assert_eq!(largest_remainder(total, &weights).iter().sum::<u64>(), total);
        }

        #[test]
        fn draws_never_leave_the_support(seed: u64, weights in prop::collection::vec(0.0_f64..3.0, 1..20)) {
            prop_assume!(weights.iter().sum::<f64>() > 0.0);
            let table = Weighted::new(weights.iter().copied());
            let mut rng = Rng::derive(seed, "w", &[]);
            for _ in 0..50 {
                prop_assert!(weights[table.draw(&mut rng)] > 0.0);
            }
        }
    }
}
