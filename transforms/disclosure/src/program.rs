//! A small linear program: push one cell as far as is asked, and pay as little as can be for the cells that may only move at a price.
//!
//! The primal simplex method with bounded variables on a dense tableau (Dantzig's rule, Bland's when it stands still). All cells start where the
//! true table has them, at a change of zero. The cost of a cell is its price times the size of its change, so that its range has a kink at
//! zero: a cell with a price is held there until it pays to let it go, up or down. Floating point only *proposes*: see [`crate::patch`].

/// What a cell may do in the program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// How far it can fall.
    pub(crate) room: f64,
    /// What a change by one costs; nothing for zero.
    pub(crate) price: f64,
}

/// Where a cell is that no equation is solved for, or the part of its range in which one that is solved for moves.
#[derive(Debug, Clone, Copy)]
struct Range {
    low: f64,
    high: f64,
    slope: f64,
}

/// What is pushed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Aim {
    pub(crate) col: u32,
    pub(crate) up: bool,
    pub(crate) by: f64,
    /// What a change of the goal by one is worth: no more is paid for it.
    pub(crate) worth: f64,
}

const TINY: f64 = 1e-7;
const FAR: f64 = 1e9;
/// After so many exchanges that move nothing, the rule that cannot go round in circles.
const PATIENCE: usize = 24;
/// No program takes more steps, and four for each equation.
const STEPS: usize = 600;

pub(crate) struct Program {
    columns: Vec<Column>,
    aim: Aim,
    /// Row after row: how much less the cell of the row moves when the cell of a column moves by one.
    tableau: Vec<f64>,
    basic: Vec<u32>,
    free: Vec<u32>,
    value: Vec<f64>,
    range: Vec<Range>,
    /// Columns that wait for the next exchange.
    banned: Vec<bool>,
}

fn whole(rate: f64) -> bool {
    (rate.abs() - 1.0).abs() < TINY
}

#[derive(Debug, Clone, Copy)]
struct Way {
    at: usize,
    sign: f64,
    rate: f64,
}

impl Program {
    /// `rows` are equations of columns with signs; each sums to no change.
    pub(crate) fn new(columns: Vec<Column>, rows: &[Vec<(u32, f64)>], aim: Aim) -> Self {
        let width = columns.len();
        let mut dense = vec![0.0f64; rows.len() * width];
        let mut degree = vec![0u32; width];
        for (row, terms) in rows.iter().enumerate() {
            for (col, sign) in terms {
                dense[row * width + *col as usize] = *sign;
                degree[*col as usize] += 1;
            }
        }
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|row| (rows[*row].len(), *row));
        let (mut solved, mut fixed) = (vec![false; width], vec![false; width]);
        let mut kept: Vec<(usize, u32)> = Vec::new();
        for row in order {
            let entries: Vec<(usize, f64)> =
                dense[row * width..(row + 1) * width].iter().copied().enumerate().filter(|(_, v)| v.abs() > TINY).collect();
            // Cells that move for nothing are solved for, the goal last.
            let key = |c: &usize| (*c == aim.col as usize, columns[*c].price > 0.0, degree[*c], *c);
            let Some((col, scale)) = entries.iter().filter(|(c, v)| whole(*v) && !fixed[*c]).copied().min_by_key(|(c, _)| key(c)) else {
                // No entry of one: what is in the equation stays where it is.
                entries.iter().for_each(|(c, _)| fixed[*c] = true);
                continue;
            };
            for other in (0..rows.len()).filter(|o| *o != row) {
                let times = dense[other * width + col] * scale;
                if times.abs() > TINY {
                    entries.iter().for_each(|(c, v)| dense[other * width + c] -= times * v);
                    dense[other * width + col] = 0.0;
                }
            }
            entries.iter().for_each(|(c, v)| dense[row * width + c] = v * scale);
            solved[col] = true;
            kept.push((row, col as u32));
        }
        for (row, col) in &kept {
            if fixed[*col as usize] {
                (0..width).filter(|c| dense[row * width + c].abs() > TINY).for_each(|c| fixed[c] = true);
            }
        }
        let free: Vec<u32> = (0..width).filter(|c| !solved[*c] && !fixed[*c]).map(|c| c as u32).collect();
        kept.retain(|(_, col)| !fixed[*col as usize]);
        let mut tableau = Vec::with_capacity(kept.len() * free.len());
        for (row, _) in &kept {
            tableau.extend(free.iter().map(|c| dense[row * width + *c as usize]));
        }
        let basic = kept.into_iter().map(|(_, c)| c).collect();
        let banned = vec![false; free.len()];
        let mut program = Self { columns, aim, tableau, basic, free, value: vec![0.0; width], range: Vec::new(), banned };
        program.range = (0..width as u32).map(|c| program.piece(c, true)).collect();
        program
    }

    /// The part of the range of a cell around where it is, above it if it stands on the kink and `up`.
    fn piece(&self, col: u32, up: bool) -> Range {
        let Column { room, price } = self.columns[col as usize];
        let value = self.value[col as usize];
        if col == self.aim.col {
            let Aim { up, by, worth, .. } = self.aim;
            return if up { Range { low: 0.0, high: by, slope: -worth } } else { Range { low: -by, high: 0.0, slope: worth } };
        }
        if price == 0.0 {
            Range { low: -room, high: FAR, slope: 0.0 }
        } else if value > TINY || value > -TINY && up {
            Range { low: 0.0, high: FAR, slope: price }
        } else {
            Range { low: -room, high: 0.0, slope: -price }
        }
    }

    /// The best way for a free cell to go.
    fn ways(&self, bland: bool) -> Option<Way> {
        let width = self.free.len();
        let mut pull = vec![0.0; width];
        for (row, col) in self.basic.iter().enumerate() {
            let slope = self.range[*col as usize].slope;
            if slope != 0.0 {
                self.tableau[row * width..(row + 1) * width].iter().zip(&mut pull).for_each(|(t, p)| *p -= slope * t);
            }
        }
        let mut best: Option<Way> = None;
        for (at, col) in self.free.iter().enumerate() {
            for sign in [1.0, -1.0] {
                let range = self.piece(*col, sign > 0.0);
                let value = self.value[*col as usize];
                let rate = sign * (range.slope + pull[at]);
                let blocked = if sign > 0.0 { value >= range.high - TINY } else { value <= range.low + TINY };
                let better = best.is_none_or(|b| if bland { *col < self.free[b.at] } else { rate < b.rate - TINY });
                if !blocked && !self.banned[at] && rate < -1e-6 && better {
                    best = Some(Way { at, sign, rate });
                }
            }
        }
        best
    }

    /// Moves one free cell as far as it can go. Whether anything moved.
    fn walk(&mut self, way: Way) -> bool {
        let width = self.free.len();
        let col = self.free[way.at];
        let range = self.piece(col, way.sign > 0.0);
        self.range[col as usize] = range;
        let value = self.value[col as usize];
        let mut length = if way.sign > 0.0 { range.high - value } else { value - range.low };
        let mut stop: Option<(usize, f64)> = None;
        for (row, b) in self.basic.iter().enumerate() {
            let rate = -way.sign * self.tableau[row * width + way.at];
            if rate.abs() <= TINY {
                continue;
            }
            let (range, value) = (self.range[*b as usize], self.value[*b as usize]);
            let limit = (if rate > 0.0 { range.high - value } else { value - range.low }).max(0.0) / rate.abs();
            let prefer = || stop.is_none_or(|(s, r)| (whole(rate), std::cmp::Reverse(*b)) > (whole(r), std::cmp::Reverse(self.basic[s])));
            if limit < length - TINY || limit < length + TINY && prefer() {
                length = limit.min(length);
                stop = Some((row, rate));
            }
        }
        if length > FAR / 2.0 {
            // Nothing holds it, and nothing is gained by going on for ever.
            self.banned[way.at] = true;
            return false;
        }
        let stop = match stop {
            Some((_, rate)) if !whole(rate) => {
                // An exchange would leave the whole numbers: go as far as they allow, and let others go first.
                length = (length + TINY).floor();
                self.banned[way.at] = true;
                None
            }
            other => other,
        };
        for (row, b) in self.basic.iter().enumerate() {
            let t = self.tableau[row * width + way.at];
            if t != 0.0 {
                let slot = &mut self.value[*b as usize];
                *slot = (*slot - way.sign * t * length).round();
            }
        }
        self.value[col as usize] = value + way.sign * length;
        if let Some((row, _)) = stop {
            self.pivot(row, way.at);
            self.banned.fill(false);
        }
        length > TINY
    }

    fn pivot(&mut self, row: usize, at: usize) {
        let width = self.free.len();
        let scale = 1.0 / self.tableau[row * width + at];
        let mut line: Vec<f64> = self.tableau[row * width..(row + 1) * width].iter().map(|v| v * scale).collect();
        line[at] = scale;
        for other in 0..self.basic.len() {
            let slots = &mut self.tableau[other * width..(other + 1) * width];
            let times = slots[at];
            if other == row {
                slots.copy_from_slice(&line);
            } else if times.abs() > TINY {
                slots.iter_mut().zip(&line).for_each(|(s, l)| *s -= times * l);
                slots[at] = -times * scale;
            } else {
                slots[at] = 0.0;
            }
        }
        std::mem::swap(&mut self.basic[row], &mut self.free[at]);
    }

    /// Walks to the cheapest way to have the goal moved; the changes of all columns.
    pub(crate) fn solve(mut self) -> Vec<f64> {
        let mut still = 0;
        for _ in 0..STEPS + 4 * self.basic.len() {
            let Some(way) = self.ways(still > PATIENCE) else { break };
            if self.walk(way) {
                still = 0;
            } else {
                still += 1;
            }
        }
        self.value
    }
}
