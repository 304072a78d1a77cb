//! A small linear program as a dictionary: each basic cell is a sum of cells that are not basic.

use std::collections::BTreeMap;

const NONE: usize = usize::MAX;
const TINY: f64 = 1e-7;

/// Cells by number, with the room each has above its least value.
#[derive(Debug)]
pub(crate) struct Dictionary {
    /// The cells that move freely, and those that follow them.
    free: Vec<u32>,
    basic: Vec<u32>,
    /// Column after column: how much each basic cell moves with a free one.
    rates: Vec<f64>,
    free_slack: Vec<f64>,
    basic_slack: Vec<f64>,
}

/// A way to go: by which column, up or down, how far, and which row stops it.
#[derive(Debug, Clone, Copy)]
struct Way {
    col: usize,
    sign: f64,
    length: f64,
    stop: usize,
}

impl Dictionary {
    /// Columns are free cells with everything that moves with them, themselves included.
    pub(crate) fn new(columns: &[(u32, &[(u32, f64)])], slack: impl Fn(u32) -> f64) -> Self {
        let free: Vec<u32> = columns.iter().map(|(c, _)| *c).collect();
        let mut row_of: BTreeMap<u32, usize> = BTreeMap::new();
        let mut basic = Vec::new();
        for (col, entries) in columns {
            for (cell, _) in entries.iter().filter(|(c, _)| c != col) {
                row_of.entry(*cell).or_insert_with(|| {
                    basic.push(*cell);
                    basic.len() - 1
                });
            }
        }
        let height = basic.len();
        let mut rates = vec![0.0; height * free.len()];
        for (j, (col, entries)) in columns.iter().enumerate() {
            for (cell, rate) in entries.iter().filter(|(c, _)| c != col) {
                rates[j * height + row_of[cell]] = *rate;
            }
        }
        let (free_slack, basic_slack) = (free.iter().map(|c| slack(*c)).collect(), basic.iter().map(|c| slack(*c)).collect());
        Self { free, basic, rates, free_slack, basic_slack }
    }

    pub(crate) fn slacks(&self) -> impl Iterator<Item = (u32, f64)> + '_ {
        let both = |cells: &'_ [u32], slacks: &'_ [f64]| cells.iter().copied().zip(slacks.iter().copied()).collect::<Vec<_>>();
        both(&self.free, &self.free_slack).into_iter().chain(both(&self.basic, &self.basic_slack))
    }

    pub(crate) fn slack(&self, cell: u32) -> Option<f64> {
        self.slacks().find(|(c, _)| *c == cell).map(|(_, s)| s)
    }

    fn rate(&self, row: usize, col: usize) -> f64 {
        self.rates[col * self.basic.len() + row]
    }

    /// How much a cell moves with each free one.
    fn row(&self, cell: u32) -> Vec<f64> {
        match self.basic.iter().position(|b| *b == cell) {
            Some(row) => (0..self.free.len()).map(|c| self.rate(row, c)).collect(),
            None => self.free.iter().map(|f| if *f == cell { 1.0 } else { 0.0 }).collect(),
        }
    }

    /// The free cells that a cell depends on, with their rates: those that stop it when it can go no further.
    pub(crate) fn brakes(&self, cell: u32) -> Vec<(u32, f64)> {
        self.free.iter().copied().zip(self.row(cell)).filter(|(c, r)| *c != cell && r.abs() > TINY).collect()
    }

    /// Exchanges a free cell for a basic one.
    fn pivot(&mut self, row: usize, col: usize) {
        let height = self.basic.len();
        let scale = 1.0 / self.rate(row, col);
        let entering = self.rates[col * height..(col + 1) * height].to_vec();
        for (other, column) in self.rates.chunks_exact_mut(height).enumerate() {
            if other == col {
                column.iter_mut().for_each(|r| *r *= scale);
                column[row] = scale;
            } else if column[row].abs() > TINY {
                let times = -column[row] * scale;
                column.iter_mut().zip(&entering).for_each(|(r, e)| *r += times * e);
                column[row] = times;
            } else {
                column[row] = 0.0;
            }
        }
        std::mem::swap(&mut self.free[col], &mut self.basic[row]);
        std::mem::swap(&mut self.free_slack[col], &mut self.basic_slack[row]);
    }

    /// The longest step of a column in a direction that keeps everything whole and in range.
    fn way(&self, col: usize, sign: f64) -> Option<Way> {
        let mut longest = if sign < 0.0 { self.free_slack[col] } else { f64::INFINITY };
        let (mut stop, mut whole) = (NONE, 1.0f64);
        for row in 0..self.basic.len() {
            let rate = self.rate(row, col);
            if rate.abs() <= TINY {
                continue;
            }
            // Most rates are one, and whole whatever the step.
            while rate.abs() != 1.0 && (rate * whole - (rate * whole).round()).abs() > 1e-5 {
                whole += 1.0;
                if whole > 12.0 {
                    return None;
                }
            }
            if sign * rate < 0.0 {
                let limit = self.basic_slack[row] / -(sign * rate);
                // Of several rows that stop it at once the one of the first cell, so that exchanges do not go round in circles (Bland's rule).
                let first = stop == NONE || self.basic[row] < self.basic[stop];
                if limit < longest - TINY || (limit <= longest + TINY && first) {
                    (longest, stop) = (limit.min(longest), row);
                }
            }
        }
        if longest.is_infinite() {
            return None;
        }
        let length = ((longest + TINY) / whole).floor() * whole;
        Some(Way { col, sign, length, stop: if longest - length < 1e-5 { stop } else { NONE } })
    }

    /// Pushes a cell up or down by as much as asked, in whole steps; whether it got there.
    pub(crate) fn push(&mut self, goal: u32, up: bool, by: f64) -> bool {
        let mut left = by;
        for _ in 0..6 * self.free.len() + 60 {
            if left < 0.5 {
                return true;
            }
            let row = self.row(goal);
            // The step that gains most; failing that, the first exchange that gains nothing but may open a way.
            let mut best: Option<(f64, Way)> = None;
            let mut exchange: Option<(u32, Way)> = None;
            for (col, rate) in row.iter().enumerate() {
                let rate = if up { *rate } else { -rate };
                if rate.abs() <= TINY || (rate < 0.0 && self.free_slack[col] < 0.5) {
                    continue;
                }
                let Some(way) = self.way(col, rate.signum()) else { continue };
                let gain = rate.abs() * way.length;
                if way.length > 0.5 && best.is_none_or(|(g, _)| gain > g + TINY) {
                    best = Some((gain, way));
                    if gain + TINY >= left {
                        break;
                    }
                } else if way.length < 0.5 && way.stop != NONE && exchange.is_none_or(|(c, _)| self.free[col] < c) {
                    exchange = Some((self.free[col], way));
                }
            }
            match (best, exchange) {
                (Some((gain, way)), _) => {
                    let needed = (left / (gain / way.length)).ceil();
                    let length = if needed < way.length && self.whole(way.col, needed) { needed } else { way.length };
                    self.walk(way.col, way.sign * length);
                    left -= gain / way.length * length;
                    if way.stop != NONE && self.basic_slack[way.stop] < 0.5 && self.basic[way.stop] != goal {
                        self.pivot(way.stop, way.col);
                    }
                }
                (None, Some((_, way))) if self.basic[way.stop] != goal => self.pivot(way.stop, way.col),
                _ => return false,
            }
        }
        false
    }

    fn whole(&self, col: usize, length: f64) -> bool {
        (0..self.basic.len()).all(|r| {
            let change = self.rate(r, col) * length;
            (change - change.round()).abs() < 1e-5
        })
    }

    fn walk(&mut self, col: usize, length: f64) {
        self.free_slack[col] = (self.free_slack[col] + length).round();
        for row in 0..self.basic.len() {
            self.basic_slack[row] = (self.basic_slack[row] + self.rate(row, col) * length).round();
        }
    }
}
