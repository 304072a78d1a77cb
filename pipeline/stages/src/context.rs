//! The code lists that every stage needs, loaded once.

use crate::{Project, StageError};
use solidata_anonymise::{
    Categories, Localities,
    place::{PlaceLists, PlaceTables},
};
use solidata_territory::{Geography, ReferenceTables};
use std::sync::Arc;

/// Code lists in the forms that the stages look things up in.
pub struct Lists {
    /// Territories.
    pub geography: Arc<Geography>,
    /// Categories.
    pub categories: Categories,
    /// Département and clock of each territory.
    pub localities: Localities,
    /// Publics, languages, licences and sources.
    pub places: PlaceLists,
    /// Territories, categories and measures as dimensions of demand.
    pub demand: solidata_demand::Lists,
    /// One digest over all of them.
    pub digest: String,
}

impl Lists {
    /// Loads the lists of a project.
    ///
    /// # Errors
    /// When one is missing or wrong.
    pub fn load(project: &Project) -> Result<Self, StageError> {
        let tables = ReferenceTables {
            communes: project.reference("communes.csv")?,
            arrondissements_municipaux: project.reference("arrondissements_municipaux.csv")?,
            communes_anciennes: project.reference("communes_anciennes.csv")?,
            codes_postaux: project.reference("codes_postaux.csv")?,
            epci: project.reference("epci.csv")?,
            departements: project.reference("departements.csv")?,
            regions: project.reference("regions.csv")?,
            variantes_territoires: project.reference("variantes_territoires.csv")?,
            pays: project.reference("pays.csv")?,
        };
        let wrong = |e: &dyn std::fmt::Display| StageError::project("datasets/reference", &e.to_string());
        let geography = Geography::from_csv(&tables).map_err(|e| wrong(&e))?;
        let categories = Categories::from_csv(project.reference("categories.csv")?, project.reference("categories_anciennes.csv")?)
            .map_err(|e| wrong(&e))?;
        let parts = geography.parts().map(|(_, t)| (t.departement.as_ref().map(|c| c.as_str()), t.time_zone));
        let localities = Localities::new(parts).map_err(|e| wrong(&e))?;
        let places = PlaceLists::from_csv(&PlaceTables {
            publics: project.reference("publics.csv")?,
            langues: project.reference("langues.csv")?,
            licences: project.reference("licences.csv")?,
            sources: project.reference("sources.csv")?,
        })
        .map_err(|e| wrong(&e))?;
        let tables = solidata_demand::ListTables {
            categories: project.reference("categories.csv")?,
            links: project.reference("categories_liens.csv")?,
            sensitive: project.reference("categories_sensibles.csv")?,
        };
        let demand = solidata_demand::Lists::new(&geography, tables)?;
        Ok(Self {
            demand,
            places,
            categories,
            localities,
            digest: project.digest_under("datasets/reference/")?,
            geography: Arc::new(geography),
        })
    }
}
