//! Small cells: what a disclosure rule must hide, and what can be computed from what it shows.

use super::super::model::{Traps, Who};
use super::super::plan::Planner;
use super::super::traps;
use super::{body, category, group};
use crate::calendar::{MINUTE, YearMonth, span};
use crate::world::RARE_CATEGORIES;

pub(super) fn plant(planner: &mut Planner<'_>) {
    let world = planner.world;
    let Some(land) = (0..world.lands.chosen.len()).find(|&land| !world.lands.chosen[land].reserved.is_empty()) else { return };
    let reserved = world.lands.chosen[land].reserved.clone();
    let months = world.volumes.months();
    let Some(&first) = months.first() else { return };
    // Six communes with exactly one search in a month, in a rare category.
    for (i, &town) in reserved.iter().take(6).enumerate() {
        searches(planner, land, town, RARE_CATEGORIES[5], first, 1, 40 + i as i64, traps::SINGLE);
    }
    // Five pairs that alone share a category: the département's total and the larger one give the smaller one.
    for (i, code) in RARE_CATEGORIES.iter().take(5).enumerate() {
        searches(planner, land, 20 + i, code, first, 3, 50 + i as i64, traps::PAIR);
        searches(planner, land, 1 + i, code, first, 40, 60 + i as i64, traps::PAIR);
    }
    // Ten searches in one month, eleven in the next.
    if let (Some(&town), Some(&second)) = (reserved.get(6), months.get(1)) {
        searches(planner, land, town, RARE_CATEGORIES[5], first, 10, 70, traps::DIFFERENCE);
        searches(planner, land, town, RARE_CATEGORIES[5], second, 11, 70, traps::DIFFERENCE);
    }
}

/// `count` searches spread over a month, far apart, without twins. `slot` keeps groups apart.
#[allow(clippy::too_many_arguments, reason = "each is one word of the sentence above")]
fn searches(
    planner: &mut Planner<'_>,
    land: usize,
    town: usize,
    code: &'static str,
    month: YearMonth,
    count: i64,
    slot: i64,
    label: Traps,
) {
    let world = planner.world;
    let days = world.volumes.days(month);
    let length = days.end() - days.start() + 1;
    for i in 0..count {
        let day = days.start() + (i + slot) % length;
        let morning = span(world.lands.chosen[land].zone(), day).start + 480 * MINUTE;
        let at = morning + (slot * 2 + (i / length) * 200) * MINUTE + 17_000;
        let found = category(body(world, land, town, Who::Anonymous, "MOBILE_APP"), code);
        planner.plant(day, group(land, found, [at], label));
    }
}
