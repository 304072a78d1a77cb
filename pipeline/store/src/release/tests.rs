use super::*;
use crate::{
    Fault, PublicStore, Put,
    public::tests::{s3_stores, unique},
};
use chrono::NaiveDate;
use solidata_model::{
    ChainLink, Done, Index, MANIFEST_FORMAT, Month, ReleaseState, RevisionSpec, RunSpec, SnapshotPin, SnapshotRole, Thresholds, Tool,
};

/// The manifest of an invented month, for the files of `dir`.
pub(crate) fn manifest(dir: &Path, month: &str, snapshot: &str) -> Manifest {
    let month: Month = month.parse().unwrap();
    let day = NaiveDate::from_ymd_opt(2024, 10, 3).unwrap();
    let run = RunSpec {
        month,
        snapshots: vec![SnapshotPin { role: SnapshotRole::Lieux, sha256: Digest::of(snapshot.as_bytes()) }],
        date_photo: day,
        now: day,
        partial: false,
        covered_until: None,
        cut_off: None,
        thresholds: Thresholds::default(),
        since: None,
        revision: None,
    };
    let files = walk(dir).unwrap().iter().map(|path| describe_file(dir, path, "application/json").unwrap()).collect();
    Manifest {
        format: MANIFEST_FORMAT.into(),
        month,
        revision: 1,
        licence: "etalab-2.0".into(),
        parameters_sha256: Digest::of(&canonical_json(&run).unwrap()),
        run,
        code_lists: Vec::new(),
        sql: Vec::new(),
        contracts: Vec::new(),
        tool: Tool { name: "solidata".into(), version: "0.0.0".into(), writer: 1, cargo_lock_sha256: Digest::of(b"") },
        checks: Vec::new(),
        tests: Vec::new(),
        files,
        previous: None,
    }
}

/// A folder with the files of an invented release.
pub(crate) fn folder(text: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("schemas")).unwrap();
    fs::write(dir.path().join("schemas/a.json"), format!("{{\"schema of\": \"{text}\"}}\n")).unwrap();
    fs::write(dir.path().join("datapackage.json"), text).unwrap();
    dir
}

/// An invented release.
pub(crate) fn draft(dir: &Path, month: &str) -> Release<Draft> {
    Release::draft(dir, manifest(dir, month, "snapshot"), &()).unwrap()
}

/// A further revision of a month.
pub(crate) fn draft_of(dir: &Path, month: &str, revision: u32) -> Release<Draft> {
    let mut manifest = manifest(dir, month, "snapshot");
    manifest.revision = revision;
    manifest.run.revision = (revision > 1).then(|| RevisionSpec {
        reason: "a label was wrong".into(),
        corrects: format!("releases/{month}/r{}", revision - 1),
        demand_kept: true,
    });
    manifest.run.since = manifest.run.revision.as_ref().map(|r| r.corrects.clone());
    manifest.parameters_sha256 = Digest::of(&canonical_json(&manifest.run).unwrap());
    Release::draft(dir, manifest, &()).unwrap()
}

/// Leaves what a publication leaves that is killed right before its swap: a mark that is held, objects (one of them strange), a link.
pub(super) async fn leave(store: &PublicStore, dir: &Path, month: &str) -> claims::Claim {
    let unfinished = draft(dir, month).seal(None, None).unwrap();
    let claim = claims::claim(store, &unfinished).await.unwrap();
    for object in unfinished.objects() {
        let bytes = match object.source {
            ObjectSource::Made(bytes) => bytes.clone(),
            ObjectSource::File(path) => fs::read(path).unwrap().into(),
        };
        store.put_new(&format!("{}/{}", unfinished.prefix(), object.path), bytes).await.unwrap();
    }
    store.put_new(&format!("{}/left.csv", unfinished.prefix()), "left".into()).await.unwrap();
    for (link, bytes) in links::of(&[(&unfinished, 1)]).unwrap() {
        store.put_new(&links::path(link.number), bytes).await.unwrap();
    }
    claim
}

/// Every object of a store with its bytes.
pub(crate) async fn everything(store: &PublicStore) -> BTreeMap<String, Bytes> {
    let mut found = BTreeMap::new();
    for object in store.list("").await.unwrap() {
        let bytes = store.get(&object.path).await.unwrap().unwrap();
        found.insert(object.path, bytes);
    }
    found
}

#[test]
fn a_draft_is_what_its_manifest_says() {
    let dir = folder("a");
    let good = manifest(dir.path(), "2024-09", "s");
    let refuse = |manifest: Manifest, word: &str| {
        let e = Release::draft(dir.path(), manifest, &()).unwrap_err();
        assert!(e.to_string().contains(word), "{e}");
        assert_eq!(e.fault(), Fault::Findings);
    };
    let with = |change: &dyn Fn(&mut Manifest)| {
        let mut m = good.clone();
        change(&mut m);
        m
    };
    refuse(with(&|m| drop(m.files.pop())), "not in the manifest");
    refuse(with(&|m| m.files[0].bytes += 1), "size or sha256");
    refuse(with(&|m| m.files[0].sha256 = Digest::of(b"other")), "size or sha256");
    refuse(with(&|m| m.files.push(FileEntry { path: "sql/x.sql".into(), ..m.files[0].clone() })), "not on the disk");
    refuse(with(&|m| m.files.push(m.files[0].clone())), "twice");
    refuse(with(&|m| m.run.partial = true), "parameters_sha256");
    refuse(with(&|m| m.month = m.month.next()), "month");
    for since in ["releases/2024-10/r1", "releases/2024-09/r1", "releases/2024-8/r1", "2024-08"] {
        refuse(with(&|m| m.run.since = Some(since.into())), "changes since");
    }
    refuse(with(&|m| m.format = "solidata-manifest/9".into()), "format");
    for path in [
        "../x",
        "/x",
        "a//b",
        "a/./b",
        ".hidden",
        "a/.b",
        "é",
        "a b",
        "a\\b",
        "manifest.json",
        "manifest.json.minisig",
        "SHA256SUMS",
        "WITHDRAWN.json",
        "",
    ] {
        refuse(with(&|m| m.files[0].path = path.into()), "no path");
    }
    refuse(with(&|m| m.files[0].path = "data/t.csv".into()), "has no rows");
    let release = Release::draft(dir.path(), good.clone(), &()).unwrap().seal(None, None).unwrap();
    assert_eq!(release.prefix(), "releases/2024-09/r1");
    for name in [MANIFEST, MANIFEST_SIGNATURE, SUMS, MANIFEST_SCHEMA, PROVENANCE] {
        fs::write(dir.path().join(name), "x").unwrap();
        assert!(Release::draft(dir.path(), good.clone(), &()).is_err(), "{name}");
        fs::remove_file(dir.path().join(name)).unwrap();
    }
}

#[test]
fn coreutils_accept_the_sums() {
    let dir = folder("a");
    let release = draft(dir.path(), "2024-09").seal(None, None).unwrap();
    let out = tempfile::tempdir().unwrap();
    release.write_to(out.path()).unwrap();
    assert!(release.write_to(out.path()).is_err());
    let paths = walk(out.path()).unwrap();
    assert_eq!(
        paths,
        ["SHA256SUMS", "datapackage.json", "manifest.json", "provenance.intoto.json", "schemas/a.json", "schemas/manifest.schema.json"]
    );
    assert_eq!(fs::read_to_string(out.path().join(SUMS)).unwrap().lines().count(), paths.len() - 1);
    let ran = std::process::Command::new("sha256sum").args(["--check", "--strict", "--quiet", SUMS]).current_dir(out.path()).status();
    match ran {
        Ok(status) => assert!(status.success()),
        Err(_) => println!("SKIPPED: no sha256sum on this machine"),
    }
    let manifest: Manifest = serde_json::from_slice(&fs::read(out.path().join(MANIFEST)).unwrap()).unwrap();
    assert_eq!(manifest, *release.manifest());
}

#[tokio::test(flavor = "multi_thread")]
async fn months_are_published_in_one_swap_and_once() {
    let (a, b, c) = (folder("a"), folder("b"), folder("c"));
    let public = tempfile::tempdir().unwrap();
    let mut stores = vec![PublicStore::memory(), PublicStore::folder(&public.path().join("p")).unwrap()];
    stores.extend(s3_stores().iter().map(|s| s.under(&unique())));
    for store in stores {
        // Given in any order, published in that of the months.
        let drafts = vec![draft(b.path(), "2024-09"), draft(a.path(), "2024-08")];
        let done = publish_all(&store, drafts.clone(), None, &()).await.unwrap();
        assert_eq!(
            done.iter().map(|p| (p.prefix.as_str(), p.sealed)).collect::<Vec<_>>(),
            [("releases/2024-08/r1", 1), ("releases/2024-09/r1", 2)]
        );
        assert!(done.iter().all(|p| p.outcome == Outcome::New));
        // In a bucket the probe stays.
        assert!(store.list("staging").await.unwrap().iter().all(|o| o.path.ends_with("probe.txt")));
        let before = everything(&store).await;
        assert_eq!(before.keys().filter(|p| !p.starts_with("staging/")).count(), 2 * 6 + 2 + 1, "{:?}", before.keys());
        let (index, _) = store.read_index().await.unwrap();
        assert_eq!((index.sealed, index.releases.len()), (2, 2));

        let again = publish_all(&store, drafts, None, &()).await.unwrap();
        assert!(again.iter().all(|p| p.outcome == Outcome::AlreadyPublished));
        assert_eq!(everything(&store).await, before);

        // A month with other content is refused, and takes the month that comes with it along.
        let changed = Release::draft(a.path(), manifest(a.path(), "2024-08", "another snapshot"), &()).unwrap();
        let e = publish_all(&store, vec![changed, draft(c.path(), "2024-10")], None, &()).await.unwrap_err();
        assert!(matches!(&e, StoreError::PublishedOtherwise { differences, .. } if differences.contains("snapshots")), "{e}");
        assert_eq!(e.fault(), Fault::Findings);
        let e = publish_all(&store, vec![draft(c.path(), "2024-09")], None, &()).await.unwrap_err();
        assert!(e.to_string().contains("datapackage.json, schemas/a.json"), "{e}");
        assert_eq!(everything(&store).await, before);

        // The next month joins the chain, together with one that is there.
        let done = publish_all(&store, vec![draft(a.path(), "2024-08"), draft(c.path(), "2024-10")], None, &()).await.unwrap();
        assert_eq!(done.iter().map(|p| p.outcome).collect::<Vec<_>>(), [Outcome::AlreadyPublished, Outcome::New]);
        let link: ChainLink = serde_json::from_slice(&store.get("chain/000003.json").await.unwrap().unwrap()).unwrap();
        assert_eq!(link.previous_manifest_sha256, Some(again[1].manifest_sha256));
        for (path, bytes) in &before {
            assert!(path == "index.json" || store.get(path).await.unwrap().as_ref() == Some(bytes), "{path}");
        }
        assert!(publish_all(&store, Vec::new(), None, &()).await.unwrap().is_empty());
        let e = publish_all(&store, vec![draft(a.path(), "2024-11"), draft(b.path(), "2024-11")], None, &()).await.unwrap_err();
        assert_eq!(e.fault(), Fault::Internal);
    }
    let mut top: Vec<_> = fs::read_dir(public.path().join("p")).unwrap().map(|e| e.unwrap().file_name()).collect();
    top.sort();
    assert_eq!(top, ["chain", "index.json", "releases"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_it_would_write() {
    let (a, public, scratch) = (folder("a"), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = public.path().join("p");
    let (store, log) = PublicStore::folder(&root).unwrap().dry_run(scratch.path()).unwrap();
    publish_all(&store, vec![draft(a.path(), "2024-08")], None, &()).await.unwrap();
    let paths: Vec<_> = log.writes().await.unwrap().into_iter().map(|w| w.path).collect();
    assert_eq!(paths.len(), 8);
    assert!(paths.contains(&"index.json".into()) && paths.contains(&"releases/2024-08/r1/SHA256SUMS".into()));
    assert!(!root.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_publishers_at_once_lose_nothing() {
    let dirs: Vec<_> = (0..4).map(|i| folder(&format!("{i}"))).collect();
    let public = tempfile::tempdir().unwrap();
    let publish = |i: usize| {
        let store = PublicStore::folder(public.path()).unwrap();
        let release = draft(dirs[i].path(), &format!("2024-{:02}", i + 1));
        async move { publish_all(&store, vec![release], None, &()).await }
    };
    let done = futures::future::join_all((0..4).map(publish)).await;
    assert!(done.iter().all(std::result::Result::is_ok), "{done:?}");
    let store = PublicStore::folder(public.path()).unwrap();
    let (index, _) = store.read_index().await.unwrap();
    assert_eq!((index.sealed, index.releases.len()), (4, 4));
    assert!(store.list("staging").await.unwrap().is_empty());
}

/// In a bucket there is no lock: whoever comes second sees a conflict, and succeeds when it runs again.
#[tokio::test(flavor = "multi_thread")]
async fn the_second_of_two_publishers_in_a_bucket_tries_again() {
    let (a, b) = (folder("a"), folder("b"));
    let store = PublicStore::memory();
    // Both planned against the empty store.
    let first = Publication::plan(&store, vec![draft(a.path(), "2024-08")], None).await.unwrap();
    let second = Publication::plan(&store, vec![draft(b.path(), "2024-09")], None).await.unwrap();
    let same = Publication::plan(&store, vec![draft(a.path(), "2024-08")], None).await.unwrap();
    let held = store.exclusive().await.unwrap();
    first.run(&store, &held, &()).await.unwrap();
    for late in [same, second] {
        let e = late.run(&store, &held, &()).await.unwrap_err();
        assert!(matches!(e, StoreError::Conflict { .. }), "{e}");
        assert_eq!(e.fault(), Fault::Unavailable);
    }
    drop(held);
    let again = publish_all(&store, vec![draft(a.path(), "2024-08")], None, &()).await.unwrap();
    assert_eq!(again[0].outcome, Outcome::AlreadyPublished);
    publish_all(&store, vec![draft(b.path(), "2024-09")], None, &()).await.unwrap();
    let (index, _) = store.read_index().await.unwrap();
    assert_eq!(index.sealed, 2);
    assert!(store.list("staging").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_unfinished_publication_left_gives_way() {
    let (a, b) = (folder("a"), folder("b"));
    let store = PublicStore::memory();
    leave(&store, a.path(), "2024-08").await;

    // In a bucket nobody can tell a dead publication from one that is at work, but by waiting. The same one need not wait.
    for month in ["2024-07", "2024-08"] {
        let e = publish_all(&store, vec![draft(b.path(), month)], None, &()).await.unwrap_err();
        assert!(matches!(e, StoreError::Busy { .. }), "{e}");
    }
    let store = store.with_patience(std::time::Duration::from_millis(50));
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    // Another month takes the number, then the month itself comes with other content.
    publish_all(&store, vec![draft(b.path(), "2024-07")], None, &()).await.unwrap();
    publish_all(&store, vec![draft(b.path(), "2024-08")], None, &()).await.unwrap();
    let clean = PublicStore::memory();
    publish_all(&clean, vec![draft(b.path(), "2024-07")], None, &()).await.unwrap();
    publish_all(&clean, vec![draft(b.path(), "2024-08")], None, &()).await.unwrap();
    assert_eq!(everything(&store).await, everything(&clean).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_published_never_gives_way_even_if_the_index_is_lost() {
    let (a, b) = (folder("a"), folder("b"));
    let store = PublicStore::memory();
    publish_all(&store, vec![draft(a.path(), "2024-08")], None, &()).await.unwrap();
    let before = everything(&store).await;
    store.remove("index.json").await.unwrap();
    for month in ["2024-08", "2024-09"] {
        let e = publish_all(&store, vec![draft(b.path(), month)], None, &()).await.unwrap_err();
        assert!(matches!(&e, StoreError::Occupied { remedy, .. } if remedy.contains("index.json")), "{e}");
    }
    let kept = everything(&store).await;
    assert!(before.iter().all(|(path, bytes)| path == "index.json" || kept.get(path) == Some(bytes)));
    // The same release brings its index back.
    publish_all(&store, vec![draft(a.path(), "2024-08")], None, &()).await.unwrap();
    assert_eq!(store.get("index.json").await.unwrap(), before.get("index.json").cloned());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_is_not_built_upon() {
    let (a, b) = (folder("a"), folder("b"));
    for path in ["chain/000001.json", "releases/2024-08/r1/manifest.json"] {
        let store = PublicStore::memory();
        publish_all(&store, vec![draft(a.path(), "2024-08")], None, &()).await.unwrap();
        store.remove(path).await.unwrap();
        let drafts = vec![draft(a.path(), "2024-08"), draft(b.path(), "2024-09")];
        let e = publish_all(&store, drafts.clone(), None, &()).await.unwrap_err();
        assert!(matches!(e, StoreError::Damaged { .. }), "{e}");
        assert_eq!(store.put_new(path, "{}".into()).await.unwrap(), Put::Written);
        assert!(matches!(publish_all(&store, drafts, None, &()).await.unwrap_err(), StoreError::Damaged { .. }));
        let (index, _) = store.read_index().await.unwrap();
        assert_eq!(index.sealed, 1);
    }
    let store = PublicStore::memory();
    store.put_new("index.json", canonical_json(&Index { sealed: 3, ..Index::empty() }).unwrap().into()).await.unwrap();
    assert!(publish_all(&store, vec![draft(a.path(), "2024-08")], None, &()).await.is_err());
}

#[tokio::test]
async fn a_revision_takes_the_place_of_the_one_before_which_stays() {
    let (one, two) = (folder("one"), folder("two"));
    let store = PublicStore::memory();
    let early = publish_all(&store, vec![draft_of(two.path(), "2024-08", 2)], None, &()).await.unwrap_err();
    assert!(matches!(early, StoreError::TooEarly { .. }), "{early}");
    publish_all(&store, vec![draft(one.path(), "2024-08")], None, &()).await.unwrap();
    let before = everything(&store).await;
    let done = publish_all(&store, vec![draft_of(two.path(), "2024-08", 2)], None, &()).await.unwrap();
    assert_eq!((done[0].revision, done[0].outcome, done[0].sealed), (2, Outcome::New, 2));
    let (index, _) = store.read_index().await.unwrap();
    assert_eq!(index.releases.iter().map(|r| r.state).collect::<Vec<_>>(), [ReleaseState::Superseded, ReleaseState::Current]);
    assert!(matches!(&index.log[1].done[..], [Done::Revise { reason: Some(reason), .. }] if reason == "a label was wrong"));
    let after = everything(&store).await;
    assert!(before.iter().filter(|(path, _)| path.starts_with("releases/")).all(|(path, bytes)| after.get(path) == Some(bytes)));
    // again: nothing to do, for the first one too
    for draft in [draft_of(two.path(), "2024-08", 2), draft(one.path(), "2024-08")] {
        let again = publish_all(&store, vec![draft], None, &()).await.unwrap();
        assert_eq!(again[0].outcome, Outcome::AlreadyPublished);
    }
    let other = publish_all(&store, vec![draft_of(one.path(), "2024-08", 2)], None, &()).await.unwrap_err();
    assert!(matches!(other, StoreError::PublishedOtherwise { .. }), "{other}");
    assert!(matches!(publish_all(&store, vec![draft_of(two.path(), "2024-08", 4)], None, &()).await, Err(StoreError::TooEarly { .. })));
    assert_eq!(everything(&store).await, after);
}
