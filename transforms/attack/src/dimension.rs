//! One dimension of a cross table: its nodes, and the sums among them that everybody knows.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::AttackError;

/// Nodes and linear relations among them. A tree, several trees over the same leaves (commune to EPCI and to département; two vintages of
/// geography), a graph whose codes have two parents, months to quarters and years, and linked measures (gross = net + difference) are all
/// of this form (DISCLOSURE 2a).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dimension {
    name: String,
    nodes: Vec<String>,
    index: BTreeMap<String, u32>,
    /// Each relation: the sum of coefficient x node is 0.
    pub(crate) relations: Vec<Vec<(u32, i32)>>,
    /// For each node the relations that it is in.
    pub(crate) of_node: Vec<Vec<u32>>,
    /// The relations that are there, in one form whatever their order, sign or common factor.
    known: BTreeSet<Vec<(u32, i64)>>,
}

impl Dimension {
    /// A dimension without nodes.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Adds a node unless it is there; returns its number.
    pub fn node(&mut self, name: &str) -> u32 {
        if let Some(&node) = self.index.get(name) {
            return node;
        }
        let node = self.nodes.len() as u32;
        self.nodes.push(name.to_owned());
        self.index.insert(name.to_owned(), node);
        self.of_node.push(Vec::new());
        node
    }

    /// Adds "parent = sum of children"; nodes that are not there are added.
    pub fn sum<'a>(&mut self, parent: &str, children: impl IntoIterator<Item = &'a str>) {
        let mut terms = vec![(self.node(parent), 1)];
        terms.extend(children.into_iter().map(|child| (self.node(child), -1)));
        self.add(terms);
    }

    /// Adds "the sum of coefficient x node is 0"; nodes that are not there are added.
    pub fn linear<'a>(&mut self, terms: impl IntoIterator<Item = (&'a str, i32)>) {
        let terms = terms.into_iter().map(|(node, coefficient)| (self.node(node), coefficient)).collect();
        self.add(terms);
    }

    /// Adds the sums of a hierarchy from (child, parent) pairs: each parent is the sum of its children. Pairs that come twice count once.
    pub fn hierarchy<'a>(&mut self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let mut children: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for (child, parent) in pairs {
            let (child, parent) = (self.node(child), self.node(parent));
            children.entry(parent).or_default().insert(child);
        }
        for (parent, children) in children {
            self.add(std::iter::once((parent, 1)).chain(children.into_iter().map(|child| (child, -1))).collect());
        }
    }

    /// Adds "parent = all leaves under the children, each once"; nodes that are not there are added. Children that share no leaf are summed up as they
    /// are; where some do (codes of two parents), the parent is the sum of the leaves. The leaves are those that the sums declared so far lead to,
    /// so that children are declared before their parent.
    ///
    /// # Errors
    /// When a node that lies under the parent is a sum of itself, or the parent lies under one of the children.
    pub fn union<'a>(&mut self, parent: &str, children: impl IntoIterator<Item = &'a str>) -> Result<(), AttackError> {
        let parent = self.node(parent);
        let mut children: Vec<u32> = children.into_iter().map(|child| self.node(child)).collect();
        children.sort_unstable();
        children.dedup();
        let mut leaves: Vec<u32> = Vec::new();
        for &child in &children {
            self.leaves(child, parent, &mut leaves)?;
        }
        let all = leaves.len();
        leaves.sort_unstable();
        leaves.dedup();
        let parts = if leaves.len() == all { children } else { leaves };
        self.add(std::iter::once((parent, 1)).chain(parts.into_iter().map(|part| (part, -1))).collect());
        Ok(())
    }

    /// Adds each leaf under a node once. Of several sums for one node the first counts: they are over the same leaves.
    fn leaves(&self, node: u32, parent: u32, out: &mut Vec<u32>) -> Result<(), AttackError> {
        let itself = |node: u32| AttackError::Shape(format!("dimension {}: {} is part of itself", self.name, self.node_name(node)));
        // a node is open while the nodes under it are looked at: met again then, it is part of itself
        let (mut open, mut done) = (BTreeSet::new(), BTreeSet::new());
        let mut waiting = vec![(node, false)];
        while let Some((node, closes)) = waiting.pop() {
            if closes {
                open.remove(&node);
                done.insert(node);
                continue;
            }
            if node == parent || open.contains(&node) {
                return Err(itself(node));
            }
            if done.contains(&node) {
                continue;
            }
            let of_node = self.of_node.get(node as usize).into_iter().flatten();
            let sum = of_node.filter_map(|&at| self.relations.get(at as usize).and_then(|terms| sum_of(terms))).find(|sum| sum.0 == node);
            if let Some((_, children)) = sum {
                open.insert(node);
                waiting.push((node, true));
                waiting.extend(children.into_iter().map(|child| (child, false)));
            } else {
                done.insert(node);
                out.push(node);
            }
        }
        Ok(())
    }

    fn add(&mut self, terms: Vec<(u32, i32)>) {
        if !self.known.insert(one_form(&terms)) {
            return;
        }
        let relation = self.relations.len() as u32;
        for &(node, _) in &terms {
            if let Some(list) = self.of_node.get_mut(node as usize) {
                list.push(relation);
            }
        }
        self.relations.push(terms);
    }

    /// The dimension's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many nodes it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether it has no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The number of the node with this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<u32> {
        self.index.get(name).copied()
    }

    /// The name of the node with this number.
    #[must_use]
    pub fn node_name(&self, node: u32) -> &str {
        self.nodes.get(node as usize).map_or("?", String::as_str)
    }

    /// The sums "parent = children" in an order in which every node is complete before it is added up; for filling tables.
    ///
    /// # Errors
    /// When a node is a sum of itself.
    pub(crate) fn sums_bottom_up(&self) -> Result<Vec<(u32, Vec<u32>)>, AttackError> {
        let mut open: Vec<(u32, Vec<u32>)> = Vec::new();
        open.extend(self.relations.iter().filter_map(|terms| sum_of(terms)));
        let mut waiting: BTreeSet<u32> = open.iter().map(|(parent, _)| *parent).collect();
        let mut ordered = Vec::with_capacity(open.len());
        while !open.is_empty() {
            let (ready, later): (Vec<_>, Vec<_>) =
                open.into_iter().partition(|(_, children)| !children.iter().any(|child| waiting.contains(child)));
            if ready.is_empty() {
                return Err(AttackError::Shape(format!("dimension {}: a node is part of itself", self.name)));
            }
            for sum in ready {
                // of several sums for one node (EPCI and départements of France) the first that is complete fills it
                if waiting.remove(&sum.0) {
                    ordered.push(sum);
                }
            }
            open = later;
        }
        Ok(ordered)
    }
}

/// Parent and children, when the relation is a plain sum.
fn sum_of(terms: &[(u32, i32)]) -> Option<(u32, Vec<u32>)> {
    let mut parents = terms.iter().filter(|term| term.1 == 1);
    let (parent, None) = (parents.next()?.0, parents.next()) else { return None };
    let children: Vec<u32> = terms.iter().filter(|term| term.1 == -1).map(|term| term.0).collect();
    (children.len() + 1 == terms.len()).then_some((parent, children))
}

/// The relation by node, each node once, without common factor, the first coefficient positive.
fn one_form(terms: &[(u32, i32)]) -> Vec<(u32, i64)> {
    let mut sums: BTreeMap<u32, i64> = BTreeMap::new();
    for &(node, coefficient) in terms {
        *sums.entry(node).or_insert(0) += i64::from(coefficient);
    }
    sums.retain(|_, sum| *sum != 0);
    let mut common = 0;
    for &sum in sums.values() {
        let (mut a, mut b) = (common, sum.abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        common = a;
    }
    let sign = if sums.values().next().is_some_and(|first| *first < 0) { -1 } else { 1 };
    sums.into_iter().map(|(node, sum)| (node, sum / common.max(1) * sign)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_union_takes_each_leaf_once_and_a_relation_is_kept_once() {
        let mut codes = Dimension::new("category");
        codes.sum("food", ["meal", "basket"]);
        codes.sum("health", ["doctor", "hygiene"]);
        codes.sum("home", ["hygiene", "night"]);
        codes.union("all", ["food", "health", "home"]).unwrap();
        codes.union("apart", ["food", "home"]).unwrap();
        let names = |terms: &[(u32, i32)]| terms.iter().skip(1).map(|term| codes.node_name(term.0)).collect::<BTreeSet<_>>();
        assert_eq!(names(&codes.relations[3]), BTreeSet::from(["meal", "basket", "doctor", "hygiene", "night"]));
        assert_eq!(names(&codes.relations[4]), BTreeSet::from(["food", "home"]));
        let mut again = codes.clone();
        again.hierarchy([("basket", "food"), ("meal", "food")]);
        again.linear([("meal", 2), ("basket", 2), ("food", -2)]);
        again.union("all", ["home", "food", "health"]).unwrap();
        assert_eq!(again, codes);
    }

    #[test]
    fn a_union_in_a_circle_is_refused() {
        let mut codes = Dimension::new("category");
        codes.sum("a", ["b", "c"]);
        assert!(codes.union("c", ["a", "d"]).is_err());
        codes.sum("b", ["a"]);
        assert!(codes.union("all", ["a", "d"]).is_err());
    }
}
