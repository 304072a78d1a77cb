use crate::{
    BaseTable, Layer, LintFinding, ModelSet, SqlError, contract::published, graph::Names, keys::TableKeys, lint_with_keys,
    parse::read_query, plan::plan_query,
};
use datafusion::{logical_expr::SortExpr, prelude::col};
use solidata_model::{ColumnType, DatasetSpec, Feeds};
use std::collections::{BTreeMap, BTreeSet};

/// A query that returns the rows of published tables that break a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Check {
    /// The dataset under which it stands, and which it reads.
    pub dataset: String,
    /// File name without its ending; `contrat/<rule>` for a check that the contract states.
    pub name: String,
    /// The query.
    pub sql: String,
}

/// Before the names of checks that a contract states.
pub(crate) const STATED: &str = "contrat/";

impl Check {
    /// Its file, `sql/checks/<dataset>/<name>.sql`; `contrat/<dataset>/<rule>` for a check that the contract states.
    pub fn place(&self) -> String {
        match self.name.strip_prefix(STATED) {
            Some(rule) => format!("{STATED}{}/{rule}", self.dataset),
            None => format!("sql/checks/{}/{}.sql", self.dataset, self.name),
        }
    }
}

/// The rules that a contract states, as checks (name, SQL): `unique_key`, `not_null`, and for each column concerned `values_<column>`,
/// `pattern_<column>` and `code_list_<column>` where the contract names a list as `table.column`.
pub fn generated_checks(spec: &DatasetSpec) -> Vec<(String, String)> {
    let table = &spec.id;
    let key = spec.sort_key.join(", ");
    let mut found =
        vec![("unique_key".to_owned(), format!("SELECT {key}, COUNT(*) AS lignes FROM {table} GROUP BY {key} HAVING COUNT(*) > 1"))];

    let filled: Vec<&str> = spec.contract.columns.iter().filter(|c| !c.null).map(|c| c.name.as_str()).collect();
    if !filled.is_empty() {
        let cases: String = filled.iter().map(|c| format!(" WHEN {c} IS NULL THEN '{c}'")).collect();
        let any = filled.iter().map(|c| format!("{c} IS NULL")).collect::<Vec<_>>().join(" OR ");
        found.push(("not_null".into(), format!("SELECT {key}, CASE{cases} END AS colonne FROM {table} WHERE {any}")));
    }
    for column in &spec.contract.columns {
        let name = &column.name;
        let text = if column.kind == ColumnType::Text { name.clone() } else { format!("CAST({name} AS VARCHAR)") };
        let rows = |what: &str, condition: String| {
            (
                format!("{what}_{name}"),
                format!("SELECT {name} AS valeur, COUNT(*) AS lignes FROM {table} WHERE {condition} GROUP BY {name}"),
            )
        };
        if !column.values.is_empty() {
            let list = column.values.iter().map(|v| quoted(v)).collect::<Vec<_>>().join(", ");
            found.push(rows("values", format!("{text} NOT IN ({list})")));
        }
        if let Some(pattern) = &column.pattern {
            found.push(rows("pattern", format!("{text} !~ {}", quoted(&whole(pattern)))));
        }
        if let Some((list, code)) = column.code_list.as_deref().and_then(|l| l.split_once('.')).filter(|(_, code)| *code != "csv") {
            let missing = format!("NOT EXISTS (SELECT 1 FROM {list} AS liste WHERE liste.{code} = {table}.{name})");
            found.push(rows("code_list", format!("{name} IS NOT NULL AND {missing}")));
        }
    }
    found
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The pattern, matching whole values only.
fn whole(pattern: &str) -> String {
    format!("^(?:{pattern})$")
}

/// The final order of a dataset: its sort key, ascending. The key is proved unique and never empty, so the order is total.
pub fn sort_exprs(spec: &DatasetSpec) -> Vec<SortExpr> {
    spec.sort_key.iter().map(|name| col(format!("\"{name}\"")).sort(true, false)).collect()
}

/// Plans a check against the published columns of the datasets, and says what the lint finds in it. A check reads datasets and code
/// lists, so that everyone who has the release can run it; that of a dataset of the directory reads none of demand, which may not be there.
///
/// # Errors
/// When it is not one `SELECT`, reads a table that it may not or does not know, does not read its own dataset, or does not fit the columns.
pub async fn plan_check(check: &Check, specs: &BTreeMap<String, DatasetSpec>, base: &[BaseTable]) -> Result<Vec<LintFinding>, SqlError> {
    let place = check.place();
    let (query, reads) = read_query(&place, &check.sql, false)?;
    let mut tables: Vec<BaseTable> = base.iter().filter(|b| b.layer != Layer::Dataset).cloned().collect();
    tables.extend(specs.values().map(|spec| BaseTable {
        name: spec.id.clone(),
        layer: Layer::Dataset,
        schema: published(&spec.contract),
        key: spec.sort_key.clone(),
    }));
    let none = ModelSet { layer: Layer::Dataset, models: BTreeMap::new() };
    let names = Names::new(&none, &tables, Layer::CHECK_READS);
    let mut found = Vec::new();
    for name in &reads {
        let layer = names.resolve(&place, name)?;
        found.extend(tables.iter().find(|t| t.name == *name && t.layer == layer));
    }
    if !reads.contains(&check.dataset) {
        let what = format!("the check does not read '{}', the dataset under which it stands", check.dataset);
        return Err(SqlError::Form { place, what, remedy: "read it, or move the file" });
    }
    let demand = |id: &String| specs.get(id).is_some_and(|s| s.feeds == Feeds::Demand);
    if let Some(other) = reads.iter().find(|id| demand(id) && !demand(&check.dataset)) {
        let what = format!("the check reads '{other}', which is not there in a run without searches");
        return Err(SqlError::Form { place, what, remedy: "move it under that dataset" });
    }
    let schemas: Vec<_> = found.iter().map(|t| (t.name.as_str(), t.schema.clone())).collect();
    let (plan, _) = plan_query(&place, query, &schemas).await?;
    let keys: TableKeys = found.iter().filter(|t| !t.key.is_empty()).map(|t| (t.name.clone(), vec![t.key.clone()])).collect();
    Ok(lint_with_keys(&plan, &keys))
}

/// The datasets that no check of `checks` stands under.
pub(crate) fn unchecked<'a>(specs: &'a BTreeMap<String, DatasetSpec>, checks: &[Check]) -> Vec<&'a str> {
    let have: BTreeSet<&str> = checks.iter().map(|c| c.dataset.as_str()).collect();
    specs.keys().map(String::as_str).filter(|id| !have.contains(id)).collect()
}
