//! A store of which every fifth call fails at random, before it is carried out, or after, or in the middle of what it gives.

use super::{
    Draft, Release, find_stale, publish_all, remove_stale,
    tests::{draft, everything, folder},
    tests_crash::{assert_whole, quick_dir},
    tests_race::assert_chained,
};
use crate::{Fault, PublicStore, public::fault_plan::FaultPlan};
use std::{sync::atomic::Ordering, time::Duration};

/// Two months, then another.
struct World([tempfile::TempDir; 3]);

impl World {
    fn make() -> Self {
        let dirs = ["a", "b", "c"].map(folder);
        // In three parts.
        std::fs::write(dirs[1].path().join("large.parquet"), [7u8; 9000]).unwrap();
        Self(dirs)
    }

    fn publications(&self) -> [Vec<Release<Draft>>; 2] {
        let [a, b, c] = &self.0;
        [vec![draft(a.path(), "2024-08"), draft(b.path(), "2024-09")], vec![draft(c.path(), "2024-10")]]
    }
}

/// Publishes again and again until it is done; says how often.
async fn until_done(store: &PublicStore, drafts: &[Release<Draft>], what: &str) -> u32 {
    for run in 1..=60 {
        match publish_all(store, drafts.to_vec(), None, &()).await {
            Ok(_) => return run,
            Err(e) => assert_eq!(e.fault(), Fault::Unavailable, "{what}, run {run}: {e}"),
        }
    }
    panic!("{what}: never done");
}

async fn fifty_seeds(open: impl Fn(&str) -> PublicStore) {
    let world = World::make();
    let clean = open("clean").with_parts_of(4000);
    for drafts in world.publications() {
        publish_all(&clean, drafts, None, &()).await.unwrap();
    }
    let wanted = everything(&clean).await;
    let (mut runs, mut calls) = (0, 0);
    for seed in 0..50 {
        let what = format!("seed {seed}");
        let store = open(&what).with_parts_of(4000);
        // So few attempts that a run does not always come to its end.
        let (failing, counter) = store.with_faults(FaultPlan::random(20, seed), 3);
        for drafts in world.publications() {
            runs += until_done(&failing, &drafts, &what).await;
            assert_whole(&store, &what).await;
        }
        calls += counter.load(Ordering::SeqCst);
        assert_chained(&store, &what).await;
        // What a call that failed may have left: a staged copy, a clock, the mark of a finished release.
        let late = store.with_patience(Duration::ZERO);
        let left = find_stale(&late).await.unwrap();
        assert!(left.iter().all(|s| s.path.starts_with("staging/")), "{what}: {left:?}");
        remove_stale(&late, &left).await.unwrap();
        let found = everything(&store).await;
        assert!(found == wanted, "{what}: {:?}", found.keys());
    }
    println!("50 seeds, 100 publications: {runs} runs, {calls} calls");
    assert!(runs > 110 && calls > 5000, "{runs} runs, {calls} calls: too few failures to mean anything");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_fifth_of_all_calls_lost_all_ends_right_in_memory() {
    fifty_seeds(|_| PublicStore::memory()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_fifth_of_all_calls_lost_all_ends_right_in_a_folder() {
    let dirs = quick_dir();
    fifty_seeds(|name| PublicStore::folder(&dirs.path().join(name)).unwrap()).await;
}

const DIR: &str = "SOLIDATA_TEST_ABORT_DIR";
const PLAN: &str = "SOLIDATA_TEST_ABORT_PLAN";

async fn publish_under(store: &PublicStore, plan: &str) {
    let world = World::make();
    let store = store.with_faults_of(plan).unwrap().with_parts_of(4000);
    for drafts in world.publications() {
        publish_all(&store, drafts, None, &()).await.unwrap();
    }
}

/// Not a test: the process that is aborted.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by the test below"]
async fn the_one_that_is_aborted() {
    let store = PublicStore::folder(std::env::var(DIR).unwrap().as_ref()).unwrap();
    publish_under(&store, &std::env::var(PLAN).unwrap()).await;
}

/// A whole process ends at each of its calls in turn; the next one finishes the work.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_aborted_at_every_call() {
    let dirs = quick_dir();
    let (clean, log) = (PublicStore::folder(&dirs.path().join("clean")).unwrap(), dirs.path().join("log"));
    publish_under(&clean, &format!("log={}", log.display())).await;
    let calls = std::fs::read_to_string(log).unwrap().lines().count();
    assert!(calls > 75, "{calls}");
    let wanted = everything(&clean).await;
    for (n, plan) in (1..=calls).map(|n| (n, if n % 2 == 0 { "abort-at" } else { "abort-after" })) {
        let (dir, plan) = (dirs.path().join(n.to_string()), format!("{plan}={n}"));
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "release::tests_faults::the_one_that_is_aborted", "--ignored", "--test-threads=1"]);
        let ended = child.env(DIR, &dir).env(PLAN, &plan).output().unwrap().status;
        assert!(!ended.success(), "{plan}");
        let store = PublicStore::folder(&dir).unwrap();
        let named = assert_whole(&store, &plan).await;
        assert!([0, 2, 3].contains(&named), "{plan}: {named}");
        publish_under(&store, "").await;
        assert!(everything(&store).await == wanted, "{plan}");
        assert!(!dir.join(".solidata").exists(), "{plan}");
        std::fs::remove_dir_all(dir).unwrap();
    }
}
