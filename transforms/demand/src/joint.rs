//! The joint problem of a release's periods, and what comes out of it.

use crate::{
    Before, DemandError, EARLIER, GROSS, Lists, NET, Period, REMOVED, Report, Scope, Shown,
    rank::rank,
    report::{self, Loss, PerPerson},
    rules::{intervals, primary},
};
use solidata_disclosure::{
    Contributor, ContributorFold, Contributors, Cube, Dimension, Fate, Objective, Options, Pattern, Pool, PrimaryReason, Problem, Subject,
    Table, protect,
};
use solidata_model::{Month, Protection};
use std::collections::BTreeMap;

/// Who searched: the kind of contributor and its keyed hash. Private.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Who {
    /// What it is.
    pub kind: Contributor,
    /// Its hash, the same in all months of a year.
    pub hash: u128,
}

/// Exact counts of one inner cell and contributor in one month. Private.
#[derive(Clone, PartialEq, Eq)]
pub struct Inner {
    /// The month.
    pub month: Month,
    /// Identifier of the territory searched, as precisely as it is known (`com-67482`, `dep-67`, `fr`).
    pub territory: String,
    /// The leaf of the categories searched ([`crate::CategoryPlan::leaf`]).
    pub category: String,
    /// The outcome.
    pub outcome: String,
    /// Who searched; none when nobody is known.
    pub who: Option<Who>,
    /// Gross searches.
    pub gross: u64,
    /// Net searches.
    pub net: u64,
}

/// The joint problem, ready to be protected. Private.
pub struct Joint<'a> {
    lists: &'a Lists,
    rules: &'a Protection,
    scope: &'a Scope,
    cube: Cube,
    of: Vec<Contributors>,
    reasons: Vec<Option<PrimaryReason>>,
    problem: Problem,
    per_person: PerPerson,
    elsewhere: u64,
}

/// The rows that may leave the vault, column by column, sorted by (kind of period, period, territory, category, outcome). A row that is not there is zero.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Protected {
    /// `periode_type`.
    pub kind: Vec<&'static str>,
    /// `periode`.
    pub period: Vec<String>,
    /// `territoire_id`.
    pub territory: Vec<String>,
    /// `categorie_code`.
    pub category: Vec<String>,
    /// `resultat`.
    pub outcome: Vec<String>,
    /// Net searches; none is withheld.
    pub net: Vec<Option<u64>>,
    /// Gross searches, where they are given at all; an inner none is withheld.
    pub gross: Vec<Option<Option<u64>>>,
}

/// Kind of period, period, and territory, category and measure of a row, whose net and gross cells are looked for.
type RowKey = (&'static str, u32, [u32; 3]);
/// An inner cell of the cube, and its count.
type Leaf = ([u32; 4], u64);

/// Positions of the dimensions in the cube.
const PERIOD: usize = 0;
const TERRITORY: usize = 1;
const CATEGORY: usize = 2;
const MEASURE: usize = 3;

impl<'a> Joint<'a> {
    /// Folds the exact counts of every month of the scope up all hierarchies, judges each cell by the primary rules and binds what was given before.
    /// `inner` may come in any order.
    ///
    /// # Errors
    /// When a count names no leaf, or what was given before is not what is counted now.
    pub fn new(
        lists: &'a Lists,
        rules: &'a Protection,
        scope: &'a Scope,
        inner: &[Inner],
        before: &Before,
        threads: usize,
    ) -> Result<Self, DemandError> {
        let mut joint = Self::judged(lists, rules, scope, inner)?;
        joint.problem = joint.bind(before, threads)?;
        Ok(joint)
    }

    /// The same without anything that binds the cells: it knows which of them a rule withholds.
    fn judged(lists: &'a Lists, rules: &'a Protection, scope: &'a Scope, inner: &[Inner]) -> Result<Self, DemandError> {
        let periods = scope.dimension()?;
        let leaves = Leaves::new(lists, &periods)?;
        let mut elsewhere = 0;
        let mut counts: Vec<([u32; 4], u64, Option<Who>)> = Vec::with_capacity(inner.len());
        for row in inner {
            match leaves.of(row)? {
                Some(found) => counts.extend(found.into_iter().filter(|(_, n)| *n > 0).map(|(at, n)| (at, n, row.who))),
                None => elsewhere += row.net,
            }
        }
        // Contributors one after the other, the anonymous ones first.
        counts.sort_unstable_by_key(|(at, n, who)| (*who, *at, *n));
        let dimensions = vec![periods, lists.territories.clone(), lists.categories.clone(), lists.measures.clone()];
        let cube = Cube::fold(dimensions, counts.iter().map(|(at, n, _)| (*at, *n)))?;
        let mut fold = ContributorFold::new(&cube);
        for same in counts.chunk_by(|a, b| a.2 == b.2) {
            match same.first().and_then(|c| c.2) {
                None => same.iter().try_for_each(|(at, n, _)| fold.anonymous(at, *n))?,
                Some(who) => fold.contributor(who.kind, same.iter().map(|(at, n, _)| (*at, *n)))?,
            }
        }
        let of = fold.finish();
        let net = counts.iter().filter(|c| c.0[MEASURE] != leaves.removed);
        let per_person = report::per_person(net, rules, |at| lists.sensitive[at[CATEGORY] as usize]);
        let mut joint = Self {
            lists,
            rules,
            scope,
            reasons: Vec::new(),
            problem: Problem::new(Vec::new(), &solidata_disclosure::Constraints::new())?,
            cube,
            of,
            per_person,
            elsewhere,
        };
        joint.reasons = (0..joint.cube.len()).map(|cell| joint.judge(cell)).collect();
        Ok(joint)
    }

    /// Why a cell is withheld by itself.
    fn judge(&self, cell: usize) -> Option<PrimaryReason> {
        let nodes = self.cube.nodes(cell);
        let level = self.cube.dimensions()[MEASURE].level(nodes[MEASURE]);
        let (territory, category) = (nodes[TERRITORY] as usize, nodes[CATEGORY] as usize);
        let subject = Subject { sensitive: self.lists.sensitive[category], population: self.lists.population[territory] };
        let own = |cell: usize| primary(self.rules).judge(subject, &self.of[cell]);
        match level {
            // Below the département nothing of them is given, and nothing can be computed.
            "brute" | "retirees" if !self.lists.gross[territory] => None,
            _ => own(cell),
        }
    }

    /// The problem, with what is public and what is sticky.
    fn bind(&self, before: &Before, threads: usize) -> Result<Problem, DemandError> {
        let mut shown: Vec<Option<Shown>> = vec![None; self.cube.len()];
        let periods = &self.cube.dimensions()[PERIOD];
        for period in &self.scope.earlier {
            let name = period.to_string();
            let node = periods.find(&name)?;
            for ([territory, category, measure], given) in before.of(&name).into_iter().flatten() {
                match (self.cube.cell(&[node, *territory, *category, *measure]), given) {
                    (Some(cell), given) => shown[cell] = Some(*given),
                    (None, Shown::Value(0)) => {}
                    (None, _) => return Err(DemandError::Before { period: name }),
                }
            }
        }
        // A zero that was given while something is counted is as wrong as another value.
        for (cell, shown) in shown.iter().enumerate() {
            let nodes = self.cube.nodes(cell);
            let period = periods.node(nodes[PERIOD]);
            let expected = periods.level(nodes[PERIOD]) == EARLIER && before.has(period) && self.is_given(&nodes);
            let fits = match *shown {
                Some(Shown::Value(value)) => value == self.cube.value(cell),
                Some(Shown::Withheld) => true,
                None => !expected,
            };
            if !fits {
                return Err(DemandError::Before { period: period.to_owned() });
            }
        }
        let judge = |cell: usize, _| match shown[cell] {
            Some(Shown::Value(_)) => (false, Fate::Public),
            Some(Shown::Withheld) => (self.reasons[cell].is_some(), Fate::Sticky),
            None => (self.reasons[cell].is_some(), Fate::Free),
        };
        let kinds: Vec<&str> = self.scope.given.iter().map(|p| p.kind()).collect();
        let gross: Vec<&str> = ["departement", "region", "france"].to_vec();
        let tables = [
            Table::new().levels("periode", kinds.clone()).levels("mesure", ["resultat", "nette"]),
            Table::new().levels("periode", kinds).levels("territoire", gross).levels("mesure", ["brute"]),
        ];
        let problem = self.cube.problem(&tables, judge, threads)?.with_insiders(|cell| self.of[cell].leading());
        Ok(problem.with_ranks(|cell| self.rank(cell)))
    }

    /// When a cell is thought of while the pattern is made.
    fn rank(&self, cell: usize) -> u8 {
        let nodes = self.cube.nodes(cell);
        let level = |dimension: usize| self.cube.dimensions()[dimension].level(nodes[dimension]);
        rank(level(TERRITORY), level(CATEGORY), level(MEASURE))
    }

    /// Whether a table gives the cells of these nodes.
    fn is_given(&self, nodes: &[u32]) -> bool {
        match self.cube.dimensions()[MEASURE].level(nodes[MEASURE]) {
            "retirees" => false,
            "brute" => self.lists.gross[nodes[TERRITORY] as usize],
            _ => true,
        }
    }

    /// How many cells are not zero.
    pub fn cells(&self) -> usize {
        self.cube.len()
    }

    /// Finds what to withhold.
    pub fn protect(&self, threads: usize) -> Pattern {
        let pool = match self.rules.pool {
            false => Pool::Off,
            true => Pool::Contributors { k: self.rules.k, per_person: self.rules.per_person, of_cell: self.pool_counts() },
        };
        protect(&self.problem, &Options { pool, intervals: intervals(self.rules), objective: Objective::Count, threads, seed: 0 })
    }

    /// Identified contributors and anonymous searches of each cell. Those of sensitive categories are fewer persons; they are counted as the fewer
    /// searches that stand for as many.
    fn pool_counts(&self) -> Vec<(u32, u32)> {
        let rules = primary(self.rules);
        let count = |cell: usize| {
            let sensitive = self.lists.sensitive[self.cube.nodes(cell)[CATEGORY] as usize];
            let of = &self.of[cell];
            let persons = of.anonymous / rules.per_person(Subject { sensitive, population: None });
            let searches = if sensitive { persons * rules.per_person.max(1) } else { of.anonymous };
            (u32::try_from(of.named()).unwrap_or(u32::MAX), u32::try_from(searches).unwrap_or(u32::MAX))
        };
        (0..self.cube.len()).map(count).collect()
    }

    /// The same as [`Joint::primaries`], without the work that a pattern needs.
    ///
    /// # Errors
    /// When a count names no leaf.
    pub fn primaries_of(
        lists: &'a Lists,
        rules: &'a Protection,
        scope: &'a Scope,
        inner: &[Inner],
    ) -> Result<Vec<[String; 4]>, DemandError> {
        Ok(Self::judged(lists, rules, scope, inner)?.primaries())
    }

    /// The cells that a rule withholds and that must not be found out, by period, territory, category and measure: removed searches too, which no table
    /// gives. Private: it tells primary cells from secondary ones.
    pub fn primaries(&self) -> Vec<[String; 4]> {
        let must = |cell: &usize| self.reasons[*cell].is_some();
        let names = |cell: usize| {
            let mut names = self.cube.names(cell).into_iter().map(str::to_owned);
            std::array::from_fn(|_| names.next().unwrap_or_default())
        };
        (0..self.cube.len()).filter(must).map(names).collect()
    }

    /// The rows that may leave the vault, and what the operator may know of how they came about.
    ///
    /// # Errors
    /// [`DemandError::Open`] when a cell could be found out whatever is withheld: nothing may be published then.
    pub fn rows(&self, pattern: &Pattern) -> Result<(Protected, Report), DemandError> {
        let report = Report::new(self.rules, pattern, &self.reasons, self.per_person, self.loss(pattern), self.elsewhere);
        let month = self.scope.given.first().map(Period::to_string).unwrap_or_default();
        if !pattern.safe() {
            return Err(DemandError::Open { period: month, cells: pattern.lost.len() + pattern.narrow.len() });
        }
        let given: BTreeMap<u32, &'static str> = {
            let periods = &self.cube.dimensions()[PERIOD];
            let node = |p: &Period| Ok((periods.find(&p.to_string())?, p.kind()));
            self.scope.given.iter().map(node).collect::<Result<_, DemandError>>()?
        };
        let (gross, net) = (self.lists.measures.find(GROSS)?, self.lists.measures.find(NET)?);
        let mut rows: BTreeMap<RowKey, [Option<usize>; 2]> = BTreeMap::new();
        for cell in 0..self.cube.len() {
            let nodes = self.cube.nodes(cell);
            let Some(kind) = given.get(&nodes[PERIOD]).filter(|_| self.is_given(&nodes)) else { continue };
            let measure = if nodes[MEASURE] == gross { net } else { nodes[MEASURE] };
            let slot = usize::from(nodes[MEASURE] == gross);
            rows.entry((kind, nodes[PERIOD], [nodes[TERRITORY], nodes[CATEGORY], measure])).or_default()[slot] = Some(cell);
        }
        let value = |cell: Option<usize>| match cell {
            None => Some(0),
            Some(cell) => (!pattern.outcomes()[cell].withheld()).then(|| self.cube.value(cell)),
        };
        let mut out = Protected::default();
        let dimensions = self.cube.dimensions();
        for ((kind, period, [territory, category, measure]), cells) in rows {
            out.kind.push(kind);
            out.period.push(dimensions[PERIOD].node(period).to_owned());
            out.territory.push(dimensions[TERRITORY].node(territory).to_owned());
            out.category.push(dimensions[CATEGORY].node(category).to_owned());
            out.outcome.push(dimensions[MEASURE].node(measure).to_owned());
            out.net.push(value(cells[0]));
            out.gross.push((measure == net && self.lists.gross[territory as usize]).then(|| value(cells[1])));
        }
        Ok((out, report))
    }

    /// How much of the periods that are given is published, by levels.
    fn loss(&self, pattern: &Pattern) -> Vec<Loss> {
        let mut by_level: BTreeMap<[&str; 3], Loss> = BTreeMap::new();
        for (cell, outcome) in pattern.outcomes().iter().enumerate() {
            let (nodes, dimensions) = (self.cube.nodes(cell), self.cube.dimensions());
            let [period, territory, category, measure] = std::array::from_fn(|d| dimensions[d].level(nodes[d]));
            if measure != "nette" || self.scope.given.iter().all(|p| p.kind() != period) {
                continue;
            }
            let level = by_level.entry([period, territory, category]).or_insert_with(|| Loss::at(period, territory, category));
            level.add(self.cube.value(cell), !outcome.withheld());
        }
        by_level.into_values().collect()
    }

    /// True values, for the search of witnesses before a release: by period, territory, category and measure. Private.
    pub fn value(&self, names: [&str; 4]) -> Option<u64> {
        let mut nodes = [0; 4];
        for ((node, dimension), name) in nodes.iter_mut().zip(self.cube.dimensions()).zip(names) {
            *node = dimension.find(name).ok()?;
        }
        Some(self.cube.cell(&nodes).map_or(0, |cell| self.cube.value(cell)))
    }
}

/// Finds the leaves of inner counts.
struct Leaves<'a> {
    lists: &'a Lists,
    periods: BTreeMap<Month, u32>,
    removed: u32,
}

impl<'a> Leaves<'a> {
    fn new(lists: &'a Lists, periods: &Dimension) -> Result<Self, DemandError> {
        let numbers = (0..periods.len() as u32).filter(|n| periods.is_leaf(*n));
        let months = numbers.filter_map(|n| Some((periods.node(n).parse::<Month>().ok()?, n)));
        Ok(Self { lists, periods: months.collect(), removed: lists.measures.find(REMOVED)? })
    }

    /// The leaves of net searches and of removed ones, with their counts; `None` when the territory is not French.
    fn of(&self, row: &Inner) -> Result<Option<[Leaf; 2]>, DemandError> {
        let period = *self.periods.get(&row.month).ok_or_else(|| DemandError::Counts(format!("{} is not asked for", row.month)))?;
        let Some(territory) = self.lists.leaves(&row.territory) else { return Ok(None) };
        let category = self.lists.categories.find(&row.category)?;
        let outcome = self.lists.measures.find(&row.outcome)?;
        let removed = row.gross.checked_sub(row.net).ok_or_else(|| DemandError::Counts("more net searches than gross ones".into()))?;
        Ok(Some([([period, territory.net, category, outcome], row.net), ([period, territory.removed, category, self.removed], removed)]))
    }
}

mod words;

#[cfg(test)]
mod tests;
