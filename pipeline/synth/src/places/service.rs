//! The services of a place.

use super::kind::{Guard, Standing};
use super::node::{Node, object, texts};
use super::parts::{hours, modalities, publics, sentence};
use super::texts::Texts;
use crate::rng::Rng;

/// Leaves of the taxonomy, by how often places offer them.
pub(crate) const ORDINARY: &[&str] = &[
    "food_distribution",
    "food_packages",
    "social_accompaniment",
    "shower",
    "clothing",
    "day_hosting",
    "legal_advice",
    "domiciliation",
    "french_course",
    "general_practitioner",
    "access_to_housing",
    "administrative_assistance",
    "social_grocery_stores",
    "psychological_support",
    "addiction_care",
    "dental_care",
    "digital_tools_training",
    "job_coaching",
    "laundry",
    "luggage_storage",
    "fountain",
    "toilets",
    "wifi",
    "std_testing",
    "sport_activities",
    "museums",
    "libraries",
    "child_care",
    "parent_assistance",
];
const ACCOMMODATION: &[&str] = &["emergency_accommodation", "overnight_stop", "long_term_accomodation", "medical_accommodation"];
/// Old codes that stand for a present one: such a service counts.
const LEGACY: &[&str] = &["carpooling", "addiction", "echography", "mammography", "ophthalmology"];
/// Codes that no list knows. Only places that are not public have them.
const UNKNOWN: &[&str] = &["tents_distribution", "solar_oven", "hair_salon_2"];

/// What all services of a place are made with.
pub(crate) struct Context {
    pub guard: Guard,
    pub standing: Standing,
    /// Latest instant.
    pub now: i64,
    pub machine: [u8; 8],
    pub lieu_id: i32,
}

/// The services of a fiche; the first one is what its guard needs.
pub(crate) fn services(rng: &mut Rng, pool: &Texts, context: &Context, count: usize) -> Node {
    let guard = context.guard;
    let accommodation = matches!(guard, Guard::Women | Guard::Asylum | Guard::Prostitution | Guard::ServicePublics | Guard::Violence);
    let list = (0..count)
        .map(|number| {
            let category = match (number, guard) {
                (0, Guard::CitizenHousing) => "citizen_housing",
                (0, _) if accommodation => rng.pick(ACCOMMODATION),
                _ if context.standing != Standing::Public && rng.chance(0.1) => rng.pick(UNKNOWN),
                _ if rng.chance(0.01) => rng.pick(LEGACY),
                // An accommodation elsewhere would make a guarded place of a decoy.
                _ if guard == Guard::None && rng.chance(0.08) => rng.pick(ACCOMMODATION),
                _ => rng.pick(ORDINARY),
            };
            service(rng, pool, context, number, category)
        })
        .collect();
    Node::List(list)
}

fn service(rng: &mut Rng, pool: &Texts, context: &Context, number: usize, category: &str) -> Node {
    let first = number == 0;
    let service_publics = first && context.guard == Guard::ServicePublics;
    let own_orientation = first && context.guard == Guard::ServiceOrientation;
    let stale_orientation = first && context.guard == Guard::DecoyModalities;
    let closed = rng.chance(0.03);
    let mut out = object([
        ("close", {
            let begins = context.now - rng.between(0, 20) * 86_400_000;
            let end = if rng.chance(0.5) { Node::Null } else { Node::Date(begins + 40 * 86_400_000) };
            let (start, end) = if closed { (Node::Date(begins), end) } else { (Node::Null, Node::Null) };
            object([("actif", closed.into()), ("dateDebut", start), ("dateFin", end)])
        }),
        ("saturated", {
            let status = *rng.pick(&["LOW", "LOW", "LOW", "MODERATE", "HIGH", "high", "low"]);
            object([("precision", sentence(rng, pool, 0.05)), ("status", status.into())])
        }),
        ("description", if rng.chance(0.4) { rng.pick(&pool.descriptions).0.as_str().into() } else { Node::Null }),
        ("differentHours", rng.chance(0.2).into()),
        ("differentModalities", own_orientation.into()),
        ("differentPublics", service_publics.into()),
        ("hours", hours(rng, pool)),
        ("jobsList", sentence(rng, pool, 0.02)),
        ("modalities", modalities(rng, pool, own_orientation || stale_orientation)),
        ("name", Node::Null),
        ("publics", publics(rng, pool, if service_publics { Guard::Women } else { Guard::None })),
        ("categorie", Node::Int(600 + number as i32)),
        ("isOpenToday", rng.chance(0.6).into()),
        ("createdAt", Node::Date(context.now - rng.between(1, 1_500) * 86_400_000)),
        ("category", category.into()),
    ]);
    if rng.chance(0.95) {
        let mut id = [0; 12];
        id[..8].copy_from_slice(&context.machine);
        id[8..11].copy_from_slice(&context.lieu_id.to_be_bytes()[1..]);
        id[11] = number as u8;
        out.set("serviceObjectId", Node::Id(id));
    }
    if category == "food_packages" {
        let activity = sentence(rng, pool, 0.3);
        out.set(
            "categorySpecificFields",
            object([("serviceStyleType", texts(&["take_away"])), ("dietaryRegimesType", "do_not_know".into()), ("activityName", activity)]),
        );
    }
    out
}
