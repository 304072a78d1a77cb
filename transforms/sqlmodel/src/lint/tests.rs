//! For each code: a query that is refused for it and for nothing else, and the same query mended, in which nothing is found.
use super::*;
use crate::testing::plan;
use std::collections::BTreeMap;

async fn codes(sql: &str) -> Vec<LintCode> {
    let keys = BTreeMap::from([("t".to_owned(), vec![vec!["id".to_owned()]])]);
    let found = lint_with_keys(&plan(sql).await, &keys);
    assert!(found.iter().all(|f| !f.message.is_empty() && !f.remedy.is_empty()));
    let mut codes: Vec<_> = found.into_iter().map(|f| f.code).collect();
    codes.dedup();
    codes
}

async fn refused_then_mended(code: LintCode, pairs: &[(&str, &str)]) {
    for (bad, good) in pairs {
        assert_eq!(codes(bad).await, [code], "{bad}");
        assert_eq!(codes(good).await, [], "{good}");
    }
}

#[tokio::test]
async fn volatile() {
    refused_then_mended(
        LintCode::Volatile,
        &[
            ("SELECT uuid() AS a FROM t", "SELECT id AS a FROM t"),
            ("SELECT CAST(now() AS DATE) AS a FROM t", "SELECT j AS a FROM t"),
            ("SELECT id FROM t WHERE j < current_date()", "SELECT id FROM t WHERE j < DATE '2024-01-01'"),
            ("SELECT id FROM t WHERE j < today()", "SELECT id FROM t WHERE j < '2024-01-01'"),
            ("SELECT current_time() AS a FROM t", "SELECT TIME '10:00' AS a FROM t"),
            ("SELECT current_timestamp AS a FROM t", "SELECT TIMESTAMP '2024-01-01' AS a FROM t"),
            // In a subquery, a join, an order, a group, the arguments of an aggregate and of a window function.
            ("SELECT id FROM t WHERE m IN (SELECT uuid() FROM u)", "SELECT id FROM t WHERE m IN (SELECT m FROM u)"),
            ("SELECT (SELECT max(uuid()) FROM u) AS a FROM t", "SELECT (SELECT max(m) FROM u) AS a FROM t"),
            ("SELECT t.id FROM t JOIN u ON t.m = concat(u.m, uuid())", "SELECT t.id FROM t JOIN u ON t.m = concat(u.m, 'x')"),
            ("SELECT id FROM t ORDER BY uuid()", "SELECT id FROM t ORDER BY id"),
            ("SELECT COUNT(*) AS n FROM t GROUP BY uuid()", "SELECT COUNT(*) AS n FROM t GROUP BY m"),
            ("SELECT max(uuid()) AS n FROM t", "SELECT max(m) AS n FROM t"),
            ("SELECT max(uuid()) OVER (PARTITION BY m) AS n FROM t", "SELECT max(m) OVER (PARTITION BY m) AS n FROM t"),
            ("WITH c AS (SELECT uuid() AS a FROM t) SELECT a FROM c", "WITH c AS (SELECT m AS a FROM t) SELECT a FROM c"),
            ("SELECT count(*) FILTER (WHERE m > uuid()) AS n FROM t", "SELECT count(*) FILTER (WHERE m > 'a') AS n FROM t"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_function_that_says_it_is_volatile() {
    use datafusion::{
        arrow::datatypes::DataType,
        logical_expr::{ColumnarValue, Volatility, create_udf},
        scalar::ScalarValue,
    };
    for (volatility, want) in [(Volatility::Volatile, 1), (Volatility::Stable, 1), (Volatility::Immutable, 0)] {
        let one = |_: &[ColumnarValue]| Ok(ColumnarValue::Scalar(ScalarValue::Int64(Some(1))));
        let ctx = crate::session(1, 8192, None).unwrap();
        ctx.register_udf(create_udf("one", vec![], DataType::Int64, volatility, std::sync::Arc::new(one)));
        let plan = ctx.sql("SELECT one() AS a").await.unwrap().into_unoptimized_plan();
        assert_eq!(lint(&plan).len(), want);
    }
}

#[tokio::test]
async fn engine_dependent() {
    refused_then_mended(LintCode::EngineDependent, &[("SELECT version() AS a FROM t", "SELECT 'v1' AS a FROM t")]).await;
}

#[tokio::test]
async fn approximate() {
    refused_then_mended(LintCode::Approximate, &[("SELECT approx_distinct(id) AS n FROM t", "SELECT COUNT(DISTINCT id) AS n FROM t")])
        .await;
    for sql in ["SELECT approx_median(n) AS n FROM t", "SELECT approx_percentile_cont(0.5) WITHIN GROUP (ORDER BY n) AS n FROM t"] {
        assert!(codes(sql).await.contains(&LintCode::Approximate), "{sql}");
    }
}

#[tokio::test]
async fn floats() {
    refused_then_mended(
        LintCode::FloatOutput,
        &[
            ("SELECT x FROM t", "SELECT CAST(x AS DECIMAL(12, 2)) AS x FROM t"),
            ("SELECT n * CAST(1 AS DOUBLE) AS a FROM t", "SELECT n * 1.5 AS a FROM t"),
        ],
    )
    .await;
    let exact = "SELECT CAST(SUM(n) AS DECIMAL(18, 4)) / COUNT(n) AS a FROM t";
    refused_then_mended(
        LintCode::FloatAggregate,
        &[
            ("SELECT CAST(SUM(x) AS DECIMAL(12, 2)) AS a FROM t", "SELECT SUM(CAST(x AS DECIMAL(12, 2))) AS a FROM t"),
            ("SELECT CAST(AVG(n) AS DECIMAL(12, 2)) AS a FROM t", "SELECT AVG(d) AS a FROM t"),
            ("SELECT CAST(AVG(n) AS BIGINT) AS a FROM t", exact),
            ("SELECT CAST(stddev(n) AS BIGINT) AS a FROM t", "SELECT SUM(n * n) AS a FROM t"),
            ("SELECT CAST(var_pop(n) AS BIGINT) AS a FROM t", "SELECT SUM(n * n) AS a FROM t"),
            ("SELECT CAST(corr(n, n) AS BIGINT) AS a FROM t", "SELECT SUM(n * n) AS a FROM t"),
            ("SELECT CAST(max(x) AS BIGINT) AS a FROM t", "SELECT max(CAST(x AS BIGINT)) AS a FROM t"),
            ("SELECT CAST(SUM(x) OVER (PARTITION BY m) AS BIGINT) AS a FROM t", "SELECT SUM(n) OVER (PARTITION BY m) AS a FROM t"),
            ("SELECT id FROM t WHERE n > (SELECT AVG(n) FROM u)", "SELECT id FROM t WHERE n > (SELECT max(n) FROM u)"),
            ("SELECT m FROM t GROUP BY m HAVING SUM(x) > 1", "SELECT m FROM t GROUP BY m HAVING SUM(n) > 1"),
        ],
    )
    .await;
    assert_eq!(codes("SELECT AVG(n) AS a FROM t").await, [LintCode::FloatAggregate, LintCode::FloatOutput]);
    assert_eq!(codes("SELECT array_agg(x ORDER BY x) AS a FROM t").await, [LintCode::FloatAggregate, LintCode::FloatOutput]);
    assert_eq!(codes("SELECT COUNT(x) AS n FROM t").await, []);
    // By its argument alone; and, before analysis makes the argument a float too, by its result alone.
    assert_eq!(codes("SELECT approx_distinct(x) AS n FROM t").await, [LintCode::Approximate, LintCode::FloatAggregate]);
    let ctx = crate::session(1, 8192, None).unwrap();
    let mean = ctx.sql("SELECT CAST(AVG(n) AS BIGINT) AS n FROM (SELECT 1 AS n) s").await.unwrap().into_unoptimized_plan();
    assert_eq!(lint(&mean).into_iter().map(|f| f.code).collect::<Vec<_>>(), [LintCode::FloatAggregate]);
    refused_then_mended(
        LintCode::FloatKey,
        &[("SELECT COUNT(*) AS n FROM t GROUP BY x", "SELECT COUNT(*) AS n FROM t GROUP BY CAST(x AS BIGINT)")],
    )
    .await;
}

#[tokio::test]
async fn aggregates_that_take_rows_as_they_come() {
    refused_then_mended(
        LintCode::UnorderedAggregate,
        &[
            ("SELECT first_value(m) AS a FROM t", "SELECT first_value(m ORDER BY m) AS a FROM t"),
            ("SELECT last_value(m) AS a FROM t", "SELECT last_value(m ORDER BY n, m) AS a FROM t"),
            ("SELECT nth_value(m, 2) AS a FROM t", "SELECT nth_value(m, 2 ORDER BY m) AS a FROM t"),
            ("SELECT array_agg(m) AS a FROM t", "SELECT array_agg(m ORDER BY m) AS a FROM t"),
            ("SELECT string_agg(m, ',') AS a FROM t", "SELECT string_agg(m, ',' ORDER BY m) AS a FROM t"),
            ("SELECT any_value(m) AS a FROM t", "SELECT min(m) AS a FROM t"),
            ("SELECT id FROM t WHERE m = (SELECT first_value(m) FROM u)", "SELECT id FROM t WHERE m = (SELECT min(m) FROM u)"),
        ],
    )
    .await;
    refused_then_mended(
        LintCode::TiedAggregate,
        &[
            ("SELECT first_value(m ORDER BY n) AS a FROM t", "SELECT first_value(m ORDER BY n, m) AS a FROM t"),
            ("SELECT array_agg(m ORDER BY n) AS a FROM t", "SELECT array_agg(DISTINCT m ORDER BY m) AS a FROM t"),
            ("SELECT string_agg(m, ',' ORDER BY j) AS a FROM t", "SELECT string_agg(m, ',' ORDER BY j DESC, m) AS a FROM t"),
        ],
    )
    .await;
}

#[tokio::test]
async fn windows() {
    refused_then_mended(
        LintCode::UnorderedWindow,
        &[
            ("SELECT row_number() OVER () AS a FROM t", "SELECT row_number() OVER (ORDER BY id) AS a FROM t"),
            ("SELECT row_number() OVER (PARTITION BY m) AS a FROM t", "SELECT row_number() OVER (PARTITION BY m ORDER BY id) AS a FROM t"),
            ("SELECT rank() OVER () AS a FROM t", "SELECT rank() OVER (ORDER BY n) AS a FROM t"),
            ("SELECT dense_rank() OVER (PARTITION BY m) AS a FROM t", "SELECT dense_rank() OVER (PARTITION BY m ORDER BY n) AS a FROM t"),
            ("SELECT lag(m) OVER () AS a FROM t", "SELECT lag(m) OVER (ORDER BY n, id) AS a FROM t"),
            ("SELECT first_value(m) OVER () AS a FROM t", "SELECT first_value(m) OVER (ORDER BY m) AS a FROM t"),
            ("SELECT array_agg(m) OVER () AS a FROM t", "SELECT array_agg(m) OVER (ORDER BY m) AS a FROM t"),
        ],
    )
    .await;
    let rows = "ROWS BETWEEN 1 PRECEDING AND CURRENT ROW";
    let running = |by: &str| format!("SELECT SUM(n) OVER (ORDER BY {by} {rows}) AS a FROM t");
    refused_then_mended(
        LintCode::TiedWindow,
        &[
            ("SELECT row_number() OVER (ORDER BY n) AS a FROM t", "SELECT row_number() OVER (ORDER BY n, id) AS a FROM t"),
            ("SELECT ntile(4) OVER (ORDER BY m) AS a FROM t", "SELECT ntile(4) OVER (ORDER BY m, id) AS a FROM t"),
            ("SELECT lead(m) OVER (ORDER BY m) AS a FROM t", "SELECT lead(m) OVER (ORDER BY m, id) AS a FROM t"),
            ("SELECT first_value(m) OVER (ORDER BY n) AS a FROM t", "SELECT first_value(m) OVER (ORDER BY n, m) AS a FROM t"),
            (&running("n"), &running("n, id")),
            // The rows of u have no known key; those of a GROUP BY do.
            (
                "SELECT row_number() OVER (ORDER BY id) AS a FROM u",
                "SELECT row_number() OVER (ORDER BY m) AS a FROM (SELECT m, SUM(n) AS n FROM u GROUP BY m) s",
            ),
            // Every column there is: rows that are still equal are alike.
            (
                "WITH c AS (SELECT m, n FROM u) SELECT row_number() OVER (ORDER BY m) AS a FROM c",
                "WITH c AS (SELECT m, n FROM u) SELECT row_number() OVER (PARTITION BY n ORDER BY m) AS a FROM c",
            ),
            (
                "SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY m ORDER BY n) AS r FROM t) s WHERE r = 1",
                "SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY m ORDER BY n, id) AS r FROM t) s WHERE r = 1",
            ),
        ],
    )
    .await;
    for fine in [
        "SELECT SUM(n) OVER (PARTITION BY m) AS a FROM t",
        "SELECT SUM(n) OVER (ORDER BY m) AS a FROM t",
        "SELECT COUNT(*) OVER () AS a FROM t",
        "SELECT rank() OVER (ORDER BY n) AS a FROM u",
    ] {
        assert_eq!(codes(fine).await, [], "{fine}");
    }
}

#[tokio::test]
async fn limits() {
    refused_then_mended(
        LintCode::UnorderedLimit,
        &[
            ("SELECT id FROM t LIMIT 3", "SELECT id FROM t ORDER BY id LIMIT 3"),
            ("SELECT id FROM t OFFSET 3", "SELECT id FROM t ORDER BY id OFFSET 3"),
            ("SELECT id FROM (SELECT id FROM t ORDER BY id) s LIMIT 3", "SELECT m FROM t ORDER BY n, id LIMIT 3"),
            ("SELECT id FROM t WHERE m IN (SELECT m FROM t LIMIT 1)", "SELECT id FROM t WHERE m IN (SELECT m FROM t ORDER BY id LIMIT 1)"),
        ],
    )
    .await;
    refused_then_mended(
        LintCode::TiedLimit,
        &[
            ("SELECT id FROM t ORDER BY n LIMIT 3", "SELECT id FROM t ORDER BY n, id LIMIT 3"),
            (
                "SELECT m, COUNT(*) AS n FROM u GROUP BY m ORDER BY n LIMIT 3",
                "SELECT m, COUNT(*) AS n FROM u GROUP BY m ORDER BY n, m LIMIT 3",
            ),
            ("SELECT id FROM u ORDER BY lower(id) LIMIT 3", "SELECT id FROM (SELECT DISTINCT id FROM u) s ORDER BY id LIMIT 3"),
        ],
    )
    .await;
}

#[tokio::test]
async fn distinct_on() {
    refused_then_mended(LintCode::DistinctOn, &[("SELECT DISTINCT ON (m) m, id FROM t ORDER BY m, id", "SELECT DISTINCT m, id FROM t")])
        .await;
}

#[tokio::test]
async fn time_zone_of_the_session() {
    refused_then_mended(
        LintCode::SessionTimeZone,
        &[
            ("SELECT CAST(to_timestamp(m) AS DATE) AS a FROM t", "SELECT CAST(CAST(m AS TIMESTAMP) AS DATE) AS a FROM t"),
            ("SELECT CAST(m AS TIMESTAMPTZ) AS a FROM t", "SELECT CAST(m AS TIMESTAMP) AT TIME ZONE 'Europe/Paris' AS a FROM t"),
            ("SELECT CAST(w AS TIMESTAMPTZ) AS a FROM t", "SELECT w AT TIME ZONE 'Europe/Paris' AS a FROM t"),
        ],
    )
    .await;
}

#[tokio::test]
async fn joins_that_lose_their_common_column() {
    refused_then_mended(
        LintCode::JoinUsing,
        &[
            ("SELECT id FROM t FULL JOIN u USING (id)", "SELECT coalesce(t.id, u.id) AS id FROM t FULL JOIN u ON t.id = u.id"),
            ("SELECT id FROM t RIGHT JOIN u USING (id)", "SELECT u.id FROM t RIGHT JOIN u ON t.id = u.id"),
            ("SELECT id FROM t NATURAL FULL JOIN (SELECT id FROM u) s", "SELECT id FROM t LEFT JOIN u USING (id)"),
        ],
    )
    .await;
    // When this fails, DataFusion has mended it and the lint can go.
    for kind in ["RIGHT", "FULL"] {
        let ctx = crate::session(1, 8192, None).unwrap();
        let sql = format!("SELECT id FROM (SELECT id FROM (SELECT 1 AS id) t {kind} JOIN (SELECT 2 AS id) u USING (id)) s WHERE id = 2");
        assert_eq!(ctx.sql(&sql).await.unwrap().count().await.unwrap(), 0, "{kind}");
    }
}

#[tokio::test]
async fn steps_and_tables_that_are_not_ours() {
    let ctx = crate::session(1, 8192, None).unwrap();
    ctx.register_table("t", std::sync::Arc::new(datafusion::datasource::empty::EmptyTable::new(crate::testing::columns()))).unwrap();
    for (sql, code) in [
        ("EXPLAIN SELECT id FROM t", LintCode::ForeignStep),
        ("CREATE VIEW s AS SELECT id FROM t", LintCode::ForeignStep),
        ("INSERT INTO t (id) VALUES ('a')", LintCode::ForeignStep),
        ("SELECT id FROM public.t", LintCode::ForeignTable),
        ("SELECT id FROM t WHERE m = $1", LintCode::ForeignStep),
    ] {
        let plan = ctx.state().create_logical_plan(sql).await.unwrap();
        assert!(lint(&plan).iter().any(|f| f.code == code), "{sql}");
    }
}

#[tokio::test]
async fn lists_may_be_unnested() {
    assert_eq!(codes("SELECT id, unnest(l) AS a FROM t").await, []);
    assert_eq!(codes("SELECT t.id, s.a FROM t CROSS JOIN unnest(t.l) AS s(a)").await, []);
}

#[tokio::test]
async fn messages_are_short_and_say_what_to_write() {
    let long = "x".repeat(500);
    let found = lint(&plan(&format!("SELECT first_value(concat(m, '{long}')) AS a FROM t")).await);
    assert!(found[0].message.chars().count() <= 203);
    assert!(found[0].to_string().starts_with("unordered_aggregate: first_value("), "{}", found[0]);
}
