//! A search document before it is written. Several documents of one intention share a [`Body`].

use std::borrow::Cow;

use super::text_field::Text;
use crate::world::{Account, Land, Town, Widget};

/// Which of the twin code fields of the département are filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codes {
    Both,
    /// `departementCode` only.
    French,
    /// Names only.
    Neither,
}

/// `location.areas`.
#[derive(Debug, Clone)]
pub(crate) struct Areas<'w> {
    pub departement: Option<(&'w str, &'w str)>,
    pub codes: Codes,
    /// Code and name; the code is left out with [`Codes::Neither`].
    pub region: Option<(&'w str, &'w str)>,
    pub city: Option<&'w str>,
    pub city_code: Option<Cow<'w, str>>,
    pub postal: Option<&'w str>,
    pub country: &'w str,
}

/// The fields beside `location.areas`.
#[derive(Debug, Clone)]
pub(crate) struct Top<'w> {
    pub region: Option<Cow<'w, str>>,
    pub department: Option<Cow<'w, str>>,
    pub city: Option<Cow<'w, str>>,
    pub postal: Option<Cow<'w, str>>,
    pub country: Option<&'w str>,
}

/// `location.coordinates`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Coordinates {
    /// `[]`
    Empty,
    /// Degrees × 1 000 000.
    Micro(i64, i64),
    /// Whole degrees, as integers.
    Whole(i32, i32),
}

#[derive(Debug, Clone)]
pub(crate) enum Distance {
    Metres(i32),
    Null,
    Text(&'static str),
}

#[derive(Debug, Clone)]
pub(crate) struct Location<'w> {
    pub geo_type: &'static str,
    pub geo_value: Text<'w>,
    pub label: Text<'w>,
    pub coordinates: Coordinates,
    pub distance: Distance,
    pub areas: Option<Areas<'w>>,
    pub top: Top<'w>,
}

/// `publics`. The lists are always sorted.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Publics {
    /// Writes the four lists even when they are empty.
    pub spelled_out: bool,
    pub administrative: Vec<&'static str>,
    pub familialle: Vec<&'static str>,
    pub gender: Vec<&'static str>,
    pub other: Vec<&'static str>,
    pub age: Option<i32>,
    pub accueil: Option<i32>,
}

/// Who searched.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Who<'w> {
    Anonymous,
    Account(&'w Account),
    Widget(&'w Widget),
}

/// `userData`.
#[derive(Debug, Clone)]
pub(crate) struct User<'w> {
    pub who: Who<'w>,
    pub status: Option<&'static str>,
    pub origin: Option<&'static str>,
    pub language: Option<&'static str>,
    pub referrer: Option<&'w str>,
    pub shouted: bool,
    /// `territory` is that of the user's organisation unless given here.
    pub territory: Option<&'w str>,
}

/// What the documents of one intention share.
#[derive(Debug, Clone)]
pub(crate) struct Body<'w> {
    pub category: Option<Cow<'w, str>>,
    pub categories: Option<Vec<Cow<'w, str>>>,
    pub languages: Text<'w>,
    pub location: Location<'w>,
    pub modalities: Vec<(&'static str, bool)>,
    pub publics: Publics,
    pub open_today: Option<bool>,
    pub user: User<'w>,
    pub word: Text<'w>,
    /// Slug and type of the suggestion that `word` matches.
    pub suggestion: Option<(&'w str, &'static str)>,
    pub sort_by_distance: bool,
    /// A field that no contract knows.
    pub ab_test: Option<&'static str>,
    pub unknown_search_type: bool,
}

/// `createdAt`.
#[derive(Debug, Clone)]
pub(crate) enum Created {
    Date(i64),
    Text(String),
    Absent,
}

/// How absent values are spelled in one document: the rule under test takes absent, null and empty as equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nulls {
    Usual,
    Absent,
    Empty,
}

/// One document. `_id` is given when the day's documents are sorted.
#[derive(Debug, Clone)]
pub(crate) struct Doc {
    pub body: usize,
    pub created: Created,
    /// Order in the file, and the seconds of the ObjectId: the time of insertion.
    pub inserted: i64,
    /// A number in 0..100: how `updatedAt` looks.
    pub updated_style: u8,
    pub admin_search: Option<bool>,
    /// `None` is absent.
    pub mobile: Option<bool>,
    /// `None`: no `options`.
    pub page: Option<i32>,
    pub limit: i32,
    pub results: i32,
    pub results_as_double: bool,
    pub nulls: Nulls,
    /// The same document once more in the file, inserted later.
    pub again_at: Option<i64>,
    /// `word` is not UTF-8.
    pub broken_word: Option<Vec<u8>>,
    /// Labels of the traps that it belongs to.
    pub traps: Traps,
}

/// The trap labels of `truth.json`, as a set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Traps(pub u64);

impl Body<'_> {
    /// Whether the net rule leaves out whoever made this search.
    pub(crate) fn excluded(&self) -> bool {
        matches!(self.user.status, Some("API_USER" | "SOLI_BOT" | "ADMIN_TERRITORY" | "ADMIN_SOLIGUIDE"))
            || self.user.origin == Some("LOCALHOST_DEV")
    }
}

impl<'w> Location<'w> {
    /// A search for a commune, or a postal code for a borough.
    pub(crate) fn town(land: &'w Land, town: &'w Town) -> Self {
        let (code, name) = land.computed_departement(&town.postal);
        Self {
            geo_type: if town.borough { "codePostal" } else { "ville" },
            geo_value: Text::from(town.geo_value.as_str()),
            label: Text::from(town.label.as_str()),
            coordinates: Coordinates::Micro(town.lon, town.lat),
            distance: Distance::Metres(10_000),
            areas: Some(Areas {
                departement: Some((code, name)),
                codes: Codes::Both,
                region: Some((&land.row.region, &land.region_name)),
                city: Some(&town.name),
                city_code: Some(Cow::Borrowed(&town.insee)),
                postal: Some(&town.postal),
                country: "fr",
            }),
            top: Top {
                region: Some(Cow::Borrowed(&land.region_name)),
                department: Some(Cow::Borrowed(name)),
                city: Some(Cow::Borrowed(&town.name)),
                postal: Some(Cow::Borrowed(&town.postal)),
                country: Some("fr"),
            },
        }
    }
}
