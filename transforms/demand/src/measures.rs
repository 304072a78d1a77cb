//! Outcomes and measures as one dimension, since they determine each other: net searches are those of every outcome, gross ones are the net ones
//! and what the net rule removes.

use crate::DemandError;
use solidata_disclosure::{Dimension, DimensionBuilder};

/// Outcomes of a search (`resultat`): inner parts of the net searches.
pub const OUTCOMES: [&str; 3] = ["inconnu", "rien", "trouve"];
/// All net searches, whatever their outcome.
pub const NET: &str = "tous";
/// What the net rule removes. Never published.
pub const REMOVED: &str = "retirees";
/// Gross searches.
pub const GROSS: &str = "brutes";

/// The dimension `mesure`, with the levels `resultat`, `nette`, `retirees` and `brute`.
///
/// # Errors
/// Never with these names.
pub fn measures() -> Result<Dimension, DemandError> {
    let outcomes = OUTCOMES.iter().fold(DimensionBuilder::new("mesure"), |b, o| b.node("resultat", *o));
    let all = outcomes.node("nette", NET).sum(NET, OUTCOMES).node("retirees", REMOVED).node("brute", GROSS).sum(GROSS, [NET, REMOVED]);
    Ok(all.build()?)
}
