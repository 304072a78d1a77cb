use super::*;
use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema},
};
use proptest::prelude::*;
use solidata_model::{Contract, DatasetSpec, SchemaLevel};
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
        let found = rows_diff(&mut batches(&a, p).into_iter().map(Ok), &mut batches(&b, q).into_iter().map(Ok), &["k"], &[]).unwrap();
        let both = || a.iter().filter_map(|(k, x)| Some((x, b.get(k)?)));
        let mut columns = BTreeMap::new();
        for (name, n) in [("n", both().filter(|(x, y)| x.0 != y.0).count()), ("t", both().filter(|(x, y)| x.1 != y.1).count())] {
            if n > 0 {
                columns.insert(name.to_owned(), n as u64);
            }
        }
        let expected = RowsDiff {
            before: a.len() as u64,
            after: b.len() as u64,
            added: b.keys().filter(|k| !a.contains_key(*k)).count() as u64,
            removed: a.keys().filter(|k| !b.contains_key(*k)).count() as u64,
            changed: both().filter(|(x, y)| x != y).count() as u64,
            columns,
        };
        prop_assert_eq!(&found, &expected);
        let ignored = rows_diff(&mut batches(&a, q).into_iter().map(Ok), &mut batches(&b, p).into_iter().map(Ok), &["k"], &["n", "t"]).unwrap();
        prop_assert_eq!((ignored.changed, ignored.added), (0, expected.added));
    }
}
