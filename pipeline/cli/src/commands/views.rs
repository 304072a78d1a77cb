//! What follows from the index: `latest/`, and documents at the root of the store. They are brought up to date after each change of the index, and by
//! `solidata publish`, at any time.

use crate::{exit::CliError, output::Output};
use serde::Serialize;
use solidata_canon::{ERRATA, ERRATA_PAGE, errata_json, errata_page};
use solidata_stages::Progress;
use solidata_store::{
    PublicStore,
    release::{document, switch_latest},
};

/// What was brought up to date.
#[derive(Debug, Default, Serialize)]
pub struct Views {
    /// The release that `latest/` is a copy of.
    pub latest: Option<String>,
    /// Objects that were written.
    pub written: Vec<String>,
    /// Objects that were removed.
    pub removed: Vec<String>,
}

/// Brings the views up to date.
///
/// # Errors
/// When the store does not answer or refuses: what is published is so all the same.
pub async fn refresh(store: &PublicStore, output: &Output) -> Result<Views, CliError> {
    output.begin(&format!("bring latest/ of {} up to date", store.address()), None);
    let views = write(store).await.map_err(|e| CliError::Views(Box::new(e)));
    output.end();
    views
}

async fn write(store: &PublicStore) -> Result<Views, CliError> {
    let switched = switch_latest(store, &()).await?;
    let mut views = Views { latest: switched.release, written: switched.written, removed: switched.removed };
    let (index, _) = store.read_index().await?;
    let internal = |e: solidata_canon::CanonError| CliError::System(e.to_string());
    for (path, bytes) in [(ERRATA, errata_json(&index).map_err(internal)?), (ERRATA_PAGE, errata_page(&index).into_bytes())] {
        if document(store, path, bytes.into()).await? {
            views.written.push(path.to_owned());
        }
    }
    Ok(views)
}
