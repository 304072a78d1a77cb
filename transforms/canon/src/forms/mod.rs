//! The forms of a table beside its CSV and Parquet: a spreadsheet, GeoJSON and GeoParquet where rows have a point, and, for files that data.gouv.fr
//! does not look into, others that it does.
//!
//! Every form is a function of the canonical rows, the dataset's contract and [`About`]: equal ones give equal bytes. Nothing is in a form that is not in
//! the CSV. Each can be read back (see [`logical_digest`]) to the same logical digest.

mod encode;
mod geojson;
mod geojson_read;
mod geoparquet;
mod gzip;
mod make;
mod notes;
mod point;
mod read;
mod rows;
mod rows_of_text;
mod sheet;
mod xlsx;
mod xlsx_read;

pub(crate) use geoparquet::GEOMETRY;
pub use make::{Forms, RowBatches, parquet_rows, write_forms};
pub use read::logical_digest;

use crate::{CanonError, FileReceipt, schema_path};
use chrono::NaiveDate;
use solidata_model::{Digest, FileEntry, Month, Part, RunSpec, kind};

/// The form of a file of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// CSV, of all rows.
    Csv,
    /// Parquet, of all rows or of a part.
    Parquet,
    /// A spreadsheet with three sheets: rows, columns, notes.
    Xlsx,
    /// CSV in gzip.
    CsvGz,
    /// GeoJSON (RFC 7946) of the rows that have a point.
    GeoJson,
    /// GeoParquet 1.1: the columns of the Parquet file, the geometry and its box.
    GeoParquet,
}

/// Where a file of a table lies in a release, and what that says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormPath<'a> {
    /// The form.
    pub form: Form,
    /// The table.
    pub table: &'a str,
    /// The name of the part, when it is not the whole table.
    pub part: Option<&'a str>,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 6] = [Self::Csv, Self::Parquet, Self::Xlsx, Self::CsvGz, Self::GeoJson, Self::GeoParquet];

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Parquet | Self::GeoParquet => "application/vnd.apache.parquet",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::CsvGz => "application/gzip",
            Self::GeoJson => "application/geo+json",
        }
    }

    /// What it is called where files are asked for by form.
    pub fn name(self) -> &'static str {
        match self {
            Self::GeoParquet => "geoparquet",
            other => other.ending(),
        }
    }

    /// The end of a file's name, without the first point.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet | Self::GeoParquet => "parquet",
            Self::Xlsx => "xlsx",
            Self::CsvGz => "csv.gz",
            Self::GeoJson => "geojson",
        }
    }

    /// Whether the rows have their point as a geometry.
    pub fn is_geographic(self) -> bool {
        matches!(self, Self::GeoJson | Self::GeoParquet)
    }

    /// Where the file of a whole table lies: `data/<table>.<ending>`, or beneath `geo/`.
    pub fn path(self, table: &str) -> String {
        let folder = if self.is_geographic() { "geo" } else { "data" };
        format!("{folder}/{table}.{}", self.ending())
    }

    /// Where the file of a part lies: `parts/<table>/<part>.<ending>`, or beneath `geo/`.
    pub fn part_path(self, table: &str, part: &str) -> String {
        let folder = if self.is_geographic() { "geo" } else { "parts" };
        format!("{folder}/{table}/{part}.{}", self.ending())
    }

    /// What a path of a release says of a file of a table; `None` for any other file. A table of `cubes/` is one too.
    pub fn of_path(path: &str) -> Option<FormPath<'_>> {
        let (folder, rest) = path.split_once('/')?;
        let (stem, ending) = rest.rsplit_once('/').map_or(rest, |(_, name)| name).split_once('.')?;
        let (table, part) = match rest.rsplit_once('/') {
            None => (stem, None),
            Some((table, _)) => (table, Some(stem)),
        };
        let form = match (folder, ending, part.is_some()) {
            ("data", "csv", false) => Self::Csv,
            ("data" | "cubes", "parquet", false) | ("parts", "parquet", true) => Self::Parquet,
            ("data", "xlsx", false) | ("parts", "xlsx", true) => Self::Xlsx,
            ("data", "csv.gz", false) | ("parts", "csv.gz", true) => Self::CsvGz,
            ("geo", "geojson", _) => Self::GeoJson,
            ("geo", "parquet", _) => Self::GeoParquet,
            _ => return None,
        };
        (!table.is_empty() && !table.contains('/') && !stem.is_empty()).then_some(FormPath { form, table, part })
    }
}

/// The largest files that are looked into, by form.
///
/// data.gouv.fr reads a file to show it, to offer it by an API and to convert it, unless it is larger than this; then all of that disappears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a CSV.
    pub csv: u64,
    /// Bytes of a CSV in gzip, as they are.
    pub csv_gz: u64,
    /// Bytes of a GeoJSON.
    pub geojson: u64,
    /// Bytes of a Parquet file.
    pub parquet: u64,
    /// Bytes of a spreadsheet.
    pub xlsx: u64,
    /// Rows of a sheet, with its header: the format has no more.
    pub sheet_rows: u64,
}

impl Limits {
    /// What data.gouv.fr reads by default (`MAX_FILESIZE_ALLOWED` of datagouv/hydra, 2026), and what a sheet of Office Open XML can hold.
    pub const DATA_GOUV: Self =
        Self { csv: 100 << 20, csv_gz: 100 << 20, geojson: 100 << 20, parquet: 50 << 20, xlsx: 25 << 19, sheet_rows: 1 << 20 };

    /// The largest file of a form.
    pub fn bytes(&self, form: Form) -> u64 {
        match form {
            Form::Csv => self.csv,
            Form::CsvGz => self.csv_gz,
            Form::Parquet | Form::GeoParquet => self.parquet,
            Form::Xlsx => self.xlsx,
            Form::GeoJson => self.geojson,
        }
    }
}

/// What a form says of the release beside the rows: everything in it stands in the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The month.
    pub month: Month,
    /// The revision.
    pub revision: u32,
    /// The day of the directory.
    pub date_photo: NaiveDate,
    /// The day that stands for "now" in the run: never the clock's.
    pub created: NaiveDate,
    /// Whether the month is not complete.
    pub partial: bool,
    /// Who publishes.
    pub publisher: String,
}

impl About {
    /// Of the release of a run.
    pub fn of_run(run: &RunSpec, revision: u32, publisher: &str) -> Self {
        Self {
            month: run.month,
            revision,
            date_photo: run.date_photo,
            created: run.now,
            partial: run.partial,
            publisher: publisher.to_owned(),
        }
    }
}

/// What was written of one form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormReceipt {
    /// Where it lies in the release.
    pub path: String,
    /// Its form.
    pub form: Form,
    /// Size and digest.
    pub file: FileReceipt,
    /// Its rows.
    pub rows: u64,
    /// Their digest.
    pub logical_sha256: Digest<kind::Logical>,
    /// Which rows they are, when they are not all.
    pub part: Option<Part>,
}

impl FormReceipt {
    /// What a manifest says of a file of this kind, with its table; `None` for a file that is none, and for the CSV and the Parquet file of a whole table.
    pub fn of_entry(entry: &FileEntry) -> Option<(String, Self)> {
        let FormPath { form, table, part } = Form::of_path(&entry.path)?;
        if part.is_none() && matches!(form, Form::Csv | Form::Parquet) {
            return None;
        }
        let (rows, logical_sha256) = entry.rows.zip(entry.logical_sha256)?;
        let file = FileReceipt { bytes: entry.bytes, sha256: entry.sha256 };
        Some((table.to_owned(), Self { path: entry.path.clone(), form, file, rows, logical_sha256, part: entry.part.clone() }))
    }

    /// What a manifest says of it.
    pub fn entry(&self, table: &str) -> FileEntry {
        FileEntry {
            path: self.path.clone(),
            media_type: self.form.media_type().into(),
            bytes: self.file.bytes,
            sha256: self.file.sha256,
            logical_sha256: Some(self.logical_sha256),
            rows: Some(self.rows),
            schema: Some(schema_path(table)),
            part: self.part.clone(),
        }
    }
}

fn wrong(form: &'static str, detail: impl Into<String>) -> CanonError {
    CanonError::Form { form, detail: detail.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_what_a_file_is() {
        for form in Form::ALL {
            assert_eq!(Form::of_path(&form.path("t")), Some(FormPath { form, table: "t", part: None }));
            let part = form.part_path("t", "code_region-11");
            let wanted = (form != Form::Csv).then_some(FormPath { form, table: "t", part: Some("code_region-11") });
            assert_eq!(Form::of_path(&part), wanted);
        }
        assert_eq!(Form::of_path("cubes/c.parquet").map(|p| p.form), Some(Form::Parquet));
        for other in [
            "data/t.json",
            "data/t/x.csv",
            "parts/t.xlsx",
            "datasets/reference/a.csv",
            "t.csv",
            "geo/a/b/c.geojson",
            "data/.csv",
            "parts//a.xlsx",
        ] {
            assert_eq!(Form::of_path(other), None, "{other}");
        }
    }
}
