//! The unknown part of a problem: one equation in unknown cells for each relation that has any, cut into independent parts.

use rayon::prelude::*;

use crate::error::AttackError;
use crate::hash::CellMap;
use crate::problem::{CellId, Knowledge, Problem, RelationId, State};

/// Stands for "no upper bound is known".
pub(crate) const UNBOUNDED: i64 = i64::MAX / 8;

/// One equation per relation that has an unknown: the sum of coefficient x unknown is the right-hand side.
#[derive(Debug, Default)]
pub(crate) struct System {
    /// The cell of each unknown, sorted.
    pub(crate) cells: Vec<CellId>,
    /// Least value of each unknown.
    pub(crate) lower: Vec<i64>,
    /// Whether the unknown carries the marker (an unpublished one is no target).
    pub(crate) withheld: Vec<bool>,
    rows: Vec<Row>,
}

/// One equation.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// The relation that it comes from.
    pub(crate) relation: RelationId,
    /// Unknowns with coefficients, sorted by unknown.
    pub(crate) terms: Box<[(u32, i32)]>,
    /// What the terms sum up to, from published values.
    pub(crate) rhs: i64,
}

/// A part of the system that shares no unknown with any other: attacked on its own.
#[derive(Debug, Default)]
pub(crate) struct Part {
    /// The cell of each unknown of the part.
    pub(crate) cells: Vec<CellId>,
    /// Least value of each unknown.
    pub(crate) lower: Vec<i64>,
    /// Whether the unknown carries the marker.
    pub(crate) withheld: Vec<bool>,
    /// Equations; unknowns are numbered within the part.
    pub(crate) rows: Vec<Row>,
}

impl Part {
    /// Whether an unknown is asked about: one of some cells (sorted), or without them one that carries the marker.
    pub(crate) fn is_asked(&self, at: usize, targets: Option<&[CellId]>) -> bool {
        targets.map_or(self.withheld[at], |targets| targets.binary_search(&self.cells[at]).is_ok())
    }
}

impl System {
    /// Collects the equations of all relations that have an unknown.
    pub(crate) fn build<P: Problem + ?Sized>(problem: &P, knowledge: Knowledge) -> Result<Self, AttackError> {
        let cells = problem.unknowns();
        if u32::try_from(cells.len()).is_err() {
            return Err(AttackError::TooLarge { what: "the number of unknown cells", limit: u64::from(u32::MAX) });
        }
        let mut index: CellMap<u32> = CellMap::default();
        index.reserve(cells.len());
        for (cell, at) in cells.iter().zip(0u32..) {
            index.insert(*cell, at);
        }
        let mut relations: Vec<RelationId> = cells
            .par_chunks(4096)
            .flat_map_iter(|chunk| {
                let mut out = Vec::new();
                for &cell in chunk {
                    problem.touching(cell, &mut out);
                }
                out.sort_unstable();
                out.dedup();
                out
            })
            .collect();
        relations.par_sort_unstable();
        relations.dedup();
        let rows: Result<Vec<Vec<Row>>, AttackError> =
            relations.par_chunks(4096).map(|chunk| chunk.iter().filter_map(|&r| row(problem, r, &index).transpose()).collect()).collect();
        let rows: Vec<Row> = rows?.into_iter().flatten().collect();
        let withheld: Vec<bool> = cells.par_iter().map(|&cell| problem.state(cell) == State::Withheld).collect();
        let lower = withheld.iter().map(|&w| if w { knowledge.withheld_at_least } else { 0 }).collect();
        Ok(Self { cells, lower, withheld, rows })
    }

    /// How many equations there are.
    pub(crate) fn equations(&self) -> usize {
        self.rows.len()
    }

    /// Cuts the system into its connected parts, in the order of their first unknown.
    pub(crate) fn parts(self) -> Vec<Part> {
        let mut root: Vec<u32> = (0u32..).take(self.cells.len()).collect();
        for row in &self.rows {
            if let Some((&(first, _), rest)) = row.terms.split_first() {
                for &(other, _) in rest {
                    join(&mut root, first, other);
                }
            }
        }
        // the root of a part is its smallest unknown, so parts and places within them follow the order of the unknowns
        let mut part_of = vec![0u32; self.cells.len()];
        let mut place = vec![0u32; self.cells.len()];
        let mut parts: Vec<Part> = Vec::new();
        for at in 0..self.cells.len() {
            let top = find(&mut root, at as u32) as usize;
            if top == at {
                part_of[at] = parts.len() as u32;
                parts.push(Part::default());
            }
            let number = part_of[top];
            part_of[at] = number;
            let part = &mut parts[number as usize];
            place[at] = part.cells.len() as u32;
            part.cells.push(self.cells[at]);
            part.lower.push(self.lower[at]);
            part.withheld.push(self.withheld[at]);
        }
        for mut row in self.rows {
            if let Some(&(first, _)) = row.terms.first() {
                for term in &mut row.terms {
                    term.0 = place[term.0 as usize];
                }
                parts[part_of[first as usize] as usize].rows.push(row);
            }
        }
        parts
    }
}

/// The equation of a relation; none when all is published or a cell is outside.
fn row<P: Problem + ?Sized>(problem: &P, relation: RelationId, index: &CellMap<u32>) -> Result<Option<Row>, AttackError> {
    let mut cells = Vec::new();
    problem.terms(relation, &mut cells);
    let mut terms: Vec<(u32, i64)> = Vec::with_capacity(cells.len());
    let mut known: i128 = 0;
    for (cell, coefficient) in cells {
        match problem.state(cell) {
            State::Published(value) => known += i128::from(coefficient) * i128::from(value),
            State::Outside => return Ok(None),
            State::Withheld | State::Unpublished => {
                let unknown = index.get(&cell).ok_or(AttackError::UnknownCell { relation, cell })?;
                terms.push((*unknown, coefficient));
            }
        }
    }
    terms.sort_unstable_by_key(|term| term.0);
    let mut merged: Vec<(u32, i32)> = Vec::with_capacity(terms.len());
    let too_large = AttackError::TooLarge { what: "a relation's coefficient", limit: i32::MAX as u64 };
    let mut rest = terms.as_slice();
    while let Some(&(unknown, _)) = rest.first() {
        let same = rest.iter().take_while(|term| term.0 == unknown).count();
        let sum: i64 = rest.iter().take(same).map(|term| term.1).sum();
        let sum = i32::try_from(sum)
            .ok()
            .filter(|sum| *sum != i32::MIN)
            .ok_or(AttackError::TooLarge { what: "a relation's coefficient", limit: i32::MAX as u64 })?;
        if sum != 0 {
            merged.push((unknown, sum));
        }
        rest = rest.get(same..).unwrap_or_default();
    }
    if merged.is_empty() {
        return Ok(None);
    }
    let rhs = i64::try_from(-known).ok().filter(|rhs| rhs.abs() < UNBOUNDED).ok_or(too_large)?;
    Ok(Some(Row { relation, terms: merged.into_boxed_slice(), rhs }))
}

fn find(root: &mut [u32], mut at: u32) -> u32 {
    while root[at as usize] != at {
        let above = root[root[at as usize] as usize];
        root[at as usize] = above;
        at = above;
    }
    at
}

fn join(root: &mut [u32], a: u32, b: u32) {
    let (a, b) = (find(root, a), find(root, b));
    root[a.max(b) as usize] = a.min(b);
}
