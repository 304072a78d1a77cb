//! The stage `protect`: from exact counts to the rows that may leave the vault.

use crate::{
    Cubes, Lists, Project, ProtectedCubes, StageError,
    datasets::CUBE,
    past::{self, Closing, Past},
};
use solidata_demand::{Before, Inner, Joint, Period, Protected, Report, Scope};
use solidata_model::{Feeds, Month, Protection, StageKey};
use solidata_store::VaultView;
use std::collections::BTreeMap;

/// A month after protection.
pub(crate) struct MonthProtection {
    /// The rows of the month, then those of the periods that it closes.
    pub(crate) parts: Vec<Protected>,
    /// How it came about, by the first period of each problem. Private.
    pub(crate) reports: BTreeMap<String, Report>,
    /// What the operator should know.
    pub(crate) notes: Vec<String>,
    /// The exact counts of the month and of those that it closes a period with. Private.
    pub(crate) inner: Vec<Inner>,
    /// The cells that must not be found out, by period, territory, category and measure. Private.
    pub(crate) primaries: Vec<[String; 4]>,
}

/// What comes of one problem: the rows, how they came about, and the cells that must not be found out.
type Solved = (Protected, Report, Vec<[String; 4]>);

impl MonthProtection {
    /// The rows as SQL sees them.
    ///
    /// # Errors
    /// As [`ProtectedCubes::new`].
    pub(crate) fn cubes(&self) -> Result<ProtectedCubes, StageError> {
        ProtectedCubes::new(&self.parts)
    }
}

/// The rules of protection: the same in the cube and in every dataset of demand, since they show the same cells.
///
/// # Errors
/// When two datasets differ, or none says them.
pub(crate) fn rules(project: &Project) -> Result<Protection, StageError> {
    let mut rules: Option<Protection> = None;
    let cube = project.protected_cube(CUBE)?;
    for spec in project.datasets()?.into_iter().filter(|d| d.feeds == Feeds::Demand).chain([cube]) {
        let path = format!("datasets/{}/dataset.toml", spec.id);
        let own = spec.protection.ok_or_else(|| StageError::project(&path, "it has no [protection]"))?;
        if *rules.get_or_insert(own) != own {
            return Err(StageError::project(
                &path,
                "its [protection] differs from that of another dataset of demand: they show the same cells",
            ));
        }
    }
    rules.ok_or_else(|| StageError::project("datasets", "no dataset of demand says its protection"))
}

/// What the protection of a month needs.
pub(crate) struct Work<'a> {
    pub(crate) lists: &'a Lists,
    pub(crate) rules: &'a Protection,
    pub(crate) vault: &'a VaultView,
    pub(crate) past: &'a Past,
    pub(crate) threads: usize,
    pub(crate) month: Month,
    /// Whether the searches reach the end of the month.
    pub(crate) complete: bool,
}

impl Work<'_> {
    /// Protects a month, then the quarter and the year that it closes.
    ///
    /// # Errors
    /// When the month cannot be protected. A quarter or a year that cannot is left out, and noted.
    pub(crate) fn protect(&self, cubes: &Cubes) -> Result<MonthProtection, StageError> {
        let inner = cubes.inner()?;
        let (month, report, primaries) = self.problem(&Scope::month(self.month), &inner, &Before::default())?;
        let reports = BTreeMap::from([(self.month.to_string(), report)]);
        let mut out = MonthProtection { parts: vec![month], reports, notes: Vec::new(), inner, primaries };
        if let Some((scope, keys)) = self.closing()? {
            let names = scope.given.iter().map(Period::to_string).collect::<Vec<_>>().join(", ");
            let inner = self.counts(&keys, out.inner.clone())?;
            match self.close(&scope, &inner, &out.parts[0]) {
                Ok((rows, report, primaries)) => {
                    out.inner = inner;
                    out.primaries = primaries;
                    out.parts.push(rows);
                    out.reports.insert(names, report);
                }
                Err(StageError::Demand(e)) => out.notes.push(format!("{names} is not given: {e}")),
                Err(e) => return Err(e),
            }
        } else if self.complete && [3, 6, 9, 12].contains(&self.month.number()) {
            let quarter = Period::quarter_of(self.month);
            out.notes.push(format!("{quarter} is not given: not every month of it was published before by this vault, complete and with counts that it still has"));
        }
        Ok(out)
    }

    fn closing(&self) -> Result<Option<Closing>, StageError> {
        if !self.complete {
            return Ok(None);
        }
        let has = |key: &StageKey| matches!(self.vault.look_up(Cubes::STAGE, key), Ok(Ok(_)));
        Ok(self.past.closing(self.month, has))
    }

    fn close(&self, scope: &Scope, inner: &[Inner], month: &Protected) -> Result<Solved, StageError> {
        let before = self.past.before(&self.lists.demand, scope, self.month, month)?;
        self.problem(scope, inner, &before)
    }

    /// The exact counts of some months, those of the month itself first.
    fn counts(&self, keys: &BTreeMap<Month, StageKey>, own: Vec<Inner>) -> Result<Vec<Inner>, StageError> {
        let mut inner = own;
        for (month, key) in keys {
            let cubes = past::counts(self.vault, *month, key)?;
            inner.extend(cubes.ok_or_else(|| StageError::Defect(format!("the counts of {month} went away during the run")))?.inner()?);
        }
        Ok(inner)
    }

    fn problem(&self, scope: &Scope, inner: &[Inner], before: &Before) -> Result<Solved, StageError> {
        let joint = Joint::new(&self.lists.demand, self.rules, scope, inner, before, self.threads)?;
        let pattern = joint.protect(self.threads);
        let (rows, report) = joint.rows(&pattern)?;
        Ok((rows, report, joint.primaries()))
    }

    /// Why a cell of the month, or of a period that it closes, is or is not given. For the operator only.
    ///
    /// # Errors
    /// When there is no such cell, or its period is not given.
    pub(crate) fn explain(&self, cubes: &Cubes, period: Period, cell: &str) -> Result<String, StageError> {
        self.lists.demand.cell(cell)?;
        let inner = cubes.inner()?;
        let scope = Scope::month(self.month);
        let joint = Joint::new(&self.lists.demand, self.rules, &scope, &inner, &Before::default(), self.threads)?;
        let pattern = joint.protect(self.threads);
        if matches!(period, Period::Month(_)) {
            return Ok(joint.explain(&pattern, cell)?);
        }
        let (rows, _) = joint.rows(&pattern)?;
        let (scope, keys) = self.closing()?.ok_or_else(|| StageError::Usage(format!("{period} was not given")))?;
        let before = self.past.before(&self.lists.demand, &scope, self.month, &rows)?;
        let inner = self.counts(&keys, inner)?;
        let joint = Joint::new(&self.lists.demand, self.rules, &scope, &inner, &before, self.threads)?;
        Ok(joint.explain(&joint.protect(self.threads), cell)?)
    }
}
