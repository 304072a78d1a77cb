//! What a look at the portal, or an update of it, found and did.

use crate::{Cause, Change, Current, Settings, WantedResource, What};
use serde::Serialize;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

/// The longest value that is printed whole.
const SHOWN: usize = 60;

/// The outcome, for all datasets.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The portal.
    pub portal: String,
    /// The organisation.
    pub organization: String,
    /// The release that it should show.
    pub release: String,
    /// sha256 of its manifest.
    pub manifest_sha256: String,
    /// Whether nothing was to be written.
    pub dry_run: bool,
    /// Whether changes by hand were to be put right.
    pub mend: bool,
    /// Each dataset of the release.
    pub datasets: Vec<DatasetReport>,
    /// Datasets that were published there before and are not in the release.
    pub absent: Vec<String>,
}

/// The outcome, for one dataset.
#[derive(Debug, Clone, Serialize)]
pub struct DatasetReport {
    /// The Solidata dataset.
    pub dataset: String,
    /// Its id on the portal; none when it is not there.
    pub id: Option<String>,
    /// Its page.
    pub page: Option<String>,
    /// Ids of its resources, by what they hold.
    pub resources: BTreeMap<String, String>,
    /// What differed at first.
    pub changes: Vec<Change>,
    /// What was done, in order.
    pub done: Vec<String>,
    /// What differs now.
    pub left: Vec<Change>,
    /// Titles of the resources that others made, which are left alone.
    pub foreign: Vec<String>,
    /// The portal's measure of its quality, from 0 to 1.
    pub score: Option<f64>,
    /// The criteria of it that are not met.
    pub unmet: Vec<String>,
    /// Whether `dataset.toml` does not have these ids.
    pub ids_to_paste: bool,
}

impl Report {
    pub(crate) fn new(settings: &Settings, current: &Current, dry_run: bool, mend: bool) -> Self {
        Self {
            portal: settings.host(),
            organization: settings.organization.clone(),
            release: current.release.prefix.clone(),
            manifest_sha256: current.release.manifest_sha256.to_string(),
            dry_run,
            mend,
            datasets: Vec::new(),
            absent: Vec::new(),
        }
    }

    /// How many differences were made by hand and not asked to be put right.
    pub fn drift(&self) -> usize {
        let by_hand = |change: &&Change| change.cause != Cause::Due;
        if self.mend { 0 } else { self.datasets.iter().flat_map(|d| &d.changes).filter(by_hand).count() }
    }

    /// How many differences there are now.
    pub fn left(&self) -> usize {
        self.datasets.iter().map(|d| d.left.len()).sum()
    }

    /// The tables of ids for `dataset.toml`, by dataset.
    pub fn ids(&self) -> Vec<(String, String)> {
        let to_paste = self.datasets.iter().filter(|d| d.ids_to_paste && d.id.is_some());
        to_paste.map(|d| (d.dataset.clone(), d.toml(&self.portal))).collect()
    }
}

impl DatasetReport {
    fn toml(&self, host: &str) -> String {
        let id = self.id.as_deref().unwrap_or_default();
        let mut text = format!("[datagouv.\"{host}\"]\ndataset = \"{id}\"\n[datagouv.\"{host}\".resources]\n");
        for (key, id) in self.resources.iter().filter(|(key, _)| WantedResource::is_lasting(key)) {
            let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
            let _ = if plain { writeln!(text, "{key} = \"{id}\"") } else { writeln!(text, "\"{key}\" = \"{id}\"") };
        }
        text
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for dataset in &self.datasets {
            let shown = if self.dry_run { &dataset.left } else { &dataset.changes };
            writeln!(f, "{} {}", dataset.dataset, dataset.id.as_deref().unwrap_or("(not on the portal)"))?;
            for done in &dataset.done {
                writeln!(f, "  done: {done}")?;
            }
            for change in shown.iter().filter(|c| self.dry_run || c.cause != Cause::Due) {
                writeln!(f, "  {change}")?;
            }
            for title in &dataset.foreign {
                writeln!(f, "  not ours, left alone: {title}")?;
            }
            match (dataset.score, dataset.unmet.as_slice()) {
                (Some(score), []) => writeln!(f, "  quality {score:.2}")?,
                (Some(score), unmet) => writeln!(f, "  quality {score:.2}, without {}", unmet.join(", "))?,
                (None, _) => {}
            }
        }
        for id in &self.absent {
            writeln!(f, "{id}: it is on the portal and not in {}: archive it there, or publish a release that has it", self.release)?;
        }
        let done: usize = self.datasets.iter().map(|d| d.done.len()).sum();
        write!(
            f,
            "{}: {} dataset(s) of {}; {done} change(s) made, {} difference(s) left, {} of them by hand",
            self.portal,
            self.datasets.len(),
            self.release,
            self.left(),
            self.datasets.iter().flat_map(|d| &d.left).filter(|c| c.cause != Cause::Due).count()
        )
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cause = match self.cause {
            Cause::Due => "due",
            Cause::Drift => "changed by hand",
            Cause::Replaced => "changed by hand, replaced with its file",
        };
        let place = self.resource.as_ref().map_or_else(|| "the dataset".to_owned(), |key| format!("resource {key}"));
        match &self.what {
            What::Field { name, portal, wanted } => {
                write!(f, "{cause}: {place}, {name}: the portal has {}, wanted is {}", short(portal), short(wanted))
            }
            What::Missing => write!(f, "{cause}: {place} is not there"),
            What::Surplus { id, title } => write!(f, "{cause}: {place} ({title}, {id}) is no longer wanted, or there twice"),
            What::Order { portal, wanted } => write!(f, "{cause}: the order is {}, wanted is {}", portal.join(" "), wanted.join(" ")),
        }
    }
}

/// A value in a few words.
pub(crate) fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}… ({} characters)", text.get(..end).unwrap_or_default(), text.chars().count()),
        None => text,
    }
}
