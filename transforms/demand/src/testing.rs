//! The real code lists, for tests.

use crate::{ListTables, Lists};
use solidata_model::Protection;
use solidata_territory::{Geography, ReferenceTables};

macro_rules! list {
    ($file:literal) => {
        include_bytes!(concat!("../../../datasets/reference/", $file))
    };
}

pub(crate) fn geography() -> Geography {
    let tables = ReferenceTables {
        communes: list!("communes.csv"),
        arrondissements_municipaux: list!("arrondissements_municipaux.csv"),
        communes_anciennes: list!("communes_anciennes.csv"),
        codes_postaux: list!("codes_postaux.csv"),
        epci: list!("epci.csv"),
        departements: list!("departements.csv"),
        regions: list!("regions.csv"),
        variantes_territoires: list!("variantes_territoires.csv"),
        pays: list!("pays.csv"),
    };
    Geography::from_csv(&tables).unwrap()
}

pub(crate) fn lists() -> Lists {
    let tables = ListTables {
        categories: list!("categories.csv"),
        links: list!("categories_liens.csv"),
        sensitive: list!("categories_sensibles.csv"),
    };
    Lists::new(&geography(), tables).unwrap()
}

/// The rules of the project, against linear algebra only.
pub(crate) fn rules() -> Protection {
    Protection {
        k: 11,
        dominance_percent: 85,
        organisations: 3,
        per_person: 2,
        per_person_sensitive: 3,
        population: 5_000,
        pool: true,
        width: 0,
        reach_percent: 99,
    }
}
