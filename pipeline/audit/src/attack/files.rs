//! The files of one release: its tables, and what describes them.

use super::{
    CodeLists, PublishedDemand, ReleaseId, cube,
    derived::{Local, Shares},
    forms, manifest,
    rows::DemandReader,
    table::{Folder, Found},
};
use crate::AuditError;
use bytes::Bytes;
use solidata_model::{CodeListEntry, Digest, kind};
use solidata_store::release::MANIFEST;
use std::sync::Arc;

/// One release, read.
pub(crate) struct ReadRelease {
    pub(crate) demand: PublishedDemand,
    pub(crate) code_lists: Vec<CodeListEntry>,
    pub(crate) notes: Vec<String>,
}

/// What is known of a release's manifest before the release is read.
pub(crate) enum Described {
    /// Its sha256, when the index says it.
    Listed(Option<Digest<kind::File>>),
    /// All of it, as it is not in the folder yet.
    Given(Bytes),
}

/// Reads a release; `None` when it has no table of the demand. A release without a manifest is one that is not published yet.
pub(crate) async fn read(
    folder: &Folder<'_>,
    id: ReleaseId,
    described: Described,
    lists: &CodeLists,
) -> Result<Option<ReadRelease>, AuditError> {
    let lists = lists.of(id.month);
    let mut found = Found::new(folder.prefix);
    let (bytes, listed) = match described {
        Described::Given(bytes) => (Some(bytes), None),
        Described::Listed(listed) => (folder.get(MANIFEST).await?, listed),
    };
    let manifest = bytes.and_then(|bytes| manifest::read(&bytes, listed, &mut found));
    let folder = &Folder { manifest: manifest.as_ref(), ..*folder };
    let known = lists.clone();
    let Some(demand) = folder.table(move || DemandReader::new(&known, id), &mut found).await? else { return Ok(None) };
    let demand = Arc::new(demand);
    let code_lists = manifest.as_ref().map(|manifest| manifest.code_lists.clone()).unwrap_or_default();
    let same_lists = lists.others(&code_lists).is_empty();
    let (known, given) = (lists.clone(), demand.clone());
    let local = folder.table(move || Local::new(&given, &known, same_lists), &mut found).await?;
    let (known, given) = (lists.clone(), demand.clone());
    let shares = folder.table(move || Shares::new(&given, &known), &mut found).await?;
    cube::compare(folder, &mut found).await?;
    if let Some(manifest) = &manifest {
        forms::compare(manifest, folder, &mut found).await?;
        manifest::compare(manifest, folder, &mut found).await?;
    }
    let mut demand = Arc::unwrap_or_clone(demand);
    demand.telltales.extend(found.telltales.into_iter().chain(local.into_iter().chain(shares).flatten()));
    Ok(Some(ReadRelease { demand, code_lists, notes: found.notes }))
}
