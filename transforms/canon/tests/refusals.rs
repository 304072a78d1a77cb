//! What is not let through, and what the error says of it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use arrow::array::*;
use arrow::datatypes::{DataType, Field, Schema};
use common::*;
use proptest::prelude::*;
use solidata_canon::*;
use std::sync::Arc;

fn row(territoire: &str, rang: i64) -> Row {
    Row { territoire: territoire.into(), rang, nom: None, statut: None, taux: None, date: None, ouvert: None }
}

fn refused(batches: &[RecordBatch]) -> CanonError {
    let mut writer = TableWriter::new(&spec(), Vec::new(), Vec::new()).unwrap();
    for batch in batches {
        if let Err(e) = writer.write(batch) {
            // After an error nothing more goes in or comes out.
            assert!(matches!(writer.write(&common::batch(&[])), Err(CanonError::Poisoned { .. })));
            assert!(matches!(writer.finish(), Err(CanonError::Poisoned { .. })));
            return e;
        }
    }
    writer.finish().unwrap_err()
}

/// The batch with one column put in another's place.
fn with(batch: &RecordBatch, position: usize, name: &str, column: ArrayRef) -> RecordBatch {
    let mut fields: Vec<_> = batch.schema().fields().iter().map(|f| f.as_ref().clone()).collect();
    fields[position] = Field::new(name, column.data_type().clone(), true);
    let mut columns = batch.columns().to_vec();
    columns[position] = column;
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

#[test]
fn order_and_uniqueness_across_batches() {
    let two = |a: Row, b: Row| refused(&[batch(&[a]), batch(&[b])]);
    let e = two(row("dep-67", 2), row("dep-67", 1));
    assert!(matches!(&e, CanonError::Order { row: 2, key, .. } if key == "territoire_id=dep-67, rang=1"), "{e}");
    let e = two(row("dep-67", 2), row("dep-67", 2));
    assert!(matches!(e, CanonError::Duplicate { row: 2, .. }), "{e}");
    // By bytes: upper case before lower case, é after z.
    assert!(matches!(refused(&[batch(&[row("a", 1), row("B", 1)])]), CanonError::Order { .. }));
    assert!(matches!(refused(&[batch(&[row("é", 1), row("z", 1)])]), CanonError::Order { .. }));
    // Over the edge of a chunk.
    let mut rows = many_rows(8_193);
    rows[8_192] = rows[8_191].clone();
    assert!(matches!(refused(&[batch(&rows)]), CanonError::Duplicate { row: 8_193, .. }));
    rows[8_192] = rows[0].clone();
    assert!(matches!(refused(&[batch(&rows)]), CanonError::Order { row: 8_193, .. }));
}

#[test]
fn columns_and_types() {
    let good = batch(&[row("a", 1)]);
    let swapped = good.project(&[1, 0, 2, 3, 4, 5, 6]).unwrap();
    assert!(matches!(refused(&[swapped]), CanonError::Columns { .. }));
    assert!(matches!(refused(&[good.project(&[0, 1, 2]).unwrap()]), CanonError::Columns { .. }));
    assert!(matches!(refused(&[with(&good, 2, "Nom", good.column(2).clone())]), CanonError::Columns { .. }));
    let e = refused(&[with(&good, 4, "taux", Arc::new(Float64Array::from(vec![1.0])))]);
    assert!(matches!(&e, CanonError::Type { column, found, .. } if column == "taux" && found == "Float64"), "{e}");
    for column in [Arc::new(StringArray::from(vec!["1"])) as ArrayRef, Arc::new(BinaryArray::from(vec![b"1".as_slice()]))] {
        assert!(matches!(refused(&[with(&good, 1, "rang", column)]), CanonError::Type { .. }));
    }
    // A column that a query says nothing of is null everywhere, where it may be.
    let nothing = with(&good, 2, "nom", new_null_array(&DataType::Null, 1));
    assert_eq!(written(&spec(), &[nothing]).2, written(&spec(), &[good]).2);
}

#[test]
fn values() {
    let rows = [row("a", 1), row("b", 1)];
    let fault = |position: usize, name: &str, column: ArrayRef| match refused(&[
        batch(&[row("A", 0)]),
        with(&batch(&rows), position, name, column),
    ]) {
        CanonError::Value { column, row: 3, fault, dataset } if column == name && dataset == "essai" => fault,
        other => panic!("{other}"),
    };
    let text = |t: Option<&str>| Arc::new(StringArray::from(vec![Some("b"), t])) as ArrayRef;
    assert_eq!(fault(0, "territoire_id", text(None)), Fault::Null);
    assert_eq!(fault(2, "nom", text(Some(""))), Fault::EmptyText);
    for control in ["a\0", "\r", "\u{7f}", "\u{85}", "a\u{9f}b", "\u{1b}[0m"] {
        assert_eq!(fault(2, "nom", text(Some(control))), Fault::Control, "{control:?}");
    }
    assert_eq!(fault(3, "statut", Arc::new(StringArray::from(vec!["secret", "Secret"]))), Fault::NotListed);
    let decimal = |v: i128, scale| Arc::new(Decimal128Array::from(vec![0, v]).with_precision_and_scale(38, scale).unwrap()) as ArrayRef;
    assert_eq!(fault(4, "taux", decimal(12_345, 4)), Fault::Inexact);
    assert_eq!(fault(4, "taux", decimal(10i128.pow(12), 3)), Fault::TooLarge);
    assert_eq!(fault(5, "date_maj", Arc::new(Date32Array::from(vec![0, 2_932_897]))), Fault::DateRange);
    assert_eq!(fault(1, "rang", Arc::new(UInt64Array::from(vec![0, u64::MAX]))), Fault::TooLarge);
}

#[test]
fn patterns_match_whole_values() {
    let fault = |pattern: &str, value: &str| {
        let spec = spec_with("type = \"string\"\nnull = true", &format!("type = \"string\"\nnull = true\npattern = '{pattern}'"));
        let mut bad = row("a", 1);
        bad.nom = Some(value.into());
        conform(&batch(&[bad]), &spec).map(|_| ()).map_err(|e| match e {
            CanonError::Value { fault, .. } => fault,
            other => panic!("{other}"),
        })
    };
    for pattern in ["[0-9]{5}", "^[0-9]{5}$", "0|[0-9]{5}", "^0$|^[0-9]{5}$"] {
        assert_eq!(fault(pattern, "01053"), Ok(()), "{pattern}");
        for bad in ["010530", "x01053", "01053\n", "01053 "] {
            assert_eq!(fault(pattern, bad), Err(Fault::Pattern), "{pattern} {bad:?}");
        }
    }
}

#[test]
fn contracts_that_no_row_could_hold_to() {
    let wrong = |from: &str, to: &str| Conformer::new(&spec_with(from, to)).unwrap_err().to_string();
    assert!(wrong("null = true", "null = true\npattern = '('").contains("pattern"));
    assert!(wrong("null = true", "null = true\npattern = 'a)(b'").contains("pattern"));
    assert!(wrong("type = \"integer\"", "type = \"integer\"\npattern = '1'").contains("string"));
    assert!(wrong("[\"publie\",", "[\"\",").contains("empty"));
    let example = |from: &str, to: &str| table_schema(&spec_with(from, to)).unwrap_err().to_string();
    assert!(example("example = \"12\"", "example = \"012\"").contains("example"));
    assert!(example("example = \"publie\"", "example = \"public\"").contains("example"));
    assert!(example("example = \"3.250\"", "example = \"3.25\"").contains("example"));
    let mut nullable = spec();
    nullable.contract.columns[0].null = true;
    assert!(Conformer::new(&nullable).is_err());
}

#[test]
fn csv_of_another_form() {
    let read = |text: &str| {
        let contract = spec().contract;
        read_csv(text.as_bytes(), &contract).and_then(|batches| batches.collect::<Result<Vec<_>, _>>()).unwrap_err().to_string()
    };
    const HEADER: &str = "territoire_id,rang,nom,statut,taux,date_maj,ouvert\n";
    assert!(read("").contains("header"));
    assert!(read("rang,territoire_id,nom,statut,taux,date_maj,ouvert\n").contains("header"));
    for (line, word) in [
        ("a,1,,,,\n", "6 fields"),
        ("a,,,,,,\n", "column 'rang': a value is promised"),
        ("a,01,,,,,\n", "column 'rang': not in the form"),
        ("a,1,,,1.5,,\n", "column 'taux': not in the form"),
        ("a,1,,,,2024-02-30,\n", "column 'date_maj': not in the form"),
        ("a,1,,,,,vrai\n", "column 'ouvert': not in the form"),
    ] {
        let e = read(&format!("{HEADER}z,1,,,,,\n{line}"));
        assert!(e.contains(word) && e.contains("record 2"), "{e}");
    }
}

#[test]
fn a_damaged_parquet_is_an_error() {
    let (_, parquet, _) = written(&spec(), &[batch(&many_rows(100))]);
    assert!(logical_digest_of_parquet(bytes::Bytes::from(parquet[..parquet.len() / 2].to_vec())).is_err());
    assert!(logical_digest_of_parquet(bytes::Bytes::new()).is_err());
}

proptest! {
    /// No error of a value says the value.
    #[test]
    fn errors_do_not_repeat_values(secret in "[a-z]{12}", control in "[\u{1}\u{7f}\r]") {
        let mut bad = row("a", 1);
        bad.nom = Some(format!("{secret}{control}"));
        let e = refused(&[batch(&[bad])]);
        let said = format!("{e} {e:?}");
        prop_assert!(!said.contains(&secret));
    }
}
