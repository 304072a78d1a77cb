//! Whole numbers modulo a prime just below a power of two, so that a product is reduced by shifts and additions.

/// Arithmetic modulo the prime `2^bits - gap`. All arguments and results are below the prime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field<const BITS: u32, const GAP: u64>;

/// The Mersenne prime 2^61 - 1 (DISCLOSURE 2b).
pub(crate) type First = Field<61, 1>;
/// A second prime, 2^62 - 57: a rank that drops modulo both is a minor that both divide.
pub(crate) type Second = Field<62, 57>;

/// What elimination needs of a field.
pub(crate) trait Prime: Copy + Send + Sync {
    /// The prime.
    const P: u64;
    /// `a + b`.
    fn add(a: u64, b: u64) -> u64;
    /// `a * b`.
    fn mul(a: u64, b: u64) -> u64;

    /// `-a`.
    fn neg(a: u64) -> u64 {
        if a == 0 { 0 } else { Self::P - a }
    }

    /// `a - b`.
    fn sub(a: u64, b: u64) -> u64 {
        Self::add(a, Self::neg(b))
    }

    /// The number that stands for an integer.
    fn of(value: i64) -> u64 {
        let rest = value.unsigned_abs() % Self::P;
        if value < 0 { Self::neg(rest) } else { rest }
    }

    /// `1 / a` by Fermat's little theorem; 0 for 0.
    fn inverse(a: u64) -> u64 {
        if a == 1 || a == Self::P - 1 {
            return a;
        }
        let (mut result, mut base, mut power) = (1u64, a, Self::P - 2);
        while power > 0 {
            if power & 1 == 1 {
                result = Self::mul(result, base);
            }
            base = Self::mul(base, base);
            power >>= 1;
        }
        result
    }
}

impl<const BITS: u32, const GAP: u64> Prime for Field<BITS, GAP> {
    const P: u64 = (1u64 << BITS) - GAP;

    fn add(a: u64, b: u64) -> u64 {
        let sum = a + b;
        if sum >= Self::P { sum - Self::P } else { sum }
    }

    fn mul(a: u64, b: u64) -> u64 {
        let product = u128::from(a) * u128::from(b);
        let mask = (1u128 << BITS) - 1;
        // 2^BITS = GAP modulo the prime: two folds leave less than twice the prime
        let once = (product & mask) + (product >> BITS) * u128::from(GAP);
        let twice = (once & mask) + (once >> BITS) * u128::from(GAP);
        let low = u64::try_from(twice).unwrap_or(u64::MAX);
        if low >= Self::P { low - Self::P } else { low }
    }
}

/// The fraction `n / d` with `|n|, d < 2^30` that stands for `a` modulo the prime, if there is one (Wang's rational reconstruction by
/// the extended Euclidean algorithm). It is a guess to be checked, never a proof.
pub(crate) fn fraction<F: Prime>(a: u64) -> Option<(i64, i64)> {
    const LIMIT: i128 = 1 << 30;
    let (mut r0, mut r1) = (i128::from(F::P), i128::from(a));
    let (mut t0, mut t1) = (0i128, 1i128);
    while r1 >= LIMIT {
        let q = r0 / r1;
        (r0, r1) = (r1, r0 - q * r1);
        (t0, t1) = (t1, t0 - q * t1);
    }
    if t1 == 0 || t1.abs() >= LIMIT {
        return None;
    }
    let (n, d) = if t1 < 0 { (-r1, -t1) } else { (r1, t1) };
    Some((i64::try_from(n).ok()?, i64::try_from(d).ok()?))
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed everywhere.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// A stream of its own for each seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn agrees<F: Prime>(a: u64, b: u64, n: i32, d: i32) {
        let (a, b) = (a % F::P, b % F::P);
        let p = u128::from(F::P);
        assert_eq!(u128::from(F::mul(a, b)), u128::from(a) * u128::from(b) % p);
        assert_eq!(u128::from(F::add(a, b)), (u128::from(a) + u128::from(b)) % p);
        assert_eq!(F::add(F::sub(a, b), b), a);
        if a != 0 {
            assert_eq!(F::mul(a, F::inverse(a)), 1);
        }
        let quotient = F::mul(F::of(i64::from(n)), F::inverse(F::of(i64::from(d))));
        let (x, y) = fraction::<F>(quotient).unwrap();
        assert_eq!(x * i64::from(d), y * i64::from(n));
    }

    proptest! {
        #[test]
        fn arithmetic_is_that_of_long_integers(a: u64, b: u64, n in -1_000_000..1_000_000, d in 1..1_000_000) {
            agrees::<First>(a, b, n, d);
            agrees::<Second>(a, b, n, d);
        }
    }
}
