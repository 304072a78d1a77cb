//! What publication needs beside the documents.

use super::licence::Licences;
use crate::codes::{column_rows, publics};
use crate::{AnonymiseError, Categories, Localities};
use chrono::NaiveDate;
use solidata_territory::Geography;
use std::collections::{BTreeMap, BTreeSet};

/// The bytes of code lists of `datasets/reference`, each the file of its name.
#[derive(Debug, Clone, Copy)]
pub struct PlaceTables<'a> {
    /// `publics.csv`
    pub publics: &'a [u8],
    /// `langues.csv`
    pub langues: &'a [u8],
    /// `licences.csv`
    pub licences: &'a [u8],
    /// `sources.csv`
    pub sources: &'a [u8],
}

/// Those lists, read.
#[derive(Debug, Clone)]
pub struct PlaceLists {
    /// Codes of each dimension, without "all".
    pub(super) publics: BTreeMap<String, Vec<String>>,
    pub(super) languages: BTreeSet<String>,
    pub(super) licences: Licences,
}

impl PlaceLists {
    /// Reads the lists.
    ///
    /// # Errors
    /// [`AnonymiseError::CodeList`] when one of them cannot be used.
    pub fn from_csv(tables: &PlaceTables<'_>) -> Result<Self, AnonymiseError> {
        let languages = column_rows("langues.csv", tables.langues, ["code"])?;
        Ok(Self {
            publics: publics(tables.publics)?,
            languages: languages.into_iter().map(|([code], _)| code).collect(),
            licences: Licences::from_csv(tables.licences, tables.sources)?,
        })
    }
}

/// Code lists and the day of the snapshot.
#[derive(Debug, Clone, Copy)]
pub struct PlaceContext<'a> {
    /// Territories.
    pub geography: &'a Geography,
    /// Clocks of the same territories.
    pub localities: &'a Localities,
    /// Categories.
    pub categories: &'a Categories,
    /// The other lists.
    pub lists: &'a PlaceLists,
    /// The day of the snapshot, where the operator knows better than the documents.
    pub date_photo: Option<NaiveDate>,
}
