//! A made-up month of demand, of the shape of a real release: communes in EPCI and in départements, categories of which some have two parents, an
//! outcome with a total, and about 1.2 searches in a cell that is not empty.

use std::collections::{BTreeMap, BTreeSet};

use solidata_attack::{CellId, CrossTable, Dimension, Own, Problem, RelationId, State};

const LEAVES: usize = 120;
const FAMILIES: usize = 20;
const OUTCOMES: [&str; 3] = ["found", "nothing", "unknown"];
/// Every seventh code is under the next family as well.
const TWO_PARENTS: usize = 7;

/// The table with its true values, and who searched.
pub struct Demand {
    pub table: CrossTable,
    /// All cells that are not 0, with their values.
    pub values: BTreeMap<CellId, i64>,
    /// What each organisation searched: inner cell and count.
    pub organisations: Vec<BTreeMap<CellId, i64>>,
    /// All searches by inner cell.
    pub inner: BTreeMap<CellId, i64>,
    /// Cells that an inner cell is part of, by its coordinates: geography, category, outcome.
    above: [Vec<Vec<u32>>; 3],
}

/// SplitMix64 (Steele, Lea, Flood 2014).
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A rank from 0 to `n` - 1, drawn nearly as 1 / (rank + `flat`).
    fn zipf(&mut self, n: usize, flat: f64) -> usize {
        let x = (((n as f64 + flat) / flat).ln() * self.share()).exp() * flat - flat;
        (x as usize).min(n - 1)
    }
}

/// Makes the table: `searches` of them are drawn over the communes, categories and outcomes, by `organisations` that each work in one département.
pub fn make(communes: usize, searches: usize, organisations: usize, seed: u64) -> Demand {
    let mut random = Random(seed);
    let departments = communes.div_ceil(350).max(2);
    let (mut geography, mut category, mut outcome) = (Dimension::new("geography"), Dimension::new("category"), Dimension::new("outcome"));
    let department = |commune: usize| commune * departments / communes;
    // an EPCI has 28 communes in a row; every eighth crosses a border because borders fall anywhere in the row
    let epci = |commune: usize| commune / 28;
    let name = |commune: usize| format!("C{commune:05}");
    let mut pairs = Vec::new();
    for commune in 0..communes {
        pairs.push((name(commune), format!("D{:03}", department(commune))));
    }
    pairs.extend((0..departments).map(|d| (format!("D{d:03}"), "France".to_owned())));
    let mut second: Vec<(String, String)> = (0..communes).map(|c| (name(c), format!("E{:04}", epci(c)))).collect();
    second.extend((0..=epci(communes - 1)).map(|e| (format!("E{e:04}"), "France".to_owned())));
    for hierarchy in [&pairs, &second] {
        geography.hierarchy(hierarchy.iter().map(|(a, b)| (a.as_str(), b.as_str())));
    }
    let families: Vec<String> = (0..FAMILIES).map(|f| format!("F{f:02}")).collect();
    let mut codes = Vec::new();
    for leaf in 0..LEAVES {
        let family = leaf * FAMILIES / LEAVES;
        codes.push((format!("L{leaf:03}"), families[family].clone()));
        if leaf % TWO_PARENTS == 0 {
            codes.push((format!("L{leaf:03}"), families[(family + 1) % FAMILIES].clone()));
        }
    }
    category.hierarchy(codes.iter().map(|(a, b)| (a.as_str(), b.as_str())));
    category.union("all", families.iter().map(String::as_str)).unwrap();
    outcome.sum("all", OUTCOMES);
    let up = |dimension: &Dimension, pairs: &[(String, String)], top: &str| {
        let mut above: Vec<Vec<u32>> = (0..dimension.len() as u32).map(|node| vec![node]).collect();
        for (child, parent) in pairs {
            above[dimension.find(child).unwrap() as usize].push(dimension.find(parent).unwrap());
        }
        let top = dimension.find(top).unwrap();
        above.iter_mut().for_each(|list| list.push(top));
        above.iter_mut().for_each(|list| list.sort_unstable());
        above.iter_mut().for_each(|list| list.dedup());
        above
    };
    let mut places = pairs.clone();
    places.retain(|(child, _)| child.starts_with('C'));
    places.extend(second.iter().filter(|(child, _)| child.starts_with('C')).cloned());
    let above = [up(&geography, &places, "France"), up(&category, &codes, "all"), up(&outcome, &[], "all")];
    let nodes = |dimension: &Dimension, names: Vec<String>| names.iter().map(|n| dimension.find(n).unwrap()).collect::<Vec<u32>>();
    let commune_nodes = nodes(&geography, (0..communes).map(name).collect());
    let leaf_nodes = nodes(&category, (0..LEAVES).map(|l| format!("L{l:03}")).collect());
    let outcome_nodes = nodes(&outcome, OUTCOMES.iter().map(|o| (*o).to_owned()).collect());
    let mut table = CrossTable::sparse(vec![geography, category, outcome], State::Published(0)).unwrap();
    // which commune has which rank is drawn
    let mut ranks: Vec<usize> = (0..communes).collect();
    (1..communes).rev().for_each(|at| ranks.swap(at, (random.next() % (at as u64 + 1)) as usize));
    let mut inner: BTreeMap<CellId, i64> = BTreeMap::new();
    let mut own = vec![BTreeMap::new(); organisations];
    for _ in 0..searches {
        let commune = ranks[random.zipf(communes, communes as f64 / 60.0)];
        let cell =
            table.cell(&[commune_nodes[commune], leaf_nodes[random.zipf(LEAVES, 12.0)], outcome_nodes[random.zipf(OUTCOMES.len(), 1.0)]]);
        *inner.entry(cell).or_insert(0) += 1;
        // half of all searches are of organisations: the largest of a département made most of them
        if organisations > 0 && random.next() & 1 == 0 {
            let here = organisations.div_ceil(departments);
            let who = (department(commune) * here + random.zipf(here, 1.0)) % organisations;
            *own[who].entry(cell).or_insert(0) += 1;
        }
    }
    let mut demand = Demand { table: table.clone(), values: BTreeMap::new(), organisations: own, inner, above };
    let mut cells = Vec::new();
    for (&cell, &count) in &demand.inner {
        cells.clear();
        demand.cells_of(cell, &mut cells);
        for &above in &cells {
            *demand.values.entry(above).or_insert(0) += count;
        }
    }
    for (&cell, &value) in &demand.values {
        table.set(cell, State::Published(value));
    }
    demand.table = table;
    demand
}

impl Demand {
    /// The cells that an inner cell is part of.
    pub fn cells_of(&self, inner: CellId, out: &mut Vec<CellId>) {
        let sizes: Vec<u64> = self.table.dimensions().iter().map(|dimension| dimension.len() as u64).collect();
        let at = [inner / (sizes[1] * sizes[2]), inner / sizes[2] % sizes[1], inner % sizes[2]];
        let [places, codes, outcomes] = &self.above;
        for &place in &places[at[0] as usize] {
            for &code in &codes[at[1] as usize] {
                out.extend(outcomes[at[2] as usize].iter().map(|&outcome| self.table.cell(&[place, code, outcome])));
            }
        }
    }

    /// The true value of a cell.
    pub fn value(&self, cell: CellId) -> i64 {
        self.values.get(&cell).copied().unwrap_or(0)
    }

    /// A crude pattern: every cell below `k`, then, in every relation whose withheld cells sum up to less than their number + `k` - 1, its smallest
    /// published cell, again and again. Returns how many cells are withheld.
    pub fn withhold(&mut self, k: i64) -> usize {
        let mut queue: Vec<CellId> = self.values.iter().filter(|(_, n)| **n < k).map(|(cell, _)| *cell).collect();
        queue.iter().for_each(|&cell| self.table.set(cell, State::Withheld));
        let mut withheld = queue.len();
        let (mut relations, mut terms): (Vec<RelationId>, Vec<(CellId, i64)>) = (Vec::new(), Vec::new());
        // a line is looked at once for every time that it was touched since
        let mut waiting: BTreeSet<RelationId> = BTreeSet::new();
        loop {
            for cell in queue.drain(..) {
                relations.clear();
                self.table.touching(cell, &mut relations);
                waiting.extend(&relations);
            }
            let Some(line) = waiting.pop_first() else { return withheld };
            terms.clear();
            self.table.terms(line, &mut terms);
            let hidden = || terms.iter().map(|term| term.0).filter(|&cell| self.table.state(cell) == State::Withheld);
            if hidden().map(|cell| self.value(cell)).sum::<i64>() < hidden().count() as i64 + k - 1 {
                let published = |cell: &CellId| matches!(self.table.state(*cell), State::Published(n) if n > 0);
                let smallest = terms.iter().map(|term| term.0).filter(published).min_by_key(|&cell| (self.value(cell), cell));
                if let Some(cell) = smallest {
                    self.table.set(cell, State::Withheld);
                    withheld += 1;
                    queue.push(cell);
                }
            }
        }
    }

    /// What an organisation knows of the withheld table.
    pub fn own(&self, organisation: usize) -> Own {
        let mut own = Own::default();
        let mut cells = Vec::new();
        for (&inner, &count) in &self.organisations[organisation] {
            cells.clear();
            self.cells_of(inner, &mut cells);
            cells.iter().for_each(|&cell| *own.counts.entry(cell).or_insert(0) += count);
        }
        own.alone = own.counts.iter().filter(|(cell, count)| self.value(**cell) == **count).map(|(cell, _)| *cell).collect();
        own
    }
}
