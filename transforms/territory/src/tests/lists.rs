//! The lists as a whole.
use std::collections::BTreeMap;

use super::{france, place};
use crate::{
    CommuneCode, DepartementCode, EpciCode, Geography, Level, PlaceClues, ReferenceError, ReferenceTables, RegionCode, TerritoryId,
};

#[test]
fn ids_are_ordered_by_level_and_code() {
    let geography = france();
    assert_eq!(geography.len(), 45 + 34_969 + 1_255 + 109 + 18 + 1 + 3 + 1);
    let identifiers: Vec<(Level, String)> = geography.parts().map(|(_, part)| (part.level, part.to_string())).collect();
    assert!(identifiers.is_sorted() && !geography.is_empty());
    for (id, part) in geography.parts() {
        assert_eq!(geography.find(&part.to_string()), Some(id));
        assert!(geography.ancestors(id).all(|above| geography.territory(above).level > part.level && above > id));
        assert_eq!(geography.ancestors(id).last().is_some(), part.level < Level::France);
    }
    assert_eq!(geography.territory(TerritoryId(u32::MAX)).level, Level::Unknown);
    assert_eq!(geography.find("com-01091"), None);
    assert_eq!(geography.find("arr-67482"), None);
    assert_eq!(geography.find("com-75101"), None);
    assert_eq!(geography.find("pays-fr"), None);
}

#[test]
fn every_commune_is_found_by_code_and_by_postal_code() {
    let geography = france();
    let mut by_name = 0;
    for commune in geography.communes() {
        let upper = commune.nom.to_uppercase();
        let clues = PlaceClues { city_code: Some(commune.code.as_str()), city: Some(&upper), ..PlaceClues::default() };
        assert_eq!(place(clues), format!("com-{}", commune.code));
        let bare = crate::slug(&commune.nom);
        let clues = PlaceClues { department_code: Some(commune.departement.as_str()), city: Some(&bare), ..PlaceClues::default() };
        by_name += usize::from(place(clues) == format!("com-{}", commune.code));
    }
    // Names are unique within a département but for one pair or two.
    assert!(by_name > 34_960, "{by_name}");
    let mut ambiguous = 0;
    for number in 0..100_000 {
        for id in geography.of_postal(number) {
            let postal = format!("{number:05}");
            let part = geography.territory(*id);
            let city = geography.name(geography.commune_id(part.commune.unwrap()).unwrap());
            let found = geography.resolve_place(&PlaceClues { city_code: Some(&postal), city: Some(city), ..PlaceClues::default() });
            let same_city = geography.territory(found).commune == part.commune;
            ambiguous += usize::from(!same_city);
            assert!(same_city || geography.territory(found).level > Level::Commune, "{postal} led to another commune");
        }
    }
    assert!(ambiguous <= 4, "{ambiguous}");
}

#[test]
fn populations_add_up() {
    let geography = france();
    let mut epcis: BTreeMap<EpciCode, u32> = BTreeMap::new();
    let mut departements: BTreeMap<DepartementCode, u32> = BTreeMap::new();
    let mut regions: BTreeMap<RegionCode, u32> = BTreeMap::new();
    for commune in geography.communes() {
        let count = commune.population.unwrap_or(0);
        *departements.entry(commune.departement).or_default() += count;
        if let Some(code) = commune.epci {
            *epcis.entry(code).or_default() += count;
        }
        if let Some(code) = commune.region {
            *regions.entry(code).or_default() += count;
        }
    }
    assert!(geography.epcis().iter().all(|row| epcis[&row.code] == row.population && geography.epci(row.code) == Some(row)));
    assert!(geography.departements().iter().all(|row| departements[&row.code] == row.population));
    assert!(geography.regions().iter().all(|row| regions[&row.code] == row.population && geography.region(row.code) == Some(row)));
    assert_eq!(geography.population(geography.france_id()), Some(regions.values().sum()));
    let boroughs: u32 = geography.boroughs().iter().map(|row| row.population.unwrap()).sum();
    let cities: u32 =
        ["com-75056", "com-69123", "com-13055"].iter().map(|city| geography.population(geography.find(city).unwrap()).unwrap()).sum();
    assert_eq!(boroughs, cities);
    assert_eq!(geography.population(geography.unknown_id()), None);
    assert_eq!(geography.borough(CommuneCode::parse("75119").unwrap()).unwrap().nom, "Paris 19e Arrondissement");
    assert_eq!(geography.commune(CommuneCode::parse("01091").unwrap()), None);
}

#[test]
fn the_border_crossing_epci_have_no_departement() {
    let crossing = france().epcis().iter().filter(|epci| epci.departements.len() > 1).count();
    let parts = france().parts().filter(|(_, part)| part.level == Level::Epci && part.departement.is_none()).count();
    assert_eq!((crossing, parts), (89, 89));
}

#[test]
fn broken_lists_are_refused() {
    let good = crate::reference_tables!("/../../datasets/reference");
    let build = |tables: ReferenceTables<'_>| Geography::from_csv(&tables).unwrap_err();
    assert!(matches!(
        build(ReferenceTables { regions: b"code_region,nom\n", ..good }),
        ReferenceError::Column { file: "regions.csv", column: "population" }
    ));
    let twice = b"code_region,nom,population\n44,Grand Est,1\n44,Grand Est,1\n";
    assert!(matches!(build(ReferenceTables { regions: twice, ..good }), ReferenceError::Duplicate { line: 3, .. }));
    assert!(matches!(
        build(ReferenceTables { regions: b"code_region,nom,population\n", ..good }),
        ReferenceError::Dangling { file: "departements.csv", .. }
    ));
    assert!(matches!(
        build(ReferenceTables { codes_postaux: b"code_postal,code_insee\n67000,99999\n", ..good }),
        ReferenceError::Dangling { line: 2, .. }
    ));
    assert!(matches!(
        build(ReferenceTables { codes_postaux: b"code_postal,code_insee\n6700,67482\n", ..good }),
        ReferenceError::Value { column: "code_postal", .. }
    ));
    assert!(matches!(
        build(ReferenceTables { pays: b"code_pays,variante\n\xff,x\n", ..good }),
        ReferenceError::Csv { file: "pays.csv", .. }
    ));
    assert!(matches!(build(ReferenceTables { pays: b"code_pays,variante\nfr,x,y\n", ..good }), ReferenceError::Csv { .. }));
    let message = build(ReferenceTables { regions: twice, ..good }).to_string();
    assert!(message.contains("regions.csv, line 3") && message.contains("rebuild"), "{message}");
}
