//! From protected cubes, the public directory and code lists to published tables. The session here holds nothing else.

use crate::{
    Engine, Lists, Project, StageError,
    cubes::{ProtectedCubes, safe_feuilles_schema},
    demand::read_parquet,
    engine::{ask, collect, register},
    supply::PublicSupply,
    tables::{categories, categories_ancetres, noeuds_categories, noeuds_territoires, parametres, parametres_schema, territoires},
};
use arrow::{array::RecordBatch, datatypes::SchemaRef};
use chrono::NaiveDate;
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use solidata_canon::{TableReceipt, TableWriter};
use solidata_model::{CheckResult, DatasetSpec, Digest, Feeds, Month};
use solidata_sqlmodel::{BaseTable, Layer, generated_checks, sort_exprs};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

/// Everything the models of `sql/datasets` may see.
pub struct Sources<'a> {
    /// The project.
    pub project: &'a Project,
    /// Its code lists.
    pub lists: &'a Lists,
    /// The public directory.
    pub supply: Supply<'a>,
    /// Protected counts, when the run has searches.
    pub protected: Option<&'a ProtectedCubes>,
    /// The month.
    pub month: Month,
    /// The day of the directory.
    pub date_photo: NaiveDate,
    /// Whether the searches reach the end of the month.
    pub complete: bool,
}

/// Where the tables of the directory come from.
#[derive(Clone, Copy)]
pub enum Supply<'a> {
    /// The models of `sql/datasets` make them of the public directory, which has places that are counted and not listed.
    Directory(&'a PublicSupply),
    /// They are taken as a release gives them: its folder.
    Published(&'a Path),
}

/// A code list as a table: name, rows, and the columns that are its key.
type CodeListTable = (&'static str, RecordBatch, &'static [&'static str]);

/// The tables of code lists.
fn code_lists(project: &Project, lists: &Lists) -> Result<Vec<CodeListTable>, StageError> {
    Ok(vec![
        ("territoires", territoires(project)?, &["territoire_id"]),
        ("categories", categories(project)?, &["categorie_code"]),
        ("categories_ancetres", categories_ancetres(project)?, &["categorie_code", "ancetre_code"]),
        ("noeuds_territoires", noeuds_territoires(lists)?, &["territoire_id"]),
        ("noeuds_categories", noeuds_categories(lists)?, &["categorie_code"]),
    ])
}

/// Every table that no model makes, with its layer and columns: what the SQL is checked against before there is data.
///
/// # Errors
/// When a code list is missing or wrong.
pub fn base_tables(project: &Project) -> Result<Vec<BaseTable>, StageError> {
    let table = |name: &str, layer, schema: SchemaRef, key: &[&str]| BaseTable {
        name: name.into(),
        layer,
        schema,
        key: key.iter().map(|k| (*k).to_owned()).collect(),
    };
    let mut tables = vec![
        table("safe_recherches", Layer::SafeInput, crate::demand::safe_recherches_schema(), &[]),
        table("safe_ensembles", Layer::SafeInput, crate::demand::safe_ensembles_schema(), &["ensemble", "categorie_code"]),
        table("safe_feuilles", Layer::SafeInput, safe_feuilles_schema(), &["ensemble"]),
        table(CUBE, Layer::ProtectedCube, ProtectedCubes::schema(), &["periode", "territoire_id", "categorie_code", "resultat"]),
        table("lieux_publics", Layer::PublicSupply, PublicSupply::places_schema(), &["lieu_id"]),
        table("services_publics", Layer::PublicSupply, PublicSupply::services_schema(), &["service_id"]),
        table("parametres", Layer::CodeList, parametres_schema(), &["mois"]),
    ];
    for (name, batch, key) in code_lists(project, &Lists::load(project)?)? {
        tables.push(table(name, Layer::CodeList, batch.schema(), key));
    }
    Ok(tables)
}

impl Sources<'_> {
    fn session(&self, engine: &Engine, spill: Option<PathBuf>) -> Result<SessionContext, StageError> {
        let ctx = engine.session(spill)?;
        for (name, batch, _) in code_lists(self.project, self.lists)? {
            register(&ctx, name, batch.schema(), vec![batch])?;
        }
        register(&ctx, "parametres", parametres_schema(), vec![parametres(self.month, self.date_photo, self.complete)?])?;
        Ok(ctx)
    }

    /// Writes the tables of every dataset this run feeds, as Parquet and CSV, into `folder` (its `data/`).
    ///
    /// # Errors
    /// When a query fails, or its rows break the contract or the order of the sort key.
    pub async fn write(
        &self,
        specs: &[DatasetSpec],
        folder: &Path,
        engine: &Engine,
        spill: Option<PathBuf>,
    ) -> Result<BTreeMap<String, TableReceipt>, StageError> {
        let ctx = self.session(engine, spill)?;
        if let Supply::Directory(supply) = self.supply {
            register(&ctx, "lieux_publics", PublicSupply::places_schema(), supply.places().to_vec())?;
            register(&ctx, "services_publics", PublicSupply::services_schema(), supply.services().to_vec())?;
        }
        if let Some(protected) = self.protected {
            register(&ctx, CUBE, ProtectedCubes::schema(), vec![protected.demande().clone()])?;
        }
        let models = self.project.models("datasets")?;
        let mut written = BTreeMap::new();
        for spec in self.fed(specs) {
            let receipt = match self.supply {
                Supply::Published(release) if spec.feeds == Feeds::Supply => rewrite_table(spec, release, folder)?,
                _ => {
                    let missing = || StageError::project("sql/datasets", &format!("{}.sql is missing", spec.id));
                    write_table(&ctx, spec, models.get(&spec.id).ok_or_else(missing)?, folder).await?
                }
            };
            written.insert(spec.id.clone(), receipt);
        }
        Ok(written)
    }

    /// Writes the protected cube that the tables of demand are made from, as a release carries it: `cubes/`. Nothing when there is no demand.
    ///
    /// # Errors
    /// When its rows break its contract, or the disk fails.
    pub async fn write_cube(
        &self,
        folder: &Path,
        engine: &Engine,
        spill: Option<PathBuf>,
    ) -> Result<Option<(DatasetSpec, TableReceipt)>, StageError> {
        let Some(protected) = self.protected else { return Ok(None) };
        let spec = self.project.protected_cube(CUBE)?;
        let ctx = self.session(engine, spill)?;
        register(&ctx, CUBE, ProtectedCubes::schema(), vec![protected.demande().clone()])?;
        let writer = TableWriter::new(&spec, create(folder, solidata_canon::cube_path(CUBE))?, std::io::sink())?;
        let receipt = write_rows(&ctx, &spec, &format!("SELECT * FROM {CUBE}"), writer).await?;
        Ok(Some((spec, receipt)))
    }

    /// The datasets that this run feeds.
    pub fn fed<'s>(&self, specs: &'s [DatasetSpec]) -> impl Iterator<Item = &'s DatasetSpec> {
        let demand = self.protected.is_some();
        specs.iter().filter(move |s| s.feeds == Feeds::Supply || demand)
    }

    /// Runs the checks of every written dataset on the files themselves, read back.
    ///
    /// # Errors
    /// [`StageError::Violations`] when one returns rows; otherwise when a query fails.
    pub async fn check(
        &self,
        specs: &[DatasetSpec],
        folder: &Path,
        engine: &Engine,
        spill: Option<PathBuf>,
    ) -> Result<Vec<CheckResult>, StageError> {
        let ctx = self.session(engine, spill)?;
        for spec in self.fed(specs) {
            let batches = read_parquet(&folder.join(solidata_canon::parquet_path(&spec.id)))?;
            register(&ctx, &spec.id, solidata_canon::arrow_schema(&spec.contract), batches)?;
        }
        let mut results = Vec::new();
        let mut broken = Vec::new();
        for (name, sql) in self.all_checks(specs)? {
            let rows: usize = collect(&ctx, &name, &sql).await?.iter().map(RecordBatch::num_rows).sum();
            if rows > 0 {
                broken.push(format!("{name}: {rows} row(s) break the rule"));
            }
            results.push(CheckResult { name, sha256: Digest::of(sql.as_bytes()), violations: rows as u64 });
        }
        if broken.is_empty() { Ok(results) } else { Err(StageError::Violations(broken)) }
    }

    fn all_checks(&self, specs: &[DatasetSpec]) -> Result<Vec<(String, String)>, StageError> {
        let fed: Vec<&DatasetSpec> = self.fed(specs).collect();
        let mut checks = Vec::new();
        for spec in &fed {
            checks.extend(generated_checks(spec).into_iter().map(|(name, sql)| (format!("contrat/{}/{name}", spec.id), sql)));
        }
        let written = self.project.checks()?.into_iter().filter(|c| fed.iter().any(|s| s.id == c.dataset));
        checks.extend(written.map(|c| (c.path, c.sql)));
        Ok(checks)
    }
}

/// The protected cube, as SQL sees it.
pub(crate) const CUBE: &str = "demande_protegee";

fn create(folder: &Path, name: String) -> Result<BufWriter<File>, StageError> {
    let path = folder.join(name);
    let parent = path.parent().unwrap_or(folder);
    std::fs::create_dir_all(parent).map_err(|e| StageError::vault(parent, e))?;
    File::create(&path).map(BufWriter::new).map_err(|e| StageError::vault(&path, e))
}

fn table_writer(spec: &DatasetSpec, folder: &Path) -> Result<TableWriter<BufWriter<File>, BufWriter<File>>, StageError> {
    let (parquet, csv) = (solidata_canon::parquet_path(&spec.id), solidata_canon::csv_path(&spec.id));
    Ok(TableWriter::new(spec, create(folder, parquet)?, create(folder, csv)?)?)
}

async fn write_table(ctx: &SessionContext, spec: &DatasetSpec, sql: &str, folder: &Path) -> Result<TableReceipt, StageError> {
    write_rows(ctx, spec, sql, table_writer(spec, folder)?).await
}

async fn write_rows<P: Write + Send, C: Write>(
    ctx: &SessionContext,
    spec: &DatasetSpec,
    sql: &str,
    mut writer: TableWriter<P, C>,
) -> Result<TableReceipt, StageError> {
    let failed = |e| StageError::query(&spec.id, e);
    let frame = ask(ctx, &spec.id, sql).await?.sort(sort_exprs(spec)).map_err(failed)?;
    let mut stream = frame.execute_stream().await.map_err(failed)?;
    while let Some(batch) = stream.next().await {
        writer.write(&batch.map_err(failed)?)?;
    }
    Ok(writer.finish()?)
}

/// Writes a published table again, from the rows of its CSV, or of its Parquet file where the CSV is not there.
fn rewrite_table(spec: &DatasetSpec, release: &Path, folder: &Path) -> Result<TableReceipt, StageError> {
    let path = release.join(solidata_canon::csv_path(&spec.id));
    let mut writer = table_writer(spec, folder)?;
    if path.exists() {
        let file = File::open(&path).map_err(|e| StageError::vault(&path, e))?;
        for batch in solidata_canon::read_csv(BufReader::new(file), &spec.contract)? {
            writer.write(&batch?)?;
        }
    } else {
        for batch in read_parquet(&release.join(solidata_canon::parquet_path(&spec.id)))? {
            writer.write(&batch)?;
        }
    }
    Ok(writer.finish()?)
}
