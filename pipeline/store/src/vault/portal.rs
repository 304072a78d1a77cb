//! What is remembered of portals that show what is published: ids, and what was written there last. What it says is known to who writes it.

use super::{Vault, VaultView, check_name};
use crate::{
    Result, StoreError,
    files::{create_private_dir, write_whole},
};
use std::{fs, path::PathBuf};

impl VaultView {
    /// Where the record of a portal lies; `host` is the portal's name, such as `www.data.gouv.fr` or `127.0.0.1:7000`.
    pub fn portal_path(&self, host: &str) -> PathBuf {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        let name: String = host.chars().map(plain).collect();
        self.root.join("portal").join(format!("{}.json", name.trim_start_matches('.')))
    }

    /// The record of a portal; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn portal_record(&self, host: &str) -> Result<Option<Vec<u8>>> {
        let path = self.portal_path(host);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(StoreError::io(path, "read")(e)),
        }
    }
}

impl Vault {
    /// Writes the record of a portal, as a whole, over the one before.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write_portal_record(&self, host: &str, bytes: &[u8]) -> Result<()> {
        let path = self.view().portal_path(host);
        check_name(path.file_name().and_then(|name| name.to_str()).unwrap_or_default())?;
        create_private_dir(&self.root().join("portal"))?;
        write_whole(&self.tmp(), &path, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_portal_has_its_record() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::open(&folder.path().join("v")).unwrap();
        assert_eq!(vault.view().portal_record("www.data.gouv.fr").unwrap(), None);
        vault.write_portal_record("www.data.gouv.fr", b"a").unwrap();
        vault.write_portal_record("www.data.gouv.fr", b"b").unwrap();
        vault.write_portal_record("127.0.0.1:7000", b"c").unwrap();
        vault.write_portal_record("../x", b"d").unwrap();
        let read = |host: &str| vault.view().portal_record(host).unwrap().unwrap();
        assert_eq!((read("www.data.gouv.fr"), read("127.0.0.1:7000")), (b"b".to_vec(), b"c".to_vec()));
        assert!(vault.view().portal_path("../x").starts_with(vault.root().join("portal")));
        assert!(vault.view().portal_path("127.0.0.1:7000").ends_with("127.0.0.1-7000.json"));
    }
}
