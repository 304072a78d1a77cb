//! The other forms of a table tell nothing beside its rows, and are looked at before they are published.

use super::described::{MONTH, More, lines, make_with, words};
use super::made::{NEAR_KEY, SHARES_KEY, near, near_batch, shares, shares_batch};
use super::world::{KEY, batch, lists, texts_of};
use crate::attack::{TelltaleKind, read_draft};
use solidata_canon::{About, CanonError, FileReceipt, FormReceipt, Forms, Limits, TableReceipt, parquet_path, parquet_rows, write_forms};
use solidata_model::{DatasetSpec, Digest, FileEntry, Manifest, NamedDigest};
use solidata_store::release::describe_file;
use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

const SHEET: &str = "data/demande_locale.xlsx";

/// The contracts of the tables, and their forms within limits.
fn more(dir: &Path, tables: &[(&DatasetSpec, TableReceipt)], limits: &Limits) -> More {
    let about = About::of_run(&crate::tests::manifest(MONTH, 1, Vec::new()).run, 1, &words().publisher);
    let mut more = More::default();
    for (spec, table) in tables {
        let texts = match spec.id.as_str() {
            "demande_territoires" => texts_of(KEY, &batch(&[])),
            "demande_locale" => texts_of(NEAR_KEY, &near_batch(&near(&lines(), MONTH))),
            _ => texts_of(SHARES_KEY, &shares_batch(&shares(&lines(), MONTH))),
        };
        for (name, text) in ["dataset.toml", "schema.toml"].iter().zip(texts) {
            let path = format!("datasets/{}/{name}", spec.id);
            fs::create_dir_all(dir.join(&path).parent().unwrap()).unwrap();
            fs::write(dir.join(&path), &text).unwrap();
            more.files.push(describe_file(dir, &path, "application/toml").unwrap());
            more.contracts.push(NamedDigest { name: path, sha256: Digest::of(text.as_bytes()) });
        }
        let rows = || parquet_rows(File::open(dir.join(parquet_path(&spec.id))).map_err(CanonError::from)?);
        let forms = Forms { spec, about: &about, limits, table, rows: &rows };
        let made = write_forms(&forms, &mut |path| {
            fs::create_dir_all(dir.join(path).parent().unwrap())?;
            Ok(Box::new(File::create(dir.join(path))?) as Box<dyn Write + Send>)
        });
        more.forms.extend(made.unwrap().into_iter().map(|form| (spec.id.clone(), form)));
    }
    more
}

/// What is told of a release with forms that was changed after it was made.
async fn told_of(limits: Limits, change: impl FnOnce(&Path, &mut Manifest)) -> Vec<(String, TelltaleKind, String)> {
    let dir = tempfile::tempdir().unwrap();
    let mut manifest = make_with(dir.path(), &words(), |dir, tables| more(dir, tables, &limits));
    change(dir.path(), &mut manifest);
    let read = read_draft(dir.path(), (MONTH.parse().unwrap(), 1), Some(&manifest), None, &lists(), &()).await.unwrap();
    let path = |path: &str| path.trim_start_matches("releases/2024-09/r1/").to_owned();
    read.releases.into_iter().flat_map(|r| r.telltales).map(|t| (path(&t.path), t.kind, t.problem)).collect()
}

fn tells(told: &[(String, TelltaleKind, String)], path: &str, kind: TelltaleKind, problem: &str) {
    assert!(told.iter().any(|t| t.0 == path && t.1 == kind && t.2.contains(problem)), "{path}, {problem}: {told:?}");
}

fn entry<'a>(manifest: &'a mut Manifest, path: &str) -> &'a mut FileEntry {
    manifest.files.iter_mut().find(|file| file.path == path).unwrap()
}

#[tokio::test]
async fn forms_tell_nothing_beside_the_rows() {
    assert_eq!(told_of(Limits::DATA_GOUV, |_, _| {}).await, []);
}

#[tokio::test]
async fn a_form_that_is_not_what_the_rows_make_is_told_of() {
    // The same rows in a file that says something else beside them: as long as the true one, and listed as it is.
    let other = |dir: &Path, manifest: &mut Manifest| {
        let mut bytes = fs::read(dir.join(SHEET)).unwrap();
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        fs::write(dir.join(SHEET), &bytes).unwrap();
        let file = FileReceipt::of(&bytes);
        (entry(manifest, SHEET).bytes, entry(manifest, SHEET).sha256) = (file.bytes, file.sha256);
    };
    tells(&told_of(Limits::DATA_GOUV, other).await, SHEET, TelltaleKind::Bytes, "not those that follow");
    let gone = |dir: &Path, _: &mut Manifest| fs::remove_file(dir.join(SHEET)).unwrap();
    tells(&told_of(Limits::DATA_GOUV, gone).await, SHEET, TelltaleKind::Rows, "not there");
    let more = |dir: &Path, manifest: &mut Manifest| {
        let mut file = entry(manifest, SHEET).clone();
        file.path = "data/demande_locale.csv.gz".into();
        fs::copy(dir.join(SHEET), dir.join(&file.path)).unwrap();
        manifest.files.push(file);
        manifest.files.sort_by(|a, b| a.path.cmp(&b.path));
    };
    tells(&told_of(Limits::DATA_GOUV, more).await, "data/demande_locale.csv.gz", TelltaleKind::Rows, "make no such file");
    let unlisted = |_: &Path, manifest: &mut Manifest| manifest.files.retain(|file| file.path != SHEET);
    let told = told_of(Limits::DATA_GOUV, unlisted).await;
    tells(&told, "datapackage.json", TelltaleKind::Manifest, "does not follow");
    let no_contract = |dir: &Path, _: &mut Manifest| fs::remove_file(dir.join("datasets/demande_locale/dataset.toml")).unwrap();
    tells(&told_of(Limits::DATA_GOUV, no_contract).await, SHEET, TelltaleKind::Bytes, "cannot be compared");
}

/// Which files there are follows from the rows too: a release that was made within other limits says something of its own.
#[tokio::test]
async fn which_forms_there_are_follows_from_the_rows() {
    let limits = Limits { csv: 0, ..Limits::DATA_GOUV };
    let told = told_of(limits, |_, _| {}).await;
    tells(&told, "data/demande_territoires.csv.gz", TelltaleKind::Rows, "make no such file");
    let forms: Vec<&str> = told.iter().map(|t| t.0.as_str()).collect();
    assert!(!forms.contains(&SHEET), "{told:?}");
    let receipt = |entry: &FileEntry| FormReceipt::of_entry(entry).is_some();
    assert!(!receipt(&describe_entry("data/demande_locale.csv")) && receipt(&describe_entry(SHEET)));
}

fn describe_entry(path: &str) -> FileEntry {
    FileEntry {
        path: path.into(),
        media_type: String::new(),
        bytes: 0,
        sha256: Digest::of(b""),
        logical_sha256: Some(Digest::of(b"")),
        rows: Some(0),
        schema: None,
        part: None,
    }
}
