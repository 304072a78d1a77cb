//! A dataset with a column of every type, rows for it, and batches of those rows in any cut and any Arrow layout.
#![allow(dead_code, clippy::unwrap_used)]

use arrow::array::*;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use proptest::prelude::*;
use solidata_canon::{TableReceipt, TableWriter};
use solidata_model::DatasetSpec;
use std::sync::Arc;

pub const DATASET: &str = r#"
title_fr = "Offre d'essai"
title_en = "Trial supply"
description_fr = "Une table d'essai, avec une colonne de chaque type."
licence = "etalab-2.0"
cadence = "monthly"
feeds = "supply"
sort_key = ["territoire_id", "rang"]
"#;

pub const SCHEMA: &str = r#"
version = "1.2.0"
[[column]]
name = "territoire_id"
type = "string"
fr = "Territoire. Son identifiant."
en = "Territory."
since = "1.0.0"
example = "dep-67"
[[column]]
name = "rang"
type = "integer"
fr = "Rang dans le territoire."
en = "Rank in the territory."
since = "1.0.0"
example = "12"
[[column]]
name = "nom"
type = "string"
null = true
fr = "Nom du lieu."
en = "Name of the place."
since = "1.0.0"
[[column]]
name = "statut"
type = "string"
null = true
fr = "Statut de la ligne."
en = "Status of the row."
since = "1.0.0"
values = ["publie", "secret"]
example = "publie"
[[column]]
name = "taux"
type = "decimal(12,3)"
null = true
fr = "Taux pour 10 000 habitants."
en = "Rate per 10,000 inhabitants."
since = "1.1.0"
example = "3.250"
[[column]]
name = "date_maj"
type = "date"
null = true
fr = "Jour de la mise à jour."
en = "Day of the update."
since = "1.0.0"
example = "2024-09-30"
[[column]]
name = "ouvert"
type = "boolean"
null = true
fr = "Ouvert au public."
en = "Open to the public."
since = "1.2.0"
example = "true"
"#;

pub fn spec() -> DatasetSpec {
    DatasetSpec::parse("essai", DATASET, SCHEMA).unwrap()
}

/// A spec with one thing changed in its `schema.toml`.
pub fn spec_with(from: &str, to: &str) -> DatasetSpec {
    assert!(SCHEMA.contains(from));
    DatasetSpec::parse("essai", DATASET, &SCHEMA.replacen(from, to, 1)).unwrap()
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub territoire: String,
    pub rang: i64,
    pub nom: Option<String>,
    pub statut: Option<bool>,
    pub taux: Option<i128>,
    pub date: Option<i32>,
    pub ouvert: Option<bool>,
}

pub fn batch(rows: &[Row]) -> RecordBatch {
    let taux = rows.iter().map(|r| r.taux).collect::<Decimal128Array>().with_precision_and_scale(12, 3).unwrap();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|r| Some(r.territoire.as_str())).collect::<StringArray>()),
        Arc::new(rows.iter().map(|r| r.rang).collect::<Vec<_>>().into_iter().map(Some).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|r| r.nom.as_deref()).collect::<StringArray>()),
        Arc::new(rows.iter().map(|r| r.statut.map(|s| if s { "publie" } else { "secret" })).collect::<StringArray>()),
        Arc::new(taux),
        Arc::new(rows.iter().map(|r| r.date).collect::<Date32Array>()),
        Arc::new(rows.iter().map(|r| r.ouvert).collect::<BooleanArray>()),
    ];
    let names = spec().contract.columns.into_iter().map(|c| c.name);
    // What a query gives says "may be null" of every column.
    let fields = names.zip(&columns).map(|(n, c)| Field::new(n, c.data_type().clone(), true)).collect::<Vec<_>>();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

/// The same rows in another Arrow layout, as DataFusion or a reader may give them.
pub fn relaid(batch: &RecordBatch, layout: u8) -> RecordBatch {
    let text = match layout % 4 {
        0 => DataType::Utf8,
        1 => DataType::Utf8View,
        2 => DataType::LargeUtf8,
        _ => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
    };
    let decimal = if layout.is_multiple_of(2) { DataType::Decimal128(20, 5) } else { DataType::Decimal256(40, 3) };
    let columns: Vec<ArrayRef> = batch
        .columns()
        .iter()
        .map(|c| match c.data_type() {
            DataType::Utf8 => cast(c, &text).unwrap(),
            DataType::Decimal128(..) => cast(c, &decimal).unwrap(),
            _ => c.clone(),
        })
        .collect();
    let schema = batch.schema();
    let fields = schema.fields().iter().zip(&columns).map(|(f, c)| Field::new(f.name(), c.data_type().clone(), true)).collect::<Vec<_>>();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

/// What is written for these batches: the receipt, the Parquet file, the CSV file.
pub fn written(spec: &DatasetSpec, batches: &[RecordBatch]) -> (TableReceipt, Vec<u8>, Vec<u8>) {
    let (mut parquet, mut csv) = (Vec::new(), Vec::new());
    let mut writer = TableWriter::new(spec, &mut parquet, &mut csv).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    let receipt = writer.finish().unwrap();
    (receipt, parquet, csv)
}

/// Cuts rows into batches: each number is a batch's length (0 is allowed) and layout; the last batch takes the rest.
pub fn cut(rows: &[Row], cuts: &[(usize, u8)]) -> Vec<RecordBatch> {
    let whole = batch(rows);
    let mut batches = Vec::new();
    let mut start = 0;
    for (length, layout) in cuts {
        let length = (*length).min(rows.len() - start);
        batches.push(relaid(&whole.slice(start, length), *layout));
        start += length;
    }
    batches.push(whole.slice(start, rows.len() - start));
    batches
}

/// Text as it may be published: anything but the empty text and control characters other than tab and line feed.
pub fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zé,;\" \n\t'=+@#-]{1,8}",
        1 => Just("\u{2028}".to_owned()),
        1 => Just("\u{feff}".to_owned()),
        1 => "\\PC{1,6}",
    ];
    proptest::collection::vec(piece, 1..4).prop_map(|p| p.concat())
}

pub fn any_rows(max: usize) -> impl Strategy<Value = Vec<Row>> {
    let row = (
        (any_text(), any::<i64>(), proptest::option::of(any_text()), any::<Option<bool>>()),
        (
            proptest::option::of(-999_999_999_999i128..=999_999_999_999),
            proptest::option::of(-719_162i32..=2_932_896),
            any::<Option<bool>>(),
        ),
    )
        .prop_map(|((territoire, rang, nom, statut), (taux, date, ouvert))| Row { territoire, rang, nom, statut, taux, date, ouvert });
    proptest::collection::vec(row, 0..max).prop_map(|mut rows| {
        rows.sort_by(|a, b| (&a.territoire, a.rang).cmp(&(&b.territoire, b.rang)));
        rows.dedup_by(|a, b| (&a.territoire, a.rang) == (&b.territoire, b.rang));
        rows
    })
}

/// Many plain rows, cheaply: enough for several chunks and row groups.
pub fn many_rows(count: usize) -> Vec<Row> {
    let mix = |i: usize| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
    let row = |i: usize| Row {
        territoire: format!("com-{:05}", i / 7),
        rang: (i % 7) as i64,
        nom: (mix(i) % 5 > 0).then(|| format!("Accueil de jour nº {}, rue {}", mix(i) % 900, mix(i + 1))),
        statut: (mix(i + 2) % 3 > 0).then_some(mix(i) % 2 == 0),
        taux: (mix(i + 3) % 4 > 0).then_some(i128::from(mix(i) % 1_000_000) - 500_000),
        date: (mix(i + 4) % 6 > 0).then_some(19_000 + (mix(i) % 1000) as i32),
        ouvert: (mix(i + 5) % 3 > 0).then_some(mix(i) % 3 == 0),
    };
    (0..count).map(row).collect()
}
