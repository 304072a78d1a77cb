//! The same part in fewer unknowns: interchangeable inner unknowns together, and the sums of them left to follow.
//!
//! A table is fixed by its inner unknowns. Of those of one class ([`Classes`]) only the sum matters for the equations, so that a first table is searched
//! for one number per class, and then dealt out to the members.

use crate::bounds::{Bounds, holders, narrow};
use crate::classes::{Classes, NONE, sums_of};
use crate::system::{Part, Row, UNBOUNDED};

/// How a class gives what it has to its members.
#[derive(Clone, Copy)]
pub(crate) enum Deal<'a> {
    /// To all alike.
    Evenly,
    /// As much as they can take to those inside a target (a sorted list), when it is to go up; else to those outside.
    First { inside: &'a [u32], up: bool },
}

/// A part whose unknowns are classes: by how much the members of each, together, are above their least values.
pub(crate) struct Reduced<'a> {
    classes: &'a Classes,
    bounds: &'a Bounds,
    /// The classes as unknowns, and the equations that they disturb.
    pub(crate) part: Part,
    /// The table with every inner unknown at its least value; the equations of the reduced part say what it lacks.
    least: Vec<i64>,
}

impl<'a> Reduced<'a> {
    /// The reduced part. None where it cannot be made: an inner unknown is of no class, or sums of unknowns go in a circle.
    pub(crate) fn of(part: &Part, classes: &'a Classes, bounds: &'a Bounds) -> Option<Self> {
        let least = least_table(part, classes, bounds)?;
        let mut rows = Vec::new();
        for (at, row) in (0u32..).zip(&part.rows) {
            let sum: i128 = row.terms.iter().map(|&(u, c)| i128::from(c) * i128::from(least[u as usize])).sum();
            let rhs = i64::try_from(i128::from(row.rhs) - sum).ok()?;
            let coefficient = |class: u32| {
                let vector = classes.vector(class);
                let found = vector.binary_search_by_key(&at, |entry| entry.0).ok()?;
                i32::try_from(vector.get(found)?.1).ok()
            };
            let disturbing = classes.disturbing.of(at);
            let terms: Option<Box<[(u32, i32)]>> = disturbing.iter().map(|&class| Some((class, coefficient(class)?))).collect();
            let terms = terms?;
            match (terms.is_empty(), rhs) {
                (true, 0) => {}
                (true, _) => return None,
                (false, _) => rows.push(Row { relation: row.relation, terms, rhs }),
            }
        }
        let count = classes.members.len();
        let part = Part { cells: (0..count as u64).collect(), lower: vec![0; count], withheld: vec![true; count], rows };
        Some(Self { classes, bounds, part, least })
    }

    /// What each class can be at most.
    pub(crate) fn bounds(&self) -> Option<Bounds> {
        let most = |class: u32| {
            let room = self.classes.members.of(class).iter().map(|&inner| self.room(inner));
            room.fold(0i64, |sum, room| sum.saturating_add(room)).min(UNBOUNDED)
        };
        let count = self.part.cells.len();
        let bounds = Bounds { lower: vec![0; count], upper: (0u32..).take(count).map(most).collect() };
        narrow(&self.part, &holders(&self.part), bounds).ok()
    }

    /// What each class has in a table of the whole part.
    pub(crate) fn values(&self, table: &[i64]) -> Vec<i64> {
        let of = |class: u32| self.classes.members.of(class).iter().map(|&inner| table[inner as usize] - self.least(inner)).sum();
        (0u32..).take(self.part.cells.len()).map(of).collect()
    }

    /// The table of the whole part in which the members of each class share what it has. It fits all equations that the numbers of the classes fit.
    pub(crate) fn table(&self, values: &[i64]) -> Vec<i64> {
        let mut table = self.least.clone();
        for (class, &value) in (0u32..).zip(values) {
            self.deal(&mut table, class, value, Deal::Evenly);
        }
        table
    }

    /// Deals what a class has to its members anew, and changes the sums above them by as much.
    pub(crate) fn deal(&self, table: &mut [i64], class: u32, value: i64, deal: Deal) {
        let mut order: Vec<u32> = self.classes.members.of(class).to_vec();
        match deal {
            // those that can take least first, so that the others make up for them
            Deal::Evenly => order.sort_by_key(|&inner| self.room(inner)),
            Deal::First { inside, up } => order.sort_by_key(|inner| inside.binary_search(inner).is_ok() != up),
        }
        let mut left = value;
        for (at, &inner) in order.iter().enumerate() {
            let wanted = if matches!(deal, Deal::Evenly) { left.div_euclid((order.len() - at) as i64) } else { left };
            let share = wanted.min(self.room(inner));
            let change = share - (table[inner as usize] - self.least(inner));
            if change != 0 {
                for &unknown in self.classes.above.of(inner) {
                    table[unknown as usize] += change;
                }
            }
            left -= share;
        }
    }

    /// The value of an unknown when every inner one is at its least.
    pub(crate) fn least(&self, unknown: u32) -> i64 {
        self.least[unknown as usize]
    }

    fn room(&self, inner: u32) -> i64 {
        self.bounds.upper[inner as usize].saturating_sub(self.bounds.lower[inner as usize])
    }
}

/// Inner unknowns at their least value, and each sum from the equation that makes it one.
fn least_table(part: &Part, classes: &Classes, bounds: &Bounds) -> Option<Vec<i64>> {
    let count = part.cells.len();
    let mut said_by = vec![NONE; count];
    for (row, &sum) in (0u32..).zip(&sums_of(part)) {
        if sum != NONE {
            said_by[sum as usize] = row;
        }
    }
    let mut table: Vec<Option<i64>> = vec![None; count];
    for unknown in (0u32..).take(count) {
        if said_by[unknown as usize] == NONE {
            classes.class(unknown)?;
            table[unknown as usize] = Some(bounds.lower[unknown as usize]);
        }
    }
    let mut begun = vec![false; count];
    let mut waiting: Vec<u32> = (0u32..).take(count).collect();
    while let Some(&unknown) = waiting.last() {
        let at = unknown as usize;
        if table[at].is_some() {
            waiting.pop();
            continue;
        }
        let row = &part.rows[said_by[at] as usize];
        let parts = || row.terms.iter().filter(|term| term.0 != unknown);
        if parts().all(|term| table[term.0 as usize].is_some()) {
            let others: i128 = parts().map(|&(u, c)| i128::from(c) * i128::from(table[u as usize].unwrap_or(0))).sum();
            table[at] = Some(i64::try_from(i128::from(row.rhs) - others).ok()?);
            waiting.pop();
        } else if begun[at] {
            return None;
        } else {
            begun[at] = true;
            waiting.extend(parts().map(|term| term.0).filter(|&u| table[u as usize].is_none()));
        }
    }
    table.into_iter().collect()
}
