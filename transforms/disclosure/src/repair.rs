//! Repair by explanation (DISCLOSURE §2c, §2d step 3): as long as a primary variable can be computed, the formula that does it is found and one
//! of the published cells it needs is withheld.

use std::collections::{BTreeMap, BTreeSet};

use crate::eliminate::Factor;
use crate::field::{FIRST, Field};
use crate::parallel;
use crate::problem::Problem;
use crate::state::{Cause, State};
use crate::system::Split;

/// A pattern's equations, factored modulo the first prime.
pub(crate) struct Solved {
    pub(crate) split: Split,
    pub(crate) factors: Vec<Factor<FIRST>>,
}

impl Solved {
    /// Factors what `withheld` leaves unknown.
    pub(crate) fn new(problem: &Problem, withheld: &[bool], threads: usize) -> Self {
        let split = Split::new(problem, withheld);
        let factors = split.each(threads, |batch| batch.factor(true));
        Self { split, factors }
    }

    /// The primary variables that can be computed.
    pub(crate) fn exposed(&self, problem: &Problem, seed: u64, threads: usize) -> Vec<u32> {
        let parts = parallel::map(self.factors.len(), threads, |b| self.split.batches[b].exposed(problem, &self.factors[b], seed));
        let mut all = parts.concat();
        all.sort_unstable();
        all
    }

    /// The published variables, with their weights, whose sum is this withheld one; `None` when there is no such sum.
    pub(crate) fn formula(&self, problem: &Problem, withheld: &[bool], var: u32) -> Option<BTreeMap<u32, u64>> {
        let (batch, col) = self.split.place(var)?;
        let weights = self.factors[batch].explain(col)?;
        Some(self.published_side(problem, withheld, batch, &weights))
    }

    /// Moves the published members of a sum of constraints of a batch to the other side.
    pub(crate) fn published_side(&self, problem: &Problem, withheld: &[bool], batch: usize, weights: &[(u32, u64)]) -> BTreeMap<u32, u64> {
        let rows = &self.split.batches[batch].rows;
        let mut sum = BTreeMap::new();
        for (row, weight) in weights {
            for (var, plus) in problem.row(rows[*row as usize]).filter(|(v, _)| !withheld[*v as usize]) {
                let term = if plus { Field::<FIRST>::neg(*weight) } else { *weight };
                let value = sum.entry(var).or_insert(0);
                *value = Field::<FIRST>::add(*value, term);
            }
        }
        sum.retain(|_, w| *w != 0);
        sum
    }
}

/// What a repair came to.
pub(crate) struct Repaired {
    pub(crate) solved: Solved,
    pub(crate) rounds: u32,
    /// Primary variables that stay computable because every cell of a formula is public for good.
    pub(crate) lost: BTreeSet<u32>,
}

/// Withholds cells until no primary variable can be computed, or none of those left can be helped.
pub(crate) fn repair(state: &mut State<'_>, seed: u64, threads: usize) -> Repaired {
    let mut lost = BTreeSet::new();
    let mut rounds = 0;
    loop {
        let solved = Solved::new(state.problem, &state.withheld, threads);
        let exposed: Vec<u32> =
            solved.exposed(state.problem, seed + u64::from(rounds), threads).into_iter().filter(|v| !lost.contains(v)).collect();
        if exposed.is_empty() {
            return Repaired { solved, rounds, lost };
        }
        rounds += 1;
        let before = &state.withheld;
        let formulas = parallel::map(exposed.len(), threads, |i| solved.formula(state.problem, before, exposed[i]));
        for (var, formula) in exposed.into_iter().zip(formulas) {
            let terms: Vec<u32> = formula.unwrap_or_default().into_keys().collect();
            if terms.iter().any(|t| state.withheld[*t as usize]) {
                continue; // an earlier choice of this round breaks it too; the next round tells
            }
            match terms.into_iter().filter(|t| state.candidate(*t)).min_by_key(|t| state.cost(*t)) {
                Some(term) => {
                    state.withhold(term, Cause::Formula(var));
                    state.settle();
                }
                None => {
                    lost.insert(var);
                }
            }
        }
    }
}
