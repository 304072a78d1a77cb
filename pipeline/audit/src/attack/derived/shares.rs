//! How much of the demand is given at each level.

use super::{counts, text};
use crate::{
    AuditError,
    attack::{
        CodeLists, PublishedDemand,
        categories::ALL,
        columns,
        demand::Span,
        table::Rows,
        telltale::{Telltale, TelltaleKind, Telltales},
    },
};
use arrow::array::{Array, RecordBatch};
use std::collections::BTreeMap;

/// The levels that a share is given for.
const LEVELS: [&str; 6] = ["arrondissement", "commune", "epci", "departement", "region", "france"];
const COLUMNS: [&str; 5] = ["periode_type", "periode", "territoire_niveau", "categorie_niveau", "part_publiee"];

/// The columns of the key, in its order.
type Key = [String; 4];

/// Compares each row with the one that follows from the published cells.
pub(crate) struct Shares {
    path: String,
    /// What is to be given and was not yet.
    expected: BTreeMap<Key, i64>,
    last: Option<Key>,
    rows: u64,
    telltales: Telltales,
}

impl Shares {
    /// For the release of a table of the demand.
    pub(crate) fn new(demand: &PublishedDemand, lists: &CodeLists) -> Self {
        let path = format!("{}/{}", demand.id.prefix, solidata_canon::parquet_path(Self::DATASET));
        let telltales = Telltales::new(path.clone());
        Self { path, expected: expected(demand, lists), last: None, rows: 0, telltales }
    }
}

impl Rows for Shares {
    const DATASET: &'static str = "demande_diffusion";
    type Said = Vec<Telltale>;

    fn push(&mut self, batch: &RecordBatch) -> Result<(), AuditError> {
        let wrong = |detail| AuditError::Table { path: self.path.clone(), detail };
        let texts = |name: &str| columns::texts(batch, name).map_err(wrong);
        let [a, b, c, d, share] = COLUMNS;
        let (key, shares) = ([texts(a)?, texts(b)?, texts(c)?, texts(d)?], columns::counts(batch, share).map_err(wrong)?);
        columns::tell_others(batch, &COLUMNS, &mut self.telltales);
        for at in 0..batch.num_rows() {
            self.rows += 1;
            let key: Key = key.each_ref().map(|column| text(column, at).to_owned());
            if self.last.as_ref().is_some_and(|last| *last >= key) {
                self.telltales.tell(TelltaleKind::Order, Some(self.rows), "rows are not in the order of their key, each once");
            }
            let share = shares.is_valid(at).then(|| shares.value(at));
            if share.is_none() || self.expected.remove(&key) != share {
                let problem = "it gives a share that does not follow from the published cells";
                self.telltales.tell(TelltaleKind::Derived, Some(self.rows), problem);
            }
            self.last = Some(key);
        }
        Ok(())
    }

    fn finish(mut self) -> Vec<Telltale> {
        for _ in self.expected {
            self.telltales.tell(TelltaleKind::Rows, None, "it lacks a share that the published cells give");
        }
        self.telltales.finish()
    }
}

fn expected(demand: &PublishedDemand, lists: &CodeLists) -> BTreeMap<Key, i64> {
    let mut shares = BTreeMap::new();
    for span in [Span::Month, Span::Quarter, Span::Year] {
        let counts = counts(demand, span);
        let (Some(france), Some(all)) = (lists.places().find("fr"), lists.categories().find(ALL)) else { continue };
        let Some(total) = counts.get(&(france, all)).copied().flatten().filter(|total| *total > 0) else { continue };
        let mut sums: BTreeMap<(String, &str), i64> = BTreeMap::new();
        for ((place, category), count) in counts {
            let (Some(count), Some(place), Some(node)) =
                (count, lists.places().list.get(place as usize), lists.categories().list.get(category as usize))
            else {
                continue;
            };
            let level = place.level();
            let kinds = [("toutes", category == all), ("feuille", node.leaves.iter().eq([&category]))];
            for kind in kinds.into_iter().filter(|(_, is)| *is && LEVELS.contains(&level.as_str())).map(|(kind, _)| kind) {
                *sums.entry((level.clone(), kind)).or_default() += count;
            }
        }
        let (kind, period) = span.of(demand.id.month);
        let key = |(level, category): (String, &str)| [kind.to_owned(), period.clone(), level, category.to_owned()];
        shares.extend(sums.into_iter().map(|(of, sum)| (key(of), sum * 100 / total)));
    }
    shares
}
