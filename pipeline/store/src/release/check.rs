//! What a manifest must say to be believed, whatever the files are.

use super::{MANIFEST, MANIFEST_SIGNATURE, SUMS, TOMBSTONE, TOMBSTONE_SIGNATURE};
use crate::{Result, digest_file};
use solidata_model::{Digest, FileEntry, MANIFEST_FORMAT, Manifest, REASON_MAX, canonical_json, place};
use std::{collections::BTreeMap, path::Path};

/// Describes a file that is no table, for the manifest: its size and sha256 are read from the disk.
///
/// # Errors
/// When the file cannot be read.
pub fn describe_file(dir: &Path, path: &str, media_type: &str) -> Result<FileEntry> {
    let (bytes, sha256) = digest_file(&dir.join(path))?;
    Ok(FileEntry { path: path.into(), media_type: media_type.into(), bytes, sha256, logical_sha256: None, rows: None, schema: None })
}

/// Whether a manifest agrees with itself: its format; the digest of its parameters; month and pins as the run has them; files sorted, once
/// each, with plain relative paths; every table with rows, logical digest and a schema that is listed; the Parquet and the CSV of a table with
/// the same of each; every check passed; every model tested.
///
/// # Errors
/// The first contradiction, in words.
pub fn check_manifest(manifest: &Manifest) -> Result<(), String> {
    let rule = |holds: bool, broken: &str| if holds { Ok(()) } else { Err(broken.to_owned()) };
    rule(manifest.format == MANIFEST_FORMAT, &format!("the format is not {MANIFEST_FORMAT}: another version of solidata wrote it"))?;
    rule(manifest.revision > 0, "revisions count from 1")?;
    rule(
        (manifest.revision > 1) == manifest.run.revision.is_some(),
        "its first revision corrects something, or a later one does not say what",
    )?;
    if let Some(revision) = &manifest.run.revision {
        let corrects = (1..manifest.revision).any(|n| revision.corrects == format!("releases/{}/r{n}", manifest.month));
        rule(corrects, "it does not correct an earlier revision of its month")?;
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
    for file in &manifest.files {
        check_path(&file.path)?;
        check_table(manifest, file)?;
    }
    check_twins(&manifest.files)
}

/// Paths of a release: ASCII letters, digits, `.`, `_`, `-` and `/`; no part is empty or begins with a dot; never a name that is made last.
fn check_path(path: &str) -> Result<(), String> {
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b));
    if !plain
        || path.split('/').any(|part| part.is_empty() || part.starts_with('.'))
        || [MANIFEST, MANIFEST_SIGNATURE, SUMS, TOMBSTONE, TOMBSTONE_SIGNATURE].contains(&path)
    {
        return Err(format!("'{path}' is no path of a file of a release"));
    }
    Ok(())
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
