//! Draws one intention: who searches, where, for what.

use std::borrow::Cow;

use super::model::{Areas, Body, Codes, Coordinates, Distance, Location, Publics, Top, Traps, User, Who};
use super::text_field::Text;
use super::{places, traps};
use crate::rng::Rng;
use crate::world::World;

/// Where the documents of a batch lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Bucket {
    /// Index into the chosen départements.
    Chosen(usize),
    /// Stray searches in other départements.
    Elsewhere,
    Region,
    Country,
    Unknown,
    Spain,
    Andorra,
}

/// Kinds of people, with their share of the documents that are not an administrator's, as weights: API and widget requests are single documents, the others come in pairs.
const WHO: [(&str, u64); 7] =
    [("NOT_LOGGED", 680), ("PRO", 220), ("SIMPLE_USER", 10), ("VOLUNTEER", 10), ("WIDGET_USER", 70), ("API_USER", 58), ("SOLI_BOT", 1)];
const LANGUAGES: [(&str, u64); 12] = [
    ("fr", 910),
    ("ar", 20),
    ("en", 20),
    ("uk", 15),
    ("es", 8),
    ("ru", 7),
    ("fa", 5),
    ("ps", 5),
    ("ka", 5),
    ("ro", 3),
    ("ca", 1),
    ("pt", 1),
];
const PLACE_LANGUAGES: [&str; 8] = ["ar", "uk", "ps", "fa", "ka", "ru", "en", "sq"];
const PAGES: [&str; 4] =
    ["https://www.google.com/", "https://www.google.fr/", "https://www.ecosia.org/", "https://www.strasbourg.eu/solidarite"];

fn by_share<T: Copy>(rng: &mut Rng, table: &[(T, u64)]) -> T {
    let mut point = rng.below(table.iter().map(|(_, share)| share).sum());
    for (item, share) in table {
        if point < *share {
            return *item;
        }
        point -= share;
    }
    table[0].0
}

/// A drawn intention: what its documents share, the labels of its traps, and how rare results are.
pub(crate) struct Drawn<'w> {
    pub body: Body<'w>,
    pub traps: Traps,
    pub zero_results: f64,
}

/// Draws an intention in a bucket; `old` tells what its time implies.
pub(crate) fn intention<'w>(world: &'w World, rng: &mut Rng, bucket: Bucket, old: Era) -> Drawn<'w> {
    let mut traps = Traps::default();
    let circle_index = match bucket {
        Bucket::Chosen(index) => index,
        _ => rng.index(world.lands.chosen.len()),
    };
    let circle = &world.crowd.circles[circle_index];
    let status = by_share(rng, &WHO);
    let mut home = None;
    let who = match status {
        "PRO" => {
            let rank = circle.activity.draw(rng);
            let account = &circle.professionals[rank];
            home = Some(account.home);
            if rank == 4 {
                traps.add(traps::DOMINANT);
            }
            Who::Account(account)
        }
        "SIMPLE_USER" | "VOLUNTEER" => {
            let account = rng.pick(&circle.others);
            home = Some(account.home);
            Who::Account(account)
        }
        "WIDGET_USER" => Who::Widget(rng.pick(&circle.widgets)),
        "API_USER" => Who::Account(&world.crowd.partner),
        "SOLI_BOT" => Who::Account(&world.crowd.bot),
        _ => Who::Anonymous,
    };
    let status = match (who, status) {
        // The account list says which of the two it is.
        (Who::Account(account), _) => account.status,
        (_, status) => status,
    };
    let user = user(world, rng, who, status, old, &mut traps);
    let (location, zero_results) = places::location(world, rng, bucket, status, home, old, &mut traps);
    let body = content(world, rng, bucket, user, location, &mut traps);
    Drawn { body, traps, zero_results }
}

/// What the time of a document implies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Era {
    /// Before 2024-04-01.
    pub before_country_codes: bool,
    /// Before 2024-06-01.
    pub old_users: bool,
    /// From 2025-09-08 on the web-app sends two requests for each search.
    pub paired_web_app: bool,
}

pub(crate) fn user<'w>(world: &'w World, rng: &mut Rng, who: Who<'w>, status: &'static str, old: Era, traps: &mut Traps) -> User<'w> {
    let origin = match status {
        "API_USER" | "SOLI_BOT" => {
            traps.add(if status == "API_USER" { traps::API } else { traps::BOT });
            "API"
        }
        "WIDGET_USER" => "WIDGET_SOLIGUIDE",
        "NOT_LOGGED" => match rng.below(10_000) {
            0..=9 => {
                traps.add(traps::DRIFT);
                "KIOSK"
            }
            10..=12 => {
                traps.add(traps::LOCALHOST);
                "LOCALHOST_DEV"
            }
            _ => by_share(rng, &[("SOLIGUIDE", 60), ("WEBAPP_SOLIGUIDE", 25), ("MOBILE_APP", 12), ("ORIGIN_UNDEFINED", 3)]),
        },
        _ => by_share(rng, &[("SOLIGUIDE", 80), ("WEBAPP_SOLIGUIDE", 18), ("MOBILE_APP", 2)]),
    };
    let bare = old.old_users && rng.chance(0.01);
    let referrer = match (who, rng.below(100)) {
        (Who::Widget(widget), _) => Some(widget.referrer.as_str()),
        (_, 0..=69) => None,
        (_, 99) => Some(rng.pick(&world.crowd.intranets).as_str()),
        _ => Some(*rng.pick(&PAGES)),
    };
    let territory = match who {
        Who::Account(_) if rng.chance(0.1) => Some(rng.pick(&world.lands.chosen).row.code.as_str()),
        _ => None,
    };
    let excluded = matches!(status, "API_USER" | "SOLI_BOT" | "ADMIN_TERRITORY" | "ADMIN_SOLIGUIDE");
    User {
        who,
        status: (excluded || !rng.chance(0.003)).then_some(status),
        origin: (!bare).then_some(origin),
        language: (!bare).then(|| by_share(rng, &LANGUAGES)),
        referrer,
        shouted: rng.chance(0.01),
        territory,
    }
}

fn content<'w>(world: &'w World, rng: &mut Rng, bucket: Bucket, user: User<'w>, location: Location<'w>, traps: &mut Traps) -> Body<'w> {
    let robot = matches!(user.origin, Some("API" | "WIDGET_SOLIGUIDE"));
    let mut body = Body {
        category: None,
        categories: (!rng.chance(0.3)).then(Vec::new),
        languages: match rng.below(100) {
            0..=92 => Text::Absent,
            93..=96 => Text::Null,
            _ => Text::from(*rng.pick(&PLACE_LANGUAGES)),
        },
        location,
        modalities: modalities(rng),
        publics: publics(rng),
        open_today: rng.chance(0.12).then_some(true),
        sort_by_distance: user.origin == Some("WEBAPP_SOLIGUIDE"),
        user,
        word: Text::Null,
        suggestion: None,
        ab_test: None,
        unknown_search_type: false,
    };
    if (robot && rng.chance(0.3)) || rng.chance(0.002) {
        if !robot {
            traps.add(traps::DRIFT);
        }
        let codes = (0..rng.between(1, 6)).map(|_| Cow::Borrowed(world.words.category(rng))).collect();
        body.categories = Some(codes);
    } else if rng.chance(0.78) {
        let code = world.words.category(rng);
        if matches!(code, "tents_distribution" | "carpooling" | "addiction" | "echography") {
            traps.add(traps::LEGACY_CODE);
        }
        body.category = Some(Cow::Borrowed(code));
    } else {
        traps.add(traps::POISON);
        let town = match bucket {
            Bucket::Chosen(index) => world.lands.chosen[index].draw_town(rng).name.as_str(),
            _ => "Paris",
        };
        match world.words.typed(rng, town) {
            Some(typed) => {
                body.word = Text::from(typed.word);
                body.suggestion = typed.suggestion.map(|found| (found.slug.as_str(), found.search_type));
            }
            None => body.word = Text::from(""),
        }
    }
    if rng.chance(0.002) {
        traps.add(traps::DRIFT);
        body.ab_test = Some(if rng.chance(0.5) { "A" } else { "B" });
    }
    if rng.chance(0.0005) {
        traps.add(traps::DRIFT);
        body.unknown_search_type = true;
    }
    body
}

fn modalities(rng: &mut Rng) -> Vec<(&'static str, bool)> {
    if rng.chance(0.92) {
        return Vec::new();
    }
    let name = *rng.pick(&["pmr", "animal", "price", "appointment", "inconditionnel"]);
    vec![(name, name != "price")]
}

pub(crate) fn publics(rng: &mut Rng) -> Publics {
    let mut publics = Publics { spelled_out: rng.chance(0.5), ..Publics::default() };
    match rng.below(1_000) {
        0..=19 => publics.administrative.push("asylum"),
        20..=49 => publics.gender.push("women"),
        50..=57 => publics.other.push("violence"),
        58 => publics.other.push("hiv"),
        59 => publics.other.push("prostitution"),
        60..=79 => publics.age = Some(rng.between(0, 99) as i32),
        80..=94 => publics.familialle.extend(["family", "pregnant"]),
        95..=99 => publics.accueil = Some(0),
        _ => {}
    }
    publics
}

/// A search for Spain or Andorra. Their département codes are also French ones: 08 is Barcelona and the Ardennes, 07 Andorra la Vella and
/// the Ardèche; the city codes of Barcelona and Girona are INSEE codes of villages.
pub(crate) fn foreign<'w>(rng: &mut Rng, bucket: Bucket) -> Location<'w> {
    const SPAIN: [(&str, &str, &str, &str, &str); 3] = [
        ("08", "Barcelona", "Barcelona", "08019", "08001"),
        ("17", "Girona", "Girona", "17079", "17001"),
        ("25", "Lleida", "Lleida", "25120", "25001"),
    ];
    const ANDORRA: [(&str, &str, &str, &str, &str); 2] =
        [("07", "Andorra la Vella", "Andorra la Vella", "07001", "AD500"), ("03", "Encamp", "Encamp", "03001", "AD200")];
    let (code, name, city, city_code, postal) = *if bucket == Bucket::Spain { rng.pick(&SPAIN) } else { rng.pick(&ANDORRA) };
    let country = if bucket == Bucket::Spain { "es" } else { "ad" };
    let region = if bucket == Bucket::Spain { ("09", "Catalunya") } else { (code, name) };
    Location {
        geo_type: "ville",
        geo_value: Text::from(format!("{}-{}", crate::text::slug(city), crate::text::slug(postal))),
        label: Text::Null,
        coordinates: Coordinates::Micro(2_170_000 + rng.between(-90_000, 90_000), 41_390_000 + rng.between(-90_000, 90_000)),
        distance: Distance::Metres(20_000),
        areas: Some(Areas {
            departement: Some((code, name)),
            codes: Codes::Both,
            region: Some(region),
            city: Some(city),
            city_code: Some(Cow::Borrowed(city_code)),
            postal: Some(postal),
            country,
        }),
        top: Top {
            region: Some(Cow::Borrowed(region.1)),
            department: Some(Cow::Borrowed(name)),
            city: Some(Cow::Borrowed(city)),
            postal: Some(Cow::Borrowed(postal)),
            // Half of them say the country in `areas` only.
            country: rng.chance(0.5).then_some(country),
        },
    }
}
