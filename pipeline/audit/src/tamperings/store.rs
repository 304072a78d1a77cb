//! The store that is tampered with, and what a forger needs.

use crate::{VerifyOptions, tests::make};
use serde::{Serialize, de::DeserializeOwned};
use solidata_model::{ChainLink, Digest, Index, Manifest, Previous, canonical_json, kind};
use solidata_signing::{NewKey, PublicKey, SecretKey};
use solidata_store::{
    PublicStore,
    release::{Release, publish_all, rotate},
};
use std::{fs, path::Path};

pub(super) const JULY: &str = "releases/2024-07/r1";
pub(super) const AUGUST: &str = "releases/2024-08/r1";
pub(super) const SEPTEMBER: &str = "releases/2024-09/r1";

/// A signed store of three releases; the key was changed before the third.
pub(super) struct World {
    dir: tempfile::TempDir,
    pub(super) first: SecretKey,
    pub(super) second: SecretKey,
    /// Of nobody who may publish.
    pub(super) forger: SecretKey,
    /// `index.json` after the second release, and after the change of the key.
    pub(super) older: [Vec<u8>; 2],
}

fn new_key() -> SecretKey {
    SecretKey::read(NewKey::generate(None).unwrap().secret_file(), None).unwrap()
}

impl World {
    pub(super) async fn publish() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let [first, second, forger] = [new_key(), new_key(), new_key()];
        let store = PublicStore::folder(dir.path()).unwrap();
        let publish = async |month: &str, rows: i64, key: &SecretKey| {
            let files = tempfile::tempdir().unwrap();
            let draft = Release::draft(files.path(), make(files.path(), month, rows), &()).unwrap();
            publish_all(&store, vec![draft], Some(key), &()).await.unwrap();
            fs::read(dir.path().join("index.json")).unwrap()
        };
        publish("2024-07", 50, &first).await;
        let two = publish("2024-08", 60, &first).await;
        rotate(&store, &first, &second).await.unwrap();
        let rotated = fs::read(dir.path().join("index.json")).unwrap();
        publish("2024-09", 700, &second).await;
        Self { dir, first, second, forger, older: [two, rotated] }
    }

    pub(super) fn copy(&self) -> tempfile::TempDir {
        let copy = tempfile::tempdir().unwrap();
        for path in solidata_store::walk(self.dir.path()).unwrap() {
            let to = copy.path().join(&path);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(self.dir.path().join(&path), to).unwrap();
        }
        copy
    }

    /// The releases, with the key of their time.
    pub(super) fn releases(&self) -> [(&'static str, &PublicKey); 3] {
        [(JULY, self.first.public()), (AUGUST, self.first.public()), (SEPTEMBER, self.second.public())]
    }

    pub(super) fn newest(&self) -> &PublicKey {
        self.second.public()
    }

    /// What a reader has who trusts the first key, and saw the newest index.
    pub(super) fn trusting(&self) -> VerifyOptions {
        let seen = fs::read(self.dir.path().join("index.json")).unwrap();
        VerifyOptions { month: None, key: Some(self.first.public().clone()), since: Some(Digest::of(&seen)) }
    }
}

pub(super) fn read<T: DeserializeOwned>(root: &Path, path: &str) -> T {
    serde_json::from_slice(&fs::read(root.join(path)).unwrap()).unwrap()
}

pub(super) fn write<T: Serialize>(root: &Path, path: &str, value: &T) {
    fs::write(root.join(path), canonical_json(value).unwrap()).unwrap();
}

/// Changes a document, and writes it in the canonical form.
pub(super) fn edit<T: Serialize + DeserializeOwned>(root: &Path, path: &str, change: impl FnOnce(&mut T)) {
    let mut value: T = read(root, path);
    change(&mut value);
    write(root, path, &value);
}

/// Changes the bytes of a file.
pub(super) fn damage(root: &Path, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(root.join(path)).unwrap();
    change(&mut bytes);
    fs::write(root.join(path), bytes).unwrap();
}

/// Replaces a text that is there.
pub(super) fn replace(root: &Path, path: &str, from: &str, to: &str) {
    let text = fs::read_to_string(root.join(path)).unwrap();
    assert!(text.contains(from), "{path}: {from}");
    fs::write(root.join(path), text.replacen(from, to, 1)).unwrap();
}

/// Makes the line of a file in `SHA256SUMS` right.
pub(super) fn correct_sums(root: &Path, prefix: &str, name: &str) {
    let path = root.join(prefix).join("SHA256SUMS");
    let sha256: Digest<kind::File> = Digest::of(&fs::read(root.join(prefix).join(name)).unwrap());
    let right = |line: &str| if line.ends_with(&format!("  {name}")) { format!("{sha256}  {name}\n") } else { format!("{line}\n") };
    let text: String = fs::read_to_string(&path).unwrap().lines().map(right).collect();
    fs::write(path, text).unwrap();
}

/// Puts an invented release in the place of September's, with everything that names it but signatures: the link and the index.
pub(super) fn forge_september(root: &Path, signer: Option<&SecretKey>) {
    let files = tempfile::tempdir().unwrap();
    let before: Manifest = read(root, &format!("{SEPTEMBER}/manifest.json"));
    let signature = fs::read(root.join(SEPTEMBER).join("manifest.json.minisig")).unwrap();
    let draft = Release::draft(files.path(), make(files.path(), "2024-09", 701), &()).unwrap();
    let previous: Option<Previous> = before.previous;
    let sealed = draft.seal(previous, signer).unwrap();
    fs::remove_dir_all(root.join(SEPTEMBER)).unwrap();
    sealed.write_to(&root.join(SEPTEMBER)).unwrap();
    if signer.is_none() {
        fs::write(root.join(SEPTEMBER).join("manifest.json.minisig"), signature).unwrap();
    }
    edit(root, "chain/000003.json", |link: &mut ChainLink| link.manifest_sha256 = sealed.manifest_sha256());
    edit(root, "index.json", |index: &mut Index| index.releases[2].manifest_sha256 = sealed.manifest_sha256());
}

/// Signs a manifest again.
pub(super) fn sign_manifest(root: &Path, prefix: &str, key: &SecretKey) {
    let manifest = fs::read(root.join(prefix).join("manifest.json")).unwrap();
    let signature = key.sign(&manifest, &solidata_signing::manifest_comment(prefix)).unwrap();
    fs::write(root.join(prefix).join("manifest.json.minisig"), signature).unwrap();
}
