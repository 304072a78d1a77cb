//! Intervals against every table there is: small enough to list them all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use solidata_disclosure::{Cell, Constraints, Intervals, Options, Outcome, Problem, protect};

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
