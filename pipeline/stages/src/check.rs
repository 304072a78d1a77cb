//! The check of the whole project without data.

use crate::{Project, StageError, datasets::base_tables};
use serde::Serialize;
use solidata_sqlmodel::{Check, Severity, TestCase, check_project};
use std::collections::BTreeMap;

/// What `solidata check` found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Datasets, by name.
    pub datasets: Vec<String>,
    /// Cubes, in the order in which they run.
    pub cubes: Vec<String>,
    /// How many checks run on a release.
    pub checks: usize,
    /// How many SQL tests each model has; all of them ran.
    pub tests: BTreeMap<String, usize>,
    /// How many code lists there are; each is the file that `index.toml` describes.
    pub code_lists: usize,
    /// What is wrong: nothing is written while there is one.
    pub findings: Vec<String>,
    /// What is worth knowing.
    pub notes: Vec<String>,
}

/// Checks datasets, models, plans, contracts, checks and SQL tests.
///
/// # Errors
/// When a file cannot be understood at all.
pub async fn check(project: &Project) -> Result<CheckReport, StageError> {
    let specs = project.datasets()?;
    project.portal_ids()?;
    let code_lists = project.code_lists()?.len();
    let report = check_project(&solidata_sqlmodel::Project {
        cubes: project.models("cubes")?,
        datasets: project.models("datasets")?,
        base: base_tables(project)?,
        specs: specs.iter().map(|s| (s.id.clone(), s.clone())).collect(),
        checks: project.checks()?.into_iter().map(|c| Check { dataset: c.dataset, name: c.name, sql: c.sql }).collect(),
        tests: project
            .sql_tests()?
            .into_iter()
            .map(|t| TestCase { model: t.model, case: t.case, given: t.given, expect: t.expect })
            .collect(),
    })
    .await;
    let of = |severity| report.findings.iter().filter(|f| f.severity == severity).map(ToString::to_string).collect();
    Ok(CheckReport {
        datasets: specs.into_iter().map(|s| s.id).collect(),
        cubes: report.cubes.order.clone(),
        checks: report.checks.len(),
        tests: report.case_counts(),
        code_lists,
        findings: of(Severity::Error),
        notes: of(Severity::Note),
    })
}

impl CheckReport {
    /// An error that lists the findings, when there is one.
    ///
    /// # Errors
    /// [`StageError::Check`].
    pub fn into_result(self) -> Result<Self, StageError> {
        if self.findings.is_empty() { Ok(self) } else { Err(StageError::Check(self.findings)) }
    }
}
