//! Signatures of releases and of the index, in the format of [minisign](https://jedisct1.github.io/minisign/): whoever has Debian's `minisign`
//! can check them without this program.
//!
//! ```
//! use solidata_signing::{NewKey, SecretKey};
//! # fn main() -> Result<(), solidata_signing::SigningError> {
//! let files = NewKey::generate(Some("a password"))?;
//! let key = SecretKey::read(files.secret_file(), Some("a password"))?;
//! let signature = key.sign(b"bytes", "what this is")?;
//! files.public().verify(b"bytes", &signature, "what this is")?;
//! assert!(files.public().verify(b"bites", &signature, "what this is").is_err());
//! assert_eq!(signature, key.sign(b"bytes", "what this is")?);
//! # Ok(())
//! # }
//! ```
//!
//! What holds:
//! - The same bytes, comment and key give the same signature: Ed25519 as RFC 8032 has it, over the BLAKE2b-512 of the bytes, and no time in the
//!   comment. Debian's `minisign` makes the very same. (The `minisign` crate, which keeps the key files here, mixes chance into what it signs;
//!   so `ring` signs.)
//! - What is verified here, `minisign -V` verifies. The reverse need not hold: a signature is also refused here when its text is not in the one
//!   form that there is, when its trusted comment is another one, or when it is a legacy signature.
//! - A secret key and a password are in no error and in no `Debug`.
//!
//! What never happens here: a look at the clock, the environment or the network, or a question at the terminal.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod error;
mod files;
mod index;
mod public;
mod secret;
#[cfg(test)]
mod tests;

pub use error::{Result, SigningError};
pub use files::NewKey;
pub use index::{check_index_signature, check_keys, key_entry, sign_index};
pub use public::PublicKey;
pub use secret::SecretKey;

/// The trusted comment of the signature of a release's manifest; `prefix` is where the release lies.
pub fn manifest_comment(prefix: &str) -> String {
    format!("solidata {prefix} manifest.json")
}

/// The trusted comment of the signature of a withdrawn release's tombstone.
pub fn tombstone_comment(prefix: &str) -> String {
    format!("solidata {prefix} WITHDRAWN.json")
}
