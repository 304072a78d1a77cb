//! What may be given, as `[protection]` of `dataset.toml` says it.

use serde::{Deserialize, Serialize};
use solidata_disclosure::{Intervals, PrimaryRules};

/// The rules of protection of a dataset. All of them are public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The fewest contributors of a published cell.
    pub k: u64,
    /// The largest contributor may have at most this share of the searches, in percent.
    pub dominance_percent: u64,
    /// The fewest organisations of a cell to which only identified professionals contribute.
    pub organisations: u32,
    /// How many anonymous searches are taken to be one person.
    pub per_person: u64,
    /// The same in sensitive categories.
    pub per_person_sensitive: u64,
    /// Communes with fewer inhabitants are not given in sensitive categories.
    pub population: u64,
    /// Whether what a published total minus its published parts leaves must itself have `k` contributors.
    pub pool: bool,
    /// By how much two tables that agree with everything published must differ in each primary cell; 0 looks at linear algebra only.
    pub width: u64,
    /// The share of primary cells, in percent, that one such table must let reach `k`.
    pub reach_percent: u64,
}

impl Rules {
    /// The primary rules.
    pub fn primary(&self) -> PrimaryRules {
        PrimaryRules {
            k: self.k,
            dominance_percent: self.dominance_percent,
            organisations: self.organisations,
            per_person: self.per_person,
            per_person_sensitive: self.per_person_sensitive,
            population: self.population,
        }
    }

    /// The intervals that primary cells must keep.
    pub fn intervals(&self) -> Option<Intervals> {
        (self.width > 0).then(|| Intervals { width: self.width, reach: self.k, ..Intervals::default() })
    }
}
