//! The rules of `[protection]` in `dataset.toml`, as disclosure control takes them.

use solidata_disclosure::{Intervals, PrimaryRules};
use solidata_model::Protection;

/// The primary rules.
pub(crate) fn primary(rules: &Protection) -> PrimaryRules {
    PrimaryRules {
        k: rules.k,
        dominance_percent: rules.dominance_percent,
        organisations: rules.organisations,
        per_person: rules.per_person,
        per_person_sensitive: rules.per_person_sensitive,
        population: rules.population,
    }
}

/// The intervals that primary cells must keep.
pub(crate) fn intervals(rules: &Protection) -> Option<Intervals> {
    (rules.width > 0).then_some(Intervals { width: rules.width, reach: rules.k, percent: rules.reach_percent })
}
