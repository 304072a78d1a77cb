//! What changed between two releases: schemas with the policy of versions, rows by key, key figures.
//!
//! It is made of what both publish, and told by the rules of everything public: see [`solidata_model::Changes`].

mod fetch;
#[cfg(test)]
mod tests;

pub use fetch::{ReleaseTables, diff};

use crate::AuditError;
use fetch::Table;
use solidata_canon::{RowChange, SchemaDiff, compare_indicators, indicators, rows_diff};
use solidata_model::{
    ChangedKeys, Changes, DatasetChanges, Feeds, Indicator, Month, Presence, RETIRED, RemovedKey, RowCounts, SchemaChanges,
};
use std::collections::BTreeSet;

/// Columns that say which release a row is of, and so differ in every row.
const OF_THE_RELEASE: [&str; 2] = ["mois", "date_photo"];

/// Of which datasets the keys of changed rows are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Those whose rows have a name: one column is their key.
    Named,
    /// All.
    All,
}

/// What `after` changes since `before`; what it is, when there is nothing before. `reason` is why a month was published again.
///
/// # Errors
/// When a table cannot be read.
pub fn changes(before: Option<&ReleaseTables>, after: &ReleaseTables, reason: Option<&str>, keys: Keys) -> Result<Changes, AuditError> {
    let names: BTreeSet<&String> = after.tables.keys().chain(before.iter().flat_map(|b| b.tables.keys())).collect();
    let mut datasets = Vec::new();
    for name in names {
        let months = (before.map(|b| b.month), after.month);
        datasets.push(match (before.and_then(|b| b.tables.get(name)), after.tables.get(name)) {
            (None, Some(now)) => DatasetChanges {
                // A first release has no new datasets: everything in it is.
                presence: if before.is_some() { Presence::Added } else { Presence::Kept },
                indicators: figures(None, (now, after.month))?,
                ..nothing(name)
            },
            (Some(_), None) => DatasetChanges { presence: Presence::Removed, ..nothing(name) },
            (Some(then), Some(now)) => both(name, then, now, months, keys)?,
            (None, None) => continue,
        });
    }
    Ok(Changes {
        format: Changes::FORMAT.into(),
        release: after.prefix.clone(),
        since: before.map(|b| b.prefix.clone()),
        reason: reason.map(str::to_owned),
        datasets,
    })
}

/// What is wrong with the declared versions of the schemas, one line each.
///
/// # Errors
/// When a specification cannot be read.
pub fn wrong_versions(before: &ReleaseTables, after: &ReleaseTables) -> Vec<String> {
    let both = after.tables.iter().filter_map(|(name, now)| Some((name, before.tables.get(name)?, now)));
    both.filter_map(|(name, then, now)| schema(then, now).check().err().map(|e| format!("{name}: {e}"))).collect()
}

fn nothing(name: &str) -> DatasetChanges {
    DatasetChanges { dataset: name.into(), presence: Presence::Kept, schema: None, rows: None, keys: None, indicators: Vec::new() }
}

fn schema(then: &Table, now: &Table) -> SchemaDiff {
    SchemaDiff::of((&then.spec.contract, &then.spec.sort_key), (&now.spec.contract, &now.spec.sort_key))
}

fn both(name: &str, then: &Table, now: &Table, months: (Option<Month>, Month), wanted: Keys) -> Result<DatasetChanges, AuditError> {
    let schema = schema(then, now);
    let level = schema.level();
    let mut changes = nothing(name);
    let same_month = months.0 == Some(months.1);
    let key: Vec<&str> =
        now.spec.sort_key.iter().map(String::as_str).filter(|column| same_month || !OF_THE_RELEASE.contains(column)).collect();
    // The figures of two months are different figures; and rows are told apart by the same columns, or they cannot be compared.
    let comparable = same_month || now.spec.feeds == Feeds::Supply;
    if comparable && then.spec.sort_key == now.spec.sort_key && key.iter().all(|column| then.kind(column) == now.kind(column)) {
        let named = wanted == Keys::All || key.len() == 1;
        let (rows, keys) = rows(then, now, &key, same_month)?;
        changes.rows = Some(rows);
        changes.keys = named.then_some(keys);
    }
    changes.indicators = figures(Some((then, months.0.unwrap_or(months.1))), (now, months.1))?;
    changes.schema = Some(SchemaChanges { from: schema.from, to: schema.to, level, changes: schema.changes });
    Ok(changes)
}

fn rows(then: &Table, now: &Table, key: &[&str], same_month: bool) -> Result<(RowCounts, ChangedKeys), AuditError> {
    let ignored: &[&str] = if same_month { &OF_THE_RELEASE[1..] } else { &OF_THE_RELEASE };
    let mut keys = ChangedKeys::default();
    let mut listener = |what, key: String| match what {
        RowChange::Added => keys.added.push(key),
        RowChange::Removed => keys.removed.push(RemovedKey { key, reason: RETIRED.into() }),
        RowChange::Changed => keys.changed.push(key),
    };
    let (mut a, mut b) = (then.rows()?, now.rows()?);
    let counts = rows_diff(&mut a, &mut b, key, ignored, &mut listener).map_err(|e| now.wrong(&e))?;
    keys.added.sort();
    keys.removed.sort_by(|a, b| a.key.cmp(&b.key));
    keys.changed.sort();
    Ok((counts, keys))
}

/// The key figures that the later release declares, of both.
fn figures(then: Option<(&Table, Month)>, (now, month): (&Table, Month)) -> Result<Vec<solidata_model::IndicatorChange>, AuditError> {
    let declared = &now.spec.indicators;
    if declared.is_empty() {
        return Ok(Vec::new());
    }
    let of = |table: &Table, declared: &[Indicator], month| {
        let mut rows = table.rows()?;
        indicators(&mut rows, declared, month).map_err(|e| table.wrong(&e))
    };
    let after = of(now, declared, month)?;
    let before = match then {
        None => None,
        Some((table, month)) => {
            // A figure of columns that were not there before has no earlier value.
            let known: Vec<Indicator> = declared.iter().filter(|i| table.has(i)).cloned().collect();
            Some(of(table, &known, month)?)
        }
    };
    Ok(compare_indicators(declared, before.as_deref(), &after))
}
