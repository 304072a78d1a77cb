//! Code lists as the tables that SQL sees.

use crate::{Lists, Project, StageError};
use arrow::{
    array::{ArrayRef, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema, SchemaRef},
};
use chrono::NaiveDate;
use solidata_demand::TerritoryNode;
use solidata_model::Month;
use solidata_territory::Territory;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Code of a search without category.
pub const WITHOUT_CATEGORY: &str = "sans_categorie";
/// Code of a search whose category is in no list.
pub const UNKNOWN_CATEGORY: &str = "inconnu";
/// Code of all categories together, of supply only.
pub const ALL_CATEGORIES: &str = "toutes";

/// The columns of a table: name and type. Only a name that ends with `?` may be null; the mark is no part of it.
pub(crate) fn schema(columns: &[(&str, DataType)]) -> SchemaRef {
    let field = |(name, kind): &(&str, DataType)| match name.strip_suffix('?') {
        Some(name) => Field::new(name, kind.clone(), true),
        None => Field::new(*name, kind.clone(), false),
    };
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// `territoires`: every published territory with its label, codes and population.
///
/// # Errors
/// When a code list is missing or has no such column.
pub fn territoires(project: &Project) -> Result<RecordBatch, StageError> {
    const COLUMNS: [&str; 7] =
        ["territoire_niveau", "territoire_id", "territoire_libelle", "code_commune?", "code_epci?", "code_departement?", "code_region?"];
    let mut rows: Vec<([Option<String>; 7], Option<i64>)> = Vec::new();
    let mut push = |level: &str, id: String, label: &str, codes: [Option<String>; 4], population: Option<i64>| {
        let [commune, epci, departement, region] = codes;
        rows.push(([Some(level.into()), Some(id), Some(label.into()), commune, epci, departement, region], population));
    };

    let communes = CodeList::read(project, "communes.csv")?;
    let mut parents: BTreeMap<String, [Option<String>; 3]> = BTreeMap::new();
    for row in &communes.rows {
        let get = |column| communes.get(row, column);
        let (code, epci) = (get("code_commune")?, communes.optional(row, "code_epci")?);
        let (departement, region) = (communes.optional(row, "code_departement")?, communes.optional(row, "code_region")?);
        parents.insert(code.into(), [epci.clone(), departement.clone(), region.clone()]);
        let codes = [Some(code.to_owned()), epci, departement, region];
        push("commune", format!("com-{code}"), get("nom")?, codes, communes.integer(row, "population")?);
    }
    let boroughs = CodeList::read(project, "arrondissements_municipaux.csv")?;
    for row in &boroughs.rows {
        let (code, commune) = (boroughs.get(row, "code_arrondissement_municipal")?, boroughs.get(row, "code_commune")?);
        let [epci, departement, region] = parents.get(commune).cloned().unwrap_or_default();
        let codes = [Some(commune.to_owned()), epci, departement, region];
        push("arrondissement", format!("arr-{code}"), boroughs.get(row, "nom")?, codes, boroughs.integer(row, "population")?);
    }
    let epci = CodeList::read(project, "epci.csv")?;
    for row in &epci.rows {
        let code = epci.get(row, "code_epci")?;
        let codes = [None, Some(code.to_owned()), None, None];
        push("epci", format!("epci-{code}"), epci.get(row, "nom")?, codes, epci.integer(row, "population")?);
    }
    let departements = CodeList::read(project, "departements.csv")?;
    for row in &departements.rows {
        let (code, region) = (departements.get(row, "code_departement")?, departements.optional(row, "code_region")?);
        let codes = [None, None, Some(code.to_owned()), region];
        push("departement", format!("dep-{code}"), departements.get(row, "nom")?, codes, departements.integer(row, "population")?);
    }
    let regions = CodeList::read(project, "regions.csv")?;
    let mut france = 0;
    for row in &regions.rows {
        let (code, population) = (regions.get(row, "code_region")?, regions.integer(row, "population")?);
        france = population.unwrap_or(0).saturating_add(france);
        push("region", format!("reg-{code}"), regions.get(row, "nom")?, [None, None, None, Some(code.to_owned())], population);
    }
    push("france", "fr".into(), "France", Default::default(), Some(france));

    let mut fields: Vec<(&str, DataType)> = COLUMNS.iter().map(|c| (*c, DataType::Utf8)).collect();
    fields.push(("population?", DataType::Int64));
    let mut columns: Vec<ArrayRef> =
        (0..COLUMNS.len()).map(|i| Arc::new(rows.iter().map(|r| r.0[i].as_deref()).collect::<StringArray>()) as ArrayRef).collect();
    columns.push(Arc::new(rows.iter().map(|r| r.1).collect::<Int64Array>()));
    Ok(RecordBatch::try_new(schema(&fields), columns)?)
}

/// `categories`: every code with its French label, and the codes that stand for none, unknown and all.
///
/// # Errors
/// When a code list is missing or has no such column.
pub fn categories(project: &Project) -> Result<RecordBatch, StageError> {
    let list = CodeList::read(project, "categories.csv")?;
    let mut rows = BTreeMap::new();
    for row in &list.rows {
        rows.insert(list.get(row, "categorie_code")?, list.get(row, "libelle")?);
    }
    rows.extend([(WITHOUT_CATEGORY, "Sans catégorie"), (UNKNOWN_CATEGORY, "Catégorie inconnue"), (ALL_CATEGORIES, "Toutes catégories")]);
    let codes: StringArray = rows.keys().map(Some).collect();
    let labels: StringArray = rows.values().map(Some).collect();
    let fields = [("categorie_code", DataType::Utf8), ("categorie_libelle", DataType::Utf8)];
    Ok(RecordBatch::try_new(schema(&fields), vec![Arc::new(codes), Arc::new(labels)])?)
}

/// `categories_ancetres`: each code with itself and everything above it in the graph, once; whether that ancestor is a root.
///
/// # Errors
/// When a code list is missing or the graph has a cycle.
pub fn categories_ancetres(project: &Project) -> Result<RecordBatch, StageError> {
    let list = CodeList::read(project, "categories.csv")?;
    let edges = CodeList::read(project, "categories_liens.csv")?;
    let mut parents: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in &list.rows {
        parents.entry(list.get(row, "categorie_code")?).or_default();
    }
    for row in &edges.rows {
        parents.entry(edges.get(row, "categorie_code")?).or_default().insert(edges.get(row, "categorie_parent")?);
    }
    for pseudo in [WITHOUT_CATEGORY, UNKNOWN_CATEGORY] {
        parents.entry(pseudo).or_default();
    }
    let is_root = |code: &str| parents.get(code).is_none_or(BTreeSet::is_empty);
    let mut rows: BTreeSet<(&str, &str, bool)> = BTreeSet::new();
    for start in parents.keys() {
        // The graph is small; a walk longer than it has nodes goes round in a circle.
        let mut front = vec![(*start, 0usize)];
        while let Some((code, depth)) = front.pop() {
            if depth > parents.len() {
                return Err(StageError::project("datasets/reference/categories_liens.csv", "the categories form a cycle"));
            }
            rows.insert((start, code, is_root(code)));
            front.extend(parents.get(code).into_iter().flatten().map(|p| (*p, depth + 1)));
        }
    }
    let fields = [("categorie_code", DataType::Utf8), ("ancetre_code", DataType::Utf8), ("racine", DataType::Boolean)];
    let codes: StringArray = rows.iter().map(|r| Some(r.0)).collect();
    let ancestors: StringArray = rows.iter().map(|r| Some(r.1)).collect();
    let roots: BooleanArray = rows.iter().map(|r| Some(r.2)).collect();
    Ok(RecordBatch::try_new(schema(&fields), vec![Arc::new(codes), Arc::new(ancestors), Arc::new(roots)])?)
}

/// `noeuds_territoires`: every territory that demand is given for, and the inner part of each that has parts, with the codes of what it is in.
///
/// # Errors
/// Never with these types.
pub fn noeuds_territoires(lists: &Lists) -> Result<RecordBatch, StageError> {
    const COLUMNS: [&str; 7] =
        ["territoire_niveau", "territoire_id", "territoire_libelle", "code_commune?", "code_epci?", "code_departement?", "code_region?"];
    let nodes = &lists.demand.territory_nodes;
    let codes = |of: &dyn Fn(&Territory) -> Option<String>| {
        Arc::new(nodes.iter().map(|n| of(lists.geography.territory(n.territory))).collect::<StringArray>()) as ArrayRef
    };
    let texts = |of: &dyn Fn(&TerritoryNode) -> String| Arc::new(nodes.iter().map(|n| Some(of(n))).collect::<StringArray>()) as ArrayRef;
    let columns = vec![
        texts(&|n| n.level.clone()),
        texts(&|n| n.id.clone()),
        texts(&|n| n.label.clone()),
        codes(&|t| t.commune.map(|c| c.to_string())),
        codes(&|t| t.epci.map(|c| c.to_string())),
        codes(&|t| t.departement.map(|c| c.to_string())),
        codes(&|t| t.region.map(|c| c.to_string())),
    ];
    Ok(RecordBatch::try_new(schema(&COLUMNS.map(|c| (c, DataType::Utf8))), columns)?)
}

/// `noeuds_categories`: every category that demand is given for, and the inner parts of the graph; whether it is a leaf, which no other is part of.
///
/// # Errors
/// Never with these types.
pub fn noeuds_categories(lists: &Lists) -> Result<RecordBatch, StageError> {
    let demand = &lists.demand;
    let nodes = &demand.category_nodes;
    let leaf = |code: &str| demand.categories.find(code).is_ok_and(|node| demand.categories.is_leaf(node));
    let fields = [
        ("categorie_niveau", DataType::Utf8),
        ("categorie_code", DataType::Utf8),
        ("categorie_libelle", DataType::Utf8),
        ("feuille", DataType::Boolean),
    ];
    let columns: Vec<ArrayRef> = vec![
        Arc::new(nodes.iter().map(|n| Some(n.level)).collect::<StringArray>()),
        Arc::new(nodes.iter().map(|n| Some(n.code.as_str())).collect::<StringArray>()),
        Arc::new(nodes.iter().map(|n| Some(demand.label(n))).collect::<StringArray>()),
        Arc::new(nodes.iter().map(|n| Some(leaf(&n.code))).collect::<BooleanArray>()),
    ];
    Ok(RecordBatch::try_new(schema(&fields), columns)?)
}

/// `parametres`: one row with what is the same for the whole release.
///
/// # Errors
/// Never with these types.
pub fn parametres(month: Month, date_photo: NaiveDate, complete: bool) -> Result<RecordBatch, StageError> {
    let days = date_photo.signed_duration_since(NaiveDate::default()).num_days();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![month.to_string()])),
        Arc::new(Date32Array::from(vec![i32::try_from(days).unwrap_or(0)])),
        Arc::new(BooleanArray::from(vec![complete])),
    ];
    Ok(RecordBatch::try_new(parametres_schema(), columns)?)
}

/// The schema of `parametres`.
pub fn parametres_schema() -> SchemaRef {
    schema(&[("mois", DataType::Utf8), ("date_photo", DataType::Date32), ("mois_complet", DataType::Boolean)])
}

/// A CSV code list, looked up by column name.
struct CodeList {
    path: String,
    header: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

impl CodeList {
    fn read(project: &Project, file: &str) -> Result<Self, StageError> {
        let path = format!("datasets/reference/{file}");
        let mut reader = csv::Reader::from_reader(project.reference(file)?);
        let wrong = |e: csv::Error| StageError::project(&path, &e.to_string());
        let header = reader.headers().map_err(wrong)?.iter().map(str::to_owned).collect();
        let rows = reader.records().collect::<Result<_, _>>().map_err(wrong)?;
        Ok(Self { path, header, rows })
    }

    fn get<'r>(&self, row: &'r csv::StringRecord, column: &str) -> Result<&'r str, StageError> {
        let at = self.header.iter().position(|h| h == column);
        at.and_then(|i| row.get(i)).ok_or_else(|| StageError::project(&self.path, &format!("there is no column '{column}'")))
    }

    fn optional(&self, row: &csv::StringRecord, column: &str) -> Result<Option<String>, StageError> {
        Ok(Some(self.get(row, column)?).filter(|v| !v.is_empty()).map(str::to_owned))
    }

    fn integer(&self, row: &csv::StringRecord, column: &str) -> Result<Option<i64>, StageError> {
        let text = self.get(row, column)?;
        if text.is_empty() {
            return Ok(None);
        }
        text.parse()
            .map(Some)
            .map_err(|_| StageError::project(&self.path, &format!("column '{column}' holds something else than a number")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_lists_become_tables() {
        let project = Project::embedded();
        let territories = territoires(&project).unwrap();
        assert!(territories.num_rows() > 36_000);
        let ancestors = categories_ancetres(&project).unwrap();
        let column = |i: usize| ancestors.column(i).as_any().downcast_ref::<StringArray>().unwrap().clone();
        let (codes, above) = (column(0), column(1));
        let of = |code: &str| codes.iter().zip(above.iter()).filter(|(c, _)| *c == Some(code)).filter_map(|(_, a)| a).collect::<Vec<_>>();
        assert_eq!(of(WITHOUT_CATEGORY), [WITHOUT_CATEGORY]);
        assert_eq!(of("food_packages"), ["food", "food_packages"]);
        assert!(of("medical_accommodation").len() > 3, "a code with two parents has both above it");
    }
}
