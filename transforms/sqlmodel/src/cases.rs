use crate::{BaseTable, Layer, Planned, SqlError, cells, nearest::nearest, plan::one_line, session};
use datafusion::{
    arrow::{
        array::{RecordBatch, UInt32Array},
        compute::{concat_batches, take_record_batch},
        datatypes::{Schema, SchemaRef},
    },
    datasource::MemTable,
    error::DataFusionError,
    prelude::SessionContext,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A case of `sql/tests/<model>/<case>/`: rows given, rows expected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TestCase {
    /// The model under test.
    pub model: String,
    /// The folder's name.
    pub case: String,
    /// The files of `given/`, by table: CSV with a header, columns in any order, those missing NULL. An empty cell is NULL, `''` the empty
    /// text, `a|b` a list, `[]` the empty list. A table without a file is empty; a model without a file is computed.
    pub given: BTreeMap<String, String>,
    /// `expect.csv`: every column of the model, in its order; the rows in any order.
    pub expect: String,
}

impl TestCase {
    /// Its folder.
    pub fn place(&self) -> String {
        format!("sql/tests/{}/{}", self.model, self.case)
    }
}

/// How a case went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseOutcome {
    /// The model.
    pub model: String,
    /// The case.
    pub case: String,
    /// Rows expected.
    pub rows: usize,
    /// One line for each row that differs: `- ` expected and not made, `+ ` made and not expected; after a line with the columns. Empty: passed.
    pub diff: Vec<String>,
}

impl CaseOutcome {
    /// Whether the model made what was expected.
    pub fn passed(&self) -> bool {
        self.diff.is_empty()
    }
}

/// Runs a case in memory: the model and those that it reads, unless they are given. It runs three times: with the rows as given, in reverse,
/// and spread over partitions in tiny batches. A model whose rows depend on that fails.
///
/// # Errors
/// When the model or a given table is unknown, a CSV does not fit its table, or the query fails on these rows.
pub async fn run_case(planned: &Planned, base: &[BaseTable], case: &TestCase) -> Result<CaseOutcome, SqlError> {
    let place = case.place();
    let error = |detail: String| SqlError::Case { place: place.clone(), detail };
    let Some(model) = planned.models.get(&case.model) else {
        let near = nearest(&case.model, planned.models.keys().map(String::as_str)).map(|n| format!("; did you mean '{n}'?"));
        return Err(error(format!("there is no model '{}' that can be planned{}", case.model, near.unwrap_or_default())));
    };
    let want_header: Vec<&str> = model.schema.fields().iter().map(|f| f.name().as_str()).collect();
    let header = cells::header(&case.expect).map_err(|e| error(format!("expect.csv: {e}")))?;
    if header != want_header {
        return Err(error(format!("expect.csv has the columns {}; the model makes {}", header.join(","), want_header.join(","))));
    }
    let expected = cells::read(&case.expect, &model.schema).map_err(|e| error(format!("expect.csv: {e}")))?;
    let expected = sorted(cells::write(&expected).map_err(&error)?);

    let tables = tables(planned, base, case)?;
    let mut diff = Vec::new();
    for (threads, batch, turn) in [(1, 8192, Turn::Given), (1, 8192, Turn::Reversed), (3, 2, Turn::Spread)] {
        let made = execute(planned, &tables, case, &session(threads, batch, None)?, turn).await.map_err(|e| error(one_line(&e)))?;
        diff = differences(&expected, &sorted(cells::write(&made).map_err(&error)?), &header);
        if !diff.is_empty() {
            if turn != Turn::Given {
                diff.insert(0, "the rows are right as given; in another order, or split otherwise, they make something else:".into());
            }
            break;
        }
    }
    Ok(CaseOutcome { model: case.model.clone(), case: case.case.clone(), rows: expected.len(), diff })
}

/// A table that the queries of a case read.
enum Source {
    Rows(RecordBatch),
    Model,
}

/// The tables needed for a case, each with its rows or to be computed; models after those that they read.
fn tables(planned: &Planned, base: &[BaseTable], case: &TestCase) -> Result<Vec<(String, Source)>, SqlError> {
    let place = case.place();
    let error = |detail: String| SqlError::Case { place: place.clone(), detail };
    let mut needed: BTreeMap<&str, Layer> = BTreeMap::new();
    let mut todo = vec![case.model.as_str()];
    let mut compute = BTreeSet::new();
    while let Some(name) = todo.pop() {
        for (table, layer) in planned.models.get(name).iter().flat_map(|m| &m.reads) {
            needed.insert(table, *layer);
            if *layer == planned.layer
                && planned.models.contains_key(table)
                && !case.given.contains_key(table)
                && compute.insert(table.as_str())
            {
                todo.push(table);
            }
        }
    }
    if let Some(stray) = case.given.keys().find(|t| !needed.contains_key(t.as_str())) {
        let near = nearest(stray, needed.keys().copied()).map(|n| format!("; did you mean '{n}'?")).unwrap_or_default();
        return Err(error(format!("given/{stray}.csv: nothing in this case reads '{stray}'{near}")));
    }
    let mut found = Vec::new();
    for (table, layer) in needed.iter().filter(|(t, _)| !compute.contains(*t)) {
        let schema = planned.schema_of(table, *layer, base).ok_or_else(|| error(format!("table '{table}' has no columns")))?;
        let rows = match case.given.get(*table) {
            Some(text) => cells::read(text, &schema).map_err(|e| error(format!("given/{table}.csv: {e}")))?,
            None => RecordBatch::new_empty(cells::relaxed(&schema)),
        };
        found.push(((*table).to_owned(), Source::Rows(rows)));
    }
    found.extend(planned.order.iter().filter(|m| compute.contains(m.as_str())).map(|m| (m.clone(), Source::Model)));
    Ok(found)
}

async fn execute(
    planned: &Planned,
    tables: &[(String, Source)],
    case: &TestCase,
    ctx: &SessionContext,
    turn: Turn,
) -> Result<RecordBatch, DataFusionError> {
    let sql = |name: &str| planned.models.get(name).map(|m| m.model.sql.as_str()).unwrap_or_default();
    for (name, source) in tables {
        match source {
            Source::Rows(rows) => ctx.register_table(name.as_str(), Arc::new(memory(rows, turn)?))?,
            Source::Model => {
                let (schema, batches) = collect(ctx, sql(name)).await?;
                ctx.register_table(name.as_str(), Arc::new(memory(&concat_batches(&schema, &batches)?, turn)?))?
            }
        };
    }
    let (schema, batches) = collect(ctx, sql(&case.model)).await?;
    Ok(concat_batches(&schema, &batches)?)
}

async fn collect(ctx: &SessionContext, sql: &str) -> Result<(SchemaRef, Vec<RecordBatch>), DataFusionError> {
    let frame = ctx.sql(sql).await?;
    let declared: Arc<Schema> = Arc::clone(frame.schema().inner());
    let batches = frame.collect().await?;
    Ok((batches.first().map_or(declared, RecordBatch::schema), batches))
}

/// How the rows of the tables lie in memory.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Given,
    Reversed,
    Spread,
}

fn memory(rows: &RecordBatch, turn: Turn) -> Result<MemTable, DataFusionError> {
    let partitions = match turn {
        Turn::Given => return MemTable::try_new(rows.schema(), vec![vec![rows.clone()]]),
        Turn::Reversed => 1,
        Turn::Spread => 3,
    };
    let count = u32::try_from(rows.num_rows()).unwrap_or(u32::MAX);
    let mut parts = Vec::new();
    for part in (0..partitions).rev() {
        let picked = (0..count).rev().filter(|i| i % partitions == part).collect::<Vec<_>>();
        parts.push(vec![take_record_batch(rows, &UInt32Array::from(picked))?]);
    }
    MemTable::try_new(rows.schema(), parts)
}

fn sorted(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    rows.sort();
    rows
}

/// The rows of each side that the other has not (both sides sorted), at most a page of them.
fn differences(expected: &[Vec<String>], made: &[Vec<String>], header: &[String]) -> Vec<String> {
    const PAGE: usize = 20;
    let mut lines = Vec::new();
    let (mut e, mut m) = (expected.iter().peekable(), made.iter().peekable());
    loop {
        let order = match (e.peek(), m.peek()) {
            (None, None) => break,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(a), Some(b)) => a.cmp(b),
        };
        let (sign, row) = match order {
            std::cmp::Ordering::Less => ('-', e.next()),
            std::cmp::Ordering::Greater => ('+', m.next()),
            std::cmp::Ordering::Equal => {
                e.next();
                m.next();
                continue;
            }
        };
        lines.extend(row.map(|cells| format!("{sign} {}", cells.join(","))));
    }
    if lines.len() > PAGE {
        let more = lines.len() - PAGE;
        lines.truncate(PAGE);
        lines.push(format!("  ... and {more} more"));
    }
    if !lines.is_empty() {
        lines.insert(0, format!("  {}", header.join(",")));
    }
    lines
}
