//! A simplex that walks over whole numbers only: from one table of integers that fits to the next, along integer null vectors.
//!
//! It is the primal simplex method with bounded variables in condensed form (Dantzig), with two changes: it pivots on entries of +-1 only, so
//! that every column of the tableau stays an integer null vector, and a step that would be a fraction is rounded down. It need not reach the
//! optimum; every table that it passes is a table of whole numbers within its bounds. On hierarchies nearly all entries are +-1.

use crate::field::Random;
use crate::system::UNBOUNDED;

/// Entries beyond this make a tableau useless; products of two stay within 32 bits.
const LARGEST: i32 = 1 << 14;

/// The relations of a small region, solved for its basic unknowns.
pub(crate) struct Simplex {
    /// Column-major: for each unknown that is no basic one, its coefficient in each row.
    tableau: Vec<Vec<i32>>,
    /// The unknown of each row.
    basic: Vec<u32>,
    /// The unknown of each column.
    free: Vec<u32>,
    /// For each unknown its row (basic) or its column.
    place: Vec<Place>,
    /// The table where the walk is now.
    pub(crate) values: Vec<i64>,
    lower: Vec<i64>,
    upper: Vec<i64>,
    broken: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Row(u32),
    Column(u32),
    /// It cannot move in this region.
    Fixed,
}

/// A step that can be made along one column.
struct Step {
    column: usize,
    /// Which way the column's unknown moves.
    direction: i64,
    length: i64,
    /// A row with an entry of +-1 that ends the step exactly, to pivot on.
    pivot: Option<usize>,
}

impl Simplex {
    /// Solves the equations (each a list of unknown and coefficient, sorted by unknown) for as many unknowns as it can. `values` fit them; whatever
    /// right-hand side they have stays what it is.
    pub(crate) fn new(mut rows: Vec<Vec<(u32, i32)>>, values: Vec<i64>, lower: Vec<i64>, upper: Vec<i64>) -> Self {
        let unknowns = values.len();
        // for each unknown the rows that had it at some time
        let mut holders: Vec<Vec<u32>> = vec![Vec::new(); unknowns];
        for (row, at) in rows.iter().zip(0u32..) {
            row.iter().for_each(|term| holders[term.0 as usize].push(at));
        }
        let degree: Vec<usize> = holders.iter().map(Vec::len).collect();
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|&row| (rows[row].len(), row));
        let mut place: Vec<Place> = vec![Place::Column(0); unknowns];
        let mut pivots: Vec<(usize, u32)> = Vec::new();
        let mut broken = false;
        let mut merged: Vec<(u32, i32)> = Vec::new();
        for at in order {
            let mut line = std::mem::take(&mut rows[at]);
            by_common_divisor(&mut line);
            let stuck = |u: usize| place[u] == Place::Fixed || lower[u] >= upper[u];
            let best =
                line.iter().filter(|term| term.1.abs() == 1).min_by_key(|term| (stuck(term.0 as usize), degree[term.0 as usize], term.0));
            let Some(&(unknown, sign)) = best else {
                // no entry of +-1: whatever is in the equation stays where it is, which only makes the region smaller
                line.iter().for_each(|term| place[term.0 as usize] = Place::Fixed);
                continue;
            };
            for holder in std::mem::take(&mut holders[unknown as usize]) {
                let other = &mut rows[holder as usize];
                let Ok(found) = other.binary_search_by_key(&unknown, |term| term.0) else { continue };
                broken |= subtract(other, &line, other[found].1 * sign, holder, &mut holders, &mut merged);
                std::mem::swap(other, &mut merged);
            }
            if broken {
                break;
            }
            pivots.push((at, unknown));
            line.iter_mut().for_each(|term| term.1 *= sign);
            rows[at] = line;
            holders[unknown as usize].push(at as u32);
        }
        Self::condense(rows, &pivots, place, values, lower, upper, broken)
    }

    fn condense(
        rows: Vec<Vec<(u32, i32)>>,
        pivots: &[(usize, u32)],
        mut place: Vec<Place>,
        values: Vec<i64>,
        lower: Vec<i64>,
        upper: Vec<i64>,
        broken: bool,
    ) -> Self {
        let mut basic = Vec::with_capacity(pivots.len());
        let mut lines: Vec<&[(u32, i32)]> = Vec::with_capacity(pivots.len());
        for &(row, unknown) in pivots {
            if place[unknown as usize] == Place::Fixed {
                // fixed after it became basic: all of its equation is fixed with it
                rows[row].iter().for_each(|term| place[term.0 as usize] = Place::Fixed);
                continue;
            }
            place[unknown as usize] = Place::Row(basic.len() as u32);
            basic.push(unknown);
            lines.push(&rows[row]);
        }
        let mut free = Vec::new();
        for (unknown, place) in place.iter_mut().enumerate() {
            if matches!(place, Place::Column(_)) {
                *place = Place::Column(free.len() as u32);
                free.push(unknown as u32);
            }
        }
        let mut tableau = vec![vec![0; basic.len()]; free.len()];
        for (row, line) in lines.into_iter().enumerate() {
            for &(unknown, entry) in line {
                if let Place::Column(column) = place[unknown as usize] {
                    tableau[column as usize][row] = entry;
                }
            }
        }
        Self { tableau, basic, free, place, values, lower, upper, broken }
    }

    /// A greatest (`up`) or least value of an unknown that follows from the equations and the bounds of all unknowns, if they give one.
    ///
    /// The unknown is its value here plus rate x change, summed over the unknowns that are not basic: an identity of whole numbers, which holds in
    /// every table that fits the equations. No change is larger than the bounds let it be.
    pub(crate) fn bound(&self, unknown: u32, up: bool) -> Option<i64> {
        if self.broken || self.place.contains(&Place::Fixed) {
            return None;
        }
        let Place::Row(row) = self.place[unknown as usize] else { return None };
        let sign = if up { 1 } else { -1 };
        let mut most = i128::from(self.values[unknown as usize] * sign);
        for (column, &other) in self.tableau.iter().zip(&self.free) {
            let rate = -i128::from(column[row as usize]) * i128::from(sign);
            let at = other as usize;
            let end = if rate > 0 { self.upper[at] } else { self.lower[at] };
            if rate == 0 {
                continue;
            }
            if rate > 0 && end >= UNBOUNDED {
                return None;
            }
            most += rate * (i128::from(end) - i128::from(self.values[at]));
        }
        i64::try_from(most).ok().filter(|most| most.abs() < UNBOUNDED).map(|most| most * sign)
    }

    /// Whether the tableau's numbers grew too large to go on.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// No longer lets an unknown rise above where it is now.
    pub(crate) fn cap(&mut self, unknown: u32) {
        self.upper[unknown as usize] = self.values[unknown as usize];
    }

    /// Walks until the unknown is at least (`up`) or at most (not `up`) `goal`, or the walk gets no further. Says whether the goal is reached.
    pub(crate) fn push(&mut self, unknown: u32, up: bool, goal: i64, random: &mut Random) -> bool {
        let sign = if up { 1 } else { -1 };
        let mut stalled = 0;
        for _ in 0..400 {
            let missing = sign * (goal - self.values[unknown as usize]);
            if missing <= 0 {
                return true;
            }
            if self.broken {
                return false;
            }
            let Some((step, gain)) = self.best_step(unknown, sign, missing, random) else { return false };
            if gain == 0 {
                stalled += 1;
                if stalled > 40 {
                    return false;
                }
            } else {
                stalled = 0;
            }
            self.take(&step);
        }
        false
    }

    /// The step that gains most for the unknown; when none gains, one that changes the basis only, drawn by chance.
    fn best_step(&self, unknown: u32, sign: i64, missing: i64, random: &mut Random) -> Option<(Step, i64)> {
        let mut best: Option<(Step, i64)> = None;
        let mut idle = 0;
        for column in 0..self.free.len() {
            let rate = match self.place[unknown as usize] {
                Place::Row(row) => -i64::from(self.tableau[column][row as usize]),
                Place::Column(own) => i64::from(own as usize == column),
                Place::Fixed => 0,
            } * sign;
            if rate == 0 {
                continue;
            }
            let most = (missing + rate.abs() - 1) / rate.abs();
            let Some(step) = self.step(column, rate.signum(), most) else { continue };
            let gain = step.length * rate.abs();
            if gain > 0 {
                if best.as_ref().is_none_or(|(_, most)| gain > *most) {
                    best = Some((step, gain));
                }
            } else if step.pivot.is_some() && best.as_ref().is_none_or(|(_, gain)| *gain == 0) {
                idle += 1;
                if random.next().is_multiple_of(idle) {
                    best = Some((step, 0));
                }
            }
        }
        best
    }

    /// How far the column's unknown can go; none when it is at its own bound.
    fn step(&self, column: usize, direction: i64, most: i64) -> Option<Step> {
        let own = self.free[column] as usize;
        let room = if direction > 0 { self.upper[own] - self.values[own] } else { self.values[own] - self.lower[own] };
        if room <= 0 {
            return None;
        }
        let mut length = room.min(most);
        let mut pivot = None;
        for (row, &entry) in self.tableau[column].iter().enumerate() {
            if entry == 0 {
                continue;
            }
            let unknown = self.basic[row] as usize;
            let rises = (entry < 0) == (direction > 0);
            let slack = if rises { self.upper[unknown] - self.values[unknown] } else { self.values[unknown] - self.lower[unknown] };
            let limit = slack / i64::from(entry.abs());
            if limit < length {
                length = limit;
                pivot = (entry.abs() == 1).then_some(row);
            } else if limit == length && pivot.is_none() && entry.abs() == 1 {
                pivot = Some(row);
            }
        }
        Some(Step { column, direction, length: length.max(0), pivot })
    }

    fn take(&mut self, step: &Step) {
        let change = step.direction * step.length;
        if change != 0 {
            for (row, &entry) in self.tableau[step.column].iter().enumerate() {
                self.values[self.basic[row] as usize] -= i64::from(entry) * change;
            }
            self.values[self.free[step.column] as usize] += change;
        }
        if let Some(row) = step.pivot {
            self.pivot(row, step.column);
        }
    }

    /// Exchanges the row's basic unknown and the column's free one, across an entry of +-1.
    fn pivot(&mut self, row: usize, column: usize) {
        let mut crossed = std::mem::take(&mut self.tableau[column]);
        let sign = crossed[row];
        let mut largest = 0;
        for other in &mut self.tableau {
            let Some(factor) = other.get(row).map(|entry| entry * sign).filter(|factor| *factor != 0) else { continue };
            for (entry, &own) in other.iter_mut().zip(&crossed) {
                *entry -= factor * own;
                largest |= entry.abs();
            }
            other[row] = factor;
        }
        self.broken |= largest > LARGEST;
        for entry in &mut crossed {
            *entry *= -sign;
        }
        crossed[row] = sign;
        self.tableau[column] = crossed;
        let (out, into) = (self.basic[row], self.free[column]);
        self.basic[row] = into;
        self.free[column] = out;
        self.place[into as usize] = Place::Row(row as u32);
        self.place[out as usize] = Place::Column(column as u32);
    }
}

/// `row - factor * line` into `out`; whether a number grew too large. New holders are noted.
fn subtract(
    row: &[(u32, i32)],
    line: &[(u32, i32)],
    factor: i32,
    holder: u32,
    holders: &mut [Vec<u32>],
    out: &mut Vec<(u32, i32)>,
) -> bool {
    out.clear();
    let mut large = false;
    let (mut left, mut right) = (row.iter().copied().peekable(), line.iter().copied().peekable());
    while let Some(next) = left.peek().map(|term| term.0).into_iter().chain(right.peek().map(|term| term.0)).min() {
        let own = left.next_if(|term| term.0 == next);
        let other = right.next_if(|term| term.0 == next);
        let entry = own.map_or(0, |term| term.1) - factor * other.map_or(0, |term| term.1);
        if entry == 0 {
            continue;
        }
        if own.is_none() {
            holders[next as usize].push(holder);
        }
        large |= entry.abs() > LARGEST;
        out.push((next, entry));
    }
    large
}

fn by_common_divisor(line: &mut [(u32, i32)]) {
    let mut common = 0;
    for term in line.iter() {
        let (mut a, mut b) = (common, term.1.abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        common = a;
    }
    if common > 1 {
        line.iter_mut().for_each(|term| term.1 /= common);
    }
}
