//! Brings what is new in a public store to a folder of this machine, for those who import each month: verified, and as often as one likes.
//!
//! The folder is laid out as the store is. Every file has the digest that its manifest says, every manifest the one that `index.json` says, and with a key the
//! index is signed by it or by one that it leads to. Files that are there already are not read from the store again, so that an interrupted call goes on
//! where it ended; `index.json` is written last, and says what the folder has seen. A release that the folder has is completed: what is asked for and missing or
//! damaged is brought again.

use crate::{AuditError, Report, index, signature};
use bytes::Bytes;
use serde::Serialize;
use solidata_canon::{Form, FormPath, sha256sums};
use solidata_model::{Digest, Erratum, FileEntry, Index, IndexEntry, Manifest, Month, ReleaseState, kind};
use solidata_signing::{PublicKey, manifest_comment};
use solidata_store::{
    INDEX, Phase, Progress, PublicStore, digest_file,
    release::{MANIFEST, MANIFEST_SIGNATURE, SUMS, check_manifest, check_sizes},
};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// What is to be brought.
#[derive(Debug, Clone, Default)]
pub struct FetchOptions {
    /// Only what was published after this release; without it what the folder has not seen.
    pub since: Option<String>,
    /// Only these datasets; all without any.
    pub datasets: Vec<String>,
    /// Only tables in these forms, such as `csv`; all without any.
    pub forms: Vec<String>,
    /// The publisher's key.
    pub key: Option<PublicKey>,
}

/// What was brought.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Fetched {
    /// The releases that are new, the oldest one first.
    pub new: Vec<FetchedRelease>,
    /// Releases that the folder had, and of which files were missing, damaged, or not asked for before.
    pub completed: Vec<FetchedRelease>,
    /// Releases that the folder has and that another one took the place of.
    pub superseded: Vec<String>,
    /// Releases that the folder has and that were withdrawn: whoever has a copy is asked to remove it.
    pub withdrawn: Vec<String>,
    /// Errors of releases that the folder has, told since it was brought up to date last: the first one first.
    pub errata: Vec<Erratum>,
    /// The current release of the store.
    pub current: Option<String>,
    /// Files that were read from the store.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What to know.
    pub notes: Vec<String>,
}

/// A release that was brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FetchedRelease {
    /// Its month.
    pub month: Month,
    /// Where it lies, in the store and in the folder.
    pub prefix: String,
    /// Why the month was published again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The tables that were asked for and are in the folder, beneath the prefix.
    pub tables: Vec<String>,
}

/// Brings what is new.
///
/// # Errors
/// [`AuditError::Untrusted`] when something is not as it must be: nothing that was verified before is touched then. Otherwise when the store does not answer, `since` is not
/// in its history, or the disk fails.
pub async fn fetch(store: &PublicStore, into: &Path, options: &FetchOptions, progress: &dyn Progress) -> Result<Fetched, AuditError> {
    let mut report = Report::default();
    if let Some(form) = options.forms.iter().find(|asked| !Form::ALL.iter().any(|form| form.name() == asked.as_str())) {
        let known = Form::ALL.map(Form::name).join(", ");
        return Err(AuditError::NoSuchTable { address: store.address().into(), asked: format!("form {form}"), known });
    }
    let index = index::read(store, &mut report).await?;
    if index.is_none() && report.index_sha256.is_none() && !into.join(INDEX).exists() {
        return Err(AuditError::Nothing { address: store.address().into() });
    }
    if let Some(index) = &index {
        signature::Signers::check(index, options.key.as_ref(), &mut report);
    }
    let seen = seen(into)?;
    if let (Some(index), Some((_, sha256))) = (&index, &seen) {
        signature::check_since(index, *sha256, &mut report);
    }
    let index = index.filter(|_| report.findings.is_empty()).ok_or_else(|| untrusted(store, &report))?;
    let before = match (&options.since, &seen) {
        (Some(since), _) => index
            .releases
            .iter()
            .find(|r| r.prefix == *since)
            .map(|r| r.sealed)
            .ok_or_else(|| AuditError::NoSuchRelease { address: store.address().into(), prefix: since.clone() })?,
        (None, Some((seen, _))) => seen.sealed,
        (None, None) => 0,
    };
    let mut fetched = Fetched { current: index.current().map(|r| r.prefix.clone()), notes: report.notes, ..Fetched::default() };
    let has = |r: &&IndexEntry| into.join(&r.prefix).join(MANIFEST).exists();
    for entry in index.releases.iter().filter(has) {
        match entry.state {
            ReleaseState::Superseded => fetched.superseded.push(entry.prefix.clone()),
            ReleaseState::Withdrawn => fetched.withdrawn.push(entry.prefix.clone()),
            ReleaseState::Current => {}
        }
    }
    // What became current again by a rollback is new to who saw it superseded.
    let was_other = |r: &IndexEntry| seen.iter().any(|(seen, _)| seen.releases.iter().any(|s| s.prefix == r.prefix && s.state != r.state));
    let wanted = |r: &&IndexEntry| r.state == ReleaseState::Current && (r.sealed > before || was_other(r));
    let mut new: Vec<&IndexEntry> = index.releases.iter().filter(wanted).collect();
    new.sort_by_key(|r| r.sealed);
    let is_held = |r: &&IndexEntry| r.state == ReleaseState::Current && options.since.is_none() && has(r) && !wanted(r);
    let held: Vec<&IndexEntry> = index.releases.iter().filter(is_held).collect();
    let bringing = |entry| Bringing { store, entry, into, options, progress };
    if let Some(newest) = index.current() {
        bringing(newest).check_names().await?;
    }
    for entry in held {
        let files = fetched.files;
        let release = bringing(entry).bring(&index, &mut fetched).await?;
        if fetched.files > files {
            fetched.completed.push(release);
        }
    }
    for entry in new {
        let release = bringing(entry).bring(&index, &mut fetched).await?;
        if release.tables.is_empty() {
            fetched.notes.push(format!("{}: it has no table of this dataset in this form", release.prefix));
        }
        fetched.new.push(release);
    }
    // Of a release that was not here, all; otherwise what the log tells after the change that the folder saw last.
    let brought: BTreeSet<&str> = fetched.new.iter().map(|r| r.prefix.as_str()).collect();
    let told = seen.as_ref().map_or(0, |(index, _)| index.counter);
    let is_news = |(counter, e): &(u64, &Erratum)| {
        into.join(&e.release).join(MANIFEST).exists() && (*counter > told || brought.contains(e.release.as_str()))
    };
    fetched.errata = index.errata().filter(is_news).map(|(_, erratum)| erratum.clone()).collect();
    let bytes = store.get(INDEX).await?.ok_or_else(|| AuditError::Nothing { address: store.address().into() })?;
    // Someone may have published meanwhile: what was brought is what this index says.
    if report.index_sha256 == Some(Digest::of(&bytes)) {
        write(&into.join(INDEX), &bytes)?;
    } else {
        fetched.notes.push("the store changed meanwhile: run the same command again".into());
    }
    Ok(fetched)
}

/// The index that the folder has seen last, with its digest.
fn seen(into: &Path) -> Result<Option<(Index, Digest<kind::File>)>, AuditError> {
    let path = into.join(INDEX);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e.into()),
    };
    let wrong = |e: serde_json::Error| AuditError::Table {
        path: path.display().to_string(),
        detail: format!("it is no index of this version ({e}): name another folder, or remove this file"),
    };
    Ok(Some((serde_json::from_slice(&bytes).map_err(wrong)?, Digest::of(&bytes))))
}

fn untrusted(store: &PublicStore, report: &Report) -> AuditError {
    let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    AuditError::Untrusted { address: store.address().into(), findings: findings.join("; ") }
}

/// One release on its way.
struct Bringing<'a> {
    store: &'a PublicStore,
    entry: &'a IndexEntry,
    into: &'a Path,
    options: &'a FetchOptions,
    progress: &'a dyn Progress,
}

impl Bringing<'_> {
    fn damaged(&self, path: &str, detail: &str) -> AuditError {
        let findings = format!("{}/{path}: {detail}. Fetch it again later; if it stays so, ask the publisher", self.entry.prefix);
        AuditError::Untrusted { address: self.store.address().into(), findings }
    }

    async fn manifest(&self) -> Result<(Bytes, Manifest), AuditError> {
        let damaged = |detail: &str| self.damaged(MANIFEST, detail);
        let path = format!("{}/{MANIFEST}", self.entry.prefix);
        let bytes = self.store.get(&path).await?.ok_or_else(|| damaged("it is not there"))?;
        if Digest::of(&bytes) != self.entry.manifest_sha256 {
            return Err(damaged("it is not the one that index.json names"));
        }
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|e| damaged(&e.to_string()))?;
        check_sizes(&manifest).and_then(|()| check_manifest(&manifest)).map_err(|e| damaged(&e))?;
        Ok((bytes, manifest))
    }

    /// Every dataset that is asked for must be one of this release: a name that is mistyped would bring nothing, month after month.
    async fn check_names(&self) -> Result<(), AuditError> {
        if self.options.datasets.is_empty() {
            return Ok(());
        }
        let (_, manifest) = self.manifest().await?;
        let known: BTreeSet<&str> = manifest.files.iter().filter_map(|f| Some(table(&f.path)?.table)).collect();
        match self.options.datasets.iter().find(|asked| !known.contains(asked.as_str())) {
            None => Ok(()),
            Some(asked) => Err(AuditError::NoSuchTable {
                address: self.store.address().into(),
                asked: format!("dataset {asked}"),
                known: known.into_iter().collect::<Vec<_>>().join(", "),
            }),
        }
    }

    async fn bring(&self, index: &Index, fetched: &mut Fetched) -> Result<FetchedRelease, AuditError> {
        let prefix = &self.entry.prefix;
        let damaged = |path: &str, detail: &str| self.damaged(path, detail);
        let (bytes, manifest) = self.manifest().await?;
        let folder = self.into.join(prefix);
        let wanted: Vec<&FileEntry> = manifest.files.iter().filter(|file| self.wants(file)).collect();
        self.progress.expect(Phase::Verify, wanted.iter().map(|f| f.bytes).sum());
        for file in &wanted {
            let to = folder.join(&file.path);
            if there(&to, file)? {
                self.progress.advance(Phase::Verify, &file.path, file.bytes);
                continue;
            }
            create_parent(&to)?;
            let part = to.with_file_name(format!("{}.part", to.file_name().unwrap_or_default().to_string_lossy()));
            match self.store.download(&format!("{prefix}/{}", file.path), &part, file.bytes).await? {
                Some(found) if found == (file.bytes, file.sha256) => fs::rename(&part, &to)?,
                found => {
                    let _ = fs::remove_file(&part);
                    let what = if found.is_none() { "it is not there" } else { "it is not the file that its manifest describes" };
                    return Err(damaged(&file.path, what));
                }
            }
            fetched.files += 1;
            fetched.bytes += file.bytes;
            self.progress.advance(Phase::Verify, &file.path, file.bytes);
        }
        // Of what is in the folder, whichever call brought it.
        let held = manifest.files.iter().filter(|f| self.wants(f) || folder.join(&f.path).exists());
        let sums = sha256sums(held.map(|f| (f.path.as_str(), f.sha256)).chain([(MANIFEST, self.entry.manifest_sha256)]));
        write(&folder.join(SUMS), &sums.map_err(|e| AuditError::Internal(e.to_string()))?)?;
        if let Some(signature) = self.store.get(&format!("{prefix}/{MANIFEST_SIGNATURE}")).await? {
            self.check_signature(index, &manifest, &bytes, &signature).map_err(|e| damaged(MANIFEST_SIGNATURE, &e))?;
            write(&folder.join(MANIFEST_SIGNATURE), &signature)?;
        }
        // Last: a folder with a manifest is whole.
        write(&folder.join(MANIFEST), &bytes)?;
        Ok(FetchedRelease {
            month: manifest.month,
            prefix: prefix.clone(),
            reason: manifest.run.revision.map(|r| r.reason),
            tables: wanted.iter().filter(|f| table(&f.path).is_some()).map(|f| f.path.clone()).collect(),
        })
    }

    /// Whether a file is asked for: what describes a release always is, tables when they are of a dataset and form that are.
    fn wants(&self, file: &FileEntry) -> bool {
        let Some(of) = table(&file.path) else {
            return !["cubes/", "sql/", "datasets/"].iter().any(|folder| file.path.starts_with(folder))
                || file.path.starts_with("datasets/reference/");
        };
        let asked = |list: &[String], value: &str| list.is_empty() || list.iter().any(|v| v == value);
        asked(&self.options.datasets, of.table) && asked(&self.options.forms, of.form.name())
    }

    fn check_signature(&self, index: &Index, manifest: &Manifest, bytes: &[u8], signature: &[u8]) -> Result<(), String> {
        let counter = index.publications().get(self.entry.prefix.as_str()).copied().unwrap_or_default();
        let Some(key) = index.key_at(counter).and_then(|at| index.keys.get(at)) else { return Ok(()) };
        let key = PublicKey::parse(&key.public_key).map_err(|e| e.to_string())?;
        key.verify(bytes, &String::from_utf8_lossy(signature), &manifest_comment(&manifest.prefix())).map_err(|e| e.to_string())
    }
}

/// What a path says of a file of a published table.
fn table(path: &str) -> Option<FormPath<'_>> {
    Form::of_path(path).filter(|_| !path.starts_with("cubes/"))
}

/// Whether a file is there as its manifest describes it.
fn there(path: &Path, file: &FileEntry) -> Result<bool, AuditError> {
    match fs::metadata(path) {
        Ok(meta) if meta.len() == file.bytes => Ok(digest_file(path)?.1 == file.sha256),
        _ => Ok(false),
    }
}

fn create_parent(path: &Path) -> Result<(), AuditError> {
    Ok(fs::create_dir_all(path.parent().unwrap_or(path))?)
}

/// Writes a small file whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> Result<(), AuditError> {
    create_parent(path)?;
    let part: PathBuf = path.with_file_name(format!("{}.part", path.file_name().unwrap_or_default().to_string_lossy()));
    fs::write(&part, bytes)?;
    Ok(fs::rename(&part, path)?)
}
