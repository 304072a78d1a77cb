//! Where a place is, as its document says it, with the dirt of the real collection.

use super::node::{Node, object};
use super::texts::Texts;
use crate::rng::Rng;
use crate::text::slug;
use crate::world::{Land, Town, token};

const STREETS: &[&str] =
    &["rue de la Paix", "avenue Jean Jaurès", "place du Marché", "rue des Écoles", "quai de l'Ill", "allée des Roses", "rue du Stade"];

/// An address, before it is written.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    pub street: String,
    pub coordinates: Node,
    pub postal: String,
    pub city: String,
    pub city_code: String,
}

/// Draws an address. A hidden one has a token in its street, and coordinates to be told from all others: their sixth decimal is 3 or 8,
/// that of others 0 or 5.
pub(crate) fn draw(rng: &mut Rng, land: &Land, town: &Town, hidden: bool, texts: &mut Texts) -> Address {
    let number = rng.between(1, 160);
    let mut street = format!("{number} {}", rng.pick(STREETS));
    let fives = |rng: &mut Rng| (rng.bell() * 1_600.0) as i64 * 5;
    let (mut lon, mut lat) = (town.lon / 5 * 5 + fives(rng), town.lat / 5 * 5 + fives(rng));
    if hidden {
        let mark = token(rng);
        street = format!("{number} rue {mark}");
        texts.secrets.plant("adresse_protegee", street.clone(), &mark);
        (lon, lat) = (lon + 3, lat + 3);
        for value in [lon, lat] {
            let text = format!("{}", value as f64 / 1e6);
            texts.secrets.plant("coordonnee_protegee", text.clone(), &text);
        }
    }
    let mut address = Address {
        street,
        coordinates: Node::List(vec![Node::Double(lon as f64 / 1e6), Node::Double(lat as f64 / 1e6)]),
        postal: town.postal.clone(),
        city: town.name.clone(),
        city_code: town.insee.clone(),
    };
    dirty(rng, land, town, hidden, &mut address);
    address
}

fn dirty(rng: &mut Rng, land: &Land, town: &Town, hidden: bool, address: &mut Address) {
    if !hidden {
        match rng.below(1_000) {
            0..=14 => address.coordinates = Node::List(vec![Node::Int(0), Node::Int(0)]),
            15..=24 => address.coordinates = Node::List(vec![Node::Double(2.213_749), Node::Double(46.227_638)]),
            _ => {}
        }
        if rng.chance(0.02) {
            address.street.push_str("\nBP 40");
        }
    }
    // Where the département code is computed wrongly, only a good commune code tells the département.
    if land.computed_departement(&town.postal).0 != land.row.code {
        return;
    }
    match rng.below(1_000) {
        0..=299 => address.city_code = town.postal.clone(),
        300..=319 => address.city = town.name.to_uppercase(),
        320..=334 => {
            address.postal = format!("{}7", &town.postal[..town.postal.len().saturating_sub(1)]);
            address.city = format!("{} CEDEX", town.name.to_uppercase());
            if rng.chance(0.5) {
                address.city_code = address.postal.clone();
            }
        }
        _ => {}
    }
}

/// Writes `position`. The département always stays readable.
pub(crate) fn position(rng: &mut Rng, land: &Land, town: &Town, address: &Address, texts: &Texts) -> Node {
    let (code, name) = land.computed_departement(&town.postal);
    let line = if rng.chance(0.3) { format!("{}, {} {}", address.street, address.postal, address.city) } else { address.street.clone() };
    let more = if rng.chance(0.2) { rng.pick(&texts.sentences).clone() } else { String::new() };
    let zone = land.row.time_zone.name();
    let mut out = object([
        ("location", object([("type", "Point".into()), ("coordinates", address.coordinates.clone())])),
        ("adresse", line.clone().into()),
        ("codePostal", address.postal.clone().into()),
        ("complementAdresse", more.clone().into()),
        ("departement", name.into()),
        ("departementCode", code.into()),
        ("pays", (*rng.pick(&["France", "france", "fr"])).into()),
        ("region", land.region_name.as_str().into()),
        ("ville", address.city.clone().into()),
        ("address", line.into()),
        ("additionalInformation", more.into()),
        ("city", address.city.clone().into()),
        ("postalCode", address.postal.clone().into()),
        ("cityCode", address.city_code.clone().into()),
        ("department", name.into()),
        ("departmentCode", code.into()),
        ("country", "fr".into()),
        ("regionCode", land.row.region.as_str().into()),
        ("timeZone", zone.into()),
        (
            "slugs",
            object([
                ("ville", slug(&address.city).into()),
                ("departement", slug(name).into()),
                ("pays", "fr".into()),
                ("department", slug(name).into()),
                ("country", "fr".into()),
                ("region", slug(&land.region_name).into()),
                ("city", slug(&address.city).into()),
            ]),
        ),
    ]);
    match rng.below(100) {
        0..=3 => ["address", "city", "postalCode", "department", "departmentCode", "country"].into_iter().for_each(|key| out.remove(key)),
        4..=7 => {
            ["adresse", "codePostal", "complementAdresse", "departement", "departementCode", "pays", "ville"]
                .into_iter()
                .for_each(|key| out.remove(key));
        }
        8 => ["departmentCode", "departementCode"].into_iter().for_each(|key| out.remove(key)),
        9 => out.set("isManualAddress", true),
        _ => {}
    }
    // Old copies of the point, stale and in another layout.
    if rng.chance(0.6) {
        out.set("coordinates", object([("x", Node::Double(0.0)), ("y", Node::Double(0.0))]));
    }
    out
}
