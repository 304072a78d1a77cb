//! Writes a made-up table of codes as CSV and as a spreadsheet into a folder, for spreadsheet programs to try:
//! `cargo run -p solidata-canon --example spreadsheet DIR ROWS`.

use arrow::array::{BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray};
use chrono::NaiveDate;
use solidata_canon::{About, CanonError, Forms, Limits, RowBatches, TableWriter, arrow_schema, write_forms};
use solidata_model::DatasetSpec;
use std::{
    env,
    error::Error,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
    sync::Arc,
};

const DATASET: &str = r#"
title_fr = "Codes d'exemple"
title_en = "Sample codes"
description_fr = "Une table inventée de codes, qui sert à essayer les tableurs."
licence = "etalab-2.0"
cadence = "monthly"
feeds = "supply"
sort_key = ["lieu_id"]
"#;

const COLUMNS: [(&str, &str); 7] = [
    ("lieu_id", "string"),
    ("code_commune", "string"),
    ("telephone", "string"),
    ("services", "integer"),
    ("latitude", "decimal(8,6)"),
    ("date_maj", "date"),
    ("ouvert", "boolean"),
];

/// Codes that a spreadsheet would make numbers, dates or formulas of.
const CODES: [&str; 8] = ["01053", "2A004", "97120", "1E5", "007", "3-12", "=1+1", "@SOMME"];

fn rows(count: usize, spec: &DatasetSpec) -> Result<RecordBatch, Box<dyn Error>> {
    let all = 0..count;
    let number = |i: usize| i64::try_from(i).unwrap_or_default();
    let latitude = Decimal128Array::from_iter_values(all.clone().map(|i| i128::from(number(i * 7919 % 90_000_000))));
    Ok(RecordBatch::try_new(
        arrow_schema(&spec.contract),
        vec![
            Arc::new(StringArray::from_iter_values(all.clone().map(|i| format!("lieu-{i:06}")))),
            Arc::new(StringArray::from_iter_values(all.clone().filter_map(|i| CODES.get(i % CODES.len()).copied()))),
            Arc::new(StringArray::from_iter_values(all.clone().map(|i| format!("+3338800{i:05}")))),
            Arc::new(Int64Array::from_iter_values(all.clone().map(|i| number(i) * 7 - 1000))),
            Arc::new(latitude.with_precision_and_scale(8, 6)?),
            Arc::new(Date32Array::from_iter_values(all.clone().map(|i| 19_000 + (i % 900) as i32))),
            Arc::new(BooleanArray::from_iter(all.map(|i| Some(i % 3 == 0)))),
        ],
    )?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: spreadsheet DIR ROWS";
    let mut args = env::args().skip(1);
    let folder = args.next().ok_or(usage)?;
    let count: usize = args.next().ok_or(usage)?.parse()?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder.join("data"))?;
    let column = |(name, kind): &(&str, &str)| {
        format!("[[column]]\nname = \"{name}\"\ntype = \"{kind}\"\nfr = \"Colonne d'exemple.\"\nen = \"A sample.\"\nsince = \"1.0.0\"\n")
    };
    let schema = format!("version = \"1.0.0\"\n{}", COLUMNS.iter().map(column).collect::<String>());
    let spec = DatasetSpec::parse("codes", DATASET, &schema)?;
    let batch = rows(count, &spec)?;
    let mut writer = TableWriter::new(&spec, io::sink(), BufWriter::new(File::create(folder.join("data/codes.csv"))?))?;
    writer.write(&batch)?;
    let table = writer.finish()?;
    let day = NaiveDate::from_ymd_opt(2024, 10, 3).ok_or("no such day")?;
    let about =
        About { month: "2024-09".parse()?, revision: 1, date_photo: day, created: day, partial: false, publisher: "Solidata".into() };
    let again = || -> Result<RowBatches, CanonError> { Ok(Box::new([Ok(batch.clone())].into_iter())) };
    let forms = Forms { spec: &spec, about: &about, limits: &Limits::DATA_GOUV, table: &table, rows: &again };
    let mut create = |path: &str| -> io::Result<Box<dyn Write + Send>> { Ok(Box::new(BufWriter::new(File::create(folder.join(path))?))) };
    for form in write_forms(&forms, &mut create)? {
        println!("{} {} bytes, {} rows", form.path, form.file.bytes, form.rows);
    }
    Ok(())
}
