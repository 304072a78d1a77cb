//! The rows of published tables, read again from the published files.

use crate::{AuditError, Code, verify::PHASE};
use bytes::Bytes;
use solidata_canon::{CanonError, Form, LogicalDigest, logical_digest};
use solidata_model::{Digest, kind};
use solidata_store::{Progress, PublicStore, StoreError};
use std::{fs::File, io::Seek, path::Path};

/// Why the rows could not be read.
pub(crate) struct Unreadable {
    pub(crate) code: Code,
    pub(crate) text: String,
}

/// Copies an object to a temporary file that has no name and goes when it is closed; gives size and sha256 of what came. `None` when the
/// object is not there. A Parquet file is read from its end, so it must lie somewhere. Of an object that has more than `most` bytes no more is
/// copied than shows that it has.
pub(crate) async fn spill(
    store: &PublicStore,
    path: &str,
    most: u64,
    progress: &dyn Progress,
) -> Result<Option<(u64, Digest<kind::File>, File)>, AuditError> {
    let heard = |bytes| progress.advance(PHASE, path, bytes);
    let copied = store.copy_into(path, tempfile::tempfile, Path::new("a temporary file"), most, &heard).await;
    let mut copied = copied.map_err(|e| match e {
        StoreError::Io { action: "write", source, .. } => AuditError::Spill(source),
        e => e.into(),
    })?;
    if let Some((_, _, file)) = &mut copied {
        file.rewind()?;
    }
    Ok(copied)
}

/// Recomputes rows and logical digest of a table in any form, in bounded memory, on a thread of its own. Of a compressed CSV at most `most` bytes of text are read.
pub(crate) async fn rows(path: &str, file: File, schema: Bytes, most: u64) -> Result<Result<LogicalDigest, Unreadable>, AuditError> {
    let form = Form::of_path(path).map(|path| path.form);
    let read = move || {
        let form = form.ok_or_else(|| Unreadable { code: Code::Logical, text: "no table of a release is called so".into() })?;
        logical_digest(form, file, &schema, most).map_err(|e| match e {
            CanonError::TableSchema(_) => Unreadable { code: Code::Schema, text: format!("its schema cannot be read ({e})") },
            e => Unreadable { code: Code::Logical, text: format!("its rows cannot be read ({e})") },
        })
    };
    tokio::task::spawn_blocking(read).await.map_err(|e| AuditError::Internal(e.to_string()))
}
