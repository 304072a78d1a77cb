//! Cubes: tables as products of dimensions, folded up from inner counts.
//!
//! Only cells that are not zero exist. A cell is identified by one node in each dimension, in all tables, so that tables which share
//! dimensions form one joint problem; what no table publishes stays in as hidden.

use std::collections::BTreeSet;

use crate::dimension::Dimension;
use crate::error::Error;
use crate::parallel;
use crate::problem::{Cell, Constraints, Fate, Problem};
use crate::sparse::Csr;

/// Up to this many possible cells, sums are made in an array of all of them.
const DENSE: u64 = 1 << 26;
/// Up to this many, cells are looked up in an array.
const ARRAY: u64 = 1 << 28;

/// A table: which levels of which dimensions it crosses. A dimension that is not named is crossed at every level.
#[derive(Debug, Clone, Default)]
pub struct Table {
    levels: Vec<(String, BTreeSet<String>)>,
}

impl Table {
    /// A table of every level of every dimension.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps some levels of a dimension only.
    #[must_use]
    pub fn levels<S: Into<String>>(mut self, dimension: &str, levels: impl IntoIterator<Item = S>) -> Self {
        self.levels.push((dimension.to_owned(), levels.into_iter().map(Into::into).collect()));
        self
    }
}

/// The cells of a cube, in the order of their keys.
#[derive(Debug, Clone)]
pub struct Cube {
    dimensions: Vec<Dimension>,
    strides: Vec<u64>,
    keys: Vec<u64>,
    values: Vec<u64>,
}

impl Cube {
    /// Folds inner counts up every hierarchy. `inner` gives one leaf number in each dimension, and a count; equal leaves add up.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when the product of the dimensions passes 2^63, [`Error::Dimension`] for a number that is not a leaf.
    pub fn fold<L: AsRef<[u32]>>(dimensions: Vec<Dimension>, inner: impl IntoIterator<Item = (L, u64)>) -> Result<Self, Error> {
        let mut strides = vec![1u64; dimensions.len()];
        let mut space = 1u64;
        for (i, dimension) in dimensions.iter().enumerate().rev() {
            strides[i] = space;
            space = space.checked_mul(dimension.len() as u64).filter(|s| *s < 1 << 63).ok_or(Error::TooLarge { cells: usize::MAX })?;
        }
        let mut cube = Self { dimensions, strides, keys: Vec::new(), values: Vec::new() };
        let mut cells: Vec<(u64, u64)> = Vec::new();
        for (leaves, n) in inner {
            let key = cube.inner_key(leaves.as_ref())?;
            if n > 0 {
                cells.push((key, n));
            }
        }
        merge(&mut cells);
        let cells = if space <= DENSE { cube.fold_in_array(&cells, space) } else { cube.fold_by_sorting(cells) };
        (cube.keys, cube.values) = cells.into_iter().unzip();
        Ok(cube)
    }

    /// The key of an inner cell.
    pub(crate) fn inner_key(&self, leaves: &[u32]) -> Result<u64, Error> {
        let mut key = 0;
        for (i, dimension) in self.dimensions.iter().enumerate() {
            let leaf = leaves.get(i).copied().filter(|l| (*l as usize) < dimension.len() && dimension.is_leaf(*l));
            let reason =
                || "an inner count must name one leaf of it: give searches of a higher level their own leaf (sans précision)".to_owned();
            let leaf = leaf.ok_or_else(|| Error::Dimension { dimension: dimension.name().to_owned(), reason: reason() })?;
            key += u64::from(leaf) * self.strides[i];
        }
        Ok(key)
    }

    fn fold_in_array(&self, cells: &[(u64, u64)], space: u64) -> Vec<(u64, u64)> {
        let mut sums = vec![0u64; space as usize];
        let mut keys = Vec::new();
        for (key, n) in cells {
            self.above(*key, &mut keys);
            for key in &keys {
                sums[*key as usize] += n;
            }
        }
        sums.into_iter().enumerate().filter(|(_, n)| *n > 0).map(|(key, n)| (key as u64, n)).collect()
    }

    fn fold_by_sorting(&self, mut cells: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
        for d in (0..self.dimensions.len()).rev() {
            let mut next = Vec::with_capacity(cells.len() * 2);
            for (key, n) in cells {
                let leaf = self.digit(key, d);
                next.extend(self.dimensions[d].above(leaf).iter().map(|node| (self.with(key, d, leaf, *node), n)));
            }
            merge(&mut next);
            cells = next;
        }
        cells
    }

    /// Every cell that contains an inner cell.
    pub(crate) fn above(&self, key: u64, out: &mut Vec<u64>) {
        out.clear();
        out.push(key);
        for d in 0..self.dimensions.len() {
            let leaf = self.digit(key, d);
            for i in 0..out.len() {
                let base = out[i];
                for node in self.dimensions[d].above(leaf).iter().filter(|n| **n != leaf) {
                    out.push(self.with(base, d, leaf, *node));
                }
            }
        }
    }

    fn digit(&self, key: u64, d: usize) -> u32 {
        (key / self.strides[d] % self.dimensions[d].len() as u64) as u32
    }

    fn with(&self, key: u64, d: usize, old: u32, new: u32) -> u64 {
        key - u64::from(old) * self.strides[d] + u64::from(new) * self.strides[d]
    }

    /// How many cells are not zero.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether every cell is zero.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many cells the product of the dimensions has, zeros included.
    pub fn possible(&self) -> u64 {
        self.dimensions.iter().map(|d| d.len() as u64).product()
    }

    /// The dimensions.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// The value of a cell.
    pub fn value(&self, cell: usize) -> u64 {
        self.values[cell]
    }

    /// The nodes of a cell, one in each dimension.
    pub fn nodes(&self, cell: usize) -> Vec<u32> {
        (0..self.dimensions.len()).map(|d| self.digit(self.keys[cell], d)).collect()
    }

    /// The names of the nodes of a cell.
    pub fn names(&self, cell: usize) -> Vec<&str> {
        self.nodes(cell).into_iter().zip(&self.dimensions).map(|(n, d)| d.node(n)).collect()
    }

    /// The cell of some nodes, unless it is zero.
    pub fn cell(&self, nodes: &[u32]) -> Option<usize> {
        let key = nodes.iter().zip(&self.strides).map(|(n, s)| u64::from(*n) * s).sum();
        self.keys.binary_search(&key).ok()
    }

    /// Whether a cell is a leaf in every dimension.
    pub fn is_inner(&self, cell: usize) -> bool {
        self.nodes(cell).iter().zip(&self.dimensions).all(|(n, d)| d.is_leaf(*n))
    }

    pub(crate) fn index_of(&self, key: u64) -> Option<usize> {
        self.keys.binary_search(&key).ok()
    }

    /// The keys of all cells for [`crate::CellKey`]: sums modulo 2^64 of the keys of their records. `records` gives the leaves of a record, and its key (a keyed
    /// hash that no reader has), one by one or already added up.
    ///
    /// # Errors
    /// As [`Cube::fold`].
    pub fn record_keys<L: AsRef<[u32]>>(&self, records: impl IntoIterator<Item = (L, u64)>) -> Result<Vec<u64>, Error> {
        let mut sums = vec![0u64; self.len()];
        let mut keys = Vec::new();
        for (leaves, record) in records {
            self.above(self.inner_key(leaves.as_ref())?, &mut keys);
            for cell in keys.iter().filter_map(|k| self.index_of(*k)) {
                sums[cell] = sums[cell].wrapping_add(record);
            }
        }
        Ok(sums)
    }

    /// The joint problem of some tables: everything that adds up in the cube. `judge` says of a cell (its index and value) whether a primary
    /// rule withholds it and what is decided before; what no table holds becomes hidden unless `judge` gives it another fate than free.
    ///
    /// # Errors
    /// As [`Problem::new`], and [`Error::UnknownName`] when a table names a dimension or level that is not there.
    pub fn problem(&self, tables: &[Table], judge: impl Fn(usize, u64) -> (bool, Fate), threads: usize) -> Result<Problem, Error> {
        let shown = tables.iter().map(|t| self.selection(t)).collect::<Result<Vec<_>, _>>()?;
        let cells = (0..self.len())
            .map(|i| {
                let (primary, fate) = judge(i, self.values[i]);
                let key = self.keys[i];
                let held = || shown.iter().any(|t| t.iter().enumerate().all(|(d, nodes)| nodes[self.digit(key, d) as usize]));
                let fate = if fate == Fate::Free && !held() { Fate::Hidden } else { fate };
                Cell { value: self.values[i], primary, fate }
            })
            .collect();
        Problem::new(cells, &Constraints { rows: self.constraints(threads) })
    }

    fn selection(&self, table: &Table) -> Result<Vec<Vec<bool>>, Error> {
        let unknown = |name: &str, list: &str| Error::UnknownName { name: name.to_owned(), list: list.to_owned() };
        for (name, levels) in &table.levels {
            let dimension = self.dimensions.iter().find(|d| d.name() == name).ok_or_else(|| unknown(name, "dimensions"))?;
            let known = |level: &&String| (0..dimension.len() as u32).any(|n| dimension.level(n) == level.as_str());
            if let Some(level) = levels.iter().find(|l| !known(l)) {
                return Err(unknown(level, name));
            }
        }
        let keeps =
            |d: &Dimension, node: u32| table.levels.iter().filter(|(name, _)| name == d.name()).all(|(_, l)| l.contains(d.level(node)));
        Ok(self.dimensions.iter().map(|d| (0..d.len() as u32).map(|node| keeps(d, node)).collect()).collect())
    }

    fn constraints(&self, threads: usize) -> Csr {
        const CHUNK: usize = 1 << 14;
        let array = (self.possible() <= ARRAY).then(|| {
            let mut array = vec![u32::MAX; self.possible() as usize];
            for (i, key) in self.keys.iter().enumerate() {
                array[*key as usize] = i as u32;
            }
            array
        });
        let find = |key: u64| match &array {
            Some(array) => Some(array[key as usize]).filter(|i| *i != u32::MAX),
            None => self.keys.binary_search(&key).ok().map(|i| i as u32),
        };
        let threads = if threads == 0 { parallel::available() } else { threads };
        let parts = parallel::map(self.len().div_ceil(CHUNK), threads, |chunk| {
            let mut rows = Csr::default();
            for cell in chunk * CHUNK..self.len().min((chunk + 1) * CHUNK) {
                let key = self.keys[cell];
                for (d, dimension) in self.dimensions.iter().enumerate() {
                    let node = self.digit(key, d);
                    for children in dimension.sums(node) {
                        let children = children.iter().filter_map(|c| find(self.with(key, d, node, *c))).map(|c| (c, false));
                        rows.push(std::iter::once((cell as u32, true)).chain(children));
                    }
                }
            }
            rows
        });
        let mut rows = Csr::default();
        for part in &parts {
            rows.append(part);
        }
        rows
    }
}

/// Sorts by key and adds up equal keys.
fn merge(cells: &mut Vec<(u64, u64)>) {
    cells.sort_unstable_by_key(|c| c.0);
    cells.dedup_by(|later, kept| {
        let same = later.0 == kept.0;
        if same {
            kept.1 += later.1;
        }
        same
    });
}
