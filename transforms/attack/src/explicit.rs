//! A problem whose cells and relations are listed one by one: cases, linked tables, and the history of releases.

use crate::error::AttackError;
use crate::problem::{CellId, Problem, RelationId, State};

/// Cells and relations in lists. Cells are numbered from 0 in the order in which they were added, relations likewise.
#[derive(Debug, Clone, Default)]
pub struct Explicit {
    states: Vec<State>,
    names: Vec<String>,
    relations: Vec<Vec<(CellId, i64)>>,
    touching: Vec<Vec<RelationId>>,
}

impl Explicit {
    /// A problem without cells.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a cell and returns its number.
    pub fn cell(&mut self, name: impl Into<String>, state: State) -> CellId {
        self.states.push(state);
        self.names.push(name.into());
        self.touching.push(Vec::new());
        self.states.len() as CellId - 1
    }

    /// Adds the relation "the sum of coefficient x cell is 0" and returns its number.
    ///
    /// # Errors
    /// When a cell is not there.
    pub fn relation(&mut self, terms: &[(CellId, i64)]) -> Result<RelationId, AttackError> {
        let relation = self.relations.len() as RelationId;
        if let Some(&(cell, _)) = terms.iter().find(|(cell, _)| *cell >= self.states.len() as u64) {
            return Err(AttackError::UnknownCell { relation, cell });
        }
        for &(cell, _) in terms {
            if let Some(list) = self.touching.get_mut(place(cell)) {
                list.push(relation);
            }
        }
        self.relations.push(terms.to_vec());
        Ok(relation)
    }

    /// Adds the relation "parent = sum of children", as hierarchies and linked measures have it.
    ///
    /// # Errors
    /// When a cell is not there.
    pub fn sum(&mut self, parent: CellId, children: &[CellId]) -> Result<RelationId, AttackError> {
        let terms: Vec<(CellId, i64)> = std::iter::once((parent, 1)).chain(children.iter().map(|&child| (child, -1))).collect();
        self.relation(&terms)
    }

    /// Changes what the public knows of a cell: for mutations, and for an insider who knows more. A cell that is not there stays so.
    pub fn set_state(&mut self, cell: CellId, state: State) {
        if let Some(place) = self.states.get_mut(place(cell)) {
            *place = state;
        }
    }

    /// How many cells there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// Whether there is no cell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// The number of the cell with this name, if there is one (the first).
    #[must_use]
    pub fn find(&self, name: &str) -> Option<CellId> {
        self.names.iter().position(|known| known == name).map(|at| at as CellId)
    }

    /// A problem given by the meaning of its cells: each is the sum of its inner cells (DISCLOSURE 2a: a cell *is* its set of inner cells).
    /// The inner cells become unknowns of their own, counts of at least 0, so that every relation between cells that follows from
    /// containment is in the problem. Cell `i` of the result is `cells[i]`; the inner cells come after.
    ///
    /// # Errors
    /// When an incidence names a cell that is not there.
    pub fn from_incidence(cells: Vec<(String, State)>, incidence: &[(usize, u64, i64)]) -> Result<Self, AttackError> {
        let mut problem = Self::new();
        let count = cells.len();
        for (name, state) in cells {
            problem.cell(name, state);
        }
        let mut inner: Vec<u64> = incidence.iter().map(|(_, inner, _)| *inner).collect();
        inner.sort_unstable();
        inner.dedup();
        for id in &inner {
            problem.cell(format!("inner cell {id}"), State::Unpublished);
        }
        let mut rows: Vec<Vec<(CellId, i64)>> = (0..count).map(|cell| vec![(cell as CellId, 1)]).collect();
        for &(cell, id, coefficient) in incidence {
            let at = inner.binary_search(&id).unwrap_or_default();
            let row = rows.get_mut(cell).ok_or(AttackError::UnknownCell { relation: cell as u64, cell: cell as u64 })?;
            row.push(((count + at) as CellId, -coefficient));
        }
        for row in rows {
            problem.relation(&row)?;
        }
        Ok(problem)
    }
}

/// The place in a list of a number that came from one.
fn place(id: u64) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}

impl Problem for Explicit {
    fn state(&self, cell: CellId) -> State {
        self.states.get(place(cell)).copied().unwrap_or(State::Outside)
    }

    fn unknowns(&self) -> Vec<CellId> {
        let unknown = |state: &State| matches!(state, State::Withheld | State::Unpublished);
        self.states.iter().enumerate().filter(|(_, state)| unknown(state)).map(|(at, _)| at as CellId).collect()
    }

    fn touching(&self, cell: CellId, out: &mut Vec<RelationId>) {
        out.extend(self.touching.get(place(cell)).into_iter().flatten());
    }

    fn terms(&self, relation: RelationId, out: &mut Vec<(CellId, i64)>) {
        out.extend(self.relations.get(place(relation)).into_iter().flatten());
    }

    fn name(&self, cell: CellId) -> String {
        self.names.get(place(cell)).cloned().unwrap_or_else(|| format!("cell {cell}"))
    }
}
