//! Who signed a store, and whether what was seen of it before is in its history.

use crate::{Code, Report};
use solidata_model::{Digest, Done, Index, kind};
use solidata_signing::{PublicKey, check_index_signature, check_keys};
use solidata_store::INDEX;
use std::collections::BTreeMap;

/// Who has to have signed a manifest.
#[derive(Clone, Copy)]
pub(crate) enum Signer<'a> {
    /// This key.
    Key(&'a PublicKey),
    /// Nobody: the store had no key yet.
    Nobody,
    /// The list of keys cannot be read; that is a finding of its own.
    Unknown,
    /// One release alone, and the reader named no key.
    NotNamed,
}

/// The keys of a store, none when the list does not hold, and when each release was published.
pub(crate) struct Signers<'a> {
    keys: Option<Vec<PublicKey>>,
    publications: BTreeMap<&'a str, u64>,
}

impl<'a> Signers<'a> {
    /// Verifies the list of keys and the signature of the index, and looks for the key that the reader trusts.
    pub(crate) fn check(index: &'a Index, trusted: Option<&PublicKey>, report: &mut Report) -> Self {
        let publications = index.publications();
        let keys = match check_keys(index) {
            Ok(keys) => keys,
            Err(e) => {
                report.find(Code::Key, INDEX, e.to_string());
                return Self { keys: None, publications };
            }
        };
        if let Err(e) = check_index_signature(index, keys.last()) {
            report.find(Code::Signature, INDEX, e.to_string());
        }
        report.signed_by = keys.last().map(PublicKey::id);
        match (keys.last(), trusted) {
            (None, None) => report.notes.push("this store is not signed: who can write to it can forge it".into()),
            (None, Some(trusted)) => {
                report.find(Code::Signature, INDEX, format!("it is not signed; the key {} has to have signed it", trusted.id()));
            }
            (Some(key), None) => report.notes.push(format!(
                "the key {} signed this store; it was not compared with a key that you trust: get it from the publisher by another way and name it by --key",
                key.id()
            )),
            (Some(_), Some(trusted)) if !keys.contains(trusted) => {
                report.find(Code::Key, INDEX, format!("the trusted key {} is not among its keys", trusted.id()));
            }
            (Some(_), Some(_)) => {}
        }
        let before = index.keys.first().map_or(0, |first| {
            let unsigned = |prefix: &str| publications.get(prefix).is_some_and(|counter| *counter < first.since);
            index.releases.iter().filter(|r| unsigned(&r.prefix)).count()
        });
        if before > 0 {
            report.notes.push(format!(
                "{before} release(s) were published before the store had a key: the signed index vouches for their manifests"
            ));
        }
        Self { keys: Some(keys), publications }
    }

    /// The keys that may have signed the tombstone of a withdrawn release: that of the withdrawal, and those after it, with which it may have been ended. None when the
    /// list of keys does not hold; empty when the store had no key.
    pub(crate) fn since_withdrawal(&self, index: &Index, prefix: &str) -> Option<&[PublicKey]> {
        let keys = self.keys.as_ref()?;
        let gone = |done: &Done| matches!(done, Done::Withdraw { prefix: gone, .. } if gone == prefix);
        let counter = index.log.iter().find(|change| change.done.iter().any(gone))?.counter;
        Some(index.key_at(counter).and_then(|at| keys.get(at..)).unwrap_or_default())
    }

    /// Who has to have signed the manifest of a release: the key of the time when it was published.
    pub(crate) fn of(&self, index: &Index, prefix: &str) -> Signer<'_> {
        let (Some(keys), Some(counter)) = (&self.keys, self.publications.get(prefix)) else { return Signer::Unknown };
        match index.key_at(*counter).and_then(|at| keys.get(at)) {
            Some(key) => Signer::Key(key),
            None => Signer::Nobody,
        }
    }
}

/// Looks for a digest that the reader saw before: of this `index.json` or one before it, or of a manifest that was ever published. The links of the chain
/// are compared with the index elsewhere; they are not signed, so that one which the index does not name says nothing.
pub(crate) fn check_since(index: &Index, since: Digest<kind::File>, report: &mut Report) {
    let now = report.index_sha256 == Some(since);
    let before = index.log.iter().any(|change| change.previous_sha256 == Some(since));
    let published = index.releases.iter().any(|entry| entry.manifest_sha256 == since);
    if !(now || before || published) {
        report.find(Code::Since, INDEX, format!("{since}, which you saw before, is not in its history: it was rolled back or replaced"));
    }
}
