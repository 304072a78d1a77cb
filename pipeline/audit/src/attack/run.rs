//! The attack itself, on a problem that is made.

use super::{
    AttackNumbers, AttackOutcome, AttackSettings, CodeLists, DemandProblem, History, InsiderNumbers, Shares, attack_insiders,
    telltale::{Telltale, TelltaleKind},
};
use crate::AuditError;
use solidata_attack::{AttackError, AttackReport, CellId, ExactOptions, IntervalReport, Problem, RelationId, State, Truth, certify, exact};

use std::collections::HashMap;

/// Where a telltale lies that is of no single file.
const EVERYWHERE: &str = "the releases together";

/// The same problem for the exact attack, which then also says which differences of gross and net counts are computable.
struct WithDifferences<'a>(&'a DemandProblem);

impl Problem for WithDifferences<'_> {
    fn state(&self, cell: CellId) -> State {
        match self.0.state(cell) {
            State::Unpublished if self.0.is_difference(cell) => State::Withheld,
            state => state,
        }
    }
    fn unknowns(&self) -> Vec<CellId> {
        self.0.unknowns()
    }
    fn touching(&self, cell: CellId, out: &mut Vec<RelationId>) {
        self.0.touching(cell, out);
    }
    fn terms(&self, relation: RelationId, out: &mut Vec<(CellId, i64)>) {
        self.0.terms(relation, out);
    }
    fn name(&self, cell: CellId) -> String {
        self.0.name(cell)
    }
}

/// Attacks everything that was read, as the public can. It works on all cores until it is done: call it where that blocks nobody.
///
/// # Errors
/// As [`DemandProblem::new`] and [`attack_problem`].
pub fn attack_history(lists: &CodeLists, history: History, settings: &AttackSettings) -> Result<AttackOutcome, AuditError> {
    Ok(attack_history_knowing(lists, history, settings, |_| None)?.0)
}

/// What the publisher knows, and nobody else.
pub struct Secrets {
    /// The cells that must not be found out, sorted, also such as no table gives; another withheld cell may be.
    pub targets: Vec<CellId>,
    /// The true value of every cell that is not zero: witnesses are found sooner. It has no part in what counts as one.
    pub truth: HashMap<CellId, i64>,
    /// Whether that is so of every release that was read. If not, the public's attack goes without both.
    pub complete: bool,
    /// What organisations have of the cells whose true values are known.
    pub shares: Shares,
}

/// As [`attack_history`], for the publisher; and as organisations can that subtract themselves, when it knows what they have.
///
/// # Errors
/// As [`attack_history`] and [`attack_insiders`].
pub fn attack_history_knowing(
    lists: &CodeLists,
    mut history: History,
    settings: &AttackSettings,
    secrets: impl FnOnce(&DemandProblem) -> Option<Secrets>,
) -> Result<(AttackOutcome, Option<InsiderNumbers>), AuditError> {
    for release in &mut history.releases {
        release.look_at_differences(settings.attack.certify.k);
    }
    let problem = DemandProblem::new(lists, &history.releases)?;
    let secrets = secrets(&problem);
    let complete = secrets.as_ref().filter(|s| s.complete);
    let value = complete.map(|s| |cell: CellId| s.truth.get(&cell).copied().unwrap_or(0));
    let value = value.as_ref().map(|value| value as Truth<'_>);
    let mut outcome = attack_problem(&problem, complete.map(|s| s.targets.as_slice()), value, settings)?;
    outcome.releases = history.releases.iter().map(|release| release.id().prefix.clone()).collect();
    outcome.telltales.extend(history.releases.into_iter().flat_map(|release| release.telltales));
    outcome.telltales.sort();
    outcome.notes = history.notes.into_iter().chain(outcome.notes).collect();
    let insiders = secrets.filter(|_| settings.intervals).map(|Secrets { targets, truth, shares, .. }| {
        let value = |cell: CellId| truth.get(&cell).copied().unwrap_or(0);
        attack_insiders(&problem, shares.organisations(), &targets, &value, settings)
    });
    Ok((outcome, insiders.transpose()?))
}

/// Attacks a problem. For the public every withheld cell is a target, as it cannot tell them apart; the publisher may name (sorted) the cells that must not be found
/// out, and any other that can be computed is then no objection. One of them that is published has fallen. With the true values at hand witnesses are found sooner; they have no part in what counts
/// as one. What files tell is not looked at here.
///
/// # Errors
/// [`AuditError::Attack`] when the problem is too large for exact arithmetic, or the true values do not fit what is published. A contradiction in what is
/// published is a telltale.
pub fn attack_problem(
    problem: &DemandProblem,
    targets: Option<&[CellId]>,
    truth: Option<Truth<'_>>,
    settings: &AttackSettings,
) -> Result<AttackOutcome, AuditError> {
    let k = settings.attack.certify.k;
    // every formula is kept: each is looked at
    let mut found = exact(&WithDifferences(problem), &ExactOptions { formulas: usize::MAX, ..settings.attack.exact })?;
    let mut telltales = Vec::new();
    let mut tell = |kind, problem: String| {
        telltales.push(Telltale { path: EVERYWHERE.into(), kind, problem, row: None, times: 1 });
    };
    for formula in &found.formulas {
        let (value, difference) = (formula.value(problem), problem.is_difference(formula.cell));
        let name = problem.name(formula.cell);
        match value {
            Some(value) if difference && (1..k).contains(&value) => {
                tell(TelltaleKind::Difference, format!("{name} is computable, and a count below the threshold"));
            }
            Some(value) if !difference && value < 1 => {
                tell(TelltaleKind::HiddenZero, format!("{name} is withheld and can only be zero"));
            }
            None => tell(TelltaleKind::Contradiction, format!("{name} has no whole value that fits what is published")),
            Some(_) => {}
        }
    }
    for cell in problem.small_rests(k) {
        tell(TelltaleKind::Difference, format!("{} is computable, and a count below the threshold", problem.name(cell)));
    }
    let wanted = |cell: &CellId| targets.is_none_or(|targets| targets.binary_search(cell).is_ok());
    let counts = |cell: &CellId| problem.state(*cell) == State::Withheld || (targets.is_some() && wanted(cell));
    found.fallen.retain(counts);
    found.unchecked.retain(counts);
    found.formulas.retain(|formula| counts(&formula.cell));
    // what is published outright needs no algebra
    let published = |cell: &CellId| matches!(problem.state(*cell), State::Published(_));
    found.fallen.extend(targets.into_iter().flatten().copied().filter(published));
    found.fallen.sort_unstable();
    let fallen_targets: Vec<CellId> = found.fallen.iter().copied().filter(wanted).collect();
    let withheld = problem.withheld();
    let asked = targets.map_or(withheld, <[CellId]>::len);
    let intervals = match settings.intervals {
        false => None,
        true => match certify(problem, targets, &found.fallen, truth, &settings.attack.certify) {
            Ok(report) => Some(report),
            Err(AttackError::Contradiction { name, .. }) => {
                tell(TelltaleKind::Contradiction, format!("no table of counts fits what is published, near {name}"));
                Some(IntervalReport { targets: asked - fallen_targets.len(), ..IntervalReport::default() })
            }
            Err(e) => return Err(e.into()),
        },
    };
    let mut notes = problem.notes().to_vec();
    if intervals.is_none() {
        notes.push("intervals were not attacked: only algebra was".into());
    }
    let report = AttackReport { fallen_targets, exact: found, intervals: intervals.clone().unwrap_or_default() };
    let fallen = report.fallen().take(settings.words).map(|fallen| fallen.words(problem, settings.reveal)).collect();
    let named = settings.reveal || targets.is_some();
    let words = if named { settings.words } else { 0 };
    let open = |cells: &[CellId]| cells.iter().take(words).map(|cell| problem.name(*cell)).collect();
    let below = report.intervals.below.iter().take(words).map(|pinned| pinned.words(problem, settings.reveal)).collect();
    Ok(AttackOutcome {
        releases: Vec::new(),
        periods: problem.periods(),
        k,
        share: settings.share,
        numbers: AttackNumbers {
            withheld,
            targets: asked,
            computable: report.fallen_targets.len(),
            others_computable: report.exact.fallen.len() - report.fallen_targets.len(),
            unknowns: report.exact.unknowns,
            equations: report.exact.equations,
            parts: report.exact.parts,
            largest_part: report.exact.largest_part,
            intervals: intervals.as_ref().map(Into::into),
        },
        fallen,
        not_certified: open(&report.intervals.not_wide),
        below,
        not_reaching: open(&report.intervals.not_reaching),
        telltales,
        notes,
    })
}
