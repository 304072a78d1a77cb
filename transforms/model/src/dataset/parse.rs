//! `dataset.toml` and `schema.toml`.

use super::{Column, ColumnType, Contract, DatasetSpec, Feeds, Geometry, Indicator, Protection};
use crate::Digest;
use chrono::NaiveDate;
use serde::Deserialize;
use std::collections::BTreeSet;

/// What is wrong with a dataset's files.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The file is no TOML of the expected form.
    #[error("datasets/{dataset}/{file}: {detail}")]
    Form {
        /// The dataset.
        dataset: String,
        /// `dataset.toml` or `schema.toml`.
        file: &'static str,
        /// What the parser says, with the line.
        detail: String,
    },
    /// The file says something that cannot hold.
    #[error("datasets/{dataset}/{file}: {detail}")]
    Meaning {
        /// The dataset.
        dataset: String,
        /// `dataset.toml` or `schema.toml`.
        file: &'static str,
        /// What is wrong and what to write.
        detail: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DatasetToml {
    title_fr: String,
    title_en: String,
    description_fr: String,
    licence: String,
    cadence: String,
    feeds: Feeds,
    sort_key: Vec<String>,
    geometry: Option<Geometry>,
    split_by: Option<String>,
    #[serde(default)]
    notes_fr: Vec<String>,
    protection: Option<Protection>,
    #[serde(default)]
    indicator: Vec<Indicator>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemaToml {
    version: String,
    created: Option<NaiveDate>,
    updated: Option<NaiveDate>,
    column: Vec<Column>,
}

impl DatasetToml {
    /// Whether the columns that the other forms of the table are made from are there and of the right type.
    fn check_forms(&self, columns: &[Column]) -> Result<(), String> {
        let kind = |what: &str, name: &str| {
            let column = columns.iter().find(|c| c.name == name);
            column.map(|c| c.kind).ok_or_else(|| format!("{what} names '{name}', which schema.toml does not have"))
        };
        if let Some(Geometry { longitude, latitude }) = &self.geometry {
            if longitude == latitude {
                return Err("geometry names one column twice: write [\"longitude\", \"latitude\"]".into());
            }
            for name in [longitude, latitude] {
                match kind("geometry", name)? {
                    // So many digits stand for one binary number each.
                    ColumnType::Decimal { precision, scale } if precision <= 15 && scale <= 6 => {}
                    other => return Err(format!("geometry: '{name}' is {}, not a decimal(p,s) of p <= 15 and s <= 6", other.name())),
                }
            }
        }
        match self.split_by.as_deref().map(|name| kind("split_by", name).map(|kind| (name, kind))).transpose()? {
            Some((name, kind)) if kind != ColumnType::Text => return Err(format!("split_by: '{name}' is not of type string")),
            _ => {}
        }
        if self.notes_fr.iter().any(|note| note.trim().is_empty()) {
            return Err("a note of notes_fr is empty".into());
        }
        Ok(())
    }
}

impl DatasetSpec {
    /// Reads the two files of a dataset's folder.
    ///
    /// # Errors
    /// When a file is not of the form described above, a column is named twice or has no description, the sort key names a column that
    /// is missing or may be empty, or `geometry` or `split_by` name columns that are not what they take.
    pub fn parse(id: &str, dataset_toml: &str, schema_toml: &str) -> Result<Self, DatasetError> {
        let form = |file: &'static str, e: toml::de::Error| DatasetError::Form { dataset: id.into(), file, detail: e.to_string() };
        let meaning = |file: &'static str, detail: String| DatasetError::Meaning { dataset: id.into(), file, detail };
        let spec: DatasetToml = toml::from_str(dataset_toml).map_err(|e| form("dataset.toml", e))?;
        let schema: SchemaToml = toml::from_str(schema_toml).map_err(|e| form("schema.toml", e))?;

        let mut seen = BTreeSet::new();
        for c in &schema.column {
            if !seen.insert(c.name.as_str()) {
                return Err(meaning("schema.toml", format!("column '{}' is there twice", c.name)));
            }
            if c.fr.trim().is_empty() || c.en.trim().is_empty() {
                return Err(meaning("schema.toml", format!("column '{}' is not documented: write `fr` and `en`", c.name)));
            }
            if let Some(wrong) = c.contradiction() {
                return Err(meaning("schema.toml", format!("column '{}': {wrong}", c.name)));
            }
        }
        if spec.sort_key.is_empty() {
            return Err(meaning("dataset.toml", "sort_key is empty: name the columns that tell rows apart".into()));
        }
        for key in &spec.sort_key {
            match schema.column.iter().find(|c| c.name == *key) {
                None => return Err(meaning("dataset.toml", format!("sort_key names '{key}', which schema.toml does not have"))),
                Some(c) if c.null => {
                    return Err(meaning("dataset.toml", format!("sort_key names '{key}', which may be empty")));
                }
                Some(_) => {}
            }
        }
        if spec.feeds == Feeds::Demand && spec.protection.is_none() {
            return Err(meaning("dataset.toml", "a dataset of demand needs a [protection] table".into()));
        }
        let mut named = BTreeSet::new();
        for indicator in &spec.indicator {
            if !named.insert(indicator.id.as_str()) {
                return Err(meaning("dataset.toml", format!("the indicator '{}' is there twice", indicator.id)));
            }
            let territory =
                indicator.by_territory.then_some([("territoire_id", ColumnType::Text), ("territoire_libelle", ColumnType::Text)]);
            let texts = indicator.rows.keys().map(|c| (c.as_str(), ColumnType::Text)).chain(territory.into_iter().flatten());
            for (name, kind) in texts.chain(indicator.sum.iter().map(|c| (c.as_str(), ColumnType::Integer))) {
                if !schema.column.iter().any(|c| c.name == name && c.kind == kind) {
                    let detail = format!(
                        "the indicator '{}' needs the column '{name}' of type {}, which schema.toml does not have",
                        indicator.id,
                        kind.name()
                    );
                    return Err(meaning("dataset.toml", detail));
                }
            }
        }
        spec.check_forms(&schema.column).map_err(|detail| meaning("dataset.toml", detail))?;
        Ok(Self {
            id: id.into(),
            title_fr: spec.title_fr,
            title_en: spec.title_en,
            description_fr: spec.description_fr,
            licence: spec.licence,
            cadence: spec.cadence,
            feeds: spec.feeds,
            sort_key: spec.sort_key,
            protection: spec.protection,
            indicators: spec.indicator,
            geometry: spec.geometry,
            split_by: spec.split_by,
            notes_fr: spec.notes_fr,
            contract: Contract {
                version: schema.version,
                created: schema.created,
                updated: schema.updated,
                columns: schema.column,
                digest: Digest::of(schema_toml.as_bytes()),
            },
            spec_digest: Digest::of(dataset_toml.as_bytes()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CodeList;

    const DATASET: &str = r#"
title_fr = "T"
title_en = "T"
description_fr = "D"
licence = "etalab-2.0"
cadence = "monthly"
feeds = "supply"
sort_key = ["a"]
"#;
    const SCHEMA: &str = r#"
version = "1.0.0"
[[column]]
name = "a"
type = "string"
fr = "x"
en = "x"
since = "1.0.0"
[[column]]
name = "b"
type = "decimal(9,6)"
null = true
fr = "x"
en = "x"
since = "1.0.0"
"#;

    #[test]
    fn reads_a_dataset() {
        let d = DatasetSpec::parse("d", DATASET, SCHEMA).unwrap();
        assert_eq!(d.contract.columns[1].kind, ColumnType::Decimal { precision: 9, scale: 6 });
        assert_eq!(d.contract.columns[1].kind.name(), "decimal(9,6)");
    }

    #[test]
    fn a_column_lists_its_values_or_the_codes_of_its_list() {
        let column = |lines: &str| {
            let schema = SCHEMA.replacen("type = \"string\"", &format!("type = \"string\"\n{lines}"), 1);
            let mut column = DatasetSpec::parse("d", DATASET, &schema).unwrap().contract.columns.swap_remove(0);
            let codes = ["a", "b"].map(String::from).into();
            column.codes = column.code_list.is_some().then(|| CodeList { path: "l.csv".into(), codes });
            column
        };
        let listed = |lines: &str| ["a", "z", "a|b", "tous", "tous|a", ""].map(|text| column(lines).lists(text));
        assert_eq!(listed(""), [true; 6]);
        assert_eq!(listed("values = [\"z\"]"), [false, true, false, false, false, false]);
        assert_eq!(listed("code_list = \"l.csv\"\nbesides = [\"tous\"]"), [true, false, false, true, false, false]);
        let several = "code_list = \"l.csv\"\nbesides = [\"tous\"]\nseparator = \"|\"";
        assert_eq!(listed(several), [true, false, true, true, false, false]);
    }

    #[test]
    fn refuses_what_cannot_hold() {
        let fails = |d: &str, s: &str, word: &str| {
            let e = DatasetSpec::parse("d", d, s).unwrap_err().to_string();
            assert!(e.contains(word), "{e}");
        };
        fails(&DATASET.replace("\"a\"]", "\"b\"]"), SCHEMA, "may be empty");
        fails(&DATASET.replace("\"a\"]", "\"c\"]"), SCHEMA, "does not have");
        fails(DATASET, &SCHEMA.replace("name = \"b\"", "name = \"a\""), "twice");
        fails(DATASET, &SCHEMA.replacen("fr = \"x\"", "fr = \" \"", 1), "not documented");
        let with = |line: &str| SCHEMA.replacen("type = \"string\"", &format!("type = \"string\"\n{line}"), 1);
        fails(DATASET, &with("besides = [\"x\"]"), "has a code_list");
        fails(DATASET, &with("code_list = \"l.csv\"\nvalues = [\"x\"]"), "both `values`");
        fails(DATASET, &with("code_list = \"l.csv\"\nseparator = \"|\"\npattern = \"x\""), "both a separator");
        fails(DATASET, &with("minimum = \"0\""), "type integer");
        fails(DATASET, &SCHEMA.replacen("version", "created = \"2024-13-01\"\nversion", 1), "schema.toml");
        fails(DATASET, &SCHEMA.replace("decimal(9,6)", "double"), "not a column type");
        fails(&DATASET.replace("supply", "demand"), SCHEMA, "protection");
        fails(&format!("{DATASET}\ncolour = 1"), SCHEMA, "colour");
        let indicator = |more: &str| format!("{DATASET}\n[[indicator]]\nid = \"i\"\nfr = \"x\"\nen = \"x\"\n{more}\n");
        assert_eq!(DatasetSpec::parse("d", &indicator("where.a = [\"x\"]"), SCHEMA).unwrap().indicators.len(), 1);
        for wrong in ["where.c = [\"x\"]", "where.b = [\"1\"]", "sum = \"a\"", "by_territory = true"] {
            fails(&indicator(wrong), SCHEMA, "the indicator 'i'");
        }
        let with = |line: &str| format!("{DATASET}{line}\n");
        fails(&with(r#"geometry = ["b", "c"]"#), SCHEMA, "geometry names 'c'");
        fails(&with(r#"geometry = ["b", "b"]"#), SCHEMA, "one column twice");
        fails(&with(r#"geometry = ["b", "a"]"#), SCHEMA, "'a' is string");
        fails(&with(r#"geometry = ["b"]"#), SCHEMA, "geometry");
        fails(&with(r#"split_by = "d""#), SCHEMA, "split_by names 'd'");
        fails(&with(r#"split_by = "b""#), SCHEMA, "not of type string");
        fails(&with(r#"notes_fr = [" "]"#), SCHEMA, "is empty");
    }
}
