//! The plain reading of a `search` document through serde: the reference against which a faster scanner is tested.

use super::field::{FirstText, IdText, Trail, breach};
use super::record::record;
use super::{Field, FieldSink, ModalitiesFilter, PublicsFilter, SearchAreas, SearchDoc, SearchLocation, SearchUser, Text};
use serde::de::{Deserialize, Deserializer};

/// The objects as the source nests them; [`SearchDoc`] is flatter.
#[derive(Default)]
struct Raw<'a> {
    doc: SearchDoc<'a>,
    languages: FirstText<'a>,
    user: RawUser<'a>,
    legacy_user: IdText<'a>,
    options: RawOptions,
}

record!('de, Raw<'de> {
    "_id" => doc.id, "createdAt" => doc.created_at, "adminSearch" => doc.admin_search, "category" => doc.category,
    "categories" => doc.categories, "word" => doc.word, "languages" => languages, "openToday" => doc.open_today,
    "nbResults" => doc.nb_results, "placeType" => doc.place_type, "options" => options, "publics" => doc.publics,
    "modalities" => doc.modalities, "location" => doc.location, "userData" => user, "user" => legacy_user,
});

#[derive(Default)]
struct RawOptions {
    page: Option<i64>,
}

record!('de, RawOptions { "page" => page });

#[derive(Default)]
struct RawUser<'a> {
    user: SearchUser<'a>,
    user_id: IdText<'a>,
    user_object_id: IdText<'a>,
    orga_id: IdText<'a>,
    referrer: NonEmpty,
}

record!('de, RawUser<'de> {
    "status" => user.status, "origin" => user.origin, "language" => user.language, "user_id" => user_id,
    "userObjectId" => user_object_id, "email" => user.email, "orgaId" => orga_id, "orgaName" => user.orga_name,
    "referrer" => referrer,
});

record!('de, PublicsFilter<'de> {
    "accueil" => accueil, "age" => age, "administrative" => administrative, "familialle" => familialle, "gender" => gender,
    "other" => other,
});

record!('de, ModalitiesFilter {
    "animal" => animal, "appointment" => appointment, "inconditionnel" => inconditionnel, "inscription" => inscription,
    "orientation" => orientation, "pmr" => pmr, "price" => price,
});

record!('de, SearchLocation<'de> {
    "geoType" => geo_type, "geoValue" => geo_value, "country" => country, "region" => region, "department" => department,
    "city" => city, "postalCode" => postal_code, "areas" => areas,
});

record!('de, SearchAreas<'de> {
    "pays" => pays, "region" => region, "regionCode" => region_code, "department" => department, "departement" => departement,
    "departmentCode" => department_code, "departementCode" => departement_code, "city" => city, "ville" => ville,
    "cityCode" => city_code, "postalCode" => postal_code, "codePostal" => code_postal,
});

/// Whether a text is there; it is not kept.
#[derive(Default)]
struct NonEmpty(bool);

impl<'de> Field<'de> for NonEmpty {
    fn read<D: Deserializer<'de>>(from: D, at: Trail<'_>, sink: &mut dyn FieldSink) -> Result<Self, D::Error> {
        Ok(NonEmpty(<Option<Text<'de>>>::read(from, at, sink)?.is_some()))
    }
}

impl<'de> Field<'de> for SearchDoc<'de> {
    const IS_RECORD: bool = true;

    fn read<D: Deserializer<'de>>(from: D, at: Trail<'_>, sink: &mut dyn FieldSink) -> Result<Self, D::Error> {
        let raw: Raw<'de> = super::record::read_object(from, at, sink)?.ok_or_else(|| breach(at, "an object is wanted"))?;
        let user = SearchUser {
            user_id: raw.user.user_id.0,
            user_object_id: raw.user.user_object_id.0,
            legacy_user: raw.legacy_user.0,
            orga_id: raw.user.orga_id.0,
            has_referrer: raw.user.referrer.0,
            ..raw.user.user
        };
        Ok(SearchDoc { languages: raw.languages.0, page: raw.options.page, user, ..raw.doc })
    }

    fn wanted(path: &str, out: &mut Vec<String>) {
        Raw::wanted(path, out);
    }
}

/// Reads a document and takes no notice of the fields it skips; [`super::DocumentSeed`] names them.
impl<'de> Deserialize<'de> for SearchDoc<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::read(from, Trail::ROOT, &mut ())
    }
}
