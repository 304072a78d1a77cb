use crate::conform::whole_pattern;
use crate::datapackage::licence_of;
use crate::error::CanonError;
use crate::parquet_read::COLUMNS_MAX;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use solidata_model::{CodeList, Column, ColumnType, Contract, DatasetSpec, Digest, Feeds, Geometry, canonical_json, kind};

/// The first form of Table Schema, which every checker in use knows.
const PROFILE: &str = "https://frictionlessdata.io/schemas/table-schema.json";
/// Where a dataset's contract is kept and discussed.
const HOMEPAGE: &str = "https://github.com/solinumasso/solidata/tree/main/datasets/";
const PUBLISHER: &str = "Solinum";
const COUNTRY: &str = "FR";

/// Frictionless Table Schema v1, with what schema.data.gouv.fr asks for at the top: version, days, home page, country, licences, contributors. Properties beyond both are allowed by
/// their rules and have English names here. `path`, the address of this version, is not known where a release is made: a store adds it to what it
/// publishes as `schemas/<dataset>/<version>.json`.
#[derive(Serialize, Deserialize)]
struct TableSchema {
    #[serde(rename = "$schema")]
    profile: String,
    name: String,
    title: String,
    title_en: String,
    description: String,
    version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated: Option<NaiveDate>,
    homepage: String,
    contributors: Vec<Contributor>,
    #[serde(default, rename = "countryCode")]
    country_code: String,
    #[serde(default)]
    licenses: Vec<Licence>,
    country: String,
    licence: String,
    /// What the table is made from, and how often it is published.
    feeds: Feeds,
    cadence: String,
    /// sha256 of `schema.toml`.
    contract_sha256: Digest<kind::Text>,
    fields: Vec<Field>,
    #[serde(rename = "primaryKey")]
    primary_key: Vec<String>,
    #[serde(rename = "missingValues")]
    missing_values: Vec<String>,
    /// The columns of longitude and latitude of a row's point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    geometry: Option<Geometry>,
}

#[derive(Serialize, Deserialize)]
struct Contributor {
    title: String,
    organisation: String,
    role: String,
}

#[derive(Serialize, Deserialize)]
struct Licence {
    name: String,
    title: String,
    path: String,
}

#[derive(Serialize, Deserialize)]
struct Field {
    name: String,
    title: String,
    title_en: String,
    description: String,
    description_en: String,
    #[serde(rename = "type")]
    kind: String,
    /// The type as `schema.toml` writes it: Table Schema has no precision and scale.
    type_exact: String,
    format: String,
    /// The schema version that brought the column.
    since: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code_list: Option<String>,
    /// Where the code list lies in the release. Where it is short, its codes are an `enum` or, where a cell may have several, a pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code_list_path: Option<String>,
    /// Which codes of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dimension: Option<String>,
    /// Values beside the codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    besides: Vec<String>,
    /// What stands between the codes of a cell, and the codes themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    separator: Option<char>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    codes: Vec<String>,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    minimum: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    maximum: Option<Value>,
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
    let (path, title) = licence_of(&spec.licence);
    Ok(canonical_json(&TableSchema {
        profile: PROFILE.into(),
        name: spec.id.clone(),
        title: spec.title_fr.clone(),
        title_en: spec.title_en.clone(),
        description: spec.description_fr.clone(),
        version: spec.contract.version.clone(),
        created: spec.contract.created,
        updated: spec.contract.updated,
        homepage: format!("{HOMEPAGE}{}", spec.id),
        contributors: vec![Contributor { title: PUBLISHER.into(), organisation: PUBLISHER.into(), role: "author".into() }],
        country_code: COUNTRY.into(),
        licenses: vec![Licence { name: spec.licence.clone(), title, path }],
        country: COUNTRY.into(),
        feeds: spec.feeds,
        cadence: spec.cadence.clone(),
        licence: spec.licence.clone(),
        contract_sha256: spec.contract.digest,
        fields,
        primary_key: spec.sort_key.clone(),
        missing_values: vec![String::new()],
        geometry: spec.geometry.clone(),
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
            let matches = c.pattern.as_deref().and_then(|p| whole_pattern(p).ok()).is_none_or(|p| p.is_match(text));
            if !c.lists(text) || !matches {
                return Err(wrong("the example breaks the column's own `values`, `pattern` or code list"));
            }
            Some(example(c.kind, text).ok_or_else(|| wrong("the example is not written as the CSV would write it"))?)
        }
    };
    let codes = c.codes.as_ref().map(|list| list.codes.as_slice()).unwrap_or_default();
    let (pattern, values) = match c.separator {
        Some(separator) if !codes.is_empty() => (Some(several(separator, &c.besides, codes)), Vec::new()),
        _ if codes.is_empty() => (c.pattern.as_deref().map(anchored), c.values.clone()),
        _ => (c.pattern.as_deref().map(anchored), c.besides.iter().chain(codes).cloned().collect()),
    };
    let boolean = |text: &str| (c.kind == ColumnType::Boolean).then(|| vec![text.to_owned()]);
    Ok(Field {
        name: c.name.clone(),
        title: first_sentence(&c.fr),
        title_en: first_sentence(&c.en),
        description: c.fr.clone(),
        description_en: c.en.clone(),
        kind: kind.into(),
        type_exact: c.kind.name(),
        // The form is said in full for days, because checkers repeat it to their readers.
        format: if c.kind == ColumnType::Date { "%Y-%m-%d".into() } else { "default".into() },
        since: c.since.clone(),
        code_list: c.code_list.clone(),
        code_list_path: c.codes.as_ref().map(|list| list.path.clone()),
        dimension: c.dimension.clone(),
        besides: c.besides.clone(),
        separator: c.separator,
        codes: if c.separator.is_some() { codes.to_vec() } else { Vec::new() },
        example,
        constraints: Constraints {
            required: !c.null,
            unique: spec.sort_key.as_slice() == std::slice::from_ref(&c.name),
            pattern,
            values,
            minimum: c.minimum.as_deref().map(bound),
            maximum: c.maximum.as_deref().map(bound),
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

/// A number as JSON; one with digits after the point as a text, since it would become binary in most readers.
fn bound(text: &str) -> Value {
    let whole = text.split_once('.').map_or(Some(text), |(whole, rest)| rest.bytes().all(|b| b == b'0').then_some(whole));
    whole.and_then(|whole| whole.parse::<i64>().ok()).map_or_else(|| Value::from(text), Value::from)
}

/// The same number as the CSV writes it.
fn bound_text(kind: ColumnType, bound: Value) -> String {
    match (bound, kind) {
        (Value::String(text), _) => text,
        (number, ColumnType::Decimal { scale, .. }) if scale > 0 => format!("{number}.{}", "0".repeat(usize::from(scale.unsigned_abs()))),
        (number, _) => number.to_string(),
    }
}

/// The pattern of a cell that has one of a few words, or codes with a character between them.
fn several(separator: char, besides: &[String], codes: &[String]) -> String {
    let any = |words: &[String]| words.iter().map(|word| literal(word)).collect::<Vec<_>>().join("|");
    let codes = any(codes);
    let codes = format!("(?:{codes})(?:{}(?:{codes}))*", literal(&separator.to_string()));
    if besides.is_empty() { format!("^{codes}$") } else { format!("^(?:{}|{codes})$", any(besides)) }
}

/// A text as a pattern that matches it, in every dialect of patterns.
fn literal(text: &str) -> String {
    text.chars().flat_map(|c| if r"\.+*?()|[]{}^$".contains(c) { vec!['\\', c] } else { vec![c] }).collect()
}

fn anchored(pattern: &str) -> String {
    let whole = pattern.starts_with('^') && pattern.ends_with('$') && !pattern.contains('|');
    if whole { pattern.into() } else { format!("^(?:{pattern})$") }
}

pub(crate) fn first_sentence(text: &str) -> String {
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
        let kind = ColumnType::try_from(f.type_exact).map_err(|e| wrong(&e))?;
        let Constraints { required, pattern, values, minimum, maximum, .. } = f.constraints;
        // What the enumeration or the pattern of a code list says is not the contract's own.
        let of_list = f.code_list_path.is_some() && !values.is_empty();
        let codes = match f.separator {
            Some(_) => f.codes,
            None if of_list => values.iter().skip(f.besides.len()).cloned().collect(),
            None => Vec::new(),
        };
        let follows = f.separator.is_some() && !codes.is_empty();
        Ok(Column {
            kind,
            name: f.name,
            null: !required,
            fr: f.description,
            en: f.description_en,
            since: f.since,
            example,
            code_list: f.code_list,
            values: if of_list { Vec::new() } else { values },
            pattern: pattern.filter(|_| !follows).map(|p| own_pattern(&p).to_owned()),
            minimum: minimum.map(|bound| bound_text(kind, bound)),
            maximum: maximum.map(|bound| bound_text(kind, bound)),
            dimension: f.dimension,
            besides: f.besides,
            separator: f.separator,
            codes: f.code_list_path.map(|path| CodeList { path, codes }),
        })
    };
    let columns = schema.fields.into_iter().map(column).collect::<Result<_, CanonError>>()?;
    Ok(Contract { version: schema.version, created: schema.created, updated: schema.updated, columns, digest: schema.contract_sha256 })
}

/// The columns of the point of a published table's rows, from its table schema; none where they have none.
///
/// # Errors
/// As [`contract_of_table_schema`].
pub fn geometry_of_table_schema(json: &[u8]) -> Result<Option<Geometry>, CanonError> {
    let schema: TableSchema = serde_json::from_slice(json).map_err(|e| CanonError::TableSchema(e.to_string()))?;
    Ok(schema.geometry)
}

/// The name of a published table and the columns of its key, from its table schema.
pub(crate) fn name_and_key(json: &[u8]) -> Result<(String, Vec<String>), CanonError> {
    let schema: TableSchema = serde_json::from_slice(json).map_err(|e| CanonError::TableSchema(e.to_string()))?;
    Ok((schema.name, schema.primary_key))
}
