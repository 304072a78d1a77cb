//! The equations that a pattern leaves to an attacker, split into parts that share no unknown, and factored.

use crate::eliminate::Factor;
use crate::field::{Field, scattered};
use crate::parallel;
use crate::problem::Problem;
use crate::sparse::{Csr, join, root};

const NONE: u32 = u32::MAX;
/// Small components are put together until a batch holds this many unknowns.
const BATCH: usize = 4_096;

/// Some connected components of what is withheld.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The withheld variables: the columns.
    pub(crate) vars: Vec<u32>,
    /// The constraints that hold one: the rows.
    pub(crate) rows: Vec<u32>,
    matrix: Csr,
}

/// The batches of a pattern, and where each variable is.
#[derive(Debug)]
pub(crate) struct Split {
    pub(crate) batches: Vec<Batch>,
    /// Of each variable: its batch and column.
    place: Vec<(u32, u32)>,
}

impl Split {
    /// Splits what `withheld` leaves unknown.
    pub(crate) fn new(problem: &Problem, withheld: &[bool]) -> Self {
        let mut parent: Vec<u32> = (0..withheld.len() as u32).collect();
        let mut first = vec![NONE; problem.constraints()];
        for row in 0..problem.constraints() as u32 {
            for (var, _) in problem.row(row).filter(|(v, _)| withheld[*v as usize]) {
                if first[row as usize] == NONE {
                    first[row as usize] = var;
                } else {
                    join(&mut parent, first[row as usize], var);
                }
            }
        }
        // Sizes, then batches of consecutive components, then members in order.
        let mut size = vec![0usize; withheld.len()];
        let unknown = || (0..withheld.len() as u32).filter(|v| withheld[*v as usize]);
        for var in unknown() {
            size[root(&mut parent, var) as usize] += 1;
        }
        let mut batch_of = vec![NONE; withheld.len()];
        let (mut batches, mut open): (Vec<Batch>, Option<u32>) = (Vec::new(), None);
        let empty = || Batch { vars: Vec::new(), rows: Vec::new(), matrix: Csr::default() };
        let mut filled = 0;
        for var in unknown().filter(|v| parent[*v as usize] == *v) {
            let members = size[var as usize];
            if members >= BATCH || open.is_none() {
                batch_of[var as usize] = batches.len() as u32;
                batches.push(empty());
                if members < BATCH {
                    (open, filled) = (Some(batches.len() as u32 - 1), members);
                }
            } else if let Some(batch) = open {
                batch_of[var as usize] = batch;
                filled += members;
                open = open.filter(|_| filled < BATCH);
            }
        }
        drop(size);
        let mut place = vec![(NONE, NONE); withheld.len()];
        for var in unknown() {
            let batch = batch_of[root(&mut parent, var) as usize];
            let vars = &mut batches[batch as usize].vars;
            place[var as usize] = (batch, vars.len() as u32);
            vars.push(var);
        }
        for (row, var) in first.iter().enumerate().filter(|(_, v)| **v != NONE) {
            let batch = &mut batches[place[*var as usize].0 as usize];
            batch.rows.push(row as u32);
            batch.matrix.push(problem.row(row as u32).filter(|(v, _)| withheld[*v as usize]).map(|(v, plus)| (place[v as usize].1, plus)));
        }
        Self { batches, place }
    }

    /// The batch and column of a withheld variable.
    pub(crate) fn place(&self, var: u32) -> Option<(usize, u32)> {
        let (batch, col) = self.place[var as usize];
        (batch != NONE).then_some((batch as usize, col))
    }

    /// The batches, largest first: the order in which threads take them.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.batches.len()).collect();
        order.sort_by_key(|b| std::cmp::Reverse(self.batches[*b].vars.len()));
        order
    }

    /// Answers `f` for each batch, in the order of the batches.
    pub(crate) fn each<R: Send>(&self, threads: usize, f: impl Fn(&Batch) -> R + Sync) -> Vec<R> {
        let order = self.order();
        let mut answers: Vec<(usize, R)> = parallel::map(order.len(), threads, |i| f(&self.batches[order[i]]))
            .into_iter()
            .enumerate()
            .map(|(i, r)| (order[i], r))
            .collect();
        answers.sort_unstable_by_key(|(b, _)| *b);
        answers.into_iter().map(|(_, r)| r).collect()
    }
}

impl Batch {
    /// Factors the batch.
    pub(crate) fn factor<const C: u64>(&self, keep_log: bool) -> Factor<C> {
        Factor::new(&self.matrix, self.vars.len(), keep_log)
    }

    /// A random null vector; the numbers depend on the variables and the seed only.
    pub(crate) fn null_vector<const C: u64>(&self, factor: &Factor<C>, seed: u64) -> Vec<u64> {
        factor.null_vector(seed, |col| u64::from(self.vars[col as usize]))
    }

    /// Whether `vector` satisfies every equation of the batch: the elimination checked by additions.
    pub(crate) fn satisfied<const C: u64>(&self, vector: &[u64]) -> bool {
        (0..self.matrix.len() as u32).all(|row| {
            let sum = self.matrix.row(row).fold(0, |sum, (col, plus)| {
                let value = vector[col as usize];
                if plus { Field::<C>::add(sum, value) } else { Field::<C>::sub(sum, value) }
            });
            sum == 0
        })
    }

    /// The variables that can be computed, in order.
    pub(crate) fn computable<const C: u64>(&self, factor: &Factor<C>, seed: u64) -> Vec<u32> {
        let vector = self.null_vector(factor, scattered(seed, C));
        self.vars.iter().zip(&vector).filter(|(_, x)| **x == 0).map(|(v, _)| *v).collect()
    }

    /// The primary variables that can be computed, in order.
    pub(crate) fn exposed<const C: u64>(&self, problem: &Problem, factor: &Factor<C>, seed: u64) -> Vec<u32> {
        let vector = self.null_vector(factor, scattered(seed, C));
        if !self.satisfied::<C>(&vector) {
            // Cannot happen; if it did, nothing may be published.
            return self.vars.iter().copied().filter(|v| problem.flags(*v).primary()).collect();
        }
        self.vars.iter().zip(&vector).filter(|(v, x)| **x == 0 && problem.flags(**v).primary()).map(|(v, _)| *v).collect()
    }
}
