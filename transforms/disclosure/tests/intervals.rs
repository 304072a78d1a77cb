//! Intervals against every table there is: small enough to list them all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use solidata_disclosure::{
    Cell, Constraints, Fate, Intervals, JointTables, Largest, Named, Objective, Options, Outcome, Pool, Problem, protect,
};

/// Two rows and two columns with their totals: cells 0..4 inner, 4..6 rows, 6..8 columns, 8 the total.
fn square(values: [u64; 4]) -> [u64; 9] {
    let [a, b, c, d] = values;
    [a, b, c, d, a + b, c + d, a + c, b + d, a + b + c + d]
}

fn problem(values: [u64; 4], k: u64) -> Problem {
    let mut sums = Constraints::new();
    sums.sum(4, [0, 1]);
    sums.sum(5, [2, 3]);
    sums.sum(6, [0, 2]);
    sums.sum(7, [1, 3]);
    sums.sum(8, [4, 5]);
    sums.sum(8, [6, 7]);
    Problem::new(square(values).map(|n| Cell::new(n, n > 0 && n < k)).to_vec(), &sums).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_interval_claimed_is_there(values in prop::array::uniform4(0u64..7)) {
        let want = Intervals { width: 2, reach: 4, ..Intervals::default() };
        let problem = problem(values, 4);
        let pattern = protect(&problem, &Options { intervals: Some(want), ..Options::default() });
        let (truth, outcomes) = (square(values), pattern.outcomes());
        prop_assert!(pattern.lost.is_empty());
        let most = truth[8] + 4;
        let (mut low, mut high) = (truth, truth);
        let range = |i: usize| match outcomes[i] {
            Outcome::Published => truth[i]..=truth[i],
            _ => 1..=most,
        };
        for a in range(0) { for b in range(1) { for c in range(2) { for d in range(3) {
            let table = square([a, b, c, d]);
            let fits = (4..9).all(|i| match outcomes[i] { Outcome::Published => table[i] == truth[i], _ => table[i] >= 1 });
            if fits {
                (0..9).for_each(|i| (low[i], high[i]) = (low[i].min(table[i]), high[i].max(table[i])));
            }
        }}}}
        for i in (0..9).filter(|i| outcomes[*i] == Outcome::Primary) {
            prop_assert!(pattern.narrow.contains(&(i as u32)) || high[i] - low[i] >= want.width, "cell {} of {:?}", i, outcomes);
            prop_assert!(pattern.short.contains(&(i as u32)) || high[i] >= want.reach, "cell {} of {:?}", i, outcomes);
        }
    }
}

/// Three rows and two columns of inner cells; rows are added up in two cuts that cross each other and in all, columns in all.
#[derive(Debug, Clone)]
struct Joint {
    cells: Vec<Cell>,
    /// Of each cell: the inner cells it holds.
    holds: Vec<Vec<usize>>,
    sums: Vec<(usize, Vec<usize>)>,
}

const INNER: usize = 6;
const SMALL: u64 = 4;

fn joint() -> impl Strategy<Value = Joint> {
    let value = prop_oneof![1 => Just(0u64), 4 => 1u64..4, 2 => 4u64..9];
    (prop::collection::vec(value, INNER), prop::collection::vec(0u8..30, 18), any::<bool>()).prop_map(|(values, fates, crossed)| {
        let rows: Vec<Vec<usize>> =
            [vec![0], vec![1], vec![2], vec![0, 1], vec![0, 1, 2]].into_iter().chain(crossed.then(|| vec![1, 2])).collect();
        let (mut cells, mut holds, mut sums) = (Vec::new(), Vec::new(), Vec::new());
        for (r, members) in rows.iter().enumerate() {
            for col in 0..3 {
                let inside = if col == 2 { 0..2 } else { col..col + 1 };
                let inner: Vec<usize> = members.iter().flat_map(|m| inside.clone().map(move |c| m * 2 + c)).collect();
                let value = inner.iter().map(|i| values[*i]).sum();
                let fate = match fates[cells.len()] {
                    0 => Fate::Public,
                    1 => Fate::Sticky,
                    2 | 3 => Fate::Hidden,
                    _ => Fate::Free,
                };
                cells.push(Cell::new(value, (1..SMALL).contains(&value)).with_fate(fate));
                holds.push(inner);
            }
            sums.push((r * 3 + 2, vec![r * 3, r * 3 + 1]));
        }
        for col in 0..3 {
            sums.push((9 + col, vec![col, 3 + col]));
            sums.push((12 + col, vec![9 + col, 6 + col]));
            if crossed {
                sums.push((15 + col, vec![3 + col, 6 + col]));
                sums.push((12 + col, vec![col, 15 + col]));
            }
        }
        Joint { cells, holds, sums }
    })
}

impl Joint {
    fn tables(&self, order: &[usize]) -> Named {
        let key = |i: usize| format!("c{i:02}");
        let mut tables = JointTables::new();
        order.iter().for_each(|i| tables.cell(key(*i), self.cells[*i]).unwrap());
        self.sums.iter().for_each(|(parent, children)| tables.sum(key(*parent), children.iter().map(|c| key(*c))));
        tables.build().unwrap()
    }

    /// The inner cell that stands at each place of `holds`: rows of one member, the first two columns.
    fn inner_cell(i: usize) -> usize {
        i / 2 * 3 + i % 2
    }

    /// The least and greatest value of each cell over every table that fits what is published, inner cells at most `more` above the truth.
    fn ranges(&self, outcomes: &[Outcome], more: u64) -> Vec<(u64, u64)> {
        self.ranges_for(outcomes, more, &[0; INNER])
    }

    fn truth(&self) -> Vec<u64> {
        (0..INNER).map(|i| self.cells[Self::inner_cell(i)].value).collect()
    }

    /// The same for somebody who knows its own part of each inner cell, and that it is alone where it has all.
    fn ranges_for(&self, outcomes: &[Outcome], more: u64, own: &[u64; INNER]) -> Vec<(u64, u64)> {
        let truth = self.truth();
        let mut ranges: Vec<(u64, u64)> = self.cells.iter().map(|c| (c.value, c.value)).collect();
        let mut table = truth.clone();
        self.fill(0, (&truth, own, more), outcomes, &mut table, &mut ranges);
        ranges
    }

    fn fill(&self, at: usize, known: (&[u64], &[u64], u64), outcomes: &[Outcome], table: &mut Vec<u64>, ranges: &mut [(u64, u64)]) {
        let (truth, own, more) = known;
        let value = |cell: usize, table: &[u64]| self.holds[cell].iter().map(|i| table[*i]).sum::<u64>();
        if at == INNER {
            ranges.iter_mut().enumerate().for_each(|(c, r)| *r = (r.0.min(value(c, table)), r.1.max(value(c, table))));
            return;
        }
        let full: Vec<usize> = (0..self.cells.len()).filter(|c| self.holds[*c].iter().max() == Some(&at)).collect();
        let least = |cell: usize| u64::from(self.cells[cell].value > 0 && outcomes[cell] != Outcome::Hidden);
        for n in if truth[at] == own[at] { own[at]..=own[at] } else { if truth[at] == 0 { 0..=0 } else { own[at]..=truth[at] + more } } {
            table[at] = n;
            let fits = |c: &usize| match outcomes[*c] {
                Outcome::Published => value(*c, table) == self.cells[*c].value,
                _ => value(*c, table) >= least(*c),
            };
            if full.iter().all(fits) {
                self.fill(at + 1, known, outcomes, table, ranges);
            }
        }
        table[at] = truth[at];
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_primary_of_joint_tables_has_its_witnesses(joint in joint(), pool in 0u8..3, value in any::<bool>(), seed in any::<u64>()) {
        let want = Intervals { width: 2, reach: SMALL, ..Intervals::default() };
        let options = |threads| Options {
            pool: match pool {
                0 => Pool::Off,
                1 => Pool::Searches { k: SMALL },
                _ => Pool::Contributors { k: SMALL, per_person: 1, of_cell: joint.cells.iter().map(|c| (0, c.value as u32)).collect() },
            },
            objective: if value { Objective::Value } else { Objective::Count },
            intervals: Some(want),
            threads,
            ..Options::default()
        };
        let mut order: Vec<usize> = (0..joint.cells.len()).collect();
        let tables = joint.tables(&order);
        let pattern = protect(&tables.problem, &options(1));
        let outcomes = pattern.outcomes();
        order.sort_by_key(|i| (*i as u64 + 1).wrapping_mul(seed | 1).rotate_left(17));
        let other = protect(&joint.tables(&order).problem, &options(3));
        prop_assert_eq!(outcomes, other.outcomes());
        prop_assert_eq!((&pattern.narrow, &pattern.short), (&other.narrow, &other.short));

        let ranges = joint.ranges(outcomes, 7);
        for (i, (low, high)) in ranges.iter().enumerate().filter(|(i, _)| outcomes[*i] == Outcome::Primary) {
            let number = i as u32;
            prop_assert!(pattern.narrow.contains(&number) || high - low >= want.width, "cell {} of {:?}", i, outcomes);
            prop_assert!(pattern.short.contains(&number) || *high >= want.reach, "cell {} of {:?}", i, outcomes);
        }
        if joint.cells.iter().all(|c| c.fate != Fate::Public) {
            prop_assert!(pattern.safe(), "nothing is public for good, so that everything can be withheld");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_primary_keeps_its_room_for_every_contributor(
        mut joint in joint(),
        parts in prop::array::uniform2(prop::array::uniform6(0u64..=100)),
        alone in prop::collection::vec(0u8..6, INNER),
    ) {
        let want = Intervals { width: 2, reach: SMALL, ..Intervals::default() };
        // what is public for good may be all that others have of a cell
        joint.cells.iter_mut().filter(|c| c.fate == Fate::Public).for_each(|c| c.fate = Fate::Free);
        let truth = joint.truth();
        // two contributors and others who are not known; now and then one of them has a cell alone
        let mut own = [[0u64; INNER]; 2];
        for i in 0..INNER {
            own[0][i] = truth[i] * parts[0][i] / 100;
            own[1][i] = (truth[i] - own[0][i]) * parts[1][i] / 100;
            if alone[i] < 2 {
                own[usize::from(alone[i])][i] = truth[i];
                own[1 - usize::from(alone[i])][i] = 0;
            }
        }
        let has = |who: usize, cell: usize| joint.holds[cell].iter().map(|i| own[who][*i]).sum::<u64>();
        let order: Vec<usize> = (0..joint.cells.len()).collect();
        let largest = |cell| (0..2).map(|who| Largest { contributor: who as u32, held: has(who, cell) }).max_by_key(|l| l.held).unwrap_or_default();
        let problem = joint.tables(&order).problem.with_insiders(largest);
        let pattern = protect(&problem, &Options { intervals: Some(want), threads: 1, ..Options::default() });
        let outcomes = pattern.outcomes();
        for (who, owned) in own.iter().enumerate() {
            let ranges = joint.ranges_for(outcomes, 9, owned);
            for (i, (low, high)) in ranges.iter().enumerate().filter(|(i, _)| outcomes[*i] == Outcome::Primary) {
                let (number, mine) = (i as u32, has(who, i));
                if mine < joint.cells[i].value {
                    prop_assert!(pattern.narrow.contains(&number) || high - low >= want.width, "cell {} of {:?}", i, outcomes);
                    prop_assert!(pattern.short.contains(&number) || *high >= want.reach + mine, "cell {} of {:?}", i, outcomes);
                }
            }
        }
        prop_assert!(pattern.safe());
    }
}

#[test]
fn fifteen_less_ten_and_three_is_not_one_and_one() {
    // A public issue: 15 = 10 + 3 + x + x, where "withheld" says at least one. Linear algebra sees two unknowns; whole numbers see 1 + 1.
    let mut sums = Constraints::new();
    sums.sum(0, [1, 2, 3, 4]);
    let cells = || vec![Cell::new(15, false), Cell::new(10, false), Cell::new(3, false), Cell::new(1, true), Cell::new(1, true)];
    let problem = Problem::new(cells(), &sums).unwrap();
    let linear = protect(&problem, &Options::default());
    assert_eq!(linear.count(Outcome::Secondary), 0);
    let want = Intervals { width: 2, reach: 3, ..Intervals::default() };
    let wide = protect(&problem, &Options { intervals: Some(want), ..Options::default() });
    assert_eq!(wide.count(Outcome::Secondary), 1);
    assert!(wide.safe() && wide.short.is_empty());
}

#[test]
fn threads_change_no_interval() {
    let mut sums = Constraints::new();
    let mut cells = Vec::new();
    // Twenty rows of five with their totals, column totals and the total of all: more primaries than one task holds.
    let n = |r: u32, c: u32| u64::from((r * 7 + c * 13 + r * c) % 17);
    for r in 0..20 {
        (0..5).for_each(|c| cells.push(n(r, c)));
        cells.push((0..5).map(|c| n(r, c)).sum());
        sums.sum(r * 6 + 5, (0..5).map(|c| r * 6 + c));
    }
    for c in 0..6 {
        cells.push((0..20).map(|r| cells[r * 6 + c]).sum());
        sums.sum(120 + c as u32, (0..20).map(|r| r * 6 + c as u32));
    }
    sums.sum(125, 120..125);
    let problem = Problem::new(cells.into_iter().map(|n| Cell::new(n, n > 0 && n < 11)).collect(), &sums).unwrap();
    let run = |threads| protect(&problem, &Options { threads, intervals: Some(Intervals::default()), ..Options::default() });
    let (one, three) = (run(1), run(3));
    assert_eq!(one.outcomes(), three.outcomes());
    assert!(one.safe());
    assert!(one.short.len() * 100 <= one.count(Outcome::Primary), "at least 99 % reach the threshold");
}
