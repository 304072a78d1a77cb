//! The signature within the index, and the list of keys that leads to the one that made it.

use crate::{PublicKey, Result, SecretKey, SigningError};
use solidata_model::{Index, KeyEntry};

fn index_comment(index: &Index) -> String {
    format!("solidata index.json {}", index.counter)
}

fn key_comment(since: u64) -> String {
    format!("solidata key since {since}")
}

/// What an endorsement signs: the new public key as one line.
fn endorsed(public_key: &str) -> Vec<u8> {
    format!("{public_key}\n").into_bytes()
}

/// The entry of a key that signs from the counter `since` on, endorsed by the key before it; none before the first key.
///
/// # Errors
/// Never with the types of this version.
pub fn key_entry(new: &PublicKey, since: u64, before: Option<&SecretKey>) -> Result<KeyEntry> {
    let public_key = new.to_string();
    let endorsement = match before {
        Some(before) => Some(before.sign(&endorsed(&public_key), &key_comment(since))?),
        None => None,
    };
    Ok(KeyEntry { public_key, since, endorsement })
}

/// Signs an index; `key` must be the newest of its keys.
///
/// # Errors
/// [`SigningError::Index`] when it is not.
pub fn sign_index(mut index: Index, key: &SecretKey) -> Result<Index> {
    let newest = index.keys.last().ok_or_else(|| SigningError::Index("the index names no key".into()))?;
    if newest.public_key != key.public().to_string() {
        return Err(SigningError::Index(format!("the newest key of the index is not {}", key.public().id())));
    }
    let bytes = index.signed_bytes().map_err(|_| SigningError::Internal("an index cannot be written"))?;
    index.signature = Some(key.sign(&bytes, &index_comment(&index))?);
    Ok(index)
}

/// The keys of an index, the first one first; each but the first is endorsed by the one before it. Empty for an index that was never signed.
///
/// # Errors
/// [`SigningError::Index`] when a key is none or is not endorsed.
pub fn check_keys(index: &Index) -> Result<Vec<PublicKey>> {
    let wrong = |number: usize, e: &dyn std::fmt::Display| SigningError::Index(format!("key {number} of its keys: {e}"));
    let mut keys: Vec<PublicKey> = Vec::with_capacity(index.keys.len());
    for (number, entry) in (1..).zip(&index.keys) {
        let key = PublicKey::parse(&entry.public_key).map_err(|e| wrong(number, &e))?;
        if key.to_string() != entry.public_key {
            return Err(wrong(number, &SigningError::PublicKey));
        }
        match (keys.last(), &entry.endorsement) {
            (None, None) => {}
            (Some(before), Some(endorsement)) => before
                .verify(&endorsed(&entry.public_key), endorsement, &key_comment(entry.since))
                .map_err(|e| wrong(number, &format!("its endorsement by the key before it does not hold: {e}")))?,
            _ => return Err(wrong(number, &"a key that is not the first needs an endorsement, and the first has none")),
        }
        keys.push(key);
    }
    Ok(keys)
}

/// Verifies the signature of an index under the newest of its keys, whose endorsements [`check_keys`] looks at.
///
/// # Errors
/// [`SigningError::Index`] when there is none, or there is one and no key; otherwise as [`PublicKey::verify`].
pub fn check_index_signature(index: &Index, newest: Option<&PublicKey>) -> Result<()> {
    match (newest, &index.signature) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(SigningError::Index("it has a signature and names no key".into())),
        (Some(_), None) => Err(SigningError::Index("it names keys and is not signed".into())),
        (Some(key), Some(signature)) => {
            let bytes = index.signed_bytes().map_err(|_| SigningError::Internal("an index cannot be written"))?;
            key.verify(&bytes, signature, &index_comment(index))
        }
    }
}
