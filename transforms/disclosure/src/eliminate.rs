//! Exact sparse elimination of what is withheld (DISCLOSURE §2c).
//!
//! The unknowns are the withheld variables; each constraint that holds one is an equation whose right side everyone can compute. Rows are
//! eliminated shortest first, in a row the column that stands in fewest others; a column left in one row only is taken at once, because it
//! costs nothing. The pivots are kept as `U`, every row operation as `L`, so that two questions are answered later by sparse solves, without
//! looking at the whole: *which null vectors are there* (what an attacker cannot tell apart), and *which sum of constraints reveals a cell*.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::field::{Field, scattered};
use crate::sparse::Csr;

const NONE: u32 = u32::MAX;

/// A column and its coefficient, in 12 bytes.
#[derive(Debug, Clone, Copy)]
struct Entry {
    col: u32,
    low: u32,
    high: u32,
}

impl Entry {
    #[inline]
    fn new(col: u32, value: u64) -> Self {
        Self { col, low: value as u32, high: (value >> 32) as u32 }
    }

    #[inline]
    fn value(self) -> u64 {
        u64::from(self.high) << 32 | u64::from(self.low)
    }
}

/// A factored system. Columns and rows are those of the matrix it was made of.
#[derive(Debug)]
pub(crate) struct Factor<const C: u64> {
    /// Of each pivot: its column, its row, and what the row was multiplied by so that the pivot is one.
    pivots: Vec<(u32, u32, u64)>,
    /// Of each pivot: the other entries of its row.
    upper: Vec<Box<[Entry]>>,
    /// Of each row: which pivot rows were taken away from it, and how many times (`col` is the position of the pivot).
    lower: Vec<Vec<Entry>>,
    /// The position at which a column was the pivot; `NONE` when it stayed free.
    place: Vec<u32>,
    /// The free columns' readers: which pivots' rows hold a column (built when asked for).
    holders: Vec<Vec<u32>>,
}

/// The state of the elimination.
struct Work<const C: u64> {
    rows: Vec<Vec<Entry>>,
    /// Which rows may hold a column; entries may be stale, and repeated.
    cols: Vec<Vec<u32>>,
    degree: Vec<u32>,
    buckets: Vec<Vec<u32>>,
    shortest: usize,
    alone: Vec<u32>,
    done: Vec<bool>,
    spare: Vec<Entry>,
}

impl<const C: u64> Work<C> {
    fn new(matrix: &Csr, width: usize) -> Self {
        let rows: Vec<Vec<Entry>> = (0..matrix.len() as u32)
            .map(|row| {
                let mut out: Vec<Entry> = Vec::with_capacity(matrix.row(row).len());
                for (col, plus) in matrix.row(row) {
                    let sign = if plus { 1 } else { Field::<C>::MINUS_ONE };
                    match out.last_mut() {
                        Some(last) if last.col == col => *last = Entry::new(col, Field::<C>::add(last.value(), sign)),
                        _ => out.push(Entry::new(col, sign)),
                    }
                }
                out
            })
            .collect();
        let mut work = Self {
            cols: vec![Vec::new(); width],
            degree: vec![0; width],
            buckets: Vec::new(),
            shortest: 0,
            alone: Vec::new(),
            done: vec![false; rows.len()],
            spare: Vec::new(),
            rows,
        };
        for row in 0..work.rows.len() {
            for i in 0..work.rows[row].len() {
                let col = work.rows[row][i].col as usize;
                work.cols[col].push(row as u32);
                work.degree[col] += 1;
            }
            work.queue(row as u32);
        }
        work.alone = (0..width as u32).rev().filter(|c| work.degree[*c as usize] == 1).collect();
        work
    }

    fn queue(&mut self, row: u32) {
        let len = self.rows[row as usize].len();
        if len == 0 {
            return;
        }
        if self.buckets.len() <= len {
            self.buckets.resize(len + 1, Vec::new());
        }
        self.buckets[len].push(row);
        self.shortest = self.shortest.min(len);
    }

    /// The next pivot: its row, and the place of its column in it.
    fn choose(&mut self) -> Option<(u32, usize)> {
        while let Some(col) = self.alone.pop() {
            if self.degree[col as usize] != 1 {
                continue;
            }
            let holder = self.cols[col as usize].iter().find_map(|row| Some((*row, self.find(*row, col)?)));
            if holder.is_some() {
                return holder;
            }
        }
        loop {
            while self.buckets.get(self.shortest).is_some_and(Vec::is_empty) {
                self.shortest += 1;
            }
            let row = self.buckets.get_mut(self.shortest)?.pop()?;
            let entries = &self.rows[row as usize];
            if !self.done[row as usize] && entries.len() == self.shortest {
                let best = (0..entries.len()).min_by_key(|i| self.degree[entries[*i].col as usize])?;
                return Some((row, best));
            }
        }
    }

    fn find(&self, row: u32, col: u32) -> Option<usize> {
        if self.done[row as usize] { None } else { self.rows[row as usize].binary_search_by_key(&col, |e| e.col).ok() }
    }

    fn drop_degree(&mut self, col: u32) {
        let degree = &mut self.degree[col as usize];
        *degree -= 1;
        if *degree == 1 {
            self.alone.push(col);
        }
    }

    /// Takes `factor` times the pivot row away from a row; its own entry in the pivot column goes.
    fn take_away(&mut self, row: u32, pivot: &[Entry], col: u32, factor: u64) {
        let old = std::mem::take(&mut self.rows[row as usize]);
        let mut new = std::mem::take(&mut self.spare);
        new.clear();
        let (mut a, mut b) = (old.iter().peekable(), pivot.iter().peekable());
        let minus = Field::<C>::neg(factor);
        loop {
            match (a.peek(), b.peek()) {
                (Some(x), _) if x.col == col => {
                    a.next();
                }
                (Some(x), Some(y)) if x.col == y.col => {
                    let value = Field::<C>::add(x.value(), Field::<C>::mul(minus, y.value()));
                    if value == 0 {
                        self.drop_degree(x.col);
                    } else {
                        new.push(Entry::new(x.col, value));
                    }
                    a.next();
                    b.next();
                }
                (Some(x), y) if y.is_none_or(|y| x.col < y.col) => {
                    new.push(**x);
                    a.next();
                }
                (_, Some(y)) => {
                    new.push(Entry::new(y.col, Field::<C>::mul(minus, y.value())));
                    self.degree[y.col as usize] += 1;
                    self.cols[y.col as usize].push(row);
                    b.next();
                }
                (_, None) => break,
            }
        }
        self.spare = old;
        // An exact copy, so that fill does not keep spare room.
        self.rows[row as usize] = new.as_slice().to_vec();
        if new.capacity() > self.spare.capacity() {
            self.spare = new;
        }
        self.queue(row);
    }
}

impl<const C: u64> Factor<C> {
    /// Factors a matrix of `width` columns. `keep_log` keeps `L`, which explanations need.
    pub(crate) fn new(matrix: &Csr, width: usize, keep_log: bool) -> Self {
        let mut work = Work::<C>::new(matrix, width);
        let mut factor = Self {
            pivots: Vec::new(),
            upper: Vec::new(),
            lower: if keep_log { vec![Vec::new(); matrix.len()] } else { Vec::new() },
            place: vec![NONE; width],
            holders: Vec::new(),
        };
        while let Some((row, at)) = work.choose() {
            let mut pivot = std::mem::take(&mut work.rows[row as usize]);
            work.done[row as usize] = true;
            let head = pivot.remove(at);
            let scale = Field::<C>::inverse(head.value());
            if scale != 1 {
                for e in &mut pivot {
                    *e = Entry::new(e.col, Field::<C>::mul(e.value(), scale));
                }
            }
            let position = factor.pivots.len() as u32;
            for e in &pivot {
                work.drop_degree(e.col);
            }
            let mut holders = std::mem::take(&mut work.cols[head.col as usize]);
            holders.sort_unstable();
            holders.dedup();
            for other in holders {
                if let Some(i) = work.find(other, head.col) {
                    let times = work.rows[other as usize][i].value();
                    if keep_log {
                        factor.lower[other as usize].push(Entry::new(position, times));
                    }
                    work.take_away(other, &pivot, head.col, times);
                }
            }
            factor.place[head.col as usize] = position;
            factor.pivots.push((head.col, row, scale));
            factor.upper.push(pivot.into_boxed_slice());
        }
        factor
    }

    /// A null vector drawn at random: one number for each column. A column is zero in it exactly when it can be computed, but for a chance of
    /// one in 2^61, which errs on the side of "can be computed".
    pub(crate) fn null_vector(&self, seed: u64, name: impl Fn(u32) -> u64) -> Vec<u64> {
        let mut v: Vec<u64> = (0..self.place.len() as u32)
            .map(|col| if self.place[col as usize] == NONE { scattered(seed, name(col)) % Field::<C>::P } else { 0 })
            .collect();
        for (position, (col, _, _)) in self.pivots.iter().enumerate().rev() {
            let sum = self.upper[position].iter().fold(0, |sum, e| Field::<C>::add(sum, Field::<C>::mul(e.value(), v[e.col as usize])));
            v[*col as usize] = Field::<C>::neg(sum);
        }
        v
    }

    /// What a sum of columns is, in terms of the free columns; and, when it is nothing (the column can be computed), the
    /// pivots that say so.
    fn reduce(&self, terms: &[(u32, u64)]) -> (BTreeMap<u32, u64>, Vec<(u32, u64)>) {
        let mut left: BTreeMap<u32, u64> = terms.iter().copied().collect();
        let mut used = Vec::new();
        let placed = terms.iter().filter(|(c, _)| self.place[*c as usize] != NONE);
        let mut heap: BinaryHeap<Reverse<(u32, u32)>> = placed.map(|(c, _)| Reverse((self.place[*c as usize], *c))).collect();
        while let Some(Reverse((position, col))) = heap.pop() {
            let Some(times) = left.remove(&col) else { continue };
            used.push((position, times));
            let minus = Field::<C>::neg(times);
            for e in &self.upper[position as usize] {
                let term = Field::<C>::mul(minus, e.value());
                let value = left.entry(e.col).or_insert_with(|| {
                    if self.place[e.col as usize] != NONE {
                        heap.push(Reverse((self.place[e.col as usize], e.col)));
                    }
                    0
                });
                *value = Field::<C>::add(*value, term);
                if *value == 0 {
                    left.remove(&e.col);
                }
            }
        }
        (left, used)
    }

    /// The weights of the rows whose sum is this column alone, when there are such: the formula that reveals it.
    pub(crate) fn explain(&self, col: u32) -> Option<Vec<(u32, u64)>> {
        self.explain_sum(&[(col, 1)])
    }

    /// The weights of the rows whose sum is this sum of columns.
    pub(crate) fn explain_sum(&self, terms: &[(u32, u64)]) -> Option<Vec<(u32, u64)>> {
        let (left, used) = self.reduce(terms);
        if !left.is_empty() {
            return None;
        }
        let mut pending: BTreeMap<u32, u64> = used.into_iter().collect();
        let mut weights = BTreeMap::new();
        while let Some((position, times)) = pending.pop_last() {
            let (_, row, scale) = self.pivots[position as usize];
            let weight = Field::<C>::mul(times, scale);
            if weight == 0 {
                continue;
            }
            weights.insert(row, weight);
            for e in self.lower.get(row as usize).into_iter().flatten() {
                let value = pending.entry(e.col).or_insert(0);
                *value = Field::<C>::sub(*value, Field::<C>::mul(weight, e.value()));
            }
        }
        Some(weights.into_iter().collect())
    }

    /// Prepares [`Factor::direction`].
    pub(crate) fn index(&mut self) {
        self.holders = vec![Vec::new(); self.place.len()];
        for (position, row) in self.upper.iter().enumerate() {
            for e in row {
                self.holders[e.col as usize].push(position as u32);
            }
        }
    }

    /// Free columns that a column depends on, with the weight of each: one alone when it is free itself, none when it can be computed.
    pub(crate) fn freedom(&self, col: u32) -> Vec<(u32, u64)> {
        self.reduce(&[(col, 1)]).0.into_iter().collect()
    }

    /// The null vector in which `free` is one and every other free column zero, sorted by column; `None` when it has more than `limit`
    /// columns. Needs [`Factor::index`].
    pub(crate) fn direction(&self, free: u32, limit: usize) -> Option<Vec<(u32, u64)>> {
        let mut vector: BTreeMap<u32, u64> = BTreeMap::from([(free, 1)]);
        let mut pending: BTreeMap<u32, u64> = BTreeMap::new();
        let spread = |col: u32, value: u64, pending: &mut BTreeMap<u32, u64>| {
            for position in &self.holders[col as usize] {
                let row = &self.upper[*position as usize];
                if let Ok(i) = row.binary_search_by_key(&col, |e| e.col) {
                    let sum = pending.entry(*position).or_insert(0);
                    *sum = Field::<C>::sub(*sum, Field::<C>::mul(row[i].value(), value));
                }
            }
        };
        spread(free, 1, &mut pending);
        while let Some((position, value)) = pending.pop_last() {
            if value != 0 {
                let col = self.pivots[position as usize].0;
                vector.insert(col, value);
                if vector.len() > limit {
                    return None;
                }
                spread(col, value, &mut pending);
            }
        }
        Some(vector.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::FIRST;

    #[test]
    fn null_vectors_formulas_and_directions_agree() {
        // Rows: a - b - c, c - d, d, and b + e - f: c and d can be computed, the rest cannot.
        let mut matrix = Csr::default();
        for row in
            [vec![(0, true), (1, false), (2, false)], vec![(2, true), (3, false)], vec![(3, true)], vec![(1, true), (4, true), (5, false)]]
        {
            matrix.push(row.into_iter());
        }
        let mut factor = Factor::<FIRST>::new(&matrix, 6, true);
        let v = factor.null_vector(3, u64::from);
        let zero: Vec<u32> = (0..6).filter(|c| v[*c as usize] == 0).collect();
        assert_eq!(zero, [2, 3]);
        for col in 0..6 {
            let Some(weights) = factor.explain(col) else {
                assert!(!zero.contains(&col) && !factor.freedom(col).is_empty());
                continue;
            };
            let mut sum = [0u64; 6];
            for (row, weight) in weights {
                for (c, plus) in matrix.row(row) {
                    let term = if plus { weight } else { Field::<FIRST>::neg(weight) };
                    sum[c as usize] = Field::<FIRST>::add(sum[c as usize], term);
                }
            }
            assert!((0..6).all(|c| sum[c as usize] == u64::from(c == col)));
        }
        factor.index();
        for free in (0..6).filter(|c| factor.freedom(*c) == [(*c, 1)]) {
            let direction: BTreeMap<u32, u64> = factor.direction(free, 10).unwrap().into_iter().collect();
            for row in 0..4 {
                let sum = matrix.row(row).fold(0, |sum, (c, plus)| {
                    let value = direction.get(&c).copied().unwrap_or(0);
                    if plus { Field::<FIRST>::add(sum, value) } else { Field::<FIRST>::sub(sum, value) }
                });
                assert_eq!(sum, 0);
            }
        }
    }
}
