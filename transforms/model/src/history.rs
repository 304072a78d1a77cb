//! How an index changes: step by step, each step written down in its log, from which its releases and keys follow.

use crate::{Digest, Erratum, Index, IndexEntry, Month, ReleaseState, WithdrawalClass, kind};
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One change of `index.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The counter of the index that this change made: 1 for the first.
    pub counter: u64,
    /// sha256 of the `index.json` that was there before, signature included; none for the first change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_sha256: Option<Digest<kind::File>>,
    /// The day (UTC) on which it was made, by the clock of whoever made it; none when that is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<NaiveDate>,
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
        class: WithdrawalClass,
    },
    /// An error in a release was made known. The release stays as it is.
    Erratum {
        /// The notice.
        erratum: Erratum,
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
        next.log.push(Change { counter: next.counter, previous_sha256: before, day: None, done });
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

    /// The same, with the day of its last change.
    #[must_use]
    pub fn dated(mut self, day: Option<NaiveDate>) -> Self {
        if let Some(last) = self.log.last_mut() {
            last.day = day;
        }
        self
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
        let named: BTreeSet<&str> = self.releases.iter().map(|r| r.prefix.as_str()).collect();
        rule(named.len() == self.releases.len(), || "it names a release twice".into())?;
        if let Some(prefix) = replayed.releases.keys().find(|prefix| !named.contains(prefix.as_str())) {
            return Err(HistoryError(format!("its log tells of {prefix}, and it does not name it")));
        }
        let keys: Vec<_> = self.keys.iter().map(|k| (k.public_key.as_str(), k.since)).collect();
        rule(keys == replayed.keys, || "its keys are not those that its log tells of".into())?;
        let endorsed = self.keys.iter().enumerate().all(|(i, key)| key.endorsement.is_some() == (i > 0));
        rule(endorsed, || "a key that is not the first has no endorsement, or the first has one".into())
    }

    /// The place in `keys` of the key that signed at a counter; none before the first key. The keys are those of a history that holds.
    pub fn key_at(&self, counter: u64) -> Option<usize> {
        self.keys.partition_point(|key| key.since <= counter).checked_sub(1)
    }

    /// Every erratum, the first one first, with the counter of the change that told it.
    pub fn errata(&self) -> impl Iterator<Item = (u64, &Erratum)> {
        self.log.iter().flat_map(|change| {
            change.done.iter().filter_map(|done| match done {
                Done::Erratum { erratum } => Some((change.counter, erratum)),
                _ => None,
            })
        })
    }

    /// Why a release was withdrawn; none when it was not.
    pub fn withdrawal(&self, prefix: &str) -> Option<WithdrawalClass> {
        self.log.iter().flat_map(|change| &change.done).find_map(|done| match done {
            Done::Withdraw { prefix: gone, class } if gone == prefix => Some(*class),
            _ => None,
        })
    }

    /// The counter of the change that published each release, by prefix.
    pub fn publications(&self) -> BTreeMap<&str, u64> {
        self.log.iter().flat_map(|change| change.done.iter().filter_map(Done::published).map(|prefix| (prefix, change.counter))).collect()
    }
}

/// What follows from a log.
struct Replayed<'a> {
    releases: BTreeMap<String, Told>,
    months: BTreeMap<Month, OfMonth>,
    keys: Vec<(&'a str, u64)>,
    known_keys: BTreeSet<&'a str>,
}

struct OfMonth {
    newest: u32,
    current: Option<String>,
}

struct Told {
    month: Month,
    revision: u32,
    state: ReleaseState,
}

impl<'a> Replayed<'a> {
    fn of(log: &'a [Change]) -> Result<Self, HistoryError> {
        let mut replayed = Self { releases: BTreeMap::new(), months: BTreeMap::new(), keys: Vec::new(), known_keys: BTreeSet::new() };
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
        // U+007F is the one character that jq escapes and the canonical form does not.
        let plain = |text: &&str| text.len() <= REASON_MAX && !text.chars().any(char::is_control);
        rule(done.texts().iter().all(plain), || {
            format!("change {counter} of its log has a text that is too long or has control characters")
        })?;
        match done {
            Done::Publish { prefix } => {
                let (month, revision) = place(prefix).ok_or_else(|| wrong("names no place of a release"))?;
                let first = revision == 1 && !self.months.contains_key(&month);
                rule(first, || format!("change {counter} of its log publishes {month} twice"))?;
                self.add(prefix, month, revision);
            }
            Done::Revise { prefix, .. } => {
                let (month, revision) = place(prefix).ok_or_else(|| wrong("names no place of a release"))?;
                let newest = self.months.get(&month).ok_or_else(|| wrong("revises a month that was not published"))?.newest;
                rule(newest.checked_add(1) == Some(revision), || format!("change {counter} of its log leaves out a revision of {month}"))?;
                self.add(prefix, month, revision);
            }
            Done::Rollback { prefix, .. } => {
                let told = self.releases.get(prefix).filter(|t| t.state == ReleaseState::Superseded);
                let month = told.ok_or_else(|| wrong("rolls back to a release that is not superseded"))?.month;
                self.make_current(prefix, month);
            }
            Done::Withdraw { prefix, .. } => {
                let told = self.releases.get_mut(prefix).filter(|t| t.state != ReleaseState::Withdrawn);
                let told = told.ok_or_else(|| wrong("withdraws a release that is not there"))?;
                told.state = ReleaseState::Withdrawn;
                if let Some(of) = self.months.get_mut(&told.month).filter(|of| of.current.as_ref() == Some(prefix)) {
                    of.current = None;
                }
            }
            Done::Erratum { erratum } => {
                let there = self.releases.get(&erratum.release).is_some_and(|t| t.state != ReleaseState::Withdrawn);
                rule(there, || format!("change {counter} of its log tells of an error in a release that is not there"))?;
                let told = !(erratum.dataset.is_empty() || erratum.fr.trim().is_empty() || erratum.en.trim().is_empty());
                rule(told, || format!("change {counter} of its log has an erratum without dataset or words"))?;
            }
            Done::Rotate { public_key } => {
                let fresh = self.known_keys.insert(public_key) && self.keys.last().is_none_or(|(_, since)| *since < counter);
                rule(fresh, || format!("change {counter} of its log takes a key twice, or two keys at once"))?;
                self.keys.push((public_key, counter));
            }
        }
        Ok(())
    }

    fn add(&mut self, prefix: &str, month: Month, revision: u32) {
        self.releases.insert(prefix.to_owned(), Told { month, revision, state: ReleaseState::Current });
        self.make_current(prefix, month);
        if let Some(of) = self.months.get_mut(&month) {
            of.newest = revision;
        }
    }

    fn make_current(&mut self, prefix: &str, month: Month) {
        let of = self.months.entry(month).or_insert(OfMonth { newest: 0, current: None });
        let before = of.current.replace(prefix.to_owned());
        for (prefix, state) in before.into_iter().map(|p| (p, ReleaseState::Superseded)).chain([(prefix.to_owned(), ReleaseState::Current)])
        {
            if let Some(told) = self.releases.get_mut(&prefix) {
                told.state = state;
            }
        }
    }
}

impl Done {
    /// The release that it published.
    fn published(&self) -> Option<&str> {
        match self {
            Self::Publish { prefix } | Self::Revise { prefix, .. } => Some(prefix),
            Self::Rollback { .. } | Self::Withdraw { .. } | Self::Erratum { .. } | Self::Rotate { .. } => None,
        }
    }

    /// Every text in it that someone wrote.
    fn texts(&self) -> Vec<&str> {
        match self {
            Self::Publish { .. } | Self::Rotate { .. } | Self::Withdraw { .. } => Vec::new(),
            Self::Revise { reason, .. } | Self::Rollback { reason, .. } => reason.as_deref().into_iter().collect(),
            Self::Erratum { erratum } => {
                let columns = erratum.columns.iter().map(String::as_str);
                columns.chain([erratum.dataset.as_str(), erratum.fr.as_str(), erratum.en.as_str()]).collect()
            }
        }
    }
}

/// The month and the revision of `releases/2024-09/r1`; none of another text.
pub fn place(prefix: &str) -> Option<(Month, u32)> {
    let (month, revision) = prefix.strip_prefix("releases/")?.split_once("/r")?;
    let place: (Month, u32) = (month.parse().ok()?, revision.parse().ok()?);
    (place.1 > 0 && format!("releases/{}/r{}", place.0, place.1) == prefix).then_some(place)
}

#[cfg(test)]
mod tests;
