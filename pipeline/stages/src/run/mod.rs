//! A run: what is asked, the plan that follows from it, and its execution.

mod coverage;
pub(crate) mod keys;
mod plan;
mod read;
mod revise;

pub use plan::{Action, Plan, Step, plan};

use crate::{
    Engine, Lists, Project, StageError,
    attack::{Attack, Candidate, Gate},
    datasets::Supply,
    extract::SourceReport,
    past::{self, Past},
    protect::{self, MonthProtection, Work},
    release::{Finished, Month as MonthRelease},
    since::Earlier,
    supply::PublicSupply,
};
use chrono::NaiveDate;
use coverage::{coverage, run_spec};
use read::{Read, extract};
pub(crate) use read::{cubes, extract_again, searches};
use serde::Serialize;
use solidata_model::{Digest, Month, RunSpec, SnapshotRole, StageKey, Thresholds, canonical_json, kind};
use solidata_signing::SecretKey;
use solidata_store::{PublicStore, Vault};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

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
    pub store_options: solidata_store::StoreOptions,
    /// The month is published, and this is why it is to be corrected.
    pub revise: Option<String>,
    /// Resources.
    pub engine: Engine,
    /// Numbers of the net rule.
    pub thresholds: Thresholds,
    /// The largest share of quarantined records.
    pub quarantine_share: f64,
    /// Minutes before a month's end within which the newest search must lie.
    pub month_end_slack_minutes: u32,
    /// Who signs what is published; without it nothing is signed, and a signed store takes nothing.
    pub signer: Option<Arc<SecretKey>>,
    /// What is promised and how it is computed.
    pub project: Project,
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
    /// What was left out, and why.
    pub notes: Vec<String>,
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

/// Executes a plan.
///
/// # Errors
/// See [`StageError`]; nothing is visible in the public store then.
pub async fn execute(request: &Request, plan: Plan, progress: &dyn Progress) -> Result<Summary, StageError> {
    if let Some(reason) = &request.revise {
        return revise::revise(request, &plan, reason, progress).await;
    }
    crate::check(&request.project).await?.into_result()?;
    let request = &Request { project: request.project.of_months(&request.months)?, ..request.clone() };
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
        covered.push((*month, searches.as_ref().map(|s| coverage(*month, &s.0, request)).transpose()?));
    }
    let rules = protect::rules(&request.project)?;
    past::keep_geography(&store, &request.project, &request.months).await?;
    past::sync(&vault, &store).await?;
    let mut past = Past::open(vault.view())?;
    let mut releases = Vec::new();
    let mut protections: BTreeMap<Month, MonthProtection> = BTreeMap::new();
    let mut counts: BTreeMap<Month, StageKey> = BTreeMap::new();
    let mut attacks: BTreeMap<Month, Attack> = BTreeMap::new();
    let mut gate = Gate::new(&request.project, &rules, &store)?;
    let mut earlier = Earlier::open(&store, &vault).await?;
    for (month, coverage) in &covered {
        let base = earlier.of_month(*month).await?;
        let run = run_spec(*month, &read, date_photo, searches.as_ref().map(|s| &s.0), coverage.as_ref(), request);
        let run = RunSpec { since: base.prefix(), ..run };
        if let Some(searches) = &searches {
            progress.begin(&format!("protect {month}"), None);
            let (cubes, key) = cubes(*month, searches, request, &vault, &lists).await?;
            let work = Work {
                lists: &lists,
                rules: &rules,
                vault: vault.view(),
                past: &past,
                threads: request.engine.threads,
                month: *month,
                complete: !run.partial,
            };
            let protection = work.protect(&cubes)?;
            past.add(*month, run.partial, key, protection.parts.clone());
            protections.insert(*month, protection);
            counts.insert(*month, key);
            progress.end();
        }
        progress.begin(&format!("make {month}"), None);
        let protected = protections.get(month).map(MonthProtection::cubes).transpose()?;
        let release = MonthRelease {
            run: &run,
            revision: 1,
            supply: Supply::Directory(&supply),
            protected: protected.as_ref(),
            project: &request.project,
            lists: &lists,
            base: &base,
        };
        let release = Finished::make(&release, &vault, &request.engine).await?;
        earlier.add(*month, release.tables()?);
        if let Some((table, key)) = release.table(past::TABLE).zip(counts.get(month)) {
            past.learn(&vault, *month, &table, *key)?;
        }
        progress.end();
        // A month that is published is not published again: it is the same, or it is refused.
        if protected.is_some() && !past.is_published(*month) {
            progress.begin(&format!("attack {month}"), None);
            let private = protections.get_mut(month).map(|p| (std::mem::take(&mut p.inner), std::mem::take(&mut p.primaries)));
            let (inner, primaries) = private.unwrap_or_default();
            let (folder, manifest) = (release.folder(), release.manifest());
            let candidate = Candidate { month: *month, folder, manifest, inner, primaries, geography: lists.geography.clone() };
            attacks.insert(*month, gate.pass(candidate).await?);
            progress.end();
        }
        releases.push(release);
    }
    progress.begin(&format!("publish to {}", store.address()), None);
    let months = crate::release::publish(&store, releases, request.signer.as_deref()).await?;
    past::sync(&vault, &store).await?;
    progress.end();

    let notes = protections.values().flat_map(|p| p.notes.iter().cloned()).collect();
    let report = Report {
        snapshots: read.iter().map(|r| &r.report).collect(),
        demande: searches.as_ref().map(|s| s.0.report()),
        attack: &attacks,
        protection: protections.iter().map(|(month, p)| (*month, &p.reports)).collect(),
    };
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
        notes,
        report: path,
    })
}

/// The run report. It stays in the vault.
#[derive(Serialize)]
struct Report<'a> {
    snapshots: Vec<&'a SourceReport>,
    demande: Option<&'a crate::DemandReport>,
    /// What the attack of each month gave; it found nothing, or there would be no release.
    attack: &'a BTreeMap<Month, Attack>,
    /// By month, and by the first period of each problem.
    protection: BTreeMap<Month, &'a BTreeMap<String, solidata_demand::Report>>,
}
