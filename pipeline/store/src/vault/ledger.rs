use super::{Vault, VaultView};
use crate::{
    Result, StoreError,
    files::{digest_file, write_whole},
};
use serde::{Deserialize, Serialize};
use solidata_model::{Digest, IndexEntry, canonical_json, kind};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A release in the ledger of everything ever published.
///
/// All of it can be read again from the public store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerEntry {
    format: String,
    /// The release, as the public index named it when it was published; `sealed` is the entry's number.
    pub release: IndexEntry,
    /// sha256 of its table of demand, a Parquet file; none when it has none.
    pub table: Option<Digest<kind::File>>,
    /// sha256 of the entry before it.
    pub previous: Option<Digest<kind::File>>,
}

const FORMAT: &str = "solidata-ledger/1";

fn name(number: u64, extension: &str) -> String {
    format!("{number:06}.{extension}")
}

impl VaultView {
    fn ledger_path(&self, number: u64, extension: &str) -> PathBuf {
        self.root().join("ledger").join(name(number, extension))
    }

    /// The ledger, in the order of publication. Each entry is proved to follow the one before it.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when an entry was changed or taken away.
    pub fn ledger(&self) -> Result<Vec<LedgerEntry>> {
        let folder = self.root().join("ledger");
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut entries: Vec<LedgerEntry> = Vec::new();
        let mut previous = None;
        for file in crate::files::walk(&folder)?.into_iter().filter(|f| f.ends_with(".json")) {
            let path = folder.join(&file);
            let damaged = |detail: &str| StoreError::Vault {
                path: path.clone(),
                detail: format!(
                    "{detail}: the ledger is damaged; move the folder away and run again, which rebuilds it from the public store"
                ),
            };
            let bytes = fs::read(&path).map_err(StoreError::io(&path, "read"))?;
            let entry: LedgerEntry = serde_json::from_slice(&bytes).map_err(|_| damaged("it is no entry of this version"))?;
            if entry.format != FORMAT || name(entry.release.sealed, "json") != file || entry.previous != previous {
                return Err(damaged("it does not follow the entry before it"));
            }
            previous = Some(Digest::of(&bytes));
            entries.push(entry);
        }
        Ok(entries)
    }

    /// Where the table of a release in the ledger lies, every byte of it verified; none when the release had none.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when it is damaged.
    pub fn ledger_table(&self, entry: &LedgerEntry) -> Result<Option<PathBuf>> {
        let Some(sha256) = entry.table else { return Ok(None) };
        let path = self.ledger_path(entry.release.sealed, "parquet");
        match digest_file(&path) {
            Ok((_, found)) if found == sha256 => Ok(Some(path)),
            _ => Err(StoreError::Vault {
                path,
                detail: "the ledger's table is damaged: move the folder away and run again, which rebuilds it from the public store".into(),
            }),
        }
    }
}

impl Vault {
    /// Adds a published release at the end of the ledger, with the bytes of its table of demand.
    ///
    /// # Errors
    /// When it was published before the last entry, or the disk refuses.
    pub fn append_ledger(&self, release: IndexEntry, table: Option<&Path>) -> Result<()> {
        let entries = self.view().ledger()?;
        if entries.last().is_some_and(|last| last.release.sealed >= release.sealed) {
            return Err(StoreError::internal("a release is added to the ledger out of order"));
        }
        let previous = match entries.last() {
            Some(last) => {
                let path = self.view().ledger_path(last.release.sealed, "json");
                Some(Digest::of(&fs::read(&path).map_err(StoreError::io(&path, "read"))?))
            }
            None => None,
        };
        let number = release.sealed;
        let mut digest = None;
        if let Some(table) = table {
            let bytes = fs::read(table).map_err(StoreError::io(table, "read"))?;
            digest = Some(Digest::of(&bytes));
            write_whole(&self.tmp(), &self.view().ledger_path(number, "parquet"), &bytes)?;
        }
        let entry = LedgerEntry { format: FORMAT.into(), release: release.as_published(), table: digest, previous };
        // The entry comes last: without it the table is not there.
        let bytes = canonical_json(&entry).map_err(StoreError::internal)?;
        write_whole(&self.tmp(), &self.view().ledger_path(number, "json"), &bytes)
    }
}
