//! The SQL of a project: its models, the checks of its datasets and the tests of its models.

use super::Project;
use crate::StageError;
use std::collections::BTreeMap;

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

impl Project {
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
}
