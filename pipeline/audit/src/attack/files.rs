//! The files of one release: its tables, and its manifest.

use super::{
    CodeLists, PublishedDemand, ReleaseId,
    derived::{Local, Shares},
    rows::DemandReader,
    table::{Facts, Folder, Found},
    telltale::TelltaleKind,
};
use crate::AuditError;
use bytes::Bytes;
use solidata_model::{CodeListEntry, Digest, FileEntry, Manifest, canonical_json, kind};
use solidata_store::{Progress, PublicStore, release::MANIFEST};

/// One release, read.
pub(crate) struct ReadRelease {
    pub(crate) demand: PublishedDemand,
    pub(crate) code_lists: Vec<CodeListEntry>,
    pub(crate) notes: Vec<String>,
}

/// Reads a release that lies beneath `folder` of a store (empty for its root); `None` when it has no table of the demand. A release without a manifest is
/// one that is not published yet. `listed` is the sha256 of its manifest as the index says it.
pub(crate) async fn read(
    store: &PublicStore,
    folder: &str,
    id: ReleaseId,
    listed: Option<Digest<kind::File>>,
    lists: &CodeLists,
    progress: &dyn Progress,
) -> Result<Option<ReadRelease>, AuditError> {
    let prefix = id.prefix.clone();
    let folder = Folder { store, folder, prefix: &prefix, progress };
    let mut found = Found::new(&prefix);
    let Some(mut demand) = folder.table(DemandReader::new(lists, id), &mut found).await? else { return Ok(None) };
    let manifest = match folder.get(MANIFEST).await? {
        Some(bytes) => read_manifest(&bytes, listed, &mut found),
        None => None,
    };
    let code_lists = manifest.as_ref().map(|manifest| manifest.code_lists.clone()).unwrap_or_default();
    let same_lists = lists.others(&code_lists).is_empty();
    let local = folder.table(Local::new(&demand, lists, same_lists), &mut found).await?;
    let shares = folder.table(Shares::new(&demand, lists), &mut found).await?;
    if let Some(manifest) = &manifest {
        compare_files(manifest, &mut found);
    }
    demand.telltales.extend(found.telltales.into_iter().chain(local.into_iter().chain(shares).flatten()));
    Ok(Some(ReadRelease { demand, code_lists, notes: found.notes }))
}

/// Reads a manifest, and looks at what it says by itself.
fn read_manifest(bytes: &Bytes, listed: Option<Digest<kind::File>>, found: &mut Found) -> Option<Manifest> {
    let mut wrong = |problem: String| found.tell(MANIFEST, TelltaleKind::Manifest, problem);
    let manifest: Manifest = match serde_json::from_slice(bytes) {
        Ok(manifest) => manifest,
        Err(e) => {
            wrong(format!("it is no manifest of this version ({e})"));
            return None;
        }
    };
    if listed.is_some_and(|listed| listed != Digest::of(bytes)) {
        wrong("index.json lists another sha256 of it".into());
    }
    if canonical_json(&manifest).is_ok_and(|canonical| canonical != *bytes) {
        wrong("it is not written in the canonical form".into());
    }
    if manifest.checks.iter().any(|check| check.violations != 0) {
        wrong("it tells how many rows break a check".into());
    }
    Some(manifest)
}

/// Compares what the manifest says of the files with those that were read.
fn compare_files(manifest: &Manifest, found: &mut Found) {
    let files = found.files.clone();
    let mut wrong = |problem: String| found.tell(MANIFEST, TelltaleKind::Manifest, problem);
    for Facts { path, bytes, sha256, rows } in &files {
        let Some(entry) = manifest.files.iter().find(|file| file.path == *path) else {
            wrong(format!("it does not list {path}"));
            continue;
        };
        if (entry.bytes, entry.sha256) != (*bytes, *sha256) {
            wrong(format!("{path} has another size or sha256 than it lists"));
        }
        if entry.rows.zip(entry.logical_sha256) != *rows {
            wrong(format!("{path} has other rows than it says"));
        }
    }
    let other = |f: &&FileEntry| f.rows.is_some() && files.iter().all(|facts| facts.path != f.path);
    let others: Vec<&str> = manifest.files.iter().filter(other).map(|f| f.path.as_str()).collect();
    if !others.is_empty() {
        found.notes.push(format!("{}: these tables took no part in the attack: {}", manifest.prefix(), others.join(", ")));
    }
}
