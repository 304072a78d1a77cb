//! The surroundings of some cells in a part that is much larger: what an organisation can find out about them depends on little else.

use crate::bounds::{Bounds, Holders};
use crate::certify::Truth;
use crate::classes::Classes;
use crate::error::AttackError;
use crate::problem::CellId;
use crate::region::Ground;
use crate::system::{Part, Row, UNBOUNDED};

/// A part, who holds what in it, and what the public can prove.
pub(crate) struct Ready {
    pub(crate) part: Part,
    pub(crate) holders: Holders,
    pub(crate) bounds: Bounds,
    pub(crate) classes: Classes,
}

/// A relation of at most this many unknowns tells something of one when another is known.
const SHORT: usize = 16;
/// How many unknowns a neighbourhood has: some for each cell that is asked about, and at least some.
const NEIGHBOURHOOD: (usize, usize) = (6, 300);
/// Relations of more unknowns are left out of proofs about a neighbourhood.
const LONG: usize = 80;

/// Where an organisation is in a part that is much larger.
pub(crate) struct Neighbourhood {
    /// The cells that are asked about, sorted.
    pub(crate) asked: Vec<CellId>,
    /// Those and the unknowns around them that may move, sorted.
    pub(crate) unknowns: Vec<u32>,
}

impl Ready {
    /// Some unknowns (sorted), and those that stand in a short relation with one of them.
    pub(crate) fn with_near(&self, touched: &[u32]) -> Vec<u32> {
        let mut asked = touched.to_vec();
        let rows = touched.iter().flat_map(|&unknown| self.holders.of(unknown)).map(|&(row, _)| &self.part.rows[row as usize].terms);
        asked.extend(rows.filter(|terms| terms.len() <= SHORT).flat_map(|terms| terms.iter().map(|term| term.0)));
        asked.sort_unstable();
        asked.dedup();
        asked
    }

    /// The neighbourhood of some unknowns (sorted); none when the part is hardly larger.
    pub(crate) fn neighbourhood(&self, asked: &[u32]) -> Option<Neighbourhood> {
        let part = &self.part;
        let size = NEIGHBOURHOOD.0 * asked.len() + NEIGHBOURHOOD.1;
        if part.cells.len() <= 2 * size {
            return None;
        }
        let ground = Ground { part, holders: &self.holders, bounds: &self.bounds, base: &[] };
        let mut unknowns = ground.ball(asked, size);
        unknowns.extend(asked);
        unknowns.sort_unstable();
        unknowns.dedup();
        (part.cells.len() > 2 * unknowns.len())
            .then(|| Neighbourhood { asked: asked.iter().map(|&unknown| part.cells[unknown as usize]).collect(), unknowns })
    }

    /// The equations of some unknowns (sorted), in order.
    fn rows_of(&self, unknowns: &[u32]) -> Vec<u32> {
        let mut rows: Vec<u32> = unknowns.iter().flat_map(|&unknown| self.holders.of(unknown)).map(|holder| holder.0).collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    }

    /// A part of its own with these unknowns (sorted) and rows.
    fn piece(&self, unknowns: &[u32], rows: Vec<Row>) -> Part {
        let part = &self.part;
        Part {
            cells: unknowns.iter().map(|&u| part.cells[u as usize]).collect(),
            lower: unknowns.iter().map(|&u| part.lower[u as usize]).collect(),
            withheld: unknowns.iter().map(|&u| part.withheld[u as usize]).collect(),
            rows,
        }
    }

    /// Some unknowns (sorted) with everything else as it truly is: a table of theirs and the true one for the rest fit the whole part.
    pub(crate) fn inside(&self, unknowns: &[u32], truth: Truth<'_>) -> Result<Part, AttackError> {
        let mut rows = Vec::new();
        for at in self.rows_of(unknowns) {
            let row = &self.part.rows[at as usize];
            let mut rhs = i128::from(row.rhs);
            let mut terms = Vec::new();
            for &(unknown, coefficient) in &row.terms {
                match unknowns.binary_search(&unknown) {
                    Ok(place) => terms.push((place as u32, coefficient)),
                    Err(_) => rhs -= i128::from(coefficient) * i128::from(truth(self.part.cells[unknown as usize])),
                }
            }
            rows.push(Row { relation: row.relation, terms: terms.into_boxed_slice(), rhs: small(rhs)? });
        }
        Ok(self.piece(unknowns, rows))
    }

    /// All equations of a neighbourhood that are not too long, with all their unknowns: what follows from them holds in the whole part.
    pub(crate) fn around(&self, near: &Neighbourhood) -> Part {
        let mut rows = self.rows_of(&near.unknowns);
        rows.retain(|&row| self.part.rows[row as usize].terms.len() <= LONG);
        let mut unknowns = near.unknowns.clone();
        unknowns.extend(rows.iter().flat_map(|&row| self.part.rows[row as usize].terms.iter().map(|term| term.0)));
        unknowns.sort_unstable();
        unknowns.dedup();
        let place = |unknown: u32| unknowns.binary_search(&unknown).unwrap_or_default() as u32;
        let rows = rows
            .iter()
            .map(|&at| {
                let row = &self.part.rows[at as usize];
                Row { relation: row.relation, terms: row.terms.iter().map(|&(u, c)| (place(u), c)).collect(), rhs: row.rhs }
            })
            .collect();
        self.piece(&unknowns, rows)
    }

    /// What the public can prove of a piece's unknowns, and that none is below the piece's least value.
    pub(crate) fn public_bounds(&self, piece: &Part) -> Bounds {
        let mut bounds = Bounds { lower: piece.lower.clone(), upper: vec![UNBOUNDED; piece.cells.len()] };
        for (at, cell) in piece.cells.iter().enumerate() {
            if let Ok(place) = self.part.cells.binary_search(cell) {
                bounds.lower[at] = bounds.lower[at].max(self.bounds.lower[place]);
                bounds.upper[at] = self.bounds.upper[place];
            }
        }
        bounds
    }
}

/// A sum as it is kept.
pub(crate) fn small(rhs: i128) -> Result<i64, AttackError> {
    i64::try_from(rhs).map_err(|_| AttackError::TooLarge { what: "a relation's sum", limit: i64::MAX as u64 })
}
