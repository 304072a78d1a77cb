//! Everything that is fixed before the first document is made: territories, people, words, planted secrets. Built once from the seed and
//! the code lists, then only read, by any number of threads.

mod centroids;
mod lands;
mod people;
mod secrets;
mod words;

pub(crate) use lands::{Land, Lands, Town, label};
pub(crate) use people::{Account, AccountKey, Crowd, Widget};
pub(crate) use secrets::{Secret, Secrets, token};
pub(crate) use words::{RARE_CATEGORIES, Words};

use crate::SynthError;
use crate::reference::Reference;
use crate::spec::SynthSpec;
use crate::volumes::Volumes;

/// What generators draw from.
pub(crate) struct World {
    pub seed: u64,
    pub volumes: Volumes,
    pub lands: Lands,
    pub crowd: Crowd,
    pub words: Words,
    /// Secrets of the search documents; places add their own.
    pub secrets: Secrets,
}

impl World {
    pub(crate) fn build(spec: &SynthSpec, reference: &Reference) -> Result<Self, SynthError> {
        let first = crate::calendar::day_number(spec.from);
        let last = crate::calendar::day_number(spec.to);
        let volumes = Volumes::new(reference, spec.scale, first, last);
        let mut secrets = Secrets::default();
        let lands = Lands::build(spec, reference, &mut secrets)?;
        let crowd = Crowd::build(spec.seed, &lands, &mut secrets);
        let words = Words::build(spec.seed, reference, &mut secrets);
        Ok(Self { seed: spec.seed, volumes, lands, crowd, words, secrets })
    }
}
