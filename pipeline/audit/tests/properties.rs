//! Thousands of small random joint problems: what the protector makes of each goes to the attacker, who shares no code with it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::cell::Cell as Counter;

use proptest::prelude::*;
use solidata_attack::{CellId, ExactOptions, Explicit, State, exact};
use solidata_disclosure::{
    Cell, Constraints, Cube, Dimension, DimensionBuilder, Fate, Options, Outcome, Pattern, Pool, Problem, Table, protect,
};

const K: u64 = 11;

/// Cells with their fates, and what adds up.
#[derive(Debug, Clone)]
struct Joint {
    cells: Vec<Cell>,
    sums: Vec<(u32, Vec<u32>)>,
}

/// Rows in two groupings that cross, columns of which one may be in two families, and all totals; some cells public, sticky or in no table.
fn joint() -> impl Strategy<Value = Joint> {
    let value = prop_oneof![3 => 1..K, 2 => K..60, 1 => Just(0u64)];
    let fates = prop::collection::vec(0u8..60, 80);
    (2usize..7, 1usize..5, any::<u64>(), prop::collection::vec(value, 24), fates).prop_map(|(rows, cols, cuts, values, fates)| {
        let groups = |n: usize, shift: usize| {
            let sides = [0, 1].map(|side| (0..n).filter(|i| cuts >> (shift + i) & 1 == side).collect::<Vec<usize>>());
            sides.into_iter().filter(move |members| members.len() > 1 && members.len() < n)
        };
        let singles = |n: usize| (0..n).map(|i| vec![i]).collect::<Vec<_>>();
        let mut places: Vec<Vec<usize>> = singles(rows).into_iter().chain(groups(rows, 0)).chain(groups(rows, 8)).collect();
        let mut kinds: Vec<Vec<usize>> = singles(cols).into_iter().chain(groups(cols, 16)).chain(groups(cols, 24)).collect();
        places.push((0..rows).collect());
        kinds.extend((cols > 1).then(|| (0..cols).collect()));
        let at = |place: usize, kind: usize| (place * kinds.len() + kind) as u32;
        let mut joint = Joint { cells: Vec::new(), sums: Vec::new() };
        for (p, place) in places.iter().enumerate() {
            for (k, kind) in kinds.iter().enumerate() {
                let value: u64 = place.iter().map(|r| kind.iter().map(|c| values[r * 4 + c]).sum::<u64>()).sum();
                let fate = match fates[joint.cells.len() % fates.len()] {
                    0 => Fate::Public,
                    1 => Fate::Sticky,
                    2 => Fate::Hidden,
                    _ => Fate::Free,
                };
                joint.cells.push(Cell::new(value, (1..K).contains(&value)).with_fate(fate));
                if place.len() > 1 {
                    joint.sums.push((at(p, k), place.iter().map(|r| at(*r, k)).collect()));
                }
                if kind.len() > 1 {
                    joint.sums.push((at(p, k), kind.iter().map(|c| at(p, *c)).collect()));
                }
            }
        }
        joint
    })
}

impl Joint {
    fn protected(&self, pool: Pool) -> Pattern {
        let mut sums = Constraints::new();
        self.sums.iter().for_each(|(parent, children)| sums.sum(*parent, children.iter().copied()));
        let problem = Problem::new(self.cells.clone(), &sums).unwrap();
        protect(&problem, &Options { pool, threads: 1, ..Options::default() })
    }

    /// What readers see.
    fn seen(&self, outcomes: &[Outcome]) -> Explicit {
        let mut seen = Explicit::new();
        for (i, (cell, outcome)) in self.cells.iter().zip(outcomes).enumerate() {
            let state = match outcome {
                _ if cell.value == 0 => State::Published(0),
                Outcome::Published => State::Published(cell.value as i64),
                // What no table holds and no one may find out either is a target as well.
                Outcome::Hidden if !cell.primary => State::Unpublished,
                _ => State::Withheld,
            };
            seen.cell(format!("c{i}"), state);
        }
        for (parent, children) in &self.sums {
            let children: Vec<CellId> = children.iter().map(|c| CellId::from(*c)).collect();
            seen.sum(CellId::from(*parent), &children).unwrap();
        }
        seen
    }

    /// The primaries that the attacker has: found out, or read.
    fn bare(&self, seen: &Explicit, outcomes: &[Outcome]) -> Vec<u32> {
        let fallen = exact(seen, &ExactOptions::default()).unwrap().fallen;
        let known = |i: u32| outcomes[i as usize] == Outcome::Published || fallen.binary_search(&CellId::from(i)).is_ok();
        (0..self.cells.len() as u32).filter(|i| self.cells[*i as usize].primary && known(*i)).collect()
    }
}

thread_local! {
    /// Problems; secondaries taken out.
    static RUN: Counter<(usize, usize)> = const { Counter::new((0, 0)) };
}

#[test]
fn the_attacker_finds_nothing_and_misses_no_secondary() {
    let config = ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(joint in joint(), pool in prop::bool::weighted(0.25))| {
        let pattern = joint.protected(if pool { Pool::Searches { k: K } } else { Pool::Off });
        let outcomes = pattern.outcomes();
        let seen = joint.seen(outcomes);
        prop_assert_eq!(&joint.bare(&seen, outcomes), &pattern.lost, "what cannot be helped is known to the protector, all else is safe");
        if !joint.cells.iter().any(|c| c.fate == Fate::Public) {
            prop_assert!(pattern.safe());
        }
        let (mut problems, mut taken) = RUN.get();
        problems += 1;
        // With pools a secondary may be there for a sum that is too small, which algebra alone does not mind.
        for i in (0..outcomes.len()).filter(|i| !pool && outcomes[*i] == Outcome::Secondary) {
            let mut opened = outcomes.to_vec();
            opened[i] = Outcome::Published;
            let mut seen = seen.clone();
            seen.set_state(i as CellId, State::Published(joint.cells[i].value as i64));
            prop_assert!(joint.bare(&seen, &opened).len() > pattern.lost.len(), "secondary {} is not missed", i);
            taken += 1;
        }
        RUN.set((problems, taken));
    });
    let (problems, taken) = RUN.get();
    println!("{problems} problems, {taken} secondaries taken out one by one");
    assert!(problems >= 10_000 && taken > 10_000);
}

fn dimensions() -> Vec<Dimension> {
    let mut geo = (0..5).fold(DimensionBuilder::new("territoire").node("pays", "fr"), |b, i| b.node("commune", format!("com-{i}")));
    for (group, members) in [("dep-0", [0, 1].as_slice()), ("dep-1", &[2, 3, 4]), ("epci-0", &[0, 1, 2]), ("epci-1", &[3, 4])] {
        geo = geo.node("groupe", group).sum(group, members.iter().map(|i| format!("com-{i}")));
    }
    let geo = geo.sum("fr", ["dep-0", "dep-1"]).sum("fr", ["epci-0", "epci-1"]);
    vec![geo.build().unwrap(), Dimension::total("categorie", "toutes", ["a", "b", "c"]).unwrap()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Searches come in any order, in any number of pieces.
    #[test]
    fn order_and_shards_of_the_input_change_nothing(counts in prop::collection::vec(0u64..40, 15), cuts in prop::collection::vec((0usize..15, 1u64..9), 0..30), turn in 0usize..15) {
        let dimensions = dimensions();
        let leaves = |d: usize| (0..dimensions[d].len() as u32).filter(|n| dimensions[d].is_leaf(*n)).collect::<Vec<u32>>();
        let inner: Vec<([u32; 2], u64)> =
            leaves(0).into_iter().flat_map(|g| leaves(1).into_iter().map(move |c| [g, c])).zip(counts).collect();
        let mut pieces = inner.clone();
        for (at, n) in cuts {
            let taken = pieces[at].1.min(n);
            pieces[at].1 -= taken;
            pieces.push((pieces[at].0, taken));
        }
        pieces.rotate_left(turn);
        pieces.reverse();
        let outcomes = |inner: Vec<([u32; 2], u64)>, threads: usize| {
            let cube = Cube::fold(dimensions.clone(), inner).unwrap();
            let problem = cube.problem(&[Table::new()], |_, n| ((1..K).contains(&n), Fate::Free), threads).unwrap();
            let pattern = protect(&problem, &Options { threads, pool: Pool::Searches { k: K }, ..Options::default() });
            (0..cube.len()).map(|c| (cube.nodes(c), cube.value(c), pattern.outcomes()[c])).collect::<Vec<_>>()
        };
        prop_assert_eq!(outcomes(inner, 1), outcomes(pieces, 2));
    }
}
