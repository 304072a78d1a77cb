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
    Ok(FileEntry {
        path: path.into(),
        media_type: media_type.into(),
        bytes,
        sha256,
        logical_sha256: None,
        rows: None,
        schema: None,
        part: None,
    })
}

/// Whether a manifest agrees with itself: its format; no more files and bytes than a release has; the digest of its parameters; month and pins as the run has them; files sorted, once
/// each, with plain relative paths; every table with rows, logical digest and a schema that is listed; the files that hold a whole table with
/// the same of each, and its parts with its rows together; every check passed; every model tested.
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
    check_twins(&manifest.files)?;
    check_parts(&manifest.files)
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

/// Endings of the files of a whole table in `data/`; the longest first.
const ENDINGS: [&str; 4] = [".csv.gz", ".parquet", ".xlsx", ".csv"];

/// The table that a file of `data/` holds whole.
fn table(path: &str) -> Option<&str> {
    let name = path.strip_prefix("data/")?;
    ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).filter(|name| !name.contains('/'))
}

fn check_table(manifest: &Manifest, file: &FileEntry) -> Result<(), String> {
    let complete = file.rows.is_some() && file.logical_sha256.is_some() && file.schema.is_some();
    if (table(&file.path).is_some() || file.part.is_some()) && !complete {
        return Err(format!("the table {} has no rows, logical digest or schema", file.path));
    }
    match &file.schema {
        Some(schema) if manifest.files.binary_search_by(|f| f.path.cmp(schema)).is_err() => {
            Err(format!("{} names the schema {schema}, which is not listed", file.path))
        }
        _ => Ok(()),
    }
}

/// The files of `data/` that hold a table are the same rows.
fn check_twins(files: &[FileEntry]) -> Result<(), String> {
    let mut seen: BTreeMap<&str, &FileEntry> = BTreeMap::new();
    for file in files {
        let Some(name) = table(&file.path) else { continue };
        if file.part.is_some() {
            return Err(format!("{} is called a part of a table, and lies where whole ones do", file.path));
        }
        match seen.insert(name, file) {
            Some(twin) if (twin.rows, twin.logical_sha256, &twin.schema) != (file.rows, file.logical_sha256, &file.schema) => {
                return Err(format!("{} and {} have not the same rows", twin.path, file.path));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What is said of parts: of a file that is listed, whose schema they have; no more rows than it; and the parts that a table is split into have its rows together.
fn check_parts(files: &[FileEntry]) -> Result<(), String> {
    let find = |path: &str| files.binary_search_by(|f| f.path.as_str().cmp(path)).ok().and_then(|at| files.get(at));
    let mut split: BTreeMap<(&str, &str, bool), u64> = BTreeMap::new();
    let mut with_point: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for file in files {
        let Some(part) = &file.part else { continue };
        let rows = file.rows.unwrap_or(0);
        let whole = find(&part.of).filter(|whole| whole.part.is_none() && whole.schema == file.schema);
        let whole = whole.ok_or_else(|| format!("{} is a part of {}, which is no table that is listed", file.path, part.of))?;
        if Some(rows) > whole.rows {
            return Err(format!("{} has more rows than the table of which it is a part", file.path));
        }
        let kind = kind(&file.path);
        match part.is_split() {
            true => *split.entry((&part.of, kind, part.with_point)).or_default() += rows,
            false => drop(with_point.insert((&part.of, kind), rows)),
        }
    }
    for ((of, kind, point), rows) in split {
        let all = if point { with_point.get(&(of, kind)).copied() } else { find(of).and_then(|whole| whole.rows) };
        if all != Some(rows) {
            return Err(format!("the parts of {of} beneath {kind} have not its rows together"));
        }
    }
    Ok(())
}

/// Folder and ending of a file: what files of one form have in common.
fn kind(path: &str) -> &str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("parquet") if path.starts_with("geo/") => "geo/*.parquet",
        Some("parquet") => "parts/*.parquet",
        Some("geojson") => "geo/*.geojson",
        Some("xlsx") => "parts/*.xlsx",
        Some("gz") => "parts/*.csv.gz",
        _ => "other files",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use solidata_model::Part;

    fn file(path: &str, rows: u64, part: Option<Part>) -> FileEntry {
        FileEntry {
            path: path.into(),
            media_type: String::new(),
            bytes: 1,
            sha256: Digest::of(b""),
            logical_sha256: Some(Digest::of(b"")),
            rows: Some(rows),
            schema: Some("schemas/t.json".into()),
            part,
        }
    }

    fn part(value: Option<&str>, with_point: bool) -> Option<Part> {
        let column = value.map(|_| "code_region".to_owned());
        Some(Part { of: "data/t.csv".into(), with_point, column, value: value.map(str::to_owned), ..Part::default() })
    }

    #[test]
    fn parts_have_the_rows_of_their_table_together() {
        let good = || {
            vec![
                file("data/t.csv", 10, None),
                file("data/t.parquet", 10, None),
                file("geo/t.geojson", 6, part(None, true)),
                file("geo/t/code_region-11.geojson", 4, part(Some("11"), true)),
                file("geo/t/code_region-84.geojson", 2, part(Some("84"), true)),
                file("parts/t/code_region-11.xlsx", 7, part(Some("11"), false)),
                file("parts/t/code_region-84.xlsx", 3, part(Some("84"), false)),
            ]
        };
        check_twins(&good()).unwrap();
        check_parts(&good()).unwrap();
        let refused = |change: fn(&mut Vec<FileEntry>), word: &str| {
            let mut files = good();
            change(&mut files);
            let e = check_twins(&files).and_then(|()| check_parts(&files)).unwrap_err();
            assert!(e.contains(word), "{e}");
        };
        refused(|f| f[6].rows = Some(4), "not its rows together");
        refused(|f| drop(f.pop()), "not its rows together");
        refused(|f| f[4].rows = Some(3), "not its rows together");
        refused(|f| drop(f.remove(2)), "not its rows together");
        refused(|f| f[5].rows = Some(11), "more rows than the table");
        refused(|f| f[5].schema = Some("schemas/u.json".into()), "no table that is listed");
        refused(|f| f[5].part = Some(Part { of: "data/u.csv".into(), ..Part::default() }), "no table that is listed");
        refused(|f| f[1].part = part(Some("11"), false), "called a part");
        refused(|f| f.push(file("data/t.xlsx", 9, None)), "not the same rows");
    }
}
