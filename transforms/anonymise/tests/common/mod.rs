//! What several test programs share.
#![allow(dead_code)]

use std::path::PathBuf;

/// The bytes of a file of the shared folder. When that folder is missing the test fails in CI and is skipped elsewhere.
pub fn shared(name: &str) -> Option<Vec<u8>> {
    let folder = std::env::var_os("SOLIDATA_SHARED").map(PathBuf::from).unwrap_or_else(|| {
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into())).join("../../../shared")
    });
    if !folder.is_dir() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "../shared is missing");
        println!("SKIPPED: ../shared is missing");
        return None;
    }
    Some(std::fs::read(folder.join(name)).unwrap())
}

/// The lines of a file of the shared folder.
pub fn shared_lines(name: &str) -> Option<Vec<String>> {
    let text = String::from_utf8(shared(name)?).unwrap();
    Some(text.split('\n').filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// The same value as canonical Extended JSON.
pub fn canonical(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::{Value, json};
    match value {
        Value::Number(n) if n.is_f64() => json!({"$numberDouble": n.to_string()}),
        Value::Number(n) if n.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => json!({"$numberInt": n.to_string()}),
        Value::Number(n) => json!({"$numberLong": n.to_string()}),
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        Value::Object(fields) => match fields.get("$date").and_then(Value::as_str) {
            Some(iso) => json!({"$date": {"$numberLong": solidata_anonymise::contract::iso_to_ms(iso).unwrap().to_string()}}),
            None => Value::Object(fields.iter().map(|(k, v)| (k.clone(), canonical(v))).collect()),
        },
        other => other.clone(),
    }
}
