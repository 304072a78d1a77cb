//! What `verify` says of stores that are signed, partly signed, or not, to readers who know more or less.

use crate::{
    AuditError, Code, Report, VerifyOptions,
    tests::{make, none},
    verify, verify_store,
};
use solidata_model::{Digest, WithdrawalClass, kind};
use solidata_signing::{NewKey, PublicKey, SecretKey};
use solidata_store::{
    Fault, INDEX, PublicStore,
    release::{Release, publish_all, rotate, withdraw},
};
use std::fs;

fn new_key() -> SecretKey {
    SecretKey::read(NewKey::generate(None).unwrap().secret_file(), None).unwrap()
}

async fn publish(store: &PublicStore, month: &str, key: Option<&SecretKey>) {
    let files = tempfile::tempdir().unwrap();
    let draft = Release::draft(files.path(), make(files.path(), month, 5), &()).unwrap();
    publish_all(store, vec![draft], key, &()).await.unwrap();
}

fn trusting(key: &PublicKey) -> VerifyOptions {
    VerifyOptions { key: Some(key.clone()), ..VerifyOptions::default() }
}

fn codes(report: &Report) -> Vec<Code> {
    report.findings.iter().map(|f| f.code).collect()
}

#[tokio::test]
async fn an_unsigned_store_is_no_finding_but_to_who_has_a_key() {
    let (store, key) = (PublicStore::memory(), new_key());
    publish(&store, "2024-08", None).await;
    let report = verify_store(&store, &VerifyOptions::default(), &()).await.unwrap();
    assert_eq!((report.findings.len(), report.notes.len(), report.signed_by), (0, 1, None));
    let report = verify_store(&store, &trusting(key.public()), &()).await.unwrap();
    assert_eq!(codes(&report), [Code::Signature]);
    // From now on it is signed; what was published before is vouched for by the index.
    publish(&store, "2024-09", Some(&key)).await;
    let report = verify_store(&store, &trusting(key.public()), &()).await.unwrap();
    assert_eq!((report.findings.len(), &report.signed_by), (0, &Some(key.public().id())));
    assert!(report.notes.iter().any(|n| n.starts_with("1 release(s) were published before")), "{:?}", report.notes);
    let report = verify_store(&store, &VerifyOptions::default(), &()).await.unwrap();
    assert!(report.notes.iter().any(|n| n.contains(&key.public().id()) && n.contains("--key")), "{:?}", report.notes);
    // A signature where there was no key.
    store.put_new("releases/2024-08/r1/manifest.json.minisig", "x".into()).await.unwrap();
    assert_eq!(codes(&verify_store(&store, &trusting(key.public()), &()).await.unwrap()), [Code::Signature]);
}

#[tokio::test]
async fn every_key_of_the_store_may_be_the_one_that_is_trusted() {
    let (store, keys) = (PublicStore::memory(), [new_key(), new_key(), new_key()]);
    publish(&store, "2024-07", Some(&keys[0])).await;
    rotate(&store, &keys[0], &keys[1]).await.unwrap();
    publish(&store, "2024-08", Some(&keys[1])).await;
    rotate(&store, &keys[1], &keys[2]).await.unwrap();
    for key in &keys {
        let report = verify_store(&store, &trusting(key.public()), &()).await.unwrap();
        assert_eq!((report.findings, report.notes), (Vec::new(), Vec::new()));
        assert_eq!(report.signed_by, Some(keys[2].public().id()));
    }
    let report = verify_store(&store, &trusting(new_key().public()), &()).await.unwrap();
    assert_eq!(codes(&report), [Code::Key]);
}

#[tokio::test]
async fn whatever_was_seen_before_is_in_the_history() {
    let (store, key) = (PublicStore::memory(), new_key());
    let mut seen: Vec<Digest<kind::File>> = Vec::new();
    for (month, key) in [("2024-07", None), ("2024-08", Some(&key)), ("2024-09", Some(&key))] {
        publish(&store, month, key).await;
        let report = verify_store(&store, &VerifyOptions::default(), &()).await.unwrap();
        seen.push(report.index_sha256.unwrap());
        seen.push(Digest::of(&store.get(&format!("releases/{month}/r1/manifest.json")).await.unwrap().unwrap()));
    }
    assert_eq!(*seen.iter().rev().nth(1).unwrap(), Digest::of(&store.get(INDEX).await.unwrap().unwrap()));
    for since in seen {
        let options = VerifyOptions { since: Some(since), ..VerifyOptions::default() };
        assert_eq!(verify_store(&store, &options, &()).await.unwrap().findings, []);
    }
    let options = VerifyOptions { since: Some(Digest::of(b"another")), ..VerifyOptions::default() };
    let report = verify_store(&store, &options, &()).await.unwrap();
    assert_eq!(codes(&report), [Code::Since]);
    assert!(report.findings[0].to_string().contains("rolled back"));
}

#[tokio::test]
async fn one_release_alone_is_verified_with_the_key_that_signed_it() {
    let (dir, keys) = (tempfile::tempdir().unwrap(), [new_key(), new_key()]);
    let store = PublicStore::folder(dir.path()).unwrap();
    publish(&store, "2024-07", None).await;
    publish(&store, "2024-08", Some(&keys[0])).await;
    let verify_one = async |month: &str, options: &VerifyOptions| {
        verify(dir.path().join(format!("releases/{month}/r1")).to_str().unwrap(), options, none(), &()).await
    };
    let good = verify_one("2024-08", &trusting(keys[0].public())).await.unwrap();
    assert_eq!((good.findings.len(), good.notes.len(), good.signed_by), (0, 0, Some(keys[0].public().id())));
    for (month, key, wanted) in [
        ("2024-08", Some(&keys[1]), vec![Code::Signature]),
        ("2024-07", Some(&keys[0]), vec![Code::Signature]),
        ("2024-08", None, vec![]),
        ("2024-07", None, vec![]),
    ] {
        let options = key.map_or_else(VerifyOptions::default, |key| trusting(key.public()));
        let report = verify_one(month, &options).await.unwrap();
        assert_eq!(codes(&report), wanted, "{month}");
        assert_eq!(report.notes.len(), usize::from(key.is_none()), "{month}: {:?}", report.notes);
        assert_eq!(report.signed_by, None);
    }
    let e = verify_one("2024-08", &VerifyOptions { since: Some(Digest::of(b"x")), ..VerifyOptions::default() }).await.unwrap_err();
    assert!(matches!(&e, AuditError::NoHistory { .. }) && e.fault() == Fault::Usage, "{e}");
    let signature = dir.path().join("releases/2024-08/r1/manifest.json.minisig");
    fs::write(&signature, [0xff; 20]).unwrap();
    assert_eq!(codes(&verify_one("2024-08", &trusting(keys[0].public())).await.unwrap()), [Code::Signature]);
}

#[tokio::test]
async fn what_was_withdrawn_is_not_called_tampered() {
    let (dir, key) = (tempfile::tempdir().unwrap(), new_key());
    let store = PublicStore::folder(dir.path()).unwrap();
    publish(&store, "2024-07", Some(&key)).await;
    publish(&store, "2024-08", Some(&key)).await;
    let prefix = "releases/2024-07/r1";
    withdraw(&store, prefix, WithdrawalClass::Erasure, Some(&key)).await.unwrap();
    let verify = async || verify_store(&store, &trusting(key.public()), &()).await.unwrap();
    let report = verify().await;
    assert_eq!((report.findings, report.notes), (Vec::new(), vec![format!("{prefix}: it was withdrawn (erasure)")]));
    // The key may change afterwards.
    let next = new_key();
    rotate(&store, &key, &next).await.unwrap();
    assert_eq!(codes(&verify().await), []);
    let alone = verify_alone(&dir.path().join(prefix)).await;
    assert_eq!((alone.findings.len(), alone.notes.len()), (0, 1), "{alone:?}");
    // Whoever forges the rest of it is found out.
    let at = |name: &str| dir.path().join(prefix).join(name);
    let tombstone = fs::read_to_string(at("WITHDRAWN.json")).unwrap();
    let signature = fs::read_to_string(at("WITHDRAWN.json.minisig")).unwrap();
    let check = async |name: &str, text: Option<&str>, wanted: &[Code]| {
        match text {
            Some(text) => fs::write(at(name), text).unwrap(),
            None => fs::remove_file(at(name)).unwrap(),
        }
        assert_eq!(codes(&verify().await), wanted, "{name} {text:?}");
        fs::write(at("WITHDRAWN.json"), &tombstone).unwrap();
        fs::write(at("WITHDRAWN.json.minisig"), &signature).unwrap();
    };
    check("WITHDRAWN.json", None, &[Code::Missing]).await;
    check("WITHDRAWN.json", Some(&tombstone.replace("erasure", "rights")), &[Code::Tombstone, Code::Signature]).await;
    check("WITHDRAWN.json", Some(&format!("{tombstone} ")), &[Code::Tombstone, Code::Signature]).await;
    check("WITHDRAWN.json.minisig", None, &[Code::Signature]).await;
    check("WITHDRAWN.json.minisig", Some("x"), &[Code::Signature]).await;
    check("data.csv", Some("still there"), &[Code::Extra]).await;
}

async fn verify_alone(folder: &std::path::Path) -> Report {
    verify(folder.to_str().unwrap(), &VerifyOptions::default(), none(), &()).await.unwrap()
}

#[tokio::test]
async fn a_release_without_provenance_is_a_finding() {
    let dir = tempfile::tempdir().unwrap();
    let store = PublicStore::folder(dir.path()).unwrap();
    publish(&store, "2024-07", None).await;
    fs::remove_file(dir.path().join("releases/2024-07/r1/provenance.intoto.json")).unwrap();
    assert_eq!(codes(&verify_store(&store, &VerifyOptions::default(), &()).await.unwrap()), [Code::Missing]);
}
