//! GeoJSON (RFC 7946): WGS 84, longitude before latitude, no `crs`, one feature a line.

use super::point::{Extent, PointColumns};
use crate::{CanonError, cells::Cells};
use arrow::array::RecordBatch;
use serde_json::Value;
use solidata_model::DatasetSpec;
use std::io::Write;

/// Writes the features of a table.
///
/// Only rows with a point come here. A feature's `id` is its key (the parts of a longer key joined by `/`), its coordinates are the decimals of the
/// table digit by digit, its properties all other columns. Codes, texts and days are JSON strings; a number of more than 15 digits is a string too, as
/// most readers would round it.
pub(super) struct GeoJsonWriter<W> {
    inner: W,
    encoder: FeatureEncoder,
    buffer: Vec<u8>,
    extent: Extent,
    features: u64,
}

/// How one row becomes one feature.
pub(super) struct FeatureEncoder {
    names: Vec<String>,
    keys: Vec<usize>,
    pub(super) points: PointColumns,
}

impl FeatureEncoder {
    pub(super) fn new(names: Vec<String>, sort_key: &[String], points: PointColumns) -> Self {
        let keys = sort_key.iter().filter_map(|key| names.iter().position(|name| name == key)).collect();
        Self { names, keys, points }
    }

    /// Appends a feature, without what separates it from others.
    pub(super) fn write(&self, cells: &[Cells<'_>], row: usize, out: &mut Vec<u8>) -> Result<(), CanonError> {
        let mut id = Vec::new();
        for (i, key) in self.keys.iter().enumerate() {
            if i > 0 {
                id.push(b'/');
            }
            if let Some(cell) = cells.get(*key) {
                cell.write_text(row, &mut id);
            }
        }
        out.extend_from_slice(b"{\"type\":\"Feature\",\"id\":");
        write_string(&String::from_utf8_lossy(&id), out)?;
        out.extend_from_slice(b",\"geometry\":{\"type\":\"Point\",\"coordinates\":[");
        for (column, end) in [(self.points.longitude, b",".as_slice()), (self.points.latitude, b"]},\"properties\":{")] {
            if let Some(cell) = cells.get(column) {
                cell.write_text(row, out);
            }
            out.extend_from_slice(end);
        }
        let others = self.names.iter().zip(cells).enumerate().filter(|(i, _)| ![self.points.longitude, self.points.latitude].contains(i));
        for (nth, (_, (name, cell))) in others.enumerate() {
            if nth > 0 {
                out.push(b',');
            }
            write_string(name, out)?;
            out.push(b':');
            write_value(cell, row, out)?;
        }
        out.extend_from_slice(b"}}");
        Ok(())
    }
}

fn write_value(cell: &Cells<'_>, row: usize, out: &mut Vec<u8>) -> Result<(), CanonError> {
    if cell.is_null(row) {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    if matches!(cell, Cells::Boolean(_)) || cell.is_exact_number(row) {
        cell.write_text(row, out);
        return Ok(());
    }
    let mut text = Vec::new();
    cell.write_text(row, &mut text);
    write_string(&String::from_utf8_lossy(&text), out)
}

fn write_string(text: &str, out: &mut Vec<u8>) -> Result<(), CanonError> {
    Ok(serde_json::to_writer(out, text)?)
}

/// What stands before the first feature.
pub(super) fn head(dataset: &str) -> String {
    format!("{{\"type\":\"FeatureCollection\",\"name\":{},\"features\":[\n", Value::from(dataset))
}

/// What stands after the last one.
pub(super) fn tail(extent: Extent) -> String {
    match extent.bounds() {
        Some(bounds) => format!("],\"bbox\":{}}}\n", Value::from(bounds.to_vec())),
        None => "]}\n".into(),
    }
}

impl<W: Write> GeoJsonWriter<W> {
    pub(super) fn new(spec: &DatasetSpec, mut inner: W) -> Result<Self, CanonError> {
        let names = spec.contract.columns.iter().map(|c| c.name.clone()).collect();
        let encoder = FeatureEncoder::new(names, &spec.sort_key, PointColumns::of_spec(spec)?);
        inner.write_all(head(&spec.id).as_bytes())?;
        Ok(Self { inner, encoder, buffer: Vec::new(), extent: Extent::default(), features: 0 })
    }

    pub(super) fn write(&mut self, chunk: &RecordBatch, cells: &[Cells<'_>]) -> Result<(), CanonError> {
        self.buffer.clear();
        for row in 0..chunk.num_rows() {
            let Some(point) = self.encoder.points.of_row(cells, row) else { continue };
            self.extent.add(point);
            if self.features > 0 {
                self.buffer.extend_from_slice(b",\n");
            }
            self.features += 1;
            self.encoder.write(cells, row, &mut self.buffer)?;
        }
        Ok(self.inner.write_all(&self.buffer)?)
    }

    pub(super) fn finish(mut self) -> Result<(), CanonError> {
        if self.features > 0 {
            self.inner.write_all(b"\n")?;
        }
        Ok(self.inner.write_all(tail(self.extent).as_bytes())?)
    }
}
