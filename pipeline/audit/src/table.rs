//! The rows of published tables, read again from the published files.

use crate::{AuditError, Code, verify::PHASE};
use bytes::Bytes;
use futures::StreamExt;
use sha2::{Digest as _, Sha256};
use solidata_canon::{CanonError, Form, LogicalDigest, logical_digest};
use solidata_model::{Digest, kind};
use solidata_store::{Progress, PublicStore};
use std::{
    fs::File,
    io::{Seek, Write},
};

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
    let Some((_, mut stream)) = store.stream(path).await? else { return Ok(None) };
    let mut file = tempfile::tempfile()?;
    let mut hasher = Sha256::new();
    let mut size = 0;
    while let Some(piece) = stream.next().await {
        let piece = piece?;
        let room = most.saturating_add(1).saturating_sub(size);
        let piece = piece.get(..usize::try_from(room).unwrap_or(usize::MAX).min(piece.len())).unwrap_or_default();
        hasher.update(piece);
        file.write_all(piece)?;
        size += piece.len() as u64;
        progress.advance(PHASE, path, piece.len() as u64);
        if size > most {
            break;
        }
    }
    file.rewind()?;
    Ok(Some((size, Digest::from_bytes(hasher.finalize().into()), file)))
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
