//! The joint problem: cells, and what is known to add up.
//!
//! A cell is a sum of searches, and every table, hierarchy, measure and period that is published adds *constraints*: a parent is the sum of
//! its children. Two cells that hold the same searches are one *variable*: cells with a single child that is not zero, and cells given in
//! two tables, are joined, so that a value cannot be withheld in one place and read in another (DISCLOSURE §2a, §2f). Zero cells are public
//! and leave the problem: they tell about no one, and a zero that is withheld protects nothing.

use crate::error::Error;
use crate::sparse::{Csr, Members};
use std::cmp::Reverse;

/// No variable: the cell is zero, hence public.
const NONE: u32 = u32::MAX;

/// What is decided about a cell before the engine chooses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Fate {
    /// The engine publishes or withholds it.
    #[default]
    Free,
    /// It is public, whatever happens: it was published in an earlier release, or someone else publishes it.
    Public,
    /// It was withheld in an earlier release and stays so (a pattern is sticky, DISCLOSURE §2e).
    Sticky,
    /// No table publishes it: an inner cell that only serves to say how others add up.
    Hidden,
}

/// One cell of the problem.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    /// Its true value: a count of searches.
    pub value: u64,
    /// Whether a primary rule withholds it, so that no one may compute it.
    pub primary: bool,
    /// What is decided before.
    pub fate: Fate,
}

impl Cell {
    /// A cell that the engine may publish or withhold.
    pub fn new(value: u64, primary: bool) -> Self {
        Self { value, primary, fate: Fate::Free }
    }

    /// The same cell with another fate.
    pub fn with_fate(mut self, fate: Fate) -> Self {
        self.fate = fate;
        self
    }
}

/// What the engine needs to know of a variable, in one byte.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Flags(u8);

impl Flags {
    const PRIMARY: u8 = 1;
    const PUBLIC: u8 = 2;
    const STICKY: u8 = 4;
    const SHOWN: u8 = 8;

    fn add(&mut self, cell: Cell) {
        if cell.primary {
            self.0 |= Self::PRIMARY;
        }
        self.0 |= match cell.fate {
            Fate::Free => Self::SHOWN,
            Fate::Public => Self::PUBLIC | Self::SHOWN,
            Fate::Sticky => Self::STICKY | Self::SHOWN,
            Fate::Hidden => 0,
        };
    }

    /// No one may compute it.
    pub(crate) fn primary(self) -> bool {
        self.0 & Self::PRIMARY != 0
    }

    /// It was withheld before.
    pub(crate) fn sticky(self) -> bool {
        self.0 & Self::STICKY != 0
    }

    /// It is known whatever the engine decides.
    pub(crate) fn public(self) -> bool {
        self.0 & Self::PUBLIC != 0
    }

    /// It must be withheld from the start: primary, sticky, or in no table.
    pub(crate) fn withheld(self) -> bool {
        !self.public() && (self.0 & (Self::PRIMARY | Self::STICKY) != 0 || self.0 & Self::SHOWN == 0)
    }
}

/// The contributor that has most of a cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Largest {
    /// Any number, the same wherever it contributes.
    pub contributor: u32,
    /// How much of the cell it has; 0 when no contributor is known.
    pub held: u64,
}

/// A joint problem, ready for [`crate::protect`].
#[derive(Debug, Clone)]
pub struct Problem {
    cells: Vec<Cell>,
    var_of: Vec<u32>,
    value: Vec<u64>,
    flags: Vec<Flags>,
    /// How many cells of the tables the variable stands for.
    weight: Vec<u32>,
    /// The contributor with most of each variable; nothing when no contributor is known.
    largest: Vec<Largest>,
    /// When the variable is thought of while intervals are kept, the lowest number first; nothing when the largest comes first.
    rank: Vec<u8>,
    rows: Csr,
    cols: Csr,
}

/// The constraints of a problem while it is built: each says that some cells add up to another.
#[derive(Debug, Clone, Default)]
pub struct Constraints {
    pub(crate) rows: Csr,
}

impl Constraints {
    /// No constraint yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// `parent` is the sum of `children` (indices of cells).
    pub fn sum(&mut self, parent: u32, children: impl IntoIterator<Item = u32>) {
        self.rows.push(std::iter::once((parent, true)).chain(children.into_iter().map(|child| (child, false))));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 0
    }
}

impl Problem {
    /// Joins cells and constraints. The order of the cells is the order in which ties are broken: give them in an order that depends on
    /// their meaning only ([`crate::named`] and [`crate::cube`] do).
    ///
    /// # Errors
    /// [`Error::Unbalanced`] when the values of a constraint do not add up, [`Error::UnknownCell`] when one names a cell that is not there,
    /// [`Error::TooLarge`] beyond 2^31 cells.
    pub fn new(cells: Vec<Cell>, constraints: &Constraints) -> Result<Self, Error> {
        if cells.len() >= 1 << 31 {
            return Err(Error::TooLarge { cells: cells.len() });
        }
        check(&cells, &constraints.rows)?;
        let var_of = variables(&cells, &constraints.rows);
        let count = var_of.iter().filter(|v| **v != NONE).max().map_or(0, |v| *v as usize + 1);
        let (mut value, mut flags, mut weight) = (vec![0; count], vec![Flags::default(); count], vec![0u32; count]);
        for (cell, var) in cells.iter().zip(&var_of).filter(|(_, v)| **v != NONE) {
            let var = *var as usize;
            value[var] = cell.value;
            flags[var].add(*cell);
            weight[var] += u32::from(cell.fate != Fate::Hidden);
        }
        let rows = constraints.rows.mapped(|cell| Some(var_of[cell as usize]).filter(|v| *v != NONE)).without_repeats();
        let cols = rows.transposed(count);
        Ok(Self { cells, var_of, value, flags, weight, largest: Vec::new(), rank: Vec::new(), rows, cols })
    }

    /// The same problem, with the contributor that has most of each cell: it knows its own searches and subtracts them. Intervals then hold for
    /// what the others have, whoever looks (DISCLOSURE §2b, singletons).
    pub fn with_insiders(mut self, of: impl Fn(usize) -> Largest) -> Self {
        let mut largest = vec![Largest::default(); self.value.len()];
        for (cell, var) in self.var_of.iter().enumerate().filter(|(_, var)| **var != NONE) {
            let (var, found) = (*var as usize, of(cell));
            let found = Largest { held: found.held.min(self.value[var]), ..found };
            if found.held > largest[var].held {
                largest[var] = found;
            }
        }
        self.largest = largest;
        self
    }

    /// The same problem, with what is published first where intervals are kept: cells of the lowest number, and of those the largest.
    pub fn with_ranks(mut self, of: impl Fn(usize) -> u8) -> Self {
        let mut rank = vec![u8::MAX; self.value.len()];
        for (cell, var) in self.var_of.iter().enumerate().filter(|(cell, var)| **var != NONE && self.cells[*cell].fate != Fate::Hidden) {
            let rank = &mut rank[*var as usize];
            *rank = of(cell).min(*rank);
        }
        self.rank = rank;
        self
    }

    /// The order in which variables are published: those of which most is wanted last.
    pub(crate) fn importance(&self, var: u32) -> (Reverse<u8>, u64, u32) {
        (Reverse(self.rank.get(var as usize).copied().unwrap_or(0)), self.value(var), var)
    }

    /// The cells, as they were given.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// How many variables are left once zero cells are gone and cells of the same searches are joined.
    pub fn variables(&self) -> usize {
        self.value.len()
    }

    /// How many different constraints hold between them.
    pub fn constraints(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn var(&self, cell: u32) -> Option<u32> {
        self.var_of.get(cell as usize).copied().filter(|v| *v != NONE)
    }

    pub(crate) fn value(&self, var: u32) -> u64 {
        self.value[var as usize]
    }

    /// What the contributor with most has of a variable.
    pub(crate) fn held(&self, var: u32) -> u64 {
        self.largest.get(var as usize).map_or(0, |largest| largest.held)
    }

    /// The contributor that has a variable alone.
    pub(crate) fn alone(&self, var: u32) -> Option<u32> {
        self.largest.get(var as usize).filter(|largest| largest.held == self.value(var)).map(|largest| largest.contributor)
    }

    /// What is left of a variable when the contributor with most subtracts itself. One that it has alone is left as it is: nobody else is in it.
    pub(crate) fn rest(&self, var: u32) -> u64 {
        let value = self.value(var);
        Some(value - self.held(var)).filter(|rest| *rest > 0).unwrap_or(value)
    }

    pub(crate) fn flags(&self, var: u32) -> Flags {
        self.flags[var as usize]
    }

    pub(crate) fn weight(&self, var: u32) -> u32 {
        self.weight[var as usize]
    }

    /// The members of a constraint.
    pub(crate) fn row(&self, row: u32) -> Members<'_> {
        self.rows.row(row)
    }

    /// The constraints a variable stands in.
    pub(crate) fn rows_of(&self, var: u32) -> Members<'_> {
        self.cols.row(var)
    }

    /// The first cell that each variable stands for.
    pub(crate) fn first_cells(&self) -> Vec<u32> {
        let mut first = vec![NONE; self.value.len()];
        for (cell, var) in self.var_of.iter().enumerate().rev().filter(|(_, v)| **v != NONE) {
            first[*var as usize] = cell as u32;
        }
        first
    }
}

fn check(cells: &[Cell], rows: &Csr) -> Result<(), Error> {
    for row in 0..rows.len() as u32 {
        let mut sum = 0i128;
        for (cell, plus) in rows.row(row) {
            let value = i128::from(cells.get(cell as usize).ok_or(Error::UnknownCell { constraint: row as usize })?.value);
            sum += if plus { value } else { -value };
        }
        if sum != 0 {
            return Err(Error::Unbalanced { constraint: row as usize });
        }
    }
    Ok(())
}

/// Joins cells that a constraint of two members makes equal, and numbers what is left in the order of the cells.
fn variables(cells: &[Cell], rows: &Csr) -> Vec<u32> {
    let mut parent: Vec<u32> = (0..cells.len() as u32).collect();
    for row in 0..rows.len() as u32 {
        let mut live = rows.row(row).filter(|(cell, _)| cells[*cell as usize].value != 0);
        if let (Some((a, true)), Some((b, false)), None) | (Some((a, false)), Some((b, true)), None) =
            (live.next(), live.next(), live.next())
        {
            crate::sparse::join(&mut parent, a, b);
        }
    }
    let mut var_of = vec![NONE; cells.len()];
    let mut next = 0;
    for cell in 0..cells.len() as u32 {
        if cells[cell as usize].value != 0 {
            let root = crate::sparse::root(&mut parent, cell);
            if var_of[root as usize] == NONE {
                var_of[root as usize] = next;
                next += 1;
            }
            var_of[cell as usize] = var_of[root as usize];
        }
    }
    var_of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_leave_and_single_children_are_joined() {
        // 0 = 1 + 2, with 2 zero; 3 = 0 + 4
        let cells = [5, 5, 0, 12, 7].map(|n| Cell::new(n, n < 6)).to_vec();
        let mut sums = Constraints::new();
        sums.sum(0, [1, 2]);
        sums.sum(3, [0, 4]);
        sums.sum(3, [1, 4]);
        let problem = Problem::new(cells, &sums).unwrap();
        assert_eq!(problem.variables(), 3);
        assert_eq!(problem.var(0), problem.var(1));
        assert_eq!(problem.var(2), None);
        assert_eq!(problem.constraints(), 1, "the same constraint twice is one");
        assert_eq!(problem.weight(0), 2);
    }

    #[test]
    fn what_does_not_add_up_is_refused() {
        let mut sums = Constraints::new();
        sums.sum(0, [1, 2]);
        let cells = [5, 5, 1].map(|n| Cell::new(n, false)).to_vec();
        assert!(matches!(Problem::new(cells, &sums), Err(Error::Unbalanced { constraint: 0 })));
        sums.sum(0, [9]);
        let cells = [6, 5, 1].map(|n| Cell::new(n, false)).to_vec();
        assert!(matches!(Problem::new(cells, &sums), Err(Error::UnknownCell { constraint: 1 })));
    }
}
