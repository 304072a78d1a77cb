//! The code lists of the repository, read once.
#![allow(dead_code)]

use solidata_anonymise::place::{PlaceContext, PlaceLists, PlaceTables};
use solidata_anonymise::{Categories, HashKey, KeyRing, Localities};
use solidata_territory::{Geography, reference_tables};
use std::sync::LazyLock;

macro_rules! list {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../datasets/reference/", $name))
    };
}

pub struct World {
    pub geography: Geography,
    pub localities: Localities,
    pub categories: Categories,
    pub lists: PlaceLists,
    pub keys: KeyRing,
}

pub static WORLD: LazyLock<World> = LazyLock::new(|| {
    let geography = Geography::from_csv(&reference_tables!("/../../datasets/reference")).unwrap();
    World {
        localities: Localities::of(&geography).unwrap(),
        geography,
        categories: Categories::from_csv(list!("categories.csv"), list!("categories_anciennes.csv")).unwrap(),
        lists: PlaceLists::from_csv(&PlaceTables {
            publics: list!("publics.csv"),
            langues: list!("langues.csv"),
            licences: list!("licences.csv"),
            sources: list!("sources.csv"),
        })
        .unwrap(),
        keys: KeyRing::new(HashKey([7; 16]), KeyRing::YEARS.map(|year| (year, HashKey([year as u8; 16]))).collect()),
    }
});

impl World {
    pub fn context(&self) -> PlaceContext<'_> {
        PlaceContext {
            geography: &self.geography,
            localities: &self.localities,
            categories: &self.categories,
            lists: &self.lists,
            date_photo: None,
        }
    }
}
