//! What describes a release: its manifest and its data package. They may say what follows from the tables, the code lists, the project and the parameters of the
//! run, and nothing else.

use super::{
    cube::CUBE,
    table::{Facts, Folder, Found, spec_of},
    telltale::TelltaleKind,
};
use crate::AuditError;
use bytes::Bytes;
use serde::Deserialize;
use solidata_canon::{
    DataPackage, FileReceipt, Form, FormReceipt, PackageSource, TableReceipt, csv_path, datapackage, parquet_path, schema_path,
};
use solidata_model::{
    CHANGES, CHANGES_PAGE, DatasetSpec, Digest, FileEntry, Manifest, PROVENANCE, PROVENANCE_MEDIA_TYPE, canonical_json, kind,
};
use solidata_store::release::{MANIFEST, MANIFEST_SCHEMA, check_manifest, check_sizes};
use std::collections::{BTreeMap, BTreeSet};

/// Where the data package lies in a release.
pub(crate) const PACKAGE: &str = "datapackage.json";
/// The pages beside those of the tables: the whole release, how the demand is protected, what importers can rely on, the forms of files, the versions of schemas, how a
/// release is checked.
const PAGES: [&str; 6] = ["index", "confidentialite", "contrat", "formats", "versions", "verifier"];

/// Reads a manifest, and looks at what it says by itself.
pub(crate) fn read(bytes: &Bytes, listed: Option<Digest<kind::File>>, found: &mut Found) -> Option<Manifest> {
    let mut wrong = |problem: String| found.tell(MANIFEST, TelltaleKind::Manifest, problem);
    let manifest: Manifest = match serde_json::from_slice(bytes) {
        Ok(manifest) => manifest,
        Err(e) => {
            wrong(format!("it is no manifest of this version ({e})"));
            return None;
        }
    };
    if let Err(problem) = check_sizes(&manifest) {
        wrong(problem);
        return None;
    }
    if listed.is_some_and(|listed| listed != Digest::of(bytes)) {
        wrong("index.json lists another sha256 of it".into());
    }
    if canonical_json(&manifest).is_ok_and(|canonical| canonical != *bytes) {
        wrong("it is not written in the canonical form".into());
    }
    look_at(&manifest, &mut wrong);
    Some(manifest)
}

fn look_at(manifest: &Manifest, wrong: &mut impl FnMut(String)) {
    if let Err(e) = check_manifest(manifest) {
        wrong(e);
    }
    let tables: BTreeSet<&str> = tables(manifest).collect();
    let texts = texts(manifest);
    for file in &manifest.files {
        match media_type(&file.path, &tables) {
            None => wrong(format!("it lists {}, which no release has", file.path)),
            Some(media_type) if media_type != file.media_type => wrong(format!("the media type of {} is not {media_type}", file.path)),
            Some(_) => {}
        }
        let described = file.rows.is_some() || file.logical_sha256.is_some() || file.schema.is_some();
        if described != Form::of_path(&file.path).is_some() {
            wrong(format!("it says of {} what is said of tables, or does not", file.path));
        }
        let named = file.path.starts_with("sql/") && !file.path.starts_with("sql/tests/") || is_list(&file.path) || is_contract(&file.path);
        let is_it = |text: &Digest<kind::Text>| *text.as_bytes() == *file.sha256.as_bytes();
        if named && !texts.get(file.path.as_str()).is_some_and(is_it) {
            wrong(format!("{} is not the text that it names as a model, a check, a contract or a code list", file.path));
        }
    }
    let listed = |name: &str| manifest.files.iter().any(|file| file.path == name);
    for check in &manifest.checks {
        let generated = check.name.strip_prefix("contrat/").and_then(|rest| rest.split_once('/'));
        if !listed(&check.name) && generated.is_none_or(|(table, _)| !tables.contains(table)) {
            wrong(format!("it names a check that is neither published nor of a table: {}", check.name));
        }
    }
    for text in manifest.contracts.iter().filter(|text| !is_contract(&text.name)) {
        wrong(format!("it names {} among the contracts", text.name));
    }
}

/// The texts that a manifest names, by their path in a release.
fn texts(manifest: &Manifest) -> BTreeMap<&str, Digest<kind::Text>> {
    let sql = manifest.sql.iter().chain(&manifest.contracts).map(|text| (text.name.as_str(), text.sha256));
    let mut texts: BTreeMap<&str, _> = sql.chain(manifest.checks.iter().map(|check| (check.name.as_str(), check.sha256))).collect();
    for file in manifest.files.iter().filter(|file| is_list(&file.path)) {
        // lists of an earlier year lie in its folder, and are named as the others
        let name = file.path.rsplit('/').next();
        texts.extend(
            manifest.code_lists.iter().filter(|list| Some(list.name.as_str()) == name).map(|list| (file.path.as_str(), list.sha256)),
        );
    }
    texts
}

fn is_list(path: &str) -> bool {
    path.starts_with("datasets/reference/") && path.ends_with(".csv")
}

fn is_contract(path: &str) -> bool {
    let file = |file: &str| file == "dataset.toml" || file == "schema.toml";
    match path.split('/').collect::<Vec<_>>()[..] {
        ["datasets", _, name] | ["datasets", "cubes", _, name] => file(name),
        _ => false,
    }
}

/// The tables that a manifest lists, in its order.
fn tables(manifest: &Manifest) -> impl Iterator<Item = &str> {
    manifest.files.iter().filter_map(|file| file.path.strip_prefix("data/")?.strip_suffix(".parquet"))
}

/// The media type of a file that a release may have.
fn media_type(path: &str, tables: &BTreeSet<&str>) -> Option<&'static str> {
    if let Some(of) = Form::of_path(path) {
        let known = if path.starts_with("cubes/") { of.table == CUBE } else { tables.contains(of.table) };
        return known.then(|| of.form.media_type());
    }
    let (folder, name) = path.split_once('/').unwrap_or(("", path));
    let (stem, end) = name.rsplit_once('.')?;
    match (folder, end) {
        ("schemas", "json") if path == MANIFEST_SCHEMA => Some("application/schema+json"),
        ("schemas", "json") => (tables.contains(stem) || stem == CUBE).then_some("application/json"),
        ("pages", "md" | "html") if !tables.contains(stem) && !PAGES.contains(&stem) => None,
        ("pages", "md") => Some("text/markdown; charset=utf-8"),
        ("pages", "html") => Some("text/html; charset=utf-8"),
        ("sql", "sql") => {
            ["cubes/", "datasets/", "checks/"].iter().any(|part| stem.starts_with(part)).then_some("text/plain; charset=utf-8")
        }
        ("sql", "csv") => stem.starts_with("tests/").then_some("text/csv; charset=utf-8"),
        ("datasets", "csv") => stem.starts_with("reference/").then_some("text/csv; charset=utf-8"),
        ("datasets", "md") => Some("text/markdown; charset=utf-8"),
        ("datasets", "toml") => Some("application/toml"),
        ("", "json") if path == PROVENANCE => Some(PROVENANCE_MEDIA_TYPE),
        ("", "md") => (path == CHANGES_PAGE).then_some("text/markdown; charset=utf-8"),
        ("", "json") => (path == PACKAGE || path == CHANGES).then_some("application/json"),
        _ => None,
    }
}

/// Compares what the manifest says of the files with those that were read, and reads the data package.
pub(crate) async fn compare(manifest: &Manifest, folder: &Folder<'_>, found: &mut Found) -> Result<(), AuditError> {
    if let Some(package) = folder.get(PACKAGE).await? {
        found.files.push(Facts { path: PACKAGE.into(), bytes: package.len() as u64, sha256: Digest::of(&package), rows: None });
        let mut specs = Vec::new();
        for table in tables(manifest) {
            let schema = folder.get(&schema_path(table)).await?.unwrap_or_default();
            match spec_of(table, &schema) {
                Ok(spec) => specs.push(spec),
                Err(problem) => found.tell(&schema_path(table), TelltaleKind::Schema, problem),
            }
        }
        if let Err(problem) = look_at_package(&package, manifest, &specs) {
            found.tell(PACKAGE, TelltaleKind::Manifest, problem);
        }
    }
    if let Some(provenance) = folder.get(PROVENANCE).await? {
        found.files.push(Facts { path: PROVENANCE.into(), bytes: provenance.len() as u64, sha256: Digest::of(&provenance), rows: None });
        if manifest.provenance().map_err(|e| AuditError::Internal(e.to_string()))? != provenance {
            found.tell(PROVENANCE, TelltaleKind::Manifest, "it says something that does not follow from the manifest");
        }
    }
    compare_files(manifest, found);
    Ok(())
}

fn compare_files(manifest: &Manifest, found: &mut Found) {
    let files = std::mem::take(&mut found.files);
    let mut wrong = |problem: String| found.tell(MANIFEST, TelltaleKind::Manifest, problem);
    for Facts { path, bytes, sha256, rows } in &files {
        let Some(entry) = manifest.files.iter().find(|file| file.path == *path) else {
            wrong(format!("it does not list {path}"));
            continue;
        };
        if (entry.bytes, entry.sha256) != (*bytes, *sha256) {
            wrong(format!("{path} has another size or sha256 than it lists"));
        }
        if entry.rows.zip(entry.logical_sha256) != *rows {
            wrong(format!("{path} has other rows than it says"));
        }
    }
    let other = |f: &&FileEntry| f.rows.is_some() && files.iter().all(|facts| facts.path != f.path);
    let others: Vec<&str> = manifest.files.iter().filter(other).map(|f| f.path.as_str()).collect();
    if !others.is_empty() {
        found.notes.push(format!("{}: these tables took no part in the attack: {}", manifest.prefix(), others.join(", ")));
    }
}

/// What a data package says in words of its own. The rest is made again.
#[derive(Deserialize)]
struct Package {
    title: String,
    description: String,
    contributors: Vec<Contributor>,
    sources: Vec<Source>,
}

#[derive(Deserialize)]
struct Contributor {
    title: String,
}

#[derive(Deserialize)]
struct Source {
    title: String,
    version: Option<String>,
    path: Option<String>,
}

/// A data package is what the canonical writer makes of the manifest, the schemas and some words; and the words hold no number but those of its days and
/// code lists.
fn look_at_package(bytes: &Bytes, manifest: &Manifest, specs: &[DatasetSpec]) -> Result<(), String> {
    let said: Package = serde_json::from_slice(bytes).map_err(|e| format!("it cannot be read ({e})"))?;
    let entry = |path: String| manifest.files.iter().find(|file| file.path == path);
    let receipt = |spec: &DatasetSpec| {
        let (parquet, csv) = (entry(parquet_path(&spec.id))?, entry(csv_path(&spec.id))?);
        let file = |entry: &FileEntry| FileReceipt { bytes: entry.bytes, sha256: entry.sha256 };
        let (rows, logical_sha256) = parquet.rows.zip(parquet.logical_sha256)?;
        Some(TableReceipt { rows, logical_sha256, parquet: file(parquet), csv: file(csv) })
    };
    let tables: Vec<(&DatasetSpec, TableReceipt)> = specs.iter().filter_map(|spec| Some((spec, receipt(spec)?))).collect();
    let forms = forms_of(manifest);
    let source =
        |source: &Source| PackageSource { title: source.title.clone(), version: source.version.clone(), path: source.path.clone() };
    let sources: Vec<PackageSource> = said.sources.iter().map(source).collect();
    let (month, run) = (manifest.month, &manifest.run);
    let again = DataPackage {
        name: &format!("solidata-{month}"),
        title: &said.title,
        description: &said.description,
        version: &format!("{}.{}.{}", month.year(), month.number(), manifest.revision),
        created: run.now,
        licence: &manifest.licence,
        publisher: said.contributors.first().map_or("", |contributor| &contributor.title),
        sources: &sources,
        tables: &tables,
        forms: &forms,
    };
    if datapackage(&again).map_err(|e| e.to_string())? != *bytes {
        return Err("it says something that does not follow from the manifest and the schemas".into());
    }
    let known = format!("{month} {} {}", run.date_photo, run.now);
    let vintages = manifest.code_lists.iter().flat_map(|list| numbers(&list.vintage));
    let known: BTreeSet<&str> = numbers(&known).chain(vintages).collect();
    let words = [&said.title, &said.description].into_iter().chain(said.contributors.iter().map(|contributor| &contributor.title));
    let of_sources = said.sources.iter().flat_map(|s| [Some(&s.title), s.version.as_ref(), s.path.as_ref()]).flatten();
    match words.chain(of_sources).flat_map(|text| numbers(text)).find(|number| !known.contains(number)) {
        Some(_) => Err("its words hold a number that is neither of its days nor of its code lists".into()),
        None => Ok(()),
    }
}

/// Who publishes, as a data package says.
pub(crate) fn publisher(package: &Bytes) -> Option<String> {
    let said: Package = serde_json::from_slice(package).ok()?;
    said.contributors.into_iter().next().map(|contributor| contributor.title)
}

/// The other forms of tables that a manifest lists.
fn forms_of(manifest: &Manifest) -> Vec<(String, FormReceipt)> {
    manifest.files.iter().filter_map(FormReceipt::of_entry).collect()
}

/// The numbers in a text, as they are written.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_numeric()).filter(|number| !number.is_empty())
}
