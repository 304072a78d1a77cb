//! What leaves the vault after its time.
//!
//! Two things are about single searches: the raw snapshots that the operator keeps in `snapshots/`, and the safe inputs (what the stages `extraction` and
//! `recherches` wrote). Each has its time, counted from when the file was last written. Keys, pins, the ledger and exact counts stay: without the
//! counts no quarter or year can be closed.

use super::{Vault, VaultView};
use crate::{Result, StoreError, files::walk};
use serde::Serialize;
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// Where raw snapshots lie that are to leave after their time.
pub const SNAPSHOTS: &str = "snapshots";
/// The stages that write safe inputs.
const SAFE_INPUTS: [&str; 2] = ["extraction", "recherches"];

/// After which time things leave the vault; none stays for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Raw snapshots in `snapshots/`.
    pub snapshots: Option<Duration>,
    /// Safe inputs.
    pub safe_inputs: Option<Duration>,
}

/// What it is that leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Private {
    /// A raw snapshot.
    Snapshot,
    /// The output of a stage that holds single searches.
    SafeInput,
}

/// Something whose time is over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Expired {
    /// What it is.
    pub what: Private,
    /// Its path in the vault.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Its age in whole days.
    pub days: u64,
}

impl VaultView {
    /// Everything whose time is over at `now`, sorted. Writes nothing. A clock that was set back makes nothing older.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn expired(&self, retention: &Retention, now: SystemTime) -> Result<Vec<Expired>> {
        let mut found = Vec::new();
        let mut look = |what: Private, folder: PathBuf, after: Option<Duration>| -> Result<()> {
            let Some(after) = after.filter(|_| folder.is_dir()) else { return Ok(()) };
            for entry in fs::read_dir(&folder).map_err(StoreError::io(&folder, "list"))? {
                let path = entry.map_err(StoreError::io(&folder, "list"))?.path();
                let (bytes, written) = size_and_time(&path)?;
                let Some(age) = now.duration_since(written).ok().filter(|age| *age >= after) else { continue };
                let relative = path.strip_prefix(self.root()).unwrap_or(&path).to_path_buf();
                found.push(Expired { what, path: relative, bytes, days: age.as_secs() / 86_400 });
            }
            Ok(())
        };
        look(Private::Snapshot, self.root().join(SNAPSHOTS), retention.snapshots)?;
        for stage in SAFE_INPUTS {
            look(Private::SafeInput, self.root().join("stages").join(stage), retention.safe_inputs)?;
        }
        found.sort();
        Ok(found)
    }
}

impl Vault {
    /// Removes everything whose time is over; what was removed. An output of a stage goes in one step: half of one never counts.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn remove_expired(&self, retention: &Retention, now: SystemTime) -> Result<Vec<Expired>> {
        let expired = self.view().expired(retention, now)?;
        for one in &expired {
            let path = self.root().join(&one.path);
            let away = self.new_tmp("expired")?.join("it");
            fs::rename(&path, &away).map_err(StoreError::io(&path, "move away"))?;
            let removed = if away.is_dir() { fs::remove_dir_all(&away) } else { fs::remove_file(&away) };
            removed.map_err(StoreError::io(&away, "remove"))?;
            crate::files::sync_parent(&path)?;
        }
        Ok(expired)
    }
}

/// The size of a file or of all files of a folder, and when the newest of them was written.
fn size_and_time(path: &Path) -> Result<(u64, SystemTime)> {
    let look = |path: &Path| {
        let about = fs::metadata(path).map_err(StoreError::io(path, "look at"))?;
        Ok((about.len(), about.modified().map_err(StoreError::io(path, "look at"))?))
    };
    if !path.is_dir() {
        return look(path);
    }
    let mut all = (0, SystemTime::UNIX_EPOCH);
    for file in walk(path)? {
        let (bytes, written) = look(&path.join(file))?;
        all = (all.0 + bytes, all.1.max(written));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stage;
    use solidata_model::StageKeyBuilder;

    #[test]
    fn everything_leaves_after_its_own_time_and_the_rest_stays() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::open(&dir.path().join("v")).unwrap();
        let day = |n: u64| Duration::from_secs(n * 86_400);
        for stage in ["extraction", "recherches", "cubes"] {
            let Stage::Pending(pending) = vault.stage(stage, &StageKeyBuilder::new(stage, 1).finish()).unwrap() else { panic!() };
            fs::write(pending.path("a"), b"abc").unwrap();
            pending.commit().unwrap();
        }
        fs::create_dir_all(vault.root().join(SNAPSHOTS)).unwrap();
        fs::write(vault.root().join("snapshots/dump.gz"), b"abcd").unwrap();
        fs::create_dir_all(vault.root().join("snapshots/bson/db")).unwrap();
        fs::write(vault.root().join("snapshots/bson/db/search.bson"), b"abcde").unwrap();
        let retention = Retention { snapshots: Some(day(90)), safe_inputs: Some(day(400)) };
        let at = |days: u64| vault.view().expired(&retention, SystemTime::now() + day(days)).unwrap();
        assert_eq!(at(89), []);
        assert_eq!(at(90).iter().map(|e| (e.what, e.bytes)).collect::<Vec<_>>(), [(Private::Snapshot, 5), (Private::Snapshot, 4)]);
        assert_eq!(at(400).len(), 4);
        assert_eq!(vault.view().expired(&Retention { snapshots: None, safe_inputs: None }, SystemTime::now() + day(9999)).unwrap(), []);
        // A clock that stands wrong removes nothing.
        assert_eq!(vault.remove_expired(&retention, SystemTime::UNIX_EPOCH).unwrap(), []);
        assert_eq!(vault.remove_expired(&retention, SystemTime::now() + day(100)).unwrap().len(), 2);
        assert_eq!(vault.view().stages().unwrap().len(), 3);
        assert_eq!(vault.remove_expired(&retention, SystemTime::now() + day(500)).unwrap().len(), 2);
        let left: Vec<String> = vault.view().stages().unwrap().into_iter().map(|s| s.stage).collect();
        assert_eq!(left, ["cubes"]);
    }
}
