//! Changes of a table, and where they are weighed.

use crate::exchange::Exchange;
use crate::knows::Knows;
use crate::region::Ground;

/// Changes of inner unknowns, made up one after the other.
#[derive(Default)]
pub(crate) struct Trial {
    pub(crate) changes: Vec<(u32, i64)>,
}

impl Trial {
    pub(crate) fn add(&mut self, inner: u32, change: i64) {
        match self.changes.iter_mut().find(|known| known.0 == inner) {
            Some(known) => known.1 += change,
            None => self.changes.push((inner, change)),
        }
    }

    pub(crate) fn of(&self, inner: u32) -> i64 {
        self.changes.iter().find(|known| known.0 == inner).map_or(0, |known| known.1)
    }
}

/// Where a change of a table is weighed: every equation that it touches must balance.
pub(crate) struct Scales {
    change: Vec<i64>,
    touched: Vec<bool>,
    unknowns: Vec<u32>,
    balance: Vec<i128>,
    rows: Vec<u32>,
}

impl Scales {
    pub(crate) fn new(ground: &Ground) -> Self {
        let unknowns = ground.part.cells.len();
        Self {
            change: vec![0; unknowns],
            touched: vec![false; unknowns],
            unknowns: Vec::new(),
            balance: vec![0; ground.part.rows.len()],
            rows: Vec::new(),
        }
    }

    /// Checks the base with some changes by exact additions: in each equation that one of them touches the differences must sum up to 0, and no unknown may
    /// be below its least value or change that may not. If it holds, adds the new values of everything that changed.
    pub(crate) fn weigh<K: Knows>(&mut self, exchange: &Exchange<K>, target: u32, trial: &Trial, out: &mut Vec<(u32, i64)>) -> bool {
        let ground = exchange.ground;
        for &(inner, change) in &trial.changes {
            for &unknown in exchange.classes.above.of(inner) {
                let at = unknown as usize;
                if !self.touched[at] {
                    self.touched[at] = true;
                    self.unknowns.push(unknown);
                }
                self.change[at] += change;
            }
        }
        let mut holds = true;
        for &unknown in &self.unknowns {
            let change = self.change[unknown as usize];
            if change == 0 {
                continue;
            }
            let value = ground.base[unknown as usize] + change;
            holds &= value >= ground.part.lower[unknown as usize] && value >= exchange.knows.least(unknown);
            holds &= exchange.knows.may_change(unknown, target);
            for &(row, coefficient) in ground.holders.of(unknown) {
                self.balance[row as usize] += i128::from(coefficient) * i128::from(change);
                self.rows.push(row);
            }
        }
        for row in self.rows.drain(..) {
            holds &= std::mem::take(&mut self.balance[row as usize]) == 0;
        }
        for unknown in self.unknowns.drain(..) {
            let change = std::mem::take(&mut self.change[unknown as usize]);
            self.touched[unknown as usize] = false;
            // a table that changes what somebody has alone counts for nothing that others are in
            if holds && change != 0 && exchange.knows.may_change(target, unknown) {
                out.push((unknown, ground.base[unknown as usize] + change));
            }
        }
        holds
    }
}
