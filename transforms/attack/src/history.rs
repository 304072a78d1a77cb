//! Everything ever published as one joint problem: releases, vintages and revisions (DISCLOSURE 2e).

use std::collections::BTreeMap;

use crate::error::AttackError;
use crate::explicit::Explicit;
use crate::problem::{CellId, State};

/// Releases one after the other. A variable is a meaning (which inner events a cell counts) in one vintage of the data; it is the same variable in
/// every release that gives that meaning from that vintage, so what one release withholds another may have published. A revised count, in another
/// vintage, may be any other value, unless it is declared frozen.
///
/// For tables too large to name each cell, the same is said with a [`crate::CrossTable`] whose periods are nodes such as `2024-01@v1` and `2024-01@v2`.
#[derive(Debug, Clone, Default)]
pub struct History {
    problem: Explicit,
    cells: BTreeMap<(String, String), CellId>,
    /// The vintages of each meaning.
    vintages: BTreeMap<String, Vec<String>>,
    states: BTreeMap<CellId, State>,
}

impl History {
    /// A history without releases.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The variable of a meaning in a vintage; it is added, as one that nothing was said of, when it is not there.
    pub fn variable(&mut self, meaning: &str, vintage: &str) -> CellId {
        let key = (meaning.to_owned(), vintage.to_owned());
        if let Some(&cell) = self.cells.get(&key) {
            return cell;
        }
        let cell = self.problem.cell(format!("{meaning} ({vintage})"), State::Unpublished);
        self.cells.insert(key, cell);
        self.vintages.entry(meaning.to_owned()).or_default().push(vintage.to_owned());
        self.states.insert(cell, State::Unpublished);
        cell
    }

    /// Adds what a release says of a cell. A value once published stays known, whatever a later release withholds; a marker tells that something was
    /// counted. Returns the variable.
    ///
    /// # Errors
    /// When the same meaning and vintage was published with another value.
    pub fn publish(&mut self, meaning: &str, vintage: &str, state: State) -> Result<CellId, AttackError> {
        let cell = self.variable(meaning, vintage);
        let known = self.states.entry(cell).or_insert(State::Unpublished);
        *known = match (*known, state) {
            (State::Published(a), State::Published(b)) if a != b => {
                return Err(AttackError::TwoValues { meaning: meaning.to_owned(), vintage: vintage.to_owned() });
            }
            (State::Published(value), _) | (_, State::Published(value)) => State::Published(value),
            (State::Withheld, _) | (_, State::Withheld) => State::Withheld,
            (known, _) => known,
        };
        self.problem.set_state(cell, *known);
        Ok(cell)
    }

    /// Adds a relation between variables: the sum of coefficient x (meaning, vintage) is 0. A quarter is the sum of its months in the vintages that
    /// they had when the quarter was made.
    ///
    /// # Errors
    /// Never for variables, which are added when they are not there; kept for what may come.
    pub fn relation(&mut self, terms: &[(&str, &str, i64)]) -> Result<(), AttackError> {
        let terms: Vec<(CellId, i64)> = terms.iter().map(|&(meaning, vintage, c)| (self.variable(meaning, vintage), c)).collect();
        self.problem.relation(&terms).map(|_| ())
    }

    /// Adds a relation that holds within every vintage (places, categories, measures): once for each vintage that any of its meanings was seen in.
    ///
    /// # Errors
    /// As [`History::relation`].
    pub fn relation_in_every_vintage(&mut self, terms: &[(&str, i64)]) -> Result<(), AttackError> {
        let mut vintages: Vec<String> = terms.iter().filter_map(|(meaning, _)| self.vintages.get(*meaning)).flatten().cloned().collect();
        vintages.sort_unstable();
        vintages.dedup();
        for vintage in vintages {
            let terms: Vec<(&str, &str, i64)> = terms.iter().map(|&(meaning, c)| (meaning, vintage.as_str(), c)).collect();
            self.relation(&terms)?;
        }
        Ok(())
    }

    /// Declares that a count is the same in two vintages: a revision that says what it does not change.
    ///
    /// # Errors
    /// As [`History::relation`].
    pub fn frozen(&mut self, meaning: &str, one: &str, other: &str) -> Result<(), AttackError> {
        self.relation(&[(meaning, one, 1), (meaning, other, -1)])
    }

    /// Declares that a revision can only add: the later count is the earlier one plus something that is at least 0.
    ///
    /// # Errors
    /// As [`History::relation`].
    pub fn only_grows(&mut self, meaning: &str, earlier: &str, later: &str) -> Result<(), AttackError> {
        let added = self.problem.cell(format!("{meaning}, added from {earlier} to {later}"), State::Unpublished);
        let (earlier, later) = (self.variable(meaning, earlier), self.variable(meaning, later));
        self.problem.relation(&[(later, 1), (earlier, -1), (added, -1)]).map(|_| ())
    }

    /// The variable of a meaning in a vintage, if there is one.
    #[must_use]
    pub fn find(&self, meaning: &str, vintage: &str) -> Option<CellId> {
        self.cells.get(&(meaning.to_owned(), vintage.to_owned())).copied()
    }

    /// The joint problem.
    #[must_use]
    pub fn problem(&self) -> &Explicit {
        &self.problem
    }
}
