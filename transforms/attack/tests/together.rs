//! All organisations at once find what each finds by itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use solidata_attack::{CellId, CertifyOptions, Explicit, Insider, Own, State};

const ROWS: usize = 3;
const COLUMNS: usize = 3;

/// A grid with its margins, what organisations and others searched in each inner cell, and which cells are published.
#[derive(Debug, Clone)]
struct Grid {
    shares: Vec<[i64; 4]>,
    public: Vec<bool>,
}

fn grid() -> impl Strategy<Value = Grid> {
    let share = prop_oneof![3 => Just([0i64; 4]), 2 => prop::array::uniform4(0i64..5), 2 => (0usize..4, 1i64..9).prop_map(|(who, n)| {
        let mut share = [0; 4];
        share[who] = n;
        share
    })];
    let cells = ROWS * COLUMNS;
    let public =
        (prop::collection::vec(prop::bool::weighted(0.2), cells), prop::collection::vec(prop::bool::weighted(0.7), ROWS + COLUMNS + 1));
    (prop::collection::vec(share, cells), public)
        .prop_map(|(shares, (inner, margins))| Grid { shares, public: inner.into_iter().chain(margins).collect() })
}

impl Grid {
    /// The inner cells of each cell: the grid, its rows, its columns, all.
    fn inside(&self) -> Vec<Vec<usize>> {
        let mut inside: Vec<Vec<usize>> = (0..ROWS * COLUMNS).map(|i| vec![i]).collect();
        inside.extend((0..ROWS).map(|r| (0..COLUMNS).map(|c| r * COLUMNS + c).collect()));
        inside.extend((0..COLUMNS).map(|c| (0..ROWS).map(|r| r * COLUMNS + c).collect()));
        inside.push((0..ROWS * COLUMNS).collect());
        inside
    }

    fn of(&self, cell: &[usize], who: impl Fn(usize) -> bool) -> i64 {
        cell.iter().flat_map(|i| self.shares[*i].iter().enumerate()).filter(|(w, _)| who(*w)).map(|(_, n)| n).sum()
    }

    fn problem(&self, values: &[i64]) -> Explicit {
        let mut table = Explicit::new();
        let state = |cell: usize| if self.public[cell] || values[cell] == 0 { State::Published(values[cell]) } else { State::Withheld };
        let ids: Vec<CellId> = (0..values.len()).map(|cell| table.cell(format!("{cell}"), state(cell))).collect();
        let (rows, all) = (ROWS * COLUMNS, values.len() - 1);
        for r in 0..ROWS {
            table.sum(ids[rows + r], &ids[r * COLUMNS..(r + 1) * COLUMNS]).unwrap();
        }
        for c in 0..COLUMNS {
            table.sum(ids[rows + ROWS + c], &(0..ROWS).map(|r| ids[r * COLUMNS + c]).collect::<Vec<_>>()).unwrap();
        }
        table.sum(ids[all], &ids[rows..rows + ROWS]).unwrap();
        table.sum(ids[all], &ids[rows + ROWS..all]).unwrap();
        table
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_finds_more_by_itself(grid in grid()) {
        let inside = grid.inside();
        let values: Vec<i64> = inside.iter().map(|cell| grid.of(cell, |_| true)).collect();
        let table = grid.problem(&values);
        let truth = |cell: CellId| values[cell as usize];
        // the fourth of a share is of nobody who is known
        let owns: Vec<Own> = (0..3).map(|who| {
            let mine = |cell: usize| grid.of(&inside[cell], |w| w == who);
            let counts = (0..values.len()).filter(|cell| mine(*cell) > 0).map(|cell| (cell as CellId, mine(cell))).collect();
            let alone = (0..values.len()).filter(|cell| mine(*cell) > 0 && mine(*cell) == values[*cell]).map(|cell| cell as CellId).collect();
            Own { counts, alone }
        }).collect();
        let options = CertifyOptions { k: 5, ..CertifyOptions::default() };
        let fallen = solidata_attack::exact(&table, &Default::default()).unwrap().fallen;
        let public = solidata_attack::certify(&table, None, &fallen, Some(&truth), &options).unwrap();
        let pinned: BTreeSet<CellId> = public.fallen.iter().map(|p| p.cell).collect();
        let insider = Insider::new(&table, options).unwrap();
        let together = insider.attack_together(&owns, None, &fallen, &truth).unwrap();
        let found = |report: &solidata_attack::InsiderReport| -> BTreeSet<CellId> {
            report.computed.iter().copied().chain(report.pinned.iter().map(|p| p.cell)).filter(|cell| !pinned.contains(cell)).collect()
        };
        let mut touched = BTreeSet::new();
        for (who, own) in owns.iter().enumerate() {
            let alone = insider.attack(own, &fallen, None).unwrap();
            touched.extend((!own.counts.is_empty()).then_some(who));
            let of_together: BTreeSet<CellId> = together.reports.iter().filter(|r| r.0 == who).flat_map(|r| found(&r.1)).collect();
            prop_assert_eq!(found(&alone), of_together, "organisation {}", who);
        }
        let open: BTreeSet<CellId> = together.reports.iter().flat_map(|r| r.1.unsettled().collect::<Vec<_>>()).collect();
        prop_assert!(together.certified + open.len() <= together.targets);
        // the same whatever their order
        let turned: Vec<Own> = owns.iter().rev().cloned().collect();
        let again = insider.attack_together(&turned, None, &fallen, &truth).unwrap();
        prop_assert_eq!((together.targets, together.certified), (again.targets, again.certified));
    }
}
