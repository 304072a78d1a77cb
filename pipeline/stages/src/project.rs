//! What we promise and how we compute it: the files of `datasets/` and `sql/`, embedded in the program or read from a folder.

use crate::StageError;
use include_dir::{Dir, include_dir};
use serde::Deserialize;
use solidata_model::{CodeListEntry, DatasetSpec, Digest, Month, NamedDigest, kind};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

static DATASETS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../datasets");
/// Where the code lists lie, and those of earlier years, by year.
const REFERENCE: &str = "datasets/reference/";
const YEARS: &str = "datasets/reference/cog-";
/// What each code list is.
const INDEX: &str = "datasets/reference/index.toml";

static SQL: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../sql");

/// The project's files by path (`sql/cubes/cube_demande.sql`), with `/` between folders whatever the system.
#[derive(Debug, Clone)]
pub struct Project {
    files: BTreeMap<String, Vec<u8>>,
    /// The folder of `datasets/reference/` that the lists of an earlier year come from.
    year: Option<String>,
}

/// A unit test of a SQL model, as it lies under `sql/tests/<model>/<case>/`.
#[derive(Debug, Clone)]
pub struct SqlTest {
    /// The model.
    pub model: String,
    /// The case.
    pub case: String,
    /// Table → CSV.
    pub given: BTreeMap<String, String>,
    /// The expected rows, as CSV.
    pub expect: String,
}

/// A check of `sql/checks/<dataset>/`.
#[derive(Debug, Clone)]
pub struct SqlCheck {
    /// Its path in the project.
    pub path: String,
    /// The dataset it stands under.
    pub dataset: String,
    /// The file's name without `.sql`.
    pub name: String,
    /// The query that returns the rows that break the rule.
    pub sql: String,
}

#[derive(Deserialize)]
struct ReferenceIndex {
    fichier: BTreeMap<String, ReferenceFile>,
}

#[derive(Deserialize)]
struct ReferenceFile {
    titre: String,
    source: String,
    millesime: String,
    licence: String,
    sha256: Digest<kind::Text>,
}

impl Project {
    /// The files that the program was built with.
    pub fn embedded() -> Self {
        let mut files = BTreeMap::new();
        for (root, dir) in [("datasets", &DATASETS), ("sql", &SQL)] {
            collect(root, dir, &mut files);
        }
        Self { files, year: None }
    }

    /// The files of a project folder: one that holds `datasets/` and `sql/`.
    ///
    /// # Errors
    /// When a folder is missing or a file cannot be read.
    pub fn from_folder(folder: &Path) -> Result<Self, StageError> {
        let mut files = BTreeMap::new();
        for root in ["datasets", "sql"] {
            walk(&folder.join(root), root, &mut files)?;
        }
        Ok(Self { files, year: None })
    }

    /// The earlier years that it has lists of, in order.
    pub fn years(&self) -> Vec<i32> {
        let folders = self.under(YEARS).filter_map(|path| path.strip_prefix(YEARS)?.split_once('/'));
        let years: BTreeSet<i32> = folders.filter_map(|(year, _)| year.parse().ok()).collect();
        years.into_iter().collect()
    }

    /// The project as it is for a month: with the geography (COG) of its year. The lists of earlier years lie in `datasets/reference/cog-YYYY/`; a year
    /// before the first of them takes the first, and one after the last the lists beside them.
    pub fn of_month(&self, month: Month) -> Self {
        let year = self.years().into_iter().find(|year| *year >= month.year()).map(|year| format!("{YEARS}{year}/"));
        let mut files: BTreeMap<String, Vec<u8>> =
            self.files.iter().filter(|(path, _)| !path.starts_with(YEARS)).map(|(p, b)| (p.clone(), b.clone())).collect();
        for path in year.iter().flat_map(|folder| self.under(folder)) {
            let name = path.rsplit('/').next().unwrap_or_default();
            files.insert(format!("{REFERENCE}{name}"), self.files[path].clone());
        }
        Self { files, year: year.map(|folder| folder.trim_start_matches(REFERENCE).to_owned()) }
    }

    /// The project as it is for months that are published together.
    ///
    /// # Errors
    /// [`StageError::Usage`] when their years have different geographies.
    pub fn of_months(&self, months: &[Month]) -> Result<Self, StageError> {
        let mut projects = months.iter().map(|month| (month, self.of_month(*month)));
        let (first, project) = projects.next().ok_or_else(|| StageError::Usage("no month is asked for: --from is after --to".into()))?;
        match projects.find(|(_, other)| other.year != project.year) {
            Some((other, _)) => Err(StageError::Usage(format!(
                "{first} and {other} are of years with different lists of communes, and a month keeps those of its year: run one year at a time"
            ))),
            None => Ok(project),
        }
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// When the project has no such file.
    pub fn bytes(&self, path: &str) -> Result<&[u8], StageError> {
        self.files.get(path).map(Vec::as_slice).ok_or_else(|| StageError::project(path, "the file is missing"))
    }

    /// The text of a file.
    ///
    /// # Errors
    /// When the project has no such file, or it is no UTF-8.
    pub fn text(&self, path: &str) -> Result<&str, StageError> {
        std::str::from_utf8(self.bytes(path)?).map_err(|_| StageError::project(path, "the file is not UTF-8"))
    }

    /// Every path that begins with a prefix, in order.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.files.range(prefix.to_owned()..).map(|(p, _)| p.as_str()).take_while(move |p| p.starts_with(prefix))
    }

    /// Digest of one file.
    ///
    /// # Errors
    /// When the project has no such file.
    pub fn digest(&self, path: &str) -> Result<NamedDigest, StageError> {
        Ok(NamedDigest { name: path.into(), sha256: Digest::of(self.bytes(path)?) })
    }

    /// One digest over every file under a prefix, names included.
    ///
    /// # Errors
    /// Never for a project that was loaded.
    pub fn digest_under(&self, prefix: &str) -> Result<String, StageError> {
        let mut text = String::new();
        for path in self.under(prefix) {
            let d = self.digest(path)?;
            text += &format!("{}  {}\n", d.sha256, d.name);
        }
        Ok(Digest::<kind::Text>::of(text.as_bytes()).to_string())
    }

    /// The datasets, by name, with the codes of the code lists that they name.
    ///
    /// # Errors
    /// When a file of one is missing or wrong.
    pub fn datasets(&self) -> Result<Vec<DatasetSpec>, StageError> {
        let mut out = Vec::new();
        for spec in self.contracts()? {
            for page in ["README.md", "CHANGELOG.md"] {
                self.bytes(&format!("datasets/{}/{page}", spec.id))?;
            }
            out.push(self.listed(spec)?);
        }
        Ok(out)
    }

    /// The datasets, by name, as their own files describe them: code lists are not looked at.
    ///
    /// # Errors
    /// When a file of one is missing or wrong.
    pub fn contracts(&self) -> Result<Vec<DatasetSpec>, StageError> {
        let mut out = Vec::new();
        for path in self.under("datasets/") {
            let ["datasets", id, "dataset.toml"] = path.split('/').collect::<Vec<_>>()[..] else { continue };
            out.push(DatasetSpec::parse(id, self.text(path)?, self.text(&format!("datasets/{id}/schema.toml"))?)?);
        }
        Ok(out)
    }

    /// What the published form of a protected cube promises.
    ///
    /// # Errors
    /// When a file of it is missing or wrong.
    pub fn protected_cube(&self, id: &str) -> Result<DatasetSpec, StageError> {
        let text = |file: &str| self.text(&format!("datasets/cubes/{id}/{file}"));
        self.listed(DatasetSpec::parse(id, text("dataset.toml")?, text("schema.toml")?)?)
    }

    /// A contract with the codes of the code lists that it names.
    fn listed(&self, spec: DatasetSpec) -> Result<DatasetSpec, StageError> {
        let index = self.index()?;
        let list = |name: &str| {
            let path = format!("{REFERENCE}{name}");
            Some((self.place(&index, &path), self.files.get(&path)?.as_slice()))
        };
        Ok(solidata_canon::with_code_lists(spec, list)?)
    }

    /// Where a release has a file: lists of an earlier year in the folder of that year.
    fn place(&self, index: &ReferenceIndex, path: &str) -> String {
        match (&self.year, path.strip_prefix(REFERENCE)) {
            (Some(year), Some(name)) if index.fichier.contains_key(&format!("{year}{name}")) => format!("{REFERENCE}{year}{name}"),
            _ => path.to_owned(),
        }
    }

    /// Every file, as a release carries it: lists of an earlier year lie in the folder of that year again, so that [`Project::from_folder`] and
    /// [`Project::of_month`] give this project.
    ///
    /// # Errors
    /// When the index of the code lists cannot be read.
    pub fn files(&self) -> Result<Vec<(String, &[u8])>, StageError> {
        let index = self.index()?;
        Ok(self.files.iter().map(|(path, bytes)| (self.place(&index, path), bytes.as_slice())).collect())
    }

    fn index(&self) -> Result<ReferenceIndex, StageError> {
        toml::from_str(self.text(INDEX)?).map_err(|e| StageError::project(INDEX, &e.to_string()))
    }

    /// The SQL models of a folder (`cubes` or `datasets`), by name.
    ///
    /// # Errors
    /// When a file is no UTF-8.
    pub fn models(&self, folder: &str) -> Result<BTreeMap<String, String>, StageError> {
        let prefix = format!("sql/{folder}/");
        let names = self.under(&prefix).filter_map(|p| Some((p, p.strip_prefix(&prefix)?.strip_suffix(".sql")?)));
        names.map(|(path, name)| Ok((name.to_owned(), self.text(path)?.to_owned()))).collect()
    }

    /// The checks of every dataset, in order.
    ///
    /// # Errors
    /// When a file is no UTF-8 or lies elsewhere than in a folder of its dataset.
    pub fn checks(&self) -> Result<Vec<SqlCheck>, StageError> {
        let mut out = Vec::new();
        for path in self.under("sql/checks/") {
            let mut parts = path.trim_start_matches("sql/checks/").split('/');
            let (Some(dataset), Some(file), None) = (parts.next(), parts.next(), parts.next()) else {
                return Err(StageError::project(path, "a check lies in sql/checks/<dataset>/<name>.sql"));
            };
            let name = file.strip_suffix(".sql").ok_or_else(|| StageError::project(path, "a check is a .sql file"))?;
            out.push(SqlCheck { path: path.into(), dataset: dataset.into(), name: name.into(), sql: self.text(path)?.into() });
        }
        Ok(out)
    }

    /// The unit tests of the models, in order.
    ///
    /// # Errors
    /// When a file lies where none belongs, or a case has no `expect.csv`.
    pub fn sql_tests(&self) -> Result<Vec<SqlTest>, StageError> {
        #[derive(Default)]
        struct Case {
            given: BTreeMap<String, String>,
            expect: Option<String>,
        }
        let mut cases: BTreeMap<(String, String), Case> = BTreeMap::new();
        for path in self.under("sql/tests/") {
            let parts: Vec<&str> = path.trim_start_matches("sql/tests/").split('/').collect();
            let text = self.text(path)?.to_owned();
            match parts[..] {
                [model, case, "expect.csv"] => cases.entry((model.into(), case.into())).or_default().expect = Some(text),
                [model, case, "given", file] if file.ends_with(".csv") => {
                    let table = file.trim_end_matches(".csv").to_owned();
                    cases.entry((model.into(), case.into())).or_default().given.insert(table, text);
                }
                _ => return Err(StageError::project(path, "expected sql/tests/<model>/<case>/given/<table>.csv or …/expect.csv")),
            }
        }
        cases
            .into_iter()
            .map(|((model, case), Case { given, expect })| {
                let path = format!("sql/tests/{model}/{case}/expect.csv");
                let expect = expect.ok_or_else(|| StageError::project(&path, "the case has no expected rows"))?;
                Ok(SqlTest { model, case, given, expect })
            })
            .collect()
    }

    /// A file of `datasets/reference/`.
    ///
    /// # Errors
    /// When it is missing.
    pub fn reference(&self, file: &str) -> Result<&[u8], StageError> {
        self.bytes(&format!("datasets/reference/{file}"))
    }

    /// What each code list is and where it comes from, in French, by its name.
    ///
    /// # Errors
    /// When the index of the code lists cannot be read.
    pub fn code_list_words(&self) -> Result<BTreeMap<String, (String, String)>, StageError> {
        let index = self.index()?;
        let words = |name: &str| {
            let of_year = self.year.as_ref().and_then(|year| index.fichier.get(&format!("{year}{name}")));
            of_year.or(index.fichier.get(name)).map(|said| (name.to_owned(), (said.titre.clone(), said.source.clone())))
        };
        Ok(self.under(REFERENCE).filter_map(|path| words(path.trim_start_matches(REFERENCE))).collect())
    }

    /// The code lists with their vintage, each proved to be the file that `index.toml` describes.
    ///
    /// # Errors
    /// When a file differs from what `index.toml` says of it, or is not named there.
    pub fn code_lists(&self) -> Result<Vec<CodeListEntry>, StageError> {
        let parsed = self.index()?;
        let mut out = Vec::new();
        for path in self.under("datasets/reference/").filter(|p| p.ends_with(".csv")) {
            let name = path.trim_start_matches(REFERENCE);
            let of_year = self.year.as_ref().and_then(|year| parsed.fichier.get(&format!("{year}{name}")));
            let said = of_year.or(parsed.fichier.get(name)).ok_or_else(|| StageError::project(path, "index.toml does not name it"))?;
            let sha256 = Digest::of(self.bytes(path)?);
            if sha256 != said.sha256 {
                return Err(StageError::project(path, "the file is not the one index.toml describes: run ci/reference/build.py"));
            }
            out.push(CodeListEntry { name: name.into(), vintage: said.millesime.clone(), licence: said.licence.clone(), sha256 });
        }
        Ok(out)
    }
}

fn collect(root: &str, dir: &'static Dir<'static>, files: &mut BTreeMap<String, Vec<u8>>) {
    for file in dir.files() {
        let path = file.path().components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        files.insert(format!("{root}/{path}"), file.contents().to_vec());
    }
    for inner in dir.dirs() {
        collect(root, inner, files);
    }
}

fn walk(folder: &Path, name: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), StageError> {
    let failed = |e: std::io::Error| StageError::project(name, &format!("cannot be read: {e}"));
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let inner = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(failed)?.is_dir() {
            walk(&entry.path(), &inner, files)?;
        } else {
            files.insert(inner, fs::read(entry.path()).map_err(failed)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_project_is_the_folder() {
        let root = std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into()))
            .join("../..");
        assert_eq!(Project::embedded().files, Project::from_folder(&root).unwrap().files);
    }

    #[test]
    fn a_month_has_the_geography_of_its_year() {
        let project = Project::embedded();
        let of = |month: &str| project.of_month(month.parse().unwrap());
        let vintage = |month: &str, name: &str| of(month).code_lists().unwrap().into_iter().find(|l| l.name == name).unwrap().vintage;
        let months = ["2021-05", "2024-12", "2025-01", "2026-01", "2031-07"];
        assert_eq!(months.map(|m| vintage(m, "communes.csv")), ["COG 2024", "COG 2024", "COG 2025", "COG 2026", "COG 2026"]);
        assert_eq!(months.map(|m| vintage(m, "categories.csv")), ["2026-08"; 5]);
        assert_eq!(of("2024-09").code_lists().unwrap().len(), of("2026-09").code_lists().unwrap().len());
        // a commune that merged into another at the beginning of 2025
        let has = |month: &str| std::str::from_utf8(of(month).reference("communes.csv").unwrap()).unwrap().contains("\n01330,");
        assert_eq!(months.map(has), [true, true, false, false, false]);
        let together = |months: &[&str]| project.of_months(&months.iter().map(|m| m.parse().unwrap()).collect::<Vec<_>>());
        assert!(together(&["2024-11", "2024-12"]).is_ok() && together(&["2026-12", "2027-01"]).is_ok());
        assert!(matches!(together(&["2024-12", "2025-01"]), Err(StageError::Usage(_))));
    }

    #[test]
    fn what_a_release_carries_is_the_project_of_its_month() {
        for month in ["2024-09", "2025-03", "2026-09"] {
            let project = Project::embedded().of_month(month.parse().unwrap());
            let carried = Project { files: project.files().unwrap().into_iter().map(|(p, b)| (p, b.to_vec())).collect(), year: None };
            let again = carried.of_month(month.parse().unwrap());
            assert!(again.files == project.files && again.year == project.year, "{month}");
            assert_eq!(again.code_lists().unwrap(), project.code_lists().unwrap());
        }
    }

    #[test]
    fn a_published_schema_tells_the_whole_contract() {
        for spec in Project::embedded().datasets().unwrap() {
            let read = solidata_canon::contract_of_table_schema(&solidata_canon::table_schema(&spec).unwrap()).unwrap();
            assert_eq!(read.columns, spec.contract.columns, "{}", spec.id);
        }
    }

    #[test]
    fn every_version_of_a_schema_has_its_day_and_its_entry() {
        let project = Project::embedded();
        for spec in project.datasets().unwrap() {
            let (created, updated) = (spec.contract.created.unwrap(), spec.contract.updated.unwrap());
            assert!(created <= updated, "{}", spec.id);
            let journal = project.text(&format!("datasets/{}/CHANGELOG.md", spec.id)).unwrap();
            let newest = journal.lines().find(|line| line.starts_with("## ")).unwrap();
            assert_eq!(newest, format!("## [{}] - {updated}", spec.contract.version), "{}", spec.id);
            let oldest = journal.lines().rev().find(|line| line.starts_with("## ")).unwrap();
            assert!(oldest.ends_with(&format!(" - {created}")), "{}", spec.id);
        }
    }

    #[test]
    fn short_code_lists_are_enumerations_and_long_ones_are_references() {
        let project = Project::embedded();
        let codes = |project: &Project, id: &str, name: &str| {
            let spec = project.datasets().unwrap().into_iter().find(|spec| spec.id == id).unwrap();
            spec.contract.columns.into_iter().find(|column| column.name == name).unwrap().codes.unwrap()
        };
        assert_eq!(codes(&project, "structures", "code_departement").codes.len(), 109);
        assert_eq!(codes(&project, "structures", "public_genre").codes, ["men", "women"]);
        let long = codes(&project, "structures", "code_commune");
        assert_eq!((long.path.as_str(), long.codes.len()), ("datasets/reference/communes.csv", 0));
        let of_year = project.of_month("2024-09".parse().unwrap());
        assert_eq!(codes(&of_year, "structures", "code_region").path, "datasets/reference/cog-2024/regions.csv");
    }

    #[test]
    fn every_dataset_has_its_files() {
        let project = Project::embedded();
        let ids: Vec<_> = project.datasets().unwrap().into_iter().map(|d| d.id).collect();
        assert_eq!(ids, ["demande_diffusion", "demande_locale", "demande_territoires", "offre_territoires", "services", "structures"]);
        assert!(project.models("datasets").unwrap().keys().eq(ids.iter()));
        assert!(!project.checks().unwrap().is_empty() && !project.sql_tests().unwrap().is_empty());
        assert!(project.code_lists().unwrap().len() > 10);
    }
}
