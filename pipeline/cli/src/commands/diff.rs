use crate::{args::DiffArgs, exit::CliError, output::Output};
use serde::Serialize;
use solidata_audit::Keys;
use solidata_model::{Changes, DatasetChanges, Presence};
use std::fmt::Write;

/// How many keys of each kind are shown to people.
const SHOWN: usize = 20;

#[derive(Serialize)]
struct Outcome {
    #[serde(flatten)]
    changes: Changes,
    /// Datasets whose declared schema version does not say what changed.
    wrong_versions: Vec<String>,
}

/// `solidata diff`
///
/// # Errors
/// With exit code 1 when a declared schema version does not say what changed.
pub async fn diff(args: DiffArgs, output: &Output) -> Result<(), CliError> {
    let keys = if args.keys { Keys::All } else { Keys::Named };
    let (changes, wrong_versions) = solidata_audit::diff((&args.before, &args.after), &super::store_options(), keys).await?;
    let outcome = Outcome { changes, wrong_versions };
    output.outcome(&outcome, || words(&outcome))?;
    match outcome.wrong_versions.len() {
        0 => Ok(()),
        n => Err(CliError::Findings(format!("{n} declared schema version(s) do not say what changed"))),
    }
}

fn words(outcome: &Outcome) -> String {
    let changes = &outcome.changes;
    let mut text = String::new();
    let _ = writeln!(text, "{} since {}", changes.release, changes.since.as_deref().unwrap_or("nothing"));
    if let Some(reason) = &changes.reason {
        let _ = writeln!(text, "reason: {reason}");
    }
    for dataset in &changes.datasets {
        one(&mut text, dataset);
    }
    for wrong in &outcome.wrong_versions {
        let _ = writeln!(text, "wrong version: {wrong}");
    }
    text
}

fn one(text: &mut String, dataset: &DatasetChanges) {
    let what = match dataset.presence {
        Presence::Added => " (added)",
        Presence::Removed => " (not there any more)",
        Presence::Kept => "",
    };
    let _ = writeln!(text, "{}{what}", dataset.dataset);
    if let Some(schema) = &dataset.schema {
        match schema.level {
            None => drop(writeln!(text, "  schema {}: no change", schema.to)),
            Some(level) => drop(writeln!(text, "  schema {} -> {}: {level} change", schema.from, schema.to)),
        }
        for change in &schema.changes {
            let _ = writeln!(text, "    {} {} ({})", change.column, change.what.en(), change.level);
        }
    }
    if let Some(r) = &dataset.rows {
        let _ = writeln!(text, "  rows {} -> {}: {} added, {} removed, {} changed", r.before, r.after, r.added, r.removed, r.changed);
    }
    if let Some(keys) = &dataset.keys {
        let removed: Vec<&String> = keys.removed.iter().map(|r| &r.key).collect();
        list(text, "added", &keys.added.iter().collect::<Vec<_>>());
        list(text, "removed", &removed);
        list(text, "changed", &keys.changed.iter().collect::<Vec<_>>());
    }
    for indicator in dataset.indicators.iter().filter(|i| i.before != i.after) {
        let figure = |value: Option<i64>| value.map_or_else(|| "not given".to_owned(), |n| n.to_string());
        let territory = indicator.territoire_libelle.as_ref().map(|t| format!(", {t}")).unwrap_or_default();
        let _ = writeln!(text, "  {}{territory}: {} -> {}", indicator.en, figure(indicator.before), figure(indicator.after));
    }
}

fn list(text: &mut String, what: &str, keys: &[&String]) {
    if !keys.is_empty() {
        let shown: Vec<&str> = keys.iter().take(SHOWN).map(|k| k.as_str()).collect();
        let more = if keys.len() > SHOWN { format!(" and {} more (--json lists all)", keys.len() - SHOWN) } else { String::new() };
        let _ = writeln!(text, "    {what}: {}{more}", shown.join(", "));
    }
}
