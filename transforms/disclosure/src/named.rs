//! Problems given cell by cell, by key: explicit sums, or the inner cells that each cell holds.
//!
//! Keys say what a cell means; everything is sorted by key, so that the order in which cells and sums are given changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::problem::{Cell, Constraints, Fate, Problem};

/// Cells and what adds up, by key.
#[derive(Debug, Clone, Default)]
pub struct JointTables {
    cells: BTreeMap<String, Cell>,
    sums: BTreeSet<(String, Vec<String>)>,
    inner: BTreeMap<String, BTreeSet<String>>,
}

/// A problem with the key of each of its cells.
#[derive(Debug, Clone)]
pub struct Named {
    /// The keys, in the order of the cells of the problem.
    pub keys: Vec<String>,
    /// The problem.
    pub problem: Problem,
}

impl Named {
    /// The index of a cell.
    ///
    /// # Errors
    /// [`Error::UnknownName`].
    pub fn find(&self, key: &str) -> Result<u32, Error> {
        let at = self.keys.binary_search_by(|k| k.as_str().cmp(key));
        at.map(|i| i as u32).map_err(|_| Error::UnknownName { name: key.to_owned(), list: "cells".to_owned() })
    }
}

impl JointTables {
    /// No cell yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a cell. Two tables may give the same cell, if they agree on its value; it is primary when either says so, and a fate that is not
    /// free wins over one that is.
    ///
    /// # Errors
    /// [`Error::Conflict`] when its values or fates differ.
    pub fn cell(&mut self, key: impl Into<String>, cell: Cell) -> Result<(), Error> {
        let key = key.into();
        let known = self.cells.entry(key.clone()).or_insert(cell);
        let fates_differ = known.fate != cell.fate && known.fate != Fate::Free && cell.fate != Fate::Free;
        if known.value != cell.value || fates_differ {
            return Err(Error::Conflict { key });
        }
        known.primary |= cell.primary;
        if known.fate == Fate::Free {
            known.fate = cell.fate;
        }
        Ok(())
    }

    /// Says that a cell is the sum of others.
    pub fn sum<S: Into<String>>(&mut self, parent: impl Into<String>, children: impl IntoIterator<Item = S>) {
        let mut children: Vec<String> = children.into_iter().map(Into::into).collect();
        children.sort();
        self.sums.insert((parent.into(), children));
    }

    /// Says that a cell holds an inner cell. A cell that holds one inner cell only *is* that inner cell; an inner cell that is in no such cell is
    /// given by [`JointTables::cell`] under the same name as a hidden one.
    pub fn holds(&mut self, cell: impl Into<String>, inner: impl Into<String>) {
        self.inner.entry(cell.into()).or_default().insert(inner.into());
    }

    /// Numbers the cells and builds the problem.
    ///
    /// # Errors
    /// As [`Problem::new`]; [`Error::UnknownName`] when a sum names a cell that was not given.
    pub fn build(mut self) -> Result<Named, Error> {
        let derived = Lines::of(&self.inner).all();
        for (parent, children) in derived {
            self.sum(parent, children);
        }
        let keys: Vec<String> = self.cells.keys().cloned().collect();
        let find = |key: &String| {
            let at = keys.binary_search(key).map(|i| i as u32);
            at.map_err(|_| Error::UnknownName { name: key.clone(), list: "cells".to_owned() })
        };
        let mut constraints = Constraints::new();
        for (parent, children) in &self.sums {
            constraints.sum(find(parent)?, children.iter().map(find).collect::<Result<Vec<_>, _>>()?);
        }
        let problem = Problem::new(self.cells.into_values().collect(), &constraints)?;
        Ok(Named { keys, problem })
    }
}

/// Finds the sums that follow from the inner cells that cells hold.
struct Lines {
    names: Vec<String>,
    /// Of each cell: its inner cells.
    sets: Vec<BTreeSet<u32>>,
    /// Of each inner cell: the name under which it is a cell.
    single: Vec<String>,
}

impl Lines {
    fn of(inner: &BTreeMap<String, BTreeSet<String>>) -> Self {
        let all: BTreeSet<&String> = inner.values().flatten().collect();
        let number: BTreeMap<&String, u32> = all.iter().enumerate().map(|(i, n)| (*n, i as u32)).collect();
        let mut single: Vec<String> = all.iter().map(|n| (*n).clone()).collect();
        let sets: Vec<BTreeSet<u32>> = inner.values().map(|s| s.iter().filter_map(|n| number.get(n).copied()).collect()).collect();
        let names: Vec<String> = inner.keys().cloned().collect();
        for (name, set) in names.iter().zip(&sets).rev() {
            if let (1, Some(one)) = (set.len(), set.first()) {
                single[*one as usize].clone_from(name);
            }
        }
        Self { names, sets, single }
    }

    /// For each cell, the coarsest ways to cut it into others: starting from each of its largest parts in turn, the largest part of what is left,
    /// until nothing is left. In a cross-product these are its lines, one in each dimension.
    fn all(&self) -> Vec<(String, Vec<String>)> {
        let mut holders: Vec<Vec<usize>> = vec![Vec::new(); self.single.len()];
        for (cell, set) in self.sets.iter().enumerate() {
            for inner in set {
                holders[*inner as usize].push(cell);
            }
        }
        for list in &mut holders {
            list.sort_by_key(|c| (std::cmp::Reverse(self.sets[*c].len()), *c));
        }
        let mut lines = Vec::new();
        let mut twin: BTreeMap<&BTreeSet<u32>, usize> = BTreeMap::new();
        for (cell, set) in self.sets.iter().enumerate() {
            match twin.get(set) {
                Some(other) => lines.push((self.names[cell].clone(), vec![self.names[*other].clone()])),
                None => {
                    twin.insert(set, cell);
                    self.cut(cell, &holders, &mut lines);
                }
            }
        }
        lines
    }

    fn cut(&self, cell: usize, holders: &[Vec<usize>], lines: &mut Vec<(String, Vec<String>)>) {
        let set = &self.sets[cell];
        if set.len() < 2 {
            if let Some(name) = set.first().map(|one| &self.single[*one as usize]).filter(|n| **n != self.names[cell]) {
                lines.push((self.names[cell].clone(), vec![name.clone()]));
            }
            return;
        }
        let part = |c: &usize| self.sets[*c].len() < set.len() && self.sets[*c].is_subset(set);
        let parts: BTreeSet<usize> = set.iter().flat_map(|i| holders[*i as usize].iter().copied().filter(part)).collect();
        let largest =
            |c: &usize| !parts.iter().any(|o| self.sets[*o].len() > self.sets[*c].len() && self.sets[*c].is_subset(&self.sets[*o]));
        let mut used: BTreeSet<usize> = BTreeSet::new();
        let starts: Vec<Option<usize>> = parts.iter().filter(|c| largest(c)).map(|c| Some(*c)).collect();
        for start in if starts.is_empty() { vec![None] } else { starts } {
            if start.is_some_and(|s| used.contains(&s)) {
                continue;
            }
            let (mut left, mut line) = (set.clone(), Vec::new());
            let mut next = start;
            while let Some(first) = left.first().copied() {
                let fits = |c: &usize| parts.contains(c) && self.sets[*c].is_subset(&left);
                match next.take().or_else(|| holders[first as usize].iter().copied().find(fits)) {
                    Some(part) => {
                        used.insert(part);
                        self.sets[part].iter().for_each(|i| _ = left.remove(i));
                        line.push(self.names[part].clone());
                    }
                    None => {
                        left.remove(&first);
                        line.push(self.single[first as usize].clone());
                    }
                }
            }
            lines.push((self.names[cell].clone(), line));
        }
    }
}
