//! What the operator may know of a protection. It never leaves the vault.

use crate::joint::Who;
use serde::{Deserialize, Serialize};
use solidata_disclosure::{Contributor, Outcome, Pattern, PrimaryReason};
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
    /// How much is given, by kind of period and level of territories and categories, all outcomes together.
    pub loss: Vec<Loss>,
    /// Net searches of unknown places and of places abroad, which are in no table.
    pub elsewhere: u64,
}

/// How many searches identified accounts make, beside the number of anonymous ones that are taken to be one person. Of the accounts of an organisation
/// only their sum is known, and an organisation is many persons: organisations are apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerPerson {
    /// How many anonymous searches are taken to be one person.
    pub assumed: u64,
    /// The same, in sensitive categories.
    pub assumed_sensitive: u64,
    /// Net searches of one account, all together.
    pub account: Spread,
    /// Net searches of one account in one inner cell.
    pub cell: Spread,
    /// The same, in sensitive categories.
    pub cell_sensitive: Spread,
    /// Net searches of one organisation in one inner cell.
    pub organisation_cell: Spread,
}

/// How a number is spread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    /// Of how many it is known.
    pub of: usize,
    /// The median.
    pub median: u64,
    /// Nine of ten have at most this many.
    pub ninth_decile: u64,
    /// The mean, in hundredths.
    pub mean_hundredths: u64,
}

/// How much of the demand is given at one level of territories and categories. True sums: private.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// Kind of period.
    pub period: String,
    /// Level of the territories.
    pub territory: String,
    /// Level of the categories.
    pub category: String,
    /// Cells that are not zero.
    pub cells: u64,
    /// Those of them that are published.
    pub published: u64,
    /// Net searches in all of them.
    pub searches: u64,
    /// Net searches in those that are published.
    pub searches_published: u64,
}

impl Loss {
    pub(crate) fn at(period: &str, territory: &str, category: &str) -> Self {
        let [period, territory, category] = [period, territory, category].map(str::to_owned);
        Self { period, territory, category, cells: 0, published: 0, searches: 0, searches_published: 0 }
    }

    pub(crate) fn add(&mut self, searches: u64, published: bool) {
        self.cells += 1;
        self.searches += searches;
        if published {
            self.published += 1;
            self.searches_published += searches;
        }
    }
}

impl Report {
    pub(crate) fn new(
        rules: &Protection,
        pattern: &Pattern,
        reasons: &[Option<PrimaryReason>],
        per_person: PerPerson,
        loss: Vec<Loss>,
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
            loss,
            elsewhere,
        }
    }
}

/// A count of an inner cell by one contributor.
type Count = ([u32; 4], u64, Option<Who>);

/// What identified accounts do. `sensitive` says it of an inner cell.
pub(crate) fn per_person<'c>(
    counts: impl Iterator<Item = &'c Count>,
    rules: &Protection,
    sensitive: impl Fn(&[u32; 4]) -> bool,
) -> PerPerson {
    let mut cells: BTreeMap<(Who, [u32; 4]), u64> = BTreeMap::new();
    let mut accounts: BTreeMap<Who, u64> = BTreeMap::new();
    let mut organisations: BTreeMap<(Who, [u32; 4]), u64> = BTreeMap::new();
    for (at, n, who) in counts.filter_map(|(at, n, who)| Some((at, n, (*who)?))) {
        if who.kind == Contributor::Organisation {
            *organisations.entry((who, *at)).or_default() += n;
        } else {
            *cells.entry((who, *at)).or_default() += n;
            *accounts.entry(who).or_default() += n;
        }
    }
    let of_sensitive = cells.iter().filter(|((_, at), _)| sensitive(at)).map(|(_, n)| *n).collect();
    PerPerson {
        assumed: rules.per_person,
        assumed_sensitive: rules.per_person_sensitive,
        account: Spread::of(accounts.into_values().collect()),
        cell_sensitive: Spread::of(of_sensitive),
        cell: Spread::of(cells.into_values().collect()),
        organisation_cell: Spread::of(organisations.into_values().collect()),
    }
}

impl Spread {
    fn of(mut numbers: Vec<u64>) -> Self {
        numbers.sort_unstable();
        let at = |tenths: usize| numbers.get((numbers.len() * tenths).div_ceil(10).saturating_sub(1)).copied().unwrap_or(0);
        let mean = (numbers.iter().sum::<u64>() * 100).checked_div(numbers.len() as u64).unwrap_or(0);
        Self { of: numbers.len(), median: at(5), ninth_decile: at(9), mean_hundredths: mean }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn accounts_are_counted_and_organisations_are_not() {
        let who = |kind, hash| Some(Who { kind, hash });
        let (common, sensitive) = ([0, 1, 2, 3], [0, 1, 9, 3]);
        let counts = [
            (common, 40, who(Contributor::Organisation, 1)),
            (common, 90, None),
            (common, 1, who(Contributor::Person, 1)),
            (common, 2, who(Contributor::Person, 2)),
            (sensitive, 3, who(Contributor::Person, 2)),
            (common, 4, who(Contributor::Professional, 2)),
            (common, 3, who(Contributor::Professional, 2)),
        ];
        let found = per_person(counts.iter(), &testing::rules(), |at| at[2] == 9);
        assert_eq!((found.assumed, found.assumed_sensitive), (2, 3));
        assert_eq!(found.account, Spread { of: 3, median: 5, ninth_decile: 7, mean_hundredths: 433 });
        assert_eq!(found.cell, Spread { of: 4, median: 2, ninth_decile: 7, mean_hundredths: 325 });
        assert_eq!(found.cell_sensitive, Spread { of: 1, median: 3, ninth_decile: 3, mean_hundredths: 300 });
        assert_eq!(found.organisation_cell, Spread { of: 1, median: 40, ninth_decile: 40, mean_hundredths: 4000 });
        assert_eq!(per_person([].iter(), &testing::rules(), |_| true).account, Spread::default());
    }
}
