//! Where a search lies, read from the document alone.

use std::collections::HashMap;

use chrono_tz::Tz;
use serde_json::Value;

use crate::reference::Reference;
use crate::text::slug;

/// Where a search lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Where {
    /// Indices of a département and, when known, of a commune.
    Departement(u16, Option<u32>),
    /// Index of a region.
    Region(u16),
    France,
    Spain,
    Andorra,
    Abroad,
    Unknown,
}

struct CommuneRow {
    code: String,
    slug: String,
    departement: u16,
}

/// Look-ups of the truth.
pub(crate) struct Geography {
    communes: Vec<CommuneRow>,
    /// INSEE code of a commune or a borough → commune, and the borough's own postal codes.
    insee: HashMap<String, (u32, Vec<String>)>,
    postal: HashMap<(String, String), Vec<u32>>,
    departements: Vec<(String, String, Tz)>,
    regions: Vec<(String, String)>,
}

/// A text field that is there and not empty; the literal text "null" is nothing either.
pub(crate) fn filled<'v>(object: &'v Value, key: &str) -> Option<&'v str> {
    object.get(key)?.as_str().filter(|text| !text.is_empty() && *text != "null")
}

impl Geography {
    pub(crate) fn new(reference: &Reference) -> Self {
        let departements: Vec<_> = reference.departements.iter().map(|row| (row.code.clone(), slug(&row.name), row.time_zone)).collect();
        let regions = reference.regions.iter().map(|row| (row.code.clone(), slug(&row.name))).collect();
        let mut geography = Self { communes: Vec::new(), insee: HashMap::new(), postal: HashMap::new(), departements, regions };
        for row in &reference.communes {
            let Some(departement) = geography.departement_by_code(&row.departement) else { continue };
            let index = geography.communes.len() as u32;
            let row_slug = slug(&row.name);
            geography.insee.insert(row.code.clone(), (index, row.postal_codes.clone()));
            for postal in &row.postal_codes {
                geography.postal.entry((postal.clone(), row_slug.clone())).or_default().push(index);
            }
            geography.communes.push(CommuneRow { code: row.code.clone(), slug: row_slug, departement });
        }
        for row in &reference.boroughs {
            if let Some((index, _)) = geography.insee.get(&row.commune).cloned() {
                geography.insee.insert(row.code.clone(), (index, row.postal_codes.clone()));
            }
        }
        geography
    }

    fn departement_by_code(&self, code: &str) -> Option<u16> {
        self.departements.iter().position(|(known, _, _)| known == code).map(|index| index as u16)
    }

    fn departement_by_name(&self, name: &str) -> Option<u16> {
        let name = slug(name);
        self.departements.iter().position(|(_, known, _)| *known == name).map(|index| index as u16)
    }

    fn region(&self, code: Option<&str>, name: Option<&str>) -> Option<Where> {
        let by_code = code.and_then(|code| self.regions.iter().position(|(known, _)| known == code));
        let by_name = || {
            let name = slug(name?);
            self.regions.iter().position(|(_, known)| *known == name)
        };
        by_code.or_else(by_name).map(|index| Where::Region(index as u16))
    }

    pub(crate) fn departement_code(&self, index: u16) -> &str {
        &self.departements[usize::from(index)].0
    }

    pub(crate) fn region_code(&self, index: u16) -> &str {
        &self.regions[usize::from(index)].0
    }

    pub(crate) fn commune_code(&self, index: u32) -> &str {
        &self.communes[index as usize].code
    }

    /// The time zone of the département; Europe/Paris for everything else.
    pub(crate) fn zone(&self, place: Where) -> Tz {
        match place {
            Where::Departement(index, _) => self.departements[usize::from(index)].2,
            _ => Tz::Europe__Paris,
        }
    }

    fn by_postal(&self, postal: &str, city: &str) -> Option<u32> {
        match self.postal.get(&(postal.to_owned(), slug(city)))?.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    /// The commune that `areas` or a place's position names, when the code and the name or postal code agree.
    pub(crate) fn commune(&self, city_code: Option<&str>, cities: &[&str], postals: &[&str]) -> Option<u32> {
        let code = city_code?;
        if let Some((index, own_postal_codes)) = self.insee.get(code) {
            let row = &self.communes[*index as usize];
            let name_agrees = cities.iter().any(|city| slug(city) == row.slug);
            let postal_agrees = postals.iter().any(|postal| own_postal_codes.iter().any(|known| known == postal));
            if name_agrees || postal_agrees || (cities.is_empty() && postals.is_empty()) {
                return Some(*index);
            }
        }
        cities.iter().find_map(|city| self.by_postal(code, city))
    }

    fn of_commune(&self, index: u32) -> Where {
        Where::Departement(self.communes[index as usize].departement, Some(index))
    }

    /// Joins a commune and a département that may contradict each other.
    pub(crate) fn join(&self, commune: Option<u32>, departement: Option<u16>, cities: &[&str]) -> Option<Where> {
        match (commune, departement) {
            (Some(index), Some(code)) if self.communes[index as usize].departement != code => {
                let agrees = cities.iter().any(|city| slug(city) == self.communes[index as usize].slug);
                Some(if agrees { self.of_commune(index) } else { Where::Departement(code, None) })
            }
            (Some(index), _) => Some(self.of_commune(index)),
            (None, Some(code)) => Some(Where::Departement(code, None)),
            (None, None) => None,
        }
    }

    /// Reads `location` of a search document.
    pub(crate) fn search(&self, location: &Value) -> Where {
        let areas = location.get("areas").filter(|areas| areas.is_object());
        let country = filled(location, "country").or_else(|| filled(areas?, "pays")).map(slug);
        match country.as_deref() {
            None | Some("fr" | "france") => {}
            Some("es" | "espagne" | "spain" | "espana") => return Where::Spain,
            Some("ad" | "andorre" | "andorra") => return Where::Andorra,
            Some(_) => return Where::Abroad,
        }
        let value = filled(location, "geoValue").unwrap_or_default();
        match filled(location, "geoType") {
            Some("pays") => Where::France,
            Some("region") => {
                let from_areas = areas.and_then(|areas| self.region(filled(areas, "regionCode"), filled(areas, "region")));
                let from_top = || self.region(None, filled(location, "region"));
                from_areas.or_else(from_top).or_else(|| self.region(None, value.strip_prefix("region-"))).unwrap_or(Where::Unknown)
            }
            Some("departement") => {
                let found = areas.and_then(|areas| self.departement(areas)).or_else(|| self.departement(location));
                let found = found.or_else(|| self.departement_by_name(value.strip_prefix("departement-")?));
                found.map_or(Where::Unknown, |index| Where::Departement(index, None))
            }
            _ => self.precise(location, areas, value),
        }
    }

    /// The département that codes or names tell, in `areas` or in the fields beside it.
    pub(crate) fn departement(&self, object: &Value) -> Option<u16> {
        let codes = ["departmentCode", "departementCode"].into_iter().filter_map(|key| filled(object, key));
        let names = ["department", "departement"].into_iter().filter_map(|key| filled(object, key));
        codes
            .filter_map(|code| self.departement_by_code(code))
            .next()
            .or_else(|| names.filter_map(|name| self.departement_by_name(name)).next())
    }

    fn precise(&self, location: &Value, areas: Option<&Value>, value: &str) -> Where {
        if let Some(areas) = areas {
            let cities: Vec<&str> = ["city", "ville"].into_iter().filter_map(|key| filled(areas, key)).collect();
            let postals: Vec<&str> = ["postalCode", "codePostal"].into_iter().filter_map(|key| filled(areas, key)).collect();
            let commune = self.commune(filled(areas, "cityCode"), &cities, &postals);
            if let Some(found) = self.join(commune, self.departement(areas), &cities) {
                return found;
            }
            if let Some(region) = self.region(filled(areas, "regionCode"), filled(areas, "region")) {
                return region;
            }
        } else {
            let cities: Vec<&str> = filled(location, "city").into_iter().collect();
            let commune = cities.first().and_then(|city| self.by_postal(filled(location, "postalCode")?, city));
            if let Some(found) = self.join(commune, self.departement(location), &cities) {
                return found;
            }
            if let Some(region) = self.region(None, filled(location, "region")) {
                return region;
            }
        }
        self.read_value(value)
    }

    /// `strasbourg-67000`, or the slug of an address, which ends in `-67000-strasbourg`.
    fn read_value(&self, value: &str) -> Where {
        if matches!(value, "fr" | "france") {
            return Where::France;
        }
        if let Some(index) = value.strip_prefix("departement-").and_then(|name| self.departement_by_name(name)) {
            return Where::Departement(index, None);
        }
        if let Some(region) = self.region(None, value.strip_prefix("region-")) {
            return region;
        }
        let parts: Vec<&str> = value.split('-').collect();
        let is_postal = |part: &&str| part.len() == 5 && part.bytes().all(|byte| byte.is_ascii_digit());
        let Some(at) = parts.iter().rposition(is_postal) else { return Where::Unknown };
        let city = if at + 1 < parts.len() { parts[at + 1..].join("-") } else { parts[..at].join("-") };
        self.by_postal(parts[at], &city).map_or(Where::Unknown, |index| self.of_commune(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn geography() -> Geography {
        Geography::new(&Reference::read(&crate::reference::tests::Files::load().bytes()).unwrap())
    }

    fn told(geography: &Geography, location: &Value) -> String {
        match geography.search(location) {
            Where::Departement(dep, commune) => {
                format!("{} {}", geography.departement_code(dep), commune.map_or("-", |index| geography.commune_code(index)))
            }
            Where::Region(region) => format!("region {}", geography.region_code(region)),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn reads_clean_dirty_and_missing_fields() {
        let geography = geography();
        let cases = [
            (json!({"geoType":"ville","areas":{"city":"Strasbourg","cityCode":"67482","departmentCode":"67"}}), "67 67482"),
            (
                json!({"geoType":"ville","areas":{"city":"Strasbourg","cityCode":"67200","postalCode":"67200","departmentCode":"67"}}),
                "67 67482",
            ),
            (json!({"geoType":"codePostal","areas":{"city":"Paris","cityCode":"75119","postalCode":"75019"}}), "75 75056"),
            (json!({"geoType":"position","geoValue":"12-rue-x-67000-strasbourg"}), "67 67482"),
            (json!({"geoType":"ville","geoValue":"illkirch-graffenstaden-67400"}), "67 67218"),
            (json!({"geoType":"ville","city":"STRASBOURG","postalCode":"67000","department":"bas-rhin"}), "67 67482"),
            (
                json!({"geoType":"ville","areas":{"city":"Valserhône","cityCode":"01033","postalCode":"01200","departmentCode":"74"}}),
                "01 01033",
            ),
            (json!({"geoType":"ville","areas":{"city":"Colmar","cityCode":"13055","postalCode":"68000","departmentCode":"68"}}), "68 -"),
            (json!({"geoType":"departement","areas":{"city":"Colmar","cityCode":"68066","departmentCode":"68"}}), "68 -"),
            (json!({"geoType":"departement","geoValue":"departement-bas-rhin"}), "67 -"),
            (json!({"geoType":"region","geoValue":"region-grand-est"}), "region 44"),
            (json!({"geoType":"pays","geoValue":"fr"}), "France"),
            (json!({"geoType":"ville","areas":{"pays":"es","city":"Barcelona","cityCode":"08019","departmentCode":"08"}}), "Spain"),
            (json!({"geoType":"ville","country":"ad","areas":{"pays":"France","departmentCode":"07"}}), "Andorra"),
            (json!({"geoType":"inconnu","geoValue":"null"}), "Unknown"),
        ];
        for (location, expected) in cases {
            assert_eq!(told(&geography, &location), expected, "{location}");
        }
    }
}
