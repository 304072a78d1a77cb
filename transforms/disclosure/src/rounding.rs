//! Controlled rounding: every cell becomes a multiple of the base, and totals stay sums (DISCLOSURE §2h).
//!
//! *Zero-restricted*: a multiple of the base stays what it is, and every other cell becomes one of the two multiples beside it. For a tree and for
//! a table of two dimensions such a rounding always exists (Causey, Cox and Ernst 1985); beyond that, as soon as hierarchies cross, it may not.

use std::collections::VecDeque;

use crate::error::Error;
use crate::frame::Frame;
use crate::problem::Problem;
use crate::sparse::{join, root};

/// What there is of a rounding within the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restricted {
    /// It was found: no cell is a base or more from its true value.
    Found,
    /// It is proven that there is none.
    Impossible,
    /// It was neither found nor excluded within the steps allowed.
    Unknown,
}

/// A rounding that adds up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rounded {
    /// The values of all cells: multiples of the base that satisfy every constraint.
    pub values: Vec<u64>,
    /// Whether all of them are within the base.
    pub restricted: Restricted,
    /// Cells that are a base or more from their true value; none when one was found.
    pub far: Vec<u32>,
}

/// Steps of the systematic search in each part of a problem, and of the local one where that ends without an answer.
const STEPS: u32 = 20_000;
/// How many free variables are tried in one step of the local search.
const TRIED: usize = 48;

/// Rounds all cells of a problem to multiples of `base`. Where a rounding within the base exists in each independent part and is found, it is taken;
/// elsewhere the inner cells stay within the base, totals are their sums, and as few totals as a local search can do are further away: they are listed.
/// The answer depends on the problem and the base only.
///
/// # Errors
/// [`Error::Tangled`] when what adds up cannot be solved in whole numbers; [`Error::NotRounded`] when no rounding without negative values was found.
pub fn controlled_rounding(problem: &Problem, base: u64) -> Result<Rounded, Error> {
    let base = base.max(1);
    let mut units = Units::new(problem, base);
    let restricted = units.restricted();
    if restricted != Restricted::Found {
        let frame = Frame::new(problem)?;
        Near::new(problem, &frame, &units).settle(&mut units);
    }
    if units.low.iter().any(|u| *u < 0) {
        return Err(Error::NotRounded);
    }
    let of = |cell: u32| problem.var(cell).map_or(0, |v| units.low[v as usize].unsigned_abs() * base);
    let values: Vec<u64> = (0..problem.cells().len() as u32).map(of).collect();
    let far = (0..values.len()).filter(|c| values[*c].abs_diff(problem.cells()[*c].value) >= base).map(|c| c as u32).collect();
    Ok(Rounded { values, restricted, far })
}

/// How many bases each variable is worth: between a least and a greatest number, the same once it is decided.
struct Units<'a> {
    problem: &'a Problem,
    base: u64,
    low: Vec<i64>,
    high: Vec<i64>,
    /// What was narrowed, with the bounds it had.
    trail: Vec<(u32, i64, i64)>,
}

impl<'a> Units<'a> {
    fn new(problem: &'a Problem, base: u64) -> Self {
        let values = (0..problem.variables() as u32).map(|v| problem.value(v));
        let low: Vec<i64> = values.clone().map(|n| (n / base) as i64).collect();
        let high = values.map(|n| n.div_ceil(base) as i64).collect();
        Self { problem, base, low, high, trail: Vec::new() }
    }

    fn open(&self, var: u32) -> bool {
        self.low[var as usize] < self.high[var as usize]
    }

    fn set(&mut self, var: u32, low: i64, high: i64) {
        let at = var as usize;
        self.trail.push((var, self.low[at], self.high[at]));
        (self.low[at], self.high[at]) = (low, high);
    }

    fn back(&mut self, to: usize) {
        for (var, low, high) in self.trail.drain(to..).rev() {
            (self.low[var as usize], self.high[var as usize]) = (low, high);
        }
    }

    /// Narrows what constraints narrow, from some of them on. False when one cannot hold.
    fn propagate(&mut self, mut queue: VecDeque<u32>) -> bool {
        while let Some(row) = queue.pop_front() {
            let (mut least, mut most) = (0, 0);
            for (var, plus) in self.problem.row(row) {
                let (low, high) = (self.low[var as usize], self.high[var as usize]);
                (least, most) = if plus { (least + low, most + high) } else { (least - high, most - low) };
            }
            if least > 0 || most < 0 {
                return false;
            }
            let members: Vec<(u32, bool)> = self.problem.row(row).filter(|(v, _)| self.open(*v)).collect();
            for (var, plus) in members {
                let (low, high) = (self.low[var as usize], self.high[var as usize]);
                // The others of the row leave it between these.
                let (from, to) = if plus { (high - most, low - least) } else { (high + least, low + most) };
                let (from, to) = (low.max(from), high.min(to));
                if from > to {
                    return false;
                }
                if (from, to) != (low, high) {
                    self.set(var, from, to);
                    queue.extend(self.problem.rows_of(var).map(|(r, _)| r));
                }
            }
        }
        true
    }

    /// Searches each independent part; parts without a rounding within the base stay open.
    fn restricted(&mut self) -> Restricted {
        if !self.propagate((0..self.problem.constraints() as u32).collect()) {
            let base = self.base;
            *self = Self::new(self.problem, base);
            return Restricted::Impossible;
        }
        let mut parent: Vec<u32> = (0..self.problem.variables() as u32).collect();
        for row in 0..self.problem.constraints() as u32 {
            let open: Vec<u32> = self.problem.row(row).map(|(v, _)| v).filter(|v| self.open(*v)).collect();
            open.windows(2).for_each(|pair| join(&mut parent, pair[0], pair[1]));
        }
        let mut parts: std::collections::BTreeMap<u32, Vec<u32>> = std::collections::BTreeMap::new();
        for var in (0..self.problem.variables() as u32).filter(|v| self.open(*v)) {
            parts.entry(root(&mut parent, var)).or_default().push(var);
        }
        let mut all = Restricted::Found;
        for part in parts.values() {
            self.trail.clear();
            match (self.search(part), all) {
                (Restricted::Impossible, _) => all = Restricted::Impossible,
                (Restricted::Unknown, Restricted::Found) => all = Restricted::Unknown,
                _ => {}
            }
        }
        all
    }

    /// Depth first: the variable whose constraints have fewest open members is decided next, the nearer multiple first.
    fn search(&mut self, part: &[u32]) -> Restricted {
        // Each decision: where the trail was, the variable, and the value that is still to be tried.
        let mut decided: Vec<(usize, u32, Option<i64>)> = Vec::new();
        for _ in 0..STEPS {
            let crowd = |v: u32| {
                let open = |row: u32| self.problem.row(row).filter(|(v, _)| self.open(*v)).count();
                self.problem.rows_of(v).map(|(row, _)| open(row)).min().unwrap_or(0)
            };
            let Some(var) = part.iter().copied().filter(|v| self.open(*v)).take(200).min_by_key(|v| (crowd(*v), *v)) else {
                return Restricted::Found;
            };
            let (low, high) = (self.low[var as usize], self.high[var as usize]);
            let nearer_up = (self.problem.value(var) % self.base) * 2 > self.base;
            let (first, second) = if nearer_up { (high, low) } else { (low, high) };
            decided.push((self.trail.len(), var, Some(second)));
            self.set(var, first, first);
            let mut holds = self.propagate(self.problem.rows_of(var).map(|(r, _)| r).collect());
            while !holds {
                let Some((at, var, other)) = decided.pop() else { return Restricted::Impossible };
                self.back(at);
                if let Some(other) = other {
                    decided.push((at, var, None));
                    self.set(var, other, other);
                    holds = self.propagate(self.problem.rows_of(var).map(|(r, _)| r).collect());
                }
            }
        }
        if let Some((at, ..)) = decided.first() {
            self.back(*at);
        }
        Restricted::Unknown
    }
}

/// The local search: the free variables of the parts that stayed open go up and down; every other is the sum that it is.
struct Near<'a> {
    problem: &'a Problem,
    base: i64,
    /// Free variables that may go up and down.
    free: Vec<u32>,
    frame: &'a Frame,
    /// Of each free variable of the list: what it is in, with its weight.
    inside: Vec<Vec<(u32, i64)>>,
    /// Of each variable: how far its rounded value is from the true one.
    error: Vec<i64>,
    up: Vec<bool>,
}

impl<'a> Near<'a> {
    fn new(problem: &'a Problem, frame: &'a Frame, units: &Units<'_>) -> Self {
        let base = units.base as i64;
        let free: Vec<u32> = frame.free.iter().copied().filter(|v| units.open(*v)).collect();
        let mut place = vec![u32::MAX; problem.variables()];
        free.iter().enumerate().for_each(|(i, v)| place[*v as usize] = i as u32);
        let mut inside = vec![Vec::new(); free.len()];
        let mut error = vec![0; problem.variables()];
        for (var, form) in frame.forms.iter().enumerate() {
            let sum: i64 = form.iter().map(|(f, w)| w * units.low[*f as usize]).sum();
            error[var] = base * sum - problem.value(var as u32) as i64;
            for (f, w) in form.iter().filter(|(f, _)| place[*f as usize] != u32::MAX) {
                inside[place[*f as usize] as usize].push((var as u32, *w));
            }
        }
        Self { problem, base, up: vec![false; free.len()], free, frame, inside, error }
    }

    /// How bad an error is: by how many bases it passes what is allowed, before all else.
    fn cost(&self, var: u32, error: i64) -> i64 {
        let beyond = if self.problem.weight(var) > 0 { (error.abs() - self.base + 1).max(0) } else { 0 };
        let below = (-(self.problem.value(var) as i64 + error)).max(0);
        (beyond + 8 * below) * 64 * self.base + error * error
    }

    /// By how much turning a free variable changes the cost.
    fn change(&self, i: usize) -> i64 {
        let step = if self.up[i] { -self.base } else { self.base };
        let of = |(var, w): &(u32, i64)| self.cost(*var, self.error[*var as usize] + step * w) - self.cost(*var, self.error[*var as usize]);
        self.inside[i].iter().map(of).sum()
    }

    fn turn(&mut self, i: usize) {
        let step = if self.up[i] { -self.base } else { self.base };
        self.up[i] = !self.up[i];
        self.inside[i].iter().for_each(|(var, w)| self.error[*var as usize] += step * w);
    }

    fn settle(mut self, units: &mut Units<'_>) {
        let mut improved = true;
        while improved {
            improved = false;
            for i in 0..self.free.len() {
                if self.change(i) < 0 {
                    self.turn(i);
                    improved = true;
                }
            }
        }
        let mut place = vec![usize::MAX; self.problem.variables()];
        self.free.iter().enumerate().for_each(|(i, v)| place[*v as usize] = i);
        let total = |near: &Self| (0..near.error.len() as u32).map(|v| near.cost(v, near.error[v as usize])).sum::<i64>();
        let (mut now, mut best) = (total(&self), (total(&self), self.up.clone()));
        let mut held = vec![0u32; self.free.len()];
        let mut dice = 0x9E37_79B9_7F4A_7C15u64;
        let mut below = |n: usize| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) as usize % n.max(1)
        };
        for step in 1..=STEPS {
            let far: Vec<u32> = (0..self.error.len() as u32).filter(|v| self.wrong(*v)).collect();
            if far.is_empty() || self.free.is_empty() {
                break;
            }
            // Turn what helps one of the cells that are too far most, but not what was just turned.
            let form = &self.frame.forms[far[below(far.len())] as usize];
            let start = below(form.len());
            let members = form.iter().cycle().skip(start).take(form.len()).map(|(f, _)| place[*f as usize]);
            let tried = members.filter(|i| *i != usize::MAX && held[*i] < step).take(TRIED);
            let Some((change, i)) = tried.map(|i| (self.change(i), i)).min() else { continue };
            self.turn(i);
            held[i] = step + 5 + below(10) as u32;
            now += change;
            if now < best.0 {
                best = (now, self.up.clone());
            }
        }
        for i in 0..self.free.len() {
            if self.up[i] != best.1[i] {
                self.turn(i);
            }
        }
        for (var, error) in self.error.iter().enumerate() {
            let value = (self.problem.value(var as u32) as i64 + error) / self.base;
            (units.low[var], units.high[var]) = (value, value);
        }
    }

    fn wrong(&self, var: u32) -> bool {
        let error = self.error[var as usize];
        (self.problem.weight(var) > 0 && error.abs() >= self.base) || self.problem.value(var) as i64 + error < 0
    }
}
