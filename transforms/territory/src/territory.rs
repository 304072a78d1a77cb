//! What a territory is.

use std::fmt;

use crate::codes::{CommuneCode, DepartementCode, EpciCode, RegionCode};

/// A precise part: a commune, a municipal arrondissement, or what is known only at a coarser level ("sans précision"). Also the name of
/// the territory of that level. An index into the parts of one [`crate::Geography`], ordered by (level, code).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TerritoryId(pub u32);

/// How precisely a territory is known, the finest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// A municipal arrondissement of Paris, Lyon or Marseille.
    Arrondissement,
    /// A commune.
    Commune,
    /// An EPCI, no commune known.
    Epci,
    /// A département or a collectivity overseas, nothing finer known.
    Departement,
    /// A région, nothing finer known.
    Region,
    /// France as a whole.
    France,
    /// Spain, Andorra or another country.
    Foreign,
    /// Not known.
    Unknown,
}

impl Level {
    /// All levels, the finest first.
    pub const ALL: [Self; 8] =
        [Self::Arrondissement, Self::Commune, Self::Epci, Self::Departement, Self::Region, Self::France, Self::Foreign, Self::Unknown];

    /// The name of the level in published tables (`territoire_niveau`).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Arrondissement => "arrondissement",
            Self::Commune => "commune",
            Self::Epci => "epci",
            Self::Departement => "departement",
            Self::Region => "region",
            Self::France => "france",
            Self::Foreign => "etranger",
            Self::Unknown => "inconnu",
        }
    }
}

/// The country of a territory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Country {
    /// Andorra, where Soliguide works too. Its département codes are also French ones.
    Andorra,
    /// Another country than those Soliguide works in.
    Other,
    /// Spain, where Soliguide works too. Its département codes are also French ones.
    Spain,
    /// France, overseas included.
    France,
    /// Not known.
    Unknown,
}

impl Country {
    /// The code of `pays.csv`; `inconnu` when the country is not known.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Andorra => "ad",
            Self::Other => "autre",
            Self::Spain => "es",
            Self::France => "fr",
            Self::Unknown => "inconnu",
        }
    }
}

/// One part: the codes of every level that contains it and that is certain. Its [`fmt::Display`] is the published identifier
/// (`com-67482`, `arr-75119`, `epci-246700488`, `dep-2A`, `reg-44`, `fr`, `pays-es`, `inconnu`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Territory {
    /// How precisely the territory is known.
    pub level: Level,
    /// Its country.
    pub country: Country,
    /// The municipal arrondissement; the commune above it is then given too.
    pub arrondissement: Option<CommuneCode>,
    /// The commune.
    pub commune: Option<CommuneCode>,
    /// The EPCI.
    pub epci: Option<EpciCode>,
    /// The département. `None` for an EPCI that lies in several.
    pub departement: Option<DepartementCode>,
    /// The région. `None` for a collectivity overseas, which has none, and for an EPCI that lies in several.
    pub region: Option<RegionCode>,
    /// IANA name of the time zone of its days and months; `Europe/Paris` where none is known.
    pub time_zone: &'static str,
}

impl Territory {
    /// The part about which nothing is known.
    pub const UNKNOWN: Self = Self::bare(Level::Unknown, Country::Unknown, "Europe/Paris");

    pub(crate) const fn bare(level: Level, country: Country, time_zone: &'static str) -> Self {
        Self { level, country, arrondissement: None, commune: None, epci: None, departement: None, region: None, time_zone }
    }
}

impl fmt::Display for Territory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self { level: Level::Arrondissement, arrondissement: Some(code), .. } => write!(f, "arr-{code}"),
            Self { level: Level::Commune, commune: Some(code), .. } => write!(f, "com-{code}"),
            Self { level: Level::Epci, epci: Some(code), .. } => write!(f, "epci-{code}"),
            Self { level: Level::Departement, departement: Some(code), .. } => write!(f, "dep-{code}"),
            Self { level: Level::Region, region: Some(code), .. } => write!(f, "reg-{code}"),
            Self { level: Level::France, .. } => f.write_str("fr"),
            Self { level: Level::Foreign, country, .. } => write!(f, "pays-{}", country.as_str()),
            _ => f.write_str("inconnu"),
        }
    }
}
