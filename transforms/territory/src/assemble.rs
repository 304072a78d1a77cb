//! Builds a geography from the lists.

use crate::codes::{CommuneCode, DepartementCode, EpciCode, RegionCode, postal_number};
use crate::country::country_code;
use crate::error::ReferenceError;
use crate::geography::Geography;
use crate::names::{CommuneNames, Dictionary};
use crate::rows::{Borough, Commune, Departement, Epci, Region};
use crate::tables::{ReferenceTables, Row, for_each_row};
use crate::territory::{Country, Level, Territory, TerritoryId};
use crate::text::Key;

/// The time zones of France. A zone that is not here is refused, since the month of a search depends on it.
const TIME_ZONES: [&str; 12] = [
    "Europe/Paris",
    "America/Martinique",
    "America/Guadeloupe",
    "America/Cayenne",
    "America/Miquelon",
    "Indian/Reunion",
    "Indian/Mayotte",
    "Indian/Maldives",
    "Pacific/Wallis",
    "Pacific/Tahiti",
    "Pacific/Noumea",
    "Etc/GMT+8",
];
const PARIS: &str = "Europe/Paris";

impl Geography {
    /// Reads the lists. They must be of one vintage: a code that its own list does not hold is an error, never a gap.
    ///
    /// # Errors
    /// [`ReferenceError`] when a list is not what `datasets/reference/README.md` says; it names the file and the line.
    pub fn from_csv(tables: &ReferenceTables<'_>) -> Result<Self, ReferenceError> {
        let regions = sorted(regions(tables)?);
        let departements = sorted(departements(tables, &regions)?);
        let epcis = sorted(epcis(tables, &departements)?);
        let communes = sorted(communes(tables, &departements, &epcis)?);
        let boroughs = sorted(boroughs(tables, &communes)?);
        let (parts, starts) = parts(&boroughs, &communes, &epcis, &departements, &regions);

        let mut geography = Self {
            parts,
            starts,
            slots: Vec::new(),
            divided: Vec::new(),
            postal_first: Vec::new(),
            postal_parts: Vec::new(),
            commune_names: CommuneNames::default(),
            commune_dictionary: Dictionary::new([]),
            departement_dictionary: Dictionary::new([]),
            region_dictionary: Dictionary::new([]),
            region_codes: Dictionary::new([]),
            epci_dictionary: Dictionary::new(epcis.iter().flat_map(epci_names)),
            countries: countries(tables)?,
            boroughs,
            communes,
            epcis,
            departements,
            regions,
        };
        geography.index_communes(tables)?;
        geography.index_postal_codes(tables)?;
        geography.index_spellings(tables)?;
        Ok(geography)
    }

    fn index_communes(&mut self, tables: &ReferenceTables<'_>) -> Result<(), ReferenceError> {
        self.slots = vec![0; CommuneCode::SLOTS];
        let mut names: Vec<Vec<Key>> = Vec::with_capacity(self.boroughs.len() + self.communes.len());
        let current = self.boroughs.iter().map(|row| row.code).chain(self.communes.iter().map(|row| row.code));
        for (at, code) in current.enumerate() {
            if let Some(slot) = self.slots.get_mut(code.slot()) {
                *slot = at as u32 + 1;
            }
        }
        for borough in &self.boroughs {
            let city = find(&self.communes, borough.commune, |row| row.code).map_or("", |row| row.nom.as_str());
            names.push(borough_names(city, borough));
        }
        names.extend(self.communes.iter().map(|row| vec![Key::new(&row.nom)]));
        self.divided = self.boroughs.iter().filter_map(|row| self.commune_id(row.commune)).collect();
        self.divided.dedup();

        let (slots, first_commune) = (&mut self.slots, self.boroughs.len());
        let communes = &self.communes;
        for_each_row("communes_anciennes.csv", tables.communes_anciennes, &["code_ancien", "nom", "code_commune"], |row| {
            let old = row.value("code_ancien", CommuneCode::parse)?;
            let now = row.value("code_commune", CommuneCode::parse)?;
            let at = communes.binary_search_by_key(&now, |c| c.code).map_err(|_| row.dangling("code_commune"))? + first_commune;
            if let Some(slot) = slots.get_mut(old.slot())
                && *slot == 0
            {
                *slot = at as u32 + 1;
            }
            let name = Key::new(row.text("nom"));
            if let Some(known) = names.get_mut(at)
                && known.iter().all(|key| key.as_bytes() != name.as_bytes())
            {
                known.push(name);
            }
            Ok(())
        })?;

        let mut entries = Vec::new();
        for (at, known) in names.iter().enumerate() {
            self.commune_names.push(known);
            // Arrondissements are left out: their commune holds the name of the city, and no arrondissement is sure from a name alone.
            if at >= first_commune
                && let Some(departement) = self.parts.get(at).and_then(|part| part.departement)
            {
                entries.extend(known.iter().map(|key| (departement, *key, TerritoryId(at as u32))));
            }
        }
        self.commune_dictionary = Dictionary::new(entries);
        Ok(())
    }

    fn index_postal_codes(&mut self, tables: &ReferenceTables<'_>) -> Result<(), ReferenceError> {
        let mut pairs = Vec::new();
        for_each_row("codes_postaux.csv", tables.codes_postaux, &["code_postal", "code_insee"], |row| {
            let number = row.value("code_postal", postal_number)?;
            let code = row.value("code_insee", CommuneCode::parse)?;
            pairs.push((number, self.commune_id(code).ok_or_else(|| row.dangling("code_insee"))?));
            Ok(())
        })?;
        pairs.sort_unstable();
        pairs.dedup();
        self.postal_first = vec![0; 100_001];
        for (number, _) in &pairs {
            if let Some(count) = self.postal_first.get_mut(number + 1) {
                *count += 1;
            }
        }
        let mut total = 0;
        for count in &mut self.postal_first {
            total += *count;
            *count = total;
        }
        self.postal_parts = pairs.into_iter().map(|(_, id)| id).collect();
        Ok(())
    }

    fn index_spellings(&mut self, tables: &ReferenceTables<'_>) -> Result<(), ReferenceError> {
        let mut departements: Vec<_> = self.departements.iter().map(|row| ((), Key::new(&row.nom), row.code)).collect();
        let mut regions: Vec<_> = self.regions.iter().map(|row| ((), Key::new(&row.nom), row.code)).collect();
        let mut codes = Vec::new();
        for_each_row("variantes_territoires.csv", tables.variantes_territoires, &["nature", "variante", "code"], |row| {
            let name = Key::new(row.text("variante"));
            match row.text("nature") {
                "departement" => departements.push(((), name, known_departement(row, "code", &self.departements)?)),
                "code_region" => codes.push(((), name, known_departement(row, "code", &self.departements)?)),
                "region" => regions.push(((), name, known_region(row, "code", &self.regions)?)),
                _ => return Err(row.invalid("nature")),
            }
            Ok(())
        })?;
        self.departement_dictionary = Dictionary::new(departements);
        self.region_dictionary = Dictionary::new(regions);
        self.region_codes = Dictionary::new(codes);
        Ok(())
    }
}

fn text(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

fn number(value: &str) -> Option<u32> {
    value.parse().ok()
}

fn time_zone(value: &str) -> Option<&'static str> {
    TIME_ZONES.into_iter().find(|zone| *zone == value)
}

/// Rows with their codes, in the order of the codes.
fn sorted<C: Ord, R>(mut rows: Vec<(C, R)>) -> Vec<R> {
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows.into_iter().map(|(_, row)| row).collect()
}

fn find<R, C: Ord>(rows: &[R], code: C, of: impl Fn(&R) -> C) -> Option<&R> {
    rows.binary_search_by_key(&code, of).ok().and_then(|at| rows.get(at))
}

fn known_departement(row: &Row<'_>, column: &'static str, all: &[Departement]) -> Result<DepartementCode, ReferenceError> {
    let code = row.value(column, DepartementCode::parse)?;
    find(all, code, |d| d.code).map(|d| d.code).ok_or_else(|| row.dangling(column))
}

fn known_region(row: &Row<'_>, column: &'static str, all: &[Region]) -> Result<RegionCode, ReferenceError> {
    let code = row.value(column, RegionCode::parse)?;
    find(all, code, |r| r.code).map(|r| r.code).ok_or_else(|| row.dangling(column))
}

/// Refuses a code that was already read.
fn once<C: Ord + Copy>(seen: &mut std::collections::BTreeSet<C>, code: C, row: &Row<'_>) -> Result<(), ReferenceError> {
    if seen.insert(code) { Ok(()) } else { Err(row.duplicate()) }
}

type Rows<C, R> = Result<Vec<(C, R)>, ReferenceError>;

fn regions(tables: &ReferenceTables<'_>) -> Rows<RegionCode, Region> {
    let (mut rows, mut seen) = (Vec::new(), std::collections::BTreeSet::new());
    for_each_row("regions.csv", tables.regions, &["code_region", "nom", "population"], |row| {
        let code = row.value("code_region", RegionCode::parse)?;
        once(&mut seen, code, row)?;
        rows.push((code, Region { code, nom: row.value("nom", text)?, population: row.value("population", number)? }));
        Ok(())
    })?;
    Ok(rows)
}

fn departements(tables: &ReferenceTables<'_>, regions: &[Region]) -> Rows<DepartementCode, Departement> {
    let (mut rows, mut seen) = (Vec::new(), std::collections::BTreeSet::new());
    let columns = ["code_departement", "nom", "code_region", "fuseau_horaire", "population"];
    for_each_row("departements.csv", tables.departements, &columns, |row| {
        let code = row.value("code_departement", DepartementCode::parse)?;
        once(&mut seen, code, row)?;
        let region = if row.text("code_region").is_empty() { None } else { Some(known_region(row, "code_region", regions)?) };
        let nom = row.value("nom", text)?;
        let time_zone = row.value("fuseau_horaire", time_zone)?;
        rows.push((code, Departement { code, nom, region, time_zone, population: row.value("population", number)? }));
        Ok(())
    })?;
    Ok(rows)
}

fn epcis(tables: &ReferenceTables<'_>, departements: &[Departement]) -> Rows<EpciCode, Epci> {
    let (mut rows, mut seen) = (Vec::new(), std::collections::BTreeSet::new());
    for_each_row("epci.csv", tables.epci, &["code_epci", "nom", "population", "codes_departement", "codes_region"], |row| {
        let code = row.value("code_epci", EpciCode::parse)?;
        once(&mut seen, code, row)?;
        let epci = Epci {
            code,
            nom: row.value("nom", text)?,
            departements: row.list("codes_departement", DepartementCode::parse)?,
            regions: row.list("codes_region", RegionCode::parse)?,
            population: row.value("population", number)?,
        };
        if epci.departements.iter().any(|d| find(departements, *d, |known| known.code).is_none()) {
            return Err(row.dangling("codes_departement"));
        }
        rows.push((code, epci));
        Ok(())
    })?;
    Ok(rows)
}

fn communes(tables: &ReferenceTables<'_>, departements: &[Departement], epcis: &[Epci]) -> Rows<CommuneCode, Commune> {
    let (mut rows, mut seen) = (Vec::new(), std::collections::BTreeSet::new());
    let columns = ["code_commune", "nom", "code_departement", "code_region", "code_epci", "population"];
    for_each_row("communes.csv", tables.communes, &columns, |row| {
        let code = row.value("code_commune", CommuneCode::parse)?;
        once(&mut seen, code, row)?;
        let departement = known_departement(row, "code_departement", departements)?;
        let region = row.optional("code_region", RegionCode::parse)?;
        if find(departements, departement, |d| d.code).is_none_or(|d| d.region != region) {
            return Err(row.dangling("code_region"));
        }
        let epci = row.optional("code_epci", EpciCode::parse)?;
        if let Some(code) = epci
            && find(epcis, code, |e| e.code).is_none_or(|e| !e.departements.contains(&departement))
        {
            return Err(row.dangling("code_epci"));
        }
        let nom = row.value("nom", text)?;
        rows.push((code, Commune { code, nom, departement, region, epci, population: row.optional("population", number)? }));
        Ok(())
    })?;
    Ok(rows)
}

fn boroughs(tables: &ReferenceTables<'_>, communes: &[Commune]) -> Rows<CommuneCode, Borough> {
    let (mut rows, mut seen) = (Vec::new(), std::collections::BTreeSet::new());
    let columns = ["code_arrondissement_municipal", "nom", "code_commune", "population"];
    for_each_row("arrondissements_municipaux.csv", tables.arrondissements_municipaux, &columns, |row| {
        let code = row.value("code_arrondissement_municipal", CommuneCode::parse)?;
        once(&mut seen, code, row)?;
        let commune = row.value("code_commune", CommuneCode::parse)?;
        if find(communes, commune, |c| c.code).is_none() {
            return Err(row.dangling("code_commune"));
        }
        rows.push((code, Borough { code, nom: row.value("nom", text)?, commune, population: row.optional("population", number)? }));
        Ok(())
    })?;
    Ok(rows)
}

fn countries(tables: &ReferenceTables<'_>) -> Result<Dictionary<(), Country>, ReferenceError> {
    let mut names = Vec::new();
    for_each_row("pays.csv", tables.pays, &["code_pays", "variante"], |row| {
        names.push(((), Key::new(row.text("variante")), row.value("code_pays", country_code)?));
        Ok(())
    })?;
    Ok(Dictionary::new(names))
}

/// The ways an arrondissement is written: its city, its official name, `Paris 19`, `Paris 19e`, `Marseille 03`.
fn borough_names(city: &str, borough: &Borough) -> Vec<Key> {
    let number: u32 = borough.nom.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0);
    let mut names = vec![Key::new(city), Key::new(&borough.nom)];
    for spelled in [format!("{number}"), format!("{number:02}"), format!("{number}e"), format!("{number}eme"), format!("{number}er")] {
        names.push(Key::new(&format!("{city} {spelled}")));
        names.push(Key::new(&format!("{city} {spelled} arrondissement")));
    }
    names
}

/// The ways an EPCI is written: with its nature in full, abbreviated or left out, with and without what stands in brackets.
fn epci_names(epci: &Epci) -> Vec<((), Key, EpciCode)> {
    const NATURES: [(&str, &str); 3] =
        [("CC ", "Communauté de communes "), ("CA ", "Communauté d'agglomération "), ("CU ", "Communauté urbaine ")];
    let bare = epci.nom.split(" (").next().unwrap_or(&epci.nom);
    let mut names = Vec::new();
    for name in [epci.nom.as_str(), bare] {
        names.push(Key::new(name));
        for (short, long) in NATURES {
            if let Some(rest) = name.strip_prefix(short) {
                names.push(Key::new(rest));
                names.push(Key::new(&format!("{long}{rest}")));
            }
        }
    }
    names.into_iter().map(|key| ((), key, epci.code)).collect()
}

/// The value that all have in common.
fn common<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

fn parts(
    boroughs: &[Borough],
    communes: &[Commune],
    epcis: &[Epci],
    departements: &[Departement],
    regions: &[Region],
) -> (Vec<Territory>, [u32; 8]) {
    let zone = |code: DepartementCode| find(departements, code, |d| d.code).map_or(PARIS, |d| d.time_zone);
    let of_commune = |commune: &Commune| Territory {
        commune: Some(commune.code),
        epci: commune.epci,
        departement: Some(commune.departement),
        region: commune.region,
        ..Territory::bare(Level::Commune, Country::France, zone(commune.departement))
    };
    let mut parts = Vec::new();
    let mut starts = [0; 8];
    let mut next = 0;
    let mut add = |all: &mut dyn Iterator<Item = Territory>| {
        if let Some(start) = starts.get_mut(next) {
            *start = parts.len() as u32;
        }
        next += 1;
        parts.extend(all);
    };
    add(&mut boroughs.iter().map(|borough| {
        let city = find(communes, borough.commune, |c| c.code).map_or(Territory::bare(Level::Commune, Country::France, PARIS), of_commune);
        Territory { level: Level::Arrondissement, arrondissement: Some(borough.code), ..city }
    }));
    add(&mut communes.iter().map(of_commune));
    add(&mut epcis.iter().map(|epci| Territory {
        epci: Some(epci.code),
        departement: common(epci.departements.iter().copied()),
        region: common(epci.regions.iter().copied()),
        ..Territory::bare(Level::Epci, Country::France, common(epci.departements.iter().map(|d| zone(*d))).unwrap_or(PARIS))
    }));
    add(&mut departements.iter().map(|departement| Territory {
        departement: Some(departement.code),
        region: departement.region,
        ..Territory::bare(Level::Departement, Country::France, departement.time_zone)
    }));
    add(&mut regions.iter().map(|region| {
        let zones = departements.iter().filter(|d| d.region == Some(region.code)).map(|d| d.time_zone);
        Territory { region: Some(region.code), ..Territory::bare(Level::Region, Country::France, common(zones).unwrap_or(PARIS)) }
    }));
    add(&mut [Territory::bare(Level::France, Country::France, PARIS)].into_iter());
    // In the order of their codes: ad, autre, es.
    add(&mut [(Country::Andorra, "Europe/Andorra"), (Country::Other, PARIS), (Country::Spain, "Europe/Madrid")]
        .into_iter()
        .map(|(country, zone)| Territory::bare(Level::Foreign, country, zone)));
    add(&mut [Territory::UNKNOWN].into_iter());
    (parts, starts)
}
