//! Exact pruning: a secondary that protects nothing is published again (DISCLOSURE §2c, "parallel classes").
//!
//! Publishing a withheld variable reveals those whose value is proportional to it in every null vector, and no other. In two random null vectors
//! `u` and `w` those have the same quotient `u/w`, so a secondary may go when no primary shares its quotient. Afterwards the null vectors left
//! are those that are zero in it: `u` and `w` are corrected along one sparse null vector that is not, which touches its few columns only.

use std::collections::{BTreeSet, HashMap};

use crate::eliminate::Factor;
use crate::field::{FIRST, Field, scattered};
use crate::parallel;
use crate::repair::Solved;
use crate::state::State;
use crate::system::Batch;

type F = Field<FIRST>;
/// A sparse null vector, sorted by column.
type Direction = Vec<(u32, u64)>;

/// The null vectors of one batch while variables are published.
struct Space<'a> {
    factor: &'a Factor<FIRST>,
    primary: Vec<bool>,
    u: Vec<u64>,
    w: Vec<u64>,
    /// How many primaries have a quotient.
    classes: HashMap<u64, u32>,
    /// Published columns with the direction each took away, scaled to one there.
    gone: Vec<(u32, Direction)>,
    when: HashMap<u32, usize>,
}

impl Space<'_> {
    fn quotient(&self, col: u32) -> Option<u64> {
        let (u, w) = (self.u[col as usize], self.w[col as usize]);
        // A w of zero beside a u that is not has no quotient of its own: P stands for infinity.
        if w == 0 { (u != 0).then_some(F::P) } else { Some(F::mul(u, F::inverse(w))) }
    }

    fn count(&mut self, col: u32, more: bool) {
        if let Some(q) = self.primary[col as usize].then(|| self.quotient(col)).flatten() {
            let n = self.classes.entry(q).or_insert(0);
            *n = if more { *n + 1 } else { n.saturating_sub(1) };
        }
    }

    /// Takes out of a direction what earlier publications forbid.
    fn project(&self, direction: Direction) -> Direction {
        let mut map: HashMap<u32, u64> = direction.into_iter().collect();
        let mut pending: BTreeSet<usize> = map.keys().filter_map(|c| self.when.get(c).copied()).collect();
        while let Some(step) = pending.pop_first() {
            let (col, taken) = &self.gone[step];
            let Some(times) = map.get(col).copied().filter(|t| *t != 0) else { continue };
            for (c, value) in taken {
                let slot = map.entry(*c).or_insert(0);
                *slot = F::sub(*slot, F::mul(times, *value));
                if let Some(later) = self.when.get(c).filter(|s| **s > step) {
                    pending.insert(*later);
                }
            }
        }
        let mut out: Direction = map.into_iter().filter(|(_, v)| *v != 0).collect();
        out.sort_unstable();
        out
    }

    /// A null vector that is not zero in `col`, few columns wide if there is one.
    fn through(&self, col: u32) -> Option<Direction> {
        let freedom = self.factor.freedom(col);
        for limit in [48, 1_500, usize::MAX] {
            for (free, _) in freedom.iter().take(8) {
                if let Some(direction) = self.factor.direction(*free, limit) {
                    let direction = self.project(direction);
                    if direction.binary_search_by_key(&col, |e| e.0).is_ok() {
                        return Some(direction);
                    }
                }
            }
        }
        None
    }

    /// Publishes a column. `false` when no direction was found, so that a new elimination is needed.
    fn publish(&mut self, col: u32) -> bool {
        if self.quotient(col).is_none() {
            return true; // it could be computed anyway
        }
        let Some(mut direction) = self.through(col) else { return false };
        let here = direction.binary_search_by_key(&col, |e| e.0).map_or(0, |i| direction[i].1);
        let scale = F::inverse(here);
        let (u, w) = (self.u[col as usize], self.w[col as usize]);
        for (c, value) in &mut direction {
            *value = F::mul(*value, scale);
            self.count(*c, false);
            self.u[*c as usize] = F::sub(self.u[*c as usize], F::mul(u, *value));
            self.w[*c as usize] = F::sub(self.w[*c as usize], F::mul(w, *value));
            self.count(*c, true);
        }
        self.when.insert(col, self.gone.len());
        self.gone.push((col, direction));
        true
    }

    fn protects(&self, col: u32) -> bool {
        self.quotient(col).is_some_and(|q| self.classes.get(&q).is_some_and(|n| *n > 0))
    }
}

/// Publishes again every secondary that protects nothing, dearest first. Gives how many.
pub(crate) fn prune(state: &mut State<'_>, mut solved: Solved, seed: u64, threads: usize) -> usize {
    let mut total = 0;
    loop {
        for factor in &mut solved.factors {
            factor.index();
        }
        let parts = parallel::map(solved.factors.len(), threads, |b| batch(state, &solved.split.batches[b], &solved.factors[b], seed));
        let mut again = false;
        for (gone, unsure) in parts {
            total += gone.len();
            again |= unsure && !gone.is_empty();
            for var in gone {
                state.set(var, false);
            }
        }
        if !again {
            let withheld = &state.withheld;
            state.causes.retain(|(var, _)| withheld[*var as usize]);
            return total;
        }
        solved = Solved::new(state.problem, &state.withheld, threads);
    }
}

fn batch(state: &State<'_>, batch: &Batch, factor: &Factor<FIRST>, seed: u64) -> (Vec<u32>, bool) {
    let problem = state.problem;
    let mut candidates: Vec<u32> = (0..batch.vars.len() as u32).filter(|c| !problem.flags(batch.vars[*c as usize]).withheld()).collect();
    if candidates.is_empty() {
        return (Vec::new(), false);
    }
    candidates.sort_by_key(|c| std::cmp::Reverse(state.gain(batch.vars[*c as usize])));
    let mut space = Space {
        factor,
        primary: batch.vars.iter().map(|v| problem.flags(*v).primary()).collect(),
        u: batch.null_vector(factor, scattered(seed, 101)),
        w: batch.null_vector(factor, scattered(seed, 102)),
        classes: HashMap::new(),
        gone: Vec::new(),
        when: HashMap::new(),
    };
    for col in 0..batch.vars.len() as u32 {
        space.count(col, true);
    }
    let (mut gone, mut set, mut unsure) = (Vec::new(), BTreeSet::new(), false);
    for col in candidates {
        let var = batch.vars[col as usize];
        if space.protects(col) {
            continue;
        }
        set.insert(var);
        let withheld = |v: u32| state.withheld[v as usize] && !set.contains(&v);
        if problem.rows_of(var).any(|(row, _)| state.pool_small(row, withheld))
            || !{
                let found = space.publish(col);
                unsure |= !found;
                found
            }
        {
            set.remove(&var);
        } else {
            gone.push(var);
        }
    }
    (gone, unsure)
}
