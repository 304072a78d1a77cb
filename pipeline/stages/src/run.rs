//! A run: what is asked, the plan that follows from it, and its execution.

use crate::{
    Cubes, Engine, Lists, Project, ProtectedCubes, SafeInputs, StageError,
    demand::make_safe,
    extract::{Extraction, SourceReport, event_runs, key_ring, open_report},
    release::Month as MonthRelease,
    supply::PublicSupply,
};
use chrono::{DateTime, NaiveDate, TimeDelta};
use chrono_tz::Europe::Paris;
use serde::Serialize;
use solidata_anonymise::{net::NetParams, policy::Policy};
use solidata_model::{Digest, Month, RunSpec, SnapshotPin, SnapshotRole, StageKey, StageKeyBuilder, Thresholds, canonical_json, kind};
use solidata_sources::{Collection, digest_snapshot};
use solidata_store::{Pin, PinStatus, PublicStore, Rebuild, Stage, StageOutput, Vault, VaultView};
use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

/// Raised when the extraction writes other things for the same snapshot.
const EXTRACTION: u32 = 2;
/// Raised when the net rule or the safe rows change.
const SEARCHES: u32 = 1;

/// What a run is asked to do.
#[derive(Debug, Clone)]
pub struct Request {
    /// The months, in order.
    pub months: Vec<Month>,
    /// Whether a month that is not covered to its end may be published.
    pub partial: bool,
    /// Snapshot of the directory.
    pub lieux: PathBuf,
    /// Snapshots of the search log.
    pub search: Vec<PathBuf>,
    /// Digests that the snapshots must have; any, when there is none.
    pub sha256: Vec<Digest<kind::Snapshot>>,
    /// The day the operator says the snapshots are of.
    pub cut_off: Option<NaiveDate>,
    /// The private folder.
    pub vault: PathBuf,
    /// The public store.
    pub public: String,
    /// Settings of the store's client, from the environment.
    pub store_options: Vec<(String, String)>,
    /// Resources.
    pub engine: Engine,
    /// Numbers of the net rule.
    pub thresholds: Thresholds,
    /// The largest share of quarantined records.
    pub quarantine_share: f64,
    /// Minutes before a month's end within which the newest search must lie.
    pub month_end_slack_minutes: u32,
    /// What is promised and how it is computed.
    pub project: Project,
}

/// What a plan does with a step's output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "action", content = "reason")]
pub enum Action {
    /// The vault has it, verified.
    Reuse,
    /// It has to be made, and why.
    Build(String),
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What it does.
    pub what: String,
    /// Whether it is done again.
    #[serde(flatten)]
    pub action: Action,
    /// The objects it writes into the public store.
    pub writes: Vec<String>,
}

/// What a run will do. It was made without writing anything.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The numbers of the net rule.
    pub thresholds: Thresholds,
    /// Snapshots with the digest that they are pinned to, if any.
    pub snapshots: Vec<(PathBuf, Option<Digest<kind::Snapshot>>)>,
    #[serde(skip)]
    inputs: Vec<Input>,
}

/// A file or folder and what is read from it: one pass, whatever it is given for.
#[derive(Debug, Clone)]
struct Input {
    path: PathBuf,
    roles: Vec<SnapshotRole>,
    pinned: Option<Pin>,
}

/// Hears how a run goes.
pub trait Progress: Sync {
    /// A piece of work begins.
    fn begin(&self, what: &str, bytes: Option<u64>) {
        let _ = (what, bytes);
    }
    /// So many bytes of it are done.
    fn advance(&self, bytes: u64) {
        let _ = bytes;
    }
    /// It is done.
    fn end(&self) {}
}

impl Progress for () {}

/// A published month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishedMonth {
    /// The month.
    pub month: Month,
    /// Where it lies.
    pub prefix: String,
    /// Whether it was there already, with the same content.
    pub already: bool,
    /// Whether its searches do not reach its end.
    pub partial: bool,
    /// Rows of each published table.
    pub rows: BTreeMap<String, u64>,
}

/// What a run did. For the operator: it is not public.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The snapshots.
    pub snapshots: Vec<SnapshotSummary>,
    /// The day of the directory.
    pub date_photo: NaiveDate,
    /// The months.
    pub months: Vec<PublishedMonth>,
    /// The public store.
    pub public: String,
    /// The run report, in the vault.
    pub report: PathBuf,
}

/// A snapshot that was read.
#[derive(Debug, Clone, Serialize)]
pub struct SnapshotSummary {
    /// Where it lies.
    pub path: PathBuf,
    /// Its digest.
    pub sha256: Digest<kind::Snapshot>,
    /// Its form.
    pub form: String,
    /// Its size.
    pub bytes: u64,
    /// Documents of each collection.
    pub documents: BTreeMap<String, u64>,
    /// Records set aside.
    pub quarantined: usize,
    /// Whether it was pinned just now.
    pub first_sight: bool,
    /// Whether its extraction was there already.
    pub reused: bool,
}

/// Plans a run. Writes nothing.
///
/// # Errors
/// When a snapshot or store cannot be found, or the request contradicts itself.
pub fn plan(request: &Request) -> Result<Plan, StageError> {
    if request.months.is_empty() {
        return Err(StageError::Usage("no month is asked for: --from is after --to".into()));
    }
    let lists = Lists::load(&request.project)?;
    let view = VaultView::open(&request.vault)?;
    let mut inputs = inputs(request)?;
    let mut steps = Vec::new();
    let mut keys = Vec::new();
    for input in &mut inputs {
        if let Some(view) = &view {
            for role in &input.roles {
                input.pinned = input.pinned.take().or(view.pinned(&input.path, *role)?);
            }
        }
        let key = input.pinned.as_ref().map(|p| extraction_key(&p.sha256, &input.roles, request, &lists));
        let action = action(view.as_ref(), "extraction", key.as_ref(), "first sight: it will be read and pinned")?;
        keys.push(key);
        steps.push(Step { what: format!("read {} ({})", input.path.display(), names(&input.roles)), action, writes: Vec::new() });
    }
    if !request.search.is_empty() {
        let keys: Option<Vec<StageKey>> =
            inputs.iter().zip(&keys).filter(|(i, _)| i.roles.contains(&SnapshotRole::Search)).map(|(_, k)| *k).collect();
        let key = keys.map(|k| searches_key(&k, request, &lists));
        let action = action(view.as_ref(), SafeInputs::STAGE, key.as_ref(), "it follows from what will be read")?;
        steps.push(Step { what: "order the searches and apply the net rule".into(), action, writes: Vec::new() });
    }
    for month in &request.months {
        let action = Action::Build("tables are made anew and compared with what is published".into());
        let mut writes = Vec::new();
        for spec in request.project.datasets()? {
            if spec.feeds == solidata_model::Feeds::Supply || !request.search.is_empty() {
                writes.push(format!("releases/{month}/r1/{}", solidata_canon::parquet_path(&spec.id)));
                writes.push(format!("releases/{month}/r1/{}", solidata_canon::csv_path(&spec.id)));
                writes.push(format!("releases/{month}/r1/{}", solidata_canon::schema_path(&spec.id)));
            }
        }
        writes.push(format!("releases/{month}/r1/manifest.json"));
        writes.push(format!("releases/{month}/r1/SHA256SUMS"));
        steps.push(Step { what: format!("make, check and seal {month}"), action, writes });
    }
    let action = Action::Build("last, by a conditional put".into());
    steps.push(Step { what: format!("publish to {}", request.public), action, writes: vec!["chain/".into(), "index.json".into()] });
    let snapshots = inputs.iter().map(|i| (i.path.clone(), i.pinned.as_ref().map(|p| p.sha256))).collect();
    Ok(Plan { steps, thresholds: request.thresholds.clone(), snapshots, inputs })
}

/// Executes a plan.
///
/// # Errors
/// See [`StageError`]; nothing is visible in the public store then.
pub async fn execute(request: &Request, plan: Plan, progress: &dyn Progress) -> Result<Summary, StageError> {
    crate::check(&request.project).await?.into_result()?;
    let store = PublicStore::open(&request.public, request.store_options.iter().cloned())?;
    store.ensure_apart(&request.vault)?;
    let vault = Vault::open(&request.vault)?;
    let lists = Lists::load(&request.project)?;

    let mut read = Vec::new();
    for input in &plan.inputs {
        read.push(extract(input, request, &vault, &lists, progress)?);
    }
    let directory = read.iter().find(|r| r.roles.contains(&SnapshotRole::Lieux));
    let directory = directory.ok_or_else(|| StageError::Defect("the directory was not read".into()))?;
    let supply = PublicSupply::open(&directory.output)?;
    let date_photo = supply.report().date_photo;

    let searches = match request.search.is_empty() {
        true => None,
        false => Some(searches(&read, request, &vault, &lists, progress)?),
    };
    // Before anything is made: a month that is not covered refuses the whole range.
    let mut covered = Vec::new();
    for month in &request.months {
        covered.push((*month, searches.as_ref().map(|s| coverage(*month, s, request)).transpose()?));
    }
    let mut releases = Vec::new();
    for (month, coverage) in &covered {
        progress.begin(&format!("make {month}"), None);
        let run = run_spec(*month, &read, date_photo, searches.as_ref(), coverage.as_ref(), request);
        let protected = match &searches {
            Some(inputs) => {
                let cubes = Cubes::compute(inputs, *month, &request.project, &request.engine).await?;
                Some(ProtectedCubes::protect(&cubes, crate::release::threshold(&request.project)?)?)
            }
            None => None,
        };
        let release = MonthRelease { run: &run, supply: &supply, protected: protected.as_ref(), project: &request.project };
        releases.push(release.make(&vault, &request.engine).await?);
        progress.end();
    }
    progress.begin(&format!("publish to {}", store.address()), None);
    let months = crate::release::publish(&store, releases).await?;
    progress.end();

    let report = Report { snapshots: read.iter().map(|r| &r.report).collect(), demande: searches.as_ref().map(SafeInputs::report) };
    let (first, last) = (request.months.first(), request.months.last());
    let name = match (first, last) {
        (Some(first), Some(last)) if first != last => format!("run-{first}-{last}.json"),
        (first, _) => format!("run-{}.json", first.map(ToString::to_string).unwrap_or_default()),
    };
    let path = vault.write_report(&name, &canonical_json(&report)?)?;
    Ok(Summary {
        snapshots: read.iter().map(Read::summary).collect(),
        date_photo,
        months,
        public: store.address().to_owned(),
        report: path,
    })
}

/// The run report. It stays in the vault.
#[derive(Serialize)]
struct Report<'a> {
    snapshots: Vec<&'a SourceReport>,
    demande: Option<&'a crate::DemandReport>,
}

/// An extraction that is in the vault.
struct Read {
    path: PathBuf,
    roles: Vec<SnapshotRole>,
    key: StageKey,
    output: StageOutput,
    report: SourceReport,
    first_sight: bool,
    reused: bool,
}

impl Read {
    fn summary(&self) -> SnapshotSummary {
        SnapshotSummary {
            path: self.path.clone(),
            sha256: self.report.sha256,
            form: self.report.form.clone(),
            bytes: self.report.bytes,
            documents: self.report.documents.clone(),
            quarantined: self.report.quarantine.len(),
            first_sight: self.first_sight,
            reused: self.reused,
        }
    }
}

/// Groups what was given by file: an archive given for both collections is read once.
fn inputs(request: &Request) -> Result<Vec<Input>, StageError> {
    let mut inputs: Vec<Input> = Vec::new();
    let given = std::iter::once((&request.lieux, SnapshotRole::Lieux)).chain(request.search.iter().map(|p| (p, SnapshotRole::Search)));
    for (path, role) in given {
        let real = path.canonicalize().map_err(|_| solidata_sources::SourceError::Missing { path: path.clone() })?;
        match inputs.iter_mut().find(|i| i.path.canonicalize().is_ok_and(|p| p == real)) {
            Some(input) if input.roles.contains(&role) => {
                return Err(StageError::Usage(format!("{} is given twice for the same thing", path.display())));
            }
            Some(input) => input.roles.push(role),
            None => inputs.push(Input { path: path.clone(), roles: vec![role], pinned: None }),
        }
    }
    Ok(inputs)
}

fn extract(input: &Input, request: &Request, vault: &Vault, lists: &Lists, progress: &dyn Progress) -> Result<Read, StageError> {
    let bridge = Bridge(progress);
    if let Some(pin) = &input.pinned {
        expected(&input.path, &pin.sha256, request)?;
        let key = extraction_key(&pin.sha256, &input.roles, request, lists);
        if let Stage::Done(output) = vault.stage("extraction", &key)? {
            // What is read already is not parsed again, but it must still be the same snapshot.
            progress.begin(&format!("verify {}", input.path.display()), Some(pin.bytes));
            let found = digest_snapshot(&input.path, &bridge)?;
            progress.end();
            let sha256: Digest<kind::Snapshot> = Digest::from_bytes(found.sha256.0);
            if sha256 != pin.sha256 {
                return Err(changed(input, pin, &sha256));
            }
            let report = open_report(&output)?;
            return Ok(Read {
                path: input.path.clone(),
                roles: input.roles.clone(),
                key,
                output,
                report,
                first_sight: false,
                reused: true,
            });
        }
    }

    let scratch = vault.scratch("snapshot")?;
    let wanted: Vec<Collection> = input.roles.iter().map(|r| collection(*r)).collect();
    let keys = key_ring(vault)?;
    progress.begin(&format!("read {} ({})", input.path.display(), names(&input.roles)), None);
    let report = Extraction {
        path: &input.path,
        wanted: &wanted,
        lists,
        keys: &keys,
        cut_off: request.cut_off,
        quarantine_share: request.quarantine_share,
        engine: &request.engine,
        progress: &bridge,
    }
    .run(scratch.path())?;
    progress.end();
    expected(&input.path, &report.sha256, request)?;
    if let Some(pin) = input.pinned.as_ref().filter(|p| p.sha256 != report.sha256) {
        return Err(changed(input, pin, &report.sha256));
    }
    let pin = Pin {
        sha256: report.sha256,
        bytes: report.bytes,
        form: report.form.clone(),
        documents: report.documents.clone(),
        cut_off: report.supply.as_ref().map(|s| s.date_photo.to_string()),
    };
    let mut first_sight = false;
    for role in &input.roles {
        first_sight |= vault.pin(&input.path, *role, &pin)? == PinStatus::New;
    }
    let key = extraction_key(&report.sha256, &input.roles, request, lists);
    let output = match vault.stage("extraction", &key)? {
        // The same snapshot under another name was read before.
        Stage::Done(output) => output,
        Stage::Pending(pending) => {
            move_files(scratch.path(), pending.dir())?;
            pending.commit()?
        }
    };
    Ok(Read { path: input.path.clone(), roles: input.roles.clone(), key, output, report, first_sight, reused: false })
}

fn move_files(from: &Path, to: &Path) -> Result<(), StageError> {
    let failed = |e| StageError::vault(from, e);
    for entry in std::fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        std::fs::rename(entry.path(), to.join(entry.file_name())).map_err(failed)?;
    }
    Ok(())
}

fn changed(input: &Input, pin: &Pin, found: &Digest<kind::Snapshot>) -> StageError {
    StageError::PinChanged { path: input.path.clone(), found: found.to_string(), pinned: pin.sha256.to_string() }
}

fn expected(path: &Path, found: &Digest<kind::Snapshot>, request: &Request) -> Result<(), StageError> {
    if request.sha256.is_empty() || request.sha256.contains(found) {
        return Ok(());
    }
    Err(StageError::UnexpectedDigest { path: path.into(), found: found.to_string() })
}

fn searches(read: &[Read], request: &Request, vault: &Vault, lists: &Lists, progress: &dyn Progress) -> Result<SafeInputs, StageError> {
    let logs: Vec<&Read> = read.iter().filter(|r| r.roles.contains(&SnapshotRole::Search)).collect();
    let keys: Vec<StageKey> = logs.iter().map(|r| r.key).collect();
    let output = match vault.stage(SafeInputs::STAGE, &searches_key(&keys, request, lists))? {
        Stage::Done(output) => output,
        Stage::Pending(pending) => {
            progress.begin("order the searches and apply the net rule", None);
            let scratch = vault.scratch("sort")?;
            let runs = event_runs(logs.iter().map(|r| &r.output));
            let params = NetParams::from(&request.thresholds);
            make_safe(&runs, pending.dir(), scratch.path(), request.engine.sort_records, params, lists)?;
            progress.end();
            pending.commit()?
        }
    };
    SafeInputs::open(output)
}

/// How far the searches of a month go.
struct Coverage {
    complete: bool,
    until: NaiveDate,
}

fn coverage(month: Month, searches: &SafeInputs, request: &Request) -> Result<Coverage, StageError> {
    let report = searches.report();
    let newest = report.newest_ms.and_then(DateTime::from_timestamp_millis).map(|t| t.with_timezone(&Paris).naive_local());
    let (Some(newest), Some(first), Some(last)) = (newest, report.months.first(), report.months.last()) else {
        return Err(StageError::NoSearches { month: month.to_string(), first: "nothing".into(), last: "nothing".into() });
    };
    if month < *first || month > *last {
        return Err(StageError::NoSearches { month: month.to_string(), first: first.to_string(), last: last.to_string() });
    }
    let end = month.next().first_day().and_time(chrono::NaiveTime::MIN);
    let complete = match request.cut_off {
        Some(day) => day >= month.last_day(),
        None => newest >= end - TimeDelta::minutes(i64::from(request.month_end_slack_minutes)),
    };
    if !complete && !request.partial {
        return Err(StageError::NotCovered { month: month.to_string(), until: newest.format("%Y-%m-%d %H:%M").to_string() });
    }
    let until = if complete { month.last_day() } else { request.cut_off.unwrap_or_else(|| newest.date()) };
    Ok(Coverage { complete, until })
}

fn run_spec(
    month: Month,
    read: &[Read],
    date_photo: NaiveDate,
    searches: Option<&SafeInputs>,
    coverage: Option<&Coverage>,
    request: &Request,
) -> RunSpec {
    let mut snapshots: Vec<SnapshotPin> =
        read.iter().flat_map(|r| r.roles.iter().map(|role| SnapshotPin { role: *role, sha256: r.report.sha256 })).collect();
    snapshots.sort();
    let newest = searches.and_then(|s| s.report().newest_ms).and_then(DateTime::from_timestamp_millis);
    let newest = newest.map(|t| t.with_timezone(&Paris).date_naive());
    RunSpec {
        month,
        snapshots,
        date_photo,
        now: request.cut_off.unwrap_or_else(|| newest.map_or(date_photo, |n| n.max(date_photo))),
        partial: coverage.is_some_and(|c| !c.complete),
        covered_until: coverage.map(|c| c.until),
        thresholds: request.thresholds.clone(),
    }
}

fn extraction_key(sha256: &Digest<kind::Snapshot>, roles: &[SnapshotRole], request: &Request, lists: &Lists) -> StageKey {
    let mut roles = roles.to_vec();
    roles.sort();
    StageKeyBuilder::new("extraction", EXTRACTION)
        .part("snapshot", sha256.as_bytes())
        .part("roles", names(&roles))
        .part("lists", &lists.digest)
        .part("policy_lieux", Policy::LIEUX_TOML)
        .part("policy_search", Policy::SEARCH_TOML)
        .part("cut_off", request.cut_off.map(|d| d.to_string()).unwrap_or_default())
        .finish()
}

fn searches_key(extractions: &[StageKey], request: &Request, lists: &Lists) -> StageKey {
    let mut keys: Vec<String> = extractions.iter().map(ToString::to_string).collect();
    keys.sort();
    StageKeyBuilder::new(SafeInputs::STAGE, SEARCHES)
        .part("extractions", keys.join("\n"))
        .part("thresholds", format!("{:?}", request.thresholds))
        .part("lists", &lists.digest)
        .finish()
}

fn action(view: Option<&VaultView>, stage: &str, key: Option<&StageKey>, unknown: &str) -> Result<Action, StageError> {
    let (Some(view), Some(key)) = (view, key) else { return Ok(Action::Build(unknown.into())) };
    Ok(match view.look_up(stage, key)? {
        Ok(_) => Action::Reuse,
        Err(Rebuild::Absent) => Action::Build("something that decides it changed, or it was never made".into()),
        Err(Rebuild::Damaged(what)) => Action::Build(format!("the vault's copy is damaged: {what}")),
    })
}

fn collection(role: SnapshotRole) -> Collection {
    match role {
        SnapshotRole::Lieux => Collection::Lieux,
        SnapshotRole::Search => Collection::Search,
    }
}

fn names(roles: &[SnapshotRole]) -> String {
    roles.iter().map(|r| collection(*r).name()).collect::<Vec<_>>().join(" and ")
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (path, sha256) in &self.snapshots {
            match sha256 {
                Some(sha256) => writeln!(f, "snapshot {} pinned to sha256 {sha256}", path.display())?,
                None => writeln!(f, "snapshot {} not pinned yet", path.display())?,
            }
        }
        for (n, step) in self.steps.iter().enumerate() {
            match &step.action {
                Action::Reuse => writeln!(f, "{:>2}. {}: reuse what the vault has", n + 1, step.what)?,
                Action::Build(why) => writeln!(f, "{:>2}. {}: {why}", n + 1, step.what)?,
            }
            for path in &step.writes {
                writeln!(f, "      writes {path}")?;
            }
        }
        Ok(())
    }
}

/// The readers' progress as the run's.
struct Bridge<'a>(&'a dyn Progress);

impl solidata_sources::Progress for Bridge<'_> {
    fn advance(&self, bytes: u64) {
        self.0.advance(bytes);
    }
}
