//! The territory of a search and of a place.

use crate::codes::postal_number;
use crate::geo_value::Named;
use crate::geography::Geography;
use crate::locate::{Address, Located};
use crate::territory::{Country, Level, TerritoryId};
use crate::text::said;

/// What a search says about where. Every field may be absent; empty texts and `null` count as absent. Where `location.areas` is absent,
/// give the top-level fields of `location` instead. The French names are the deprecated twins, looked at after the current ones.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clues<'a> {
    /// `location.country`, else `areas.pays`.
    pub country: Option<&'a str>,
    /// `location.geoType`.
    pub geo_type: Option<&'a str>,
    /// `location.geoValue`.
    pub geo_value: Option<&'a str>,
    /// `regionCode`
    pub region_code: Option<&'a str>,
    /// `region`, a name.
    pub region: Option<&'a str>,
    /// `departmentCode`
    pub department_code: Option<&'a str>,
    /// `departementCode`
    pub departement_code: Option<&'a str>,
    /// `department`, a name.
    pub department: Option<&'a str>,
    /// `departement`, a name.
    pub departement: Option<&'a str>,
    /// `cityCode`: an INSEE code, or a postal code in old documents.
    pub city_code: Option<&'a str>,
    /// `city`
    pub city: Option<&'a str>,
    /// `ville`
    pub ville: Option<&'a str>,
    /// `postalCode`
    pub postal_code: Option<&'a str>,
    /// `codePostal`
    pub code_postal: Option<&'a str>,
}

/// What a place says about where, as [`Clues`] does.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlaceClues<'a> {
    /// `position.country`, else `position.pays`, else the country of the place.
    pub country: Option<&'a str>,
    /// `cityCode`
    pub city_code: Option<&'a str>,
    /// `city`
    pub city: Option<&'a str>,
    /// `ville`
    pub ville: Option<&'a str>,
    /// `postalCode`
    pub postal_code: Option<&'a str>,
    /// `codePostal`
    pub code_postal: Option<&'a str>,
    /// `departmentCode`
    pub department_code: Option<&'a str>,
    /// `departementCode`
    pub departement_code: Option<&'a str>,
    /// `department`, a name.
    pub department: Option<&'a str>,
    /// `departement`, a name.
    pub departement: Option<&'a str>,
    /// `regionCode`. Only a collectivity overseas can be known from it: a place is never put in a région alone.
    pub region_code: Option<&'a str>,
}

impl Geography {
    /// The territory of a search. `geo_type` sets the level: a search for a département, a région, an EPCI or the country belongs to that
    /// level's part even if its areas name something finer. Allocates nothing where an INSEE code and a name agree.
    pub fn resolve_search(&self, clues: &Clues<'_>) -> TerritoryId {
        let country = self.country(clues.country);
        if let Some(elsewhere) = self.elsewhere(country) {
            return elsewhere;
        }
        let geo_type = said(clues.geo_type);
        let geo_value = said(clues.geo_value);
        let mut located = self.locate(&Address {
            city_code: clues.city_code,
            city: [clues.city, clues.ville],
            postal_code: [clues.postal_code, clues.code_postal],
            department_code: [clues.department_code, clues.departement_code],
            department: [clues.department, clues.departement],
            region_code: clues.region_code,
            region: clues.region,
        });
        let mut searched = country;
        if located.precise.is_none()
            && let Some(value) = geo_value
        {
            match self.named(value, geo_type) {
                Named::Nothing => {}
                // Only where nothing finer is known: `fr` is then the whole of what was said.
                Named::Country(named) if located.region.is_none() && located.departement.is_none() => {
                    searched = Some(country.unwrap_or(named));
                    if let (None, Some(elsewhere)) = (country, self.elsewhere(Some(named))) {
                        return elsewhere;
                    }
                    if geo_type != Some("pays") {
                        return self.france_id();
                    }
                }
                Named::Country(_) => {}
                Named::Place(named) => located = merged(located, named),
            }
        }
        self.at_level(located, geo_type, geo_value, searched)
    }

    /// The territory of a place: its commune or arrondissement where that is certain, else its département, else its country abroad, else
    /// the unknown part.
    pub fn resolve_place(&self, clues: &PlaceClues<'_>) -> TerritoryId {
        if let Some(elsewhere) = self.elsewhere(self.country(clues.country)) {
            return elsewhere;
        }
        let located = self.locate(&Address {
            city_code: clues.city_code,
            city: [clues.city, clues.ville],
            postal_code: [clues.postal_code, clues.code_postal],
            department_code: [clues.department_code, clues.departement_code],
            department: [clues.department, clues.departement],
            region_code: clues.region_code,
            region: None,
        });
        located.precise.or_else(|| located.departement.and_then(|code| self.departement_id(code))).unwrap_or(self.unknown_id())
    }

    /// The part of a country that French lists must not be asked about.
    fn elsewhere(&self, country: Option<Country>) -> Option<TerritoryId> {
        match country? {
            Country::France => None,
            Country::Unknown => Some(self.unknown_id()),
            foreign => self.foreign_id(foreign),
        }
    }

    fn at_level(&self, located: Located, geo_type: Option<&str>, geo_value: Option<&str>, country: Option<Country>) -> TerritoryId {
        let region = || located.region.and_then(|code| self.region_id(code));
        // A collectivity overseas has no région: searched as one, it is itself.
        let departement = || located.departement.and_then(|code| self.departement_id(code)).or_else(region);
        let known = match geo_type {
            Some("pays") => {
                (country == Some(Country::France) || located.departement.is_some() || located.region.is_some()).then(|| self.france_id())
            }
            Some("region") => region().or_else(departement),
            Some("departement") => departement(),
            Some("citiesGroup") => {
                let named = geo_value.and_then(|value| self.epci_named(value, located.departement, located.region));
                let epci = named.or_else(|| located.precise.and_then(|id| self.territory(id).epci));
                epci.and_then(|code| self.epci_id(code)).or_else(departement)
            }
            Some("ville") => located.precise.map(|id| self.city(id, geo_value)).or_else(departement),
            _ => located.precise.or_else(departement),
        };
        known.unwrap_or(self.unknown_id())
    }

    /// A search for Paris is not one for the arrondissement that its centre lies in: that one must be in the slug too, as its postal code.
    fn city(&self, id: TerritoryId, geo_value: Option<&str>) -> TerritoryId {
        let part = self.territory(id);
        if part.level != Level::Arrondissement {
            return id;
        }
        let asked =
            geo_value.is_none_or(|value| value.split('-').filter_map(postal_number).any(|number| self.of_postal(number).contains(&id)));
        if asked { id } else { part.commune.and_then(|code| self.commune_id(code)).unwrap_or(id) }
    }
}

/// Adds what the slug names to what the fields say. The fields win: the slug must lie within what they say, and a city that they give
/// without leading to a commune keeps the slug from naming one.
fn merged(fields: Located, slug: Located) -> Located {
    let fits = match (fields.departement, fields.region) {
        (Some(_), _) => slug.departement == fields.departement,
        (None, Some(_)) => slug.region == fields.region,
        (None, None) => true,
    };
    if !fits || slug.departement.is_none() && slug.region.is_none() {
        return fields;
    }
    Located { precise: slug.precise.filter(|_| !fields.city_given), ..slug }
}
