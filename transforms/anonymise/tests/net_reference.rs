#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! The streaming net rule against a slow one that follows its words, on small dense streams whose times hit the edges of the windows.

use chrono::{DateTime, Datelike, Timelike};
use chrono_tz::Tz;
use proptest::prelude::*;
use solidata_anonymise::net::{Decision, Fate, NetParams, NetRule, Step};
use solidata_anonymise::{Actor, CategorySet, Exclusions, Found, Localities, SearchEvent, TerritoryId};
use std::collections::{BTreeMap, BTreeSet};

const ZONES: [(Option<&str>, &str); 4] =
    [(None, "Europe/Paris"), (Some("67"), "Europe/Paris"), (Some("974"), "Indian/Reunion"), (Some("67"), "Europe/Paris")];

fn departement(event: &SearchEvent) -> Option<&'static str> {
    ZONES[event.territory.0 as usize].0
}

fn local(ms: i64, zone: &str) -> DateTime<Tz> {
    DateTime::from_timestamp_millis(ms).unwrap().with_timezone(&zone.parse::<Tz>().unwrap())
}

/// Day and hour of Paris.
fn paris(ms: i64) -> (i64, u32) {
    let time = local(ms, "Europe/Paris");
    (i64::from(time.date_naive().num_days_from_ce()), time.hour())
}

/// Each step looks at the whole stream again.
fn slow(events: &[SearchEvent], p: &NetParams) -> Vec<Fate> {
    let n = events.len();
    let mut fate: Vec<Option<Step>> = events
        .iter()
        .map(|e| {
            let x = e.exclusions;
            [
                (x.admin_search, Step::AdminSearch),
                (x.admin_status, Step::AdminStatus),
                (x.api, Step::Api),
                (x.bot, Step::Bot),
                (x.localhost, Step::Localhost),
            ]
            .into_iter()
            .find_map(|(holds, step)| holds.then_some(step))
        })
        .collect();
    let apart = |i: usize, j: usize| (events[i].created_at - events[j].created_at).abs();

    let before = fate.clone();
    for i in 0..n {
        let twin = |j: usize| before[j].is_none() && !events[j].rounds && events[j].pair == events[i].pair && apart(i, j) <= p.pair_window;
        if before[i].is_none() && events[i].rounds && (0..n).any(twin) {
            fate[i] = Some(Step::Twin);
        }
    }

    let before = fate.clone();
    let mut orphans: Vec<usize> = Vec::new();
    for i in 0..n {
        if before[i].is_some() || !events[i].later_page {
            continue;
        }
        let near = |j: usize| events[j].collapse == events[i].collapse && apart(i, j) <= p.page_window;
        let first = (0..i).any(|j| before[j].is_none() && !events[j].later_page && near(j));
        if first || orphans.iter().any(|j| near(*j)) {
            fate[i] = Some(Step::LaterPage);
        } else {
            orphans.push(i);
        }
    }

    let before = fate.clone();
    let mut openers: Vec<usize> = Vec::new();
    for i in 0..n {
        if before[i].is_some() {
            continue;
        }
        let window = if events[i].actor == Actor::Identified { p.window_identified } else { p.window_anonymous };
        if openers.iter().any(|j| events[*j].collapse == events[i].collapse && apart(i, *j) <= window) {
            fate[i] = Some(Step::Repeat);
        } else {
            openers.push(i);
        }
    }

    let before = fate.clone();
    let anonymous = |i: usize| before[i].is_none() && events[i].actor != Actor::Identified;
    for i in (0..n).filter(|i| anonymous(*i)) {
        let minute = |j: usize| events[j].created_at.div_euclid(60_000);
        let same_minute =
            (0..n).filter(|j| anonymous(*j) && departement(&events[*j]) == departement(&events[i]) && minute(*j) == minute(i));
        let rate = same_minute.count() as u64 * 60;
        let (day, hour) = paris(events[i].created_at);
        let (first_day, _) = paris(events[0].created_at);
        let mut history: Vec<u64> = (1..=p.history_days)
            .map(|ago| day - ago)
            .filter(|day| *day >= first_day)
            .map(|day| {
                let then = |j: &usize| {
                    anonymous(*j) && departement(&events[*j]) == departement(&events[i]) && paris(events[*j].created_at) == (day, hour)
                };
                (0..n).filter(then).count() as u64
            })
            .collect();
        history.sort_unstable();
        let median = if history.is_empty() { 0 } else { history[(history.len() - 1) / 2] };
        if rate > (p.burst_floor * 60).max(p.burst_factor * median) {
            fate[i] = Some(Step::BurstRate);
            continue;
        }
        let slice = |j: usize| events[j].created_at.div_euclid(300_000);
        let same = |j: &usize| anonymous(*j) && events[*j].signature == events[i].signature && slice(*j) == slice(i);
        let queries: BTreeSet<u64> = (0..n).filter(same).map(|j| events[j].query).collect();
        if queries.len() >= p.sweep_distinct {
            fate[i] = Some(Step::BurstSweep);
        }
    }

    let mut kept: BTreeMap<(u64, i64), u32> = BTreeMap::new();
    for i in 0..n {
        if fate[i].is_none() && events[i].actor == Actor::Identified {
            let count = kept.entry((events[i].account, paris(events[i].created_at).0)).or_default();
            *count += 1;
            if *count > p.daily_cap {
                fate[i] = Some(Step::Cap);
            }
        }
    }
    fate.into_iter().map(|step| step.map_or(Fate::Net, Fate::Dropped)).collect()
}

fn fast(events: &[SearchEvent], p: &NetParams) -> Vec<Decision> {
    let places = Localities::new(ZONES).unwrap();
    let mut rule = NetRule::new(*p, &places);
    let mut decisions = Vec::new();
    for event in events {
        rule.push(*event, &mut |d| decisions.push(d)).unwrap();
    }
    let report = rule.finish(&mut |d| decisions.push(d));
    assert_eq!(report.events, events.len() as u64);
    decisions
}

/// Steps of time around the windows, minutes, hours, days.
fn gap() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => prop::sample::select(vec![0, 1, 2, 40, 999]),
        3 => prop::sample::select(vec![4_999, 5_000, 5_001, 2_500]),
        3 => prop::sample::select(vec![59_999, 60_000, 60_001, 30_000]),
        2 => prop::sample::select(vec![1_799_999, 1_800_000, 1_800_001, 900_000]),
        1 => prop::sample::select(vec![300_000, 299_999, 3_600_000, 3_599_999]),
        1 => prop::sample::select(vec![86_400_000, 86_340_000, 82_800_000, 2 * 86_400_000, 29 * 86_400_000]),
    ]
}

prop_compose! {
    fn event()(
        gap in gap(),
        key in 0..3_u128,
        variant in prop::bool::weighted(0.2),
        query in 0..4_u64,
        identified in prop::bool::weighted(0.35),
        widget in any::<bool>(),
        account in 1..3_u64,
        territory in 0..4_u32,
        later_page in prop::bool::weighted(0.25),
        rounds in prop::bool::weighted(0.3),
        excluded in prop::option::weighted(0.1, 0..5_u8),
    ) -> (i64, SearchEvent) {
        // The actor is part of every key, as it is behind the door.
        let actor = if identified { Actor::Identified } else if widget { Actor::Widget } else { Actor::Anonymous };
        let account = if identified { account } else { 0 };
        let pair = key * 100 + u128::from(account) * 10 + u128::from(widget && !identified);
        let excluded = |n| excluded == Some(n);
        (gap, SearchEvent {
            created_at: 0,
            id: [0; 12],
            collapse: pair * 2 + u128::from(variant),
            pair,
            contributor: None,
            account,
            signature: u64::from(territory) * 2 + u64::from(widget),
            query,
            territory: TerritoryId(territory),
            categories: CategorySet::default(),
            found: Found::Unknown,
            later_page,
            rounds,
            actor,
            exclusions: Exclusions {
                admin_search: excluded(0), admin_status: excluded(1), api: excluded(2), bot: excluded(3), localhost: excluded(4),
            },
        })
    }
}

prop_compose! {
    /// Streams that begin around a change of the clocks or the end of a month.
    fn stream()(
        start in prop::sample::select(vec!["2024-03-30T23:00:00Z", "2024-10-26T22:59:00Z", "2024-08-31T19:50:00Z", "2024-12-31T22:58:30Z"]),
        events in prop::collection::vec(event(), 1..90),
    ) -> Vec<SearchEvent> {
        let mut clock = solidata_anonymise::contract::iso_to_ms(start).unwrap();
        events.into_iter().enumerate().map(|(n, (gap, mut event))| {
            clock += gap;
            event.created_at = clock;
            event.id[8..].copy_from_slice(&(n as u32).to_be_bytes());
            event
        }).collect()
    }
}

fn params() -> impl Strategy<Value = NetParams> {
    (0..4_u64, 1..4_u64, 2..5_usize, 1..4_u32, prop::sample::select(vec![28_i64, 3])).prop_map(
        |(burst_floor, burst_factor, sweep_distinct, daily_cap, history_days)| NetParams {
            burst_floor,
            burst_factor: burst_factor * 30,
            sweep_distinct,
            daily_cap,
            history_days,
            ..NetParams::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 700, ..ProptestConfig::default() })]

    #[test]
    fn the_streaming_rule_is_the_slow_rule(events in stream(), params in params()) {
        let decisions = fast(&events, &params);
        let wanted = slow(&events, &params);
        prop_assert_eq!(decisions.len(), events.len());
        for ((decision, event), fate) in decisions.iter().zip(&events).zip(wanted) {
            // In order, each exactly once, with its fate and month.
            prop_assert_eq!(&decision.event, event);
            prop_assert_eq!(decision.fate, fate);
            let day = local(event.created_at, ZONES[event.territory.0 as usize].1);
            prop_assert_eq!(decision.month.to_string(), format!("{:04}-{:02}", day.year(), day.month()));
        }
    }
}

#[test]
fn a_stream_out_of_order_is_refused() {
    let places = Localities::new(ZONES).unwrap();
    let mut rule = NetRule::new(NetParams::default(), &places);
    let mut event = simple(1_000);
    rule.push(event, &mut |_| {}).unwrap();
    assert!(rule.push(event, &mut |_| {}).is_err(), "the same one twice");
    event.created_at -= 1;
    assert!(rule.push(event, &mut |_| {}).is_err());
}

fn simple(ms: i64) -> SearchEvent {
    SearchEvent {
        created_at: 1_700_000_000_000 + ms,
        id: [0; 12],
        collapse: 1,
        pair: 1,
        contributor: None,
        account: 0,
        signature: 1,
        query: 1,
        territory: TerritoryId(1),
        categories: CategorySet::default(),
        found: Found::Unknown,
        later_page: false,
        rounds: false,
        actor: Actor::Anonymous,
        exclusions: Exclusions::default(),
    }
}
