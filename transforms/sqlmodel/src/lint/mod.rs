mod functions;
mod order;

use crate::keys::TableKeys;
use datafusion::{
    arrow::datatypes::DataType,
    common::{
        DFSchema, JoinConstraint, JoinType,
        tree_node::{TreeNode, TreeNodeRecursion},
    },
    logical_expr::{Distinct, Expr, LogicalPlan},
};
use std::{collections::BTreeSet, fmt};

/// Why the bytes of a query's result could differ from run to run, or from machine to machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LintCode {
    /// A function of chance, of the clock or of the machine.
    Volatile,
    /// A function whose answer changes with the version of DataFusion.
    EngineDependent,
    /// An approximate aggregate.
    Approximate,
    /// An aggregate of floating-point numbers, or one that yields them.
    FloatAggregate,
    /// Grouping by a floating-point number.
    FloatKey,
    /// A floating-point number among the columns that the query makes.
    FloatOutput,
    /// An aggregate that takes the rows as they come.
    UnorderedAggregate,
    /// An aggregate in an order that leaves its values in doubt.
    TiedAggregate,
    /// A window function that needs an order and has none.
    UnorderedWindow,
    /// A window function in an order that leaves rows in doubt.
    TiedWindow,
    /// `LIMIT` or `OFFSET` of rows in no order.
    UnorderedLimit,
    /// `LIMIT` or `OFFSET` in an order that leaves rows in doubt.
    TiedLimit,
    /// `DISTINCT ON`, which takes the first row that comes.
    DistinctOn,
    /// `RIGHT` or `FULL JOIN ... USING`, whose common column DataFusion takes from the left side alone.
    JoinUsing,
    /// A conversion that follows the time zone of the session.
    SessionTimeZone,
    /// A table that is no table of the project.
    ForeignTable,
    /// A part of the plan that does more than read and compute.
    ForeignStep,
}

impl LintCode {
    /// A short name, stable for machines.
    pub fn code(self) -> &'static str {
        match self {
            Self::Volatile => "volatile",
            Self::EngineDependent => "engine_dependent",
            Self::Approximate => "approximate",
            Self::FloatAggregate => "float_aggregate",
            Self::FloatKey => "float_key",
            Self::FloatOutput => "float_output",
            Self::UnorderedAggregate => "unordered_aggregate",
            Self::TiedAggregate => "tied_aggregate",
            Self::UnorderedWindow => "unordered_window",
            Self::TiedWindow => "tied_window",
            Self::UnorderedLimit => "unordered_limit",
            Self::TiedLimit => "tied_limit",
            Self::DistinctOn => "distinct_on",
            Self::JoinUsing => "join_using",
            Self::SessionTimeZone => "session_time_zone",
            Self::ForeignTable => "foreign_table",
            Self::ForeignStep => "foreign_step",
        }
    }

    fn remedy(self) -> &'static str {
        match self {
            Self::Volatile => "time and chance are inputs of a run: read them from a table, or do without",
            Self::EngineDependent => "do without: it changes with the version of the engine",
            Self::Approximate => "use the exact aggregate: COUNT(DISTINCT ...), MEDIAN",
            Self::FloatAggregate => {
                "cast to BIGINT or DECIMAL(p,s) before aggregating; for a mean, SUM(...) over COUNT(...) cast to DECIMAL"
            }
            Self::FloatKey => "cast to BIGINT or DECIMAL(p,s) before grouping",
            Self::FloatOutput => "cast to DECIMAL(p,s) with the scale that is published",
            Self::UnorderedAggregate => {
                "write ORDER BY inside the call, its argument included: FIRST_VALUE(a ORDER BY k, a); ANY_VALUE has no order: use MIN"
            }
            Self::TiedAggregate => "add the argument itself at the end of the ORDER BY inside the call: FIRST_VALUE(a ORDER BY k, a)",
            Self::UnorderedWindow => "write OVER (... ORDER BY ...) with columns that tell the rows apart",
            Self::TiedWindow => {
                "add columns until PARTITION BY and ORDER BY hold a key of the rows (of a table, of GROUP BY), or name every column of the rows"
            }
            Self::UnorderedLimit => "write ORDER BY, with columns that tell the rows apart, right under it",
            Self::TiedLimit => {
                "add columns until ORDER BY holds a key of the rows (of a table, of GROUP BY), or names every column of the rows"
            }
            Self::DistinctOn => "write FIRST_VALUE(a ORDER BY k, a) ... GROUP BY, or keep ROW_NUMBER() = 1 over an order without ties",
            Self::JoinUsing => "its rows without a left side lose the common column: write ON, and COALESCE(a.k, b.k)",
            Self::SessionTimeZone => "name the zone: CAST(... AS TIMESTAMP), then AT TIME ZONE 'Europe/Paris'",
            Self::ForeignTable => "read a table of the project",
            Self::ForeignStep => "write one SELECT query",
        }
    }
}

/// One reason to refuse a plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LintFinding {
    /// What kind of reason.
    pub code: LintCode,
    /// The offending expression or column, as the plan writes it, shortened.
    pub message: String,
    /// What to write instead.
    pub remedy: &'static str,
}

impl fmt::Display for LintFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.code.code(), self.message, self.remedy)
    }
}

/// Every reason why the result of a plan could differ from run to run; the plan must have been analysed, as [`crate::PlannedModel::plan`]
/// is. Nothing is known of the tables' keys: see [`lint_with_keys`].
pub fn lint(plan: &LogicalPlan) -> Vec<LintFinding> {
    lint_with_keys(plan, &TableKeys::new())
}

/// As [`lint`], where columns that tell the rows of a table apart are known (for each table, sets of them): an order that holds such a set is
/// total, so `ROW_NUMBER`, `LIMIT` and the like may follow it.
pub fn lint_with_keys(plan: &LogicalPlan, tables: &TableKeys) -> Vec<LintFinding> {
    let mut found = Findings::default();
    for field in plan.schema().fields() {
        if has_float(field.data_type()) {
            found.add(LintCode::FloatOutput, format!("column '{}' is {}", field.name(), field.data_type()));
        }
    }
    // The closures never fail, so neither does the walk.
    let _ = plan.apply_with_subqueries(|node| {
        step(node, &mut found);
        order::limits(node, tables, &mut found);
        let schema = input_schema(node);
        node.apply_expressions(|root| {
            root.apply(|expr| {
                functions::check(expr, &schema, &mut found);
                order::windows(expr, node, tables, &mut found);
                Ok(TreeNodeRecursion::Continue)
            })
        })
    });
    found.0.into_iter().collect()
}

/// What was found, sorted, each once.
#[derive(Default)]
struct Findings(BTreeSet<LintFinding>);

impl Findings {
    fn add(&mut self, code: LintCode, message: String) {
        const LONGEST: usize = 200;
        let mut short: String = message.chars().take(LONGEST).collect();
        if short.len() < message.len() {
            short.push_str("...");
        }
        self.0.insert(LintFinding { code, message: short, remedy: code.remedy() });
    }
}

fn step(node: &LogicalPlan, found: &mut Findings) {
    match node {
        LogicalPlan::TableScan(scan) => {
            let name = &scan.table_name;
            if name.schema().is_some() || name.table().contains(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
                found.add(LintCode::ForeignTable, format!("table '{name}'"));
            }
        }
        LogicalPlan::Distinct(Distinct::On(on)) => {
            let by: Vec<_> = on.on_expr.iter().map(ToString::to_string).collect();
            found.add(LintCode::DistinctOn, format!("DISTINCT ON ({})", by.join(", ")));
        }
        LogicalPlan::Join(join)
            if join.join_constraint == JoinConstraint::Using && matches!(join.join_type, JoinType::Right | JoinType::Full) =>
        {
            found.add(LintCode::JoinUsing, node.display().to_string());
        }
        LogicalPlan::Aggregate(a) => {
            for expr in &a.group_expr {
                let _ = expr.apply(|e| {
                    if matches!(e, Expr::Column(_) | Expr::Cast(_)) && is_float(e, a.input.schema()) {
                        found.add(LintCode::FloatKey, format!("GROUP BY {expr}"));
                    }
                    Ok(TreeNodeRecursion::Jump)
                });
            }
        }
        LogicalPlan::Statement(_)
        | LogicalPlan::Dml(_)
        | LogicalPlan::Ddl(_)
        | LogicalPlan::Copy(_)
        | LogicalPlan::Explain(_)
        | LogicalPlan::Analyze(_)
        | LogicalPlan::DescribeTable(_)
        | LogicalPlan::Extension(_) => found.add(LintCode::ForeignStep, node.display().to_string()),
        _ => {}
    }
}

/// The columns that the expressions of a node may name.
fn input_schema(node: &LogicalPlan) -> DFSchema {
    let mut schema = DFSchema::empty();
    for input in node.inputs() {
        schema.merge(input.schema());
    }
    if let LogicalPlan::TableScan(scan) = node {
        schema.merge(&scan.projected_schema);
    }
    schema
}

/// Whether an expression yields floating-point numbers; also when its type cannot be told.
fn is_float(expr: &Expr, schema: &DFSchema) -> bool {
    use datafusion::logical_expr::ExprSchemable;
    expr.get_type(schema).map_or(true, |t| has_float(&t))
}

/// Whether a type is, or holds, a floating-point number.
pub(crate) fn has_float(kind: &DataType) -> bool {
    match kind {
        DataType::Float16 | DataType::Float32 | DataType::Float64 => true,
        DataType::List(f) | DataType::LargeList(f) | DataType::FixedSizeList(f, _) | DataType::ListView(f) | DataType::LargeListView(f) => {
            has_float(f.data_type())
        }
        DataType::Map(f, _) => has_float(f.data_type()),
        DataType::Struct(fields) => fields.iter().any(|f| has_float(f.data_type())),
        DataType::Dictionary(_, value) => has_float(value),
        DataType::RunEndEncoded(_, values) => has_float(values.data_type()),
        DataType::Union(fields, _) => fields.iter().any(|(_, f)| has_float(f.data_type())),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
