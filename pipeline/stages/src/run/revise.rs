//! A correction of a month that is published: `r2` beside `r1`.
//!
//! The directory, the code lists, contracts and pages are made anew. The figures of demand stay those that are published: the difference of two versions of a
//! count is itself a count, of few, and nobody may have it. They are taken from the cube of the revision that is corrected, cell by cell.

use super::{
    Progress, Request, Summary,
    plan::{Input, Plan},
    read::{Read, extract},
};
use crate::{
    Lists, ProtectedCubes, StageError,
    datasets::{CUBE, Supply},
    past,
    release::{Finished, Month as MonthRelease},
    since::{Base, Earlier},
    supply::PublicSupply,
};
use solidata_model::{
    FileEntry, Index, IndexEntry, Manifest, Month, ReleaseState, RevisionSpec, RunSpec, SnapshotPin, SnapshotRole, StageKey, canonical_json,
};
use solidata_store::{PublicStore, Vault, release::differences};

/// Publishes a further revision of a month.
///
/// # Errors
/// When the month is not published or was withdrawn, when nothing changes, and as [`super::execute`].
pub(super) async fn revise(request: &Request, plan: &Plan, reason: &str, progress: &dyn Progress) -> Result<Summary, StageError> {
    let [month] = request.months[..] else {
        return Err(StageError::Usage("--revise corrects one month: name it with --month".into()));
    };
    crate::check(&request.project).await?.into_result()?;
    let request = &Request { project: request.project.of_month(month), ..request.clone() };
    let store = PublicStore::open(&request.public, request.store_options.iter().cloned())?;
    store.ensure_apart(&request.vault)?;
    let vault = Vault::open(&request.vault)?;
    let lists = Lists::load(&request.project)?;
    let (index, _) = store.read_index().await?;
    let (newest, corrected) = corrects(&index, month, store.address())?;
    past::keep_geography(&store, &request.project, &request.months).await?;
    past::sync(&vault, &store).await?;

    let corrected_manifest = past::manifest(&store, corrected).await?;
    let protected = cube(&store, corrected, &corrected_manifest, &vault).await?;
    let mut notes = Vec::new();
    if protected.is_some() {
        notes.push(format!("the figures of demand stay those of {}: a second version of them would tell what changed", corrected.prefix));
    } else if !request.search.is_empty() {
        return Err(StageError::Usage(format!("{} has no demand, and a correction adds none: leave --search out", corrected.prefix)));
    }
    let input = plan.inputs.iter().find(|input| input.roles.contains(&SnapshotRole::Lieux));
    let input = input.ok_or_else(|| StageError::Defect("the directory is not planned".into()))?;
    let input = Input { roles: vec![SnapshotRole::Lieux], ..input.clone() };
    let directory = extract(&input, request, &vault, &lists, progress)?;
    let supply = PublicSupply::open(&directory.output)?;

    // A correction that was published and whose run is repeated is compared with itself.
    let newest_manifest = past::manifest(&store, newest).await?;
    let repeated = newest_manifest.run.revision.as_ref().filter(|told| told.reason == reason);
    let mut earlier = Earlier::open(&store, &vault).await?;
    let made = Making { request, vault: &vault, lists: &lists, supply: &supply, protected: protected.as_ref(), directory: &directory };
    progress.begin(&format!("make {month} again"), None);
    let mut release = None;
    if let Some(told) = repeated {
        let told_of = index.releases.iter().find(|r| r.prefix == told.corrects && r.state != ReleaseState::Withdrawn);
        let corrected_run = match told_of {
            Some(told_of) => past::manifest(&store, told_of).await?.run,
            None => corrected_manifest.run.clone(),
        };
        let base = earlier.of_published(&told.corrects, newest).await?;
        let again = made.make(&corrected_run, told.clone(), newest.revision, &base).await?;
        release = differences(&newest_manifest, again.manifest()).is_empty().then_some(again);
    }
    let release = match release {
        Some(same) => same,
        None => {
            let told = RevisionSpec { reason: reason.into(), corrects: corrected.prefix.clone(), demand_kept: protected.is_some() };
            let base = Base::Tables(earlier.tables(corrected).await?);
            let release = made.make(&corrected_manifest.run, told, newest.revision + 1, &base).await?;
            if same_content(&corrected_manifest, release.manifest()) {
                return Err(StageError::Usage(format!("{}: nothing would change; there is nothing to correct", corrected.prefix)));
            }
            release
        }
    };
    progress.end();
    keep_in_mind(&vault, &corrected_manifest, &release)?;
    progress.begin(&format!("publish to {}", store.address()), None);
    let months = crate::release::publish(&store, vec![release], request.signer.as_deref()).await?;
    past::sync(&vault, &store).await?;
    progress.end();
    let report = vault.write_report(&format!("revise-{month}.json"), &canonical_json(&directory.report)?)?;
    Ok(Summary {
        date_photo: supply.report().date_photo,
        snapshots: vec![directory.summary()],
        months,
        public: store.address().to_owned(),
        notes,
        report,
    })
}

/// The newest revision of a month, and the one that a further revision corrects: the current one, else the newest that is still there.
fn corrects<'i>(index: &'i Index, month: Month, store: &str) -> Result<(&'i IndexEntry, &'i IndexEntry), StageError> {
    let newest = index.newest_revision(month);
    let newest =
        newest.ok_or_else(|| StageError::Usage(format!("{store}: {month} is not published: publish it without --revise first")))?;
    let there = index.releases.iter().filter(|r| r.month == month && r.state != ReleaseState::Withdrawn);
    let corrected = index.current_of(month).or_else(|| there.max_by_key(|r| r.revision));
    let gone = || StageError::Usage(format!("{store}: every revision of {month} was withdrawn: nothing is left to correct"));
    Ok((newest, corrected.ok_or_else(gone)?))
}

/// The protected cube that a release carries, copied and verified; none when it has no demand.
async fn cube(store: &PublicStore, release: &IndexEntry, manifest: &Manifest, vault: &Vault) -> Result<Option<ProtectedCubes>, StageError> {
    let path = solidata_canon::cube_path(CUBE);
    let Some(file) = manifest.files.iter().find(|f| f.path == path) else { return Ok(None) };
    let damaged = || StageError::Damaged { what: format!("{}/{}/{path}", store.address(), release.prefix) };
    let scratch = vault.scratch("cube")?;
    let to = scratch.path().join("cube.parquet");
    match store.download(&format!("{}/{path}", release.prefix), &to, file.bytes).await? {
        Some((_, sha256)) if sha256 == file.sha256 => Ok(Some(ProtectedCubes::published(&to)?)),
        _ => Err(damaged()),
    }
}

struct Making<'a> {
    request: &'a Request,
    vault: &'a Vault,
    lists: &'a Lists,
    supply: &'a PublicSupply,
    protected: Option<&'a ProtectedCubes>,
    directory: &'a Read,
}

impl Making<'_> {
    /// Makes the release; `before` is the run of the revision that it corrects, whose searches are kept.
    async fn make(&self, before: &RunSpec, revision: RevisionSpec, number: u32, base: &Base) -> Result<Finished, StageError> {
        let date_photo = self.supply.report().date_photo;
        let mut snapshots: Vec<SnapshotPin> = before.snapshots.iter().filter(|pin| pin.role == SnapshotRole::Search).cloned().collect();
        snapshots.push(SnapshotPin { role: SnapshotRole::Lieux, sha256: self.directory.report.sha256 });
        snapshots.sort();
        let run = RunSpec {
            snapshots,
            date_photo,
            now: self.request.cut_off.unwrap_or_else(|| before.now.max(date_photo)),
            cut_off: self.request.cut_off,
            since: Some(revision.corrects.clone()),
            revision: Some(revision),
            ..before.clone()
        };
        let month = MonthRelease {
            run: &run,
            revision: number,
            supply: Supply::Directory(self.supply),
            protected: self.protected,
            project: &self.request.project,
            lists: self.lists,
            base,
        };
        Finished::make(&month, self.vault, &self.request.engine).await
    }
}

/// Whether a correction says the same as what it corrects: the same rows in every form (a spreadsheet names its release), and the same bytes of the files that
/// have none, but for those that tell which release it is.
fn same_content(a: &Manifest, b: &Manifest) -> bool {
    let says = |path: &str| ["data/", "cubes/", "schemas/", "sql/", "datasets/"].iter().any(|folder| path.starts_with(folder));
    let content = |f: &FileEntry| f.logical_sha256.map_or_else(|| f.sha256.to_string(), |rows| rows.to_string());
    let files = |m: &Manifest| m.files.iter().filter(|f| says(&f.path)).map(|f| (f.path.clone(), content(f))).collect::<Vec<_>>();
    files(a) == files(b)
}

/// The exact counts of the table of demand are those of the revision that is corrected: same cells.
fn keep_in_mind(vault: &Vault, corrected: &Manifest, release: &Finished) -> Result<(), StageError> {
    let path = solidata_canon::parquet_path(past::TABLE);
    let before = corrected.files.iter().find(|f| f.path == path).map(|f| f.sha256);
    let counts: Option<StageKey> = before.map(|table| vault.view().counts_of(&table)).transpose()?.flatten();
    match (release.table(past::TABLE), counts) {
        (Some(table), Some(counts)) if Some(table) != before => Ok(vault.remember_counts(&table, &counts)?),
        _ => Ok(()),
    }
}
