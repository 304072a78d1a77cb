//! Reading the lists.

use csv::StringRecord;

use crate::error::ReferenceError;

/// The bytes of the lists of `datasets/reference` that a [`crate::Geography`] is made of; each field is the file of its name.
/// [`crate::reference_tables!`] fills it at compile time.
#[derive(Debug, Clone, Copy)]
pub struct ReferenceTables<'a> {
    /// `communes.csv`
    pub communes: &'a [u8],
    /// `arrondissements_municipaux.csv`
    pub arrondissements_municipaux: &'a [u8],
    /// `communes_anciennes.csv`
    pub communes_anciennes: &'a [u8],
    /// `codes_postaux.csv`
    pub codes_postaux: &'a [u8],
    /// `epci.csv`
    pub epci: &'a [u8],
    /// `departements.csv`
    pub departements: &'a [u8],
    /// `regions.csv`
    pub regions: &'a [u8],
    /// `variantes_territoires.csv`
    pub variantes_territoires: &'a [u8],
    /// `pays.csv`
    pub pays: &'a [u8],
}

/// The [`ReferenceTables`] of the repository, compiled in. The argument is the path of `datasets/reference` from the folder of the caller's
/// `Cargo.toml`, with a leading slash: `reference_tables!("/../../datasets/reference")`.
#[macro_export]
macro_rules! reference_tables {
    ($folder:literal) => {
        $crate::ReferenceTables {
            communes: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), $folder, "/communes.csv")),
            arrondissements_municipaux: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), $folder, "/arrondissements_municipaux.csv")),
            communes_anciennes: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), $folder, "/communes_anciennes.csv")),
            codes_postaux: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), $folder, "/codes_postaux.csv")),
            epci: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), $folder, "/epci.csv")),
            departements: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), $folder, "/departements.csv")),
            regions: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), $folder, "/regions.csv")),
            variantes_territoires: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), $folder, "/variantes_territoires.csv")),
            pays: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), $folder, "/pays.csv")),
        }
    };
}

/// One row of a list, by column name.
pub(crate) struct Row<'a> {
    pub(crate) file: &'static str,
    pub(crate) line: u64,
    columns: &'a [(&'static str, usize)],
    record: &'a StringRecord,
}

impl Row<'_> {
    /// The text of a column; the empty text where the row is short.
    pub(crate) fn text(&self, column: &'static str) -> &str {
        self.columns.iter().find(|(name, _)| *name == column).and_then(|(_, at)| self.record.get(*at)).unwrap_or("")
    }

    /// A value that must be there.
    pub(crate) fn value<T>(&self, column: &'static str, read: impl Fn(&str) -> Option<T>) -> Result<T, ReferenceError> {
        read(self.text(column)).ok_or_else(|| self.invalid(column))
    }

    /// A value that may be empty.
    pub(crate) fn optional<T>(&self, column: &'static str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ReferenceError> {
        if self.text(column).is_empty() { Ok(None) } else { self.value(column, read).map(Some) }
    }

    /// Values separated by `|`; none when the text is empty.
    pub(crate) fn list<T>(&self, column: &'static str, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, ReferenceError> {
        self.text(column).split('|').filter(|item| !item.is_empty()).map(|item| read(item).ok_or_else(|| self.invalid(column))).collect()
    }

    pub(crate) fn invalid(&self, column: &'static str) -> ReferenceError {
        ReferenceError::Value { file: self.file, line: self.line, column }
    }

    pub(crate) fn dangling(&self, column: &'static str) -> ReferenceError {
        ReferenceError::Dangling { file: self.file, line: self.line, column }
    }

    pub(crate) fn duplicate(&self) -> ReferenceError {
        ReferenceError::Duplicate { file: self.file, line: self.line }
    }
}

/// Calls `each` on every row of a list.
pub(crate) fn for_each_row(
    file: &'static str,
    bytes: &[u8],
    columns: &[&'static str],
    mut each: impl FnMut(&Row<'_>) -> Result<(), ReferenceError>,
) -> Result<(), ReferenceError> {
    let wrong = |source| ReferenceError::Csv { file, source };
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().map_err(wrong)?;
    let columns: Vec<(&'static str, usize)> = columns
        .iter()
        .map(|column| match header.iter().position(|name| name == *column) {
            Some(at) => Ok((*column, at)),
            None => Err(ReferenceError::Column { file, column }),
        })
        .collect::<Result<_, _>>()?;
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(wrong)? {
        let line = record.position().map_or(0, csv::Position::line);
        each(&Row { file, line, columns: &columns, record: &record })?;
    }
    Ok(())
}
