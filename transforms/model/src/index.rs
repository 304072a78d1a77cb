use crate::{Digest, Month, kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `index.json`: it alone decides what is published and what is current.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// `solidata-index/1`.
    pub format: String,
    /// How many releases were ever sealed; the number of the newest link of the chain.
    pub sealed: u64,
    /// Published releases, sorted by month and revision.
    pub releases: Vec<IndexEntry>,
}

/// A published release.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndexEntry {
    /// The month.
    pub month: Month,
    /// The revision.
    pub revision: u32,
    /// Where it lies.
    pub prefix: String,
    /// sha256 of its manifest.
    pub manifest_sha256: Digest<kind::File>,
    /// Whether the month is not covered to its end.
    pub partial: bool,
    /// The number of its link in the chain.
    pub sealed: u64,
}

/// `chain/000123.json`: one for each sealed release, each naming the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainLink {
    /// Its number, from 1.
    pub number: u64,
    /// The release's prefix.
    pub prefix: String,
    /// sha256 of its manifest.
    pub manifest_sha256: Digest<kind::File>,
    /// sha256 of the manifest before it.
    pub previous_manifest_sha256: Option<Digest<kind::File>>,
}

impl Index {
    /// The form of index that this version writes.
    pub const FORMAT: &'static str = "solidata-index/1";

    /// An index of nothing.
    pub fn empty() -> Self {
        Self { format: Self::FORMAT.into(), ..Self::default() }
    }

    /// The newest revision of a month.
    pub fn newest_revision(&self, month: Month) -> Option<&IndexEntry> {
        self.releases.iter().filter(|r| r.month == month).max_by_key(|r| r.revision)
    }

    /// The current release: the newest revision of the newest month.
    pub fn current(&self) -> Option<&IndexEntry> {
        self.releases.iter().max_by_key(|r| (r.month, r.revision))
    }

    /// The release sealed last.
    pub fn last_sealed(&self) -> Option<&IndexEntry> {
        self.releases.iter().max_by_key(|r| r.sealed)
    }
}
