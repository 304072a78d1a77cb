//! What follows from the index: `latest/`, and documents at the root of the store. They are brought up to date after each change of the index, and by
//! `solidata publish`, at any time.

use crate::{config::Config, exit::CliError, output::Output};
use serde::Serialize;
use solidata_canon::{ERRATA, ERRATA_PAGE, errata_json, errata_page};
use solidata_catalogue::{Catalogue, Settings, schemas_needed};
use solidata_model::{Digest, Index, ReleaseState};
use solidata_stages::Progress;
use solidata_store::{
    PublicStore,
    release::{document, published_manifest, switch_latest},
};
use std::collections::BTreeMap;

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
pub async fn refresh(store: &PublicStore, config: &Config, output: &Output) -> Result<Views, CliError> {
    output.begin(&format!("bring latest/ of {} up to date", store.address()), None);
    let views = write(store, config).await.map_err(|e| CliError::Views(Box::new(e)));
    output.end();
    views
}

async fn write(store: &PublicStore, config: &Config) -> Result<Views, CliError> {
    let switched = switch_latest(store, &()).await?;
    let mut views = Views { latest: switched.release, written: switched.written, removed: switched.removed };
    let (index, _) = store.read_index().await?;
    let internal = |e: solidata_canon::CanonError| CliError::System(e.to_string());
    let mut documents =
        vec![(ERRATA.to_owned(), errata_json(&index).map_err(internal)?), (ERRATA_PAGE.to_owned(), errata_page(&index).into_bytes())];
    if let Some(settings) = config.catalogue.settings() {
        documents.extend(catalogue(store, &index, &settings).await?);
    }
    for (path, bytes) in documents {
        if document(store, &path, bytes.into()).await? {
            views.written.push(path);
        }
    }
    Ok(views)
}

/// Catalogues, the map of releases, the feed and the schemas by version, of every release that is there.
async fn catalogue(store: &PublicStore, index: &Index, settings: &Settings) -> Result<Vec<(String, Vec<u8>)>, CliError> {
    let mut manifests = BTreeMap::new();
    for entry in index.releases.iter().filter(|entry| entry.state != ReleaseState::Withdrawn) {
        manifests.insert(entry.prefix.clone(), published_manifest(store, entry).await?);
    }
    let mut schemas = BTreeMap::new();
    for (digest, path) in schemas_needed(&manifests) {
        let missing = || CliError::Findings(format!("{}/{path} is missing or damaged: run `solidata verify`", store.address()));
        let bytes = store.get(&path).await?.filter(|bytes| Digest::of(bytes) == digest).ok_or_else(missing)?;
        schemas.insert(digest, bytes.to_vec());
    }
    let catalogue = Catalogue { settings, index, manifests: &manifests, schemas: &schemas };
    let views = catalogue.views().map_err(|e| CliError::Usage(format!("[catalogue]: {e}")))?;
    Ok(views.into_iter().map(|view| (view.path, view.bytes)).collect())
}
