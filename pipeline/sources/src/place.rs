//! Fields of a `lieux` document that its record type does not want.

use crate::unknown::Unknown;
use solidata_anonymise::contract::{FieldSink, Trail};
use std::fmt::Write as _;

/// Counts the fields that nobody wants.
#[derive(Debug, Default)]
pub(crate) struct Skipped {
    pub unknown: Unknown,
    path: String,
}

impl FieldSink for Skipped {
    fn skipped(&mut self, parent: &Trail<'_>, key: &str) {
        self.path.clear();
        // Writing to a string cannot fail.
        let _ = write!(self.path, "{parent}");
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.unknown.note(&self.path, key.as_bytes());
    }
}
