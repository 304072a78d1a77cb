//! The wanted fields of one `lieux` document: a place (*fiche*) and its services.
//!
//! No free text, mail, label of a phone, author or photo is a field here: a document that holds them is read without materialising them.
//! What is a field here is still private until [`crate::place`] has decided how precisely it may be shown.

use super::record::record;
use super::{Field, Moment, Trail};
use serde::de::{Deserialize, Deserializer};

/// One `lieux` document, wanted fields only. `null`, absent, `""` and `[]` are the same thing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlaceDoc {
    /// `lieu_id`, the public number of the place.
    pub lieu_id: Option<i64>,
    /// `seo_url`, the slug of its page.
    pub seo_url: Option<String>,
    /// `name`.
    pub name: Option<String>,
    /// `status`: `ONLINE`, `DRAFT`, `OFFLINE`, `PERMANENTLY_CLOSED`.
    pub status: Option<String>,
    /// `visibility`: `ALL` or `PRO`.
    pub visibility: Option<String>,
    /// `placeType`: `LIEU` or `PARCOURS_MOBILE`.
    pub place_type: Option<String>,
    /// `ficheType`, the legacy twin of `placeType`.
    pub fiche_type: Option<String>,
    /// `country`: `fr`, `es`, `ad`.
    pub country: Option<String>,
    /// `position`.
    pub position: Option<PositionDoc>,
    /// `parcours`: the stops of a mobile round. Only their position, to find the département of a round that has none of its own.
    pub parcours: Vec<StopDoc>,
    /// `entity`.
    pub entity: EntityDoc,
    /// `services_all`, in the order of the fiche.
    pub services: Vec<ServiceDoc>,
    /// `newhours`.
    pub hours: Option<HoursDoc>,
    /// `modalities`.
    pub modalities: ModalitiesDoc,
    /// `publics`.
    pub publics: PublicsDoc,
    /// `languages`: codes of spoken languages.
    pub languages: Vec<String>,
    /// `tempInfos`.
    pub temp_infos: TempInfosDoc,
    /// `sources`: where the fiche comes from, when not from Soliguide's own work.
    pub sources: Vec<SourceDoc>,
    /// `createdAt`.
    pub created_at: Moment,
    /// `updatedAt`: moves on technical writes too.
    pub updated_at: Moment,
    /// `updatedByUserAt`: the last update by a person.
    pub updated_by_user_at: Moment,
}

record!('de, PlaceDoc {
    "lieu_id" => lieu_id, "seo_url" => seo_url, "name" => name, "status" => status, "visibility" => visibility,
    "placeType" => place_type, "ficheType" => fiche_type, "country" => country, "position" => position, "parcours" => parcours,
    "entity" => entity, "services_all" => services, "newhours" => hours, "modalities" => modalities, "publics" => publics,
    "languages" => languages, "tempInfos" => temp_infos, "sources" => sources,
    "createdAt" => created_at, "updatedAt" => updated_at, "updatedByUserAt" => updated_by_user_at,
});

/// `position`: English keys and their older French twins.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PositionDoc {
    /// `location.coordinates`: longitude, latitude.
    pub location: LocationDoc,
    /// `address`.
    pub address: Option<String>,
    /// `adresse`.
    pub adresse: Option<String>,
    /// `city`.
    pub city: Option<String>,
    /// `ville`.
    pub ville: Option<String>,
    /// `cityCode`: INSEE, or by mistake a postal code.
    pub city_code: Option<String>,
    /// `postalCode`.
    pub postal_code: Option<String>,
    /// `codePostal`.
    pub code_postal: Option<String>,
    /// `department`.
    pub department: Option<String>,
    /// `departement`.
    pub departement: Option<String>,
    /// `departmentCode`.
    pub department_code: Option<String>,
    /// `departementCode`.
    pub departement_code: Option<String>,
    /// `region`.
    pub region: Option<String>,
    /// `regionCode`.
    pub region_code: Option<String>,
    /// `country`.
    pub country: Option<String>,
    /// `pays`.
    pub pays: Option<String>,
}

record!('de, PositionDoc {
    "location" => location, "address" => address, "adresse" => adresse, "city" => city, "ville" => ville, "cityCode" => city_code,
    "postalCode" => postal_code, "codePostal" => code_postal, "department" => department, "departement" => departement,
    "departmentCode" => department_code, "departementCode" => departement_code, "region" => region, "regionCode" => region_code,
    "country" => country, "pays" => pays,
});

/// `position.location`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LocationDoc {
    /// `coordinates`: longitude, latitude.
    pub coordinates: Vec<f64>,
}

record!('de, LocationDoc { "coordinates" => coordinates });

/// A stop of a mobile round.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StopDoc {
    /// `position`.
    pub position: Option<PositionDoc>,
}

record!('de, StopDoc { "position" => position });

/// `entity`: the organisation's contacts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EntityDoc {
    /// `phones`.
    pub phones: Vec<PhoneDoc>,
    /// `website`.
    pub website: Option<String>,
}

record!('de, EntityDoc { "phones" => phones, "website" => website });

/// One phone, without its label (it may be a first name).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PhoneDoc {
    /// `phoneNumber`.
    pub number: Option<String>,
    /// `countryCode`.
    pub country: Option<String>,
    /// `isSpecialPhoneNumber`: a short number.
    pub special: bool,
}

record!('de, PhoneDoc { "phoneNumber" => number, "countryCode" => country, "isSpecialPhoneNumber" => special });

/// One service of a place.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceDoc {
    /// `category`: the code of a leaf category.
    pub category: Option<String>,
    /// `close`.
    pub close: ClosureDoc,
    /// `differentHours`: when false, `hours` is a copy or stale.
    pub different_hours: bool,
    /// `differentModalities`: when false, `modalities` is a copy or stale.
    pub different_modalities: bool,
    /// `differentPublics`: when false, `publics` is a copy or stale.
    pub different_publics: bool,
    /// `hours`.
    pub hours: Option<Box<HoursDoc>>,
    /// `modalities`.
    pub modalities: Option<Box<ModalitiesDoc>>,
    /// `publics`.
    pub publics: Option<Box<PublicsDoc>>,
    /// `saturated`.
    pub saturated: SaturationDoc,
}

record!('de, ServiceDoc {
    "category" => category, "close" => close, "differentHours" => different_hours, "differentModalities" => different_modalities,
    "differentPublics" => different_publics, "hours" => hours, "modalities" => modalities, "publics" => publics,
    "saturated" => saturated,
});

impl PlaceDoc {
    /// Lets go of the hours, modalities and publics of services that have none of their own (`different…` is false): they are copies or stale,
    /// nothing reads them, and they are most of a place.
    pub fn without_copies(mut self) -> Self {
        for service in &mut self.services {
            service.hours.take_if(|_| !service.different_hours);
            service.modalities.take_if(|_| !service.different_modalities);
            service.publics.take_if(|_| !service.different_publics);
        }
        self
    }
}

/// A closure, without its text.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ClosureDoc {
    /// `actif`.
    pub active: bool,
    /// `dateDebut`.
    pub start: Moment,
    /// `dateFin`; absent means open ended.
    pub end: Moment,
}

record!('de, ClosureDoc { "actif" => active, "dateDebut" => start, "dateFin" => end });

/// `saturated`, without its text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SaturationDoc {
    /// `status`: `LOW`, `MODERATE`, `HIGH`.
    pub status: Option<String>,
}

record!('de, SaturationDoc { "status" => status });

/// `tempInfos`: only the closure, and of it only the dates.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TempInfosDoc {
    /// `closure`.
    pub closure: ClosureDoc,
}

record!('de, TempInfosDoc { "closure" => closure });

/// One of `sources`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceDoc {
    /// `name`.
    pub name: Option<String>,
    /// `license`.
    pub license: Option<String>,
    /// `isOrigin`: the fiche was created from this source.
    pub is_origin: bool,
}

record!('de, SourceDoc { "name" => name, "license" => license, "isOrigin" => is_origin });

/// `newhours` and `services_all[].hours`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HoursDoc {
    /// `monday`.
    pub monday: DayDoc,
    /// `tuesday`.
    pub tuesday: DayDoc,
    /// `wednesday`.
    pub wednesday: DayDoc,
    /// `thursday`.
    pub thursday: DayDoc,
    /// `friday`.
    pub friday: DayDoc,
    /// `saturday`.
    pub saturday: DayDoc,
    /// `sunday`.
    pub sunday: DayDoc,
}

record!('de, HoursDoc {
    "monday" => monday, "tuesday" => tuesday, "wednesday" => wednesday, "thursday" => thursday, "friday" => friday,
    "saturday" => saturday, "sunday" => sunday,
});

impl HoursDoc {
    /// The seven days from Monday.
    pub fn days(&self) -> [&DayDoc; 7] {
        [&self.monday, &self.tuesday, &self.wednesday, &self.thursday, &self.friday, &self.saturday, &self.sunday]
    }
}

/// One day of the week.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DayDoc {
    /// `open`.
    pub open: bool,
    /// `timeslot`.
    pub slots: Vec<SlotDoc>,
}

record!('de, DayDoc { "open" => open, "timeslot" => slots });

/// One slot of opening.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SlotDoc {
    /// `start` as HHMM: 930 is 9:30.
    pub start: Option<i64>,
    /// `end` as HHMM.
    pub end: Option<i64>,
}

record!('de, SlotDoc { "start" => start, "end" => end });

/// `modalities`, without any text.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ModalitiesDoc {
    /// `inconditionnel`.
    pub unconditional: Option<bool>,
    /// `appointment`.
    pub appointment: CheckDoc,
    /// `inscription`.
    pub inscription: CheckDoc,
    /// `orientation`: one comes on referral only.
    pub orientation: CheckDoc,
    /// `price`.
    pub price: CheckDoc,
    /// `animal`.
    pub animal: CheckDoc,
    /// `pmr`: wheelchairs.
    pub pmr: CheckDoc,
}

record!('de, ModalitiesDoc {
    "inconditionnel" => unconditional, "appointment" => appointment, "inscription" => inscription, "orientation" => orientation,
    "price" => price, "animal" => animal, "pmr" => pmr,
});

/// `{checked}`, without its precisions.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CheckDoc {
    /// `checked`.
    pub checked: Option<bool>,
}

record!('de, CheckDoc { "checked" => checked });

/// `publics`, without any text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PublicsDoc {
    /// `accueil`: 0 everyone, 1 everyone but adapted to, 2 exclusively.
    pub accueil: Option<i64>,
    /// `age`.
    pub age: AgeDoc,
    /// `administrative`.
    pub administrative: Vec<String>,
    /// `familialle` (the source's spelling).
    pub familialle: Vec<String>,
    /// `gender`.
    pub gender: Vec<String>,
    /// `other`.
    pub other: Vec<String>,
}

record!('de, PublicsDoc {
    "accueil" => accueil, "age" => age, "administrative" => administrative, "familialle" => familialle, "gender" => gender,
    "other" => other,
});

/// `publics.age`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct AgeDoc {
    /// `min`, in years.
    pub min: Option<i64>,
    /// `max`, in years.
    pub max: Option<i64>,
}

record!('de, AgeDoc { "min" => min, "max" => max });

/// Reads a document and takes no notice of the fields it skips; [`super::DocumentSeed`] names them.
impl<'de> Deserialize<'de> for PlaceDoc {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::read(from, Trail::ROOT, &mut ())
    }
}
