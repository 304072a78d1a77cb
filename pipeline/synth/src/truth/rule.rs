//! The net rule, step by step, written to be read rather than to be quick: each step looks at the documents around.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono_tz::Tz;

use super::fact::{Excluded, Fact, Key};
use super::territory::Where;
use crate::calendar::{MINUTE, local};

/// Where a document leaves the count. The order is that of the waterfall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    AdminFlag,
    AdminStatus,
    Robot,
    Localhost,
    Twin,
    Page,
    Repeat,
    Burst,
    Cap,
    Net,
}

impl Fate {
    /// Whether the document is a gross search.
    pub(crate) fn is_gross(self) -> bool {
        !matches!(self, Self::AdminFlag | Self::AdminStatus)
    }
}

/// The judgement over all documents.
pub(crate) struct Judged {
    /// Valid documents, each `_id` once, by time; the fate of each.
    pub facts: Vec<(Fact, Fate)>,
    /// Documents whose date cannot be used.
    pub invalid: u64,
    /// Documents whose `_id` was seen already.
    pub repeated_ids: u64,
    /// Minutes of a département emptied by the first criterion, and those of them with less than 28 days of history.
    pub minutes: u64,
    pub minutes_short_history: u64,
    /// Documents dropped by the first criterion, by the second, and by both.
    pub by_rate: u64,
    pub by_sweep: u64,
    pub by_both: u64,
}

const TWIN_WINDOW: i64 = 5_000;
const PAGE_WINDOW: i64 = 30 * MINUTE;
const ANONYMOUS_WINDOW: i64 = MINUTE;
const IDENTIFIED_WINDOW: i64 = 30 * MINUTE;
const HISTORY_DAYS: i64 = 28;
const SWEEP: usize = 40;
const CAP: u32 = 20;

/// Judges all documents.
pub(crate) fn judge(mut facts: Vec<Fact>) -> Judged {
    let read = facts.len();
    facts.retain(|fact| fact.created.is_some());
    let invalid = (read - facts.len()) as u64;
    facts.sort_by_key(|fact| (fact.created, fact.id));
    let valid = facts.len();
    let mut seen = BTreeSet::new();
    facts.retain(|fact| seen.insert(fact.id));
    let repeated_ids = (valid - facts.len()) as u64;
    let mut judged = Judged {
        facts: facts.into_iter().map(|fact| (fact, Fate::Net)).collect(),
        invalid,
        repeated_ids,
        minutes: 0,
        minutes_short_history: 0,
        by_rate: 0,
        by_sweep: 0,
        by_both: 0,
    };
    judged.exclude();
    judged.twins();
    judged.pages();
    judged.repeats();
    judged.bursts();
    judged.cap();
    judged
}

fn time(fact: &Fact) -> i64 {
    fact.created.unwrap_or_default()
}

/// The département of the first burst criterion; everything else is one bucket.
fn bucket(place: Where) -> Option<u16> {
    match place {
        Where::Departement(index, _) => Some(index),
        _ => None,
    }
}

impl Judged {
    /// Indices of the documents that are still in.
    fn left(&self) -> Vec<usize> {
        (0..self.facts.len()).filter(|&i| self.facts[i].1 == Fate::Net).collect()
    }

    fn exclude(&mut self) {
        for (fact, fate) in &mut self.facts {
            *fate = match fact.excluded {
                Excluded::No => Fate::Net,
                Excluded::AdminFlag => Fate::AdminFlag,
                Excluded::AdminStatus => Fate::AdminStatus,
                Excluded::Robot => Fate::Robot,
                Excluded::Localhost => Fate::Localhost,
            };
        }
    }

    /// Step 2: a mobile round beside its place search.
    fn twins(&mut self) {
        let left = self.left();
        let mut dropped = Vec::new();
        for (at, &i) in left.iter().enumerate() {
            let fact = &self.facts[i].0;
            if !fact.mobile {
                continue;
            }
            let near = |&&j: &&usize| (time(&self.facts[j].0) - time(fact)).abs() <= TWIN_WINDOW;
            let sibling = |&j: &usize| !self.facts[j].0.mobile && self.facts[j].0.pair == fact.pair;
            let before = left[..at].iter().rev().take_while(near).any(sibling);
            if before || left[at + 1..].iter().take_while(near).any(sibling) {
                dropped.push(i);
            }
        }
        self.drop(&dropped, Fate::Twin);
    }

    /// Step 3: later pages of a search that is there, and all but the first of the orphans.
    fn pages(&mut self) {
        let left = self.left();
        let mut dropped = Vec::new();
        let mut orphans: HashMap<Key, i64> = HashMap::new();
        for (at, &i) in left.iter().enumerate() {
            let fact = &self.facts[i].0;
            if !fact.later_page {
                continue;
            }
            let near = |&&j: &&usize| time(fact) - time(&self.facts[j].0) <= PAGE_WINDOW;
            let first_page = |&j: &usize| !self.facts[j].0.later_page && self.facts[j].0.collapse == fact.collapse;
            if left[..at].iter().rev().take_while(near).any(first_page) {
                dropped.push(i);
                continue;
            }
            match orphans.get(&fact.collapse) {
                Some(kept) if time(fact) - kept <= PAGE_WINDOW => dropped.push(i),
                _ => {
                    orphans.insert(fact.collapse, time(fact));
                }
            }
        }
        self.drop(&dropped, Fate::Page);
    }

    /// Step 4: repeats in a window fixed from the first.
    fn repeats(&mut self) {
        let mut dropped = Vec::new();
        let mut windows: HashMap<Key, i64> = HashMap::new();
        for i in self.left() {
            let fact = &self.facts[i].0;
            let length = if fact.identified { IDENTIFIED_WINDOW } else { ANONYMOUS_WINDOW };
            match windows.get(&fact.collapse) {
                Some(opened) if time(fact) - opened <= length => dropped.push(i),
                _ => {
                    windows.insert(fact.collapse, time(fact));
                }
            }
        }
        self.drop(&dropped, Fate::Repeat);
    }

    /// Step 5a: two criteria over anonymous searches, both over what step 4 left.
    fn bursts(&mut self) {
        let paris = Tz::Europe__Paris;
        let anonymous: Vec<usize> = self.left().into_iter().filter(|&i| !self.facts[i].0.identified).collect();
        let first_day = self.facts.first().map_or(0, |(fact, _)| local(paris, time(fact)).0);
        let mut by_hour: BTreeMap<(Option<u16>, i64, u32), u64> = BTreeMap::new();
        let mut by_minute: BTreeMap<(Option<u16>, i64), Vec<usize>> = BTreeMap::new();
        let mut sweeps: BTreeMap<(Key, Option<u16>, i64), Vec<usize>> = BTreeMap::new();
        for &i in &anonymous {
            let fact = &self.facts[i].0;
            let (place, at) = (bucket(fact.place), time(fact));
            let (day, hour) = local(paris, at);
            *by_hour.entry((place, day, hour)).or_default() += 1;
            by_minute.entry((place, at.div_euclid(MINUTE))).or_default().push(i);
            sweeps.entry((fact.signature, place, at.div_euclid(5 * MINUTE))).or_default().push(i);
        }
        let mut rate = BTreeSet::new();
        for ((place, minute), members) in &by_minute {
            let a_hour = members.len() as u64 * 60;
            if a_hour <= 1_800 {
                continue;
            }
            let (day, hour) = local(paris, minute * MINUTE);
            let mut history: Vec<u64> = (day - HISTORY_DAYS..day)
                .filter(|past| *past >= first_day)
                .map(|past| by_hour.get(&(*place, past, hour)).copied().unwrap_or(0))
                .collect();
            history.sort_unstable();
            let median = if history.is_empty() { 0 } else { history[(history.len() - 1) / 2] };
            if a_hour > 1_800.max(8 * median) {
                self.minutes += 1;
                self.minutes_short_history += u64::from((history.len() as i64) < HISTORY_DAYS);
                rate.extend(members);
            }
        }
        let mut sweep = BTreeSet::new();
        for members in sweeps.values() {
            let targets: BTreeSet<Key> = members.iter().map(|&i| self.facts[i].0.target).collect();
            if targets.len() >= SWEEP {
                sweep.extend(members);
            }
        }
        self.by_rate = rate.difference(&sweep).count() as u64;
        self.by_sweep = sweep.difference(&rate).count() as u64;
        self.by_both = rate.intersection(&sweep).count() as u64;
        let dropped: Vec<usize> = rate.union(&sweep).copied().collect();
        self.drop(&dropped, Fate::Burst);
    }

    /// Step 5b: twenty searches of an account a day.
    fn cap(&mut self) {
        let mut counts: HashMap<(Key, i64), u32> = HashMap::new();
        let mut dropped = Vec::new();
        for i in self.left() {
            let fact = &self.facts[i].0;
            if fact.identified {
                let count = counts.entry((fact.actor, local(Tz::Europe__Paris, time(fact)).0)).or_default();
                *count += 1;
                if *count > CAP {
                    dropped.push(i);
                }
            }
        }
        self.drop(&dropped, Fate::Cap);
    }

    fn drop(&mut self, indices: &[usize], fate: Fate) {
        for &i in indices {
            self.facts[i].1 = fate;
        }
    }
}
