//! What a file tells beside its public figures: findings of the sceptic.

use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// What kind of thing tells; stable, for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TelltaleKind {
    /// Rows are not in the one order of the key, or a key is there twice.
    Order,
    /// The marker and the value disagree, or a gross count is given where none is given.
    Marker,
    /// A row is there that is zero in every count: a missing row says the same, so that its presence tells something.
    EmptyRow,
    /// A column that is to follow from the key does not, or a column is there that the format does not have.
    Column,
    /// A difference of gross and net counts that anyone can compute is a small count.
    Difference,
    /// A withheld cell can only be zero, though zeros are published.
    HiddenZero,
    /// What is published contradicts itself: no table of counts fits it.
    Contradiction,
    /// A table that is made of published cells says something that does not follow from them.
    Derived,
    /// The CSV and the Parquet file do not hold the same rows, or a row is missing or one too many where it follows which ones there are.
    Rows,
    /// The bytes of a file are not those that follow from its rows.
    Bytes,
    /// A Parquet file has key-value metadata beside those of the writer.
    Metadata,
    /// Statistics of a Parquet file do not follow from its rows.
    Statistics,
    /// The manifest, the data package or the index says something else than the files, or something that does not follow from them.
    Manifest,
    /// The schema says more than the columns.
    Schema,
}

/// One thing that tells more than the public figures do, or could. It names no value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Telltale {
    /// The object, from the root of the store.
    pub path: String,
    /// What kind of thing.
    pub kind: TelltaleKind,
    /// What is wrong.
    pub problem: String,
    /// The first row of it, from 1, when it is about rows.
    pub row: Option<u64>,
    /// How often.
    pub times: u64,
}

impl fmt::Display for Telltale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.problem)?;
        match (self.row, self.times) {
            (Some(row), 1) => write!(f, " (row {row})"),
            (Some(row), times) => write!(f, " (row {row}, and {} more)", times - 1),
            (None, _) => Ok(()),
        }
    }
}

/// Collects what one object tells: of each problem the first row and how often.
#[derive(Debug)]
pub(crate) struct Telltales {
    path: String,
    found: BTreeMap<(TelltaleKind, String), (Option<u64>, u64)>,
}

impl Telltales {
    pub(crate) fn new(path: String) -> Self {
        Self { path, found: BTreeMap::new() }
    }

    pub(crate) fn tell(&mut self, kind: TelltaleKind, row: Option<u64>, problem: impl Into<String>) {
        let (_, times) = self.found.entry((kind, problem.into())).or_insert((row, 0));
        *times += 1;
    }

    pub(crate) fn finish(self) -> Vec<Telltale> {
        let one = |((kind, problem), (row, times))| Telltale { path: self.path.clone(), kind, problem, row, times };
        self.found.into_iter().map(one).collect()
    }
}
