//! Small random joint problems against a slow reference that shares nothing with the attacker: spans of inner cells in exact fractions, and enumeration of
//! all tables of integers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::cell::Cell;

use proptest::prelude::*;
use solidata_attack::{AttackOptions, Explicit, Knowledge, State, attack, interval};

/// A joint problem: true inner values, cells as sets of inner cells, which are withheld.
#[derive(Debug, Clone)]
struct Joint {
    inner: Vec<i64>,
    sets: Vec<u32>,
    withheld: Vec<bool>,
}

impl Joint {
    fn value(&self, set: u32) -> i64 {
        self.inner.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1).map(|(_, n)| n).sum()
    }

    fn problem(&self) -> Explicit {
        let state = |at: usize| if self.withheld[at] { State::Withheld } else { State::Published(self.value(self.sets[at])) };
        let cells = (0..self.sets.len()).map(|at| (format!("cell {at}"), state(at))).collect();
        let incidence: Vec<(usize, u64, i64)> = (0..self.sets.len())
            .flat_map(|cell| {
                (0..self.inner.len()).filter(move |inner| self.sets[cell] >> inner & 1 == 1).map(move |inner| (cell, inner as u64, 1))
            })
            .collect();
        Explicit::from_incidence(cells, &incidence).unwrap()
    }

    /// Whether the cell's set is a combination of published sets, in exact fractions.
    fn spanned(&self, cell: usize) -> bool {
        let vector = |set: u32| (0..self.inner.len()).map(|at| i128::from(set >> at & 1)).collect::<Vec<i128>>();
        let rank = |mut rows: Vec<Vec<i128>>| {
            let mut rank = 0;
            for column in 0..self.inner.len() {
                let Some(pivot) = (rank..rows.len()).find(|&row| rows[row][column] != 0) else { continue };
                rows.swap(rank, pivot);
                let pivot = rows[rank].clone();
                for row in rows.iter_mut().skip(rank + 1) {
                    let (a, b) = (pivot[column], row[column]);
                    for (entry, own) in row.iter_mut().zip(&pivot) {
                        *entry = *entry * a - own * b;
                    }
                }
                rank += 1;
            }
            rank
        };
        let published: Vec<Vec<i128>> = self.sets.iter().zip(&self.withheld).filter(|(_, w)| !**w).map(|(set, _)| vector(*set)).collect();
        let mut with = published.clone();
        with.push(vector(self.sets[cell]));
        rank(published) == rank(with)
    }

    /// The least and greatest value of each cell over all tables of integers that fit, with withheld cells of at least 1.
    fn enumerate(&self) -> Vec<(i64, i64)> {
        let mut ranges = vec![(i64::MAX, i64::MIN); self.sets.len()];
        let total: i64 = self.inner.iter().sum();
        let mut table = vec![0; self.inner.len()];
        self.fill(0, total, &mut table, &mut ranges);
        ranges
    }

    fn fill(&self, at: usize, left: i64, table: &mut Vec<i64>, ranges: &mut [(i64, i64)]) {
        if at + 1 == table.len() {
            table[at] = left;
            let other = Self { inner: table.clone(), ..self.clone() };
            let values: Vec<i64> = self.sets.iter().map(|&set| other.value(set)).collect();
            let fits = (0..values.len())
                .all(|cell| if self.withheld[cell] { values[cell] >= 1 } else { values[cell] == self.value(self.sets[cell]) });
            if fits {
                for (range, value) in ranges.iter_mut().zip(values) {
                    *range = (range.0.min(value), range.1.max(value));
                }
            }
            return;
        }
        for value in 0..=left {
            table[at] = value;
            self.fill(at + 1, left - value, table, ranges);
        }
    }
}

fn joint() -> impl Strategy<Value = Joint> {
    (3usize..6).prop_flat_map(|inner| {
        let sets = prop::collection::vec(1u32..(1 << inner), 3..9);
        (prop::collection::vec(0i64..4, inner), sets, prop::collection::vec(prop::bool::weighted(0.6), 16)).prop_map(
            |(inner, mut sets, hide)| {
                sets.sort_unstable();
                sets.dedup();
                sets.retain(|&set| set != (1 << inner.len()) - 1);
                sets.insert(0, (1 << inner.len()) - 1);
                let mut joint = Joint { inner, withheld: vec![false; sets.len()], sets };
                for (at, hide) in (1..joint.sets.len()).zip(hide) {
                    joint.withheld[at] = hide && joint.value(joint.sets[at]) > 0;
                }
                joint
            },
        )
    })
}

thread_local! {
    static SEEN: Cell<[usize; 5]> = const { Cell::new([0; 5]) };
}

#[test]
fn agrees_with_the_slow_reference() {
    let mut options = AttackOptions::default();
    options.certify.k = 4;
    let config = ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(joint in joint())| {
        let problem = joint.problem();
        let truth = joint.enumerate();
        let cells: Vec<u64> = (0..joint.sets.len() as u64).filter(|&cell| joint.withheld[cell as usize]).collect();
        let report = attack(&problem, Some(&cells), None, &options).unwrap();
        let spanned: Vec<u64> = cells.iter().copied().filter(|&cell| joint.spanned(cell as usize)).collect();
        prop_assert_eq!(&report.fallen_targets, &spanned);
        for formula in report.exact.formulas.iter().filter(|formula| (formula.cell as usize) < joint.sets.len()) {
            prop_assert_eq!(formula.value(&problem), Some(joint.value(joint.sets[formula.cell as usize])));
        }
        let width = |cell: u64| truth[cell as usize].1 - truth[cell as usize].0;
        let intervals = &report.intervals;
        let has = |list: &[u64], cell| list.contains(&cell);
        let mut seen = SEEN.get();
        for &cell in cells.iter().filter(|cell| !spanned.contains(cell)) {
            let fallen = intervals.fallen.iter().any(|pinned| pinned.cell == cell);
            let below = intervals.below.iter().any(|pinned| pinned.cell == cell);
            seen[0] += 1;
            if has(&intervals.not_wide, cell) { seen[1] += 1 } else { prop_assert_eq!(fallen, width(cell) < 2) }
            if has(&intervals.not_reaching, cell) { seen[2] += 1 } else { prop_assert_eq!(below, truth[cell as usize].1 < 4) }
            seen[3] += usize::from(fallen);
            seen[4] += usize::from(below);
        }
        SEEN.set(seen);
        for (range, &cell) in interval(&problem, &cells, Knowledge::default()).unwrap().iter().zip(&cells) {
            let range = range.unwrap();
            prop_assert!(range.low <= truth[cell as usize].0 && range.high.is_some_and(|high| high >= truth[cell as usize].1));
        }
        // the order of the cells changes nothing
        let last = joint.sets.len() as u64 - 1;
        let turned = Joint { inner: joint.inner.clone(), sets: joint.sets.iter().rev().copied().collect(), withheld: joint.withheld.iter().rev().copied().collect() };
        let mut other: Vec<u64> = attack(&turned.problem(), None, None, &options).unwrap().fallen_targets.iter().map(|cell| last - cell).collect();
        other.sort_unstable();
        prop_assert_eq!(&other, &report.fallen_targets);
        // the publisher's way in, from the true table, comes to the same
        let values: Vec<i64> = joint.sets.iter().map(|&set| joint.value(set)).chain(joint.inner.iter().copied()).collect();
        let known = |cell: u64| values[cell as usize];
        let again = attack(&problem, Some(&cells), Some(&known), &options).unwrap();
        prop_assert_eq!(again.fallen_targets, report.fallen_targets.clone());
        let again = &again.intervals;
        prop_assert!(again.fallen.iter().all(|pinned| width(pinned.cell) < 2));
        for &cell in cells.iter().filter(|cell| !spanned.contains(cell)) {
            let answered = again.fallen.iter().any(|pinned| pinned.cell == cell) || has(&again.not_wide, cell);
            prop_assert!(answered || width(cell) >= 2);
            let answered = again.below.iter().any(|pinned| pinned.cell == cell) || has(&again.not_reaching, cell);
            prop_assert!(answered || truth[cell as usize].1 >= 4);
        }
    });
    let [targets, not_wide, not_reaching, fallen, below] = SEEN.get();
    println!("{targets} targets: {fallen} fallen, {below} below k; not certified: {not_wide} on width, {not_reaching} on k");
    assert!(fallen > 0 && below > 0, "the test must see some");
    assert!(not_wide * 100 <= targets && not_reaching * 100 <= targets);
}
