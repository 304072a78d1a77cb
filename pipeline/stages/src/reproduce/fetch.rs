//! A release is copied to this machine before anything is done with it. What comes from outside is hostile: paths are checked, sizes are bounded by what the
//! manifest says, and bytes that are not those of the manifest are kept for the comparison only.

use super::manifest_at;
use crate::{Progress, Project, StageError};
use solidata_model::{Digest, FileEntry, Manifest, Month};
use solidata_store::{
    INDEX, PublicStore,
    release::{MANIFEST, SUMS, check_manifest},
};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
};

/// The most bytes of all files of the project that a release carries (SQL, contracts, code lists): they are read into memory, and have 20 MB.
const PROJECT_MAX: u64 = 512 << 20;
/// The longest SQL text. The planner goes as deep as an expression does.
const SQL_MAX: u64 = 256 << 10;

/// How a published file was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// As the manifest says.
    Whole,
    /// With other bytes than the manifest says.
    Altered,
    /// Not at all.
    Missing,
}

/// A release on this machine.
pub(super) struct Fetched {
    /// What the release was called where it lies.
    pub(super) address: String,
    pub(super) manifest: Manifest,
    pub(super) manifest_bytes: Vec<u8>,
    /// The files that are as the manifest says.
    pub(super) folder: PathBuf,
    /// Those that are not.
    pub(super) altered: PathBuf,
    pub(super) found: BTreeMap<String, Found>,
}

/// The release that is meant: the target itself, or the current revision of a month of a store.
pub(super) async fn of_release(store: PublicStore, month: Option<Month>) -> Result<PublicStore, StageError> {
    if store.get(INDEX).await?.is_none() {
        return Ok(store);
    }
    let (index, _) = store.read_index().await?;
    let address = store.address().to_owned();
    let entry = match month {
        Some(month) => index.current_of(month).ok_or_else(|| format!("{address}: index.json names no release of {month}")),
        None => index.current().ok_or_else(|| format!("{address}: index.json names no release")),
    };
    Ok(store.under(&entry.map_err(StageError::Usage)?.prefix))
}

/// Copies a release into a new folder.
pub(super) async fn fetch(store: &PublicStore, folder: &Path, progress: &dyn Progress) -> Result<Fetched, StageError> {
    let at = manifest_at(store);
    let bytes = store.get(MANIFEST).await?.ok_or_else(|| {
        StageError::Usage(format!("{at} is not there: name the folder or address of one release, or a store with --month"))
    })?;
    let damaged = |detail: String| StageError::Damaged { what: format!("{at} ({detail})") };
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|e| damaged(e.to_string()))?;
    check_manifest(&manifest).map_err(damaged)?;
    // That the sum is no larger than a release was checked.
    let total = manifest.files.iter().map(|f| f.bytes).fold(0, u64::saturating_add);
    check_project(&manifest).map_err(damaged)?;
    progress.begin(&format!("fetch {}", store.address()), Some(total));
    let altered = folder.with_extension("altered");
    let mut found = BTreeMap::new();
    for file in &manifest.files {
        let to = folder.join(&file.path);
        create_parent(&to)?;
        let got = store.copy_into(&file.path, || File::create(&to), &to, file.bytes, &|bytes| progress.advance(bytes)).await?;
        let state = match got {
            None => Found::Missing,
            Some((bytes, sha256, _)) if (bytes, sha256) == (file.bytes, file.sha256) => Found::Whole,
            Some(_) => {
                let aside = altered.join(&file.path);
                create_parent(&aside)?;
                fs::rename(&to, &aside).map_err(|e| StageError::vault(&aside, e))?;
                Found::Altered
            }
        };
        found.insert(file.path.clone(), state);
    }
    for (name, bytes) in [(MANIFEST, Some(bytes.clone())), (SUMS, store.get(SUMS).await?)] {
        let Some(bytes) = bytes else {
            found.insert(name.to_owned(), Found::Missing);
            continue;
        };
        let to = altered.join(name);
        create_parent(&to)?;
        fs::write(&to, bytes).map_err(|e| StageError::vault(&to, e))?;
    }
    progress.end();
    Ok(Fetched { address: store.address().to_owned(), manifest, manifest_bytes: bytes.to_vec(), folder: folder.into(), altered, found })
}

/// The files of the project are read whole, and the SQL among them is carried out.
fn check_project(manifest: &Manifest) -> Result<(), String> {
    let of_project = |f: &&FileEntry| f.path.starts_with("sql/") || f.path.starts_with("datasets/");
    let project: Vec<&FileEntry> = manifest.files.iter().filter(of_project).collect();
    if let Some(long) = project.iter().find(|f| f.path.ends_with(".sql") && f.bytes > SQL_MAX) {
        return Err(format!("{} has more than {SQL_MAX} bytes, and no query has as many", long.path));
    }
    match project.iter().map(|f| f.bytes).fold(0, u64::saturating_add) {
        bytes if bytes > PROJECT_MAX => Err(format!("the project that it carries has more than {PROJECT_MAX} bytes")),
        _ => Ok(()),
    }
}

fn create_parent(path: &Path) -> Result<(), StageError> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).map_err(|e| StageError::vault(parent, e))
}

impl Fetched {
    /// Where a file lies that is as the manifest says.
    pub(super) fn whole(&self, path: &str) -> Option<PathBuf> {
        (self.found.get(path) == Some(&Found::Whole)).then(|| self.folder.join(path))
    }

    /// Puts files of the project that are damaged or missing in their place, where this program was built with the very same.
    pub(super) fn mend(&self) -> Result<(), StageError> {
        let own = Project::embedded().of_month(self.manifest.month);
        let own: BTreeMap<String, &[u8]> = own.files()?.into_iter().collect();
        for file in self.manifest.files.iter().filter(|f| self.found.get(&f.path) != Some(&Found::Whole)) {
            if let Some(bytes) = own.get(&file.path).filter(|bytes| Digest::of(bytes) == file.sha256) {
                let to = self.folder.join(&file.path);
                create_parent(&to)?;
                fs::write(&to, bytes).map_err(|e| StageError::vault(&to, e))?;
            }
        }
        Ok(())
    }

    /// The bytes of a file as they are published; none when it is not there.
    pub(super) fn published(&self, path: &str) -> Option<PathBuf> {
        match self.found.get(path) {
            Some(Found::Missing) => None,
            Some(Found::Whole) => Some(self.folder.join(path)),
            _ => Some(self.altered.join(path)),
        }
    }
}
