//! How precisely a place may be located: its own reasons, and those of places that look like it.

use super::location::position_of;
use super::outcome::Kind;
use super::words::clean;
use crate::Categories;
use crate::contract::PlaceDoc;
use crate::contract::place::{ModalitiesDoc, PublicsDoc};
use solidata_territory::slug;
use std::collections::HashMap;

/// The finest location that is shown. Ordered: what is greater is coarser.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// Address and coordinates.
    #[default]
    Adresse,
    /// The commune.
    Commune,
    /// The département.
    Departement,
}

impl Precision {
    /// As it is published.
    pub fn name(self) -> &'static str {
        match self {
            Precision::Adresse => "adresse",
            Precision::Commune => "commune",
            Precision::Departement => "departement",
        }
    }
}

/// Where one sleeps.
const ACCOMMODATION: [&str; 5] =
    ["emergency_accommodation", "overnight_stop", "long_term_accomodation", "citizen_housing", "medical_accommodation"];
/// May be somebody's home.
const PRIVATE_HOME: &str = "citizen_housing";
const EXCLUSIVE: i64 = 2;

pub(super) fn kind_of(doc: &PlaceDoc) -> Kind {
    match doc.place_type.as_deref().or(doc.fiche_type.as_deref()) {
        Some("PARCOURS_MOBILE") => Kind::ParcoursMobile,
        None if !doc.parcours.is_empty() => Kind::ParcoursMobile,
        _ => Kind::Lieu,
    }
}

/// What a place's own document asks for.
pub(super) fn own(doc: &PlaceDoc, categories: &Categories) -> Precision {
    // A category that is in no list might be one of a shelter.
    let is = |category: &Option<String>, wanted: &[&str]| {
        let current = category.as_deref().and_then(|code| categories.current(code));
        current.is_none_or(|code| wanted.contains(&code))
    };
    let shelters = doc.services.iter().any(|service| is(&service.category, &ACCOMMODATION));
    let in_danger = protects(&doc.publics, shelters)
        || doc.services.iter().any(|service| {
            let publics = service.publics.as_deref().filter(|_| service.different_publics);
            publics.is_some_and(|publics| protects(publics, is(&service.category, &ACCOMMODATION)))
        });
    if in_danger {
        return Precision::Departement;
    }
    let referral = |modalities: &ModalitiesDoc| modalities.orientation.checked == Some(true);
    let on_referral = referral(&doc.modalities)
        || doc.services.iter().any(|service| service.different_modalities && service.modalities.as_deref().is_some_and(referral));
    let home = doc.services.iter().any(|service| service.category.is_some() && is(&service.category, &[PRIVATE_HOME]));
    if on_referral || home || kind_of(doc) == Kind::ParcoursMobile { Precision::Commune } else { Precision::Adresse }
}

/// Whether these publics are people in danger. A full list of administrative situations means everybody; violence is read strictly.
fn protects(publics: &PublicsDoc, shelters: bool) -> bool {
    const SITUATIONS: [&str; 4] = ["regular", "asylum", "refugee", "undocumented"];
    if publics.accueil != Some(EXCLUSIVE) {
        return false;
    }
    let holds = |list: &[String], code: &str| list.iter().any(|item| item == code);
    let women = !publics.gender.is_empty() && publics.gender.iter().all(|code| code == "women");
    let asylum = holds(&publics.administrative, "asylum") && !SITUATIONS.iter().all(|code| holds(&publics.administrative, code));
    holds(&publics.other, "violence") || shelters && (women || asylum || holds(&publics.other, "prostitution"))
}

/// The precision of every document, in the order of the input: its own, or the coarsest of those it can be told from. Two documents are tied when
/// they have the same number, or share position and name, or position and page; ties chain. Documents of any status count, since a
/// copy that is offline today was public before.
pub(super) fn of_all(docs: &[PlaceDoc], categories: &Categories) -> Vec<Precision> {
    let mut groups = Groups((0..docs.len()).collect());
    let mut first: HashMap<String, usize> = HashMap::new();
    for (at, doc) in docs.iter().enumerate() {
        for tie in ties(doc) {
            let other = *first.entry(tie).or_insert(at);
            groups.join(at, other);
        }
    }
    let mut coarsest = vec![Precision::Adresse; docs.len()];
    for (at, doc) in docs.iter().enumerate() {
        let group = groups.of(at);
        if let Some(precision) = coarsest.get_mut(group) {
            *precision = (*precision).max(own(doc, categories));
        }
    }
    (0..docs.len()).map(|at| coarsest.get(groups.of(at)).copied().unwrap_or(Precision::Departement)).collect()
}

/// Texts that two documents share when they are tied.
fn ties(doc: &PlaceDoc) -> Vec<String> {
    let mut ties = Vec::new();
    if let Some(number) = doc.lieu_id {
        ties.push(format!("n {number}"));
    }
    let name = doc.name.as_deref().and_then(clean).map(|name| alike(&name));
    let page = doc.seo_url.as_deref().map(|page| page.trim().to_lowercase());
    let looks = [name.map(|name| format!("name {name}")), page.map(|page| format!("page {page}"))];
    for spot in spots(doc) {
        ties.extend(looks.iter().flatten().map(|look| format!("{spot} {look}")));
    }
    ties
}

/// A name as it is compared: without the mark of a copy. Names of other alphabets are compared as they are.
fn alike(name: &str) -> String {
    let folded = slug(name);
    let folded = if folded.is_empty() { name.to_lowercase() } else { folded };
    folded.trim_end_matches("-copie").to_owned()
}

/// A position by its point and by its address.
fn spots(doc: &PlaceDoc) -> Vec<String> {
    let Some(position) = position_of(doc) else { return Vec::new() };
    let mut spots = Vec::new();
    if let [lon, lat] = position.location.coordinates[..] {
        spots.push(format!("at {:.0} {:.0}", lon * 1e6, lat * 1e6));
    }
    if let Some(address) = position.address.as_deref().or(position.adresse.as_deref()) {
        let postal_code = position.postal_code.as_deref().or(position.code_postal.as_deref()).unwrap_or_default();
        spots.push(format!("in {postal_code} {}", alike(address)));
    }
    spots
}

/// Disjoint sets.
struct Groups(Vec<usize>);

impl Groups {
    fn of(&mut self, mut at: usize) -> usize {
        while let Some(up) = self.0.get(at).copied().filter(|up| *up != at) {
            let above = self.0.get(up).copied().unwrap_or(up);
            if let Some(mine) = self.0.get_mut(at) {
                *mine = above;
            }
            at = up;
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.of(one), self.of(other));
        if let Some(root) = self.0.get_mut(one.max(other)) {
            *root = one.min(other);
        }
    }
}
