//! The code lists as dimensions.

use crate::{CategoryPlan, DemandError, TerritoryNode, categories::CategoryNode, measures, territories, territory_nodes};
use solidata_disclosure::Dimension;
use solidata_territory::{Geography, Level};
use std::collections::{BTreeMap, BTreeSet};

/// The code lists of categories, as bytes of CSV files of `datasets/reference/`.
#[derive(Debug, Clone, Copy)]
pub struct ListTables<'a> {
    /// `categories.csv`.
    pub categories: &'a [u8],
    /// `categories_liens.csv`.
    pub links: &'a [u8],
    /// `categories_sensibles.csv`.
    pub sensitive: &'a [u8],
}

/// Everything that code lists say about demand.
#[derive(Debug, Clone)]
pub struct Lists {
    /// The dimension `territoire`.
    pub territories: Dimension,
    /// The dimension `categorie`.
    pub categories: Dimension,
    /// The dimension `mesure`.
    pub measures: Dimension,
    /// The graph of categories.
    pub plan: CategoryPlan,
    /// The nodes of territories, for people.
    pub territory_nodes: Vec<TerritoryNode>,
    /// The nodes of categories, for people.
    pub category_nodes: Vec<CategoryNode>,
    /// French labels of categories.
    pub labels: BTreeMap<String, String>,
    /// Leaf of each territory's identifier.
    leaves: BTreeMap<String, Leaves>,
    /// Inhabitants of communes and boroughs, and of the inner part of divided communes, by node of `territories`.
    pub(crate) population: Vec<Option<u64>>,
    /// Whether gross searches are given, by node of `territories`.
    pub(crate) gross: Vec<bool>,
    /// Whether a category is sensitive, by node of `categories`.
    pub(crate) sensitive: Vec<bool>,
}

/// The leaves that a search of one territory counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leaves {
    pub(crate) net: u32,
    /// Of what gross searches have beyond net ones.
    pub(crate) removed: u32,
}

impl Lists {
    /// Reads the lists.
    ///
    /// # Errors
    /// When a list has no such column, names what is not there, or does not nest.
    pub fn new(geography: &Geography, tables: ListTables<'_>) -> Result<Self, DemandError> {
        let codes = columns("categories.csv", tables.categories, ["categorie_code", "libelle"])?;
        let links = columns("categories_liens.csv", tables.links, ["categorie_parent", "categorie_code"])?;
        let links: Vec<(String, String)> = links.into_iter().map(|[parent, code]| (parent, code)).collect();
        let plan = CategoryPlan::new(codes.iter().map(|[code, _]| code.clone()), &links)?;
        let (territories, categories, measures) = (territories(geography)?, plan.dimension()?, measures()?);
        let (territory_nodes, category_nodes) = (territory_nodes(geography), plan.nodes());
        let listed = columns("categories_sensibles.csv", tables.sensitive, ["categorie_code", "theme"])?;
        let listed: BTreeSet<String> = listed.into_iter().map(|[code, _]| code).collect();
        if let Some(code) = listed.iter().find(|code| categories.find(code).is_err()) {
            return Err(DemandError::Lists { file: "categories_sensibles.csv", detail: format!("there is no category {code}") });
        }
        let mut sensitive = vec![false; categories.len()];
        for node in &category_nodes {
            sensitive[categories.find(&node.code)? as usize] = node.category.as_ref().is_some_and(|code| listed.contains(code));
        }
        let (mut population, mut gross) = (vec![None; territories.len()], vec![false; territories.len()]);
        let mut leaves = BTreeMap::new();
        for node in &territory_nodes {
            let (at, part) = (territories.find(&node.id)? as usize, geography.territory(node.territory));
            gross[at] = crate::is_gross_level(&node.level);
            if part.level <= Level::Commune {
                // Without a known number the stricter rule holds.
                population[at] = Some(geography.population(node.territory).map_or(0, u64::from));
            }
            let net = territories.find(&crate::territory_leaf(geography, node.territory))?;
            let removed = territories.find(&crate::gross_leaf(geography, node.territory))?;
            leaves.insert(part.to_string(), Leaves { net, removed });
        }
        let labels = codes.into_iter().map(|[code, label]| (code, label)).collect();
        Ok(Self { territories, categories, measures, plan, territory_nodes, category_nodes, labels, leaves, population, gross, sensitive })
    }

    /// The parts of the name of a cell: period, territory, category, and outcome or `brutes`.
    ///
    /// # Errors
    /// [`DemandError::Cell`] when it has other parts, or one of them but the period names nothing.
    pub fn cell<'c>(&self, cell: &'c str) -> Result<[&'c str; 4], DemandError> {
        let wrong = |detail: String| DemandError::Cell { cell: cell.to_owned(), detail };
        let parts: Vec<&str> = cell.split('/').collect();
        let parts = <[&str; 4]>::try_from(parts).map_err(|parts| wrong(format!("{} parts instead of four", parts.len())))?;
        let lists = [(&self.territories, "territory"), (&self.categories, "category"), (&self.measures, "outcome")];
        for (name, (dimension, what)) in parts.iter().skip(1).zip(lists) {
            dimension.find(name).map_err(|_| wrong(format!("`{name}` is no {what}")))?;
        }
        Ok(parts)
    }

    /// The leaves of a territory; `None` when it is not French, or unknown.
    pub(crate) fn leaves(&self, territory: &str) -> Option<Leaves> {
        self.leaves.get(territory).copied()
    }

    /// The French label of a node of categories.
    pub fn label(&self, node: &CategoryNode) -> String {
        let of =
            |code: &Option<String>| code.as_ref().and_then(|c| self.labels.get(c)).cloned().unwrap_or_else(|| "Toutes catégories".into());
        match node.level {
            "sans_precision" => format!("{}, sans précision", of(&node.category)),
            "plusieurs" => format!("{}, plusieurs catégories", of(&node.category)),
            "sans_categorie" => "Sans catégorie".into(),
            "inconnu" => "Catégorie inconnue".into(),
            _ => of(&node.category),
        }
    }
}

/// Some columns of a CSV file.
fn columns<const N: usize>(file: &'static str, bytes: &[u8], names: [&str; N]) -> Result<Vec<[String; N]>, DemandError> {
    let wrong = |detail: String| DemandError::Lists { file, detail };
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().map_err(|e| wrong(e.to_string()))?.clone();
    let mut at = [0; N];
    for (place, name) in at.iter_mut().zip(names) {
        *place = header.iter().position(|h| h == name).ok_or_else(|| wrong(format!("there is no column '{name}'")))?;
    }
    let row = |record: csv::Result<csv::StringRecord>| {
        let record = record.map_err(|e| wrong(e.to_string()))?;
        Ok(at.map(|i| record.get(i).unwrap_or_default().to_owned()))
    };
    reader.records().map(row).collect()
}
