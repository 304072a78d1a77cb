//! `latest/` follows the index, through any interruption.

use super::{
    LatestState, latest_state, publish_all, rollback, switch_latest,
    tests::{draft, draft_of, everything, folder},
    withdraw,
};
use crate::{
    PublicStore,
    public::{
        faults::{When, faulty},
        tests::{s3_stores, unique},
    },
};
use bytes::Bytes;
use solidata_model::WithdrawalClass;
use std::{collections::BTreeMap, sync::atomic::Ordering};

async fn publish(store: &PublicStore, text: &str, month: &str, revision: u32) {
    let dir = folder(text);
    std::fs::create_dir_all(dir.path().join("pages")).unwrap();
    std::fs::write(dir.path().join(format!("pages/{text}.md")), text).unwrap();
    let draft = if revision == 1 { draft(dir.path(), month) } else { draft_of(dir.path(), month, revision) };
    publish_all(store, vec![draft], None, &()).await.unwrap();
}

/// What `latest/` has to be, from the release itself.
async fn wanted(store: &PublicStore, prefix: &str) -> BTreeMap<String, Bytes> {
    let all = everything(store).await;
    all.into_iter().filter_map(|(path, bytes)| Some((path.strip_prefix(prefix)?.strip_prefix('/')?.to_owned(), bytes))).collect()
}

async fn assert_is(store: &PublicStore, prefix: &str, what: &str) {
    assert_eq!(wanted(store, "latest").await, wanted(store, prefix).await, "{what}");
    let (index, _) = store.read_index().await.unwrap();
    assert_eq!(latest_state(store, &index).await.unwrap(), LatestState::Current, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_follows_publications_rollbacks_and_withdrawals() {
    let dir = tempfile::tempdir().unwrap();
    let mut stores = vec![PublicStore::memory(), PublicStore::folder(&dir.path().join("p")).unwrap()];
    stores.extend(s3_stores().iter().map(|s| s.under(&unique())));
    for store in stores {
        let state = async || latest_state(&store, &store.read_index().await.unwrap().0).await.unwrap();
        assert_eq!((switch_latest(&store, &()).await.unwrap(), state().await), (Default::default(), LatestState::Absent));
        publish(&store, "a", "2024-08", 1).await;
        let first = switch_latest(&store, &()).await.unwrap();
        assert_eq!(first.release.as_deref(), Some("releases/2024-08/r1"));
        assert_eq!(first.written.last().unwrap(), "latest/manifest.json");
        assert_is(&store, "releases/2024-08/r1", store.address()).await;
        assert_eq!(switch_latest(&store, &()).await.unwrap().written, Vec::<String>::new());
        publish(&store, "b", "2024-09", 1).await;
        publish(&store, "c", "2024-09", 2).await;
        assert_eq!(state().await, LatestState::Behind(Some("releases/2024-08/r1".into())));
        let next = switch_latest(&store, &()).await.unwrap();
        assert_eq!(next.removed, ["latest/pages/a.md"]);
        assert_is(&store, "releases/2024-09/r2", store.address()).await;
        rollback(&store, "2024-09".parse().unwrap(), None, "x", None).await.unwrap();
        switch_latest(&store, &()).await.unwrap();
        assert_is(&store, "releases/2024-09/r1", store.address()).await;
        for prefix in ["releases/2024-09/r1", "releases/2024-08/r1", "releases/2024-09/r2"] {
            withdraw(&store, prefix, WithdrawalClass::Erasure, None).await.unwrap();
            switch_latest(&store, &()).await.unwrap();
        }
        assert!(store.list("latest").await.unwrap().is_empty());
        // What was withdrawn is nowhere any more.
        let left = everything(&store).await;
        assert!(left.keys().all(|path| !path.ends_with("datapackage.json")), "{:?}", left.keys());
    }
}

#[tokio::test]
async fn whatever_lies_there_is_mended() {
    let store = PublicStore::memory();
    publish(&store, "a", "2024-08", 1).await;
    switch_latest(&store, &()).await.unwrap();
    for (path, bytes) in
        [("latest/datapackage.json", "b"), ("latest/manifest.json", "{}"), ("latest/SHA256SUMS", ""), ("latest/more.txt", "x")]
    {
        super::document(&store, path, bytes.into()).await.unwrap();
        let mended = switch_latest(&store, &()).await.unwrap();
        assert_eq!(mended.written.len() + mended.removed.len(), 1, "{path}");
        assert_is(&store, "releases/2024-08/r1", path).await;
    }
    super::document(&store, "latest/manifest.json", "{}".into()).await.unwrap();
    assert_eq!(latest_state(&store, &store.read_index().await.unwrap().0).await.unwrap(), LatestState::Unknown);
    assert!(super::document(&store, "index.json", "{}".into()).await.is_err());
}

/// Cut off at each request, before it and after it: the release is untouched, and the next call ends it.
#[tokio::test]
async fn a_switch_may_be_cut_anywhere() {
    let begin = async || {
        let store = PublicStore::memory();
        publish(&store, "a", "2024-08", 1).await;
        switch_latest(&store, &()).await.unwrap();
        publish(&store, "b", "2024-09", 1).await;
        store
    };
    let counted = begin().await;
    let (counted, counter) = faulty(&counted, u64::MAX, When::Before);
    switch_latest(&counted, &()).await.unwrap();
    let requests = counter.load(Ordering::SeqCst);
    assert!(requests > 15, "{requests}");
    for when in [When::Before, When::After] {
        for fatal in 1..=requests {
            let what = format!("{when:?} request {fatal} of {requests}");
            let store = begin().await;
            let (cut, _) = faulty(&store, fatal, when);
            let _ = switch_latest(&cut, &()).await;
            switch_latest(&store, &()).await.unwrap_or_else(|e| panic!("{what}: {e}"));
            assert_is(&store, "releases/2024-09/r1", &what).await;
        }
    }
}
