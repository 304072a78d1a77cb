//! The traps of searches.
use super::{france, search};
use crate::{Clues, Level};

const STRASBOURG: Clues<'static> = Clues {
    country: Some("fr"),
    geo_type: Some("ville"),
    geo_value: Some("strasbourg-67000"),
    region_code: Some("44"),
    region: Some("Grand Est"),
    department_code: Some("67"),
    departement_code: Some("67"),
    department: Some("Bas-Rhin"),
    departement: Some("Bas-Rhin"),
    city_code: Some("67482"),
    city: Some("Strasbourg"),
    ville: Some("Strasbourg"),
    postal_code: Some("67000"),
    code_postal: Some("67000"),
};

#[test]
fn the_type_of_the_search_sets_the_level() {
    for (geo_type, identifier) in [
        (Some("ville"), "com-67482"),
        (Some("position"), "com-67482"),
        (Some("codePostal"), "com-67482"),
        (Some("inconnu"), "com-67482"),
        (None, "com-67482"),
        (Some("citiesGroup"), "epci-246700488"),
        (Some("departement"), "dep-67"),
        (Some("region"), "reg-44"),
        (Some("pays"), "fr"),
    ] {
        assert_eq!(search(Clues { geo_type, ..STRASBOURG }), identifier);
    }
}

#[test]
fn the_country_goes_first() {
    assert_eq!(search(Clues { country: Some("es"), ..STRASBOURG }), "pays-es");
    assert_eq!(search(Clues { country: Some("ad"), geo_type: Some("departement"), ..STRASBOURG }), "pays-ad");
    assert_eq!(search(Clues { country: Some("FRANCE"), ..STRASBOURG }), "com-67482");
    assert_eq!(search(Clues { country: Some("null"), ..STRASBOURG }), "com-67482");
    assert_eq!(search(Clues { country: None, ..STRASBOURG }), "com-67482");
    assert_eq!(search(Clues { country: Some("gp"), department_code: Some("971"), ..Clues::default() }), "dep-971");
}

#[test]
fn the_slug_is_the_last_resort() {
    let slug =
        |geo_type, value| search(Clues { country: Some("fr"), geo_type: Some(geo_type), geo_value: Some(value), ..Clues::default() });
    assert_eq!(slug("ville", "strasbourg-67000"), "com-67482");
    assert_eq!(slug("position", "12-rue-des-orphelins-67000-strasbourg"), "com-67482");
    assert_eq!(slug("position", "10000-rue-de-l-ill-67000-strasbourg-france"), "com-67482");
    assert_eq!(slug("position", "1-rue-de-la-republique-97200-fort-de-france"), "com-97209");
    assert_eq!(slug("position", "1-rue-de-la-republique-97200-fort-de-france-france"), "com-97209");
    assert_eq!(slug("ville", "tremblay-en-france-93290"), "com-93073");
    assert_eq!(slug("position", "3-rue-du-parc-93290-tremblay-en-france"), "com-93073");
    assert_eq!(slug("codePostal", "paris-75019"), "arr-75119");
    assert_eq!(slug("position", "1-place-de-la-mairie-20000-ajaccio"), "com-2A004");
    assert_eq!(slug("ville", "saint-denis-97400"), "com-97411");
    assert_eq!(slug("departement", "departement-bas-rhin"), "dep-67");
    assert_eq!(slug("departement", "bas-rhin"), "dep-67");
    assert_eq!(slug("departement", "departement-guadeloupe"), "dep-971");
    assert_eq!(slug("region", "region-grand-est"), "reg-44");
    assert_eq!(slug("region", "region-guadeloupe"), "reg-01");
    assert_eq!(slug("region", "region-polynesie-francaise"), "dep-987");
    assert_eq!(slug("pays", "fr"), "fr");
    assert_eq!(slug("inconnu", "france"), "fr");
    for nothing in
        ["null", "", "strasbourg-68000", "colmar-67000", "strasbourg", "67000", "12-rue-des-orphelins", "région-alsace", "é-67000-é"]
    {
        assert_eq!(slug("ville", nothing), "inconnu", "{nothing}");
    }
    assert_eq!(search(Clues { geo_type: Some("pays"), geo_value: Some("es"), ..Clues::default() }), "pays-es");
    assert_eq!(search(Clues { geo_value: Some("andorre"), ..Clues::default() }), "pays-ad");
    assert_eq!(search(Clues { country: Some("fr"), geo_type: Some("pays"), ..Clues::default() }), "fr");
}

#[test]
fn the_default_country_alone_is_not_france_as_a_whole() {
    assert_eq!(search(Clues { country: Some("France"), geo_type: Some("ville"), ..Clues::default() }), "inconnu");
    assert_eq!(search(Clues::default()), "inconnu");
    assert_eq!(search(Clues { geo_type: Some("pays"), ..Clues::default() }), "inconnu");
}

#[test]
fn the_slug_stays_within_what_the_fields_say() {
    let grand_est = Clues { country: Some("fr"), region: Some("grand-est"), geo_type: Some("ville"), ..Clues::default() };
    assert_eq!(search(grand_est), "reg-44");
    assert_eq!(search(Clues { geo_value: Some("strasbourg-67000"), ..grand_est }), "com-67482");
    assert_eq!(search(Clues { geo_value: Some("bordeaux-33000"), ..grand_est }), "reg-44");
    let bas_rhin = Clues { department: Some("BAS-RHIN"), ..grand_est };
    assert_eq!(search(Clues { geo_value: Some("colmar-68000"), ..bas_rhin }), "dep-67");
    assert_eq!(search(Clues { geo_value: Some("departement-haut-rhin"), geo_type: Some("departement"), ..bas_rhin }), "dep-67");
}

#[test]
fn contradictory_fields() {
    // The département code is wrong, the commune's name agrees: the commune wins, and its département with it.
    assert_eq!(search(Clues { department_code: Some("68"), departement_code: Some("68"), ..STRASBOURG }), "com-67482");
    assert_eq!(search(Clues { department_code: Some("68"), geo_type: Some("departement"), ..STRASBOURG }), "dep-67");
    // Without a name that agrees, the département code wins.
    let nameless = Clues { city: None, ville: None, geo_value: None, department_code: Some("68"), ..STRASBOURG };
    assert_eq!(search(nameless), "dep-68");
    // Only the deprecated twin, or only names.
    let bare = Clues {
        department_code: None,
        departement_code: None,
        department: None,
        departement: None,
        geo_type: Some("departement"),
        ..Clues::default()
    };
    assert_eq!(search(Clues { departement_code: Some("2a"), ..bare }), "dep-2A");
    assert_eq!(search(Clues { departement: Some("corse-du-sud"), ..bare }), "dep-2A");
}

#[test]
fn codes_of_regions_and_departements_do_not_mix() {
    assert_eq!(search(Clues { geo_type: Some("region"), region_code: Some("75"), ..Clues::default() }), "reg-75");
    assert_eq!(search(Clues { geo_type: Some("departement"), department_code: Some("75"), ..Clues::default() }), "dep-75");
    let aquitaine = france().find("reg-75").unwrap();
    let paris = france().find("dep-75").unwrap();
    assert_eq!((france().name(aquitaine), france().name(paris)), ("Nouvelle-Aquitaine", "Paris"));
    assert_eq!(
        search(Clues { geo_type: Some("region"), region_code: Some("93"), department_code: Some("06"), ..Clues::default() }),
        "reg-93"
    );
}

#[test]
fn paris_is_not_the_arrondissement_of_its_centre() {
    let centre =
        Clues { geo_type: Some("ville"), city_code: Some("75104"), city: Some("Paris"), postal_code: Some("75004"), ..Clues::default() };
    assert_eq!(search(Clues { geo_value: Some("paris-75000"), ..centre }), "com-75056");
    assert_eq!(search(Clues { geo_value: Some("paris"), ..centre }), "com-75056");
    assert_eq!(search(Clues { geo_value: Some("paris-75004"), ..centre }), "arr-75104");
    assert_eq!(search(Clues { geo_type: Some("codePostal"), ..centre }), "arr-75104");
    assert_eq!(search(Clues { geo_type: Some("position"), geo_value: Some("rue-de-rivoli-paris"), ..centre }), "arr-75104");
}

#[test]
fn epci_across_a_border() {
    let group = |value, departement| {
        search(Clues { geo_type: Some("citiesGroup"), geo_value: Some(value), department_code: departement, ..Clues::default() })
    };
    assert_eq!(group("eurometropole-de-strasbourg", None), "epci-246700488");
    assert_eq!(group("communaute-de-communes-des-portes-de-romilly-sur-seine", Some("10")), "epci-200000545");
    assert_eq!(group("redon-agglomeration", Some("44")), group("ca-redon-agglomeration", None));
    let redon = france().find(&group("redon-agglomeration", Some("35"))).unwrap();
    let part = france().territory(redon);
    assert_eq!((part.level, part.departement, part.region), (Level::Epci, None, None));
    assert_eq!(france().ancestors(redon).map(|id| france().territory(id).to_string()).collect::<Vec<_>>(), ["fr"]);
    // Not in that département: the département is what is certain.
    assert_eq!(group("redon-agglomeration", Some("67")), "dep-67");
    assert_eq!(group("pays-de-nulle-part", None), "inconnu");
    // A commune beyond the border keeps its own département.
    let commune = search(Clues { geo_type: Some("ville"), city_code: Some("44185"), ..Clues::default() });
    let commune = france().find(&commune).unwrap();
    assert_eq!(france().territory(commune).departement.unwrap().as_str(), "44");
}

#[test]
fn months_follow_the_place() {
    let zone = |departement| {
        france().territory(france().resolve_search(&Clues { department_code: Some(departement), ..Clues::default() })).time_zone
    };
    assert_eq!((zone("67"), zone("974"), zone("987"), zone("00")), ("Europe/Paris", "Indian/Reunion", "Pacific/Tahiti", "Europe/Paris"));
    assert_eq!(france().territory(france().find("reg-04").unwrap()).time_zone, "Indian/Reunion");
}
