//! The slug that says what was searched: `strasbourg-67000`, `departement-bas-rhin`, `region-grand-est`, `fr`, or that of an address.

use crate::codes::{DepartementCode, EpciCode, RegionCode, postal_number};
use crate::geography::Geography;
use crate::locate::Located;
use crate::territory::Country;
use crate::text::Key;

/// What a slug names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    Nothing,
    Country(Country),
    Place(Located),
}

impl Geography {
    /// What `geo_value` names. `geo_type` tells `bas-rhin` the département from a commune of that name.
    pub(crate) fn named(&self, geo_value: &str, geo_type: Option<&str>) -> Named {
        let known = |text: &str| match self.countries.only((), &Key::new(text)) {
            // Two letters such as `re` are a country only where a country is asked for.
            Some(country) if text.len() > 2 || text == "fr" || geo_type == Some("pays") => Some(country),
            _ => None,
        };
        if let Some(name) = geo_value.strip_prefix("departement-") {
            return place(self.departement_named(name), None, self);
        }
        if let Some(name) = geo_value.strip_prefix("region-") {
            let (region, overseas) = self.region_named(&Key::new(name));
            return place(overseas, region, self);
        }
        match geo_type {
            Some("departement") => return place(self.departement_named(geo_value), None, self),
            Some("region") => {
                let (region, overseas) = self.region_named(&Key::new(geo_value));
                return place(overseas, region, self);
            }
            _ => {}
        }
        if let Some(country) = known(geo_value) {
            return Named::Country(country);
        }
        self.with_postal(geo_value).unwrap_or(Named::Nothing)
    }

    /// The EPCI that a slug names; of several with one name, the one that lies in the département or région that is known.
    pub(crate) fn epci_named(&self, geo_value: &str, departement: Option<DepartementCode>, region: Option<RegionCode>) -> Option<EpciCode> {
        let mut fitting = self.epci_dictionary.get((), &Key::new(geo_value)).filter(|code| {
            self.epci(*code).is_some_and(|epci| {
                departement.is_none_or(|known| epci.departements.contains(&known))
                    && region.is_none_or(|known| epci.regions.contains(&known))
            })
        });
        let first = fitting.next();
        if fitting.next().is_some() { None } else { first }
    }

    fn departement_named(&self, text: &str) -> Option<DepartementCode> {
        let by_code = DepartementCode::parse(text).filter(|code| self.departement(*code).is_some());
        by_code.or_else(|| self.departement_dictionary.only((), &Key::new(text)))
    }

    /// A postal code with the name of a commune before it (a city) or behind it (an address), and that postal code is one of the commune's.
    fn with_postal(&self, geo_value: &str) -> Option<Named> {
        // As it stands first: the country may follow, but Fort-de-France ends alike.
        self.with_postal_at_end(geo_value).or_else(|| self.with_postal_at_end(geo_value.strip_suffix("-france")?))
    }

    fn with_postal_at_end(&self, geo_value: &str) -> Option<Named> {
        // The last word of five digits: the numbers of an address stand before it.
        let (at, number) = geo_value
            .match_indices(|c: char| c.is_ascii_digit())
            .filter_map(|(at, _)| {
                let alone = at == 0 || geo_value.as_bytes().get(at - 1) == Some(&b'-');
                let end = geo_value.as_bytes().get(at + 5).is_none_or(|byte| *byte == b'-');
                geo_value.get(at..at + 5).filter(|_| alone && end).and_then(postal_number).map(|number| (at, number))
            })
            .next_back()?;
        let after = geo_value.get(at + 5..).map_or("", |text| text.trim_start_matches('-'));
        let name = if after.is_empty() { geo_value.get(..at).map_or("", |text| text.trim_end_matches('-')) } else { after };
        let id = self.by_postal_and_name(number, &Key::new(name))?;
        let part = self.territory(id);
        Some(Named::Place(Located { precise: Some(id), departement: part.departement, region: part.region, city_given: true }))
    }
}

fn place(departement: Option<DepartementCode>, region: Option<RegionCode>, geography: &Geography) -> Named {
    match (departement, region) {
        (Some(code), _) => Named::Place(Located { departement: Some(code), region: geography.region_of(code), ..Located::default() }),
        (None, Some(code)) => Named::Place(Located { region: Some(code), ..Located::default() }),
        (None, None) => Named::Nothing,
    }
}
