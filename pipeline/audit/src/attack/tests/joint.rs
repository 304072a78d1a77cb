//! The joint problem: what adds up, what falls, and what holds.

use super::world::{Inner, Line, batch, has_gross, lists, rows, searches, threshold, withhold};
use crate::attack::{AttackOutcome, AttackSettings, DemandProblem, DemandReader, History, PublishedDemand, ReleaseId, Shares};
use crate::attack::{attack_history, attack_insiders, attack_problem};
use solidata_attack::{CellId, ExactOptions, Problem, State, exact};
use solidata_disclosure::{Cell, Fate, Intervals, JointTables, Options, protect};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A release that is read from rows in memory.
pub(super) fn release(month: &str, revision: u32, sealed: u64, lines: &[Line]) -> PublishedDemand {
    let id = ReleaseId { prefix: format!("releases/{month}/r{revision}"), month: month.parse().unwrap(), revision, sealed };
    let mut reader = DemandReader::new(&lists(), id);
    // in two batches: the look at rows goes on across them
    let (first, second) = lines.split_at(lines.len() / 2);
    reader.push(&batch(first)).unwrap();
    reader.push(&batch(second)).unwrap();
    reader.finish()
}

pub(super) fn attacked(releases: Vec<PublishedDemand>, settings: &AttackSettings) -> AttackOutcome {
    attack_history(&lists(), History { releases, notes: Vec::new() }, settings).unwrap()
}

fn quarter(months: [&[Inner]; 3]) -> Vec<Line> {
    rows("trimestre", "2024-T3", &months.concat())
}

fn search(place: &'static str, category: &'static str, net: i64) -> Inner {
    Inner { place, category, outcome: "trouve", net, removed: 0 }
}

#[test]
fn every_relation_holds_for_the_true_table_and_every_count_is_in_it() {
    let months = [searches(1), searches(2), searches(3)];
    let mut last = rows("mois", "2024-09", &months[2]);
    last.extend(quarter([&months[0], &months[1], &months[2]]));
    let releases = [
        release("2024-07", 1, 1, &rows("mois", "2024-07", &months[0])),
        release("2024-08", 1, 2, &rows("mois", "2024-08", &months[1])),
        release("2024-09", 1, 3, &last),
    ];
    assert_eq!(releases.iter().flat_map(|r| &r.telltales).count(), 0);
    let problem = DemandProblem::new(&lists(), &releases).unwrap();
    assert_eq!(problem.periods(), ["2024-07@r1", "2024-08@r1", "2024-09@r1", "2024-T3@r1"]);
    let value = |cell: u64| match problem.state(cell) {
        State::Published(value) => value,
        state => panic!("{} is {state:?}", problem.name(cell)),
    };
    let (mut relations, mut terms) = (Vec::new(), Vec::new());
    for cell in 0..problem.cells() {
        problem.touching(cell, &mut relations);
    }
    relations.sort_unstable();
    relations.dedup();
    for relation in &relations {
        terms.clear();
        problem.terms(*relation, &mut terms);
        let sum: i64 = terms.iter().map(|&(cell, coefficient)| coefficient * value(cell)).sum();
        assert_eq!(sum, 0, "relation {relation} at {}", problem.name(terms[0].0));
    }
    // the cells that each search is counted in, added up, are the table
    let mut counted: BTreeMap<u64, i64> = BTreeMap::new();
    for (month, found) in ["2024-07@r1", "2024-08@r1", "2024-09@r1"].iter().zip(&months) {
        for inner in found {
            for (what, n) in [(inner.outcome, inner.net), ("retirees", inner.removed)] {
                let cells = problem.cells_of(month, inner.place, inner.category, what).unwrap();
                assert_eq!(cells.iter().collect::<BTreeSet<_>>().len(), cells.len());
                cells.into_iter().for_each(|cell| *counted.entry(cell).or_default() += n);
            }
        }
    }
    for cell in 0..problem.cells() {
        assert_eq!(value(cell), counted.get(&cell).copied().unwrap_or(0), "{}", problem.name(cell));
    }
    assert!(counted.len() > 2000);
}

#[test]
fn a_threshold_alone_falls_with_its_formula() {
    let found = [search("com-03001", "lodging", 40), search("com-03002", "lodging", 4), search("fr-sp", "sans_categorie", 30)];
    let mut lines = rows("mois", "2024-09", &found);
    withhold(&mut lines, threshold);
    let outcome = attacked(vec![release("2024-09", 1, 1, &lines)], &AttackSettings::default());
    assert_eq!((outcome.numbers.withheld, outcome.numbers.computable, outcome.passes()), (4, 4, false));
    let words = "exact: 2024-09@r1 · com-03002 (Cb), tous · lodging = - [2024-09@r1 · com-03001 (Ca), tous · lodging] + \
                 [2024-09@r1 · dep-03 (Tiers), tous · lodging]";
    assert!(outcome.fallen[0].starts_with(words), "{:#?}", outcome.fallen);
    assert!(outcome.fallen.iter().all(|words| !words.contains("44") && !words.ends_with("= 4")), "{:#?}", outcome.fallen);
    assert!(outcome.to_string().ends_with("the release does not hold"), "{outcome}");
    let settings = AttackSettings { reveal: true, words: 1, ..AttackSettings::default() };
    let revealed = attacked(vec![release("2024-09", 1, 1, &lines)], &settings);
    assert!(revealed.fallen.len() == 1 && revealed.fallen[0].ends_with("= 4"), "{:?}", revealed.fallen);
    assert!(revealed.to_string().contains("and 3 more"));
}

#[test]
fn a_category_of_two_parents_and_an_epci_across_a_border_open_cells() {
    // mental is in health and in social: health and social together hold it twice, all searches once
    let found = [
        search("com-03001", "mental", 30),
        search("com-03001", "social.plusieurs", 5),
        search("com-03001", "lodging", 25),
        search("com-03002", "lodging", 25),
    ];
    let mut lines = rows("mois", "2024-09", &found);
    withhold(&mut lines, |line, _| line.texts[8].starts_with("social"));
    let outcome = attacked(vec![release("2024-09", 1, 1, &lines)], &AttackSettings::default());
    // toutes - health - lodging is social.plusieurs, everywhere
    assert_eq!(outcome.numbers.computable, outcome.numbers.withheld);
    let formula = outcome.fallen.iter().find(|f| f.starts_with("exact: 2024-09@r1 · com-03001 (Ca), trouve · social.plusieurs =")).unwrap();
    assert!(formula.contains("toutes]") && formula.contains("lodging]"), "{formula}");

    let found = [search("com-01001", "lodging", 40), search("com-01002", "lodging", 50), search("com-02001", "lodging", 4)];
    let mut lines = rows("mois", "2024-09", &found);
    let above = ["dep-01", "dep-02", "reg-10", "fr"];
    withhold(&mut lines, |line, gross| threshold(line, gross) || above.contains(&line.texts[3].as_str()));
    let outcome = attacked(vec![release("2024-09", 1, 1, &lines)], &AttackSettings::default());
    assert!(outcome.fallen.iter().any(|f| f.starts_with("exact: 2024-09@r1 · com-02001") && f.contains("epci-200000001 (CC Une)")));
}

#[test]
fn gross_counts_open_what_categories_close() {
    // net is withheld in two categories and gross in none: the difference is known of one of them from its other half
    let mut found = vec![search("com-03002", "lodging", 4), search("com-03002", "sans_categorie", 40), search("com-03001", "meals", 90)];
    found[2].removed = 30;
    let mut lines = rows("mois", "2024-09", &found);
    withhold(&mut lines, |line, gross| {
        !gross && (threshold(line, false) || ["lodging", "sans_categorie"].contains(&line.texts[8].as_str()))
    });
    let outcome = attacked(vec![release("2024-09", 1, 1, &lines)], &AttackSettings::default());
    // nothing was removed there, but nobody says so: 4 + 40 may be 44 less what was removed
    assert_eq!(outcome.numbers.computable, 0, "{outcome}");
    // it does when the sum of removed ones leaves no room: net toutes and gross toutes are published, and all of the difference lies in meals
    let pinned = outcome.numbers.intervals.clone().unwrap();
    assert!(pinned.pinned > 0 && outcome.fallen.iter().all(|words| words.starts_with("interval: ")), "{outcome}");
}

#[test]
fn a_small_difference_of_gross_and_net_is_seen_even_where_it_is_only_computable() {
    let mut found = vec![search("com-03001", "lodging", 40), search("com-03001", "meals", 60), search("com-03002", "meals", 50)];
    found[0].removed = 5;
    let lines = rows("mois", "2024-09", &found);
    let outcome = attacked(vec![release("2024-09", 1, 1, &lines)], &AttackSettings::default());
    assert!(!outcome.passes() && outcome.telltales.iter().all(|t| t.problem.contains("below the threshold")), "{outcome}");
    // withheld at the one place, and computable from total and other category
    found[1].removed = 30;
    let mut lines = rows("mois", "2024-09", &found);
    withhold(&mut lines, |line, gross| gross && line.texts[8] == "lodging");
    let outcome = attacked(vec![release("2024-09", 1, 1, &lines)], &AttackSettings::default());
    assert!(outcome.telltales.iter().any(|t| t.problem.contains("dep-03 (Tiers), retirées · lodging")), "{outcome}");
    // in a région, outside of its départements
    let mut found = vec![search("reg-10-sp", "lodging", 40), search("dep-01-sp", "lodging", 60)];
    found[0].removed = 7;
    found[1].removed = 20;
    let outcome = attacked(vec![release("2024-09", 1, 1, &rows("mois", "2024-09", &found))], &AttackSettings::default());
    assert!(outcome.telltales.iter().any(|t| t.problem.contains("reg-10 (Nord), retirées hors")), "{outcome}");
}

/// The publisher names what must not be found out: what no table gives, and what should not have been published.
#[test]
fn a_target_falls_without_a_marker_too() {
    let mut found = vec![search("com-03001", "lodging", 40), search("com-03001", "meals", 60), search("com-03002", "meals", 50)];
    (found[0].removed, found[1].removed) = (12, 30);
    let settings = AttackSettings::default();
    let asked = |lines: &[Line], counted: &str| {
        let problem = DemandProblem::new(&lists(), &[release("2024-09", 1, 1, lines)]).unwrap();
        let target = problem.cell("2024-09@r1", "dep-03", "lodging", counted).unwrap();
        attack_problem(&problem, Some(&[target]), None, &settings).unwrap()
    };
    let mut lines = rows("mois", "2024-09", &found);
    let outcome = asked(&lines, "retirees");
    assert!(!outcome.passes() && outcome.fallen.iter().any(|f| f.starts_with("published: ") && f.contains("retirées")), "{outcome}");
    assert!(asked(&lines, "tous").fallen.iter().any(|f| f.starts_with("published: ")));
    // computable from total and other category
    withhold(&mut lines, |line, gross| gross && line.texts[8] == "lodging");
    let outcome = asked(&lines, "retirees");
    assert!(!outcome.passes() && outcome.fallen.iter().any(|f| f.starts_with("exact: ") && f.contains("retirées")), "{outcome}");
    // nobody can tell the two categories apart
    withhold(&mut lines, |line, gross| gross && line.texts[8] != "toutes");
    let outcome = asked(&lines, "retirees");
    let i = outcome.numbers.intervals.clone().unwrap();
    assert!(outcome.passes() && (i.targets, i.wide) == (1, 1), "{outcome}");
}

/// Cells that cannot reach the threshold are named for the publisher, who knows the targets, and for nobody else.
#[test]
fn cells_that_do_not_reach_the_threshold_are_named_in_private() {
    let mut lines = rows("mois", "2024-09", &[search("com-03001", "lodging", 5), search("com-03002", "lodging", 6)]);
    withhold(&mut lines, |line, _| line.texts[3].starts_with("com-"));
    let problem = DemandProblem::new(&lists(), &[release("2024-09", 1, 1, &lines)]).unwrap();
    let target = |place: &str| problem.cell("2024-09@r1", place, "lodging", "tous").unwrap();
    let mut targets = vec![target("com-03001"), target("com-03002")];
    targets.sort_unstable();
    let asked = |targets: Option<&[CellId]>, settings: AttackSettings| {
        let outcome = attack_problem(&problem, targets, None, &settings).unwrap();
        let i = outcome.numbers.intervals.clone().unwrap();
        assert_eq!((i.wide, i.below + i.not_reaching), (i.targets, i.targets), "{outcome}");
        (outcome.below.len() + outcome.not_reaching.len(), outcome.to_string())
    };
    let settings = AttackSettings::default();
    let (named, text) = asked(None, settings);
    assert!(named == 0 && !text.contains("com-0300"), "{text}");
    let (named, text) = asked(Some(&targets), settings);
    assert!(named == 2 && text.contains("11: 2024-09@r1 · com-03001 (Ca), tous · lodging\n") && text.contains("com-03002 (Cb)"), "{text}");
    assert_eq!(asked(Some(&targets), AttackSettings { words: 1, ..settings }).0, 1);
    let (named, text) = asked(None, AttackSettings { reveal: true, ..settings });
    assert!(named > 2 && text.contains("com-03002 (Cb), tous · lodging: 1 to 10"), "{text}");
}

/// A quarter opens a month: what two départements hide in September is the quarter less the other months.
#[test]
fn a_quarter_opens_a_month() {
    let months = [searches(11), searches(12), vec![search("com-03001", "lodging", 6), search("com-03002", "lodging", 14)]];
    let hide =
        |line: &Line, _: bool| line.texts[8] == "lodging" && line.texts[3].starts_with("com-03") || line.texts[3].starts_with("com-03");
    let month = |name: &str, searches: &[Inner], withheld: bool| {
        let mut lines = rows("mois", name, searches);
        if withheld {
            withhold(&mut lines, hide);
        }
        lines
    };
    let first = release("2024-07", 1, 1, &month("2024-07", &months[0], false));
    let second = release("2024-08", 1, 2, &month("2024-08", &months[1], false));
    let alone = release("2024-09", 1, 3, &month("2024-09", &months[2], true));
    let settings = AttackSettings::default();
    let without = attacked(vec![first.clone(), second.clone(), alone], &settings);
    assert_eq!((without.numbers.computable, without.passes()), (0, true), "{without}");
    let mut lines = month("2024-09", &months[2], true);
    lines.extend(quarter([&months[0], &months[1], &months[2]]));
    let with = release("2024-09", 1, 3, &lines);
    let opened = attacked(vec![first.clone(), second.clone(), with.clone()], &settings);
    assert_eq!(opened.numbers.computable, opened.numbers.withheld, "{opened}");
    assert!(opened.fallen.iter().all(|words| words.contains("2024-T3@r1")), "{opened}");
    // a later revision of July is another count: the quarter is the sum of what there was when it was made
    let revised = release("2024-07", 2, 4, &month("2024-07", &searches(99), false));
    let opened = attacked(vec![first.clone(), revised, second.clone(), with.clone()], &settings);
    assert!(opened.telltales.is_empty() && opened.numbers.computable == opened.numbers.withheld, "{opened}");
    let names = |name: &str| opened.fallen.iter().filter(|words| words.contains(name)).count();
    assert!(names("2024-07@r1") > 0 && names("2024-07@r2") == 0, "{opened}");
    // without August nothing is known of the sum, and it is said
    let missing = attacked(vec![first, with], &settings);
    assert!(missing.numbers.computable == 0 && missing.notes[0].contains("2024-08"), "{missing}");
}

pub(super) fn key(line: &Line, gross: bool) -> String {
    format!("{}|{}|{}|{}", line.texts[1], line.texts[3], line.texts[8], if gross { "brutes" } else { line.texts[10].as_str() })
}

fn cell_of(problem: &DemandProblem, line: &Line, gross: bool) -> u64 {
    let counted = if gross { "brutes" } else { line.texts[10].as_str() };
    problem.cell(&format!("{}@r1", line.texts[1]), &line.texts[3], &line.texts[8], counted).unwrap()
}

/// What the protector makes of a month: the keys that it withholds.
pub(super) fn protected(lines: &[Line], found: &[Inner]) -> BTreeSet<String> {
    let mut tables = JointTables::new();
    for line in lines {
        for (gross, n) in [(false, line.net), (true, line.gross)] {
            if let Some(n) = n.filter(|n| *n > 0) {
                tables.cell(key(line, gross), Cell::new(n as u64, (1..11).contains(&n))).unwrap();
            }
        }
    }
    for inner in found {
        let leaf = format!("2024-09|{}|{}|{}", inner.place, inner.category, inner.outcome);
        let removed = format!("{leaf}|removed");
        if inner.removed > 0 {
            tables.cell(&removed, Cell::new(inner.removed as u64, false).with_fate(Fate::Hidden)).unwrap();
        }
        for place in inner.places() {
            for category in inner.categories() {
                for outcome in [inner.outcome, "tous", "brutes"] {
                    if outcome == "brutes" && !has_gross(place) {
                        continue;
                    }
                    let cell = format!("2024-09|{place}|{category}|{outcome}");
                    if inner.net > 0 {
                        tables.holds(&cell, &leaf);
                    }
                    if inner.removed > 0 && outcome == "brutes" {
                        tables.holds(&cell, &removed);
                    }
                }
            }
        }
    }
    let tables = tables.build().unwrap();
    let pattern = protect(&tables.problem, &Options { intervals: Some(Intervals::default()), ..Options::default() });
    assert!(pattern.safe());
    tables.keys.iter().zip(pattern.outcomes()).filter(|(_, outcome)| outcome.withheld()).map(|(key, _)| key.clone()).collect()
}

#[test]
fn what_the_protector_made_holds_and_a_threshold_alone_does_not() {
    // a sparser month, so that the protector of the test is quick
    let found: Vec<Inner> = searches(21).into_iter().filter(|i| i.place != "com-03001" && i.category != "food.sans_precision").collect();
    let open = rows("mois", "2024-09", &found);
    let mut naive = open.clone();
    withhold(&mut naive, threshold);
    let settings = AttackSettings::default();
    assert!(attacked(vec![release("2024-09", 1, 1, &naive)], &settings).numbers.computable > 20);
    let withheld = protected(&open, &found);
    let mut lines = open.clone();
    withhold(&mut lines, |line, gross| withheld.contains(&key(line, gross)));
    let held = release("2024-09", 1, 1, &lines);
    let problem = DemandProblem::new(&lists(), std::slice::from_ref(&held)).unwrap();
    assert!(problem.withheld() == withheld.len() && held.telltales.is_empty());
    let primary = |line: &Line, gross: bool| threshold(line, gross).then(|| cell_of(&problem, line, gross));
    let mut primaries: Vec<u64> = open.iter().flat_map(|line| [primary(line, false), primary(line, true)]).flatten().collect();
    primaries.sort_unstable();
    let outcome = attack_problem(&problem, Some(&primaries), None, &settings).unwrap();
    assert!(outcome.passes() && outcome.numbers.targets == primaries.len(), "{outcome}");
    // the public does not know which are primary; what it computes besides is secondary, and may as well be published
    let fallen = exact(&problem, &ExactOptions::default()).unwrap().fallen;
    let falls = |line: &Line, gross: bool| fallen.contains(&cell_of(&problem, line, gross));
    let mut lines = open.clone();
    withhold(&mut lines, |line, gross| withheld.contains(&key(line, gross)) && !falls(line, gross));
    let held = attacked(vec![release("2024-09", 1, 1, &lines)], &settings);
    assert!(held.passes() && held.numbers.withheld == withheld.len() - fallen.len(), "{held}");
    let secondary = |at: &usize| lines[*at].net.is_none() && open[*at].net.is_some_and(|n| n >= 11);
    let opened = (0..lines.len()).filter(secondary).step_by(40).filter(|&at| {
        let mut lines = lines.clone();
        (lines[at].net, lines[at].status) = (open[at].net, "publie".into());
        !attacked(vec![release("2024-09", 1, 1, &lines)], &settings).passes()
    });
    let opened = opened.count();
    assert!(opened > 0);
}

#[test]
fn an_organisation_that_subtracts_itself_is_counted_and_not_named() {
    let found = [
        search("com-03001", "lodging", 20),
        search("com-03001", "meals", 15),
        search("com-03002", "lodging", 14),
        search("com-03002", "meals", 17),
    ];
    let mut lines = rows("mois", "2024-09", &found);
    withhold(&mut lines, |line, _| line.texts[3].starts_with("com-") && line.texts[8] != "toutes");
    let releases = [release("2024-09", 1, 1, &lines)];
    let problem = DemandProblem::new(&lists(), &releases).unwrap();
    let settings = AttackSettings::default();
    assert!(attack_problem(&problem, None, None, &settings).unwrap().passes());
    let mut truth: HashMap<CellId, i64> = HashMap::new();
    for inner in &found {
        for cell in problem.cells_of("2024-09@r1", inner.place, inner.category, inner.outcome).unwrap() {
            *truth.entry(cell).or_default() += inner.net;
        }
    }
    // organisation 7 is all of com-03001 lodging: with that it knows the three other cells
    let shares = |alone: bool| {
        let mut shares = Shares::new();
        for inner in &found {
            let cells = problem.cells_of("2024-09@r1", inner.place, inner.category, inner.outcome).unwrap();
            let own = if inner.place == "com-03001" && inner.category == "lodging" && alone { inner.net } else { 2 };
            shares.add(Some(7), &cells, own);
            shares.add(None, &cells, inner.net - own);
        }
        shares
    };
    let all: Vec<CellId> = problem.unknowns();
    let truth = |cell: CellId| truth.get(&cell).copied().unwrap_or(0);
    let numbers = attack_insiders(&problem, shares(true).organisations(), &all, &truth, &settings).unwrap();
    assert_eq!((numbers.organisations, numbers.successful), (1, 1));
    assert!(numbers.computed >= 3 && numbers.open.len() >= 3, "{numbers}");
    // the cells are named and their values are not, and neither is the organisation
    assert!(numbers.open.iter().any(|cell| cell == "2024-09@r1 · com-03002 (Cb), tous · lodging"), "{:?}", numbers.open);
    let few = AttackSettings { words: 1, ..settings };
    assert_eq!(attack_insiders(&problem, shares(true).organisations(), &all, &truth, &few).unwrap().open.len(), 1);
    let numbers = attack_insiders(&problem, shares(false).organisations(), &all, &truth, &settings).unwrap();
    assert_eq!((numbers.organisations, numbers.successful, numbers.computed, numbers.open.len()), (1, 0, 0, 0), "{numbers}");
    assert!(problem.cells_of("2024-09@r1", "com-03001", "food", "trouve").is_none());
    assert!(problem.cells_of("2024-10@r1", "com-03001", "meals", "trouve").is_none());
    assert!(problem.cell("2024-09@r1", "com-03001", "meals", "brutes").is_none());
    let cell = problem.cell("2024-09@r1", "dep-03", "toutes", "brutes").unwrap();
    assert_eq!(problem.state(cell), State::Published(66));
}
