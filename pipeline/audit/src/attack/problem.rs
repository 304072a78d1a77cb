//! Published demand as one joint problem.
//!
//! The cells are periods x what is counted where x categories. The middle dimension has, for each territory, the net searches of all, found, nothing and
//! unknown outcome; for départements, régions and France also the gross searches and the removed ones (gross less net); for régions and France what was removed
//! there outside of the départements that are counted. Cells that no row and no rule names are published zeros, as the format says.
//!
//! Nothing that the public knows is lost by giving gross and removed searches at three levels only. Below them, and for an outcome, nothing is published
//! of them; all that is known is that they are at least 0 and add up. Whatever is removed in a département may have been removed in its inner part, so every table of
//! the three levels extends to one of all levels, and the lower levels tell nothing of the upper ones. For the same reason one unknown of at least 0 stands for
//! all that is removed in a région outside of its départements: its inner part and those of EPCI across départements.
//! What is removed is known where both gross and net are; elsewhere it is an unknown of at least 0.
//!
//! A revision of a period is a period of its own, such as `2024-07@r2`, and may hold any other count. A quarter or a year is the sum of what was
//! published of its months when it was: of each month the newest revision sealed up to then. That a year is the sum of its quarters follows from that where
//! they were made of the same revisions, and does not hold where they were not.

use super::{
    CodeLists, PublishedDemand, ReleaseId,
    categories::ALL,
    demand::{Outcome, Row, Shown, Span},
    places::Sum,
};
use crate::AuditError;
use solidata_attack::{CellId, CrossTable, Dimension, Problem, RelationId, State};
use solidata_model::Month;
use std::collections::{BTreeMap, HashMap};

/// How gross and removed searches are named to [`DemandProblem::cell`].
const GROSS: &str = "brutes";
const REMOVED: &str = "retirees";

/// The joint problem of some releases.
pub struct DemandProblem {
    lists: CodeLists,
    table: CrossTable,
    periods: Vec<Period>,
    measures: Measures,
    notes: Vec<String>,
}

/// A period in one vintage.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Period {
    span: Span,
    month: Month,
    revision: u32,
    /// The months that it is the sum of, by number; itself for a month.
    months: Vec<u32>,
}

impl Period {
    fn text(&self) -> String {
        let (year, number) = (self.month.year(), self.month.number());
        match self.span {
            Span::Month => self.month.to_string(),
            Span::Quarter => format!("{year}-T{}", number / 3),
            Span::Year => year.to_string(),
        }
    }

    fn name(&self) -> String {
        format!("{}@r{}", self.text(), self.revision)
    }
}

/// Which node of the middle dimension is what.
struct Measures {
    places: u32,
    /// The territories with gross counts, sorted.
    gross: Vec<u32>,
    /// Régions and France with the territories below them, by territory.
    sums: Vec<Sum>,
}

impl Measures {
    fn net(place: u32, outcome: Outcome) -> u32 {
        place * 4 + outcome as u32
    }

    fn gross(&self, place: u32) -> Option<u32> {
        self.gross.binary_search(&place).ok().map(|at| self.places * 4 + at as u32 * 2)
    }

    fn removed(&self, place: u32) -> Option<u32> {
        self.gross(place).map(|node| node + 1)
    }

    fn rest(&self, sum: usize) -> u32 {
        self.places * 4 + self.gross.len() as u32 * 2 + sum as u32
    }
}

impl DemandProblem {
    /// Makes the problem of releases, each revision of a month once.
    ///
    /// # Errors
    /// [`AuditError::Attack`] when the lists are too long for the problem to be numbered.
    pub fn new(lists: &CodeLists, releases: &[PublishedDemand]) -> Result<Self, AuditError> {
        // no period has months of two years
        let lists = releases.first().map_or(lists, |release| lists.of(release.id.month));
        let mut releases: Vec<&PublishedDemand> = releases.iter().collect();
        releases.sort_by_key(|release| (release.id.month, release.id.revision));
        let mut notes = Vec::new();
        let periods = periods(&releases, &mut notes);
        let measures = measures(lists);
        let dimensions = vec![period_dimension(&periods), measure_dimension(lists, &measures), category_dimension(lists)];
        let table = CrossTable::sparse(dimensions, State::Published(0))?;
        let mut problem = Self { lists: lists.clone(), table, periods, measures, notes };
        for release in releases {
            problem.fill(release)?;
        }
        Ok(problem)
    }

    /// What was missing when the problem was made.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The periods that it has, such as `2024-07@r1` and `2024-T3@r1`.
    #[must_use]
    pub fn periods(&self) -> Vec<String> {
        self.periods.iter().map(Period::name).collect()
    }

    /// The cell of net searches with this period (`2024-07@r1`), territory (`dep-67`), category (`food`) and outcome (`tous`, `trouve`, `rien`, `inconnu`);
    /// or of gross ones, with `brutes`, or of removed ones, with `retirees`, in a territory that has them. `None` when there is no such cell.
    #[must_use]
    pub fn cell(&self, period: &str, place: &str, category: &str, counted: &str) -> Option<CellId> {
        let period = self.find_period(period)?;
        let place = self.lists.places().find(place)?;
        let counted = match counted {
            GROSS => self.measures.gross(place)?,
            REMOVED => self.measures.removed(place)?,
            outcome => Measures::net(place, Outcome::EACH.into_iter().find(|o| o.text() == outcome)?),
        };
        Some(self.table.cell(&[period, counted, self.lists.categories().find(category)?]))
    }

    /// Every cell that counts the searches of an inner cell: those of its period, territory, category and outcome and of all wholes that they are part of.
    /// The inner cell is one of a month, of a territory and a category without parts, and of one outcome; or the removed searches (`retirees`) of such ones, for which
    /// there is no cell below département. `None` when it names nothing of the problem, or no category without parts.
    #[must_use]
    pub fn cells_of(&self, period: &str, place: &str, category: &str, counted: &str) -> Option<Vec<CellId>> {
        let month = self.find_period(period)?;
        let periods = (0u32..).zip(&self.periods).filter(|(number, p)| *number == month || p.months.contains(&month));
        let periods: Vec<u32> = periods.map(|(number, _)| number).collect();
        let categories = Some(self.lists.categories().above(self.lists.categories().find(category)?)).filter(|above| !above.is_empty())?;
        let places = self.lists.places().above(self.lists.places().find(place)?);
        let mut nodes: Vec<u32> = places.iter().filter_map(|&p| self.measures.gross(p)).collect();
        if counted == REMOVED {
            nodes.extend(places.iter().filter_map(|&p| self.measures.removed(p)));
            let rest = |sum: &&Sum| places.contains(&sum.whole) && !sum.parts.iter().any(|part| places.contains(part));
            nodes.extend(self.measures.sums.iter().zip(0..).filter(|(sum, _)| rest(sum)).map(|(_, at)| self.measures.rest(at)));
        } else {
            let outcome = Outcome::EACH.into_iter().find(|o| o.text() == counted && *o != Outcome::All)?;
            nodes.extend(places.iter().flat_map(|&p| [Measures::net(p, outcome), Measures::net(p, Outcome::All)]));
        }
        let mut cells = Vec::with_capacity(periods.len() * nodes.len() * categories.len());
        for period in &periods {
            for node in &nodes {
                cells.extend(categories.iter().map(|category| self.table.cell(&[*period, *node, *category])));
            }
        }
        Some(cells)
    }

    /// Whether a cell is the difference of a gross and a net count, or a sum of such.
    pub(crate) fn is_difference(&self, cell: CellId) -> bool {
        let categories = self.lists.categories().list.len() as u64;
        let nodes = self.table.dimensions().get(1).map_or(1, |d| d.len() as u64);
        let node = (cell / categories % nodes) as u32;
        let first = self.measures.places * 4;
        node >= first && (node >= self.measures.rest(0) || (node - first) % 2 == 1)
    }

    /// How many cells the problem could name, also those that are in no row.
    #[must_use]
    pub fn cells(&self) -> u64 {
        self.table.len()
    }

    /// How many cells are withheld.
    #[must_use]
    pub fn withheld(&self) -> usize {
        self.table.unknowns().iter().filter(|cell| self.table.state(**cell) == State::Withheld).count()
    }

    fn find_period(&self, name: &str) -> Option<u32> {
        self.table.dimensions().first()?.find(name)
    }

    /// Sets the states of the cells of one release.
    fn fill(&mut self, release: &PublishedDemand) -> Result<(), AuditError> {
        let own = |span: Span| {
            let own = |p: &Period| (p.span, p.month, p.revision) == (span, release.id.month, release.id.revision);
            self.periods.iter().position(own).map(|at| at as u32)
        };
        let number = [own(Span::Month), own(Span::Quarter), own(Span::Year)];
        let period = |row: &Row| number.get(row.span as usize).copied().flatten();
        let missing = || AuditError::Internal("a period without a number".into());
        // what is removed at each level, for what is removed outside of the départements
        let mut removed: HashMap<(u32, u32, u32), Shown> = HashMap::new();
        for row in &release.rows {
            let (period, category) = (period(row).ok_or_else(missing)?, u32::from(row.category));
            self.table.set(self.table.cell(&[period, Measures::net(row.place, row.outcome), category]), row.net.state());
            let nodes = self.measures.gross(row.place).zip(self.measures.removed(row.place));
            let (Outcome::All, Some((gross, difference))) = (row.outcome, nodes) else { continue };
            let shown = match (row.net.published(), row.gross.published()) {
                // a negative one is a telltale; here it is an unknown, and the contradiction is found
                (Some(net), Some(gross)) => Shown::value(gross - net).unwrap_or(Shown::NOT_GIVEN),
                _ => Shown::NOT_GIVEN,
            };
            self.table.set(self.table.cell(&[period, gross, category]), row.gross.state());
            self.table.set(self.table.cell(&[period, difference, category]), shown.state());
            if shown != Shown::ZERO {
                removed.insert((period, row.place, category), shown);
            }
        }
        let sums: Vec<Sum> = self.measures.sums.clone();
        for (at, sum) in sums.iter().enumerate() {
            let category_numbers = 0..self.lists.categories().list.len() as u32;
            for (period, category) in number.into_iter().flatten().flat_map(|p| category_numbers.clone().map(move |c| (p, c))) {
                let of = |place: &u32| removed.get(&(period, *place, category)).copied().unwrap_or(Shown::ZERO);
                let parts = sum.parts.iter().map(|part| of(part).published()).sum::<Option<i64>>();
                let rest = of(&sum.whole).published().zip(parts).and_then(|(whole, parts)| Shown::value(whole - parts));
                let state = rest.unwrap_or(Shown::NOT_GIVEN).state();
                self.table.set(self.table.cell(&[period, self.measures.rest(at), category]), state);
            }
        }
        Ok(())
    }

    /// Published differences of differences, such as what is removed in a région outside of its départements, below `k` and not 0.
    pub(crate) fn small_rests(&self, k: i64) -> Vec<CellId> {
        let mut small = Vec::new();
        for (period, _) in (0u32..).zip(&self.periods) {
            for at in 0..self.measures.sums.len() {
                for (category, _) in (0u32..).zip(&self.lists.categories().list) {
                    let cell = self.table.cell(&[period, self.measures.rest(at), category]);
                    if let State::Published(value) = self.table.state(cell)
                        && (1..k).contains(&value)
                    {
                        small.push(cell);
                    }
                }
            }
        }
        small
    }
}

impl Problem for DemandProblem {
    fn state(&self, cell: CellId) -> State {
        self.table.state(cell)
    }
    fn unknowns(&self) -> Vec<CellId> {
        self.table.unknowns()
    }
    fn touching(&self, cell: CellId, out: &mut Vec<RelationId>) {
        self.table.touching(cell, out);
    }
    fn terms(&self, relation: RelationId, out: &mut Vec<(CellId, i64)>) {
        self.table.terms(relation, out);
    }
    fn name(&self, cell: CellId) -> String {
        self.table.name(cell)
    }
}

fn periods(releases: &[&PublishedDemand], notes: &mut Vec<String>) -> Vec<Period> {
    let period = |id: &ReleaseId, span, months| Period { span, month: id.month, revision: id.revision, months };
    let mut periods: Vec<Period> = (0u32..).zip(releases).map(|(number, release)| period(&release.id, Span::Month, vec![number])).collect();
    // of each month: what was sealed when, with the number of its period
    let mut sealed: BTreeMap<Month, Vec<(u64, u32)>> = BTreeMap::new();
    for (number, release) in (0u32..).zip(releases) {
        sealed.entry(release.id.month).or_default().push((release.id.sealed, number));
    }
    for release in releases {
        for (span, back) in [(Span::Quarter, 3), (Span::Year, 12)] {
            if !release.has(span) {
                continue;
            }
            let id = &release.id;
            let first = id.month.number().saturating_sub(back) + 1;
            let months = (first..=id.month.number()).filter_map(|number| Month::new(id.month.year(), number));
            let newest = |month: Month| {
                let then = sealed.get(&month).into_iter().flatten().filter(|(number, _)| *number <= id.sealed);
                then.max().map(|(_, period)| *period)
            };
            let (mut parts, mut missing) = (Vec::new(), Vec::new());
            for month in months {
                match newest(month) {
                    Some(part) => parts.push(part),
                    None => missing.push(month.to_string()),
                }
            }
            let mut period = period(id, span, parts);
            if !missing.is_empty() {
                notes.push(format!(
                    "{} is the sum of months of which some were not read ({}): what it opens of them was not seen",
                    period.name(),
                    missing.join(", ")
                ));
                period.months.clear();
            }
            periods.push(period);
        }
    }
    periods
}

fn period_dimension(periods: &[Period]) -> Dimension {
    let mut dimension = Dimension::new("period");
    let names: Vec<String> = periods.iter().map(Period::name).collect();
    for name in &names {
        dimension.node(name);
    }
    for (period, name) in periods.iter().zip(&names) {
        if period.span != Span::Month && !period.months.is_empty() {
            dimension.sum(name, period.months.iter().filter_map(|part| names.get(*part as usize)).map(String::as_str));
        }
    }
    dimension
}

fn measures(lists: &CodeLists) -> Measures {
    let places = &lists.places().list;
    let gross = (0u32..).zip(places).filter(|(_, place)| place.has_gross()).map(|(number, _)| number).collect();
    Measures { places: places.len() as u32, gross, sums: lists.places().gross_sums.clone() }
}

fn measure_dimension(lists: &CodeLists, measures: &Measures) -> Dimension {
    let places = lists.places();
    let subject: Vec<String> = places.list.iter().map(|place| format!("{} ({})", place.id, place.name)).collect();
    let net = |place: u32, outcome: Outcome| format!("{}, {}", subject.get(place as usize).map_or("?", String::as_str), outcome.text());
    let other = |place: u32, what: &str| format!("{}, {what}", subject.get(place as usize).map_or("?", String::as_str));
    let mut dimension = Dimension::new("counted");
    for place in 0..measures.places {
        for outcome in Outcome::EACH {
            dimension.node(&net(place, outcome));
        }
    }
    for &place in &measures.gross {
        dimension.node(&other(place, "brutes"));
        dimension.node(&other(place, "retirées"));
    }
    let rests: Vec<String> =
        measures.sums.iter().map(|sum| other(sum.whole, "retirées hors des territoires du niveau inférieur")).collect();
    for rest in &rests {
        dimension.node(rest);
    }
    for place in 0..measures.places {
        let parts = [Outcome::Found, Outcome::Nothing, Outcome::Unknown].map(|outcome| net(place, outcome));
        dimension.sum(&net(place, Outcome::All), parts.iter().map(String::as_str));
    }
    for sum in &places.sums {
        for outcome in Outcome::EACH {
            let parts: Vec<String> = sum.parts.iter().map(|part| net(*part, outcome)).collect();
            dimension.sum(&net(sum.whole, outcome), parts.iter().map(String::as_str));
        }
    }
    for &place in &measures.gross {
        let parts = [net(place, Outcome::All), other(place, "retirées")];
        dimension.sum(&other(place, "brutes"), parts.iter().map(String::as_str));
    }
    for (sum, rest) in measures.sums.iter().zip(rests) {
        let parts: Vec<String> = sum.parts.iter().map(|part| other(*part, "retirées")).chain([rest]).collect();
        dimension.sum(&other(sum.whole, "retirées"), parts.iter().map(String::as_str));
    }
    dimension
}

fn category_dimension(lists: &CodeLists) -> Dimension {
    let list = &lists.categories().list;
    let code = |node: u32| list.get(node as usize).map_or(ALL, |category| category.code.as_str());
    let mut dimension = Dimension::new("category");
    for category in list {
        dimension.node(&category.code);
    }
    for relation in &lists.categories().relations {
        dimension.linear(relation.iter().map(|&(node, coefficient)| (code(node), coefficient)));
    }
    dimension
}
