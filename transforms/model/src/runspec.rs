use crate::{Digest, Month, kind};
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which part a snapshot plays in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotRole {
    /// The directory of places.
    Lieux,
    /// The log of searches.
    Search,
}

/// A snapshot as the run pins it. Of private things only this digest is ever published.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SnapshotPin {
    /// What it is read for.
    pub role: SnapshotRole,
    /// sha256 of the file's bytes; for a folder, of its sorted list of names, sizes and digests.
    pub sha256: Digest<kind::Snapshot>,
}

/// The numbers of the net-search rule. Those of protection are each dataset's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Thresholds {
    /// Seconds within which equal anonymous searches are one.
    pub window_anonymous_s: u32,
    /// Seconds within which equal searches of one account are one.
    pub window_identified_s: u32,
    /// Seconds within which the two calls of one search lie.
    pub pair_window_s: u32,
    /// Seconds within which a further page belongs to its first.
    pub page_window_s: u32,
    /// Searches of one account that count on one day.
    pub daily_cap: u32,
    /// Anonymous searches a minute in one département under which there is never a burst.
    pub burst_floor: u32,
    /// How many times the usual rate of the hour makes a burst.
    pub burst_factor: u32,
    /// Distinct searches of one signature in five minutes that make a sweep.
    pub sweep_distinct: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            window_anonymous_s: 60,
            window_identified_s: 30 * 60,
            pair_window_s: 5,
            page_window_s: 30 * 60,
            daily_cap: 20,
            burst_floor: 30,
            burst_factor: 8,
            sweep_distinct: 40,
        }
    }
}

/// Everything decided before the work on one month begins. Threads, memory and paths are not part of it: they decide no byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunSpec {
    /// The month whose searches are published.
    pub month: Month,
    /// The snapshots, sorted.
    pub snapshots: Vec<SnapshotPin>,
    /// The day of the directory's snapshot.
    pub date_photo: NaiveDate,
    /// The day that stands for "now": the newest snapshot's own day.
    pub now: NaiveDate,
    /// Whether the searches do not reach the end of the month.
    pub partial: bool,
    /// The last day whose searches are there, when there are searches.
    pub covered_until: Option<NaiveDate>,
    /// The day of the snapshots, when the operator said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<NaiveDate>,
    /// The thresholds.
    pub thresholds: Thresholds,
    /// Prefix of the release that `changes.json` compares this one with: the one that it corrects, else that of the newest month before it. None for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Why the month was published again; none for its first revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<RevisionSpec>,
}

/// What makes a run a correction of a month that is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevisionSpec {
    /// Why, for readers.
    pub reason: String,
    /// Prefix of the revision that it corrects.
    pub corrects: String,
    /// Whether its figures of demand are those of the revision that it corrects. Two versions of a count tell what changed between them, so that the figures of
    /// demand are kept as they were published.
    pub demand_kept: bool,
}
