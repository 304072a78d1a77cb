//! Organisations that subtract their own searches from published demand. Who they are never comes here.

use super::{AttackSettings, DemandProblem};
use crate::AuditError;
use serde::Serialize;
use solidata_attack::{CellId, CertifyOptions, Insider, Own, Problem, Truth};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

/// The shares of organisations in inner cells, from which what each knows follows.
#[derive(Debug, Default)]
pub struct Shares {
    own: BTreeMap<u32, BTreeMap<CellId, i64>>,
    /// The only contributor of a cell, or none when there are several.
    only: HashMap<CellId, Option<u32>>,
}

impl Shares {
    /// No share yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds searches to the cells that count them ([`DemandProblem::cells_of`]): those of an organisation, by a number that says nothing of it, or of
    /// somebody else, who is nobody's insider.
    pub fn add(&mut self, organisation: Option<u32>, cells: &[CellId], count: i64) {
        if count == 0 {
            return;
        }
        for &cell in cells {
            let only = self.only.entry(cell).or_insert(organisation);
            if *only != organisation {
                *only = None;
            }
            if let Some(number) = organisation {
                *self.own.entry(number).or_default().entry(cell).or_insert(0) += count;
            }
        }
    }

    /// What each organisation knows, by number. Of a cell that holds nobody else's searches it is taken to know that.
    pub fn organisations(self) -> impl Iterator<Item = (u32, Own)> {
        let only = self.only;
        self.own.into_iter().map(move |(number, counts)| {
            let alone = counts.keys().copied().filter(|cell| only.get(cell) == Some(&Some(number))).collect();
            (number, Own { counts, alone })
        })
    }
}

/// What insiders find out that the public does not, over all organisations. A cell counts once for each organisation that finds it.
/// The cells in words are for the publisher alone: to be one tells something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct InsiderNumbers {
    /// Organisations that attacked; one that attacked several problems counts in each.
    pub organisations: usize,
    /// Cells that were asked about.
    pub targets: usize,
    /// Cells of which one table shows every organisation that the others' part can differ, and one that it can reach the threshold.
    pub certified: usize,
    /// Organisations for which other cells had to be looked at one by one.
    pub looked_at: usize,
    /// Organisations that found out the value of a cell, or pinned down what others have in one, beyond what the public can.
    pub successful: usize,
    /// Values computed exactly.
    pub computed: usize,
    /// Cells in which the part of the others is pinned down.
    pub pinned: usize,
    /// Cells in which the part of the others is proven to be below the threshold.
    pub below: usize,
    /// Of `pinned` and `below`, how many the public knows as much about.
    pub also_public: usize,
    /// Cells with neither witness nor proof.
    pub not_wide: usize,
    /// Published cells in which the others have a small count.
    pub published_below: usize,
    /// The cells of which not everything that was asked was shown for everybody, each once and without its value; the first ones, when there are more than were
    /// asked for.
    pub open: Vec<String>,
}

impl InsiderNumbers {
    /// Adds those of a problem apart, with the same settings; no list of cells becomes longer than `words`.
    pub fn add(&mut self, other: Self, words: usize) {
        self.organisations += other.organisations;
        self.targets += other.targets;
        self.certified += other.certified;
        self.looked_at += other.looked_at;
        self.successful += other.successful;
        self.computed += other.computed;
        self.pinned += other.pinned;
        self.below += other.below;
        self.also_public += other.also_public;
        self.not_wide += other.not_wide;
        self.published_below += other.published_below;
        self.open.extend(other.open);
        self.open.truncate(words);
    }

    /// Whether an organisation finds something out.
    #[must_use]
    pub fn falls(&self) -> bool {
        self.successful > 0
    }

    /// Whether the release may go out: nobody finds anything out, every cell is shown to be wide for everybody, and the share of them to reach the threshold.
    #[must_use]
    pub fn passes(&self, share: f64) -> bool {
        self.computed + self.pinned + self.not_wide == 0 && self.certified as f64 >= share * self.targets as f64
    }
}

impl fmt::Display for InsiderNumbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} organisations subtracted themselves from {} cells: {} are certified for all of them; {} organisations looked at the others one by one, {} found \
             something: {} values computed, {} pinned down, {} below the threshold ({} also by the public), {} open; {} published cells leave the others a small \
             count",
            self.organisations,
            self.targets,
            self.certified,
            self.looked_at,
            self.successful,
            self.computed,
            self.pinned,
            self.below,
            self.also_public,
            self.not_wide,
            self.published_below
        )?;
        self.open.iter().try_for_each(|cell| write!(f, "\nopen to an organisation: {cell}"))
    }
}

/// For how many cells of one organisation linear programs are asked for a proof: there are many organisations.
const PROGRAMS: usize = 20;

/// Attacks as each organisation can, with what it knows of its own searches: and asks about the cells that must not be found
/// out (sorted). Numbers come back, and the names of the cells that are open: nothing of who found what.
///
/// # Errors
/// [`AuditError::Attack`] when what an organisation is said to know does not fit what is published, or the true values do not.
pub fn attack_insiders(
    problem: &DemandProblem,
    organisations: impl IntoIterator<Item = (u32, Own)>,
    targets: &[CellId],
    truth: Truth<'_>,
    settings: &AttackSettings,
) -> Result<InsiderNumbers, AuditError> {
    let fallen = solidata_attack::exact(problem, &settings.attack.exact)?.fallen;
    let insider = Insider::new(problem, CertifyOptions { linear_programs: PROGRAMS, ..settings.attack.certify })?;
    let owns: Vec<Own> = organisations.into_iter().map(|(_, own)| own).collect();
    let found = insider.attack_together(&owns, Some(targets), &fallen, truth)?;
    let mut numbers =
        InsiderNumbers { organisations: owns.len(), targets: found.targets, certified: found.certified, ..InsiderNumbers::default() };
    numbers.published_below = owns.iter().map(|own| insider.published_below(own).len()).sum();
    let mut open: BTreeSet<CellId> = BTreeSet::new();
    for (_, report) in &found.reports {
        open.extend(report.unsettled());
        let gained = report.computed.len() + (report.pinned.len() + report.below.len()).saturating_sub(report.also_public);
        numbers.looked_at += 1;
        numbers.successful += usize::from(gained > 0);
        numbers.computed += report.computed.len();
        numbers.pinned += report.pinned.len();
        numbers.below += report.below.len();
        numbers.also_public += report.also_public;
        numbers.not_wide += report.not_wide.len();
    }
    numbers.open = open.into_iter().take(settings.words).map(|cell| problem.name(cell)).collect();
    Ok(numbers)
}
