//! Intervals that follow from single relations, again and again until nothing changes: 15 = 10 + 3 + x + x with "withheld means at least 1"
//! gives 1 + 1.

use std::collections::VecDeque;

use crate::problem::RelationId;
use crate::system::{Part, UNBOUNDED};

/// How often the bounds of one unknown are narrowed before it is left: long chains narrow by 1 at a time, and every bound on the way holds.
const MOST_UPDATES: u8 = 60;

/// What each unknown of a part must lie between. Every bound is proven: it follows from the relations by additions.
#[derive(Debug, Clone)]
pub(crate) struct Bounds {
    pub(crate) lower: Vec<i64>,
    pub(crate) upper: Vec<i64>,
}

impl Bounds {
    /// The least and the most that an unknown can be.
    pub(crate) fn of(&self, unknown: u32) -> (i64, i64) {
        (self.lower[unknown as usize], self.upper[unknown as usize])
    }

    /// Whether an unknown has one value only.
    pub(crate) fn is_fixed(&self, unknown: u32) -> bool {
        self.lower[unknown as usize] == self.upper[unknown as usize]
    }
}

/// For each unknown the equations that have it, with its coefficient.
pub(crate) struct Holders {
    /// Where the list of each unknown begins; one more at the end.
    start: Vec<usize>,
    lists: Vec<(u32, i32)>,
}

impl Holders {
    /// The equations that have the unknown, in order, and its coefficient in each.
    pub(crate) fn of(&self, unknown: u32) -> &[(u32, i32)] {
        let at = unknown as usize;
        &self.lists[self.start[at]..self.start[at + 1]]
    }
}

/// For each unknown the equations that have it.
pub(crate) fn holders(part: &Part) -> Holders {
    let mut start = vec![0usize; part.cells.len() + 1];
    for &(unknown, _) in part.rows.iter().flat_map(|row| &row.terms) {
        start[unknown as usize + 1] += 1;
    }
    for at in 1..start.len() {
        start[at] += start[at - 1];
    }
    let mut next = start.clone();
    let mut lists = vec![(0, 0); start.last().copied().unwrap_or(0)];
    for (row, at) in part.rows.iter().zip(0u32..) {
        for &(unknown, coefficient) in &row.terms {
            lists[next[unknown as usize]] = (at, coefficient);
            next[unknown as usize] += 1;
        }
    }
    Holders { start, lists }
}

/// A sum some of whose terms may have no bound.
#[derive(Default)]
struct Sum {
    known: i128,
    open: u32,
}

impl Sum {
    fn add(&mut self, term: Option<i128>) {
        match term {
            Some(value) => self.known += value,
            None => self.open += 1,
        }
    }

    /// The sum without one of its terms, if all others are bounded.
    fn without(&self, term: Option<i128>) -> Option<i128> {
        match term {
            Some(value) => (self.open == 0).then_some(self.known - value),
            None => (self.open == 1).then_some(self.known),
        }
    }
}

/// Narrows the bounds until no relation narrows them further; the relation that cannot hold, if one cannot.
pub(crate) fn propagate(part: &Part, holders: &Holders) -> Result<Bounds, RelationId> {
    narrow(part, holders, Bounds { lower: part.lower.clone(), upper: vec![UNBOUNDED; part.cells.len()] })
}

/// The same, from bounds that are known already.
pub(crate) fn narrow(part: &Part, holders: &Holders, mut bounds: Bounds) -> Result<Bounds, RelationId> {
    let mut updates = vec![0u8; part.cells.len()];
    let mut waiting = vec![true; part.rows.len()];
    let mut queue: VecDeque<u32> = (0u32..).take(part.rows.len()).collect();
    while let Some(at) = queue.pop_front() {
        waiting[at as usize] = false;
        let row = &part.rows[at as usize];
        let (mut least, mut most) = (Sum::default(), Sum::default());
        for &(unknown, coefficient) in &row.terms {
            let (low, high) = reach(&bounds, unknown, coefficient);
            least.add(low);
            most.add(high);
        }
        let rhs = i128::from(row.rhs);
        if (least.open == 0 && least.known > rhs) || (most.open == 0 && most.known < rhs) {
            return Err(row.relation);
        }
        for &(unknown, coefficient) in &row.terms {
            let place = unknown as usize;
            if updates[place] >= MOST_UPDATES || bounds.lower[place] == bounds.upper[place] {
                continue;
            }
            let (low, high) = reach(&bounds, unknown, coefficient);
            // coefficient x unknown is at most rhs - (least of the others), at least rhs - (most of the others)
            let at_most = least.without(low).map(|others| rhs - others);
            let at_least = most.without(high).map(|others| rhs - others);
            let (below, above) = if coefficient > 0 { (at_least, at_most) } else { (at_most, at_least) };
            let divisor = i128::from(coefficient);
            let low = below.and_then(|value| i64::try_from(-floor(-value, divisor)).ok()).filter(|&low| low > bounds.lower[place]);
            let high = above.and_then(|value| i64::try_from(floor(value, divisor)).ok()).filter(|&high| high < bounds.upper[place]);
            if low.is_none() && high.is_none() {
                continue;
            }
            bounds.lower[place] = low.unwrap_or(bounds.lower[place]);
            bounds.upper[place] = high.unwrap_or(bounds.upper[place]);
            if bounds.lower[place] > bounds.upper[place] {
                return Err(row.relation);
            }
            updates[place] += 1;
            for &(other, _) in holders.of(unknown) {
                if !waiting[other as usize] {
                    waiting[other as usize] = true;
                    queue.push_back(other);
                }
            }
        }
    }
    Ok(bounds)
}

/// The least and the most that a term contributes, where it has such.
fn reach(bounds: &Bounds, unknown: u32, coefficient: i32) -> (Option<i128>, Option<i128>) {
    let c = i128::from(coefficient);
    let low = Some(c * i128::from(bounds.lower[unknown as usize]));
    let high = Some(bounds.upper[unknown as usize]).filter(|&high| high < UNBOUNDED).map(|high| c * i128::from(high));
    if coefficient > 0 { (low, high) } else { (high, low) }
}

/// Division rounded down, for divisors of either sign.
pub(crate) fn floor(value: i128, divisor: i128) -> i128 {
    let quotient = value / divisor;
    if value % divisor != 0 && ((value < 0) != (divisor < 0)) { quotient - 1 } else { quotient }
}
