//! Why a document, or a part of one, is put aside.

use std::fmt;

/// A reason of quarantine. It names a rule, never a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Breach {
    /// `_id` is absent or no ObjectId.
    IdMissing,
    /// `createdAt` is absent.
    DateMissing,
    /// `createdAt` is no date.
    DateNotADate,
    /// `createdAt` is before 2017.
    DateTooEarly,
    /// `createdAt` is more than a day after the second in `_id`.
    DateAfterId,
    /// The key ring has no key for the year.
    YearKeyMissing,
    /// `lieu_id` is absent or not a positive number.
    PlaceIdMissing,
    /// Another document, updated later, has the same `lieu_id`.
    PlaceIdTwice,
    /// The place has no name.
    PlaceNameMissing,
    /// The category of a service is absent or in no list.
    CategoryUnknown,
}

impl Breach {
    /// A stable code for reports.
    pub fn code(self) -> &'static str {
        match self {
            Breach::IdMissing => "id_absent",
            Breach::DateMissing => "date_absente",
            Breach::DateNotADate => "date_invalide",
            Breach::DateTooEarly => "date_avant_2017",
            Breach::DateAfterId => "date_apres_id",
            Breach::YearKeyMissing => "cle_de_l_annee_absente",
            Breach::PlaceIdMissing => "lieu_id_absent",
            Breach::PlaceIdTwice => "lieu_id_repete",
            Breach::PlaceNameMissing => "nom_absent",
            Breach::CategoryUnknown => "categorie_inconnue",
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
