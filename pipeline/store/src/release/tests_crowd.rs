//! Eight publishers of different releases at once, twenty rounds: always one chain, no loss, no duplicate.

use super::{
    Draft, Release,
    tests::{draft_of, folder},
    tests_crash::{assert_whole, quick_dir},
    tests_race::{assert_chained, insist_on},
};
use crate::{
    PublicStore,
    public::tests::{s3_stores, unique},
};
use solidata_model::ChainLink;
use std::{collections::BTreeSet, time::Instant};

const PUBLISHERS: u32 = 8;
const ROUNDS: u32 = 20;

/// What the publishers publish: so many revisions of each of as many months as that makes eight. Whoever comes with r2 before r1 is there
/// has to come again.
fn releases(revisions: u32, dirs: &[tempfile::TempDir]) -> Vec<Release<Draft>> {
    let place = |(i, dir): (u32, &tempfile::TempDir)| {
        let (month, revision) = (i / revisions + 1, i % revisions + 1);
        draft_of(dir.path(), &format!("2024-{month:02}"), revision)
    };
    (0..).zip(dirs).map(place).collect()
}

/// Each publisher has the store as `join` gives it to another process.
async fn rounds(name: &str, count: u32, part: u32, open: impl Fn(u32) -> PublicStore, join: impl Fn(&PublicStore, u32) -> PublicStore) {
    let dirs: Vec<_> = (0..PUBLISHERS).map(|i| folder(&format!("{i}"))).collect();
    // The same large file in some, as the reference tables are.
    for dir in dirs.iter().take(3) {
        std::fs::write(dir.path().join("same.parquet"), vec![7u8; part as usize + 1000]).unwrap();
    }
    let begun = Instant::now();
    for round in 0..count {
        let what = format!("{name}, round {round}");
        let store = open(round).with_parts_of(part);
        let publications = releases(1 << (round % 3), &dirs).into_iter().map(|release| {
            let store = join(&store, round).with_parts_of(part);
            tokio::spawn(async move { insist_on(store, vec![release]).await })
        });
        for done in futures::future::join_all(publications).await {
            done.unwrap().unwrap_or_else(|e| panic!("{what}: {e}"));
        }
        assert_eq!(assert_whole(&store, &what).await, PUBLISHERS as usize, "{what}: a loss");
        assert_chained(&store, &what).await;
        let (index, _) = store.read_index().await.unwrap();
        assert_eq!(index.sealed, u64::from(PUBLISHERS), "{what}");
        let prefixes: BTreeSet<_> = index.releases.iter().map(|r| (r.month, r.revision)).collect();
        assert_eq!(prefixes.len(), PUBLISHERS as usize, "{what}: a duplicate");
        // One link for each number, and none beyond; each names another release.
        let links = store.list("chain").await.unwrap();
        let mut named = BTreeSet::new();
        for link in &links {
            let link: ChainLink = serde_json::from_slice(&store.get(&link.path).await.unwrap().unwrap()).unwrap();
            named.insert(link.manifest_sha256);
        }
        assert_eq!((links.len(), named.len()), (PUBLISHERS as usize, PUBLISHERS as usize), "{what}");
        let staged = store.list("staging").await.unwrap();
        assert!(staged.iter().all(|o| o.path.ends_with("probe.txt")), "{what}: {staged:?}");
    }
    println!("{name}: {count} rounds of {PUBLISHERS} publishers in {:.1} s", begun.elapsed().as_secs_f64());
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_publishers_at_once_in_memory() {
    rounds("memory", ROUNDS, 5000, |_| PublicStore::memory(), |store, _| store.as_another_process()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_publishers_at_once_in_a_folder() {
    let dir = quick_dir();
    let open = |round: u32| PublicStore::folder(&dir.path().join(round.to_string())).unwrap();
    rounds("folder", ROUNDS, 5000, open, |_, round| open(round)).await;
}

/// In each bucket; `SOLIDATA_RACE_ROUNDS` says how often, since a server that answers slowly takes its time.
#[tokio::test(flavor = "multi_thread")]
async fn eight_publishers_at_once_in_buckets() {
    let count = std::env::var("SOLIDATA_RACE_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    for bucket in s3_stores() {
        let name = unique();
        let open = |round: u32| bucket.under(&format!("{name}-{round}"));
        rounds(bucket.address(), count, 5 << 20, open, |store, _| store.as_another_process()).await;
    }
}
