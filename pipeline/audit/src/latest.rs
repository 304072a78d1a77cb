//! `latest/`, where most readers are: it is a copy of the current release, or it is not.

use crate::{AuditError, Code, Report, verify::PHASE};
use solidata_model::{Digest, Index, Manifest};
use solidata_store::{
    Progress, PublicStore,
    release::{LATEST, LatestState, MANIFEST, SIDECAR, has_sidecar, latest_state, sidecar},
};
use std::collections::BTreeSet;

/// Compares `latest/` with the current release. That it lags behind is a note; that it holds something else is a finding.
pub(crate) async fn verify(store: &PublicStore, index: &Index, progress: &dyn Progress, report: &mut Report) -> Result<(), AuditError> {
    match latest_state(store, index).await? {
        LatestState::Absent => return Ok(()),
        LatestState::Behind(of) => {
            let of = of.unwrap_or_else(|| "no whole release".into());
            report.notes.push(format!("{LATEST}/ is of {of}, and not of the current release: `solidata publish` switches it"));
            return Ok(());
        }
        LatestState::Unknown => {
            report.find(Code::Digest, format!("{LATEST}/{MANIFEST}"), "it is the manifest of no release that index.json names");
            return Ok(());
        }
        LatestState::Current => {}
    }
    let Some(bytes) = store.get(&format!("{LATEST}/{MANIFEST}")).await? else { return Ok(()) };
    let Ok(manifest) = serde_json::from_slice::<Manifest>(&bytes) else { return Ok(()) };
    let mut known = BTreeSet::new();
    for file in &manifest.files {
        let path = format!("{LATEST}/{}", file.path);
        match store.digest(&path, PHASE, progress).await? {
            None => report.find(Code::Missing, &path, "the current release has it"),
            Some((_, sha256)) if sha256 != file.sha256 => {
                report.find(Code::Digest, &path, format!("its sha256 is {sha256}; in the current release it is {}", file.sha256));
            }
            Some((info, _)) => {
                report.objects += 1;
                report.bytes += info.bytes;
            }
        }
        if has_sidecar(&file.path) {
            check_sidecar(store, &path, &file.path, file.sha256, report).await?;
            known.insert(format!("{path}{SIDECAR}"));
        }
        known.insert(path);
    }
    if store.can_list() {
        let release = index.current().map(|entry| entry.prefix.as_str()).unwrap_or_default();
        let whole: BTreeSet<String> =
            store.list(release).await?.into_iter().filter_map(|o| o.path.strip_prefix(release).map(|p| format!("{LATEST}{p}"))).collect();
        for object in store.list(LATEST).await? {
            if !known.contains(&object.path) && !whole.contains(&object.path) {
                report.find(Code::Extra, object.path, "the current release has no such file");
            }
        }
    }
    Ok(())
}

/// The digest beside a table is there and right.
async fn check_sidecar(
    store: &PublicStore,
    path: &str,
    name: &str,
    sha256: Digest<solidata_model::kind::File>,
    report: &mut Report,
) -> Result<(), AuditError> {
    let beside = format!("{path}{SIDECAR}");
    match store.get(&beside).await? {
        None => report.find(Code::Missing, beside, "there is no digest beside this table"),
        Some(text) if text != sidecar(name, &sha256) => report.find(Code::Digest, beside, "it is not the digest of the table beside it"),
        Some(_) => {}
    }
    Ok(())
}
