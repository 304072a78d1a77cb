//! The tables that are made of published cells: that they give no value, and no share, which does not follow from the table of the demand.

use super::{
    CodeLists, PublishedDemand,
    categories::ALL,
    demand::{Outcome, Span},
    telltale::{Telltale, TelltaleKind, Telltales},
};
use crate::AuditError;
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::File,
};

/// The finest safe count of each commune.
pub(crate) const LOCAL: &str = "demande_locale";
/// How much of the demand is given at each level.
pub(crate) const SHARES: &str = "demande_diffusion";
/// The levels that a share is given for.
const LEVELS: [&str; 6] = ["arrondissement", "commune", "epci", "departement", "region", "france"];

/// What is published of all searches of a territory and category: a count, or nothing. A row that is not there is zero.
type Counts = HashMap<(u32, u32), Option<i64>>;

fn counts(demand: &PublishedDemand, span: Span) -> Counts {
    let rows = demand.rows.iter().filter(|row| row.span == span && row.outcome == Outcome::All);
    rows.map(|row| ((row.place, u32::from(row.category)), row.net.published())).collect()
}

#[derive(Deserialize)]
struct Local {
    mois: String,
    territoire_id: String,
    categorie_code: String,
    recherches: i64,
}

/// Looks for counts of communes that the table of the demand does not give.
pub(crate) fn local(csv: &File, path: String, demand: &PublishedDemand, lists: &CodeLists) -> Result<Vec<Telltale>, AuditError> {
    let (month, counts) = (demand.id.month.to_string(), counts(demand, Span::Month));
    let mut told = Telltales::new(path.clone());
    for (number, row) in (1u64..).zip(rows::<Local>(csv, path)) {
        let row = row?;
        let place = lists.places().find(&row.territoire_id);
        let category = lists.categories().find(&row.categorie_code);
        let given = place.zip(category).filter(|_| row.mois == month).and_then(|cell| counts.get(&cell).copied().unwrap_or(Some(0)));
        if given != Some(row.recherches) {
            told.tell(TelltaleKind::Derived, Some(number), "it gives a count that the table of the demand does not give");
        }
    }
    Ok(told.finish())
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Share {
    periode_type: String,
    periode: String,
    territoire_niveau: String,
    categorie_niveau: String,
    part_publiee: i64,
}

/// Looks for shares that are not those of the published cells.
pub(crate) fn shares(csv: &File, path: String, demand: &PublishedDemand, lists: &CodeLists) -> Result<Vec<Telltale>, AuditError> {
    let expected = expected_shares(demand, lists);
    let mut told = Telltales::new(path.clone());
    let mut found = BTreeSet::new();
    for (number, row) in (1u64..).zip(rows::<Share>(csv, path)) {
        let row = row?;
        if !expected.contains(&row) {
            told.tell(TelltaleKind::Derived, Some(number), "it gives a share that does not follow from the published cells");
        }
        found.insert(row);
    }
    if expected.iter().any(|share| !found.contains(share)) {
        told.tell(TelltaleKind::Derived, None, "it lacks a share that the published cells give");
    }
    Ok(told.finish())
}

fn expected_shares(demand: &PublishedDemand, lists: &CodeLists) -> BTreeSet<Share> {
    let mut shares = BTreeSet::new();
    for span in [Span::Month, Span::Quarter, Span::Year] {
        let counts = counts(demand, span);
        let (Some(france), Some(all)) = (lists.places().find("fr"), lists.categories().find(ALL)) else { continue };
        let Some(total) = counts.get(&(france, all)).copied().flatten().filter(|total| *total > 0) else { continue };
        let mut sums: BTreeMap<(String, &str), i64> = BTreeMap::new();
        for ((place, category), count) in counts {
            let Some(count) = count else { continue };
            let level = lists.places().list[place as usize].level();
            let leaf = lists.categories().list[category as usize].leaves.iter().eq([&category]);
            let kinds = [("toutes", category == all), ("feuille", leaf)];
            for kind in kinds.into_iter().filter(|(_, is)| *is && LEVELS.contains(&level.as_str())).map(|(kind, _)| kind) {
                *sums.entry((level.clone(), kind)).or_default() += count;
            }
        }
        let (kind, period) = span.of(demand.id.month);
        shares.extend(sums.into_iter().map(|((level, category), sum)| Share {
            periode_type: kind.to_owned(),
            periode: period.clone(),
            territoire_niveau: level,
            categorie_niveau: category.to_owned(),
            part_publiee: sum * 100 / total,
        }));
    }
    shares
}

fn rows<'a, R: DeserializeOwned + 'a>(csv: &'a File, path: String) -> impl Iterator<Item = Result<R, AuditError>> + 'a {
    let rows = csv::Reader::from_reader(csv).into_deserialize();
    rows.map(move |row| {
        row.map_err(|e| AuditError::Table { path: path.clone(), detail: format!("it is not the table of this version ({})", position(&e)) })
    })
}

/// Where a reader of CSV stopped; not what it read.
fn position(error: &csv::Error) -> String {
    error.position().map_or_else(|| "its header".to_owned(), |p| format!("line {}", p.line()))
}
