//! Rollback, erratum and withdrawal: what they do, that they may be cut off anywhere, and that nobody else is disturbed.

use super::{
    Outcome, TOMBSTONE, TOMBSTONE_SIGNATURE, add_erratum, find_stale, publish_all, read_tombstone, remove_stale, rollback,
    tests::{draft, draft_of, everything, folder, manifest},
    withdraw,
};
use crate::{
    Fault, PublicStore, StoreError,
    public::{
        faults::{When, faulty},
        tests::{s3_stores, unique},
    },
};
use solidata_model::{DatasetSpec, Digest, Erratum, FileEntry, Index, ReleaseState, Tombstone, WithdrawalClass};
use solidata_signing::{NewKey, SecretKey, check_index_signature, check_keys, tombstone_comment};
use std::sync::atomic::Ordering;

const CLASS: WithdrawalClass = WithdrawalClass::ProtectedPlace;

fn new_key() -> SecretKey {
    SecretKey::read(NewKey::generate(None).unwrap().secret_file(), None).unwrap()
}

/// September in three revisions, and October.
async fn fill(store: &PublicStore, key: Option<&SecretKey>) {
    for revision in 1..=3 {
        let dir = folder(&format!("revision {revision}"));
        publish_all(store, vec![draft_of(dir.path(), "2024-09", revision)], key, &()).await.unwrap();
    }
    publish_all(store, vec![draft(folder("october").path(), "2024-10")], key, &()).await.unwrap();
}

async fn index(store: &PublicStore) -> Index {
    let index = store.read_index().await.unwrap().0;
    index.check_history().unwrap();
    check_index_signature(&index, check_keys(&index).unwrap().last()).unwrap();
    index
}

fn states(index: &Index) -> Vec<ReleaseState> {
    index.releases.iter().map(|r| r.state).collect()
}

fn refused(e: &StoreError, word: &str) {
    assert!(matches!(e, StoreError::Amendment { .. }) && e.to_string().contains(word) && e.fault() == Fault::Usage, "{e}");
}

async fn stores() -> Vec<(PublicStore, Option<tempfile::TempDir>)> {
    let dir = tempfile::tempdir().unwrap();
    let mut stores = vec![(PublicStore::memory(), None), (PublicStore::folder(&dir.path().join("p")).unwrap(), Some(dir))];
    stores.extend(s3_stores().iter().map(|s| (s.under(&unique()), None)));
    stores
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_revision_is_current_again_and_nothing_moves() {
    use ReleaseState::{Current, Superseded};
    let key = new_key();
    for (store, _dir) in stores().await {
        fill(&store, Some(&key)).await;
        let month = "2024-09".parse().unwrap();
        let before = everything(&store).await;
        let back = rollback(&store, month, None, "La précédente est meilleure", Some(&key)).await.unwrap();
        assert!(back.changed);
        assert_eq!(states(&index(&store).await), [Superseded, Current, Superseded, Current]);
        // Only index.json changed.
        let mut after = everything(&store).await;
        after.insert("index.json".into(), before["index.json"].clone());
        after.retain(|path, _| before.contains_key(path));
        assert_eq!(after, before);
        // And on to one that is named, forward too; to the current one is nothing.
        assert!(rollback(&store, month, Some(1), "r1", Some(&key)).await.unwrap().changed);
        assert!(!rollback(&store, month, Some(1), "r1", Some(&key)).await.unwrap().changed);
        assert!(rollback(&store, month, Some(3), "r3", Some(&key)).await.unwrap().changed);
        assert_eq!(states(&index(&store).await), [Superseded, Superseded, Current, Current]);
        for (month, revision) in [("2024-09", Some(4)), ("2024-10", None), ("2024-11", None), ("2024-11", Some(1))] {
            refused(&rollback(&store, month.parse().unwrap(), revision, "x", Some(&key)).await.unwrap_err(), "revision");
        }
        assert!(matches!(rollback(&store, month, None, "x", None).await.unwrap_err(), StoreError::Signer { .. }));
        // A further revision follows the newest, not the current one.
        rollback(&store, month, Some(1), "r1", Some(&key)).await.unwrap();
        publish_all(&store, vec![draft_of(folder("four").path(), "2024-09", 4)], Some(&key), &()).await.unwrap();
        assert_eq!(states(&index(&store).await), [Superseded, Superseded, Superseded, Current, Current]);
    }
}

#[tokio::test]
async fn an_erratum_is_told_once_of_what_is_there() {
    let (store, key, dir) = (PublicStore::memory(), new_key(), folder("a"));
    let dataset = "title_fr = \"T\"\ntitle_en = \"T\"\ndescription_fr = \"T.\"\nlicence = \"etalab-2.0\"\ncadence = \"monthly\"\nfeeds = \"supply\"\n\
                   sort_key = [\"code\"]\n";
    let schema = "version = \"1.0.0\"\n[[column]]\nname = \"code\"\ntype = \"string\"\nfr = \"x\"\nen = \"x\"\nsince = \"1.0.0\"\n";
    let schema = solidata_canon::table_schema(&DatasetSpec::parse("t", dataset, schema).unwrap()).unwrap();
    std::fs::write(dir.path().join("schemas/t.json"), schema).unwrap();
    std::fs::create_dir(dir.path().join("data")).unwrap();
    std::fs::write(dir.path().join("data/t.csv"), "code\n").unwrap();
    let mut made = manifest(dir.path(), "2024-09", "s");
    let table = made.files.iter_mut().find(|f| f.path == "data/t.csv").unwrap();
    *table = FileEntry {
        rows: Some(0),
        logical_sha256: Some(Digest::of(b"")),
        schema: Some("schemas/t.json".into()),
        media_type: "text/csv; charset=utf-8".into(),
        ..table.clone()
    };
    publish_all(&store, vec![super::Release::draft(dir.path(), made, &()).unwrap()], Some(&key), &()).await.unwrap();
    let erratum = |release: &str, dataset: &str, column: &str| Erratum {
        release: release.into(),
        dataset: dataset.into(),
        columns: vec![column.into()],
        fr: "Codes décalés".into(),
        en: "Codes shifted".into(),
    };
    let good = erratum("releases/2024-09/r1", "t", "code");
    assert!(add_erratum(&store, &good, Some(&key)).await.unwrap().changed);
    assert!(!add_erratum(&store, &good, Some(&key)).await.unwrap().changed);
    assert_eq!(index(&store).await.errata().map(|(_, e)| e.clone()).collect::<Vec<_>>(), std::slice::from_ref(&good));
    for (release, dataset, column, word) in [
        ("releases/2024-09/r2", "t", "code", "no release"),
        ("releases/2024-09/r1", "u", "code", "no dataset"),
        ("releases/2024-09/r1", "t", "nom", "no column"),
    ] {
        refused(&add_erratum(&store, &erratum(release, dataset, column), Some(&key)).await.unwrap_err(), word);
    }
    withdraw(&store, "releases/2024-09/r1", CLASS, Some(&key)).await.unwrap();
    refused(&add_erratum(&store, &good, Some(&key)).await.unwrap_err(), "withdrawn");
}

/// What is left is the tombstone, signed, with the digests of what was there.
async fn assert_buried(store: &PublicStore, prefix: &str, key: Option<&SecretKey>, files: usize, what: &str) {
    let index = index(store).await;
    let entry = index.releases.iter().find(|r| r.prefix == prefix).unwrap();
    assert_eq!((entry.state, index.withdrawal(prefix)), (ReleaseState::Withdrawn, Some(CLASS)), "{what}");
    let left: Vec<String> = store.list(prefix).await.unwrap().into_iter().map(|o| o.path).collect();
    let mut wanted = vec![format!("{prefix}/{TOMBSTONE}")];
    wanted.extend(key.map(|_| format!("{prefix}/{TOMBSTONE_SIGNATURE}")));
    assert_eq!(left, wanted, "{what}");
    let bytes = store.get(&wanted[0]).await.unwrap().unwrap();
    let tombstone: Tombstone = read_tombstone(&bytes, entry).unwrap();
    assert_eq!((tombstone.class, tombstone.files.len()), (CLASS, files), "{what}");
    if let Some(key) = key {
        let signature = store.get(&wanted[1]).await.unwrap().unwrap();
        key.public().verify(&bytes, std::str::from_utf8(&signature).unwrap(), &tombstone_comment(prefix)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_withdrawn_goes_and_its_tombstone_stays() {
    use ReleaseState::{Current, Superseded, Withdrawn};
    let key = new_key();
    for (store, _dir) in stores().await {
        fill(&store, Some(&key)).await;
        let before = everything(&store).await;
        let gone = withdraw(&store, "releases/2024-09/r3", CLASS, Some(&key)).await.unwrap();
        // Two files, the provenance, the schema of the manifest, the manifest, its signature, the digests.
        assert_eq!((gone.changed, gone.removed.len()), (true, 7));
        assert_eq!(gone.removed.last().unwrap(), "releases/2024-09/r3/manifest.json");
        assert_buried(&store, "releases/2024-09/r3", Some(&key), 4, store.address()).await;
        // No other revision becomes current by itself, and the rest stays as it was.
        assert_eq!(states(&index(&store).await), [Superseded, Superseded, Withdrawn, Current]);
        let after = everything(&store).await;
        let others = |all: &std::collections::BTreeMap<String, bytes::Bytes>| {
            all.iter().filter(|(p, _)| *p != "index.json" && !p.contains("/r3/")).map(|(p, b)| (p.clone(), b.clone())).collect::<Vec<_>>()
        };
        assert_eq!(others(&after), others(&before));
        let again = withdraw(&store, "releases/2024-09/r3", CLASS, Some(&key)).await.unwrap();
        assert_eq!((again.changed, again.removed), (false, vec![]));
        // The newest that is left may become current; a withdrawn one never.
        assert!(rollback(&store, "2024-09".parse().unwrap(), None, "x", Some(&key)).await.unwrap().changed);
        assert_eq!(states(&index(&store).await), [Superseded, Current, Withdrawn, Current]);
        refused(&rollback(&store, "2024-09".parse().unwrap(), Some(3), "x", Some(&key)).await.unwrap_err(), "revision 3");
        refused(&withdraw(&store, "releases/2024-09/r9", CLASS, Some(&key)).await.unwrap_err(), "no release");
        // What follows in the chain follows still, and the same revision cannot come back.
        publish_all(&store, vec![draft_of(folder("four").path(), "2024-09", 4)], Some(&key), &()).await.unwrap();
        let three = folder("revision 3");
        let back = publish_all(&store, vec![draft_of(three.path(), "2024-09", 3)], Some(&key), &()).await.unwrap_err();
        assert!(back.to_string().contains("withdrawn"), "{back}");
    }
}

#[tokio::test]
async fn a_damaged_release_can_be_withdrawn_too() {
    let dir = tempfile::tempdir().unwrap();
    let store = PublicStore::folder(dir.path()).unwrap();
    publish_all(&store, vec![draft(folder("a").path(), "2024-09")], None, &()).await.unwrap();
    std::fs::write(dir.path().join("releases/2024-09/r1/manifest.json"), "{}").unwrap();
    withdraw(&store, "releases/2024-09/r1", CLASS, None).await.unwrap();
    assert_buried(&store, "releases/2024-09/r1", None, 0, "damaged").await;
}

/// A withdrawal that is cut off at each of its requests, before it and after it: the index says so or it does not, nothing else is touched, and either the same
/// call or `gc` ends it.
#[tokio::test]
async fn a_withdrawal_may_be_cut_anywhere() {
    let key = new_key();
    let base = PublicStore::memory();
    fill(&base, Some(&key)).await;
    let whole = everything(&base).await;
    let begin = async || {
        let store = PublicStore::memory().with_patience(std::time::Duration::ZERO);
        for (path, bytes) in &whole {
            store.put_new(path, bytes.clone()).await.unwrap();
        }
        store
    };
    let counted = begin().await;
    let (counted, counter) = faulty(&counted, u64::MAX, When::Before);
    withdraw(&counted, "releases/2024-09/r3", CLASS, Some(&key)).await.unwrap();
    let wanted = everything(&counted).await;
    let requests = counter.load(Ordering::SeqCst);
    assert!(requests > 12, "{requests}");
    let mut swept = 0;
    for when in [When::Before, When::After] {
        for fatal in 1..=requests {
            let what = format!("{when:?} request {fatal} of {requests}");
            let store = begin().await;
            let (cut, _) = faulty(&store, fatal, when);
            let _ = withdraw(&cut, "releases/2024-09/r3", CLASS, Some(&key)).await;
            let withdrawn = states(&index(&store).await)[2] == ReleaseState::Withdrawn;
            if !withdrawn {
                assert_eq!(everything(&store).await, whole, "{what}");
            }
            let buried = store.head(&format!("releases/2024-09/r3/{TOMBSTONE}")).await.unwrap().is_some();
            if buried && fatal % 2 == 0 {
                let found = find_stale(&store).await.unwrap();
                swept += remove_stale(&store, &found).await.unwrap().len();
                let mut left = everything(&store).await;
                left.retain(|path, _| !path.starts_with("staging/"));
                assert_eq!(left, wanted, "{what}");
            } else {
                withdraw(&store, "releases/2024-09/r3", CLASS, Some(&key)).await.unwrap_or_else(|e| panic!("{what}: {e}"));
                assert_eq!(everything(&store).await, wanted, "{what}");
            }
            // The store goes on.
            let done = publish_all(&store, vec![draft(folder("n").path(), "2024-11")], Some(&key), &()).await.unwrap();
            assert_eq!(done[0].outcome, Outcome::New, "{what}");
        }
    }
    assert!(swept > 5, "{swept}");
}
