use crate::{
    BaseTable, CaseOutcome, Check, ColumnRef, Layer, ModelGraph, ModelSet, Planned, PlannedModel, SqlError, TestCase, check_contract,
    checks::{STATED, unchecked},
    generated_checks, lineage, lint_with_keys, plan_check, plan_models, run_case,
};
use solidata_model::{DatasetSpec, Feeds};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Everything that can be checked without data.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// The texts of `sql/cubes`, by table name.
    pub cubes: BTreeMap<String, String>,
    /// The texts of `sql/datasets`, by table name.
    pub datasets: BTreeMap<String, String>,
    /// The tables that no model makes: safe inputs, protected cubes, public supply tables, code lists.
    pub base: Vec<BaseTable>,
    /// The folders of `datasets/` but `reference`, by name.
    pub specs: BTreeMap<String, DatasetSpec>,
    /// The files of `sql/checks`.
    pub checks: Vec<Check>,
    /// The folders of `sql/tests`.
    pub tests: Vec<TestCase>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing may be written before it is mended.
    Error,
    /// Worth knowing.
    Note,
}

/// One thing that the check of a project found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file or folder; empty when it is about the project.
    pub place: String,
    /// Error or note.
    pub severity: Severity,
    /// What kind, stable for machines.
    pub code: &'static str,
    /// What is wrong and what to write, in one or several lines.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.severity == Severity::Error { "error" } else { "note" };
        write!(f, "{}: {severity}[{}]: {}", self.place, self.code, self.message)
    }
}

/// What the check of a project found and learned.
#[derive(Debug, Clone)]
pub struct Report {
    /// Sorted by place.
    pub findings: Vec<Finding>,
    /// The cubes that can be planned.
    pub cubes: Planned,
    /// The datasets that can be planned.
    pub datasets: Planned,
    /// Every check that runs on a release: those of `sql/checks` and those that contracts state.
    pub checks: Vec<Check>,
    /// The cases that ran.
    pub cases: Vec<CaseOutcome>,
    /// For each model, from which columns each of its columns is computed.
    pub lineage: BTreeMap<String, BTreeMap<String, BTreeSet<ColumnRef>>>,
}

impl Report {
    /// Whether nothing forbids a run.
    pub fn passed(&self) -> bool {
        self.findings.iter().all(|f| f.severity == Severity::Note)
    }

    /// How many cases each model has, for the manifest.
    pub fn case_counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for case in &self.cases {
            *counts.entry(case.model.clone()).or_insert(0) += 1;
        }
        counts
    }
}

/// Checks a project without data: graph, layers, plans, lints, contracts, checks, and the test cases of every model.
pub async fn check_project(project: &Project) -> Report {
    let mut findings = Findings::default();
    findings.same_names(project);
    let mut sets = Vec::new();
    for (layer, texts) in [(Layer::ExactCube, &project.cubes), (Layer::Dataset, &project.datasets)] {
        let (set, errors) = ModelSet::parse_all(layer, texts);
        findings.errors(errors);
        let (graph, errors) = ModelGraph::build(&set, &project.base);
        findings.errors(errors);
        let (planned, errors) = plan_models(&set, &graph, &project.base).await;
        findings.errors(errors);
        findings.skipped(&planned, texts);
        sets.push(planned);
    }
    let datasets = sets.pop().unwrap_or(Planned { layer: Layer::Dataset, order: Vec::new(), models: BTreeMap::new() });
    let cubes = sets.pop().unwrap_or(Planned { layer: Layer::ExactCube, order: Vec::new(), models: BTreeMap::new() });

    let mut lineages = BTreeMap::new();
    for planned in [&cubes, &datasets] {
        for (name, model) in &planned.models {
            let place = model.model.layer.place(name);
            for found in lint_with_keys(&model.plan, &planned.keys_of(&model.reads, &project.base)) {
                findings.add(&place, found.code.code(), format!("{}; {}", found.message, found.remedy));
            }
            lineages.insert(name.clone(), lineage(&model.plan));
        }
    }
    findings.contracts(project, &datasets);
    let checks = findings.checks(project).await;
    let cases = findings.cases(project, &cubes, &datasets).await;
    let mut found = findings.0;
    found.sort();
    found.dedup();
    Report { findings: found, cubes, datasets, checks, cases, lineage: lineages }
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, place: &str, code: &'static str, message: String) {
        self.0.push(Finding { place: place.into(), severity: Severity::Error, code, message });
    }

    fn note(&mut self, place: &str, code: &'static str, message: String) {
        self.0.push(Finding { place: place.into(), severity: Severity::Note, code, message });
    }

    fn errors(&mut self, errors: Vec<SqlError>) {
        for e in errors {
            let (place, text) = (e.place().to_owned(), e.to_string());
            let message = text.strip_prefix(&format!("{place}: ")).unwrap_or(&text).to_owned();
            self.add(&place, e.code(), message);
        }
    }

    /// `sql/tests/<model>` must mean one model.
    fn same_names(&mut self, project: &Project) {
        for name in project.cubes.keys().filter(|n| project.datasets.contains_key(*n)) {
            self.add(&Layer::Dataset.place(name), "defined_twice", format!("'{name}' is a cube too; rename one"));
        }
    }

    /// Models without a plan for which no error says why: they read one that has an error.
    fn skipped(&mut self, planned: &Planned, texts: &BTreeMap<String, String>) {
        for name in texts.keys().filter(|n| !planned.models.contains_key(*n)) {
            let place = planned.layer.place(name);
            if !self.0.iter().any(|f| f.place == place) {
                self.add(&place, "not_planned", "not looked at: a model that it reads has an error".into());
            }
        }
    }

    fn contracts(&mut self, project: &Project, datasets: &Planned) {
        for (name, spec) in &project.specs {
            if !project.datasets.contains_key(name) {
                let message = format!("nothing makes this dataset: write sql/datasets/{name}.sql");
                self.add(&format!("datasets/{name}"), "no_model", message);
            }
            let Some(model) = datasets.models.get(name) else { continue };
            if spec.feeds == Feeds::Supply {
                self.fed_by_supply(project, model);
            }
            for found in check_contract(&model.schema, spec) {
                let place = Layer::Dataset.place(name);
                if found.note { self.note(&place, "contract", found.to_string()) } else { self.add(&place, "contract", found.to_string()) }
            }
        }
        for name in project.datasets.keys().filter(|n| !project.specs.contains_key(*n)) {
            let message = format!("this dataset is not documented: write datasets/{name}/dataset.toml and schema.toml");
            self.add(&Layer::Dataset.place(name), "no_contract", message);
        }
    }

    /// A dataset of the directory is made in runs without searches too.
    fn fed_by_supply(&mut self, project: &Project, model: &PlannedModel) {
        let demand = |table: &String| project.specs.get(table).is_some_and(|s| s.feeds == Feeds::Demand);
        for (table, _) in model.reads.iter().filter(|(t, layer)| **layer == Layer::ProtectedCube || demand(t)) {
            let message =
                format!("reads '{table}', which is not there in a run without searches: write feeds = \"demand\" in dataset.toml");
            self.add(&model.model.layer.place(&model.model.name), "feeds", message);
        }
    }

    async fn checks(&mut self, project: &Project) -> Vec<Check> {
        for id in unchecked(&project.specs, &project.checks) {
            let message = "no check: write a query that returns the rows that break a rule of this dataset".into();
            self.add(&format!("sql/checks/{id}"), "no_check", message);
        }
        let mut all = project.checks.clone();
        for (id, spec) in &project.specs {
            all.extend(generated_checks(spec).into_iter().map(|(name, sql)| Check {
                dataset: id.clone(),
                name: format!("{STATED}{name}"),
                sql,
            }));
        }
        all.sort();
        for check in &all {
            let place = check.place();
            if !project.specs.contains_key(&check.dataset) {
                self.add(&place, "no_dataset", format!("there is no dataset '{}'", check.dataset));
                continue;
            }
            match plan_check(check, &project.specs, &project.base).await {
                Err(e) => self.errors(vec![e]),
                Ok(found) => {
                    for lint in found {
                        self.add(&place, lint.code.code(), format!("{}; {}", lint.message, lint.remedy));
                    }
                }
            }
        }
        all
    }

    async fn cases(&mut self, project: &Project, cubes: &Planned, datasets: &Planned) -> Vec<CaseOutcome> {
        let tested: BTreeSet<&str> = project.tests.iter().map(|t| t.model.as_str()).collect();
        for name in project.cubes.keys().chain(project.datasets.keys()).filter(|n| !tested.contains(n.as_str())) {
            let message = format!("no test case: write sql/tests/{name}/<case>/given/<table>.csv and expect.csv");
            self.add(&format!("sql/tests/{name}"), "no_test", message);
        }
        let mut outcomes = Vec::new();
        for case in &project.tests {
            let planned = if project.cubes.contains_key(&case.model) { cubes } else { datasets };
            let known = project.cubes.contains_key(&case.model) || project.datasets.contains_key(&case.model);
            if known && !planned.models.contains_key(&case.model) {
                self.add(&case.place(), "test_case", format!("did not run: '{}' has an error", case.model));
                continue;
            }
            match run_case(planned, &project.base, case).await {
                Err(e) => self.errors(vec![e]),
                Ok(outcome) => {
                    if !outcome.passed() {
                        self.add(&case.place(), "test_failed", outcome.diff.join("\n"));
                    }
                    outcomes.push(outcome);
                }
            }
        }
        outcomes
    }
}

#[cfg(test)]
mod tests;
