use super::{
    fault_plan::FaultPlan,
    retry::{Pause, Retries, is_over, worth_retrying},
    tests::none,
    *,
};
use crate::{Fault, Phase};
use async_trait::async_trait;
use bytes::Bytes;
use object_store::Error;
use solidata_model::{Digest, Index};
use std::{
    io,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Notes how long one would have waited.
#[derive(Debug, Default)]
struct Notes(Mutex<Vec<Duration>>);

#[async_trait]
impl Pause for Notes {
    async fn pause(&self, length: Duration) {
        self.0.lock().unwrap().push(length);
    }
}

fn noting(store: &PublicStore, tries: u32) -> (PublicStore, Arc<Notes>) {
    let notes = Arc::new(Notes::default());
    (store.beneath(Retries::with(tries, notes.clone()), |plain| plain), notes)
}

#[tokio::test]
async fn waits_grow_differ_and_end() {
    let mut seen = Vec::new();
    for _ in 0..20 {
        let (failing, _) = PublicStore::memory().with_faults(FaultPlan::random(100, 0), 1);
        let (store, notes) = noting(&failing, 8);
        let e = store.head("x").await.unwrap_err();
        assert_eq!(e.fault(), Fault::Unavailable, "{e}");
        let waits = notes.0.lock().unwrap().clone();
        assert_eq!(waits.len(), 7);
        for (i, wait) in waits.iter().enumerate() {
            let before = if i == 0 { Duration::from_millis(200) } else { waits[i - 1] };
            assert!(*wait >= Duration::from_millis(200) && *wait <= Duration::from_secs(15).min(before * 3), "{waits:?}");
        }
        seen.extend(waits);
    }
    seen.sort();
    seen.dedup();
    assert!(seen.len() > 100, "no jitter: {seen:?}");
    assert!(*seen.last().unwrap() > Duration::from_secs(3), "no growth: {seen:?}");
}

#[tokio::test]
async fn what_cannot_change_is_asked_once() {
    let (store, notes) = noting(&PublicStore::memory(), 8);
    assert!(store.head("x").await.unwrap().is_none());
    store.put_new("x", "1".into()).await.unwrap();
    assert!(store.put_new("x", "2".into()).await.is_err());
    assert!(notes.0.lock().unwrap().is_empty());
    let text = || "text".into();
    let io = |kind: io::ErrorKind| Error::Generic { store: "t", source: io::Error::from(kind).into() };
    for refusal in [
        Error::PermissionDenied { path: "x".into(), source: text() },
        Error::Unauthenticated { path: "x".into(), source: text() },
        Error::NotFound { path: "x".into(), source: text() },
        Error::Precondition { path: "x".into(), source: text() },
        Error::AlreadyExists { path: "x".into(), source: text() },
        io(io::ErrorKind::StorageFull),
        io(io::ErrorKind::PermissionDenied),
        io(io::ErrorKind::ReadOnlyFilesystem),
    ] {
        assert!(!worth_retrying(&refusal), "{refusal}");
    }
    for passing in [io(io::ErrorKind::TimedOut), io(io::ErrorKind::StaleNetworkFileHandle), Error::Generic { store: "t", source: text() }] {
        assert!(worth_retrying(&passing), "{passing}");
    }
}

/// A server that gives every request the same answer, and counts them.
async fn server(answer: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let shared = count.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 10_000];
            let _ = stream.read(&mut request).await;
            shared.fetch_add(1, Ordering::SeqCst);
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (address, count)
}

/// The words of `object_store` for a status are understood: its own type for it is private.
#[tokio::test(flavor = "multi_thread")]
async fn statuses_are_told_apart() {
    let close = "Connection: close\r\nContent-Length: 0\r\n\r\n";
    let answers: &[(&str, usize)] = &[
        ("400 Bad Request", 1),
        ("401 Unauthorized", 1),
        ("403 Forbidden", 1),
        ("404 Not Found", 1),
        ("412 Precondition Failed", 1),
        // Five by object_store each time, twice by us.
        ("408 Request Timeout", 10),
        ("429 Too Many Requests", 10),
        ("500 Internal Server Error", 10),
        ("503 Slow Down", 10),
    ];
    let asked = answers.iter().map(|(status, wanted)| async move {
        let answer: &'static str = format!("HTTP/1.1 {status}\r\n{close}").leak();
        let (address, count) = server(answer).await;
        let vars = [("AWS_ENDPOINT_URL", address.as_str()), ("AWS_ACCESS_KEY_ID", "k"), ("AWS_SECRET_ACCESS_KEY", "s")];
        let s3 = PublicStore::open("s3://public", vars.map(|(k, v)| (k.to_owned(), v.to_owned()))).unwrap();
        let web = PublicStore::open(&address, none()).unwrap();
        for store in [s3, web] {
            let (store, _) = noting(&store, 2);
            count.store(0, Ordering::SeqCst);
            let _ = store.head("x").await;
            assert_eq!(count.load(Ordering::SeqCst), *wanted, "{status} from {}", store.address());
        }
    });
    futures::future::join_all(asked).await;
}

#[tokio::test]
async fn a_body_that_is_cut_is_read_on() {
    let bytes: Bytes = (0..40_000u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>().into();
    let dir = tempfile::tempdir().unwrap();
    for base in [PublicStore::memory(), PublicStore::folder(dir.path()).unwrap()] {
        base.put_new("a", bytes.clone()).await.unwrap();
        for seed in 0..40 {
            let (store, calls) = base.with_faults(FaultPlan::random(60, seed), 100);
            assert_eq!(store.get("a").await.unwrap().unwrap(), bytes, "seed {seed}");
            assert_eq!(store.get_range("a", 1000..90_001).await.unwrap(), bytes.slice(1000..90_001), "seed {seed}");
            let (info, digest) = store.digest("a", Phase::ReadBack, &()).await.unwrap().unwrap();
            assert_eq!((info.bytes, digest), (160_000, Digest::of(&bytes)), "seed {seed}");
            assert!(calls.load(Ordering::SeqCst) >= 3);
        }
    }
}

/// Nobody reads the beginning of one version and the end of another.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_changes_while_it_is_read_is_read_anew() {
    let base = PublicStore::memory();
    let (store, _) = base.with_faults(FaultPlan::random(50, 3), 1000);
    let writer = tokio::spawn(async move {
        for sealed in 1..400 {
            let (_, token) = base.read_index().await.unwrap();
            base.swap_index(&token, &Index { sealed, ..Index::empty() }).await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    let mut last = 0;
    while last < 399 {
        let (index, _) = store.read_index().await.unwrap();
        assert!(index.sealed >= last, "{} after {last}", index.sealed);
        last = index.sealed;
    }
    writer.await.unwrap();
}

/// Two publications that have the same large file to write meet at its staging key.
#[tokio::test(flavor = "multi_thread")]
async fn a_staged_copy_that_another_removed_is_sent_again() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("large.parquet");
    std::fs::write(&file, vec![7u8; 10_000]).unwrap();
    for round in 0..20 {
        let store = PublicStore::memory().with_parts_of(4000);
        let writes = (0..8).map(|i| {
            let (store, _) = store.with_faults(FaultPlan::random(10, round * 8 + i), 20);
            let file = &file;
            async move { store.put_new_file(&format!("releases/{i}/large.parquet"), file, &()).await }
        });
        for done in futures::future::join_all(writes).await {
            done.unwrap_or_else(|e| panic!("round {round}: {e}"));
        }
        assert_eq!(store.list("releases").await.unwrap().len(), 8);
    }
}

#[test]
fn an_upload_that_is_over_is_told_from_one_that_is_refused() {
    let azure = |code: &str| Error::Generic {
        store: "MicrosoftAzure",
        source: format!("Server returned non-2xx status code: 400 Bad Request: <Error><Code>{code}</Code></Error>").into(),
    };
    assert!(is_over(&azure("InvalidBlockList")) && !worth_retrying(&azure("InvalidBlockList")));
    assert!(is_over(&Error::NotFound { path: "staging/x".into(), source: "NoSuchUpload".into() }));
    assert!(!is_over(&azure("InvalidBlockId")));
}

#[tokio::test]
async fn faults_are_planned_in_words() {
    let store = PublicStore::memory();
    for bad in ["random", "random=x", "random=101%", "abort=3", "fail-at=", "seed=-1"] {
        assert_eq!(store.with_faults_of(bad).unwrap_err().fault(), Fault::Usage, "{bad}");
    }
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let faulty = store.with_faults_of(&format!("random=0%, seed=5,log={}", log.display())).unwrap();
    faulty.put_new("a", "1".into()).await.unwrap();
    assert!(faulty.get("a").await.unwrap().is_some() && faulty.list("").await.unwrap().len() == 1);
    faulty.remove("a").await.unwrap();
    assert_eq!(std::fs::read_to_string(log).unwrap(), "1 put a\n2 get a\n3 list \n4 delete a\n");
    for (text, written) in [("fail-at=2", false), ("fail-after=2", true)] {
        let (store, name) = (PublicStore::memory(), if written { "after" } else { "at" });
        let faulty = store.with_faults_of(text).unwrap();
        assert!(faulty.head("first").await.unwrap().is_none());
        assert_eq!(faulty.put_new(name, "1".into()).await.unwrap_err().fault(), Fault::Unavailable);
        assert_eq!(store.head(name).await.unwrap().is_some(), written, "{text}");
    }
}
