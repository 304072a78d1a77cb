//! Who is welcome, and how one comes in.

use super::context::PlaceLists;
use crate::contract::place::{CheckDoc, ModalitiesDoc, PublicsDoc};
use std::collections::BTreeSet;

/// Publics with the codes of `publics.csv`. A list that names every code, or "all", is `tous`; an empty one is `None`, not stated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audience {
    /// `inconditionnel`, `preferentiel` or `exclusif`.
    pub accueil: Option<&'static str>,
    /// Codes of `gender`.
    pub genre: Option<String>,
    /// Codes of `administrative`.
    pub administratif: Option<String>,
    /// Codes of `familialle`.
    pub familial: Option<String>,
    /// Codes of `other`.
    pub autre: Option<String>,
    /// Lowest age, in years.
    pub age_min: Option<i32>,
    /// Highest age, in years.
    pub age_max: Option<i32>,
}

/// Ways in; `None` is not stated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Modalities {
    /// Without any condition.
    pub sans_condition: Option<bool>,
    /// By appointment.
    pub sur_rendez_vous: Option<bool>,
    /// On registration.
    pub sur_inscription: Option<bool>,
    /// On referral.
    pub sur_orientation: Option<bool>,
    /// A payment is asked for.
    pub payant: Option<bool>,
    /// Animals are welcome.
    pub animaux_acceptes: Option<bool>,
    /// For wheelchairs.
    pub accessible_pmr: Option<bool>,
}

pub(super) const ALL: &str = "tous";

impl Audience {
    /// The publics of a document; codes in no list are left out and counted.
    pub(super) fn of(doc: &PublicsDoc, lists: &PlaceLists, unknown: &mut u64) -> Self {
        let mut codes = |dimension: &str, items: &[String]| {
            let known = lists.publics.get(dimension).map(Vec::as_slice).unwrap_or_default();
            if items.iter().any(|code| code == "all") {
                return Some(ALL.to_owned());
            }
            let kept: BTreeSet<&str> = items.iter().map(String::as_str).filter(|code| known.iter().any(|k| k == code)).collect();
            *unknown += items.iter().filter(|code| !kept.contains(code.as_str())).count() as u64;
            match kept.len() {
                0 => None,
                n if n == known.len() => Some(ALL.to_owned()),
                _ => Some(kept.into_iter().collect::<Vec<_>>().join("|")),
            }
        };
        let age = |years: Option<i64>| years.filter(|years| (0..=150).contains(years)).map(|years| years as i32);
        Self {
            accueil: match doc.accueil {
                Some(0) => Some("inconditionnel"),
                Some(1) => Some("preferentiel"),
                Some(2) => Some("exclusif"),
                _ => None,
            },
            genre: codes("gender", &doc.gender),
            administratif: codes("administrative", &doc.administrative),
            familial: codes("familialle", &doc.familialle),
            autre: codes("other", &doc.other),
            age_min: age(doc.age.min),
            age_max: age(doc.age.max),
        }
    }
}

impl Modalities {
    pub(super) fn of(doc: &ModalitiesDoc) -> Self {
        let checked = |check: CheckDoc| check.checked;
        Self {
            sans_condition: doc.unconditional,
            sur_rendez_vous: checked(doc.appointment),
            sur_inscription: checked(doc.inscription),
            sur_orientation: checked(doc.orientation),
            payant: checked(doc.price),
            animaux_acceptes: checked(doc.animal),
            accessible_pmr: checked(doc.pmr),
        }
    }
}

/// Codes of spoken languages.
pub(super) fn languages(codes: &[String], lists: &PlaceLists, unknown: &mut u64) -> Option<String> {
    let kept: BTreeSet<&str> = codes.iter().map(String::as_str).filter(|code| lists.languages.contains(*code)).collect();
    *unknown += codes.iter().filter(|code| !kept.contains(code.as_str())).count() as u64;
    (!kept.is_empty()).then(|| kept.into_iter().collect::<Vec<_>>().join("|"))
}
