use crate::{Layer, SqlError};
use datafusion::sql::{
    parser::Statement as DfStatement,
    resolve::resolve_table_references,
    sqlparser::{
        ast::{Query, Select, SelectItem, SetExpr, Statement, TableFactor, Visit, Visitor},
        dialect::GenericDialect,
        parser::Parser,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

/// One query of `sql/`, read.
#[derive(Debug, Clone)]
pub struct Model {
    /// File name without its ending, and the name of the table that the query makes.
    pub name: String,
    /// [`Layer::ExactCube`] for `sql/cubes`, [`Layer::Dataset`] for `sql/datasets`.
    pub layer: Layer,
    /// The text, as it lies in the file.
    pub sql: String,
    /// The tables that it reads, by their names in the text; names of its own CTEs and aliases are not among them.
    pub reads: BTreeSet<String>,
    pub(crate) query: Box<Query>,
}

/// The models of one folder: `sql/cubes` or `sql/datasets`. Two folders are two sets, since a protected cube carries the name of the exact one.
#[derive(Debug, Clone)]
pub struct ModelSet {
    /// The layer of what they make.
    pub layer: Layer,
    /// By name.
    pub models: BTreeMap<String, Model>,
}

impl ModelSet {
    /// Reads the texts of one folder, by name: `layer` is [`Layer::ExactCube`] or [`Layer::Dataset`].
    ///
    /// # Errors
    /// For every text that is not exactly one `SELECT` query (CTEs allowed) with named columns, or whose name is no table name. A dataset's
    /// query has no `ORDER BY` or `LIMIT` of its own at the top: its order is generated from the sort key.
    pub fn parse(layer: Layer, texts: &BTreeMap<String, String>) -> Result<Self, Vec<SqlError>> {
        let (set, errors) = Self::parse_all(layer, texts);
        if errors.is_empty() { Ok(set) } else { Err(errors) }
    }

    /// As [`ModelSet::parse`], keeping the models that can be read when others cannot.
    pub(crate) fn parse_all(layer: Layer, texts: &BTreeMap<String, String>) -> (Self, Vec<SqlError>) {
        let (mut models, mut errors) = (BTreeMap::new(), Vec::new());
        for (name, sql) in texts {
            let place = layer.place(name);
            if !is_table_name(name) {
                errors.push(SqlError::Name { place, name: name.clone() });
                continue;
            }
            match read_query(&place, sql, layer == Layer::Dataset) {
                Ok((query, reads)) => {
                    models.insert(name.clone(), Model { name: name.clone(), layer, sql: sql.clone(), reads, query });
                }
                Err(e) => errors.push(e),
            }
        }
        (Self { layer, models }, errors)
    }
}

fn is_table_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// The longest text, in bytes. A release from outside carries SQL that is carried out to make it again.
const LONGEST: usize = 256 << 10;
/// The most operators and nested parts of a text: parser and planner go as deep as an expression does, and have no more stack than a thread has.
const OPERATORS_MAX: usize = 500;

/// Whether a text is short, and no expression in it deep. The longest of ours has 61 operators.
fn check_depth(place: &str, sql: &str) -> Result<(), SqlError> {
    let words = ["AND", "OR", "NOT", "CASE", "IN", "IS", "LIKE", "BETWEEN", "JOIN", "UNION", "EXCEPT", "INTERSECT", "INTERVAL"];
    let of_word = |c: char| !(c.is_alphanumeric() || c == '_');
    // What stands between quotes is text; two quotes in it end one and begin another.
    let sql_alone: String = sql.split('\'').step_by(2).collect::<Vec<_>>().join(" ");
    let operators = sql_alone.matches(|c: char| "+-*/%|=<>!~^&([{:".contains(c)).count()
        + sql_alone.split(of_word).filter(|word| words.iter().any(|operator| word.eq_ignore_ascii_case(operator))).count();
    if sql.len() <= LONGEST && operators <= OPERATORS_MAX {
        return Ok(());
    }
    let what = format!("more than {LONGEST} bytes, or than {OPERATORS_MAX} operators and brackets");
    Err(SqlError::Form { place: place.into(), what, remedy: "split it into several models" })
}

/// Reads a text that must be one query, of no depth that a planner could not follow. Anything else that SQL can say (to make, fill or copy tables, to change
/// settings) is refused.
///
/// # Errors
/// [`SqlError::Syntax`] or [`SqlError::Form`].
pub fn one_query(place: &str, sql: &str) -> Result<Box<Query>, SqlError> {
    check_depth(place, sql)?;
    let form = |what: &str, remedy: &'static str| SqlError::Form { place: place.into(), what: what.into(), remedy };
    let mut statements =
        Parser::parse_sql(&GenericDialect {}, sql).map_err(|e| SqlError::Syntax { place: place.into(), detail: e.to_string() })?;
    match (statements.pop(), statements.is_empty()) {
        (Some(Statement::Query(query)), true) => Ok(query),
        (Some(_), true) => Err(form("this is not a query", "write one SELECT query and nothing else")),
        (Some(_), false) => Err(form("there is more than one statement", "write one SELECT query and nothing else")),
        (None, _) => Err(form("the file is empty", "write one SELECT query")),
    }
}

/// Reads a text that must be one `SELECT` query, and the tables that it names.
pub(crate) fn read_query(place: &str, sql: &str, ordered_by_us: bool) -> Result<(Box<Query>, BTreeSet<String>), SqlError> {
    let form = |what: &str, remedy: &'static str| SqlError::Form { place: place.into(), what: what.into(), remedy };
    let query = one_query(place, sql)?;
    if let ControlFlow::Break((what, remedy)) = query.visit(&mut Forms) {
        return Err(form(what, remedy));
    }
    let mut top = Vec::new();
    selects(&query, &mut top);
    if top.is_empty() {
        return Err(form("the query has no SELECT at its top", "write one SELECT query"));
    }
    if top.iter().any(|s| has_star(s)) {
        return Err(form("SELECT * at the top", "name every column: a column added upstream must not change what is made here"));
    }
    if ordered_by_us && (query.order_by.is_some() || query.limit_clause.is_some() || query.fetch.is_some()) {
        return Err(form(
            "ORDER BY or LIMIT at the top of a dataset's query",
            "remove it: the order is generated from sort_key of dataset.toml, and a dataset holds all its rows",
        ));
    }
    let statement = DfStatement::Statement(Box::new(Statement::Query(query.clone())));
    let (tables, _) =
        resolve_table_references(&statement, true).map_err(|e| SqlError::Syntax { place: place.into(), detail: e.strip_backtrace() })?;
    let mut reads = BTreeSet::new();
    for table in tables {
        if table.schema().is_some() {
            return Err(form(&format!("'{table}' names a schema"), "tables here have plain names"));
        }
        reads.insert(table.table().to_owned());
    }
    Ok((query, reads))
}

/// The `SELECT`s whose columns are the columns of the query.
fn selects<'a>(query: &'a Query, found: &mut Vec<&'a Select>) {
    fn walk<'a>(body: &'a SetExpr, found: &mut Vec<&'a Select>) {
        match body {
            SetExpr::Select(select) => found.push(select),
            SetExpr::Query(query) => walk(&query.body, found),
            SetExpr::SetOperation { left, right, .. } => {
                walk(left, found);
                walk(right, found);
            }
            _ => {}
        }
    }
    walk(&query.body, found);
}

fn has_star(select: &Select) -> bool {
    select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)))
}

/// Refuses, anywhere in a query, what DataFusion would ignore in silence, what writes, and what reads anything but a plain table.
struct Forms;

type Refusal = (&'static str, &'static str);

fn refuse(found: bool, what: &'static str, remedy: &'static str) -> ControlFlow<Refusal> {
    if found { ControlFlow::Break((what, remedy)) } else { ControlFlow::Continue(()) }
}

impl Visitor for Forms {
    type Break = Refusal;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Refusal> {
        let ignored = !query.locks.is_empty() || query.for_clause.is_some() || query.settings.is_some() || query.format_clause.is_some();
        refuse(ignored, "FOR, SETTINGS or FORMAT after a query", "remove it: it has no meaning here")?;
        refuse(!query.pipe_operators.is_empty(), "pipe operators", "write an ordinary SELECT")?;
        fn plain(body: &SetExpr) -> bool {
            match body {
                SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) => true,
                SetExpr::SetOperation { left, right, .. } => plain(left) && plain(right),
                _ => false,
            }
        }
        refuse(!plain(&query.body), "a part that is not a SELECT (INSERT, UPDATE, DELETE, MERGE or TABLE)", "write a SELECT")
    }

    fn pre_visit_statement(&mut self, _: &Statement) -> ControlFlow<Refusal> {
        refuse(true, "a statement inside the query", "write one SELECT query and nothing else")
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Refusal> {
        refuse(select.into.is_some(), "SELECT INTO", "a model writes nothing: its file name is its table")?;
        refuse(select.top.is_some(), "TOP", "write ORDER BY and LIMIT")
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Refusal> {
        const SAMPLE: Refusal = ("TABLESAMPLE", "a sample is left to chance: write a WHERE");
        match factor {
            TableFactor::Table { args, sample, version, with_hints, partitions, index_hints, with_ordinality, json_path, .. } => {
                refuse(args.is_some(), "a table function", "read a table of the project: code lists lie under datasets/reference")?;
                refuse(sample.is_some(), SAMPLE.0, SAMPLE.1)?;
                let hints = !(with_hints.is_empty() && partitions.is_empty() && index_hints.is_empty());
                refuse(
                    hints || version.is_some() || *with_ordinality || json_path.is_some(),
                    "a modifier after a table's name",
                    "remove it",
                )
            }
            TableFactor::Derived { sample, .. } => refuse(sample.is_some(), SAMPLE.0, SAMPLE.1),
            TableFactor::NestedJoin { .. } => ControlFlow::Continue(()),
            TableFactor::UNNEST { .. } => ControlFlow::Continue(()),
            _ => refuse(true, "a table function or a special kind of table", "read a plain table"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(sql: &str) -> Vec<String> {
        read_query("m", sql, true).unwrap().1.into_iter().collect()
    }

    fn refused(sql: &str) -> String {
        read_query("m", sql, true).unwrap_err().to_string()
    }

    #[test]
    fn references_are_tables_and_nothing_else() {
        assert_eq!(reads("SELECT a.x FROM t AS a JOIN u b ON a.x = b.x"), ["t", "u"]);
        assert_eq!(reads("WITH c AS (SELECT x FROM t) SELECT c.x FROM c"), ["t"]);
        assert_eq!(reads("SELECT x FROM T WHERE x IN (SELECT y FROM u) AND EXISTS (SELECT 1 FROM v WHERE v.x = t.x)"), ["t", "u", "v"]);
        assert_eq!(reads("SELECT x, (SELECT max(y) FROM u) AS m FROM (SELECT x FROM t) s"), ["t", "u"]);
        assert_eq!(reads("SELECT x FROM t UNION ALL SELECT x FROM u"), ["t", "u"]);
        assert_eq!(reads("SELECT 1 AS x"), [] as [&str; 0]);
        // A CTE that covers the table it reads: the inner name is the table.
        assert_eq!(reads("WITH t AS (SELECT x FROM t) SELECT x FROM t"), ["t"]);
        // A CTE seen only inside its own query.
        assert_eq!(reads("SELECT x FROM (WITH c AS (SELECT x FROM t) SELECT x FROM c) s JOIN c USING (x)"), ["c", "t"]);
        assert_eq!(reads("WITH RECURSIVE c AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM c WHERE x < 3) SELECT x FROM c"), [] as [&str; 0]);
        assert_eq!(reads("SELECT \"X\" FROM \"T\""), ["T"]);
    }

    #[test]
    fn refuses_what_is_not_one_query() {
        for (sql, word) in [
            ("", "empty"),
            ("SELEC 1", "not valid SQL"),
            ("SELECT 1 AS a; SELECT 2 AS b", "more than one"),
            ("CREATE TABLE x AS SELECT 1 AS a", "not a query"),
            ("CREATE EXTERNAL TABLE x STORED AS CSV LOCATION 'f'", "not"),
            ("COPY t TO 'f'", "not"),
            ("SET a = 1", "not a query"),
            ("INSERT INTO t SELECT 1 AS a", "not a query"),
            ("EXPLAIN SELECT 1 AS a", "not a query"),
            ("VALUES (1)", "no SELECT"),
            ("TABLE t", "not valid"),
            ("SELECT a FROM t UNION ALL TABLE u", "not a SELECT"),
            ("SELECT a INTO x FROM t", "SELECT INTO"),
            ("SELECT * FROM t", "SELECT *"),
            ("SELECT t.*, 1 AS a FROM t", "SELECT *"),
            ("SELECT a FROM t UNION ALL (SELECT * FROM u)", "SELECT *"),
            ("SELECT a FROM t ORDER BY a", "sort_key"),
            ("SELECT a FROM t LIMIT 3", "sort_key"),
            ("SELECT a FROM t TABLESAMPLE (10 PERCENT)", "TABLESAMPLE"),
            ("SELECT a FROM generate_series(1, 2) AS g(a)", "table function"),
            ("SELECT a FROM read_csv('f')", "table function"),
            ("SELECT a FROM s.t", "schema"),
            ("SELECT a FROM t FOR UPDATE", "FOR"),
            ("WITH d AS (DELETE FROM t) SELECT 1 AS a", "not"),
        ] {
            let e = refused(sql);
            assert!(e.contains(word), "{sql}: {e}");
        }
        // Inside, a star only passes on what the query above names.
        assert!(read_query("m", "WITH c AS (SELECT * FROM t) SELECT a FROM c", true).is_ok());
        assert!(read_query("m", "SELECT COUNT(*) AS n FROM t", true).is_ok());
        assert!(read_query("m", "SELECT a FROM t ORDER BY a", false).is_ok());
    }

    #[test]
    fn nothing_deep_reaches_the_parser() {
        let sum = |n: usize| format!("SELECT 1{} AS a", " + 1".repeat(n));
        assert!(read_query("m", &sum(400), true).is_ok());
        let deep = [
            sum(100_000),
            format!("SELECT {}1{} AS a", "(".repeat(60_000), ")".repeat(60_000)),
            format!("SELECT {} TRUE AS a", "NOT ".repeat(60_000)),
            format!("SELECT TRUE{} AS a", " or\nTRUE".repeat(600)),
            format!("SELECT 1 AS a{}", " UNION ALL SELECT 1".repeat(600)),
            format!("SELECT '{}' AS a", "x".repeat(300_000)),
        ];
        for sql in deep {
            assert!(refused(&sql).contains("operators"), "{}", &sql[..30]);
        }
        assert!(read_query("m", &format!("SELECT '{}' AS a", "((".repeat(1_000)), true).is_ok());
    }

    #[test]
    fn names_are_table_names() {
        let texts = |name: &str| BTreeMap::from([(name.to_owned(), "SELECT 1 AS a".to_owned())]);
        assert!(ModelSet::parse(Layer::Dataset, &texts("offre_2")).is_ok());
        for bad in ["Offre", "2x", "a-b", "", "é"] {
            let errors = ModelSet::parse(Layer::Dataset, &texts(bad)).unwrap_err();
            assert_eq!(errors[0].code(), "name");
        }
    }
}
