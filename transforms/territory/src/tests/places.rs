//! The traps of places.
use super::{france, place};
use crate::{Clues, Level, PlaceClues};

/// A place as the real snapshot writes it: the postal code stands in `cityCode` too.
fn old<'a>(city: &'a str, postal: &'a str, departement: &'a str) -> PlaceClues<'a> {
    PlaceClues {
        country: Some("fr"),
        city_code: Some(postal),
        city: Some(city),
        postal_code: Some(postal),
        department_code: Some(departement),
        ..PlaceClues::default()
    }
}

#[test]
fn postal_code_in_the_city_code() {
    assert_eq!(place(old("Bordeaux", "33000", "33")), "com-33063");
    assert_eq!(place(old("Bobigny", "93000", "93")), "com-93008");
    assert_eq!(place(old("SAINT ANDRE", "97440", "974")), "com-97409");
    // 67200 is a postal code of Strasbourg and the INSEE code of Hipsheim.
    assert_eq!(place(old("Strasbourg", "67200", "67")), "com-67482");
    assert_eq!(place(PlaceClues { city_code: Some("67200"), city: Some("HIPSHEIM"), ..PlaceClues::default() }), "com-67200");
    // 02350 is the INSEE code of a commune whose own postal code is 02350: the name decides.
    let of_code = &france().commune(crate::CommuneCode::parse("02350").unwrap()).unwrap().nom;
    assert_eq!(place(old(of_code, "02350", "02")), "com-02350");
    assert_eq!(place(old("Liesse-Notre-Dame", "02350", "02")), "com-02430");
    // A postal code without a name is certain only where it has one commune.
    assert_eq!(place(PlaceClues { city_code: Some("67000"), ..PlaceClues::default() }), "com-67482");
    assert_eq!(place(PlaceClues { postal_code: Some("01400"), ..PlaceClues::default() }), "dep-01");
}

#[test]
fn boroughs() {
    assert_eq!(place(old("Paris", "75003", "75")), "arr-75103");
    assert_eq!(place(old("PARIS", "75116", "75")), "arr-75116");
    assert_eq!(place(old("Lyon", "69003", "69")), "arr-69383");
    assert_eq!(place(old("MARSEILLE 13", "13013", "13")), "arr-13213");
    let paris =
        france().resolve_place(&PlaceClues { city_code: Some("75119"), city: Some("Paris 19e Arrondissement"), ..PlaceClues::default() });
    let part = france().territory(paris);
    assert_eq!(
        (part.arrondissement.unwrap().as_str(), part.commune.unwrap().as_str(), part.level),
        ("75119", "75056", Level::Arrondissement)
    );
    let above: Vec<String> = france().ancestors(paris).map(|id| france().territory(id).to_string()).collect();
    assert_eq!(above, ["com-75056", "epci-200054781", "dep-75", "reg-11", "fr"]);
    // The city's own code with a borough's postal code is that borough; without one it stays the city.
    assert_eq!(
        place(PlaceClues { city_code: Some("69123"), postal_code: Some("69007"), city: Some("Lyon"), ..PlaceClues::default() }),
        "arr-69387"
    );
    assert_eq!(place(PlaceClues { city_code: Some("13055"), city: Some("Marseille"), ..PlaceClues::default() }), "com-13055");
    assert_eq!(place(PlaceClues { city: Some("Paris"), department_code: Some("75"), ..PlaceClues::default() }), "com-75056");
    // Lyon had a code of its own before its arrondissements: old codes lead to today's.
    assert_eq!(place(PlaceClues { city_code: Some("69232"), ..PlaceClues::default() }), "com-69123");
}

#[test]
fn departement_comes_from_the_insee_code_not_the_postal_code() {
    // Soliguide puts all of 01200 in Haute-Savoie and all of 05700 in the Drôme.
    assert_eq!(place(PlaceClues { city_code: Some("01033"), ..old("Valserhône", "01200", "74") }), "com-01033");
    assert_eq!(place(old("Valserhône", "01200", "74")), "com-01033");
    let serres = france().resolve_place(&PlaceClues { city_code: Some("05166"), ..old("Serres", "05700", "26") });
    assert_eq!(france().territory(serres).departement.unwrap().as_str(), "05");
    // The same postal code truly reaches the other département as well.
    let postal: Vec<_> = france().of_postal(5700).iter().map(|id| france().territory(*id).departement.unwrap().to_string()).collect();
    assert!(postal.contains(&"26".to_owned()) && postal.contains(&"05".to_owned()));
    // With nothing but such a postal code, neither département is certain.
    assert_eq!(place(PlaceClues { postal_code: Some("05700"), ..PlaceClues::default() }), "inconnu");
}

#[test]
fn a_departement_that_contradicts_an_unnamed_commune_wins() {
    let clash = PlaceClues { city_code: Some("67482"), department_code: Some("68"), ..PlaceClues::default() };
    assert_eq!(place(clash), "dep-68");
    assert_eq!(place(PlaceClues { city: Some("Strasbourg"), ..clash }), "com-67482");
    // Neither name nor postal code agrees with the code: the commune is unknown, the département is what is left.
    assert_eq!(place(PlaceClues { city: Some("Colmar"), department_code: Some("67"), ..clash }), "dep-67");
    assert_eq!(place(PlaceClues { city: Some("Colmar"), department_code: None, ..clash }), "inconnu");
}

#[test]
fn corsica() {
    assert_eq!(place(old("AJACCIO", "20000", "2A")), "com-2A004");
    assert_eq!(place(old("Bastia", "20200", "2b")), "com-2B033");
    assert_eq!(place(PlaceClues { city_code: Some("2a004"), city: Some("Ajaccio"), ..PlaceClues::default() }), "com-2A004");
    // 20 is no département any more, and says neither half.
    assert_eq!(place(PlaceClues { department_code: Some("20"), ..PlaceClues::default() }), "inconnu");
    assert_eq!(place(PlaceClues { department: Some("CORSE DU SUD"), ..PlaceClues::default() }), "dep-2A");
}

#[test]
fn overseas_and_time_zones() {
    for (city, postal, departement, identifier, zone) in [
        ("Saint-Denis", "97400", "974", "com-97411", "Indian/Reunion"),
        ("Fort-de-France", "97200", "972", "com-97209", "America/Martinique"),
        ("Cayenne", "97300", "973", "com-97302", "America/Cayenne"),
        ("Mamoudzou", "97600", "976", "com-97611", "Indian/Mayotte"),
        ("Saint-Martin", "97150", "978", "com-97801", "America/Martinique"),
        ("Saint-Barthélemy", "97133", "977", "com-97701", "America/Martinique"),
        ("Saint-Pierre", "97500", "975", "com-97502", "America/Miquelon"),
        ("Papeete", "98714", "987", "com-98735", "Pacific/Tahiti"),
        ("Nouméa", "98800", "988", "com-98818", "Pacific/Noumea"),
    ] {
        assert_eq!(place(old(city, postal, departement)), identifier);
        assert_eq!(france().territory(france().resolve_place(&old(city, postal, departement))).time_zone, zone);
    }
    // Rémire-Montjoly typed with a postal code of Mayotte that does not exist: only the département that the document gives is left.
    assert_eq!(place(old("REMIRE MONTJOLY", "97654", "976")), "dep-976");
    // Soliguide's région codes of collectivities overseas.
    assert_eq!(place(PlaceClues { region_code: Some("PO"), ..PlaceClues::default() }), "dep-987");
    assert_eq!(place(PlaceClues { country: Some("RE"), department: Some("réunion"), ..PlaceClues::default() }), "dep-974");
}

#[test]
fn cedex() {
    assert_eq!(place(old("STRASBOURG CEDEX", "67070", "67")), "com-67482");
    assert_eq!(place(old("Colmar Cedex 9", "68025", "68")), "com-68066");
    // A post office that is no commune.
    assert_eq!(place(old("SAINTE CLOTILDE CEDEX", "97491", "974")), "dep-974");
    assert_eq!(place(PlaceClues { postal_code: Some("67070"), city: Some("Strasbourg Cedex"), ..PlaceClues::default() }), "inconnu");
}

#[test]
fn merged_communes() {
    // Bellegarde-sur-Valserine (01033) and Châtillon-en-Michaille (01091) are in Valserhône since 2019.
    assert_eq!(place(PlaceClues { city_code: Some("01091"), city: Some("Châtillon-en-Michaille"), ..PlaceClues::default() }), "com-01033");
    assert_eq!(place(old("BELLEGARDE SUR VALSERINE", "01200", "74")), "com-01033");
    assert_eq!(place(PlaceClues { city_code: Some("01091"), ..PlaceClues::default() }), "com-01033");
    // Renamed, not merged.
    assert_eq!(place(old("Capavenir Vosges", "88150", "88")), "com-88465");
    // Old and new département: Escaufourt (02285) went from the Aisne to the Nord.
    assert_eq!(place(PlaceClues { city_code: Some("02285"), city: Some("Escaufourt"), ..PlaceClues::default() }), "com-59545");
}

#[test]
fn foreign_places_are_never_french() {
    let spain = PlaceClues { country: Some("es"), ..old("Strasbourg", "67000", "08") };
    assert_eq!(place(spain), "pays-es");
    assert_eq!(place(PlaceClues { country: Some("ad"), department_code: Some("02"), ..PlaceClues::default() }), "pays-ad");
    assert_eq!(place(PlaceClues { country: Some("Belgique"), ..spain }), "pays-autre");
    assert_eq!(place(PlaceClues { country: Some("Atlantide"), ..spain }), "inconnu");
    assert_eq!(france().territory(france().resolve_place(&spain)).time_zone, "Europe/Madrid");
}

#[test]
fn departement_names() {
    for name in ["Bas-Rhin", "BAS RHIN", "bas-rhin"] {
        assert_eq!(place(PlaceClues { department: Some(name), ..PlaceClues::default() }), "dep-67");
    }
    assert_eq!(place(PlaceClues { departement: Some("Côte-d’Or"), ..PlaceClues::default() }), "dep-21");
    assert_eq!(place(PlaceClues { department_code: Some("00"), departement_code: Some("67"), ..PlaceClues::default() }), "dep-67");
    assert_eq!(place(PlaceClues { department: Some("Métropole de Lyon"), ..PlaceClues::default() }), "dep-69");
    // A région code is never a département: 44 in regionCode is the Grand Est.
    assert_eq!(place(PlaceClues { region_code: Some("44"), ..PlaceClues::default() }), "inconnu");
    assert_eq!(super::search(Clues { region_code: Some("44"), ..Clues::default() }), "reg-44");
}

#[test]
fn a_name_alone_is_no_place() {
    assert_eq!(place(PlaceClues { city: Some("Strasbourg"), ..PlaceClues::default() }), "inconnu");
    assert_eq!(place(PlaceClues { city: Some("Strasbourg"), department: Some("Bas-Rhin"), ..PlaceClues::default() }), "com-67482");
    assert_eq!(place(PlaceClues { city: Some("Strasbourg"), department_code: Some("68"), ..PlaceClues::default() }), "dep-68");
}
