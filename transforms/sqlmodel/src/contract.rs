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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::spec;
    use datafusion::arrow::datatypes::TimeUnit;

    const COLUMNS: &[(&str, &str, bool)] = &[
        ("code", "string", false),
        ("nombre", "integer", true),
        ("taux", "decimal(7,2)", true),
        ("jour", "date", true),
        ("vrai", "boolean", true),
    ];

    fn findings(fields: &[(&str, DataType, bool)]) -> Vec<(bool, String)> {
        let schema = Schema::new(fields.iter().map(|(n, t, null)| Field::new(*n, t.clone(), *null)).collect::<Vec<_>>());
        check_contract(&schema, &spec("d", COLUMNS, &["code"])).into_iter().map(|f| (f.note, f.to_string())).collect()
    }

    fn kept() -> Vec<(&'static str, DataType, bool)> {
        vec![
            ("code", DataType::Utf8, false),
            ("nombre", DataType::Int64, true),
            ("taux", DataType::Decimal128(7, 2), true),
            ("jour", DataType::Date32, true),
            ("vrai", DataType::Boolean, true),
        ]
    }

    #[test]
    fn a_plan_that_keeps_it() {
        assert_eq!(findings(&kept()), []);
        assert_eq!(published(&spec("d", COLUMNS, &["code"]).contract).field(2).data_type(), &DataType::Decimal128(7, 2));
    }

    #[test]
    fn types_that_fit_and_types_that_do_not() {
        let dictionary = |v| DataType::Dictionary(Box::new(DataType::Int32), Box::new(v));
        for (at, fits, fails) in [
            (
                0,
                vec![DataType::LargeUtf8, DataType::Utf8View, dictionary(DataType::Utf8)],
                vec![DataType::Int64, DataType::Binary, DataType::Null],
            ),
            (
                1,
                vec![DataType::Int8, DataType::Int32, DataType::UInt32, DataType::Null, dictionary(DataType::Int8)],
                vec![DataType::UInt64, DataType::Float64, DataType::Decimal128(10, 0), DataType::Utf8],
            ),
            (
                2,
                vec![DataType::Decimal128(5, 2), DataType::Decimal64(7, 2), DataType::Decimal32(4, 2)],
                vec![
                    DataType::Decimal128(8, 2),
                    DataType::Decimal128(7, 3),
                    DataType::Decimal128(7, 1),
                    DataType::Int64,
                    DataType::Float64,
                ],
            ),
            (3, vec![DataType::Date32], vec![DataType::Date64, DataType::Timestamp(TimeUnit::Second, None), DataType::Utf8]),
            (4, vec![DataType::Boolean], vec![DataType::Int8, DataType::Utf8]),
        ] {
            for (types, want) in [(fits, 0), (fails, 1)] {
                for kind in types {
                    let mut fields = kept();
                    fields[at].1 = kind.clone();
                    let found = findings(&fields);
                    assert_eq!(found.len(), want, "{kind}: {found:?}");
                    assert!(found.iter().all(|(note, text)| !note && text.contains("without loss")), "{found:?}");
                }
            }
        }
    }

    #[test]
    fn names_and_order() {
        let mut fields = kept();
        fields[1].0 = "nombres";
        let found = findings(&fields);
        assert_eq!(found.len(), 2);
        assert!(found[0].1.contains("'nombres' is made but not documented (did you mean 'nombre'?)"), "{found:?}");
        assert!(found[1].1.contains("the query does not make it"), "{found:?}");

        let mut fields = kept();
        fields.swap(1, 2);
        let found = findings(&fields);
        assert_eq!(found.len(), 1);
        assert!(found[0].1.contains("'taux' stands where schema.toml has 'nombre'"), "{found:?}");
    }

    #[test]
    fn emptiness_is_a_note() {
        let mut fields = kept();
        fields[0].2 = true;
        fields[1].2 = false;
        let found = findings(&fields);
        assert_eq!(found.len(), 1);
        assert!(found[0].0 && found[0].1.contains("every row"), "{found:?}");
    }
}
