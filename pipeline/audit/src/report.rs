use serde::Serialize;
use solidata_model::{Digest, kind};
use std::fmt;

/// What kind of thing is wrong; stable, for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// `index.json` contradicts itself or is not of the form that is known.
    Index,
    /// A link of the chain is missing, or does not fit to its neighbours, the index or the manifest.
    Chain,
    /// A manifest contradicts itself or is not of the form that is known.
    Manifest,
    /// `SHA256SUMS` and the manifest disagree.
    Sums,
    /// An object is not there.
    Missing,
    /// An object is there that nothing names.
    Extra,
    /// An object has another size than its manifest says.
    Size,
    /// An object has another sha256 than its manifest, the index or a link says.
    Digest,
    /// A table has another number of rows than its manifest says.
    Rows,
    /// The rows of a table are not those its manifest says.
    Logical,
    /// A schema is missing or cannot be read.
    Schema,
    /// The releases, states, counter or keys of the index do not follow from its log.
    History,
    /// What was seen before is not in the history of the index.
    Since,
    /// A key of the index is not endorsed by the one before it, or the trusted key is not among them.
    Key,
    /// A signature is missing, was made by another key, or does not hold.
    Signature,
    /// The tombstone of a withdrawn release is not the one that the index speaks of.
    Tombstone,
    /// The statement of provenance does not follow from the manifest.
    Provenance,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The object, from the root that was named.
    pub path: String,
    /// What kind of thing.
    pub code: Code,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {}", self.path, self.problem, self.remedy)
    }
}

/// What a verification looked at and found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The releases that were verified, by prefix, in the order of the index; `.` for a folder that is one release.
    pub releases: Vec<String>,
    /// sha256 of `index.json`: name it as `--since` next time, so that a store that was rolled back is noticed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_sha256: Option<Digest<kind::File>>,
    /// The id of the key that signs the index, or one release when it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<String>,
    /// How many objects were read to their end.
    pub objects: u64,
    /// How many bytes.
    pub bytes: u64,
    /// What is wrong, sorted by path; empty when everything is as it says it is.
    pub findings: Vec<Finding>,
    /// What is worth knowing and is not wrong.
    pub notes: Vec<String>,
    /// How many findings came after the first thousands, and are not kept.
    #[serde(skip)]
    more: u64,
}

/// The most findings that are kept: a document of a hostile store can give rise to a million.
const FINDINGS_MAX: usize = 10_000;
/// The most notes that are kept.
const NOTES_MAX: usize = 10_000;

const DAMAGED: &str =
    "Fetch it again; if it stays so, the store was changed after publication: restore it from a backup and do not use it until then";

const ROLLED_BACK: &str =
    "The store was put back to an older state, or replaced: do not use it, and ask its publisher, by another way than the store";
const FORGED: &str =
    "Whoever made this had not the key: do not use it, fetch it again, and if it stays so ask its publisher, by another way than the store";

impl Report {
    pub(crate) fn find(&mut self, code: Code, path: impl Into<String>, problem: impl Into<String>) {
        let remedy = match code {
            Code::Extra => "Nothing published names it: remove it, and do not use it",
            Code::Manifest | Code::Index => {
                "If a newer version of solidata wrote it, verify with that version; else it was changed: restore it from a backup"
            }
            Code::Since => ROLLED_BACK,
            Code::Key | Code::Signature => FORGED,
            _ => DAMAGED,
        };
        if self.findings.len() >= FINDINGS_MAX {
            self.more += 1;
            return;
        }
        self.findings.push(Finding { path: path.into(), code, problem: problem.into(), remedy: remedy.into() });
    }

    pub(crate) fn finish(mut self) -> Self {
        self.findings.sort();
        self.findings.dedup();
        if self.more > 0 {
            self.notes.insert(0, format!("{} more findings are not listed", self.more));
        }
        if self.notes.len() > NOTES_MAX {
            let more = self.notes.len() - NOTES_MAX;
            self.notes.truncate(NOTES_MAX);
            self.notes.push(format!("{more} more notes are not listed"));
        }
        self
    }
}
