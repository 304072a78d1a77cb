//! Exchanges on grids small enough to list every table.

use super::*;
use crate::bounds::{holders, propagate};
use crate::explicit::Explicit;
use crate::field::Random;
use crate::problem::{CellId, Knowledge, State};
use crate::system::System;

/// A table of rows and columns whose inner cells are all withheld, with its true values.
struct Grid {
    table: Explicit,
    values: Vec<i64>,
}

impl Grid {
    /// The margins of which `public` says so are published, and so is the grand total.
    fn new(inner: &[Vec<i64>], mut public: impl FnMut() -> bool) -> Self {
        let (mut table, mut values) = (Explicit::new(), Vec::new());
        let mut cell = |name: String, value: i64, public: bool, table: &mut Explicit| {
            values.push(value);
            table.cell(name, if public { State::Published(value) } else { State::Withheld })
        };
        let columns = inner[0].len();
        let ids: Vec<Vec<CellId>> = inner
            .iter()
            .enumerate()
            .map(|(r, row)| row.iter().enumerate().map(|(c, &n)| cell(format!("{r} {c}"), n, false, &mut table)).collect())
            .collect();
        let total = cell("all".into(), inner.iter().flatten().sum(), true, &mut table);
        let mut margins = Vec::new();
        for (r, row) in inner.iter().enumerate() {
            margins.push(cell(format!("{r} all"), row.iter().sum(), public(), &mut table));
            table.sum(margins[r], &ids[r]).unwrap();
        }
        table.sum(total, &margins).unwrap();
        margins.clear();
        for c in 0..columns {
            margins.push(cell(format!("all {c}"), inner.iter().map(|row| row[c]).sum(), public(), &mut table));
            table.sum(margins[c], &ids.iter().map(|row| row[c]).collect::<Vec<CellId>>()).unwrap();
        }
        table.sum(total, &margins).unwrap();
        Self { table, values }
    }

    /// What exchanges from the true table see: each unknown's cell, least and greatest value; and how many classes there are.
    fn seen(&self, k: i64) -> (Vec<(CellId, i64, i64)>, usize) {
        let (mut all, mut classes_in_all) = (Vec::new(), 0);
        for part in System::build(&self.table, Knowledge::default()).unwrap().parts() {
            let holders = holders(&part);
            let bounds = propagate(&part, &holders).unwrap();
            let base: Vec<i64> = part.cells.iter().map(|&cell| self.values[cell as usize]).collect();
            let need = Need { target: vec![true; base.len()], width: 2, reach: vec![k; base.len()] };
            let classes = Classes::of(&part, &holders);
            let mut ranges = Ranges::of(&base);
            search(&Ground { part: &part, holders: &holders, bounds: &bounds, base: &base }, &classes, &need, &mut ranges, QUICK);
            all.extend(part.cells.iter().zip(ranges.low.iter().zip(&ranges.high)).map(|(&cell, (&low, &high))| (cell, low, high)));
            classes_in_all += classes.members.len();
        }
        (all, classes_in_all)
    }
}

#[test]
fn four_classes_are_exchanged_where_no_class_has_two_members() {
    let (seen, classes) = Grid::new(&[vec![5, 5], vec![5, 5]], || true).seen(8);
    assert_eq!(classes, 4);
    assert_eq!(seen.len(), 4);
    assert!(seen.iter().all(|&(_, _, high)| (8..=9).contains(&high)), "{seen:?}");
    // 2 x (0, 1) + (1, 0) can give no more than there is: nobody goes below 1
    let (seen, _) = Grid::new(&[vec![5, 2], vec![2, 5]], || true).seen(8);
    assert_eq!(seen.iter().map(|&(_, low, high)| (low, high)).collect::<Vec<_>>(), [(3, 6), (1, 4), (1, 4), (3, 6)]);
}

#[test]
fn one_class_is_enough_where_margins_are_withheld() {
    let (seen, classes) = Grid::new(&[vec![5, 1, 1], vec![1, 1, 1]], || false).seen(5);
    assert_eq!(classes, 1);
    assert!(seen.iter().all(|&(_, low, high)| high - low >= 2 && high >= 5), "{seen:?}");
}

#[test]
fn an_exchange_goes_on_member_by_member() {
    // the second and the third row are one class in each column, of two members that can give 1 each
    let mut public = [true, false, false, true, true].into_iter();
    let (seen, classes) = Grid::new(&[vec![1, 9], vec![2, 2], vec![2, 2]], || public.next().unwrap()).seen(3);
    assert_eq!(classes, 4);
    assert_eq!(seen.iter().find(|seen| seen.0 == 0), Some(&(0, 1, 3)));
}

/// All ways to write a sum with so many numbers of at least 1.
fn compositions(sum: i64, parts: usize, made: &mut Vec<i64>, tell: &mut impl FnMut(&[i64])) {
    if parts == 1 {
        made.push(sum);
        tell(made);
        made.pop();
        return;
    }
    for first in 1..=sum - parts as i64 + 1 {
        made.push(first);
        compositions(sum - first, parts - 1, made, tell);
        made.pop();
    }
}

#[test]
fn whatever_is_seen_is_possible_and_little_is_missed() {
    let (mut asked, mut missed) = (0, 0);
    for seed in 0..150 {
        let mut random = Random::new(seed);
        let mut grid = |rows: usize| (0..rows).map(|_| (0..3).map(|_| 1 + (random.next() % 4) as i64).collect()).collect();
        let inner: Vec<Vec<i64>> = grid(2);
        let mut bits = Random::new(!seed);
        let grid = Grid::new(&inner, || bits.next() & 1 == 0);
        let mut ranges = vec![(i64::MAX, i64::MIN); grid.values.len()];
        compositions(inner.iter().flatten().sum(), 6, &mut Vec::new(), &mut |made| {
            let other = Grid::new(&[made[..3].to_vec(), made[3..].to_vec()], || true);
            let public = |cell: usize| matches!(crate::Problem::state(&grid.table, cell as CellId), State::Published(_));
            if (0..grid.values.len()).all(|cell| !public(cell) || other.values[cell] == grid.values[cell]) {
                for (range, &value) in ranges.iter_mut().zip(&other.values) {
                    *range = (range.0.min(value), range.1.max(value));
                }
            }
        });
        let k = 6;
        for (cell, low, high) in grid.seen(k).0 {
            let (least, most) = ranges[cell as usize];
            assert!(least <= low && high <= most, "seed {seed}: {}", grid.values[cell as usize]);
            asked += 1;
            missed += usize::from((most - least >= 2 && high - low < 2) || (most >= k && high < k));
        }
    }
    println!("{missed} of {asked} missed");
    assert!(asked > 500 && missed * 20 <= asked);
}

#[test]
fn threads_change_nothing() {
    let mut random = Random::new(5);
    let inner: Vec<Vec<i64>> = (0..40).map(|_| (0..50).map(|_| 1 + (random.next() % 3) as i64).collect()).collect();
    let mut bits = Random::new(6);
    let grid = Grid::new(&inner, || bits.next() & 1 == 0);
    let run = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| grid.seen(11));
    let one = run(1);
    assert!(one.0.iter().filter(|(_, low, high)| high - low >= 2 && *high >= 11).count() > 1900);
    assert_eq!(one, run(4));
}
