//! The attack by replay: who knows the rules and the program may try tables that fit what is published and keep those from which the program makes the
//! same pattern. A table that makes another pattern is not the true one.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use solidata_disclosure::{Options, Outcome, protect};

use crate::tables::{Dice, Shape};

/// What was tried and what it told. Counts of primaries are of those that two tables fitting what is published leave open by at least 2.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Told {
    pub tables: usize,
    /// Tables with too many candidates to list them all, without a primary, or that the protector itself says are not safe.
    pub skipped: usize,
    /// Candidate tables, and those that make the published pattern.
    pub candidates: usize,
    pub same: usize,
    pub other: usize,
    pub primaries: usize,
    /// Primaries whose values differ by at least 2 among candidates.
    pub open: usize,
    /// Of those: by less than 2 among the candidates of the same pattern; not at all.
    pub narrowed: usize,
    pub certain: usize,
    /// Sums over open primaries: the share of candidates that has the true value, among all and among those of the same pattern, and the distance of the two
    /// distributions (half the sum of differences).
    pub before: f64,
    pub after: f64,
    pub shift: f64,
}

impl Told {
    pub fn add(&mut self, other: &Told) {
        self.tables += other.tables;
        self.skipped += other.skipped;
        self.candidates += other.candidates;
        self.same += other.same;
        self.other += other.other;
        self.primaries += other.primaries;
        self.open += other.open;
        self.narrowed += other.narrowed;
        self.certain += other.certain;
        self.before += other.before;
        self.after += other.after;
        self.shift += other.shift;
    }

    /// A line of the table that [`HEAD`] begins.
    pub fn line(&self, name: &str) -> String {
        let of_open = |n: f64| n / self.open.max(1) as f64;
        format!(
            "| {name} | {} | {} | {:.1} % | {} | {} | {} | {} | {:.1} % | {:.1} % | {:.2} |",
            self.tables,
            self.candidates,
            100.0 * self.same as f64 / self.candidates.max(1) as f64,
            self.primaries,
            self.open,
            self.narrowed,
            self.certain,
            100.0 * of_open(self.before),
            100.0 * of_open(self.after),
            of_open(self.shift)
        )
    }
}

pub const HEAD: &str = "| table | tables | candidates | same pattern | primaries | open before | narrower than 2 after | certain after | truth before | truth after | shift |\n|---|---|---|---|---|---|---|---|---|---|---|";

type Counts = BTreeMap<u64, usize>;

/// Compares what all candidates and those of the same pattern say of each primary.
fn compare(told: &mut Told, truth: &[u64], primaries: &[u32], all: &[Counts], same: &[Counts]) {
    for (i, cell) in primaries.iter().enumerate() {
        let width = |counts: &Counts| counts.keys().last().unwrap_or(&0) - counts.keys().next().unwrap_or(&0);
        told.primaries += 1;
        if width(&all[i]) < 2 {
            continue;
        }
        told.open += 1;
        told.narrowed += usize::from(width(&same[i]) < 2);
        told.certain += usize::from(width(&same[i]) == 0);
        let share = |counts: &Counts, n: &u64| *counts.get(n).unwrap_or(&0) as f64 / counts.values().sum::<usize>().max(1) as f64;
        let n = truth[*cell as usize];
        told.before += share(&all[i], &n);
        told.after += share(&same[i], &n);
        let values: BTreeSet<&u64> = all[i].keys().chain(same[i].keys()).collect();
        told.shift += values.iter().map(|n| (share(&all[i], n) - share(&same[i], n)).abs()).sum::<f64>() / 2.0;
    }
}

pub struct Game<'a> {
    pub shape: &'a Shape,
    pub options: Options,
    pub k: u64,
}

impl Game<'_> {
    fn pattern(&self, values: &[u64]) -> Vec<bool> {
        let pattern = protect(&self.shape.problem(values, self.k), &self.options);
        pattern.outcomes().iter().map(|o| o.withheld()).collect()
    }

    /// The true values, what is withheld, and the primaries; none when the pattern would not be released.
    fn start(&self, inner: &[u64]) -> (Vec<u64>, Vec<bool>, Vec<u32>) {
        let truth = self.shape.fold(inner);
        let pattern = protect(&self.shape.problem(&truth, self.k), &self.options);
        let outcomes = pattern.outcomes();
        // Cells of the same searches are one.
        let mut seen = BTreeSet::new();
        let searches =
            |c: &u32| self.shape.cells[*c as usize].iter().copied().filter(|m| inner[*m as usize] > 0).collect::<BTreeSet<u32>>();
        let primary = (0..truth.len() as u32).filter(|c| pattern.safe() && outcomes[*c as usize] == Outcome::Primary);
        let primaries = primary.filter(|c| seen.insert(searches(c))).collect();
        (truth, outcomes.iter().map(|o| o.withheld()).collect(), primaries)
    }

    /// Lists every table that fits, if there are at most `most`.
    pub fn all(&self, inner: &[u64], most: usize) -> Told {
        let (truth, withheld, primaries) = self.start(inner);
        let mut told = Told::default();
        let mut left: Vec<i64> = truth.iter().map(|n| *n as i64).collect();
        let mut above = vec![Vec::new(); self.shape.inner];
        for (cell, members) in self.shape.cells.iter().enumerate().filter(|(c, _)| !withheld[*c]) {
            members.iter().for_each(|m| above[*m as usize].push(cell));
        }
        let mut last = vec![0; truth.len()];
        self.shape.cells.iter().enumerate().for_each(|(c, members)| last[c] = *members.iter().max().unwrap() as usize);
        let lowest: Vec<i64> = (0..self.shape.inner).map(|i| i64::from(inner[i] > 0)).collect();
        let mut lister = Lister { above: &above, last: &last, lowest: &lowest, most, found: Vec::new(), steps: 0 };
        lister.list(0, &mut vec![0; self.shape.inner], &mut left);
        let mut candidates: Vec<Vec<u64>> = lister.found.iter().map(|inner| self.shape.fold(inner)).collect();
        candidates.retain(|values| values.iter().zip(&withheld).all(|(n, w)| !w || *n > 0));
        if lister.full() || candidates.len() > most || primaries.is_empty() {
            told.skipped = 1;
            return told;
        }
        told.tables = 1;
        let (mut all, mut same) = (vec![Counts::new(); primaries.len()], vec![Counts::new(); primaries.len()]);
        for values in &candidates {
            let fits = self.pattern(values) == withheld;
            told.candidates += 1;
            told.same += usize::from(fits);
            told.other += usize::from(!fits);
            for (i, cell) in primaries.iter().enumerate() {
                *all[i].entry(values[*cell as usize]).or_default() += 1;
                if fits {
                    *same[i].entry(values[*cell as usize]).or_default() += 1;
                }
            }
        }
        compare(&mut told, &truth, &primaries, &all, &same);
        told
    }

    /// Walks among the tables that fit, from the true one (whoever attacks would have to find it first), and among those that make the same pattern, with
    /// `runs` replays. What a walk did not see may be there all the same, so `narrowed` and `certain` are upper bounds.
    pub fn walk(&self, inner: &[u64], seed: u64, runs: usize) -> Told {
        let (truth, withheld, primaries) = self.start(inner);
        let mut dice = Dice(seed);
        let moves = moves(self.shape, inner, &truth, &withheld, 24, &mut dice);
        let mut told = Told { tables: 1, ..Told::default() };
        let (mut all, mut same) = (vec![Counts::new(); primaries.len()], vec![Counts::new(); primaries.len()]);
        let note = |counts: &mut Vec<Counts>, values: &[u64]| {
            primaries.iter().enumerate().for_each(|(i, cell)| *counts[i].entry(values[*cell as usize]).or_default() += 1);
        };
        // Tables that fit, drawn by long walks; each is replayed.
        let mut free = truth.clone();
        for _ in 0..(runs / 10).max(1) {
            (0..4 * moves.len()).for_each(|_| _ = step(&mut free, &moves, &mut dice));
            note(&mut all, &free);
            let fits = self.pattern(&free) == withheld;
            told.candidates += 1;
            told.same += usize::from(fits);
            told.other += usize::from(!fits);
        }
        // Tables of the same pattern: a step that leaves the pattern is not made.
        let mut kept = truth.clone();
        note(&mut same, &kept);
        let mut small = 0;
        for run in 0..runs * 5 / 10 {
            let mut next = kept.clone();
            // Mostly small steps: large ones are nearly always refused.
            if run % 8 == 0 {
                step(&mut next, &moves, &mut dice);
            } else {
                one(&mut next, &moves[dice.below(moves.len() as u64) as usize], dice.below(2) == 0);
            }
            if next != kept && self.pattern(&next) == withheld {
                kept = next;
                small += 1;
            }
            note(&mut same, &kept);
        }
        // For each primary not yet seen to move: steps that move it.
        let mut left = runs * 4 / 10;
        for (i, cell) in primaries.iter().enumerate() {
            let mut through: Vec<&Move> = moves.iter().filter(|m| m.binary_search_by_key(cell, |c| c.0).is_ok()).collect();
            through.sort_by_key(|m| m.len());
            for at in 0..through.len().min(12) * 2 {
                let width = same[i].keys().last().unwrap() - same[i].keys().next().unwrap();
                if left == 0 || width >= 2 {
                    break;
                }
                let mut next = if at % 4 < 2 { truth.clone() } else { kept.clone() };
                if one(&mut next, through[at / 2], at % 2 == 0) {
                    left -= 1;
                    if self.pattern(&next) == withheld {
                        primaries.iter().enumerate().for_each(|(i, cell)| _ = same[i].entry(next[*cell as usize]).or_default());
                    }
                }
            }
        }
        eprintln!("{} moves, {small} steps within the pattern, {left} replays not needed", moves.len());
        // A value seen in the directed steps only has no share.
        compare(&mut told, &truth, &primaries, &all, &same);
        told
    }
}

/// Lists tables by depth first search over the inner cells.
struct Lister<'a> {
    /// Of each inner cell: the published cells it is in.
    above: &'a [Vec<usize>],
    /// Of each cell: its last inner cell.
    last: &'a [usize],
    /// Of each inner cell: the least it can be, 1 where it is not a published zero.
    lowest: &'a [i64],
    most: usize,
    found: Vec<Vec<u64>>,
    steps: usize,
}

impl Lister<'_> {
    /// Whether it gave up.
    fn full(&self) -> bool {
        self.found.len() > 4 * self.most || self.steps > 400 * self.most
    }

    fn list(&mut self, at: usize, table: &mut Vec<u64>, left: &mut [i64]) {
        self.steps += 1;
        if self.full() {
            return;
        }
        if at == table.len() {
            self.found.push(table.clone());
            return;
        }
        // Without a published total above it anything is possible.
        let Some(most) = self.above[at].iter().map(|c| left[*c]).min() else {
            self.steps = usize::MAX / 2;
            return;
        };
        // A published total whose last member this is fixes it.
        let least = self.above[at].iter().filter(|c| self.last[**c] == at).map(|c| left[*c]).max().unwrap_or(0).max(self.lowest[at]);
        for n in least..=most {
            table[at] = n as u64;
            self.above[at].iter().for_each(|c| left[*c] -= n);
            if self.above[at].iter().all(|c| self.last[*c] != at || left[*c] == 0) {
                self.list(at + 1, table, left);
            }
            self.above[at].iter().for_each(|c| left[*c] += n);
        }
        table[at] = 0;
    }
}

/// Changes of cells that change no published one; sorted by cell.
type Move = Vec<(u32, i64)>;

fn one(values: &mut [u64], by: &Move, up: bool) -> bool {
    let sign = if up { 1 } else { -1 };
    let fits = by.iter().all(|(cell, d)| values[*cell as usize] as i64 + sign * d >= 1);
    if fits {
        by.iter().for_each(|(cell, d)| values[*cell as usize] = (values[*cell as usize] as i64 + sign * d) as u64);
    }
    fits
}

/// Goes as far along a move as an even choice among all possible tables on its line says.
fn step(values: &mut [u64], moves: &[Move], dice: &mut Dice) -> bool {
    let by = &moves[dice.below(moves.len() as u64) as usize];
    let room =
        |sign: i64| by.iter().filter(|(_, d)| sign * d < 0).map(|(c, d)| (values[*c as usize] as i64 - 1) / d.abs()).min().unwrap_or(0);
    let (down, up) = (room(-1), room(1));
    let t = dice.below((down + up + 1) as u64) as i64 - down;
    by.iter().for_each(|(cell, d)| values[*cell as usize] = (values[*cell as usize] as i64 + t * d) as u64);
    t != 0
}

const P: u64 = (1 << 31) - 1;

fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut out = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            out = out * base % P;
        }
        base = base * base % P;
        exponent >>= 1;
    }
    out
}

/// Moves found by eliminating the published cells in several random orders of the inner ones: modulo a prime, then checked by exact additions.
fn moves(shape: &Shape, inner: &[u64], truth: &[u64], withheld: &[bool], orders: usize, dice: &mut Dice) -> Vec<Move> {
    let mut columns: Vec<u32> = (0..shape.inner as u32).filter(|i| inner[*i as usize] > 0).collect();
    let mut found: BTreeSet<Move> = BTreeSet::new();
    for _ in 0..orders {
        for i in (1..columns.len()).rev() {
            columns.swap(i, dice.below(i as u64 + 1) as usize);
        }
        let mut place = vec![usize::MAX; shape.inner];
        columns.iter().enumerate().for_each(|(at, i)| place[*i as usize] = at);
        // Reduced rows, each with the place of its pivot.
        let mut rows: Vec<(usize, Vec<u64>)> = Vec::new();
        for cell in (0..truth.len()).filter(|c| !withheld[*c] && truth[*c] > 0) {
            let mut row = vec![0u64; columns.len()];
            shape.cells[cell].iter().filter(|m| inner[**m as usize] > 0).for_each(|m| row[place[*m as usize]] = 1);
            for (pivot, known) in &rows {
                let factor = row[*pivot];
                if factor != 0 {
                    row.iter_mut().zip(known).filter(|(_, k)| **k != 0).for_each(|(r, k)| *r = (*r + (P - factor) * k) % P);
                }
            }
            let Some(pivot) = row.iter().position(|r| *r != 0) else { continue };
            let scale = power(row[pivot], P - 2);
            row.iter_mut().for_each(|r| *r = *r * scale % P);
            for (_, known) in &mut rows {
                let factor = known[pivot];
                if factor != 0 {
                    known.iter_mut().zip(&row).filter(|(_, r)| **r != 0).for_each(|(k, r)| *k = (*k + (P - factor) * r) % P);
                }
            }
            rows.push((pivot, row));
        }
        let pivots: BTreeSet<usize> = rows.iter().map(|r| r.0).collect();
        for free in (0..columns.len()).filter(|c| !pivots.contains(c)) {
            let mut change = vec![0i64; shape.inner];
            change[columns[free] as usize] = 1;
            for (pivot, row) in &rows {
                let n = (P - row[free]) % P;
                change[columns[*pivot] as usize] = if n > P / 2 { n as i64 - P as i64 } else { n as i64 };
            }
            let by: Move =
                shape.cells.iter().enumerate().map(|(c, members)| (c as u32, members.iter().map(|m| change[*m as usize]).sum())).collect();
            let by: Move = by.into_iter().filter(|(_, d)| *d != 0).collect();
            if by.iter().all(|(c, d)| withheld[*c as usize] && d.abs() <= 4) {
                found.insert(by);
            }
        }
    }
    found.into_iter().collect()
}
