//! A dataset as the portal shows it.

use crate::{
    DatasetRecord, Fields, WantedDataset, WantedResource,
    wanted::{DATASET, RESOURCE, STORE},
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A dataset of the portal.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Its id.
    pub id: String,
    /// Its page for people.
    pub page: Option<String>,
    /// The fields that are managed here.
    pub fields: Fields,
    /// All its extras, those of others too.
    pub extras: Map<String, Value>,
    /// Its resources, in order.
    pub resources: Vec<ObservedResource>,
    /// The portal's measure of its quality, from 0 to 1.
    pub score: Option<f64>,
    /// The criteria of it that are not met.
    pub unmet: Vec<String>,
}

/// A resource of the portal.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedResource {
    /// Its id.
    pub id: String,
    /// All its extras.
    pub extras: Map<String, Value>,
    document: Value,
}

impl ObservedResource {
    /// The fields that are managed of such a resource.
    pub fn fields_of(&self, wanted: &WantedResource) -> Fields {
        Fields::of(&self.document, wanted.fields.names())
    }

    /// Its title.
    pub fn title(&self) -> &str {
        self.document.get("title").and_then(Value::as_str).unwrap_or_default()
    }

    /// Its address.
    pub fn url(&self) -> &str {
        self.document.get("url").and_then(Value::as_str).unwrap_or_default()
    }

    /// What it holds, when it was made here for this dataset.
    pub fn key(&self, dataset: &str) -> Option<&str> {
        let extra = |name: &str| extra(&self.extras, name);
        (extra(DATASET) == Some(dataset)).then(|| extra(RESOURCE)).flatten()
    }
}

/// Which Solidata dataset of which public store a dataset of the portal shows, when it was made here.
pub fn marker(document: &Value) -> Option<(&str, &str)> {
    let extras = document.get("extras")?.as_object()?;
    Some((extra(extras, DATASET)?, extra(extras, STORE)?))
}

fn extra<'e>(extras: &'e Map<String, Value>, name: &str) -> Option<&'e str> {
    extras.get(name.strip_prefix("extras.")?)?.as_str()
}

impl Observed {
    /// Reads what the API answers; the words say what it lacks.
    pub fn read(document: &Value, wanted: &WantedDataset) -> Result<Self, String> {
        let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
        let extras = |of: &Value| of.get("extras").and_then(Value::as_object).cloned().unwrap_or_default();
        let resource = |document: &Value| {
            let id = text(document, "id").ok_or("a resource without id")?;
            Ok::<_, &str>(ObservedResource { id, extras: extras(document), document: document.clone() })
        };
        let resources = document.get("resources").and_then(Value::as_array).ok_or("a dataset without the list of its resources")?;
        let quality = document.get("quality").and_then(Value::as_object);
        let unmet = quality.into_iter().flatten().filter(|(_, met)| **met == Value::Bool(false)).map(|(name, _)| name.clone()).collect();
        Ok(Self {
            id: text(document, "id").ok_or("a dataset without id")?,
            page: text(document, "page").or_else(|| text(document, "uri")),
            fields: Fields::of(document, wanted.fields.names()),
            extras: extras(document),
            resources: resources.iter().map(resource).collect::<Result<_, _>>()?,
            score: quality.and_then(|q| q.get("score")).and_then(Value::as_f64),
            unmet,
        })
    }

    /// The Solidata dataset that it says it shows.
    pub fn marked(&self) -> Option<&str> {
        extra(&self.extras, DATASET)
    }

    /// What is held by which resource: by the one with the id that is remembered, else by the oldest one that says so, else by one at its address.
    pub fn held<'o>(&'o self, wanted: &'o WantedDataset, record: &DatasetRecord) -> BTreeMap<&'o str, &'o ObservedResource> {
        let mut held: BTreeMap<&str, &ObservedResource> = BTreeMap::new();
        for resource in &wanted.resources {
            let id = record.resources.get(&resource.key).and_then(|known| known.id.as_ref());
            if let Some(found) = self.resources.iter().find(|r| id == Some(&r.id)) {
                held.insert(&resource.key, found);
            }
        }
        for resource in wanted.resources.iter().filter(|r| !held.contains_key(r.key.as_str())).collect::<Vec<_>>() {
            let free = |r: &&ObservedResource| held.values().all(|h| h.id != r.id);
            let url = resource.fields.get("url").and_then(Value::as_str);
            let says = |r: &&ObservedResource| r.key(&wanted.id) == Some(&resource.key);
            let is_there = |r: &&ObservedResource| r.key(&wanted.id).is_none() && Some(r.url()) == url;
            // The portal puts a new resource first: the last of several is the oldest.
            let mut oldest = self.resources.iter().rev().filter(free);
            if let Some(found) = oldest.clone().find(says).or_else(|| oldest.find(is_there)) {
                held.insert(&resource.key, found);
            }
        }
        held
    }

    /// The wanted resources that are there, in the portal's order.
    pub fn order<'o>(&'o self, wanted: &'o WantedDataset, record: &DatasetRecord) -> Vec<&'o str> {
        let held = self.held(wanted, record);
        let key = |r: &ObservedResource| held.iter().find(|(_, h)| h.id == r.id).map(|(key, _)| *key);
        self.resources.iter().filter_map(key).collect()
    }

    /// The other resources: those that were made here and are no longer wanted, or are there twice; and those that others made.
    pub fn others<'o>(
        &'o self,
        wanted: &'o WantedDataset,
        record: &DatasetRecord,
    ) -> (Vec<&'o ObservedResource>, Vec<&'o ObservedResource>) {
        let held = self.held(wanted, record);
        let others = self.resources.iter().filter(|r| held.values().all(|h| h.id != r.id));
        others.partition(|r| r.key(&wanted.id).is_some())
    }
}
