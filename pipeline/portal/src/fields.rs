//! The fields of a dataset or a resource on the portal, by name.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What names an extra: `extras.solidata:release` is the key `solidata:release` of `extras`.
const EXTRAS: &str = "extras.";

/// Values by name: the name of a field of the API, or `extras.` and the key of an extra. Only fields that are managed here are among them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(BTreeMap<String, Value>);

impl Fields {
    /// The same with one more field, in the one form that values are compared in.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value.into());
        self
    }

    /// Sets a field, in the one form that values are compared in.
    pub fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), comparable(name, value));
    }

    /// A field; `None` when it is not managed. A field that is managed and has no value is `null`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Every field, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether no field is there.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a field out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// The values that a document of the API has for some names.
    pub fn of<'n>(document: &Value, names: impl IntoIterator<Item = &'n str>) -> Self {
        let mut found = Self::default();
        for name in names {
            let value = match name.strip_prefix(EXTRAS) {
                Some(key) => document.get("extras").and_then(|extras| extras.get(key)),
                None => document.get(name),
            };
            found.set(name, value.cloned().unwrap_or(Value::Null));
        }
        found
    }

    /// The document to send. `extras` are all that the portal has: those that are not managed here stay as they are.
    pub fn body(&self, extras: &Map<String, Value>) -> Map<String, Value> {
        let mut body = Map::new();
        let mut all = extras.clone();
        for (name, value) in &self.0 {
            match name.strip_prefix(EXTRAS) {
                Some(key) if value.is_null() => drop(all.remove(key)),
                Some(key) => drop(all.insert(key.to_owned(), value.clone())),
                None => drop(body.insert(name.clone(), value.clone())),
            }
        }
        if !all.is_empty() {
            body.insert("extras".into(), Value::Object(all));
        }
        body
    }
}

impl FromIterator<(String, Value)> for Fields {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(fields: I) -> Self {
        let mut made = Self::default();
        for (name, value) in fields {
            made.set(&name, value);
        }
        made
    }
}

/// The portal adds empty members to objects, takes an empty text for none, sorts tags, gives whole contact points and days with a time of day; none of that is
/// a difference.
fn comparable(name: &str, value: Value) -> Value {
    match (name, value) {
        (_, Value::String(text)) if text.is_empty() => Value::Null,
        ("tags", Value::Array(mut tags)) => {
            tags.sort_by_key(Value::to_string);
            Value::Array(tags)
        }
        ("contact_points", Value::Array(points)) => {
            let id = |point: Value| point.get("id").cloned().unwrap_or(point);
            Value::Array(points.into_iter().map(id).collect())
        }
        ("spatial", Value::Object(spatial)) => {
            let mut spatial = without_nulls(spatial);
            if let Some(Value::Array(zones)) = spatial.get_mut("zones") {
                zones.sort_by_key(Value::to_string);
            }
            Value::Object(spatial)
        }
        ("temporal_coverage", Value::Object(coverage)) => {
            let day = |value: Value| match value {
                Value::String(text) => Value::String(text.get(..10).unwrap_or(&text).to_owned()),
                other => other,
            };
            Value::Object(without_nulls(coverage).into_iter().map(|(name, value)| (name, day(value))).collect())
        }
        (_, Value::Object(object)) => match without_nulls(object) {
            object if object.is_empty() => Value::Null,
            object => Value::Object(object),
        },
        (_, value) => value,
    }
}

fn without_nulls(object: Map<String, Value>) -> Map<String, Value> {
    object.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_form_of_the_portal_is_no_difference() {
        let sent = Fields::default()
            .with("tags", json!(["b", "a"]))
            .with("spatial", json!({"zones": ["country:fr"], "granularity": "other"}))
            .with("schema", json!({"url": "https://x.fr/s.json"}))
            .with("contact_points", json!(["c1"]))
            .with("temporal_coverage", json!({"start": "2024-09-01", "end": "2024-09-30"}))
            .with("archived", Value::Null)
            .with("extras.a", "1");
        let shown = json!({
            "tags": ["a", "b"], "spatial": {"geom": null, "granularity": "other", "zones": ["country:fr"]},
            "schema": {"name": null, "version": null, "url": "https://x.fr/s.json"}, "contact_points": [{"id": "c1", "name": "x"}],
            "temporal_coverage": {"start": "2024-09-01T00:00:00+00:00", "end": "2024-09-30"}, "extras": {"a": "1", "other": 2}
        });
        assert_eq!(Fields::of(&shown, sent.names()), sent);
        let body = sent.body(shown["extras"].as_object().unwrap());
        assert_eq!(body["extras"], json!({"a": "1", "other": 2}));
        assert_eq!(body["archived"], Value::Null);
    }

    #[test]
    fn an_empty_schema_is_none() {
        assert_eq!(Fields::of(&json!({"schema": {"name": null, "url": null}}), ["schema"]).get("schema"), Some(&Value::Null));
    }
}
