//! From a folder of finished files to a published release.
//!
//! ```text
//! Release<Draft>   the files on disk are exactly those of the manifest, byte for byte
//!     │ seal       the place in the chain is known: manifest.json, its signature and SHA256SUMS are final
//! Release<Sealed>
//!     │ publish    objects, read back; chain links; index.json last
//! Published
//! ```
//! Only [`Release::draft`] makes a draft, only [`Release::seal`] a sealed release, and nothing else can be published. Sealing writes nothing to the
//! draft's folder: it may be a finished output of the vault.

mod amend;
mod check;
mod claims;
mod compare;
mod latest;
mod links;
mod paths;
mod publish;
mod signed;
mod stale;
mod sweep;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod tests_amend;
#[cfg(test)]
mod tests_crash;
#[cfg(test)]
mod tests_crowd;
#[cfg(test)]
mod tests_faults;
#[cfg(test)]
mod tests_kill;
#[cfg(test)]
mod tests_latest;
#[cfg(test)]
mod tests_race;
#[cfg(test)]
mod tests_signed;
#[cfg(test)]
mod tests_stale;

pub use amend::{Amended, TOMBSTONE, TOMBSTONE_SIGNATURE, Withdrawn, add_erratum, read_tombstone, rollback, withdraw};
pub use check::{RELEASE_MAX, check_manifest, check_sizes, describe_file};
pub use compare::differences;
pub use latest::{LATEST, LatestState, SIDECAR, Switched, document, has_sidecar, latest_state, sidecar, switch_latest};
pub use publish::{Outcome, Publication, Published, Step, publish_all, published_manifest};
pub use signed::rotate;
pub use stale::{Stale, Why, find_stale};
pub use sweep::remove_stale;

use crate::{Phase, Progress, Result, StoreError, digest_file, walk};
use bytes::Bytes;
use solidata_canon::sha256sums;
use solidata_model::{Digest, FileEntry, Manifest, PROVENANCE, PROVENANCE_MEDIA_TYPE, Previous, canonical_json, kind};
use solidata_signing::{SecretKey, manifest_comment};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Where the manifest lies in a release.
pub const MANIFEST: &str = "manifest.json";
/// Where the signature of the manifest lies in a signed release: `minisign -Vm manifest.json -P KEY` verifies it.
pub const MANIFEST_SIGNATURE: &str = "manifest.json.minisig";
/// Where the list of digests lies in a release.
pub const SUMS: &str = "SHA256SUMS";
/// Where the JSON Schema of the manifest lies in a release.
pub const MANIFEST_SCHEMA: &str = "schemas/manifest.schema.json";

/// A release whose files are finished; its place in the chain is not known yet.
#[derive(Debug, Clone)]
pub struct Draft;

/// A release that is ready to be published.
#[derive(Debug, Clone)]
pub struct Sealed {
    manifest_sha256: Digest<kind::File>,
}

/// A release on its way; see the module.
#[derive(Debug, Clone)]
pub struct Release<State> {
    dir: PathBuf,
    manifest: Manifest,
    /// Small files that are made here and not found in `dir`.
    made: BTreeMap<String, Bytes>,
    state: State,
}

impl<State> Release<State> {
    /// The folder with the files that the stages wrote.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The manifest; its `previous` is final once sealed.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where the release lies in a public store.
    pub fn prefix(&self) -> String {
        self.manifest.prefix()
    }
}

impl Release<Draft> {
    /// Takes a folder with the finished files of a release (`data/`, `schemas/`...) and its manifest, whose `files` name each of them.
    ///
    /// The JSON Schema of the manifest is added as [`MANIFEST_SCHEMA`], and the statement of its provenance as [`PROVENANCE`]. `manifest.json`, its
    /// signature and `SHA256SUMS` are made by [`Release::seal`] and must not be in the folder. `previous` must be none.
    ///
    /// # Errors
    /// [`StoreError::Release`] when a file is not listed or not there, has another size or digest than listed, or the manifest contradicts
    /// itself (see [`check_manifest`]).
    pub fn draft(dir: &Path, mut manifest: Manifest, progress: &dyn Progress) -> Result<Self> {
        if manifest.previous.is_some() {
            return Err(StoreError::internal("a draft knows nothing of the release before it"));
        }
        let schema = Manifest::json_schema().map_err(StoreError::internal)?;
        manifest.files.retain(|f| ![MANIFEST_SCHEMA, PROVENANCE].contains(&f.path.as_str()));
        list(&mut manifest, MANIFEST_SCHEMA, "application/schema+json", &schema);
        let provenance = manifest.provenance().map_err(StoreError::internal)?;
        list(&mut manifest, PROVENANCE, PROVENANCE_MEDIA_TYPE, &provenance);
        let wrong = |path: PathBuf, detail: &str| StoreError::Release { path, detail: detail.into() };
        check_manifest(&manifest).map_err(|e| wrong(dir.join(MANIFEST), &e))?;
        let made = BTreeMap::from(
            [(MANIFEST_SCHEMA, schema), (PROVENANCE, provenance)].map(|(path, bytes)| (path.to_owned(), Bytes::from(bytes))),
        );
        let there = walk(dir)?;
        if let Some(extra) = there.iter().find(|p| made.contains_key(*p) || manifest.files.iter().all(|f| f.path != **p)) {
            return Err(wrong(dir.join(extra), "this file is not in the manifest: list it or remove it"));
        }
        progress.expect(Phase::Seal, manifest.files.iter().map(|f| f.bytes).sum());
        for file in manifest.files.iter().filter(|f| !made.contains_key(&f.path)) {
            let path = dir.join(&file.path);
            if there.binary_search(&file.path).is_err() {
                return Err(wrong(path, "this file is in the manifest and not on the disk"));
            }
            let (bytes, sha256) = digest_file(&path)?;
            if bytes != file.bytes || sha256 != file.sha256 {
                return Err(wrong(path, "this file is not the one that the manifest describes: its size or sha256 differs"));
            }
            progress.advance(Phase::Seal, &file.path, bytes);
        }
        Ok(Self { dir: dir.into(), manifest, made, state: Draft })
    }

    /// Fixes the release's place in the chain; `manifest.json` and `SHA256SUMS` are final, and the manifest is signed when there is a signer. Writes
    /// nothing.
    ///
    /// # Errors
    /// Never with the types of this version.
    pub fn seal(mut self, previous: Option<Previous>, signer: Option<&SecretKey>) -> Result<Release<Sealed>> {
        self.manifest.previous = previous;
        let manifest = canonical_json(&self.manifest).map_err(StoreError::internal)?;
        let manifest_sha256 = Digest::of(&manifest);
        let sums = self.manifest.files.iter().map(|f| (f.path.as_str(), f.sha256)).chain([(MANIFEST, manifest_sha256)]);
        self.made.insert(SUMS.into(), sha256sums(sums).map_err(StoreError::internal)?.into());
        if let Some(signer) = signer {
            let signature = signer.sign(&manifest, &manifest_comment(&self.manifest.prefix())).map_err(StoreError::internal)?;
            self.made.insert(MANIFEST_SIGNATURE.into(), signature.into());
        }
        self.made.insert(MANIFEST.into(), manifest.into());
        Ok(Release { dir: self.dir, manifest: self.manifest, made: self.made, state: Sealed { manifest_sha256 } })
    }
}

impl Release<Sealed> {
    /// sha256 of `manifest.json`.
    pub fn manifest_sha256(&self) -> Digest<kind::File> {
        self.state.manifest_sha256
    }

    /// What the release after this one names as its `previous`.
    pub fn as_previous(&self) -> Previous {
        Previous { prefix: self.prefix(), manifest_sha256: self.manifest_sha256() }
    }

    /// Every object of the release, in the order they are written: data and schemas first, the manifest, the digests and the signature last.
    pub fn objects(&self) -> Vec<ReleaseObject<'_>> {
        let listed = self.manifest.files.iter().map(|f| (f.path.as_str(), f.bytes, f.sha256));
        let last = [MANIFEST, SUMS, MANIFEST_SIGNATURE];
        let last = last.into_iter().filter_map(|path| self.made.get(path).map(|bytes| (path, bytes.len() as u64, Digest::of(bytes))));
        listed
            .chain(last)
            .map(|(path, bytes, sha256)| {
                let source = match self.made.get(path) {
                    Some(bytes) => ObjectSource::Made(bytes),
                    None => ObjectSource::File(self.dir.join(path)),
                };
                ReleaseObject { path, bytes, sha256, source }
            })
            .collect()
    }

    /// Writes the release into an empty folder of this machine, as it would lie in a public store.
    ///
    /// # Errors
    /// When the folder has something in it, or the disk refuses.
    pub fn write_to(&self, dir: &Path) -> Result<()> {
        if dir.exists() && !walk(dir)?.is_empty() {
            return Err(StoreError::Release { path: dir.into(), detail: "this folder is not empty: name another one".into() });
        }
        for object in self.objects() {
            let path = dir.join(object.path);
            let parent = path.parent().unwrap_or(dir);
            fs::create_dir_all(parent).map_err(StoreError::io(parent, "create the folder"))?;
            match object.source {
                ObjectSource::Made(bytes) => fs::write(&path, bytes).map_err(StoreError::io(&path, "write"))?,
                ObjectSource::File(from) => drop(fs::copy(&from, &path).map_err(StoreError::io(&path, "copy to"))?),
            }
        }
        Ok(())
    }
}

/// Lists a file that is made here, in its place.
fn list(manifest: &mut Manifest, path: &str, media_type: &str, bytes: &[u8]) {
    manifest.files.push(FileEntry {
        path: path.into(),
        media_type: media_type.into(),
        bytes: bytes.len() as u64,
        sha256: Digest::of(bytes),
        logical_sha256: None,
        rows: None,
        schema: None,
        part: None,
    });
    manifest.files.sort_by(|a, b| a.path.cmp(&b.path));
}

/// A file of a sealed release.
#[derive(Debug, Clone)]
pub struct ReleaseObject<'a> {
    /// Path beneath the release's prefix.
    pub path: &'a str,
    /// Size.
    pub bytes: u64,
    /// sha256 of its bytes.
    pub sha256: Digest<kind::File>,
    /// Where the bytes are.
    pub source: ObjectSource<'a>,
}

/// Where the bytes of an object are.
#[derive(Debug, Clone)]
pub enum ObjectSource<'a> {
    /// In memory.
    Made(&'a Bytes),
    /// In a file of this machine.
    File(PathBuf),
}
