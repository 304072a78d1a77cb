//! The ledger: everything ever published, and how it binds what comes next (DISCLOSURE §2e).
//!
//! Releases are not judged one by one: a year that is given with eleven of its months gives the twelfth. So past cells enter the problem. What
//! was published is public for good; what was withheld stays withheld. Months, quarters and years add up as any parent and children do, and so
//! do a value, its revision and their difference: a revision whose difference would tell about few contributors keeps the earlier value.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::named::JointTables;
use crate::problem::{Cell, Fate};

/// What readers got to see of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// Its value.
    Value(u64),
    /// The marker.
    Withheld,
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Entry {
    /// The release that gave it.
    pub release: String,
    /// The table it stood in.
    pub table: String,
    /// The key of the cell: what it means, not where it stood. A vintage of a period or of a geography is part of what it means.
    pub cell: String,
    /// What readers saw.
    pub shown: Shown,
}

/// Everything ever published. Lines are added, never changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Ledger {
    entries: Vec<Entry>,
    #[serde(skip)]
    known: BTreeMap<String, Shown>,
}

impl Ledger {
    /// An empty ledger.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a ledger from its lines, in order.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn from_entries(entries: impl IntoIterator<Item = Entry>) -> Result<Self, Error> {
        let mut ledger = Self::new();
        entries.into_iter().try_for_each(|entry| ledger.append(entry))?;
        Ok(ledger)
    }

    /// Adds a line. A cell that was withheld may not be published later, nor given two values: another value is another cell ([`revise`]).
    /// That a published cell is withheld later changes nothing, since it is known.
    ///
    /// # Errors
    /// [`Error::Ledger`] with the number of the line.
    pub fn append(&mut self, entry: Entry) -> Result<(), Error> {
        let wrong = |reason: &str| Error::Ledger { line: self.entries.len() + 1, reason: reason.to_owned() };
        match (self.known.get(&entry.cell), entry.shown) {
            (Some(Shown::Value(a)), Shown::Value(b)) if *a != b => {
                return Err(wrong("a published cell is given another value: give the revision a key of its own"));
            }
            (Some(Shown::Withheld), Shown::Value(_)) => return Err(wrong("a cell withheld before is published: keep it withheld")),
            (Some(_), _) => {}
            (None, shown) => {
                self.known.insert(entry.cell.clone(), shown);
            }
        }
        self.entries.push(entry);
        Ok(())
    }

    /// The lines.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What readers know of a cell.
    pub fn shown(&self, cell: &str) -> Option<Shown> {
        self.known.get(cell).copied()
    }

    /// What the ledger decides about a cell of this value: public, sticky, or free when it was never given.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it was published with another value.
    pub fn fate(&self, cell: &str, value: u64) -> Result<Fate, Error> {
        match self.shown(cell) {
            Some(Shown::Value(v)) if v != value => Err(Error::Conflict { key: cell.to_owned() }),
            Some(Shown::Value(_)) => Ok(Fate::Public),
            Some(Shown::Withheld) => Ok(Fate::Sticky),
            None => Ok(Fate::Free),
        }
    }

    /// A cell as the ledger binds it. `primary` says whether a rule withholds it; `None` when that is not known any more (a ledger rebuilt from what
    /// is public does not tell primaries from secondaries): then whatever was withheld before is protected as if it were primary.
    ///
    /// # Errors
    /// As [`Ledger::fate`].
    pub fn bind(&self, cell: &str, value: u64, primary: Option<bool>) -> Result<Cell, Error> {
        let fate = self.fate(cell, value)?;
        Ok(Cell { value, primary: primary.unwrap_or(fate == Fate::Sticky) && value > 0, fate })
    }

    /// Cells of the ledger that a problem does not hold: they must be added, with what they add up to, or the problem is not the whole.
    pub fn missing(&self, keys: &BTreeSet<String>) -> Vec<String> {
        self.known.keys().filter(|k| !keys.contains(*k)).cloned().collect()
    }
}

/// The cells of a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The key of the revised cell.
    pub cell: String,
    /// The key of the difference, which no table holds.
    pub difference: String,
}

/// Adds the revision of a cell to a problem: the new value under a key of its own, and the difference as a hidden cell. `primary` says of the
/// new value, and of the difference, whether a rule withholds it (a difference of zero is never withheld). The earlier cell must be there.
///
/// When the revised cell comes out as withheld, its earlier value stays the published one, until the period is published anew. A withheld cell that a
/// revision empties is given as zero, as every zero is: that tells that all of it is gone, not how much it was.
///
/// # Errors
/// [`Error::Conflict`] as [`JointTables::cell`].
pub fn revise(
    tables: &mut JointTables,
    earlier: (&str, u64, Fate),
    release: &str,
    value: u64,
    primary: (bool, bool),
) -> Result<Revision, Error> {
    let (key, before, fate) = earlier;
    let revision = Revision { cell: format!("{key}@{release}"), difference: format!("{key}@{release}-{key}") };
    // A cell that was withheld stays so in later vintages, unless nothing is left of it.
    let new = Cell { value, primary: primary.0, fate: if fate == Fate::Sticky && value > 0 { Fate::Sticky } else { Fate::Free } };
    let difference = Cell { value: value.abs_diff(before), primary: primary.1 && value != before, fate: Fate::Hidden };
    tables.cell(revision.cell.clone(), new)?;
    tables.cell(revision.difference.clone(), difference)?;
    let (larger, smaller) = if value >= before { (revision.cell.as_str(), key) } else { (key, revision.cell.as_str()) };
    tables.sum(larger, [smaller, revision.difference.as_str()]);
    Ok(revision)
}
