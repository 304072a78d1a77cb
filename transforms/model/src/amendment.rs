//! What is done about a release after its publication: an erratum, a withdrawal.

use crate::{Digest, kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A notice of an error in a published release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Erratum {
    /// Prefix of the release.
    pub release: String,
    /// The dataset.
    pub dataset: String,
    /// The columns, or none when the whole table is meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// What is wrong, and what to do about it, in French: plain words, no more than 2 000 bytes.
    pub fr: String,
    /// The same in English.
    pub en: String,
}

/// Why a release was withdrawn. There are no further words: a reason could tell what must not be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawalClass {
    /// It told where a place lies that protects people.
    ProtectedPlace,
    /// It told something about a person, or a figure that is withheld.
    Disclosure,
    /// Someone asked for what is about them to be erased.
    Erasure,
    /// Whoever has a right in it did not agree to it.
    Rights,
}

impl WithdrawalClass {
    /// In French, for readers.
    pub fn fr(self) -> &'static str {
        match self {
            Self::ProtectedPlace => "localisation d'un lieu protégé",
            Self::Disclosure => "divulgation d'une donnée protégée",
            Self::Erasure => "demande d'effacement",
            Self::Rights => "droits d'un tiers",
        }
    }
}

impl fmt::Display for WithdrawalClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ProtectedPlace => "protected_place",
            Self::Disclosure => "disclosure",
            Self::Erasure => "erasure",
            Self::Rights => "rights",
        })
    }
}

/// `WITHDRAWN.json`: what is left of a withdrawn release. Who has a copy of one of its files knows it by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tombstone {
    /// The name and the version of this format.
    pub format: String,
    /// Where the release lay.
    pub prefix: String,
    /// Why it was withdrawn.
    pub class: WithdrawalClass,
    /// sha256 of its manifest.
    pub manifest_sha256: Digest<kind::File>,
    /// Its files, sorted by path; none when the manifest could not be read any more.
    pub files: Vec<TombstoneFile>,
}

/// A file of a withdrawn release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TombstoneFile {
    /// Its path beneath the release.
    pub path: String,
    /// sha256 of what it was.
    pub sha256: Digest<kind::File>,
}

impl Tombstone {
    /// The form that this version writes.
    pub const FORMAT: &'static str = "solidata-tombstone/1";
}
