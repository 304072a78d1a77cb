//! Safe rows: counts of searches of one month that are alike in everything later rules look at.

use crate::event::{Actor, Contributor, Found};
use crate::net::Decision;
use crate::{CategorySet, TerritoryId};
use solidata_model::Month;
use std::collections::{BTreeMap, HashMap};

/// Searches of one month that share territory, categories, outcome and contributor. Private: it is counted exactly and names a contributor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SafeSearchRow {
    /// Local month.
    pub month: Month,
    /// The place searched.
    pub territory: TerritoryId,
    /// The categories searched.
    pub categories: CategorySet,
    /// Whether anything was found.
    pub found: Found,
    /// Who searched.
    pub actor: Actor,
    /// Keyed hash of the organisation or account; none when anonymous.
    pub contributor: Option<Contributor>,
    /// Gross searches: all documents but those of administrators.
    pub brute: u32,
    /// Net searches.
    pub nette: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct RowKey {
    territory: TerritoryId,
    categories: CategorySet,
    found: Found,
    actor: Actor,
    contributor: Option<Contributor>,
}

/// Folds decisions into rows, and gives a month out when no later decision can belong to it.
#[derive(Debug, Default)]
pub struct Aggregate {
    months: BTreeMap<Month, HashMap<RowKey, (u32, u32), foldhash::quality::FixedState>>,
    clock: i64,
}

/// No local clock is further behind UTC than this.
const FURTHEST_BEHIND: i64 = 12 * 3_600_000;

impl Aggregate {
    /// Counts one decision; decisions come in the order of the stream. Rows of months that are complete go to `out`, month after month, each
    /// month sorted by (territory, categories, outcome, actor, contributor).
    pub fn add(&mut self, decision: &Decision, out: &mut impl FnMut(Month, Vec<SafeSearchRow>)) {
        let event = &decision.event;
        self.clock = self.clock.max(event.created_at);
        while let Some((month, _)) = self.months.first_key_value().filter(|(month, _)| self.clock >= end_of(**month) + FURTHEST_BEHIND) {
            let month = *month;
            self.emit(month, out);
        }
        if !decision.fate.is_gross() {
            return;
        }
        let key = RowKey {
            territory: event.territory,
            categories: event.categories,
            found: event.found,
            actor: event.actor,
            contributor: event.contributor,
        };
        let counts = self.months.entry(decision.month).or_default().entry(key).or_default();
        counts.0 += 1;
        counts.1 += u32::from(decision.fate.is_net());
    }

    /// The stream is over: the months that are left.
    pub fn finish(mut self, out: &mut impl FnMut(Month, Vec<SafeSearchRow>)) {
        while let Some((month, _)) = self.months.first_key_value() {
            let month = *month;
            self.emit(month, out);
        }
    }

    fn emit(&mut self, month: Month, out: &mut impl FnMut(Month, Vec<SafeSearchRow>)) {
        let Some(rows) = self.months.remove(&month) else { return };
        let mut rows: Vec<(RowKey, (u32, u32))> = rows.into_iter().collect();
        rows.sort_unstable_by_key(|(key, _)| *key);
        let rows = rows.into_iter().map(|(key, (brute, nette))| SafeSearchRow {
            month,
            territory: key.territory,
            categories: key.categories,
            found: key.found,
            actor: key.actor,
            contributor: key.contributor,
            brute,
            nette,
        });
        out(month, rows.collect());
    }
}

/// Midnight UTC after the last day of a month, milliseconds since 1970.
fn end_of(month: Month) -> i64 {
    month.next().first_day().and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis()
}
