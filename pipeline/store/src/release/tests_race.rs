//! Publishers that know nothing of one another, at work in one bucket at the same time: there is no lock, only conditional writes.

use super::{
    Draft, Release, publish_all,
    tests::{draft, folder, leave},
    tests_crash::assert_whole,
};
use crate::{
    Fault, PublicStore, Result, StoreError,
    public::{
        faults::{When, faulty, in_turns, sleepy},
        tests::{s3_stores, unique},
    },
};
use solidata_model::{ChainLink, Month};
use std::{
    path::Path,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

/// Publishes until it succeeds or is told that trying again is of no use.
pub(super) async fn insist(store: PublicStore, dir: &Path, month: &str) -> Result<()> {
    insist_on(store, vec![draft(dir, month)]).await
}

pub(super) async fn insist_on(store: PublicStore, drafts: Vec<Release<Draft>>) -> Result<()> {
    for _ in 0..200 {
        match publish_all(&store, drafts.clone(), None, &()).await {
            // As an operator would. On a paused clock it costs no time, and that clock stands while a file is read: without the pause, 200 tries
            // were over while the one who was at work still read its first file.
            Err(e) if e.fault() == Fault::Unavailable => tokio::time::sleep(Duration::from_millis(50)).await,
            done => return done.map(drop),
        }
    }
    panic!("never done");
}

pub(super) async fn assert_chained(store: &PublicStore, what: &str) {
    let (index, _) = store.read_index().await.unwrap();
    let mut before = None;
    for number in 1..=index.sealed {
        let bytes = store.get(&format!("chain/{number:06}.json")).await.unwrap().unwrap();
        let link: ChainLink = serde_json::from_slice(&bytes).unwrap();
        let entry = index.releases.iter().find(|r| r.sealed == number).unwrap();
        assert_eq!((link.prefix.as_str(), link.manifest_sha256), (entry.prefix.as_str(), entry.manifest_sha256), "{what}: link {number}");
        assert_eq!(link.previous_manifest_sha256, before, "{what}: link {number}");
        before = Some(link.manifest_sha256);
    }
}

#[tokio::test(start_paused = true)]
async fn publishers_of_different_months_all_get_through() {
    let dirs: Vec<_> = (0..3).map(|i| folder(&format!("{i}"))).collect();
    for seed in seeds() {
        let (store, pace) = (PublicStore::memory(), Arc::new(AtomicU64::new(seed)));
        let publish = |i: usize| {
            let (store, dir) = (in_turns(&store, &pace), dirs[i].path());
            async move { insist(store, dir, &format!("2024-0{}", i + 1)).await }
        };
        for done in futures::future::join_all((0..3).map(publish)).await {
            done.unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        }
        assert_eq!(assert_whole(&store, &format!("seed {seed}")).await, 3);
        assert_chained(&store, &format!("seed {seed}")).await;
        assert!(store.list("staging").await.unwrap().is_empty(), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_publishers_of_one_month_one_wins_and_its_release_is_whole() {
    let dirs: Vec<_> = (0..3).map(|i| folder(&format!("{i}"))).collect();
    let month: Month = "2024-01".parse().unwrap();
    for seed in seeds() {
        let what = format!("seed {seed}");
        let (store, pace) = (PublicStore::memory(), Arc::new(AtomicU64::new(seed)));
        let publish = |i: usize| {
            let (store, dir) = (in_turns(&store, &pace), dirs[i].path());
            async move { insist(store, dir, &month.to_string()).await }
        };
        let done = futures::future::join_all((0..3).map(publish)).await;
        let (won, lost): (Vec<_>, Vec<_>) = done.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1, "{what}: {lost:?}");
        for e in lost {
            let e = e.unwrap_err();
            assert!(matches!(e, StoreError::PublishedOtherwise { .. } | StoreError::ReadBack { .. }), "{what}: {e}");
        }
        assert_eq!(assert_whole(&store, &what).await, 1);
        assert_chained(&store, &what).await;
    }
}

/// Two who publish the same two months, one who publishes one of them otherwise, and one who publishes another one.
#[tokio::test(start_paused = true)]
async fn whoever_publishes_what_the_store_stays_whole() {
    let [a, b, other, later, left] = ["a", "b", "other", "later", "left"].map(folder);
    for seed in seeds() {
        let what = format!("seed {seed}");
        let (store, pace) = (PublicStore::memory(), Arc::new(AtomicU64::new(seed)));
        // Every other time something is in the way.
        if seed % 2 == 1 {
            leave(&store, left.path(), "2024-01").await.let_go(&store).await;
        }
        let publish = |i: usize| {
            let store = in_turns(&store, &pace);
            let drafts = match i {
                0 | 1 => vec![draft(a.path(), "2024-01"), draft(b.path(), "2024-02")],
                2 => vec![draft(other.path(), "2024-02")],
                _ => vec![draft(later.path(), "2024-03")],
            };
            async move { insist_on(store, drafts).await }
        };
        let done = futures::future::join_all((0..4).map(publish)).await;
        assert!(done[3].is_ok(), "{what}: {done:?}");
        assert!(done[0].is_ok() == done[1].is_ok() && done[0].is_ok() != done[2].is_ok(), "{what}: {done:?}");
        assert_eq!(assert_whole(&store, &what).await, if done[0].is_ok() { 3 } else { 2 }, "{what}");
        assert_chained(&store, &what).await;
    }
}

/// A publisher that is put to sleep at any of its requests, taken for dead, and wakes up when another has published the same month with other
/// content, or another month, which takes its number in the chain; or when that other one was killed in the middle of it.
#[tokio::test]
async fn who_was_taken_for_dead_and_wakes_up_breaks_nothing() {
    let [a, b, other, left] = ["a", "b", "other", "left"].map(folder);
    let patience = Duration::from_millis(5);
    let all = vec![draft(a.path(), "2024-01"), draft(b.path(), "2024-02")];
    let cases = ["2024-01", "2024-03"].map(|month| [u64::MAX, 12, 24, 28].map(|cut| (month, draft(other.path(), month), cut)));
    let mut slept = 0;
    for (at, (month, theirs, cut)) in (1..=80u64).flat_map(|at| cases.as_flattened().iter().map(move |case| (at, case))) {
        // Every other time something is in the way.
        let in_the_way = (at + cut / 12).is_multiple_of(2);
        let what = format!("asleep at request {at} ({in_the_way}) while {month} is published (up to {cut})");
        let store = PublicStore::memory().with_patience(patience);
        if in_the_way {
            leave(&store, left.path(), "2024-01").await.let_go(&store).await;
        }
        let (sleeper, nap) = sleepy(&store, at);
        let ours = all.clone();
        let mut publication = tokio::spawn(async move { publish_all(&sleeper, ours, None, &()).await });
        tokio::select! {
            () = nap.asleep.notified() => {}
            // A listing or a removal is not slept in, and it has not so many requests.
            _ = &mut publication => continue,
        }
        tokio::time::sleep(patience * 2).await;
        let (cut_off, _) = faulty(&store, *cut, When::After);
        let done = publish_all(&cut_off.as_another_process(), vec![theirs.clone()], None, &()).await;
        assert!(done.is_ok() || *cut != u64::MAX, "{what}: {done:?}");
        // The answer to its swap may have been lost.
        let published = store.read_index().await.unwrap().0.releases;
        tokio::time::sleep(patience * 2).await;
        nap.wake.notify_one();
        let late = publication.await.unwrap();
        slept += 1;
        let named = assert_whole(&store, &what).await;
        assert_chained(&store, &what).await;
        assert_eq!(named, 2 * usize::from(late.is_ok()) + published.len(), "{what}: {late:?}, {done:?}");
        if let Err(e) = late {
            let known = matches!(e, StoreError::Conflict { .. } | StoreError::Busy { .. } | StoreError::PublishedOtherwise { .. });
            assert!(known || matches!(e, StoreError::ReadBack { .. }), "{what}: {e}");
            tokio::time::sleep(patience * 2).await;
            let again = publish_all(&store, all.clone(), None, &()).await;
            let taken = !published.is_empty() && *month != "2024-03";
            assert!(again.is_ok() != taken, "{what}: {again:?}");
            assert_chained(&store, &what).await;
        }
    }
    assert!(slept > 250, "{slept}");
}

/// How many mixtures are tried: `SOLIDATA_RACE_SEEDS`, or enough to see each guard fail when it is taken out.
pub(super) fn seeds() -> std::ops::Range<u64> {
    0..std::env::var("SOLIDATA_RACE_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(25)
}

#[tokio::test(flavor = "multi_thread")]
async fn in_buckets_too() {
    let dirs: Vec<_> = (0..3).map(|i| folder(&format!("{i}"))).collect();
    for bucket in s3_stores() {
        let store = bucket.under(&unique());
        let publish = |i: usize| {
            let (store, dir) = (store.as_another_process(), dirs[i].path());
            async move { insist(store, dir, &format!("2024-0{}", i + 1)).await }
        };
        for done in futures::future::join_all((0..3).map(publish)).await {
            done.unwrap_or_else(|e| panic!("{}: {e}", bucket.address()));
        }
        assert_eq!(assert_whole(&store, bucket.address()).await, 3);
        assert_chained(&store, bucket.address()).await;
    }
}
