//! Categories as a dimension: a graph in which a code may have two parents, and in which each search has one place.

use crate::{DemandError, SEVERAL, UNKNOWN_CATEGORY, UNSPECIFIED, WITHOUT_CATEGORY};
use solidata_disclosure::{Dimension, DimensionBuilder};
use std::collections::{BTreeMap, BTreeSet};

/// The node of all searches.
pub const ALL: &str = "toutes";

/// A node of the dimension, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryNode {
    /// `categorie_code`.
    pub code: String,
    /// `categorie_niveau`.
    pub level: &'static str,
    /// The code of `categories.csv` that it is or is a part of; none for the parts of all searches.
    pub category: Option<String>,
}

/// The graph of categories, and where a search belongs in it.
#[derive(Debug, Clone)]
pub struct CategoryPlan {
    children: BTreeMap<String, BTreeSet<String>>,
    /// Of each code: itself and everything above it.
    above: BTreeMap<String, BTreeSet<String>>,
}

impl CategoryPlan {
    /// The graph of (parent, code) links over these codes.
    ///
    /// # Errors
    /// When a link names no code, or the links go round in a circle.
    pub fn new(codes: impl IntoIterator<Item = String>, links: &[(String, String)]) -> Result<Self, DemandError> {
        let wrong = |why: &str| DemandError::Lists { file: "categories_liens.csv", detail: why.to_owned() };
        let mut above: BTreeMap<String, BTreeSet<String>> = codes.into_iter().map(|code| (code.clone(), BTreeSet::from([code]))).collect();
        let mut children: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (parent, code) in links {
            if !above.contains_key(parent) || !above.contains_key(code) {
                return Err(wrong("a link names a code that is not in categories.csv"));
            }
            children.entry(parent.clone()).or_default().insert(code.clone());
        }
        // One more level is known after each round.
        for _ in 0..=above.len() {
            let mut grew = false;
            for (parent, code) in links {
                let more = above.get(parent).cloned().unwrap_or_default();
                if let Some(of) = above.get_mut(code) {
                    let before = of.len();
                    of.extend(more);
                    grew |= of.len() > before;
                }
            }
            if !grew {
                let round = links.iter().any(|(parent, code)| above.get(parent).is_some_and(|of| of.contains(code)));
                return if round { Err(wrong("the categories form a circle")) } else { Ok(Self { children, above }) };
            }
        }
        Err(wrong("the categories form a circle"))
    }

    /// Every node: all searches, every code, and the inner parts: searches of a code that has codes beneath it, searches of several codes (at
    /// the lowest code above all of them), searches without category or with an unknown one.
    pub fn nodes(&self) -> Vec<CategoryNode> {
        let node = |code: String, level, category: Option<&String>| CategoryNode { code, level, category: category.cloned() };
        let mut nodes = vec![
            node(ALL.into(), "total", None),
            node(format!("{ALL}{SEVERAL}"), "plusieurs", None),
            node(WITHOUT_CATEGORY.into(), "sans_categorie", None),
            node(UNKNOWN_CATEGORY.into(), "inconnu", None),
        ];
        for (code, above) in &self.above {
            nodes.push(node(code.clone(), if above.len() == 1 { "racine" } else { "categorie" }, Some(code)));
            if self.children.contains_key(code) {
                nodes.push(node(format!("{code}{UNSPECIFIED}"), "sans_precision", Some(code)));
                nodes.push(node(format!("{code}{SEVERAL}"), "plusieurs", Some(code)));
            }
        }
        nodes
    }

    /// The dimension `categorie`.
    ///
    /// # Errors
    /// When the graph cannot be a dimension.
    pub fn dimension(&self) -> Result<Dimension, DemandError> {
        let mut builder = DimensionBuilder::new("categorie");
        let mut roots = Vec::new();
        for node in self.nodes() {
            if node.level == "racine" || (node.category.is_none() && node.level != "total") {
                roots.push(node.code.clone());
            }
            builder = builder.node(node.level, node.code);
        }
        for (code, children) in &self.children {
            let own = [format!("{code}{UNSPECIFIED}"), format!("{code}{SEVERAL}")];
            builder = builder.union(code.clone(), children.iter().cloned().chain(own));
        }
        builder = builder.union(ALL, roots);
        Ok(builder.build()?)
    }

    /// The leaf of a search for these codes. Several codes belong to the lowest code above all of them: of several lowest ones to the one with the
    /// fewest codes beneath it, then the first by name.
    pub fn leaf<'c>(&self, codes: impl IntoIterator<Item = &'c str>) -> String {
        let codes: BTreeSet<&str> = codes.into_iter().collect();
        let mut all = codes.iter().copied();
        match (all.next(), all.next()) {
            (None, _) => WITHOUT_CATEGORY.to_owned(),
            (Some(only), None) if self.children.contains_key(only) => format!("{only}{UNSPECIFIED}"),
            (Some(only), None) if self.above.contains_key(only) || only == WITHOUT_CATEGORY => only.to_owned(),
            (Some(_), None) => UNKNOWN_CATEGORY.to_owned(),
            _ => {
                let common =
                    codes.iter().map(|code| self.above.get(*code).cloned().unwrap_or_default()).reduce(|a, b| &a & &b).unwrap_or_default();
                let beneath = |code: &String| self.above.values().filter(|above| above.contains(code)).count();
                let lowest = common.iter().min_by_key(|code| (beneath(code), (*code).clone()));
                match lowest {
                    Some(code) => format!("{code}{SEVERAL}"),
                    None => format!("{ALL}{SEVERAL}"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> CategoryPlan {
        let codes = ["a", "a1", "a2", "b", "ab", "c"].map(str::to_owned);
        let links = [("a", "a1"), ("a", "a2"), ("a", "ab"), ("b", "ab")].map(|(p, c)| (p.to_owned(), c.to_owned()));
        CategoryPlan::new(codes, &links).unwrap()
    }

    #[test]
    fn each_search_has_one_leaf_of_the_dimension() {
        let (plan, dimension) = (plan(), plan().dimension().unwrap());
        for (codes, leaf) in [
            (&[][..], "sans_categorie"),
            (&["a1"], "a1"),
            (&["a"], "a.sans_precision"),
            (&["a1", "a2"], "a.plusieurs"),
            (&["a1", "ab"], "a.plusieurs"),
            (&["a", "a1"], "a.plusieurs"),
            (&["a1", "c"], "toutes.plusieurs"),
            (&["inconnu"], "inconnu"),
            (&["a1", "inconnu"], "toutes.plusieurs"),
        ] {
            assert_eq!(plan.leaf(codes.iter().copied()), leaf, "{codes:?}");
            assert!(dimension.is_leaf(dimension.find(leaf).unwrap()), "{leaf}");
        }
        assert_eq!(plan.nodes().len(), dimension.len());
        let levels: BTreeSet<&str> = plan.nodes().iter().map(|n| n.level).collect();
        assert_eq!(levels.len(), 7);
    }

    #[test]
    fn a_circle_is_refused() {
        let codes = ["a", "b"].map(str::to_owned);
        let links = [("a", "b"), ("b", "a")].map(|(p, c)| (p.to_owned(), c.to_owned()));
        assert!(CategoryPlan::new(codes, &links).is_err());
    }
}
