//! Territories: communes in départements, régions and France, communes in EPCI, boroughs in communes, and the inner part of each whole.

use super::lists::{CodeListFiles, records};
use crate::AuditError;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The level of a territory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Arrondissement,
    Commune,
    Epci,
    Departement,
    Region,
    France,
}

impl Level {
    fn text(self) -> &'static str {
        match self {
            Self::Arrondissement => "arrondissement",
            Self::Commune => "commune",
            Self::Epci => "epci",
            Self::Departement => "departement",
            Self::Region => "region",
            Self::France => "france",
        }
    }
}

/// A territory, or the inner part of one: the searches of which no smaller territory is known.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) id: String,
    pub(crate) name: String,
    level: Level,
    inner: bool,
}

impl Place {
    /// `territoire_niveau` of the table.
    pub(crate) fn level(&self) -> String {
        format!("{}{}", self.level.text(), if self.inner { "_sans_precision" } else { "" })
    }

    /// Whether gross counts are given for it.
    pub(crate) fn has_gross(&self) -> bool {
        !self.inner && self.level >= Level::Departement
    }
}

/// A whole that is the sum of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) whole: u32,
    pub(crate) parts: Vec<u32>,
}

/// All territories and their sums.
#[derive(Debug, Default)]
pub(crate) struct Places {
    pub(crate) list: Vec<Place>,
    index: HashMap<String, u32>,
    /// Every commune with boroughs, EPCI, département, région and France.
    pub(crate) sums: Vec<Sum>,
    /// Régions and France, of those territories only that have gross counts: what they have beyond these parts is not published.
    pub(crate) gross_sums: Vec<Sum>,
    /// Of each territory: the wholes that it is directly part of.
    wholes: Vec<Vec<u32>>,
}

const COMMUNES: &str = "communes.csv";
const BOROUGHS: &str = "arrondissements_municipaux.csv";
const EPCI: &str = "epci.csv";
const DEPARTEMENTS: &str = "departements.csv";
const REGIONS: &str = "regions.csv";

struct Commune {
    code: String,
    name: String,
    departement: String,
    epci: String,
}

impl Places {
    /// The territory with this `territoire_id`.
    pub(crate) fn find(&self, id: &str) -> Option<u32> {
        self.index.get(id).copied()
    }

    pub(crate) fn read(files: &CodeListFiles<'_>) -> Result<Self, AuditError> {
        let mut places = Self::default();
        let communes: Vec<Commune> = records(COMMUNES, files.communes, ["code_commune", "nom", "code_departement", "code_epci"])?
            .into_iter()
            .map(|[code, name, departement, epci]| Commune { code, name, departement, epci })
            .collect();
        for c in &communes {
            places.add(COMMUNES, "com", &c.code, &c.name, Level::Commune)?;
        }
        places.boroughs(files)?;
        let region_of: BTreeMap<String, String> = places.departements_and_regions(files)?;
        let unknown =
            |list, kind: &str, code: &str| AuditError::CodeList { name: list, detail: format!("the {kind} {code} is in no list") };
        let mut in_departement: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        let mut in_epci: BTreeMap<&str, (Vec<u32>, BTreeSet<&str>)> = BTreeMap::new();
        for c in &communes {
            let place = places.code(COMMUNES, "com", &c.code)?;
            if !region_of.contains_key(&c.departement) {
                return Err(unknown(COMMUNES, "département", &c.departement));
            }
            in_departement.entry(&c.departement).or_default().push(place);
            if !c.epci.is_empty() {
                let (members, departements) = in_epci.entry(&c.epci).or_default();
                members.push(place);
                departements.insert(&c.departement);
            }
        }
        // the inner part of an EPCI belongs to the smallest territory that holds all its communes
        let mut in_region: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        let mut in_france: Vec<u32> = Vec::new();
        for [code, name] in records(EPCI, files.epci, ["code_epci", "nom"])? {
            let inner = places.add_whole(EPCI, "epci", &code, &name, Level::Epci)?;
            let Some((members, departements)) = in_epci.remove(code.as_str()) else {
                // without communes it has no place in any other sum
                places.sum("epci", &code, vec![inner])?;
                continue;
            };
            let regions: BTreeSet<&String> = departements.iter().filter_map(|d| region_of.get(*d)).collect();
            match (departements.first(), departements.len(), regions.first(), regions.len()) {
                (Some(departement), 1, ..) => in_departement.entry(*departement).or_default().push(inner),
                (.., Some(region), 1) if !region.is_empty() => in_region.entry(region.as_str()).or_default().push(inner),
                _ => in_france.push(inner),
            }
            places.sum("epci", &code, members.into_iter().chain([inner]).collect())?;
        }
        if let Some(code) = in_epci.keys().next() {
            return Err(unknown(COMMUNES, "EPCI", code));
        }
        let (mut gross_region, mut gross_france): (BTreeMap<&str, Vec<u32>>, Vec<u32>) = (BTreeMap::new(), Vec::new());
        for (departement, region) in &region_of {
            let place = places.code(DEPARTEMENTS, "dep", departement)?;
            let (above, gross) = match region.is_empty() {
                true => (&mut in_france, &mut gross_france),
                false => (in_region.entry(region.as_str()).or_default(), gross_region.entry(region.as_str()).or_default()),
            };
            above.push(place);
            gross.push(place);
            let inner = places.code(DEPARTEMENTS, "dep", &format!("{departement}-sp"))?;
            let parts = in_departement.remove(departement.as_str()).unwrap_or_default();
            places.sum("dep", departement, parts.into_iter().chain([inner]).collect())?;
        }
        for [region] in records(REGIONS, files.regions, ["code_region"])? {
            let place = places.code(REGIONS, "reg", &region)?;
            in_france.push(place);
            gross_france.push(place);
            let inner = places.code(REGIONS, "reg", &format!("{region}-sp"))?;
            let parts = in_region.remove(region.as_str()).unwrap_or_default();
            places.sum("reg", &region, parts.into_iter().chain([inner]).collect())?;
            places.gross_sums.push(Sum { whole: place, parts: gross_region.remove(region.as_str()).unwrap_or_default() });
        }
        if let Some(region) = in_region.keys().next() {
            return Err(unknown(DEPARTEMENTS, "région", region));
        }
        let france = places.insert(REGIONS, Place { id: "fr".into(), name: "France".into(), level: Level::France, inner: false })?;
        let name = "France, sans précision".into();
        in_france.push(places.insert(REGIONS, Place { id: "fr-sp".into(), name, level: Level::France, inner: true })?);
        places.sums.push(Sum { whole: france, parts: in_france });
        places.gross_sums.push(Sum { whole: france, parts: gross_france });
        places.wholes = vec![Vec::new(); places.list.len()];
        for sum in &places.sums {
            for part in &sum.parts {
                if let Some(wholes) = places.wholes.get_mut(*part as usize) {
                    wholes.push(sum.whole);
                }
            }
        }
        Ok(places)
    }

    /// The communes: each with what it lies in, itself first and France last.
    pub(crate) fn communes(&self) -> impl Iterator<Item = Vec<u32>> {
        let is = |place: u32| self.list.get(place as usize).filter(|place| !place.inner).map(|place| place.level);
        let communes = (0..self.list.len() as u32).filter(move |place| is(*place) == Some(Level::Commune));
        communes.map(move |commune| {
            let mut within: Vec<u32> = self.above(commune).into_iter().filter(|place| is(*place).is_some()).collect();
            within.sort_by_key(|place| is(*place));
            within
        })
    }

    /// The territory and every territory that it is part of.
    pub(crate) fn above(&self, place: u32) -> BTreeSet<u32> {
        let (mut above, mut open) = (BTreeSet::from([place]), vec![place]);
        while let Some(part) = open.pop() {
            open.extend(self.wholes.get(part as usize).into_iter().flatten().copied().filter(|whole| above.insert(*whole)));
        }
        above
    }

    fn boroughs(&mut self, files: &CodeListFiles<'_>) -> Result<(), AuditError> {
        let mut in_commune: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        let columns = ["code_arrondissement_municipal", "nom", "code_commune"];
        for [code, name, commune] in records(BOROUGHS, files.arrondissements_municipaux, columns)? {
            let place = self.add(BOROUGHS, "arr", &code, &name, Level::Arrondissement)?;
            in_commune.entry(commune).or_default().push(place);
        }
        for (commune, mut parts) in in_commune {
            let place = self.code(BOROUGHS, "com", &commune)?;
            let name = self.list.get(place as usize).map(|p| p.name.clone()).unwrap_or_default();
            parts.push(self.inner(BOROUGHS, "com", &commune, &name, Level::Commune)?);
            self.sum("com", &commune, parts)?;
        }
        Ok(())
    }

    /// Adds them; gives the région of each département, empty for one that has none.
    fn departements_and_regions(&mut self, files: &CodeListFiles<'_>) -> Result<BTreeMap<String, String>, AuditError> {
        let mut region_of = BTreeMap::new();
        for [code, name, region] in records(DEPARTEMENTS, files.departements, ["code_departement", "nom", "code_region"])? {
            self.add_whole(DEPARTEMENTS, "dep", &code, &name, Level::Departement)?;
            region_of.insert(code, region);
        }
        for [code, name] in records(REGIONS, files.regions, ["code_region", "nom"])? {
            self.add_whole(REGIONS, "reg", &code, &name, Level::Region)?;
        }
        Ok(region_of)
    }

    /// Adds a territory and its inner part, whose number comes back.
    fn add_whole(&mut self, list: &'static str, prefix: &str, code: &str, name: &str, level: Level) -> Result<u32, AuditError> {
        self.add(list, prefix, code, name, level)?;
        self.inner(list, prefix, code, name, level)
    }

    fn add(&mut self, list: &'static str, prefix: &str, code: &str, name: &str, level: Level) -> Result<u32, AuditError> {
        self.insert(list, Place { id: format!("{prefix}-{code}"), name: name.to_owned(), level, inner: false })
    }

    fn inner(&mut self, list: &'static str, prefix: &str, code: &str, name: &str, level: Level) -> Result<u32, AuditError> {
        self.insert(list, Place { id: format!("{prefix}-{code}-sp"), name: format!("{name}, sans précision"), level, inner: true })
    }

    fn insert(&mut self, list: &'static str, place: Place) -> Result<u32, AuditError> {
        let number = self.list.len() as u32;
        if self.index.insert(place.id.clone(), number).is_some() {
            return Err(AuditError::CodeList { name: list, detail: format!("{} is there twice", place.id) });
        }
        self.list.push(place);
        Ok(number)
    }

    fn code(&self, list: &'static str, prefix: &str, code: &str) -> Result<u32, AuditError> {
        let id = format!("{prefix}-{code}");
        self.find(&id).ok_or_else(|| AuditError::CodeList { name: list, detail: format!("{id} is in no list") })
    }

    fn sum(&mut self, prefix: &str, code: &str, parts: Vec<u32>) -> Result<(), AuditError> {
        let whole = self.code(COMMUNES, prefix, code)?;
        self.sums.push(Sum { whole, parts });
        Ok(())
    }
}
