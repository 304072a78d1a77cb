//! The territories, their names, parents and populations.

use crate::codes::{CommuneCode, DepartementCode, EpciCode, RegionCode};
use crate::names::{CommuneNames, Dictionary};
use crate::rows::{Borough, Commune, Departement, Epci, Region};
use crate::territory::{Country, Level, Territory, TerritoryId};

/// All territories of one set of reference lists. Read only once built; building takes some tens of milliseconds.
#[derive(Debug)]
pub struct Geography {
    /// Ordered by (level, code); a [`TerritoryId`] is an index into it.
    pub(crate) parts: Vec<Territory>,
    /// Where each level begins in `parts`, in the order of [`Level::ALL`].
    pub(crate) starts: [u32; 8],
    pub(crate) boroughs: Vec<Borough>,
    pub(crate) communes: Vec<Commune>,
    pub(crate) epcis: Vec<Epci>,
    pub(crate) departements: Vec<Departement>,
    pub(crate) regions: Vec<Region>,
    /// Part + 1 for each commune code, old ones included; 0 where there is none.
    pub(crate) slots: Vec<u32>,
    /// The communes that have arrondissements.
    pub(crate) divided: Vec<TerritoryId>,
    /// Where the parts of each postal code begin in `postal_parts`; one more than there are numbers of five digits.
    pub(crate) postal_first: Vec<u32>,
    pub(crate) postal_parts: Vec<TerritoryId>,
    /// Names of the arrondissements and communes, by part.
    pub(crate) commune_names: CommuneNames,
    pub(crate) commune_dictionary: Dictionary<DepartementCode, TerritoryId>,
    pub(crate) departement_dictionary: Dictionary<(), DepartementCode>,
    pub(crate) region_dictionary: Dictionary<(), RegionCode>,
    /// Codes that Soliguide gives to the régions of collectivities overseas, which have no région.
    pub(crate) region_codes: Dictionary<(), DepartementCode>,
    pub(crate) epci_dictionary: Dictionary<(), EpciCode>,
    pub(crate) countries: Dictionary<(), Country>,
}

impl Geography {
    /// The territory of an id. An id of another geography that does not exist here gives [`Territory::UNKNOWN`].
    pub fn territory(&self, id: TerritoryId) -> &Territory {
        self.parts.get(id.0 as usize).unwrap_or(&Territory::UNKNOWN)
    }

    /// How many parts there are: ids go from 0 to this number, which is excluded.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Never true: there is always France and the unknown part.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// All parts, in the order of their ids, that is of (level, code).
    pub fn parts(&self) -> impl Iterator<Item = (TerritoryId, &Territory)> {
        (0..).map(TerritoryId).zip(&self.parts)
    }

    /// The official name of a territory, in French.
    pub fn name(&self, id: TerritoryId) -> &str {
        let part = self.territory(id);
        let at = self.index_in_level(id, part.level);
        let name = match part.level {
            Level::Arrondissement => self.boroughs.get(at).map(|row| row.nom.as_str()),
            Level::Commune => self.communes.get(at).map(|row| row.nom.as_str()),
            Level::Epci => self.epcis.get(at).map(|row| row.nom.as_str()),
            Level::Departement => self.departements.get(at).map(|row| row.nom.as_str()),
            Level::Region => self.regions.get(at).map(|row| row.nom.as_str()),
            Level::France => Some("France"),
            Level::Foreign => match part.country {
                Country::Andorra => Some("Andorre"),
                Country::Spain => Some("Espagne"),
                _ => Some("Autre pays"),
            },
            Level::Unknown => None,
        };
        name.unwrap_or("Inconnu")
    }

    /// The inhabitants of a territory, for rates; `None` abroad, where unknown, and for the few communes that INSEE does not count.
    /// An EPCI, a département and a région are the sum of their communes. France is the sum of the régions: collectivities overseas,
    /// which belong to none, are not in it. The vintage is in `departements.csv` (Mayotte: 2017).
    pub fn population(&self, id: TerritoryId) -> Option<u32> {
        let level = self.territory(id).level;
        let at = self.index_in_level(id, level);
        match level {
            Level::Arrondissement => self.boroughs.get(at)?.population,
            Level::Commune => self.communes.get(at)?.population,
            Level::Epci => Some(self.epcis.get(at)?.population),
            Level::Departement => Some(self.departements.get(at)?.population),
            Level::Region => Some(self.regions.get(at)?.population),
            Level::France => Some(self.regions.iter().map(|region| region.population).sum()),
            Level::Foreign | Level::Unknown => None,
        }
    }

    /// The territories above one, the nearest first: commune, EPCI, département, région, France, those that apply. An EPCI and a
    /// département are not nested in each other. Nothing is above France, a foreign country or the unknown part.
    pub fn ancestors(&self, id: TerritoryId) -> impl Iterator<Item = TerritoryId> + '_ {
        let part = *self.territory(id);
        let above = move |level: Level| part.level < level;
        [
            part.commune.filter(|_| above(Level::Commune)).and_then(|code| self.commune_id(code)),
            part.epci.filter(|_| above(Level::Epci)).and_then(|code| self.epci_id(code)),
            part.departement.filter(|_| above(Level::Departement)).and_then(|code| self.departement_id(code)),
            part.region.filter(|_| above(Level::Region)).and_then(|code| self.region_id(code)),
            above(Level::France).then(|| self.france_id()),
        ]
        .into_iter()
        .flatten()
    }

    /// The part with a published identifier (`com-67482`, `dep-2A`, `fr`, `inconnu`...).
    pub fn find(&self, identifier: &str) -> Option<TerritoryId> {
        match identifier.split_once('-') {
            Some(("arr", code)) => {
                self.commune_id(CommuneCode::parse(code)?).filter(|id| self.territory(*id).level == Level::Arrondissement)
            }
            Some(("com", code)) => {
                let code = CommuneCode::parse(code)?;
                self.commune_id(code).filter(|id| self.territory(*id).level == Level::Commune && self.territory(*id).commune == Some(code))
            }
            Some(("epci", code)) => self.epci_id(EpciCode::parse(code)?),
            Some(("dep", code)) => self.departement_id(DepartementCode::parse(code)?),
            Some(("reg", code)) => self.region_id(RegionCode::parse(code)?),
            Some(("pays", code)) => self.foreign_id(crate::country::country_code(code)?),
            None if identifier == "fr" => Some(self.france_id()),
            None if identifier == "inconnu" => Some(self.unknown_id()),
            _ => None,
        }
    }

    /// A commune of today. `None` for a merged commune ([`Geography::commune_id`] follows mergers) and for a municipal arrondissement.
    pub fn commune(&self, code: CommuneCode) -> Option<&Commune> {
        find(&self.communes, code, |row| row.code)
    }

    /// A municipal arrondissement.
    pub fn borough(&self, code: CommuneCode) -> Option<&Borough> {
        find(&self.boroughs, code, |row| row.code)
    }

    /// An EPCI.
    pub fn epci(&self, code: EpciCode) -> Option<&Epci> {
        find(&self.epcis, code, |row| row.code)
    }

    /// A département or collectivity overseas.
    pub fn departement(&self, code: DepartementCode) -> Option<&Departement> {
        find(&self.departements, code, |row| row.code)
    }

    /// A région.
    pub fn region(&self, code: RegionCode) -> Option<&Region> {
        find(&self.regions, code, |row| row.code)
    }

    /// All communes of today, by code.
    pub fn communes(&self) -> &[Commune] {
        &self.communes
    }

    /// All municipal arrondissements, by code.
    pub fn boroughs(&self) -> &[Borough] {
        &self.boroughs
    }

    /// All EPCI, by code.
    pub fn epcis(&self) -> &[Epci] {
        &self.epcis
    }

    /// All départements and collectivities overseas, by code.
    pub fn departements(&self) -> &[Departement] {
        &self.departements
    }

    /// All régions, by code.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// The part of a commune or municipal arrondissement. The code of a merged commune gives the commune it is in today.
    pub fn commune_id(&self, code: CommuneCode) -> Option<TerritoryId> {
        self.slots.get(code.slot())?.checked_sub(1).map(TerritoryId)
    }

    /// The part of an EPCI.
    pub fn epci_id(&self, code: EpciCode) -> Option<TerritoryId> {
        self.epcis.binary_search_by_key(&code, |row| row.code).ok().map(|at| self.id(Level::Epci, at))
    }

    /// The part of a département or collectivity overseas.
    pub fn departement_id(&self, code: DepartementCode) -> Option<TerritoryId> {
        self.departements.binary_search_by_key(&code, |row| row.code).ok().map(|at| self.id(Level::Departement, at))
    }

    /// The part of a région.
    pub fn region_id(&self, code: RegionCode) -> Option<TerritoryId> {
        self.regions.binary_search_by_key(&code, |row| row.code).ok().map(|at| self.id(Level::Region, at))
    }

    /// The part of France as a whole.
    pub fn france_id(&self) -> TerritoryId {
        self.id(Level::France, 0)
    }

    /// The part of a foreign country; `None` for France and the unknown one.
    pub fn foreign_id(&self, country: Country) -> Option<TerritoryId> {
        match country {
            Country::Andorra => Some(self.id(Level::Foreign, 0)),
            Country::Other => Some(self.id(Level::Foreign, 1)),
            Country::Spain => Some(self.id(Level::Foreign, 2)),
            Country::France | Country::Unknown => None,
        }
    }

    /// The part about which nothing is known.
    pub fn unknown_id(&self) -> TerritoryId {
        self.id(Level::Unknown, 0)
    }

    /// The parts that a postal code reaches: communes and arrondissements.
    pub(crate) fn of_postal(&self, number: usize) -> &[TerritoryId] {
        let (Some(from), Some(to)) = (self.postal_first.get(number), self.postal_first.get(number + 1)) else { return &[] };
        self.postal_parts.get(*from as usize..*to as usize).unwrap_or(&[])
    }

    pub(crate) fn id(&self, level: Level, at: usize) -> TerritoryId {
        TerritoryId(self.starts.get(level as usize).map_or(0, |start| start + at as u32))
    }

    fn index_in_level(&self, id: TerritoryId, level: Level) -> usize {
        self.starts.get(level as usize).map_or(0, |start| id.0.saturating_sub(*start) as usize)
    }
}

fn find<R, C: Ord>(rows: &[R], code: C, of: impl Fn(&R) -> C) -> Option<&R> {
    rows.binary_search_by_key(&code, of).ok().and_then(|at| rows.get(at))
}
