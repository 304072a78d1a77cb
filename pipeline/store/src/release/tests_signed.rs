//! Signed stores: who may publish, and that a key follows another.

use super::{
    MANIFEST, MANIFEST_SIGNATURE, Outcome, publish_all, rotate,
    tests::{draft, everything, folder},
};
use crate::{
    Fault, PublicStore, StoreError,
    public::faults::{When, faulty},
};
use solidata_model::{Done, Index, Manifest, PROVENANCE, ReleaseState, canonical_json};
use solidata_signing::{NewKey, PublicKey, SecretKey, check_index_signature, check_keys, manifest_comment};

fn new_key() -> SecretKey {
    SecretKey::read(NewKey::generate(None).unwrap().secret_file(), None).unwrap()
}

async fn index(store: &PublicStore) -> Index {
    let index = store.read_index().await.unwrap().0;
    index.check_history().unwrap();
    check_index_signature(&index, check_keys(&index).unwrap().last()).unwrap();
    index
}

async fn assert_manifest_is_signed(store: &PublicStore, prefix: &str, key: &PublicKey) {
    let get = async |name: &str| store.get(&format!("{prefix}/{name}")).await.unwrap().unwrap();
    let signature = String::from_utf8(get(MANIFEST_SIGNATURE).await.to_vec()).unwrap();
    let manifest = get(MANIFEST).await;
    key.verify(&manifest, &signature, &manifest_comment(prefix)).unwrap();
    let manifest: Manifest = serde_json::from_slice(&manifest).unwrap();
    assert!(manifest.files.iter().all(|f| f.path != MANIFEST_SIGNATURE));
    assert_eq!(get(PROVENANCE).await, manifest.provenance().unwrap());
}

/// Publishes one month.
async fn publish(store: &PublicStore, text: &str, month: &str, signer: Option<&SecretKey>) -> crate::Result<Outcome> {
    let dir = folder(text);
    publish_all(store, vec![draft(dir.path(), month)], signer, &()).await.map(|done| done[0].outcome)
}

fn is_signer(e: &StoreError, word: &str) -> bool {
    matches!(e, StoreError::Signer { .. }) && e.to_string().contains(word) && e.fault() == Fault::Usage
}

#[tokio::test]
async fn a_signed_store_stays_signed() {
    let (store, key, stranger) = (PublicStore::memory(), new_key(), new_key());
    publish(&store, "a", "2024-07", None).await.unwrap();
    assert!(index(&store).await.keys.is_empty());
    // The first publication with a key begins to sign.
    publish(&store, "b", "2024-08", Some(&key)).await.unwrap();
    let signed = index(&store).await;
    assert_eq!((signed.counter, signed.keys.len(), signed.keys[0].since), (2, 1, 2));
    assert!(matches!(&signed.log[1].done[..], [Done::Rotate { .. }, Done::Publish { .. }]));
    assert!(signed.releases.iter().all(|r| r.state == ReleaseState::Current));
    assert!(store.head("releases/2024-07/r1/manifest.json.minisig").await.unwrap().is_none());
    assert_manifest_is_signed(&store, "releases/2024-08/r1", key.public()).await;
    let before = everything(&store).await;
    for other in [None, Some(&stranger)] {
        let e = publish(&store, "c", "2024-09", other).await.unwrap_err();
        assert!(is_signer(&e, &key.public().id()), "{e}");
        // What is published is so, whoever asks.
        assert_eq!(publish(&store, "b", "2024-08", other).await.unwrap(), Outcome::AlreadyPublished);
    }
    assert_eq!(everything(&store).await, before);
    publish(&store, "c", "2024-09", Some(&key)).await.unwrap();
    assert_eq!(index(&store).await.counter, 3);
}

#[tokio::test]
async fn the_same_publication_gives_the_same_bytes_signatures_included() {
    let key = new_key();
    let mut all = Vec::new();
    for _ in 0..2 {
        let store = PublicStore::memory();
        publish(&store, "a", "2024-08", Some(&key)).await.unwrap();
        publish(&store, "b", "2024-09", Some(&key)).await.unwrap();
        all.push(everything(&store).await);
    }
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0].keys().filter(|p| p.ends_with(".minisig")).count(), 2);
}

#[tokio::test]
async fn a_store_that_was_tampered_with_is_not_built_upon() {
    let (key, stranger) = (new_key(), new_key());
    type Edit<'a> = (&'a str, &'a dyn Fn(&mut Index));
    let edits: [Edit; 6] = [
        ("signature", &|i| i.signature = None),
        ("bytes", &|i| i.releases[0].partial = true),
        ("log", &|i| i.counter += 1),
        ("log", &|i| i.releases[0].state = ReleaseState::Withdrawn),
        ("keys", &|i| i.keys.clear()),
        // Made to look like a store that was never signed.
        ("lost its signature", &|i| {
            i.keys.clear();
            i.signature = None;
            i.log[0].done.remove(0);
        }),
    ];
    for (word, edit) in edits {
        let store = PublicStore::memory();
        publish(&store, "a", "2024-08", Some(&key)).await.unwrap();
        let (mut index, token) = store.read_index().await.unwrap();
        edit(&mut index);
        store.swap_index(&token, &index).await.unwrap();
        for signer in [&key, &stranger] {
            let e = publish(&store, "b", "2024-09", Some(signer)).await.unwrap_err();
            assert!(matches!(e, StoreError::Damaged { .. }), "{word}: {e}");
        }
        let e = rotate(&store, &key, &stranger).await.unwrap_err();
        assert!(matches!(e, StoreError::Damaged { .. }) || word == "lost its signature", "{word}: {e}");
    }
}

#[tokio::test]
async fn one_key_follows_another() {
    let (store, [first, second, third]) = (PublicStore::memory(), [new_key(), new_key(), new_key()]);
    let e = rotate(&store, &first, &second).await.unwrap_err();
    assert!(is_signer(&e, "not signed"), "{e}");
    publish(&store, "a", "2024-07", Some(&first)).await.unwrap();
    let e = rotate(&store, &second, &third).await.unwrap_err();
    assert!(is_signer(&e, &first.public().id()), "{e}");
    let e = rotate(&store, &first, &first).await.unwrap_err();
    assert!(is_signer(&e, "before"), "{e}");
    let rotated = rotate(&store, &first, &second).await.unwrap();
    assert_eq!(rotated, index(&store).await);
    // Whoever does not know whether it was done, does it again.
    assert_eq!(rotate(&store, &first, &second).await.unwrap(), rotated);
    let e = publish(&store, "b", "2024-08", Some(&first)).await.unwrap_err();
    assert!(is_signer(&e, &second.public().id()), "{e}");
    publish(&store, "b", "2024-08", Some(&second)).await.unwrap();
    let e = rotate(&store, &second, &first).await.unwrap_err();
    assert!(is_signer(&e, "before"), "{e}");
    rotate(&store, &second, &third).await.unwrap();
    let index = index(&store).await;
    assert_eq!(index.keys.iter().map(|k| k.since).collect::<Vec<_>>(), [1, 2, 4]);
    assert_eq!(check_keys(&index).unwrap(), [&first, &second, &third].map(|k| k.public().clone()));
    assert_manifest_is_signed(&store, "releases/2024-07/r1", first.public()).await;
    assert_manifest_is_signed(&store, "releases/2024-08/r1", second.public()).await;
}

/// A rotation that is cut off at each of its requests leaves the old or the new key, and may be repeated.
#[tokio::test]
async fn a_cut_rotation_can_be_repeated() {
    let [first, second] = [new_key(), new_key()];
    let mut done = 0;
    for (cut, when) in (1..=4).flat_map(|cut| [(cut, When::Before), (cut, When::After)]) {
        let store = PublicStore::memory();
        publish(&store, "a", "2024-07", Some(&first)).await.unwrap();
        let (cut_off, _) = faulty(&store, cut, when);
        done += usize::from(rotate(&cut_off, &first, &second).await.is_ok());
        assert!(index(&store).await.keys.len() <= 2);
        rotate(&store, &first, &second).await.unwrap();
        assert_eq!(index(&store).await.keys.len(), 2);
    }
    assert!(done < 8, "nothing was cut off");
}

/// What a publication with the key before left, after a rotation, gives way to that with the new one.
#[tokio::test]
async fn a_publication_that_was_cut_before_a_rotation_is_signed_anew() {
    let [first, second] = [new_key(), new_key()];
    let wanted = {
        let store = PublicStore::memory();
        publish(&store, "a", "2024-07", Some(&first)).await.unwrap();
        rotate(&store, &first, &second).await.unwrap();
        publish(&store, "b", "2024-08", Some(&second)).await.unwrap();
        everything(&store).await
    };
    let mut left = 0;
    for cut in 1..60 {
        let store = PublicStore::memory().with_patience(std::time::Duration::ZERO);
        publish(&store, "a", "2024-07", Some(&first)).await.unwrap();
        let (cut_off, _) = faulty(&store, cut, When::After);
        if publish(&cut_off, "b", "2024-08", Some(&first)).await.is_ok() || index(&store).await.releases.len() == 2 {
            continue;
        }
        left += usize::from(store.head("releases/2024-08/r1/manifest.json.minisig").await.unwrap().is_some());
        rotate(&store, &first, &second).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        publish(&store, "b", "2024-08", Some(&second)).await.unwrap_or_else(|e| panic!("cut at {cut}: {e}"));
        assert!(everything(&store).await == wanted, "cut at {cut}");
    }
    assert!(left > 0);
}

#[tokio::test]
async fn a_signed_index_is_canonical() {
    let (store, key) = (PublicStore::memory(), new_key());
    publish(&store, "a", "2024-07", Some(&key)).await.unwrap();
    let bytes = store.get(crate::INDEX).await.unwrap().unwrap();
    assert_eq!(canonical_json(&index(&store).await).unwrap(), bytes);
}
