//! The point of a row: the only binary floating-point numbers that are published, made of its exact decimals.

use super::wrong;
use crate::{CanonError, cells::Cells};
use arrow::array::RecordBatch;
use solidata_model::{Contract, DatasetSpec, Geometry};

/// Where a table has its coordinates.
#[derive(Debug, Clone, Copy)]
pub(super) struct PointColumns {
    pub(super) longitude: usize,
    pub(super) latitude: usize,
}

impl PointColumns {
    pub(super) fn new(contract: &Contract, geometry: &Geometry) -> Result<Self, CanonError> {
        let find = |name: &str| {
            contract.columns.iter().position(|c| c.name == name).ok_or_else(|| wrong("geometry", format!("there is no column '{name}'")))
        };
        Ok(Self { longitude: find(&geometry.longitude)?, latitude: find(&geometry.latitude)? })
    }

    /// Those of a dataset whose rows have a point.
    pub(super) fn of_spec(spec: &DatasetSpec) -> Result<Self, CanonError> {
        let geometry = spec.geometry.as_ref().ok_or_else(|| wrong("geometry", "the rows of this table have no point"))?;
        Self::new(&spec.contract, geometry)
    }

    /// Whether each row has a point.
    pub(super) fn there(self, batch: &RecordBatch) -> Vec<bool> {
        let there = |column: usize, row: usize| batch.columns().get(column).is_some_and(|c| !c.is_null(row));
        (0..batch.num_rows()).map(|row| there(self.longitude, row) && there(self.latitude, row)).collect()
    }

    /// The point of a row, as longitude and latitude in degrees: of each decimal the nearest binary number.
    pub(super) fn of_row(self, cells: &[Cells<'_>], row: usize) -> Option<(f64, f64)> {
        let degrees = |column: usize| match cells.get(column)? {
            // Both numbers are exact, so that the quotient is the nearest.
            Cells::Decimal(a, scale) if !cells.get(column)?.is_null(row) => {
                Some(a.value(row) as f64 / 10f64.powi(i32::try_from(*scale).ok()?))
            }
            _ => None,
        };
        degrees(self.longitude).zip(degrees(self.latitude))
    }
}

/// The smallest box around points.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Extent(Option<[f64; 4]>);

impl Extent {
    pub(super) fn add(&mut self, (x, y): (f64, f64)) {
        let [left, bottom, right, top] = self.0.unwrap_or([x, y, x, y]);
        self.0 = Some([left.min(x), bottom.min(y), right.max(x), top.max(y)]);
    }

    /// West, south, east, north; none without a point.
    pub(super) fn bounds(self) -> Option<[f64; 4]> {
        self.0
    }
}
