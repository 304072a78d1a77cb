//! The wanted fields of one `search` document: one HTTP call of Soliguide's search, as the source writes it.
//!
//! Strings are borrowed from the document's bytes wherever they hold no escape. Nothing here may be stored: the only way out is
//! [`crate::door`], which turns a document into a fixed-size event without any text.

use super::{Moment, ObjectId};
use std::borrow::Cow;

/// A string of a document, borrowed when the source holds it as it is.
pub type Text<'a> = Cow<'a, str>;

/// One `search` document, wanted fields only. `null`, absent and (for lists) empty are the same thing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SearchDoc<'a> {
    /// `_id`; absent or of another type breaks the contract.
    pub id: Option<ObjectId>,
    /// `createdAt`, the only trustworthy time.
    pub created_at: Moment,
    /// `adminSearch`: made in the back office.
    pub admin_search: bool,
    /// `category`: one code, or none for a text search.
    pub category: Option<Text<'a>>,
    /// `categories`: the codes of an API or widget call.
    pub categories: Vec<Text<'a>>,
    /// `word`: what the person typed. Personal; only hashed.
    pub word: Option<Text<'a>>,
    /// `languages`: filter on a spoken language (also seen as a list of one; then its first item).
    pub languages: Option<Text<'a>>,
    /// `openToday` filter.
    pub open_today: Option<bool>,
    /// `nbResults`: 0 is unmet demand.
    pub nb_results: Option<i64>,
    /// `placeType`: `LIEU`, `PARCOURS_MOBILE` or absent (older, means `LIEU`).
    pub place_type: Option<Text<'a>>,
    /// `options.page`, from 1.
    pub page: Option<i64>,
    /// `publics` filter.
    pub publics: PublicsFilter<'a>,
    /// `modalities` filter.
    pub modalities: ModalitiesFilter,
    /// `location`.
    pub location: SearchLocation<'a>,
    /// `userData`, and the legacy top-level `user`.
    pub user: SearchUser<'a>,
}

/// `publics`: whom the place must welcome. Special-category data: only hashed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PublicsFilter<'a> {
    /// `accueil`: 0, 1 or 2.
    pub accueil: Option<i64>,
    /// `age`, in years.
    pub age: Option<i64>,
    /// `administrative`.
    pub administrative: Vec<Text<'a>>,
    /// `familialle` (the source's spelling).
    pub familialle: Vec<Text<'a>>,
    /// `gender`.
    pub gender: Vec<Text<'a>>,
    /// `other`.
    pub other: Vec<Text<'a>>,
}

/// `modalities`: each filter is absent, false or true.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ModalitiesFilter {
    /// `animal`.
    pub animal: Option<bool>,
    /// `appointment`.
    pub appointment: Option<bool>,
    /// `inconditionnel`.
    pub inconditionnel: Option<bool>,
    /// `inscription`.
    pub inscription: Option<bool>,
    /// `orientation`.
    pub orientation: Option<bool>,
    /// `pmr`.
    pub pmr: Option<bool>,
    /// `price`.
    pub price: Option<bool>,
}

/// `location`, without its label, coordinates and distance.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SearchLocation<'a> {
    /// `geoType`: the level asked for.
    pub geo_type: Option<Text<'a>>,
    /// `geoValue`: a slug of the territory, or of a full address when `geoType` is `position`. Personal in that case.
    pub geo_value: Option<Text<'a>>,
    /// `country`: `fr`, `es`, `ad`.
    pub country: Option<Text<'a>>,
    /// `region`: a name.
    pub region: Option<Text<'a>>,
    /// `department`: a name.
    pub department: Option<Text<'a>>,
    /// `city`: a name.
    pub city: Option<Text<'a>>,
    /// `postalCode`.
    pub postal_code: Option<Text<'a>>,
    /// `areas`: what the geocoder said; absent when it failed.
    pub areas: Option<SearchAreas<'a>>,
}

/// `location.areas`: English keys and their older French twins.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SearchAreas<'a> {
    /// `pays`.
    pub pays: Option<Text<'a>>,
    /// `region`.
    pub region: Option<Text<'a>>,
    /// `regionCode`.
    pub region_code: Option<Text<'a>>,
    /// `department`.
    pub department: Option<Text<'a>>,
    /// `departement`.
    pub departement: Option<Text<'a>>,
    /// `departmentCode`.
    pub department_code: Option<Text<'a>>,
    /// `departementCode`.
    pub departement_code: Option<Text<'a>>,
    /// `city`.
    pub city: Option<Text<'a>>,
    /// `ville`.
    pub ville: Option<Text<'a>>,
    /// `cityCode`: INSEE, or by mistake a postal code.
    pub city_code: Option<Text<'a>>,
    /// `postalCode`.
    pub postal_code: Option<Text<'a>>,
    /// `codePostal`.
    pub code_postal: Option<Text<'a>>,
}

/// `userData` and the legacy `user`: read to tell actors apart, then only hashed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SearchUser<'a> {
    /// `status`, see `user_status.csv`.
    pub status: Option<Text<'a>>,
    /// `origin`, see `origins.csv`.
    pub origin: Option<Text<'a>>,
    /// `language` of the interface.
    pub language: Option<Text<'a>>,
    /// `user_id`, a string or an ObjectId (then its hexadecimal form).
    pub user_id: Option<Text<'a>>,
    /// `userObjectId`, legacy.
    pub user_object_id: Option<Text<'a>>,
    /// top-level `user`, legacy.
    pub legacy_user: Option<Text<'a>>,
    /// `email`.
    pub email: Option<Text<'a>>,
    /// `orgaId`: an organisation, or the widget for widget calls; a string, a number or an ObjectId.
    pub orga_id: Option<Text<'a>>,
    /// `orgaName`.
    pub orga_name: Option<Text<'a>>,
    /// whether `referrer` is a non-empty string; its text is not read.
    pub has_referrer: bool,
}
