//! What a code list and bounds make of a contract: enumerations in its schema, values that the writer refuses, versions that it needs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::type_complexity)]

use arrow::array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray};
use regex::Regex;
use serde_json::Value;
use solidata_canon::{Fault, SchemaDiff, conform, contract_of_table_schema, table_schema, with_code_lists};
use solidata_model::{DatasetSpec, SchemaLevel};
use std::sync::Arc;

const DATASET: &str = r#"
title_fr = "T"
title_en = "T"
description_fr = "D"
licence = "etalab-2.0"
cadence = "monthly"
feeds = "supply"
sort_key = ["region"]
"#;
const SCHEMA: &str = r#"
version = "1.2.0"
created = "2026-01-05"
updated = "2026-10-05"
[[column]]
name = "region"
type = "string"
fr = "La région. Ou toutes."
en = "The region."
since = "1.0.0"
example = "44"
code_list = "regions.csv"
besides = ["toutes"]
[[column]]
name = "publics"
type = "string"
null = true
fr = "Publics."
en = "Groups."
since = "1.0.0"
example = "men|women"
code_list = "publics.csv"
dimension = "gender"
besides = ["tous"]
separator = "|"
[[column]]
name = "commune"
type = "string"
null = true
fr = "Commune."
en = "Commune."
since = "1.0.0"
pattern = "^[0-9]{5}$"
code_list = "communes.csv"
[[column]]
name = "lieux"
type = "integer"
fr = "Lieux."
en = "Places."
since = "1.0.0"
minimum = "0"
[[column]]
name = "latitude"
type = "decimal(8,6)"
null = true
fr = "Latitude."
en = "Latitude."
since = "1.0.0"
minimum = "-90.000000"
maximum = "51.500000"
"#;

fn list(name: &str) -> Option<(String, Vec<u8>)> {
    let text = match name {
        "regions.csv" => "code_region,nom\n44,Grand Est\n2A,\"Corse, du Sud\"\n".to_owned(),
        "publics.csv" => {
            "dimension,code,libelle,tous\nage,all,x,true\ngender,all,x,true\ngender,men,x,false\ngender,women,x,false\n".to_owned()
        }
        "communes.csv" => std::iter::once("code,nom\n".to_owned()).chain((0..400).map(|i| format!("{i:05},x\n"))).collect(),
        _ => return None,
    };
    Some((format!("datasets/reference/{name}"), text.into_bytes()))
}

fn spec_with(schema: &str, regions: &str) -> Result<DatasetSpec, String> {
    let files: Vec<(String, String, Vec<u8>)> = ["regions.csv", "publics.csv", "communes.csv"]
        .iter()
        .map(|name| {
            let (path, bytes) = list(name).unwrap();
            (name.to_string(), path, if *name == "regions.csv" && !regions.is_empty() { regions.as_bytes().to_vec() } else { bytes })
        })
        .collect();
    let spec = DatasetSpec::parse("essai", DATASET, schema).map_err(|e| e.to_string())?;
    let find = |name: &str| files.iter().find(|(known, ..)| known == name).map(|(_, path, bytes)| (path.clone(), bytes.as_slice()));
    with_code_lists(spec, find).map_err(|e| e.to_string())
}

fn spec() -> DatasetSpec {
    spec_with(SCHEMA, "").unwrap()
}

#[test]
fn short_lists_are_enumerations_and_long_ones_references() {
    let schema: Value = serde_json::from_slice(&table_schema(&spec()).unwrap()).unwrap();
    let field = |i: usize| &schema["fields"][i];
    assert_eq!(field(0)["constraints"]["enum"], serde_json::json!(["toutes", "44", "2A"]));
    let pattern = field(1)["constraints"]["pattern"].as_str().unwrap();
    let matches = |text: &str| Regex::new(pattern).unwrap().is_match(text);
    assert_eq!(["tous", "men", "women|men", "all", "tous|men", "men|", ""].map(matches), [true, true, true, false, false, false, false]);
    assert!(field(2)["constraints"].get("enum").is_none());
    assert_eq!(field(2)["code_list_path"], "datasets/reference/communes.csv");
    assert_eq!(field(2)["constraints"]["pattern"], "^[0-9]{5}$");
    assert_eq!((&field(3)["constraints"]["minimum"], &field(4)["constraints"]["minimum"]), (&0.into(), &(-90).into()));
    assert_eq!(field(4)["constraints"]["maximum"], "51.500000");
    for (key, value) in [("version", "1.2.0"), ("created", "2026-01-05"), ("updated", "2026-10-05"), ("name", "essai")] {
        assert_eq!(schema[key], value);
    }
    assert!(schema["homepage"].as_str().unwrap().starts_with("https://"));
}

#[test]
fn a_schema_gives_its_contract_back() {
    let spec = spec();
    let read = contract_of_table_schema(&table_schema(&spec).unwrap()).unwrap();
    assert_eq!(read.columns, spec.contract.columns);
    assert_eq!((read.version, read.created, read.updated), (spec.contract.version, spec.contract.created, spec.contract.updated));
}

#[test]
fn the_writer_refuses_what_is_in_no_list_or_out_of_bounds() {
    let fault = |region: &str, publics: &str, lieux: i64, latitude: i128| {
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("region", Arc::new(StringArray::from(vec![region]))),
            ("publics", Arc::new(StringArray::from(vec![publics]))),
            ("commune", Arc::new(StringArray::from(vec!["67482"]))),
            ("lieux", Arc::new(Int64Array::from(vec![lieux]))),
            ("latitude", Arc::new(Decimal128Array::from(vec![latitude]).with_precision_and_scale(8, 6).unwrap())),
        ];
        match conform(&RecordBatch::try_from_iter(columns).unwrap(), &spec()) {
            Ok(_) => None,
            Err(solidata_canon::CanonError::Value { fault, .. }) => Some(fault),
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(fault("44", "men|women", 0, 51_500_000), None);
    assert_eq!(fault("toutes", "tous", 3, -90_000_000), None);
    assert_eq!(fault("45", "tous", 3, 0), Some(Fault::NotListed));
    assert_eq!(fault("44", "men|all", 3, 0), Some(Fault::NotListed));
    assert_eq!(fault("44", "men", -1, 0), Some(Fault::Range));
    assert_eq!(fault("44", "men", 1, 51_500_001), Some(Fault::Range));
}

#[test]
fn lists_and_bounds_that_cannot_hold_are_named() {
    let said = |from: &str, to: &str| {
        assert!(SCHEMA.contains(from));
        match spec_with(&SCHEMA.replacen(from, to, 1), "") {
            Ok(spec) => table_schema(&spec).unwrap_err().to_string(),
            Err(said) => said,
        }
    };
    assert!(said("\"regions.csv\"", "\"nulle_part.csv\"").contains("is missing"));
    assert!(said("\"gender\"", "\"taille\"").contains("no code for it"));
    assert!(said("example = \"44\"", "example = \"45\"").contains("code list"));
    assert!(said("minimum = \"0\"", "minimum = \"0.5\"").contains("the bound '0.5'"));
    assert!(said("\"-90.000000\"", "\"52.000000\"").contains("greater than its maximum"));
}

#[test]
fn a_code_list_may_gain_codes_and_not_lose_them() {
    let level = |before: &DatasetSpec, after: &DatasetSpec| {
        let key = ["region".to_owned()];
        SchemaDiff::of((&before.contract, &key), (&after.contract, &key)).level()
    };
    let lists = |regions: &str| spec_with(SCHEMA, regions).unwrap();
    assert_eq!(level(&spec(), &lists("code,nom\n44,x\n2A,x\n2B,x\n")), None);
    assert_eq!(level(&spec(), &lists("code,nom\n44,x\n")), Some(SchemaLevel::Major));
    let bounds = |from: &str, to: &str| level(&spec(), &spec_with(&SCHEMA.replacen(from, to, 1), "").unwrap());
    assert_eq!(bounds("minimum = \"0\"\n", ""), Some(SchemaLevel::Major));
    assert_eq!(bounds("minimum = \"0\"", "minimum = \"-1\""), Some(SchemaLevel::Major));
    assert_eq!(bounds("minimum = \"0\"", "minimum = \"1\""), Some(SchemaLevel::Minor));
    assert_eq!(bounds("separator = \"|\"", "separator = \";\"").unwrap(), SchemaLevel::Major);
}
