//! The pages of a release, from what was written of it: tables, their checks, and what they change.

use crate::{Project, StageError, release::Month};
use arrow::array::{AsArray, Int64Array, RecordBatch, StringArray};
use parquet::arrow::{ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder};
use solidata_model::{Changes, CheckResult, CodeListEntry, DatasetSpec, FileEntry, parquet_path};
use solidata_pages::{CodeList, Dataset, Levels, Release, Share, Tally, Texts};
use solidata_store::release::describe_file;
use std::{collections::BTreeMap, fs::File, path::Path};

/// The tables with a column that tells how fine a row is.
const FINENESS: [(&str, &str); 3] =
    [("structures", "precision_localisation"), ("services", "precision_localisation"), ("demande_locale", "territoire_niveau")];
/// The table whose cells are withheld one by one.
const CELLS: &str = "demande_territoires";
/// The table of the shares that are given.
const SHARES: &str = "demande_diffusion";
/// The levels of territory, from the largest, each before its part of which nothing finer is known.
const LEVELS: [&str; 11] = [
    "france",
    "france_sans_precision",
    "region",
    "region_sans_precision",
    "departement",
    "departement_sans_precision",
    "epci",
    "epci_sans_precision",
    "commune",
    "commune_sans_precision",
    "arrondissement",
];

/// What is known of a release before its pages are written.
pub(crate) struct Described<'a> {
    pub month: &'a Month<'a>,
    pub licence: &'a str,
    pub publisher: &'a str,
    /// The datasets that it has.
    pub specs: Vec<&'a DatasetSpec>,
    /// Every file that is written already.
    pub files: &'a [FileEntry],
    pub checks: &'a [CheckResult],
    pub changes: &'a Changes,
}

impl Described<'_> {
    /// Writes the pages into the folder of the release. What they say of figures is read from its published tables.
    ///
    /// # Errors
    /// When a hand-written page is missing or wrong, a table cannot be read, or the disk fails.
    pub(crate) fn write(&self, folder: &Path) -> Result<Vec<FileEntry>, StageError> {
        let project = self.month.project;
        let lists = project.code_lists()?;
        let words = project.code_list_words()?;
        let demand = self.specs.iter().any(|spec| spec.protection.is_some());
        let release = Release {
            month: self.month.run.month,
            revision: self.month.revision,
            run: self.month.run,
            licence: self.licence,
            publisher: self.publisher,
            datasets: self.specs.iter().map(|spec| self.dataset(project, spec, folder)).collect::<Result<_, _>>()?,
            files: self.files,
            code_lists: lists.iter().filter_map(|entry| code_list(entry, &words)).collect(),
            checks: self.checks,
            changes: Some(self.changes),
            shares: if self.specs.iter().any(|spec| spec.id == SHARES) { shares(folder)? } else { Vec::new() },
            texts: Texts {
                confidentiality: demand.then(|| project.text("datasets/confidentialite.md")).transpose()?,
                contract: project.text("datasets/contrat.md")?,
                formats: project.text("datasets/formats.md")?,
                versions: project.text("datasets/versions.md")?,
                verifying: project.text("datasets/verifier.md")?,
            },
        };
        let mut files = Vec::new();
        for page in solidata_pages::pages(&release).map_err(|e| StageError::project("datasets", &e.to_string()))? {
            let path = folder.join(&page.path);
            let parent = path.parent().unwrap_or(folder);
            std::fs::create_dir_all(parent).map_err(|e| StageError::vault(parent, e))?;
            std::fs::write(&path, &page.bytes).map_err(|e| StageError::vault(&path, e))?;
            files.push(describe_file(folder, &page.path, page.media_type)?);
        }
        Ok(files)
    }

    fn dataset<'p>(&self, project: &'p Project, spec: &'p DatasetSpec, folder: &Path) -> Result<Dataset<'p>, StageError> {
        let fineness = FINENESS.iter().find(|(id, _)| *id == spec.id);
        Ok(Dataset {
            spec,
            readme: project.text(&format!("datasets/{}/README.md", spec.id))?,
            changelog: project.text(&format!("datasets/{}/CHANGELOG.md", spec.id))?,
            tally: fineness.map(|(id, column)| tally(folder, id, column)).transpose()?,
            levels: if spec.id == CELLS { levels(folder, &self.month.run.month.to_string())? } else { Vec::new() },
        })
    }
}

fn code_list<'a>(entry: &'a CodeListEntry, words: &'a BTreeMap<String, (String, String)>) -> Option<CodeList<'a>> {
    let (title, source) = words.get(&entry.name)?;
    Some(CodeList { entry, title, source })
}

/// Calls a function with the batches of some columns of a published table; there is never more than one in memory.
fn read(
    folder: &Path,
    table: &str,
    columns: &[&str],
    mut each: impl FnMut(&RecordBatch) -> Result<(), StageError>,
) -> Result<(), StageError> {
    let path = folder.join(parquet_path(table));
    let failed = |cause: std::io::Error| StageError::vault(&path, cause);
    let file = File::open(&path).map_err(failed)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| failed(e.into()))?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
    for batch in builder.with_projection(mask).build().map_err(|e| failed(e.into()))? {
        each(&batch?)?;
    }
    Ok(())
}

fn missing(table: &str, column: &str) -> StageError {
    StageError::Defect(format!("{table} has no column {column} of the type that its page needs"))
}

fn text<'b>(batch: &'b RecordBatch, table: &str, column: &str) -> Result<&'b StringArray, StageError> {
    batch.column_by_name(column).and_then(|array| array.as_string_opt()).ok_or_else(|| missing(table, column))
}

/// Rows by value of a column; those without a value under the empty text.
fn tally(folder: &Path, table: &str, column: &str) -> Result<Tally, StageError> {
    let mut rows: BTreeMap<String, u64> = BTreeMap::new();
    read(folder, table, &[column], |batch| {
        for value in text(batch, table, column)?.iter().map(Option::unwrap_or_default) {
            match rows.get_mut(value) {
                Some(n) => *n += 1,
                None => {
                    rows.insert(value.to_owned(), 1);
                }
            }
        }
        Ok(())
    })?;
    Ok(Tally { column: column.into(), rows })
}

/// Rows that are given and withheld in a month, by level of territory, from the largest; levels without rows are left out.
fn levels(folder: &Path, month: &str) -> Result<Vec<Levels>, StageError> {
    let mut counts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    read(folder, CELLS, &["periode", "territoire_niveau", "statut"], |batch| {
        let column = |name| text(batch, CELLS, name);
        let (periods, levels, states) = (column("periode")?, column("territoire_niveau")?, column("statut")?);
        for ((period, level), state) in periods.iter().zip(levels).zip(states) {
            let known = LEVELS.into_iter().find(|known| Some(*known) == level).filter(|_| period == Some(month));
            let Some(count) = known.map(|level| counts.entry(level).or_default()) else { continue };
            match state {
                Some("publie") => count.0 += 1,
                _ => count.1 += 1,
            }
        }
        Ok(())
    })?;
    let level = |name: &str| {
        counts.get(name).map(|(published, withheld)| Levels { level: name.into(), published: *published, withheld: *withheld })
    };
    Ok(LEVELS.into_iter().filter_map(level).collect())
}

/// The rows of the table of shares.
fn shares(folder: &Path) -> Result<Vec<Share>, StageError> {
    let columns = ["periode_type", "periode", "territoire_niveau", "categorie_niveau", "part_publiee"];
    let mut out = Vec::new();
    read(folder, SHARES, &columns, |batch| {
        let column = |name| text(batch, SHARES, name);
        let (kinds, periods) = (column("periode_type")?, column("periode")?);
        let (levels, categories) = (column("territoire_niveau")?, column("categorie_niveau")?);
        let percents: &Int64Array = batch
            .column_by_name("part_publiee")
            .and_then(|array| array.as_primitive_opt())
            .ok_or_else(|| missing(SHARES, "part_publiee"))?;
        for i in 0..batch.num_rows().min(percents.len()) {
            out.push(Share {
                period_type: kinds.value(i).into(),
                period: periods.value(i).into(),
                level: levels.value(i).into(),
                category_level: categories.value(i).into(),
                percent: percents.value(i),
            });
        }
        Ok(())
    })?;
    Ok(out)
}
