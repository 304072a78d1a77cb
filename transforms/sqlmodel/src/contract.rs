use crate::nearest::nearest;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use solidata_model::{ColumnType, Contract, DatasetSpec};
use std::{collections::BTreeSet, fmt, sync::Arc};

/// A difference between what a plan makes and what `schema.toml` promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractFinding {
    /// The column.
    pub column: String,
    /// What differs and what to write.
    pub message: String,
    /// Whether this is only worth knowing: the writer decides it row by row.
    pub note: bool,
}

impl fmt::Display for ContractFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column '{}' {}", self.column, self.message)
    }
}

/// Compares the columns of a plan with the contract of its dataset: names, order, types that can be cast without loss, emptiness.
pub fn check_contract(schema: &Schema, spec: &DatasetSpec) -> Vec<ContractFinding> {
    let mut found = Vec::new();
    let mut add = |column: &str, message: String, note: bool| found.push(ContractFinding { column: column.into(), message, note });
    let promised = &spec.contract.columns;
    let made: BTreeSet<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    let wanted: BTreeSet<&str> = promised.iter().map(|c| c.name.as_str()).collect();

    for field in schema.fields().iter().filter(|f| !wanted.contains(f.name().as_str())) {
        let near = nearest(field.name(), wanted.difference(&made).copied());
        let hint = near.map(|n| format!(" (did you mean '{n}'?)")).unwrap_or_default();
        add(field.name(), format!("is made but not documented{hint}: describe it in datasets/{}/schema.toml or remove it", spec.id), false);
    }
    for column in promised {
        let Some(field) = schema.fields().iter().find(|f| *f.name() == column.name) else {
            add(&column.name, format!("is in datasets/{}/schema.toml but the query does not make it", spec.id), false);
            continue;
        };
        if !fits(field.data_type(), column.kind, column.null) {
            let (is, want) = (field.data_type(), column.kind.name());
            add(&column.name, format!("is {is}, which does not become {want} without loss: {}", remedy(column.kind)), false);
        }
        if field.is_nullable() && !column.null {
            add(
                &column.name,
                "may be NULL for all the plan knows; the contract forbids it and the writer will check every row".into(),
                true,
            );
        }
    }
    let order =
        |names: Vec<&str>| names.into_iter().filter(|n| made.contains(n) && wanted.contains(n)).map(String::from).collect::<Vec<_>>();
    let is = order(schema.fields().iter().map(|f| f.name().as_str()).collect());
    let want = order(promised.iter().map(|c| c.name.as_str()).collect());
    if let Some((name, instead)) = is.iter().zip(&want).find(|(a, b)| a != b) {
        add(name, format!("stands where schema.toml has '{instead}': write the columns in the order of the contract"), false);
    }
    found
}

/// Whether every value of a type becomes one value of the contract's type, and no two the same one.
fn fits(is: &DataType, want: ColumnType, null: bool) -> bool {
    match (is, want) {
        (DataType::Null, _) => null,
        (DataType::Dictionary(_, value), want) => fits(value, want, null),
        (DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View, ColumnType::Text) => true,
        (DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64, ColumnType::Integer) => true,
        (DataType::UInt8 | DataType::UInt16 | DataType::UInt32, ColumnType::Integer) => true,
        (DataType::Decimal32(p, s) | DataType::Decimal64(p, s) | DataType::Decimal128(p, s), ColumnType::Decimal { precision, scale }) => {
            *s == scale && *p <= precision
        }
        (DataType::Date32, ColumnType::Date) => true,
        (DataType::Boolean, ColumnType::Boolean) => true,
        _ => false,
    }
}

fn remedy(want: ColumnType) -> String {
    match want {
        ColumnType::Text => "CAST(... AS VARCHAR)".into(),
        ColumnType::Integer => "CAST(... AS BIGINT)".into(),
        ColumnType::Decimal { precision, scale } => format!("CAST(... AS DECIMAL({precision}, {scale}))"),
        ColumnType::Date => "CAST(... AS DATE)".into(),
        ColumnType::Boolean => "write a condition".into(),
    }
}

/// The Arrow columns of a published table, as checks see it.
pub(crate) fn published(contract: &Contract) -> SchemaRef {
    let kind = |kind: ColumnType| match kind {
        ColumnType::Text => DataType::Utf8,
        ColumnType::Integer => DataType::Int64,
        ColumnType::Decimal { precision, scale } => DataType::Decimal128(precision, scale),
        ColumnType::Date => DataType::Date32,
        ColumnType::Boolean => DataType::Boolean,
    };
    Arc::new(Schema::new(contract.columns.iter().map(|c| Field::new(&c.name, kind(c.kind), c.null)).collect::<Vec<_>>()))
}
