use datafusion::{
    common::{DFSchema, JoinType},
    logical_expr::{Aggregate, BinaryExpr, Distinct, Expr, Join, LogicalPlan, Operator, utils::split_conjunction},
};
use std::collections::{BTreeMap, BTreeSet};

/// Columns of a plan, by index, of which no two rows are equal (NULL taken as equal to NULL). The empty set: there is at most one row.
pub(crate) type Key = BTreeSet<usize>;

/// What is known of the tables: for each name, the columns that tell its rows apart.
pub(crate) type TableKeys = BTreeMap<String, Vec<Vec<String>>>;

/// A plan with many joins has many keys; the smallest of them do.
const MOST: usize = 8;

/// Keys of the rows that a plan returns, as far as its shape tells.
pub(crate) fn keys(plan: &LogicalPlan, tables: &TableKeys) -> Vec<Key> {
    let of = |p: &LogicalPlan| keys(p, tables);
    let found = match plan {
        LogicalPlan::TableScan(scan) => {
            let known = tables.get(scan.table_name.table()).map(Vec::as_slice).unwrap_or_default();
            known
                .iter()
                .filter_map(|names| names.iter().map(|n| scan.projected_schema.index_of_column_by_name(None, n)).collect())
                .collect()
        }
        LogicalPlan::Projection(p) => {
            let place = |i: usize| p.expr.iter().position(|e| column(e, p.input.schema()) == Some(i));
            of(&p.input).iter().filter_map(|key| key.iter().map(|i| place(*i)).collect()).collect()
        }
        LogicalPlan::Filter(f) => of(&f.input),
        LogicalPlan::Sort(s) => of(&s.input),
        LogicalPlan::Limit(l) => of(&l.input),
        LogicalPlan::Repartition(r) => of(&r.input),
        LogicalPlan::SubqueryAlias(a) => of(&a.input),
        LogicalPlan::Subquery(s) => of(&s.subquery),
        LogicalPlan::Window(w) => of(&w.input),
        LogicalPlan::Distinct(Distinct::All(input)) => {
            let mut found = of(input);
            found.push((0..input.schema().fields().len()).collect());
            found
        }
        LogicalPlan::Aggregate(a) => grouped(a),
        LogicalPlan::Join(j) => joined(j, of(&j.left), of(&j.right)),
        LogicalPlan::EmptyRelation(_) => vec![Key::new()],
        _ => Vec::new(),
    };
    smallest(found)
}

/// The column of `schema` that an expression is, whatever it is called.
pub(crate) fn column(expr: &Expr, schema: &DFSchema) -> Option<usize> {
    match expr {
        Expr::Column(c) => schema.maybe_index_of_column(c),
        Expr::Alias(a) => column(&a.expr, schema),
        _ => None,
    }
}

fn grouped(a: &Aggregate) -> Vec<Key> {
    if a.group_expr.iter().any(|e| matches!(e, Expr::GroupingSet(_))) {
        return Vec::new();
    }
    vec![(0..a.group_expr.len()).collect()]
}

fn joined(j: &Join, left: Vec<Key>, right: Vec<Key>) -> Vec<Key> {
    let shift = j.left.schema().fields().len();
    let pairs = equal_columns(j);
    let on_left: Key = pairs.iter().map(|p| p.0).collect();
    let on_right: Key = pairs.iter().map(|p| p.1).collect();
    // A side that holds a key among the joined columns gives each row of the other at most one partner.
    let one_left = left.iter().any(|k| k.is_subset(&on_left));
    let one_right = right.iter().any(|k| k.is_subset(&on_right));
    let moved: Vec<Key> = right.iter().map(|k| k.iter().map(|i| i + shift).collect()).collect();
    match j.join_type {
        JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => left,
        JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => right,
        JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => {
            let mut found: Vec<Key> = left.iter().flat_map(|l| moved.iter().map(move |r| l | r)).collect();
            if one_right && matches!(j.join_type, JoinType::Inner | JoinType::Left) {
                found.extend(left);
            }
            if one_left && matches!(j.join_type, JoinType::Inner | JoinType::Right) {
                found.extend(moved);
            }
            if j.join_type == JoinType::Inner {
                // The joined columns are equal: either stands for the other.
                let to_left = |i: &usize| pairs.iter().find(|p| p.1 + shift == *i).map_or(*i, |p| p.0);
                let to_right = |i: &usize| pairs.iter().find(|p| p.0 == *i).map_or(*i, |p| p.1 + shift);
                found = found
                    .iter()
                    .flat_map(|key| [key.clone(), key.iter().map(to_left).collect(), key.iter().map(to_right).collect()])
                    .collect();
            }
            found
        }
    }
}

/// The columns (left, right) that a join's condition makes equal; before optimisation the condition is still one expression.
fn equal_columns(j: &Join) -> Vec<(usize, usize)> {
    let pair = |l: &Expr, r: &Expr| column(l, j.left.schema()).zip(column(r, j.right.schema()));
    let mut found: Vec<_> = j.on.iter().filter_map(|(l, r)| pair(l, r)).collect();
    for part in j.filter.iter().flat_map(split_conjunction) {
        if let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) = part {
            found.extend(pair(left, right).or_else(|| pair(right, left)));
        }
    }
    found
}

fn smallest(mut found: Vec<Key>) -> Vec<Key> {
    found.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    let mut kept: Vec<Key> = Vec::new();
    for key in found {
        if kept.len() < MOST && !kept.iter().any(|k| k.is_subset(&key)) {
            kept.push(key);
        }
    }
    kept
}

/// Whether an order by these expressions leaves no two rows of `plan` in doubt: their columns hold a key, or are all the columns there are.
pub(crate) fn total<'a>(plan: &LogicalPlan, by: impl Iterator<Item = &'a Expr>, tables: &TableKeys) -> bool {
    let columns: Key = by.filter_map(|e| column(e, plan.schema())).collect();
    columns.len() == plan.schema().fields().len() || keys(plan, tables).iter().any(|k| k.is_subset(&columns))
}

/// [`keys`] by column name.
pub(crate) fn named_keys(plan: &LogicalPlan, tables: &TableKeys) -> Vec<Vec<String>> {
    let name = |i: &usize| plan.schema().fields().get(*i).map(|f| f.name().clone());
    keys(plan, tables).iter().filter_map(|key| key.iter().map(name).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::plan;

    async fn found(sql: &str) -> Vec<Vec<String>> {
        let tables = TableKeys::from([("t".into(), vec![vec!["id".into()]]), ("u".into(), vec![vec!["id".into(), "m".into()]])]);
        named_keys(&plan(sql).await, &tables)
    }

    #[tokio::test]
    async fn follow_the_shape_of_the_plan() {
        for (sql, want) in [
            ("SELECT id, n FROM t", vec![vec!["id"]]),
            ("SELECT n FROM t", vec![]),
            ("SELECT id AS x FROM (SELECT * FROM t WHERE n > 1) s", vec![vec!["x"]]),
            ("SELECT t.id, u.m FROM t JOIN u ON t.id = u.id", vec![vec!["id", "m"]]),
            ("SELECT u.id, u.m, t.n FROM u JOIN t ON t.id = u.id", vec![vec!["id", "m"]]),
            ("SELECT t.id, u.n FROM t LEFT JOIN u ON t.id = u.id AND t.m = u.m", vec![vec!["id"]]),
            ("SELECT t.id, u.n FROM t LEFT JOIN u ON t.id = u.id", vec![]),
            ("SELECT m, SUM(n) AS n FROM t GROUP BY m", vec![vec!["m"]]),
            ("SELECT SUM(n) AS n FROM t", vec![vec![]]),
            ("SELECT DISTINCT m, n FROM t", vec![vec!["m", "n"]]),
            ("SELECT id FROM t UNION ALL SELECT id FROM u", vec![]),
            ("SELECT id FROM t UNION SELECT id FROM u", vec![vec!["id"]]),
            ("SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id)", vec![vec!["id"]]),
            ("WITH c AS (SELECT id, m FROM t) SELECT c.id, ROW_NUMBER() OVER (ORDER BY id) AS r FROM c", vec![vec!["id"]]),
        ] {
            assert_eq!(found(sql).await, want, "{sql}");
        }
    }

    /// Whatever the rows, no two are equal on a key that was found.
    const JOINED: &[&str] = &[
        "SELECT t.id, u.m, u.n FROM t JOIN u ON t.id = u.id",
        "SELECT u.id, u.m, t.m AS k FROM u LEFT JOIN t ON u.id = t.id",
        "SELECT t.id, t.m, u.n FROM t LEFT JOIN u ON t.id = u.id AND t.m = u.m",
        "SELECT t.id, u.id AS k, u.m FROM t RIGHT JOIN u ON t.id = u.id",
        "SELECT t.id, u.id AS k, u.m FROM t FULL JOIN u ON t.id = u.id",
        "SELECT u.id, u.m, t.id AS k FROM u FULL JOIN t ON t.id = u.id",
        "SELECT a.id, b.id AS k FROM t a JOIN t b ON a.n = b.n",
        "SELECT a.id, b.m FROM t a JOIN (SELECT m, SUM(n) AS n FROM u GROUP BY m) b ON a.m = b.m",
        "SELECT id, k FROM t CROSS JOIN (SELECT COUNT(*) AS k FROM u) s",
        "SELECT id, m FROM u WHERE NOT EXISTS (SELECT 1 FROM t WHERE t.id = u.id)",
        "SELECT id, m FROM u WHERE m IN (SELECT m FROM t)",
        "SELECT DISTINCT t.m, u.n FROM t JOIN u ON t.id = u.id",
        "SELECT m, n, COUNT(*) AS c FROM u GROUP BY m, n",
        "SELECT u.id, t.m FROM t JOIN u ON t.id = u.id AND u.m = 'a'",
    ];

    async fn break_a_key(sql: &str, t: &BTreeMap<u8, (Option<u8>, Option<u8>)>, u: &BTreeMap<(u8, u8), Option<u8>>) -> Option<String> {
        let value = |v: &Option<u8>| v.map_or("NULL".to_owned(), |v| v.to_string());
        let letter = |v: &Option<u8>| v.map_or("NULL".to_owned(), |v| format!("'{}'", char::from(b'a' + v)));
        let first = "SELECT '' AS id, '' AS m, 0 AS n WHERE false".to_owned();
        let of_t = t.iter().map(|(id, (m, n))| format!("SELECT '{id}', CAST({} AS VARCHAR), CAST({} AS BIGINT)", letter(m), value(n)));
        let of_u = u.iter().map(|((id, m), n)| format!("SELECT '{id}', {}, CAST({} AS BIGINT)", letter(&Some(*m)), value(n)));
        let ctx = crate::session(2, 4, None).unwrap();
        for (name, rows) in [("t", of_t.collect::<Vec<_>>()), ("u", of_u.collect())] {
            let all = [vec![first.clone()], rows].concat().join(" UNION ALL ");
            let batches = ctx.sql(&all).await.unwrap().collect().await.unwrap();
            let schema = batches.first().map_or_else(crate::testing::columns, |b| b.schema());
            if batches.is_empty() {
                return None;
            }
            ctx.register_table(name, std::sync::Arc::new(datafusion::datasource::MemTable::try_new(schema, vec![batches]).unwrap()))
                .unwrap();
        }
        for key in found(sql).await {
            let by = key.join(", ");
            let broken = format!("SELECT COUNT(*) AS c FROM ({sql}) q GROUP BY {by} HAVING COUNT(*) > 1");
            let none = format!("SELECT 1 FROM ({sql}) q HAVING COUNT(*) > 1");
            if ctx.sql(if key.is_empty() { &none } else { &broken }).await.unwrap().count().await.unwrap() > 0 {
                return Some(format!("{sql}: {key:?}"));
            }
        }
        None
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(12))]
        #[test]
        fn keys_hold(
            t in proptest::collection::btree_map(0u8..5, (proptest::option::of(0u8..3), proptest::option::of(0u8..3)), 1..6),
            u in proptest::collection::btree_map((0u8..5, 0u8..3), proptest::option::of(0u8..3), 1..10),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            for sql in JOINED {
                proptest::prop_assert_eq!(runtime.block_on(break_a_key(sql, &t, &u)), None);
            }
        }
    }

    #[tokio::test]
    async fn joined_rows_have_keys() {
        for sql in JOINED.iter().filter(|sql| !sql.contains("'a'")) {
            assert_ne!(found(sql).await, [] as [Vec<String>; 0], "{sql}");
        }
    }
}
