//! Fields that the policies do not name, counted by path.

use crate::{Collection, SourceError};
use solidata_anonymise::AnonymiseError;
use solidata_anonymise::contract::{FieldSink, Trail};
use solidata_anonymise::policy::{Policy, UnknownFields};
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

/// The policies that are compiled in.
pub(crate) struct Policies {
    pub search: Policy,
    pub lieux: Policy,
}

impl Policies {
    /// The same every time.
    pub fn get() -> Result<&'static Policies, SourceError> {
        static POLICIES: LazyLock<Result<Policies, AnonymiseError>> =
            LazyLock::new(|| Ok(Policies { search: Policy::search()?, lieux: Policy::lieux()? }));
        POLICIES.as_ref().map_err(|error| SourceError::Policy(error.to_string()))
    }
}

/// The unknown fields that one worker has seen in one collection.
pub(crate) struct Unknown<'p> {
    policy: &'p Policy,
    fields: UnknownFields<'p>,
    path: String,
    /// Paths that the policy was already found to know: asking it again for each of a place's many fields would take longer than reading them.
    known: HashSet<String>,
}

impl<'p> Unknown<'p> {
    pub fn new(policy: &'p Policy) -> Self {
        Self { policy, fields: UnknownFields::new(policy), path: String::new(), known: HashSet::new() }
    }

    /// Counts a field of the object at `path`, unless the policy knows it.
    #[cold]
    pub fn note(&mut self, path: &str, name: &[u8]) {
        self.fields.skip(path, &String::from_utf8_lossy(name));
    }

    /// Adds these counts to those of the snapshot.
    pub fn add_to(&self, collection: Collection, all: &mut BTreeMap<(Collection, String), u64>) {
        for (path, count) in self.fields.seen() {
            *all.entry((collection, path.clone())).or_default() += count;
        }
    }
}

/// For the record types that serde reads.
impl FieldSink for Unknown<'_> {
    fn skipped(&mut self, parent: &Trail<'_>, key: &str) {
        self.path.clear();
        // Writing to a string does not fail.
        let _ = write!(self.path, "{parent}");
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(key);
        if self.known.contains(&self.path) {
            return;
        }
        if self.policy.knows(&self.path) {
            // Below a subtree of which all is known, keys could be anything.
            if self.known.len() < 2_000 {
                self.known.insert(self.path.clone());
            }
        } else {
            self.fields.skipped(parent, key);
        }
    }
}
