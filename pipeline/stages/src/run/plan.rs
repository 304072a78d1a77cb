//! What a run will do, found out without writing anything.

use super::{Request, keys};
use crate::{Lists, SafeInputs, StageError};
use serde::Serialize;
use solidata_model::{Digest, SnapshotRole, StageKey, Thresholds, kind};
use solidata_sources::Collection;
use solidata_store::{Pin, Rebuild, VaultView};
use std::{fmt, path::PathBuf};

/// What a plan does with a step's output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "action", content = "reason")]
pub enum Action {
    /// The vault has it, verified.
    Reuse,
    /// It has to be made, and why.
    Build(String),
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What it does.
    pub what: String,
    /// Whether it is done again.
    #[serde(flatten)]
    pub action: Action,
    /// The objects it writes into the public store.
    pub writes: Vec<String>,
}

/// What a run will do. It was made without writing anything.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The numbers of the net rule.
    pub thresholds: Thresholds,
    /// Snapshots with the digest that they are pinned to, if any.
    pub snapshots: Vec<(PathBuf, Option<Digest<kind::Snapshot>>)>,
    #[serde(skip)]
    pub(super) inputs: Vec<Input>,
}

/// A file or folder and what is read from it: one pass, whatever it is given for.
#[derive(Debug, Clone)]
pub(super) struct Input {
    pub(super) path: PathBuf,
    pub(super) roles: Vec<SnapshotRole>,
    pub(super) pinned: Option<Pin>,
}

/// Plans a run. Writes nothing.
///
/// # Errors
/// When a snapshot or store cannot be found, or the request contradicts itself.
pub fn plan(request: &Request) -> Result<Plan, StageError> {
    let lists = Lists::load(&request.project.of_months(&request.months)?)?;
    let view = VaultView::open(&request.vault)?;
    let mut inputs = inputs(request)?;
    let mut steps = Vec::new();
    let mut keys = Vec::new();
    for input in &mut inputs {
        if let Some(view) = &view {
            for role in &input.roles {
                input.pinned = input.pinned.take().or(view.pinned(&input.path, *role)?);
            }
        }
        let key = input.pinned.as_ref().map(|p| keys::extraction(&p.sha256, &input.roles, request, &lists));
        let action = action(view.as_ref(), "extraction", key.as_ref(), "first sight: it will be read and pinned")?;
        keys.push(key);
        steps.push(Step { what: format!("read {} ({})", input.path.display(), names(&input.roles)), action, writes: Vec::new() });
    }
    if !request.search.is_empty() {
        let keys: Option<Vec<StageKey>> =
            inputs.iter().zip(&keys).filter(|(i, _)| i.roles.contains(&SnapshotRole::Search)).map(|(_, k)| *k).collect();
        let key = keys.map(|k| keys::searches(&k, request, &lists));
        let action = action(view.as_ref(), SafeInputs::STAGE, key.as_ref(), "it follows from what will be read")?;
        steps.push(Step { what: "order the searches and apply the net rule".into(), action, writes: Vec::new() });
    }
    for month in &request.months {
        let action = Action::Build("tables are made anew and compared with what is published".into());
        let prefix = match request.revise {
            None => format!("releases/{month}/r1"),
            // Its number is known when the store is read.
            Some(_) => format!("releases/{month}/rN"),
        };
        let mut writes = Vec::new();
        for spec in request.project.datasets()? {
            if spec.feeds == solidata_model::Feeds::Supply || !request.search.is_empty() {
                writes.push(format!("{prefix}/{}", solidata_canon::parquet_path(&spec.id)));
                writes.push(format!("{prefix}/{}", solidata_canon::csv_path(&spec.id)));
                // Which files come of it besides, its size decides.
                writes.push(format!("{prefix}/{}", solidata_canon::Form::Xlsx.path(&spec.id)));
                if spec.geometry.is_some() {
                    writes.push(format!("{prefix}/{}", solidata_canon::Form::GeoJson.path(&spec.id)));
                    writes.push(format!("{prefix}/{}", solidata_canon::Form::GeoParquet.path(&spec.id)));
                }
                writes.push(format!("{prefix}/{}", solidata_canon::schema_path(&spec.id)));
            }
        }
        writes.push(format!("{prefix}/{}", solidata_model::PROVENANCE));
        writes.push(format!("{prefix}/manifest.json"));
        writes.push(format!("{prefix}/SHA256SUMS"));
        steps.push(Step { what: format!("make, check and seal {month}"), action, writes });
    }
    let action = Action::Build("last, by a conditional put".into());
    steps.push(Step { what: format!("publish to {}", request.public), action, writes: vec!["chain/".into(), "index.json".into()] });
    let snapshots = inputs.iter().map(|i| (i.path.clone(), i.pinned.as_ref().map(|p| p.sha256))).collect();
    Ok(Plan { steps, thresholds: request.thresholds.clone(), snapshots, inputs })
}

/// Groups what was given by file: an archive given for both collections is read once.
fn inputs(request: &Request) -> Result<Vec<Input>, StageError> {
    let mut inputs: Vec<Input> = Vec::new();
    let given = std::iter::once((&request.lieux, SnapshotRole::Lieux)).chain(request.search.iter().map(|p| (p, SnapshotRole::Search)));
    for (path, role) in given {
        let real = path.canonicalize().map_err(|_| solidata_sources::SourceError::Missing { path: path.clone() })?;
        match inputs.iter_mut().find(|i| i.path.canonicalize().is_ok_and(|p| p == real)) {
            Some(input) if input.roles.contains(&role) => {
                return Err(StageError::Usage(format!("{} is given twice for the same thing", path.display())));
            }
            Some(input) => input.roles.push(role),
            None => inputs.push(Input { path: path.clone(), roles: vec![role], pinned: None }),
        }
    }
    Ok(inputs)
}

fn action(view: Option<&VaultView>, stage: &str, key: Option<&StageKey>, unknown: &str) -> Result<Action, StageError> {
    let (Some(view), Some(key)) = (view, key) else { return Ok(Action::Build(unknown.into())) };
    Ok(match view.look_up(stage, key)? {
        Ok(_) => Action::Reuse,
        Err(Rebuild::Absent) => Action::Build("something that decides it changed, or it was never made".into()),
        Err(Rebuild::Damaged(what)) => Action::Build(format!("the vault's copy is damaged: {what}")),
    })
}

pub(super) fn collection(role: SnapshotRole) -> Collection {
    match role {
        SnapshotRole::Lieux => Collection::Lieux,
        SnapshotRole::Search => Collection::Search,
    }
}

pub(super) fn names(roles: &[SnapshotRole]) -> String {
    roles.iter().map(|r| collection(*r).name()).collect::<Vec<_>>().join(" and ")
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (path, sha256) in &self.snapshots {
            match sha256 {
                Some(sha256) => writeln!(f, "snapshot {} pinned to sha256 {sha256}", path.display())?,
                None => writeln!(f, "snapshot {} not pinned yet", path.display())?,
            }
        }
        for (n, step) in self.steps.iter().enumerate() {
            match &step.action {
                Action::Reuse => writeln!(f, "{:>2}. {}: reuse what the vault has", n + 1, step.what)?,
                Action::Build(why) => writeln!(f, "{:>2}. {}: {why}", n + 1, step.what)?,
            }
            for path in &step.writes {
                writeln!(f, "      writes {path}")?;
            }
        }
        Ok(())
    }
}
