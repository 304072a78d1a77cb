//! Tests against the committed lists.
use std::sync::OnceLock;

use crate::{Clues, Geography, PlaceClues};

mod lists;
mod places;
mod properties;
mod sample;
mod searches;

/// The geography of the repository, built once.
pub(crate) fn france() -> &'static Geography {
    static FRANCE: OnceLock<Geography> = OnceLock::new();
    FRANCE.get_or_init(|| Geography::from_csv(&crate::reference_tables!("/../../datasets/reference")).unwrap())
}

/// The identifier that a search resolves to.
pub(crate) fn search(clues: Clues<'_>) -> String {
    france().territory(france().resolve_search(&clues)).to_string()
}

/// The identifier that a place resolves to.
pub(crate) fn place(clues: PlaceClues<'_>) -> String {
    france().territory(france().resolve_place(&clues)).to_string()
}
