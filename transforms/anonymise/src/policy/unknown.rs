//! Fields that no policy names.

use super::Policy;
use crate::contract::{FieldSink, Trail};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The most names that are kept: a report is no place for a document's content, should it be spread over keys.
const MOST: usize = 200;

/// Collects the names of fields that a policy does not know, with the number of times each was seen.
#[derive(Debug, Clone)]
pub struct UnknownFields<'p> {
    policy: &'p Policy,
    seen: BTreeMap<String, u64>,
    path: String,
}

impl<'p> UnknownFields<'p> {
    /// An empty collection.
    pub fn new(policy: &'p Policy) -> Self {
        Self { policy, seen: BTreeMap::new(), path: String::new() }
    }

    /// Paths and counts, sorted. A key that does not look like the name of a field stands as `?`; names beyond the first 200 stand as `...`.
    pub fn seen(&self) -> &BTreeMap<String, u64> {
        &self.seen
    }

    /// Adds those of another collection.
    pub fn merge(&mut self, other: &UnknownFields<'_>) {
        for (path, count) in &other.seen {
            self.count(path.clone(), *count);
        }
    }

    /// Counts a path that some reader has skipped, if the policy does not know it. Readers other than serde's may call it themselves.
    pub fn skip(&mut self, parent: &str, key: &str) {
        self.path.clear();
        self.path.push_str(parent);
        self.skip_below(key);
    }

    fn skip_below(&mut self, key: &str) {
        let parent = self.path.len();
        if parent > 0 {
            self.path.push('.');
        }
        self.path.push_str(key);
        if self.policy.knows(&self.path) {
            return;
        }
        if !is_a_name(key) {
            self.path.truncate(if parent > 0 { parent + 1 } else { 0 });
            self.path.push('?');
        }
        let path = self.path.clone();
        self.count(path, 1);
    }

    fn count(&mut self, path: String, count: u64) {
        let path = if self.seen.len() < MOST || self.seen.contains_key(&path) { path } else { "...".to_owned() };
        *self.seen.entry(path).or_default() += count;
    }
}

impl FieldSink for UnknownFields<'_> {
    fn skipped(&mut self, parent: &Trail<'_>, key: &str) {
        self.path.clear();
        // Writing to a string does not fail.
        let _ = write!(self.path, "{parent}");
        self.skip_below(key);
    }
}

fn is_a_name(key: &str) -> bool {
    (1..=40).contains(&key.len())
        && key.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_' || b.is_ascii_digit())
        && key.bytes().filter(u8::is_ascii_digit).count() <= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_are_counted_and_strange_ones_hidden() {
        let policy = Policy::lieux().unwrap();
        let mut unknown = UnknownFields::new(&policy);
        unknown.skip("", "createdBy");
        unknown.skip("services_all[]", "description");
        unknown.skip("", "abTest");
        unknown.skip("", "abTest");
        unknown.skip("services_all[].close", "jean dupont");
        unknown.skip("", "0612345678");
        let seen: Vec<_> = unknown.seen().iter().map(|(path, count)| (path.as_str(), *count)).collect();
        assert_eq!(seen, [("?", 1), ("abTest", 2), ("services_all[].close.?", 1)]);
        for n in 0..500 {
            unknown.skip("", &format!("x{}{}", "y".repeat(n / 26), char::from(b'a' + (n % 26) as u8)));
        }
        assert!(unknown.seen().len() <= MOST + 1);
        let mut sum = UnknownFields::new(&policy);
        sum.merge(&unknown);
        assert_eq!(sum.seen().values().sum::<u64>(), unknown.seen().values().sum::<u64>());
    }
}
