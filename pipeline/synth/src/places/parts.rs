//! Parts that fiche and service share: hours, modalities, publics, temporary infos.

use super::kind::Guard;
use super::node::{Node, object, texts};
use super::texts::Texts;
use crate::rng::Rng;

const DAY: i64 = 86_400_000;

pub(crate) fn sentence(rng: &mut Rng, pool: &Texts, probability: f64) -> Node {
    if rng.chance(probability) {
        return rng.pick(&pool.sentences).as_str().into();
    }
    // The three ways in which the database says nothing.
    if rng.chance(0.5) { Node::Text(String::new()) } else { Node::Null }
}

pub(crate) fn hours(rng: &mut Rng, pool: &Texts) -> Node {
    let mut out = Node::Object(Vec::new());
    let opens = *rng.pick(&[800, 830, 900, 930, 1_000]);
    for day in ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] {
        let open = rng.chance(if day.starts_with('s') { 0.25 } else { 0.8 });
        let mut slots = Vec::new();
        if open {
            slots.push(object([("start", opens.into()), ("end", Node::Int(1_200))]));
            if rng.chance(0.7) {
                slots.push(object([("start", Node::Int(1_400)), ("end", Node::Double(1_730.0))]));
            }
        }
        out.set(day, object([("open", open.into()), ("day", Node::List(Vec::new())), ("timeslot", Node::List(slots))]));
    }
    out.set("closedHolidays", *rng.pick(&["OPEN", "CLOSED", "UNKNOWN", "UNKOWN"]));
    out.set("description", sentence(rng, pool, 0.2));
    out
}

pub(crate) fn modalities(rng: &mut Rng, pool: &Texts, orientation: bool) -> Node {
    let mut condition = |checked: bool| {
        let precisions = sentence(rng, pool, 0.25);
        object([("checked", checked.into()), ("precisions", precisions)])
    };
    let (appointment, inscription) = (condition(false), condition(false));
    let (price, orientation) = (condition(false), condition(orientation));
    let docs = if rng.chance(0.1) {
        vec![object([("name", "attestation".into()), ("path", rng.pick(&pool.file_names).as_str().into())])]
    } else {
        Vec::new()
    };
    object([
        ("animal", object([("checked", rng.chance(0.1).into())])),
        ("appointment", appointment),
        ("docs", Node::List(docs)),
        ("inconditionnel", rng.chance(0.6).into()),
        ("inscription", inscription),
        ("orientation", orientation),
        ("other", sentence(rng, pool, 0.1)),
        ("pmr", object([("checked", rng.chance(0.4).into())])),
        ("price", price),
    ])
}

const SITUATIONS: [&str; 4] = ["regular", "asylum", "refugee", "undocumented"];
const FAMILIES: [&str; 4] = ["isolated", "family", "couple", "pregnant"];
const OTHERS: [&str; 9] = ["violence", "addiction", "handicap", "lgbt", "hiv", "prostitution", "prison", "student", "mentalHealth"];

/// Publics of an ordinary place, or those that a guard or a decoy asks for.
pub(crate) fn publics(rng: &mut Rng, pool: &Texts, guard: Guard) -> Node {
    let mut out = object([
        ("age", object([("min", Node::Int(0)), ("max", Node::Int(99))])),
        ("accueil", Node::Int(0)),
        ("description", sentence(rng, pool, 0.1)),
        ("gender", texts(&["men", "women"])),
        ("administrative", texts(&SITUATIONS)),
        ("familialle", texts(&FAMILIES)),
        ("other", texts(&OTHERS)),
        ("ukrainePrecisions", Node::Text(String::new())),
    ]);
    let exclusive = if rng.chance(0.3) { Node::Double(2.0) } else { Node::Int(2) };
    // Lists that say nothing of those in danger.
    let neutral = |out: &mut Node| {
        out.set("other", texts(&["student"]));
        out.set("administrative", texts(&["regular"]));
    };
    match guard {
        Guard::Violence => {
            neutral(&mut out);
            out.set("accueil", exclusive);
            out.set("other", texts(&["violence", "handicap"]));
        }
        Guard::Women | Guard::DecoyWomen => {
            neutral(&mut out);
            out.set("accueil", exclusive);
            out.set("gender", texts(&["women"]));
        }
        Guard::Asylum => {
            neutral(&mut out);
            out.set("accueil", exclusive);
            out.set("administrative", texts(&["asylum"]));
        }
        Guard::Prostitution => {
            neutral(&mut out);
            out.set("accueil", exclusive);
            out.set("other", texts(&["prostitution"]));
        }
        Guard::DecoyViolence => {
            neutral(&mut out);
            out.set("accueil", Node::Int(1));
            out.set("other", texts(&["violence"]));
        }
        _ if rng.chance(0.1) => ["gender", "administrative", "familialle", "other"].into_iter().for_each(|key| out.set(key, texts(&[]))),
        _ => {}
    }
    out
}

pub(crate) fn temporary(rng: &mut Rng, pool: &Texts, now: i64) -> Node {
    let mut part = |probability: f64, open_ended: f64| {
        let active = rng.chance(probability);
        let begins = now - rng.between(0, 10) * DAY;
        let (start, end) = if !active {
            (Node::Null, Node::Null)
        } else if rng.chance(open_ended) {
            (Node::Date(begins), Node::Null)
        } else {
            (Node::Date(begins), Node::Date(begins + rng.between(1, 30) * DAY - 1))
        };
        let text = if active { rng.pick(&pool.sentences).as_str().into() } else { Node::Null };
        object([("actif", active.into()), ("dateDebut", start), ("dateFin", end), ("description", text)])
    };
    let closure = part(0.04, 0.2);
    let mut message = part(0.03, 0.0);
    let mut special = part(0.02, 0.0);
    special.set("hours", Node::Null);
    message.set("name", message.get("description").cloned().unwrap_or(Node::Null));
    object([("closure", closure), ("hours", special), ("message", message)])
}
