//! Alternatives to withholding, and what is told of them side by side.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use solidata_disclosure::{
    Cell, CellKey, Constraints, Cube, Dimension, Error, Fate, Given, Method, Options, Problem, Restricted, Table, compare,
    controlled_rounding, judge,
};

const K: u64 = 11;

/// Cells and what adds up: rows in two crossing groupings, columns, sometimes layers, and all totals.
#[derive(Debug, Clone)]
struct Joint {
    cells: Vec<u64>,
    sums: Vec<(u32, Vec<u32>)>,
}

impl Joint {
    fn problem(&self) -> Problem {
        let mut sums = Constraints::new();
        self.sums.iter().for_each(|(p, c)| sums.sum(*p, c.iter().copied()));
        Problem::new(self.cells.iter().map(|n| Cell::new(*n, (1..K).contains(n))).collect(), &sums).unwrap()
    }
}

/// The crossing of dimensions, each a list of nodes as sets of leaves; a node of several leaves is their sum.
fn crossing(dimensions: &[Vec<Vec<usize>>], leaves: &[usize], value: impl Fn(&[usize]) -> u64) -> Joint {
    let mut joint = Joint { cells: Vec::new(), sums: Vec::new() };
    let all: usize = dimensions.iter().map(Vec::len).product();
    let digits = |mut at: usize, of: &[usize]| {
        let mut out = vec![0; of.len()];
        for d in (0..of.len()).rev() {
            (out[d], at) = (at % of[d], at / of[d]);
        }
        out
    };
    let sizes: Vec<usize> = dimensions.iter().map(Vec::len).collect();
    for cell in 0..all {
        let nodes = digits(cell, &sizes);
        let inside = |leaf: &Vec<usize>| nodes.iter().enumerate().all(|(d, n)| dimensions[d][*n].contains(&leaf[d]));
        let inner = (0..leaves.iter().product()).map(|i| digits(i, leaves)).filter(inside);
        joint.cells.push(inner.map(|leaf| value(&leaf)).sum());
        for (d, node) in nodes.iter().enumerate().filter(|(d, n)| dimensions[*d][**n].len() > 1) {
            let number = |leaf: usize| {
                let single = dimensions[d].iter().position(|n| n == &[leaf]).unwrap();
                nodes.iter().enumerate().fold(0, |n, (e, node)| n * sizes[e] + if e == d { single } else { *node }) as u32
            };
            joint.sums.push((cell as u32, dimensions[d][*node].iter().map(|l| number(*l)).collect()));
        }
    }
    joint
}

fn joint() -> impl Strategy<Value = Joint> {
    let value = prop_oneof![3 => 1u64..11, 2 => 11u64..60, 1 => Just(0u64)];
    (2usize..7, 2usize..4, 1usize..3, any::<u64>(), prop::collection::vec(value, 36)).prop_map(|(rows, cols, layers, cuts, values)| {
        let mut first: Vec<Vec<usize>> = (0..rows).map(|r| vec![r]).collect();
        for shift in [0, 8] {
            for side in [0, 1] {
                let members: Vec<usize> = (0..rows).filter(|r| cuts >> (shift + r) & 1 == side).collect();
                if members.len() > 1 && members.len() < rows && !first.contains(&members) {
                    first.push(members);
                }
            }
        }
        let with_total = |n: usize| (0..n).map(|i| vec![i]).chain((n > 1).then(|| (0..n).collect())).collect::<Vec<Vec<usize>>>();
        first.push((0..rows).collect());
        crossing(&[first, with_total(cols), with_total(layers)], &[rows, cols, layers], |leaf| {
            values[(leaf[0] * 3 + leaf[1]) * 2 % 36 + leaf[2] % 2]
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rounding_adds_up_and_says_what_is_far(joint in joint(), base in 2u64..12) {
        let rounded = controlled_rounding(&joint.problem(), base).unwrap();
        prop_assert!(rounded.values.iter().all(|n| n % base == 0));
        for (parent, children) in &joint.sums {
            prop_assert_eq!(rounded.values[*parent as usize], children.iter().map(|c| rounded.values[*c as usize]).sum::<u64>());
        }
        let far: Vec<u32> = (0..joint.cells.len() as u32).filter(|c| rounded.values[*c as usize].abs_diff(joint.cells[*c as usize]) >= base).collect();
        prop_assert_eq!(rounded.restricted == Restricted::Found, far.is_empty() && rounded.restricted != Restricted::Impossible);
        prop_assert_eq!(rounded.far, far);
        for (n, r) in joint.cells.iter().zip(&rounded.values) {
            prop_assert!(rounded.restricted != Restricted::Found || n % base != 0 || n == r, "a multiple stays");
            prop_assert!(*n != 0 || *r == 0, "a zero stays");
        }
    }
}

/// Whether any choice of the multiples beside the inner cells keeps every total beside its own: all choices are tried.
fn exists(joint: &Joint, base: u64) -> bool {
    let parents: Vec<u32> = joint.sums.iter().map(|(p, _)| *p).collect();
    let inner: Vec<usize> = (0..joint.cells.len()).filter(|c| !parents.contains(&(*c as u32))).collect();
    let open: Vec<usize> = inner.iter().copied().filter(|c| !joint.cells[*c].is_multiple_of(base)).collect();
    (0u32..1 << open.len()).any(|choice| {
        let mut rounded: Vec<Option<u64>> = vec![None; joint.cells.len()];
        inner.iter().for_each(|c| rounded[*c] = Some(joint.cells[*c] / base * base));
        open.iter().enumerate().filter(|(i, _)| choice >> i & 1 == 1).for_each(|(_, c)| rounded[*c] = rounded[*c].map(|n| n + base));
        // Sums of sums are there once what they are the sum of is.
        while rounded.iter().any(Option::is_none) {
            for (parent, children) in &joint.sums {
                let sum = children.iter().try_fold(0, |sum, c| Some(sum + rounded[*c as usize]?));
                rounded[*parent as usize] = rounded[*parent as usize].or(sum);
            }
        }
        rounded.iter().zip(&joint.cells).all(|(r, n)| r.is_some_and(|r| r.abs_diff(*n) < base))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn that_there_is_none_is_true(joint in joint().prop_filter("few inner cells", |j| j.cells.len() <= 45), base in 3u64..12) {
        let parents: Vec<u32> = joint.sums.iter().map(|(p, _)| *p).collect();
        prop_assume!((0..joint.cells.len() as u32).filter(|c| !parents.contains(c)).count() <= 12);
        let rounded = controlled_rounding(&joint.problem(), base).unwrap();
        let expected = if exists(&joint, base) { Restricted::Found } else { Restricted::Impossible };
        prop_assert_eq!(rounded.restricted, expected);
    }
}

/// Rows and columns with their totals and the total of all: such a table always has a rounding within its base.
#[test]
fn two_dimensions_always_round_within_the_base() {
    for seed in 0..200u64 {
        let value = |leaf: &[usize]| (seed * 131 + leaf[0] as u64 * 37 + leaf[1] as u64 * 101 + seed * (leaf[0] * leaf[1]) as u64) % 23;
        let nodes = |n: usize| (0..n).map(|i| vec![i]).chain([(0..n).collect()]).collect::<Vec<Vec<usize>>>();
        let joint = crossing(&[nodes(5), nodes(6)], &[5, 6], value);
        assert_eq!(controlled_rounding(&joint.problem(), 5).unwrap().restricted, Restricted::Found, "{seed}");
    }
}

/// Every pair of three cells of 5 has a total of 10, to be given as it is with a base of 10; so two of the three go apart, whichever two are taken.
#[test]
fn where_none_exists_totals_go_further_and_are_listed() {
    let sums = vec![(3, vec![0, 1]), (4, vec![1, 2]), (5, vec![0, 2])];
    let rounded = controlled_rounding(&Joint { cells: vec![5, 5, 5, 10, 10, 10], sums: sums.clone() }.problem(), 10).unwrap();
    assert_eq!(rounded.restricted, Restricted::Impossible);
    assert!(!rounded.far.is_empty() && rounded.far.iter().all(|c| *c > 2), "inner cells stay within the base");
    for (parent, children) in sums {
        assert_eq!(rounded.values[parent as usize], children.iter().map(|c| rounded.values[*c as usize]).sum::<u64>());
    }
}

#[test]
fn hierarchies_that_share_no_cell_are_rounded_together() {
    // 0 = 1 + 2 = 3 + 4 + 5
    let joint = Joint { cells: vec![31, 17, 14, 9, 9, 13], sums: vec![(0, vec![1, 2]), (0, vec![3, 4, 5])] };
    for base in 2..20 {
        let rounded = controlled_rounding(&joint.problem(), base).unwrap();
        assert_eq!(rounded.restricted, Restricted::Found, "{base}");
        let n = &rounded.values;
        assert_eq!((n[0], n[0]), (n[1] + n[2], n[3] + n[4] + n[5]));
    }
}

#[test]
fn methods_stand_side_by_side() {
    let nodes = |n: usize| (0..n).map(|i| vec![i]).chain([(0..n).collect()]).collect::<Vec<Vec<usize>>>();
    let joint = crossing(&[nodes(6), nodes(4)], &[6, 4], |leaf| (leaf[0] * 17 + leaf[1] * 29 + leaf[0] * leaf[1] * 7) as u64 % 31);
    let problem = joint.problem();
    let noise = CellKey::new(5, 3.0).unwrap();
    let keys = CellKey::keys(&problem, |cell| (u64::from(cell) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)).unwrap();
    for (parent, children) in &joint.sums {
        let sum = children.iter().fold(0u64, |sum, c| sum.wrapping_add(keys[*c as usize]));
        assert_eq!(keys[*parent as usize], sum, "the key of a total is the sum of its keys");
    }
    let methods = [Method::Suppression(Options::default()), Method::Rounding { base: 5 }, Method::CellKey(noise)];
    let all = compare(&problem, &methods, &keys).unwrap();
    let [suppression, rounding, cell_key] = [0, 1, 2].map(|i| &all[i].1);
    assert_eq!((suppression.primary_certain, suppression.primary_exact, suppression.broken_sums, suppression.largest_error), (0, 0, 0, 0));
    assert!(suppression.withheld > suppression.primaries && suppression.searches_given < 1.0);
    assert_eq!((rounding.withheld, rounding.broken_sums, rounding.restricted), (0, 0, Some(Restricted::Found)));
    assert!(rounding.largest_error < 5 && rounding.mean_error > 0.0 && rounding.searches_given == 1.0);
    assert!(cell_key.largest_error <= 5 && cell_key.broken_sums > 0);
    // The threshold alone, for comparison: its leaks are seen.
    let bare = Given { values: joint.cells.iter().map(|n| (!(1..K).contains(n)).then_some(*n)).collect(), ..Given::default() };
    assert!(judge(&problem, "threshold", &bare).primary_certain > 0);
    let names: Vec<&str> = all.iter().map(|(_, q)| q.method.as_str()).collect();
    assert_eq!(names, ["suppression, linear", "controlled rounding to 5", "cell key, at most 5, variance 3"]);
}

/// 20 rounds to 20 with a base of 5, and its parts 18 and 2 to 20 and 0: each part may be up to 4 away, and their sum says no more than that. But 24, given
/// as 20, with parts that are given as 10 and 10 and can be no more than 14 each, and total no less than 28? That cannot be told by one part alone.
#[test]
fn bounds_go_from_sum_to_part() {
    let joint = Joint { cells: vec![28, 14, 14], sums: vec![(0, vec![1, 2])] };
    let given = |values: [u64; 3], within| Given { values: values.map(Some).to_vec(), within, restricted: None };
    let problem = {
        let mut sums = Constraints::new();
        sums.sum(0, [1, 2]);
        Problem::new(joint.cells.iter().map(|n| Cell::new(*n, *n == 14)).collect(), &sums).unwrap()
    };
    // Parts of at most 14 each whose sum is at least 28 are 14.
    let told = judge(&problem, "noise", &given([32, 10, 10], 4));
    assert_eq!((told.primary_certain, told.primary_narrow), (2, 2));
    let told = judge(&problem, "noise", &given([31, 10, 10], 4));
    assert_eq!((told.primary_certain, told.primary_narrow), (0, 2));
    let told = judge(&problem, "noise", &given([28, 14, 14], 4));
    assert_eq!((told.primary_exact, told.primary_certain, told.primary_narrow), (2, 0, 0));
}

#[test]
fn records_give_the_keys_of_cells() {
    let geo = Dimension::total("geo", "dep", ["com-1", "com-2"]).unwrap();
    let (one, two, dep) = (geo.find("com-1").unwrap(), geo.find("com-2").unwrap(), geo.find("dep").unwrap());
    let cube = Cube::fold(vec![geo], [([one], 9), ([two], 5)]).unwrap();
    let keys = cube.record_keys([([one], 3), ([two], u64::MAX), ([one], 4)]).unwrap();
    let key = |node: u32| keys[cube.cell(&[node]).unwrap()];
    assert_eq!((key(one), key(two), key(dep)), (7, u64::MAX, 6));
    let problem = cube.problem(&[Table::new()], |_, _| (false, Fate::Free), 1).unwrap();
    let noise = CellKey::new(4, 2.0).unwrap();
    assert_eq!(noise.perturb(&problem, &keys).len(), 3);
    assert_eq!(CellKey::new(4, 5.0), Err(Error::Noise));
}
