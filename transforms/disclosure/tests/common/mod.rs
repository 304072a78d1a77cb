//! What several tests share: the cases on disk, and a slow reference that shares nothing with the engine.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use solidata_disclosure::{Cell, Fate, JointTables, Named};

/// One case: keys, values, primaries, inner cells of each cell.
pub struct Case {
    pub name: String,
    pub cells: BTreeMap<String, (u64, bool)>,
    pub patterns: BTreeMap<String, BTreeSet<String>>,
    pub inner: BTreeMap<String, BTreeSet<String>>,
    pub labels: BTreeMap<String, String>,
}

/// The folder of the cases; `None` when it is not there and need not be.
pub fn folder() -> Option<PathBuf> {
    let root = std::env::var_os("SOLIDATA_SHARED")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"));
    let folder = root.join("disclosure/cases");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "../shared is missing");
    eprintln!("SKIPPED: ../shared is missing");
    None
}

fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines().filter(|l| !l.is_empty()).map(|l| l.split(',').map(|f| f.trim_matches('"').to_owned()).collect()).collect()
}

pub fn load(name: &str) -> Option<Case> {
    let folder = folder()?;
    let read = |kind: &str| rows(&std::fs::read_to_string(folder.join(format!("{name}.{kind}.csv"))).unwrap());
    let (cells, incidence) = (read("cells"), read("incidence"));
    let column = |name: &str| cells[0].iter().position(|c| c == name).unwrap();
    let (n, primary) = (column("n"), column("primary"));
    let mut case =
        Case { name: name.to_owned(), cells: BTreeMap::new(), patterns: BTreeMap::new(), inner: BTreeMap::new(), labels: BTreeMap::new() };
    for row in &cells[1..] {
        case.cells.insert(row[0].clone(), (row[n].parse().unwrap(), row[primary] == "TRUE"));
        case.labels.insert(row[0].clone(), row[1..n].join("|"));
        for pattern in ["gauss_none", "gauss_anySum"] {
            if row[column(pattern)] == "TRUE" {
                case.patterns.entry(pattern.to_owned()).or_default().insert(row[0].clone());
            }
        }
        if row[primary] == "TRUE" {
            case.patterns.entry("naive".to_owned()).or_default().insert(row[0].clone());
        }
    }
    for row in &incidence[1..] {
        assert_eq!(row[2], "1");
        case.inner.entry(row[0].clone()).or_default().insert(format!("inner-{}", row[1]));
    }
    Some(case)
}

impl Case {
    pub fn tables(&self) -> Named {
        let mut tables = JointTables::new();
        for (key, (n, primary)) in &self.cells {
            tables.cell(key.clone(), Cell::new(*n, *primary)).unwrap();
        }
        let single: BTreeSet<&String> = self.inner.values().filter(|s| s.len() == 1).flatten().collect();
        for inner in self.inner.values().flatten() {
            assert!(single.contains(inner), "every inner cell of the cases is a cell");
        }
        for (cell, inner) in &self.inner {
            inner.iter().for_each(|i| tables.holds(cell.clone(), i.clone()));
        }
        tables.build().unwrap()
    }

    /// The primaries that can be computed when the cells of `withheld` are withheld, by the slow reference on the inner cells.
    pub fn recomputable(&self, withheld: &BTreeSet<String>) -> BTreeSet<String> {
        let inner: Vec<&String> = self.inner.values().flatten().collect::<BTreeSet<_>>().into_iter().collect();
        let vector = |key: &String| inner.iter().map(|i| i64::from(self.inner[key].contains(*i))).collect::<Vec<i64>>();
        let mut known: Vec<Vec<i64>> = self.cells.keys().filter(|k| !withheld.contains(*k)).map(vector).collect();
        // The marker is not given for a zero, so a zero in the data is known wherever it stands.
        for (key, (n, _)) in &self.cells {
            if *n == 0 && withheld.contains(key) {
                continue;
            }
            if *n == 0 {
                known.push(vector(key));
            }
        }
        let basis = Basis::new(&known);
        self.cells.iter().filter(|(k, (_, p))| *p && withheld.contains(*k) && basis.spans(&vector(k))).map(|(k, _)| k.clone()).collect()
    }
}

/// A basis of row vectors over the rationals, in whole numbers (i128), dense and slow.
pub struct Basis {
    rows: Vec<(usize, Vec<i128>)>,
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}

impl Basis {
    pub fn new(vectors: &[Vec<i64>]) -> Self {
        let mut basis = Self { rows: Vec::new() };
        for vector in vectors {
            let left = basis.reduce(vector);
            if let Some(pivot) = left.iter().position(|v| *v != 0) {
                basis.rows.push((pivot, left));
            }
        }
        basis
    }

    fn reduce(&self, vector: &[i64]) -> Vec<i128> {
        let mut left: Vec<i128> = vector.iter().map(|v| i128::from(*v)).collect();
        for (pivot, row) in &self.rows {
            if left[*pivot] != 0 {
                let (a, b) = (row[*pivot], left[*pivot]);
                left.iter_mut().zip(row).for_each(|(l, r)| *l = l.checked_mul(a).unwrap() - r.checked_mul(b).unwrap());
                let g = left.iter().fold(0, |g, v| gcd(g, *v));
                if g > 1 {
                    left.iter_mut().for_each(|l| *l /= g);
                }
            }
        }
        left
    }

    pub fn spans(&self, vector: &[i64]) -> bool {
        self.reduce(vector).iter().all(|v| *v == 0)
    }
}

/// The primaries of a problem that anyone can compute when only `published` is public. `sums` are the constraints, by index of cell.
pub fn recomputable(cells: &[Cell], sums: &[(u32, Vec<u32>)], published: impl Fn(usize) -> bool) -> Vec<u32> {
    let mut known: Vec<Vec<i64>> = Vec::new();
    for (parent, children) in sums {
        let mut row = vec![0i64; cells.len()];
        row[*parent as usize] += 1;
        children.iter().for_each(|c| row[*c as usize] -= 1);
        known.push(row);
    }
    let unit = |i: usize| (0..cells.len()).map(|j| i64::from(i == j)).collect::<Vec<_>>();
    known.extend((0..cells.len()).filter(|i| published(*i) || cells[*i].value == 0 || cells[*i].fate == Fate::Public).map(unit));
    let basis = Basis::new(&known);
    (0..cells.len()).filter(|i| cells[*i].primary && cells[*i].value > 0 && basis.spans(&unit(*i))).map(|i| i as u32).collect()
}
