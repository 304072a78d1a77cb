//! Made searches, and what becomes of them.
#![allow(dead_code)]

use crate::world::WORLD;
use solidata_anonymise::contract::{Moment, ObjectId, SearchAreas, SearchDoc, iso_to_ms};
use solidata_anonymise::net::{Decision, Fate, NetParams, NetReport, NetRule, Step};
use solidata_anonymise::{Door, SearchEvent};
use std::borrow::Cow;
use std::collections::BTreeMap;

pub const START: &str = "2024-03-13T09:00:00Z";

pub fn door() -> Door<'static> {
    Door::new(&WORLD.geography, &WORLD.localities, &WORLD.categories, &WORLD.keys)
}

pub fn text(text: &str) -> Option<Cow<'static, str>> {
    Some(Cow::Owned(text.to_owned()))
}

/// An anonymous search for food in Strasbourg, `ms` after the start.
pub fn search(ms: i64) -> SearchDoc<'static> {
    let at = iso_to_ms(START).unwrap() + ms;
    let mut doc =
        SearchDoc { category: text("food_packages"), nb_results: Some(3), page: Some(1), place_type: text("LIEU"), ..SearchDoc::default() };
    doc.created_at = Moment::At(at);
    doc.id = Some(id(at, ms));
    doc.location.geo_type = text("ville");
    doc.location.geo_value = text("strasbourg-67000");
    doc.location.country = text("fr");
    doc.location.areas = Some(SearchAreas {
        pays: text("fr"),
        city: text("Strasbourg"),
        city_code: text("67482"),
        postal_code: text("67000"),
        department_code: text("67"),
        region_code: text("44"),
        ..SearchAreas::default()
    });
    doc.user.status = text("NOT_LOGGED");
    doc.user.origin = text("SOLIGUIDE");
    doc.user.language = text("fr");
    doc
}

pub fn id(at: i64, salt: i64) -> ObjectId {
    let mut id = [0; 12];
    id[..4].copy_from_slice(&((at / 1_000) as u32).to_be_bytes());
    id[4..].copy_from_slice(&(salt as u64).to_be_bytes());
    ObjectId(id)
}

pub fn by_account(ms: i64, account: &str) -> SearchDoc<'static> {
    let mut doc = search(ms);
    doc.user.status = text("PRO");
    doc.user.user_id = text(account);
    doc.user.orga_id = text("orga-1");
    doc
}

pub fn run(docs: impl IntoIterator<Item = SearchDoc<'static>>) -> (Vec<Decision>, NetReport) {
    let door = door();
    let mut events: Vec<SearchEvent> = docs.into_iter().map(|doc| door.event(&doc).unwrap()).collect();
    events.sort();
    let mut rule = NetRule::new(NetParams::default(), &WORLD.localities);
    let mut decisions = Vec::new();
    for event in events {
        rule.push(event, &mut |d| decisions.push(d)).unwrap();
    }
    let report = rule.finish(&mut |d| decisions.push(d));
    (decisions, report)
}

pub fn fates(docs: impl IntoIterator<Item = SearchDoc<'static>>) -> BTreeMap<Fate, usize> {
    let mut counts = BTreeMap::new();
    for decision in run(docs).0 {
        *counts.entry(decision.fate).or_default() += 1;
    }
    counts
}

pub fn dropped(counts: &BTreeMap<Fate, usize>, step: Step) -> usize {
    counts.get(&Fate::Dropped(step)).copied().unwrap_or(0)
}

pub fn net(counts: &BTreeMap<Fate, usize>) -> usize {
    counts.get(&Fate::Net).copied().unwrap_or(0)
}

pub fn twin(mut doc: SearchDoc<'static>, after: i64) -> SearchDoc<'static> {
    let Moment::At(at) = doc.created_at else { panic!() };
    doc.created_at = Moment::At(at + after);
    doc.id = Some(id(at + after, at ^ 0x55));
    doc.place_type = text("PARCOURS_MOBILE");
    doc.nb_results = Some(0);
    doc
}
