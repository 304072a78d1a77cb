//! Writes one search document, field by field in the order of the real collection.

use super::model::{Areas, Body, Codes, Coordinates, Created, Distance, Doc, Location, Nulls, Publics, Top, User, Who};
use super::text_field::Text;
use crate::emit::Emitter;
use crate::world::AccountKey;

/// 2025-12-24T00:00Z: the site begins to log the type of a search, under the name `suggestionType`, and the slug.
const TYPES_BEGIN: i64 = 1_766_534_400_000;
/// 2026-01-15T00:00Z: until then every log says `CATEGORY`.
const TYPES_CORRECT: i64 = 1_768_435_200_000;
/// 2026-06-11T00:00Z: the field is renamed `searchType`.
const TYPES_RENAMED: i64 = 1_781_136_000_000;
/// 2024-04-01T00:00Z: before, `pays` is "France" and a tenth of the documents lack the fields beside `areas`.
pub(crate) const COUNTRY_CODES: i64 = 1_711_929_600_000;
/// Before it, some documents lack `language` and `origin` and name the account `userObjectId`.
pub(crate) const OLD_USERS: i64 = 1_717_200_000_000;

/// Appends `doc` to `out`.
pub(crate) fn write<E: Emitter>(e: &mut E, out: &mut Vec<u8>, doc: &Doc, body: &Body<'_>, id: &[u8; 12]) {
    // The schema is that of the time of writing: a date in 2099 brings no field of that time.
    let created = match doc.created {
        Created::Date(ms) => ms.min(doc.inserted),
        Created::Text(_) | Created::Absent => doc.inserted,
    };
    e.begin(out);
    e.object_id(out, "_id", id);
    if let Some(flag) = doc.admin_search {
        e.boolean(out, "adminSearch", flag);
    }
    match (&body.category, doc.nulls) {
        (Some(code), _) => e.text(out, "category", code),
        (None, Nulls::Usual) => e.null(out, "category"),
        (None, Nulls::Empty) => e.text(out, "category", ""),
        (None, Nulls::Absent) => {}
    }
    if let Some(codes) = &body.categories {
        e.texts(out, "categories", codes.iter().map(AsRef::as_ref));
    }
    text(e, out, "languages", &body.languages, doc.nulls);
    location(e, out, &body.location, created);
    e.object(out, "modalities");
    for (name, value) in &body.modalities {
        e.boolean(out, name, *value);
    }
    e.close_object(out);
    if doc.results_as_double {
        e.double(out, "nbResults", f64::from(doc.results));
    } else {
        e.int(out, "nbResults", doc.results);
    }
    if let Some(page) = doc.page {
        e.object(out, "options");
        e.int(out, "limit", doc.limit);
        e.int(out, "page", page);
        if body.sort_by_distance {
            e.text(out, "sortBy", "distance");
        }
        e.close_object(out);
    }
    if let Some(mobile) = doc.mobile {
        e.text(out, "placeType", if mobile { "PARCOURS_MOBILE" } else { "LIEU" });
    }
    publics(e, out, &body.publics);
    if let Some(open) = body.open_today {
        e.boolean(out, "openToday", open);
    }
    user(e, out, &body.user);
    if let Some(bytes) = &doc.broken_word {
        e.broken_text(out, "word", bytes);
    } else {
        text(e, out, "word", &body.word, doc.nulls);
    }
    search_type(e, out, body, created);
    match &doc.created {
        Created::Date(ms) => e.date(out, "createdAt", *ms),
        Created::Text(text) => e.text(out, "createdAt", text),
        Created::Absent => {}
    }
    match doc.updated_style {
        0..=1 => {
            e.object(out, "updatedAt");
            e.close_object(out);
        }
        2..=9 => {
            e.object(out, "updatedAt");
            e.text(out, "intervalType", "AFTER_DAY");
            e.date(out, "value", created);
            e.close_object(out);
        }
        _ => e.date(out, "updatedAt", created),
    }
    if let Some(variant) = body.ab_test {
        e.object(out, "abTest");
        e.text(out, "variant", variant);
        e.int(out, "bucket", 7);
        e.close_object(out);
    }
    e.int(out, "__v", 0);
    e.end(out);
}

fn text<E: Emitter>(e: &mut E, out: &mut Vec<u8>, key: &str, value: &Text<'_>, nulls: Nulls) {
    match (value, nulls) {
        (Text::Is(text), _) => e.text(out, key, text),
        (Text::Null, Nulls::Usual) => e.null(out, key),
        (Text::Null, Nulls::Empty) => e.text(out, key, ""),
        (Text::Absent, _) | (Text::Null, Nulls::Absent) => {}
    }
}

fn optional<E: Emitter>(e: &mut E, out: &mut Vec<u8>, key: &str, value: Option<&str>) {
    match value {
        Some(text) => e.text(out, key, text),
        None => e.null(out, key),
    }
}

fn location<E: Emitter>(e: &mut E, out: &mut Vec<u8>, location: &Location<'_>, created: i64) {
    e.object(out, "location");
    if let Some(found) = &location.areas {
        areas(e, out, found, created);
    }
    e.array(out, "coordinates");
    match location.coordinates {
        Coordinates::Empty => {}
        Coordinates::Micro(lon, lat) => {
            e.double(out, "", lon as f64 / 1_000_000.0);
            e.double(out, "", lat as f64 / 1_000_000.0);
        }
        Coordinates::Whole(lon, lat) => {
            e.int(out, "", lon);
            e.int(out, "", lat);
        }
    }
    e.close_array(out);
    match location.distance {
        Distance::Metres(metres) => e.int(out, "distance", metres),
        Distance::Null => e.null(out, "distance"),
        Distance::Text(text) => e.text(out, "distance", text),
    }
    e.text(out, "geoType", location.geo_type);
    text(e, out, "geoValue", &location.geo_value, Nulls::Usual);
    text(e, out, "label", &location.label, Nulls::Usual);
    let Top { region, department, city, postal, country } = &location.top;
    for (key, value) in [("region", region), ("city", city), ("department", department), ("postalCode", postal)] {
        if let Some(value) = value {
            e.text(out, key, value);
        }
    }
    if let Some(country) = country {
        e.text(out, "country", country);
    }
    e.close_object(out);
}

fn areas<E: Emitter>(e: &mut E, out: &mut Vec<u8>, areas: &Areas<'_>, created: i64) {
    e.object(out, "areas");
    if let Some(postal) = areas.postal {
        e.text(out, "codePostal", postal);
        e.text(out, "postalCode", postal);
    }
    if let Some((code, name)) = areas.departement {
        e.text(out, "departement", name);
        e.text(out, "department", name);
        if areas.codes != Codes::Neither {
            e.text(out, "departementCode", code);
        }
        if areas.codes == Codes::Both {
            e.text(out, "departmentCode", code);
        }
    }
    let country = if areas.country == "fr" && created < COUNTRY_CODES { "France" } else { areas.country };
    e.text(out, "pays", country);
    if let Some((code, name)) = areas.region {
        e.text(out, "region", name);
        if areas.codes != Codes::Neither {
            e.text(out, "regionCode", code);
        }
    }
    if let Some(city) = areas.city {
        e.text(out, "ville", city);
        e.text(out, "city", city);
    }
    if let Some(code) = &areas.city_code {
        e.text(out, "cityCode", code);
    }
    // The defaults of the schema, even for Spain and Andorra.
    e.object(out, "slugs");
    for key in ["department", "region", "city", "ville", "departement"] {
        e.null(out, key);
    }
    e.text(out, "country", "fr");
    e.text(out, "pays", "france");
    e.close_object(out);
    e.close_object(out);
}

fn publics<E: Emitter>(e: &mut E, out: &mut Vec<u8>, publics: &Publics) {
    e.object(out, "publics");
    if let Some(accueil) = publics.accueil {
        e.int(out, "accueil", accueil);
    }
    if let Some(age) = publics.age {
        e.int(out, "age", age);
    }
    let lists = [
        ("administrative", &publics.administrative),
        ("familialle", &publics.familialle),
        ("gender", &publics.gender),
        ("other", &publics.other),
    ];
    for (key, list) in lists {
        if publics.spelled_out || !list.is_empty() {
            e.texts(out, key, list.iter().copied());
        }
    }
    e.close_object(out);
}

fn user<E: Emitter>(e: &mut E, out: &mut Vec<u8>, user: &User<'_>) {
    if let Who::Account(account) = user.who
        && let AccountKey::User(id) = &account.key
    {
        e.object_id(out, "user", id);
    }
    e.object(out, "userData");
    match user.who {
        Who::Anonymous => {
            for key in ["email", "orgaId", "orgaName", "role", "territory", "user_id"] {
                e.null(out, key);
            }
            e.text(out, "userName", "");
        }
        Who::Widget(widget) => {
            e.null(out, "email");
            match widget.orga_id {
                Some(id) => e.int(out, "orgaId", id),
                None => e.null(out, "orgaId"),
            }
            e.text(out, "orgaName", &widget.name);
            e.text(out, "userName", &widget.name);
            for key in ["role", "territory", "user_id"] {
                e.null(out, key);
            }
        }
        Who::Account(account) => {
            e.text(out, "email", if user.shouted { &account.shouted_email } else { &account.email });
            e.text(out, "userName", &account.user_name);
            match &account.key {
                AccountKey::Id(id) => e.object_id(out, "user_id", id),
                AccountKey::IdText(id) => e.text(out, "user_id", id),
                AccountKey::Legacy(id) => e.object_id(out, "userObjectId", id),
                AccountKey::User(_) => {}
                AccountKey::Email => e.null(out, "user_id"),
            }
            e.int(out, "orgaId", account.orga_id);
            e.text(out, "orgaName", &account.orga_name);
            optional(e, out, "role", account.role);
            e.text(out, "territory", user.territory.unwrap_or(&account.territory));
        }
    }
    if let Some(language) = user.language {
        e.text(out, "language", language);
    }
    if let Some(origin) = user.origin {
        e.text(out, "origin", origin);
    }
    optional(e, out, "referrer", user.referrer);
    if let Some(status) = user.status {
        e.text(out, "status", status);
    }
    e.close_object(out);
}

fn search_type<E: Emitter>(e: &mut E, out: &mut Vec<u8>, body: &Body<'_>, created: i64) {
    if created < TYPES_BEGIN {
        return;
    }
    let slug = body.category.as_deref().or_else(|| body.suggestion.map(|(slug, _)| slug));
    let kind = if body.unknown_search_type {
        "ASSISTANT"
    } else if created < TYPES_CORRECT || body.category.is_some() {
        "CATEGORY"
    } else if let Some((_, kind)) = body.suggestion {
        kind
    } else if matches!(&body.word, Text::Is(word) if !word.is_empty()) {
        "EXPRESSION"
    } else {
        "EMPTY"
    };
    e.text(out, if created < TYPES_RENAMED { "suggestionType" } else { "searchType" }, kind);
    optional(e, out, "slug", slug);
}
