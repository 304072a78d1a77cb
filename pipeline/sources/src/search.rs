//! The fast reading of a `search` document, from JSON or BSON.

use crate::cursor::{Cursor, Fault, level};
use crate::unknown::Unknown;
use solidata_anonymise::contract::{ModalitiesFilter, PublicsFilter, SearchAreas, SearchDoc, SearchLocation, SearchUser};

level!(Root, "", wanted {
    Id = "_id", CreatedAt = "createdAt", AdminSearch = "adminSearch", Category = "category", Categories = "categories", Word = "word",
    Languages = "languages", OpenToday = "openToday", NbResults = "nbResults", PlaceType = "placeType", Options = "options",
    Publics = "publics", Modalities = "modalities", Location = "location", UserData = "userData", User = "user",
}, named { Version = "__v", SearchType = "searchType", Slug = "slug", SuggestionType = "suggestionType", UpdatedAt = "updatedAt" });

level!(Options, "options", wanted { Page = "page" }, named { Fields = "fields", Limit = "limit", SortBy = "sortBy", SortValue = "sortValue" });

level!(Publics, "publics", wanted {
    Accueil = "accueil", Age = "age", Administrative = "administrative", Familialle = "familialle", Gender = "gender", Other = "other",
}, named { Description = "description", ShowAge = "showAge", UkrainePrecisions = "ukrainePrecisions" });

level!(Modalities, "modalities", wanted {
    Animal = "animal", Appointment = "appointment", Inconditionnel = "inconditionnel", Inscription = "inscription",
    Orientation = "orientation", Pmr = "pmr", Price = "price",
}, named { Docs = "docs", OtherText = "other" });

level!(Location, "location", wanted {
    GeoType = "geoType", GeoValue = "geoValue", Country = "country", Region = "region", Department = "department", City = "city",
    PostalCode = "postalCode", Areas = "areas",
}, named { OwnId = "_id", Coordinates = "coordinates", Distance = "distance", Label = "label" });

level!(Areas, "location.areas", wanted {
    Pays = "pays", Region = "region", RegionCode = "regionCode", Department = "department", Departement = "departement",
    DepartmentCode = "departmentCode", DepartementCode = "departementCode", City = "city", Ville = "ville", CityCode = "cityCode",
    PostalCode = "postalCode", CodePostal = "codePostal",
}, named { OwnId = "_id", Country = "country", Slugs = "slugs" });

level!(User, "userData", wanted {
    Status = "status", Origin = "origin", Language = "language", UserId = "user_id", UserObjectId = "userObjectId", Email = "email",
    OrgaId = "orgaId", OrgaName = "orgaName", Referrer = "referrer",
}, named { OwnId = "_id", Role = "role", Territory = "territory", UserName = "userName" });

/// Reads the document at the cursor. `doc` must be as [`clear`] leaves it; after an error its content means nothing.
pub(crate) fn read<'a, C: Cursor<'a>>(c: &mut C, doc: &mut SearchDoc<'a>, unknown: &mut Unknown<'_>) -> Result<(), Fault> {
    if !c.enter("")? {
        return Err(Fault::WrongType(""));
    }
    while let Some(key) = c.key::<Root>(unknown)? {
        match key {
            Root::Id => doc.id = c.id()?,
            Root::CreatedAt => doc.created_at = c.moment()?,
            Root::AdminSearch => doc.admin_search = c.flag("adminSearch")?.unwrap_or(false),
            Root::Category => doc.category = c.text("category")?,
            Root::Categories => c.texts(&mut doc.categories, "categories")?,
            Root::Word => doc.word = c.text("word")?,
            Root::Languages => doc.languages = c.first_text("languages")?,
            Root::OpenToday => doc.open_today = c.flag("openToday")?,
            Root::NbResults => doc.nb_results = c.whole("nbResults")?,
            Root::PlaceType => doc.place_type = c.text("placeType")?,
            Root::Options => {
                doc.page = None;
                if c.enter("options")? {
                    while let Some(Options::Page) = c.key::<Options>(unknown)? {
                        doc.page = c.whole("options.page")?;
                    }
                }
            }
            Root::Publics => publics(c, &mut doc.publics, unknown)?,
            Root::Modalities => modalities(c, &mut doc.modalities, unknown)?,
            Root::Location => location(c, &mut doc.location, unknown)?,
            Root::UserData => user(c, &mut doc.user, unknown)?,
            Root::User => doc.user.legacy_user = c.id_text("user")?,
        }
    }
    Ok(())
}

/// Makes `doc` as good as new; the room of its lists is kept.
pub(crate) fn clear(doc: &mut SearchDoc<'_>) {
    let mut categories = std::mem::take(&mut doc.categories);
    categories.clear();
    *doc = SearchDoc { categories, ..SearchDoc::default() };
}

fn publics<'a, C: Cursor<'a>>(c: &mut C, publics: &mut PublicsFilter<'a>, unknown: &mut Unknown<'_>) -> Result<(), Fault> {
    *publics = PublicsFilter::default();
    if !c.enter("publics")? {
        return Ok(());
    }
    while let Some(key) = c.key::<Publics>(unknown)? {
        match key {
            Publics::Accueil => publics.accueil = c.whole("publics.accueil")?,
            Publics::Age => publics.age = c.whole("publics.age")?,
            Publics::Administrative => c.texts(&mut publics.administrative, "publics.administrative")?,
            Publics::Familialle => c.texts(&mut publics.familialle, "publics.familialle")?,
            Publics::Gender => c.texts(&mut publics.gender, "publics.gender")?,
            Publics::Other => c.texts(&mut publics.other, "publics.other")?,
        }
    }
    Ok(())
}

fn modalities<'a, C: Cursor<'a>>(c: &mut C, modalities: &mut ModalitiesFilter, unknown: &mut Unknown<'_>) -> Result<(), Fault> {
    *modalities = ModalitiesFilter::default();
    if !c.enter("modalities")? {
        return Ok(());
    }
    while let Some(key) = c.key::<Modalities>(unknown)? {
        match key {
            Modalities::Animal => modalities.animal = c.flag("modalities.animal")?,
            Modalities::Appointment => modalities.appointment = c.flag("modalities.appointment")?,
            Modalities::Inconditionnel => modalities.inconditionnel = c.flag("modalities.inconditionnel")?,
            Modalities::Inscription => modalities.inscription = c.flag("modalities.inscription")?,
            Modalities::Orientation => modalities.orientation = c.flag("modalities.orientation")?,
            Modalities::Pmr => modalities.pmr = c.flag("modalities.pmr")?,
            Modalities::Price => modalities.price = c.flag("modalities.price")?,
        }
    }
    Ok(())
}

fn location<'a, C: Cursor<'a>>(c: &mut C, location: &mut SearchLocation<'a>, unknown: &mut Unknown<'_>) -> Result<(), Fault> {
    *location = SearchLocation::default();
    if !c.enter("location")? {
        return Ok(());
    }
    while let Some(key) = c.key::<Location>(unknown)? {
        match key {
            Location::GeoType => location.geo_type = c.text("location.geoType")?,
            Location::GeoValue => location.geo_value = c.text("location.geoValue")?,
            Location::Country => location.country = c.text("location.country")?,
            Location::Region => location.region = c.text("location.region")?,
            Location::Department => location.department = c.text("location.department")?,
            Location::City => location.city = c.text("location.city")?,
            Location::PostalCode => location.postal_code = c.text("location.postalCode")?,
            Location::Areas => {
                location.areas = None;
                if c.enter("location.areas")? {
                    areas(c, location.areas.insert(SearchAreas::default()), unknown)?;
                }
            }
        }
    }
    Ok(())
}

fn areas<'a, C: Cursor<'a>>(c: &mut C, areas: &mut SearchAreas<'a>, unknown: &mut Unknown<'_>) -> Result<(), Fault> {
    while let Some(key) = c.key::<Areas>(unknown)? {
        match key {
            Areas::Pays => areas.pays = c.text("location.areas.pays")?,
            Areas::Region => areas.region = c.text("location.areas.region")?,
            Areas::RegionCode => areas.region_code = c.text("location.areas.regionCode")?,
            Areas::Department => areas.department = c.text("location.areas.department")?,
            Areas::Departement => areas.departement = c.text("location.areas.departement")?,
            Areas::DepartmentCode => areas.department_code = c.text("location.areas.departmentCode")?,
            Areas::DepartementCode => areas.departement_code = c.text("location.areas.departementCode")?,
            Areas::City => areas.city = c.text("location.areas.city")?,
            Areas::Ville => areas.ville = c.text("location.areas.ville")?,
            Areas::CityCode => areas.city_code = c.text("location.areas.cityCode")?,
            Areas::PostalCode => areas.postal_code = c.text("location.areas.postalCode")?,
            Areas::CodePostal => areas.code_postal = c.text("location.areas.codePostal")?,
        }
    }
    Ok(())
}

fn user<'a, C: Cursor<'a>>(c: &mut C, user: &mut SearchUser<'a>, unknown: &mut Unknown<'_>) -> Result<(), Fault> {
    *user = SearchUser { legacy_user: user.legacy_user.take(), ..SearchUser::default() };
    if !c.enter("userData")? {
        return Ok(());
    }
    while let Some(key) = c.key::<User>(unknown)? {
        match key {
            User::Status => user.status = c.text("userData.status")?,
            User::Origin => user.origin = c.text("userData.origin")?,
            User::Language => user.language = c.text("userData.language")?,
            User::UserId => user.user_id = c.id_text("userData.user_id")?,
            User::UserObjectId => user.user_object_id = c.id_text("userData.userObjectId")?,
            User::Email => user.email = c.text("userData.email")?,
            User::OrgaId => user.orga_id = c.id_text("userData.orgaId")?,
            User::OrgaName => user.orga_name = c.text("userData.orgaName")?,
            User::Referrer => user.has_referrer = c.has_text("userData.referrer")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::{Known, Level, word_of};
    use solidata_anonymise::contract::wanted_of_search;
    use solidata_anonymise::policy::Policy;

    /// The keys of an object that a level wants, or does not want but knows, among all that the policy or the contract names.
    fn wanted<L: Level>(out: &mut Vec<String>, objects: &[&str]) {
        let policy = Policy::search().unwrap();
        let mut leaves: Vec<String> = policy.leaves().map(|(path, _)| path.to_owned()).collect();
        leaves.push("location.areas.slugs".to_owned());
        for path in leaves {
            let Some(key) = path.strip_prefix(L::PATH).map(|rest| rest.strip_prefix('.').unwrap_or(rest)) else { continue };
            let key = key.split('.').next().unwrap();
            match L::find(key.as_bytes(), word_of(key.as_bytes())) {
                Known::Wanted(_) if objects.contains(&key) => {}
                Known::Wanted(_) => out.push(if L::PATH.is_empty() { key.to_owned() } else { format!("{}.{key}", L::PATH) }),
                Known::Named => assert!(policy.action(&path) == Some(solidata_anonymise::policy::Action::Drop), "{path}"),
                Known::Not => assert!(!policy.knows(&path), "{path} is not known to the reader"),
            }
        }
    }

    #[test]
    fn what_is_read_is_what_the_contract_wants() {
        let mut read = Vec::new();
        wanted::<Root>(&mut read, &["options", "publics", "modalities", "location", "userData"]);
        wanted::<Options>(&mut read, &[]);
        wanted::<Publics>(&mut read, &[]);
        wanted::<Modalities>(&mut read, &[]);
        wanted::<Location>(&mut read, &["areas"]);
        wanted::<Areas>(&mut read, &[]);
        wanted::<User>(&mut read, &[]);
        read.sort();
        read.dedup();
        assert_eq!(read, wanted_of_search());
    }
}
