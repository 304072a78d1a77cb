//! Where a place is, as far as its precision lets one say.

use super::context::PlaceContext;
use super::precision::Precision;
use super::words::{clean, holds_contact, holds_words};
use crate::TerritoryId;
use crate::contract::PlaceDoc;
use crate::contract::place::PositionDoc;
use solidata_territory::{Level, PlaceClues, Territory, slug};

/// The position of a place; that of the first stop for a round without one (before June 2026).
pub(super) fn position_of(doc: &PlaceDoc) -> Option<&PositionDoc> {
    doc.position.as_ref().or_else(|| doc.parcours.iter().find_map(|stop| stop.position.as_ref()))
}

/// The territory of a place. A country other than France anywhere in the document wins: French lists are not asked then.
pub(super) fn territory_of(doc: &PlaceDoc, context: &PlaceContext<'_>) -> TerritoryId {
    let position = position_of(doc);
    let countries = [
        doc.country.as_deref(),
        position.and_then(|position| position.country.as_deref()),
        position.and_then(|position| position.pays.as_deref()),
    ];
    let abroad = countries.into_iter().flatten().find(|country| !is_france(country));
    let country = abroad.or_else(|| countries.into_iter().flatten().next());
    let mut clues = PlaceClues { country, ..PlaceClues::default() };
    if let Some(position) = position {
        clues.city_code = position.city_code.as_deref();
        clues.city = position.city.as_deref();
        clues.ville = position.ville.as_deref();
        clues.postal_code = position.postal_code.as_deref();
        clues.code_postal = position.code_postal.as_deref();
        clues.department_code = position.department_code.as_deref();
        clues.departement_code = position.departement_code.as_deref();
        clues.department = position.department.as_deref();
        clues.departement = position.departement.as_deref();
        clues.region_code = position.region_code.as_deref();
    }
    context.geography.resolve_place(&clues)
}

fn is_france(country: &str) -> bool {
    matches!(country.trim().to_lowercase().as_str(), "" | "fr" | "france")
}

/// The codes and names of a location.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) postal_code: Option<String>,
    pub(super) commune_name: Option<String>,
    pub(super) borough: Option<String>,
    pub(super) commune: Option<String>,
    pub(super) epci: Option<String>,
    pub(super) departement: Option<String>,
    pub(super) region: Option<String>,
}

impl Location {
    /// What may be shown of a territory. The postal code and the arrondissement may be finer than the commune: they go with the address.
    pub(super) fn shown(doc: &PlaceDoc, territory: &Territory, precision: Precision, context: &PlaceContext<'_>) -> Self {
        let mut shown = Self {
            departement: territory.departement.map(|code| code.to_string()),
            region: territory.region.map(|code| code.to_string()),
            ..Self::default()
        };
        if precision <= Precision::Commune {
            shown.commune = territory.commune.map(|code| code.to_string());
            shown.commune_name = territory.commune.and_then(|code| context.geography.commune(code)).map(|commune| commune.nom.clone());
            shown.epci = territory.epci.map(|code| code.to_string());
        }
        if precision == Precision::Adresse {
            shown.borough = territory.arrondissement.filter(|_| territory.level == Level::Arrondissement).map(|code| code.to_string());
            shown.postal_code = postal_code(doc);
        }
        shown
    }
}

fn postal_code(doc: &PlaceDoc) -> Option<String> {
    let position = position_of(doc)?;
    let said = [&position.postal_code, &position.code_postal];
    said.into_iter().flatten().map(|code| code.trim()).find(|code| is_postal_code(code)).map(str::to_owned)
}

fn is_postal_code(text: &str) -> bool {
    text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit())
}

/// The street address: one line without what comes after the street (postal code, city, country). `None` when it holds a mail address, a
/// phone number or the name of a host ("chez").
pub(super) fn address(doc: &PlaceDoc) -> Option<String> {
    let position = position_of(doc)?;
    let lines = position.address.as_deref().or(position.adresse.as_deref())?.replace(['\n', '\r'], ", ");
    let mut parts: Vec<String> = lines.split(',').filter_map(clean).collect();
    let cities: Vec<String> = [&position.city, &position.ville].into_iter().flatten().map(|city| slug(city)).collect();
    while parts.last().is_some_and(|part| is_beyond_street(part, &cities)) {
        parts.pop();
    }
    let mut text = parts.join(", ");
    // "1 rue X 67000 Strasbourg", without a comma.
    if let Some(code) = postal_code(doc)
        && let Some((street, rest)) = text.rsplit_once(&format!(" {code} "))
        && is_beyond_street(&format!("{code} {rest}"), &cities)
    {
        text = street.to_owned();
    }
    let text = clean(&text)?;
    (!holds_contact(&text) && !holds_words(&slug(&text), "chez")).then_some(text)
}

fn is_beyond_street(part: &str, cities: &[String]) -> bool {
    let folded = slug(part);
    let rest = folded.split_once('-').filter(|(code, _)| is_postal_code(code)).map_or(folded.as_str(), |(_, city)| city);
    let is_coded = folded.get(..5).is_some_and(is_postal_code) && matches!(folded.as_bytes().get(5), None | Some(b'-'));
    rest == "france" || cities.iter().any(|city| city == rest) || is_coded
}

/// The point in millionths of a degree, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    /// The document has no point.
    Absent,
    /// A failed geocode, or a point outside of the part of the world where the département lies.
    Refused,
    /// Latitude, longitude.
    At(i32, i32),
}

/// Where geocoders put what they cannot find: the middle of France.
const CENTRE_OF_FRANCE: (i32, i32) = (46_227_638, 2_213_749);

pub(super) fn point(doc: &PlaceDoc, territory: &Territory) -> Point {
    let Some(position) = position_of(doc) else { return Point::Absent };
    let [lon, lat] = position.location.coordinates[..] else { return Point::Absent };
    let (lat, lon) = (lat, lon);
    if lat.abs() > 90.0 || lon.abs() > 180.0 {
        return Point::Refused;
    }
    let micro = |degrees: f64| (degrees * 1e6).round() as i32;
    let (lat, lon) = (micro(lat), micro(lon));
    let metropolitan = (41_000_000..=51_500_000).contains(&lat) && (-5_500_000..=10_000_000).contains(&lon);
    let in_place = match territory.departement {
        // Two characters: metropolitan France. Three: overseas, which stretches from Kerguelen to Saint-Pierre.
        Some(code) if code.as_str().len() == 2 => metropolitan,
        Some(_) => !metropolitan && (-28_000_000..=48_000_000).contains(&lat),
        None => (-28_000_000..=52_000_000).contains(&lat),
    };
    if !in_place || (lat, lon) == CENTRE_OF_FRANCE || (lat, lon) == (0, 0) { Point::Refused } else { Point::At(lat, lon) }
}
