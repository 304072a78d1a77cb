//! Arithmetic modulo a prime just under 2^61.
//!
//! Linear algebra over the published totals is done exactly, without fractions that grow: modulo 2^61 - 1 (a Mersenne prime) and again
//! modulo 2^61 - 31. A sum that reveals a cell has small rational weights, so it exists modulo each prime whose multiples its denominators
//! avoid; that both primes miss it would need a minor divisible by both.

/// The integers modulo `2^61 - C`. `C` is one of [`FIRST`] and [`SECOND`], for which the modulus is prime.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<const C: u64>;

/// `2^61 - 1` is prime.
pub(crate) const FIRST: u64 = 1;
/// `2^61 - 31` is prime.
pub(crate) const SECOND: u64 = 31;

const BITS: u32 = 61;
const MASK: u64 = (1 << BITS) - 1;

impl<const C: u64> Field<C> {
    pub(crate) const P: u64 = (1 << BITS) - C;
    pub(crate) const MINUS_ONE: u64 = Self::P - 1;

    #[inline]
    fn fold(x: u128) -> u64 {
        // x < 2^122, so the first folding leaves less than 2^66 and the second less than 2^61 + 31 * 32.
        let once = (x & u128::from(MASK)) + (x >> BITS) * u128::from(C);
        let twice = (once as u64 & MASK) + ((once >> BITS) as u64) * C;
        if twice >= Self::P { twice - Self::P } else { twice }
    }

    #[inline]
    pub(crate) fn mul(a: u64, b: u64) -> u64 {
        Self::fold(u128::from(a) * u128::from(b))
    }

    #[inline]
    pub(crate) fn add(a: u64, b: u64) -> u64 {
        let sum = a + b;
        if sum >= Self::P { sum - Self::P } else { sum }
    }

    #[inline]
    pub(crate) fn sub(a: u64, b: u64) -> u64 {
        if a >= b { a - b } else { a + Self::P - b }
    }

    #[inline]
    pub(crate) fn neg(a: u64) -> u64 {
        if a == 0 { 0 } else { Self::P - a }
    }

    /// The inverse of a number that is not zero, by Fermat's little theorem.
    pub(crate) fn inverse(a: u64) -> u64 {
        if a == 1 || a == Self::MINUS_ONE {
            return a;
        }
        let (mut base, mut exponent, mut result) = (a, Self::P - 2, 1);
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = Self::mul(result, base);
            }
            base = Self::mul(base, base);
            exponent >>= 1;
        }
        result
    }

    /// The number as a small signed integer, when it is one.
    pub(crate) fn small(a: u64) -> Option<i64> {
        const LIMIT: u64 = 1 << 40;
        if a < LIMIT {
            i64::try_from(a).ok()
        } else if Self::P - a < LIMIT {
            i64::try_from(Self::P - a).ok().map(|n| -n)
        } else {
            None
        }
    }

    /// The residue of a signed integer.
    #[cfg(test)]
    pub(crate) fn of(n: i64) -> u64 {
        let residue = n.unsigned_abs() % Self::P;
        if n < 0 { Self::neg(residue) } else { residue }
    }
}

/// A number that looks random and depends on `seed` and `index` only (splitmix64). It is never zero and below every modulus.
pub(crate) fn scattered(seed: u64, index: u64) -> u64 {
    let mut z = seed.wrapping_mul(0xD134_2543_DE82_EF95).wrapping_add(index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 4) | 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agrees<const C: u64>() {
        let p = u128::from(Field::<C>::P);
        for i in 0..2_000u64 {
            let (a, b) = (scattered(1, i) % Field::<C>::P, (scattered(2, i) << 3) % Field::<C>::P);
            assert_eq!(u128::from(Field::<C>::mul(a, b)), u128::from(a) * u128::from(b) % p);
            assert_eq!(Field::<C>::add(Field::<C>::sub(a, b), b), a);
            assert_eq!(Field::<C>::mul(a, Field::<C>::inverse(a)), 1);
        }
        let top = Field::<C>::MINUS_ONE;
        assert_eq!(Field::<C>::mul(top, top), 1);
        assert_eq!(Field::<C>::small(Field::<C>::of(-3)), Some(-3));
    }

    #[test]
    fn both_fields_agree_with_plain_remainders() {
        agrees::<FIRST>();
        agrees::<SECOND>();
    }
}
