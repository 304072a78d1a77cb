//! Categories: a graph in which a code may have two parents, and what a search without one code is counted under.

use super::lists::{CodeListFiles, records};
use crate::AuditError;
use std::collections::{BTreeMap, BTreeSet, HashMap};

const CATEGORIES: &str = "categories.csv";
const LINKS: &str = "categories_liens.csv";
/// The code of all searches.
pub(crate) const ALL: &str = "toutes";

/// A node: a code, a part of one, or all.
#[derive(Debug)]
pub(crate) struct Category {
    pub(crate) code: String,
    /// `categorie_niveau` of the table.
    pub(crate) level: &'static str,
    /// The leaves under it, itself for a leaf. A search is in one leaf.
    pub(crate) leaves: BTreeSet<u32>,
}

/// All categories and their relations.
#[derive(Debug, Default)]
pub(crate) struct Categories {
    pub(crate) list: Vec<Category>,
    index: HashMap<String, u32>,
    /// Each relation: the sum of coefficient x node is 0. A whole is the sum of its children, or of its leaves where two children share one.
    pub(crate) relations: Vec<Vec<(u32, i32)>>,
    /// Of each leaf: the nodes that it is under, itself among them.
    above: Vec<Vec<u32>>,
}

impl Categories {
    /// The category with this `categorie_code`.
    pub(crate) fn find(&self, code: &str) -> Option<u32> {
        self.index.get(code).copied()
    }

    pub(crate) fn read(files: &CodeListFiles<'_>) -> Result<Self, AuditError> {
        let mut categories = Self::default();
        for [code] in records(CATEGORIES, files.categories, ["categorie_code"])? {
            categories.add(code, "categorie")?;
        }
        let codes = 0..categories.list.len() as u32;
        let mut children: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        let unknown = |code: &str| AuditError::CodeList { name: LINKS, detail: format!("the code {code} is not in {CATEGORIES}") };
        for [parent, code] in records(LINKS, files.categories_liens, ["categorie_parent", "categorie_code"])? {
            let (above, below) =
                (categories.find(&parent).ok_or_else(|| unknown(&parent))?, categories.find(&code).ok_or_else(|| unknown(&code))?);
            children.entry(above).or_default().insert(below);
        }
        let with_parent: BTreeSet<u32> = children.values().flatten().copied().collect();
        let mut roots: BTreeSet<u32> = codes.filter(|code| !with_parent.contains(code)).collect();
        for root in &roots {
            if let Some(category) = categories.list.get_mut(*root as usize) {
                category.level = "racine";
            }
        }
        for (parent, below) in &mut children {
            let code = categories.code(*parent).to_owned();
            below.insert(categories.add(format!("{code}.sans_precision"), "sans_precision")?);
            below.insert(categories.add(format!("{code}.plusieurs"), "plusieurs")?);
        }
        for (code, level) in [("sans_categorie", "sans_categorie"), ("inconnu", "inconnu"), ("toutes.plusieurs", "plusieurs")] {
            roots.insert(categories.add(code.to_owned(), level)?);
        }
        let all = categories.add(ALL.to_owned(), "total")?;
        children.insert(all, roots);
        categories.find_leaves(&children)?;
        for (parent, below) in &children {
            let relation = categories.relation(*parent, below);
            categories.relations.push(relation);
        }
        categories.above = vec![Vec::new(); categories.list.len()];
        for (node, category) in (0u32..).zip(&categories.list) {
            for leaf in &category.leaves {
                if let Some(above) = categories.above.get_mut(*leaf as usize) {
                    above.push(node);
                }
            }
        }
        Ok(categories)
    }

    /// The nodes that a leaf is under, itself among them; nothing for what is no leaf.
    pub(crate) fn above(&self, leaf: u32) -> &[u32] {
        self.above.get(leaf as usize).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, code: String, level: &'static str) -> Result<u32, AuditError> {
        let number = self.list.len() as u32;
        if self.index.insert(code.clone(), number).is_some() {
            return Err(AuditError::CodeList { name: CATEGORIES, detail: format!("the code {code} is there twice") });
        }
        self.list.push(Category { code, level, leaves: BTreeSet::new() });
        Ok(number)
    }

    fn code(&self, number: u32) -> &str {
        self.list.get(number as usize).map_or("?", |category| &category.code)
    }

    /// Fills the leaves of every node, children first.
    fn find_leaves(&mut self, children: &BTreeMap<u32, BTreeSet<u32>>) -> Result<(), AuditError> {
        let mut done: BTreeMap<u32, BTreeSet<u32>> =
            (0..self.list.len() as u32).filter(|node| !children.contains_key(node)).map(|leaf| (leaf, BTreeSet::from([leaf]))).collect();
        let mut open: Vec<u32> = children.keys().copied().collect();
        while !open.is_empty() {
            let (ready, later): (Vec<u32>, Vec<u32>) = open
                .iter()
                .copied()
                .partition(|node: &u32| children.get(node).is_some_and(|below| below.iter().all(|child| done.contains_key(child))));
            if ready.is_empty() {
                let code = open.first().map_or("?", |node| self.code(*node));
                return Err(AuditError::CodeList { name: LINKS, detail: format!("the code {code} is under itself") });
            }
            for node in ready {
                let below = children.get(&node).into_iter().flatten();
                let leaves = below.filter_map(|child| done.get(child)).flatten().copied().collect();
                done.insert(node, leaves);
            }
            open = later;
        }
        for (node, leaves) in done {
            if let Some(category) = self.list.get_mut(node as usize) {
                category.leaves = leaves;
            }
        }
        Ok(())
    }

    /// A whole and its parts: its children, or where two of them share a leaf, its leaves.
    fn relation(&self, parent: u32, below: &BTreeSet<u32>) -> Vec<(u32, i32)> {
        let leaves = |node: &u32| self.list.get(*node as usize).map_or(0, |category| category.leaves.len());
        let apart = below.iter().map(leaves).sum::<usize>() == leaves(&parent);
        let parts = match self.list.get(parent as usize) {
            Some(category) if !apart => &category.leaves,
            _ => below,
        };
        std::iter::once((parent, 1)).chain(parts.iter().map(|part| (*part, -1))).collect()
    }
}
