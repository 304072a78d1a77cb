//! The disclosure cases that nobody of this project wrote (`../shared/disclosure/cases`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;

use solidata_disclosure::{Options, Outcome, computable, protect};

const CASES: [&str; 7] = ["issue135_singletons", "issue136_linked", "sdctable_4x4_hidden", "ssb_d2", "ssb_doc15", "ssb_z1", "ssb_z2"];

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
