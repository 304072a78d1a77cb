//! What is left behind is found and removed, and nothing else ever is.

use super::{
    Stale, Why, find_stale, publish_all, remove_stale,
    tests::{draft, everything, folder, leave},
    tests_crash::{World, assert_whole, quick_dir},
    tests_race::{assert_chained, insist, seeds},
};
use crate::{
    Fault, PublicStore,
    public::{
        faults::{When, faulty, in_turns, sleepy},
        tests::{s3_stores, unique},
    },
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

fn paths(stale: &[Stale]) -> Vec<&str> {
    stale.iter().map(|s| s.path.as_str()).collect()
}

/// Removes all that is stale, and sees that nothing is left of it.
async fn sweep(store: &PublicStore, what: &str) -> Vec<Stale> {
    let found = find_stale(store).await.unwrap_or_else(|e| panic!("{what}: {e}"));
    assert!(found.iter().all(Stale::is_removable), "{what}: {found:?}");
    let removed = remove_stale(store, &found).await.unwrap_or_else(|e| panic!("{what}: {e}"));
    assert_eq!(paths(&removed), paths(&found), "{what}");
    let left = find_stale(store).await.unwrap();
    assert!(left.is_empty(), "{what}: {left:?}");
    found
}

async fn after_every_cut(in_folder: bool) {
    let world = World::make();
    let dirs = quick_dir();
    let root = |name: String| in_folder.then(|| dirs.path().join(name));
    let clean = world.store(root("clean".into()).as_deref()).await;
    let before = everything(&clean).await;
    let (counted, counter) = faulty(&clean, u64::MAX, When::Before);
    world.publish(&counted).await.unwrap();
    let (requests, wanted) = (counter.load(Ordering::SeqCst), everything(&clean).await);
    let mut swept = 0;
    for when in [When::Before, When::After] {
        for fatal in 1..=requests {
            let what = format!("{when:?} request {fatal} of {requests}");
            let name = root(format!("{when:?}-{fatal}"));
            let store = world.store(name.as_deref()).await.with_patience(Duration::ZERO);
            let (cut, _) = faulty(&store, fatal, when);
            let _ = world.publish(&cut).await;
            drop(cut);
            swept += sweep(&store, &what).await.len();
            // Nothing but what is published.
            let published = if assert_whole(&store, &what).await == 1 { &before } else { &wanted };
            let found = everything(&store).await;
            assert!(found == *published, "{what}: {:?}", found.keys());
            world.publish(&store).await.unwrap_or_else(|e| panic!("{what}: {e}"));
            assert!(everything(&store).await == wanted, "{what}");
            if let Some(root) = name {
                assert!(!root.join(".solidata").exists(), "{what}");
                std::fs::remove_dir_all(root).unwrap();
            }
        }
    }
    assert!(swept as u64 > requests, "{swept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_every_cut_what_is_left_goes_in_memory() {
    after_every_cut(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_every_cut_what_is_left_goes_in_a_folder() {
    after_every_cut(true).await;
}

/// Tidying up that is itself cut off, at each of its requests.
#[tokio::test]
async fn tidying_up_may_be_cut_too() {
    let (left, new) = (folder("left"), folder("new"));
    let begin = async || {
        let store = PublicStore::memory().with_patience(Duration::ZERO);
        leave(&store, left.path(), "2024-08").await;
        store
    };
    let counted = begin().await;
    let (counted, counter) = faulty(&counted, u64::MAX, When::Before);
    assert_eq!(sweep(&counted, "all").await.len(), 9);
    assert!(everything(&counted).await.is_empty());
    let requests = counter.load(Ordering::SeqCst);
    for when in [When::Before, When::After] {
        for fatal in 1..=requests {
            let what = format!("{when:?} request {fatal} of {requests}");
            let store = begin().await;
            let (cut, _) = faulty(&store, fatal, when);
            if let Ok(found) = find_stale(&cut).await {
                let _ = remove_stale(&cut, &found).await;
            }
            if fatal % 2 == 0 {
                sweep(&store, &what).await;
                assert!(everything(&store).await.is_empty(), "{what}");
            }
            for month in ["2024-07", "2024-08"] {
                publish_all(&store, vec![draft(new.path(), month)], None, &()).await.unwrap_or_else(|e| panic!("{what}, {month}: {e}"));
            }
            sweep(&store, &what).await;
            assert_eq!(assert_whole(&store, &what).await, 2);
            assert_chained(&store, &what).await;
        }
    }
}

/// A publisher that sleeps at any of its requests, and is alive: nothing of it goes, even if someone chose it.
async fn disturb(base: &PublicStore, other: &PublicStore, at: u64, what: &str) -> bool {
    let (old, a, b) = (folder("old"), folder("a"), folder("b"));
    publish_all(base, vec![draft(old.path(), "2024-07")], None, &()).await.unwrap();
    let (sleeper, nap) = sleepy(&base.with_parts_of(5 << 20), at);
    let drafts = vec![draft(a.path(), "2024-08"), draft(b.path(), "2024-09")];
    let mut publication = tokio::spawn(async move { publish_all(&sleeper, drafts, None, &()).await });
    let asleep = tokio::select! {
        () = nap.asleep.notified() => true,
        done = &mut publication => { done.unwrap().unwrap(); false }
    };
    if asleep {
        let found = find_stale(other).await.unwrap();
        assert!(found.is_empty(), "{what}: {found:?}");
        let chosen = all_of(base).await;
        let (mine, theirs) = (other.clone(), tokio::spawn(async move { publication.await.unwrap() }));
        // In a folder it waits for the publication to end.
        let removing = tokio::spawn(async move { remove_stale(&mine, &chosen).await });
        if !other.has_lock() {
            assert!(removing.await.unwrap().unwrap().is_empty(), "{what}");
            nap.wake.notify_one();
        } else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            nap.wake.notify_one();
            assert!(removing.await.unwrap().unwrap().is_empty(), "{what}");
        }
        theirs.await.unwrap().unwrap_or_else(|e| panic!("{what}: {e}"));
    }
    assert_eq!(assert_whole(base, what).await, 3);
    assert_chained(base, what).await;
    asleep
}

/// Everything that is there, as if someone held it for stale.
async fn all_of(store: &PublicStore) -> Vec<Stale> {
    let stale = |path: &str, why: Why, version| Stale { path: path.into(), bytes: 0, age: Duration::ZERO, why, version };
    let mut all = Vec::new();
    for object in store.list("").await.unwrap() {
        let prefix = ["releases/2024-07/r1", "releases/2024-08/r1", "releases/2024-09/r1"];
        for prefix in prefix.map(String::from) {
            for why in [Why::Unfinished { prefix: prefix.clone() }, Why::Link { prefix: prefix.clone() }, Why::Mark { prefix }, Why::Staged]
            {
                all.push(stale(&object.path, why, object.version.clone()));
            }
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_at_work_is_not_disturbed() {
    let mut slept = 0;
    for at in 1..=80 {
        let memory = PublicStore::memory();
        slept += u64::from(disturb(&memory, &memory.as_another_process(), at, &format!("memory, asleep at {at}")).await);
        let dir = quick_dir();
        let open = || PublicStore::folder(dir.path()).unwrap();
        slept += u64::from(disturb(&open(), &open(), at, &format!("folder, asleep at {at}")).await);
    }
    assert!(slept > 60, "{slept}");
    for bucket in s3_stores() {
        for at in (4..=80).step_by(25) {
            let store = bucket.under(&format!("{}-{at}", unique()));
            disturb(&store, &store.as_another_process(), at, &format!("{}, asleep at {at}", bucket.address())).await;
        }
    }
}

/// While some publish, and one of them was cut off before, another tidies up all the time.
#[tokio::test(start_paused = true)]
async fn tidying_up_and_publishing_at_once() {
    let dirs: Vec<_> = (0..3).map(|i| folder(&format!("{i}"))).collect();
    let left = folder("left");
    let mut removed = 0;
    // So many as it takes to see it fail when a link is removed without being rewritten.
    for seed in 0..seeds().end * 10 {
        let what = format!("seed {seed}");
        let (store, pace) = (PublicStore::memory(), Arc::new(AtomicU64::new(seed)));
        leave(&store, left.path(), if seed % 2 == 0 { "2024-01" } else { "2024-05" }).await.let_go(&store).await;
        let publish = |i: usize| {
            let (store, dir) = (in_turns(&store, &pace), dirs[i].path());
            async move { insist(store, dir, &format!("2024-0{}", i + 1)).await }
        };
        let tidy = async {
            let store = in_turns(&store, &pace);
            let mut count = 0;
            for _ in 0..6 {
                let found = find_stale(&store).await.unwrap();
                assert!(found.iter().all(Stale::is_removable), "{what}: {found:?}");
                count += match remove_stale(&store, &found).await {
                    Ok(gone) => gone.len(),
                    Err(e) => {
                        assert_eq!(e.fault(), Fault::Unavailable, "{what}: {e}");
                        0
                    }
                };
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
            count
        };
        let (done, count) = futures::future::join(futures::future::join_all((0..3).map(publish)), tidy).await;
        removed += count;
        for done in done {
            done.unwrap_or_else(|e| panic!("{what}: {e}"));
        }
        assert_eq!(assert_whole(&store, &what).await, 3);
        assert_chained(&store, &what).await;
        sweep(&store.with_patience(Duration::ZERO), &what).await;
        assert_eq!(assert_whole(&store, &what).await, 3);
        assert!(store.list("staging").await.unwrap().is_empty(), "{what}");
    }
    assert!(removed > 50, "{removed}");
}

/// A publisher that is put to sleep at any of its requests and taken for dead; what it left is removed, and then it wakes up.
#[tokio::test]
async fn who_wakes_up_after_tidying_up_leaves_no_riddle() {
    let [a, b] = ["a", "b"].map(folder);
    let patience = Duration::from_millis(5);
    let all = vec![draft(a.path(), "2024-01"), draft(b.path(), "2024-02")];
    let mut slept = 0;
    for at in 1..=80 {
        let what = format!("asleep at request {at}");
        let store = PublicStore::memory().with_patience(patience);
        let (sleeper, nap) = sleepy(&store, at);
        let ours = all.clone();
        let mut publication = tokio::spawn(async move { publish_all(&sleeper, ours, None, &()).await });
        tokio::select! {
            () = nap.asleep.notified() => {}
            _ = &mut publication => continue,
        }
        tokio::time::sleep(patience * 2).await;
        sweep(&store, &what).await;
        nap.wake.notify_one();
        let late = publication.await.unwrap();
        slept += 1;
        assert_eq!(assert_whole(&store, &what).await, if late.is_ok() { 2 } else { 0 }, "{what}: {late:?}");
        tokio::time::sleep(patience * 2).await;
        let left = find_stale(&store).await.unwrap();
        assert!(left.iter().all(Stale::is_removable), "{what}: {left:?}");
        if at % 2 == 0 {
            sweep(&store, &what).await;
        }
        publish_all(&store, all.clone(), None, &()).await.unwrap_or_else(|e| panic!("{what}: {e}"));
        assert_eq!(assert_whole(&store, &what).await, 2);
        assert_chained(&store, &what).await;
    }
    assert!(slept > 35, "{slept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_riddle_is_shown_and_left_to_a_person() {
    let (a, dir) = (folder("a"), tempfile::tempdir().unwrap());
    for store in [PublicStore::memory().with_patience(Duration::ZERO), PublicStore::folder(dir.path()).unwrap()] {
        publish_all(&store, vec![draft(a.path(), "2024-08")], None, &()).await.unwrap();
        assert!(find_stale(&store).await.unwrap().is_empty());
        for odd in ["releases/readme.txt", "releases/2024-09/r1/data/x.csv", "chain/7.json", "chain/000009.json", "staging/notes.txt"] {
            store.put_new(odd, "{}".into()).await.unwrap();
        }
        store.put_new("staging/unfinished/2024-10-r1.json", "{}".into()).await.unwrap();
        store.put_new("releases/2024-10/r1/data/x.csv", "{}".into()).await.unwrap();
        let odd = find_stale(&store).await.unwrap();
        assert_eq!(odd.len(), 6, "{odd:?}");
        // Now what was published is a riddle too.
        store.remove("index.json").await.unwrap();
        let before = everything(&store).await;
        let found = find_stale(&store).await.unwrap();
        assert_eq!(found.len(), before.len() - 1, "{found:?}");
        assert!(found.iter().all(|s| s.why == Why::Riddle && s.bytes > 0 && s.why.to_string().contains("index.json")), "{found:?}");
        assert!(remove_stale(&store, &found).await.unwrap().is_empty());
        assert_eq!(everything(&store).await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_leftover_has_its_reason_and_its_time() {
    let (left, new) = (folder("left"), folder("new"));
    let digest = "ab".repeat(32);
    let mut stores = vec![PublicStore::memory()];
    stores.extend(s3_stores().iter().map(|s| s.under(&unique())));
    for store in stores {
        let claim = leave(&store, left.path(), "2024-08").await;
        for path in [format!("staging/{digest}.parquet"), "staging/clock-00.txt".into()] {
            store.put_new(&path, "1".into()).await.unwrap();
        }
        // In a bucket none of it is old enough: someone may be at work.
        assert!(find_stale(&store).await.unwrap().is_empty());
        claim.let_go(&store).await;
        assert!(find_stale(&store).await.unwrap().iter().all(|s| matches!(s.why, Why::Unfinished { .. } | Why::Link { .. })));
        tokio::time::sleep(Duration::from_millis(2100)).await;
        let soon = store.with_patience(Duration::from_secs(1));
        let found = find_stale(&soon).await.unwrap();
        let prefix = String::from("releases/2024-08/r1");
        let count = |why: &Why| found.iter().filter(|s| s.why == *why).count();
        assert_eq!(count(&Why::Unfinished { prefix: prefix.clone() }), 7, "{found:?}");
        assert_eq!((count(&Why::Link { prefix: prefix.clone() }), count(&Why::Staged), count(&Why::Clock)), (1, 1, 1), "{found:?}");
        assert_eq!(found.len(), 10, "the mark stays: {found:?}");
        assert!(found.iter().all(|s| s.age >= Duration::from_secs(1) && s.age < Duration::from_secs(60)), "{found:?}");
        // Only what was chosen.
        let chosen: Vec<_> = found.iter().filter(|s| s.why == Why::Clock || s.path.ends_with("left.csv")).cloned().collect();
        assert_eq!(paths(&remove_stale(&soon, &chosen).await.unwrap()), paths(&chosen));
        assert_eq!(find_stale(&soon).await.unwrap().len(), 8);
        sweep(&soon, store.address()).await;
        // An empty mark goes when it is old.
        let marks = store.list("staging/unfinished").await.unwrap();
        assert_eq!(marks.len(), 1);
        let late = store.with_patience(Duration::ZERO);
        assert_eq!(sweep(&late, store.address()).await.iter().map(|s| s.why.clone()).collect::<Vec<_>>(), [Why::Mark { prefix }]);
        publish_all(&store, vec![draft(new.path(), "2024-08")], None, &()).await.unwrap();
        assert_eq!(assert_whole(&store, store.address()).await, 1);
        assert_eq!(store.unlisted_leftovers().is_some(), store.address().starts_with("s3"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_in_the_making_are_found_in_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let store = PublicStore::folder(&dir.path().join("p")).unwrap();
    assert!(find_stale(&store).await.unwrap().is_empty());
    assert!(!dir.path().join("p").exists());
    std::fs::create_dir_all(dir.path().join("p/.solidata")).unwrap();
    let part = dir.path().join("p/.solidata/0-7.part");
    std::fs::write(&part, "half").unwrap();
    let found = find_stale(&store).await.unwrap();
    assert_eq!((paths(&found), found[0].bytes, &found[0].why), (vec![".solidata/0-7.part"], 4, &Why::Part));
    let other = PublicStore::folder(&dir.path().join("p")).unwrap();
    let held = other.exclusive_now().await.unwrap().unwrap();
    assert!(find_stale(&store).await.unwrap().is_empty());
    assert!(part.exists());
    drop(held);
    assert_eq!(remove_stale(&store, &found).await.unwrap(), found);
    assert!(!dir.path().join("p/.solidata").exists());
}
