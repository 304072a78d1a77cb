//! A real process that publishes into a folder and keeps a vault, killed at any moment.

use super::{
    publish_all,
    tests::{draft, everything, folder},
    tests_crash::assert_whole,
};
use crate::{PublicStore, Stage, Vault};
use solidata_model::StageKeyBuilder;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

const DIR: &str = "SOLIDATA_TEST_KILL_DIR";

/// Makes an output of the vault, then publishes it.
async fn work(dir: &Path) {
    let vault = Vault::open(&dir.join("vault")).unwrap();
    vault.year_key(2024).unwrap();
    let key = StageKeyBuilder::new("kill", 1).finish();
    let output = match vault.stage("kill", &key).unwrap() {
        Stage::Done(output) => output,
        Stage::Pending(pending) => {
            for i in 0..20 {
                fs::write(pending.path(&format!("{i:02}.json")), vec![b'0' + i; 50_000]).unwrap();
            }
            pending.commit().unwrap()
        }
    };
    assert_eq!(output.receipt().files.len(), 20);
    let store = PublicStore::folder(&dir.join("public")).unwrap().with_parts_of(8_000);
    let [a, b] = ["a", "b"].map(folder);
    for (dir, n) in [(&a, 9), (&b, 8)] {
        fs::copy(output.file(&format!("{n:02}.json")).unwrap(), dir.path().join("large.json")).unwrap();
    }
    publish_all(&store, vec![draft(a.path(), "2024-08"), draft(b.path(), "2024-09")], None, &()).await.unwrap();
}

/// Not a test: the process that is killed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by the test below"]
async fn the_one_that_is_killed() {
    work(&PathBuf::from(std::env::var(DIR).unwrap())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_may_be_killed_at_any_moment() {
    let (dir, clean) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    work(clean.path()).await;
    let wanted = everything(&PublicStore::folder(&clean.path().join("public")).unwrap()).await;
    let store = PublicStore::folder(&dir.path().join("public")).unwrap();
    for round in 0..40u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "release::tests_kill::the_one_that_is_killed", "--ignored", "--test-threads=1"])
            .env(DIR, dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(10 + round * 7));
        child.kill().unwrap();
        child.wait().unwrap();
        let named = assert_whole(&store, &format!("round {round}")).await;
        assert!(named == 0 || named == 2, "round {round}");
        // Begin anew now and then, so that every part of the work is hit.
        if named == 2 || round % 8 == 7 {
            fs::remove_dir_all(dir.path().join("public")).unwrap_or_default();
            fs::remove_dir_all(dir.path().join("vault")).unwrap_or_default();
        }
    }
    work(dir.path()).await;
    assert!(everything(&store).await == wanted);
    assert!(!dir.path().join("public/.solidata").exists());
    assert_eq!(fs::read_dir(dir.path().join("vault/tmp")).unwrap().count(), 0);
}
