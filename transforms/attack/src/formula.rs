//! How a withheld value is computed from published ones, checked by exact integer arithmetic.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::field::{Prime, fraction};
use crate::problem::{CellId, Problem, RelationId, State};

/// `divisor x cell = sum of coefficient x published cell`. It was checked against the problem's relations before it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Formula {
    /// The withheld cell that it computes.
    pub cell: CellId,
    /// What the sum is divided by; 1 for nearly all.
    pub divisor: i64,
    /// Published cells that are not 0 with their coefficients, sorted by cell.
    pub terms: Vec<(CellId, i64)>,
    /// Published zeros that the derivation needs (an absent row tells one, too).
    pub zeros: Vec<CellId>,
    /// The relations that were added up, with their factors: whoever adds them sees all other withheld cells cancel out.
    pub relations: Vec<(RelationId, i64)>,
}

impl Formula {
    /// The value that the formula gives, from published values only; none if it is no whole number (then what is published is wrong).
    pub fn value<P: Problem + ?Sized>(&self, problem: &P) -> Option<i64> {
        let mut sum: i128 = 0;
        for &(cell, coefficient) in &self.terms {
            let State::Published(value) = problem.state(cell) else { return None };
            sum = sum.checked_add(i128::from(coefficient).checked_mul(i128::from(value))?)?;
        }
        let divisor = i128::from(self.divisor);
        if divisor == 0 || sum % divisor != 0 {
            return None;
        }
        i64::try_from(sum / divisor).ok()
    }

    /// The formula in words: names only, or with the values when they are to be revealed.
    pub fn words<P: Problem + ?Sized>(&self, problem: &P, reveal: bool) -> String {
        let mut text = format!("{} =", problem.name(self.cell));
        for (at, &(cell, coefficient)) in self.terms.iter().enumerate() {
            let sign = match (at, coefficient < 0) {
                (_, true) => " - ",
                (0, false) => " ",
                (_, false) => " + ",
            };
            text.push_str(sign);
            if coefficient.abs() != 1 {
                let _ = write!(text, "{} x ", coefficient.abs());
            }
            let _ = write!(text, "[{}]", problem.name(cell));
            if reveal && let State::Published(value) = problem.state(cell) {
                let _ = write!(text, " {value}");
            }
        }
        if self.terms.is_empty() {
            text.push_str(" nothing");
        }
        if self.divisor != 1 {
            let _ = write!(text, ", divided by {}", self.divisor);
        }
        if !self.zeros.is_empty() {
            let _ = write!(text, " ({} published zeros used)", self.zeros.len());
        }
        if reveal && let Some(value) = self.value(problem) {
            let _ = write!(text, " = {value}");
        }
        text
    }
}

/// Makes the formula for a cell out of multiples of relations modulo a prime, and checks it: the multiples are turned into fractions, and
/// with these the relations are added up in 128-bit integers. Every withheld cell but this one must cancel out, or there is no formula.
pub(crate) fn from_multipliers<F: Prime, P: Problem + ?Sized>(
    problem: &P,
    cell: CellId,
    multipliers: &[(RelationId, u64)],
) -> Option<Formula> {
    let mut fractions = Vec::with_capacity(multipliers.len());
    let mut divisor: i128 = 1;
    for &(relation, multiplier) in multipliers {
        let (n, d) = fraction::<F>(multiplier)?;
        if n != 0 {
            fractions.push((relation, n, d));
            divisor = divisor / gcd(divisor, i128::from(d)) * i128::from(d);
            if divisor > 1 << 62 {
                return None;
            }
        }
    }
    let mut relations = Vec::with_capacity(fractions.len());
    for (relation, n, d) in fractions {
        relations.push((relation, i128::from(n).checked_mul(divisor / i128::from(d))?));
    }
    let mut sums: BTreeMap<CellId, i128> = BTreeMap::new();
    let mut cells = Vec::new();
    for &(relation, factor) in &relations {
        cells.clear();
        problem.terms(relation, &mut cells);
        for &(cell, coefficient) in &cells {
            let sum = sums.entry(cell).or_insert(0);
            *sum = sum.checked_add(factor.checked_mul(i128::from(coefficient))?)?;
        }
    }
    let own = sums.remove(&cell)?;
    if own == 0 {
        return None;
    }
    let mut common = own;
    for &sum in sums.values() {
        common = gcd(common, sum);
    }
    let common = if own < 0 { -common.abs() } else { common.abs() };
    let (mut terms, mut zeros) = (Vec::new(), Vec::new());
    for (&other, &sum) in sums.iter().filter(|(_, sum)| **sum != 0) {
        match problem.state(other) {
            State::Published(0) => zeros.push(other),
            State::Published(_) => terms.push((other, i64::try_from(-sum / common).ok()?)),
            State::Withheld | State::Unpublished | State::Outside => return None,
        }
    }
    let mut factors = Vec::with_capacity(relations.len());
    for (relation, factor) in relations {
        factors.push((relation, i64::try_from(factor).ok()?));
    }
    Some(Formula { cell, divisor: i64::try_from(own / common).ok()?, terms, zeros, relations: factors })
}

fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}
