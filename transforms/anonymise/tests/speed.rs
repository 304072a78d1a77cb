#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! How long a document, an event and a place take. Run with `cargo test --release -p solidata-anonymise --test speed -- --ignored --nocapture`.

mod common;
#[path = "common/world.rs"]
mod world;

use common::shared_lines;
use solidata_anonymise::contract::{PlaceDoc, SearchDoc};
use solidata_anonymise::net::{NetParams, NetRule};
use solidata_anonymise::place::publish_places;
use solidata_anonymise::{Aggregate, Door, SearchEvent};
use world::WORLD;

/// Nanoseconds that this thread has had a core.
fn cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

fn documents(count: u64) -> Vec<String> {
    let cities = [
        ("67482", "Strasbourg", "67000"),
        ("67180", "Haguenau", "67500"),
        ("67447", "Schiltigheim", "67300"),
        ("68224", "Mulhouse", "68100"),
    ];
    (0..count)
        .map(|n| {
            let (code, city, postal) = cities[(n % 4) as usize];
            let (status, user) = if n % 5 == 0 { ("PRO", format!("\"u{}\"", n % 300)) } else { ("NOT_LOGGED", "null".to_owned()) };
            let kind = if n % 2 == 0 { "LIEU" } else { "PARCOURS_MOBILE" };
            let seconds = 1_704_067_200 + n * 7;
            format!(r#"{{"_id":{{"$oid":"{seconds:08x}{n:016x}"}},"adminSearch":false,"category":"food_packages","categories":[],"languages":null,"location":{{"areas":{{"codePostal":"{postal}","departement":"Bas-Rhin","departementCode":"67","pays":"fr","region":"Grand Est","regionCode":"44","ville":"{city}","city":"{city}","cityCode":"{code}","department":"Bas-Rhin","departmentCode":"67","postalCode":"{postal}"}},"geoType":"ville","geoValue":"{city}-{postal}","country":"fr"}},"modalities":{{}},"nbResults":17,"options":{{"limit":20,"page":1}},"placeType":"{kind}","publics":{{"administrative":[],"familialle":[],"gender":["women"],"other":[]}},"userData":{{"email":null,"language":"fr","orgaId":null,"orgaName":null,"origin":"SOLIGUIDE","referrer":null,"status":"{status}","user_id":{user}}},"word":null,"createdAt":{{"$date":{{"$numberLong":"{}"}}}}}}"#, seconds * 1_000 + 120)
        })
        .collect()
}

#[test]
#[ignore = "a measurement"]
fn searches() {
    let texts = documents(200_000);
    let docs: Vec<SearchDoc<'_>> = texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    let door = Door::new(&WORLD.geography, &WORLD.localities, &WORLD.categories, &WORLD.keys);
    for _ in 0..3 {
        let start = cpu();
        // Few documents again and again: a reader hands each over while it is still in the cache.
        let mut sum = 0;
        for n in 0..2_000_000 {
            sum ^= door.event(&docs[n % 1_000]).unwrap().collapse;
        }
        println!("door: {} ns a document ({})", (cpu() - start) / 2_000_000, sum % 10);
        let events: Vec<SearchEvent> = docs.iter().map(|doc| door.event(doc).unwrap()).collect();
        let mut rule = NetRule::new(NetParams::default(), &WORLD.localities);
        let mut sum = Aggregate::default();
        let mut rows = 0;
        let start = cpu();
        for event in &events {
            rule.push(*event, &mut |d| sum.add(&d, &mut |_, r| rows += r.len())).unwrap();
        }
        rule.finish(&mut |d| sum.add(&d, &mut |_, r| rows += r.len()));
        sum.finish(&mut |_, r| rows += r.len());
        println!("net rule and rows: {} ns an event, {rows} rows", (cpu() - start) / events.len() as u64);
    }
}

#[test]
#[ignore = "a measurement"]
fn places() {
    let Some(lines) = shared_lines("soliguide/lieux_sample.ndjson") else { return };
    let online: Vec<PlaceDoc> = lines
        .iter()
        .map(|line| serde_json::from_str::<PlaceDoc>(line).unwrap())
        .filter(|doc| doc.status.as_deref() == Some("ONLINE"))
        .collect();
    let docs: Vec<PlaceDoc> = (0..60_000)
        .map(|n| {
            let mut doc = online[n % online.len()].clone();
            doc.lieu_id = Some(n as i64 + 1);
            doc.name = doc.name.map(|name| format!("{name} {n}"));
            doc.seo_url = doc.seo_url.map(|page| format!("{page}-{n}"));
            doc
        })
        .collect();
    let start = cpu();
    let outcome = publish_places(docs, &WORLD.context());
    println!("{} places in {} ms", outcome.places.len(), (cpu() - start) / 1_000_000);
}
