use super::*;
use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema},
};
use solidata_canon::{TableWriter, table_schema};
use solidata_model::DatasetSpec;
use std::{fs, sync::Arc};

const ROWS: usize = 70_000;
const SCHEMA: &str = "version = \"1.0.0\"\n[[column]]\nname = \"code\"\ntype = \"string\"\nfr = \"C\"\nen = \"C\"\nsince = \"1.0.0\"\n\
                      [[column]]\nname = \"n\"\ntype = \"integer\"\nfr = \"N\"\nen = \"N\"\nsince = \"1.0.0\"\n";
const DATASET: &str = "title_fr = \"E\"\ntitle_en = \"E\"\ndescription_fr = \"E\"\nlicence = \"etalab-2.0\"\ncadence = \"monthly\"\nfeeds = \"supply\"\n\
                       sort_key = [\"code\"]\n";

struct World {
    dir: tempfile::TempDir,
    schema: Vec<u8>,
}

/// A table of two row groups, written twice; in the second its values are those of `change`.
fn world(change: impl Fn(usize) -> i64) -> World {
    let dir = tempfile::tempdir().unwrap();
    let spec = DatasetSpec::parse("essai", DATASET, SCHEMA).unwrap();
    for (side, values) in [("a", &change as &dyn Fn(usize) -> i64), ("b", &|row| row as i64 % 977)] {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values((0..ROWS).map(|r| format!("{r:06}")))),
            Arc::new(Int64Array::from_iter_values((0..ROWS).map(values))),
        ];
        let fields = vec![Field::new("code", DataType::Utf8, false), Field::new("n", DataType::Int64, false)];
        let at = |end: &str| File::create(dir.path().join(format!("{side}.{end}"))).unwrap();
        let mut writer = TableWriter::new(&spec, at("parquet"), at("csv")).unwrap();
        writer.write(&RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()).unwrap();
        writer.finish().unwrap();
    }
    World { dir, schema: table_schema(&spec).unwrap() }
}

impl World {
    fn compare(&self, end: &str) -> (Verdict, Option<Difference>) {
        let at = |side: &str| self.dir.path().join(format!("{side}.{end}"));
        compare_files(&format!("data/essai.{end}"), &at("a"), &at("b"), Some(&self.schema)).unwrap()
    }
}

#[test]
fn what_is_the_same_is_the_same() {
    let world = world(|row| row as i64 % 977);
    assert_eq!([world.compare("parquet"), world.compare("csv")], [(Verdict::SameBytes, None), (Verdict::SameBytes, None)]);
}

#[test]
fn a_value_is_found_with_its_row_and_column() {
    let world = world(|row| if row == 66_000 { -5 } else { row as i64 % 977 });
    let (verdict, found) = world.compare("parquet");
    let found = found.unwrap();
    assert_eq!((verdict, found.row_group, found.column.as_deref(), found.row), (Verdict::Different, Some(1), Some("n"), Some(66_001)));
    assert_eq!((found.published.as_str(), found.rebuilt.as_str()), ("'-5'", "'541'"));
    let (verdict, found) = world.compare("csv");
    let found = found.unwrap();
    assert_eq!(
        (verdict, found.column.as_deref(), found.row, found.published.as_str()),
        (Verdict::Different, Some("n"), Some(66_001), "'-5'")
    );
}

#[test]
fn one_byte_of_any_page_is_found_in_its_row_group_and_column() {
    let world = world(|row| row as i64 % 977);
    let path = world.dir.path().join("a.parquet");
    let good = fs::read(&path).unwrap();
    let reader = ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap();
    let metadata = reader.metadata().clone();
    let mut tried = 0;
    for (g, group) in metadata.row_groups().iter().enumerate() {
        for column in group.columns() {
            let (start, length) = column.byte_range();
            for at in (start..start + length).step_by(usize::try_from(length / 40).unwrap().max(1)) {
                let mut bad = good.clone();
                bad[usize::try_from(at).unwrap()] ^= 0x55;
                fs::write(&path, &bad).unwrap();
                let (_, found) = world.compare("parquet");
                let found = found.unwrap();
                assert_eq!(
                    (found.row_group, found.column.as_deref()),
                    (Some(g), Some(column.column_path().string().as_str())),
                    "byte {at}: {found}"
                );
                assert!(found.row.is_some(), "byte {at}: {found}");
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn other_metadata_is_the_same_data() {
    let world = world(|row| row as i64 % 977);
    let path = world.dir.path().join("a.parquet");
    let mut bytes = fs::read(&path).unwrap();
    let title = bytes.windows(14).rposition(|w| w == b"solidata.title").unwrap();
    bytes[title] = b'S';
    fs::write(&path, bytes).unwrap();
    let (verdict, found) = world.compare("parquet");
    assert_eq!(verdict, Verdict::SameData);
    assert!(found.unwrap().byte.is_some());
}

#[test]
fn texts_differ_by_line() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str, text: &str| {
        fs::write(dir.path().join(name), text).unwrap();
        dir.path().join(name)
    };
    let of = |a: &str, b: &str| compare_files("x.json", &at("a", a), &at("b", b), None).unwrap().1.unwrap();
    assert_eq!(
        of("1\n2\n", "1\n3\n"),
        Difference { row: Some(2), published: "'2'".into(), rebuilt: "'3'".into(), ..Difference::default() }
    );
    assert_eq!(of("1\n", "1\n3\n").published, "nothing (the file ends)");
    assert_eq!(of("", &"é".repeat(300)).rebuilt.chars().count(), SHOWN + 3);
}
