//! The full depth: from what the vault has, or from the raw snapshots with its keys.

use super::{Again, Depth, Reproduction};
use crate::{
    Lists, Progress, Project, PublicSupply, SafeInputs, StageError,
    datasets::Supply,
    past::Past,
    protect::{self, Work},
    run::{self, Request},
};
use solidata_model::{Digest, SnapshotRole, StageKey, kind};
use solidata_store::{Vault, VaultView};
use std::{collections::BTreeMap, path::PathBuf};

/// What a release was made from.
struct Inputs {
    supply: PublicSupply,
    searches: Option<(SafeInputs, StageKey)>,
    depth: Depth,
}

type Snapshots = BTreeMap<Digest<kind::Snapshot>, Vec<SnapshotRole>>;

impl Again<'_> {
    pub(super) async fn full(&self, vault: &Vault, progress: &dyn Progress) -> Result<Reproduction, StageError> {
        let (project, lists) = self.project()?;
        let request = self.as_it_was_asked(vault, project.clone());
        let manifest = &self.fetched.manifest;
        let mut snapshots = Snapshots::new();
        let kept = manifest.run.revision.as_ref().filter(|revision| revision.demand_kept);
        for pin in manifest.run.snapshots.iter().filter(|pin| kept.is_none() || pin.role == SnapshotRole::Lieux) {
            snapshots.entry(pin.sha256).or_default().push(pin.role);
        }
        let scratch = vault.scratch("aside")?;
        let aside = vault.aside(&scratch)?;
        let inputs = match self.request.snapshots.is_empty() {
            true => of_vault(vault.view(), &snapshots, &request, &lists)?,
            false => of_snapshots(&self.request.snapshots, &aside, snapshots, &request, &lists, progress)?,
        };
        let mut notes = Vec::new();
        let mut protection = None;
        if let Some(searches) = &inputs.searches {
            progress.begin(&format!("protect {}", manifest.month), None);
            // The exact counts are made anew: what the vault keeps of them proves nothing.
            let (cubes, _) = run::cubes(manifest.month, searches, &request, &aside, &lists).await?;
            let mut past = Past::open(vault.view())?;
            if !past.stand_at(manifest.month, &Digest::of(&self.fetched.manifest_bytes)) {
                notes.push(format!(
                    "the vault's ledger does not name this release: {} is protected as if it were published now, after everything that the ledger names",
                    manifest.month
                ));
            }
            let rules = protect::rules(&project)?;
            let (threads, complete) = (self.request.engine.threads, !manifest.run.partial);
            let work = Work { lists: &lists, rules: &rules, vault: vault.view(), past: &past, threads, month: manifest.month, complete };
            let done = work.protect(&cubes)?;
            notes.extend(done.notes.iter().cloned());
            protection = Some(done);
            progress.end();
        }
        if let Some(revision) = kept {
            notes.push(format!("the figures of demand are those of {}: make that one again for them", revision.corrects));
            let protected = self.whole_cube()?;
            return self
                .make(inputs.depth, (&project, &lists), Supply::Directory(&inputs.supply), protected.as_ref(), notes, progress)
                .await;
        }
        let protected = protection.as_ref().map(protect::MonthProtection::cubes).transpose()?;
        self.make(inputs.depth, (&project, &lists), Supply::Directory(&inputs.supply), protected.as_ref(), notes, progress).await
    }

    /// The request that the release answers, as far as it decides anything.
    fn as_it_was_asked(&self, vault: &Vault, project: Project) -> Request {
        let run = &self.fetched.manifest.run;
        Request {
            months: vec![run.month],
            partial: run.partial,
            lieux: PathBuf::new(),
            search: Vec::new(),
            sha256: run.snapshots.iter().map(|pin| pin.sha256).collect(),
            cut_off: run.cut_off,
            vault: vault.root().to_path_buf(),
            public: String::new(),
            store_options: solidata_store::StoreOptions::default(),
            revise: None,
            engine: self.request.engine.clone(),
            thresholds: run.thresholds.clone(),
            // It was small enough when the release was made.
            quarantine_share: 1.0,
            month_end_slack_minutes: 0,
            signer: None,
            project,
        }
    }
}

fn has(roles: &[SnapshotRole], role: SnapshotRole) -> bool {
    roles.contains(&role)
}

/// From what the vault keeps of the snapshots.
fn of_vault(view: &VaultView, snapshots: &Snapshots, request: &Request, lists: &Lists) -> Result<Inputs, StageError> {
    let gone = |what: &str| {
        StageError::Usage(format!(
            "the vault has {what} of this release no more, or never had: name its raw snapshots with --snapshot, or leave --vault out (public depth)"
        ))
    };
    let mut supply = None;
    let mut keys = Vec::new();
    for (sha256, roles) in snapshots {
        let key = run::keys::extraction(sha256, roles, request, lists);
        if has(roles, SnapshotRole::Lieux) {
            let output = view.look_up("extraction", &key)?.map_err(|_| gone("the directory"))?;
            supply = Some(PublicSupply::open(&output)?);
        }
        keys.extend(has(roles, SnapshotRole::Search).then_some(key));
    }
    let searches = match keys.is_empty() {
        true => None,
        false => {
            let key = run::keys::searches(&keys, request, lists);
            let output = view.look_up(SafeInputs::STAGE, &key)?.map_err(|_| gone("the searches"))?;
            Some((SafeInputs::open(output)?, key))
        }
    };
    Ok(Inputs { supply: supply.ok_or_else(|| gone("the directory"))?, searches, depth: Depth::SafeInputs })
}

/// From the raw snapshots, which are read again.
fn of_snapshots(
    paths: &[PathBuf],
    aside: &Vault,
    mut snapshots: Snapshots,
    request: &Request,
    lists: &Lists,
    progress: &dyn Progress,
) -> Result<Inputs, StageError> {
    let mut read = Vec::new();
    for path in paths {
        progress.begin(&format!("digest {}", path.display()), None);
        let sha256 = Digest::from_bytes(solidata_sources::digest_snapshot(path, &())?.sha256.0);
        progress.end();
        let roles =
            snapshots.remove(&sha256).ok_or_else(|| StageError::UnexpectedDigest { path: path.clone(), found: sha256.to_string() })?;
        read.push(run::extract_again(path, &roles, request, aside, lists, progress)?);
    }
    if let Some(sha256) = snapshots.keys().next() {
        return Err(StageError::Usage(format!("the release was made from the snapshot of sha256 {sha256} too: name it with --snapshot")));
    }
    let directory = read.iter().find(|r| has(&r.roles, SnapshotRole::Lieux));
    let directory = directory.ok_or_else(|| StageError::Usage("the release names no snapshot of the directory".into()))?;
    let supply = PublicSupply::open(&directory.output)?;
    let searched = read.iter().any(|r| has(&r.roles, SnapshotRole::Search));
    let searches = if searched { Some(run::searches(&read, request, aside, lists, progress)?) } else { None };
    Ok(Inputs { supply, searches, depth: Depth::Snapshots })
}
