#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! The real sample is read alike in every form, and mistakes are refused without telling their content.

mod common;

use common::{canonical, shared_lines};
use serde::de::DeserializeSeed;
use serde_json::{Value, json};
use solidata_anonymise::contract::{DocumentSeed, FieldSink, Moment, PlaceDoc, SearchDoc, Trail};
use std::collections::BTreeSet;

#[test]
fn the_sample_reads_alike_in_every_form() {
    let Some(lines) = shared_lines("soliguide/lieux_sample.ndjson") else { return };
    assert_eq!(lines.len(), 142);
    let mut online = 0;
    let mut services = 0;
    for line in &lines {
        let relaxed: PlaceDoc = serde_json::from_str(line).unwrap();
        let value: Value = serde_json::from_str(line).unwrap();
        let again: PlaceDoc = serde_json::from_str(&canonical(&value).to_string()).unwrap();
        assert_eq!(relaxed, again);
        let document = bson::Document::try_from(value.as_object().unwrap().clone()).unwrap();
        let bytes = document.to_vec().unwrap();
        let from_bson: PlaceDoc = bson::deserialize_from_slice(&bytes).unwrap();
        assert_eq!(relaxed, from_bson);
        let raw = bson::RawDocument::from_bytes(&bytes).unwrap();
        let from_raw: PlaceDoc = bson::deserialize_from_bson(bson::Bson::Document(raw.try_into().unwrap())).unwrap();
        assert_eq!(relaxed, from_raw);
        if relaxed.status.as_deref() == Some("ONLINE") {
            online += 1;
            services += relaxed.services.len();
            assert!(relaxed.position.as_ref().unwrap().location.coordinates.len() == 2);
        }
    }
    assert_eq!((online, services), (29, 32));
}

#[derive(Default)]
struct Names(BTreeSet<String>);

impl FieldSink for Names {
    fn skipped(&mut self, parent: &Trail<'_>, key: &str) {
        self.0.insert(format!("{parent}|{key}"));
    }
}

#[test]
fn skipped_keys_are_named() {
    let text = r#"{"lieu_id": 1, "createdBy": "x", "entity": {"mail": "y"}, "services_all": [{"close": {"why": 1}}], "new": {"deep": 2}}"#;
    let mut names = Names::default();
    DocumentSeed::<PlaceDoc>::new(&mut names).deserialize(&mut serde_json::Deserializer::from_str(text)).unwrap();
    let names: Vec<_> = names.0.into_iter().collect();
    assert_eq!(names, ["entity|mail", "services_all[].close|why", "|createdBy", "|new"]);
}

#[test]
fn numbers_and_blanks_are_lenient() {
    for n in [
        json!(7),
        json!(7.0),
        json!({"$numberInt": "7"}),
        json!({"$numberLong": "7"}),
        json!({"$numberLong": 7}),
        json!({"$numberDouble": "7.0"}),
    ] {
        let doc: PlaceDoc = serde_json::from_value(json!({"lieu_id": n})).unwrap();
        assert_eq!(doc.lieu_id, Some(7));
    }
    for blank in [Value::Null, json!(""), json!([])] {
        let doc = json!({"lieu_id": blank, "name": blank, "position": blank, "services_all": blank, "languages": blank, "newhours": blank,
            "publics": blank, "modalities": {"inconditionnel": blank}});
        assert_eq!(serde_json::from_value::<PlaceDoc>(doc).unwrap(), PlaceDoc::default());
    }
}

#[test]
fn mistakes_are_named_without_their_content() {
    let secret = "jean dupont";
    for (doc, path) in [
        (json!({"lieu_id": secret}), "lieu_id"),
        (json!({"lieu_id": 7.5}), "lieu_id"),
        (json!({"lieu_id": {"$numberInt": secret}}), "lieu_id"),
        (json!({"name": {"a": secret}}), "name"),
        (json!({"name": [secret]}), "name"),
        (json!({"position": secret}), "position"),
        (json!({"position": [secret]}), "position"),
        (json!({"services_all": secret}), "services_all"),
        (json!({"services_all": {"a": secret}}), "services_all"),
        (json!({"services_all": [secret]}), "services_all[]"),
        (json!({"services_all": [{"close": {"actif": secret}}]}), "services_all[].close.actif"),
        (json!({"languages": [{"a": secret}]}), "languages[]"),
        (json!({"position": {"location": {"coordinates": [secret]}}}), "position.location.coordinates[]"),
    ] {
        let error = serde_json::from_str::<PlaceDoc>(&doc.to_string()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{path}: ")), "{error}");
        assert!(!error.contains("jean"), "{error}");
    }
    let error = serde_json::from_str::<PlaceDoc>("\"jean dupont\"").unwrap_err().to_string();
    assert!(!error.contains("jean"), "{error}");
}

#[test]
fn dates_that_are_none_are_told_apart() {
    let at = |v: Value| serde_json::from_value::<PlaceDoc>(json!({"createdAt": v})).unwrap().created_at;
    assert_eq!(at(Value::Null), Moment::Absent);
    assert_eq!(at(json!({"$date": "2022-03-04T14:14:09.556Z"})), Moment::At(1_646_403_249_556));
    assert_eq!(at(json!({"$date": {"$numberLong": "-1"}})), Moment::At(-1));
    for odd in [
        json!(""),
        json!([]),
        json!(0),
        json!(1.5),
        json!(true),
        json!("2022-03-04T14:14:09.556Z"),
        json!({}),
        json!({"$date": 1.5}),
        json!({"$date": "x"}),
        json!({"$date": 1, "x": 2}),
        json!({"x": 2, "$date": 1}),
        json!([1]),
    ] {
        assert_eq!(at(odd.clone()), Moment::NotADate, "{odd}");
    }
}

#[test]
fn the_example_search_is_read() {
    let text = r#"{"_id":{"$oid":"65f1c0de0000000000000001"},"adminSearch":false,"category":"food_packages","categories":[],"languages":null,"location":{"areas":{"codePostal":"67000","departement":"Bas-Rhin","departementCode":"67","pays":"fr","region":"Grand Est","regionCode":"44","ville":"Strasbourg","city":"Strasbourg","cityCode":"67482","department":"Bas-Rhin","departmentCode":"67","postalCode":"67000","slugs":{"department":null,"country":"fr","region":null,"city":null,"ville":null,"departement":null,"pays":"france"}},"coordinates":[7.7521,48.5734],"distance":10000,"geoType":"position","geoValue":"12-rue-des-orphelins-67000-strasbourg","label":"12 Rue des Orphelins, 67000 Strasbourg","region":"Grand Est","country":"fr","city":"Strasbourg","department":"Bas-Rhin","postalCode":"67000"},"modalities":{},"nbResults":17,"options":{"limit":20,"page":1},"placeType":"LIEU","publics":{"administrative":[],"familialle":[],"gender":[],"other":[]},"userData":{"email":null,"language":"fr","orgaId":null,"orgaName":null,"origin":"SOLIGUIDE","referrer":null,"role":null,"status":"NOT_LOGGED","territory":null,"userName":"","user_id":null},"word":null,"searchType":"CATEGORY","slug":"food_packages","createdAt":{"$date":"2024-03-13T15:06:54.120Z"},"updatedAt":{"$date":"2024-03-13T15:06:54.120Z"},"__v":0}"#;
    let doc: SearchDoc<'_> = serde_json::from_str(text).unwrap();
    assert_eq!(doc.created_at, Moment::At(1_710_342_414_120));
    assert_eq!(doc.category.as_deref(), Some("food_packages"));
    assert!(matches!(doc.category, Some(std::borrow::Cow::Borrowed(_))), "borrowed where it can be");
    assert_eq!((doc.nb_results, doc.page, doc.word.as_deref()), (Some(17), Some(1), None));
    assert_eq!(doc.location.areas.as_ref().unwrap().city_code.as_deref(), Some("67482"));
    assert_eq!(doc.user.status.as_deref(), Some("NOT_LOGGED"));
    assert!(!doc.user.has_referrer);

    let value = canonical(&serde_json::from_str(text).unwrap()).to_string();
    assert_eq!(serde_json::from_str::<SearchDoc<'_>>(&value).unwrap(), doc);
    let bytes = bson::Document::try_from(serde_json::from_str::<serde_json::Map<String, Value>>(text).unwrap()).unwrap().to_vec().unwrap();
    assert_eq!(bson::deserialize_from_slice::<SearchDoc<'_>>(&bytes).unwrap(), doc);
}

#[test]
fn ids_of_accounts_have_three_forms() {
    let id = |v: Value| {
        let text =
            json!({"userData": {"user_id": v, "orgaId": v, "referrer": "x"}, "user": v, "languages": [null, "ar", "uk"]}).to_string();
        let doc: SearchDoc<'_> = serde_json::from_str(&text).unwrap();
        assert_eq!(doc.user.user_id, doc.user.orga_id);
        assert_eq!(doc.user.user_id, doc.user.legacy_user);
        assert_eq!(doc.languages.as_deref(), Some("ar"));
        assert!(doc.user.has_referrer);
        doc.user.user_id.map(|text| text.into_owned())
    };
    assert_eq!(id(json!("a")), Some("a".to_owned()));
    assert_eq!(id(json!(12)), Some("12".to_owned()));
    assert_eq!(id(json!(12.0)), Some("12".to_owned()));
    assert_eq!(id(json!({"$oid": "65F1C0DE0000000000000001"})), Some("65f1c0de0000000000000001".to_owned()));
    assert_eq!(id(Value::Null), None);
    assert!(serde_json::from_str::<SearchDoc<'_>>("null").is_err());
    assert!(serde_json::from_str::<SearchDoc<'_>>(r#"{"word": 3}"#).is_err());
}

#[test]
fn every_type_of_bson_is_read_or_refused() {
    use bson::{Binary, Bson, DateTime, Decimal128, JavaScriptCodeWithScope, Timestamp, doc, spec::BinarySubtype};
    let odd: Vec<Bson> = vec![
        Bson::Decimal128(Decimal128::from_bytes([1; 16])),
        Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: vec![1, 2] }),
        Bson::Timestamp(Timestamp { time: 1, increment: 2 }),
        Bson::MinKey,
        Bson::MaxKey,
        Bson::Symbol("x".into()),
        Bson::JavaScriptCode("x".into()),
        Bson::JavaScriptCodeWithScope(JavaScriptCodeWithScope { code: "x".into(), scope: doc! {"a": 1} }),
        Bson::DateTime(DateTime::from_millis(5)),
        Bson::ObjectId(bson::oid::ObjectId::from_bytes([1; 12])),
    ];
    for value in odd {
        let skipped = doc! {"lieu_id": 3_i64, "new": value.clone(), "position": {"location": {"coordinates": [2_i32, 48.5]}}};
        let read: PlaceDoc = bson::deserialize_from_slice(&skipped.to_vec().unwrap()).unwrap();
        assert_eq!(read.lieu_id, Some(3));
        assert_eq!(read.position.unwrap().location.coordinates, [2.0, 48.5]);
        for wanted in [
            doc! {"lieu_id": value.clone()},
            doc! {"status": value.clone()},
            doc! {"services_all": value.clone()},
            doc! {"position": value.clone()},
        ] {
            let read = bson::deserialize_from_slice::<PlaceDoc>(&wanted.to_vec().unwrap());
            assert!(
                read.is_err() || matches!(value, Bson::Symbol(_) | Bson::JavaScriptCode(_)) || wanted.contains_key("position"),
                "{value:?}"
            );
        }
    }
    let dates = doc! {"createdAt": DateTime::from_millis(-5), "updatedAt": Bson::Null, "updatedByUserAt": "2024", "lieu_id": 2.0};
    let read: PlaceDoc = bson::deserialize_from_slice(&dates.to_vec().unwrap()).unwrap();
    assert_eq!((read.created_at, read.updated_at, read.updated_by_user_at), (Moment::At(-5), Moment::Absent, Moment::NotADate));
    assert_eq!(read.lieu_id, Some(2));
}
