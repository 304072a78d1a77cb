//! The protector and the attacker share no code: what the one withholds, the other must not find out; what the one leaves open, the other must see.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use solidata_attack::{AttackOptions, CertifyOptions, Explicit, State, attack, certify};
use solidata_disclosure::{Cell, Intervals, JointTables, Options, Pool, protect};
use std::cell::Cell as Counter;
use std::collections::BTreeMap;

const K: u64 = 11;

/// Cells by name, and sums of them: communes in départements and in EPCI that cross their border, crossed with categories.
struct World {
    cells: BTreeMap<String, u64>,
    sums: Vec<(String, Vec<String>)>,
}

/// Six communes of two départements and two EPCI, and three categories with their total.
fn world(inner: &[[u64; 3]; 6]) -> World {
    const GROUPS: [(&str, &[usize]); 5] =
        [("dep-1", &[0, 1, 2]), ("dep-2", &[3, 4, 5]), ("epci-1", &[0, 1, 3]), ("epci-2", &[2, 4, 5]), ("fr", &[0, 1, 2, 3, 4, 5])];
    const CATEGORIES: [(&str, &[usize]); 4] = [("a", &[0]), ("b", &[1]), ("c", &[2]), ("toutes", &[0, 1, 2])];
    let communes: Vec<(String, Vec<usize>)> = (0..6).map(|i| (format!("com-{i}"), vec![i])).collect();
    let groups = GROUPS.iter().map(|(name, members)| ((*name).to_owned(), members.to_vec()));
    let areas: Vec<(String, Vec<usize>)> = communes.into_iter().chain(groups).collect();
    let mut world = World { cells: BTreeMap::new(), sums: Vec::new() };
    for (area, members) in &areas {
        for (category, parts) in CATEGORIES {
            let value = members.iter().flat_map(|m| parts.iter().map(move |p| inner[*m][*p])).sum();
            world.cells.insert(format!("{area} {category}"), value);
            if members.len() > 1 {
                let children = members.iter().map(|m| format!("com-{m} {category}")).collect();
                world.sums.push((format!("{area} {category}"), children));
            }
        }
        let children = ["a", "b", "c"].map(|c| format!("{area} {c}")).to_vec();
        world.sums.push((format!("{area} toutes"), children));
    }
    world
}

/// Whether the attacker passes a release in which these cells are withheld: each target has two witnesses, and this share of them one that reaches k.
fn passes(world: &World, withheld: &dyn Fn(&str) -> bool, targets: &dyn Fn(&str) -> bool, share: f64) -> bool {
    let mut seen = Explicit::new();
    let numbers: BTreeMap<&str, u64> = world
        .cells
        .iter()
        .map(|(name, value)| {
            let state = if withheld(name) { State::Withheld } else { State::Published(*value as i64) };
            (name.as_str(), seen.cell(name.clone(), state))
        })
        .collect();
    for (parent, children) in &world.sums {
        let children: Vec<u64> = children.iter().map(|c| numbers[c.as_str()]).collect();
        seen.sum(numbers[parent.as_str()], &children).unwrap();
    }
    let mut targets: Vec<u64> = numbers.iter().filter(|(name, _)| targets(name)).map(|(_, number)| *number).collect();
    targets.sort_unstable();
    attack(&seen, Some(&targets), None, &AttackOptions::default()).unwrap().passes(share)
}

/// As many small numbers as large ones; or ones, twos and threes with a large number here and there, which leave little room.
fn counts() -> impl Strategy<Value = [[u64; 3]; 6]> {
    let worlds = |n: BoxedStrategy<u64>| prop::array::uniform6(prop::array::uniform3(n));
    let even = prop_oneof![Just(0), 1..K, K..60, 60u64..500].boxed();
    let scarce = prop_oneof![1 => Just(0), 6 => 1u64..4, 1 => K..300].boxed();
    prop_oneof![worlds(even), worlds(scarce)]
}

/// What became of a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fared {
    /// The protector says that nothing may be released.
    Refused,
    /// Released although some primaries do not reach k, as the protector says; whether the attacker finds two witnesses for each.
    Short(bool),
    /// Released; whether the attacker passes it.
    Done(bool),
}

fn protected(inner: &[[u64; 3]; 6], pool: Pool) -> Fared {
    let world = world(inner);
    let primary = |name: &str| (1..K).contains(&world.cells[name]);
    let mut tables = JointTables::new();
    for (name, value) in &world.cells {
        tables.cell(name.clone(), Cell::new(*value, primary(name))).unwrap();
    }
    for (parent, children) in &world.sums {
        tables.sum(parent.clone(), children.clone());
    }
    let tables = tables.build().unwrap();
    let pattern = protect(&tables.problem, &Options { intervals: Some(Intervals::default()), pool, ..Options::default() });
    let withheld = |name: &str| pattern.outcomes()[tables.find(name).unwrap() as usize].withheld();
    assert!(world.cells.keys().all(|name| !primary(name) || withheld(name)));
    match (pattern.safe(), pattern.short.is_empty()) {
        (false, _) => Fared::Refused,
        (true, false) => Fared::Short(passes(&world, &withheld, &primary, 0.0)),
        (true, true) => Fared::Done(passes(&world, &withheld, &primary, 0.99)),
    }
}

thread_local! {
    /// Worlds; of those refused, and released with primaries that do not reach k.
    static RUN: Counter<[usize; 3]> = const { Counter::new([0; 3]) };
}

#[test]
fn what_is_protected_is_not_found_out() {
    let config = ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(inner in counts(), pool in any::<bool>())| {
        let fared = protected(&inner, if pool { Pool::Searches { k: K } } else { Pool::Off });
        let [worlds, refused, short] = RUN.get();
        RUN.set([worlds + 1, refused + usize::from(fared == Fared::Refused), short + usize::from(matches!(fared, Fared::Short(_)))]);
        prop_assert!(!matches!(fared, Fared::Done(false) | Fared::Short(false)), "{:?}", fared);
    });
    let [worlds, refused, short] = RUN.get();
    println!("{worlds} worlds, {refused} of them refused, {short} with primaries that do not reach k");
    assert!(worlds >= 20_000 && refused == 0 && short * 100 <= worlds, "{worlds} worlds, {refused} refused, {short} short");
}

#[test]
fn the_protector_nearly_always_says_that_it_is_done() {
    let worlds = 60;
    let done = (0..worlds).filter(|seed| {
        let mut n = *seed * 7_919 + 13;
        let inner = std::array::from_fn(|_| {
            std::array::from_fn(|_| {
                n = (n * 1_103_515_245 + 12_345) % 2_147_483_648;
                if n % 3 == 0 { n / 64 % K } else { n / 64 % 90 }
            })
        });
        protected(&inner, Pool::Off) == Fared::Done(true)
    });
    assert!(done.count() * 10 >= worlds as usize * 9);
}

#[test]
fn the_attacker_finds_every_primary_wide() {
    for seed in 0..40u64 {
        let mut n = seed * 6_364_136 + 1_442_695;
        let inner = std::array::from_fn(|_| {
            std::array::from_fn(|_| {
                n = (n * 1_103_515_245 + 12_345) % 2_147_483_648;
                // Mostly small, with a large one here and there.
                if n % 5 < 4 { 1 + n / 64 % 3 } else { 20 + n / 64 % 300 }
            })
        });
        let world = world(&inner);
        let primary = |name: &str| (1..K).contains(&world.cells[name]);
        let mut tables = JointTables::new();
        for (name, value) in &world.cells {
            tables.cell(name.clone(), Cell::new(*value, primary(name))).unwrap();
        }
        world.sums.iter().for_each(|(parent, children)| tables.sum(parent.clone(), children.clone()));
        let tables = tables.build().unwrap();
        let options = Options { pool: Pool::Searches { k: K }, intervals: Some(Intervals::default()), ..Options::default() };
        let pattern = protect(&tables.problem, &options);
        assert!(pattern.safe(), "nothing is public for good, so that everything can be withheld: seed {seed}");
        let mut seen = Explicit::new();
        let numbers: BTreeMap<&str, u64> = world
            .cells
            .iter()
            .map(|(name, value)| {
                let withheld = pattern.outcomes()[tables.find(name).unwrap() as usize].withheld();
                let state = if withheld { State::Withheld } else { State::Published(*value as i64) };
                (name.as_str(), seen.cell(name.clone(), state))
            })
            .collect();
        for (parent, children) in &world.sums {
            let children: Vec<u64> = children.iter().map(|c| numbers[c.as_str()]).collect();
            seen.sum(numbers[parent.as_str()], &children).unwrap();
        }
        let mut targets: Vec<u64> = numbers.iter().filter(|(name, _)| primary(name)).map(|(_, number)| *number).collect();
        targets.sort_unstable();
        let report = certify(&seen, Some(&targets), &[], None, &CertifyOptions::default()).unwrap();
        assert!(report.fallen.is_empty() && report.wide == targets.len(), "seed {seed}: {report}");
    }
}

#[test]
fn a_threshold_alone_is_found_out() {
    let world = world(&[[40, 30, 4], [50, 60, 70], [80, 90, 20], [30, 31, 32], [33, 34, 35], [36, 37, 38]]);
    let primary = |name: &str| (1..K).contains(&world.cells[name]);
    assert!(!passes(&world, &primary, &primary, 0.0));
}
