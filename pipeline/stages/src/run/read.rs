//! Snapshots to extractions in the vault, and those to searches in order.

use super::{
    Progress, Request, SnapshotSummary, keys,
    plan::{Input, collection, names},
};
use crate::{
    Cubes, Lists, SafeInputs, StageError,
    demand::make_safe,
    extract::{Extraction, SourceReport, event_runs, key_ring, open_report},
};
use solidata_anonymise::net::NetParams;
use solidata_model::{Digest, Month, SnapshotRole, StageKey, kind};
use solidata_sources::{Collection, digest_snapshot};
use solidata_store::{Pin, PinStatus, Stage, StageOutput, Vault};
use std::path::{Path, PathBuf};

/// An extraction that is in the vault.
pub(crate) struct Read {
    path: PathBuf,
    pub(crate) roles: Vec<SnapshotRole>,
    key: StageKey,
    pub(crate) output: StageOutput,
    pub(super) report: SourceReport,
    first_sight: bool,
    reused: bool,
}

impl Read {
    pub(super) fn summary(&self) -> SnapshotSummary {
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

pub(super) fn extract(input: &Input, request: &Request, vault: &Vault, lists: &Lists, progress: &dyn Progress) -> Result<Read, StageError> {
    let bridge = Bridge(progress);
    if let Some(pin) = &input.pinned {
        expected(&input.path, &pin.sha256, request)?;
        let key = keys::extraction(&pin.sha256, &input.roles, request, lists);
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
    let key = keys::extraction(&report.sha256, &input.roles, request, lists);
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

/// Reads a snapshot for what a release that names it was made from, whatever is known of it already.
pub(crate) fn extract_again(
    path: &Path,
    roles: &[SnapshotRole],
    request: &Request,
    aside: &Vault,
    lists: &Lists,
    progress: &dyn Progress,
) -> Result<Read, StageError> {
    extract(&Input { path: path.into(), roles: roles.to_vec(), pinned: None }, request, aside, lists, progress)
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

pub(crate) fn searches(
    read: &[Read],
    request: &Request,
    vault: &Vault,
    lists: &Lists,
    progress: &dyn Progress,
) -> Result<(SafeInputs, StageKey), StageError> {
    let logs: Vec<&Read> = read.iter().filter(|r| r.roles.contains(&SnapshotRole::Search)).collect();
    let keys: Vec<StageKey> = logs.iter().map(|r| r.key).collect();
    let key = keys::searches(&keys, request, lists);
    let output = match vault.stage(SafeInputs::STAGE, &key)? {
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
    Ok((SafeInputs::open(output)?, key))
}

/// The exact counts of a month: from the vault, or made now.
pub(crate) async fn cubes(
    month: Month,
    (searches, key): &(SafeInputs, StageKey),
    request: &Request,
    vault: &Vault,
    lists: &Lists,
) -> Result<(Cubes, StageKey), StageError> {
    let key = keys::cubes(key, month, request, lists)?;
    let cubes = match vault.stage(Cubes::STAGE, &key)? {
        Stage::Done(output) => Cubes::open(month, &output)?,
        Stage::Pending(pending) => {
            let spill = vault.scratch("spill")?;
            let cubes = Cubes::compute(searches, month, &request.project, lists, &request.engine, spill.path().into()).await?;
            cubes.write(pending.dir())?;
            pending.commit()?;
            cubes
        }
    };
    Ok((cubes, key))
}

/// The readers' progress as the run's.
struct Bridge<'a>(&'a dyn Progress);

impl solidata_sources::Progress for Bridge<'_> {
    fn advance(&self, bytes: u64) {
        self.0.advance(bytes);
    }
}
