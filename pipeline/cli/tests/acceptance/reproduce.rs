//! A release is made again, on another folder, with other resources, time zone and language: by an auditor who has nothing private, by one who has the
//! vault, and from the raw snapshot. What was changed since is found.

use crate::{
    project::small_project,
    world::{expect, files, folder, text},
};
use std::{fs, path::Path, process::Command};

const RELEASE: &str = "releases/2024-09/r1";
const SMALL: [&str; 2] = ["--project", "small"];

/// A synthetic month, published: of the small project, or of France.
fn published(work: &Path, project: &[&str]) {
    small_project(work);
    expect(
        work,
        0,
        &["synth", "--out", "s", "--from", "2024-08-20", "--to", "2024-09-30", "--departments", "67", "--seed", "5", "--scale", "0.3"],
    );
    let snapshot = "s/snapshot.archive.gz";
    let run = ["run", "--month", "2024-09", "--lieux", snapshot, "--search", snapshot, "--vault", "v", "--public", "p"];
    expect(work, 0, &[&run, project].concat());
}

/// Runs `reproduce` elsewhere, with other resources, and gives its exit code and what it printed.
fn elsewhere(args: &[&str]) -> (Option<i32>, String) {
    let other = folder();
    fs::write(other.path().join("solidata.toml"), "[engine]\nthreads = 3\nbatch_size = 61\nmemory_mb = 128\nsort_records = 999\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_solidata"));
    command.current_dir(other.path()).env("TZ", "Asia/Tokyo").env("LANG", "tr_TR.UTF-8").env("LC_ALL", "tr_TR.UTF-8");
    let out = command.arg("reproduce").args(args).output().unwrap();
    (out.status.code(), String::from_utf8(out.stdout).unwrap())
}

#[test]
fn a_release_is_made_again_at_every_depth() {
    let work = folder();
    published(work.path(), &SMALL);
    let at = |name: &str| text(&work.path().join(name)).to_owned();
    let (release, store, vault, snapshot) = (at(&format!("p/{RELEASE}")), at("p"), at("v"), at("s/snapshot.archive.gz"));
    let before = files(&work.path().join("p"));
    for args in [
        vec![release.as_str()],
        vec![&store, "--month", "2024-09"],
        vec![&release, "--vault", &vault],
        vec![&release, "--vault", &vault, "--snapshot", &snapshot],
    ] {
        let (code, said) = elsewhere(&args);
        assert!(code == Some(0) && said.trim_end().ends_with("\nsame bytes"), "{args:?}: {said}");
    }
    // A copy without anything around it, as a reader has it.
    let copy = folder();
    for (path, bytes) in files(&work.path().join("p").join(RELEASE)) {
        let to = copy.path().join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    }
    assert_eq!(elsewhere(&[text(copy.path())]).0, Some(0));
    assert!(files(&work.path().join("p")) == before, "nothing was written to the store");
    // What is not there is said.
    let said = expect(work.path(), 2, &["reproduce", "p", "--month", "2024-08"]);
    assert!(said.contains("names no release of 2024-08"), "{said}");
    let said = expect(work.path(), 2, &["reproduce", "p", "--vault", "none"]);
    assert!(said.contains("there is no vault here"), "{said}");
    fs::remove_dir_all(work.path().join("v/stages")).unwrap();
    let said = expect(work.path(), 2, &["reproduce", "p", "--vault", "v"]);
    assert!(said.contains("name its raw snapshots with --snapshot"), "{said}");
    expect(work.path(), 0, &["reproduce", "p", "--vault", "v", "--snapshot", &snapshot]);
    let other = "s/other.archive.gz";
    fs::copy(work.path().join("s/snapshot.archive.gz"), work.path().join(other)).unwrap();
    fs::write(work.path().join(other), b"another").unwrap();
    let said = expect(work.path(), 1, &["reproduce", "p", "--vault", "v", "--snapshot", other]);
    assert!(said.contains(other), "{said}");
}

#[test]
fn what_was_altered_is_found_where_it_is() {
    let work = folder();
    published(work.path(), &SMALL);
    let release = work.path().join("p").join(RELEASE);
    let altered = |path: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let file = release.join(path);
        let good = fs::read(&file).unwrap();
        let mut bad = good.clone();
        change(&mut bad);
        fs::write(&file, &bad).unwrap();
        let out = Command::new(env!("CARGO_BIN_EXE_solidata")).arg("--json").arg("reproduce").arg(&release).output().unwrap();
        fs::write(&file, &good).unwrap();
        let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{path}: {e}: {out:?}"));
        assert_eq!(out.status.code(), Some(1), "{path}: {report}");
        let found = report["differences"].as_array().unwrap();
        assert_eq!(found.len(), 1, "{path}: {report}");
        assert!(found[0]["path"] == path && found[0]["altered"] == true, "{path}: {report}");
        found[0]["first"].clone()
    };
    // One byte of a page of a table that is made again, and of one that is a root of the public depth; of the cube; of a contract; of SQL.
    for table in ["data/demande_locale.parquet", "data/structures.parquet", "cubes/demande_protegee.parquet"] {
        let first = altered(table, &|bytes| bytes[300] ^= 1);
        assert!(first["row_group"] == 0 && first["column"].is_string() && first["row"].is_u64(), "{table}: {first}");
    }
    let first = altered("data/services.csv", &|bytes| {
        let at = bytes.windows(5).rposition(|w| w == b"dep-6" || w == b"lieu-").unwrap();
        bytes[at] = b'X';
    });
    assert!(first["row"].is_u64() && first["column"].is_string() && first["published"].as_str().unwrap().contains('X'), "{first}");
    let first = altered("geo/structures.geojson", &|bytes| bytes[300] ^= 1);
    assert!(first["row"].is_u64(), "{first}");
    for packed in ["data/structures.xlsx", "geo/structures.parquet"] {
        let first = altered(packed, &|bytes| bytes[300] ^= 1);
        assert!(first["byte"].is_u64() || first["row"].is_u64(), "{packed}: {first}");
    }
    let first = altered("sql/datasets/demande_locale.sql", &|bytes| bytes.insert(0, b'\n'));
    assert_eq!(first["row"], 1, "{first}");
    altered("datasets/structures/schema.toml", &|bytes| bytes.push(b'\n'));
    altered("pages/structures.md", &|bytes| bytes.push(b'x'));
    // As long as the files agree with the manifest, another content is another release: what was made again tells.
    let said = expect(work.path(), 0, &["reproduce", text(&release)]);
    assert!(said.contains("same bytes"), "{said}");
}

/// A release of another version of the program: other bytes are no error as long as the data is the same.
#[test]
fn another_version_is_told_and_compared_all_the_same() {
    let work = folder();
    published(work.path(), &[]);
    let manifest = work.path().join("p").join(RELEASE).join("manifest.json");
    let own = format!("\"writer\": {}", solidata_canon::WRITER_VERSION);
    let text = fs::read_to_string(&manifest).unwrap();
    assert!(text.contains(&own));
    fs::write(&manifest, text.replace(&own, "\"writer\": 0")).unwrap();
    let (code, said) = elsewhere(&[crate::world::text(manifest.parent().unwrap())]);
    assert!(said.contains("another version of the program made the release") && said.trim_end().ends_with("same data"), "{said}");
    assert_eq!(code, Some(0), "{said}");
}
