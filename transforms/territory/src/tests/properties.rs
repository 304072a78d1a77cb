//! What holds whatever the clues say.
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::france;
use crate::{Clues, Level, PlaceClues, slug};

/// Texts that come near to being right: codes, names, slugs, dirt.
fn clue() -> impl Strategy<Value = String> {
    let commune = || (0..france().communes().len()).prop_map(|at| &france().communes()[at]);
    prop_oneof![
        commune().prop_map(|row| row.code.to_string()),
        commune().prop_map(|row| row.nom.clone()),
        commune().prop_map(|row| row.nom.to_uppercase()),
        commune().prop_map(|row| slug(&row.nom)),
        commune().prop_map(|row| row.departement.to_string()),
        select(france().epcis()).prop_map(|row| slug(&row.nom)),
        select(france().departements()).prop_map(|row| format!("departement-{}", slug(&row.nom))),
        select(france().regions()).prop_map(|row| row.nom),
        "[0-9]{5}",
        "[0-9AB]{2}",
        "[a-z-]{0,12}-[0-9]{5}(-[a-zé-]{0,12})?",
        ".*",
    ]
}

fn geo_type() -> impl Strategy<Value = &'static str> {
    select(vec!["position", "ville", "codePostal", "departement", "region", "pays", "citiesGroup", "inconnu", "?"])
}

/// The parts of a territory agree with the lists.
fn agrees(part: &crate::Territory) {
    let lists = france();
    if let Some(commune) = part.commune.map(|code| lists.commune(code).unwrap()) {
        assert_eq!((part.epci, part.departement, part.region), (commune.epci, Some(commune.departement), commune.region));
    }
    if let Some(borough) = part.arrondissement.map(|code| lists.borough(code).unwrap()) {
        assert_eq!(part.commune, Some(borough.commune));
    }
    if let Some(departement) = part.departement.map(|code| lists.departement(code).unwrap()) {
        assert_eq!((part.region, part.time_zone), (departement.region, departement.time_zone));
    }
    if let Some(epci) = part.epci.map(|code| lists.epci(code).unwrap()) {
        assert!(part.departement.is_none_or(|code| epci.departements.contains(&code)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn any_search_resolves_to_a_part_that_the_lists_hold(
        country in of(select(vec!["fr", "France", "", "null"])), geo_type in of(geo_type()), texts in prop::array::uniform12(of(clue()))
    ) {
        let [geo_value, region_code, region, department_code, departement_code, department, departement, city_code, city, ville, postal_code, code_postal] =
            texts.each_ref().map(Option::as_deref);
        let clues = Clues {
            country, geo_type, geo_value, region_code, region, department_code, departement_code, department, departement, city_code, city, ville,
            postal_code, code_postal,
        };
        let part = france().territory(france().resolve_search(&clues));
        agrees(part);
        let finest = match geo_type {
            Some("departement") => Level::Departement,
            Some("region") => Level::Departement,
            Some("pays") => Level::France,
            Some("citiesGroup") => Level::Epci,
            _ => Level::Arrondissement,
        };
        prop_assert!(part.level >= finest);
        if geo_type == Some("region") && part.level == Level::Departement {
            prop_assert!(part.region.is_none(), "only a collectivity overseas stands for its région");
        }
    }

    #[test]
    fn abroad_is_never_french(country in select(vec!["es", "ad", "ES", "Andorra", "España", "be", "Suisse", "zz", "?"]), geo_type in of(geo_type()), texts in prop::array::uniform6(of(clue()))) {
        let [geo_value, city_code, city, postal_code, department_code, region_code] = texts.each_ref().map(Option::as_deref);
        let country = Some(country);
        let search = france().resolve_search(&Clues { country, geo_type, geo_value, city_code, city, postal_code, department_code, region_code, ..Clues::default() });
        let place = france().resolve_place(&PlaceClues { country, city_code, city, postal_code, department_code, region_code, ..PlaceClues::default() });
        for id in [search, place] {
            prop_assert!(matches!(france().territory(id).level, Level::Foreign | Level::Unknown));
            prop_assert!(france().ancestors(id).next().is_none());
        }
    }

    #[test]
    fn a_place_is_a_commune_a_departement_or_unknown(texts in prop::array::uniform6(of(clue()))) {
        let [city_code, city, postal_code, department_code, department, region_code] = texts.each_ref().map(Option::as_deref);
        let place = france().resolve_place(&PlaceClues { city_code, city, postal_code, department_code, department, region_code, ..PlaceClues::default() });
        let part = france().territory(place);
        agrees(part);
        prop_assert!(matches!(part.level, Level::Arrondissement | Level::Commune | Level::Departement | Level::Unknown));
    }

    #[test]
    fn a_slug_is_its_own_slug(text in ".*") {
        let once = slug(&text);
        prop_assert_eq!(slug(&once), once.clone());
        prop_assert!(once.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
    }

    #[test]
    fn any_text_is_a_country_or_none(text in ".*") {
        let _ = france().country(Some(&text));
    }
}
