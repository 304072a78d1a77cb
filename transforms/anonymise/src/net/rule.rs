//! The steps in a row.

use super::burst::Bursts;
use super::collapse::Collapse;
use super::keyed::KeyedMap;
use super::pair::Pairing;
use super::{Decision, Fate, NetParams, Step};
use crate::event::Exclusions;
use crate::{AnonymiseError, Localities, SearchEvent};

/// The net rule over one stream; see the documentation of this module.
pub struct NetRule<'p> {
    pairing: Pairing,
    rest: Rest<'p>,
    last: Option<(i64, [u8; 12])>,
    position: u64,
}

/// What the report of a run says of the rule besides the waterfall.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NetReport {
    /// Events that went in, and came out.
    pub events: u64,
    /// Minutes of a département that held anonymous searches.
    pub minutes: u64,
    /// Those decided with fewer than 28 days of history ("historique incomplet").
    pub minutes_short_history: u64,
    /// Minutes dropped.
    pub minutes_dropped: u64,
    /// Those dropped with fewer than 28 days of history.
    pub minutes_dropped_short_history: u64,
    /// Signatures dropped from a 5-minute slice.
    pub sweeps_dropped: u64,
}

impl<'p> NetRule<'p> {
    /// A rule at the start of its stream.
    pub fn new(params: NetParams, places: &'p Localities) -> Self {
        Self {
            pairing: Pairing::new(&params),
            rest: Rest {
                places,
                collapse: Collapse::new(&params),
                bursts: Bursts::new(&params),
                cap: Cap { most: params.daily_cap, day: i64::MIN, counts: KeyedMap::default() },
            },
            last: None,
            position: 0,
        }
    }

    /// Takes the next event. Decisions come out in the order of the stream, at most some minutes of stream time later.
    ///
    /// # Errors
    /// [`AnonymiseError::OutOfOrder`] when the event is not after the one before it.
    pub fn push(&mut self, event: SearchEvent, out: &mut impl FnMut(Decision)) -> Result<(), AnonymiseError> {
        let key = event.stream_key();
        if self.last.is_some_and(|last| last >= key) {
            return Err(AnonymiseError::OutOfOrder { position: self.position });
        }
        self.last = Some(key);
        self.position += 1;
        self.rest.bursts.begin(&event, self.rest.places);
        let rest = &mut self.rest;
        self.pairing.push(event, not_the_public(event.exclusions), &mut |event, fate| rest.push(event, fate, out));
        Ok(())
    }

    /// The stream is over: the remaining decisions, and the report.
    pub fn finish(mut self, out: &mut impl FnMut(Decision)) -> NetReport {
        let rest = &mut self.rest;
        self.pairing.finish(&mut |event, fate| rest.push(event, fate, out));
        rest.finish(out);
        let counts = self.rest.bursts.counts;
        NetReport {
            events: self.position,
            minutes: counts.minutes,
            minutes_short_history: counts.minutes_short_history,
            minutes_dropped: counts.minutes_dropped,
            minutes_dropped_short_history: counts.minutes_dropped_short_history,
            sweeps_dropped: counts.sweeps_dropped,
        }
    }

    #[cfg(test)]
    fn remembered(&self) -> (usize, usize) {
        (self.pairing.remembered(), self.rest.collapse.remembered())
    }
}

/// Step 1.
fn not_the_public(why: Exclusions) -> Option<Fate> {
    let step = if why.admin_search {
        Step::AdminSearch
    } else if why.admin_status {
        Step::AdminStatus
    } else if why.api {
        Step::Api
    } else if why.bot {
        Step::Bot
    } else if why.localhost {
        Step::Localhost
    } else {
        return None;
    };
    Some(Fate::Dropped(step))
}

/// Steps 3 to 6.
struct Rest<'p> {
    places: &'p Localities,
    collapse: Collapse,
    bursts: Bursts,
    cap: Cap,
}

impl Rest<'_> {
    fn push(&mut self, event: SearchEvent, fate: Option<Fate>, out: &mut impl FnMut(Decision)) {
        let fate = fate.or_else(|| self.collapse.judge(&event));
        let (places, cap) = (self.places, &mut self.cap);
        self.bursts.push(event, fate, places, &mut |event, fate| decide(event, fate, places, cap, out));
    }

    fn finish(&mut self, out: &mut impl FnMut(Decision)) {
        let (places, cap) = (self.places, &mut self.cap);
        self.bursts.finish(places, &mut |event, fate| decide(event, fate, places, cap, out));
    }
}

fn decide(event: SearchEvent, fate: Option<Fate>, places: &Localities, cap: &mut Cap, out: &mut impl FnMut(Decision)) {
    let fate = fate.or_else(|| cap.judge(&event, places)).unwrap_or(Fate::Net);
    // The door refuses times outside of 2017 to 2106, for which there is always a month.
    if let Some(month) = places.month(event.territory, event.created_at) {
        out(Decision { event, fate, month });
    }
}

/// Step 6: searches of each account on the current day of Paris.
struct Cap {
    most: u32,
    day: i64,
    counts: KeyedMap<u64, u32>,
}

impl Cap {
    fn judge(&mut self, event: &SearchEvent, places: &Localities) -> Option<Fate> {
        if event.is_anonymous() {
            return None;
        }
        let day = places.paris().day(event.created_at);
        if day != self.day {
            self.day = day;
            self.counts.clear();
        }
        let count = self.counts.entry(event.account).or_default();
        *count += 1;
        (*count > self.most).then_some(Fate::Dropped(Step::Cap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Actor, Found};
    use crate::{CategorySet, TerritoryId};

    #[test]
    fn memory_is_bounded_by_the_windows() {
        let places = Localities::new([(Some("67"), "Europe/Paris")]).unwrap();
        let mut rule = NetRule::new(NetParams::default(), &places);
        let mut out = 0_u64;
        let mut most = (0, 0);
        // One search a second with a key of its own, for ten hours; every tenth key comes again and again.
        for second in 0..36_000_u64 {
            let key = if second % 10 == 0 { u128::from(second / 10 % 60) } else { u128::from(second) + 1_000 };
            let event = SearchEvent {
                created_at: 1_700_000_000_000 + second as i64 * 1_000,
                id: [0; 12],
                collapse: key,
                pair: key,
                contributor: None,
                account: second % 7,
                signature: second,
                query: second,
                territory: TerritoryId(0),
                categories: CategorySet::default(),
                found: Found::Unknown,
                later_page: false,
                rounds: second % 3 == 0,
                actor: if second % 2 == 0 { Actor::Identified } else { Actor::Anonymous },
                exclusions: Exclusions::default(),
            };
            rule.push(event, &mut |_| out += 1).unwrap();
            let now = rule.remembered();
            most = (most.0.max(now.0), most.1.max(now.1));
        }
        assert!(most.0 <= 12, "{most:?}");
        assert!(most.1 <= 3_600 + 60, "{most:?}");
        assert_eq!(rule.finish(&mut |_| out += 1).events, out);
    }
}
