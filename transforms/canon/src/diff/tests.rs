use super::*;
use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema},
};
use proptest::prelude::*;
use solidata_model::{Changes, Contract, DatasetSpec, Indicator, RowCounts, SchemaLevel};
use std::{collections::BTreeMap, sync::Arc};

fn contract(version: &str, columns: &[&str]) -> Contract {
    let mut schema = format!("version = \"{version}\"\n");
    for column in columns {
        let (name, rest) = column.split_once(' ').unwrap();
        schema += &format!("[[column]]\nname = \"{name}\"\nfr = \"F\"\nen = \"E\"\nsince = \"1.0.0\"\n{}\n", rest.replace("; ", "\n"));
    }
    let dataset =
        "title_fr = \"T\"\ntitle_en = \"T\"\ndescription_fr = \"D\"\nlicence = \"etalab-2.0\"\ncadence = \"monthly\"\nfeeds = \"supply\"\n";
    let first = columns[0].split_once(' ').unwrap().0;
    DatasetSpec::parse("essai", &format!("{dataset}sort_key = [\"{first}\"]\n"), &schema).unwrap().contract
}

#[test]
fn the_policy_of_versions_is_what_the_table_says() {
    use SchemaLevel::{Major, Minor, Patch};
    const A: &str = "a type = \"string\"";
    const B: &str = "b type = \"integer\"";
    let key = ["a".to_owned()];
    let level =
        |before: &[&str], after: &[&str]| SchemaDiff::of((&contract("1.0.0", before), &key), (&contract("1.0.0", after), &key)).level();
    assert_eq!(level(&[A, B], &[A, B]), None);
    for (after, expected) in [
        (vec![A], Major),
        (vec![A, "c type = \"integer\""], Major),
        (vec![B, A], Major),
        (vec![A, "b type = \"string\""], Major),
        (vec![A, "b type = \"integer\"; null = true"], Major),
        (vec![A, B, "c type = \"string\""], Minor),
        (vec!["c type = \"string\"", A, B], Minor),
        (vec!["a type = \"string\"; example = \"x\"", B], Patch),
        (vec!["a type = \"string\"; pattern = \"x\"", B], Major),
        (vec!["a type = \"string\"; values = [\"x\"]", B], Minor),
    ] {
        assert_eq!(level(&[A, B], &after), Some(expected), "{after:?}");
    }
    let listed = |values: &str| format!("a type = \"string\"; values = [{values}]");
    let of = |before: &str, after: &str| level(&[&listed(before)], &[&listed(after)]);
    assert_eq!(of("\"x\"", "\"x\", \"y\""), Some(Minor));
    assert_eq!(of("\"x\", \"y\"", "\"x\""), Some(Major));
    assert_eq!(level(&[A, "b type = \"integer\"; null = true"], &[A, B]), Some(Minor));
    let other_key = SchemaDiff::of((&contract("1.0.0", &[A, B]), &key), (&contract("1.0.0", &[A, B]), &["b".to_owned()]));
    assert_eq!(other_key.level(), Some(Major));
}

#[test]
fn a_version_says_at_least_what_changed() {
    let key = ["a".to_owned()];
    let check = |from: &str, to: &str, after: &[&str]| {
        SchemaDiff::of((&contract(from, &["a type = \"string\""]), &key), (&contract(to, after), &key)).check()
    };
    let added = ["a type = \"string\"", "b type = \"string\""];
    assert_eq!(check("1.2.3", "1.3.0", &added), Ok(()));
    assert_eq!(check("1.2.3", "2.0.0", &added), Ok(()));
    assert_eq!(check("1.2.3", "1.2.3", &["a type = \"string\""]), Ok(()));
    assert_eq!(check("1.2.3", "1.2.4", &added).unwrap_err(), "this is a minor change (b: added), and the version went from 1.2.3 to 1.2.4");
    assert!(check("1.2.3", "1.3.0", &["b type = \"string\""]).unwrap_err().contains("major change (a: removed)"));
    assert!(check("1.2.3", "1.2.2", &["a type = \"string\""]).unwrap_err().contains("went back"));
    assert!(check("1.2", "1.3", &added).is_err());
}

type Table = BTreeMap<String, (i64, Option<String>)>;

fn batches(table: &Table, size: usize) -> Vec<RecordBatch> {
    let rows: Vec<_> = table.iter().collect();
    let fields =
        vec![Field::new("k", DataType::Utf8, false), Field::new("n", DataType::Int64, false), Field::new("t", DataType::Utf8, true)];
    let schema = Arc::new(Schema::new(fields));
    rows.chunks(size)
        .map(|rows| {
            let columns: Vec<ArrayRef> = vec![
                Arc::new(StringArray::from_iter_values(rows.iter().map(|r| r.0))),
                Arc::new(Int64Array::from_iter_values(rows.iter().map(|r| r.1.0))),
                Arc::new(rows.iter().map(|r| r.1.1.as_deref()).collect::<StringArray>()),
            ];
            RecordBatch::try_new(schema.clone(), columns).unwrap()
        })
        .collect()
}

proptest! {
    #[test]
    fn rows_are_counted_as_by_hand(
        a in proptest::collection::btree_map("[a-d]{1,2}", (0i64..3, proptest::option::of("[xy]")), 0..20),
        b in proptest::collection::btree_map("[a-d]{1,2}", (0i64..3, proptest::option::of("[xy]")), 0..20),
        (p, q) in (1usize..7, 1usize..7),
    ) {
        let mut heard = BTreeMap::new();
        let mut listener = |what: RowChange, key: String| {
            heard.insert(key, what);
        };
        let found = rows_diff(&mut batches(&a, p).into_iter().map(Ok), &mut batches(&b, q).into_iter().map(Ok), &["k"], &[], &mut listener).unwrap();
        let mut wanted = BTreeMap::new();
        for key in a.keys().chain(b.keys()) {
            match (a.get(key), b.get(key)) {
                (Some(_), None) => drop(wanted.insert(key.clone(), RowChange::Removed)),
                (None, Some(_)) => drop(wanted.insert(key.clone(), RowChange::Added)),
                (x, y) if x != y => drop(wanted.insert(key.clone(), RowChange::Changed)),
                _ => {}
            }
        }
        let count = |what| wanted.values().filter(|w| **w == what).count() as u64;
        let expected = RowCounts {
            before: a.len() as u64,
            after: b.len() as u64,
            added: count(RowChange::Added),
            removed: count(RowChange::Removed),
            changed: count(RowChange::Changed),
        };
        prop_assert_eq!(found, expected);
        prop_assert_eq!(heard, wanted);
        let ignored = rows_diff(&mut batches(&a, q).into_iter().map(Ok), &mut batches(&b, p).into_iter().map(Ok), &["k"], &["n", "t"], &mut |_, _| {}).unwrap();
        prop_assert_eq!((ignored.changed, ignored.added), (0, expected.added));
    }
}

type Figure<'a> = (&'a str, &'a str, &'a str, Option<i64>);

fn figures(rows: &[Figure<'_>]) -> RecordBatch {
    let text = |of: &dyn Fn(&Figure<'_>) -> String| Arc::new(rows.iter().map(|r| Some(of(r))).collect::<StringArray>()) as ArrayRef;
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("mois", text(&|r| r.0.into())),
        ("territoire_id", text(&|r| r.1.into())),
        ("territoire_libelle", text(&|r| r.2.into())),
        ("recherches", Arc::new(rows.iter().map(|r| r.3).collect::<Int64Array>())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap()
}

#[test]
fn what_is_withheld_now_is_not_told_of_before() {
    let declared = |by_territory: bool, sum: Option<&str>| Indicator {
        id: "i".into(),
        fr: "Recherches".into(),
        en: "Searches".into(),
        rows: [("mois".to_owned(), vec!["{mois}".to_owned()])].into(),
        sum: sum.map(str::to_owned),
        by_territory,
    };
    let of = |declared: &[Indicator], month: &str, rows: &[(&str, &str, &str, Option<i64>)]| {
        indicators(&mut rows.chunks(2).map(|r| Ok(figures(r))), declared, month.parse().unwrap()).unwrap()
    };
    let then = [
        ("2024-08", "dep-67", "Bas-Rhin", Some(12)),
        ("2024-08", "dep-68", "Haut-Rhin", Some(40)),
        ("2024-07", "dep-67", "Bas-Rhin", Some(9)),
        ("2024-08", "dep-90", "Belfort", None),
        ("2024-08", "dep-01", "Ain", Some(30)),
    ];
    let now = [
        ("2024-09", "dep-67", "Bas-Rhin (67)", None),
        ("2024-09", "dep-68", "Haut-Rhin", Some(44)),
        ("2024-09", "dep-90", "Belfort", Some(11)),
    ];
    let by = [declared(true, Some("recherches"))];
    let changes = compare_indicators(&by, Some(&of(&by, "2024-08", &then)), &of(&by, "2024-09", &now));
    let told: Vec<_> = changes
        .iter()
        .map(|c| (c.territoire_id.as_deref().unwrap(), c.territoire_libelle.as_deref().unwrap(), c.before, c.after))
        .collect();
    assert_eq!(
        told,
        [
            ("dep-01", "Ain", Some(30), Some(0)),
            ("dep-67", "Bas-Rhin (67)", None, None),
            ("dep-68", "Haut-Rhin", Some(40), Some(44)),
            ("dep-90", "Belfort", None, Some(11)),
        ]
    );
    for (all, wanted) in [([declared(false, None)], (Some(4), Some(3))), ([declared(false, Some("recherches"))], (None, None))] {
        let changes = compare_indicators(&all, Some(&of(&all, "2024-08", &then)), &of(&all, "2024-09", &now));
        assert_eq!((changes[0].before, changes[0].after), wanted);
        assert_eq!(of(&all, "2024-10", &now)[0].1[0].value, Some(0));
    }
    assert!(indicators(&mut [Ok(figures(&now))].into_iter(), &[declared(true, Some("mois"))], "2024-09".parse().unwrap()).is_err());
}

#[test]
fn the_page_tells_what_the_document_tells() {
    let changes: Changes = serde_json::from_value(serde_json::json!({
        "format": Changes::FORMAT, "release": "releases/2024-09/r2", "since": "releases/2024-09/r1", "reason": "Adresses mal géocodées",
        "datasets": [{
            "dataset": "structures", "presence": "kept",
            "schema": {"from": "1.0.0", "to": "2.0.0", "level": "major", "changes": [{"column": "nom", "what": "removed", "level": "major"}]},
            "rows": {"before": 1200, "after": 1199, "added": 1, "removed": 2, "changed": 3},
            "keys": {"added": ["lieu-9"], "removed": [{"key": "lieu-1", "reason": "retirée"}, {"key": "lieu-2", "reason": "retirée"}], "changed": ["lieu-3"]},
            "indicators": [{"id": "s", "fr": "Structures | publiées", "en": "P", "before": 1200, "after": 1199}],
        }],
    }))
    .unwrap();
    let page = changes_page(&changes);
    for line in [
        "# Ce que change `releases/2024-09/r2`",
        "Par rapport à `releases/2024-09/r1`.",
        "Motif de la correction : Adresses mal géocodées.",
        "- Schéma : version 1.0.0 puis 2.0.0, évolution majeure.",
        "  - `nom` : retirée.",
        "- Lignes : 1\u{202f}200 avant, 1\u{202f}199 après ; 1 ajoutées, 2 retirées, 3 modifiées.",
        "- Lignes retirées : `lieu-1`, `lieu-2`.",
        "| Structures \\| publiées | – | 1\u{202f}200 | 1\u{202f}199 | \u{2212}1 |",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
}
