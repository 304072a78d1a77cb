//! Who may change the index of a signed store, and how one key follows another.

use super::MANIFEST_SIGNATURE;
use crate::{INDEX, IndexToken, PublicStore, Result, StoreError};
use solidata_model::{Done, Index, IndexEntry};
use solidata_signing::{PublicKey, SecretKey, check_index_signature, check_keys, key_entry, sign_index};

/// The key that signs the index now, when it is signed as it must be: a store that was tampered with is not built upon.
pub(super) fn newest_key(store: &PublicStore, index: &Index) -> Result<Option<PublicKey>> {
    let damaged = |e: &dyn std::fmt::Display| {
        damaged(store, &format!("{e}: run `solidata verify` on the store, and put the newest good copy of it back"))
    };
    index.check_history().map_err(|e| damaged(&e))?;
    let newest = check_keys(index).map_err(|e| damaged(&e))?.pop();
    check_index_signature(index, newest.as_ref()).map_err(|e| damaged(&e))?;
    Ok(newest)
}

fn damaged(store: &PublicStore, detail: &str) -> StoreError {
    StoreError::Damaged { address: store.address().into(), path: INDEX.into(), detail: detail.into() }
}

fn refused(store: &PublicStore, detail: String) -> StoreError {
    StoreError::Signer { address: store.address().into(), detail }
}

/// Whether who has `signer` may change the index.
///
/// # Errors
/// [`StoreError::Signer`] when it may not; [`StoreError::Damaged`] when the index names no key though its releases are signed.
pub(super) async fn admit(store: &PublicStore, index: &Index, newest: Option<&PublicKey>, signer: Option<&SecretKey>) -> Result<()> {
    match (newest, signer) {
        (None, None) => Ok(()),
        (Some(key), None) => {
            Err(refused(store, format!("the store is signed by the key {}: give that key, nothing unsigned is published here", key.id())))
        }
        (Some(key), Some(signer)) if key == signer.public() => Ok(()),
        (Some(key), Some(signer)) => Err(refused(
            store,
            format!(
                "the store is signed by the key {}, and the key that was given is {}: give the former, or rotate to the latter first",
                key.id(),
                signer.public().id()
            ),
        )),
        (None, Some(_)) => {
            for entry in &index.releases {
                if store.head(&format!("{}/{MANIFEST_SIGNATURE}", entry.prefix)).await?.is_some() {
                    let detail = format!(
                        "it names no key, though {} is signed: it lost its signature. Put the newest good copy of it back",
                        entry.prefix
                    );
                    return Err(damaged(store, &detail));
                }
            }
            Ok(())
        }
    }
}

/// The index after one more change, signed when there is a signer; the first signer begins the list of keys.
pub(super) fn next_index(
    store: &PublicStore,
    (index, token): (&Index, &IndexToken),
    mut done: Vec<Done>,
    new: Vec<IndexEntry>,
    signer: Option<&SecretKey>,
) -> Result<Index> {
    let mut key = None;
    if let (Some(signer), true) = (signer, index.keys.is_empty()) {
        done.insert(0, Done::Rotate { public_key: signer.public().to_string() });
        key = Some(key_entry(signer.public(), index.counter + 1, None).map_err(StoreError::internal)?);
    }
    let next =
        index.next(token.sha256(), done, new, key).map_err(|e| damaged(store, &format!("{e}: run `solidata verify` on the store")))?;
    let next = next.dated(store.today);
    match signer {
        None => Ok(next),
        Some(signer) => sign_index(next, signer).map_err(StoreError::internal),
    }
}

/// Makes `new` the key of a signed store: the key before it endorses it, and it signs the index. The same call may be repeated after any failure.
///
/// # Errors
/// [`StoreError::Signer`] when the store is not signed, `old` is not its newest key, or `new` was its key before; [`StoreError::Conflict`] when
/// someone published in between; otherwise as [`super::publish_all`].
pub async fn rotate(store: &PublicStore, old: &SecretKey, new: &SecretKey) -> Result<Index> {
    let _held = store.exclusive().await?;
    let (index, token) = store.read_index().await?;
    let Some(newest) = newest_key(store, &index)? else {
        return Err(refused(store, "the store is not signed: publish with the new key, which begins to sign it".into()));
    };
    let known = |key: &SecretKey| index.keys.iter().position(|k| k.public_key == key.public().to_string());
    if newest == *new.public() && known(old).is_some_and(|at| at + 2 == index.keys.len()) {
        return Ok(index);
    }
    admit(store, &index, Some(&newest), Some(old)).await?;
    if known(new).is_some() {
        return Err(refused(store, format!("the key {} was a key of this store before: make a new one", new.public().id())));
    }
    let entry = key_entry(new.public(), index.counter + 1, Some(old)).map_err(StoreError::internal)?;
    let done = vec![Done::Rotate { public_key: new.public().to_string() }];
    let next = index.next(token.sha256(), done, Vec::new(), Some(entry)).map_err(StoreError::internal)?;
    let next = sign_index(next.dated(store.today), new).map_err(StoreError::internal)?;
    store.probe_conditional_writes().await?;
    store.swap_index(&token, &next).await?;
    Ok(next)
}
