//! A publication that is cut off at each of its requests to the store: before the request is carried out, and after, with its answer lost.

use super::{
    publish_all,
    tests::{draft, everything, folder},
};
use crate::{
    PublicStore,
    public::faults::{When, faulty},
};
use solidata_model::{Digest, Manifest, kind};
use solidata_signing::{NewKey, SecretKey};
use std::path::Path;

/// A release that was published before, and the two that are being published.
pub(super) struct World {
    old: tempfile::TempDir,
    new: [tempfile::TempDir; 2],
    key: SecretKey,
}

impl World {
    pub(super) fn make() -> Self {
        let new = [folder("new 1"), folder("new 2")];
        // One file that goes in parts.
        std::fs::write(new[0].path().join("large.parquet"), [7u8; 3000]).unwrap();
        let key = SecretKey::read(NewKey::generate(None).unwrap().secret_file(), None).unwrap();
        Self { old: folder("old"), new, key }
    }

    pub(super) async fn store(&self, root: Option<&Path>) -> PublicStore {
        let store = match root {
            None => PublicStore::memory(),
            Some(root) => PublicStore::folder(root).unwrap(),
        };
        publish_all(&store, vec![draft(self.old.path(), "2024-07")], Some(&self.key), &()).await.unwrap();
        store.with_parts_of(1024)
    }

    pub(super) async fn publish(&self, store: &PublicStore) -> crate::Result<()> {
        let drafts = vec![draft(self.new[0].path(), "2024-08"), draft(self.new[1].path(), "2024-09")];
        publish_all(store, drafts, Some(&self.key), &()).await.map(drop)
    }
}

/// For thousands of syncs: in memory where the system has such a disk.
pub(super) fn quick_dir() -> tempfile::TempDir {
    let shm = Path::new("/dev/shm");
    if shm.is_dir() { tempfile::tempdir_in(shm) } else { tempfile::tempdir() }.unwrap()
}

/// Whatever `index.json` names is there, whole, and part of the chain.
pub(super) async fn assert_whole(store: &PublicStore, what: &str) -> usize {
    let (index, _) = store.read_index().await.unwrap();
    for entry in &index.releases {
        let bytes = store.get(&format!("{}/manifest.json", entry.prefix)).await.unwrap().unwrap_or_else(|| panic!("{what}: no manifest"));
        assert_eq!(Digest::<kind::File>::of(&bytes), entry.manifest_sha256, "{what}");
        let manifest: Manifest = serde_json::from_slice(&bytes).unwrap();
        for file in &manifest.files {
            let (_, sha256) = store.digest(&format!("{}/{}", entry.prefix, file.path), crate::Phase::ReadBack, &()).await.unwrap().unwrap();
            assert_eq!(sha256, file.sha256, "{what}: {}", file.path);
        }
        assert!(store.head(&format!("{}/SHA256SUMS", entry.prefix)).await.unwrap().is_some(), "{what}");
        assert!(store.head(&format!("chain/{:06}.json", entry.sealed)).await.unwrap().is_some(), "{what}");
    }
    index.releases.len()
}

async fn every_cut(in_folder: bool) {
    let world = World::make();
    let dirs = quick_dir();
    let root = |name: String| in_folder.then(|| dirs.path().join(name));

    let (clean, counter) = faulty(&world.store(root("clean".into()).as_deref()).await, u64::MAX, When::Before);
    world.publish(&clean).await.unwrap();
    let requests = counter.load(std::sync::atomic::Ordering::SeqCst);
    let wanted = everything(&clean).await;
    assert!(requests > 50, "{requests}");

    for when in [When::Before, When::After] {
        for fatal in 1..=requests {
            let what = format!("{when:?} request {fatal} of {requests}");
            let name = root(format!("{when:?}-{fatal}"));
            let store = world.store(name.as_deref()).await;
            let (cut, _) = faulty(&store, fatal, when);
            let result = world.publish(&cut).await;
            drop(cut);
            let named = assert_whole(&store, &what).await;
            assert!(named == 1 || named == 3, "{what}: {named} releases are named: half a publication");
            // An error may hide a success (the answer was lost), never the other way round.
            assert!(result.is_err() || named == 3, "{what}");
            world.publish(&store).await.unwrap_or_else(|e| panic!("{what}: {e}"));
            let found = everything(&store).await;
            assert!(found == wanted, "{what}: {:?}", found.keys());
            if let Some(root) = name {
                assert!(!root.join(".solidata").exists(), "{what}");
                std::fs::remove_dir_all(root).unwrap();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_publication_is_invisible_and_can_be_repeated_in_memory() {
    every_cut(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_publication_is_invisible_and_can_be_repeated_in_a_folder() {
    every_cut(true).await;
}
