//! The rows of a GeoJSON file, which must be written as this crate writes it: what is read is encoded again and compared with what was there.

use super::{
    geojson::{FeatureEncoder, head, tail},
    point::{Extent, PointColumns},
    rows_of_text::TextRows,
    wrong,
};
use crate::{CanonError, LogicalDigest, ROWS_PER_CHUNK, cells::Cells, table_schema::name_and_key};
use serde::Deserialize;
use serde_json::{Map, Value};
use solidata_model::{ColumnType, Contract, Geometry};
use std::io::{BufRead, Read as _};

/// The longest line that is read: a feature has far less.
const LONGEST_LINE: u64 = 1 << 20;
/// So many bytes of lines wait at most.
const MOST_WAITING: usize = 64 << 20;

/// Rows and digest of the features.
pub(super) fn logical_digest(
    mut file: impl BufRead,
    schema: &[u8],
    contract: &Contract,
    geometry: &Geometry,
) -> Result<LogicalDigest, CanonError> {
    let (name, key) = name_and_key(schema)?;
    let points = PointColumns::new(contract, geometry)?;
    let names = contract.columns.iter().map(|c| c.name.clone()).collect();
    let mut reading = Reading {
        rows: TextRows::new("GeoJSON", contract),
        encoder: FeatureEncoder::new(names, &key, points),
        lines: Vec::new(),
        waiting: 0,
        extent: Extent::default(),
    };
    if line(&mut file)? != head(&name).as_bytes() {
        return Err(wrong("GeoJSON", "its first line is not that of a collection of this table"));
    }
    let (mut features, mut comma) = (0u64, false);
    loop {
        let mut feature = line(&mut file)?;
        if feature.starts_with(b"]") {
            reading.compare()?;
            let ends = feature == tail(reading.extent).as_bytes() && !comma && line(&mut file)?.is_empty();
            return if ends { reading.rows.finish() } else { Err(wrong("GeoJSON", "its end is not that of a collection of its features")) };
        }
        if features > 0 && !comma {
            return Err(wrong("GeoJSON", "its features are not separated by commas"));
        }
        features += 1;
        comma = feature.ends_with(b",\n");
        feature.truncate(feature.len().saturating_sub(if comma { 2 } else { 1 }));
        reading.add(feature, contract, features)?;
    }
}

/// A line with its end; empty at the end of the file.
fn line(file: &mut impl BufRead) -> Result<Vec<u8>, CanonError> {
    let mut line = Vec::new();
    file.take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    Ok(line)
}

struct Reading {
    rows: TextRows,
    encoder: FeatureEncoder,
    lines: Vec<Vec<u8>>,
    waiting: usize,
    extent: Extent,
}

#[derive(Deserialize)]
struct Feature {
    geometry: Point,
    properties: Map<String, Value>,
}

#[derive(Deserialize)]
struct Point {
    coordinates: [Value; 2],
}

impl Reading {
    fn add(&mut self, line: Vec<u8>, contract: &Contract, number: u64) -> Result<(), CanonError> {
        let Feature { geometry: Point { coordinates: [longitude, latitude] }, properties } =
            serde_json::from_slice(&line).map_err(|_| wrong("GeoJSON", format!("feature {number} cannot be read")))?;
        let points = self.encoder.points;
        let value = |at: usize, name: &str| match at {
            at if at == points.longitude => Some(&longitude),
            at if at == points.latitude => Some(&latitude),
            _ => properties.get(name),
        };
        let texts = contract.columns.iter().enumerate().map(|(at, c)| plain(c.kind, value(at, &c.name)));
        let texts = texts.collect::<Option<Vec<String>>>();
        let texts = texts.ok_or_else(|| wrong("GeoJSON", format!("feature {number} has not the columns of its schema")))?;
        self.rows.push(texts.iter().map(String::as_str))?;
        self.waiting += line.len();
        self.lines.push(line);
        if self.lines.len() == ROWS_PER_CHUNK || self.waiting > MOST_WAITING { self.compare() } else { Ok(()) }
    }

    /// Encodes the rows that wait again: nothing else may have been in their lines.
    fn compare(&mut self) -> Result<(), CanonError> {
        let batch = self.rows.chunk()?;
        let cells = Cells::of_batch(&batch)?;
        let mut again = Vec::new();
        for (row, line) in self.lines.iter().enumerate() {
            again.clear();
            self.encoder.write(&cells, row, &mut again)?;
            if again != *line {
                return Err(wrong("GeoJSON", "a feature is not written as its row is"));
            }
            if let Some(point) = self.encoder.points.of_row(&cells, row) {
                self.extent.add(point);
            }
        }
        self.lines.clear();
        self.waiting = 0;
        Ok(())
    }
}

/// A value as the CSV writes it.
fn plain(kind: ColumnType, value: Option<&Value>) -> Option<String> {
    match (kind, value?) {
        (_, Value::Null) => Some(String::new()),
        (_, Value::String(text)) => Some(text.clone()),
        (_, Value::Bool(b)) => Some(b.to_string()),
        (ColumnType::Decimal { scale, .. }, Value::Number(n)) => Some(format!("{:.1$}", n.as_f64()?, usize::from(scale.unsigned_abs()))),
        (_, Value::Number(n)) => Some(n.to_string()),
        (_, Value::Array(_) | Value::Object(_)) => None,
    }
}
