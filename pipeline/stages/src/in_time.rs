//! Events of all snapshots in the order of the net rule, each `_id` once.
//!
//! A search gets its `_id` when it is stored, nearly always within a moment of its time. So runs that are sorted by `_id`, which shows what came
//! twice, are nearly sorted by time: it is enough to hold an event until no earlier one can follow. Events that were stored late are in runs
//! of their own, are sorted by time, and join the others where they belong. Memory: the events of twice [`REACH_MS`], one buffer for each run,
//! and as many late events as the sorter holds.

use crate::{
    events::{ById, ByTime, EventBytes, EventRuns, Id, REACH_MS, moment},
    sort::{Merge, Sorter},
};
use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap},
    io,
    path::{Path, PathBuf},
};

/// What [`InTime`] has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events read.
    pub events: u64,
    /// Events whose `_id` another event has that is earlier in time (then: in its other bytes).
    pub duplicates: u64,
}

/// Events in order of (time, `_id`).
pub struct InTime {
    prompt: OncePerId,
    /// Late events by `_id`, to find those that a prompt event shares its `_id` with.
    beside: OncePerId,
    next_beside: Option<EventBytes>,
    /// Late events by time, and the first of them.
    late: Merge<EventBytes, ByTime>,
    next_late: Option<EventBytes>,
    /// Late events that a prompt one has come before.
    dropped: BTreeSet<(u64, Id)>,
    /// Prompt events, until none before them can follow: the order of their keys, and where each is held.
    waiting: BinaryHeap<Reverse<(u64, Id, usize)>>,
    held: Vec<EventBytes>,
    /// Places in `held` that are free.
    free: Vec<usize>,
    /// No prompt event that was not read yet is before this time; nothing once all were read.
    safe_before: Option<u64>,
    /// What the late events counted, and those that share an `_id` with a prompt one.
    counts: Counts,
}

impl InTime {
    /// The events of these runs. `scratch` takes late events that are more than `sort_records`.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn open(runs: &EventRuns, scratch: &Path, sort_records: usize) -> io::Result<Self> {
        let mut late = OncePerId::open(&runs.late)?;
        let mut by_time = Sorter::<EventBytes, ByTime>::new(scratch, "time", sort_records);
        while let Some(event) = late.next()? {
            by_time.push(event)?;
        }
        let counts = late.counts;
        let mut beside = OncePerId::open(&runs.late)?;
        let next_beside = beside.next()?;
        let mut late = by_time.finish()?;
        let next_late = late.next().transpose()?;
        Ok(Self {
            prompt: OncePerId::open(&runs.prompt)?,
            beside,
            next_beside,
            late,
            next_late,
            dropped: BTreeSet::new(),
            waiting: BinaryHeap::new(),
            held: Vec::new(),
            free: Vec::new(),
            safe_before: Some(0),
            counts,
        })
    }

    /// What was seen so far.
    pub fn counts(&self) -> Counts {
        let (one, other) = (self.counts, self.prompt.counts);
        Counts { events: one.events + other.events, duplicates: one.duplicates + other.duplicates }
    }

    /// The next event.
    ///
    /// # Errors
    /// When a run cannot be read.
    pub fn next(&mut self) -> io::Result<Option<EventBytes>> {
        loop {
            let prompt = self.waiting.peek().map(|Reverse((time, id, _))| (*time, *id));
            let late = self.next_late.as_ref().map(|event| (event.time(), event.id()));
            let first = match (prompt, late) {
                (Some(prompt), Some(late)) => Some(prompt.min(late)),
                (one, other) => one.or(other),
            };
            match (first, self.safe_before) {
                (None, None) => return Ok(None),
                (Some(key), safe) if safe.is_none_or(|safe| key.0 < safe) => {
                    if late == Some(key) {
                        let event = std::mem::replace(&mut self.next_late, self.late.next().transpose()?);
                        if !self.dropped.remove(&key) {
                            return Ok(event);
                        }
                    } else if let Some(Reverse((_, _, place))) = self.waiting.pop() {
                        self.free.push(place);
                        return Ok(self.held.get(place).copied());
                    }
                }
                _ => self.read()?,
            }
        }
    }

    /// Takes in the next prompt event.
    fn read(&mut self) -> io::Result<()> {
        let Some(event) = self.prompt.next()? else {
            self.safe_before = None;
            return Ok(());
        };
        let id = event.id();
        self.safe_before = Some(moment(id) - REACH_MS);
        while self.next_beside.is_some_and(|late| late.id() < id) {
            self.next_beside = self.beside.next()?;
        }
        if let Some(late) = self.next_beside.filter(|late| late.id() == id) {
            self.counts.duplicates += 1;
            if late.time() < event.time() {
                return Ok(());
            }
            // Its turn comes later than that of any prompt event of its `_id`.
            self.dropped.insert((late.time(), id));
        }
        let place = self.free.pop().unwrap_or(self.held.len());
        match self.held.get_mut(place) {
            Some(free) => *free = event,
            None => self.held.push(event),
        }
        self.waiting.push(Reverse((event.time(), id, place)));
        Ok(())
    }
}

/// Events of some runs by `_id`: of those that share one, the first by time, then by all other bytes, so that no order of the runs decides.
struct OncePerId {
    merge: Merge<EventBytes, ById>,
    ahead: Option<EventBytes>,
    counts: Counts,
}

impl OncePerId {
    fn open(runs: &[PathBuf]) -> io::Result<Self> {
        let mut merge = Merge::open(runs)?;
        let ahead = merge.next().transpose()?;
        Ok(Self { merge, ahead, counts: Counts::default() })
    }

    fn next(&mut self) -> io::Result<Option<EventBytes>> {
        let Some(mut first) = self.ahead.take() else { return Ok(None) };
        self.counts.events += 1;
        while let Some(event) = self.merge.next().transpose()? {
            if event.id() != first.id() {
                self.ahead = Some(event);
                break;
            }
            self.counts.events += 1;
            self.counts.duplicates += 1;
            first = first.min(event);
        }
        Ok(Some(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{events::EventRuns, sort::write_run};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const BEGIN: u64 = 1_700_000_000;

    /// `second` and `number` are the `_id`'s, `after_ms` is how far the time lies from that second.
    fn event(second: u64, number: u32, after_ms: i64, rest: u8) -> EventBytes {
        let mut bytes = [0; 128];
        let time = ((1_u64 << 63) + (BEGIN + second) * 1_000).wrapping_add_signed(after_ms);
        bytes[..8].copy_from_slice(&time.to_be_bytes());
        bytes[8..12].copy_from_slice(&((BEGIN + second) as u32).to_be_bytes());
        bytes[16..20].copy_from_slice(&number.to_be_bytes());
        bytes[21] = rest;
        EventBytes(bytes)
    }

    fn in_time(events: &[EventBytes], parts: usize, sort_records: usize) -> (Vec<EventBytes>, Counts) {
        let dir = tempfile::tempdir().unwrap();
        let mut runs = EventRuns::default();
        for (number, part) in events.chunks(events.len().div_ceil(parts).max(1)).enumerate() {
            for late in [false, true] {
                let mut records: Vec<_> = part.iter().copied().filter(|e| e.is_late() == late).collect();
                let path = dir.path().join(EventRuns::name(number, late));
                write_run::<_, ById>(&mut records, &path).unwrap();
                runs.add([path]);
            }
        }
        let mut found = InTime::open(&runs, dir.path(), sort_records).unwrap();
        let mut out = Vec::new();
        while let Some(event) = found.next().unwrap() {
            out.push(event);
        }
        (out, found.counts())
    }

    proptest! {
        #[test]
        fn each_id_once_in_order_of_time(
            made in proptest::collection::vec(
                (0_u64..2_000, 0_u32..3, prop_oneof![-3_000_i64..3_000, -121_000_i64..121_000, -4_000_000_i64..86_400_000], 0_u8..4), 0..300),
            parts in 1_usize..5,
            sort_records in 1_usize..80,
        ) {
            let events: Vec<_> = made.iter().map(|(second, number, after, rest)| event(*second, *number, *after, *rest)).collect();
            let mut first: BTreeMap<Id, EventBytes> = BTreeMap::new();
            for event in &events {
                let kept = first.entry(event.id()).or_insert(*event);
                *kept = (*kept).min(*event);
            }
            let mut expected: Vec<_> = first.into_values().collect();
            expected.sort_by_key(|event| (event.time(), event.id()));
            let (found, counts) = in_time(&events, parts, sort_records);
            prop_assert_eq!(counts, Counts { events: events.len() as u64, duplicates: (events.len() - expected.len()) as u64 });
            prop_assert!(found == expected);
        }
    }

    #[test]
    fn of_one_id_the_earliest_counts_wherever_it_lies() {
        let (prompt, early, late) = (event(5_000, 1, 40, 0), event(5_000, 1, -9_000_000, 0), event(5_000, 1, 9_000_000, 0));
        for (events, kept) in [(vec![prompt, late], prompt), (vec![prompt, early], early), (vec![late, early, prompt], early)] {
            let between = event(6_000, 2, 0, 0);
            let expected = if kept.time() < between.time() { vec![kept, between] } else { vec![between, kept] };
            let duplicates = events.len() as u64 - 1;
            let (found, counts) = in_time(&[events, vec![between]].concat(), 2, 10);
            assert!(found == expected);
            assert_eq!(counts.duplicates, duplicates);
        }
    }
}
