//! The fast readers against slow ones, on documents that no one would write.

#[path = "../../tests/common/mod.rs"]
mod common;

mod binary;
mod blocks;
mod hostile;
mod json;
mod soup;

use crate::cursor::Fault;
use crate::json::JsonCursor;
use crate::search;
use crate::unknown::{Policies, Unknown};
use proptest::prelude::*;
use solidata_anonymise::contract::SearchDoc;

/// How many cases a property is tried on: more with optimisation, and `SOLIDATA_FUZZ` times as many when that is set.
fn cases(few: u32) -> ProptestConfig {
    let times = std::env::var("SOLIDATA_FUZZ").ok().and_then(|times| times.parse().ok()).unwrap_or(1);
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(few * times * if cfg!(debug_assertions) { 1 } else { 10 }) }
}

/// A JSON value as it is written: keys may repeat, numbers keep their spelling.
#[derive(Debug, Clone)]
enum Json {
    /// `null`, `true`, `false` or a number.
    Bare(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// How a value is spelled.
#[derive(Debug, Clone, Copy)]
struct Style {
    /// Which characters are written as escapes, and where white space stands; any number will do.
    seed: u64,
    spaces: bool,
    escapes: bool,
}

impl Style {
    fn roll(&mut self, of: u64) -> bool {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33).is_multiple_of(of)
    }

    fn space(&mut self, out: &mut String) {
        while self.spaces && self.roll(3) {
            out.push([' ', '\t', '\r', ' '][self.seed as usize >> 40 & 3]);
        }
    }

    fn text(&mut self, text: &str, out: &mut String) {
        out.push('"');
        for c in text.chars() {
            if self.escapes && self.roll(4) {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            } else if c == '/' && self.escapes {
                out.push_str("\\/");
            } else {
                let plain = serde_json::to_string(&c).unwrap();
                out.push_str(&plain[1..plain.len() - 1]);
            }
        }
        out.push('"');
    }

    fn write(&mut self, json: &Json, out: &mut String) {
        match json {
            Json::Bare(bare) => out.push_str(bare),
            Json::Text(text) => self.text(text, out),
            Json::List(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    out.push_str(if i > 0 { "," } else { "" });
                    self.space(out);
                    self.write(item, out);
                    self.space(out);
                }
                self.space(out);
                out.push(']');
            }
            Json::Object(fields) => {
                out.push('{');
                for (i, (key, value)) in fields.iter().enumerate() {
                    out.push_str(if i > 0 { "," } else { "" });
                    self.space(out);
                    self.text(key, out);
                    self.space(out);
                    out.push(':');
                    self.space(out);
                    self.write(value, out);
                    self.space(out);
                }
                self.space(out);
                out.push('}');
            }
        }
    }

    fn document(mut self, json: &Json) -> String {
        let mut out = String::new();
        self.space(&mut out);
        self.write(json, &mut out);
        self.space(&mut out);
        out
    }
}

fn style() -> impl Strategy<Value = Style> {
    (any::<u64>(), any::<bool>(), any::<bool>()).prop_map(|(seed, spaces, escapes)| Style { seed, spaces, escapes })
}

fn object(fields: &[(&str, Json)]) -> Json {
    Json::Object(fields.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

fn bare(text: &str) -> Json {
    Json::Bare(text.to_owned())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-z-]{1,40}",
        // What a careless scanner would trip over.
        "[\\[\\]{}\",:\\\\\u{2028}éß😀\n\t\u{0}-\u{3}/]{0,80}",
        any::<String>(),
    ]
}

fn number() -> impl Strategy<Value = Json> {
    prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        any::<u64>().prop_map(|n| n.to_string()),
        (-20i64..20).prop_map(|n| n.to_string()),
        (-20i64..20).prop_map(|n| format!("{n}.0")),
        any::<f64>().prop_filter("JSON has no such number", |x| x.is_finite()).prop_map(|x| format!("{x:?}")),
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,2})?",
    ]
    .prop_map(Json::Bare)
}

/// Extended JSON, right and wrong.
fn wrapped() -> impl Strategy<Value = Json> {
    let wrap = |key: &'static str, value: Json| object(&[(key, value)]);
    prop_oneof![
        "[0-9a-fA-F]{24}".prop_map(move |hex| wrap("$oid", Json::Text(hex))),
        (1000u32..9999, 1u32..14, 1u32..32, 0u32..25, 0u32..1_000_000, prop::sample::select(vec!["Z", "+02:00", "", "z"]))
            .prop_map(move |(y, m, d, h, f, zone)| wrap("$date", Json::Text(format!("{y}-{m:02}-{d:02}T{h:02}:07:09.{f}{zone}")))),
        any::<i64>().prop_map(move |ms| wrap("$date", wrap("$numberLong", Json::Text(ms.to_string())))),
        any::<i64>().prop_map(move |ms| wrap("$date", Json::Bare(ms.to_string()))),
        (prop::sample::select(vec!["$numberInt", "$numberLong", "$numberDouble"]), number()).prop_map(move |(key, n)| match n {
            Json::Bare(digits) => wrap(key, Json::Text(digits)),
            other => wrap(key, other),
        }),
        (prop::sample::select(vec!["$oid", "$date", "$numberInt", "$numberDouble", "$other"]), text())
            .prop_map(move |(key, value)| wrap(key, Json::Text(value))),
        Just(object(&[("$numberInt", Json::Text("5".into())), ("more", bare("1"))])),
        Just(wrap("$numberDouble", Json::Text("NaN".into()))),
    ]
}

fn leaf() -> impl Strategy<Value = Json> {
    prop_oneof![
        4 => text().prop_map(Json::Text),
        2 => prop::sample::select(vec!["null", "true", "false"]).prop_map(bare),
        2 => number(),
        2 => wrapped(),
    ]
}

/// Any value at all.
fn anything() -> impl Strategy<Value = Json> {
    leaf().prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::List),
            prop::collection::vec((text(), inner), 0..5).prop_map(Json::Object),
        ]
    })
}

/// Mostly what the contract wants for a field of this kind.
fn field(kind: &'static str) -> BoxedStrategy<Json> {
    let right: BoxedStrategy<Json> = match kind {
        "text" => text().prop_map(Json::Text).boxed(),
        "texts" => prop::collection::vec(prop_oneof![text().prop_map(Json::Text), Just(bare("null"))], 0..4).prop_map(Json::List).boxed(),
        "flag" => prop::sample::select(vec!["true", "false"]).prop_map(bare).boxed(),
        "whole" => prop_oneof![(-5i64..500).prop_map(|n| Json::Bare(n.to_string())), number(), wrapped()].boxed(),
        _ => wrapped().boxed(),
    };
    let blank = prop_oneof![Just(bare("null")), Just(Json::Text(String::new())), Just(Json::List(Vec::new()))];
    prop_oneof![20 => right, 4 => blank, 1 => anything()].boxed()
}

/// Some of these fields in any order, with fields that nobody knows among them, and some twice.
fn record(fields: Vec<(&'static str, BoxedStrategy<Json>)>) -> BoxedStrategy<Json> {
    let known: Vec<_> = fields.into_iter().map(|(key, value)| value.prop_map(move |value| (key.to_owned(), value)).boxed()).collect();
    let most = known.len() + 3;
    let one = prop_oneof![12 => proptest::strategy::Union::new(known), 1 => (text(), anything())];
    prop::collection::vec(one, 0..most).prop_map(Json::Object).boxed()
}

/// A search document, with all the fields of the contract.
fn search_json() -> BoxedStrategy<Json> {
    let of = |kind: &'static str, keys: &[&'static str]| keys.iter().map(|key| (*key, field(kind))).collect::<Vec<_>>();
    let or_else = |strategy: BoxedStrategy<Json>| prop_oneof![15 => strategy, 1 => field("text"), 1 => anything()].boxed();
    let mut areas = of(
        "text",
        &[
            "pays",
            "region",
            "regionCode",
            "department",
            "departement",
            "departmentCode",
            "departementCode",
            "city",
            "ville",
            "cityCode",
            "postalCode",
            "codePostal",
        ],
    );
    areas.push(("slugs", anything().boxed()));
    let mut location = of("text", &["geoType", "geoValue", "country", "region", "department", "city", "postalCode"]);
    location.extend([("areas", or_else(record(areas))), ("label", anything().boxed()), ("coordinates", anything().boxed())]);
    let mut publics = of("texts", &["administrative", "familialle", "gender", "other"]);
    publics.extend(of("whole", &["accueil", "age"]));
    let modalities = of("flag", &["animal", "appointment", "inconditionnel", "inscription", "orientation", "pmr", "price"]);
    let mut options = of("whole", &["page"]);
    options.push(("limit", anything().boxed()));
    let mut user = of("text", &["status", "origin", "language", "email", "orgaName", "referrer"]);
    user.extend(of("wrapped", &["user_id", "userObjectId", "orgaId"]));
    user.extend([("userName", anything().boxed()), ("orgaId", field("text")), ("user_id", field("text"))]);
    let mut root = of("text", &["category", "word", "languages", "placeType"]);
    root.extend(of("wrapped", &["_id", "createdAt", "user"]));
    root.extend(of("flag", &["adminSearch", "openToday"]));
    root.extend(of("texts", &["categories", "languages"]));
    root.extend(of("whole", &["nbResults"]));
    root.extend([
        ("options", or_else(record(options))),
        ("publics", or_else(record(publics))),
        ("modalities", or_else(record(modalities))),
        ("location", or_else(record(location))),
        ("userData", or_else(record(user))),
        ("updatedAt", anything().boxed()),
        ("__v", anything().boxed()),
    ]);
    record(root)
}

fn unknown() -> Unknown<'static> {
    Unknown::new(&Policies::get().unwrap().search)
}

/// The fast reading; the text goes on after the record as it does in a block.
fn fast<'a>(block: &'a str, end: usize) -> Result<SearchDoc<'a>, Fault> {
    let mut doc = SearchDoc::default();
    let mut cursor = JsonCursor::new(block, 0, end);
    search::read(&mut cursor, &mut doc, &mut unknown())?;
    cursor.finish()?;
    Ok(doc)
}

/// `fast` on a record with and without bytes after it; both must agree.
fn fast_both(record: &str) -> Result<String, Fault> {
    let block = format!("{record}\n{{\"category\":\"next\"}}\n{}", "\0".repeat(crate::json::PAD));
    let alone = fast(record, record.len()).map(|doc| format!("{doc:?}"));
    let in_block = fast(&block, record.len()).map(|doc| format!("{doc:?}"));
    assert_eq!(alone.as_ref().ok(), in_block.as_ref().ok(), "what follows the record must not matter");
    alone
}

/// The reference.
fn slow(record: &str) -> Result<String, serde_json::Error> {
    serde_json::from_str::<SearchDoc<'_>>(record).map(|doc| format!("{doc:?}"))
}
