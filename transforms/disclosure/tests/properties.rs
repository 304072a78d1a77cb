//! Small random joint problems against a slow exact reference.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;

use proptest::prelude::*;
use solidata_disclosure::{Cell, Constraints, Fate, JointTables, Objective, Options, Outcome, Pool, Problem, computable, protect};

/// Inner values, sets of inner cells that are published as totals, and fates.
#[derive(Debug, Clone)]
struct Small {
    cells: Vec<Cell>,
    sums: Vec<(u32, Vec<u32>)>,
}

impl Small {
    fn problem(&self) -> Problem {
        let mut constraints = Constraints::new();
        self.sums.iter().for_each(|(p, c)| constraints.sum(*p, c.iter().copied()));
        Problem::new(self.cells.clone(), &constraints).unwrap()
    }

    fn tables(&self, order: &[usize]) -> solidata_disclosure::Named {
        let key = |i: u32| format!("c{i:03}");
        let mut tables = JointTables::new();
        for i in order {
            tables.cell(key(*i as u32), self.cells[*i]).unwrap();
        }
        for (parent, children) in self.sums.iter().rev() {
            tables.sum(key(*parent), children.iter().rev().map(|c| key(*c)));
        }
        tables.build().unwrap()
    }
}

/// A crossing of two hierarchies (rows in groups, with a second, overlapping grouping), columns and totals, some cells public or sticky.
fn small() -> impl Strategy<Value = Small> {
    let value = prop_oneof![3 => 1u64..11, 2 => 11u64..60, 1 => Just(0u64)];
    (2usize..6, 1usize..4, any::<u64>(), prop::collection::vec(value, 18), prop::collection::vec(0u8..40, 60)).prop_map(
        |(rows, cols, groups, values, fates)| {
            // Row nodes: inner rows, groups 0/1 by two different cuts, total.
            let mut nodes: Vec<Vec<usize>> = (0..rows).map(|r| vec![r]).collect();
            for shift in [0, 8] {
                for side in [0, 1] {
                    let members: Vec<usize> = (0..rows).filter(|r| groups >> (shift + r) & 1 == side).collect();
                    if members.len() > 1 && members.len() < rows {
                        nodes.push(members);
                    }
                }
            }
            nodes.push((0..rows).collect());
            let wide = cols + usize::from(cols > 1);
            let (mut cells, mut sums) = (Vec::new(), Vec::new());
            let at = |node: usize, col: usize| (node * wide + col) as u32;
            for (n, members) in nodes.iter().enumerate() {
                for col in 0..wide {
                    let inside = if col == cols { 0..cols } else { col..col + 1 };
                    let value: u64 = members.iter().flat_map(|r| inside.clone().map(move |c| (r, c))).map(|(r, c)| values[r * 3 + c]).sum();
                    let fate = match fates[cells.len() % fates.len()] {
                        0 => Fate::Public,
                        1 => Fate::Sticky,
                        2 => Fate::Hidden,
                        _ => Fate::Free,
                    };
                    cells.push(Cell::new(value, (1..11).contains(&value)).with_fate(fate));
                    if members.len() > 1 {
                        sums.push((at(n, col), members.iter().map(|r| at(*r, col)).collect()));
                    }
                }
                if cols > 1 {
                    sums.push((at(n, cols), (0..cols).map(|c| at(n, c)).collect()));
                }
            }
            Small { cells, sums }
        },
    )
}

fn shown(outcomes: &[Outcome]) -> impl Fn(usize) -> bool + '_ {
    |i| outcomes[i] == Outcome::Published
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_exposed_and_nothing_is_superfluous(small in small(), pool in any::<bool>(), value in any::<bool>()) {
        let problem = small.problem();
        let naive = computable(&problem, |c| !small.cells[c as usize].primary && small.cells[c as usize].fate != Fate::Sticky);
        let reference = common::recomputable(&small.cells, &small.sums, |i| {
            let cell = small.cells[i];
            !cell.primary && matches!(cell.fate, Fate::Free | Fate::Public)
        });
        prop_assert_eq!(naive, reference, "the engine sees what the reference sees");

        let options = Options {
            pool: if pool { Pool::Searches { k: 11 } } else { Pool::Off },
            objective: if value { Objective::Value } else { Objective::Count },
            threads: 1,
            ..Options::default()
        };
        let pattern = protect(&problem, &options);
        let outcomes = pattern.outcomes();
        prop_assert_eq!(common::recomputable(&small.cells, &small.sums, shown(outcomes)), pattern.lost.clone());
        if !small.cells.iter().any(|c| c.fate == Fate::Public) {
            prop_assert!(pattern.safe());
        }
        for (cell, outcome) in small.cells.iter().zip(outcomes) {
            prop_assert!(cell.value > 0 || matches!(outcome, Outcome::Published | Outcome::Hidden));
            prop_assert!(cell.fate != Fate::Sticky || cell.value == 0 || outcome.withheld() || small.cells.iter().any(|c| c.fate == Fate::Public));
        }
        if !pool {
            for i in (0..outcomes.len()).filter(|i| outcomes[*i] == Outcome::Secondary) {
                let mut opened = outcomes.to_vec();
                opened[i] = Outcome::Published;
                let now = common::recomputable(&small.cells, &small.sums, shown(&opened));
                prop_assert!(now.len() > pattern.lost.len(), "secondary {} is superfluous", i);
            }
        }
    }

    #[test]
    fn order_and_threads_change_nothing(small in small(), seed in any::<u64>()) {
        let mut order: Vec<usize> = (0..small.cells.len()).collect();
        let first = small.tables(&order);
        order.sort_by_key(|i| (*i as u64 + 1).wrapping_mul(seed | 1).rotate_left(17));
        let second = small.tables(&order);
        prop_assert_eq!(&first.keys, &second.keys);
        let options = |threads| Options { threads, pool: Pool::Searches { k: 11 }, ..Options::default() };
        let (a, b) = (protect(&first.problem, &options(1)), protect(&second.problem, &options(3)));
        prop_assert_eq!(a.outcomes(), b.outcomes());
    }

    #[test]
    fn pools_reach_k(small in small()) {
        let mut small = small;
        small.cells.iter_mut().filter(|c| c.fate != Fate::Sticky).for_each(|c| c.fate = Fate::Free);
        let pattern = protect(&small.problem(), &Options { pool: Pool::Searches { k: 11 }, ..Options::default() });
        let withheld = |c: &u32| pattern.outcomes()[*c as usize].withheld();
        for (parent, children) in small.sums.iter().filter(|(p, _)| !withheld(p)) {
            let pool: BTreeMap<u32, u64> = children.iter().filter(|c| withheld(c)).map(|c| (*c, small.cells[*c as usize].value)).collect();
            let sum: u64 = pool.values().sum();
            let candidates = children.iter().any(|c| !withheld(c) && small.cells[*c as usize].value > 0);
            prop_assert!(sum == 0 || sum >= 11 || !candidates, "{} {:?}", parent, pool);
        }
    }
}
