//! The supply: which places count, where, with how many services, and which of them must stay hidden; read from the documents alone.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::territory::{Geography, Where, filled};
use crate::reference::Reference;

/// Spellings of open licences that the generator writes.
const OPEN: &[&str] = &["Licence Ouverte 2.0", "etalab-2.0"];
const SHELTERS: &[&str] =
    &["emergency_accommodation", "overnight_stop", "long_term_accomodation", "citizen_housing", "medical_accommodation"];

/// How precisely a place may be located.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Precision {
    Adresse,
    Commune,
    Departement,
}

/// One place document.
#[derive(Debug, Clone)]
pub(crate) struct PlaceFact {
    pub lieu_id: i64,
    /// Online, for everybody, in France.
    pub counted: bool,
    pub listed: bool,
    pub place: Where,
    /// Present codes of the services, one for each.
    pub services: Vec<String>,
    pub precision: Precision,
    pub rules: Vec<&'static str>,
    /// What another document must share to be taken for the same place.
    pub ties: Vec<String>,
}

/// Reads places.
pub(crate) struct PlaceReader<'r> {
    geography: Geography,
    reference: &'r Reference,
}

impl<'r> PlaceReader<'r> {
    pub(crate) fn new(reference: &'r Reference) -> Self {
        Self { geography: Geography::new(reference), reference }
    }

    /// Reads one document. The error says what is not as the generator must write it.
    pub(crate) fn read(&self, json: &[u8]) -> Result<PlaceFact, String> {
        let doc: Value = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let lieu_id = doc.get("lieu_id").and_then(Value::as_f64).ok_or("no lieu_id")? as i64;
        let list = |key: &str| doc.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let empty = Value::Null;
        let stop = || list("parcours").first().and_then(|stop| stop.get("position"));
        let position = doc.get("position").filter(|position| position.is_object()).or_else(stop).unwrap_or(&empty);
        let country = filled(&doc, "country").or_else(|| filled(position, "country")).or_else(|| filled(position, "pays"));
        let french = matches!(country.map(crate::text::slug).as_deref(), Some("fr" | "france"));
        let counted = filled(&doc, "status") == Some("ONLINE") && filled(&doc, "visibility") == Some("ALL") && french;
        let cities: Vec<&str> = ["city", "ville"].into_iter().filter_map(|key| filled(position, key)).collect();
        let postals: Vec<&str> = ["postalCode", "codePostal"].into_iter().filter_map(|key| filled(position, key)).collect();
        let commune = self.geography.commune(filled(position, "cityCode"), &cities, &postals);
        let place = self.geography.join(commune, self.geography.departement(position), &cities).unwrap_or(Where::Unknown);
        let code = |service: &Value| {
            let code = filled(service, "category").unwrap_or_default();
            self.reference.legacy.get(code).map_or(code, String::as_str).to_owned()
        };
        let services: Vec<String> = list("services_all").iter().map(code).collect();
        let listed = list("sources").iter().all(|source| filled(source, "license").is_some_and(|said| OPEN.contains(&said)));
        let rules = rules(&doc, list("services_all"), &services);
        let precision = match rules.iter().map(|(_, precision)| *precision).max() {
            Some(precision) => precision,
            None => Precision::Adresse,
        };
        let point = position.get("location").and_then(|location| location.get("coordinates")).map(Value::to_string).unwrap_or_default();
        let ties = ["name", "seo_url"].into_iter().filter_map(|key| Some(format!("{point} {key} {}", filled(&doc, key)?))).collect();
        Ok(PlaceFact {
            lieu_id,
            counted,
            listed,
            place,
            services,
            precision,
            rules: rules.into_iter().map(|(rule, _)| rule).collect(),
            ties,
        })
    }
}

fn holds(publics: &Value, list: &str, code: &str) -> bool {
    publics.get(list).and_then(Value::as_array).is_some_and(|items| items.iter().any(|item| item == code))
}

/// Rules 3, 4 and 8 of what must never be published, with the precision that each leaves.
fn rules(doc: &Value, services: &[Value], codes: &[String]) -> Vec<(&'static str, Precision)> {
    let mut found = Vec::new();
    let exclusive = |publics: &Value| publics.get("accueil").and_then(Value::as_f64) == Some(2.0);
    let only = |publics: &Value, list: &str, code: &str| {
        publics.get(list).and_then(Value::as_array).is_some_and(|items| !items.is_empty() && items.iter().all(|item| item == code))
    };
    let danger = |publics: &Value, shelter: bool| {
        let someone =
            || only(publics, "gender", "women") || holds(publics, "other", "prostitution") || only(publics, "administrative", "asylum");
        exclusive(publics) && (holds(publics, "other", "violence") || shelter && someone())
    };
    let empty = Value::Null;
    let publics = doc.get("publics").unwrap_or(&empty);
    let shelter = codes.iter().any(|code| SHELTERS.contains(&code.as_str()));
    if danger(publics, shelter) {
        found.push(("personnes_en_danger", Precision::Departement));
    }
    let referral = |object: &Value| {
        object.get("modalities").and_then(|m| m.get("orientation")).and_then(|o| o.get("checked")) == Some(&Value::Bool(true))
    };
    let set = |object: &Value, key: &str| object.get(key) == Some(&Value::Bool(true));
    if referral(doc) {
        found.push(("orientation", Precision::Commune));
    }
    for (service, code) in services.iter().zip(codes) {
        if set(service, "differentPublics") && danger(service.get("publics").unwrap_or(&empty), SHELTERS.contains(&code.as_str())) {
            found.push(("personnes_en_danger_service", Precision::Departement));
        }
        if set(service, "differentModalities") && referral(service) {
            found.push(("orientation_service", Precision::Commune));
        }
        if code == "citizen_housing" {
            found.push(("hebergement_citoyen", Precision::Commune));
        }
    }
    if filled(doc, "placeType") == Some("PARCOURS_MOBILE") {
        found.push(("parcours_mobile", Precision::Commune));
    }
    found.dedup();
    found
}

/// Counts of a territory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Offer {
    pub lieux: u64,
    pub services: u64,
}

/// A place whose location is coarse.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Protected {
    pub lieu_id: i64,
    pub precision: Precision,
    pub regles: Vec<&'static str>,
    pub liste: bool,
}

/// All tables of the supply.
#[derive(Debug, Default)]
pub(crate) struct Supply {
    /// Département → places, services; listed places.
    pub departements: BTreeMap<String, (Offer, u64)>,
    /// Département and category → places that have it, services of it.
    pub categories: BTreeMap<(String, String), Offer>,
    pub roots: BTreeMap<(String, String), Offer>,
    pub protected: Vec<Protected>,
    pub not_public: u64,
}

impl Supply {
    pub(crate) fn new(facts: &[PlaceFact], reader: &PlaceReader<'_>) -> Self {
        let mut supply = Self::default();
        let mut coarse: BTreeMap<&str, Precision> = BTreeMap::new();
        for fact in facts.iter().filter(|fact| fact.precision > Precision::Adresse && fact.counted) {
            for tie in &fact.ties {
                let known = coarse.entry(tie).or_insert(fact.precision);
                *known = (*known).max(fact.precision);
            }
        }
        for fact in facts {
            if !fact.counted {
                supply.not_public += 1;
                continue;
            }
            supply.count(fact, reader);
            let tied = fact.ties.iter().filter_map(|tie| coarse.get(tie.as_str())).max().copied();
            let precision = tied.map_or(fact.precision, |tied| tied.max(fact.precision));
            if precision > Precision::Adresse {
                let mut regles = fact.rules.clone();
                if tied > Some(fact.precision) {
                    regles.push("ressemble_a_un_lieu_protege");
                }
                supply.protected.push(Protected { lieu_id: fact.lieu_id, precision, regles, liste: fact.listed });
            }
        }
        supply
    }

    fn count(&mut self, fact: &PlaceFact, reader: &PlaceReader<'_>) {
        let place = match fact.place {
            Where::Departement(index, _) => reader.geography.departement_code(index).to_owned(),
            _ => "inconnu".to_owned(),
        };
        let (offer, listed) = self.departements.entry(place.clone()).or_default();
        offer.lieux += 1;
        offer.services += fact.services.len() as u64;
        *listed += u64::from(fact.listed);
        let mut roots: BTreeSet<&str> = BTreeSet::new();
        for code in fact.services.iter().collect::<BTreeSet<_>>() {
            let count = fact.services.iter().filter(|other| *other == code).count() as u64;
            add(&mut self.categories, &place, code, Offer { lieux: 1, services: count });
            for root in reader.reference.roots.get(code).into_iter().flatten() {
                let new = roots.insert(root);
                add(&mut self.roots, &place, root, Offer { lieux: u64::from(new), services: count });
            }
        }
    }
}

fn add(table: &mut BTreeMap<(String, String), Offer>, place: &str, code: &str, more: Offer) {
    let offer = table.entry((place.to_owned(), code.to_owned())).or_default();
    offer.lieux += more.lieux;
    offer.services += more.services;
}
