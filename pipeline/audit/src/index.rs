//! `index.json`, and what lies beside the releases it names.

use crate::{
    AuditError, Code, Report,
    document::{self, Document},
};
use solidata_model::{Digest, Index, canonical_json};
use solidata_store::{DOCUMENT_MAX, INDEX, PublicStore};
use std::collections::BTreeSet;

/// Reads the index and looks whether it agrees with itself; `None` when it cannot be read at all.
pub(crate) async fn read(store: &PublicStore, report: &mut Report) -> Result<Option<Index>, AuditError> {
    let bytes = match document::read(store, INDEX, DOCUMENT_MAX, report).await? {
        Document::Whole(bytes) => bytes,
        Document::TooLarge => return Ok(None),
        Document::Missing => {
            report.find(Code::Missing, INDEX, "it is not there any more");
            return Ok(None);
        }
    };
    report.index_sha256 = Some(Digest::of(&bytes));
    let index: Index = match serde_json::from_slice(&bytes) {
        Ok(index) => index,
        Err(e) => {
            report.find(Code::Index, INDEX, format!("it is no index of this version ({e})"));
            return Ok(None);
        }
    };
    let mut wrong = |problem: String| report.find(Code::Index, INDEX, problem);
    if index.format != Index::FORMAT {
        wrong(format!("its format is '{}' and not {}", index.format, Index::FORMAT));
        return Ok(None);
    }
    if canonical_json(&index).is_ok_and(|canonical| canonical != bytes) {
        wrong("it is not written in the canonical form: it was changed by hand".into());
    }
    if !index.releases.is_sorted_by(|a, b| (a.month, a.revision) < (b.month, b.revision)) {
        wrong("its releases are not sorted by month and revision, or one is there twice".into());
    }
    let mut numbers = BTreeSet::new();
    for entry in &index.releases {
        if entry.prefix != format!("releases/{}/r{}", entry.month, entry.revision) {
            wrong(format!("revision {} of {} lies at an unexpected place", entry.revision, entry.month));
        }
        if entry.sealed == 0 || entry.sealed > index.sealed || !numbers.insert(entry.sealed) {
            wrong(format!("{} has the number {}, which is taken or outside of 1 to {}", entry.prefix, entry.sealed, index.sealed));
        }
    }
    if let Err(e) = index.check_history() {
        report.find(Code::History, INDEX, e.to_string());
    }
    Ok(Some(index))
}

/// Notes prefixes that the index does not name: unfinished publications. They are not published, so they are no finding.
pub(crate) async fn note_unnamed(store: &PublicStore, index: &Index, report: &mut Report) -> Result<(), AuditError> {
    let named: BTreeSet<&str> = index.releases.iter().map(|r| r.prefix.as_str()).collect();
    let mut unnamed = BTreeSet::new();
    for object in store.list("releases").await? {
        // A release lies in `releases/<month>/<revision>/`.
        let place = object.path.match_indices('/').nth(2).map_or(object.path.as_str(), |(at, _)| object.path.get(..at).unwrap_or_default());
        if !named.contains(place) {
            unnamed.insert(place.to_owned());
        }
    }
    report.notes.extend(unnamed.into_iter().map(|p| format!("{p}: index.json does not name it; it is not published")));
    Ok(())
}
