//! What we promise and how we compute it: the files of `datasets/` and `sql/`, embedded in the program or read from a folder.

mod lists;
mod load;
mod models;
#[cfg(test)]
mod tests;

pub use models::{SqlCheck, SqlTest};

use crate::StageError;
use solidata_model::{DatasetSpec, Digest, Month, NamedDigest, PortalIds, kind};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Where the code lists lie, and those of earlier years, by year.
const REFERENCE: &str = "datasets/reference/";
const YEARS: &str = "datasets/reference/cog-";

/// The project's files by path (`sql/cubes/cube_demande.sql`), with `/` between folders whatever the system.
#[derive(Debug, Clone)]
pub struct Project {
    files: BTreeMap<String, Vec<u8>>,
    /// The folder of `datasets/reference/` that the lists of an earlier year come from.
    year: Option<String>,
    /// What an operator wrote at the end of `dataset.toml` of the ids that a portal gave, by that path. It is no part of the contract: a release is the
    /// same before and after.
    portal_ids: BTreeMap<String, String>,
}

impl Project {
    /// The files that the program was built with.
    pub fn embedded() -> Self {
        Self::of_files(load::embedded())
    }

    /// The files of a project folder: one that holds `datasets/` and `sql/`.
    ///
    /// # Errors
    /// When a folder is missing or a file cannot be read.
    pub fn from_folder(folder: &Path) -> Result<Self, StageError> {
        Ok(Self::of_files(load::folder(folder)?))
    }

    fn of_files(mut files: BTreeMap<String, Vec<u8>>) -> Self {
        let mut portal_ids = BTreeMap::new();
        let is_contract = |path: &str| matches!(path.split('/').collect::<Vec<_>>()[..], ["datasets", _, "dataset.toml"]);
        for (path, bytes) in files.iter_mut().filter(|(path, _)| is_contract(path)) {
            let Ok(text) = std::str::from_utf8(bytes) else { continue };
            if let Some((contract, ids)) = PortalIds::cut(text) {
                portal_ids.insert(path.clone(), ids);
                *bytes = contract.into_bytes();
            }
        }
        Self { files, year: None, portal_ids }
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
        let year = year.map(|folder| folder.trim_start_matches(REFERENCE).to_owned());
        Self { files, year, portal_ids: self.portal_ids.clone() }
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

    /// What each dataset is called on portals, by its name: code lists are not looked at.
    ///
    /// # Errors
    /// When a file of one is missing or wrong.
    pub fn portal_ids(&self) -> Result<BTreeMap<String, BTreeMap<String, PortalIds>>, StageError> {
        let ids = |spec: DatasetSpec| {
            let path = format!("datasets/{}/dataset.toml", spec.id);
            let text = self.portal_ids.get(&path).map_or("", String::as_str);
            Ok((spec.id, PortalIds::parse(text).map_err(|detail| StageError::project(&path, &detail))?))
        };
        self.contracts()?.into_iter().map(ids).collect()
    }

    /// The datasets, by name, as their own files describe them: code lists are not looked at.
    fn contracts(&self) -> Result<Vec<DatasetSpec>, StageError> {
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

    /// Every file, as a release carries it: lists of an earlier year lie in the folder of that year again, so that [`Project::from_folder`] and
    /// [`Project::of_month`] give this project.
    ///
    /// # Errors
    /// When the index of the code lists cannot be read.
    pub fn files(&self) -> Result<Vec<(String, &[u8])>, StageError> {
        let index = self.index()?;
        Ok(self.files.iter().map(|(path, bytes)| (self.place(&index, path), bytes.as_slice())).collect())
    }
}
