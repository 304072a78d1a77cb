//! Stores that are made to do harm: what a verification of them comes to is a list of findings, soon and in little memory.

use crate::{Code, Report, VerifyOptions, tests::make, verify_store};
use bytes::Bytes;
use solidata_model::{Digest, Index, Manifest, canonical_json};
use solidata_store::{
    PublicStore,
    release::{Release, publish_all},
};
use std::{fs, path::Path};

const RELEASE: &str = "releases/2024-09/r1";

/// A store of one release, in a folder.
async fn published(dir: &Path) -> PublicStore {
    let (store, files) = (PublicStore::folder(dir).unwrap(), tempfile::tempdir().unwrap());
    let draft = Release::draft(files.path(), make(files.path(), "2024-09", 20), &()).unwrap();
    publish_all(&store, vec![draft], None, &()).await.unwrap();
    store
}

async fn verified(store: &PublicStore) -> Report {
    verify_store(store, &VerifyOptions::default(), &()).await.unwrap()
}

fn told(report: &Report, code: Code, path: &str, word: &str) {
    let found = report.findings.iter().any(|f| f.code == code && f.path == path && f.problem.contains(word));
    assert!(found, "{code:?} of {path}: {word}: {report:?}");
}

/// Writes a manifest that was changed, and names it in the index and the chain as a forger would.
fn forge(dir: &Path, change: impl FnOnce(&mut Manifest)) {
    let path = dir.join(RELEASE).join("manifest.json");
    let mut manifest: Manifest = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let before = Digest::<solidata_model::kind::File>::of(&fs::read(&path).unwrap()).to_string();
    change(&mut manifest);
    let bytes = canonical_json(&manifest).unwrap();
    fs::write(&path, &bytes).unwrap();
    let after = Digest::<solidata_model::kind::File>::of(&bytes).to_string();
    for name in ["index.json", "chain/000001.json"] {
        let text = fs::read_to_string(dir.join(name)).unwrap().replace(&before, &after);
        fs::write(dir.join(name), text).unwrap();
    }
}

/// A file of so many bytes that takes none on the disk.
fn sparse(path: &Path, bytes: u64) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::OpenOptions::new().write(true).create(true).truncate(false).open(path).unwrap().set_len(bytes).unwrap();
}

#[tokio::test]
async fn documents_that_are_larger_than_any_are_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let store = published(dir.path()).await;
    let good = fs::read(dir.path().join("index.json")).unwrap();
    sparse(&dir.path().join("index.json"), 10 << 30);
    told(&verified(&store).await, Code::Size, "index.json", "was not read");
    fs::write(dir.path().join("index.json"), good).unwrap();
    for name in ["manifest.json", "SHA256SUMS", "manifest.json.minisig"] {
        let path = dir.path().join(RELEASE).join(name);
        let good = fs::read(&path).ok();
        sparse(&path, 10 << 30);
        told(&verified(&store).await, Code::Size, &format!("{RELEASE}/{name}"), "was not read");
        match good {
            Some(good) => fs::write(path, good).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
    }
    sparse(&dir.path().join("chain/000001.json"), 1 << 20);
    told(&verified(&store).await, Code::Size, "chain/000001.json", "was not read");
}

#[tokio::test]
async fn a_file_is_read_no_further_than_its_manifest_says() {
    let dir = tempfile::tempdir().unwrap();
    let store = published(dir.path()).await;
    for name in ["data/essai.parquet", "data/essai.csv", "schemas/essai.json", "provenance.intoto.json"] {
        let path = dir.path().join(RELEASE).join(name);
        let good = fs::read(&path).unwrap();
        sparse(&path, 200 << 30);
        let report = verified(&store).await;
        told(&report, Code::Size, &format!("{RELEASE}/{name}"), "the rest was not read");
        assert!(report.bytes < 10 << 20, "{}", report.bytes);
        fs::write(path, good).unwrap();
    }
    assert_eq!(verified(&store).await.findings, []);
}

#[tokio::test]
async fn a_manifest_promises_no_more_than_a_release_has() {
    type Change = fn(&mut Manifest);
    let changes: [(Change, &str); 4] = [
        (|m| m.files.iter_mut().for_each(|f| f.bytes = u64::MAX), "no release has as many"),
        (|m| m.files[0].bytes = 1 << 40, "no release has as many"),
        (
            |m| m.checks = vec![solidata_model::CheckResult { name: "c".into(), sha256: Digest::of(b""), violations: 0 }; 20_001],
            "more than 20000",
        ),
        (
            |m| {
                // That it corrects an earlier revision is seen without counting up to it.
                m.revision = u32::MAX;
                m.run.revision =
                    Some(solidata_model::RevisionSpec { reason: "r".into(), corrects: "releases/2024-09/r0".into(), demand_kept: true });
            },
            "does not correct",
        ),
    ];
    for (change, word) in changes {
        let dir = tempfile::tempdir().unwrap();
        let store = published(dir.path()).await;
        forge(dir.path(), change);
        told(&verified(&store).await, Code::Manifest, &format!("{RELEASE}/manifest.json"), word);
    }
}

#[tokio::test]
async fn what_lies_outside_of_the_folder_is_not_there() {
    let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = published(dir.path()).await;
    fs::write(outside.path().join("secret"), "marked").unwrap();
    // By its path: whatever a manifest calls it, it is looked for in the folder.
    for path in ["../secret", "/etc/passwd", "data/../../../../secret", "..\\secret", "data/essai.csv/../../x"] {
        forge(dir.path(), |m| {
            m.files[0].path = path.into();
            m.files[0].bytes = 6;
        });
        let report = verified(&store).await;
        told(&report, Code::Manifest, &format!("{RELEASE}/manifest.json"), "no path");
        assert!(report.findings.iter().any(|f| f.code == Code::Missing), "{path}: {report:?}");
    }
    // By a link, of a file and of a folder.
    #[cfg(unix)]
    {
        let dir = tempfile::tempdir().unwrap();
        let store = published(dir.path()).await;
        let csv = dir.path().join(RELEASE).join("data/essai.csv");
        fs::remove_file(&csv).unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret"), &csv).unwrap();
        std::os::unix::fs::symlink(outside.path(), dir.path().join(RELEASE).join("pages")).unwrap();
        let report = verified(&store).await;
        told(&report, Code::Missing, &format!("{RELEASE}/data/essai.csv"), "not there");
        told(&report, Code::Extra, &format!("{RELEASE}/pages"), "does not list");
        assert!(report.findings.iter().all(|f| !f.path.contains("secret")), "{report:?}");
        // A pipe would wait for whoever writes to it.
        fs::remove_file(&csv).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&csv).status().unwrap().success());
        told(&verified(&store).await, Code::Missing, &format!("{RELEASE}/data/essai.csv"), "not there");
    }
}

#[tokio::test]
async fn a_list_of_a_million_lines_is_no_report_of_a_million_lines() {
    let dir = tempfile::tempdir().unwrap();
    let store = published(dir.path()).await;
    let lines: String = (0..300_000).map(|n| format!("{}  f{n}\n", "0".repeat(64))).collect();
    fs::write(dir.path().join(RELEASE).join("SHA256SUMS"), lines).unwrap();
    let report = verified(&store).await;
    assert!(report.findings.len() <= 10_000 && report.notes.iter().any(|n| n.contains("more findings")), "{}", report.findings.len());
}

#[tokio::test]
async fn an_index_of_many_releases_is_read_in_the_time_it_takes_to_read_it() {
    let store = PublicStore::memory();
    let index = Index { sealed: u64::MAX, counter: u64::MAX, ..Index::empty() };
    store.put_new("index.json", Bytes::from(canonical_json(&index).unwrap())).await.unwrap();
    assert!(!verified(&store).await.findings.is_empty());
}
