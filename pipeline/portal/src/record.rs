//! What the vault remembers of a portal: ids, what was written last, and what is about to be written.
//!
//! It is what tells a change by hand from an update that is due: a value of the portal is ours if it was written here, or was about to be when the
//! program was stopped. It is saved before each write and after each look; whatever happens in between, the next run knows all that it may find.

use crate::{Fields, Observed, PortalError, Result, WantedDataset};
use serde::{Deserialize, Serialize};
use solidata_model::canonical_json;
use std::collections::BTreeMap;

const FORMAT: &str = "solidata-portal/1";

/// What is remembered of one portal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    format: String,
    /// The portal's host, with its port when it has one.
    pub portal: String,
    /// The organisation.
    pub organization: String,
    /// Each Solidata dataset.
    pub datasets: BTreeMap<String, DatasetRecord>,
}

/// What is remembered of one dataset.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatasetRecord {
    /// Its id on the portal, once it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its fields.
    pub fields: Written,
    /// Its resources, by key.
    pub resources: BTreeMap<String, ResourceRecord>,
    /// The keys of the resources, in the order written last.
    pub order: Vec<String>,
    /// The order about to be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_pending: Option<Vec<String>>,
}

/// What is remembered of one resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResourceRecord {
    /// Its id on the portal, once it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its fields.
    pub fields: Written,
}

/// What was written, and what was about to be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Written {
    /// The values that were seen on the portal after they were written.
    pub last: Fields,
    /// The values about to be written, until they are seen or seen not to be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<Fields>,
}

impl Written {
    /// Whether a value of the portal was written here, or nobody ever wrote one.
    pub fn knows(&self, name: &str, portal: &serde_json::Value) -> bool {
        let never = portal.is_null() && self.last.get(name).is_none();
        never || self.last.get(name) == Some(portal) || self.pending.as_ref().is_some_and(|p| p.get(name) == Some(portal))
    }

    /// Takes note of what is seen: what is as wanted, or as it was about to be written, is ours from now on.
    fn see(&mut self, wanted: &Fields, portal: &Fields) {
        for (name, seen) in portal.iter() {
            let pending = self.pending.as_ref().and_then(|p| p.get(name));
            if wanted.get(name) == Some(seen) || pending == Some(seen) {
                self.last.set(name, seen.clone());
            }
        }
        // A write that was not answered may still arrive: it stays known until it is seen, or another one takes its place.
        let arrived = |pending: &Fields| pending.iter().all(|(name, value)| portal.get(name).is_none_or(|seen| seen == value));
        if self.pending.as_ref().is_some_and(arrived) {
            self.pending = None;
        }
    }
}

impl Record {
    /// A record of nothing.
    pub fn new(portal: &str, organization: &str) -> Self {
        Self { format: FORMAT.into(), portal: portal.into(), organization: organization.into(), datasets: BTreeMap::new() }
    }

    /// Reads a record, or begins one.
    ///
    /// # Errors
    /// [`PortalError::Record`] when it is none, or one of another portal or organisation.
    pub fn read(bytes: Option<&[u8]>, file: &str, portal: &str, organization: &str) -> Result<Self> {
        let Some(bytes) = bytes else { return Ok(Self::new(portal, organization)) };
        let wrong = |detail: String| PortalError::Record { file: file.into(), detail };
        let record: Self = serde_json::from_slice(bytes).map_err(|e| wrong(format!("{e}: put it back from a backup")))?;
        if (record.format.as_str(), record.portal.as_str()) != (FORMAT, portal) {
            return Err(wrong(format!("it is a record of {} in the format {}: put it back from a backup", record.portal, record.format)));
        }
        if record.organization != organization {
            let detail = format!(
                "it tells of the organisation {}, and [datagouv] organization is {organization}: to begin with another organisation, move the file away",
                record.organization
            );
            return Err(wrong(detail));
        }
        Ok(record)
    }

    /// The bytes to keep.
    ///
    /// # Errors
    /// Never with the types of this version.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        canonical_json(self).map_err(PortalError::internal)
    }
}

impl DatasetRecord {
    /// Takes note of what the portal shows.
    pub fn see(&mut self, wanted: &WantedDataset, portal: &Observed) {
        self.id = Some(portal.id.clone());
        self.fields.see(&wanted.fields, &portal.fields);
        let held = portal.held(wanted, self);
        for resource in &wanted.resources {
            let Some(seen) = held.get(resource.key.as_str()) else { continue };
            let known = self.resources.entry(resource.key.clone()).or_default();
            known.id = Some(seen.id.clone());
            known.fields.see(&resource.fields, &seen.fields_of(resource));
        }
        let seen = portal.order(wanted, self);
        let all: Vec<_> = wanted.resources.iter().map(|r| r.key.as_str()).collect();
        let pending = self.order_pending.as_ref().is_some_and(|pending| *pending == seen);
        if pending || seen == all {
            self.order = seen.into_iter().map(str::to_owned).collect();
        }
        if pending {
            self.order_pending = None;
        }
        // What is neither wanted nor there any more is forgotten.
        let there = |id: &Option<String>| portal.resources.iter().any(|r| id.as_ref() == Some(&r.id));
        self.resources.retain(|key, known| all.contains(&key.as_str()) || there(&known.id));
    }
}
