//! A release that was withdrawn: its tombstone is there, signed, and nothing else.

use crate::{AuditError, Code, Report, signature::Signers};
use solidata_model::{Index, IndexEntry};
use solidata_signing::tombstone_comment;
use solidata_store::{
    PublicStore,
    release::{TOMBSTONE, TOMBSTONE_SIGNATURE, read_tombstone},
};

/// Verifies what is left of a withdrawn release; that it is gone is no finding.
pub(crate) async fn verify(
    store: &PublicStore,
    (index, entry): (&Index, &IndexEntry),
    signers: &Signers<'_>,
    report: &mut Report,
) -> Result<(), AuditError> {
    let prefix = &entry.prefix;
    let class = index.withdrawal(prefix);
    report.notes.push(match class {
        Some(class) => format!("{prefix}: it was withdrawn ({class})"),
        None => format!("{prefix}: it was withdrawn"),
    });
    let path = |name: &str| format!("{prefix}/{name}");
    match store.get(&path(TOMBSTONE)).await? {
        None => report.find(Code::Missing, path(TOMBSTONE), "the release was withdrawn, and its tombstone is not there"),
        Some(bytes) => {
            report.objects += 1;
            report.bytes += bytes.len() as u64;
            match read_tombstone(&bytes, entry) {
                Err(e) => report.find(Code::Tombstone, path(TOMBSTONE), e),
                Ok(tombstone) if Some(tombstone.class) != class => {
                    report.find(Code::Tombstone, path(TOMBSTONE), "it gives another class of reason than index.json");
                }
                Ok(_) => {}
            }
            let signature = store.get(&path(TOMBSTONE_SIGNATURE)).await?;
            let text = signature.as_deref().map(String::from_utf8_lossy);
            match (signers.since_withdrawal(index, prefix), text) {
                (None | Some([]), _) => {}
                (Some(_), None) => report.find(Code::Signature, path(TOMBSTONE_SIGNATURE), "there is no signature of the tombstone"),
                (Some(keys), Some(text)) => {
                    report.objects += 1;
                    report.bytes += text.len() as u64;
                    let comment = tombstone_comment(prefix);
                    if keys.iter().all(|key| key.verify(&bytes, &text, &comment).is_err()) {
                        report.find(
                            Code::Signature,
                            path(TOMBSTONE_SIGNATURE),
                            "no key of the store since the withdrawal made this signature",
                        );
                    }
                }
            }
        }
    }
    if store.can_list() {
        for object in store.list(prefix).await? {
            if ![TOMBSTONE, TOMBSTONE_SIGNATURE].map(path).contains(&object.path) {
                report.find(Code::Extra, object.path, "the release was withdrawn, and this is still there: run `solidata withdraw` again");
            }
        }
    }
    Ok(())
}
