//! The pooled-residual rule (DISCLOSURE §2d): what a published parent minus its published children leaves is the sum of the withheld ones,
//! so that this pool must itself have enough contributors. It is what a threshold means to a lawyer, and stronger than what other tools do.

use crate::problem::Problem;

/// How the contributors of a pool of cells are counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Pool {
    /// The rule is off.
    #[default]
    Off,
    /// Every search is a contributor of its own: a pool counts as many as its cells hold searches.
    Searches {
        /// The fewest contributors of a pool.
        k: u64,
    },
    /// Contributors are known cell by cell. Identified contributors of two cells may be the same, so a pool has at least as many as the cell with
    /// most; anonymous searches are in one cell of a pool only, so they add up, and are taken `per_person` to one person (§2g, a lower bound).
    Contributors {
        /// The fewest contributors of a pool.
        k: u64,
        /// How many anonymous searches are taken to be one person.
        per_person: u64,
        /// Of each cell: identified contributors, and anonymous searches.
        of_cell: Vec<(u32, u32)>,
    },
}

/// The rule on variables.
#[derive(Debug)]
pub(crate) struct PoolOf<'a> {
    problem: &'a Problem,
    rule: &'a Pool,
    /// The first cell of each variable.
    first: Vec<u32>,
}

impl<'a> PoolOf<'a> {
    pub(crate) fn new(problem: &'a Problem, rule: &'a Pool) -> Self {
        let first = if matches!(rule, Pool::Contributors { .. }) { problem.first_cells() } else { Vec::new() };
        Self { problem, rule, first }
    }

    pub(crate) fn is_off(&self) -> bool {
        *self.rule == Pool::Off
    }

    /// Whether these variables together have fewer contributors than a pool must have.
    pub(crate) fn too_small<I: Iterator<Item = u32>>(&self, members: impl Fn() -> I) -> bool {
        match self.rule {
            Pool::Off => false,
            Pool::Searches { k } => members().map(|v| self.problem.value(v)).sum::<u64>() < *k,
            Pool::Contributors { k, per_person, of_cell } => {
                let (mut named, mut anonymous) = (0u64, 0u64);
                for var in members() {
                    let (n, a) = of_cell.get(self.first[var as usize] as usize).copied().unwrap_or_default();
                    named = named.max(u64::from(n));
                    anonymous += u64::from(a);
                }
                named + anonymous.div_ceil((*per_person).max(1)) < *k
            }
        }
    }
}
