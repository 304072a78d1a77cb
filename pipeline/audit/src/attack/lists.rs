//! The code lists, which everybody has: what adds up among territories and among categories.

use super::{categories::Categories, places::Places};
use crate::AuditError;
use solidata_model::{CodeListEntry, Digest, Month, kind};
use std::{collections::BTreeMap, sync::Arc};

/// The bytes of the lists of `datasets/reference/` that the sums of the demand follow from.
#[derive(Debug, Clone, Copy)]
pub struct CodeListFiles<'a> {
    /// `communes.csv`.
    pub communes: &'a [u8],
    /// `arrondissements_municipaux.csv`.
    pub arrondissements_municipaux: &'a [u8],
    /// `epci.csv`.
    pub epci: &'a [u8],
    /// `departements.csv`.
    pub departements: &'a [u8],
    /// `regions.csv`.
    pub regions: &'a [u8],
    /// `categories.csv`.
    pub categories: &'a [u8],
    /// `categories_liens.csv`.
    pub categories_liens: &'a [u8],
}

/// Territories and categories with everything that adds up among them, and those of earlier years. A clone is the same lists.
#[derive(Debug, Clone)]
pub struct CodeLists {
    own: Arc<Lists>,
    years: Arc<BTreeMap<i32, CodeLists>>,
}

#[derive(Debug)]
struct Lists {
    places: Places,
    categories: Categories,
    digests: BTreeMap<&'static str, Digest<kind::Text>>,
}

impl CodeLists {
    /// Reads the lists.
    ///
    /// # Errors
    /// [`AuditError::CodeList`] when a list is no CSV with the columns that are needed, names a code that another list does not have, or names one
    /// twice.
    pub fn read(files: &CodeListFiles<'_>) -> Result<Self, AuditError> {
        let named = [
            ("communes.csv", files.communes),
            ("arrondissements_municipaux.csv", files.arrondissements_municipaux),
            ("epci.csv", files.epci),
            ("departements.csv", files.departements),
            ("regions.csv", files.regions),
            ("categories.csv", files.categories),
            ("categories_liens.csv", files.categories_liens),
        ];
        let digests = named.iter().map(|(name, bytes)| (*name, Digest::of(bytes))).collect();
        let (places, categories) = (Places::read(files)?, Categories::read(files)?);
        Ok(Self { own: Arc::new(Lists { places, categories, digests }), years: Arc::default() })
    }

    /// The same lists, with those of earlier years: a month has the geography of its year.
    #[must_use]
    pub fn with_years(self, years: BTreeMap<i32, Self>) -> Self {
        Self { years: Arc::new(years), ..self }
    }

    /// The lists of a month: those of its year or of the first year after it, if there are such, else these.
    #[must_use]
    pub fn of(&self, month: Month) -> &Self {
        self.years.range(month.year()..).next().map_or(self, |(_, lists)| lists)
    }

    pub(crate) fn places(&self) -> &Places {
        &self.own.places
    }

    pub(crate) fn categories(&self) -> &Categories {
        &self.own.categories
    }

    /// The lists of which a manifest names another version.
    pub(crate) fn others<'a>(&self, named: &'a [CodeListEntry]) -> Vec<&'a str> {
        let other = |entry: &&CodeListEntry| self.own.digests.get(entry.name.as_str()).is_some_and(|own| *own != entry.sha256);
        named.iter().filter(other).map(|entry| entry.name.as_str()).collect()
    }
}

/// The records of a list, with the columns asked for in that order.
pub(crate) fn records<const N: usize>(name: &'static str, bytes: &[u8], columns: [&str; N]) -> Result<Vec<[String; N]>, AuditError> {
    let wrong = |detail: String| AuditError::CodeList { name, detail };
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().map_err(|e| wrong(format!("it is no CSV ({e})")))?.clone();
    let mut places = [0; N];
    for (place, column) in places.iter_mut().zip(columns) {
        *place = header.iter().position(|h| h == column).ok_or_else(|| wrong(format!("it has no column {column}")))?;
    }
    let record = |record: Result<csv::StringRecord, csv::Error>| {
        let record = record.map_err(|e| wrong(format!("it is no CSV ({e})")))?;
        Ok(places.map(|place| record.get(place).unwrap_or_default().to_owned()))
    };
    reader.records().map(record).collect()
}
