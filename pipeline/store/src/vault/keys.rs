use super::Vault;
use crate::{Result, StoreError, files::write_whole};
use std::{fmt, fs, path::PathBuf};

/// A secret key of 256 bits. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct HashKey([u8; 32]);

impl HashKey {
    /// The key itself.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey(secret)")
    }
}

impl Vault {
    /// The key that accounts and organisations are hashed with in a year. Made from the system's randomness when it is first asked for; the
    /// same ever after.
    ///
    /// # Errors
    /// When the file is damaged (it is never made anew: other keys give other releases), or cannot be read or written.
    pub fn year_key(&self, year: i32) -> Result<HashKey> {
        self.key(&format!("year-{year:04}.key"))
    }

    /// The key of the hashes that only compare searches within one stream; like [`Vault::year_key`].
    ///
    /// # Errors
    /// As for [`Vault::year_key`].
    pub fn stream_key(&self) -> Result<HashKey> {
        self.key("stream.key")
    }

    fn key(&self, name: &str) -> Result<HashKey> {
        let path = self.root().join("keys").join(name);
        match fs::read_to_string(&path) {
            Ok(text) => parse(&text).ok_or_else(|| damaged(path)),
            Err(e) if e.kind() == std::io::ErrorKind::InvalidData => Err(damaged(path)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let mut key = [0u8; 32];
                getrandom::fill(&mut key).map_err(|e| StoreError::internal(format!("the system gives no random bytes: {e}")))?;
                let mut text: String = key.iter().map(|b| format!("{b:02x}")).collect();
                text.push('\n');
                // The vault's lock is ours and the file is not there: the rename cannot replace another run's key.
                write_whole(&self.tmp(), &path, text.as_bytes())?;
                Ok(HashKey(key))
            }
            Err(e) => Err(StoreError::io(path, "read")(e)),
        }
    }
}

fn parse(text: &str) -> Option<HashKey> {
    let hex = text.strip_suffix('\n')?;
    if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut key = [0u8; 32];
    for (i, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(HashKey(key))
}

fn damaged(path: PathBuf) -> StoreError {
    StoreError::Vault { path, detail: "this key is damaged: put it back from a backup (a new key would give other hashes)".into() }
}
