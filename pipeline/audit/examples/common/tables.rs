//! Synthetic tables by seed: communes in EPCI, départements and régions, categories of three levels, profiles.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use solidata_disclosure::{Cell, Constraints, Fate, Problem};

/// Numbers that depend on the seed only (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }

    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Poisson numbers; large means in parts, so that nothing underflows.
    pub fn poisson(&mut self, mut mean: f64) -> u64 {
        let mut n = 0;
        while mean > 0.0 {
            let part = mean.min(30.0);
            let (floor, mut product) = ((-part).exp(), self.unit());
            while product > floor {
                product *= self.unit();
                n += 1;
            }
            mean -= part;
        }
        n
    }
}

/// A tree: the leaves below each node, and which nodes a node is the sum of.
pub struct Tree {
    pub nodes: Vec<Vec<usize>>,
    /// Of each node its level: 0 for leaves, the last for the total.
    pub levels: Vec<usize>,
    pub sums: Vec<(usize, Vec<usize>)>,
}

impl Tree {
    /// Leaves, then each level as groups of leaves. A group is the sum of the groups of the level below that lie in it, or of its leaves when some cross its
    /// border; the total comes last, and is the sum of each level that does not nest in the next.
    pub fn new(leaves: usize, levels: &[Vec<usize>]) -> Self {
        let mut tree = Self { nodes: (0..leaves).map(|l| vec![l]).collect(), levels: vec![0; leaves], sums: Vec::new() };
        let mut below: Vec<usize> = (0..leaves).collect();
        let mut crossed = Vec::new();
        for (level, group_of) in levels.iter().enumerate() {
            let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            (0..leaves).for_each(|l| groups.entry(group_of[l]).or_default().push(l));
            let inside = |node: &usize, nodes: &[Vec<usize>]| nodes[*node].iter().all(|l| group_of[*l] == group_of[nodes[*node][0]]);
            if !below.iter().all(|n| inside(n, &tree.nodes)) {
                crossed.push(std::mem::replace(&mut below, (0..leaves).collect()));
            }
            let first = tree.nodes.len();
            for members in groups.into_values() {
                let children = below.iter().copied().filter(|n| members.contains(&tree.nodes[*n][0])).collect();
                tree.sums.push((tree.nodes.len(), children));
                tree.nodes.push(members);
                tree.levels.push(level + 1);
            }
            below = (first..tree.nodes.len()).collect();
        }
        crossed.push(below);
        let total = tree.nodes.len();
        tree.nodes.push((0..leaves).collect());
        tree.levels.push(levels.len() + 1);
        tree.sums.extend(crossed.into_iter().map(|children| (total, children)));
        tree
    }
}

/// A crossing of trees: for each cell its inner cells, and its level in each tree; what adds up.
pub struct Shape {
    pub inner: usize,
    pub cells: Vec<Vec<u32>>,
    pub levels: Vec<Vec<usize>>,
    pub sums: Vec<(u32, Vec<u32>)>,
}

impl Shape {
    pub fn new(trees: &[Tree]) -> Self {
        let counts: Vec<usize> = trees.iter().map(|t| t.nodes.len()).collect();
        let leaves: Vec<usize> = trees.iter().map(|t| t.nodes.last().unwrap().len()).collect();
        let all: usize = counts.iter().product();
        let digits = |mut cell: usize| {
            let mut out = vec![0; counts.len()];
            for d in (0..counts.len()).rev() {
                out[d] = cell % counts[d];
                cell /= counts[d];
            }
            out
        };
        let number = |nodes: &[usize]| nodes.iter().zip(&counts).fold(0, |n, (node, count)| n * count + node);
        let mut shape = Self { inner: leaves.iter().product(), cells: Vec::new(), levels: Vec::new(), sums: Vec::new() };
        for cell in 0..all {
            let nodes = digits(cell);
            let mut members = vec![0u32];
            for (d, node) in nodes.iter().enumerate() {
                let wide = leaves[d] as u32;
                members = members.iter().flat_map(|m| trees[d].nodes[*node].iter().map(move |l| m * wide + *l as u32)).collect();
                for (_, children) in trees[d].sums.iter().filter(|(parent, _)| parent == node) {
                    let child = |c: &usize| {
                        let mut nodes = nodes.clone();
                        nodes[d] = *c;
                        number(&nodes) as u32
                    };
                    shape.sums.push((cell as u32, children.iter().map(child).collect()));
                }
            }
            shape.cells.push(members);
            shape.levels.push(nodes.iter().zip(trees).map(|(node, tree)| tree.levels[*node]).collect());
        }
        shape
    }

    /// The values of all cells.
    pub fn fold(&self, inner: &[u64]) -> Vec<u64> {
        self.cells.iter().map(|members| members.iter().map(|m| inner[*m as usize]).sum()).collect()
    }

    /// The problem of protecting these values: every cell from 1 to k - 1 is primary.
    pub fn problem(&self, values: &[u64], k: u64) -> Problem {
        self.problem_of(values, |cell| (1..k).contains(&values[cell]))
    }

    /// The same with a rule that says which cells are primary.
    pub fn problem_of(&self, values: &[u64], primary: impl Fn(usize) -> bool) -> Problem {
        let mut sums = Constraints::new();
        self.sums.iter().for_each(|(parent, children)| sums.sum(*parent, children.iter().copied()));
        let cell = |(i, n): (usize, &u64)| Cell { value: *n, primary: primary(i), fate: Fate::Free };
        Problem::new(values.iter().enumerate().map(cell).collect(), &sums).unwrap()
    }
}

/// A table like `synthetic_tables.py OUT COMMUNES TOP,MIDDLE,LEAF PROFILES MEAN SEED`; with `crossing`, every third EPCI crosses a border.
pub fn synthetic(communes: usize, categories: [usize; 3], profiles: usize, mean: f64, seed: u64, crossing: bool) -> (Shape, Vec<u64>) {
    let mut dice = Dice(seed);
    let epci = (communes / 9).max(4);
    let departments = (epci / 4).max(3);
    let regions = (departments / 2).max(2);
    let of_epci: Vec<usize> = (0..communes).map(|c| c * epci / communes).collect();
    let mut of_department: Vec<usize> = of_epci.iter().map(|e| e * departments / epci).collect();
    if crossing {
        (0..communes)
            .filter(|c| of_epci[*c].is_multiple_of(3) && c % 2 == 1)
            .for_each(|c| of_department[c] = (of_department[c] + 1) % departments);
    }
    let of_region: Vec<usize> = of_department.iter().map(|d| d * regions / departments).collect();
    let [top, middle, leaf] = categories;
    let count = top * middle * leaf;
    let trees = [
        Tree::new(communes, &[of_epci, of_department, of_region]),
        Tree::new(count, &[(0..count).map(|l| l / leaf).collect(), (0..count).map(|l| l / leaf / middle).collect()]),
        Tree::new(profiles, &[]),
    ];
    let share = |l: usize| 1.0 / ((l / leaf / middle + 1) * (l / leaf % middle + 1) * (l % leaf + 1)) as f64;
    let all: f64 = (0..count).map(share).sum();
    let profile: f64 = (0..profiles).map(|p| 1.0 / (p + 1) as f64).sum();
    // Communes are of very different size: about as e^N(0, 1.5), by a sum of twelve even numbers.
    let sizes: Vec<f64> = (0..communes).map(|_| (1.5 * ((0..12).map(|_| dice.unit()).sum::<f64>() - 6.0)).exp()).collect();
    let middle_size = sizes.iter().sum::<f64>() / communes as f64;
    let mut inner = Vec::new();
    for size in &sizes {
        for l in 0..count {
            for p in 0..profiles {
                inner.push(dice.poisson(mean * size / middle_size * share(l) / all / (p + 1) as f64 / profile));
            }
        }
    }
    (Shape::new(&trees), inner)
}
