use crate::conform::whole_pattern;
use crate::error::CanonError;
use crate::parquet_read::COLUMNS_MAX;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use solidata_model::{Column, ColumnType, Contract, DatasetSpec, Digest, canonical_json, kind};

/// The first form of Table Schema, which every checker in use knows.
const PROFILE: &str = "https://frictionlessdata.io/schemas/table-schema.json";

/// Frictionless Table Schema v1. Properties beyond it are allowed by its rules and have English names here.
#[derive(Serialize, Deserialize)]
struct TableSchema {
    #[serde(rename = "$schema")]
    profile: String,
    name: String,
    title: String,
    title_en: String,
    description: String,
    version: String,
    licence: String,
    /// sha256 of `schema.toml`.
    contract_sha256: Digest<kind::Text>,
    fields: Vec<Field>,
    #[serde(rename = "primaryKey")]
    primary_key: Vec<String>,
    #[serde(rename = "missingValues")]
    missing_values: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Field {
    name: String,
    title: String,
    description: String,
    description_en: String,
    #[serde(rename = "type")]
    kind: String,
    /// The type as `schema.toml` writes it: Table Schema has no precision and scale.
    type_exact: String,
    format: String,
    /// The schema version that brought the column.
    since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_list: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    example: Option<Value>,
    constraints: Constraints,
    #[serde(rename = "trueValues", skip_serializing_if = "Option::is_none")]
    true_values: Option<Vec<String>>,
    #[serde(rename = "falseValues", skip_serializing_if = "Option::is_none")]
    false_values: Option<Vec<String>>,
}

#[derive(Serialize, Deserialize)]
struct Constraints {
    required: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unique: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    #[serde(default, rename = "enum", skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
}

/// The table schema that is published beside a dataset: French titles and descriptions, the English ones as `title_en` and `description_en`.
///
/// A field's title is the first sentence of its French description. A pattern without `^` and `$` is published with them, because here it
/// matches whole values and elsewhere it would not.
///
/// # Errors
/// When a column's example is not of the column's type, or breaks its pattern or its list of values; as [`crate::Conformer::new`].
pub fn table_schema(spec: &DatasetSpec) -> Result<Vec<u8>, CanonError> {
    crate::Conformer::new(spec)?;
    let fields = spec.contract.columns.iter().map(|c| field(spec, c)).collect::<Result<_, _>>()?;
    Ok(canonical_json(&TableSchema {
        profile: PROFILE.into(),
        name: spec.id.clone(),
        title: spec.title_fr.clone(),
        title_en: spec.title_en.clone(),
        description: spec.description_fr.clone(),
        version: spec.contract.version.clone(),
        licence: spec.licence.clone(),
        contract_sha256: spec.contract.digest,
        fields,
        primary_key: spec.sort_key.clone(),
        missing_values: vec![String::new()],
    })?)
}

fn field(spec: &DatasetSpec, c: &Column) -> Result<Field, CanonError> {
    let wrong = |detail: &str| CanonError::Contract { dataset: spec.id.clone(), column: c.name.clone(), detail: detail.into() };
    let kind = match c.kind {
        ColumnType::Text => "string",
        ColumnType::Integer => "integer",
        ColumnType::Decimal { .. } => "number",
        ColumnType::Date => "date",
        ColumnType::Boolean => "boolean",
    };
    let example = match c.example.as_deref() {
        None => None,
        Some(text) => {
            let listed = c.values.is_empty() || c.values.iter().any(|v| v == text);
            let matches = c.pattern.as_deref().and_then(|p| whole_pattern(p).ok()).is_none_or(|p| p.is_match(text));
            if !listed || !matches {
                return Err(wrong("the example breaks the column's own `values` or `pattern`"));
            }
            Some(example(c.kind, text).ok_or_else(|| wrong("the example is not written as the CSV would write it"))?)
        }
    };
    let boolean = |text: &str| (c.kind == ColumnType::Boolean).then(|| vec![text.to_owned()]);
    Ok(Field {
        name: c.name.clone(),
        title: first_sentence(&c.fr),
        description: c.fr.clone(),
        description_en: c.en.clone(),
        kind: kind.into(),
        type_exact: c.kind.name(),
        // The form is said in full for days, because checkers repeat it to their readers.
        format: if c.kind == ColumnType::Date { "%Y-%m-%d".into() } else { "default".into() },
        since: c.since.clone(),
        code_list: c.code_list.clone(),
        example,
        constraints: Constraints {
            required: !c.null,
            unique: spec.sort_key.as_slice() == std::slice::from_ref(&c.name),
            pattern: c.pattern.as_deref().map(anchored),
            values: c.values.clone(),
        },
        true_values: boolean("true"),
        false_values: boolean("false"),
    })
}

fn example(kind: ColumnType, text: &str) -> Option<Value> {
    crate::csv_read::is_canonical(kind, text).then(|| match kind {
        ColumnType::Integer => text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from),
        ColumnType::Boolean => Value::from(text == "true"),
        // A decimal stays a text: as a JSON number it would become binary in most readers.
        _ => Value::from(text),
    })
}

fn anchored(pattern: &str) -> String {
    let whole = pattern.starts_with('^') && pattern.ends_with('$') && !pattern.contains('|');
    if whole { pattern.into() } else { format!("^(?:{pattern})$") }
}

fn first_sentence(text: &str) -> String {
    let text = text.trim();
    let end = text.match_indices(". ").map(|(i, _)| i).next().unwrap_or(text.len());
    text.get(..end).unwrap_or(text).trim_end_matches('.').to_owned()
}

/// The pattern of a contract, out of the one that matches whole values.
fn own_pattern(written: &str) -> &str {
    written.strip_prefix("^(?:").and_then(|p| p.strip_suffix(")$")).unwrap_or(written)
}

/// The contract of a published table, from its table schema alone, so that a release can be checked by one who has nothing else.
///
/// # Errors
/// When the document is not of the form that [`table_schema`] writes.
pub fn contract_of_table_schema(json: &[u8]) -> Result<Contract, CanonError> {
    let wrong = |e: &dyn std::fmt::Display| CanonError::TableSchema(e.to_string());
    let schema: TableSchema = serde_json::from_slice(json).map_err(|e| wrong(&e))?;
    if schema.fields.is_empty() || schema.fields.len() > COLUMNS_MAX {
        return Err(wrong(&format!("it has no column, or more than {COLUMNS_MAX}")));
    }
    let column = |f: Field| {
        let example = f.example.map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
        Ok(Column {
            kind: ColumnType::try_from(f.type_exact).map_err(|e| wrong(&e))?,
            name: f.name,
            null: !f.constraints.required,
            fr: f.description,
            en: f.description_en,
            since: f.since,
            example,
            code_list: f.code_list,
            values: f.constraints.values,
            pattern: f.constraints.pattern.map(|p| own_pattern(&p).to_owned()),
        })
    };
    let columns = schema.fields.into_iter().map(column).collect::<Result<_, CanonError>>()?;
    Ok(Contract { version: schema.version, columns, digest: schema.contract_sha256 })
}
