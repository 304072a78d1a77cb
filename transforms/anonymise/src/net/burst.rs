//! Step 5: bursts of anonymous searches.

use super::keyed::KeyedMap;
use super::{Fate, NetParams, Step};
use crate::localities::DepartementIndex;
use crate::{Localities, SearchEvent};
use std::collections::{BTreeMap, BTreeSet};

const MINUTE: i64 = 60_000;
const SLICE: i64 = 5 * MINUTE;
/// Days of counts that are kept: the history and the current day.
const RING: i64 = 32;
const HOURS: usize = 24;

/// How a minute of a département was decided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct BurstCounts {
    pub(super) minutes: u64,
    pub(super) minutes_short_history: u64,
    pub(super) minutes_dropped: u64,
    pub(super) minutes_dropped_short_history: u64,
    pub(super) sweeps_dropped: u64,
}

/// Anonymous searches by local day and hour of one département.
struct History {
    /// The day that each row holds.
    days: [i64; RING as usize],
    counts: [[u32; HOURS]; RING as usize],
}

impl History {
    fn new() -> Self {
        Self { days: [i64::MIN; RING as usize], counts: [[0; HOURS]; RING as usize] }
    }

    fn add(&mut self, day: i64, hour: usize) {
        let row = day.rem_euclid(RING) as usize;
        if self.days[row] != day {
            self.days[row] = day;
            self.counts[row] = [0; HOURS];
        }
        self.counts[row][hour] += 1;
    }

    fn count(&self, day: i64, hour: usize) -> u32 {
        let row = day.rem_euclid(RING) as usize;
        if self.days[row] == day { self.counts[row][hour] } else { 0 }
    }
}

/// Holds the events of the current 5-minute slice until it is complete.
pub(super) struct Bursts {
    floor: u64,
    factor: u64,
    history_days: i64,
    sweep_distinct: usize,
    /// Local day of the first document of the stream.
    first_day: Option<i64>,
    slice: i64,
    held: Vec<(SearchEvent, Option<Fate>)>,
    history: BTreeMap<DepartementIndex, Box<History>>,
    pub(super) counts: BurstCounts,
}

impl Bursts {
    pub(super) fn new(params: &NetParams) -> Self {
        Self {
            floor: params.burst_floor,
            factor: params.burst_factor,
            history_days: params.history_days.clamp(0, RING - 2),
            sweep_distinct: params.sweep_distinct,
            first_day: None,
            slice: i64::MIN,
            held: Vec::new(),
            history: BTreeMap::new(),
            counts: BurstCounts::default(),
        }
    }

    /// The first document of the stream, whatever becomes of it: history begins on its day.
    pub(super) fn begin(&mut self, first: &SearchEvent, places: &Localities) {
        self.first_day.get_or_insert_with(|| places.paris().day(first.created_at));
    }

    pub(super) fn push(
        &mut self,
        event: SearchEvent,
        fate: Option<Fate>,
        places: &Localities,
        out: &mut impl FnMut(SearchEvent, Option<Fate>),
    ) {
        let slice = event.created_at.div_euclid(SLICE);
        if slice != self.slice {
            self.finish(places, out);
            self.slice = slice;
        }
        self.held.push((event, fate));
    }

    /// Judges the slice that is held and gives it back.
    pub(super) fn finish(&mut self, places: &Localities, out: &mut impl FnMut(SearchEvent, Option<Fate>)) {
        let mut held = std::mem::take(&mut self.held);
        let mut minutes: BTreeMap<(DepartementIndex, i64), u64> = BTreeMap::new();
        let mut queries: KeyedMap<u64, Vec<u64>> = KeyedMap::default();
        for event in anonymous(&held) {
            let departement = places.departement(event.territory);
            *minutes.entry((departement, event.created_at.div_euclid(MINUTE))).or_default() += 1;
            queries.entry(event.signature).or_default().push(event.query);
        }
        let too_fast = self.too_fast(minutes, places);
        let sweeping = self.sweeping(queries);
        for event in anonymous(&held) {
            let (day, hour) = places.paris().day_and_hour(event.created_at);
            self.history.entry(places.departement(event.territory)).or_insert_with(|| Box::new(History::new())).add(day, hour);
        }
        for (event, fate) in held.drain(..) {
            let fate = fate.or_else(|| {
                if !event.is_anonymous() {
                    None
                } else if too_fast.contains(&(places.departement(event.territory), event.created_at.div_euclid(MINUTE))) {
                    Some(Fate::Dropped(Step::BurstRate))
                } else if sweeping.contains(&event.signature) {
                    Some(Fate::Dropped(Step::BurstSweep))
                } else {
                    None
                }
            });
            out(event, fate);
        }
        // The emptied buffer is used again.
        self.held = held;
    }

    fn too_fast(&mut self, minutes: BTreeMap<(DepartementIndex, i64), u64>, places: &Localities) -> BTreeSet<(DepartementIndex, i64)> {
        let mut dropped = BTreeSet::new();
        for ((departement, minute), count) in minutes {
            let (day, hour) = places.paris().day_and_hour(minute * MINUTE);
            let days = (day - self.first_day.unwrap_or(day)).clamp(0, self.history_days);
            let short = days < self.history_days;
            self.counts.minutes += 1;
            self.counts.minutes_short_history += u64::from(short);
            // Most minutes are far below the floor: their median is not needed.
            if count <= self.floor {
                continue;
            }
            let usual = self.history.get(&departement).map_or(0, |history| {
                let mut counts: Vec<u32> = (1..=days).map(|ago| history.count(day - ago, hour)).collect();
                counts.sort_unstable();
                counts.get((counts.len().saturating_sub(1)) / 2).copied().unwrap_or(0)
            });
            if count * 60 > (self.floor * 60).max(self.factor * u64::from(usual)) {
                self.counts.minutes_dropped += 1;
                self.counts.minutes_dropped_short_history += u64::from(short);
                dropped.insert((departement, minute));
            }
        }
        dropped
    }

    fn sweeping(&mut self, queries: KeyedMap<u64, Vec<u64>>) -> BTreeSet<u64> {
        let mut dropped = BTreeSet::new();
        for (signature, mut of_it) in queries {
            if of_it.len() >= self.sweep_distinct {
                of_it.sort_unstable();
                of_it.dedup();
                if of_it.len() >= self.sweep_distinct {
                    dropped.insert(signature);
                }
            }
        }
        self.counts.sweeps_dropped += dropped.len() as u64;
        dropped
    }
}

/// What step 4 left of the anonymous searches.
fn anonymous(held: &[(SearchEvent, Option<Fate>)]) -> impl Iterator<Item = &SearchEvent> {
    held.iter().filter(|(event, fate)| fate.is_none() && event.is_anonymous()).map(|(event, _)| event)
}
