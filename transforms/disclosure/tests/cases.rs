//! The disclosure cases that nobody of this project wrote (`../shared/disclosure/cases`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;

use solidata_disclosure::{Intervals, Options, Outcome, computable, protect};

const CASES: [&str; 8] =
    ["issue135_singletons", "issue136_linked", "sdctable_4x4_hidden", "ssb_d2", "ssb_doc15", "ssb_doc15_zerosec", "ssb_z1", "ssb_z2"];

#[test]
fn the_naive_pattern_leaks_as_expected_and_ours_does_not() {
    for name in CASES {
        let Some(case) = common::load(name) else { return };
        let tables = case.tables();
        let folder = common::folder().unwrap();
        let expected = std::fs::read_to_string(folder.join("expected.csv")).unwrap();
        let naive = expected.lines().find(|l| l.starts_with(&format!("{name},naive,"))).unwrap();
        let leaks: usize = naive.split(',').nth(6).unwrap().parse().unwrap();
        assert_eq!(case.recomputable(&case.patterns["naive"]).len(), leaks, "{name}: the reference sees what is expected");
        let seen = computable(&tables.problem, |cell| !case.patterns["naive"].contains(&tables.keys[cell as usize]));
        assert_eq!(seen.len(), leaks, "{name}: the engine sees what is expected");

        let pattern = protect(&tables.problem, &Options::default());
        let withheld: BTreeSet<String> =
            tables.keys.iter().zip(pattern.outcomes()).filter(|(_, o)| o.withheld()).map(|(k, _)| k.clone()).collect();
        assert_eq!(case.recomputable(&withheld), BTreeSet::new(), "{name}");
        let ours = pattern.count(Outcome::Secondary);
        let theirs = case.patterns["gauss_none"].len() - case.patterns["naive"].len();
        println!("{name}: {ours} secondaries, GaussSuppression {theirs}");
        assert!(ours <= theirs, "{name}: {ours} secondaries, GaussSuppression {theirs}");
    }
}

#[test]
fn two_known_cases_need_exactly_one_more_cell() {
    for name in ["sdctable_4x4_hidden", "issue136_linked"] {
        let Some(case) = common::load(name) else { return };
        let pattern = protect(&case.tables().problem, &Options::default());
        assert_eq!(pattern.count(Outcome::Secondary), 1, "{name}");
    }
}

/// Three zeros are withheld beside three primaries, so that a rank test passes the pattern. Nobody is in a zero: the engine takes it as known, and never withholds one.
#[test]
fn three_cells_that_zeros_are_to_protect_are_caught() {
    let Some(case) = common::load("ssb_doc15_zerosec") else { return };
    let tables = case.tables();
    let theirs = &case.patterns["gauss_none"];
    let value = |key: &String| case.cells[key].0;
    assert_eq!(theirs.iter().filter(|key| value(key) == 0).count(), 3);
    let seen = computable(&tables.problem, |cell| !theirs.contains(&tables.keys[cell as usize]));
    let caught: BTreeSet<&String> = seen.iter().map(|cell| &tables.keys[*cell as usize]).collect();
    assert_eq!(caught, case.patterns["naive"].iter().collect(), "all three primaries");
    for intervals in [None, Some(Intervals::default())] {
        let pattern = protect(&tables.problem, &Options { intervals, ..Options::default() });
        assert!(pattern.safe());
        let zeros = tables.keys.iter().zip(pattern.outcomes()).filter(|(key, outcome)| value(key) == 0 && outcome.withheld());
        assert_eq!(zeros.count(), 0);
    }
}
