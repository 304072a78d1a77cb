//! What an importer gets, month after month.

use crate::{
    AuditError, FetchOptions, fetch,
    tests::{make, manifest},
};
use solidata_model::{Erratum, ReleaseState, WithdrawalClass};
use solidata_signing::{NewKey, SecretKey};
use solidata_store::{
    Fault, PublicStore,
    release::{Release, add_erratum, publish_all, rollback, rotate, withdraw},
};
use std::{fs, path::Path};

fn new_key() -> SecretKey {
    SecretKey::read(NewKey::generate(None).unwrap().secret_file(), None).unwrap()
}

async fn publish(store: &PublicStore, month: &str, revision: u32, rows: i64, key: &SecretKey) {
    let files = tempfile::tempdir().unwrap();
    let made = make(files.path(), month, rows);
    let draft = Release::draft(files.path(), manifest(month, revision, made.files), &()).unwrap();
    publish_all(store, vec![draft], Some(key), &()).await.unwrap();
}

fn trusting(key: &SecretKey) -> FetchOptions {
    FetchOptions { key: Some(key.public().clone()), ..FetchOptions::default() }
}

#[tokio::test]
async fn each_call_brings_what_is_new_and_nothing_twice() {
    let (dir, into, key) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), new_key());
    let store = PublicStore::folder(dir.path()).unwrap();
    let get = async |options: &FetchOptions| fetch(&store, into.path(), options, &()).await;
    let new = |fetched: &crate::Fetched| fetched.new.iter().map(|r| r.prefix.clone()).collect::<Vec<_>>();
    publish(&store, "2024-07", 1, 5, &key).await;
    publish(&store, "2024-08", 1, 50, &key).await;
    let first = get(&trusting(&key)).await.unwrap();
    assert_eq!(new(&first), ["releases/2024-07/r1", "releases/2024-08/r1"]);
    assert_eq!((first.new[0].tables.len(), first.current.as_deref()), (2, Some("releases/2024-08/r1")));
    // What was brought is a release that anyone can check.
    let at = |path: &str| into.path().join(path);
    for prefix in ["releases/2024-07/r1", "releases/2024-08/r1"] {
        let ran =
            std::process::Command::new("sha256sum").args(["--check", "--strict", "--quiet", "SHA256SUMS"]).current_dir(at(prefix)).status();
        assert!(ran.unwrap().success());
    }
    let again = get(&trusting(&key)).await.unwrap();
    assert_eq!((new(&again), again.files), (vec![], 0));

    // A correction, another key, and a month more.
    publish(&store, "2024-08", 2, 60, &key).await;
    let second = new_key();
    rotate(&store, &key, &second).await.unwrap();
    publish(&store, "2024-09", 1, 5, &second).await;
    let more = get(&trusting(&key)).await.unwrap();
    assert_eq!(new(&more), ["releases/2024-08/r2", "releases/2024-09/r1"]);
    assert_eq!((more.superseded, more.new[0].reason.as_deref()), (vec!["releases/2024-08/r1".to_owned()], Some("essai")));
    // Back, and away.
    rollback(&store, "2024-08".parse().unwrap(), None, "x", Some(&second)).await.unwrap();
    let back = get(&trusting(&key)).await.unwrap();
    assert_eq!(
        (new(&back), back.files, back.superseded),
        (vec!["releases/2024-08/r1".to_owned()], 0, vec!["releases/2024-08/r2".to_owned()])
    );
    withdraw(&store, "releases/2024-07/r1", WithdrawalClass::Erasure, Some(&second)).await.unwrap();
    let gone = get(&trusting(&key)).await.unwrap();
    assert_eq!((new(&gone), gone.withdrawn), (vec![], vec!["releases/2024-07/r1".to_owned()]));
    assert_eq!(store.read_index().await.unwrap().0.releases[0].state, ReleaseState::Withdrawn);

    // Another folder: from a release on, one form, one dataset.
    let other = tempfile::tempdir().unwrap();
    let options = FetchOptions {
        since: Some("releases/2024-08/r2".into()),
        forms: vec!["csv".into()],
        datasets: vec!["essai".into()],
        ..trusting(&key)
    };
    let some = fetch(&store, other.path(), &options, &()).await.unwrap();
    assert_eq!((new(&some), some.new[0].tables.clone()), (vec!["releases/2024-09/r1".to_owned()], vec!["data/essai.csv".to_owned()]));
    let e = fetch(&store, other.path(), &FetchOptions { since: Some("releases/2024-01/r1".into()), ..options }, &()).await.unwrap_err();
    assert!(matches!(&e, AuditError::NoSuchRelease { .. }) && e.fault() == Fault::Usage, "{e}");
}

#[tokio::test]
async fn a_folder_is_completed_with_what_is_asked_for_later_or_lost() {
    let (dir, into, key) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), new_key());
    let store = PublicStore::folder(dir.path()).unwrap();
    publish(&store, "2024-08", 1, 50, &key).await;
    let asked = async |datasets: &[&str], forms: &[&str]| {
        let list = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        fetch(&store, into.path(), &FetchOptions { datasets: list(datasets), forms: list(forms), ..trusting(&key) }, &()).await
    };
    let release = into.path().join("releases/2024-08/r1");
    let checked = || {
        let ran =
            std::process::Command::new("sha256sum").args(["--check", "--strict", "--quiet", "SHA256SUMS"]).current_dir(&release).status();
        ran.unwrap().success()
    };
    assert_eq!(asked(&["essai"], &["csv"]).await.unwrap().new.len(), 1);
    assert!(!release.join("data/essai.parquet").exists());
    // Another form, into the same folder.
    let more = asked(&[], &["parquet"]).await.unwrap();
    assert_eq!((more.new.len(), more.completed.len(), more.files), (0, 1, 1));
    assert_eq!(more.completed[0].tables, ["data/essai.parquet"]);
    assert!(checked() && fs::read_to_string(release.join("SHA256SUMS")).unwrap().contains("data/essai.csv"));
    // One file is lost, another one damaged.
    fs::remove_file(release.join("data/essai.csv")).unwrap();
    let bytes = fs::read(release.join("data/essai.parquet")).unwrap();
    fs::write(release.join("data/essai.parquet"), [&bytes[1..], b"x"].concat()).unwrap();
    let mended = asked(&[], &[]).await.unwrap();
    assert_eq!((mended.completed.len(), mended.files, checked()), (1, 2, true));
    assert_eq!(asked(&[], &[]).await.unwrap().files, 0);
    // Names that nothing has.
    for (datasets, forms, known) in [(&["zzz"][..], &[][..], "essai"), (&[], &["ods"], "geoparquet")] {
        let e = asked(datasets, forms).await.unwrap_err();
        assert!(e.fault() == Fault::Usage && e.to_string().contains(known), "{e}");
    }
    let nowhere = PublicStore::folder(&dir.path().join("data")).unwrap();
    let e = fetch(&nowhere, tempfile::tempdir().unwrap().path(), &FetchOptions::default(), &()).await.unwrap_err();
    assert!(matches!(&e, AuditError::Nothing { .. }) && e.fault() == Fault::Usage, "{e}");
}

#[tokio::test]
async fn errata_of_what_the_folder_has_are_told_once() {
    let (dir, into, key) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), new_key());
    let store = PublicStore::folder(dir.path()).unwrap();
    let errata = async |into: &Path| {
        let fetched = fetch(&store, into, &trusting(&key), &()).await.unwrap();
        fetched.errata.into_iter().map(|e| e.en).collect::<Vec<_>>()
    };
    let tell = async |month: &str, en: &str| {
        let (dataset, text) = ("essai".to_owned(), en.to_owned());
        let erratum = Erratum { release: format!("releases/{month}/r1"), dataset, columns: vec![], fr: text.clone(), en: text };
        add_erratum(&store, &erratum, Some(&key)).await.unwrap();
    };
    publish(&store, "2024-07", 1, 5, &key).await;
    assert_eq!(errata(into.path()).await, [""; 0]);
    tell("2024-07", "one").await;
    assert_eq!(errata(into.path()).await, ["one"]);
    assert_eq!(errata(into.path()).await, [""; 0]);
    // A second one of the same release, and one of a release that comes with it.
    tell("2024-07", "two").await;
    publish(&store, "2024-08", 1, 5, &key).await;
    tell("2024-08", "three").await;
    tell("2024-07", "four").await;
    // In the order in which they were told, whatever their release.
    assert_eq!(errata(into.path()).await, ["two", "three", "four"]);
    assert_eq!(errata(tempfile::tempdir().unwrap().path()).await, ["one", "two", "three", "four"]);
}

fn assert_untrusted(got: Result<crate::Fetched, AuditError>, word: &str) {
    let e = got.unwrap_err();
    assert!(matches!(&e, AuditError::Untrusted { .. }) && e.fault() == Fault::Findings && e.to_string().contains(word), "{word}: {e}");
}

#[tokio::test]
async fn a_change_of_a_store_has_the_day_that_is_set() {
    let (dir, key) = (tempfile::tempdir().unwrap(), new_key());
    let at = |day: &str| PublicStore::open(&dir.path().display().to_string(), [(solidata_store::DAY.to_owned(), day.to_owned())]);
    publish(&at("2026-11-29").unwrap(), "2024-08", 1, 50, &key).await;
    rotate(&at("2026-11-30").unwrap(), &key, &new_key()).await.unwrap();
    let log = PublicStore::folder(dir.path()).unwrap().read_index().await.unwrap().0.log;
    assert_eq!(log.iter().map(|c| c.day.unwrap().to_string()).collect::<Vec<_>>(), ["2026-11-29", "2026-11-30"]);
    assert_eq!(at("hier").unwrap_err().fault(), Fault::Usage);
}

#[tokio::test]
async fn what_is_not_what_it_says_is_not_taken() {
    let (dir, into, key) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), new_key());
    let store = PublicStore::folder(dir.path()).unwrap();
    publish(&store, "2024-07", 1, 5, &key).await;
    fetch(&store, into.path(), &trusting(&key), &()).await.unwrap();
    let old_index = fs::read(dir.path().join("index.json")).unwrap();
    publish(&store, "2024-08", 1, 5, &key).await;
    let good = |path: &Path| fs::read(path).unwrap();
    for (path, word) in [
        ("releases/2024-08/r1/data/essai.csv", "essai.csv"),
        ("releases/2024-08/r1/manifest.json", "manifest.json"),
        ("releases/2024-08/r1/manifest.json.minisig", "minisig"),
        ("index.json", "index.json"),
    ] {
        let at = dir.path().join(path);
        let bytes = good(&at);
        let mut bad = bytes.clone();
        let middle = bad.len() / 2;
        bad[middle] ^= 1;
        fs::write(&at, bad).unwrap();
        assert_untrusted(fetch(&store, into.path(), &trusting(&key), &()).await, word);
        assert!(!into.path().join("releases/2024-08/r1/manifest.json").exists(), "{path}: nothing counts as brought");
        assert_eq!(fs::read(into.path().join("index.json")).unwrap(), old_index, "{path}");
        fs::write(&at, bytes).unwrap();
    }
    // What was interrupted goes on; a file of the folder that was damaged is read again.
    let brought = into.path().join("releases/2024-08/r1/data/essai.csv");
    fs::write(&brought, "half").unwrap();
    let done = fetch(&store, into.path(), &trusting(&key), &()).await.unwrap();
    assert_eq!(done.new.len(), 1);
    assert_eq!(good(&brought), good(&dir.path().join("releases/2024-08/r1/data/essai.csv")));
    // A store that was put back to an older state, or that another key signed.
    fs::write(dir.path().join("index.json"), old_index).unwrap();
    assert_untrusted(fetch(&store, into.path(), &trusting(&key), &()).await, "rolled back");
    let fresh = tempfile::tempdir().unwrap();
    assert_untrusted(fetch(&store, fresh.path(), &trusting(&new_key()), &()).await, "not among its keys");
    assert!(fs::read_dir(fresh.path()).unwrap().next().is_none());
}
