//! The traps that are planted before anything is drawn: robots, training days, dates, limits of windows, small cells.

mod cells;
mod dates;
mod limits;
mod robots;

use std::borrow::Cow;

use super::model::{Body, Doc, Location, Publics, Traps, User, Who};
use super::plan::{Planned, Planner};
use super::text_field::Text;
use crate::rng::Rng;
use crate::world::{Account, World};

/// Plants all of them.
pub(crate) fn plant(planner: &mut Planner<'_>) {
    // First, because it is small and every form of every snapshot must have it: the others may find no room in a small sample.
    robots::broken_text(planner);
    limits::plant(planner);
    dates::plant(planner);
    cells::plant(planner);
    robots::plant(planner);
}

/// A search without any oddity for a commune of a chosen département.
fn body<'w>(world: &'w World, land: usize, town: usize, who: Who<'w>, origin: &'static str) -> Body<'w> {
    let land = &world.lands.chosen[land];
    let status = match who {
        Who::Anonymous => "NOT_LOGGED",
        Who::Widget(_) => "WIDGET_USER",
        Who::Account(account) => account.status,
    };
    Body {
        category: None,
        categories: Some(Vec::new()),
        languages: Text::Absent,
        location: Location::town(land, &land.towns[town.min(land.towns.len() - 1)]),
        modalities: Vec::new(),
        publics: Publics::default(),
        open_today: None,
        user: User {
            who,
            status: Some(status),
            origin: Some(origin),
            language: Some("fr"),
            referrer: None,
            shouted: false,
            territory: None,
        },
        word: Text::Null,
        suggestion: None,
        sort_by_distance: false,
        ab_test: None,
        unknown_search_type: false,
    }
}

fn category<'w>(mut body: Body<'w>, code: &'static str) -> Body<'w> {
    body.category = Some(Cow::Borrowed(code));
    body
}

/// A group of one body and plain documents at the given instants, all with one label.
fn group<'w>(land: usize, body: Body<'w>, instants: impl IntoIterator<Item = i64>, label: Traps) -> Planned<'w> {
    let docs: Vec<Doc> = instants.into_iter().map(|at| Doc { traps: label, ..Doc::plain(0, at) }).collect();
    Planned { land, bodies: vec![body], searches: docs.len() as u64, docs }
}

/// An account that is found by its identifier.
fn professional(world: &World, land: usize, number: usize) -> &Account {
    let all = &world.crowd.circles[land].professionals;
    &all[number % all.len()]
}

fn rng(world: &World, label: &str) -> Rng {
    Rng::derive(world.seed, label, &[])
}
