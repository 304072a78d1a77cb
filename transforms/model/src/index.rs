use crate::{Change, Digest, KeyEntry, Month, canonical_json, kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `index.json`: it alone decides what is published and what is current.
///
/// It changes by one step at a time, see [`Index::next`]; `log` tells every step, and `releases` and `keys` follow from it
/// ([`Index::check_history`]).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Always [`Index::FORMAT`].
    pub format: String,
    /// How often the index was changed: 1 for the first that was written.
    pub counter: u64,
    /// How many releases were ever sealed; the number of the newest link of the chain.
    pub sealed: u64,
    /// Published releases, sorted by month and revision. None is ever taken out.
    pub releases: Vec<IndexEntry>,
    /// Every change of the index, the first one first. It only grows.
    pub log: Vec<Change>,
    /// The keys that signed, the first one first; the last one signs now. None when nothing was ever signed.
    pub keys: Vec<KeyEntry>,
    /// The text of a minisign signature over [`Index::signed_bytes`]. There is one when there are keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
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
    /// What became of it.
    #[serde(default)]
    pub state: ReleaseState,
}

/// What became of a published release.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseState {
    /// The one of its month to use. A month has one, or none when that one was withdrawn.
    #[default]
    Current,
    /// Another revision of the month took its place. It stays readable.
    Superseded,
    /// It was taken away.
    Withdrawn,
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

impl IndexEntry {
    /// The entry as it was when the release was published, whatever became of it since.
    pub fn as_published(&self) -> Self {
        Self { state: ReleaseState::Current, ..self.clone() }
    }
}

impl Index {
    /// The form of index that this version writes.
    pub const FORMAT: &'static str = "solidata-index/2";

    /// An index of nothing.
    pub fn empty() -> Self {
        Self { format: Self::FORMAT.into(), ..Self::default() }
    }

    /// The newest revision of a month, whatever became of it.
    pub fn newest_revision(&self, month: Month) -> Option<&IndexEntry> {
        self.releases.iter().filter(|r| r.month == month).max_by_key(|r| r.revision)
    }

    /// The revision of a month to use.
    pub fn current_of(&self, month: Month) -> Option<&IndexEntry> {
        self.releases.iter().find(|r| r.month == month && r.state == ReleaseState::Current)
    }

    /// The current release: that of the newest month that has one.
    pub fn current(&self) -> Option<&IndexEntry> {
        self.releases.iter().filter(|r| r.state == ReleaseState::Current).max_by_key(|r| (r.month, r.revision))
    }

    /// The release sealed last.
    pub fn last_sealed(&self) -> Option<&IndexEntry> {
        self.releases.iter().max_by_key(|r| r.sealed)
    }

    /// What the signature of the index signs: the canonical JSON of the index without it, the bytes of
    /// `jq -S 'del(.signature)' index.json`.
    ///
    /// # Errors
    /// Never with the types of this version.
    pub fn signed_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        canonical_json(&Self { signature: None, ..self.clone() })
    }
}
