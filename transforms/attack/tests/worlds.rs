//! Releases over time, organisations that subtract themselves, and cross tables that must say the same as the problem written out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use solidata_attack::{
    AttackError, AttackOptions, CertifyOptions, CrossTable, Dimension, ExactOptions, Explicit, History, Insider, Knowledge, Own, Problem,
    State, attack, certify, exact, witnesses,
};

/// Three months and their quarter: the quarter's total opens the month that was withheld, unless it is withheld too.
#[test]
fn a_quarter_opens_a_month_and_a_frozen_revision_does_too() {
    let mut history = History::new();
    let months = [("2024-01", Some(40)), ("2024-02", None), ("2024-03", Some(25))];
    for (month, value) in months {
        history.publish(month, "v1", value.map_or(State::Withheld, State::Published)).unwrap();
    }
    assert!(exact(history.problem(), &ExactOptions::default()).unwrap().fallen.is_empty());
    let mut with_quarter = history.clone();
    with_quarter.publish("2024-T1", "v1", State::Published(70)).unwrap();
    let sum = [("2024-T1", "v1", 1), ("2024-01", "v1", -1), ("2024-02", "v1", -1), ("2024-03", "v1", -1)];
    with_quarter.relation(&sum).unwrap();
    let report = exact(with_quarter.problem(), &ExactOptions::default()).unwrap();
    assert_eq!(report.fallen, [with_quarter.find("2024-02", "v1").unwrap()]);
    assert_eq!(report.formulas[0].value(with_quarter.problem()), Some(5));

    // in a revision January may be anything, so a quarter of the second vintage opens nothing ...
    let mut revised = history.clone();
    for month in ["2024-01", "2024-02", "2024-03"] {
        revised.publish(month, "v2", State::Withheld).unwrap();
    }
    revised.publish("2024-T1", "v2", State::Published(70)).unwrap();
    revised.relation_in_every_vintage(&[("2024-T1", 1), ("2024-01", -1), ("2024-02", -1), ("2024-03", -1)]).unwrap();
    assert!(exact(revised.problem(), &ExactOptions::default()).unwrap().fallen.is_empty());
    // ... until it says that it changed nothing in January and March
    for month in ["2024-01", "2024-03"] {
        revised.frozen(month, "v1", "v2").unwrap();
    }
    let fallen = exact(revised.problem(), &ExactOptions::default()).unwrap().fallen;
    assert!(fallen.contains(&revised.find("2024-02", "v2").unwrap()) && !fallen.contains(&revised.find("2024-02", "v1").unwrap()));
}

#[test]
fn what_was_published_once_stays_known() {
    let mut history = History::new();
    history.publish("a", "v1", State::Published(7)).unwrap();
    let cell = history.publish("a", "v1", State::Withheld).unwrap();
    assert_eq!(history.problem().state(cell), State::Published(7));
    assert!(matches!(history.publish("a", "v1", State::Published(8)), Err(AttackError::TwoValues { .. })));
    // a revision that only adds: 20 withheld then 21 published leaves 1 to 21 for the earlier one
    history.publish("b", "v1", State::Withheld).unwrap();
    history.publish("b", "v2", State::Published(2)).unwrap();
    history.only_grows("b", "v1", "v2").unwrap();
    let report = certify(history.problem(), None, &[], None, &CertifyOptions::default()).unwrap();
    assert_eq!(report.fallen.iter().map(|p| (p.cell, p.low, p.high)).collect::<Vec<_>>(), [(history.find("b", "v1").unwrap(), 1, Some(2))]);
}

/// tau-Argus issue 194: 15 = 10 + 3 + x + x, and withheld means at least 1.
#[test]
fn at_least_one_pins_two_ones() {
    let mut table = Explicit::new();
    let cells = [15, 10, 3].map(|n| table.cell(format!("published {n}"), State::Published(n)));
    let hidden = ["x", "y"].map(|name| table.cell(name, State::Withheld));
    table.sum(cells[0], &[cells[1], cells[2], hidden[0], hidden[1]]).unwrap();
    let report = attack(&table, None, None, &AttackOptions::default()).unwrap();
    assert!(report.fallen_targets.is_empty());
    assert_eq!(report.intervals.fallen.iter().map(|p| (p.cell, p.low, p.high)).collect::<Vec<_>>(), [(3, 1, Some(1)), (4, 1, Some(1))]);
    // no value is shown unless it is asked for
    let fallen = report.fallen().next().unwrap();
    assert_eq!(fallen.words(&table, false), "interval: x");
    assert_eq!(fallen.words(&table, true), "interval: x: 1 to 1");
    assert!(!format!("{report} {:?}", report.intervals.fallen).contains("low"));
}

#[test]
fn a_contradiction_is_told_and_a_wrong_start_refused() {
    let mut table = Explicit::new();
    let total = table.cell("all", State::Published(1));
    let hidden = ["x", "y"].map(|name| table.cell(name, State::Withheld));
    table.sum(total, &hidden).unwrap();
    assert!(matches!(certify(&table, None, &[], None, &CertifyOptions::default()), Err(AttackError::Contradiction { .. })));
    table.set_state(total, State::Published(30));
    let wrong = |_: u64| 14;
    assert!(matches!(certify(&table, None, &[], Some(&wrong), &CertifyOptions::default()), Err(AttackError::BadStart { .. })));
    let options = CertifyOptions { samples: 1, ..CertifyOptions::default() };
    let report = certify(&table, None, &[], None, &options).unwrap();
    assert!(report.passes(1.0));
    assert!(report.samples[0].holds(&table, Knowledge::default()));
    let mut forged = report.samples[0].clone();
    forged.values[0].1 += 1;
    assert!(!forged.holds(&table, Knowledge::default()));
}

/// 30 = x + y, both withheld. One organisation made 19 of x: outside x is anything from 1 to 29, but it knows that the others made at most 10 of x.
#[test]
fn an_insider_subtracts_itself() {
    let mut table = Explicit::new();
    let total = table.cell("all", State::Published(30));
    let (x, y) = (table.cell("x", State::Withheld), table.cell("y", State::Withheld));
    table.sum(total, &[x, y]).unwrap();
    let truth = |cell: u64| if cell == x { 20 } else { 10 };
    let public = attack(&table, None, Some(&truth), &AttackOptions::default()).unwrap();
    assert!(public.passes(1.0));
    let own = |count: i64| Own { counts: [(x, count), (total, count)].into(), alone: BTreeSet::new() };
    let insider = Insider::new(&table, CertifyOptions::default()).unwrap();
    let big = insider.attack(&own(19), &[], Some(&truth)).unwrap();
    assert_eq!((big.targets, big.wide, big.also_public), (2, 2, 0));
    assert_eq!(big.below.iter().map(|p| (p.cell, p.low, p.high)).collect::<Vec<_>>(), [(x, 0, Some(10))]);
    // with 28 of its own in x there is 1 or 2 left for y, and 0 or 1 for the others in x
    let truth = |cell: u64| if cell == x { 29 } else { 1 };
    let big = insider.attack(&own(28), &[], Some(&truth)).unwrap();
    assert_eq!(big.pinned.iter().map(|p| (p.cell, p.low, p.high)).collect::<Vec<_>>(), [(x, 0, Some(1)), (y, 1, Some(2))]);
    assert_eq!(big.published_below, [total]);
    // who is alone in x knows x, and so computes y
    let own = Own { counts: [(x, 20), (total, 20)].into(), alone: BTreeSet::from([x]) };
    let truth = |cell: u64| if cell == x { 20 } else { 10 };
    let alone = insider.attack(&own, &[], Some(&truth)).unwrap();
    assert_eq!(alone.computed, [y]);
    assert_eq!(alone.formulas[0].words(&table, false), "y = [all] - [x]");
    let nobody = Own { counts: [(y, 1), (total, 1)].into(), alone: BTreeSet::new() };
    let both = insider.attack_together(&[nobody, own], None, &[], &truth).unwrap();
    assert_eq!((both.targets, both.certified, both.reports.len()), (2, 1, 1));
    assert_eq!((both.reports[0].0, &both.reports[0].1.computed), (1, &vec![y]));
}

fn number(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

/// Places in two hierarchies, categories, and linked measures.
fn cross(seed: u64) -> CrossTable {
    let mut place = Dimension::new("place");
    place.hierarchy([("c1", "d1"), ("c2", "d1"), ("c3", "d2"), ("c4", "d2"), ("d1", "fr"), ("d2", "fr")]);
    place.hierarchy([("c1", "e1"), ("c2", "e2"), ("c3", "e1"), ("c4", "e2"), ("e1", "fr"), ("e2", "fr")]);
    let mut category = Dimension::new("category");
    category.sum("all", ["a", "b", "c"]);
    let mut measure = Dimension::new("measure");
    measure.linear([("gross", 1), ("net", -1), ("difference", -1)]);
    let mut table = CrossTable::dense(vec![place, category, measure]).unwrap();
    let mut state = seed;
    for place in ["c1", "c2", "c3", "c4"] {
        for category in ["a", "b", "c"] {
            for measure in ["net", "difference"] {
                let cell = table.cell_named(&[place, category, measure]).unwrap();
                table.set(cell, State::Published((number(&mut state) % if seed.is_multiple_of(2) { 30 } else { 90 }) as i64));
            }
        }
    }
    table.add_up().unwrap();
    table
}

#[test]
fn a_cross_table_says_the_same_as_the_problem_written_out() {
    let (mut fell, mut held) = (0, 0);
    for seed in 0..25 {
        let truth = cross(seed);
        let value = |cell: u64| if let State::Published(n) = truth.state(cell) { n } else { panic!("all is published") };
        let total = truth.cell_named(&["fr", "all", "gross"]).unwrap();
        let leaves: i64 = (0..truth.len())
            .filter(|&cell| truth.name(cell).starts_with('c') && !truth.name(cell).contains("all") && !truth.name(cell).contains("gross"))
            .map(value)
            .sum();
        assert_eq!(value(total), leaves, "added up over both hierarchies and the linked measures");
        let mut dense = truth.clone();
        let mut sparse = CrossTable::sparse(truth.dimensions().to_vec(), State::Published(0)).unwrap();
        let mut listed = Explicit::new();
        let mut draw = seed + 99;
        for cell in 0..truth.len() {
            let hide = value(cell) > 0 && (value(cell) < 11 || number(&mut draw) % 10 < seed % 7);
            let state = if hide { State::Withheld } else { truth.state(cell) };
            dense.set(cell, state);
            sparse.set(cell, state);
            listed.cell(truth.name(cell), state);
        }
        let mut relations = Vec::new();
        (0..truth.len()).for_each(|cell| dense.touching(cell, &mut relations));
        relations.sort_unstable();
        relations.dedup();
        for &relation in &relations {
            let mut terms = Vec::new();
            dense.terms(relation, &mut terms);
            assert_eq!(terms.iter().map(|&(cell, c)| c * value(cell)).sum::<i64>(), 0);
            let mut back = Vec::new();
            dense.touching(terms[0].0, &mut back);
            assert!(back.contains(&relation));
            listed.relation(&terms).unwrap();
        }
        let options = AttackOptions::default();
        let report = attack(&dense, None, Some(&value), &options).unwrap();
        let other = attack(&sparse, None, Some(&value), &options).unwrap();
        assert_eq!(report, other);
        let written_out = attack(&listed, None, Some(&value), &options).unwrap();
        assert_eq!(report.fallen_targets, written_out.fallen_targets);
        for formula in &report.exact.formulas {
            assert_eq!(formula.value(&dense), Some(value(formula.cell)));
        }
        for pinned in report.intervals.fallen.iter().chain(&report.intervals.below) {
            assert!(pinned.low <= value(pinned.cell) && value(pinned.cell) <= pinned.high.unwrap());
        }
        // from the outside the attacker may find fewer witnesses, but never one that the proofs exclude
        let outside = attack(&dense, None, None, &options).unwrap();
        assert_eq!(outside.fallen_targets, report.fallen_targets);
        assert!(
            outside
                .intervals
                .fallen
                .iter()
                .all(|pinned| report.intervals.fallen.contains(pinned) || report.intervals.not_wide.contains(&pinned.cell))
        );
        fell += report.fallen_targets.len() + report.intervals.fallen.len();
        held += report.intervals.wide;
    }
    println!("{fell} fallen, {held} certified");
    assert!(fell > 0 && held > 0);
}

#[test]
fn witnesses_are_tables_that_anybody_can_add_up() {
    let truth = cross(1);
    let value = |cell: u64| if let State::Published(n) = truth.state(cell) { n } else { panic!("all is published") };
    let mut table = truth.clone();
    for name in ["net", "difference", "gross"] {
        for (place, category) in [("c1", "a"), ("c1", "b"), ("c2", "a"), ("c2", "b"), ("c3", "a"), ("c3", "b"), ("c4", "a"), ("c4", "b")] {
            table.set(table.cell_named(&[place, category, name]).unwrap(), State::Withheld);
        }
    }
    let options = CertifyOptions::default();
    let report = attack(&table, None, None, &AttackOptions::default()).unwrap();
    assert!(report.intervals.not_wide.is_empty() && report.intervals.wide > 0);
    let narrow: BTreeSet<u64> = report.fallen().map(|fallen| fallen.cell()).collect();
    for cell in table.unknowns() {
        let from_truth = witnesses(&table, cell, Some(&value), &options).unwrap();
        let from_outside = witnesses(&table, cell, None, &options).unwrap();
        for tables in [from_truth, from_outside] {
            assert!(tables.iter().all(|witness| witness.holds(&table, Knowledge::default())));
            let values = tables.iter().map(|w| w.values[w.values.binary_search_by_key(&cell, |v| v.0).unwrap()].1);
            let (low, high) = (values.clone().min().unwrap(), values.max().unwrap());
            assert_eq!(high - low >= 2, !narrow.contains(&cell), "{}", table.name(cell));
        }
    }
}

#[test]
fn threads_and_seeds_change_nothing() {
    let truth = cross(3);
    let value = |cell: u64| if let State::Published(n) = truth.state(cell) { n } else { panic!("all is published") };
    let mut table = truth.clone();
    (0..truth.len()).filter(|&cell| (1..25).contains(&value(cell))).for_each(|cell| table.set(cell, State::Withheld));
    let run = |threads: usize, seed: u64| {
        let mut options = AttackOptions::default();
        options.exact.seed = seed;
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| attack(&table, None, None, &options).unwrap())
    };
    let one = run(1, 1);
    assert!(!one.fallen_targets.is_empty());
    assert_eq!(one, run(3, 1));
    assert_eq!(one, run(2, 77));
}
