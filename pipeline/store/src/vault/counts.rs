use super::{Vault, VaultView};
use crate::{Result, StoreError, files::write_whole};
use serde::{Deserialize, Serialize};
use solidata_model::{Digest, StageKey, canonical_json, kind};
use std::{fs, path::PathBuf};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: String,
    key: String,
}

const FORMAT: &str = "solidata-counts/1";

impl VaultView {
    fn counts_path(&self, table: &Digest<kind::File>) -> PathBuf {
        self.root().join("counts").join(format!("{table}.json"))
    }

    /// The key of the stage output that holds the exact counts which a table of demand was made from, if the vault knows it.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when what it knows is damaged.
    pub fn counts_of(&self, table: &Digest<kind::File>) -> Result<Option<StageKey>> {
        let path = self.counts_path(table);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(StoreError::io(path, "read")(e)),
        };
        let stored = serde_json::from_slice::<Stored>(&text).ok().filter(|stored| stored.format == FORMAT);
        let damaged = || StoreError::Vault { path, detail: "it is damaged: remove it and run the month again from its snapshots".into() };
        stored.and_then(|stored| stored.key.parse().ok()).map(Some).ok_or_else(damaged)
    }
}

impl Vault {
    /// Keeps in mind which exact counts a table of demand was made from. It is said before the table is published, so that nothing is lost when the run is
    /// killed in between; and it outlives the ledger, which is then read again from the public store.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn remember_counts(&self, table: &Digest<kind::File>, key: &StageKey) -> Result<()> {
        let stored = Stored { format: FORMAT.into(), key: key.to_string() };
        write_whole(&self.tmp(), &self.view().counts_path(table), &canonical_json(&stored).map_err(StoreError::internal)?)
    }
}
