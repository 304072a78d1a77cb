//! The ledger: releases one after the other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;

use solidata_disclosure::{Cell, Entry, Fate, JointTables, Ledger, Named, Options, Outcome, Pattern, Shown, explain, protect, revise};
use solidata_disclosure::{Explanation, computable};

const K: u64 = 11;
const PARTS: [&str; 3] = ["a", "b", "c"];

/// Two years of months of a table of three parts and their total, with quarters and years, as far as `month`.
fn values(month: u64, part: u64) -> u64 {
    let n = (month * 7 + part * 13 + month * part * 5) % 40;
    if part == 0 { n % 13 } else { n + 4 }
}

struct Years {
    ledger: Ledger,
    with_ledger: bool,
}

fn add(tables: &mut JointTables, ledger: &Ledger, key: &str, n: u64, bind: bool) {
    let fate = if bind { ledger.fate(key, n).unwrap() } else { Fate::Free };
    tables.cell(key, Cell::new(n, n > 0 && n < K).with_fate(fate)).unwrap();
}

/// Everything as far as a month; periods that are not over are not there.
fn joint(ledger: &Ledger, months: u64, bind: bool) -> Named {
    let mut tables = JointTables::new();
    let mut periods: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for m in 0..months {
        let name = format!("m{m:02}");
        periods.insert(name.clone(), Vec::new());
        for (size, letter) in [(3, "q"), (12, "y")] {
            if (m / size + 1) * size <= months {
                periods.entry(format!("{letter}{:02}", m / size)).or_default().push(name.clone());
            }
        }
    }
    let value = |period: &str, part: u64| -> u64 {
        let months = if period.starts_with('m') { vec![period.to_owned()] } else { periods[period].clone() };
        months.iter().map(|m| values(m[1..].parse().unwrap(), part)).sum()
    };
    for (period, children) in &periods {
        for (i, part) in PARTS.iter().enumerate() {
            add(&mut tables, ledger, &format!("{period}|{part}"), value(period, i as u64), bind);
        }
        add(&mut tables, ledger, &format!("{period}|all"), (0..3).map(|p| value(period, p)).sum(), bind);
        tables.sum(format!("{period}|all"), PARTS.map(|p| format!("{period}|{p}")));
        for part in PARTS.iter().chain(&["all"]).filter(|_| !children.is_empty()) {
            tables.sum(format!("{period}|{part}"), children.iter().map(|c| format!("{c}|{part}")));
        }
    }
    tables.build().unwrap()
}

fn record(ledger: &mut Ledger, release: &str, named: &Named, pattern: &Pattern) {
    for (i, key) in named.keys.iter().enumerate() {
        let shown = match pattern.outcomes()[i] {
            Outcome::Hidden => continue,
            Outcome::Published => Shown::Value(named.problem.cells()[i].value),
            _ => Shown::Withheld,
        };
        if ledger.shown(key).is_none() {
            let entry = Entry { release: release.to_owned(), table: "t".to_owned(), cell: key.clone(), shown };
            ledger.append(entry).unwrap();
        }
    }
}

/// Releases two years month by month; how many cells everything ever published gives away.
fn release(mut years: Years) -> usize {
    for months in 1..=24 {
        let named = joint(&years.ledger, months, years.with_ledger);
        let pattern = protect(&named.problem, &Options::default());
        assert!(!years.with_ledger || pattern.safe(), "month {months}");
        record(&mut years.ledger, &format!("r{months}"), &named, &pattern);
    }
    let named = joint(&years.ledger, 24, false);
    let published = |cell: u32| matches!(years.ledger.shown(&named.keys[cell as usize]), Some(Shown::Value(_)));
    computable(&named.problem, published).len()
}

#[test]
fn two_years_of_months_open_nothing_with_the_ledger_and_something_without() {
    assert_eq!(release(Years { ledger: Ledger::new(), with_ledger: true }), 0);
    assert!(release(Years { ledger: Ledger::new(), with_ledger: false }) > 0, "the test can fail");
}

#[test]
fn a_total_that_would_open_an_earlier_month_is_withheld() {
    let mut tables = JointTables::new();
    let values = [("01", 4, Fate::Sticky), ("02", 30, Fate::Public), ("03", 25, Fate::Public)];
    for (month, n, fate) in values {
        tables.cell(month, Cell::new(n, n < K).with_fate(fate)).unwrap();
    }
    tables.cell("q1", Cell::new(59, false)).unwrap();
    tables.sum("q1", ["01", "02", "03"]);
    let named = tables.build().unwrap();
    let pattern = protect(&named.problem, &Options::default());
    let quarter = named.find("q1").unwrap();
    assert_eq!(pattern.outcomes()[quarter as usize], Outcome::Secondary);
    let Explanation::Secondary { protects, formula, .. } = explain(&named.problem, &pattern, quarter) else { panic!() };
    assert_eq!(protects, [named.find("01").unwrap()]);
    assert_eq!(formula.unwrap().words(|c| named.keys[c as usize].clone()), "01 = q1 - 02 - 03");
}

#[test]
fn a_revision_that_tells_about_few_is_not_published() {
    for (value, small, withheld) in [(104, true, true), (130, false, false), (100, true, false), (96, true, true)] {
        let mut tables = JointTables::new();
        tables.cell("m1", Cell::new(100, false).with_fate(Fate::Public)).unwrap();
        let revision = revise(&mut tables, ("m1", 100, Fate::Public), "r2", value, (false, small)).unwrap();
        let named = tables.build().unwrap();
        let pattern = protect(&named.problem, &Options::default());
        assert!(pattern.safe());
        assert_eq!(pattern.outcomes()[named.find(&revision.cell).unwrap() as usize].withheld(), withheld, "{value}");
    }
}

#[test]
fn a_withheld_cell_that_a_revision_empties_is_a_zero() {
    let mut ledger = Ledger::new();
    let mut given = Vec::new();
    for release in ["r2", "r3"] {
        let mut tables = JointTables::new();
        tables.cell("m1", ledger.bind("m1", 3, Some(true)).unwrap()).unwrap();
        tables.cell("m2", Cell::new(5, true)).unwrap();
        tables.cell("all", Cell::new(8, true)).unwrap();
        tables.sum("all", ["m1", "m2"]);
        let fate = ledger.fate("m1", 3).unwrap();
        let revision = revise(&mut tables, ("m1", 3, fate), "r2", 0, (false, true)).unwrap();
        // In the release after, the ledger knows the zero.
        tables.cell(&revision.cell, ledger.bind(&revision.cell, 0, Some(false)).unwrap()).unwrap();
        let named = tables.build().unwrap();
        let pattern = protect(&named.problem, &Options::default());
        assert!(pattern.safe());
        given.push(pattern.outcomes()[named.find(&revision.cell).unwrap() as usize]);
        record(&mut ledger, release, &named, &pattern);
    }
    assert_eq!((given, ledger.shown("m1")), (vec![Outcome::Published; 2], Some(Shown::Withheld)));
}

#[test]
fn a_ledger_does_not_contradict_itself() {
    let entry = |cell: &str, shown| Entry { release: "r".to_owned(), table: "t".to_owned(), cell: cell.to_owned(), shown };
    let mut ledger = Ledger::from_entries([entry("a", Shown::Value(3)), entry("b", Shown::Withheld)]).unwrap();
    assert!(ledger.append(entry("a", Shown::Value(4))).is_err());
    assert!(ledger.append(entry("b", Shown::Value(4))).is_err());
    assert!(ledger.append(entry("a", Shown::Withheld)).is_ok());
    assert_eq!(ledger.shown("a"), Some(Shown::Value(3)), "what was published stays known");
    assert_eq!(ledger.fate("b", 9), Ok(Fate::Sticky));
    assert!(ledger.fate("a", 9).is_err());
    assert!(ledger.bind("b", 9, None).unwrap().primary && !ledger.bind("b", 9, Some(false)).unwrap().primary);
    assert!(!ledger.bind("a", 3, None).unwrap().primary);
    let line = serde_json::to_string(&ledger.entries()[0]).unwrap();
    assert_eq!(serde_json::from_str::<Entry>(&line).unwrap(), ledger.entries()[0]);
    assert_eq!(ledger.missing(&["a".to_owned()].into()), ["b"]);
}

/// Communes of two geographies: from the second year on, b and c are one commune. The first year is given again in the new geography, above
/// the communes only, and three months are revised.
#[test]
fn a_new_geography_and_revisions_open_nothing() {
    let build = |ledger: &Ledger, bind: bool| {
        let mut tables = JointTables::new();
        for m in 0..24u64 {
            let key = |part: &str| format!("m{m:02}|{part}");
            let n = [0, 1, 2].map(|p| values(m, p));
            // Before the change b and c are published; afterwards they are hidden parts of bc.
            for (i, part) in PARTS.iter().enumerate() {
                let hidden = m >= 12 && i > 0;
                let fate = if hidden {
                    Fate::Hidden
                } else if bind {
                    ledger.fate(&key(part), n[i]).unwrap()
                } else {
                    Fate::Free
                };
                tables.cell(key(part), Cell::new(n[i], n[i] > 0 && n[i] < K).with_fate(fate)).unwrap();
            }
            add(&mut tables, ledger, &key("bc"), n[1] + n[2], bind);
            add(&mut tables, ledger, &key("all"), n.iter().sum(), bind);
            tables.sum(key("bc"), [key("b"), key("c")]);
            tables.sum(key("all"), [key("a"), key("bc")]);
        }
        for part in ["a", "bc", "all"] {
            for (period, months) in [("y00", 0..12u64), ("y01", 12..24)] {
                let of = |m: u64| match part {
                    "a" => values(m, 0),
                    "bc" => values(m, 1) + values(m, 2),
                    _ => (0..3).map(|p| values(m, p)).sum(),
                };
                add(&mut tables, ledger, &format!("{period}|{part}"), months.clone().map(of).sum(), bind);
                tables.sum(format!("{period}|{part}"), months.map(|m| format!("m{m:02}|{part}")));
            }
        }
        tables
    };
    let mut ledger = Ledger::new();
    let named = build(&ledger, true).build().unwrap();
    let pattern = protect(&named.problem, &Options::default());
    assert!(pattern.safe());
    record(&mut ledger, "r1", &named, &pattern);
    // Revisions: three months gain 2, 15 and 30 searches in one part.
    let mut tables = build(&ledger, true);
    let mut revised = Vec::new();
    for (m, more) in [(3u64, 2u64), (7, 15), (15, 30)] {
        let key = format!("m{m:02}|all");
        let before: u64 = (0..3).map(|p| values(m, p)).sum();
        let fate = ledger.fate(&key, before).unwrap();
        revised.push(revise(&mut tables, (&key, before, fate), "r2", before + more, (false, more < K)).unwrap());
    }
    let named = tables.build().unwrap();
    let again = protect(&named.problem, &Options::default());
    assert!(again.safe());
    let out = |key: &str| again.outcomes()[named.find(key).unwrap() as usize];
    assert!(out(&revised[0].cell).withheld(), "two searches more would be told");
    for (key, before) in named.keys.iter().filter_map(|k| Some((k, ledger.shown(k)?))) {
        assert_eq!(out(key) == Outcome::Published, matches!(before, Shown::Value(_)), "{key} stays as it was");
    }
    let shown = |cell: u32| again.outcomes()[cell as usize] == Outcome::Published;
    assert_eq!(computable(&named.problem, shown), Vec::<u32>::new());
}
