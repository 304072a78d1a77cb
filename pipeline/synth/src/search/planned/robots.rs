//! Robots, a training day, a kiosk, and texts that are not UTF-8.

use std::borrow::Cow;

use super::super::model::{Doc, Who};
use super::super::plan::{Planned, Planner};
use super::super::text_field::Text;
use super::super::traps;
use super::{body, group, professional, rng};
use crate::calendar::{HOUR, MINUTE, YearMonth, weekday};
use crate::world::World;

pub(super) fn plant(planner: &mut Planner<'_>) {
    let lands = planner.by_size();
    let Some(&largest) = lands.first() else { return };
    fast_crawler(planner, largest);
    slow_crawler(planner, lands.get(1).copied().unwrap_or(largest));
    demo_day(planner, largest);
    kiosk(planner, largest);
}

/// The local hour of a day in a chosen département, in UTC milliseconds.
fn at(world: &World, land: usize, day: i64, hour: i64) -> i64 {
    crate::calendar::midnight(world.lands.chosen[land].zone(), day) + hour * HOUR
}

/// The busiest month that has four weeks of history, else the last one.
fn busy_month(planner: &Planner<'_>, land: usize) -> Option<YearMonth> {
    let volumes = &planner.world.volumes;
    let months = volumes.months();
    let with_history = months.iter().filter(|month| *volumes.days(**month).start() >= volumes.first_day + 28);
    with_history.max_by_key(|month| (planner.total(land, **month), std::cmp::Reverse(**month))).or(months.last()).copied()
}

fn middle(days: std::ops::RangeInclusive<i64>) -> i64 {
    (days.start() + days.end()) / 2
}

/// 1 200 pairs in 15 minutes, category after category, commune after commune: 80 a minute.
fn fast_crawler(planner: &mut Planner<'_>, land: usize) {
    let world = planner.world;
    let Some(month) = busy_month(planner, land) else { return };
    let day = middle(world.volumes.days(month));
    let pairs = (planner.allowance(land, month) / 4).min(1_200) as i64;
    if pairs < 60 {
        return;
    }
    let start = at(world, land, day, 11) + 20 * MINUTE + 7_000;
    let codes = world.words.enumeration();
    let mut group = Planned { land, ..Planned::default() };
    for i in 0..pairs {
        let mut found = body(world, land, i as usize / codes.len(), Who::Anonymous, "SOLIGUIDE");
        found.category = Some(Cow::Borrowed(&codes[i as usize % codes.len()]));
        group.bodies.push(found);
        let place = Doc { traps: traps::FAST_CRAWLER, ..Doc::plain(i as usize, start + i * 750) };
        let twin = Doc { mobile: Some(true), limit: 3, results: 0, ..place.clone() }.later(40);
        group.docs.extend([place, twin]);
    }
    planner.plant(day, group);
}

/// 12 searches a minute without twins in the first days, when there is no history to compare with: only the second criterion finds it.
fn slow_crawler(planner: &mut Planner<'_>, land: usize) {
    let world = planner.world;
    let Some(month) = world.volumes.months().first().copied() else { return };
    let day = (world.volumes.first_day + 4).min(world.volumes.last_day);
    let count = (planner.allowance(land, month) / 3).min(240) as i64;
    if count < 60 {
        return;
    }
    let start = at(world, land, day, 4) + 2 * MINUTE;
    let codes = world.words.enumeration();
    let mut group = Planned { land, ..Planned::default() };
    for i in 0..count {
        let mut found = body(world, land, i as usize / codes.len() + 3, Who::Anonymous, "MOBILE_APP");
        found.category = Some(Cow::Borrowed(&codes[i as usize % codes.len()]));
        found.user.language = Some("en");
        group.bodies.push(found);
        group.docs.push(Doc { traps: traps::SLOW_CRAWLER, ..Doc::plain(i as usize, start + i * 5_000) });
    }
    planner.plant(day, group);
}

/// One professional account makes 300 searches in one afternoon: it counts in gross, and 20 times in net.
fn demo_day(planner: &mut Planner<'_>, land: usize) {
    let world = planner.world;
    let months = world.volumes.months();
    let Some(month) = months.get(1).or(months.first()).copied() else { return };
    let days = world.volumes.days(month);
    let day = days.clone().find(|day| weekday(*day) == 1 && day - days.start() >= 7).unwrap_or_else(|| middle(days));
    let pairs = (planner.allowance(land, month) / 4).min(300) as i64;
    if pairs < 25 {
        return;
    }
    let start = at(world, land, day, 14);
    let codes = world.words.enumeration();
    let mut group = Planned { land, searches: 20, ..Planned::default() };
    for i in 0..pairs {
        let mut found = body(world, land, 1, Who::Account(professional(world, land, 10)), "SOLIGUIDE");
        found.category = Some(Cow::Borrowed(&codes[i as usize % codes.len()]));
        group.bodies.push(found);
        let place = Doc { traps: traps::DEMO_DAY, ..Doc::plain(i as usize, start + i * 42_000) };
        let twin = Doc { mobile: Some(true), limit: 3, results: 0, ..place.clone() }.later(120);
        group.docs.extend([place, twin]);
    }
    planner.plant(day, group);
}

/// A terminal repeats one search every minute: at exactly 60 s every second one is dropped, one millisecond later none.
fn kiosk(planner: &mut Planner<'_>, land: usize) {
    let world = planner.world;
    let months = world.volumes.months();
    let Some(month) = months.get(2).or(months.last()).copied() else { return };
    let day = middle(world.volumes.days(month));
    let count = (planner.allowance(land, month) / 4).min(120) as i64;
    let start = at(world, land, day, 9);
    let widget = &world.crowd.circles[land].widgets[0];
    let found = super::category(body(world, land, 0, Who::Widget(widget), "WIDGET_SOLIGUIDE"), "food_distribution");
    let exact = count * 2 / 3;
    let instants = (0..count).map(|i| start + i * MINUTE + (i - exact).max(0));
    if count >= 10 {
        planner.plant(day, group(land, found, instants, traps::KIOSK));
    }
}

/// Five documents whose `word` is not UTF-8 in BSON. In JSON it has U+FFFD in place of the bad bytes, as `mongoexport` writes it: the
/// searches count in every form.
pub(super) fn broken_text(planner: &mut Planner<'_>) {
    let world = planner.world;
    let mut rng = rng(world, "broken text");
    for bytes in [&b"caf\xe9"[..], b"\xff\xfe", b"a\xc3", b"\xed\xa0\x80", b"aide \x80 urgence"] {
        let day = rng.between(world.volumes.first_day, world.volumes.last_day);
        let mut found = group(0, body(world, 0, 0, Who::Anonymous, "SOLIGUIDE"), [at(world, 0, day, 10)], traps::BROKEN_TEXT);
        found.bodies[0].word = Text::Null;
        found.docs[0].broken_word = Some(bytes.to_vec());
        planner.plant(day, found);
    }
}
