//! The chain: one link for each release that was ever sealed, each naming the one before.

use crate::{
    AuditError, Code, Report,
    document::{self, Document},
};
use solidata_model::{ChainLink, Digest, Index, canonical_json, kind};
use solidata_store::{NOTE_MAX, PublicStore};
use std::collections::BTreeMap;

/// The links that could be read, by number.
pub(crate) type Links = BTreeMap<u64, ChainLink>;

/// Where a link lies.
pub(crate) fn path(number: u64) -> String {
    format!("chain/{number:06}.json")
}

/// Reads every link up to the index's number and looks whether each fits to its neighbours and to the index.
pub(crate) async fn verify(store: &PublicStore, index: &Index, report: &mut Report) -> Result<Links, AuditError> {
    // A number that is far beyond any list of links comes from a forged index: what is there is looked at, what is not is one finding.
    let there = if store.can_list() { Some(store.list("chain").await?) } else { None };
    let mut numbers: Vec<u64> = (1..=index.sealed.min(1_000_000)).collect();
    if let Some(there) = &there {
        let known: BTreeMap<String, u64> = numbers.iter().map(|n| (path(*n), *n)).collect();
        for object in there.iter().filter(|o| !known.contains_key(&o.path)) {
            match object.path.strip_prefix("chain/").and_then(|n| n.strip_suffix(".json")).and_then(|n| n.parse::<u64>().ok()) {
                Some(n) if n > index.sealed && path(n) == object.path => {
                    report.notes.push(format!("{}: index.json does not reach it; an unfinished publication left it", object.path));
                }
                _ => report.find(Code::Extra, &object.path, "it is no link of the chain"),
            }
        }
        numbers.retain(|n| {
            let found = there.binary_search_by(|o| o.path.as_str().cmp(&path(*n))).is_ok();
            if !found {
                report.find(Code::Chain, path(*n), "this link of the chain is missing");
            }
            found
        });
    }
    let mut links = Links::new();
    for number in numbers {
        match read(store, number, report).await? {
            Some(link) => drop(links.insert(number, link)),
            // Without a listing, a forged number is not worth a million requests.
            None if there.is_none() => break,
            None => {}
        }
    }
    for (number, link) in &links {
        let before: Option<Digest<kind::File>> = match number {
            1 => None,
            n => match links.get(&(n - 1)) {
                Some(before) => Some(before.manifest_sha256),
                None => continue,
            },
        };
        if link.previous_manifest_sha256 != before {
            report.find(Code::Chain, path(*number), "it does not name the manifest of the link before it");
        }
    }
    for entry in &index.releases {
        match links.get(&entry.sealed) {
            Some(link) if link.prefix != entry.prefix || link.manifest_sha256 != entry.manifest_sha256 => {
                report.find(
                    Code::Chain,
                    path(entry.sealed),
                    format!("it and index.json do not name the same manifest for {}", entry.prefix),
                );
            }
            _ => {}
        }
    }
    Ok(links)
}

async fn read(store: &PublicStore, number: u64, report: &mut Report) -> Result<Option<ChainLink>, AuditError> {
    let path = path(number);
    let bytes = match document::read(store, &path, NOTE_MAX, report).await? {
        Document::Whole(bytes) => bytes,
        Document::TooLarge => return Ok(None),
        Document::Missing => {
            report.find(Code::Chain, path, "this link of the chain is missing");
            return Ok(None);
        }
    };
    match serde_json::from_slice::<ChainLink>(&bytes) {
        Err(e) => {
            report.find(Code::Chain, path, format!("it is no link of this version ({e})"));
            Ok(None)
        }
        Ok(link) if link.number != number || canonical_json(&link).is_ok_and(|canonical| canonical != bytes) => {
            report.find(Code::Chain, path, "it has another number, or is not written in the canonical form");
            Ok(None)
        }
        Ok(link) => Ok(Some(link)),
    }
}
