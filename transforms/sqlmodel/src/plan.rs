use crate::{BaseTable, Layer, Model, ModelGraph, ModelSet, SqlError, keys};
use datafusion::{
    arrow::datatypes::SchemaRef,
    datasource::empty::EmptyTable,
    error::DataFusionError,
    execution::context::SQLOptions,
    logical_expr::LogicalPlan,
    prelude::SessionContext,
    sql::{
        parser::Statement as DfStatement,
        sqlparser::ast::{Query, Statement},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A model whose query fits the tables that it reads.
#[derive(Debug, Clone)]
pub struct PlannedModel {
    /// The model.
    pub model: Model,
    /// What it reads, and the layer of it.
    pub reads: BTreeMap<String, Layer>,
    /// Its plan after analysis (types resolved), before any optimisation.
    pub plan: LogicalPlan,
    /// The columns that it makes.
    pub schema: SchemaRef,
    /// Sets of its columns whose values never come twice, as far as the plan tells.
    pub keys: Vec<Vec<String>>,
}

/// The models of one folder, planned.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The layer of what they make.
    pub layer: Layer,
    /// Every model after those that it reads.
    pub order: Vec<String>,
    /// By name.
    pub models: BTreeMap<String, PlannedModel>,
}

/// Plans the models of a graph in their order, against empty tables; a model sees the columns of those before it. Models with an error, and
/// those behind them, are missing from the first result.
pub async fn plan_models(set: &ModelSet, graph: &ModelGraph, base: &[BaseTable]) -> (Planned, Vec<SqlError>) {
    let mut planned = Planned { layer: set.layer, order: Vec::new(), models: BTreeMap::new() };
    let mut errors = Vec::new();
    for name in &graph.order {
        let (Some(model), Some(reads)) = (set.models.get(name), graph.reads.get(name)) else { continue };
        match plan_model(model, reads, &planned, base).await {
            Ok(Some(done)) => {
                planned.order.push(name.clone());
                planned.models.insert(name.clone(), done);
            }
            Ok(None) => {}
            Err(e) => errors.push(e),
        }
    }
    (planned, errors)
}

impl Planned {
    /// The columns of a table that a model or check reads: of a base table of that layer, else of a planned model.
    pub(crate) fn schema_of(&self, table: &str, layer: Layer, base: &[BaseTable]) -> Option<SchemaRef> {
        let given = base.iter().find(|b| b.name == table && b.layer == layer).map(|b| b.schema.clone());
        given.or_else(|| self.models.get(table).filter(|_| layer == self.layer).map(|m| m.schema.clone()))
    }

    /// What is known of the rows of the tables in `reads`.
    pub(crate) fn keys_of(&self, reads: &BTreeMap<String, Layer>, base: &[BaseTable]) -> keys::TableKeys {
        let known = |table: &String, layer: Layer| match base.iter().find(|b| b.name == *table && b.layer == layer) {
            Some(b) if b.key.is_empty() => Vec::new(),
            Some(b) => vec![b.key.clone()],
            None => self.models.get(table).map(|m| m.keys.clone()).unwrap_or_default(),
        };
        reads.iter().map(|(table, layer)| (table.clone(), known(table, *layer))).collect()
    }
}

/// `None` when a model that this one reads has no plan.
async fn plan_model(
    model: &Model,
    reads: &BTreeMap<String, Layer>,
    planned: &Planned,
    base: &[BaseTable],
) -> Result<Option<PlannedModel>, SqlError> {
    let place = model.layer.place(&model.name);
    let mut tables = Vec::new();
    for (table, layer) in reads {
        match planned.schema_of(table, *layer, base) {
            Some(schema) => tables.push((table.as_str(), schema)),
            None => return Ok(None),
        }
    }
    let (plan, schema) = plan_query(&place, model.query.clone(), &tables).await?;
    let keys = keys::named_keys(&plan, &planned.keys_of(reads, base));
    Ok(Some(PlannedModel { model: model.clone(), reads: reads.clone(), plan, schema, keys }))
}

/// Plans a query over empty tables, to the end: what only the optimiser or the physical planner refuses is refused here too. Only the
/// tables that the query was seen to read are there.
pub(crate) async fn plan_query(place: &str, query: Box<Query>, tables: &[(&str, SchemaRef)]) -> Result<(LogicalPlan, SchemaRef), SqlError> {
    let error = |e: DataFusionError| SqlError::Plan { place: place.into(), detail: one_line(&e) };
    let ctx = crate::session(1, 8192, None)?;
    for (name, schema) in tables {
        ctx.register_table(*name, Arc::new(EmptyTable::new(schema.clone()))).map_err(error)?;
    }
    let plan = analyse(&ctx, place, query).await?;
    ctx.state().create_physical_plan(&plan).await.map_err(error)?;
    let schema: SchemaRef = Arc::clone(plan.schema().inner());
    let mut seen = BTreeSet::new();
    for field in schema.fields() {
        let name = field.name();
        let detail = if !seen.insert(name) {
            format!("two columns are named '{name}'; give one another name with AS")
        } else if !name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        {
            format!("column '{name}' has no plain name; write AS and lower-case letters, digits and underscores")
        } else {
            continue;
        };
        return Err(SqlError::Plan { place: place.into(), detail });
    }
    Ok((plan, schema))
}

/// The plan of a query after analysis, in a session where its tables are.
pub(crate) async fn analyse(ctx: &SessionContext, place: &str, query: Box<Query>) -> Result<LogicalPlan, SqlError> {
    let error = |e: DataFusionError| SqlError::Plan { place: place.into(), detail: one_line(&e) };
    let state = ctx.state();
    let statement = DfStatement::Statement(Box::new(Statement::Query(query)));
    let plan = state.statement_to_plan(statement).await.map_err(error)?;
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false).verify_plan(&plan).map_err(error)?;
    state.analyzer().execute_and_check(plan, state.config_options(), |_, _| {}).map_err(error)
}

/// What DataFusion says, without its backtrace, on one line.
pub(crate) fn one_line(e: &DataFusionError) -> String {
    e.strip_backtrace().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{parse::read_query, testing::columns};

    async fn refused(sql: &str) -> String {
        let (query, _) = read_query("m", sql, true).unwrap();
        plan_query("m", query, &[("t", columns()), ("u", columns())]).await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn columns_have_plain_names_of_their_own() {
        for (sql, word) in [
            ("SELECT t.id, u.id FROM t JOIN u ON t.n = u.n", "two columns are named 'id'"),
            ("SELECT COUNT(*) FROM t", "write AS"),
            ("SELECT id AS \"Id\" FROM t", "write AS"),
            ("SELECT n + 1 FROM t", "write AS"),
            ("SELECT 1 AS a UNION ALL SELECT 'x' || id FROM t UNION ALL SELECT true", "cannot be planned"),
            ("SELECT id FROM t WHERE n = 'x' + 1 AND zz", "cannot be planned"),
            // Only the optimiser and the physical planner refuse this one.
            ("SELECT id, (SELECT u.n FROM u WHERE u.m > t.m) AS a FROM t", "cannot be planned"),
        ] {
            let e = refused(sql).await;
            assert!(e.starts_with("m: cannot be planned") && e.contains(word) && !e.contains('\n'), "{sql}: {e}");
        }
    }

    #[tokio::test]
    async fn the_plan_has_its_types() {
        let (query, _) = read_query("m", "SELECT id, COUNT(*) AS n, SUM(d) AS d FROM t GROUP BY id", true).unwrap();
        let (_, schema) = plan_query("m", query, &[("t", columns())]).await.unwrap();
        let types: Vec<_> = schema.fields().iter().map(|f| f.data_type().to_string()).collect();
        assert_eq!(types, ["Utf8", "Int64", "Decimal128(22, 2)"]);
    }
}
