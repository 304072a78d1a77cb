//! The places of the real snapshot (`../shared`, which is not part of the repository).
use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::france;
use crate::{Level, PlaceClues};

/// The shared folder. Where it is missing the test fails in CI and is skipped elsewhere.
fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("SOLIDATA_SHARED").map_or_else(
        || {
            PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into()))
                .join("../../../shared")
        },
        PathBuf::from,
    );
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "../shared is missing");
    println!("SKIPPED: ../shared is missing");
    None
}

#[test]
fn the_real_places_resolve() {
    let Some(shared) = shared() else { return };
    let text = std::fs::read_to_string(shared.join("soliguide/lieux_sample.ndjson")).unwrap();
    let mut levels: BTreeMap<Level, usize> = BTreeMap::new();
    let mut coarse = Vec::new();
    for line in text.split('\n').filter(|line| !line.is_empty()) {
        let place: Value = serde_json::from_str(line).unwrap();
        let position = &place["position"];
        let field = |name: &str| position[name].as_str();
        let clues = PlaceClues {
            country: field("country"),
            city_code: field("cityCode"),
            city: field("city"),
            ville: field("ville"),
            postal_code: field("postalCode"),
            code_postal: field("codePostal"),
            department_code: field("departmentCode"),
            departement_code: field("departementCode"),
            department: field("department"),
            departement: field("departement"),
            region_code: field("regionCode"),
        };
        let part = france().territory(france().resolve_place(&clues));
        // Every place of the snapshot gives its département, and none of the wrong ones is of a commune that could be known.
        assert_eq!(
            part.departement.map(|code| code.to_string()).as_deref(),
            field("departmentCode").filter(|_| part.level < Level::Foreign)
        );
        *levels.entry(part.level).or_default() += 1;
        if part.level > Level::Commune {
            coarse.push(place["lieu_id"].to_string());
        }
    }
    println!("{levels:?}, not at commune level: {coarse:?}");
    assert_eq!(levels.values().sum::<usize>(), 142);
    // Rémire-Montjoly typed with a postal code of Mayotte, and a CEDEX of a post office that is no commune.
    assert_eq!(coarse, ["44", "54"]);
}
