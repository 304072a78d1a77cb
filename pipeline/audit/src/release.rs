//! One release: its manifest, its digests, its files, and nothing else.

use crate::{
    AuditError, Code, Report,
    chain::{Links, path as link_path},
    document::{self, Document},
    signature::Signer,
    table,
    verify::PHASE,
};
use bytes::Bytes;
use solidata_canon::{Form, read_sha256sums, sha256sums};
use solidata_model::{Digest, FileEntry, IndexEntry, MANIFEST_FORMAT, Manifest, PROVENANCE, canonical_json, kind};
use solidata_signing::{PublicKey, manifest_comment};
use solidata_store::{
    DOCUMENT_MAX, NOTE_MAX, Progress, PublicStore, StoreError,
    release::{MANIFEST, MANIFEST_SCHEMA, MANIFEST_SIGNATURE, SIDECAR, SUMS, check_manifest, check_sizes, has_sidecar, sidecar},
};
use std::collections::{BTreeMap, BTreeSet};

/// Where a release stands.
pub(crate) enum Place<'a> {
    /// In its store.
    InStore {
        /// What the index says of it.
        entry: &'a IndexEntry,
        /// The chain.
        links: &'a Links,
        /// Who signed its manifest.
        signer: Signer<'a>,
    },
    /// Alone.
    Alone {
        /// The key that the reader trusts.
        key: Option<&'a PublicKey>,
    },
}

/// Verifies the release under a prefix; an empty prefix is the root that was named.
pub(crate) async fn verify(
    store: &PublicStore,
    prefix: &str,
    place: Place<'_>,
    progress: &dyn Progress,
    report: &mut Report,
) -> Result<(), AuditError> {
    let release = InRelease { store, prefix, progress };
    report.releases.push(if prefix.is_empty() { ".".into() } else { prefix.into() });
    let Some((manifest, bytes)) = release.manifest(report).await? else { return Ok(()) };
    let sha256 = Digest::of(&bytes);
    let signer = match place {
        Place::InStore { entry, links, signer } => {
            release.check_place(&manifest, sha256, (entry, links), report);
            signer
        }
        Place::Alone { key: Some(key) } => Signer::Key(key),
        Place::Alone { key: None } => Signer::NotNamed,
    };
    release.signature(&manifest, &bytes, signer, report).await?;
    release.provenance(&manifest, report).await?;
    release.sums(&manifest, sha256, report).await?;
    release.files(&manifest, report).await?;
    release.extra(&manifest, report).await
}

struct InRelease<'a> {
    store: &'a PublicStore,
    prefix: &'a str,
    progress: &'a dyn Progress,
}

impl InRelease<'_> {
    fn path(&self, path: &str) -> String {
        if self.prefix.is_empty() { path.into() } else { format!("{}/{path}", self.prefix) }
    }

    async fn document(&self, path: &str, report: &mut Report) -> Result<Option<Bytes>, AuditError> {
        let full = self.path(path);
        match document::read(self.store, &full, DOCUMENT_MAX, report).await? {
            Document::Whole(bytes) => Ok(Some(bytes)),
            Document::TooLarge => Ok(None),
            Document::Missing => {
                report.find(Code::Missing, full, "it is not there");
                Ok(None)
            }
        }
    }

    async fn manifest(&self, report: &mut Report) -> Result<Option<(Manifest, Bytes)>, AuditError> {
        let Some(bytes) = self.document(MANIFEST, report).await? else { return Ok(None) };
        let mut wrong = |problem: String| report.find(Code::Manifest, self.path(MANIFEST), problem);
        let manifest: Manifest = match serde_json::from_slice(&bytes) {
            Ok(manifest) => manifest,
            Err(e) => {
                wrong(format!("it is no {MANIFEST_FORMAT} of this version ({e})"));
                return Ok(None);
            }
        };
        if let Err(e) = check_sizes(&manifest) {
            wrong(e);
            return Ok(None);
        }
        if let Err(e) = check_manifest(&manifest) {
            wrong(e);
        }
        if canonical_json(&manifest).is_ok_and(|canonical| canonical != bytes) {
            wrong("it is not written in the canonical form: it was changed by hand".into());
        }
        Ok(Some((manifest, bytes)))
    }

    fn check_place(&self, manifest: &Manifest, sha256: Digest<kind::File>, (entry, links): (&IndexEntry, &Links), report: &mut Report) {
        if sha256 != entry.manifest_sha256 {
            report.find(Code::Digest, self.path(MANIFEST), format!("its sha256 is {sha256}; index.json says {}", entry.manifest_sha256));
        }
        if (manifest.month, manifest.revision, manifest.run.partial) != (entry.month, entry.revision, entry.partial) {
            report.find(Code::Manifest, self.path(MANIFEST), "month, revision or coverage are not those that index.json says");
        }
        let Some(link) = links.get(&entry.sealed) else { return };
        let previous = manifest.previous.as_ref();
        if previous.map(|p| p.manifest_sha256) != link.previous_manifest_sha256 {
            report.find(
                Code::Chain,
                self.path(MANIFEST),
                format!("it and {} do not name the same release before it", link_path(link.number)),
            );
        }
        let before = links.get(&(entry.sealed.saturating_sub(1)));
        if let (Some(previous), Some(before)) = (previous, before)
            && previous.prefix != before.prefix
        {
            report.find(Code::Chain, self.path(MANIFEST), "it names the release before it by another prefix than the chain");
        }
    }

    /// The manifest is signed by whom it has to be.
    async fn signature(&self, manifest: &Manifest, bytes: &[u8], signer: Signer<'_>, report: &mut Report) -> Result<(), AuditError> {
        let path = self.path(MANIFEST_SIGNATURE);
        let signature = match document::read(self.store, &path, NOTE_MAX, report).await? {
            Document::Whole(signature) => signature,
            Document::TooLarge => return Ok(()),
            Document::Missing => {
                match signer {
                    Signer::Key(key) => {
                        report.find(Code::Signature, path, format!("there is no signature of the manifest by the key {}", key.id()))
                    }
                    Signer::NotNamed => report.notes.push("this release is not signed".into()),
                    Signer::Nobody | Signer::Unknown => {}
                }
                return Ok(());
            }
        };
        match signer {
            Signer::Key(key) => {
                let text = String::from_utf8_lossy(&signature);
                match key.verify(bytes, &text, &manifest_comment(&manifest.prefix())) {
                    Ok(()) if self.prefix.is_empty() => report.signed_by = Some(key.id()),
                    Ok(()) => {}
                    Err(e) => report.find(Code::Signature, path, e.to_string()),
                }
            }
            Signer::NotNamed => {
                report.notes.push("this release has a signature, which was not checked: name the key that you trust by --key".into())
            }
            Signer::Nobody => report.find(Code::Signature, path, "it is there though the store had no key when the release was published"),
            Signer::Unknown => {}
        }
        Ok(())
    }

    /// The statement of provenance is there, and says what follows from the manifest.
    async fn provenance(&self, manifest: &Manifest, report: &mut Report) -> Result<(), AuditError> {
        let path = self.path(PROVENANCE);
        if manifest.files.iter().all(|f| f.path != PROVENANCE) {
            report.find(Code::Provenance, path, "the manifest does not list a statement of its provenance");
            return Ok(());
        }
        let wanted = manifest.provenance().map_err(|e| AuditError::Internal(e.to_string()))?;
        // That it has another size is said where its bytes are looked at.
        let most = (wanted.len() as u64).saturating_add(1);
        let differs = match self.store.get_within(&path, most).await {
            Ok(found) => found.is_some_and(|found| found != wanted),
            Err(StoreError::TooLarge { .. }) => true,
            Err(e) => return Err(e.into()),
        };
        if differs {
            report.find(Code::Provenance, path, "it says something that does not follow from the manifest");
        }
        Ok(())
    }

    /// `SHA256SUMS` is the list of the manifest, and of the manifest.
    async fn sums(&self, manifest: &Manifest, sha256: Digest<kind::File>, report: &mut Report) -> Result<(), AuditError> {
        let Some(bytes) = self.document(SUMS, report).await? else { return Ok(()) };
        let path = self.path(SUMS);
        let there = match read_sha256sums(&bytes) {
            Ok(there) => there,
            Err(e) => {
                report.find(Code::Sums, path, e.to_string());
                return Ok(());
            }
        };
        let listed: BTreeMap<&str, Digest<kind::File>> =
            manifest.files.iter().map(|f| (f.path.as_str(), f.sha256)).chain([(MANIFEST, sha256)]).collect();
        let before = report.findings.len();
        for (name, digest) in &listed {
            match there.get(*name) {
                None => report.find(Code::Sums, &path, format!("it does not list {name}")),
                Some(found) if found != digest => {
                    report.find(Code::Sums, &path, format!("it gives {name} another sha256 than the manifest"))
                }
                Some(_) => {}
            }
        }
        for name in there.keys().filter(|n| !listed.contains_key(n.as_str())) {
            report.find(Code::Sums, &path, format!("it lists {name}, which the manifest does not"));
        }
        if report.findings.len() == before && sha256sums(listed).is_ok_and(|canonical| canonical != bytes) {
            report.find(Code::Sums, path, "it is not written in the canonical form: it was changed by hand");
        }
        Ok(())
    }

    async fn files(&self, manifest: &Manifest, report: &mut Report) -> Result<(), AuditError> {
        if manifest.files.iter().all(|f| f.path != MANIFEST_SCHEMA) {
            report.find(Code::Schema, self.path(MANIFEST_SCHEMA), "the manifest does not list its own JSON Schema");
        }
        self.progress.expect(PHASE, manifest.files.iter().fold(0, |sum, f| f.bytes.saturating_add(sum)));
        for file in &manifest.files {
            let path = self.path(&file.path);
            let table = file.logical_sha256.is_some() || file.rows.is_some();
            let read = if table {
                match table::spill(self.store, &path, file.bytes, self.progress).await? {
                    Some((found, sha256, spilled)) => {
                        if check_bytes(file, &path, found, sha256, report) {
                            self.check_rows(manifest, file, spilled, report).await?;
                        }
                        Some(found)
                    }
                    None => None,
                }
            } else {
                let found = self.store.digest_within(&path, file.bytes, PHASE, self.progress).await?;
                found.map(|(info, sha256)| {
                    check_bytes(file, &path, info.bytes, sha256, report);
                    info.bytes
                })
            };
            match read {
                Some(bytes) => {
                    report.objects += 1;
                    report.bytes = report.bytes.saturating_add(bytes);
                }
                None => report.find(Code::Missing, path, "the manifest lists it and it is not there"),
            }
        }
        Ok(())
    }

    /// Reads the rows of a table whose bytes are right, and compares them with what the manifest says of them.
    async fn check_rows(
        &self,
        manifest: &Manifest,
        file: &FileEntry,
        spilled: std::fs::File,
        report: &mut Report,
    ) -> Result<(), AuditError> {
        let path = self.path(&file.path);
        let schema = match &file.schema {
            // It is counted, and found to be too large, where the files of the release are read.
            Some(schema) if manifest.files.iter().any(|f| f.path == *schema) => match self.store.get(&self.path(schema)).await {
                Err(StoreError::TooLarge { .. }) => None,
                found => found?,
            },
            _ => None,
        };
        let Some(schema) = schema else {
            report.find(Code::Schema, path, "the schema of this table is not in the release");
            return Ok(());
        };
        // A compressed table has no more text than its CSV.
        let csv = Form::of_path(&file.path).map(|path| Form::Csv.path(path.table));
        let most = manifest.files.iter().find(|f| Some(&f.path) == csv.as_ref()).map_or(0, |f| f.bytes);
        match table::rows(&file.path, spilled, schema, most).await? {
            Err(problem) => report.find(problem.code, path, problem.text),
            Ok(found) => {
                if Some(found.rows) != file.rows {
                    report.find(Code::Rows, &path, format!("it has {} rows; the manifest says otherwise", found.rows));
                }
                if Some(found.sha256) != file.logical_sha256 {
                    report.find(
                        Code::Logical,
                        &path,
                        format!("the logical digest of its rows is {}; the manifest says otherwise", found.sha256),
                    );
                }
            }
        }
        Ok(())
    }

    async fn extra(&self, manifest: &Manifest, report: &mut Report) -> Result<(), AuditError> {
        if !self.store.can_list() {
            return Ok(());
        }
        let known: BTreeSet<String> =
            manifest.files.iter().map(|f| f.path.as_str()).chain([MANIFEST, MANIFEST_SIGNATURE, SUMS]).map(|p| self.path(p)).collect();
        for object in self.store.list(self.prefix).await? {
            if !known.contains(&object.path) && !self.is_sidecar(manifest, &object.path).await? {
                report.find(Code::Extra, object.path, "the manifest does not list it");
            }
        }
        Ok(())
    }
}

impl InRelease<'_> {
    /// Whether it is the digest of a table beside it, as `latest/` has it.
    async fn is_sidecar(&self, manifest: &Manifest, path: &str) -> Result<bool, AuditError> {
        let of = |f: &&FileEntry| path.strip_suffix(SIDECAR) == Some(&self.path(&f.path)) && has_sidecar(&f.path);
        let Some(file) = manifest.files.iter().find(of).filter(|_| self.prefix.is_empty()) else { return Ok(false) };
        Ok(self.store.get(path).await?.is_some_and(|text| text == sidecar(&file.path, &file.sha256)))
    }
}

/// Whether the bytes are those of the manifest.
fn check_bytes(file: &FileEntry, path: &str, bytes: u64, sha256: Digest<kind::File>, report: &mut Report) -> bool {
    if bytes > file.bytes {
        report.find(Code::Size, path, format!("it has more than {} bytes, which the manifest says: the rest was not read", file.bytes));
        report.find(Code::Digest, path, format!("its sha256 is not {}, which the manifest says", file.sha256));
        return false;
    }
    if bytes != file.bytes {
        report.find(Code::Size, path, format!("it has {bytes} bytes; the manifest says {}", file.bytes));
    }
    if sha256 != file.sha256 {
        report.find(Code::Digest, path, format!("its sha256 is {sha256}; the manifest says {}", file.sha256));
    }
    bytes == file.bytes && sha256 == file.sha256
}
