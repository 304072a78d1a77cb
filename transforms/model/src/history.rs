//! How an index changes: step by step, each step written down in its log, from which its releases and keys follow.

use crate::{Digest, Index, IndexEntry, Month, ReleaseState, kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One change of `index.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The counter of the index that this change made: 1 for the first.
    pub counter: u64,
    /// sha256 of the `index.json` that was there before, signature included; none for the first change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_sha256: Option<Digest<kind::File>>,
    /// What was done, in this order.
    pub done: Vec<Done>,
}

/// A part of a change. Reasons are for readers: plain words, no more than [`REASON_MAX`] bytes, no control character.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum Done {
    /// The first revision of a month was published, and is current.
    Publish {
        /// Where it lies.
        prefix: String,
    },
    /// A further revision was published, and is current; what was current is superseded.
    Revise {
        /// Where it lies.
        prefix: String,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A superseded revision is current again; what was current is superseded.
    Rollback {
        /// The revision that is current again.
        prefix: String,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A revision was taken away. No other one becomes current by itself.
    Withdraw {
        /// Where it lay.
        prefix: String,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// From this change on another key signs; the first such change is the first that was signed.
    Rotate {
        /// The new key, as in [`KeyEntry::public_key`].
        public_key: String,
    },
}

/// A key of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyEntry {
    /// The public key: the second line of a minisign public key file.
    pub public_key: String,
    /// The first counter of the index that it signed.
    pub since: u64,
    /// The text of a minisign signature over this key by the key before it; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endorsement: Option<String>,
}

/// The longest reason, in bytes.
pub const REASON_MAX: usize = 2_000;

/// Why an index does not follow from its log, or cannot be changed so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct HistoryError(String);

fn rule(holds: bool, broken: impl FnOnce() -> String) -> Result<(), HistoryError> {
    if holds { Ok(()) } else { Err(HistoryError(broken())) }
}

impl Index {
    /// The index after one more change, not signed yet.
    ///
    /// `before` is the sha256 of the `index.json` that is there; none when there is none. `new` are the releases that `done` publishes or
    /// revises: their `state` is set here, as that of every release. `key` is the key that `done` rotates to.
    ///
    /// # Errors
    /// When the present index does not follow from its log, or the change does not fit to it (see [`Done`]).
    pub fn next(
        &self,
        before: Option<Digest<kind::File>>,
        done: Vec<Done>,
        new: Vec<IndexEntry>,
        key: Option<KeyEntry>,
    ) -> Result<Self, HistoryError> {
        self.check_history()?;
        let mut next = self.clone();
        next.signature = None;
        next.counter += 1;
        next.sealed = new.iter().map(|r| r.sealed).fold(self.sealed, u64::max);
        next.releases.extend(new);
        next.releases.sort_by_key(|r| (r.month, r.revision));
        next.log.push(Change { counter: next.counter, previous_sha256: before, done });
        next.keys.extend(key.map(|k| KeyEntry { since: next.counter, ..k }));
        let replayed = Replayed::of(&next.log)?;
        for entry in &mut next.releases {
            if let Some(state) = replayed.releases.get(&entry.prefix) {
                entry.state = state.state;
            }
        }
        next.check_history()?;
        Ok(next)
    }

    /// Whether the counter, the releases with their states, and the keys are those that follow from the log. Signatures are not looked at.
    ///
    /// # Errors
    /// The first thing that does not follow, in words.
    pub fn check_history(&self) -> Result<(), HistoryError> {
        rule(self.counter == self.log.len() as u64, || {
            format!("its counter is {}, and its log tells of {} changes", self.counter, self.log.len())
        })?;
        let replayed = Replayed::of(&self.log)?;
        for entry in &self.releases {
            match replayed.releases.get(&entry.prefix) {
                None => return Err(HistoryError(format!("its log does not tell that {} was published", entry.prefix))),
                Some(told) => rule((told.state, told.month, told.revision) == (entry.state, entry.month, entry.revision), || {
                    format!("its log tells that {} is {:?}", entry.prefix, told.state).to_lowercase()
                })?,
            }
        }
        for prefix in replayed.releases.keys() {
            let times = self.releases.iter().filter(|r| r.prefix == *prefix).count();
            rule(times == 1, || format!("its log tells of {prefix}, and {times} releases are called so"))?;
        }
        let keys: Vec<_> = self.keys.iter().map(|k| (k.public_key.as_str(), k.since)).collect();
        rule(keys == replayed.keys, || "its keys are not those that its log tells of".into())?;
        let endorsed = self.keys.iter().enumerate().all(|(i, key)| key.endorsement.is_some() == (i > 0));
        rule(endorsed, || "a key that is not the first has no endorsement, or the first has one".into())
    }

    /// The key that signed at a counter; none before the first key.
    pub fn key_at(&self, counter: u64) -> Option<&KeyEntry> {
        self.keys.iter().rev().find(|k| k.since <= counter)
    }

    /// The counter of the change that published a release.
    pub fn published_at(&self, prefix: &str) -> Option<u64> {
        let publishes = |done: &Done| matches!(done, Done::Publish { prefix: p } | Done::Revise { prefix: p, .. } if p == prefix);
        self.log.iter().find(|change| change.done.iter().any(publishes)).map(|change| change.counter)
    }
}

/// What follows from a log.
struct Replayed<'a> {
    releases: BTreeMap<String, Told>,
    keys: Vec<(&'a str, u64)>,
}

struct Told {
    month: Month,
    revision: u32,
    state: ReleaseState,
}

impl<'a> Replayed<'a> {
    fn of(log: &'a [Change]) -> Result<Self, HistoryError> {
        let mut replayed = Self { releases: BTreeMap::new(), keys: Vec::new() };
        for (number, change) in (1u64..).zip(log) {
            rule(change.counter == number, || format!("change {number} of its log has the counter {}", change.counter))?;
            rule(change.previous_sha256.is_some() == (number > 1), || {
                format!("change {number} of its log does not name the index before it, or names one before the first")
            })?;
            rule(!change.done.is_empty(), || format!("change {number} of its log changes nothing"))?;
            for done in &change.done {
                replayed.step(number, done)?;
            }
        }
        Ok(replayed)
    }

    fn step(&mut self, counter: u64, done: &'a Done) -> Result<(), HistoryError> {
        let wrong = |what: &str| HistoryError(format!("change {counter} of its log {what}"));
        if let Some(reason) = done.reason() {
            // U+007F is the one character that jq escapes and the canonical form does not.
            let plain = reason.len() <= REASON_MAX && !reason.chars().any(char::is_control);
            rule(plain, || format!("change {counter} of its log has a reason that is too long or has control characters"))?;
        }
        match done {
            Done::Publish { prefix } => {
                let (month, revision) = place(prefix).ok_or_else(|| wrong("names no place of a release"))?;
                rule(revision == 1 && self.newest(month).is_none(), || format!("change {counter} of its log publishes {month} twice"))?;
                self.releases.insert(prefix.clone(), Told { month, revision, state: ReleaseState::Current });
            }
            Done::Revise { prefix, .. } => {
                let (month, revision) = place(prefix).ok_or_else(|| wrong("names no place of a release"))?;
                let newest = self.newest(month).ok_or_else(|| wrong("revises a month that was not published"))?;
                rule(newest.checked_add(1) == Some(revision), || format!("change {counter} of its log leaves out a revision of {month}"))?;
                self.supersede(month);
                self.releases.insert(prefix.clone(), Told { month, revision, state: ReleaseState::Current });
            }
            Done::Rollback { prefix, .. } => {
                let told = self.releases.get(prefix).filter(|t| t.state == ReleaseState::Superseded);
                let month = told.ok_or_else(|| wrong("rolls back to a release that is not superseded"))?.month;
                self.supersede(month);
                self.set(prefix, ReleaseState::Current);
            }
            Done::Withdraw { prefix, .. } => {
                let there = self.releases.get(prefix).is_some_and(|t| t.state != ReleaseState::Withdrawn);
                rule(there, || format!("change {counter} of its log withdraws a release that is not there"))?;
                self.set(prefix, ReleaseState::Withdrawn);
            }
            Done::Rotate { public_key } => {
                let fresh = self.keys.iter().all(|(key, since)| key != public_key && *since < counter);
                rule(fresh, || format!("change {counter} of its log takes a key twice, or two keys at once"))?;
                self.keys.push((public_key, counter));
            }
        }
        Ok(())
    }

    fn newest(&self, month: Month) -> Option<u32> {
        self.releases.values().filter(|t| t.month == month).map(|t| t.revision).max()
    }

    fn set(&mut self, prefix: &str, state: ReleaseState) {
        if let Some(told) = self.releases.get_mut(prefix) {
            told.state = state;
        }
    }

    fn supersede(&mut self, month: Month) {
        for told in self.releases.values_mut().filter(|t| t.month == month && t.state == ReleaseState::Current) {
            told.state = ReleaseState::Superseded;
        }
    }
}

impl Done {
    fn reason(&self) -> Option<&str> {
        match self {
            Self::Publish { .. } | Self::Rotate { .. } => None,
            Self::Revise { reason, .. } | Self::Rollback { reason, .. } | Self::Withdraw { reason, .. } => reason.as_deref(),
        }
    }
}

/// The month and the revision of `releases/2024-09/r1`.
fn place(prefix: &str) -> Option<(Month, u32)> {
    let (month, revision) = prefix.strip_prefix("releases/")?.split_once("/r")?;
    let place: (Month, u32) = (month.parse().ok()?, revision.parse().ok()?);
    (place.1 > 0 && format!("releases/{}/r{}", place.0, place.1) == prefix).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical_json;

    fn entry(month: &str, revision: u32, sealed: u64) -> IndexEntry {
        IndexEntry {
            month: month.parse().unwrap(),
            revision,
            prefix: format!("releases/{month}/r{revision}"),
            manifest_sha256: Digest::of(&[sealed as u8]),
            partial: false,
            sealed,
            // what `next` sets
            state: ReleaseState::Withdrawn,
        }
    }

    fn publish(month: &str) -> Done {
        Done::Publish { prefix: format!("releases/{month}/r1") }
    }

    fn revise(month: &str, revision: u32) -> Done {
        Done::Revise { prefix: format!("releases/{month}/r{revision}"), reason: Some("a « reason »".into()) }
    }

    fn key(name: &str, endorsed: bool) -> KeyEntry {
        KeyEntry { public_key: name.into(), since: 0, endorsement: endorsed.then(|| "signed".into()) }
    }

    fn sha256(index: &Index) -> Option<Digest<kind::File>> {
        (index.counter > 0).then(|| Digest::of(&canonical_json(index).unwrap()))
    }

    fn change(index: &Index, done: Vec<Done>, new: Vec<IndexEntry>, key: Option<KeyEntry>) -> Result<Index, HistoryError> {
        index.next(sha256(index), done, new, key)
    }

    /// A word of the error, and the change.
    type Refused = (&'static str, Vec<Done>, Vec<IndexEntry>, Option<KeyEntry>);

    fn states(index: &Index) -> Vec<(u32, ReleaseState)> {
        index.releases.iter().map(|r| (r.revision, r.state)).collect()
    }

    /// Published, revised with a key, rolled back, withdrawn under another key.
    fn history() -> Vec<Index> {
        use Done::{Rollback, Rotate, Withdraw};
        let mut all = vec![Index::empty()];
        let first = "releases/2024-09/r1".to_owned();
        let steps: Vec<(Vec<Done>, Vec<IndexEntry>, Option<KeyEntry>)> = vec![
            (vec![publish("2024-09"), publish("2024-10")], vec![entry("2024-10", 1, 2), entry("2024-09", 1, 1)], None),
            (vec![Rotate { public_key: "a".into() }, revise("2024-09", 2)], vec![entry("2024-09", 2, 3)], Some(key("a", false))),
            (vec![Rollback { prefix: first.clone(), reason: None }], vec![], None),
            (vec![Rotate { public_key: "b".into() }], vec![], Some(key("b", true))),
            (vec![Withdraw { prefix: first, reason: None }], vec![], None),
        ];
        for (done, new, key) in steps {
            let next = change(&all[all.len() - 1], done, new, key).unwrap();
            all.push(next);
        }
        all
    }

    #[test]
    fn states_and_keys_follow_from_the_log() {
        use ReleaseState::{Current, Superseded, Withdrawn};
        let all = history();
        let wanted = [
            vec![],
            vec![(1, Current), (1, Current)],
            vec![(1, Superseded), (2, Current), (1, Current)],
            vec![(1, Current), (2, Superseded), (1, Current)],
            vec![(1, Current), (2, Superseded), (1, Current)],
            vec![(1, Withdrawn), (2, Superseded), (1, Current)],
        ];
        for (n, (index, wanted)) in all.iter().zip(wanted).enumerate() {
            assert_eq!((index.counter, states(index)), (n as u64, wanted));
            index.check_history().unwrap();
            let text = canonical_json(index).unwrap();
            assert_eq!(serde_json::from_slice::<Index>(&text).unwrap(), *index);
        }
        let last = all.last().unwrap();
        assert_eq!(last.current().unwrap().prefix, "releases/2024-10/r1");
        assert!(last.current_of("2024-09".parse().unwrap()).is_none());
        assert_eq!(last.newest_revision("2024-09".parse().unwrap()).unwrap().revision, 2);
        assert_eq!(last.sealed, 3);
        let signed_by = |counter| last.key_at(counter).map(|k| k.public_key.as_str());
        assert_eq!([1, 2, 3, 4, 5].map(signed_by), [None, Some("a"), Some("a"), Some("b"), Some("b")]);
        assert_eq!(last.published_at("releases/2024-09/r2"), Some(2));
        assert_eq!(last.published_at("releases/2024-09/r3"), None);
        for (before, after) in all.iter().zip(&all[1..]) {
            assert_eq!(after.log[..before.log.len()], before.log[..]);
            assert_eq!(after.log.last().unwrap().previous_sha256, sha256(before));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let all = history();
        let index = all.last().unwrap();
        let to = |prefix: &str| (prefix.to_owned(), None::<String>);
        let rollback = |(prefix, reason)| Done::Rollback { prefix, reason };
        let withdraw = |(prefix, reason)| Done::Withdraw { prefix, reason };
        let refused: Vec<Refused> = vec![
            ("changes nothing", vec![], vec![], None),
            ("twice", vec![publish("2024-09")], vec![], None),
            ("was published", vec![publish("2024-11")], vec![entry("2024-11", 1, 4), entry("2024-12", 1, 5)], None),
            ("0 releases", vec![publish("2024-11")], vec![], None),
            ("2 releases", vec![publish("2024-11")], vec![entry("2024-11", 1, 4), entry("2024-11", 1, 4)], None),
            ("leaves out", vec![revise("2024-10", 3)], vec![entry("2024-10", 3, 4)], None),
            ("not published", vec![revise("2023-01", 1)], vec![], None),
            ("no place", vec![revise("2024-9", 2)], vec![], None),
            ("no place", vec![revise("2024-10", 0)], vec![], None),
            ("no place", vec![Done::Publish { prefix: "releases/2024-11/r01".into() }], vec![], None),
            ("not superseded", vec![rollback(to("releases/2024-10/r1"))], vec![], None),
            ("not superseded", vec![rollback(to("releases/2024-09/r1"))], vec![], None),
            ("not there", vec![withdraw(to("releases/2024-09/r1"))], vec![], None),
            ("not there", vec![withdraw(to("releases/2024-09/r7"))], vec![], None),
            ("control", vec![withdraw(("releases/2024-10/r1".into(), Some("a\u{7f}".into())))], vec![], None),
            ("too long", vec![withdraw(("releases/2024-10/r1".into(), Some("a".repeat(REASON_MAX + 1))))], vec![], None),
            ("twice", vec![Done::Rotate { public_key: "a".into() }], vec![], Some(key("a", true))),
            ("keys are not", vec![Done::Rotate { public_key: "c".into() }], vec![], Some(key("d", true))),
            ("keys are not", vec![Done::Rotate { public_key: "c".into() }], vec![], None),
            ("keys are not", vec![publish("2024-11")], vec![entry("2024-11", 1, 4)], Some(key("c", true))),
            ("endorsement", vec![Done::Rotate { public_key: "c".into() }], vec![], Some(key("c", false))),
        ];
        for (word, done, new, key) in refused {
            let what = format!("{done:?}");
            let e = change(index, done, new, key).expect_err(&what);
            assert!(e.to_string().contains(word), "{what}: {e}");
        }
        assert!(index.next(None, vec![publish("2024-11")], vec![entry("2024-11", 1, 4)], None).is_err(), "not the first");
        assert!(Index::empty().next(sha256(index), vec![publish("2024-11")], vec![entry("2024-11", 1, 1)], None).is_err(), "the first");
    }

    #[test]
    fn an_index_that_was_changed_by_hand_does_not_follow() {
        let good = history().pop().unwrap();
        let edits: [fn(&mut Index); 12] = [
            |i| i.counter += 1,
            |i| drop(i.log.pop()),
            |i| drop(i.log.remove(2)),
            |i| i.log.swap(2, 3),
            |i| i.log[3].counter = 3,
            |i| i.log[0].previous_sha256 = Some(Digest::of(b"x")),
            |i| i.releases[0].state = ReleaseState::Superseded,
            |i| i.releases[1].revision = 1,
            |i| drop(i.releases.pop()),
            |i| drop(i.keys.pop()),
            |i| i.keys[1].since = 5,
            |i| i.keys[0].endorsement = Some("x".into()),
        ];
        for (n, edit) in edits.into_iter().enumerate() {
            let mut index = good.clone();
            edit(&mut index);
            assert!(index.check_history().is_err(), "edit {n}");
            assert!(index.next(sha256(&index), vec![publish("2024-11")], vec![entry("2024-11", 1, 4)], None).is_err(), "edit {n}");
        }
    }

    #[test]
    fn the_signature_is_not_signed() {
        let mut index = history().pop().unwrap();
        let bytes = index.signed_bytes().unwrap();
        index.signature = Some("text".into());
        assert_eq!(index.signed_bytes().unwrap(), bytes);
        assert_ne!(canonical_json(&index).unwrap(), bytes);
        let unknown = r#"{"counter":1,"done":[{"action":"publish","prefix":"releases/2024-09/r1","more":1}]}"#;
        assert!(serde_json::from_str::<Change>(unknown).is_err());
    }
}
