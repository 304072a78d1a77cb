//! The door: a search document loses its text here, or is put aside.

mod actor;
mod digest;
mod keys;

pub use keys::{HashKey, KeyRing};

use crate::contract::{Moment, SearchDoc};
use crate::{Breach, Categories, Contributor, ContributorKind, Found, Localities, SearchEvent, TerritoryId};
use actor::Who;
use digest::{Digest, Domain};
use solidata_territory::{Clues, Geography};

/// 2017-01-01T00:00:00Z: Soliguide began in 2017.
const EARLIEST: i64 = 1_483_228_800_000;
const DAY_MS: i64 = 86_400_000;

/// Turns documents into events. It holds no state: any number of threads may share one.
pub struct Door<'a> {
    geography: &'a Geography,
    places: &'a Localities,
    categories: &'a Categories,
    keys: &'a KeyRing,
}

impl<'a> Door<'a> {
    /// A door with these code lists and keys. `places` must be made of the same geography.
    pub fn new(geography: &'a Geography, places: &'a Localities, categories: &'a Categories, keys: &'a KeyRing) -> Self {
        Self { geography, places, categories, keys }
    }

    /// The event of a document.
    ///
    /// # Errors
    /// The reason why the document is in no count.
    pub fn event(&self, doc: &SearchDoc<'_>) -> Result<SearchEvent, Breach> {
        let id = doc.id.ok_or(Breach::IdMissing)?;
        let created_at = match doc.created_at {
            Moment::Absent => return Err(Breach::DateMissing),
            Moment::NotADate => return Err(Breach::DateNotADate),
            Moment::At(ms) if ms < EARLIEST => return Err(Breach::DateTooEarly),
            Moment::At(ms) if ms > i64::from(id.seconds()) * 1_000 + DAY_MS => return Err(Breach::DateAfterId),
            Moment::At(ms) => ms,
        };
        let territory = self.territory(doc);
        let who = Who::of(&doc.user);
        let pair = self.pair(doc, &who);
        let found = match doc.nb_results {
            None => Found::Unknown,
            Some(0) => Found::Nothing,
            Some(n) if n < 0 => Found::Unknown,
            Some(_) => Found::Some,
        };
        let category = doc.category.as_deref();
        Ok(SearchEvent {
            created_at,
            id: id.0,
            collapse: self.collapse(doc, pair),
            pair,
            contributor: self.contributor(&who, territory, created_at)?,
            account: self.account(&who),
            signature: if who.is_account() { 0 } else { self.signature(doc, &who, territory) },
            query: if who.is_account() { 0 } else { self.query(doc) },
            territory,
            categories: self.categories.set_of(category.into_iter().chain(doc.categories.iter().map(AsRef::as_ref))),
            found,
            later_page: doc.page.is_some_and(|page| page > 1),
            rounds: doc.place_type.as_deref() == Some("PARCOURS_MOBILE"),
            actor: who.kind(),
            exclusions: actor::exclusions(doc),
        })
    }

    /// Equal for the two calls of one search.
    fn pair(&self, doc: &SearchDoc<'_>, who: &Who<'_>) -> u128 {
        let mut digest = Digest::new(self.keys.windows(), Domain::Pair);
        who.feed(&mut digest);
        digest.text(doc.category.as_deref());
        digest.set(&doc.categories);
        digest.byte(u8::MAX);
        digest.text(doc.word.as_deref());
        digest.text(doc.location.geo_value.as_deref());
        let publics = &doc.publics;
        digest.number(publics.accueil);
        digest.number(publics.age);
        for list in [&publics.administrative, &publics.familialle, &publics.gender, &publics.other] {
            digest.set(list);
            digest.byte(u8::MAX);
        }
        let m = doc.modalities;
        digest.states([m.animal, m.appointment, m.inconditionnel, m.inscription, m.orientation, m.pmr, m.price, doc.open_today]);
        digest.finish()
    }

    /// Equal for searches that may be one.
    fn collapse(&self, doc: &SearchDoc<'_>, pair: u128) -> u128 {
        let mut digest = Digest::new(self.keys.windows(), Domain::Collapse);
        digest.long(pair);
        digest.text(doc.languages.as_deref());
        digest.text(doc.user.origin.as_deref());
        digest.finish()
    }

    /// What a crawler changes from call to call.
    fn query(&self, doc: &SearchDoc<'_>) -> u64 {
        let mut digest = Digest::new(self.keys.windows(), Domain::Query);
        digest.text(doc.category.as_deref());
        digest.set(&doc.categories);
        digest.byte(u8::MAX);
        digest.text(doc.location.geo_value.as_deref());
        digest.finish_short()
    }

    /// What a crawler has in common from call to call.
    fn signature(&self, doc: &SearchDoc<'_>, who: &Who<'_>, territory: TerritoryId) -> u64 {
        let mut digest = Digest::new(self.keys.windows(), Domain::Signature);
        who.feed(&mut digest);
        digest.text(doc.user.origin.as_deref());
        digest.text(doc.user.language.as_deref());
        digest.byte(u8::from(doc.user.has_referrer));
        digest.short(u32::from(self.places.departement(territory).0));
        digest.finish_short()
    }

    fn account(&self, who: &Who<'_>) -> u64 {
        let Who::Account { account, .. } = who else { return 0 };
        let mut digest = Digest::new(self.keys.windows(), Domain::Account);
        digest.text(Some(account));
        digest.finish_short()
    }

    /// With the key of the year of the place's local month, so that no month has two keys.
    fn contributor(&self, who: &Who<'_>, territory: TerritoryId, created_at: i64) -> Result<Option<Contributor>, Breach> {
        let Some((kind, name)) = who.contributor() else { return Ok(None) };
        let domain = if kind == ContributorKind::Organisation { Domain::Organisation } else { Domain::Account };
        let month = self.places.month(territory, created_at).ok_or(Breach::DateAfterId)?;
        let key = self.keys.year(month.year()).ok_or(Breach::YearKeyMissing)?;
        let mut digest = Digest::new(key, domain);
        digest.text(Some(name));
        Ok(Some(Contributor { kind, hash: digest.finish().to_be_bytes() }))
    }

    fn territory(&self, doc: &SearchDoc<'_>) -> TerritoryId {
        let location = &doc.location;
        let mut clues = Clues {
            country: location.country.as_deref(),
            geo_type: location.geo_type.as_deref(),
            geo_value: location.geo_value.as_deref(),
            ..Clues::default()
        };
        match &location.areas {
            Some(areas) => {
                clues.country = clues.country.or(areas.pays.as_deref());
                clues.region_code = areas.region_code.as_deref();
                clues.region = areas.region.as_deref();
                clues.department_code = areas.department_code.as_deref();
                clues.departement_code = areas.departement_code.as_deref();
                clues.department = areas.department.as_deref();
                clues.departement = areas.departement.as_deref();
                clues.city_code = areas.city_code.as_deref();
                clues.city = areas.city.as_deref();
                clues.ville = areas.ville.as_deref();
                clues.postal_code = areas.postal_code.as_deref();
                clues.code_postal = areas.code_postal.as_deref();
            }
            // The geocoder failed: the names beside it are what is left.
            None => {
                clues.region = location.region.as_deref();
                clues.department = location.department.as_deref();
                clues.city = location.city.as_deref();
                clues.postal_code = location.postal_code.as_deref();
            }
        }
        self.geography.resolve_search(&clues)
    }
}
