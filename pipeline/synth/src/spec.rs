//! What to make.

use chrono::NaiveDate;

use crate::SynthError;

/// Which départements have searches and places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Departments {
    /// The 101 départements, overseas included.
    All,
    /// Codes such as `67`, `2A`, `974`. Order and repetition do not matter.
    List(Vec<String>),
}

/// The form of the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One `snapshot.archive.gz`, as `mongodump --archive --gzip` writes it, with both collections.
    Archive,
    /// `lieux.bson` and `search.bson` with their `.metadata.json`, as `mongodump` writes them.
    Bson,
    /// `lieux.ndjson` and `search.ndjson`, relaxed Extended JSON.
    Ndjson,
    /// The same names, canonical Extended JSON.
    NdjsonCanonical,
}

/// Compression of the files. An archive is always gzip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Files as they are.
    None,
    /// `.gz`
    Gzip,
    /// `.zst`
    Zstd,
}

/// What the published totals of Alsace are taken to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Gross documents: exact.
    Brute,
    /// Intentions of users who count. What the net rule finds is close to it, not equal: `truth.json` has both.
    Nette,
}

/// A request for synthetic data. The same request gives the same bytes on any machine.
#[derive(Debug, Clone, PartialEq)]
pub struct SynthSpec {
    /// First day, Europe/Paris and inclusive.
    pub from: NaiveDate,
    /// Last day, Europe/Paris and inclusive.
    pub to: NaiveDate,
    /// Where.
    pub departments: Departments,
    /// Everything random follows from it.
    pub seed: u64,
    /// Form of the snapshot.
    pub form: Form,
    /// Compression of the files.
    pub compression: Compression,
    /// Multiplies all volumes; 1 is the published size.
    pub scale: f64,
    /// What the published totals count.
    pub target: Target,
    /// Whether to compute the counts under the net rule. It needs about 300 bytes of memory for each search document; leave it out for
    /// benchmarks of many millions.
    pub truth: bool,
}

impl SynthSpec {
    /// The request of the command line: gross target, scale 1, truth, no compression but that of an archive.
    #[must_use]
    pub fn new(from: NaiveDate, to: NaiveDate, departments: Departments, seed: u64, form: Form) -> Self {
        Self { from, to, departments, seed, form, compression: Compression::None, scale: 1.0, target: Target::Brute, truth: true }
    }

    /// # Errors
    /// [`SynthError::BadSpec`] says what is wrong and what to write instead.
    pub(crate) fn check(&self) -> Result<(), SynthError> {
        let bad = |text: String| Err(SynthError::BadSpec(text));
        if self.from > self.to {
            return bad(format!("--from {} is after --to {}; exchange them", self.from, self.to));
        }
        let earliest = NaiveDate::from_ymd_opt(2017, 1, 2).unwrap_or_default();
        let latest = NaiveDate::from_ymd_opt(2090, 12, 31).unwrap_or_default();
        if self.from < earliest || self.to > latest {
            return bad(format!("--from and --to must lie between {earliest} and {latest}"));
        }
        if !self.scale.is_finite() || self.scale <= 0.0 || self.scale > 1_000.0 {
            return bad(format!("--scale {} must be above 0 and at most 1000", self.scale));
        }
        if matches!(&self.departments, Departments::List(codes) if codes.is_empty()) {
            return bad("--departments names none; write codes such as 67,68, or all".to_owned());
        }
        Ok(())
    }
}
