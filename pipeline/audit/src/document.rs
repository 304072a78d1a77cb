//! Documents of a store, read whole: each kind has a size that none of its kind exceeds.

use crate::{AuditError, Code, Report};
use bytes::Bytes;
use solidata_store::{PublicStore, StoreError};

/// What was found where a document should be.
pub(crate) enum Document {
    /// It, whole.
    Whole(Bytes),
    /// Something larger than any of its kind, which the report tells.
    TooLarge,
    /// Nothing.
    Missing,
}

/// Reads a document of no more than so many bytes, and counts it.
pub(crate) async fn read(store: &PublicStore, path: &str, most: u64, report: &mut Report) -> Result<Document, AuditError> {
    match store.get_within(path, most).await {
        Ok(Some(bytes)) => {
            report.objects += 1;
            report.bytes = report.bytes.saturating_add(bytes.len() as u64);
            Ok(Document::Whole(bytes))
        }
        Ok(None) => Ok(Document::Missing),
        Err(StoreError::TooLarge { bytes, most, .. }) => {
            report.find(
                Code::Size,
                path,
                format!("it has {bytes} bytes, and no document of its kind has more than {most}: it was not read"),
            );
            Ok(Document::TooLarge)
        }
        Err(e) => Err(e.into()),
    }
}
