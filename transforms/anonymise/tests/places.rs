#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! The real sample, published.

mod common;
#[path = "common/world.rs"]
mod world;

use common::shared_lines;
use solidata_anonymise::contract::PlaceDoc;
use solidata_anonymise::place::{PlaceOutcome, Precision, publish_places};
use world::WORLD;

fn sample() -> Option<(Vec<PlaceDoc>, PlaceOutcome)> {
    let lines = shared_lines("soliguide/lieux_sample.ndjson")?;
    let docs: Vec<PlaceDoc> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    Some((docs.clone(), publish_places(docs, &WORLD.context())))
}

#[test]
fn the_sample_gives_28_places_and_31_services() {
    let Some((_, outcome)) = sample() else { return };
    assert_eq!((outcome.places.len(), outcome.services.len()), (28, 31));
    assert_eq!(outcome.counts.documents, 142);
    assert_eq!(outcome.counts.by_status["ONLINE"], 29);
    assert_eq!(outcome.counts.professionals_only, 1);
    assert!(outcome.quarantine.is_empty());
    assert_eq!(outcome.date_photo.unwrap().to_string(), "2022-12-13");
    assert!(outcome.places.iter().all(|place| place.listable && place.source == "Soliguide" && place.licence == "etalab-2.0"));
}

#[test]
fn protected_places_of_the_sample_show_nothing_precise() {
    let Some((_, outcome)) = sample() else { return };
    let precision = |number| outcome.places.iter().find(|place| place.numero == number).map(|place| place.precision);
    for number in [10, 11] {
        assert_eq!(precision(number), Some(Precision::Departement), "{number}");
    }
    for number in [14, 15, 29, 30, 31, 32, 33, 35, 36, 37, 38, 39] {
        assert_eq!(precision(number), Some(Precision::Commune), "{number}");
    }
    let mut protected = 0;
    for place in outcome.places.iter().filter(|place| place.precision != Precision::Adresse) {
        protected += 1;
        assert_eq!(
            (&place.adresse, &place.code_postal, &place.telephone, &place.site_web, &place.url_fiche),
            (&None, &None, &None, &None, &None)
        );
        assert_eq!((place.latitude_micro, place.longitude_micro, &place.code_arrondissement_municipal), (None, None, &None));
        let commune_shown = place.precision == Precision::Commune;
        assert_eq!(place.commune.is_some(), commune_shown);
        assert_eq!((place.code_commune.is_some(), place.code_epci.is_some()), (commune_shown, commune_shown));
        assert!(place.code_departement.is_some() && place.code_region.is_some());
    }
    assert_eq!(protected, 14);
}

#[test]
fn unprotected_places_of_the_sample_show_their_address() {
    let Some((_, outcome)) = sample() else { return };
    let place = outcome.places.iter().find(|place| place.numero == 22).unwrap();
    assert_eq!(place.adresse.as_deref(), Some("201 Rue Saint-Martin"));
    assert_eq!((place.code_postal.as_deref(), place.code_commune.as_deref()), (Some("75003"), Some("75056")));
    assert_eq!(place.code_arrondissement_municipal.as_deref(), Some("75103"));
    assert_eq!((place.latitude_micro, place.longitude_micro), (Some(48_863_491), Some(2_352_559)));
    assert_eq!((place.langues.as_deref(), place.horaires.as_deref()), (Some("ar|dv|fr|lsf"), Some("lu 08:00-17:00")));
    let closed: Vec<&str> = outcome.services.iter().filter(|s| s.ferme).map(|s| s.service_id.as_str()).collect();
    assert_eq!(closed, ["service-8-1"]);
    let own_publics = outcome.services.iter().find(|service| service.service_id == "service-11-1").unwrap();
    assert_eq!((own_publics.publics.accueil, own_publics.publics.genre.as_deref()), (Some("exclusif"), Some("women")));
}

#[test]
fn the_order_of_documents_decides_nothing() {
    let Some((mut docs, outcome)) = sample() else { return };
    docs.reverse();
    let again = publish_places(docs, &WORLD.context());
    assert_eq!((again.places, again.services, again.counts), (outcome.places, outcome.services, outcome.counts));
}

#[test]
fn copies_that_services_keep_of_their_place_decide_nothing() {
    let Some((docs, outcome)) = sample() else { return };
    let held = |docs: &[PlaceDoc]| docs.iter().flat_map(|d| &d.services).filter(|s| s.hours.is_some()).count();
    let without: Vec<PlaceDoc> = docs.iter().cloned().map(PlaceDoc::without_copies).collect();
    assert!(held(&without) < held(&docs));
    let again = publish_places(without, &WORLD.context());
    assert_eq!((again.places, again.services, again.counts), (outcome.places, outcome.services, outcome.counts));
}
