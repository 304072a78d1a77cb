//! What the attack of published demand gave.

use super::telltale::Telltale;
use serde::Serialize;
use solidata_attack::{AttackOptions, IntervalReport};
use std::fmt;

/// How the attack is done, and how much is said of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttackSettings {
    /// The attack, with the threshold `certify.k`.
    pub attack: AttackOptions,
    /// The share of targets that must have a witness which reaches the threshold.
    pub share: f64,
    /// Whether intervals are attacked too. Without, nothing passes.
    pub intervals: bool,
    /// Whether values are said.
    pub reveal: bool,
    /// Of how many cells the words are made: of the fallen ones, and of each list of cells that is given to the publisher.
    pub words: usize,
}

impl Default for AttackSettings {
    /// The project's rule: a threshold of 11, and 99 % of the cells that can reach it.
    fn default() -> Self {
        Self { attack: AttackOptions::default(), share: 0.99, intervals: true, reveal: false, words: 1000 }
    }
}

/// How many cells there are of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AttackNumbers {
    /// Cells with the marker.
    pub withheld: usize,
    /// Cells that must not be found out: all with the marker, unless the publisher named some of them.
    pub targets: usize,
    /// Targets that can be computed.
    pub computable: usize,
    /// Other withheld cells that can be computed: they might as well be published.
    pub others_computable: usize,
    /// Unknown cells, also those of which nothing was said.
    pub unknowns: usize,
    /// Equations among them.
    pub equations: usize,
    /// Independent parts of the problem.
    pub parts: usize,
    /// Unknowns of the largest part.
    pub largest_part: usize,
    /// What the intervals of the cells are that cannot be computed; none when they were not attacked.
    pub intervals: Option<IntervalNumbers>,
}

/// The numbers of the interval attack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct IntervalNumbers {
    /// Cells that were asked about.
    pub targets: usize,
    /// Cells with two witness tables that differ enough.
    pub wide: usize,
    /// Cells that are proven to lie in an interval narrower than that.
    pub pinned: usize,
    /// Cells with neither.
    pub not_wide: usize,
    /// Cells with a witness table in which they reach the threshold.
    pub reaching: usize,
    /// Cells that are proven to be below the threshold.
    pub below: usize,
    /// Cells with neither.
    pub not_reaching: usize,
}

impl AttackNumbers {
    /// Adds those of a problem apart.
    fn add(&mut self, other: &Self) {
        self.withheld += other.withheld;
        self.targets += other.targets;
        self.computable += other.computable;
        self.others_computable += other.others_computable;
        self.unknowns += other.unknowns;
        self.equations += other.equations;
        self.parts += other.parts;
        self.largest_part = self.largest_part.max(other.largest_part);
        self.intervals = self.intervals.take().zip(other.intervals.as_ref()).map(|(mut all, other)| {
            all.targets += other.targets;
            all.wide += other.wide;
            all.pinned += other.pinned;
            all.not_wide += other.not_wide;
            all.reaching += other.reaching;
            all.below += other.below;
            all.not_reaching += other.not_reaching;
            all
        });
    }
}

impl From<&IntervalReport> for IntervalNumbers {
    fn from(report: &IntervalReport) -> Self {
        Self {
            targets: report.targets,
            wide: report.wide,
            pinned: report.fallen.len(),
            not_wide: report.not_wide.len(),
            reaching: report.reaching,
            below: report.below.len(),
            not_reaching: report.not_reaching.len(),
        }
    }
}

/// What was attacked and what fell. It holds no value unless the settings said so.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct AttackOutcome {
    /// The releases that were read.
    pub releases: Vec<String>,
    /// The periods that they give, each revision apart: `2024-07@r1`.
    pub periods: Vec<String>,
    /// The threshold.
    pub k: i64,
    /// The share of cells that must be able to reach it.
    pub share: f64,
    /// How many cells there are of each kind.
    pub numbers: AttackNumbers,
    /// The fallen cells in words, with the formula; the first ones, when there are more than were asked for.
    pub fallen: Vec<String>,
    /// Cells with neither two witnesses nor a proof that there are none; named only for the publisher and when values are revealed, as being one tells
    /// something.
    pub not_certified: Vec<String>,
    /// Cells that are proven to be below the threshold; named as `not_certified` is.
    pub below: Vec<String>,
    /// Cells with neither a witness that reaches the threshold nor a proof that there is none; named as `not_certified` is.
    pub not_reaching: Vec<String>,
    /// What the files tell beside their figures.
    pub telltales: Vec<Telltale>,
    /// What is worth knowing and is no objection.
    pub notes: Vec<String>,
}

impl AttackOutcome {
    /// Adds what the attack of a problem apart gave, with the same settings; no list of cells becomes longer than `words`.
    pub fn add(&mut self, other: Self, words: usize) {
        self.releases.extend(other.releases);
        self.periods.extend(other.periods);
        self.numbers.add(&other.numbers);
        for (all, more) in [
            (&mut self.fallen, other.fallen),
            (&mut self.not_certified, other.not_certified),
            (&mut self.below, other.below),
            (&mut self.not_reaching, other.not_reaching),
        ] {
            all.extend(more);
            all.truncate(words);
        }
        self.telltales.extend(other.telltales);
        self.telltales.sort();
        self.notes.extend(other.notes);
        self.notes.sort();
        self.notes.dedup();
    }

    /// Whether no target can be computed.
    #[must_use]
    pub fn holds_exactly(&self) -> bool {
        self.numbers.computable == 0
    }

    /// Whether something falls: a cell that can be computed or pinned down, or a file that tells more than its figures. That a cell is not certified does not say
    /// that it falls.
    #[must_use]
    pub fn falls(&self) -> bool {
        let pinned = self.numbers.intervals.as_ref().map_or(0, |i| i.pinned);
        !self.holds_exactly() || pinned > 0 || !self.telltales.is_empty()
    }

    /// Whether the release may go out: nothing is computable or pinned, every target has two witnesses, the share of them asked for one that reaches
    /// the threshold, and no file tells anything else.
    #[must_use]
    pub fn passes(&self) -> bool {
        let intervals = self.numbers.intervals.as_ref();
        let witnessed = intervals.is_some_and(|i| i.wide == i.targets && i.reaching as f64 >= self.share * i.targets as f64);
        self.holds_exactly() && witnessed && self.telltales.is_empty()
    }
}

impl fmt::Display for AttackOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "read as the public can: {} ({})", self.releases.join(", "), self.periods.join(", "))?;
        for fallen in &self.fallen {
            writeln!(f, "{fallen}")?;
        }
        let n = &self.numbers;
        let all = n.computable + n.intervals.as_ref().map_or(0, |i| i.pinned);
        if all > self.fallen.len() {
            writeln!(f, "and {} more", all - self.fallen.len())?;
        }
        for cell in &self.not_certified {
            writeln!(f, "not certified: {cell}")?;
        }
        for cell in &self.below {
            writeln!(f, "below {}: {cell}", self.k)?;
        }
        for cell in &self.not_reaching {
            writeln!(f, "not certified to reach {}: {cell}", self.k)?;
        }
        for telltale in &self.telltales {
            writeln!(f, "telltale: {telltale}")?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        write!(f, "{} withheld cells, {} targets: {} computable", n.withheld, n.targets, n.computable)?;
        if n.others_computable > 0 {
            write!(f, " (and {} that are no target)", n.others_computable)?;
        }
        if let Some(i) = &n.intervals {
            write!(f, "; {} with two witnesses, {} pinned down, {} not certified", i.wide, i.pinned, i.not_wide)?;
            write!(f, "; {} reach {}, {} cannot, {} not certified", i.reaching, self.k, i.below, i.not_reaching)?;
        }
        writeln!(f)?;
        write!(
            f,
            "{}",
            match (self.falls(), self.passes()) {
                (true, _) => "the release does not hold",
                (false, true) => "the attack found nothing, and every withheld cell is certified",
                (false, false) => "the attack found nothing; not every withheld cell is certified",
            }
        )
    }
}
