//! Counts of events at each step, for the run report in the vault. Never published: it is as fine as the protected problem.

use super::{Decision, Fate, Step};
use crate::localities::{DepartementIndex, Localities};
use solidata_model::Month;
use std::collections::BTreeMap;

/// Counts by département and month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waterfall(BTreeMap<(DepartementIndex, Month), Counts>);

type Counts = [u64; Step::ALL.len() + 1];
const NET: usize = Step::ALL.len();

/// One row: what came in, what each step removed, what is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaterfallRow {
    /// Code of the département; empty when unknown.
    pub departement: String,
    /// Local month.
    pub month: Month,
    /// Valid documents.
    pub valid: u64,
    /// Those that are no administrator's.
    pub gross: u64,
    /// Removed by each step, in the order of [`Step::ALL`].
    pub removed: Vec<(Step, u64)>,
    /// What is left.
    pub net: u64,
}

impl Waterfall {
    /// Counts one decision.
    pub fn add(&mut self, decision: &Decision, places: &Localities) {
        let counts = self.0.entry((places.departement(decision.event.territory), decision.month)).or_default();
        counts[match decision.fate {
            Fate::Net => NET,
            Fate::Dropped(step) => step as usize,
        }] += 1;
    }

    /// Adds the counts of another one.
    pub fn merge(&mut self, other: &Waterfall) {
        for (key, counts) in &other.0 {
            for (mine, theirs) in self.0.entry(*key).or_default().iter_mut().zip(counts) {
                *mine += theirs;
            }
        }
    }

    /// The rows by département, then month; the unknown département first.
    pub fn rows<'a>(&'a self, places: &'a Localities) -> impl Iterator<Item = WaterfallRow> + 'a {
        self.0.iter().map(|((departement, month), counts)| {
            let valid = counts.iter().sum();
            WaterfallRow {
                departement: places.departement_code(*departement).to_owned(),
                month: *month,
                valid,
                gross: valid - counts[Step::AdminSearch as usize] - counts[Step::AdminStatus as usize],
                removed: Step::ALL.into_iter().map(|step| (step, counts[step as usize])).collect(),
                net: counts[NET],
            }
        })
    }
}
