//! Sparse elimination modulo a prime, with a log from which every step can be told again (DISCLOSURE 2c, exact step).
//!
//! Pivots are chosen by structure: an equation with one unknown first, then an unknown that is in one equation only (it costs nothing),
//! then the shortest equation and in it the unknown that is in the fewest. On hierarchies the fill stays linear.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::marker::PhantomData;

use crate::field::{Prime, Random};
use crate::system::Part;

/// Stands for "never a pivot".
const FREE: u32 = u32::MAX;

/// The echelon form of a part's equations, modulo the prime of `F`.
pub(crate) struct Elimination<F> {
    /// Equation and unknown of each pivot, in the order of elimination.
    pivots: Vec<(u32, u32)>,
    /// For each unknown the number of its pivot, or `FREE`.
    pivot_of: Vec<u32>,
    /// The reduced equations, sorted by unknown. A pivot's equation has no unknown of an earlier pivot.
    rows: Vec<Vec<(u32, u64)>>,
    /// For each equation, which multiples of which pivots' equations were taken from it.
    log: Vec<Vec<(u32, u64)>>,
    field: PhantomData<F>,
}

/// What is being eliminated.
struct Work {
    /// For each unknown the equations that had it at some time (some may have lost it since).
    holders: Vec<Vec<u32>>,
    /// For each unknown, in how many equations that are no pivots yet it is now.
    degree: Vec<u32>,
    active: Vec<bool>,
    queue: BinaryHeap<Reverse<(u32, u32)>>,
    lonely: Vec<u32>,
}

impl<F: Prime> Elimination<F> {
    /// Eliminates all that can be.
    pub(crate) fn new(part: &Part) -> Self {
        let unknowns = part.cells.len();
        let rows: Vec<Vec<(u32, u64)>> = part
            .rows
            .iter()
            .map(|row| row.terms.iter().map(|&(unknown, coefficient)| (unknown, F::of(i64::from(coefficient)))).collect())
            .collect();
        let mut work = Work {
            holders: vec![Vec::new(); unknowns],
            degree: vec![0; unknowns],
            active: vec![true; rows.len()],
            queue: BinaryHeap::with_capacity(rows.len()),
            lonely: Vec::new(),
        };
        for (row, at) in rows.iter().zip(0u32..) {
            for &(unknown, _) in row {
                work.holders[unknown as usize].push(at);
                work.degree[unknown as usize] += 1;
            }
            work.queue.push(Reverse((row.len() as u32, at)));
        }
        work.lonely = (0u32..).zip(&work.degree).filter(|(_, degree)| **degree == 1).map(|(unknown, _)| unknown).collect();
        let log = vec![Vec::new(); rows.len()];
        let mut this = Self { pivots: Vec::new(), pivot_of: vec![FREE; unknowns], rows, log, field: PhantomData };
        while let Some((row, unknown)) = this.choose(&mut work) {
            this.eliminate(row, unknown, &mut work);
        }
        this
    }

    /// The next pivot.
    fn choose(&self, work: &mut Work) -> Option<(u32, u32)> {
        loop {
            let shortest = loop {
                let Some(&Reverse((length, row))) = work.queue.peek() else { break None };
                if work.active[row as usize] && self.rows[row as usize].len() == length as usize && length > 0 {
                    break Some((length, row));
                }
                work.queue.pop();
            };
            let (length, row) = shortest?;
            if length > 1 {
                while let Some(unknown) = work.lonely.pop() {
                    if work.degree[unknown as usize] == 1 && self.pivot_of[unknown as usize] == FREE {
                        let holder = work.holders[unknown as usize]
                            .iter()
                            .find(|&&r| work.active[r as usize] && self.coefficient(r, unknown).is_some());
                        if let Some(&holder) = holder {
                            return Some((holder, unknown));
                        }
                    }
                }
            }
            let best = self.rows[row as usize].iter().map(|&(unknown, _)| (work.degree[unknown as usize], unknown)).min();
            match best {
                Some((_, unknown)) => return Some((row, unknown)),
                None => {
                    work.queue.pop();
                }
            }
        }
    }

    fn coefficient(&self, row: u32, unknown: u32) -> Option<u64> {
        let row = &self.rows[row as usize];
        row.binary_search_by_key(&unknown, |term| term.0).ok().map(|at| row[at].1)
    }

    /// Makes the unknown of the equation a pivot and takes it out of all others.
    fn eliminate(&mut self, row: u32, unknown: u32, work: &mut Work) {
        let number = self.pivots.len() as u32;
        self.pivots.push((row, unknown));
        self.pivot_of[unknown as usize] = number;
        work.active[row as usize] = false;
        let pivot_row = std::mem::take(&mut self.rows[row as usize]);
        for &(other, _) in &pivot_row {
            work.lower_degree(other);
        }
        let inverse = pivot_row.binary_search_by_key(&unknown, |term| term.0).map_or(0, |at| F::inverse(pivot_row[at].1));
        let mut merged = Vec::new();
        for holder in std::mem::take(&mut work.holders[unknown as usize]) {
            if !work.active[holder as usize] {
                continue;
            }
            let Some(coefficient) = self.coefficient(holder, unknown) else { continue };
            let factor = F::mul(coefficient, inverse);
            merge::<F>(&self.rows[holder as usize], &pivot_row, factor, unknown, holder, work, &mut merged);
            std::mem::swap(&mut self.rows[holder as usize], &mut merged);
            self.log[holder as usize].push((number, factor));
            work.queue.push(Reverse((self.rows[holder as usize].len() as u32, holder)));
        }
        self.rows[row as usize] = pivot_row;
    }

    /// A random table that changes no published value, modulo the prime: where it is 0, the unknown can be computed (an unknown that
    /// cannot is 0 with a probability of at most unknowns / prime, and then the exact check of the formula says so).
    pub(crate) fn null_vector(&self, random: &mut Random) -> Vec<u64> {
        let mut values: Vec<u64> =
            self.pivot_of.iter().map(|&pivot| if pivot == FREE { 1 + random.next() % (F::P - 1) } else { 0 }).collect();
        for &(row, unknown) in self.pivots.iter().rev() {
            let (mut sum, mut own) = (0, 0);
            for &(other, coefficient) in &self.rows[row as usize] {
                if other == unknown {
                    own = coefficient;
                } else {
                    let value = values[other as usize];
                    if value != 0 {
                        sum = F::add(sum, F::mul(coefficient, value));
                    }
                }
            }
            if sum != 0 {
                values[unknown as usize] = F::neg(F::mul(sum, F::inverse(own)));
            }
        }
        values
    }

    /// The multiples of the part's equations that sum up to the unknown alone; none when it is not computable.
    pub(crate) fn multipliers(&self, unknown: u32) -> Option<BTreeMap<u32, u64>> {
        let first = self.pivot_of[unknown as usize];
        if first == FREE {
            return None;
        }
        // what is left of the target, by pivot; an unknown without pivot must cancel out in the end
        let mut left: BTreeMap<u32, u64> = BTreeMap::from([(first, 1)]);
        let mut unpaired: BTreeMap<u32, u64> = BTreeMap::new();
        let mut weights: BTreeMap<u32, u64> = BTreeMap::new();
        while let Some((number, value)) = left.pop_first() {
            if value == 0 {
                continue;
            }
            let (row, own) = self.pivots[number as usize];
            let factor = F::mul(value, F::inverse(self.coefficient(row, own)?));
            for &(other, coefficient) in &self.rows[row as usize] {
                let change = F::mul(factor, coefficient);
                let pivot = self.pivot_of[other as usize];
                let entry = if pivot == FREE { unpaired.entry(other).or_insert(0) } else { left.entry(pivot).or_insert(0) };
                *entry = F::sub(*entry, change);
            }
            left.remove(&number);
            weights.insert(number, factor);
        }
        if unpaired.values().any(|&value| value != 0) {
            return None;
        }
        let mut multipliers = BTreeMap::new();
        while let Some((number, weight)) = weights.pop_last() {
            if weight == 0 {
                continue;
            }
            let (row, _) = self.pivots[number as usize];
            multipliers.insert(row, weight);
            for &(earlier, factor) in &self.log[row as usize] {
                let entry = weights.entry(earlier).or_insert(0);
                *entry = F::sub(*entry, F::mul(factor, weight));
            }
        }
        Some(multipliers)
    }

    /// How many coefficients the echelon form has: what the elimination cost in memory.
    pub(crate) fn fill(&self) -> usize {
        self.rows.iter().map(Vec::len).sum::<usize>() + self.log.iter().map(Vec::len).sum::<usize>()
    }
}

impl Work {
    fn lower_degree(&mut self, unknown: u32) {
        let degree = &mut self.degree[unknown as usize];
        *degree = degree.saturating_sub(1);
        if *degree == 1 {
            self.lonely.push(unknown);
        }
    }
}

/// `row - factor * pivot`, without the pivot's unknown, into `out`; keeps count of who holds what.
fn merge<F: Prime>(
    row: &[(u32, u64)],
    pivot: &[(u32, u64)],
    factor: u64,
    unknown: u32,
    holder: u32,
    work: &mut Work,
    out: &mut Vec<(u32, u64)>,
) {
    out.clear();
    let (mut left, mut right) = (row.iter().copied().peekable(), pivot.iter().copied().peekable());
    loop {
        let (term, is_new) = match (left.peek().copied(), right.peek().copied()) {
            (None, None) => break,
            (Some(a), Some(b)) if a.0 == b.0 => {
                left.next();
                right.next();
                let value = F::sub(a.1, F::mul(factor, b.1));
                if a.0 == unknown {
                    continue;
                }
                if value == 0 {
                    work.lower_degree(a.0);
                    continue;
                }
                ((a.0, value), false)
            }
            (Some(a), b) if b.is_none_or(|b| a.0 < b.0) => {
                left.next();
                (a, false)
            }
            (_, Some(b)) => {
                right.next();
                ((b.0, F::neg(F::mul(factor, b.1))), true)
            }
            (Some(a), None) => {
                left.next();
                (a, false)
            }
        };
        if is_new {
            work.holders[term.0 as usize].push(holder);
            work.degree[term.0 as usize] += 1;
        }
        out.push(term);
    }
}
