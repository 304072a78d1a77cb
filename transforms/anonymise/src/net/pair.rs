//! Step 2: the mobile twin of a search for places.

use super::keyed::KeyedMap;
use super::{Fate, NetParams, Step};
use crate::SearchEvent;
use std::collections::VecDeque;

/// Holds events until the window after them is complete.
pub(super) struct Pairing {
    window: i64,
    waiting: VecDeque<(SearchEvent, Option<Fate>)>,
    /// The latest search for places of each pair key. When an event leaves, none here is later than its window.
    places: KeyedMap<u128, i64>,
    /// The same in order of time, to forget them.
    seen: VecDeque<(i64, u128)>,
}

impl Pairing {
    pub(super) fn new(params: &NetParams) -> Self {
        Self { window: params.pair_window, waiting: VecDeque::new(), places: KeyedMap::default(), seen: VecDeque::new() }
    }

    /// Takes an event that step 1 has judged, and gives back those whose window is over.
    pub(super) fn push(&mut self, event: SearchEvent, fate: Option<Fate>, out: &mut impl FnMut(SearchEvent, Option<Fate>)) {
        while self.waiting.front().is_some_and(|(first, _)| event.created_at - first.created_at > self.window) {
            self.release(out);
        }
        if fate.is_none() && !event.rounds {
            self.places.insert(event.pair, event.created_at);
            self.seen.push_back((event.created_at, event.pair));
        }
        self.waiting.push_back((event, fate));
    }

    pub(super) fn finish(&mut self, out: &mut impl FnMut(SearchEvent, Option<Fate>)) {
        while !self.waiting.is_empty() {
            self.release(out);
        }
    }

    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.places.len().max(self.seen.len()).max(self.waiting.len())
    }

    fn release(&mut self, out: &mut impl FnMut(SearchEvent, Option<Fate>)) {
        let Some((event, mut fate)) = self.waiting.pop_front() else { return };
        let earliest = event.created_at - self.window;
        while let Some((time, pair)) = self.seen.front().copied().filter(|(time, _)| *time < earliest) {
            if self.places.get(&pair) == Some(&time) {
                self.places.remove(&pair);
            }
            self.seen.pop_front();
        }
        if fate.is_none() && event.rounds && self.places.get(&event.pair).is_some_and(|time| *time >= earliest) {
            fate = Some(Fate::Dropped(Step::Twin));
        }
        out(event, fate);
    }
}
