//! GeoParquet 1.1: the columns of the Parquet file, then `geometry` (a point as WKB, of OGC:CRS84) and `bbox`, by which readers skip what lies elsewhere.

use super::{
    point::{Extent, PointColumns},
    wrong,
};
use crate::{
    CanonError, LogicalDigest,
    cells::Cells,
    conform::arrow_schema,
    logical::LogicalHasher,
    order::KeyOrder,
    parquet_read::read_geoparquet,
    parquet_write::{FileLayout, parquet_writer_of},
};
use arrow::{
    array::{ArrayRef, BinaryBuilder, Float64Builder, RecordBatch, StructArray},
    buffer::NullBuffer,
    datatypes::{DataType, Field, Fields, Schema, SchemaRef},
};
use parquet::{
    arrow::ArrowWriter,
    file::{metadata::KeyValue, reader::ChunkReader},
};
use serde_json::{Value, json};
use solidata_model::{Contract, DatasetSpec, Geometry};
use std::{io::Write, sync::Arc};

/// The column of points.
pub(crate) const GEOMETRY: &str = "geometry";
/// The column of their boxes.
const BBOX: &str = "bbox";
const CORNERS: [&str; 4] = ["xmin", "ymin", "xmax", "ymax"];
/// Of the file's metadata.
const KEY: &str = "geo";

pub(super) struct GeoParquetWriter<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: SchemaRef,
    points: PointColumns,
    extent: Extent,
}

impl<W: Write + Send> GeoParquetWriter<W> {
    pub(super) fn new(spec: &DatasetSpec, inner: W) -> Result<Self, CanonError> {
        let points = PointColumns::of_spec(spec)?;
        if let Some(taken) = spec.contract.columns.iter().find(|c| [GEOMETRY, BBOX].contains(&c.name.as_str())) {
            return Err(wrong("GeoParquet", format!("the table has a column '{}' of its own", taken.name)));
        }
        let schema = with_geometry(&arrow_schema(&spec.contract));
        let order = KeyOrder::new(spec);
        let writer = parquet_writer_of(inner, Arc::clone(&schema), spec, order.keys(), FileLayout::WithGeometry)?;
        Ok(Self { writer, schema, points, extent: Extent::default() })
    }

    pub(super) fn write(&mut self, chunk: &RecordBatch, cells: &[Cells<'_>]) -> Result<(), CanonError> {
        let geometry = geometry_columns(self.points, cells, chunk.num_rows(), &mut self.extent)?;
        let columns = chunk.columns().iter().cloned().chain(geometry).collect();
        Ok(self.writer.write(&RecordBatch::try_new(Arc::clone(&self.schema), columns)?)?)
    }

    pub(super) fn finish(mut self) -> Result<(), CanonError> {
        self.writer.append_key_value_metadata(KeyValue::new(KEY.to_owned(), about(self.extent).to_string()));
        self.writer.into_inner()?.flush()?;
        Ok(())
    }
}

fn corners() -> Fields {
    CORNERS.iter().map(|name| Field::new(*name, DataType::Float64, false)).collect()
}

fn with_geometry(schema: &Schema) -> SchemaRef {
    let geometry = [Field::new(GEOMETRY, DataType::Binary, true), Field::new(BBOX, DataType::Struct(corners()), true)];
    Arc::new(Schema::new(schema.fields().iter().cloned().chain(geometry.map(Arc::new)).collect::<Fields>()))
}

/// `geometry` and `bbox` of rows; null where there is no point.
fn geometry_columns(points: PointColumns, cells: &[Cells<'_>], rows: usize, extent: &mut Extent) -> Result<[ArrayRef; 2], CanonError> {
    let mut geometry = BinaryBuilder::with_capacity(rows, rows * 21);
    let (mut x, mut y) = (Float64Builder::with_capacity(rows), Float64Builder::with_capacity(rows));
    let mut there = Vec::with_capacity(rows);
    for row in 0..rows {
        let point = points.of_row(cells, row);
        there.push(point.is_some());
        let (east, north) = point.unwrap_or_default();
        x.append_value(east);
        y.append_value(north);
        match point {
            Some(point) => {
                extent.add(point);
                geometry.append_value(wkb(point));
            }
            None => geometry.append_null(),
        }
    }
    let (x, y): (ArrayRef, ArrayRef) = (Arc::new(x.finish()), Arc::new(y.finish()));
    let nulls = there.contains(&false).then(|| NullBuffer::from(there));
    let bbox = StructArray::try_new(corners(), vec![Arc::clone(&x), Arc::clone(&y), x, y], nulls)?;
    Ok([Arc::new(geometry.finish()), Arc::new(bbox)])
}

/// A point as well-known binary, little endian.
fn wkb((x, y): (f64, f64)) -> [u8; 21] {
    let mut bytes = [0; 21];
    let parts = [1u8].into_iter().chain(1u32.to_le_bytes()).chain(x.to_le_bytes()).chain(y.to_le_bytes());
    for (to, from) in bytes.iter_mut().zip(parts) {
        *to = from;
    }
    bytes
}

/// The metadata of the file. Without `crs` it is OGC:CRS84: WGS 84, longitude before latitude.
fn about(extent: Extent) -> Value {
    let corner = |name: &&str| ((*name).to_owned(), json!([BBOX, name]));
    let mut column = json!({
        "encoding": "WKB",
        "geometry_types": ["Point"],
        "covering": { "bbox": CORNERS.iter().map(corner).collect::<serde_json::Map<_, _>>() },
    });
    if let (Some(bounds), Some(column)) = (extent.bounds(), column.as_object_mut()) {
        column.insert("bbox".into(), json!(bounds));
    }
    json!({ "version": "1.1.0", "primary_column": GEOMETRY, "columns": { GEOMETRY: column } })
}

/// Rows and digest of a GeoParquet file, once its geometry and metadata are those that follow from its decimals.
pub(super) fn logical_digest<R: ChunkReader + 'static>(
    reader: R,
    contract: &Contract,
    geometry: &Geometry,
) -> Result<LogicalDigest, CanonError> {
    let differs = |what: &str| wrong("GeoParquet", format!("{what} not those that follow from its columns"));
    let batches = read_geoparquet(reader)?;
    let points = PointColumns::new(contract, geometry)?;
    let wanted = with_geometry(&arrow_schema(contract));
    let same = |a: &Field, b: &Field| a.name() == b.name() && a.data_type() == b.data_type();
    let schema = Arc::clone(batches.schema());
    let found = schema.fields();
    if found.len() != wanted.fields().len() || !found.iter().zip(wanted.fields()).all(|(a, b)| same(a, b)) {
        return Err(wrong("GeoParquet", "its columns are not those of its schema, geometry and bbox"));
    }
    let said = batches.said(KEY);
    let own: Vec<usize> = (0..contract.columns.len()).collect();
    let mut hasher = LogicalHasher::of_contract(contract);
    let mut extent = Extent::default();
    for batch in batches {
        let batch = batch?;
        let rows = batch.project(&own)?;
        let cells = Cells::of_batch(&rows)?;
        let made = geometry_columns(points, &cells, rows.num_rows(), &mut extent)?;
        // Without a point there is nothing that the corners of a box could be.
        if !batch.columns().iter().skip(own.len()).eq(made.iter()) {
            return Err(differs("points and boxes are"));
        }
        hasher.add(&cells, rows.num_rows());
    }
    let wanted = about(extent).to_string();
    match said.as_slice() {
        [Some(text)] if *text == wanted => Ok(hasher.finish()),
        _ => Err(differs("its metadata are")),
    }
}
