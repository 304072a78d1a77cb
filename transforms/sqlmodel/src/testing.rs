//! What the tests of this crate share.
use crate::{parse::read_query, plan::analyse, session};
use datafusion::{
    arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
    datasource::empty::EmptyTable,
    logical_expr::LogicalPlan,
};
use solidata_model::DatasetSpec;
use std::sync::Arc;

/// The columns of the tables `t`, `u` and `v` of [`plan`].
pub(crate) fn columns() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::Utf8, false),
        Field::new("m", DataType::Utf8, true),
        Field::new("n", DataType::Int64, true),
        Field::new("x", DataType::Float64, true),
        Field::new("d", DataType::Decimal128(12, 2), true),
        Field::new("j", DataType::Date32, true),
        Field::new("w", DataType::Timestamp(TimeUnit::Millisecond, None), true),
        Field::new("l", DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))), true),
    ]))
}

/// The analysed plan of a query over `t`, `u` and `v`.
pub(crate) async fn plan(sql: &str) -> LogicalPlan {
    try_plan(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"))
}

/// As [`plan`], when it may fail.
pub(crate) async fn try_plan(sql: &str) -> Result<LogicalPlan, crate::SqlError> {
    let ctx = session(2, 8192, None)?;
    for name in ["t", "u", "v"] {
        ctx.register_table(name, Arc::new(EmptyTable::new(columns()))).unwrap();
    }
    let (query, _) = read_query("test", sql, false)?;
    analyse(&ctx, "test", query).await
}

/// A contract: columns as (name, type, whether it may be empty).
pub(crate) fn spec(id: &str, columns: &[(&str, &str, bool)], key: &[&str]) -> DatasetSpec {
    let toml = columns.iter().map(|(name, kind, null)| {
        format!("[[column]]\nname = \"{name}\"\ntype = \"{kind}\"\nnull = {null}\nfr = \"x\"\nen = \"x\"\nsince = \"1.0.0\"\n")
    });
    let schema = format!("version = \"1.0.0\"\n{}", toml.collect::<String>());
    let dataset = format!(
        "title_fr = \"T\"\ntitle_en = \"T\"\ndescription_fr = \"D\"\nlicence = \"etalab-2.0\"\ncadence = \"monthly\"\nfeeds = \"supply\"\nsort_key = {key:?}\n"
    );
    DatasetSpec::parse(id, &dataset, &schema).unwrap()
}
