//! Searches: the form of a snapshot decides nothing, and snapshots that overlap count once.

use crate::{
    project::small_project,
    world::{expect, files, folder},
};
use std::{collections::BTreeMap, fs, path::Path};

fn synth(work: &Path, out: &str, form: &str) {
    let span = ["--from", "2024-02-01", "--to", "2024-03-10", "--departments", "67,2A", "--seed", "11", "--scale", "0.4"];
    let mut args = vec!["synth", "--out", out, "--form", form];
    args.extend(span);
    expect(work, 0, &args);
}

/// Publishes February and gives what must not depend on the form.
fn published(work: &Path, name: &str, lieux: &str, search: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let (vault, public) = (format!("vault-{name}"), format!("public-{name}"));
    let mut args = vec!["run", "--month", "2024-02", "--lieux", lieux, "--vault", &vault, "--public", &public, "--project", "small"];
    for path in search {
        args.extend(["--search", path]);
    }
    expect(work, 0, &args);
    let release = work.join(&public).join("releases/2024-02/r1");
    let mut out = files(&release.join("data"));
    out.extend(files(&release.join("schemas")));
    assert!(out.keys().any(|p| p.starts_with("demande_territoires")));
    out
}

#[test]
fn every_form_and_every_overlap_gives_the_same_bytes() {
    let work = folder();
    let work = work.path();
    small_project(work);
    synth(work, "a", "archive");
    let archive = "a/snapshot.archive.gz";
    let expected = published(work, "archive", archive, &[archive]);
    for (form, ending) in [("bson", "bson"), ("ndjson", "ndjson"), ("ndjson-canonical", "ndjson")] {
        synth(work, form, form);
        let (lieux, search) = (format!("{form}/lieux.{ending}"), format!("{form}/search.{ending}"));
        assert_eq!(published(work, form, &lieux, &[&search]), expected, "{form}");
    }

    // Two overlapping parts of the log, in any order, and the whole of it twice.
    let text = fs::read(work.join("ndjson/search.ndjson")).unwrap();
    let lines: Vec<&[u8]> = text.split_inclusive(|b| *b == b'\n').collect();
    let (third, two_thirds) = (lines.len() / 3, 2 * lines.len() / 3);
    fs::write(work.join("early.ndjson"), lines[..two_thirds].concat()).unwrap();
    fs::write(work.join("late.ndjson"), zstd::encode_all(lines[third..].concat().as_slice(), 1).unwrap()).unwrap();
    for (name, search) in [
        ("late-early", vec!["late.ndjson", "early.ndjson"]),
        ("early-late", vec!["early.ndjson", "late.ndjson"]),
        ("twice", vec![archive, "ndjson/search.ndjson"]),
    ] {
        assert_eq!(published(work, name, archive, &search), expected, "{name}");
    }
}

#[test]
fn a_damaged_snapshot_of_any_form_publishes_nothing() {
    let work = folder();
    let work = work.path();
    synth(work, "s", "archive");
    let mut tried = 0;
    for name in files(&work.join("s/damaged")).into_keys() {
        let path = format!("s/damaged/{name}");
        let archive = name.contains("archive");
        let mut args = vec!["run", "--month", "2024-02", "--vault", "vault", "--public", "public", "--partial"];
        args.extend(["--lieux", if archive || name.starts_with("lieux") { &path } else { "s/snapshot.archive.gz" }]);
        if !name.starts_with("lieux") {
            args.extend(["--search", &path]);
        }
        let said = expect(work, 1, &args);
        assert!(said.contains(&path), "the message names the file: {said}");
        tried += 1;
    }
    assert!(tried > 8);
    assert!(files(&work.join("public")).is_empty());
}
