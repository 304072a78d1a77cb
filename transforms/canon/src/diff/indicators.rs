use super::rows::Batches;
use crate::CanonError;
use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::Int64Type,
    error::ArrowError,
};
use solidata_model::{Indicator, IndicatorChange, Month};
use std::collections::BTreeMap;

/// A key figure of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndicatorValue {
    /// The territory it is of, and its name; none when it is of the whole table.
    pub territory: Option<(String, String)>,
    /// The figure; none where a value that it is made of is withheld.
    pub value: Option<i64>,
}

/// The key figures of a table, in the order of their declaration, each by territory in the order of their ids. `month` is that of the release.
///
/// # Errors
/// When rows cannot be read, a column is missing, or a sum is too large.
pub fn indicators(rows: Batches<'_>, declared: &[Indicator], month: Month) -> Result<Vec<(String, Vec<IndicatorValue>)>, CanonError> {
    let mut sums: Vec<BTreeMap<String, (String, Option<i64>)>> = vec![BTreeMap::new(); declared.len()];
    for batch in rows {
        let batch = batch?;
        for (indicator, sums) in declared.iter().zip(&mut sums) {
            add(&batch, indicator, month, sums)?;
        }
    }
    let value =
        |by: bool, (id, (label, value)): (String, (String, Option<i64>))| IndicatorValue { territory: by.then_some((id, label)), value };
    let named = declared.iter().zip(sums).map(|(indicator, mut sums)| {
        // Of a table without such rows the figure is 0.
        if !indicator.by_territory && sums.is_empty() {
            sums.insert(String::new(), (String::new(), Some(0)));
        }
        (indicator.id.clone(), sums.into_iter().map(|sum| value(indicator.by_territory, sum)).collect())
    });
    Ok(named.collect())
}

fn add(
    batch: &RecordBatch,
    indicator: &Indicator,
    month: Month,
    sums: &mut BTreeMap<String, (String, Option<i64>)>,
) -> Result<(), CanonError> {
    let wrong = |what: String| CanonError::Arrow(ArrowError::SchemaError(format!("indicator {}: {what}", indicator.id)));
    let text = |name: &str| {
        let column = batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
        column.ok_or_else(|| wrong(format!("there is no text column {name}")))
    };
    let mut filters = Vec::new();
    for (name, values) in &indicator.rows {
        let values: Vec<String> = values.iter().map(|v| v.replace("{mois}", &month.to_string())).collect();
        filters.push((text(name)?, values));
    }
    let territory = match indicator.by_territory {
        true => Some((text("territoire_id")?, text("territoire_libelle")?)),
        false => None,
    };
    let sum = match &indicator.sum {
        None => None,
        Some(name) => {
            let column = batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int64Type>());
            Some(column.ok_or_else(|| wrong(format!("there is no integer column {name}")))?)
        }
    };
    for row in 0..batch.num_rows() {
        let counts = filters.iter().all(|(column, values)| column.is_valid(row) && values.iter().any(|v| v == column.value(row)));
        if !counts {
            continue;
        }
        let (id, label) = territory.map_or(("", ""), |(ids, labels)| (ids.value(row), labels.value(row)));
        let value = match sum {
            None => Some(1),
            Some(column) => column.is_valid(row).then(|| column.value(row)),
        };
        let so_far = sums.entry(id.to_owned()).or_insert_with(|| (label.to_owned(), Some(0)));
        so_far.1 = match (so_far.1, value) {
            (Some(a), Some(b)) => Some(a.checked_add(b).ok_or_else(|| wrong("it is too large".into()))?),
            _ => None,
        };
    }
    Ok(())
}

/// The same figures of two releases side by side: all of those of one that is not by territory; by territory, those of territories that either has, where a row that
/// is not there is zero. Where the later figure is withheld, the earlier one is not given.
pub fn compare_indicators(
    declared: &[Indicator],
    before: Option<&[(String, Vec<IndicatorValue>)]>,
    after: &[(String, Vec<IndicatorValue>)],
) -> Vec<IndicatorChange> {
    /// By the id of the territory: its name, and the figure. A label may change, an id does not.
    type ById<'a> = BTreeMap<Option<&'a str>, (Option<&'a str>, Option<i64>)>;
    fn of<'a>(all: &'a [(String, Vec<IndicatorValue>)], id: &str) -> Option<ById<'a>> {
        let values = &all.iter().find(|(other, _)| other == id)?.1;
        let part = |v: &'a IndicatorValue| {
            let territory = v.territory.as_ref();
            (territory.map(|t| t.0.as_str()), (territory.map(|t| t.1.as_str()), v.value))
        };
        Some(values.iter().map(part).collect())
    }
    let mut changes = Vec::new();
    for indicator in declared {
        let Some(now) = of(after, &indicator.id) else { continue };
        let then = before.and_then(|before| of(before, &indicator.id));
        let mut territories: BTreeMap<Option<&str>, Option<&str>> = BTreeMap::new();
        for (id, (label, _)) in then.iter().flatten().chain(&now) {
            territories.insert(*id, *label);
        }
        for (id, label) in territories {
            let figure = |all: &ById<'_>| all.get(&id).map_or(Some(0), |(_, value)| *value);
            let after = figure(&now);
            changes.push(IndicatorChange {
                id: indicator.id.clone(),
                fr: indicator.fr.clone(),
                en: indicator.en.clone(),
                territoire_id: id.map(str::to_owned),
                territoire_libelle: label.map(str::to_owned),
                before: then.as_ref().and_then(figure).filter(|_| after.is_some()),
                after,
            });
        }
    }
    changes
}
