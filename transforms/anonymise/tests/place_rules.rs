#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Each rule of publication, on made documents.

#[path = "common/world.rs"]
mod world;

use proptest::prelude::*;
use serde_json::{Value, json};
use solidata_anonymise::Breach;
use solidata_anonymise::contract::PlaceDoc;
use solidata_anonymise::place::{PlaceOutcome, Precision, PublicPlace, publish_places};
use world::WORLD;

/// A day centre in Strasbourg, with everything that may be shown.
fn centre(id: i64) -> Value {
    json!({
        "lieu_id": id, "name": format!("Accueil de jour {id}"), "seo_url": format!("accueil-de-jour-strasbourg-{id}"),
        "status": "ONLINE", "visibility": "ALL", "placeType": "LIEU", "country": "fr",
        "position": {"location": {"type": "Point", "coordinates": [7.75 + id as f64 / 1000.0, 48.58]},
            "address": format!("{id} Rue des Orphelins, 67000 Strasbourg"), "city": "Strasbourg", "cityCode": "67482",
            "postalCode": "67000", "department": "Bas-Rhin", "departmentCode": "67", "regionCode": "44", "country": "fr"},
        "entity": {"phones": [{"label": "Marcel", "phoneNumber": "03 88 00 00 01"}, {"phoneNumber": "06 12 34 56 78"}],
            "website": "https://www.exemple.org/?a=b", "mail": "marcel@exemple.org"},
        "services_all": [{"category": "food_distribution"}],
        "modalities": {"inconditionnel": true, "orientation": {"checked": false}},
        "publics": {"accueil": 0, "gender": ["men", "women"], "other": [], "administrative": [], "familialle": []},
        "updatedAt": {"$date": "2024-08-01T10:00:00Z"}, "updatedByUserAt": {"$date": "2024-07-31T22:30:00Z"}
    })
}

fn with(mut doc: Value, changes: Value) -> Value {
    fn merge(into: &mut Value, from: Value) {
        match (into, from) {
            (Value::Object(into), Value::Object(from)) => {
                from.into_iter().for_each(|(k, v)| merge(into.entry(k).or_insert(Value::Null), v))
            }
            (into, from) => *into = from,
        }
    }
    merge(&mut doc, changes);
    doc
}

fn publish(docs: impl IntoIterator<Item = Value>) -> PlaceOutcome {
    publish_places(docs.into_iter().map(|doc| serde_json::from_value::<PlaceDoc>(doc).unwrap()).collect(), &WORLD.context())
}

fn one(doc: Value) -> PublicPlace {
    let mut outcome = publish([doc]);
    assert_eq!(outcome.places.len(), 1);
    outcome.places.remove(0)
}

fn precision(changes: Value) -> Precision {
    one(with(centre(1), changes)).precision
}

#[test]
fn an_unprotected_place_shows_what_it_may() {
    let place = one(centre(1));
    assert_eq!(place.precision, Precision::Adresse);
    assert_eq!(place.adresse.as_deref(), Some("1 Rue des Orphelins"));
    assert_eq!((place.code_postal.as_deref(), place.commune.as_deref()), (Some("67000"), Some("Strasbourg")));
    assert_eq!((place.latitude_micro, place.longitude_micro), (Some(48_580_000), Some(7_751_000)));
    assert_eq!(place.telephone.as_deref(), Some("0388000001"));
    assert_eq!(place.site_web.as_deref(), Some("https://www.exemple.org/"));
    assert_eq!(place.url_fiche.as_deref(), Some("https://soliguide.fr/fr/fiche/accueil-de-jour-strasbourg-1"));
    assert_eq!(place.date_maj.unwrap().to_string(), "2024-08-01", "a day of Paris");
    assert_eq!((place.publics.genre.as_deref(), place.publics.autre.as_deref()), (Some("tous"), None));
}

#[test]
fn people_in_danger_are_shown_by_departement() {
    let publics = |publics: Value, category: &str| precision(json!({"publics": publics, "services_all": [{"category": category}]}));
    let shelter = "emergency_accommodation";
    let d = Precision::Departement;
    assert_eq!(publics(json!({"accueil": 2, "other": ["violence"]}), "food_distribution"), d);
    assert_eq!(publics(json!({"accueil": 2, "gender": ["women"]}), shelter), d);
    assert_eq!(publics(json!({"accueil": 2, "other": ["prostitution"]}), shelter), d);
    assert_eq!(publics(json!({"accueil": 2, "administrative": ["asylum", "refugee"]}), shelter), d);
    for category in ["overnight_stop", "long_term_accomodation", "medical_accommodation", "citizen_housing", "category_of_tomorrow"] {
        assert_eq!(publics(json!({"accueil": 2, "gender": ["women"]}), category), d, "{category}");
    }
    let a = Precision::Adresse;
    assert_eq!(publics(json!({"accueil": 1, "other": ["violence"]}), shelter), a, "adapted to is not exclusive");
    assert_eq!(publics(json!({"accueil": 2, "gender": ["women"]}), "food_distribution"), a, "nobody sleeps there");
    assert_eq!(publics(json!({"accueil": 2, "gender": ["women", "men"]}), shelter), a, "a full list is everybody");
    assert_eq!(publics(json!({"accueil": 2, "administrative": ["regular", "asylum", "refugee", "undocumented"]}), shelter), a);
    let everything = json!(["violence", "addiction", "handicap", "lgbt", "hiv", "prostitution", "prison", "student", "mentalHealth"]);
    assert_eq!(publics(json!({"accueil": 2, "other": everything}), "food_distribution"), d, "violence is read strictly");
    assert_eq!(publics(json!({"accueil": 0, "other": everything, "gender": []}), shelter), a);
}

#[test]
fn a_service_protects_its_place_only_with_publics_of_its_own() {
    let service = |different: bool| {
        precision(json!({"services_all": [{"category": "food_distribution"},
            {"category": "emergency_accommodation", "differentPublics": different, "publics": {"accueil": 2, "gender": ["women"]}}]}))
    };
    assert_eq!(service(true), Precision::Departement);
    assert_eq!(service(false), Precision::Adresse, "the copy is stale");
    let violence =
        json!({"services_all": [{"category": "legal_advice", "differentPublics": true, "publics": {"accueil": 2, "other": ["violence"]}}]});
    assert_eq!(precision(violence), Precision::Departement);
    let inherited = json!({"publics": {"accueil": 2, "gender": ["women"]},
        "services_all": [{"category": "emergency_accommodation", "differentPublics": true, "publics": {"accueil": 0}}]});
    assert_eq!(precision(inherited), Precision::Departement, "the fiche itself is exclusive");
}

#[test]
fn referral_rounds_and_homes_are_shown_by_commune() {
    let c = Precision::Commune;
    assert_eq!(precision(json!({"modalities": {"orientation": {"checked": true}}})), c);
    let service = |different: bool| json!({"services_all": [{"category": "shower", "differentModalities": different, "modalities": {"orientation": {"checked": true}}}]});
    assert_eq!(precision(service(true)), c);
    assert_eq!(precision(service(false)), Precision::Adresse);
    assert_eq!(precision(json!({"placeType": "PARCOURS_MOBILE"})), c);
    assert_eq!(precision(json!({"placeType": null, "ficheType": "PARCOURS_MOBILE"})), c);
    assert_eq!(precision(json!({"services_all": [{"category": "citizen_housing"}]})), c);
    assert_eq!(precision(json!({"services_all": [{"category": null}]})), Precision::Adresse);
    let place = one(with(centre(1), json!({"placeType": "PARCOURS_MOBILE"})));
    assert_eq!((place.commune.as_deref(), place.code_epci.as_deref()), (Some("Strasbourg"), Some("246700488")));
    assert_eq!((place.adresse, place.code_postal, place.telephone, place.site_web, place.url_fiche), (None, None, None, None, None));
}

#[test]
fn a_round_without_position_takes_that_of_its_first_stop() {
    let position = centre(1)["position"].clone();
    let place = one(with(centre(1), json!({"placeType": "PARCOURS_MOBILE", "position": null, "parcours": [{"position": position}]})));
    assert_eq!((place.code_commune.as_deref(), place.adresse), (Some("67482"), None));
}

#[test]
fn likeness_protects_and_chains() {
    let referral = json!({"modalities": {"orientation": {"checked": true}}});
    let same_place = |id: i64, name: &str, page: &str| {
        let mut doc = with(centre(id), json!({"name": name, "seo_url": page}));
        doc["position"] = centre(1)["position"].clone();
        doc
    };
    let precisions = |docs: Vec<Value>| publish(docs).places.iter().map(|place| place.precision).collect::<Vec<_>>();
    let (a, c, d) = (Precision::Adresse, Precision::Commune, Precision::Departement);
    let protected = with(same_place(1, "Foyer", "foyer-1"), referral.clone());
    assert_eq!(precisions(vec![protected.clone(), same_place(2, "FOYER - Copie", "foyer-2")]), [c, c], "position and name");
    assert_eq!(precisions(vec![protected.clone(), same_place(2, "Autre", "foyer-1")]), [c, c], "position and page");
    assert_eq!(
        precisions(vec![protected.clone(), same_place(2, "Autre", "autre-2")]),
        [c, a],
        "the position alone is a house with many doors"
    );
    assert_eq!(precisions(vec![protected.clone(), with(centre(2), json!({"name": "Foyer", "seo_url": "foyer-1"}))]), [c, a], "elsewhere");
    assert_eq!(
        precisions(vec![protected.clone(), same_place(2, "foyer ", "b"), same_place(3, "Autre", "b"), same_place(4, "Autre", "d")]),
        [c, c, c, c],
        "ties chain"
    );
    let danger = json!({"publics": {"accueil": 2, "other": ["violence"]}});
    assert_eq!(precisions(vec![protected, with(same_place(2, "Foyer", "x"), danger)]), [d, d], "the coarsest counts");
    let offline = with(with(same_place(1, "Foyer", "foyer-1"), referral), json!({"status": "OFFLINE"}));
    assert_eq!(precisions(vec![offline, same_place(2, "Foyer", "x")]), [c], "a copy that is offline today was public before");
    // The same address with another point is the same position.
    let mut moved = with(centre(2), json!({"name": "Foyer", "modalities": {"orientation": {"checked": true}}}));
    moved["position"]["address"] = json!("1, rue des Orphelins, 67000 Strasbourg");
    moved["position"]["location"]["coordinates"] = json!([7.9, 48.6]);
    assert_eq!(precisions(vec![same_place(1, "Foyer", "y"), moved]), [c, c]);
}

#[test]
fn names_are_withheld_when_they_tell_too_much() {
    let danger = json!({"publics": {"accueil": 2, "other": ["violence"]}});
    let name = |name: &str, changes: &Value| one(with(with(centre(1), changes.clone()), json!({"name": name}))).nom;
    for told in [
        "Foyer de Strasbourg",
        "Maison STRASBOURGEOISE",
        "Abri, 12 rue X",
        "Foyer rue des Lilas",
        "Abri d'Haguenau",
        "Abri 03 88 00 00 01",
        "abri@exemple.org",
        "Abri 67000",
        "Foyer Les Orphelins - Rue des Orphelins",
        "ملجأ ستراسبورغ",
    ] {
        assert_eq!(name(told, &danger), None, "{told}");
    }
    assert_eq!(name("  SOS   Femmes\u{200b} ", &danger).as_deref(), Some("SOS Femmes"));
    let referral = json!({"modalities": {"orientation": {"checked": true}}});
    assert_eq!(name("Abri, 12 rue X", &referral), None);
    assert_eq!(name("Abri de la rue des Orphelins", &referral), None, "its own street");
    assert_eq!(name("Foyer de Strasbourg", &referral).as_deref(), Some("Foyer de Strasbourg"));
    assert_eq!(name("Place n°1", &referral).as_deref(), Some("Place n°1"));
    let open = json!({});
    assert_eq!(name("Accueil, 12 rue X, Strasbourg", &open).as_deref(), Some("Accueil, 12 rue X, Strasbourg"));
    assert_eq!(name("Jean 06 12 34 56 78", &open), None);
    assert_eq!(publish([with(centre(1), json!({"name": null}))]).quarantine[0].breach, Breach::PlaceNameMissing);
}

#[test]
fn a_place_in_danger_without_known_departement_shows_neither_name_nor_place() {
    let place = one(with(
        centre(1),
        json!({"publics": {"accueil": 2, "other": ["violence"]}, "position": {"city": "Nulle Part", "cityCode": null, "postalCode": null,
            "department": null, "departmentCode": null, "regionCode": null}}),
    ));
    assert_eq!((place.nom, place.code_departement, place.code_region), (None, None, None));
}

#[test]
fn only_online_public_french_places_are_published() {
    let outcome = publish([
        with(centre(1), json!({"status": "DRAFT"})),
        with(centre(2), json!({"status": "OFFLINE"})),
        with(centre(3), json!({"status": "SOMETHING"})),
        with(centre(4), json!({"visibility": "PRO"})),
        with(centre(5), json!({"visibility": null})),
        with(centre(6), json!({"country": "es", "position": {"departmentCode": "08"}})),
        with(centre(7), json!({"position": {"country": "ad", "departmentCode": "07"}})),
        centre(8),
    ]);
    assert_eq!(outcome.places.iter().map(|place| place.numero).collect::<Vec<_>>(), [8]);
    assert_eq!(
        outcome.counts.by_status.clone().into_iter().collect::<Vec<_>>(),
        [("DRAFT", 1), ("OFFLINE", 1), ("ONLINE", 5), ("autre", 1)]
    );
    assert_eq!((outcome.counts.professionals_only, outcome.counts.foreign["es"], outcome.counts.foreign["ad"]), (2, 1, 1));
}

#[test]
fn numbers_are_unique() {
    let newer = with(centre(1), json!({"name": "Nouveau", "updatedAt": {"$date": "2024-09-01T10:00:00Z"}}));
    for docs in [vec![centre(1), newer.clone()], vec![newer, centre(1)]] {
        let outcome = publish(docs);
        assert_eq!(outcome.places[0].nom.as_deref(), Some("Nouveau"));
        assert_eq!(outcome.quarantine.len(), 1);
        assert_eq!(outcome.quarantine[0].breach, Breach::PlaceIdTwice);
    }
    let twins = [with(centre(1), json!({"name": "A"})), with(centre(1), json!({"name": "B"}))];
    let backwards = [twins[1].clone(), twins[0].clone()];
    assert_eq!(publish(twins).places, publish(backwards).places);
    assert_eq!(publish([with(centre(1), json!({"lieu_id": -4}))]).quarantine[0].breach, Breach::PlaceIdMissing);
}

#[test]
fn services_keep_their_rank_and_inherit() {
    let outcome = publish([with(
        centre(9),
        json!({"newhours": {"monday": {"open": true, "timeslot": [{"start": 900, "end": 1200}]}}, "services_all": [
            {"category": "tents_distribution"},
            {"category": "carpooling", "saturated": {"status": "high"}},
            {"category": "shower", "differentHours": true, "hours": {"tuesday": {"open": true, "timeslot": [{"start": 1400, "end": 1500}]}},
                "differentPublics": true, "publics": {"accueil": 1, "gender": ["women"]},
                "differentModalities": true, "modalities": {"price": {"checked": true}},
                "close": {"actif": true, "dateDebut": {"$date": "2024-07-01T00:00:00Z"}, "dateFin": {"$date": "2024-08-31T23:59:59.999Z"}}},
            {"category": "laundry", "hours": {"tuesday": {"open": true, "timeslot": [{"start": 1400, "end": 1500}]}}, "publics": {"accueil": 2}},
        ]}),
    )]);
    assert_eq!(outcome.places[0].services, 3);
    let q = &outcome.quarantine[0];
    assert_eq!((q.document, q.service, q.breach), (0, Some(1), Breach::CategoryUnknown));
    let services = &outcome.services;
    assert_eq!(services.iter().map(|s| s.service_id.as_str()).collect::<Vec<_>>(), ["service-9-2", "service-9-3", "service-9-4"]);
    assert_eq!((services[0].categorie_code.as_str(), services[0].saturation), ("transportation_mobility", Some("forte")));
    assert_eq!(services[0].horaires.as_deref(), Some("lu 09:00-12:00"));
    assert_eq!(services[1].horaires.as_deref(), Some("ma 14:00-15:00"));
    assert_eq!((services[1].publics.accueil, services[1].publics.genre.as_deref()), (Some("preferentiel"), Some("women")));
    assert_eq!((services[1].modalites.payant, services[1].modalites.sans_condition), (Some(true), None));
    assert!(services[1].ferme && services[1].fermeture_fin.unwrap().to_string() == "2024-08-31");
    assert_eq!((services[2].horaires.as_deref(), services[2].publics.accueil), (Some("lu 09:00-12:00"), Some("inconditionnel")));
}

#[test]
fn addresses_and_points_are_cleaned() {
    let address = |text: &str| one(with(centre(1), json!({"position": {"address": text}}))).adresse;
    for (text, shown) in [
        ("201 Rue Saint-Martin, 67000 Strasbourg", Some("201 Rue Saint-Martin")),
        ("201 Rue Saint-Martin", Some("201 Rue Saint-Martin")),
        ("1 rue X\nBP 12\n67000 STRASBOURG CEDEX", Some("1 rue X, BP 12")),
        ("1 rue X 67000 Strasbourg", Some("1 rue X")),
        ("1 rue X, 67000 Strasbourg, France", Some("1 rue X")),
        ("1 rue X, Strasbourg", Some("1 rue X")),
        ("Strasbourg", None),
        ("chez Mme Diallo, 3 rue X", None),
        ("3 rue X, tel 03 88 00 00 01", None),
        ("12 rue de Strasbourg", Some("12 rue de Strasbourg")),
    ] {
        assert_eq!(address(text).as_deref(), shown, "{text}");
    }
    let point = |lon: f64, lat: f64| one(with(centre(1), json!({"position": {"location": {"coordinates": [lon, lat]}}}))).longitude_micro;
    assert_eq!(point(7.7521236, 48.5734), Some(7_752_124));
    for (lon, lat) in [(0.0, 0.0), (2.213749, 46.227638), (48.57, 7.75), (55.5, -21.1), (200.0, 48.0)] {
        assert_eq!(point(lon, lat), None, "{lon} {lat}");
    }
    let overseas = json!({"position": {"city": "Saint-Denis", "cityCode": "97411", "postalCode": "97400", "departmentCode": "974", "department": "La Réunion",
        "location": {"coordinates": [55.45, -20.88]}}});
    assert_eq!(one(with(centre(1), overseas)).latitude_micro, Some(-20_880_000));
}

#[test]
fn licences_decide_who_is_listed() {
    let outcome = publish([
        with(centre(1), json!({"sources": [{"name": "dora", "license": null}]})),
        with(centre(2), json!({"sources": [{"name": "restos"}]})),
        centre(3),
    ]);
    let rows: Vec<_> = outcome.places.iter().map(|p| (p.source.as_str(), p.licence.as_str(), p.listable)).collect();
    assert_eq!(rows, [("DORA", "etalab-2.0", true), ("Restos du Cœur", "inconnue", false), ("Soliguide", "etalab-2.0", true)]);
    assert_eq!(outcome.counts.unlisted, 1);
}

#[test]
fn the_day_of_the_snapshot_bounds_updates() {
    let place = with(
        centre(1),
        json!({"position": {"city": "Saint-Denis", "cityCode": "97411", "postalCode": "97400", "departmentCode": "974",
        "department": "La Réunion"}, "updatedAt": null, "updatedByUserAt": {"$date": "2024-08-01T21:00:00Z"}}),
    );
    let outcome = publish([place]);
    assert_eq!(outcome.date_photo.unwrap().to_string(), "2024-08-01");
    assert_eq!(outcome.places[0].date_maj, outcome.date_photo, "in La Réunion it is the 2nd already");
}

fn words() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "",
        "Foyer",
        "12 rue des Lilas",
        "Strasbourg",
        "06 12 34 56 78",
        "a@b.fr",
        "Élan",
        "ＡＢ",
        "\u{202e}x",
        "l'",
        "67000",
        "=1+1",
        "st-",
        "n°1",
    ])
    .prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever the texts: nothing finer than the precision, no contact in a text, services that match.
    #[test]
    fn what_is_shown_never_exceeds_the_precision(
        docs in prop::collection::vec((words(), words(), words(), words(), 0..3_i64, any::<bool>(), 0..4_u8, 0..3_i64), 1..6)
    ) {
        let docs: Vec<Value> = docs.into_iter().enumerate().map(|(n, (name, more, address, phone, accueil, referral, what, place))| {
            let id = n as i64 + 1;
            let category = ["food_distribution", "emergency_accommodation", "citizen_housing", "unknown"][usize::from(what)];
            with(centre(id), json!({
                "name": format!("{name} {more}x"), "seo_url": format!("{}", more),
                "position": {"address": format!("{address} {place}"), "location": {"coordinates": [7.0 + place as f64, 48.5]}},
                "entity": {"phones": [{"phoneNumber": phone}], "website": address},
                "publics": {"accueil": accueil, "gender": ["women"], "other": if what == 3 { json!(["violence"]) } else { json!([]) }},
                "modalities": {"orientation": {"checked": referral}},
                "services_all": [{"category": category}],
            }))
        }).collect();
        let outcome = publish(docs.clone());
        for place in &outcome.places {
            let said = format!("{:?} {:?} {:?}", place.nom, place.adresse, place.telephone);
            let told = ['@', '\u{202e}'].iter().any(|c| said.contains(*c)) || said.contains("06 12") || said.contains("0612");
            prop_assert!(!told);
            let row = [&place.adresse, &place.code_postal, &place.telephone, &place.site_web, &place.url_fiche, &place.code_arrondissement_municipal];
            if place.precision != Precision::Adresse {
                prop_assert!(row.iter().all(|field| field.is_none()));
                prop_assert!(place.latitude_micro.is_none() && place.longitude_micro.is_none());
                prop_assert!(place.nom.as_deref().is_none_or(|name| !name.contains("12 rue")));
            }
            if place.precision == Precision::Departement {
                prop_assert!(place.commune.is_none() && place.code_commune.is_none() && place.code_epci.is_none());
                prop_assert!(place.nom.as_deref().is_none_or(|name| !name.contains("Strasbourg") && !name.contains("67000")));
            }
            prop_assert_eq!(place.latitude_micro.is_some(), place.longitude_micro.is_some());
            let count = outcome.services.iter().filter(|service| service.lieu_id == place.lieu_id).count();
            prop_assert_eq!(count as u32, place.services);
        }
        let mut backwards = docs;
        backwards.reverse();
        let again = publish(backwards);
        prop_assert_eq!((again.places, again.services, again.counts), (outcome.places, outcome.services, outcome.counts));
    }
}
