//! Territories as a dimension: two hierarchies over the same communes, since EPCI cross the borders of départements.

use crate::{DemandError, LEVEL_PART, TERRITORY_PART};
use solidata_disclosure::{Dimension, DimensionBuilder};
use solidata_territory::{Geography, Level, TerritoryId};
use std::collections::BTreeMap;

/// A node of the dimension, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerritoryNode {
    /// `territoire_id`.
    pub id: String,
    /// `territoire_niveau`.
    pub level: String,
    /// Its French name.
    pub label: String,
    /// The territory that it is, or is a part of.
    pub territory: TerritoryId,
}

/// Every node: each French territory, and the inner part of each that has parts.
pub fn territory_nodes(geography: &Geography) -> Vec<TerritoryNode> {
    let mut nodes = Vec::new();
    for (id, part) in geography.parts().filter(|(_, part)| part.level <= Level::France) {
        let (name, label) = (part.to_string(), geography.name(id).to_owned());
        let leaf = territory_leaf(geography, id);
        if leaf != name {
            let level = format!("{}{LEVEL_PART}", part.level.as_str());
            nodes.push(TerritoryNode { id: leaf, level, label: format!("{label}, sans précision"), territory: id });
        }
        nodes.push(TerritoryNode { id: name, level: part.level.as_str().into(), label, territory: id });
    }
    nodes
}

/// The dimension of all French territories: borough, commune, EPCI, département, région and France, with the inner part of each that has parts.
///
/// An EPCI's own part belongs to the département, else the région, in which all of it lies, else to France.
///
/// # Errors
/// When the code lists do not nest.
pub fn territories(geography: &Geography) -> Result<Dimension, DemandError> {
    let mut builder = DimensionBuilder::new("territoire");
    let mut sums: BTreeMap<(String, bool), Vec<String>> = BTreeMap::new();
    for node in territory_nodes(geography) {
        builder = builder.node(&node.level, node.id);
    }
    for (id, part) in geography.parts().filter(|(_, part)| part.level <= Level::France) {
        let name = part.to_string();
        let leaf = territory_leaf(geography, id);
        if leaf != name {
            sums.entry((name.clone(), part.level == Level::Epci)).or_default().push(leaf.clone());
        }
        // An EPCI is no part of a département as a whole: only its own inner part is.
        let below = if part.level == Level::Epci { leaf } else { name };
        if let Some(above) = administrative(geography, id) {
            sums.entry((geography.territory(above).to_string(), false)).or_default().push(below.clone());
        }
        if let (Level::Commune, Some(epci)) = (part.level, part.epci.and_then(|code| geography.epci_id(code))) {
            sums.entry((geography.territory(epci).to_string(), true)).or_default().push(below);
        }
    }
    for ((parent, _), children) in sums {
        builder = builder.sum(parent, children);
    }
    Ok(builder.build()?)
}

/// The leaf of what is known of a territory and no better.
pub fn territory_leaf(geography: &Geography, id: TerritoryId) -> String {
    let part = geography.territory(id);
    let divided = part.level == Level::Commune && geography.boroughs().iter().any(|b| Some(b.commune) == part.commune);
    if divided || (Level::Epci..=Level::France).contains(&part.level) { format!("{part}{TERRITORY_PART}") } else { part.to_string() }
}

/// Whether gross searches are given at a level: never below the département.
pub fn is_gross_level(level: &str) -> bool {
    [Level::Departement, Level::Region, Level::France].iter().any(|l| l.as_str() == level)
}

/// The leaf that holds what gross searches have beyond net ones: as they are never given below the département, the inner part of the nearest
/// département, région or France.
pub fn gross_leaf(geography: &Geography, id: TerritoryId) -> String {
    let given = |id: &TerritoryId| is_gross_level(geography.territory(*id).level.as_str());
    let above = std::iter::once(id).chain(geography.ancestors(id)).find(given).unwrap_or_else(|| geography.france_id());
    territory_leaf(geography, above)
}

/// The nearest territory above that is no EPCI.
fn administrative(geography: &Geography, id: TerritoryId) -> Option<TerritoryId> {
    geography.ancestors(id).find(|above| geography.territory(*above).level != Level::Epci)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_territory_has_its_place() {
        let geography = &crate::testing::geography();
        let dimension = territories(geography).unwrap();
        let nodes = territory_nodes(geography);
        assert_eq!(nodes.len(), dimension.len());
        for (id, part) in geography.parts().filter(|(_, part)| part.level <= Level::France) {
            let leaf = dimension.find(&territory_leaf(geography, id)).unwrap();
            assert!(dimension.is_leaf(leaf), "{part}");
            assert!(dimension.is_leaf(dimension.find(&gross_leaf(geography, id)).unwrap()), "{part}");
        }
        let leaf = |id: &str| territory_leaf(geography, geography.find(id).unwrap());
        assert_eq!(
            ["com-67482", "com-75056", "arr-75119", "dep-67", "fr"].map(leaf),
            ["com-67482", "com-75056-sp", "arr-75119", "dep-67-sp", "fr-sp"]
        );
        let gross = |id: &str| gross_leaf(geography, geography.find(id).unwrap());
        assert_eq!(["com-67482", "arr-75119", "reg-44", "fr"].map(gross), ["dep-67-sp", "dep-75-sp", "reg-44-sp", "fr-sp"]);
    }
}
