//! The code lists of a project, and what is said of each.

use super::{Project, REFERENCE};
use crate::StageError;
use serde::Deserialize;
use solidata_model::{CodeListEntry, DatasetSpec, Digest, kind};
use std::collections::BTreeMap;

/// What each code list is.
const INDEX: &str = "datasets/reference/index.toml";

#[derive(Deserialize)]
pub(super) struct ReferenceIndex {
    fichier: BTreeMap<String, ReferenceFile>,
}

#[derive(Deserialize)]
pub(super) struct ReferenceFile {
    titre: String,
    source: String,
    millesime: String,
    licence: String,
    sha256: Digest<kind::Text>,
}

impl Project {
    /// A contract with the codes of the code lists that it names.
    pub(super) fn listed(&self, spec: DatasetSpec) -> Result<DatasetSpec, StageError> {
        let index = self.index()?;
        let list = |name: &str| {
            let path = format!("{REFERENCE}{name}");
            Some((self.place(&index, &path), self.files.get(&path)?.as_slice()))
        };
        Ok(solidata_canon::with_code_lists(spec, list)?)
    }

    /// Where a release has a file: lists of an earlier year in the folder of that year.
    pub(super) fn place(&self, index: &ReferenceIndex, path: &str) -> String {
        match (&self.year, path.strip_prefix(REFERENCE)) {
            (Some(year), Some(name)) if index.fichier.contains_key(&format!("{year}{name}")) => format!("{REFERENCE}{year}{name}"),
            _ => path.to_owned(),
        }
    }

    pub(super) fn index(&self) -> Result<ReferenceIndex, StageError> {
        toml::from_str(self.text(INDEX)?).map_err(|e| StageError::project(INDEX, &e.to_string()))
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
