//! What the net rule needs to know of a territory: its département and its clock.

use crate::local::Zone;
use crate::{AnonymiseError, TerritoryId};
use solidata_model::Month;
use solidata_territory::Geography;
use std::collections::BTreeMap;

/// A département as the net rule numbers it: 0 is "unknown" (also abroad, France as a whole, a région), the others follow the order of
/// their codes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DepartementIndex(pub u16);

/// Département and time zone of every territory.
#[derive(Debug, Clone)]
pub struct Localities {
    /// For each territory its département and the position of its zone.
    parts: Vec<(DepartementIndex, u16)>,
    departements: Vec<String>,
    zones: Vec<Zone>,
}

impl Localities {
    /// Takes for each territory, in the order of [`TerritoryId`], the code of its département, if known, and the name of its time zone.
    ///
    /// # Errors
    /// [`AnonymiseError::TimeZone`] when a time zone is unknown.
    pub fn new<'a>(territories: impl IntoIterator<Item = (Option<&'a str>, &'a str)>) -> Result<Self, AnonymiseError> {
        let territories: Vec<(Option<&str>, &str)> = territories.into_iter().collect();
        let codes: std::collections::BTreeSet<&str> = territories.iter().filter_map(|(code, _)| *code).collect();
        let number: BTreeMap<&str, u16> = codes.iter().copied().zip(1..).collect();
        let mut zones = vec![Zone::new("Europe/Paris")?];
        let mut zone_number = BTreeMap::from([("Europe/Paris", 0_u16)]);
        let mut parts = Vec::with_capacity(territories.len());
        for (code, zone) in &territories {
            let zone = match zone_number.get(zone) {
                Some(found) => *found,
                None => {
                    let position = zones.len() as u16;
                    zones.push(Zone::new(zone)?);
                    zone_number.insert(zone, position);
                    position
                }
            };
            let departement = code.and_then(|code| number.get(code)).copied().unwrap_or_default();
            parts.push((DepartementIndex(departement), zone));
        }
        let departements = std::iter::once("").chain(codes).map(str::to_owned).collect();
        Ok(Self { parts, departements, zones })
    }

    /// The départements and time zones of a geography.
    ///
    /// # Errors
    /// [`AnonymiseError::TimeZone`] when a time zone is unknown.
    pub fn of(geography: &Geography) -> Result<Self, AnonymiseError> {
        let parts: Vec<_> = geography.parts().map(|(_, part)| (part.departement.map(|code| code.to_string()), part.time_zone)).collect();
        Self::new(parts.iter().map(|(code, zone)| (code.as_deref(), *zone)))
    }

    /// The département of a territory.
    pub fn departement(&self, territory: TerritoryId) -> DepartementIndex {
        self.parts.get(territory.0 as usize).map_or_else(DepartementIndex::default, |part| part.0)
    }

    /// The code of a département; empty for the unknown one.
    pub fn departement_code(&self, index: DepartementIndex) -> &str {
        self.departements.get(usize::from(index.0)).map_or("", String::as_str)
    }

    /// The clock of a territory; that of Paris when it is unknown.
    pub fn zone(&self, territory: TerritoryId) -> &Zone {
        let position = self.parts.get(territory.0 as usize).map_or(0, |part| usize::from(part.1));
        self.zones.get(position).unwrap_or_else(|| self.paris())
    }

    /// The clock of Paris, for days of accounts and of history.
    pub fn paris(&self) -> &Zone {
        &self.zones[0]
    }

    /// The local month of a search.
    pub fn month(&self, territory: TerritoryId, utc_ms: i64) -> Option<Month> {
        self.zone(territory).month(utc_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn departements_are_numbered_by_code() {
        let places = Localities::new([
            (Some("67"), "Europe/Paris"),
            (None, "Europe/Paris"),
            (Some("2A"), "Europe/Paris"),
            (Some("974"), "Indian/Reunion"),
        ])
        .unwrap();
        let code = |id| places.departement_code(places.departement(TerritoryId(id)));
        assert_eq!([code(0), code(1), code(2), code(3), code(99)], ["67", "", "2A", "974", ""]);
        let ms = crate::contract::iso_to_ms("2024-08-31T20:00:00Z").unwrap();
        assert_eq!(places.month(TerritoryId(3), ms).unwrap().to_string(), "2024-09");
        assert_eq!(places.month(TerritoryId(0), ms).unwrap().to_string(), "2024-08");
    }
}
