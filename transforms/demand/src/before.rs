//! What earlier releases gave of the periods that a release stands on.

use crate::{DemandError, GROSS, Lists, NET};
use std::collections::{BTreeMap, HashMap};

/// What readers got to see of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Its value.
    Value(u64),
    /// The marker.
    Withheld,
}

/// A published row of one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given<'a> {
    /// `territoire_id`.
    pub territory: &'a str,
    /// `categorie_code`.
    pub category: &'a str,
    /// `resultat`.
    pub outcome: &'a str,
    /// Net searches.
    pub net: Shown,
    /// Gross searches, where they are given at all.
    pub gross: Option<Shown>,
}

/// Nodes of territory, category and measure.
pub(crate) type Nodes = [u32; 3];

/// Everything that earlier releases gave of some periods. What has no row is zero, and public.
#[derive(Debug, Clone, Default)]
pub struct Before {
    periods: BTreeMap<String, HashMap<Nodes, Shown>>,
}

impl Before {
    /// Adds a row of a period. A value once given stays known, whatever a later release withholds.
    ///
    /// # Errors
    /// [`DemandError::Before`] when a count was given two values, or under a name that the code lists do not have.
    pub fn add(&mut self, lists: &Lists, period: &str, given: &Given<'_>) -> Result<(), DemandError> {
        let wrong = || DemandError::Before { period: period.to_owned() };
        let find = |dimension: &solidata_disclosure::Dimension, name| dimension.find(name).map_err(|_| wrong());
        let (territory, category) = (find(&lists.territories, given.territory)?, find(&lists.categories, given.category)?);
        if !self.periods.contains_key(period) {
            self.periods.insert(period.to_owned(), HashMap::new());
        }
        let Some(cells) = self.periods.get_mut(period) else { return Ok(()) };
        let gross = given.gross.filter(|_| given.outcome == NET).map(|shown| (GROSS, shown));
        for (measure, shown) in std::iter::once((given.outcome, given.net)).chain(gross) {
            let known = cells.entry([territory, category, find(&lists.measures, measure)?]).or_insert(shown);
            match (*known, shown) {
                (Shown::Value(a), Shown::Value(b)) if a != b => return Err(wrong()),
                (Shown::Withheld, shown) => *known = shown,
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether anything was given of a period.
    pub fn has(&self, period: &str) -> bool {
        self.periods.contains_key(period)
    }

    /// What was given of a period.
    pub(crate) fn of(&self, period: &str) -> Option<&HashMap<Nodes, Shown>> {
        self.periods.get(period)
    }
}
