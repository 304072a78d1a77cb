//! Month ends, clock changes, dates that cannot be.

use super::super::model::{Created, Doc, Traps, Who};
use super::super::plan::Planner;
use super::super::text_field::Text;
use super::super::traps;
use super::{body, category, group, professional, rng};
use crate::calendar::{HOUR, MINUTE, span, year_month};
use crate::rng::Rng;

pub(super) fn plant(planner: &mut Planner<'_>) {
    month_ends(planner);
    straddles(planner);
    clock_changes(planner);
    bad_dates(planner);
}

/// 40 events at each beginning of a month in local time that is still the month before in UTC (or, west of Greenwich, the reverse).
fn month_ends(planner: &mut Planner<'_>) {
    let world = planner.world;
    let mut rng = rng(world, "month ends");
    let lands: Vec<usize> = planner.by_size().into_iter().take(8).collect();
    for month in world.volumes.months() {
        let first = crate::calendar::month_days(month).start;
        for i in 0..40 {
            let land = lands[i % lands.len()];
            let today = span(world.lands.chosen[land].zone(), first);
            let offset = first * 24 * HOUR - today.start;
            let (day, at) = if offset >= 0 {
                (first, today.start + rng.between(0, offset.max(1) - 1))
            } else {
                (first - 1, today.start - 1 - rng.between(0, -offset - 1))
            };
            let town = world.lands.chosen[land].weights.draw(&mut rng);
            let found = category(body(world, land, town, Who::Anonymous, "MOBILE_APP"), "emergency_accommodation");
            planner.plant(day, group(land, found, [at], traps::MONTH_END));
        }
    }
}

/// Windows that begin in one month and end in the next: each document counts in its own month, or not at all.
fn straddles(planner: &mut Planner<'_>) {
    let world = planner.world;
    let Some(&land) = planner.by_size().first() else { return };
    let zone = world.lands.chosen[land].zone();
    for month in world.volumes.months().into_iter().skip(1) {
        let first = crate::calendar::month_days(month).start;
        let midnight = span(zone, first).start;
        let account = professional(world, land, 0);
        let cases: [(Who<'_>, i64, i64, i32); 3] = [
            (Who::Anonymous, -5_000, 10_000, 1),
            (Who::Account(account), -20 * MINUTE, 5 * MINUTE, 1),
            (Who::Anonymous, -MINUTE, MINUTE, 2),
        ];
        for (i, (who, before, after, page)) in cases.into_iter().enumerate() {
            let mut found = body(world, land, 0, who, "SOLIGUIDE");
            found.word = Text::from(format!("cas limite mois {} {month}", i + 1));
            if !planner.in_range(first - 1) || planner.allowance(land, year_month(first - 1)) == 0 || planner.allowance(land, month) == 0 {
                continue;
            }
            planner.plant(first - 1, group(land, found.clone(), [midnight + before], traps::STRADDLE));
            let mut second = group(land, found, [midnight + after], traps::STRADDLE);
            second.docs[0].page = Some(page);
            second.searches = 0;
            planner.plant(first, second);
        }
    }
}

/// Days of 23 and 25 hours: what is one second apart is a double click, what is one hour apart is not.
fn clock_changes(planner: &mut Planner<'_>) {
    let world = planner.world;
    let mut rng = rng(world, "clock changes");
    let Some(&land) = planner.by_size().first() else { return };
    let zone = world.lands.chosen[land].zone();
    for day in world.volumes.first_day..=world.volumes.last_day {
        let today = span(zone, day);
        if today.hours.len() == 24 {
            continue;
        }
        let change = today.start + 2 * HOUR;
        for i in 0..6 {
            let who = if i % 2 == 0 { Who::Anonymous } else { Who::Account(professional(world, land, i)) };
            let mut found = body(world, land, i, who, "SOLIGUIDE");
            found.word = Text::from(format!("cas limite heure {} {day}", i + 1));
            let at = change + rng.between(0, HOUR - 1);
            let apart = if today.hours.len() == 25 { HOUR } else { 1_000 };
            let first = if today.hours.len() == 25 { at } else { change - 500 };
            planner.plant(day, group(land, found, [first, first + apart], traps::CLOCK_CHANGE));
        }
    }
}

/// A bad date comes once in so many searches at most: well below the share of the quarantine at which a run stops.
const LEAST_SEARCHES: u64 = 100;

/// Twelve documents without a usable `createdAt`, fewer in a small sample; their ObjectId keeps the time of insertion.
fn bad_dates(planner: &mut Planner<'_>) {
    let world = planner.world;
    let mut rng = rng(world, "bad dates");
    const YEAR_2099: i64 = 4_070_908_800_000;
    // One of each kind first, for small samples.
    let created = [
        Created::Absent,
        Created::Text("2024-03-13T15:06:54.120Z".to_owned()),
        Created::Date(0),
        Created::Date(YEAR_2099),
        Created::Text(String::new()),
        Created::Absent,
        Created::Text("13/03/2024".to_owned()),
        Created::Date(1),
        Created::Date(YEAR_2099 + 86_400_000),
        Created::Absent,
        Created::Date(86_400_000),
        Created::Date(YEAR_2099 + 1),
    ];
    let few = usize::try_from(planner.searches() / LEAST_SEARCHES).unwrap_or(usize::MAX);
    for date in created.into_iter().take(few) {
        let day = rng.between(world.volumes.first_day, world.volumes.last_day);
        let inserted = noon(&mut rng, world.lands.chosen[0].zone(), day);
        let found = category(body(world, 0, 0, Who::Anonymous, "SOLIGUIDE"), "shower");
        let mut found = group(0, found, [inserted], Traps::default());
        found.docs[0] = Doc { created: date, traps: traps::BAD_DATE, ..found.docs[0].clone() };
        found.searches = 0;
        planner.plant_uncounted(day, found);
    }
}

fn noon(rng: &mut Rng, zone: chrono_tz::Tz, day: i64) -> i64 {
    span(zone, day).start + 12 * HOUR + rng.between(0, HOUR)
}
