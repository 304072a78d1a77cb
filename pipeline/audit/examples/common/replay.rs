//! The attack by replay: who knows the rules and the program may try tables that fit what is published and keep those from which the program makes the
//! same pattern. A table that makes another pattern is not the true one.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use solidata_disclosure::{Contributors, Intervals, Options, Outcome, Pattern, Pool, PrimaryRules, Subject, protect};

use crate::moves::{Move, moves, one, step};
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

    /// A line of the table that [`HEAD`] begins, in the language of the page that gives it.
    pub fn line(&self, name: &str) -> String {
        let percent = |part: f64, of: usize| format!("{:.1} %", 100.0 * part / of.max(1) as f64).replace('.', ",");
        let of_all = |left_out: usize| if left_out > 0 { format!(" sur {}", self.tables + left_out) } else { String::new() };
        format!(
            "| {name} | {}{} | {} | {} | {} | {} | {} | {} | {} | {} |",
            self.tables,
            of_all(self.skipped),
            self.candidates,
            percent(self.same as f64, self.candidates),
            self.primaries,
            self.open,
            self.narrowed,
            self.certain,
            percent(self.before, self.open),
            percent(self.after, self.open)
        )
    }
}

pub const HEAD: &str = "| tableaux | nombre | candidats | même masquage | cellules primaires | ouvertes sans rejeu | à moins de 2 après | certaines après | part de la vraie valeur avant | après |\n|---|---|---|---|---|---|---|---|---|---|";

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

/// Which program is replayed, and what its rules look at.
pub enum Program {
    /// Cells from 1 to k - 1 are primary, whoever searched.
    Counts(Options),
    /// What a release is made with: primary rules on contributors, pools of contributors, intervals for whoever knows its own part, and the order of what
    /// is published first. The searches of each inner cell that one organisation made are given; each other search is a person of its own. The organisation
    /// is who attacks: it knows its part everywhere, and where it is alone. A part of 0 everywhere is a reader who knows nothing.
    Release(Vec<u64>),
}

/// Order of publication by level of territory, category and profile, as that of a release (`transforms/demand/src/rank.rs`): the finest level first here.
const RANKS: [&[u8]; 3] = [&[4, 3, 1, 1, 0], &[5, 3, 1, 0], &[3, 0]];

pub struct Game<'a> {
    pub shape: &'a Shape,
    pub program: Program,
    pub k: u64,
}

/// The threshold of the tables.
pub const K: u64 = 11;

/// The programs that are replayed on a table: protection against algebra only, the same with pools, and what a release is made with, for a reader and for an
/// organisation that knows its own searches.
pub fn programs(inner: &[u64], seed: u64) -> [(&'static str, Program); 4] {
    let linear = Options { threads: 1, ..Options::default() };
    let pool = Options { pool: Pool::Searches { k: K }, ..linear.clone() };
    [
        ("algèbre seule", Program::Counts(linear)),
        ("algèbre et reste", Program::Counts(pool)),
        ("production, lecteur", Program::Release(vec![0; inner.len()])),
        ("production, organisation", Program::Release(part(inner, seed))),
    ]
}

/// The line of one of the programs on tiny tables, of which every candidate is listed: four communes, two categories and their totals.
pub fn tiny(program: usize, seed: u64) -> String {
    let (mut told, mut title) = (Told::default(), "");
    for seed in seed..seed + 200 {
        let (shape, inner) = crate::tables::synthetic(4, [1, 2, 1], 1, 60.0, seed, false);
        let (name, program) = programs(&inner, seed).into_iter().nth(program).unwrap();
        title = name;
        told.add(&Game { shape: &shape, program, k: K }.all(&inner, 5_000));
    }
    told.line(&format!("minuscules, {title}"))
}

/// Who made `n` searches, of which one organisation made `own`.
fn contributors(n: u64, own: u64) -> Contributors {
    Contributors { organisations: u32::from(own > 0), largest: own, identified: own, anonymous: n - own, ..Contributors::default() }
}

/// An organisation's part of each inner cell: none of one in four, up to half of the others, and now and then all.
pub fn part(inner: &[u64], seed: u64) -> Vec<u64> {
    let mut dice = Dice(seed);
    let of = |n: &u64| match dice.below(20) {
        0 => *n,
        1..=5 => 0,
        _ => n * dice.below(51) / 100,
    };
    inner.iter().map(of).collect()
}

impl Game<'_> {
    fn protected(&self, values: &[u64]) -> Pattern {
        let own = match &self.program {
            Program::Counts(options) => return protect(&self.shape.problem(values, self.k), options),
            Program::Release(own) => self.shape.fold(own),
        };
        let of: Vec<Contributors> = values.iter().zip(&own).map(|(n, own)| contributors(*n, *own)).collect();
        let rules = PrimaryRules { k: self.k, per_person: 1, ..PrimaryRules::default() };
        let problem = self.shape.problem_of(values, |cell| rules.judge(Subject::default(), &of[cell]).is_some());
        let rank = |cell: usize| self.shape.levels[cell].iter().zip(RANKS).map(|(level, ranks)| ranks[*level]).sum();
        let pool =
            Pool::Contributors { k: self.k, per_person: 1, of_cell: of.iter().map(|c| (c.organisations, c.anonymous as u32)).collect() };
        let intervals = Some(Intervals { reach: self.k, ..Intervals::default() });
        let problem = problem.with_insiders(|cell| of[cell].leading()).with_ranks(rank);
        protect(&problem, &Options { pool, intervals, threads: 1, ..Options::default() })
    }

    fn pattern(&self, values: &[u64]) -> Vec<bool> {
        self.protected(values).outcomes().iter().map(|o| o.withheld()).collect()
    }

    /// What whoever attacks has of each inner cell.
    fn own(&self) -> Vec<u64> {
        match &self.program {
            Program::Counts(_) => vec![0; self.shape.inner],
            Program::Release(own) => own.clone(),
        }
    }

    /// The true values, what is withheld, and the primaries; none when the pattern would not be released.
    fn start(&self, inner: &[u64]) -> (Vec<u64>, Vec<bool>, Vec<u32>) {
        let truth = self.shape.fold(inner);
        let own = self.shape.fold(&self.own());
        let pattern = self.protected(&truth);
        let outcomes = pattern.outcomes();
        // Cells of the same searches are one.
        let mut seen = BTreeSet::new();
        let searches =
            |c: &u32| self.shape.cells[*c as usize].iter().copied().filter(|m| inner[*m as usize] > 0).collect::<BTreeSet<u32>>();
        let primary = (0..truth.len() as u32).filter(|c| pattern.safe() && outcomes[*c as usize] == Outcome::Primary);
        // What one has alone one need not find out.
        let primary = primary.filter(|c| own[*c as usize] < truth[*c as usize]);
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
        let own = self.own();
        let lowest: Vec<i64> = (0..self.shape.inner).map(|i| inner[i].min(own[i].max(1)) as i64).collect();
        let known: Vec<bool> = (0..self.shape.inner).map(|i| inner[i] == own[i]).collect();
        let mut lister = Lister { above: &above, last: &last, lowest: &lowest, known: &known, most, found: Vec::new(), steps: 0 };
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
        let own = self.own();
        let open: Vec<u32> = (0..self.shape.inner as u32).filter(|i| inner[*i as usize] > own[*i as usize]).collect();
        let moves = moves(self.shape, open, &truth, &withheld, 24, &mut dice);
        let lowest: Vec<u64> = self.shape.fold(&own).into_iter().map(|n| n.max(1)).collect();
        let mut told = Told { tables: 1, ..Told::default() };
        let (mut all, mut same) = (vec![Counts::new(); primaries.len()], vec![Counts::new(); primaries.len()]);
        let note = |counts: &mut Vec<Counts>, values: &[u64]| {
            primaries.iter().enumerate().for_each(|(i, cell)| *counts[i].entry(values[*cell as usize]).or_default() += 1);
        };
        // Tables that fit, drawn by long walks; each is replayed.
        let mut free = truth.clone();
        for _ in 0..(runs / 10).max(1) {
            (0..4 * moves.len()).for_each(|_| _ = step(&mut free, &lowest, &moves, &mut dice));
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
                step(&mut next, &lowest, &moves, &mut dice);
            } else {
                one(&mut next, &lowest, &moves[dice.below(moves.len() as u64) as usize], dice.below(2) == 0);
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
                if one(&mut next, &lowest, through[at / 2], at % 2 == 0) {
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
    /// Of each inner cell: the least it can be, 1 or what one has of it where it is not a published zero; whether it is just that.
    lowest: &'a [i64],
    known: &'a [bool],
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
        let most = if self.known[at] { most.min(self.lowest[at]) } else { most };
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
