//! What is withheld so far, and the greedy rule on lines (DISCLOSURE §2d, step 2).

use std::collections::VecDeque;

use crate::pool::PoolOf;
use crate::problem::Problem;

/// How a withheld cell is paid for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// As few cells as can be.
    #[default]
    Count,
    /// As few searches as can be.
    Value,
}

/// Why a cell was withheld beyond the primary ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// It keeps a constraint from giving away what else is withheld in it.
    Line(u32),
    /// It breaks a formula that revealed a primary variable.
    Formula(u32),
    /// It gives a primary variable room.
    Interval(u32),
    /// Publishing it would take room from a primary variable, or tell too much of a constraint.
    Room,
}

/// A pattern under construction.
#[derive(Debug, Clone)]
pub(crate) struct State<'a> {
    pub(crate) problem: &'a Problem,
    pub(crate) withheld: Vec<bool>,
    /// How many members of each constraint are withheld.
    pub(crate) count: Vec<u32>,
    pub(crate) causes: Vec<(u32, Cause)>,
    pool: &'a PoolOf<'a>,
    objective: Objective,
    queue: VecDeque<u32>,
    queued: Vec<bool>,
}

impl<'a> State<'a> {
    /// The primary, sticky and hidden variables are withheld; every constraint is to be looked at.
    pub(crate) fn new(problem: &'a Problem, pool: &'a PoolOf<'a>, objective: Objective) -> Self {
        let mut state = Self {
            problem,
            withheld: vec![false; problem.variables()],
            count: vec![0; problem.constraints()],
            causes: Vec::new(),
            pool,
            objective,
            queue: VecDeque::new(),
            queued: vec![false; problem.constraints()],
        };
        for var in (0..problem.variables() as u32).filter(|v| problem.flags(*v).withheld()) {
            state.set(var, true);
        }
        state
    }

    /// Withholds or publishes a variable and queues its constraints.
    pub(crate) fn set(&mut self, var: u32, withheld: bool) {
        self.withheld[var as usize] = withheld;
        for (row, _) in self.problem.rows_of(var) {
            let count = &mut self.count[row as usize];
            *count = if withheld { *count + 1 } else { *count - 1 };
            if withheld && !self.queued[row as usize] {
                self.queued[row as usize] = true;
                self.queue.push_back(row);
            }
        }
    }

    /// Withholds a variable for a cause.
    pub(crate) fn withhold(&mut self, var: u32, cause: Cause) {
        self.set(var, true);
        self.causes.push((var, cause));
    }

    /// Whether the engine may still withhold it.
    pub(crate) fn candidate(&self, var: u32) -> bool {
        !self.withheld[var as usize] && !self.problem.flags(var).public()
    }

    /// What withholding a variable costs: itself, and the constraints in which it would stand alone.
    pub(crate) fn cost(&self, var: u32) -> (u64, u64, u32) {
        let alone = self.problem.rows_of(var).filter(|(row, _)| self.count[*row as usize] == 0).count() as u64;
        let (value, weight) = (self.problem.value(var), u64::from(self.problem.weight(var)).max(1));
        match self.objective {
            Objective::Count => (weight * (1 + alone), value, var),
            Objective::Value => (value.saturating_mul(weight).saturating_mul(1 + alone), value, var),
        }
    }

    /// Whether a constraint gives too much away: it holds one withheld member, or its withheld members add up to a total that everyone can
    /// compute and that is itself too small.
    pub(crate) fn gives_away(&self, row: u32) -> bool {
        let count = self.count[row as usize];
        if count <= 1 {
            return count == 1;
        }
        self.pool_small(row, |v| self.withheld[v as usize])
    }

    /// Whether what is withheld in a constraint adds up to a total that everyone can compute and that is too small.
    pub(crate) fn pool_small(&self, row: u32, withheld: impl Fn(u32) -> bool) -> bool {
        if self.pool.is_off() {
            return false;
        }
        let members = || self.problem.row(row).filter(|(v, _)| withheld(*v));
        let one_side = members().all(|(_, plus)| members().next().is_some_and(|first| first.1 == plus));
        one_side && self.pool.too_small(|| members().map(|m| m.0))
    }

    /// What publishing a withheld variable again gives back.
    pub(crate) fn gain(&self, var: u32) -> (u64, u64, u32) {
        let (value, weight) = (self.problem.value(var), u64::from(self.problem.weight(var)));
        match self.objective {
            Objective::Count => (weight, value, var),
            Objective::Value => (value.saturating_mul(weight), value, var),
        }
    }

    /// Withholds the cheapest member of each constraint that gives too much away, until none does.
    pub(crate) fn settle(&mut self) {
        while let Some(row) = self.queue.pop_front() {
            self.queued[row as usize] = false;
            while self.gives_away(row) {
                let cheapest = self.problem.row(row).map(|(v, _)| v).filter(|v| self.candidate(*v)).min_by_key(|v| self.cost(*v));
                let Some(var) = cheapest else { break };
                self.withhold(var, Cause::Line(row));
            }
        }
    }
}
