//! Writes a small made-up release into a folder, for checkers of other makers to try: `cargo run -p solidata-canon --example sample DIR`.
//!
//! Nothing in it is real. It holds what breaks naive readers: quotes, commas, line feeds, codes with leading zeros, values that begin with `=`.

use arrow::array::{BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use chrono::NaiveDate;
use solidata_canon::{
    DataPackage, FileReceipt, PackageSource, TableWriter, csv_path, datapackage, parquet_path, schema_path, sha256sums, table_schema,
};
use solidata_model::DatasetSpec;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::{env, fs};

const DATASET: &str = r#"
title_fr = "Structures d'exemple"
title_en = "Sample structures"
description_fr = "Une table inventée, qui sert à essayer les outils de contrôle."
licence = "etalab-2.0"
cadence = "monthly"
feeds = "supply"
sort_key = ["lieu_id"]
"#;

const COLUMNS: [(&str, &str, &str, &str, &str); 8] = [
    ("lieu_id", "string", "false", "Identifiant du lieu. Stable d'un mois à l'autre.", "pattern = '^lieu-[0-9]+$'\nexample = 'lieu-12'"),
    ("nom", "string", "false", "Nom du lieu.", "example = 'Accueil de jour'"),
    ("code_commune", "string", "true", "Code INSEE de la commune.", "pattern = '([0-9]{2}|2[AB])[0-9]{3}'\nexample = '01053'"),
    ("statut", "string", "false", "Statut de la ligne.", "values = ['publie', 'secret']\nexample = 'publie'"),
    ("services", "integer", "true", "Nombre de services.", "example = '3'"),
    ("latitude", "decimal(9,6)", "true", "Latitude WGS84.", "example = '48.573400'"),
    ("date_maj", "date", "true", "Jour de la dernière mise à jour.", "example = '2024-09-30'"),
    ("ouvert", "boolean", "true", "Ouvert au public.", "example = 'true'"),
];

fn rows() -> Result<RecordBatch, arrow::error::ArrowError> {
    let schema = Schema::new(vec![
        Field::new("lieu_id", DataType::Utf8, true),
        Field::new("nom", DataType::Utf8, true),
        Field::new("code_commune", DataType::Utf8, true),
        Field::new("statut", DataType::Utf8, true),
        Field::new("services", DataType::Int64, true),
        Field::new("latitude", DataType::Decimal128(9, 6), true),
        Field::new("date_maj", DataType::Date32, true),
        Field::new("ouvert", DataType::Boolean, true),
    ]);
    let latitude = Decimal128Array::from(vec![Some(46_205_200), Some(-20_878_900), None, Some(48_573_400), Some(0)]);
    RecordBatch::try_new(
        Arc::new(schema),
        vec![
            Arc::new(StringArray::from(vec!["lieu-1", "lieu-10", "lieu-2", "lieu-3", "lieu-4"])),
            Arc::new(StringArray::from(vec![
                "Bains-douches, \"Oberkampf\"",
                "=Épicerie\nsolidaire",
                " avec une espace devant",
                "@l'Œuvre",
                "sépara\u{2028}teur",
            ])),
            Arc::new(StringArray::from(vec![Some("01053"), Some("97411"), Some("2A004"), Some("67482"), None])),
            Arc::new(StringArray::from(vec!["publie", "publie", "secret", "publie", "publie"])),
            Arc::new(Int64Array::from(vec![Some(3), Some(0), None, Some(12), Some(-1)])),
            Arc::new(latitude.with_precision_and_scale(9, 6)?),
            Arc::new(Date32Array::from(vec![Some(19_996), Some(0), None, Some(-1), Some(20_000)])),
            Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, Some(true), None])),
        ],
    )
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1).ok_or("usage: sample DIR")?;
    let folder = Path::new(&folder);
    for sub in ["data", "schemas"] {
        fs::create_dir_all(folder.join(sub))?;
    }
    let mut schema = String::from("version = \"1.0.0\"\n");
    for (name, kind, null, fr, more) in COLUMNS {
        schema += &format!(
            "[[column]]\nname = '{name}'\ntype = '{kind}'\nnull = {null}\nfr = \"{fr}\"\nen = \"Sample column.\"\nsince = '1.0.0'\n{more}\n"
        );
    }
    let spec = DatasetSpec::parse("structures", DATASET, &schema)?;
    let (mut parquet, mut csv) = (Vec::new(), Vec::new());
    let mut writer = TableWriter::new(&spec, &mut parquet, &mut csv)?;
    writer.write(&rows()?)?;
    let receipt = writer.finish()?;

    let sources = [PackageSource { title: "Exemple".into(), version: Some("2024-10-03".into()), path: None }];
    let package = DataPackage {
        name: "solidata-exemple",
        title: "Publication d'exemple",
        description: "Inventée.",
        version: "2024.9.1",
        created: NaiveDate::from_ymd_opt(2024, 10, 3).ok_or("no such day")?,
        licence: &spec.licence,
        publisher: "Exemple",
        sources: &sources,
        tables: &[(&spec, receipt)],
        forms: &[],
    };
    let files = [
        (parquet_path(&spec.id), parquet),
        (csv_path(&spec.id), csv),
        (schema_path(&spec.id), table_schema(&spec)?),
        ("datapackage.json".into(), datapackage(&package)?),
    ];
    let sums = sha256sums(files.iter().map(|(path, bytes)| (path.as_str(), FileReceipt::of(bytes).sha256)))?;
    for (path, bytes) in &files {
        fs::write(folder.join(path), bytes)?;
    }
    fs::write(folder.join("SHA256SUMS"), sums)?;
    Ok(())
}
