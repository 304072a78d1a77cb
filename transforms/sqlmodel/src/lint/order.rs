use super::{Findings, LintCode, functions::settled};
use crate::keys::{TableKeys, total};
use datafusion::logical_expr::{Expr, LogicalPlan, WindowFrameUnits, WindowFunctionDefinition, expr::WindowFunction};

/// `LIMIT` and `OFFSET`: the rows beneath must be in an order without ties.
pub(super) fn limits(node: &LogicalPlan, tables: &TableKeys, found: &mut Findings) {
    let LogicalPlan::Limit(limit) = node else { return };
    let mut beneath = limit.input.as_ref();
    // Only what keeps the rows in their order may stand between.
    while let LogicalPlan::Projection(p) = beneath {
        beneath = &p.input;
    }
    let message = node.display().to_string();
    match beneath {
        LogicalPlan::Sort(sort) if total(&sort.input, sort.expr.iter().map(|s| &s.expr), tables) => {}
        LogicalPlan::Sort(sort) => {
            let by: Vec<_> = sort.expr.iter().map(ToString::to_string).collect();
            found.add(LintCode::TiedLimit, format!("{message} after ORDER BY {}", by.join(", ")));
        }
        _ => found.add(LintCode::UnorderedLimit, message),
    }
}

/// What a window function asks of its order.
enum Asks {
    Nothing,
    /// An order; rows that it leaves equal get equal answers.
    Order,
    /// An order without ties.
    Total,
    /// An order without ties, unless the argument is part of it.
    TotalOrArgument,
}

/// Window functions: those that tell rows apart need an order that does so too.
pub(super) fn windows(expr: &Expr, node: &LogicalPlan, tables: &TableKeys, found: &mut Findings) {
    let (Expr::WindowFunction(call), LogicalPlan::Window(window)) = (expr, node) else { return };
    let p = &call.params;
    let is_total = || total(&window.input, p.partition_by.iter().chain(p.order_by.iter().map(|s| &s.expr)), tables);
    let missing = p.order_by.is_empty();
    let tied = match asks(call) {
        Asks::Nothing => return,
        Asks::Order => false,
        Asks::Total => !is_total(),
        Asks::TotalOrArgument => !settled(&p.args, &p.order_by) && !is_total(),
    };
    if missing {
        found.add(LintCode::UnorderedWindow, expr.to_string());
    } else if tied {
        found.add(LintCode::TiedWindow, expr.to_string());
    }
}

fn asks(call: &WindowFunction) -> Asks {
    let frame = &call.params.window_frame;
    let whole = frame.start_bound.is_unbounded() && frame.end_bound.is_unbounded();
    let by_rows = frame.units == WindowFrameUnits::Rows && !whole;
    match (&call.fun, call.fun.name()) {
        (_, "rank" | "dense_rank" | "percent_rank" | "cume_dist") => Asks::Order,
        (_, "first_value" | "last_value" | "array_agg" | "string_agg") if !by_rows => Asks::TotalOrArgument,
        (_, "first_value" | "last_value" | "array_agg" | "string_agg") => Asks::Total,
        (WindowFunctionDefinition::WindowUDF(_), _) => Asks::Total,
        // SUM, COUNT, MIN ... over peers or over the whole partition do not depend on the order within.
        (WindowFunctionDefinition::AggregateUDF(_), _) if by_rows => Asks::Total,
        (WindowFunctionDefinition::AggregateUDF(_), _) => Asks::Nothing,
    }
}
