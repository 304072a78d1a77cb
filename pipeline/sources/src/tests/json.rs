//! The JSON scanner against `serde_json`.

use super::{anything, cases, fast_both, field, number, record, search_json, slow, style, text};
use proptest::prelude::*;

proptest! {
    #![proptest_config(cases(300))]

    /// On well-formed JSON the two say the same, whatever the order and spelling of keys and values.
    #[test]
    fn well_formed_documents_read_as_serde_reads_them(json in search_json(), style in style()) {
        let text = style.document(&json);
        prop_assert_eq!(fast_both(&text).ok(), slow(&text).ok());
    }

    /// Any value in the place of a document.
    #[test]
    fn any_value_is_judged_as_serde_judges_it(json in anything(), style in style()) {
        let text = style.document(&json);
        prop_assert_eq!(fast_both(&text).ok(), slow(&text).ok());
    }

    /// Damaged text: what serde accepts is accepted with the same content; nothing panics.
    #[test]
    fn damaged_documents_are_never_read_otherwise(json in search_json(), style in style(), edits in prop::collection::vec(any::<(u16, u8, u8)>(), 1..4)) {
        if let Some(text) = damage(&style.document(&json), &edits) {
            let fast = fast_both(&text).ok();
            if let Ok(slow) = slow(&text) {
                prop_assert_eq!(fast, Some(slow));
            }
        }
    }

    /// One edit of a document of wanted fields only: broken JSON is never accepted.
    #[test]
    fn broken_wanted_parts_are_refused(json in strict(), style in style(), edit in any::<(u16, u8, u8)>()) {
        if let Some(text) = damage(&style.document(&json), &[edit]) {
            // Inside a wrong object that stands for a date, or after a key has become an unknown one, less is looked at.
            prop_assert_eq!(fast_both(&text).ok(), slow(&text).ok(), "{}", text);
        }
    }

    /// Numbers, also wrong ones.
    #[test]
    fn numbers_are_judged_as_serde_judges_them(n in "[-+0-9.eE]{0,12}") {
        let text = format!("{{\"nbResults\":{n}}}");
        prop_assert_eq!(fast_both(&text).ok(), slow(&text).ok());
    }

    #[test]
    fn strings_are_judged_as_serde_judges_them(inner in "(\\\\[\"\\\\/bfnrtuxU0-9a-fA-F]|\\\\u[dD][89a-fA-F][0-9a-f]{2}|[ -~é\\x00-\\x20]){0,20}") {
        let text = format!("{{\"word\":\"{inner}\"}}");
        prop_assert_eq!(fast_both(&text).ok(), slow(&text).ok());
    }
}

/// Fields that hold no object, so that every byte is looked at.
fn strict() -> BoxedStrategy<super::Json> {
    let plain = |kind: &'static str| {
        field(kind).prop_filter("no objects", |json| !matches!(json, super::Json::Object(_) | super::Json::List(_))).boxed()
    };
    let publics = record_of(vec![
        ("age", number().boxed()),
        ("gender", prop::collection::vec(text().prop_map(super::Json::Text), 0..3).prop_map(super::Json::List).boxed()),
    ]);
    record_of(vec![
        ("word", plain("text")),
        ("category", plain("text")),
        ("openToday", plain("flag")),
        ("nbResults", plain("whole")),
        ("publics", publics),
    ])
}

/// Like [`record`], without unknown fields.
fn record_of(fields: Vec<(&'static str, BoxedStrategy<super::Json>)>) -> BoxedStrategy<super::Json> {
    let known: Vec<_> = fields.iter().map(|(key, _)| *key).collect();
    record(fields)
        .prop_map(move |json| match json {
            super::Json::Object(fields) => {
                super::Json::Object(fields.into_iter().filter(|(key, _)| known.contains(&key.as_str())).collect())
            }
            other => other,
        })
        .boxed()
}

/// Replaces, inserts or removes bytes; `None` when the result is no UTF-8.
fn damage(text: &str, edits: &[(u16, u8, u8)]) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    for &(at, how, with) in edits {
        let at = at as usize % (bytes.len() + 1);
        // Half of the new bytes are ones that mean something.
        let with = if with < 128 { with } else { b"\"\\{}[]:,0-.e nt\n"[with as usize % 16] };
        match how % 4 {
            0 => bytes.insert(at, with),
            1 if at < bytes.len() => {
                bytes.remove(at);
            }
            2 => bytes.truncate(at),
            _ if at < bytes.len() => bytes[at] = with,
            _ => {}
        }
    }
    String::from_utf8(bytes).ok()
}

#[test]
fn the_example_of_the_specification() {
    let doc = super::common::search(5).to_string();
    assert_eq!(fast_both(&doc).unwrap(), slow(&doc).unwrap());
    let canonical = super::common::canonical(&super::common::search(5)).to_string();
    assert_eq!(fast_both(&canonical).unwrap(), slow(&doc).unwrap());
}

#[test]
fn the_last_of_a_repeated_key_counts() {
    for text in [
        r#"{"location":{"city":"a","areas":{"city":"b"}},"location":{"region":"c"}}"#,
        r#"{"location":{"city":"a"},"location":null}"#,
        r#"{"userData":{"email":"a"},"user":"b","userData":{}}"#,
        r#"{"categories":["a"],"categories":null,"options":{"page":2},"options":""}"#,
        r#"{"location":{"areas":{"city":"b"},"areas":[]}}"#,
    ] {
        assert_eq!(fast_both(text).unwrap(), slow(text).unwrap(), "{text}");
    }
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| format!("{{\"slug\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(fast_both(&nested(100)).is_ok());
    assert!(fast_both(&nested(200)).is_err());
    let wrappers = |depth: usize| format!("{{\"createdAt\":{}1{}}}", "{\"$date\":".repeat(depth), "}".repeat(depth));
    assert!(fast_both(&wrappers(50)).unwrap().contains("NotADate"));
    assert!(fast_both(&wrappers(100_000)).is_err());
}
