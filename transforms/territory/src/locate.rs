//! From the clues of an address to the finest French territory that is certain.

use crate::codes::{CommuneCode, DepartementCode, RegionCode, postal_number};
use crate::geography::Geography;
use crate::names::Rank;
use crate::territory::{Level, TerritoryId};
use crate::text::{Key, said};

/// What an address says, each pair being the current field and its deprecated twin.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Address<'a> {
    pub(crate) city_code: Option<&'a str>,
    pub(crate) city: [Option<&'a str>; 2],
    pub(crate) postal_code: [Option<&'a str>; 2],
    pub(crate) department_code: [Option<&'a str>; 2],
    pub(crate) department: [Option<&'a str>; 2],
    pub(crate) region_code: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
}

/// What is certain about an address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Located {
    /// A commune or an arrondissement.
    pub(crate) precise: Option<TerritoryId>,
    pub(crate) departement: Option<DepartementCode>,
    pub(crate) region: Option<RegionCode>,
    /// A city or postal code was given, whether or not it led anywhere.
    pub(crate) city_given: bool,
}

/// A commune that the clues name.
struct Candidate {
    id: TerritoryId,
    /// Its name is among the clues, so that it outweighs a département that contradicts it.
    named: bool,
}

impl Geography {
    pub(crate) fn locate(&self, address: &Address<'_>) -> Located {
        let city_code = said(address.city_code);
        let cities = address.city.map(said);
        let postal_codes = address.postal_code.map(said);
        let city_given = city_code.is_some() || cities.iter().chain(&postal_codes).any(Option::is_some);

        let found = if city_given { self.candidate(city_code, &cities, &postal_codes) } else { Found::Nothing };
        if let Found::One(Candidate { id, named }) = found {
            let departement = self.territory(id).departement;
            if named || self.claims(address, departement) {
                return self.precisely(id);
            }
        }
        let claimed = self.claimed_departement(address);
        // Where a city code or postal code speaks of another commune than the name does, the name is not to be trusted alone.
        if let (Found::Nothing, Some(departement)) = (&found, claimed)
            && let Some(id) = self.by_name(departement, &cities)
        {
            return self.precisely(id);
        }
        let departement = claimed.or_else(|| match found {
            Found::One(Candidate { id, .. }) => self.territory(id).departement,
            _ => self.departement_of_postal(&postal_codes),
        });
        let (region, overseas) = self.claimed_region(address);
        match departement.or(overseas) {
            Some(code) => Located { departement: Some(code), region: self.region_of(code), precise: None, city_given },
            None => Located { region, city_given, ..Located::default() },
        }
    }

    pub(crate) fn region_of(&self, departement: DepartementCode) -> Option<RegionCode> {
        self.departement(departement).and_then(|row| row.region)
    }

    /// A name alone may be that of several communes; with a postal code of its own it is certain.
    pub(crate) fn by_postal_and_name(&self, postal: usize, name: &Key) -> Option<TerritoryId> {
        match self.pick(self.of_postal(postal), |id| self.commune_names.rank(id.0 as usize, name)) {
            Found::One(candidate) => Some(candidate.id),
            _ => None,
        }
    }

    fn precisely(&self, id: TerritoryId) -> Located {
        let part = self.territory(id);
        Located { precise: Some(id), departement: part.departement, region: part.region, city_given: true }
    }

    /// The commune that city code, names and postal codes agree on.
    fn candidate(&self, city_code: Option<&str>, cities: &[Option<&str>; 2], postal_codes: &[Option<&str>; 2]) -> Found {
        let insee = city_code.and_then(CommuneCode::parse).and_then(|code| self.commune_id(code));
        if let Some(id) = insee {
            for name in cities.iter().flatten() {
                // Most names are written as INSEE does: they need no folding.
                if self.name(id) == *name || self.commune_names.rank(id.0 as usize, &Key::new(name)).is_some() {
                    return Found::One(Candidate { id: self.refined(id, postal_codes), named: true });
                }
            }
        }
        // Before INSEE codes were stored, the city code was the postal code; many of those numbers are also the INSEE code of another commune.
        let postal_numbers = || postal_codes.iter().flatten().copied().chain(city_code).filter_map(postal_number);
        let mut listed = false;
        for name in cities.iter().flatten().map(|name| Key::new(name)) {
            for number in postal_numbers() {
                listed |= !self.of_postal(number).is_empty();
                if let Some(id) = self.by_postal_and_name(number, &name) {
                    return Found::One(Candidate { id: self.refined(id, postal_codes), named: true });
                }
            }
        }
        // A city code that repeats the postal code is one: it is no INSEE code that could contradict the name.
        let insee = insee.filter(|_| !postal_codes.contains(&city_code));
        let unnamed = cities.iter().all(Option::is_none);
        if let Some(id) = insee {
            let agrees = postal_codes.iter().flatten().filter_map(|code| postal_number(code)).any(|number| self.has_postal(id, number));
            let alone = unnamed && postal_codes.iter().all(Option::is_none);
            if agrees || alone {
                return Found::One(Candidate { id: self.refined(id, postal_codes), named: false });
            }
        }
        if unnamed {
            for number in postal_numbers() {
                listed |= !self.of_postal(number).is_empty();
                if let Found::One(candidate) = self.pick(self.of_postal(number), |_| Some(Rank::Main)) {
                    return Found::One(Candidate { named: false, ..candidate });
                }
            }
        }
        if listed || insee.is_some() { Found::Contradiction } else { Found::Nothing }
    }

    /// The arrondissement of a city whose postal code is given: those of Paris, Lyon and Marseille have one each.
    fn refined(&self, id: TerritoryId, postal_codes: &[Option<&str>; 2]) -> TerritoryId {
        if !self.divided.contains(&id) {
            return id;
        }
        let commune = self.territory(id).commune;
        let borough = |number| {
            let mut inside = self.of_postal(number).iter().copied().filter(|part| {
                let part = self.territory(*part);
                part.level == Level::Arrondissement && part.commune == commune
            });
            let first = inside.next();
            if inside.next().is_some() { None } else { first }
        };
        postal_codes.iter().flatten().filter_map(|code| postal_number(code)).find_map(borough).unwrap_or(id)
    }

    fn has_postal(&self, id: TerritoryId, number: usize) -> bool {
        let wanted = self.territory(id);
        self.of_postal(number).iter().any(|part| {
            // The postal code of an arrondissement is one of its city's too.
            *part == id || wanted.level == Level::Commune && self.territory(*part).commune == wanted.commune
        })
    }

    /// The one commune among `parts` that is wanted; names of today go before those of merged communes. An arrondissement goes before
    /// its city, but several of them leave only the city.
    fn pick(&self, parts: &[TerritoryId], rank: impl Fn(TerritoryId) -> Option<Rank>) -> Found {
        let best = parts.iter().filter_map(|id| rank(*id)).min();
        let mut city: Option<TerritoryId> = None;
        let mut borough: Option<TerritoryId> = None;
        let mut boroughs = 0;
        for id in parts.iter().copied() {
            let part = self.territory(id);
            let found = rank(id);
            let wanted = found.is_some() && (found == best || part.level == Level::Arrondissement);
            let Some(commune) = part.commune.filter(|_| wanted).and_then(|code| self.commune_id(code)) else { continue };
            if city.is_some_and(|known| known != commune) {
                return Found::Contradiction;
            }
            city = Some(commune);
            if part.level == Level::Arrondissement {
                borough = Some(id);
                boroughs += 1;
            }
        }
        match (city, borough.filter(|_| boroughs == 1)) {
            (_, Some(id)) | (Some(id), None) => Found::One(Candidate { id, named: true }),
            (None, None) => Found::Nothing,
        }
    }

    /// No département is claimed, or this one.
    fn claims(&self, address: &Address<'_>, departement: Option<DepartementCode>) -> bool {
        self.claimed_departement(address).is_none_or(|claimed| Some(claimed) == departement)
    }

    /// The first code that is one of the list, else the first name.
    fn claimed_departement(&self, address: &Address<'_>) -> Option<DepartementCode> {
        let by_code = |text: &str| DepartementCode::parse(text).filter(|code| self.departement(*code).is_some());
        let by_name = |text: &str| self.departement_dictionary.only((), &Key::new(text));
        let codes = address.department_code.into_iter().filter_map(|clue| said(clue).and_then(by_code)).next();
        codes.or_else(|| address.department.into_iter().filter_map(|clue| said(clue).and_then(by_name)).next())
    }

    /// The région of the clues, or the collectivity overseas that Soliguide calls a région.
    fn claimed_region(&self, address: &Address<'_>) -> (Option<RegionCode>, Option<DepartementCode>) {
        if let Some(text) = said(address.region_code) {
            if let Some(code) = RegionCode::parse(text).filter(|code| self.region(*code).is_some()) {
                return (Some(code), None);
            }
            if let Some(code) = self.region_codes.only((), &Key::new(text)) {
                return (None, Some(code));
            }
        }
        match said(address.region) {
            Some(text) => self.region_named(&Key::new(text)),
            None => (None, None),
        }
    }

    /// The région of a name, or the collectivity overseas of that name.
    pub(crate) fn region_named(&self, name: &Key) -> (Option<RegionCode>, Option<DepartementCode>) {
        match self.region_dictionary.only((), name) {
            Some(code) => (Some(code), None),
            None => (None, self.departement_dictionary.only((), name).filter(|code| self.region_of(*code).is_none())),
        }
    }

    fn by_name(&self, departement: DepartementCode, cities: &[Option<&str>; 2]) -> Option<TerritoryId> {
        cities.iter().flatten().find_map(|name| {
            let all: Vec<TerritoryId> = self.commune_dictionary.get(departement, &Key::new(name)).collect();
            match self.pick(&all, |id| self.commune_names.rank(id.0 as usize, &Key::new(name))) {
                Found::One(candidate) => Some(candidate.id),
                _ => None,
            }
        })
    }

    /// The département of a postal code all of whose communes lie in one.
    fn departement_of_postal(&self, postal_codes: &[Option<&str>; 2]) -> Option<DepartementCode> {
        postal_codes.iter().flatten().filter_map(|code| postal_number(code)).find_map(|number| {
            let mut all = self.of_postal(number).iter().map(|id| self.territory(*id).departement);
            let first = all.next()?;
            if all.all(|other| other == first) { first } else { None }
        })
    }
}

/// What a search among communes gives.
enum Found {
    /// No clue speaks of a commune.
    Nothing,
    /// Clues speak of several communes, or of one that its name or postal code contradicts.
    Contradiction,
    One(Candidate),
}
