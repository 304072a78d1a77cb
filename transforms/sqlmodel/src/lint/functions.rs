use super::{Findings, LintCode, is_float};
use crate::session::TIME_ZONE;
use datafusion::{
    arrow::datatypes::DataType,
    common::DFSchema,
    logical_expr::{Cast, Expr, ExprSchemable, Signature, TryCast, Volatility, WindowFunctionDefinition, expr::Sort},
};

/// Aggregates whose result hangs on the order of their rows.
const IN_ORDER: &[&str] = &["first_value", "last_value", "nth_value", "array_agg", "string_agg"];

/// What a single call may not be, wherever it stands.
pub(super) fn check(expr: &Expr, schema: &DFSchema, found: &mut Findings) {
    match expr {
        Expr::ScalarFunction(call) => {
            let name = call.func.name();
            volatile(expr, call.func.signature(), found);
            if name == "version" {
                found.add(LintCode::EngineDependent, expr.to_string());
            }
            if name.starts_with("to_timestamp") {
                found.add(LintCode::SessionTimeZone, expr.to_string());
            }
        }
        Expr::HigherOrderFunction(_) | Expr::ScalarVariable(..) | Expr::Placeholder(_) => {
            found.add(LintCode::ForeignStep, expr.to_string());
        }
        Expr::AggregateFunction(call) => {
            let p = &call.params;
            aggregate(expr, call.func.name(), call.func.signature(), &p.args, schema, found);
            ordered(expr, call.func.name(), &p.args, &p.order_by, found);
        }
        Expr::WindowFunction(call) => match &call.fun {
            WindowFunctionDefinition::AggregateUDF(f) => aggregate(expr, f.name(), f.signature(), &call.params.args, schema, found),
            WindowFunctionDefinition::WindowUDF(f) => volatile(expr, f.signature(), found),
        },
        Expr::Cast(Cast { expr: inner, field }) | Expr::TryCast(TryCast { expr: inner, field }) => {
            let zoned = |t: &DataType| matches!(t, DataType::Timestamp(_, Some(_)));
            let to_session = matches!(field.data_type(), DataType::Timestamp(_, Some(zone)) if **zone == *TIME_ZONE);
            if to_session && !inner.get_type(schema).is_ok_and(|t| zoned(&t)) {
                found.add(LintCode::SessionTimeZone, expr.to_string());
            }
        }
        _ => {}
    }
}

fn volatile(expr: &Expr, signature: &Signature, found: &mut Findings) {
    // The clock is "stable" to DataFusion, which is no help from one day to the next.
    if signature.volatility != Volatility::Immutable {
        found.add(LintCode::Volatile, expr.to_string());
    }
}

fn aggregate(expr: &Expr, name: &str, signature: &Signature, args: &[Expr], schema: &DFSchema, found: &mut Findings) {
    volatile(expr, signature, found);
    if name.starts_with("approx_") {
        found.add(LintCode::Approximate, expr.to_string());
    }
    if name == "any_value" {
        found.add(LintCode::UnorderedAggregate, expr.to_string());
    }
    // Counting is exact whatever is counted.
    if name != "count" && (is_float(expr, schema) || args.iter().any(|a| is_float(a, schema))) {
        found.add(LintCode::FloatAggregate, expr.to_string());
    }
}

/// Rows that the order leaves equal come in any order. That is harmless only when the argument is part of the order: then they are alike.
fn ordered(expr: &Expr, name: &str, args: &[Expr], by: &[Sort], found: &mut Findings) {
    if !IN_ORDER.contains(&name) {
        return;
    }
    if by.is_empty() {
        found.add(LintCode::UnorderedAggregate, expr.to_string());
    } else if !settled(args, by) {
        found.add(LintCode::TiedAggregate, expr.to_string());
    }
}

/// Whether rows that an order leaves equal have equal arguments too.
pub(super) fn settled(args: &[Expr], by: &[Sort]) -> bool {
    args.iter().filter(|a| !matches!(a, Expr::Literal(..))).all(|a| by.iter().any(|s| s.expr == *a))
}
