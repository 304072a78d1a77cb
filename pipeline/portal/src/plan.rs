//! What differs between the portal and what it should show, and the one next step towards it.
//!
//! The step follows from what the portal shows and what was written before, and from nothing else: after a step, or after an interruption wherever it was,
//! one looks again and takes the next step. When there is none, the portal is as it should be, but for what was changed by hand.

use crate::{DatasetRecord, Fields, Observed, WantedDataset, WantedResource, record::Written, wanted::RELEASE};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Why the portal shows something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It shows what was written here before, and that has changed.
    Due,
    /// Someone changed it on the portal. It is left so, unless mending is asked for.
    Drift,
    /// Someone changed it on the portal, and it tells of a file that another one replaces: it goes with the file.
    Replaced,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// What the resource holds; none for the dataset itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// What differs.
    #[serde(flatten)]
    pub what: What,
    /// Why.
    pub cause: Cause,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// A field.
    Field {
        /// Its name.
        name: String,
        /// What the portal shows.
        portal: Value,
        /// What it should show.
        wanted: Value,
    },
    /// It is not there.
    Missing,
    /// A resource that was made here and is no longer wanted, or is there twice.
    Surplus {
        /// Its id.
        id: String,
        /// Its title.
        title: String,
    },
    /// The order of resources.
    Order {
        /// As the portal has it.
        portal: Vec<String>,
        /// As it should be.
        wanted: Vec<String>,
    },
}

/// One request that changes the portal.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Make the dataset: private, and without saying which release it shows.
    Create {
        /// Its fields.
        fields: Fields,
    },
    /// Write fields of the dataset.
    Update {
        /// The fields that change.
        fields: Fields,
        /// The whole request.
        body: Map<String, Value>,
    },
    /// Make a resource.
    Add {
        /// What it holds.
        key: String,
        /// Its fields.
        fields: Fields,
    },
    /// Write fields of a resource: all that change, in one request.
    Write {
        /// What it holds.
        key: String,
        /// Its id.
        id: String,
        /// The fields that change.
        fields: Fields,
        /// The whole request.
        body: Map<String, Value>,
    },
    /// Remove a resource that was made here.
    Remove {
        /// Its id.
        id: String,
    },
    /// Put the resources in order.
    Order {
        /// What they hold, in order.
        keys: Vec<String>,
        /// Every resource of the dataset.
        ids: Vec<String>,
    },
}

/// The portal takes a request without these as one that empties them.
const ALWAYS: [&str; 4] = ["title", "description", "tags", "temporal_coverage"];
/// The portal refuses a resource without these.
const RESOURCE_ALWAYS: [&str; 4] = ["title", "type", "filetype", "url"];

/// Whether a field of a resource tells of the file behind it: all of these are written together, so that none is left beside another file.
fn tells_of_the_file(name: &str) -> bool {
    !["title", "description", "type", "filetype"].contains(&name)
}

/// The fields that differ, and why.
fn differing<'f>(wanted: &'f Fields, portal: &Fields, written: &Written, group: fn(&str) -> bool) -> Vec<(&'f str, Cause)> {
    let other = |name: &str| portal.get(name).unwrap_or(&Value::Null).clone();
    let mut found: Vec<(&str, Cause)> = wanted
        .iter()
        .filter(|(name, value)| **value != other(name))
        .map(|(name, _)| (name, if written.knows(name, &other(name)) { Cause::Due } else { Cause::Drift }))
        .collect();
    if found.iter().any(|(name, cause)| *cause == Cause::Due && group(name)) {
        for (_, cause) in found.iter_mut().filter(|(name, cause)| *cause == Cause::Drift && group(name)) {
            *cause = Cause::Replaced;
        }
    }
    found
}

fn of_dataset<'f>(wanted: &'f WantedDataset, portal: &Observed, record: &DatasetRecord) -> Vec<(&'f str, Cause)> {
    differing(&wanted.fields, &portal.fields, &record.fields, |_| false)
}

fn of_resource<'f>(wanted: &'f WantedResource, portal: &Fields, record: &DatasetRecord) -> Vec<(&'f str, Cause)> {
    let none = Written::default();
    let written = record.resources.get(&wanted.key).map_or(&none, |known| &known.fields);
    differing(&wanted.fields, portal, written, tells_of_the_file)
}

/// Why a resource is not there: it was never made, or someone removed it.
fn missing(key: &str, record: &DatasetRecord) -> Cause {
    if record.resources.get(key).is_some_and(|known| known.id.is_some()) { Cause::Drift } else { Cause::Due }
}

/// Why a resource that was made here is there and not wanted. The file of a month that is no longer published is gone, and so is a part that a table has no more;
/// everything else has an address that someone may use.
fn surplus(key: Option<&str>, wanted: &WantedDataset) -> Cause {
    let Some(key) = key.filter(|key| wanted.resources.iter().all(|r| r.key != *key)) else { return Cause::Drift };
    let is_of_month = |key: &str| !WantedResource::is_lasting(key) && !WantedResource::is_part(key);
    let gone = WantedResource::is_part(key) || is_of_month(key) && wanted.resources.iter().any(|r| is_of_month(&r.key));
    if gone { Cause::Due } else { Cause::Drift }
}

/// The order in which the wanted resources that are there should be, and why they are not; `None` when they are.
fn misplaced<'w>(wanted: &'w WantedDataset, portal: &Observed, record: &DatasetRecord) -> Option<(Vec<&'w str>, Cause)> {
    let seen = portal.order(wanted, record);
    let right: Vec<&str> = wanted.resources.iter().map(|r| r.key.as_str()).filter(|key| seen.contains(key)).collect();
    if seen == right {
        return None;
    }
    let known: Vec<&str> = record.order.iter().map(String::as_str).filter(|key| seen.contains(key)).collect();
    let new = seen.iter().any(|key| !known.contains(key));
    let pending = record.order_pending.as_ref().is_some_and(|pending| *pending == seen);
    Some((right, if new || pending || seen == known { Cause::Due } else { Cause::Drift }))
}

/// Everything that differs. `portal` is none when there is no such dataset.
pub fn changes(wanted: &WantedDataset, portal: Option<&Observed>, record: &DatasetRecord) -> Vec<Change> {
    let Some(portal) = portal else {
        let cause = if record.id.is_some() { Cause::Drift } else { Cause::Due };
        return vec![Change { resource: None, what: What::Missing, cause }];
    };
    let value = |fields: &Fields, name: &str| fields.get(name).cloned().unwrap_or(Value::Null);
    let field = |resource: Option<&str>, (name, cause): (&str, Cause), wanted: &Fields, portal: &Fields| Change {
        resource: resource.map(str::to_owned),
        what: What::Field { name: name.into(), portal: value(portal, name), wanted: value(wanted, name) },
        cause,
    };
    let mut found: Vec<Change> =
        of_dataset(wanted, portal, record).into_iter().map(|one| field(None, one, &wanted.fields, &portal.fields)).collect();
    let held = portal.held(wanted, record);
    for resource in &wanted.resources {
        let key = resource.key.as_str();
        match held.get(key) {
            None => found.push(Change { resource: Some(key.into()), what: What::Missing, cause: missing(key, record) }),
            Some(seen) => {
                let seen = seen.fields_of(resource);
                found.extend(of_resource(resource, &seen, record).into_iter().map(|one| field(Some(key), one, &resource.fields, &seen)));
            }
        }
    }
    for other in portal.others(wanted, record).0 {
        let key = other.key(&wanted.id);
        let what = What::Surplus { id: other.id.clone(), title: other.title().into() };
        found.push(Change { resource: key.map(str::to_owned), what, cause: surplus(key, wanted) });
    }
    if let Some((right, cause)) = misplaced(wanted, portal, record) {
        let text = |keys: Vec<&str>| keys.into_iter().map(str::to_owned).collect();
        let what = What::Order { portal: text(portal.order(wanted, record)), wanted: text(right) };
        found.push(Change { resource: None, what, cause });
    }
    found
}

/// The next request; `None` when nothing is to be done. With `mend`, what was changed by hand is put right too.
pub fn next_step(wanted: &WantedDataset, portal: Option<&Observed>, record: &DatasetRecord, mend: bool) -> Option<Step> {
    let Some(portal) = portal else {
        return (record.id.is_none() || mend).then(|| create(wanted));
    };
    // Nothing can be written to a dataset that was deleted.
    if portal.fields.get("deleted").is_some_and(|value| !value.is_null()) {
        return if mend { update(wanted, portal, record, mend) } else { None };
    }
    let held = portal.held(wanted, record);
    // The portal puts a new resource first.
    for resource in wanted.resources.iter().rev().filter(|r| !held.contains_key(r.key.as_str())) {
        if mend || missing(&resource.key, record) == Cause::Due {
            return Some(Step::Add { key: resource.key.clone(), fields: resource.fields.clone() });
        }
    }
    for resource in &wanted.resources {
        let Some(seen) = held.get(resource.key.as_str()) else { continue };
        let fields = seen.fields_of(resource);
        let change = chosen(&resource.fields, of_resource(resource, &fields, record), mend);
        if !change.is_empty() {
            let body = request(&resource.fields, &fields, &change, &RESOURCE_ALWAYS).body(&seen.extras);
            return Some(Step::Write { key: resource.key.clone(), id: seen.id.clone(), fields: change, body });
        }
    }
    let (surplus_ones, foreign) = portal.others(wanted, record);
    if let Some(other) = surplus_ones.iter().find(|r| mend || surplus(r.key(&wanted.id), wanted) == Cause::Due) {
        return Some(Step::Remove { id: other.id.clone() });
    }
    if let Some((keys, cause)) = misplaced(wanted, portal, record)
        && (mend || cause == Cause::Due)
    {
        let ours = keys.iter().filter_map(|key| held.get(key)).map(|r| r.id.clone());
        let others = portal.resources.iter().filter(|r| foreign.iter().chain(&surplus_ones).any(|o| o.id == r.id)).map(|r| r.id.clone());
        let ids = ours.chain(others).collect();
        return Some(Step::Order { keys: keys.into_iter().map(str::to_owned).collect(), ids });
    }
    update(wanted, portal, record, mend)
}

/// A dataset that nobody sees, and that does not say yet which release it shows: its resources are still missing.
fn create(wanted: &WantedDataset) -> Step {
    let mut fields: Fields = wanted.fields.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
    for name in RELEASE.into_iter().chain(["archived", "deleted"]) {
        fields.remove(name);
    }
    fields.set("private", true.into());
    Step::Create { fields }
}

fn update(wanted: &WantedDataset, portal: &Observed, record: &DatasetRecord, mend: bool) -> Option<Step> {
    let change = chosen(&wanted.fields, of_dataset(wanted, portal, record), mend);
    if change.is_empty() {
        return None;
    }
    let body = request(&wanted.fields, &portal.fields, &change, &ALWAYS).body(&portal.extras);
    Some(Step::Update { fields: change, body })
}

/// The fields to write, of those that differ.
fn chosen(wanted: &Fields, differing: Vec<(&str, Cause)>, mend: bool) -> Fields {
    let chosen = differing.into_iter().filter(|(_, cause)| mend || *cause != Cause::Drift);
    chosen.filter_map(|(name, _)| Some((name.to_owned(), wanted.get(name)?.clone()))).collect()
}

/// What a request says: what changes, what is right already, and of what was changed by hand only what the portal would lose otherwise, as it is.
fn request(wanted: &Fields, portal: &Fields, change: &Fields, always: &[&str]) -> Fields {
    let mut sent = Fields::default();
    for (name, value) in wanted.iter() {
        let seen = portal.get(name).unwrap_or(&Value::Null);
        if change.get(name).is_some() || seen == value {
            sent.set(name, value.clone());
        } else if always.contains(&name) {
            sent.set(name, seen.clone());
        }
    }
    sent
}

impl Step {
    /// What is about to be written, for the record; see [`crate::Record`].
    pub fn intend(&self, record: &mut DatasetRecord) {
        match self {
            Self::Create { fields } => {
                *record = DatasetRecord::default();
                record.fields.pending = Some(fields.clone());
            }
            Self::Update { fields, .. } => record.fields.pending = Some(fields.clone()),
            Self::Add { key, fields } => {
                let known = record.resources.entry(key.clone()).or_default();
                known.id = None;
                known.fields = Written { last: Fields::default(), pending: Some(fields.clone()) };
            }
            Self::Write { key, fields, .. } => {
                record.resources.entry(key.clone()).or_default().fields.pending = Some(fields.clone());
            }
            Self::Remove { .. } => {}
            Self::Order { keys, .. } => record.order_pending = Some(keys.clone()),
        }
    }

    /// The document to send, if there is one; a dataset that is made needs the organisation.
    pub fn body(&self, organization: &str) -> Option<Value> {
        let none = Map::new();
        match self {
            Self::Create { fields } => {
                let mut body = fields.body(&none);
                body.insert("organization".into(), organization.into());
                Some(Value::Object(body))
            }
            Self::Add { fields, .. } => Some(Value::Object(fields.body(&none))),
            Self::Update { body, .. } | Self::Write { body, .. } => Some(Value::Object(body.clone())),
            Self::Remove { .. } => None,
            Self::Order { ids, .. } => Some(ids.iter().map(|id| json!({"id": id})).collect()),
        }
    }

    /// In a few words.
    pub fn words(&self) -> String {
        match self {
            Self::Create { .. } => "create the dataset".into(),
            Self::Update { fields, .. } => format!("update the dataset ({})", fields.names().collect::<Vec<_>>().join(", ")),
            Self::Add { key, .. } => format!("create the resource {key}"),
            Self::Write { key, .. } => format!("update the resource {key}"),
            Self::Remove { id } => format!("remove the resource {id}"),
            Self::Order { .. } => "put the resources in order".into(),
        }
    }

    /// The first thing of this step that the portal does not show: resource, field, what was written, what it shows.
    pub fn undone(
        &self,
        wanted: &WantedDataset,
        portal: &Observed,
        record: &DatasetRecord,
    ) -> Option<(Option<String>, String, Value, Value)> {
        let first = |resource: Option<&str>, fields: &Fields, seen: &Fields| {
            let (name, value) = fields.iter().find(|(name, value)| seen.get(name) != Some(value))?;
            Some((resource.map(str::to_owned), name.to_owned(), value.clone(), seen.get(name).cloned().unwrap_or(Value::Null)))
        };
        match self {
            Self::Create { fields } | Self::Update { fields, .. } => first(None, fields, &portal.fields),
            Self::Add { key, fields } | Self::Write { key, fields, .. } => {
                let resource = wanted.resources.iter().find(|r| r.key == *key)?;
                match portal.held(wanted, record).get(key.as_str()) {
                    None => {
                        Some((Some(key.clone()), "id".into(), json!(record.resources.get(key).and_then(|r| r.id.clone())), Value::Null))
                    }
                    Some(seen) => first(Some(key), fields, &seen.fields_of(resource)),
                }
            }
            Self::Remove { id } => {
                let there = portal.resources.iter().any(|r| r.id == *id);
                there.then(|| (None, "resources".into(), Value::Null, json!(id)))
            }
            Self::Order { keys, .. } => {
                let seen = portal.order(wanted, record);
                (seen != *keys).then(|| (None, "resources".into(), json!(keys), json!(seen)))
            }
        }
    }
}
