//! Two years of months released one after the other, with quarters, years, a change of geography and three revisions: everything ever published, taken
//! together, tells no withheld count. Without the ledger it does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use solidata_attack::{CellId, ExactOptions, History, State, exact};
use solidata_disclosure::{Cell, Entry, JointTables, Ledger, Named, Options, Outcome, Pool, Shown, protect, revise};

const K: u64 = 11;
const COMMUNES: usize = 14;
/// Communes, and searches made for a whole département.
const LEAVES: usize = COMMUNES + 3;
const CATEGORIES: [&str; 6] = ["a1", "a2", "b1", "b2", "ab", "c"];
/// `ab` has two parents.
const FAMILIES: [(&str, &[usize]); 3] = [("a", &[0, 1, 4]), ("b", &[2, 3, 4]), ("toutes", &[0, 1, 2, 3, 4, 5])];
const OUTCOMES: [(&str, &[usize]); 3] = [("trouve", &[0]), ("rien", &[1]), ("tous", &[0, 1])];

/// Numbers that depend on the seed only (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn poisson(&mut self, mean: f64) -> u64 {
        let (floor, mut product, mut n) = ((-mean).exp(), self.unit(), 0);
        while product > floor {
            product *= self.unit();
            n += 1;
        }
        n
    }
}

/// A place and the leaves that it holds.
type Place = (String, Vec<usize>);

fn commune(i: usize) -> String {
    format!("com-{i:02}")
}

fn leaf(i: usize) -> String {
    if i < COMMUNES { commune(i) } else { format!("dep-{}-sans-precision", i - COMMUNES) }
}

fn members(place: &str) -> Vec<usize> {
    match place {
        "dep-0" => vec![0, 1, 2, 3, 4, 5, 14],
        "dep-1" => vec![6, 7, 8, 9, 15],
        "dep-2" => vec![10, 11, 12, 13, 16],
        "epci-0" => vec![0, 1, 2, 3],
        // Across a border of départements, as the next one.
        "epci-1" => vec![4, 5, 6],
        "epci-2" => vec![7, 8, 9, 10],
        "epci-3" => vec![11, 12, 13],
        _ => (0..LEAVES).collect(),
    }
}

/// The places of a year. In the second one commune 3 is part of commune 2, and commune 11 has gone over to another EPCI.
fn places(second: bool) -> Vec<Place> {
    let merged = |list: Vec<usize>| list.into_iter().filter(|i| !second || *i != 3).collect::<Vec<_>>();
    let mut all: Vec<Place> = merged((0..LEAVES).collect()).into_iter().map(|i| (leaf(i), vec![i])).collect();
    for place in ["dep-0", "dep-1", "dep-2", "fr"] {
        all.push((place.to_owned(), merged(members(place))));
    }
    all.extend(epci(second).into_iter().map(|(name, list)| (name, merged(list))));
    all
}

/// The EPCI of a vintage of the geography.
fn epci(second: bool) -> Vec<Place> {
    let vintage = if second { "@2025" } else { "@2024" };
    let mut all: Vec<Place> = (0..4).map(|e| (format!("epci-{e}"), members(&format!("epci-{e}")))).collect();
    if second {
        all[3].1.retain(|i| *i != 11);
        all[2].1.push(11);
    }
    all.into_iter().map(|(name, list)| (name + vintage, list)).collect()
}

/// What adds up among places: sums of leaves, and the country of its départements and of its EPCI.
fn place_sums(all: &[Place]) -> Vec<(String, Vec<String>)> {
    let mut sums: Vec<(String, Vec<String>)> =
        all.iter().filter(|(_, list)| list.len() > 1).map(|(name, list)| (name.clone(), list.iter().map(|i| leaf(*i)).collect())).collect();
    sums.push(("fr".to_owned(), (0..3).map(|d| format!("dep-{d}")).collect()));
    let inside = all.iter().map(|(name, _)| name).filter(|name| name.starts_with("epci"));
    sums.push(("fr".to_owned(), inside.cloned().chain((COMMUNES..LEAVES).map(leaf)).collect()));
    sums
}

/// A cell: what it counts, and of which vintage of the data (`@r08`; nothing for the first).
type Key = (String, String);

/// A table of one period, as one release gives it.
struct Sheet {
    period: String,
    vintage: String,
    /// The number of the release.
    release: usize,
    places: Vec<Place>,
    place_sums: Vec<(String, Vec<String>)>,
    inner: Vec<u64>,
    /// Periods, with their vintages, that it is the sum of.
    parts: Vec<(String, String)>,
    revised: bool,
}

fn inner_at(place: usize, category: usize, outcome: usize) -> usize {
    (place * CATEGORIES.len() + category) * 2 + outcome
}

impl Sheet {
    fn key(&self, place: &str, category: &str, outcome: &str) -> Key {
        (format!("{}|{place}|{category}|{outcome}", self.period), self.vintage.clone())
    }

    fn categories() -> Vec<(&'static str, Vec<usize>)> {
        let leaves = CATEGORIES.iter().enumerate().map(|(i, name)| (*name, vec![i]));
        leaves.chain(FAMILIES.iter().map(|(name, parts)| (*name, parts.to_vec()))).collect()
    }

    fn cells(&self) -> Vec<(Key, u64)> {
        let mut cells = Vec::new();
        for (place, leaves) in &self.places {
            for (category, parts) in Self::categories() {
                for (outcome, ways) in OUTCOMES {
                    let inner = leaves.iter().flat_map(|l| parts.iter().flat_map(move |c| ways.iter().map(move |o| inner_at(*l, *c, *o))));
                    cells.push((self.key(place, category, outcome), inner.map(|i| self.inner[i]).sum()));
                }
            }
        }
        cells
    }

    /// What adds up within the table, and in time.
    fn sums(&self) -> Vec<(Key, Vec<Key>)> {
        let mut sums = Vec::new();
        for (category, _) in Self::categories() {
            for (outcome, _) in OUTCOMES {
                for (parent, children) in &self.place_sums {
                    sums.push((self.key(parent, category, outcome), children.iter().map(|c| self.key(c, category, outcome)).collect()));
                }
            }
        }
        for (place, _) in &self.places {
            for (outcome, _) in OUTCOMES {
                for (family, parts) in FAMILIES {
                    let children = parts.iter().map(|c| self.key(place, CATEGORIES[*c], outcome)).collect();
                    sums.push((self.key(place, family, outcome), children));
                }
            }
            for (category, _) in Self::categories() {
                let children = ["trouve", "rien"].map(|o| self.key(place, category, o)).to_vec();
                sums.push((self.key(place, category, "tous"), children));
            }
        }
        for (key, _) in self.cells().iter().filter(|_| !self.parts.is_empty()) {
            let what = key.0.split_once('|').unwrap().1;
            sums.push((key.clone(), self.parts.iter().map(|(period, vintage)| (format!("{period}|{what}"), vintage.clone())).collect()));
        }
        sums
    }
}

fn added(sheets: &[Sheet], parts: &[(String, String)]) -> Vec<u64> {
    let of = |part: &(String, String)| sheets.iter().find(|s| (&s.period, &s.vintage) == (&part.0, &part.1)).unwrap();
    (0..LEAVES * CATEGORIES.len() * 2).map(|i| parts.iter().map(|p| of(p).inner[i]).sum()).collect()
}

/// All tables of two years, in the order of their releases.
fn world(seed: u64) -> Vec<Sheet> {
    let mut dice = Dice(seed);
    let weights: Vec<f64> = (0..LEAVES).map(|_| (3.0 * dice.unit() - 1.0).exp() * 2.0).collect();
    let mut sheets: Vec<Sheet> = Vec::new();
    // The last vintage of each month.
    let mut latest: Vec<(String, String)> = Vec::new();
    for month in 0..24 {
        let (year, release) = (month / 12, month + 1);
        let second = year == 1;
        let mut inner = vec![0; LEAVES * CATEGORIES.len() * 2];
        for place in (0..LEAVES).filter(|p| !second || *p != 3) {
            for category in 0..CATEGORIES.len() {
                for outcome in 0..2 {
                    let mean = weights[place] * 6.0 / (category + 1) as f64 / (outcome + 1) as f64;
                    inner[inner_at(place, category, outcome)] = dice.poisson(mean);
                }
            }
        }
        let sheet = |period: String, inner: Vec<u64>, parts: Vec<(String, String)>| Sheet {
            period,
            vintage: String::new(),
            release,
            places: places(second),
            place_sums: place_sums(&places(second)),
            inner,
            parts,
            revised: false,
        };
        let name = format!("{}-{:02}", 2024 + year, month % 12 + 1);
        sheets.push(sheet(name.clone(), inner, Vec::new()));
        latest.push((name, String::new()));
        // May gets late searches in August, September many in November, October loses some in April: the year has them.
        for (when, which, change) in [(8, 4, 2i64), (11, 8, 25), (16, 9, -1)] {
            if when == release {
                let before = sheets.iter().find(|s| s.period == latest[which].0).unwrap();
                let (period, mut inner) = (before.period.clone(), before.inner.clone());
                for i in 0..9 {
                    let at = inner_at(dice.below(LEAVES), dice.below(CATEGORIES.len()), dice.below(2));
                    let change = if i % 3 == 0 { change.signum() } else { change };
                    inner[at] = inner[at].saturating_add_signed(change);
                }
                let vintage = format!("@r{release:02}");
                latest[which].1.clone_from(&vintage);
                let (places, place_sums) = (places(false), place_sums(&places(false)));
                sheets.push(Sheet { period, vintage, release, places, place_sums, inner, parts: Vec::new(), revised: true });
            }
        }
        for (size, letter) in [(3, "-T"), (12, "")] {
            if release % size == 0 {
                let parts = latest[release - size..release].to_vec();
                let number = if size == 3 { (month % 12 / 3 + 1).to_string() } else { String::new() };
                let inner = added(&sheets, &parts);
                sheets.push(sheet(format!("{}{letter}{number}", 2024 + year), inner, parts));
            }
        }
        if release == 13 {
            // The first year again, above the communes, in the geography of the second.
            let inner = sheets.iter().find(|s| s.period == "2024").unwrap().inner.clone();
            let places = epci(true);
            let mut sums: Vec<(String, Vec<String>)> =
                places.iter().map(|(name, list)| (name.clone(), list.iter().map(|i| leaf(*i)).collect())).collect();
            sums.push(("fr".to_owned(), places.iter().map(|p| p.0.clone()).chain((COMMUNES..LEAVES).map(leaf)).collect()));
            let (period, vintage) = ("2024".to_owned(), String::new());
            sheets.push(Sheet { period, vintage, release, places, place_sums: sums, inner, parts: Vec::new(), revised: false });
        }
    }
    sheets
}

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
fn publish(sheets: &[Sheet], memory: Memory, pool: &Pool) -> Published {
    let mut ledger = Ledger::new();
    let mut out = Published { shown: BTreeMap::new(), truth: BTreeMap::new(), totals_withheld: 0, revised_withheld: 0 };
    for release in 1..=24 {
        let named = joint(sheets, release, &ledger, memory);
        let pattern = protect(&named.problem, &Options { pool: pool.clone(), ..Options::default() });
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
        let sheets = world(seed);
        let published = publish(&sheets, memory, &pool);
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

#[test]
fn without_the_ledger_the_history_opens_cells() {
    let sheets = world(1);
    let (fallen, targets) = attack(&sheets, &publish(&sheets, Memory::None, &Pool::Off), false);
    println!("each release alone: {fallen} of {targets} found out");
    assert!(fallen > 0, "the test can fail");
}
