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

    fn add(&mut self, terms: Vec<(u32, i32)>) {
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
        for terms in &self.relations {
            let parents: Vec<u32> = terms.iter().filter(|term| term.1 == 1).map(|term| term.0).collect();
            let children: Vec<u32> = terms.iter().filter(|term| term.1 == -1).map(|term| term.0).collect();
            if let [parent] = parents.as_slice()
                && children.len() + 1 == terms.len()
            {
                open.push((*parent, children));
            }
        }
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
