use super::{faults::Deaf, *};
use crate::{Fault, INDEX, conformance};
use bytes::Bytes;
use solidata_model::Index;
use std::fs;

pub(super) fn none() -> Vec<(String, String)> {
    Vec::new()
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_conforms() {
    let scratch = tempfile::tempdir().unwrap();
    conformance::run(&PublicStore::memory(), "conformance", scratch.path()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_conforms_and_is_left_clean() {
    let (scratch, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = dir.path().join("not/yet/there");
    let store = PublicStore::folder(&root).unwrap();
    conformance::run(&store, "conformance", scratch.path()).await.unwrap();
    assert_eq!(fs::read_dir(&root).unwrap().map(|e| e.unwrap().path()).collect::<Vec<_>>(), Vec::<std::path::PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_conforms_and_writes_nothing() {
    let (scratch, dir, over) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let base = PublicStore::folder(dir.path()).unwrap();
    base.put_new("here", Bytes::from_static(b"1")).await.unwrap();
    let (store, log) = base.dry_run(over.path()).unwrap();
    conformance::run(&store, "conformance", scratch.path()).await.unwrap();
    assert!(store.put_new("here", Bytes::from_static(b"2")).await.is_err());
    assert_eq!(store.put_new("here", Bytes::from_static(b"1")).await.unwrap(), Put::AlreadyThere);
    store.put_new("there", Bytes::from_static(b"22")).await.unwrap();
    let paths: Vec<_> = store.list("").await.unwrap().into_iter().map(|o| o.path).collect();
    assert_eq!(paths, ["here", "there"]);
    assert_eq!(log.writes().await.unwrap(), [PlannedWrite { path: "there".into(), bytes: 2 }]);
    store.remove("here").await.unwrap();
    assert!(store.head("here").await.unwrap().is_none() && base.head("here").await.unwrap().is_some());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

/// Servers that conform; one that does not is named by its address.
#[tokio::test(flavor = "multi_thread")]
async fn s3_conforms() {
    for store in s3_stores() {
        let scratch = tempfile::tempdir().unwrap();
        conformance::run(&store, &unique(), scratch.path()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_is_told_what_the_objects_are() {
    for store in s3_stores() {
        let (store, scratch) = (store.under(&unique()).with_parts_of(5 << 20), tempfile::tempdir().unwrap());
        let large = scratch.path().join("large");
        fs::write(&large, vec![1u8; 6 << 20]).unwrap();
        for (name, media) in [
            ("a.csv", "text/csv; charset=utf-8"),
            ("a.parquet", "application/vnd.apache.parquet"),
            ("a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ("a.geojson", "application/geo+json"),
            ("a.csv.gz", "application/gzip"),
            ("a.json", "application/json"),
            ("SHA256SUMS", "text/plain; charset=utf-8"),
        ] {
            store.put_new(name, Bytes::from_static(b"x")).await.unwrap();
            // Copied from a staging key, which on S3 keeps no attributes of its source.
            let copied = format!("large/{name}");
            store.put_new_file(&copied, &large, &()).await.unwrap();
            for path in [name, &copied] {
                let found = store.objects.get(&store.key(path)).await.unwrap();
                let said = found.attributes.get(&object_store::Attribute::ContentType).map(|v| v.to_string());
                assert_eq!(said.as_deref(), Some(media), "{}/{path}", store.address());
            }
        }
        store.swap_index(&store.read_index().await.unwrap().1, &Index::empty()).await.unwrap();
        let found = store.objects.get(&store.key(INDEX)).await.unwrap();
        assert_eq!(found.attributes.get(&object_store::Attribute::CacheControl).map(|v| v.as_ref()), Some("no-cache"));
    }
}

/// As `rclone serve s3` does: conditions are taken and ignored.
#[tokio::test]
async fn a_server_that_ignores_conditions_is_refused() {
    let store = PublicStore { kind: Kind::Remote, ..PublicStore::memory() };
    store.probe_conditional_writes().await.unwrap();
    store.probe_conditional_writes().await.unwrap();
    for deaf in [Deaf::ToBoth, Deaf::ToUpdates] {
        let e = deaf.wrap(&PublicStore { kind: Kind::Remote, ..PublicStore::memory() }).probe_conditional_writes().await.unwrap_err();
        assert!(matches!(e, StoreError::Unconditional { .. }), "{e}");
        assert_eq!(e.fault(), Fault::Usage);
    }
    let web = PublicStore::open("https://example.org/data", none()).unwrap();
    assert_eq!(web.probe_conditional_writes().await.unwrap_err().fault(), Fault::Usage);
}

/// "Already exists", and nothing is there: the write is tried again.
#[tokio::test]
async fn a_collision_that_wrote_nothing_is_tried_again() {
    let (store, _) = faults::colliding(&PublicStore::memory(), 3);
    assert_eq!(store.put_new("a", Bytes::from_static(b"1")).await.unwrap(), Put::Written);
    let (store, _) = faults::colliding(&PublicStore::memory(), 3);
    let (_, token) = store.read_index().await.unwrap();
    store.swap_index(&token, &Index { sealed: 1, ..Index::empty() }).await.unwrap();
    let (store, _) = faults::colliding(&PublicStore::memory(), 1000);
    assert_eq!(store.put_new("a", Bytes::from_static(b"1")).await.unwrap_err().fault(), Fault::Unavailable);
}

/// The servers that `SOLIDATA_TEST_S3` names, separated by blanks; `ci/s3/serve.sh start` starts some.
pub(crate) fn s3_endpoints() -> Vec<String> {
    match std::env::var("SOLIDATA_TEST_S3") {
        Ok(endpoints) => endpoints.split_whitespace().map(String::from).collect(),
        Err(_) if std::env::var("CI").is_ok_and(|ci| ci == "true") => panic!("SOLIDATA_TEST_S3 names no S3 server (see ci/s3/serve.sh)"),
        Err(_) => {
            println!("SKIPPED: SOLIDATA_TEST_S3 names no S3 server (see ci/s3/serve.sh)");
            Vec::new()
        }
    }
}

/// The bucket `public` of a server, with more variables of the environment.
pub(crate) fn s3_at(endpoint: &str, more: &[(&str, &str)]) -> PublicStore {
    let vars = [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", "testkey"),
        ("AWS_SECRET_ACCESS_KEY", "testsecret"),
        ("AWS_REGION", "us-east-1"),
    ];
    let vars = vars.iter().chain(more).map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    PublicStore { address: format!("s3://public at {endpoint}"), ..PublicStore::open("s3://public", vars).unwrap() }
}

pub(crate) fn s3_stores() -> Vec<PublicStore> {
    s3_endpoints().iter().map(|endpoint| s3_at(endpoint, &[])).collect()
}

/// A folder of a bucket that no other test uses.
pub(crate) fn unique() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    format!("test-{}-{}", std::process::id(), now.as_nanos())
}

#[test]
fn addresses() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().display().to_string();
    assert!(PublicStore::open(&path, none()).unwrap().exists());
    assert!(PublicStore::open(&format!("file://{path}"), none()).unwrap().exists());
    assert!(!PublicStore::open(&format!("{path}/none"), none()).unwrap().exists());
    assert!(!dir.path().join("none").exists());
    fs::write(dir.path().join("file"), "").unwrap();
    for good in ["memory://", "s3://b/p", "gs://b", "https://example.org/data/"] {
        let store = PublicStore::open(good, none()).unwrap_or_else(|e| panic!("{good}: {e}"));
        assert_eq!(store.can_list(), !good.starts_with("http"));
    }
    for bad in
        [&format!("{path}/file"), "ftp://b/p", "s3://", "s3://user:secret@b/p", "s3://b/p?secret=1", "file://host.example/x", "az://c/p"]
    {
        let e = PublicStore::open(bad, none()).unwrap_err();
        assert_eq!(e.fault(), Fault::Usage, "{bad}: {e}");
        assert!(!e.to_string().contains("secret"), "{e}");
    }
}

#[test]
fn the_vault_and_the_public_folder_lie_apart() {
    let dir = tempfile::tempdir().unwrap();
    let store = PublicStore::folder(&dir.path().join("public")).unwrap();
    store.ensure_apart(&dir.path().join("vault")).unwrap();
    store.ensure_apart(&dir.path().join("public2")).unwrap();
    for bad in ["public", "public/vault", "", "vault/../public/x"] {
        assert!(store.ensure_apart(&dir.path().join(bad)).is_err(), "{bad}");
    }
    PublicStore::memory().ensure_apart(dir.path()).unwrap();
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_unavailable() {
    // Nothing listens on the port that was just given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let vars = [
        ("AWS_ENDPOINT_URL".to_owned(), format!("http://127.0.0.1:{port}")),
        ("AWS_ACCESS_KEY_ID".to_owned(), "k".to_owned()),
        ("AWS_SECRET_ACCESS_KEY".to_owned(), "verysecret".to_owned()),
    ];
    let e = PublicStore::open("s3://public/x", vars).unwrap().read_index().await.unwrap_err();
    assert_eq!(e.fault(), Fault::Unavailable, "{e}");
    assert!(!e.to_string().contains("verysecret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_hides_nothing_but_its_own_lock() {
    let dir = tempfile::tempdir().unwrap();
    let store = PublicStore::folder(dir.path()).unwrap();
    for odd in ["a/x.csv", "a/x.csv#1", "a/.hidden", ".solidata/lock", "a/é b"] {
        let path = dir.path().join(odd);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", dir.path().join("a/dangling")).unwrap();
    let found = store.list("").await.unwrap();
    assert_eq!(found.len(), if cfg!(unix) { 5 } else { 4 }, "{found:?}");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(".", dir.path().join("a/round")).unwrap();
        assert!(store.list("").await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_take_turns_in_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    // Two values that know nothing of one another are as good as two processes: the lock belongs to the open file.
    let (a, b) = (PublicStore::folder(dir.path()).unwrap(), PublicStore::folder(dir.path()).unwrap());
    // A writer that was killed left these.
    fs::create_dir(dir.path().join(".solidata")).unwrap();
    fs::write(dir.path().join(".solidata/lock"), "").unwrap();
    fs::write(dir.path().join(".solidata/0-7.part"), "half").unwrap();
    let held = a.exclusive().await.unwrap();
    // What the holder writes needs no second lock.
    let (_, token) = a.read_index().await.unwrap();
    a.swap_index(&token, &Index { sealed: 1, ..Index::empty() }).await.unwrap();
    let (_, token) = a.read_index().await.unwrap();
    a.swap_index(&token, &Index { sealed: 2, ..Index::empty() }).await.unwrap();
    let waiting = tokio::spawn(async move { b.exclusive().await.map(drop) });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(!waiting.is_finished());
    drop(held);
    waiting.await.unwrap().unwrap();
    assert!(!dir.path().join(".solidata").exists());
    assert!(dir.path().join(INDEX).exists());
}

#[tokio::test]
async fn an_index_of_another_version_is_not_taken_for_ours() {
    let store = PublicStore::memory();
    store.put_new(INDEX, Bytes::from_static(b"{\"format\": \"solidata-index/1\", \"sealed\": 0, \"releases\": []}")).await.unwrap();
    let e = store.read_index().await.unwrap_err();
    assert!(e.to_string().contains("the format is 'solidata-index/1'"), "{e}");
    assert_eq!(e.fault(), Fault::Findings);
}
