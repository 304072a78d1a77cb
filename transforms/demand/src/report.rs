//! What the operator may know of a protection. It never leaves the vault.

use crate::joint::Who;
use serde::{Deserialize, Serialize};
use solidata_disclosure::{Outcome, Pattern, PrimaryReason};
use solidata_model::Protection;
use std::collections::BTreeMap;

/// How a protection came out. Private: it tells primary cells from secondary ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The rules.
    pub rules: Protection,
    /// Cells by outcome.
    pub cells: BTreeMap<String, usize>,
    /// Primary cells by the first rule that withholds them.
    pub primary: BTreeMap<String, usize>,
    /// Primary cells without a table that lets them reach `k`, as far as the protector looked.
    pub short: usize,
    /// Rounds of repair.
    pub rounds: u32,
    /// Secondaries taken back, since they protected nothing.
    pub pruned: usize,
    /// The stated number of anonymous searches of a person beside what identified accounts do.
    pub per_person: PerPerson,
    /// Net searches of unknown places and of places abroad, which are in no table.
    pub elsewhere: u64,
}

/// Searches of one contributor in one inner cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerPerson {
    /// How many anonymous searches are taken to be one person.
    pub assumed: u64,
    /// Median over identified contributors and inner cells.
    pub median: u64,
    /// Nine of ten have at most this many.
    pub ninth_decile: u64,
    /// The mean, in hundredths.
    pub mean_hundredths: u64,
}

impl Report {
    pub(crate) fn new(
        rules: &Protection,
        pattern: &Pattern,
        reasons: &[Option<PrimaryReason>],
        per_person: PerPerson,
        elsewhere: u64,
    ) -> Self {
        let mut cells = BTreeMap::new();
        let mut primary = BTreeMap::new();
        for (outcome, reason) in pattern.outcomes().iter().zip(reasons) {
            *cells.entry(format!("{outcome:?}").to_lowercase()).or_default() += 1;
            if let (Outcome::Primary, Some(reason)) = (outcome, reason) {
                *primary.entry(reason.to_string()).or_default() += 1;
            }
        }
        Self {
            rules: *rules,
            cells,
            primary,
            short: pattern.short.len(),
            rounds: pattern.rounds,
            pruned: pattern.pruned,
            per_person,
            elsewhere,
        }
    }
}

/// A count of an inner cell by one contributor.
type Count = ([u32; 4], u64, Option<Who>);

/// What identified contributors do in one inner cell.
pub(crate) fn per_person<'c>(counts: impl Iterator<Item = &'c Count>, rules: &Protection) -> PerPerson {
    let mut of: BTreeMap<(Who, [u32; 4]), u64> = BTreeMap::new();
    for (at, n, who) in counts {
        if let Some(who) = who {
            *of.entry((*who, *at)).or_default() += n;
        }
    }
    let mut searches: Vec<u64> = of.into_values().collect();
    searches.sort_unstable();
    let at = |tenths: usize| searches.get((searches.len() * tenths / 10).min(searches.len().saturating_sub(1))).copied().unwrap_or(0);
    let mean = (searches.iter().sum::<u64>() * 100).checked_div(searches.len() as u64).unwrap_or(0);
    PerPerson { assumed: rules.per_person, median: at(5), ninth_decile: at(9), mean_hundredths: mean }
}
