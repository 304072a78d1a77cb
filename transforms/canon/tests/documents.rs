//! The JSON documents of a release.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use serde_json::{Value, json};
use solidata_canon::*;

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn a_table_schema_is_french_and_complete() {
    let schema = parsed(&table_schema(&spec()).unwrap());
    assert_eq!(schema["name"], "essai");
    assert_eq!(schema["title"], "Offre d'essai");
    assert_eq!(schema["version"], "1.2.0");
    assert_eq!(schema["primaryKey"], json!(["territoire_id", "rang"]));
    assert_eq!(schema["missingValues"], json!([""]));
    let fields = schema["fields"].as_array().unwrap();
    let names: Vec<&str> = fields.iter().map(|f| f["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["territoire_id", "rang", "nom", "statut", "taux", "date_maj", "ouvert"]);
    let kinds: Vec<&str> = fields.iter().map(|f| f["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["string", "integer", "string", "string", "number", "date", "boolean"]);
    assert_eq!(fields[0]["title"], "Territoire");
    assert_eq!(fields[0]["description"], "Territoire. Son identifiant.");
    assert_eq!(fields[0]["description_en"], "Territory.");
    assert_eq!(fields[0]["constraints"], json!({"required": true}));
    assert_eq!(fields[1]["example"], 12);
    assert_eq!(fields[3]["constraints"], json!({"required": false, "enum": ["publie", "secret"]}));
    assert_eq!(fields[4]["example"], "3.250");
    assert_eq!((&fields[4]["format"], &fields[5]["format"]), (&json!("default"), &json!("%Y-%m-%d")));
    assert_eq!(fields[6]["trueValues"], json!(["true"]));
}

#[test]
fn one_key_column_is_unique_and_patterns_are_whole() {
    let mut one = spec_with("name = \"territoire_id\"", "name = \"territoire_id\"\npattern = 'fr|dep-[0-9AB]+'");
    one.sort_key.truncate(1);
    let schema = parsed(&table_schema(&one).unwrap());
    let constraints = json!({"required": true, "unique": true, "pattern": "^(?:fr|dep-[0-9AB]+)$"});
    assert_eq!(schema["fields"][0]["constraints"], constraints);
}

#[test]
fn a_published_schema_gives_the_contract_back() {
    let spec = spec();
    let contract = contract_of_table_schema(&table_schema(&spec).unwrap()).unwrap();
    assert_eq!((contract.version, contract.columns, contract.digest), (spec.contract.version, spec.contract.columns, spec.contract.digest));
    assert!(contract_of_table_schema(b"{}").is_err());
}

#[test]
fn a_data_package_names_every_file() {
    let spec = spec();
    let (receipt, _, csv) = written(&spec, &[batch(&many_rows(3))]);
    let sources = [PackageSource { title: "S".into(), version: None, path: None }];
    let document = datapackage(&DataPackage {
        name: "solidata-2024-09",
        title: "T",
        description: "D",
        version: "2024.9.1",
        created: chrono::NaiveDate::from_ymd_opt(2024, 10, 3).unwrap(),
        licence: "etalab-2.0",
        publisher: "P",
        sources: &sources,
        tables: &[(&spec, receipt)],
        forms: &[],
    })
    .unwrap();
    let package = parsed(&document);
    assert_eq!(package["created"], "2024-10-03T00:00:00Z");
    assert_eq!(package["licenses"][0]["name"], "etalab-2.0");
    assert_eq!(package["sources"], json!([{"title": "S"}]));
    let resource = &package["resources"][0];
    assert_eq!(resource["path"], "data/essai.csv");
    assert_eq!(resource["schema"], "schemas/essai.json");
    assert_eq!(resource["bytes"], csv.len());
    assert_eq!(resource["hash"], format!("sha256:{}", receipt.csv.sha256));
    assert_eq!(resource["dialect"]["lineTerminator"], "\n");
    assert_eq!(package["resources"][1]["path"], "data/essai.parquet");
    assert_eq!(package["resources"][1]["hash"], format!("sha256:{}", receipt.parquet.sha256));
}
