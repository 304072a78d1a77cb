//! Dimensions: leaves, and the nodes that are sets of leaves.
//!
//! A node may be the sum of other nodes in several ways (a département is the sum of its communes, the country the sum of its régions and of
//! its EPCI), which is how several hierarchies over the same leaves, graphs with two parents and two vintages of a geography are said. What
//! belongs to a level without belonging to a child is a leaf of its own (`sans précision`). Measures that determine each other are a dimension
//! too: gross searches are the sum of the net ones and of the difference, all searches that of those with and without result.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::error::Error;

/// How a node was declared.
#[derive(Debug, Clone, Default)]
struct Declared {
    level: String,
    sums: Vec<Vec<String>>,
    unions: Vec<String>,
}

/// A dimension while it is declared.
#[derive(Debug, Clone)]
pub struct DimensionBuilder {
    name: String,
    nodes: BTreeMap<String, Declared>,
}

/// A dimension: its nodes in the order of their names, and what adds up.
#[derive(Debug, Clone)]
pub struct Dimension {
    name: String,
    nodes: Vec<String>,
    levels: Vec<String>,
    /// Of each node: the ways in which it is a sum of others.
    sums: Vec<Vec<Vec<u32>>>,
    /// Of each node that is a leaf: the nodes that contain it, itself included; empty for others.
    above: Vec<Vec<u32>>,
}

impl DimensionBuilder {
    /// A dimension without nodes.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), nodes: BTreeMap::new() }
    }

    /// Declares a node of a level. A node that is never the parent of others is a leaf.
    #[must_use]
    pub fn node(mut self, level: &str, name: impl Into<String>) -> Self {
        self.nodes.entry(name.into()).or_default().level = level.to_owned();
        self
    }

    /// Says that a node is the sum of others, which do not overlap. May be said several times of one node.
    #[must_use]
    pub fn sum<S: Into<String>>(mut self, parent: impl Into<String>, children: impl IntoIterator<Item = S>) -> Self {
        let mut children: Vec<String> = children.into_iter().map(Into::into).collect();
        children.sort();
        let sums = &mut self.nodes.entry(parent.into()).or_default().sums;
        if !sums.contains(&children) {
            sums.push(children);
            sums.sort();
        }
        self
    }

    /// Says that a node holds what any of the others hold; they may overlap (a search counts once in a root, whatever its codes).
    #[must_use]
    pub fn union<S: Into<String>>(mut self, parent: impl Into<String>, children: impl IntoIterator<Item = S>) -> Self {
        self.nodes.entry(parent.into()).or_default().unions.extend(children.into_iter().map(Into::into));
        self
    }

    /// Checks and numbers the nodes.
    ///
    /// # Errors
    /// [`Error::NotAPartition`] when children overlap or two sums of a node differ, [`Error::UnknownName`], [`Error::Dimension`] for a cycle.
    pub fn build(self) -> Result<Dimension, Error> {
        let names: Vec<String> = self.nodes.keys().cloned().collect();
        let number: HashMap<&str, u32> = names.iter().enumerate().map(|(i, n)| (n.as_str(), i as u32)).collect();
        let find = |name: &String| {
            number.get(name.as_str()).copied().ok_or_else(|| Error::UnknownName { name: name.clone(), list: self.name.clone() })
        };
        let mut sums: Vec<Vec<Vec<u32>>> = Vec::with_capacity(names.len());
        let mut unions: Vec<Vec<u32>> = Vec::with_capacity(names.len());
        for declared in self.nodes.values() {
            sums.push(declared.sums.iter().map(|s| s.iter().map(&find).collect()).collect::<Result<_, _>>()?);
            unions.push(declared.unions.iter().map(&find).collect::<Result<_, _>>()?);
        }
        let leaves = leaf_sets(&self.name, &names, &sums, &unions)?;
        let mut same: BTreeMap<&[u32], u32> = BTreeMap::new();
        for node in 0..names.len() {
            // A union whose parts happen not to overlap needs nothing else; otherwise only its leaves say what it is.
            if sums[node].is_empty() && !unions[node].is_empty() {
                sums[node].push(leaves[node].clone());
            }
            // Two nodes of the same leaves are one cell.
            match same.get(leaves[node].as_slice()) {
                Some(twin) => sums[node].push(vec![*twin]),
                None => {
                    same.insert(&leaves[node], node as u32);
                }
            }
        }
        let mut above = vec![Vec::new(); names.len()];
        for (node, set) in leaves.iter().enumerate() {
            for leaf in set {
                above[*leaf as usize].push(node as u32);
            }
        }
        let levels = self.nodes.into_values().map(|d| d.level).collect();
        Ok(Dimension { name: self.name, nodes: names, levels, sums, above })
    }
}

/// The leaves of every node, checked against each way it is said to add up.
fn leaf_sets(dimension: &str, names: &[String], sums: &[Vec<Vec<u32>>], unions: &[Vec<u32>]) -> Result<Vec<Vec<u32>>, Error> {
    let mut sets: Vec<Option<Vec<u32>>> = vec![None; names.len()];
    let mut open = vec![false; names.len()];
    let mut stack: Vec<u32> = (0..names.len() as u32).rev().collect();
    while let Some(node) = stack.last().copied() {
        let at = node as usize;
        if sets[at].is_some() {
            stack.pop();
            continue;
        }
        let missing: Vec<u32> = sums[at].iter().flatten().chain(&unions[at]).copied().filter(|c| sets[*c as usize].is_none()).collect();
        if !missing.is_empty() {
            if std::mem::replace(&mut open[at], true) {
                let reason = format!("`{}` contains itself: take it out of its own descendants", names[at]);
                return Err(Error::Dimension { dimension: dimension.to_owned(), reason });
            }
            stack.extend(missing);
            continue;
        }
        let of = |child: &u32| sets[*child as usize].iter().flatten().copied();
        let wrong = || Error::NotAPartition { dimension: dimension.to_owned(), node: names[at].clone() };
        let mut found: Option<Vec<u32>> = None;
        for children in &sums[at] {
            let mut set: Vec<u32> = children.iter().flat_map(of).collect();
            set.sort_unstable();
            if set.windows(2).any(|w| w[0] == w[1]) || found.as_ref().is_some_and(|f| *f != set) || set.is_empty() {
                return Err(wrong());
            }
            found = Some(set);
        }
        if !unions[at].is_empty() {
            let set: Vec<u32> = unions[at].iter().flat_map(of).collect::<BTreeSet<u32>>().into_iter().collect();
            if found.as_ref().is_some_and(|f| *f != set) {
                return Err(wrong());
            }
            found = Some(set);
        }
        sets[at] = Some(found.unwrap_or_else(|| vec![node]));
        stack.pop();
    }
    Ok(sets.into_iter().flatten().collect())
}

impl Dimension {
    /// A dimension of two parts and their sum: measures that determine each other, or an outcome.
    ///
    /// # Errors
    /// As [`DimensionBuilder::build`].
    pub fn total<S: Into<String>>(name: &str, total: &str, parts: impl IntoIterator<Item = S>) -> Result<Self, Error> {
        let parts: Vec<String> = parts.into_iter().map(Into::into).collect();
        let builder = parts.iter().fold(DimensionBuilder::new(name), |b, part| b.node("part", part.clone()));
        builder.node("total", total).sum(total, parts).build()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many nodes it has.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether it has no node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The number of a node.
    ///
    /// # Errors
    /// [`Error::UnknownName`].
    pub fn find(&self, name: &str) -> Result<u32, Error> {
        let at = self.nodes.binary_search_by(|n| n.as_str().cmp(name));
        at.map(|i| i as u32).map_err(|_| Error::UnknownName { name: name.to_owned(), list: self.name.clone() })
    }

    /// The name of a node.
    pub fn node(&self, number: u32) -> &str {
        &self.nodes[number as usize]
    }

    /// The level of a node.
    pub fn level(&self, number: u32) -> &str {
        &self.levels[number as usize]
    }

    /// Whether a node has no children.
    pub fn is_leaf(&self, number: u32) -> bool {
        !self.above[number as usize].is_empty()
    }

    pub(crate) fn above(&self, leaf: u32) -> &[u32] {
        &self.above[leaf as usize]
    }

    pub(crate) fn sums(&self, node: u32) -> &[Vec<u32>] {
        &self.sums[node as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_must_partition() {
        let base = || ["a", "b", "c"].iter().fold(DimensionBuilder::new("d"), |d, n| d.node("leaf", *n));
        let good =
            base().node("top", "t").sum("t", ["a", "b", "c"]).node("mid", "m").sum("m", ["b", "c"]).sum("t", ["a", "m"]).build().unwrap();
        assert_eq!(good.sums(good.find("t").unwrap()).len(), 2);
        assert_eq!(good.above(good.find("b").unwrap()).len(), 3);
        assert!(base().sum("t", ["a", "b"]).sum("t", ["a", "c"]).build().is_err());
        assert!(base().sum("m", ["a", "b"]).sum("n", ["b", "c"]).sum("t", ["m", "n"]).build().is_err());
        assert!(base().sum("m", ["n"]).sum("n", ["m"]).build().is_err());
        assert!(base().sum("m", ["zz"]).build().is_err());
    }

    #[test]
    fn a_union_of_overlapping_nodes_is_the_sum_of_its_leaves() {
        let d = ["a", "b", "c"].iter().fold(DimensionBuilder::new("d"), |d, n| d.node("leaf", *n));
        let d = d.sum("m", ["a", "b"]).sum("n", ["b", "c"]).union("t", ["m", "n"]).build().unwrap();
        assert_eq!(d.sums(d.find("t").unwrap()), [vec![0, 1, 2]]);
    }
}
