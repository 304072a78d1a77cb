#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! The policies name the whole contract, and nothing that they drop comes out.

mod common;
#[path = "common/world.rs"]
mod world;

use common::shared_lines;
use serde::de::DeserializeSeed;
use serde_json::{Map, Value, json};
use solidata_anonymise::contract::{DocumentSeed, PlaceDoc, SearchDoc};
use solidata_anonymise::net::{NetParams, NetRule};
use solidata_anonymise::place::publish_places;
use solidata_anonymise::policy::{Action, Policy, UnknownFields};
use solidata_anonymise::{Aggregate, Door, SearchEvent};
use std::collections::BTreeSet;
use world::WORLD;

/// Paths of all leaves of a document, items of lists of objects as `[]`.
fn leaves(path: &str, value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) if !fields.keys().next().is_some_and(|key| key.starts_with('$')) => {
            for (key, value) in fields {
                leaves(&if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, value, out);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for item in items {
                leaves(&format!("{path}[]"), item, out);
            }
        }
        _ => {
            out.insert(path.to_owned());
        }
    }
}

#[test]
fn every_path_of_the_sample_is_named() {
    let Some(lines) = shared_lines("soliguide/lieux_sample.ndjson") else { return };
    let policy = Policy::lieux().unwrap();
    let mut paths = BTreeSet::new();
    let mut unknown = UnknownFields::new(&policy);
    for line in &lines {
        leaves("", &serde_json::from_str(line).unwrap(), &mut paths);
        DocumentSeed::<PlaceDoc>::new(&mut unknown).deserialize(&mut serde_json::Deserializer::from_str(line)).unwrap();
    }
    // A list of objects that is empty everywhere looks like a leaf; the policy names what is in it.
    let unnamed: Vec<&String> = paths.iter().filter(|path| !policy.knows(path)).collect();
    assert!(unnamed.is_empty(), "{unnamed:?}");
    assert!(unknown.seen().is_empty(), "{:?}", unknown.seen());
    assert!(paths.len() > 400);
}

/// The contract of `search` as SOURCE describes it.
const SEARCH_CONTRACT: &str = "_id __v createdAt updatedAt adminSearch category categories word searchType suggestionType slug languages
    location.geoType location.geoValue location.label location.coordinates location.distance location.region location.department location.city
    location.postalCode location.country location.areas.codePostal location.areas.postalCode location.areas.ville location.areas.city
    location.areas.cityCode location.areas.departement location.areas.department location.areas.departementCode
    location.areas.departmentCode location.areas.region location.areas.regionCode location.areas.pays location.areas.slugs.country
    location.areas.slugs.pays location.areas.slugs.city location.areas.slugs.ville location.areas.slugs.department
    location.areas.slugs.departement location.areas.slugs.region modalities.animal modalities.appointment modalities.inconditionnel
    modalities.inscription modalities.orientation modalities.pmr modalities.price publics.accueil publics.age publics.administrative
    publics.familialle publics.gender publics.other nbResults openToday options.limit options.page options.sortBy options.sortValue
    placeType user userData.email userData.userName userData.user_id userData.orgaId userData.orgaName userData.referrer userData.language
    userData.origin userData.role userData.status userData.territory userData.userObjectId";

/// What SOURCE says of `lieux` beyond the sample.
const PLACE_CONTRACT_BEYOND_THE_SAMPLE: &str =
    "position.isManualAddress entity.name entity.phone entity.phone2 entity.phones[].label users structureTypes
    modalities.thermalComfort.heated modalities.thermalComfort.airConditioned services_all[].modalities.thermalComfort.heated
    sources[].name sources[].ids[].id sources[].ids[].url sources[].isOrigin sources[].license newhours.monday.show newhours.monday.week
    newhours.h24 services_all[].serviceObjectId services_all[].categorySpecificFields.nationalOriginProductType
    services_all[].categorySpecificFields.usageModality services_all[].saturated.precision campaigns.END_YEAR_2024.general.updated
    parcours[].position.location.coordinates slugs.infos.name";

#[test]
fn every_path_of_the_written_contract_is_named() {
    let search = Policy::search().unwrap();
    for path in SEARCH_CONTRACT.split_whitespace() {
        assert!(search.rule(path).is_some(), "{path}");
    }
    let lieux = Policy::lieux().unwrap();
    for path in PLACE_CONTRACT_BEYOND_THE_SAMPLE.split_whitespace() {
        assert!(lieux.rule(path).is_some(), "{path}");
    }
}

/// Sets a leaf of a document; lists get one item.
fn set(value: &mut Value, path: &str, leaf: Value) {
    let (head, rest) = path.split_once('.').map_or((path, None), |(head, rest)| (head, Some(rest)));
    let (key, list) = head.strip_suffix("[]").map_or((head, false), |key| (key, true));
    if !value.is_object() {
        *value = json!({});
    }
    let slot = value.as_object_mut().unwrap().entry(key.to_owned()).or_insert(Value::Null);
    let Some(rest) = rest else {
        *slot = leaf;
        return;
    };
    if list {
        if !slot.is_array() {
            *slot = json!([{}]);
        }
        set(&mut slot.as_array_mut().unwrap()[0], rest, leaf);
    } else {
        set(slot, rest, leaf);
    }
}

/// All paths: the leaves that are named, and one below each subtree.
fn paths(policy: &Policy, toml: &str) -> Vec<(String, Action)> {
    let mut all: Vec<(String, Action)> = policy.leaves().map(|(path, rule)| (path.to_owned(), rule.action)).collect();
    for line in toml.lines().filter(|line| line.starts_with("path")) {
        for part in line.split(['"', ',', '{', '}']).filter(|part| part.ends_with(".**")) {
            let path = part.replace("**", "deep.token");
            if policy.action(&path) == Some(Action::Drop) {
                all.push((path, Action::Drop));
            }
        }
    }
    all
}

fn token(n: usize) -> String {
    format!("zq{:08x}{}", (n as u32).wrapping_mul(2_654_435_761), char::from(b'a' + (n % 26) as u8))
}

#[test]
fn no_token_of_a_dropped_field_leaves_a_place() {
    let policy = Policy::lieux().unwrap();
    let mut doc = Value::Object(Map::new());
    let mut tokens = Vec::new();
    let paths = paths(&policy, Policy::LIEUX_TOML);
    assert!(paths.iter().filter(|(_, action)| *action == Action::Drop).count() > 60);
    for (n, (path, action)) in paths.iter().enumerate() {
        tokens.push((token(n), path.clone(), *action));
        if *action == Action::Drop {
            set(&mut doc, path, json!(token(n)));
        }
    }
    // Wanted fields have values of their type; texts carry their token.
    for (n, (path, action)) in paths.iter().enumerate().filter(|(_, (_, action))| *action != Action::Drop) {
        let leaf = path.rsplit('.').next().unwrap();
        let value = match leaf {
            "lieu_id" | "accueil" | "min" => json!(0),
            "max" => json!(99),
            "start" => json!(900),
            "end" => json!(1700),
            "coordinates" => json!([2.35, 48.86]),
            "open" | "actif" | "inconditionnel" | "checked" | "isSpecialPhoneNumber" | "isOrigin" => json!(true),
            _ if leaf.starts_with("different") => json!(true),
            "gender" | "administrative" | "familialle" | "other" | "languages" => json!([token(n)]),
            _ if leaf.starts_with("date") || leaf.ends_with("At") => json!({"$date": "2024-08-15T12:00:00Z"}),
            _ => json!(token(n)),
        };
        set(&mut doc, path, value);
        assert_ne!(*action, Action::Hash);
    }
    let mut counted = 0;
    // Once as open as a place can be, once with the protections that the filled fields ask for.
    for protected in [false, true] {
        let mut doc = doc.clone();
        for (path, value) in [
            ("lieu_id", json!(1)),
            ("status", json!("ONLINE")),
            ("visibility", json!("ALL")),
            ("country", json!("fr")),
            ("position.country", json!("fr")),
            ("position.pays", json!("fr")),
            ("placeType", json!("LIEU")),
            ("position.departmentCode", json!("75")),
            ("position.postalCode", json!("75003")),
            ("entity.website", json!("https://www.exemple.org/?q=secret")),
            ("entity.phones[].phoneNumber", json!("01 42 00 00 00")),
            ("services_all[].category", json!("food_distribution")),
            ("services_all[].saturated.status", json!("HIGH")),
        ] {
            set(&mut doc, path, value);
        }
        if !protected {
            set(&mut doc, "modalities.orientation.checked", json!(false));
            set(&mut doc, "services_all[].modalities.orientation.checked", json!(false));
        }
        let outcome = publish_places(vec![serde_json::from_value(doc).unwrap()], &WORLD.context());
        assert_eq!((outcome.places.len(), outcome.services.len()), (1, 1));
        let text = format!("{:?} {:?} {:?} {:?}", outcome.places, outcome.services, outcome.counts, outcome.quarantine).to_lowercase();
        for (token, path, action) in &tokens {
            let may = matches!(path.as_str(), "name" | "sources[].name")
                || !protected && matches!(path.as_str(), "seo_url" | "position.address" | "position.adresse");
            if text.contains(token) {
                assert!(*action != Action::Drop && may, "{path}");
                counted += 1;
            }
        }
        assert_eq!(text.contains("0142000000"), !protected);
        assert!(!text.contains("secret"));
    }
    assert!(counted >= 5, "{counted}");
}

#[test]
fn no_token_leaves_a_search() {
    let policy = Policy::search().unwrap();
    let paths = paths(&policy, Policy::SEARCH_TOML);
    let mut doc = json!({});
    for (n, (path, _)) in paths.iter().enumerate() {
        let leaf = path.rsplit('.').next().unwrap();
        let value = match path.as_str() {
            "_id" => json!({"$oid": "66bdeee00000000000000001"}),
            "createdAt" => json!({"$date": "2024-08-15T12:00:00Z"}),
            "adminSearch" | "openToday" => json!(false),
            "nbResults" | "options.page" | "publics.accueil" | "publics.age" => json!(1),
            "categories" => json!([token(n)]),
            _ if path.starts_with("modalities.") && policy.action(path) == Some(Action::Hash) => json!(true),
            _ if path.starts_with("publics.") && matches!(leaf, "administrative" | "familialle" | "gender" | "other") => json!([token(n)]),
            _ => json!(token(n)),
        };
        set(&mut doc, path, value);
    }
    let text = doc.to_string();
    let mut unknown = UnknownFields::new(&policy);
    let read: SearchDoc<'_> = DocumentSeed::new(&mut unknown).deserialize(&mut serde_json::Deserializer::from_str(&text)).unwrap();
    assert!(unknown.seen().is_empty(), "{:?}", unknown.seen());
    let door = Door::new(&WORLD.geography, &WORLD.localities, &WORLD.categories, &WORLD.keys);
    let event = door.event(&read).unwrap();
    let mut rule = NetRule::new(NetParams::default(), &WORLD.localities);
    let mut sum = Aggregate::default();
    let mut rows = Vec::new();
    let mut decisions = Vec::new();
    rule.push(event, &mut |d| decisions.push(d)).unwrap();
    rule.finish(&mut |d| decisions.push(d));
    for decision in &decisions {
        sum.add(decision, &mut |_, _| {});
    }
    sum.finish(&mut |_, month| rows.extend(month));
    assert_eq!(rows.len(), 1);
    let out = [format!("{rows:?} {decisions:?} {event:?}").into_bytes(), event.to_bytes().to_vec()].concat();
    let contains = |needle: &[u8]| out.windows(needle.len()).any(|window| window == needle);
    for (n, (path, _)) in paths.iter().enumerate() {
        assert!(!contains(&token(n).as_bytes()[..6]), "{path}");
    }
    assert_eq!(SearchEvent::from_bytes(&event.to_bytes()).unwrap(), event);
}
