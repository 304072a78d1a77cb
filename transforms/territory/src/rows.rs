//! The rows of the lists.

use crate::codes::{CommuneCode, DepartementCode, EpciCode, RegionCode};

/// A commune of today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commune {
    /// INSEE code.
    pub code: CommuneCode,
    /// Official name.
    pub nom: String,
    /// Its département or collectivity overseas.
    pub departement: DepartementCode,
    /// Its région; a collectivity overseas has none.
    pub region: Option<RegionCode>,
    /// Its EPCI; four islands and the collectivities overseas have none.
    pub epci: Option<EpciCode>,
    /// Inhabitants; the vintage is in `departements.csv`. `None` where INSEE gives none.
    pub population: Option<u32>,
}

/// A municipal arrondissement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Borough {
    /// INSEE code.
    pub code: CommuneCode,
    /// Official name.
    pub nom: String,
    /// Paris, Lyon or Marseille.
    pub commune: CommuneCode,
    /// Inhabitants.
    pub population: Option<u32>,
}

/// An EPCI with its own taxation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epci {
    /// SIREN number.
    pub code: EpciCode,
    /// Official name.
    pub nom: String,
    /// The départements of its communes, in order; more than one when it crosses a border.
    pub departements: Vec<DepartementCode>,
    /// The régions of its communes, in order.
    pub regions: Vec<RegionCode>,
    /// Inhabitants: the sum of its communes.
    pub population: u32,
}

/// A département or collectivity overseas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departement {
    /// INSEE code.
    pub code: DepartementCode,
    /// Official name.
    pub nom: String,
    /// Its région; a collectivity overseas has none.
    pub region: Option<RegionCode>,
    /// IANA name of its time zone.
    pub time_zone: &'static str,
    /// Inhabitants: the sum of its communes.
    pub population: u32,
}

/// A région.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// INSEE code.
    pub code: RegionCode,
    /// Official name.
    pub nom: String,
    /// Inhabitants: the sum of its départements.
    pub population: u32,
}
