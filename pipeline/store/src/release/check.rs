//! What a manifest must say to be believed, whatever the files are.

use super::paths;
use crate::{Result, digest_file};
use solidata_model::{Digest, FileEntry, MANIFEST_FORMAT, Manifest, REASON_MAX, canonical_json, place};
use std::{collections::BTreeMap, path::Path};

/// The most files of a release, and the most models, checks, contracts, tests and code lists of a manifest: a release has some hundreds.
const ENTRIES_MAX: usize = 20_000;

/// The most bytes of all files of a release. A month of France has less than a hundredth of it.
pub const RELEASE_MAX: u64 = 64 << 30;

/// Describes a file that is no table, for the manifest: its size and sha256 are read from the disk.
///
/// # Errors
/// When the file cannot be read.
pub fn describe_file(dir: &Path, path: &str, media_type: &str) -> Result<FileEntry> {
    let (bytes, sha256) = digest_file(&dir.join(path))?;
    Ok(FileEntry { path: path.into(), media_type: media_type.into(), bytes, sha256, logical_sha256: None, rows: None, schema: None })
}

/// Whether a manifest agrees with itself: its format; no more files and bytes than a release has; the digest of its parameters; month and pins as the run has them; files sorted, once
/// each, with plain relative paths; every table with rows, logical digest and a schema that is listed; the Parquet and the CSV of a table with
/// the same of each; every check passed; every model tested.
///
/// # Errors
/// The first contradiction, in words.
pub fn check_manifest(manifest: &Manifest) -> Result<(), String> {
    let rule = |holds: bool, broken: &str| if holds { Ok(()) } else { Err(broken.to_owned()) };
    rule(manifest.format == MANIFEST_FORMAT, &format!("the format is not {MANIFEST_FORMAT}: another version of solidata wrote it"))?;
    check_sizes(manifest)?;
    rule(manifest.revision > 0, "revisions count from 1")?;
    rule(
        (manifest.revision > 1) == manifest.run.revision.is_some(),
        "its first revision corrects something, or a later one does not say what",
    )?;
    if let Some(revision) = &manifest.run.revision {
        let earlier = revision.corrects.strip_prefix(&format!("releases/{}/r", manifest.month)).and_then(|n| n.parse::<u32>().ok());
        let plain = earlier.is_some_and(|n| revision.corrects == format!("releases/{}/r{n}", manifest.month));
        rule(
            plain && earlier.is_some_and(|n| (1..manifest.revision).contains(&n)),
            "it does not correct an earlier revision of its month",
        )?;
        let plain =
            !revision.reason.trim().is_empty() && revision.reason.len() <= REASON_MAX && !revision.reason.chars().any(char::is_control);
        rule(plain, "its reason is empty, too long or has control characters")?;
    }
    if let Some(since) = &manifest.run.since {
        let corrects = manifest.run.revision.as_ref().map(|r| r.corrects.as_str());
        let before = place(since).is_some_and(|(month, _)| month < manifest.month);
        rule(corrects.map_or(before, |c| c == since), "what it changes since is neither what it corrects nor of a month before")?;
    }
    rule(manifest.month == manifest.run.month, "the month is not that of the run")?;
    let parameters = canonical_json(&manifest.run).map_err(|e| e.to_string())?;
    rule(manifest.parameters_sha256 == Digest::of(&parameters), "parameters_sha256 is not the digest of `run`")?;
    for check in &manifest.checks {
        rule(check.violations == 0, &format!("the check {} has violations", check.name))?;
    }
    for test in &manifest.tests {
        rule(test.cases > 0, &format!("the model {} has no test", test.model))?;
    }
    rule(!manifest.files.is_empty(), "it lists no file")?;
    rule(manifest.files.is_sorted_by(|a, b| a.path < b.path), "its files are not sorted, or one is there twice")?;
    paths::check(manifest.files.iter().map(|file| file.path.as_str()))?;
    for file in &manifest.files {
        check_table(manifest, file)?;
    }
    check_twins(&manifest.files)
}

/// Whether a manifest lists no more than a release has: entries of each kind, and bytes of all files together. One that does is not worth reading on.
///
/// # Errors
/// What there is too much of, in words.
pub fn check_sizes(manifest: &Manifest) -> Result<(), String> {
    let lists = [manifest.files.len(), manifest.sql.len(), manifest.contracts.len(), manifest.checks.len(), manifest.tests.len()];
    if lists.into_iter().chain([manifest.code_lists.len()]).any(|entries| entries > ENTRIES_MAX) {
        return Err(format!("it lists more than {ENTRIES_MAX} files, texts, checks, tests or code lists"));
    }
    match manifest.files.iter().try_fold(0u64, |sum, file| sum.checked_add(file.bytes)) {
        Some(bytes) if bytes <= RELEASE_MAX => Ok(()),
        _ => Err(format!("its files have more than {RELEASE_MAX} bytes together, and no release has as many")),
    }
}

fn is_table(path: &str) -> bool {
    path.starts_with("data/") && (path.ends_with(".parquet") || path.ends_with(".csv"))
}

fn check_table(manifest: &Manifest, file: &FileEntry) -> Result<(), String> {
    let complete = file.rows.is_some() && file.logical_sha256.is_some() && file.schema.is_some();
    if is_table(&file.path) && !complete {
        return Err(format!("the table {} has no rows, logical digest or schema", file.path));
    }
    match &file.schema {
        Some(schema) if manifest.files.binary_search_by(|f| f.path.cmp(schema)).is_err() => {
            Err(format!("{} names the schema {schema}, which is not listed", file.path))
        }
        _ => Ok(()),
    }
}

/// The Parquet and the CSV of a table are the same rows.
fn check_twins(files: &[FileEntry]) -> Result<(), String> {
    let mut seen: BTreeMap<&str, &FileEntry> = BTreeMap::new();
    for file in files.iter().filter(|f| is_table(&f.path)) {
        let name = file.path.rsplit_once('.').map_or(file.path.as_str(), |(name, _)| name);
        match seen.insert(name, file) {
            Some(twin) if (twin.rows, twin.logical_sha256, &twin.schema) != (file.rows, file.logical_sha256, &file.schema) => {
                return Err(format!("{} and {} have not the same rows", twin.path, file.path));
            }
            _ => {}
        }
    }
    Ok(())
}
