//! Inner cells, and what they add up to.

use crate::problem::Problem;

/// No variable.
const NONE: u32 = u32::MAX;

/// The inner cells of a problem: those that are the sum of no others.
pub(crate) struct Tree<'a> {
    problem: &'a Problem,
    /// The sum that each constraint says.
    sum: Vec<u32>,
    inner: Vec<u32>,
}

impl<'a> Tree<'a> {
    pub(crate) fn new(problem: &'a Problem) -> Self {
        let mut sum = vec![NONE; problem.constraints()];
        let mut is_sum = vec![false; problem.variables()];
        for (row, slot) in (0u32..).zip(&mut sum) {
            // The sum stands alone on its side. A constraint without members says that two cells are one variable.
            let side = |side: bool| problem.row(row).filter(move |(_, plus)| *plus == side).map(|(var, _)| var);
            let alone = |s: bool| side(s).next().filter(|_| side(s).nth(1).is_none());
            if let Some(var) = alone(true).or(alone(false)) {
                *slot = var;
                is_sum[var as usize] = true;
            }
        }
        let inner = (0..problem.variables() as u32).filter(|v| !is_sum[*v as usize]).collect();
        Self { problem, sum, inner }
    }

    /// The inner cells, in order.
    pub(crate) fn inner(&self) -> &[u32] {
        &self.inner
    }

    /// Everything that contains a variable, itself included, each once.
    pub(crate) fn above(&self, var: u32, out: &mut Vec<u32>) {
        out.clear();
        out.push(var);
        let mut next = 0;
        while let Some(at) = out.get(next).copied() {
            next += 1;
            for (row, _) in self.problem.rows_of(at) {
                let sum = self.sum[row as usize];
                if sum != at && !out.contains(&sum) {
                    out.push(sum);
                }
            }
        }
    }

    /// The inner cells of a variable.
    pub(crate) fn below(&self, var: u32) -> Vec<u32> {
        let mut found = Vec::new();
        let mut open = vec![var];
        while let Some(at) = open.pop() {
            match self.problem.rows_of(at).find(|(row, _)| self.sum[*row as usize] == at) {
                Some((row, _)) => open.extend(self.problem.row(row).map(|(v, _)| v).filter(|v| *v != at)),
                None => found.push(at),
            }
        }
        found
    }

    /// How far an inner cell may fall: to one, as zeros are public, and to what one contributor has of it, as that one knows. One that no table holds keeps to
    /// one as well, so that no sum that a table holds falls to nothing.
    pub(crate) fn spare(&self, var: u32) -> u64 {
        self.problem.value(var).saturating_sub(self.problem.held(var).max(1))
    }
}
