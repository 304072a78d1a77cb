//! One place document.

use super::address::{self, Address};
use super::kind::{Guard, Kind, Licence, Standing, Twin};
use super::node::{Node, object, texts};
use super::parts::{hours, modalities, publics, temporary};
use super::service::{self, Context};
use super::texts::Texts;
use crate::rng::Rng;
use crate::text::slug;
use crate::world::{Land, Town, token};

const DAY: i64 = 86_400_000;
/// Visible in every published row.
pub(crate) const MARK: &str = "Synthétique — ";
const NAMES: &[&str] = &[
    "Épicerie solidaire",
    "Accueil de jour",
    "Centre communal d'action sociale",
    "Restaurant social",
    "Maison des familles",
    "Point d'eau",
    "Permanence d'accès aux soins",
    "Vestiaire",
    "Mission locale",
    "Cours de français",
    "Foyer",
    "Centre d'hébergement",
];

/// What a later copy needs of a place.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub name: String,
    pub page: String,
    pub position: Node,
}

/// The maker of the places of one département.
pub(crate) struct Maker<'a> {
    pub rng: Rng,
    pub land: &'a Land,
    pub texts: Texts,
    /// Latest instant of the snapshot.
    pub now: i64,
    pub machine: [u8; 8],
}

impl Maker<'_> {
    /// Makes the place with number `lieu_id`. `source` is the one it copies, when it is a twin.
    pub(crate) fn fiche(&mut self, kind: Kind, lieu_id: i32, source: Option<&Made>) -> (Node, Made) {
        let land = self.land;
        let town = land.draw_town(&mut self.rng);
        let public = kind.standing == Standing::Public;
        // What is not listed or not public shows nothing at all; a copy of a guarded place shows as little as that.
        let unseen = !public || !kind.licence.listed();
        let hidden = unseen || kind.guard.hides() || kind.twin.is_some();
        let mut name = format!("{MARK}{} {} n° {lieu_id}", self.rng.pick(NAMES), town.name);
        if unseen {
            let mark = token(&mut self.rng);
            name = format!("{MARK}{} {mark}", self.rng.pick(NAMES));
            self.texts.secrets.plant("nom_non_publie", name.clone(), &mark);
        } else if self.rng.chance(0.05) {
            name.push_str("...");
        }
        let mut page = format!("{}-{lieu_id}", slug(&name));
        if hidden {
            let mark = token(&mut self.rng);
            page = format!("{page}-rue-{mark}");
            self.texts.secrets.plant("page_protegee", page.clone(), &mark);
        }
        let address = address::draw(&mut self.rng, land, town, hidden, &mut self.texts);
        let mut position = address::position(&mut self.rng, land, town, &address, &self.texts);
        match (kind.twin, source) {
            (Some(Twin::Name(_)), Some(source)) => (name, position) = (source.name.clone(), source.position.clone()),
            (Some(Twin::Page(_)), Some(source)) => (page, position) = (source.page.clone(), source.position.clone()),
            _ => {}
        }
        let made = Made { name: name.clone(), page: page.clone(), position: position.clone() };
        let mobile = kind.guard == Guard::Mobile;
        let stops = if mobile { self.stops() } else { Node::List(Vec::new()) };
        if mobile && self.rng.chance(0.3) {
            // Before 2026-06-29 a round had no position of its own: its département is that of its first stop.
            position = Node::Null;
        }
        let (description, description_slug) = self.rng.pick(&self.texts.descriptions).clone();
        let created = self.now - self.rng.between(30, 2_400) * DAY;
        let updated = created + self.rng.between(0, (self.now - created) / DAY) * DAY;
        let context = Context { guard: kind.guard, standing: kind.standing, now: self.now, machine: self.machine, lieu_id };
        let rng = &mut self.rng;
        let mut doc = object([
            ("_id", Node::Id(self::id(created, self.machine, lieu_id))),
            ("lieu_id", if rng.chance(0.03) { Node::Double(f64::from(lieu_id)) } else { Node::Int(lieu_id) }),
            ("auto", false.into()),
            ("name", name.clone().into()),
            ("description", if rng.chance(0.05) { Node::Text(String::new()) } else { description.into() }),
            ("slugs", object([("infos", object([("name", slug(&name).into()), ("description", description_slug.into())]))])),
            ("seo_url", page.into()),
            ("status", status(kind.standing).into()),
            ("visibility", if kind.standing == Standing::Professionals { "PRO" } else { "ALL" }.into()),
            ("placeType", if mobile { "PARCOURS_MOBILE" } else { "LIEU" }.into()),
            ("position", position),
            ("parcours", stops),
            ("entity", Node::Null),
            ("services_all", service::services(rng, &self.texts, &context, kind.services)),
            ("newhours", hours(rng, &self.texts)),
            ("modalities", modalities(rng, &self.texts, kind.guard == Guard::Orientation)),
            ("publics", publics(rng, &self.texts, fiche_guard(kind.guard))),
            ("languages", texts(if rng.chance(0.3) { &["fr", "en", "ar"] } else { &["fr"] })),
            ("tempInfos", temporary(rng, &self.texts, self.now)),
            ("isOpenToday", rng.chance(0.6).into()),
            ("sources", sources(kind.licence)),
            ("createdAt", Node::Date(created)),
            ("updatedAt", Node::Date(updated)),
            ("updatedByUserAt", if rng.chance(0.03) { Node::Null } else { Node::Date(updated) }),
            ("createdBy", if rng.chance(0.2) { "Bot soliguide".into() } else { rng.pick(&self.texts.authors).as_str().into() }),
            ("country", "fr".into()),
            ("sourceLanguage", "fr".into()),
            ("priority", rng.chance(0.1).into()),
            ("geoZones", Node::List(Vec::new())),
        ]);
        doc.set("entity", self.entity(lieu_id, hidden));
        self.dirty(&mut doc, kind);
        (doc, made)
    }

    /// Stops of a mobile round, some in other communes. Where homeless people gather is not shown: all are secret.
    fn stops(&mut self) -> Node {
        let count = self.rng.between(2, 5);
        let land = self.land;
        let stops = (0..count)
            .map(|_| {
                let town: &Town = land.draw_town(&mut self.rng);
                let address: Address = address::draw(&mut self.rng, land, town, true, &mut self.texts);
                let mut position = address::position(&mut self.rng, land, town, &address, &self.texts);
                position.remove("coordinates");
                object([
                    ("description", self.rng.pick(&self.texts.sentences).as_str().into()),
                    ("hours", hours(&mut self.rng, &self.texts)),
                    ("photos", Node::List(Vec::new())),
                    ("position", position),
                ])
            })
            .collect();
        Node::List(stops)
    }

    fn entity(&mut self, lieu_id: i32, hidden: bool) -> Node {
        let rng = &mut self.rng;
        let mail = match rng.below(4) {
            0 => Node::Null,
            1 => Node::Text(String::new()),
            _ => rng.pick(&self.texts.mails).as_str().into(),
        };
        // Only hidden places have numbers in 0399.
        let digits = format!("03{}{:06}", if hidden { "99" } else { "88" }, lieu_id % 1_000_000);
        let website = if hidden {
            let mark = token(rng);
            self.texts.secrets.plant("site_protege", format!("https://www.{mark}.exemple.org"), &mark)
        } else {
            format!("https://www.exemple.org/lieu/{lieu_id}")
        };
        let rng = &mut self.rng;
        let phones = if rng.chance(0.7) {
            if hidden {
                // As it stands, in international form, and as people write it.
                self.texts.secrets.plant("telephone_protege", digits.clone(), &digits[1..]);
                let pairs: Vec<&str> = (0..5).map(|i| &digits[2 * i..2 * i + 2]).collect();
                let spaced = pairs.join(" ");
                self.texts.secrets.plant("telephone_protege", spaced.clone(), &spaced);
            }
            vec![object([
                ("label", rng.pick(&self.texts.labels).as_str().into()),
                ("phoneNumber", digits.into()),
                ("countryCode", "fr".into()),
                ("isSpecialPhoneNumber", false.into()),
            ])]
        } else {
            Vec::new()
        };
        object([
            ("mail", mail),
            ("facebook", Node::Null),
            ("fax", Node::Null),
            ("website", if rng.chance(0.5) { website.into() } else { Node::Null }),
            ("phones", Node::List(phones)),
            ("instagram", Node::Null),
            ("name", if rng.chance(0.1) { rng.pick(&self.texts.authors).as_str().into() } else { Node::Null }),
        ])
    }

    /// Missing and legacy fields, other countries, fields that no contract knows.
    fn dirty(&mut self, doc: &mut Node, kind: Kind) {
        let rng = &mut self.rng;
        match rng.below(200) {
            0 => doc.remove("createdAt"),
            1 => doc.remove("updatedAt"),
            2 => doc.remove("isOpenToday"),
            3..=5 => doc.remove("parcours"),
            6..=30 => doc.set("ficheType", "LIEU"),
            31..=33 => doc.set("scoreInterne", Node::Double(0.5)),
            34..=36 => doc.set("structureTypes", texts(&["CMP", "PMI"])),
            37..=40 => doc.set("photos", Node::List(vec![object([("path", rng.pick(&self.texts.file_names).as_str().into())])])),
            41..=44 => doc.set("users", Node::List(vec![Node::Id(self.machine_id(7))])),
            45..=47 if kind.standing == Standing::Public => doc.remove("country"),
            _ => {}
        }
        if kind.guard == Guard::Mobile {
            doc.set("ficheType", "PARCOURS_MOBILE");
            if doc.get("parcours").is_none() {
                let stops = self.stops();
                doc.set("parcours", stops);
            }
        }
        let abroad = match kind.standing {
            Standing::Spain => ("es", "08", "Barcelona", "08001"),
            Standing::Andorra => ("ad", "07", "Andorra la Vella", "AD500"),
            _ => return,
        };
        let (country, code, city, postal) = abroad;
        doc.set("country", country);
        if let Some(position) = doc.part("position") {
            let fields = [("departmentCode", code), ("departementCode", code), ("department", city), ("departement", city), ("city", city)];
            let more = [("ville", city), ("postalCode", postal), ("codePostal", postal), ("cityCode", postal), ("pays", country)];
            fields.into_iter().chain(more).for_each(|(key, value)| position.set(key, value));
            position.set("country", country);
        }
    }

    fn machine_id(&self, number: i32) -> [u8; 12] {
        id(self.now, self.machine, number)
    }
}

fn id(created: i64, machine: [u8; 8], number: i32) -> [u8; 12] {
    let mut id = [0; 12];
    id[..4].copy_from_slice(&((created / 1_000) as u32).to_be_bytes());
    id[4..8].copy_from_slice(&machine[..4]);
    id[8..].copy_from_slice(&number.to_be_bytes());
    id
}

/// Guards of a service leave the publics of the fiche ordinary.
fn fiche_guard(guard: Guard) -> Guard {
    if guard == Guard::ServicePublics { Guard::None } else { guard }
}

fn status(standing: Standing) -> &'static str {
    match standing {
        Standing::Draft => "DRAFT",
        Standing::Offline => "OFFLINE",
        Standing::Closed => "PERMANENTLY_CLOSED",
        _ => "ONLINE",
    }
}

fn sources(licence: Licence) -> Node {
    let source = |name: &str, license: Option<&str>| {
        object([
            ("name", name.into()),
            ("ids", Node::List(vec![object([("id", "synthetique-1".into()), ("url", Node::Null)])])),
            ("isOrigin", true.into()),
            ("license", license.map_or(Node::Null, Node::from)),
        ])
    };
    let mut unnamed = source("Croix-Rouge française", None);
    unnamed.remove("license");
    Node::List(match licence {
        Licence::Own => Vec::new(),
        Licence::Dora => vec![source("dora", Some("Licence Ouverte 2.0"))],
        Licence::Open => vec![source("Source synthétique ouverte", Some("etalab-2.0"))],
        Licence::Missing => vec![unnamed],
        Licence::Unknown => vec![source("Source synthétique", Some("Convention partenariale 2023"))],
        Licence::Closed => vec![source("restos", Some("Tous droits réservés"))],
        Licence::Mixed => vec![source("dora", Some("Licence Ouverte 2.0")), source("restos", None)],
    })
}
