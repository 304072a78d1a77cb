//! Linear programs. They only propose: a table is rounded and checked, a bound is made exact from the dual solution (DISCLOSURE 2c).

use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettingsBuilder, DefaultSolver, IPSolver, NonnegativeConeT, SolverStatus, SupportedConeT, ZeroConeT};

use crate::bounds::{Bounds, floor};
use crate::system::{Part, UNBOUNDED};

/// Up to this many unknowns every upper bound is told to the solver.
const SMALL: usize = 5000;

/// What the solver says; nothing of it is believed.
pub(crate) struct Proposal {
    /// A value for each unknown.
    pub(crate) values: Vec<f64>,
    /// A multiplier for each equation.
    pub(crate) duals: Vec<f64>,
}

/// Minimises the cost over the tables that fit the part and its lower bounds (upper bounds follow from the equations where they matter).
pub(crate) fn minimise(part: &Part, bounds: &Bounds, cost: &[f64]) -> Option<Proposal> {
    let (unknowns, equations) = (part.cells.len(), part.rows.len());
    let (mut i, mut j, mut v) = (Vec::new(), Vec::new(), Vec::new());
    let mut b = Vec::with_capacity(equations + unknowns);
    for (at, row) in part.rows.iter().enumerate() {
        let mut rhs = i128::from(row.rhs);
        for &(unknown, coefficient) in &row.terms {
            i.push(at);
            j.push(unknown as usize);
            v.push(f64::from(coefficient));
            rhs -= i128::from(coefficient) * i128::from(bounds.lower[unknown as usize]);
        }
        b.push(rhs as f64);
    }
    for unknown in 0..unknowns {
        i.push(equations + unknown);
        j.push(unknown);
        v.push(-1.0);
        b.push(0.0);
    }
    // in a large part upper bounds follow from the equations; a small one may be cut out of a larger, whose equations then are missing
    let capped: Vec<usize> = (0..unknowns).filter(|&u| (unknowns < SMALL || cost[u] < 0.0) && bounds.upper[u] < UNBOUNDED).collect();
    for (at, &unknown) in capped.iter().enumerate() {
        i.push(equations + unknowns + at);
        j.push(unknown);
        v.push(1.0);
        b.push((bounds.upper[unknown] - bounds.lower[unknown]) as f64);
    }
    let a = CscMatrix::new_from_triplets(equations + unknowns + capped.len(), unknowns, i, j, v);
    let p = CscMatrix::zeros((unknowns, unknowns));
    let cones: [SupportedConeT<f64>; 2] = [ZeroConeT(equations), NonnegativeConeT(unknowns + capped.len())];
    let settings = DefaultSettingsBuilder::default().verbose(false).max_iter(100).build().ok()?;
    let mut solver = DefaultSolver::new(&p, cost, &a, &b, &cones, settings).ok()?;
    solver.solve();
    // a solver that got stuck near the end has a proposal as well
    let useful = [
        SolverStatus::Solved,
        SolverStatus::AlmostSolved,
        SolverStatus::InsufficientProgress,
        SolverStatus::MaxIterations,
        SolverStatus::NumericalError,
    ];
    if !useful.contains(&solver.solution.status) || solver.solution.x.iter().any(|x| !x.is_finite()) {
        return None;
    }
    let values = solver.solution.x.iter().zip(&bounds.lower).map(|(x, &low)| x + low as f64).collect();
    let duals = solver.solution.z.iter().take(equations).copied().collect();
    Some(Proposal { values, duals })
}

/// A proven least value of a sum of unknowns (`up` false) or a proven greatest one (`up`), from the multipliers of a linear program.
///
/// For any multipliers y and e with 1 for each summed unknown, ex = (e + yM) x - y b. The first sum is at least what the bounds of the unknowns make of it, so the right-hand side is a
/// bound whatever y is (weak duality); with y rounded to fractions it is computed in 128-bit integers. The best of several roundings is taken.
pub(crate) fn proven(part: &Part, bounds: &Bounds, targets: &[usize], up: bool, duals: &[f64]) -> Option<i64> {
    let sign = if up { -1 } else { 1 };
    let mut best: Option<i128> = None;
    for denominator in [1i128, 2, 6, 60, 1 << 20, 1 << 36] {
        if let Some(bound) = weak_duality(part, bounds, targets, sign, duals, denominator) {
            best = Some(best.map_or(bound, |known| known.max(bound)));
        }
    }
    // least value of sign x unknown
    i64::try_from(best? * sign).ok()
}

fn weak_duality(part: &Part, bounds: &Bounds, targets: &[usize], sign: i128, duals: &[f64], denominator: i128) -> Option<i128> {
    let mut reduced = vec![0i128; part.cells.len()];
    for target in targets {
        *reduced.get_mut(*target)? += sign * denominator;
    }
    let mut total: i128 = 0;
    for (row, &dual) in part.rows.iter().zip(duals) {
        let scaled = (dual * denominator as f64).round();
        if !scaled.is_finite() || scaled.abs() > 1e24 {
            return None;
        }
        let multiplier = scaled as i128;
        if multiplier == 0 {
            continue;
        }
        for &(unknown, coefficient) in &row.terms {
            let entry = &mut reduced[unknown as usize];
            *entry = entry.checked_add(multiplier.checked_mul(i128::from(coefficient))?)?;
        }
        total = total.checked_sub(multiplier.checked_mul(i128::from(row.rhs))?)?;
    }
    for (unknown, &factor) in reduced.iter().enumerate() {
        let at = if factor >= 0 { bounds.lower[unknown] } else { bounds.upper[unknown] };
        if factor < 0 && at >= UNBOUNDED {
            return None;
        }
        total = total.checked_add(factor.checked_mul(i128::from(at))?)?;
    }
    // sign x sum >= total / denominator, and it is whole
    Some(-floor(-total, denominator))
}
