use crate::graph::{Node, Value};
use crate::vocabulary::PREFIXES;
use serde_json::{Map, Value as Json, json};
use solidata_model::canonical_json;

/// A description as JSON-LD: one tree, with its context inside, since a reader would fetch one that lies elsewhere.
///
/// # Errors
/// Never with what this crate makes.
pub(crate) fn jsonld(root: &Node) -> Result<Vec<u8>, serde_json::Error> {
    let context: Map<String, Json> = PREFIXES.iter().map(|(prefix, namespace)| ((*prefix).to_owned(), Json::from(*namespace))).collect();
    let mut document = node(root);
    document.insert("@context".into(), Json::Object(context));
    canonical_json(&Json::Object(document))
}

fn node(of: &Node) -> Map<String, Json> {
    let mut object = Map::new();
    if let Some(id) = &of.id {
        object.insert("@id".into(), id.as_str().into());
    }
    match &of.types[..] {
        [] => {}
        [one] => drop(object.insert("@type".into(), one.0.into())),
        several => drop(object.insert("@type".into(), several.iter().map(|t| t.0).collect())),
    }
    let mut by_name: Vec<(&str, Vec<Json>)> = Vec::new();
    for (property, said) in &of.properties {
        match by_name.iter_mut().find(|(name, _)| *name == property.0) {
            Some((_, values)) => values.push(value(said)),
            None => by_name.push((property.0, vec![value(said)])),
        }
    }
    for (name, mut values) in by_name {
        let said = if values.len() == 1 { values.swap_remove(0) } else { Json::Array(values) };
        object.insert(name.into(), said);
    }
    object
}

fn value(of: &Value) -> Json {
    match of {
        Value::Text(text) => text.as_str().into(),
        Value::In(language, text) => json!({"@value": text, "@language": language}),
        Value::Typed(kind, text) => json!({"@value": text, "@type": kind.0}),
        Value::Iri(iri) => json!({"@id": iri.as_str()}),
        Value::Name(term) => json!({"@id": term.0}),
        Value::Node(inner) => Json::Object(node(inner)),
    }
}
