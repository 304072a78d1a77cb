use super::{Vault, VaultView, check_name};
use crate::{
    Result, StoreError,
    files::{digest_file, make_private, sync_dir, sync_file, sync_parent, walk, write_synced},
};
use serde::{Deserialize, Serialize};
use solidata_model::{Digest, StageKey, canonical_json, kind};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const RECEIPT: &str = "receipt.json";
const FORMAT: &str = "solidata-receipt/1";

/// What a stage wrote. It depends on exact counts and never leaves the vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    format: String,
    /// The stage.
    pub stage: String,
    /// The key of its output.
    pub key: String,
    /// Its files, sorted by path.
    pub files: Vec<ReceiptFile>,
}

/// A file of a stage's output.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptFile {
    /// Path in the output's folder.
    pub path: String,
    /// Size.
    pub bytes: u64,
    /// sha256 of the bytes.
    pub sha256: Digest<kind::File>,
}

/// What is in the vault under a stage's key.
#[derive(Debug)]
pub enum Stage {
    /// The output, every byte of it verified.
    Done(StageOutput),
    /// Nothing that can be used: write it.
    Pending(Pending),
}

/// Why an output has to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rebuild {
    /// It was never made, with all that decides it as it is now.
    Absent,
    /// It was made and is damaged: which file, and how.
    Damaged(String),
}

/// A finished output of a stage; it does not change any more.
#[derive(Debug, Clone)]
pub struct StageOutput {
    dir: PathBuf,
    receipt: Receipt,
}

/// An output in the making: a private folder that becomes the output by [`Pending::commit`], or disappears.
#[derive(Debug)]
pub struct Pending {
    dir: PathBuf,
    target: PathBuf,
    stage: String,
    key: String,
    reason: Rebuild,
    committed: bool,
}

/// One output, as `status` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageSummary {
    /// The stage.
    pub stage: String,
    /// The key.
    pub key: String,
    /// How many files.
    pub files: usize,
    /// Their size together.
    pub bytes: u64,
}

impl VaultView {
    /// What is under a stage's key: the verified output, or why it has to be made. Writes nothing. It reads every byte of the output.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn look_up(&self, stage: &str, key: &StageKey) -> Result<Result<StageOutput, Rebuild>> {
        check_name(stage)?;
        let dir = self.stage_dir(stage, &key.to_string());
        if !dir.exists() {
            return Ok(Err(Rebuild::Absent));
        }
        let output = read_receipt(&dir, stage, &key.to_string()).and_then(|receipt| {
            let output = StageOutput { dir, receipt };
            output.verify().map(|()| output)
        });
        Ok(output.map_err(Rebuild::Damaged))
    }

    /// Every output there is, sorted by stage and key; receipts are read, the outputs are not verified.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn stages(&self) -> Result<Vec<StageSummary>> {
        let mut found = Vec::new();
        let root = self.made.join("stages");
        for stage in folders(&root)? {
            for key in folders(&root.join(&stage))? {
                let summary = match read_receipt(&self.stage_dir(&stage, &key), &stage, &key) {
                    Ok(r) => StageSummary { files: r.files.len(), bytes: r.files.iter().map(|f| f.bytes).sum(), stage: stage.clone(), key },
                    Err(_) => StageSummary { stage: stage.clone(), key, files: 0, bytes: 0 },
                };
                found.push(summary);
            }
        }
        Ok(found)
    }

    fn stage_dir(&self, stage: &str, key: &str) -> PathBuf {
        self.made.join("stages").join(stage).join(key)
    }
}

impl Vault {
    /// The finished output under a stage's key, or a folder to make it in. A stage is done if and only if its output is there and verifies;
    /// a damaged output is removed.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn stage(&self, stage: &str, key: &StageKey) -> Result<Stage> {
        let reason = match self.view().look_up(stage, key)? {
            Ok(output) => return Ok(Stage::Done(output)),
            Err(reason) => reason,
        };
        let key = key.to_string();
        let target = self.view().stage_dir(stage, &key);
        if reason != Rebuild::Absent {
            // Out of the way in one step, so that a kill here does not leave half of it.
            let away = self.new_tmp("damaged")?.join(&key);
            fs::rename(&target, &away).map_err(StoreError::io(&target, "move away"))?;
            fs::remove_dir_all(&away).map_err(StoreError::io(&away, "remove"))?;
        }
        let dir = self.new_tmp(stage)?;
        Ok(Stage::Pending(Pending { dir, target, stage: stage.into(), key, reason, committed: false }))
    }
}

impl StageOutput {
    /// The folder of the output.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What the stage wrote.
    pub fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// Where a file of the output lies.
    ///
    /// # Errors
    /// When the stage wrote no such file: the code that reads and the code that writes disagree.
    pub fn file(&self, path: &str) -> Result<PathBuf> {
        match self.receipt.files.binary_search_by(|f| f.path.as_str().cmp(path)) {
            Ok(_) => Ok(self.dir.join(path)),
            Err(_) => Err(StoreError::internal(format!("stage {} wrote no file {path}", self.receipt.stage))),
        }
    }

    /// Compares every byte with the receipt; says what differs first.
    fn verify(&self) -> Result<(), String> {
        let there: BTreeSet<String> = walk(&self.dir).map_err(|e| e.to_string())?.into_iter().filter(|p| p != RECEIPT).collect();
        for file in &self.receipt.files {
            if !there.contains(&file.path) {
                return Err(format!("{} is missing", file.path));
            }
            let (bytes, sha256) = digest_file(&self.dir.join(&file.path)).map_err(|e| e.to_string())?;
            if bytes != file.bytes || sha256 != file.sha256 {
                return Err(format!("{} changed", file.path));
            }
        }
        match there.iter().find(|p| !self.receipt.files.iter().any(|f| f.path == **p)) {
            Some(extra) => Err(format!("{extra} is not of this stage")),
            None => Ok(()),
        }
    }
}

impl Pending {
    /// The folder to write in. It is private to this value.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where to write a file.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Why the output has to be made.
    pub fn reason(&self) -> &Rebuild {
        &self.reason
    }

    /// Seals the folder: every file is hashed, made private and brought to the disk, the receipt is written, and the whole becomes the
    /// stage's output by one rename.
    ///
    /// # Errors
    /// When there is no file, a file is called `receipt.json`, something is neither file nor folder, or the disk refuses. Then nothing is visible.
    pub fn commit(mut self) -> Result<StageOutput> {
        let paths = walk(&self.dir)?;
        if paths.is_empty() || paths.iter().any(|p| p == RECEIPT) {
            return Err(StoreError::internal(format!("stage {} wrote no file, or one called {RECEIPT}", self.stage)));
        }
        let mut files = Vec::with_capacity(paths.len());
        let mut folders = BTreeSet::new();
        for path in paths {
            let full = self.dir.join(&path);
            make_private(&full)?;
            sync_file(&full)?;
            let (bytes, sha256) = digest_file(&full)?;
            folders.extend(full.ancestors().skip(1).take_while(|a| *a != self.dir).map(Path::to_path_buf));
            files.push(ReceiptFile { path, bytes, sha256 });
        }
        for folder in &folders {
            make_private(folder)?;
            sync_dir(folder)?;
        }
        let receipt = Receipt { format: FORMAT.into(), stage: self.stage.clone(), key: self.key.clone(), files };
        write_synced(&self.dir.join(RECEIPT), &canonical_json(&receipt).map_err(StoreError::internal)?)?;
        sync_dir(&self.dir)?;
        if let Some(parent) = self.target.parent() {
            crate::files::create_private_dir(parent)?;
            sync_parent(parent)?;
        }
        fs::rename(&self.dir, &self.target).map_err(StoreError::io(&self.target, "rename into place"))?;
        sync_parent(&self.target)?;
        self.committed = true;
        Ok(StageOutput { dir: self.target.clone(), receipt })
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.committed {
            // Nothing depends on it: what is left is removed when the vault is next opened.
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

fn read_receipt(dir: &Path, stage: &str, key: &str) -> Result<Receipt, String> {
    let text = fs::read(dir.join(RECEIPT)).map_err(|e| format!("{RECEIPT}: {e}"))?;
    let receipt: Receipt = serde_json::from_slice(&text).map_err(|e| format!("{RECEIPT}: {e}"))?;
    let sorted = receipt.files.is_sorted_by(|a, b| a.path < b.path);
    if receipt.format != FORMAT || receipt.stage != stage || receipt.key != key || !sorted {
        return Err(format!("{RECEIPT} is of another output"));
    }
    Ok(receipt)
}

fn folders(dir: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    if dir.is_dir() {
        for entry in fs::read_dir(dir).map_err(StoreError::io(dir, "list"))? {
            let entry = entry.map_err(StoreError::io(dir, "list"))?;
            if entry.file_type().is_ok_and(|t| t.is_dir()) {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
    }
    names.sort();
    Ok(names)
}
