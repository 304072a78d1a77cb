//! What is current in the public store, proved against its index.

use crate::{PortalError, Result};
use solidata_model::{DatasetSpec, Digest, Index, IndexEntry, Manifest, ReleaseState, kind};
use solidata_signing::{check_index_signature, check_keys};
use solidata_store::{
    PublicStore,
    release::{MANIFEST, check_manifest},
};

/// A published release, whose manifest is the one that the index names.
#[derive(Debug, Clone)]
pub struct Published {
    /// Where it lies.
    pub prefix: String,
    /// The manifest.
    pub manifest: Manifest,
    /// sha256 of `manifest.json`.
    pub manifest_sha256: Digest<kind::File>,
    /// Size of `manifest.json`.
    pub manifest_bytes: u64,
}

/// What the store shows now.
#[derive(Debug, Clone)]
pub struct Current {
    /// The current release: that of the newest month that has one.
    pub release: Published,
    /// What its datasets promised when it was made, by id.
    pub specs: Vec<DatasetSpec>,
    /// The current revision of each month, the newest month first; the current release is the first.
    pub months: Vec<Published>,
    /// The public key that signs the store.
    pub key: Option<String>,
}

/// Reads what is current; the other months only if they are asked for. The index has to follow from its log and to be signed if it has keys, and each
/// manifest has to be the one that the index names.
///
/// # Errors
/// [`PortalError::NothingPublished`], [`PortalError::Release`] or [`PortalError::Signature`]; otherwise when the store does not answer.
pub async fn read_current(store: &PublicStore, all_months: bool) -> Result<Current> {
    let (index, _) = store.read_index().await?;
    index.check_history().map_err(|e| damaged(store, format!("index.json: {e}")))?;
    let newest = check_keys(&index)?.pop();
    check_index_signature(&index, newest.as_ref())?;
    let entry = index.current().ok_or_else(|| PortalError::NothingPublished { address: store.address().to_owned() })?;
    let release = read_release(store, entry).await?;
    let mut months = vec![release.clone()];
    if all_months {
        for other in older(&index, entry) {
            months.push(read_release(store, other).await?);
        }
    }
    let specs = read_specs(store, &release).await?;
    Ok(Current { release, specs, months, key: newest.map(|key| key.to_string()) })
}

/// The current revisions of the other months, the newest month first.
fn older<'i>(index: &'i Index, newest: &IndexEntry) -> Vec<&'i IndexEntry> {
    let mut others: Vec<_> = index.releases.iter().filter(|r| r.state == ReleaseState::Current && r.month != newest.month).collect();
    others.sort_by_key(|r| std::cmp::Reverse(r.month));
    others
}

async fn read_release(store: &PublicStore, entry: &IndexEntry) -> Result<Published> {
    let path = format!("{}/{MANIFEST}", entry.prefix);
    let bytes = store.get(&path).await?.ok_or_else(|| damaged(store, format!("{path} is missing")))?;
    if Digest::<kind::File>::of(&bytes) != entry.manifest_sha256 {
        return Err(damaged(store, format!("{path} is not the one that index.json names")));
    }
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|e| damaged(store, format!("{path}: {e}")))?;
    check_manifest(&manifest).map_err(|e| damaged(store, format!("{path}: {e}")))?;
    if manifest.prefix() != entry.prefix {
        return Err(damaged(store, format!("{path} describes {}", manifest.prefix())));
    }
    Ok(Published { prefix: entry.prefix.clone(), manifest, manifest_sha256: entry.manifest_sha256, manifest_bytes: bytes.len() as u64 })
}

/// The datasets of a release, as the `dataset.toml` and `schema.toml` that it carries describe them.
async fn read_specs(store: &PublicStore, release: &Published) -> Result<Vec<DatasetSpec>> {
    let mut specs = Vec::new();
    for id in dataset_ids(&release.manifest) {
        let mut texts = Vec::new();
        for file in ["dataset.toml", "schema.toml"] {
            texts.push(read_text(store, release, &format!("datasets/{id}/{file}")).await?);
        }
        let [dataset, schema] = &texts[..] else { return Err(PortalError::internal("two texts were read")) };
        specs.push(DatasetSpec::parse(&id, dataset, schema).map_err(|e| damaged(store, format!("{}: {e}", release.prefix)))?);
    }
    Ok(specs)
}

/// The datasets whose data a release has, sorted: the names of the files in `data/` up to the first point.
pub(crate) fn dataset_ids(manifest: &Manifest) -> Vec<String> {
    let mut ids: Vec<String> = manifest
        .files
        .iter()
        .filter_map(|file| file.path.strip_prefix("data/"))
        .filter(|name| !name.contains('/'))
        .filter_map(|name| Some(name.split_once('.')?.0.to_owned()))
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

async fn read_text(store: &PublicStore, release: &Published, path: &str) -> Result<String> {
    let full = format!("{}/{path}", release.prefix);
    let wrong = |detail: &str| damaged(store, format!("{full} {detail}"));
    let listed = release.manifest.files.iter().find(|f| f.path == path).ok_or_else(|| wrong("is not in the manifest"))?;
    let bytes = store.get(&full).await?.ok_or_else(|| wrong("is missing"))?;
    if Digest::<kind::File>::of(&bytes) != listed.sha256 {
        return Err(wrong("is not the one that the manifest names"));
    }
    String::from_utf8(bytes.to_vec()).map_err(|_| wrong("is no UTF-8"))
}

fn damaged(store: &PublicStore, detail: String) -> PortalError {
    PortalError::Release { address: store.address().to_owned(), detail }
}
