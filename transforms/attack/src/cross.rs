//! A problem whose cells are the cross product of its dimensions and whose relations are never stored (DISCLOSURE 2a).

use std::collections::BTreeMap;

use crate::dimension::Dimension;
use crate::error::AttackError;
use crate::hash::CellMap;
use crate::problem::{CellId, Problem, RelationId, State};

/// Stand for states other than a value; no count comes near them.
const WITHHELD: i64 = i64::MIN;
const UNPUBLISHED: i64 = i64::MIN + 1;
const OUTSIDE: i64 = i64::MIN + 2;

/// All cells of a cross product, 8 bytes each, or only those that differ from one default. A cell's number is its coordinates in mixed radix,
/// last dimension fastest. A relation of a dimension holds for every choice of the other coordinates; its number says which.
#[derive(Debug, Clone)]
pub struct CrossTable {
    dimensions: Vec<Dimension>,
    strides: Vec<u64>,
    cells: u64,
    store: Store,
    /// The first relation number of each dimension, and of the extra relations at the end.
    first_relation: Vec<u64>,
    extra: Vec<Vec<(CellId, i64)>>,
    extra_of: BTreeMap<CellId, Vec<u32>>,
}

#[derive(Debug, Clone)]
enum Store {
    Dense(Vec<i64>),
    Sparse { cells: CellMap<i64>, default: i64 },
}

fn code(state: State) -> i64 {
    match state {
        State::Published(value) => value,
        State::Withheld => WITHHELD,
        State::Unpublished => UNPUBLISHED,
        State::Outside => OUTSIDE,
    }
}

fn decode(code: i64) -> State {
    match code {
        WITHHELD => State::Withheld,
        UNPUBLISHED => State::Unpublished,
        OUTSIDE => State::Outside,
        value => State::Published(value),
    }
}

impl CrossTable {
    /// A table that holds every cell, all published as 0 until set. For tables of which most cells are in memory anyway.
    ///
    /// # Errors
    /// When a dimension has no node, or the cross product has more than 2^40 cells.
    pub fn dense(dimensions: Vec<Dimension>) -> Result<Self, AttackError> {
        let mut table = Self::sparse(dimensions, State::Published(0))?;
        let cells = usize::try_from(table.cells).map_err(|_| AttackError::TooLarge { what: "the number of cells", limit: 1 << 40 })?;
        table.store = Store::Dense(vec![0; cells]);
        Ok(table)
    }

    /// A table that holds only cells whose state is not `default`. With [`State::Published`]`(0)` an absent row is a published zero; with
    /// [`State::Outside`] the relations that have an absent cell say nothing (months that have only one of two geographies).
    /// [`State::Withheld`] or [`State::Unpublished`] cannot be the default.
    ///
    /// # Errors
    /// When a dimension has no node, the cross product has more than 2^40 cells, or the default would make absent cells unknowns.
    pub fn sparse(dimensions: Vec<Dimension>, default: State) -> Result<Self, AttackError> {
        if matches!(default, State::Withheld | State::Unpublished) {
            return Err(AttackError::Shape("an absent cell is published or outside, never unknown".to_owned()));
        }
        let mut strides = vec![0; dimensions.len()];
        let mut cells: u64 = 1;
        for (stride, dimension) in strides.iter_mut().zip(&dimensions).rev() {
            if dimension.is_empty() {
                return Err(AttackError::Shape(format!("dimension {} has no node", dimension.name())));
            }
            *stride = cells;
            cells = cells.saturating_mul(dimension.len() as u64);
        }
        if cells > 1 << 40 {
            return Err(AttackError::TooLarge { what: "the number of cells", limit: 1 << 40 });
        }
        let mut first_relation = vec![0];
        let mut next: u64 = 0;
        for dimension in &dimensions {
            next = next.saturating_add((cells / dimension.len() as u64).saturating_mul(dimension.relations.len() as u64));
            first_relation.push(next);
        }
        let store = Store::Sparse { cells: CellMap::default(), default: code(default) };
        Ok(Self { dimensions, strides, cells, store, first_relation, extra: Vec::new(), extra_of: BTreeMap::new() })
    }

    /// How many cells the cross product has.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.cells
    }

    /// Whether there is no cell (there always is one).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells == 0
    }

    /// The dimensions.
    #[must_use]
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// The number of the cell with these nodes, one per dimension.
    #[must_use]
    pub fn cell(&self, nodes: &[u32]) -> CellId {
        self.strides.iter().zip(nodes).map(|(stride, &node)| stride * u64::from(node)).sum()
    }

    /// The number of the cell with these node names, one per dimension.
    ///
    /// # Errors
    /// When a name is no node of its dimension.
    pub fn cell_named(&self, names: &[&str]) -> Result<CellId, AttackError> {
        let mut cell = 0;
        for ((dimension, stride), name) in self.dimensions.iter().zip(&self.strides).zip(names) {
            let node = dimension.find(name).ok_or_else(|| AttackError::Undeclared(format!("{}: {name}", dimension.name())))?;
            cell += stride * u64::from(node);
        }
        Ok(cell)
    }

    /// Says what the public knows of a cell. A number outside the cross product changes nothing.
    pub fn set(&mut self, cell: CellId, state: State) {
        let code = code(state);
        match &mut self.store {
            Store::Dense(cells) => {
                if let Some(place) = usize::try_from(cell).ok().and_then(|at| cells.get_mut(at)) {
                    *place = code;
                }
            }
            Store::Sparse { cells, default } => {
                if cell >= self.cells || code == *default {
                    cells.remove(&cell);
                } else {
                    cells.insert(cell, code);
                }
            }
        }
    }

    /// Adds a relation of its own: the sum of coefficient x cell is 0. So a frozen count (the same in two vintages), or a cell of another
    /// table with the same meaning, becomes one variable.
    ///
    /// # Errors
    /// When a cell is not in the cross product.
    pub fn relation(&mut self, terms: &[(CellId, i64)]) -> Result<RelationId, AttackError> {
        let relation = self.first_relation.last().copied().unwrap_or(0) + self.extra.len() as u64;
        for &(cell, _) in terms {
            if cell >= self.cells {
                return Err(AttackError::UnknownCell { relation, cell });
            }
            self.extra_of.entry(cell).or_default().push(self.extra.len() as u32);
        }
        self.extra.push(terms.to_vec());
        Ok(relation)
    }

    /// Fills every node that is a sum from its parts, dimension after dimension, in a dense table of published values.
    ///
    /// # Errors
    /// When a node is part of itself, or the table is not dense.
    pub fn add_up(&mut self) -> Result<(), AttackError> {
        let Store::Dense(values) = &mut self.store else {
            return Err(AttackError::Shape("only a dense table is added up".to_owned()));
        };
        for (dimension, &stride) in self.dimensions.iter().zip(&self.strides) {
            let (inner, block) = (stride as usize, stride as usize * dimension.len());
            for (parent, children) in dimension.sums_bottom_up()? {
                for whole in values.chunks_mut(block) {
                    for rest in 0..inner {
                        let sum = children.iter().filter_map(|&child| whole.get(child as usize * inner + rest)).sum();
                        if let Some(place) = whole.get_mut(parent as usize * inner + rest) {
                            *place = sum;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn coordinate(&self, cell: CellId, dimension: usize) -> u32 {
        let (stride, size) = (self.strides[dimension], self.dimensions[dimension].len() as u64);
        u32::try_from(cell / stride % size).unwrap_or(0)
    }
}

impl Problem for CrossTable {
    fn state(&self, cell: CellId) -> State {
        match &self.store {
            Store::Dense(cells) => usize::try_from(cell).ok().and_then(|at| cells.get(at)).map_or(State::Outside, |&code| decode(code)),
            Store::Sparse { cells, default } => {
                decode(cells.get(&cell).copied().unwrap_or(if cell < self.cells { *default } else { OUTSIDE }))
            }
        }
    }

    fn unknowns(&self) -> Vec<CellId> {
        let unknown = |code: i64| code == WITHHELD || code == UNPUBLISHED;
        match &self.store {
            Store::Dense(cells) => (0u64..).zip(cells).filter(|(_, code)| unknown(**code)).map(|(cell, _)| cell).collect(),
            Store::Sparse { cells, .. } => {
                let mut list: Vec<CellId> = cells.iter().filter(|(_, code)| unknown(**code)).map(|(cell, _)| *cell).collect();
                list.sort_unstable();
                list
            }
        }
    }

    fn touching(&self, cell: CellId, out: &mut Vec<RelationId>) {
        for (at, dimension) in self.dimensions.iter().enumerate() {
            let (stride, size) = (self.strides[at], dimension.len() as u64);
            let node = self.coordinate(cell, at);
            // the cell's number without this coordinate
            let rest = cell / (stride * size) * stride + cell % stride;
            let lines = self.cells / size;
            out.extend(
                dimension.of_node[node as usize].iter().map(|&relation| self.first_relation[at] + u64::from(relation) * lines + rest),
            );
        }
        let after = self.first_relation.last().copied().unwrap_or(0);
        out.extend(self.extra_of.get(&cell).into_iter().flatten().map(|&extra| after + u64::from(extra)));
    }

    fn terms(&self, relation: RelationId, out: &mut Vec<(CellId, i64)>) {
        let at = self.first_relation.partition_point(|&first| first <= relation).saturating_sub(1);
        let Some(dimension) = self.dimensions.get(at) else {
            let extra = relation - self.first_relation.last().copied().unwrap_or(0);
            out.extend(usize::try_from(extra).ok().and_then(|extra| self.extra.get(extra)).into_iter().flatten());
            return;
        };
        let (stride, size) = (self.strides[at], dimension.len() as u64);
        let lines = self.cells / size;
        let (number, rest) = ((relation - self.first_relation[at]) / lines, (relation - self.first_relation[at]) % lines);
        let base = rest / stride * (stride * size) + rest % stride;
        let terms = usize::try_from(number).ok().and_then(|number| dimension.relations.get(number));
        out.extend(terms.into_iter().flatten().map(|&(node, coefficient)| (base + u64::from(node) * stride, i64::from(coefficient))));
    }

    fn name(&self, cell: CellId) -> String {
        let names: Vec<&str> =
            self.dimensions.iter().enumerate().map(|(at, dimension)| dimension.node_name(self.coordinate(cell, at))).collect();
        names.join(" · ")
    }
}
