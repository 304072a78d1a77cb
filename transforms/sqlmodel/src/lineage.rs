use datafusion::{
    common::{
        DFSchema, DFSchemaRef, JoinType,
        tree_node::{TreeNode, TreeNodeRecursion},
    },
    logical_expr::{Distinct, Expr, LogicalPlan, RecursiveQuery},
};
use std::collections::{BTreeMap, BTreeSet};

/// A column of a table. The column `*` stands for the rows as such: what `COUNT(*)` and `EXISTS` depend on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnRef {
    /// The table, as the query names it.
    pub table: String,
    /// Its column.
    pub column: String,
}

type Sources = BTreeSet<ColumnRef>;

/// From which columns the values of each column of a plan are computed. Columns that only decide which rows are there (`WHERE`, join
/// conditions, `ORDER BY`) are not among them. Tables are those that the query reads: other models are not looked through.
pub fn lineage(plan: &LogicalPlan) -> BTreeMap<String, BTreeSet<ColumnRef>> {
    let mut outer = Vec::new();
    let columns = sources(plan, &mut outer);
    let mut found: BTreeMap<String, Sources> = BTreeMap::new();
    for (field, from) in plan.schema().fields().iter().zip(columns) {
        found.entry(field.name().clone()).or_default().extend(from);
    }
    found
}

/// The plans around a subquery: their columns and where those come from.
type Outer = Vec<(DFSchemaRef, Vec<Sources>)>;

/// The sources of each column of a plan.
fn sources(plan: &LogicalPlan, outer: &mut Outer) -> Vec<Sources> {
    match plan {
        LogicalPlan::TableScan(scan) => {
            let table = scan.table_name.table();
            let fields = scan.projected_schema.fields().iter();
            fields.map(|f| Sources::from([ColumnRef { table: table.into(), column: f.name().clone() }])).collect()
        }
        LogicalPlan::Projection(p) => of_expressions(&p.expr, &p.input, outer),
        LogicalPlan::Aggregate(a) => {
            let mut columns = Vec::new();
            for expr in &a.group_expr {
                match expr {
                    Expr::GroupingSet(set) => {
                        columns.extend(set.distinct_expr().into_iter().flat_map(|e| of_expressions([e], &a.input, outer)))
                    }
                    _ => columns.extend(of_expressions([expr], &a.input, outer)),
                }
            }
            // A column that tells the grouping sets apart comes from none of the input's.
            columns.resize(plan.schema().fields().len().saturating_sub(a.aggr_expr.len()), Sources::new());
            for (expr, mut from) in a.aggr_expr.iter().zip(of_expressions(&a.aggr_expr, &a.input, outer)) {
                if from.is_empty() && counts_rows(expr) {
                    from = rows(&a.input);
                }
                columns.push(from);
            }
            columns
        }
        LogicalPlan::Window(w) => {
            let mut columns = sources(&w.input, outer);
            columns.extend(of_expressions(&w.window_expr, &w.input, outer));
            columns
        }
        LogicalPlan::Join(j) => {
            let (mut left, right) = (sources(&j.left, outer), sources(&j.right, outer));
            match j.join_type {
                JoinType::LeftSemi | JoinType::LeftAnti => left,
                JoinType::RightSemi | JoinType::RightAnti => right,
                JoinType::LeftMark => {
                    left.push(rows(&j.right));
                    left
                }
                JoinType::RightMark => {
                    let mut columns = right;
                    columns.push(rows(&j.left));
                    columns
                }
                JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => {
                    left.extend(right);
                    left
                }
            }
        }
        LogicalPlan::Union(u) => {
            let mut columns = vec![Sources::new(); u.schema.fields().len()];
            for input in &u.inputs {
                merge(&mut columns, sources(input, outer));
            }
            columns
        }
        LogicalPlan::Unnest(u) => {
            let from = sources(&u.input, outer);
            u.dependency_indices.iter().map(|i| from.get(*i).cloned().unwrap_or_default()).collect()
        }
        LogicalPlan::Distinct(Distinct::On(on)) => of_expressions(&on.select_expr, &on.input, outer),
        LogicalPlan::RecursiveQuery(r) => recursive(r, outer),
        LogicalPlan::Subquery(s) => sources(&s.subquery, outer),
        LogicalPlan::Distinct(Distinct::All(_))
        | LogicalPlan::Filter(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Repartition(_)
        | LogicalPlan::SubqueryAlias(_) => plan.inputs().first().map(|input| sources(input, outer)).unwrap_or_default(),
        _ => vec![Sources::new(); plan.schema().fields().len()],
    }
}

fn of_expressions<'a>(exprs: impl IntoIterator<Item = &'a Expr>, input: &LogicalPlan, outer: &mut Outer) -> Vec<Sources> {
    let (schema, from) = (input.schema().clone(), sources(input, outer));
    exprs.into_iter().map(|e| of_expression(e, &schema, &from, outer)).collect()
}

fn of_expression(expr: &Expr, schema: &DFSchemaRef, from: &[Sources], outer: &mut Outer) -> Sources {
    let mut found = Sources::new();
    let column = |c: &datafusion::common::Column, schema: &DFSchema, from: &[Sources]| {
        schema.maybe_index_of_column(c).and_then(|i| from.get(i)).cloned()
    };
    // The closure never fails.
    let _ = expr.apply(|e| {
        let subquery = match e {
            Expr::Column(c) => {
                found.extend(column(c, schema, from).unwrap_or_default());
                None
            }
            Expr::OuterReferenceColumn(_, c) => {
                found.extend(outer.iter().rev().find_map(|(schema, from)| column(c, schema, from)).unwrap_or_default());
                None
            }
            Expr::ScalarSubquery(s) => Some(s),
            Expr::InSubquery(s) => Some(&s.subquery),
            Expr::SetComparison(s) => Some(&s.subquery),
            Expr::Exists(s) => {
                found.extend(rows(&s.subquery.subquery));
                None
            }
            _ => None,
        };
        if let Some(s) = subquery {
            outer.push((schema.clone(), from.to_vec()));
            found.extend(sources(&s.subquery, outer).into_iter().flatten());
            outer.pop();
        }
        Ok(TreeNodeRecursion::Continue)
    });
    found
}

fn counts_rows(expr: &Expr) -> bool {
    match expr {
        Expr::Alias(a) => counts_rows(&a.expr),
        Expr::AggregateFunction(f) => f.func.name() == "count",
        _ => false,
    }
}

/// The tables beneath a plan, as their rows.
fn rows(plan: &LogicalPlan) -> Sources {
    let mut found = Sources::new();
    // The closure never fails.
    let _ = plan.apply(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            found.insert(ColumnRef { table: scan.table_name.table().into(), column: "*".into() });
        }
        Ok(TreeNodeRecursion::Continue)
    });
    found
}

fn merge(columns: &mut [Sources], more: Vec<Sources>) {
    for (column, from) in columns.iter_mut().zip(more) {
        column.extend(from);
    }
}

/// The recursive part reads the query itself by name: what it takes from there is put in until nothing is added.
fn recursive(r: &RecursiveQuery, outer: &mut Outer) -> Vec<Sources> {
    let mut columns = sources(&r.static_term, outer);
    let step = sources(&r.recursive_term, outer);
    loop {
        let before = columns.clone();
        for (column, from) in columns.iter_mut().zip(&step) {
            for source in from {
                if source.table != r.name {
                    column.insert(source.clone());
                } else if let Some(i) = r.schema.fields().iter().position(|f| *f.name() == source.column) {
                    column.extend(before.get(i).cloned().unwrap_or_default());
                }
            }
        }
        if columns == before {
            return columns;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::plan;

    async fn of(sql: &str) -> Vec<String> {
        let found = lineage(&plan(sql).await);
        let names = |from: BTreeSet<ColumnRef>| from.into_iter().map(|c| format!("{}.{}", c.table, c.column)).collect::<Vec<_>>().join(" ");
        found.into_iter().map(|(column, from)| format!("{column}: {}", names(from))).collect()
    }

    #[tokio::test]
    async fn columns_come_from_columns() {
        for (sql, want) in [
            ("SELECT id, n + 1 AS b, 'x' AS c FROM t", vec!["b: t.n", "c: ", "id: t.id"]),
            ("SELECT a.id, b.m FROM t a JOIN u b ON a.n = b.n", vec!["id: t.id", "m: u.m"]),
            ("SELECT id, coalesce(t.n, u.n) AS n FROM t FULL JOIN u USING (id)", vec!["id: t.id", "n: t.n u.n"]),
            ("SELECT m, SUM(n) AS s, COUNT(*) AS c, COUNT(j) AS k FROM t GROUP BY m", vec!["c: t.*", "k: t.j", "m: t.m", "s: t.n"]),
            ("SELECT COUNT(*) AS c FROM t, u", vec!["c: t.* u.*"]),
            ("SELECT SUM(n) FILTER (WHERE m = 'a') AS s FROM t", vec!["s: t.m t.n"]),
            ("SELECT id AS a FROM t UNION ALL SELECT m FROM u", vec!["a: t.id u.m"]),
            ("SELECT DISTINCT id AS a FROM t UNION SELECT m FROM u", vec!["a: t.id u.m"]),
            ("WITH c AS (SELECT id AS a, n AS b FROM t), e AS (SELECT a, b * 2 AS b FROM c) SELECT a, b FROM e", vec!["a: t.id", "b: t.n"]),
            ("SELECT rank() OVER (PARTITION BY m ORDER BY n) AS r FROM t", vec!["r: t.m t.n"]),
            ("SELECT m, COUNT(*) AS c FROM t GROUP BY ROLLUP (m)", vec!["c: t.*", "m: t.m"]),
            ("SELECT unnest(l) AS a, id FROM t", vec!["a: t.l", "id: t.id"]),
            ("SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id)", vec!["id: t.id"]),
            ("SELECT id, (SELECT max(u.n) FROM u WHERE u.id = t.id) AS a FROM t", vec!["a: u.n", "id: t.id"]),
            ("SELECT id, (SELECT max(u.n + t.n) FROM u) AS a FROM t", vec!["a: t.n u.n", "id: t.id"]),
            ("SELECT id IN (SELECT m FROM u) AS a FROM t", vec!["a: t.id u.m"]),
            ("SELECT EXISTS (SELECT 1 FROM u WHERE u.id = t.id) AS a FROM t", vec!["a: u.*"]),
            (
                "WITH RECURSIVE c AS (SELECT id AS a, m AS b FROM t UNION ALL SELECT c.b AS a, u.m AS b FROM c JOIN u ON u.id = c.a) SELECT a, b FROM c",
                vec!["a: t.id t.m u.m", "b: t.m u.m"],
            ),
            ("WITH t AS (SELECT n AS a FROM t) SELECT a FROM t", vec!["a: t.n"]),
        ] {
            assert_eq!(of(sql).await, want, "{sql}");
        }
    }
}
