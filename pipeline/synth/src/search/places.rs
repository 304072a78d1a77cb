//! Draws the place that is searched, and dirties it as the real log is dirty, without ever changing the département that the rule must find.

use std::borrow::Cow;

use super::draw::{Bucket, Era, foreign};
use super::model::{Areas, Codes, Coordinates, Distance, Location, Top, Traps};
use super::text_field::Text;
use super::traps;
use crate::rng::Rng;
use crate::text::slug;
use crate::world::{Land, Town, World};

const FRANCE: Coordinates = Coordinates::Micro(2_213_749, 46_227_638);

/// Draws a location, and the probability that a search there finds nothing.
pub(crate) fn location<'w>(
    world: &'w World,
    rng: &mut Rng,
    bucket: Bucket,
    status: &str,
    home: Option<usize>,
    old: Era,
    labels: &mut Traps,
) -> (Location<'w>, f64) {
    match bucket {
        Bucket::Chosen(index) => chosen(world, rng, index, status, home, old, labels),
        Bucket::Elsewhere => (elsewhere(world, rng, labels), 0.2),
        Bucket::Region => {
            let region = rng.pick(&world.lands.regions);
            let areas = Areas { departement: None, region: Some((&region.code, &region.name)), ..no_areas() };
            let top = Top { region: Some(Cow::Borrowed(&region.name)), country: Some("fr"), ..no_top() };
            (Location { areas: Some(areas), top, ..wide("region", Text::from(region.geo_value.as_str()), FRANCE) }, 0.03)
        }
        Bucket::Country => {
            let value = if rng.chance(0.1) { "france" } else { "fr" };
            let top = Top { country: Some("fr"), ..no_top() };
            (Location { areas: Some(no_areas()), top, ..wide("pays", Text::from(value), FRANCE) }, 0.02)
        }
        Bucket::Unknown => {
            let value = if rng.chance(0.5) { Text::Null } else { Text::from("null") };
            let land = rng.pick(&world.lands.chosen);
            let label = Text::from(rng.pick(&land.streets).as_str());
            (Location { label, ..wide("inconnu", value, Coordinates::Micro(0, 0)) }, 0.4)
        }
        Bucket::Spain | Bucket::Andorra => {
            labels.add(traps::FOREIGN);
            (foreign(rng, bucket), 0.2)
        }
    }
}

fn no_areas<'w>() -> Areas<'w> {
    Areas { departement: None, codes: Codes::Both, region: None, city: None, city_code: None, postal: None, country: "fr" }
}

fn no_top<'w>() -> Top<'w> {
    Top { region: None, department: None, city: None, postal: None, country: None }
}

fn wide<'w>(geo_type: &'static str, geo_value: Text<'w>, coordinates: Coordinates) -> Location<'w> {
    Location { geo_type, geo_value, label: Text::Null, coordinates, distance: Distance::Null, areas: None, top: no_top() }
}

/// A search for a whole département.
pub(crate) fn departement<'w>(land: &'w Land, geo_type: &'static str, geo_value: Text<'w>) -> Location<'w> {
    let areas =
        Areas { departement: Some((&land.row.code, &land.row.name)), region: Some((&land.row.region, &land.region_name)), ..no_areas() };
    let top = Top {
        region: Some(Cow::Borrowed(&land.region_name)),
        department: Some(Cow::Borrowed(&land.row.name)),
        country: Some("fr"),
        ..no_top()
    };
    Location { areas: Some(areas), top, ..wide(geo_type, geo_value, Coordinates::Micro(land.lon, land.lat)) }
}

fn chosen<'w>(
    world: &'w World,
    rng: &mut Rng,
    index: usize,
    status: &str,
    home: Option<usize>,
    old: Era,
    labels: &mut Traps,
) -> (Location<'w>, f64) {
    let land = &world.lands.chosen[index];
    let kind = rng.below(935);
    if status == "API_USER" || kind < 120 {
        let mut location = departement(land, "departement", Text::from(format!("departement-{}", land.slug)));
        if rng.chance(0.05) {
            labels.add(traps::NO_AREAS);
            location.areas = None;
            if rng.chance(0.5) {
                location.top = no_top();
            }
        }
        return (location, 0.05);
    }
    if kind < 125 {
        let value = format!("communaute-de-communes-{}", rng.index(9));
        return (departement(land, "citiesGroup", Text::from(value)), 0.1);
    }
    let town = match home {
        Some(home) if rng.chance(0.7) => &land.towns[home],
        _ => land.draw_town(rng),
    };
    let mut location = Location::town(land, town);
    if kind < 535 {
        position(rng, land, town, &mut location);
    }
    dirty(rng, land, town, &mut location, old, labels);
    let rank = town.rank as f64;
    (location, 0.09 + 0.26 * rank / (rank + 15.0))
}

fn position<'w>(rng: &mut Rng, land: &'w Land, town: &'w Town, location: &mut Location<'w>) {
    let number = rng.between(1, 120);
    let street = rng.pick(&land.streets);
    location.geo_type = "position";
    location.geo_value = Text::from(format!("{number}-{}-{}-{}", slug(street), town.postal, town.slug));
    location.label = Text::from(format!("{number} {street}, {} {}", town.postal, town.name));
    let metres = |rng: &mut Rng| (rng.bell() * 8_100.0) as i64;
    location.coordinates = Coordinates::Micro(town.lon + metres(rng), town.lat + metres(rng));
}

/// Dirt that leaves the département as it is.
fn dirty<'w>(rng: &mut Rng, land: &'w Land, town: &'w Town, location: &mut Location<'w>, old: Era, labels: &mut Traps) {
    location.distance = match rng.below(1_000) {
        0..=1 => Distance::Text("10 km"),
        2..=201 => Distance::Null,
        202..=261 => Distance::Metres(rng.between(1, 100) as i32),
        _ => Distance::Metres(*rng.pick(&[10_000, 20_000, 50_000, 100_000, 5_000, 15_000, 30_000])),
    };
    location.coordinates = match (rng.below(1_000), location.coordinates) {
        (0..=39, _) => Coordinates::Micro(0, 0),
        (40..=44, _) => Coordinates::Empty,
        (45..=47, Coordinates::Micro(lon, lat)) => Coordinates::Micro(lat, lon),
        (48..=57, Coordinates::Micro(lon, lat)) => Coordinates::Whole((lon / 1_000_000) as i32, (lat / 1_000_000) as i32),
        (58..=60, _) => FRANCE,
        (_, coordinates) => coordinates,
    };
    if rng.chance(0.5) {
        location.label = Text::Null;
    }
    if old.before_country_codes && rng.chance(0.1) {
        location.top = no_top();
    } else if rng.chance(0.01) {
        location.top.department = Some(Cow::Borrowed(&land.slug));
    } else if rng.chance(0.003) {
        location.top.city = Some(Cow::Owned(town.name.to_uppercase()));
    }
    if town.robust && rng.chance(0.05) {
        labels.add(traps::NO_AREAS);
        location.areas = None;
        if rng.chance(0.5) {
            location.top = no_top();
        }
        return;
    }
    if let Some(areas) = &mut location.areas {
        areas_dirt(rng, land, town, areas, labels);
    }
    location.geo_value = match rng.below(1_000) {
        0..=9 => Text::from("null"),
        10..=14 => Text::Null,
        _ => std::mem::replace(&mut location.geo_value, Text::Null),
    };
}

fn areas_dirt<'w>(rng: &mut Rng, land: &'w Land, town: &'w Town, areas: &mut Areas<'w>, labels: &mut Traps) {
    if land.computed_departement(&town.postal).0 != land.row.code {
        // The département code is wrong already: only a good commune code tells where it is.
        labels.add(traps::STRAY_POSTAL);
        return;
    }
    match rng.below(1_000) {
        0..=29 => areas.codes = Codes::French,
        30..=39 => areas.codes = Codes::Neither,
        40..=44 if town.robust => {
            labels.add(traps::CONTRADICTION);
            if rng.chance(0.5) {
                // A good commune with another département: the commune wins.
                areas.departement = Some(if land.row.code == "34" { ("35", "Ille-et-Vilaine") } else { ("34", "Hérault") });
            } else {
                // The code of another commune, whose name and postal code do not agree: the département code wins.
                areas.city_code = Some(Cow::Borrowed(if land.row.code == "13" { "33063" } else { "13055" }));
            }
            return;
        }
        _ => {}
    }
    if rng.chance(0.1) {
        labels.add(traps::DIRTY_CODE);
        areas.city_code = Some(Cow::Borrowed(&town.postal));
    }
}

fn elsewhere<'w>(world: &'w World, rng: &mut Rng, labels: &mut Traps) -> Location<'w> {
    let land = rng.pick(&world.lands.elsewhere);
    if rng.chance(0.15) {
        return departement(land, "departement", Text::from(format!("departement-{}", land.slug)));
    }
    let stray: Vec<&Town> = land.towns.iter().filter(|town| land.computed_departement(&town.postal).0 != land.row.code).collect();
    let town = if !stray.is_empty() && rng.chance(0.5) {
        labels.add(traps::STRAY_POSTAL);
        rng.pick(&stray)
    } else {
        land.draw_town(rng)
    };
    Location::town(land, town)
}
