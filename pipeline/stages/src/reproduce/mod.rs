//! Making a published release again, and comparing it with what is published, byte for byte.
//!
//! Two depths. *Public*: from what the release itself carries (its protected cube, its tables of the directory, SQL, contracts and code lists); nothing
//! private is needed. *Full*: from the searches and the directory in a vault, or from the raw snapshots with the vault's keys; the ledger tells what was
//! published before. Nothing is written to the store. Signatures are no part of the comparison.

mod fetch;
mod full;
mod report;

pub use report::{FileReport, Reproduction};

use crate::{
    Engine, Lists, Progress, Project, ProtectedCubes, StageError,
    datasets::{CUBE, Supply},
    past,
    release::{Month, running},
    since,
};
use fetch::{Fetched, fetch};
use solidata_model::{CHANGES, Manifest, Month as MonthOf};
use solidata_store::{
    PublicStore, Vault, VaultView,
    release::{MANIFEST, Release},
};
use std::path::{Path, PathBuf};

/// What is to be made again, and from what.
#[derive(Debug, Clone)]
pub struct ReproduceRequest {
    /// The folder or address of one release, or of a public store.
    pub target: String,
    /// The month, when the target is a store: its current revision.
    pub month: Option<MonthOf>,
    /// Settings of the store's client.
    pub store_options: solidata_store::StoreOptions,
    /// The vault that made it, for the full depth.
    pub vault: Option<PathBuf>,
    /// Raw snapshots, to begin with them; in any order.
    pub snapshots: Vec<PathBuf>,
    /// Resources.
    pub engine: Engine,
}

/// How deep a reproduction went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// From what the release carries.
    Public,
    /// From the anonymised searches and the directory of a vault.
    SafeInputs,
    /// From the raw snapshots.
    Snapshots,
}

/// Makes a release again and compares it.
///
/// # Errors
/// When the release or the vault cannot be read, or what is needed is not there. That files differ is in the report.
pub async fn reproduce(request: &ReproduceRequest, progress: &dyn Progress) -> Result<Reproduction, StageError> {
    let store = PublicStore::open(&request.target, request.store_options.iter().cloned())?;
    let store = fetch::of_release(store, request.month).await?;
    match &request.vault {
        None => {
            let scratch = temporary()?;
            let fetched = fetch(&store, &scratch.path().join("published"), progress).await?;
            let work = Again { request, fetched: &fetched, folder: &scratch.path().join("again"), spill: &scratch.path().join("spill") };
            work.public(progress).await
        }
        Some(vault) => {
            // Nobody who makes a release again makes a vault.
            VaultView::open(vault)?.ok_or_else(|| StageError::Usage(format!("{}: there is no vault here", vault.display())))?;
            let vault = Vault::open(vault)?;
            let scratch = vault.scratch("reproduce")?;
            let fetched = fetch(&store, &scratch.path().join("published"), progress).await?;
            let work = Again { request, fetched: &fetched, folder: &scratch.path().join("again"), spill: &scratch.path().join("spill") };
            work.full(&vault, progress).await
        }
    }
}

/// A folder for public things only.
fn temporary() -> Result<tempfile::TempDir, StageError> {
    tempfile::Builder::new().prefix("solidata-reproduce").tempdir().map_err(|e| StageError::vault(&std::env::temp_dir(), e))
}

/// One release that is made again.
struct Again<'a> {
    request: &'a ReproduceRequest,
    fetched: &'a Fetched,
    folder: &'a Path,
    spill: &'a Path,
}

impl Again<'_> {
    /// The project that the release carries, for its month.
    fn project(&self) -> Result<(Project, Lists), StageError> {
        self.fetched.mend()?;
        let project = Project::from_folder(&self.fetched.folder)?.of_month(self.fetched.manifest.month);
        let lists = Lists::load(&project)?;
        Ok((project, lists))
    }

    /// The protected cube that the release carries; where it is damaged, that of the table which shows all of it. None when there is neither.
    fn whole_cube(&self) -> Result<Option<ProtectedCubes>, StageError> {
        let (cube, table) = (solidata_canon::cube_path(CUBE), solidata_canon::parquet_path(past::TABLE));
        match (self.fetched.whole(&cube), self.fetched.whole(&table)) {
            (Some(cube), _) => Ok(Some(ProtectedCubes::published(&cube)?)),
            (None, Some(table)) => Ok(Some(ProtectedCubes::of_table(&table)?)),
            (None, None) => Ok(None),
        }
    }

    async fn public(&self, progress: &dyn Progress) -> Result<Reproduction, StageError> {
        let (project, lists) = self.project()?;
        let mut notes = vec!["the tables of the directory were taken as they are published: the directory itself is private".to_owned()];
        let protected = self.whole_cube()?;
        if protected.is_some() && self.fetched.whole(&solidata_canon::cube_path(CUBE)).is_none() {
            notes.push(format!("the cube is damaged: the tables of demand were made of the cells of {}", past::TABLE));
        }
        let supply = Supply::Published(&self.fetched.folder);
        self.make(Depth::Public, (&project, &lists), supply, protected.as_ref(), notes, progress).await
    }

    async fn make(
        &self,
        depth: Depth,
        (project, lists): (&Project, &Lists),
        supply: Supply<'_>,
        protected: Option<&ProtectedCubes>,
        mut notes: Vec<String>,
        progress: &dyn Progress,
    ) -> Result<Reproduction, StageError> {
        let manifest = &self.fetched.manifest;
        for folder in [self.folder, self.spill] {
            std::fs::create_dir_all(folder).map_err(|e| StageError::vault(folder, e))?;
        }
        progress.begin(&format!("make {} again", manifest.prefix()), None);
        let (options, told) = (&self.request.store_options, self.fetched.whole(CHANGES));
        let (base, note) =
            since::of_address(&self.fetched.address, options, manifest, told.as_deref(), &self.folder.with_extension("since")).await?;
        notes.extend(note);
        let month = Month { run: &manifest.run, revision: manifest.revision, supply, protected, project, lists, base: &base };
        let release = month.make(self.folder, self.spill, &self.request.engine).await?;
        // Another version of the program has another name for itself; what it makes is to be compared all the same.
        let release = as_made_by(release, manifest)?;
        progress.end();
        progress.begin("compare", None);
        let report = report::compare(depth, self.fetched, &release, notes)?;
        progress.end();
        Ok(report)
    }
}

/// The release in its place in the chain, with the program that made it named instead of the one that runs.
fn as_made_by(
    draft: Release<solidata_store::release::Draft>,
    manifest: &Manifest,
) -> Result<Release<solidata_store::release::Sealed>, StageError> {
    let mut described = draft.manifest().clone();
    described.tool = manifest.tool.clone();
    let draft = Release::draft(draft.dir(), described, &())?;
    Ok(draft.seal(manifest.previous.clone(), None)?)
}

/// Whether the program that runs is the one that made a release.
fn same_program(manifest: &Manifest) -> bool {
    manifest.tool == running()
}

/// Where the manifest of a release lies, for messages.
fn manifest_at(store: &PublicStore) -> String {
    format!("{}/{MANIFEST}", store.address().trim_end_matches('/'))
}
