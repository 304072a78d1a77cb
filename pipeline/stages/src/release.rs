//! From published tables to a release that describes itself: tables, schemas, pages, SQL and manifest.

use crate::{
    Engine, Lists, Project, ProtectedCubes, PublishedMonth, StageError,
    datasets::{Sources, Supply},
    pages::Described,
    since::Base,
};
use solidata_audit::{Keys, ReleaseTables, changes, wrong_versions};
use solidata_canon::{
    About, DataPackage, FormReceipt, PackageSource, TableReceipt, WRITER_VERSION, changes_page, csv_path, cube_path, datapackage,
    parquet_path, schema_path, table_schema,
};
use solidata_model::{
    CHANGES, CHANGES_PAGE, Changes, CheckResult, DatasetSpec, Digest, FileEntry, MANIFEST_FORMAT, Manifest, RunSpec, TestCount, Tool,
    canonical_json, kind,
};
use solidata_signing::SecretKey;
use solidata_store::{
    PublicStore, Scratch, Vault,
    release::{Draft, Outcome, Release, describe_file, publish_all},
};
use std::{collections::BTreeMap, path::Path};

/// The licence of a release, unless a row names another.
const LICENCE: &str = "etalab-2.0";
/// Who publishes.
const PUBLISHER: &str = "Solinum";
const CARGO_LOCK: &[u8] = include_bytes!("../../../Cargo.lock");

/// A finished release in a scratch folder of the vault, which lives as long as this value.
pub(crate) struct Finished {
    release: Release<Draft>,
    _folder: Scratch,
}

impl Finished {
    /// Makes a release in a folder of the vault.
    ///
    /// # Errors
    /// As [`Month::make`].
    pub(crate) async fn make(month: &Month<'_>, vault: &Vault, engine: &Engine) -> Result<Self, StageError> {
        let (folder, spill) = (vault.scratch("release")?, vault.scratch("spill")?);
        let release = month.make(folder.path(), spill.path(), engine).await?;
        Ok(Self { release, _folder: folder })
    }
}

impl Finished {
    /// The folder of its files.
    pub(crate) fn folder(&self) -> &Path {
        self.release.dir()
    }

    /// The sha256 of a table of it, a Parquet file; none when it has no such table.
    pub(crate) fn table(&self, dataset: &str) -> Option<Digest<kind::File>> {
        let path = parquet_path(dataset);
        self.release.manifest().files.iter().find(|file| file.path == path).map(|file| file.sha256)
    }

    /// Its tables, as those of another release see them; they live as long as this value.
    ///
    /// # Errors
    /// When a file that declares a table is missing.
    pub(crate) fn tables(&self) -> Result<ReleaseTables, StageError> {
        let manifest = self.release.manifest();
        let datasets = manifest.files.iter().filter_map(|f| f.path.strip_prefix("data/")?.strip_suffix(".csv"));
        tables_of(manifest.month, manifest.revision, datasets.map(str::to_owned), self.folder())
    }

    /// What describes it; only its place in the chain is not known yet.
    pub(crate) fn manifest(&self) -> &Manifest {
        self.release.manifest()
    }
}

/// What the release of one month is made of.
pub(crate) struct Month<'a> {
    pub run: &'a RunSpec,
    pub revision: u32,
    pub supply: Supply<'a>,
    pub protected: Option<&'a ProtectedCubes>,
    pub project: &'a Project,
    pub lists: &'a Lists,
    /// What it is compared with; `run` names the same.
    pub base: &'a Base,
}

/// A table that was written, with what it promises.
type Written<'s> = (&'s DatasetSpec, TableReceipt);

impl Month<'_> {
    /// Makes tables, checks them, and writes everything that describes them, into an empty folder. What does not fit in memory goes to `spill`.
    ///
    /// # Errors
    /// When a query, a check, the contract or the disk fails.
    pub async fn make(&self, folder: &Path, spill: &Path, engine: &Engine) -> Result<Release<Draft>, StageError> {
        let specs = self.project.datasets()?;
        let sources = Sources {
            project: self.project,
            lists: self.lists,
            supply: self.supply,
            protected: self.protected,
            month: self.run.month,
            date_photo: self.run.date_photo,
            complete: !self.run.partial,
        };
        let spill = || Some(spill.to_path_buf());
        let tables = sources.write(&specs, folder, engine, spill()).await?;
        let cube = sources.write_cube(folder, engine, spill()).await?;
        let checks = sources.check(&specs, folder, engine, spill()).await?;
        let written: Vec<Written<'_>> = sources.fed(&specs).filter_map(|s| Some((s, *tables.get(&s.id)?))).collect();
        let forms = crate::forms::write(&About::of_run(self.run, self.revision, PUBLISHER), &written, folder)?;
        let mut files = self.describe(&written, &forms, cube.as_ref(), folder)?;
        let (changes, told) = self.changes(&written, folder)?;
        files.extend(told);
        let described = Described {
            month: self,
            licence: LICENCE,
            publisher: PUBLISHER,
            specs: written.iter().map(|(spec, _)| *spec).collect(),
            files: &files,
            checks: &checks,
            changes: &changes,
        };
        let pages = described.write(folder)?;
        files.extend(pages);
        Ok(Release::draft(folder, self.manifest(checks, files)?, &())?)
    }

    /// Writes schemas, the whole project (SQL, contracts, code lists) and the data package; gives an entry for every file of the folder.
    fn describe(
        &self,
        tables: &[Written<'_>],
        forms: &[(String, FormReceipt)],
        cube: Option<&(DatasetSpec, TableReceipt)>,
        folder: &Path,
    ) -> Result<Vec<FileEntry>, StageError> {
        let mut files = Vec::new();
        let mut add = |path: &str, media_type: &str, bytes: &[u8]| -> Result<(), StageError> {
            let full = folder.join(path);
            let parent = full.parent().unwrap_or(folder);
            std::fs::create_dir_all(parent).map_err(|e| StageError::vault(parent, e))?;
            std::fs::write(&full, bytes).map_err(|e| StageError::vault(&full, e))?;
            files.push(describe_file(folder, path, media_type)?);
            Ok(())
        };
        for (spec, _) in tables {
            add(&schema_path(&spec.id), "application/json", &table_schema(spec)?)?;
        }
        for (path, bytes) in self.project.files()? {
            add(&path, media_type(&path), bytes)?;
        }
        if let Some((spec, _)) = cube {
            add(&schema_path(&spec.id), "application/json", &table_schema(spec)?)?;
        }
        let month = self.run.month;
        let mut package_sources = vec![PackageSource {
            title: "Soliguide".into(),
            version: Some(self.run.date_photo.to_string()),
            path: Some("https://soliguide.fr".into()),
        }];
        let vintage = self.project.code_lists()?.into_iter().find(|c| c.name == "communes.csv").map(|c| c.vintage);
        package_sources.push(PackageSource {
            title: "Code officiel géographique (INSEE)".into(),
            version: vintage,
            path: Some("https://www.data.gouv.fr/fr/datasets/code-officiel-geographique-cog/".into()),
        });
        let partial = if self.run.partial { " Mois incomplet : la source ne va pas jusqu'à sa fin." } else { "" };
        let package = DataPackage {
            name: &format!("solidata-{month}"),
            title: &format!("Solidata, {month}"),
            description: &format!("Offre et demande d'aide sociale dans Soliguide, {month} ; offre au {}.{partial}", self.run.date_photo),
            version: &format!("{}.{}.{}", month.year(), month.number(), self.revision),
            created: self.run.now,
            licence: LICENCE,
            publisher: PUBLISHER,
            sources: &package_sources,
            tables,
            forms,
        };
        add("datapackage.json", "application/json", &datapackage(&package)?)?;
        let parquet = "application/vnd.apache.parquet";
        let mut written = Vec::new();
        for (spec, receipt) in tables {
            written.push((spec.id.as_str(), receipt, parquet_path(&spec.id), parquet, receipt.parquet));
            written.push((spec.id.as_str(), receipt, csv_path(&spec.id), "text/csv; charset=utf-8", receipt.csv));
        }
        written.extend(cube.map(|(spec, receipt)| (spec.id.as_str(), receipt, cube_path(&spec.id), parquet, receipt.parquet)));
        for (id, receipt, path, media_type, file) in written {
            files.push(FileEntry {
                path,
                media_type: media_type.into(),
                bytes: file.bytes,
                sha256: file.sha256,
                logical_sha256: Some(receipt.logical_sha256),
                rows: Some(receipt.rows),
                schema: Some(schema_path(id)),
                part: None,
            });
        }
        files.extend(forms.iter().map(|(table, form)| form.entry(table)));
        Ok(files)
    }

    /// Writes what the release changes, for machines and for people. The files that declare the tables are in the folder.
    ///
    /// # Errors
    /// [`StageError::Check`] when the version of a schema does not say what changed in it.
    fn changes(&self, tables: &[Written<'_>], folder: &Path) -> Result<(Changes, Vec<FileEntry>), StageError> {
        let now = tables_of(self.run.month, self.revision, tables.iter().map(|(spec, _)| spec.id.clone()), folder)?;
        let reason = self.run.revision.as_ref().map(|r| r.reason.as_str());
        let changes = match self.base {
            Base::First => changes(None, &now, reason, Keys::Named)?,
            Base::Told(told) => (**told).clone(),
            Base::Tables(before) => {
                let wrong = wrong_versions(before, &now);
                if !wrong.is_empty() {
                    let path = |w: &String| format!("datasets/{w}: raise `version` in its schema.toml (policy: CHANGELOG.md beside it)");
                    return Err(StageError::Check(wrong.iter().map(path).collect()));
                }
                changes(Some(before), &now, reason, Keys::Named)?
            }
        };
        let mut files = Vec::new();
        for (path, media_type, bytes) in [
            (CHANGES, "application/json", canonical_json(&changes)?),
            (CHANGES_PAGE, "text/markdown; charset=utf-8", changes_page(&changes).into_bytes()),
        ] {
            let full = folder.join(path);
            std::fs::write(&full, bytes).map_err(|e| StageError::vault(&full, e))?;
            files.push(describe_file(folder, path, media_type)?);
        }
        Ok((changes, files))
    }

    fn manifest(&self, checks: Vec<CheckResult>, files: Vec<FileEntry>) -> Result<Manifest, StageError> {
        let digests = |prefixes: &[&str], keep: &dyn Fn(&str) -> bool| {
            let paths = prefixes.iter().flat_map(|p| self.project.under(p)).filter(|p| keep(p));
            paths.map(|p| self.project.digest(p)).collect::<Result<Vec<_>, _>>()
        };
        let mut tests: BTreeMap<String, u32> = BTreeMap::new();
        for test in self.project.sql_tests()? {
            *tests.entry(test.model).or_default() += 1;
        }
        Ok(Manifest {
            format: MANIFEST_FORMAT.into(),
            month: self.run.month,
            revision: self.revision,
            licence: LICENCE.into(),
            run: self.run.clone(),
            code_lists: self.project.code_lists()?,
            sql: digests(&["sql/cubes/", "sql/datasets/"], &|_| true)?,
            contracts: digests(&["datasets/"], &|p| p.ends_with("/dataset.toml") || p.ends_with("/schema.toml"))?,
            parameters_sha256: Digest::of(&canonical_json(self.run)?),
            tool: running(),
            checks,
            tests: tests.into_iter().map(|(model, cases)| TestCount { model, cases }).collect(),
            files,
            previous: None,
        })
    }
}

/// The tables of a release whose files lie in a folder.
///
/// # Errors
/// When a file that declares a table is missing.
fn tables_of(
    month: solidata_model::Month,
    revision: u32,
    datasets: impl IntoIterator<Item = String>,
    folder: &Path,
) -> Result<ReleaseTables, StageError> {
    Ok(ReleaseTables::open(folder, &format!("releases/{month}/r{revision}"), month, datasets)?)
}

/// The program that runs.
pub(crate) fn running() -> Tool {
    Tool {
        name: "solidata".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        writer: WRITER_VERSION,
        cargo_lock_sha256: Digest::of(CARGO_LOCK),
    }
}

/// The media type of a file of the project.
fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("csv") => "text/csv; charset=utf-8",
        Some("md") => "text/markdown; charset=utf-8",
        Some("toml") => "application/toml",
        _ => "text/plain; charset=utf-8",
    }
}

/// Publishes finished releases, all or none, in one change of the index.
///
/// # Errors
/// When the store fails, or a month is published with other content.
pub(crate) async fn publish(
    store: &PublicStore,
    finished: Vec<Finished>,
    signer: Option<&SecretKey>,
) -> Result<Vec<PublishedMonth>, StageError> {
    let mut months = Vec::new();
    for f in &finished {
        let manifest = f.release.manifest();
        let tables = manifest.files.iter().filter(|e| e.path.starts_with("data/") && e.path.ends_with(".parquet"));
        let name = |path: &str| path.trim_start_matches("data/").trim_end_matches(".parquet").to_owned();
        months.push(PublishedMonth {
            month: manifest.month,
            prefix: f.release.prefix(),
            already: false,
            partial: manifest.run.partial,
            rows: tables.map(|e| (name(&e.path), e.rows.unwrap_or(0))).collect(),
        });
    }
    let (releases, _folders): (Vec<_>, Vec<_>) = finished.into_iter().map(|f| (f.release, f._folder)).unzip();
    let published = publish_all(store, releases, signer, &()).await?;
    for month in &mut months {
        month.already = published.iter().any(|p| p.month == month.month && p.outcome == Outcome::AlreadyPublished);
    }
    Ok(months)
}
