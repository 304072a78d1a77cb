//! Two years of months released one after the other, with quarters, years, a change of geography and three revisions: everything ever published, taken
//! together, tells no withheld count. Without the ledger it does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use solidata_attack::{CellId, CertifyOptions, ExactOptions, History, State, certify, exact};
use solidata_disclosure::{Cell, Entry, Intervals, JointTables, Ledger, Named, Options, Outcome, Pool, Shown, protect, revise};
mod world;

use world::*;

fn small(n: u64) -> bool {
    (1..K).contains(&n)
}

/// How the releases are protected.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Memory {
    /// With the ledger and the flags of earlier primaries.
    Vault,
    /// With a ledger rebuilt from what is public: whatever was withheld is protected.
    Public,
    /// Each release alone.
    None,
}

/// Everything that was published, by key, and what was true.
struct Published {
    shown: BTreeMap<Key, Shown>,
    truth: BTreeMap<Key, u64>,
    /// Totals over time that no rule withholds and that are withheld for what came before.
    totals_withheld: usize,
    revised_withheld: usize,
}

/// The problem of a release: everything so far as the ledger binds it, or its own tables.
fn joint(sheets: &[Sheet], release: usize, ledger: &Ledger, memory: Memory) -> Named {
    let mut tables = JointTables::new();
    let name = |key: &Key| format!("{}{}", key.0, key.1);
    let mut there = BTreeSet::new();
    let now = |s: &&Sheet| s.release == release || (s.release < release && memory != Memory::None);
    for sheet in sheets.iter().filter(now) {
        for (key, n) in sheet.cells() {
            let cell = match memory {
                Memory::None => Cell::new(n, small(n)),
                Memory::Vault => ledger.bind(&name(&key), n, Some(small(n))).unwrap(),
                Memory::Public if ledger.shown(&name(&key)).is_some() => ledger.bind(&name(&key), n, None).unwrap(),
                Memory::Public => Cell::new(n, small(n)),
            };
            tables.cell(name(&key), cell).unwrap();
            if memory == Memory::None {
                there.insert(key);
            }
        }
        if sheet.revised && memory != Memory::None {
            let first = sheets.iter().find(|s| s.period == sheet.period).unwrap();
            for ((before_key, before), (_, value)) in first.cells().into_iter().zip(sheet.cells()) {
                let fate = ledger.fate(&name(&before_key), before).unwrap();
                let vintage = sheet.vintage.trim_start_matches('@');
                let primary = (small(value), small(value.abs_diff(before)));
                let revision = revise(&mut tables, (&name(&before_key), before, fate), vintage, value, primary).unwrap();
                assert_eq!(revision.cell, format!("{}{}", before_key.0, sheet.vintage));
            }
        }
    }
    for sheet in sheets.iter().filter(now) {
        for (parent, children) in sheet.sums() {
            // Of a release alone, only what adds up within it.
            if memory != Memory::None || children.iter().chain([&parent]).all(|k| there.contains(k)) {
                tables.sum(name(&parent), children.iter().map(&name));
            }
        }
    }
    tables.build().unwrap()
}

/// Releases everything, one release after the other.
fn publish(sheets: &[Sheet], memory: Memory, options: &Options) -> Published {
    let mut ledger = Ledger::new();
    let mut out = Published { shown: BTreeMap::new(), truth: BTreeMap::new(), totals_withheld: 0, revised_withheld: 0 };
    for release in 1..=24 {
        let named = joint(sheets, release, &ledger, memory);
        let pattern = protect(&named.problem, options);
        assert!(pattern.safe(), "release {release}");
        let outcome = |key: &str| pattern.outcomes()[named.find(key).unwrap() as usize];
        assert!(memory == Memory::None || ledger.missing(&named.keys.iter().cloned().collect()).is_empty());
        for entry in ledger.entries().iter().filter(|_| memory != Memory::None) {
            assert_eq!(outcome(&entry.cell) == Outcome::Published, entry.shown != Shown::Withheld, "{} is as it was", entry.cell);
        }
        for sheet in sheets.iter().filter(|s| s.release == release) {
            for (key, n) in sheet.cells() {
                let cell = format!("{}{}", key.0, key.1);
                let outcome = outcome(&cell);
                let shown = if outcome == Outcome::Published { Shown::Value(n) } else { Shown::Withheld };
                out.totals_withheld += usize::from(outcome == Outcome::Secondary && !sheet.parts.is_empty());
                out.revised_withheld += usize::from(outcome == Outcome::Secondary && sheet.revised);
                if memory != Memory::None {
                    let entry = Entry { release: format!("r{release:02}"), table: "demande_territoires".to_owned(), cell, shown };
                    ledger.append(entry).unwrap();
                }
                out.truth.insert(key.clone(), n);
                out.shown.insert(key, shown);
            }
        }
    }
    let lines: Vec<Entry> = serde_json::from_str(&serde_json::to_string(&ledger).unwrap()).unwrap();
    assert_eq!(Ledger::from_entries(lines).unwrap(), ledger, "a ledger is its lines");
    out
}

/// The whole history as the attacker has it. He is told where a revision changed nothing, and that it changed something elsewhere: more than
/// readers are told. With it: what no one may find out.
fn history(sheets: &[Sheet], published: &Published, all: bool) -> (History, Vec<CellId>) {
    let mut history = History::new();
    let mut targets = BTreeSet::new();
    let vintage = |key: &Key| if key.1.is_empty() { "v1".to_owned() } else { key.1.clone() };
    for (key, shown) in &published.shown {
        let state = match shown {
            Shown::Value(n) => State::Published(*n as i64),
            Shown::Withheld => State::Withheld,
        };
        let cell = history.publish(&key.0, &vintage(key), state).unwrap();
        if *shown == Shown::Withheld && (all || small(published.truth[key])) {
            targets.insert(cell);
        }
        assert!(*shown == Shown::Withheld || !small(published.truth[key]));
    }
    for sheet in sheets {
        for (parent, children) in sheet.sums() {
            let (whole, parts) = (vintage(&parent), children.iter().map(&vintage).collect::<Vec<_>>());
            let mut terms = vec![(parent.0.as_str(), whole.as_str(), 1)];
            terms.extend(children.iter().zip(&parts).map(|(k, v)| (k.0.as_str(), v.as_str(), -1)));
            history.relation(&terms).unwrap();
        }
        for (key, after) in sheet.cells().into_iter().filter(|_| sheet.revised) {
            let before = published.truth[&(key.0.clone(), String::new())];
            if before == after {
                history.frozen(&key.0, "v1", &key.1).unwrap();
                continue;
            }
            let change = format!("change of {}", key.0);
            let cell = history.publish(&change, &key.1, State::Withheld).unwrap();
            if small(after.abs_diff(before)) {
                targets.insert(cell);
            }
            let sign = if after > before { 1 } else { -1 };
            history.relation(&[(&key.0, &key.1, 1), (&key.0, "v1", -1), (&change, &key.1, -sign)]).unwrap();
        }
    }
    (history, targets.into_iter().collect())
}

/// How many cells that no one may find out everything published gives away, and of how many.
fn attack(sheets: &[Sheet], published: &Published, all: bool) -> (usize, usize) {
    let (history, targets) = history(sheets, published, all);
    let report = exact(history.problem(), &ExactOptions { formulas: 5, ..ExactOptions::default() }).unwrap();
    let fallen = report.fallen.iter().filter(|c| targets.binary_search(c).is_ok()).count();
    (fallen, targets.len())
}

#[test]
fn the_whole_history_opens_nothing() {
    for (seed, memory, pool) in [(1, Memory::Vault, Pool::Off), (2, Memory::Vault, Pool::Searches { k: K }), (3, Memory::Public, Pool::Off)]
    {
        let sheets = world(seed, true);
        let published = publish(&sheets, memory, &Options { pool, ..Options::default() });
        let (fallen, targets) = attack(&sheets, &published, memory == Memory::Public);
        assert_eq!(fallen, 0, "seed {seed}");
        println!(
            "seed {seed}: {} cells, {targets} targets, {} totals and {} revised cells withheld for the sake of others",
            published.shown.len(),
            published.totals_withheld,
            published.revised_withheld
        );
        assert!(targets > 1_000 && published.totals_withheld > 0 && published.revised_withheld > 0);
        // No difference between two published vintages tells about few.
        for sheet in sheets.iter().filter(|s| s.revised) {
            for (key, _) in sheet.cells() {
                let before = (key.0.clone(), String::new());
                if let (Shown::Value(a), Shown::Value(b)) = (published.shown[&before], published.shown[&key]) {
                    assert!(!small(a.abs_diff(b)), "{key:?}");
                }
            }
        }
    }
}

/// Without revisions: where one leaves a change too little room, the protector says so and nothing is released.
#[test]
fn the_whole_history_leaves_every_count_its_room() {
    let sheets = world(4, false);
    let published = publish(&sheets, Memory::Vault, &Options { intervals: Some(Intervals::default()), ..Options::default() });
    let (history, targets) = history(&sheets, &published, false);
    let fallen = exact(history.problem(), &ExactOptions { explain: false, ..ExactOptions::default() }).unwrap().fallen;
    assert!(targets.iter().all(|cell| fallen.binary_search(cell).is_err()));
    let found = certify(history.problem(), Some(&targets), &fallen, None, &CertifyOptions::default()).unwrap();
    println!("{} cells, {found}", published.shown.len());
    assert!(found.targets > 1_000 && found.passes(0.99), "{found}");
}

#[test]
fn without_the_ledger_the_history_opens_cells() {
    let sheets = world(1, true);
    let (fallen, targets) = attack(&sheets, &publish(&sheets, Memory::None, &Options::default()), false);
    println!("each release alone: {fallen} of {targets} found out");
    assert!(fallen > 0, "the test can fail");
}
