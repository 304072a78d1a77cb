//! The tables of a release on this machine, with what they promise.

use super::{Keys, changes, wrong_versions};
use crate::AuditError;
use solidata_canon::{CanonError, CsvBatches, csv_path, read_csv};
use solidata_model::{Changes, ColumnType, DatasetSpec, Digest, Indicator, Manifest, Month, kind};
use solidata_store::{
    INDEX, PublicStore, StoreOptions,
    release::{MANIFEST, check_manifest, check_sizes},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

/// The tables of a release in a folder of this machine: each with the files that declare it, as a release carries them.
#[derive(Debug, Clone)]
pub struct ReleaseTables {
    pub(super) prefix: String,
    pub(super) month: Month,
    pub(super) tables: BTreeMap<String, Table>,
}

/// A published table.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) spec: DatasetSpec,
    csv: PathBuf,
}

impl Table {
    /// Its rows, from its CSV: this reader takes nothing that the contract does not allow.
    pub(super) fn rows(&self) -> Result<CsvBatches<BufReader<File>>, AuditError> {
        read_csv(BufReader::new(File::open(&self.csv)?), &self.spec.contract).map_err(|e| self.wrong(&e))
    }

    pub(super) fn wrong(&self, e: &CanonError) -> AuditError {
        AuditError::Table { path: csv_path(&self.spec.id), detail: e.to_string() }
    }

    pub(super) fn kind(&self, column: &str) -> Option<ColumnType> {
        self.spec.contract.columns.iter().find(|c| c.name == column).map(|c| c.kind)
    }

    /// Whether an indicator can be computed of it.
    pub(super) fn has(&self, indicator: &Indicator) -> bool {
        let text = |name: &str| self.kind(name) == Some(ColumnType::Text);
        indicator.rows.keys().all(|name| text(name))
            && (!indicator.by_territory || (text("territoire_id") && text("territoire_libelle")))
            && indicator.sum.as_ref().is_none_or(|name| self.kind(name) == Some(ColumnType::Integer))
    }
}

impl ReleaseTables {
    /// Where the release lies in its store.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Those of a release whose files lie in a folder; `datasets` are their names.
    ///
    /// # Errors
    /// When a file that declares a table is missing or says something that cannot hold.
    pub fn open(folder: &Path, prefix: &str, month: Month, datasets: impl IntoIterator<Item = String>) -> Result<Self, AuditError> {
        let mut tables = BTreeMap::new();
        for id in datasets {
            let read = |file: &str| {
                let path = format!("datasets/{id}/{file}");
                std::fs::read_to_string(folder.join(&path)).map_err(|e| AuditError::Table { path, detail: format!("cannot be read: {e}") })
            };
            let spec = DatasetSpec::parse(&id, &read("dataset.toml")?, &read("schema.toml")?);
            let spec = spec.map_err(|e| AuditError::Table { path: format!("datasets/{id}"), detail: e.to_string() })?;
            tables.insert(id.clone(), Table { csv: folder.join(csv_path(&id)), spec });
        }
        Ok(Self { prefix: prefix.into(), month, tables })
    }

    /// Copies what a comparison needs of a published release into an empty folder. Every file that is copied is as the manifest says.
    ///
    /// # Errors
    /// When the store cannot be read, or a file is missing or altered.
    pub async fn fetch(store: &PublicStore, manifest: &Manifest, folder: &Path) -> Result<Self, AuditError> {
        let mut datasets = BTreeSet::new();
        for file in &manifest.files {
            if let Some(id) = file.path.strip_prefix("data/").and_then(|name| name.strip_suffix(".csv")) {
                datasets.insert(id.to_owned());
            }
        }
        let wanted = |id: &String| [csv_path(id), format!("datasets/{id}/dataset.toml"), format!("datasets/{id}/schema.toml")];
        for path in datasets.iter().flat_map(wanted) {
            let wrong = |detail: &str| AuditError::Table { path: format!("{}/{path}", store.address()), detail: detail.into() };
            let file = manifest.files.iter().find(|f| f.path == path);
            let file = file.ok_or_else(|| wrong("its manifest does not list it: another version of solidata published it"))?;
            let to = folder.join(&path);
            std::fs::create_dir_all(to.parent().unwrap_or(folder))?;
            match store.download(&path, &to, file.bytes).await? {
                Some((bytes, sha256)) if (bytes, sha256) == (file.bytes, file.sha256) => {}
                Some(_) => return Err(wrong("it is not the file that its manifest describes: run `solidata verify`")),
                None => return Err(wrong("it is not there: run `solidata verify`")),
            }
        }
        Self::open(folder, &manifest.prefix(), manifest.month, datasets)
    }
}

/// Compares two releases that lie at two addresses, each the folder or URL of one release, or a public store, whose current release is meant. Gives what changed, and
/// what is wrong with the declared versions of the schemas.
///
/// # Errors
/// When one of the two cannot be read.
pub async fn diff((before, after): (&str, &str), vars: &StoreOptions, keys: Keys) -> Result<(Changes, Vec<String>), AuditError> {
    let scratch = tempfile::Builder::new().prefix("solidata-diff").tempdir()?;
    let (before, _) = load(before, vars, &scratch.path().join("before")).await?;
    let (after, manifest) = load(after, vars, &scratch.path().join("after")).await?;
    let reason = manifest.run.revision.as_ref().map(|r| r.reason.as_str());
    Ok((changes(Some(&before), &after, reason, keys)?, wrong_versions(&before, &after)))
}

async fn load(location: &str, vars: &StoreOptions, folder: &Path) -> Result<(ReleaseTables, Manifest), AuditError> {
    let store = PublicStore::open(location, vars.iter().cloned())?;
    let nothing = || AuditError::Nothing { address: store.address().into() };
    let mut wanted: Option<Digest<kind::File>> = None;
    let release = match store.head(INDEX).await? {
        None => store.clone(),
        Some(_) => {
            let (index, _) = store.read_index().await?;
            let entry = index.current().ok_or_else(nothing)?;
            wanted = Some(entry.manifest_sha256);
            store.under(&entry.prefix)
        }
    };
    let wrong = |detail: String| AuditError::Table { path: format!("{}/{MANIFEST}", release.address()), detail };
    let bytes = release.get(MANIFEST).await?.ok_or_else(nothing)?;
    if wanted.is_some_and(|wanted| Digest::of(&bytes) != wanted) {
        return Err(wrong("it is not the one that index.json names: run `solidata verify` on the store".into()));
    }
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|e| wrong(e.to_string()))?;
    check_sizes(&manifest).and_then(|()| check_manifest(&manifest)).map_err(wrong)?;
    Ok((ReleaseTables::fetch(&release, &manifest, folder).await?, manifest))
}
