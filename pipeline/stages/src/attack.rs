//! The attack of a release: before it is published, and afterwards by whoever wants to know.

use crate::{
    Lists, Progress, Project, StageError,
    past::{self, TABLE},
};
use solidata_attack::CellId;
use solidata_audit::{
    AttackOutcome, AttackSettings, AuditError, CodeListFiles, CodeLists, DemandProblem, Histories, History, InsiderNumbers, Secrets,
    Shares, attack_history, attack_history_knowing, attack_insiders, read_draft,
};
use solidata_demand::{Inner, Joint, Period, REMOVED, Scope, gross_leaf, territory_leaf};
use solidata_disclosure::Contributor;
use solidata_model::{Manifest, Month, Protection};
use solidata_store::{PublicStore, VaultView};
use solidata_territory::{Geography, Level, TerritoryId};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What is attacked, and by whom.
#[derive(Debug, Clone)]
pub struct AttackRequest {
    /// A folder or an address: the root of a public store, or one release.
    pub target: String,
    /// The month, with what bears on it; without it everything that the store has.
    pub month: Option<Month>,
    /// A vault, for the attack by organisations that subtract themselves.
    pub vault: Option<PathBuf>,
    /// Whether values are said.
    pub reveal: bool,
    /// Settings of the store's client, from the environment.
    pub store_options: solidata_store::StoreOptions,
    /// What is promised.
    pub project: Project,
}

/// What an attack gave.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Attack {
    /// What the public can find out.
    pub public: AttackOutcome,
    /// What organisations can, that know their own searches.
    pub insiders: Option<InsiderNumbers>,
}

impl Attack {
    /// Adds what the attack of a problem apart gave; no list of cells becomes longer than `words`.
    fn add(&mut self, other: Self, words: usize) {
        self.public.add(other.public, words);
        match (&mut self.insiders, other.insiders) {
            (Some(all), Some(more)) => all.add(more, words),
            (none, more) => *none = none.take().or(more),
        }
    }

    /// Whether something falls.
    pub fn falls(&self) -> bool {
        self.public.falls() || self.insiders.as_ref().is_some_and(InsiderNumbers::falls)
    }
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.public)?;
        self.insiders.as_ref().map_or(Ok(()), |insiders| write!(f, "\n{insiders}"))
    }
}

/// The lists that the attacker has, as everybody.
///
/// # Errors
/// When one is missing or wrong.
pub(crate) fn code_lists(project: &Project) -> Result<CodeLists, StageError> {
    let months = project.years().into_iter().filter_map(|year| Some((year, Month::new(year, 1)?)));
    let years = months.map(|(year, month)| Ok((year, lists_of_one(&project.of_month(month))?)));
    let years = years.collect::<Result<BTreeMap<i32, CodeLists>, StageError>>()?;
    Ok(lists_of_one(project)?.with_years(years))
}

fn lists_of_one(project: &Project) -> Result<CodeLists, StageError> {
    let file = |name: &str| project.reference(name);
    Ok(CodeLists::read(&CodeListFiles {
        communes: file("communes.csv")?,
        arrondissements_municipaux: file("arrondissements_municipaux.csv")?,
        epci: file("epci.csv")?,
        departements: file("departements.csv")?,
        regions: file("regions.csv")?,
        categories: file("categories.csv")?,
        categories_liens: file("categories_liens.csv")?,
    })?)
}

fn settings(rules: &Protection, reveal: bool) -> AttackSettings {
    let mut settings = AttackSettings { reveal, intervals: rules.width > 0, ..AttackSettings::default() };
    settings.share = rules.reach_percent as f64 / 100.0;
    settings.attack.certify.k = i64::try_from(rules.k).unwrap_or(i64::MAX);
    settings.attack.certify.width = i64::try_from(rules.width).unwrap_or(i64::MAX);
    settings
}

/// Attacks as the public can, and with a vault as organisations can: one month with what bears on it, or everything that a store has, one problem after the other.
///
/// # Errors
/// When the target, the code lists or the vault cannot be read. What is found is no error.
pub async fn attack(request: &AttackRequest, progress: &dyn Progress) -> Result<Attack, StageError> {
    let lists = code_lists(&request.project)?;
    let settings = settings(&crate::protect::rules(&request.project)?, request.reveal);
    let vars = request.store_options.iter().cloned();
    let mut histories = Histories::open(&request.target, request.month, &lists, vars, &()).await?;
    let mut found: Option<Attack> = None;
    loop {
        progress.begin(&format!("read {}", request.target), None);
        let history = histories.next().await?;
        progress.end();
        let Some(history) = history else { break };
        let one = attack_one(request, &lists, history, settings, progress).await?;
        match &mut found {
            Some(found) => found.add(one, settings.words),
            None => found = Some(one),
        }
    }
    found.ok_or_else(|| StageError::Defect("nothing was read".into()))
}

/// Attacks the releases of one problem.
async fn attack_one(
    request: &AttackRequest,
    lists: &CodeLists,
    history: History,
    settings: AttackSettings,
    progress: &dyn Progress,
) -> Result<Attack, StageError> {
    let months: BTreeMap<Month, u32> = history.releases.iter().map(|r| (r.id().month, r.id().revision)).collect();
    let of = match (months.keys().next(), months.keys().last()) {
        (Some(first), Some(last)) if first != last => format!("{first} to {last}"),
        (first, _) => first.map(ToString::to_string).unwrap_or_default(),
    };
    let problem = request.vault.is_some().then(|| DemandProblem::new(lists, &history.releases)).transpose()?;
    progress.begin(&format!("attack {of} as the public can"), None);
    let known = lists.clone();
    let public = on_cores(move || Ok(attack_history(&known, history, &settings)?)).await?;
    progress.end();
    let (Some(problem), Some(vault)) = (problem, &request.vault) else { return Ok(Attack { public, insiders: None }) };
    progress.begin(&format!("attack {of} as each organisation can"), None);
    let project = months.keys().next().map(|month| request.project.of_month(*month));
    let (inner, lists) = (exact_counts(&months, vault)?, Lists::load(project.as_ref().unwrap_or(&request.project))?);
    let rules = crate::protect::rules(&request.project)?;
    let attack = move || {
        let shares = shares(&problem, &months, &inner, &lists.geography);
        let truth = truth(&problem, &months, &inner, &lists.geography);
        let value = |cell: CellId| truth.get(&cell).copied().unwrap_or(0);
        let primaries = primaries(&problem, &lists, &rules, &inner)?;
        let targets = targets(&problem, &months, &primaries);
        let mut found = attack_insiders(&problem, shares.organisations(), &targets, &value, &settings)?;
        if !settings.reveal {
            found.open.clear();
        }
        Ok(found)
    };
    let insiders = on_cores(attack).await?;
    progress.end();
    Ok(Attack { public, insiders: Some(insiders) })
}

/// The exact counts of the months that were read, from the vault that published them.
fn exact_counts(months: &BTreeMap<Month, u32>, vault: &Path) -> Result<Vec<Inner>, StageError> {
    let view = VaultView::open(vault)?.ok_or_else(|| StageError::Usage(format!("{}: there is no vault", vault.display())))?;
    let ledger = view.ledger()?;
    let mut inner = Vec::new();
    for month in months.keys() {
        let entry = ledger.iter().rfind(|e| e.release.month == *month);
        let key = entry.map(|entry| past::counts_of(&view, entry)).transpose()?.flatten();
        let cubes = key.map(|key| past::counts(&view, *month, &key)).transpose()?.flatten();
        let cubes = cubes.ok_or_else(|| StageError::Usage(format!("{month}: the vault has no exact counts of it")))?;
        inner.extend(cubes.inner()?);
    }
    Ok(inner)
}

/// The cells of a problem's periods that a rule withholds.
fn primaries(problem: &DemandProblem, lists: &Lists, rules: &Protection, inner: &[Inner]) -> Result<Vec<[String; 4]>, StageError> {
    let periods: BTreeSet<String> = problem.periods().iter().filter_map(|name| Some(name.split_once('@')?.0.to_owned())).collect();
    let mut primaries = Vec::new();
    for period in periods.iter().filter_map(|name| Period::parse(name)) {
        let months = period.months();
        let of_period: Vec<Inner> = inner.iter().filter(|row| months.contains(&row.month)).cloned().collect();
        let named = Joint::primaries_of(&lists.demand, rules, &Scope::only(period), &of_period)?;
        primaries.extend(named.into_iter().filter(|cell| Period::parse(&cell[0]) == Some(period)));
    }
    Ok(primaries)
}

/// What each organisation has of a problem's cells, of exact counts.
fn shares(problem: &DemandProblem, known: &BTreeMap<Month, u32>, inner: &[Inner], geography: &Geography) -> Shares {
    let mut shares = Shares::new();
    let mut numbers: BTreeMap<u128, u32> = BTreeMap::new();
    for row in inner {
        let (Some(revision), Some(id)) = (known.get(&row.month), french(geography, &row.territory)) else { continue };
        let period = format!("{}@r{revision}", row.month);
        let who = row.who.filter(|who| who.kind == Contributor::Organisation).map(|who| {
            let next = numbers.len() as u32;
            *numbers.entry(who.hash).or_insert(next)
        });
        let (net, removed) = (territory_leaf(geography, id), gross_leaf(geography, id));
        for (place, counted, n) in [(net, row.outcome.as_str(), row.net), (removed, REMOVED, row.gross - row.net)] {
            let cells = problem.cells_of(&period, &place, &row.category, counted).unwrap_or_default();
            shares.add(who, &cells, i64::try_from(n).unwrap_or(i64::MAX));
        }
    }
    shares
}

/// A territory that demand is given for.
fn french(geography: &Geography, territory: &str) -> Option<TerritoryId> {
    geography.find(territory).filter(|id| geography.territory(*id).level <= Level::France)
}

/// The true values of a problem's cells, of exact counts.
fn truth(problem: &DemandProblem, known: &BTreeMap<Month, u32>, inner: &[Inner], geography: &Geography) -> HashMap<CellId, i64> {
    let mut truth: HashMap<CellId, i64> = HashMap::new();
    for row in inner {
        let (Some(revision), Some(id)) = (known.get(&row.month), french(geography, &row.territory)) else { continue };
        let period = format!("{}@r{revision}", row.month);
        let (net, removed) = (territory_leaf(geography, id), gross_leaf(geography, id));
        for (place, counted, n) in [(net, row.outcome.as_str(), row.net), (removed, REMOVED, row.gross - row.net)] {
            for cell in problem.cells_of(&period, &place, &row.category, counted).into_iter().flatten().filter(|_| n > 0) {
                *truth.entry(cell).or_default() += n as i64;
            }
        }
    }
    truth
}

/// The cells of a problem that must not be found out, sorted.
fn targets(problem: &DemandProblem, known: &BTreeMap<Month, u32>, primaries: &[[String; 4]]) -> Vec<CellId> {
    let cell = |[period, place, category, counted]: &[String; 4]| {
        let last = Period::parse(period)?.months().pop()?;
        problem.cell(&format!("{period}@r{}", known.get(&last)?), place, category, counted)
    };
    let mut targets: Vec<CellId> = primaries.iter().filter_map(cell).collect();
    targets.sort_unstable();
    targets.dedup();
    targets
}

/// A release that is to be published.
pub(crate) struct Candidate<'a> {
    pub(crate) month: Month,
    /// Where its files are.
    pub(crate) folder: &'a Path,
    /// Its manifest, which is final but for its place in the chain.
    pub(crate) manifest: &'a Manifest,
    /// The exact counts of all months that bear on it.
    pub(crate) inner: Vec<Inner>,
    /// The cells that must not be found out.
    pub(crate) primaries: Vec<[String; 4]>,
    pub(crate) geography: Arc<Geography>,
}

/// The attack that every release must withstand before it is published.
pub(crate) struct Gate<'a> {
    lists: CodeLists,
    rules: &'a Protection,
    store: &'a PublicStore,
    /// Folders and manifests of the releases of this run that are not published yet.
    drafts: BTreeMap<Month, (PathBuf, Manifest)>,
}

impl<'a> Gate<'a> {
    /// A gate to a store.
    ///
    /// # Errors
    /// When a code list is wrong.
    pub(crate) fn new(project: &Project, rules: &'a Protection, store: &'a PublicStore) -> Result<Self, StageError> {
        Ok(Self { lists: code_lists(project)?, rules, store, drafts: BTreeMap::new() })
    }

    /// Attacks a finished release in a folder, beside everything that was published before and the other releases of the run.
    ///
    /// # Errors
    /// [`StageError::Attacked`] when anything is found: the release must not be published.
    pub(crate) async fn pass(&mut self, release: Candidate<'_>) -> Result<Attack, StageError> {
        let Candidate { month, folder, manifest, inner, primaries, geography } = release;
        let store = self.store.exists().then_some(self.store);
        let mut history: History = read_draft(folder, (month, manifest.revision), Some(manifest), store, &self.lists, &()).await?;
        // No period has months of two years: what was given in others bears on nothing here.
        history.releases.retain(|release| release.id().month.year() == month.year());
        // The months of a quarter or year that this one closes come with their counts.
        for (other, (draft, described)) in self.drafts.iter().filter(|(other, _)| inner.iter().any(|row| row.month == **other)) {
            let read = read_draft(draft, (*other, described.revision), Some(described), None, &self.lists, &()).await?;
            history.releases.extend(read.releases.into_iter().filter(|r| r.id().month == *other));
            history.notes.extend(read.notes);
        }
        self.drafts.insert(month, (folder.to_path_buf(), manifest.clone()));
        let (lists, settings) = (self.lists.clone(), settings(self.rules, false));
        let known: BTreeMap<Month, u32> = history.releases.iter().map(|r| (r.id().month, r.id().revision)).collect();
        let complete = known.keys().all(|month| inner.iter().any(|row| row.month == *month));
        // What is withheld for others only may be found out.
        let secrets = move |problem: &DemandProblem| {
            Some(Secrets {
                targets: targets(problem, &known, &primaries),
                truth: truth(problem, &known, &inner, &geography),
                complete,
                shares: shares(problem, &known, &inner, &geography),
            })
        };
        let refused = |detail: String| StageError::Attacked { month: month.to_string(), detail };
        let attacked = on_cores(move || Ok(attack_history_knowing(&lists, history, &settings, secrets)?)).await;
        // what contradicts itself does not withstand either
        let (public, insiders) = attacked.map_err(|e| match e {
            StageError::Audit(AuditError::Attack(e)) => refused(format!("{TABLE} does not withstand the attack: {e}")),
            other => other,
        })?;
        let linear = self.rules.width == 0 && public.holds_exactly() && public.telltales.is_empty();
        let attack = Attack { public, insiders };
        if linear || (attack.public.passes() && attack.insiders.as_ref().is_none_or(|i| i.passes(settings.share))) {
            return Ok(attack);
        }
        Err(refused(format!("{TABLE} does not withstand the attack:\n{attack}")))
    }
}

/// Long work on all cores, where it blocks nobody.
async fn on_cores<T: Send + 'static>(work: impl FnOnce() -> Result<T, StageError> + Send + 'static) -> Result<T, StageError> {
    tokio::task::spawn_blocking(work).await.map_err(|e| StageError::Defect(e.to_string()))?
}
