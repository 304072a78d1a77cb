//! The finest safe count of each commune.

use super::{Counts, counts, text};
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
use std::collections::{BTreeMap, HashMap};

const COLUMNS: [&str; 12] = [
    "mois",
    "code_commune",
    "commune_libelle",
    "code_departement",
    "famille_code",
    "famille_libelle",
    "territoire_niveau",
    "territoire_id",
    "territoire_libelle",
    "categorie_code",
    "recherches",
    "mois_complet",
];

/// What a row says of its commune and root category: the territory and the category that it gives, and the count.
type Given = (u32, u32, i64);

/// Compares each row with the one that follows from the table of the demand.
pub(crate) struct Local {
    lists: CodeLists,
    path: String,
    month: String,
    counts: Counts,
    /// Of each commune and root category, what is to be given and was not yet. Nothing when the release was made with other code lists than there are here.
    expected: Option<HashMap<(u32, u32), Given>>,
    /// The label of each root category, and whether the month is complete, as it was said first.
    labels: BTreeMap<u32, String>,
    complete: Option<bool>,
    last: Option<(String, String)>,
    rows: u64,
    telltales: Telltales,
}

impl Local {
    /// For the release of a table of the demand; `same_lists` says that it was made with these code lists.
    pub(crate) fn new(demand: &PublishedDemand, lists: &CodeLists, same_lists: bool) -> Self {
        let counts = counts(demand, Span::Month);
        let path = format!("{}/{}", demand.id.prefix, solidata_canon::parquet_path(Self::DATASET));
        Self {
            expected: same_lists.then(|| expected(lists, &counts)),
            lists: lists.clone(),
            month: demand.id.month.to_string(),
            counts,
            labels: BTreeMap::new(),
            complete: None,
            last: None,
            rows: 0,
            telltales: Telltales::new(path.clone()),
            path,
        }
    }

    fn tell(&mut self, kind: TelltaleKind, problem: &str) {
        self.telltales.tell(kind, Some(self.rows), problem);
    }

    fn row(&mut self, texts: [&str; 10], count: Option<i64>, complete: Option<bool>) {
        let [month, commune_code, commune_label, departement, family_code, family_label, level, place_id, place_label, category_code] =
            texts;
        let lists = self.lists.clone();
        let (places, categories) = (lists.places(), lists.categories());
        if self.last.as_ref().is_some_and(|(commune, family)| (commune.as_str(), family.as_str()) >= (commune_code, family_code)) {
            self.tell(TelltaleKind::Order, "rows are not in the order of their key, each once");
        }
        self.last = Some((commune_code.to_owned(), family_code.to_owned()));
        let given = places.find(place_id).zip(categories.find(category_code)).zip(count).map(|((place, category), n)| (place, category, n));
        let published = given.filter(|(place, category, n)| self.counts.get(&(*place, *category)).copied().unwrap_or(Some(0)) == Some(*n));
        if published.is_none() || month != self.month {
            self.tell(TelltaleKind::Derived, "it gives a count that the table of the demand does not give");
        }
        let family = categories.find(family_code);
        if family.is_some_and(|family| self.labels.entry(family).or_insert_with(|| family_label.to_owned()) != family_label)
            || *self.complete.get_or_insert(complete == Some(true)) != (complete == Some(true))
        {
            self.tell(TelltaleKind::Column, "a label or mois_complet differs between rows that it should be the same in");
        }
        let Some(expected) = &mut self.expected else { return };
        let commune = places.find(&format!("com-{commune_code}"));
        let wanted = commune.zip(family).and_then(|key| expected.remove(&key));
        if wanted.is_none() {
            self.tell(TelltaleKind::Rows, "it has a row that is not one of each commune and root category");
        } else if published.is_some() && wanted != given {
            self.tell(TelltaleKind::Derived, "it gives another published count than the smallest that holds the searches of the commune");
        }
        let place = |number: Option<u32>| number.and_then(|number| places.list.get(number as usize));
        let names = [(commune, commune_label), (given.map(|given| given.0), place_label)];
        let named = names.iter().all(|(number, label)| place(*number).is_none_or(|place| place.name == *label));
        let levelled = place(given.map(|given| given.0)).is_none_or(|place| place.level() == level);
        let mut within = commune.into_iter().flat_map(|commune| places.above(commune));
        let lies = within.any(|above| Some(above) == places.find(&format!("dep-{departement}")));
        if wanted.is_some() && !(named && levelled && lies) {
            self.tell(TelltaleKind::Column, "a label, a level or a département is not that of the code lists");
        }
    }
}

impl Rows for Local {
    const DATASET: &'static str = "demande_locale";
    type Said = Vec<Telltale>;

    fn push(&mut self, batch: &RecordBatch) -> Result<(), AuditError> {
        let wrong = |detail| AuditError::Table { path: self.path.clone(), detail };
        let texts = |name: &str| columns::texts(batch, name).map_err(wrong);
        let [a, b, c, d, e, f, g, h, i, j, count, complete] = COLUMNS;
        let said = [texts(a)?, texts(b)?, texts(c)?, texts(d)?, texts(e)?, texts(f)?, texts(g)?, texts(h)?, texts(i)?, texts(j)?];
        let (counts, complete) = (columns::counts(batch, count).map_err(wrong)?, columns::flags(batch, complete).map_err(wrong)?);
        columns::tell_others(batch, &COLUMNS, &mut self.telltales);
        for at in 0..batch.num_rows() {
            self.rows += 1;
            let count = counts.is_valid(at).then(|| counts.value(at));
            self.row(said.each_ref().map(|column| text(column, at)), count, complete.is_valid(at).then(|| complete.value(at)));
        }
        Ok(())
    }

    fn finish(mut self) -> Vec<Telltale> {
        for _ in self.expected.into_iter().flatten() {
            self.telltales.tell(TelltaleKind::Rows, None, "it lacks a row of a commune and root category");
        }
        self.telltales.finish()
    }
}

/// What is to be given: of the published counts that hold a commune's searches the smallest, then the finest territory, then the finest category.
fn expected(lists: &CodeLists, counts: &Counts) -> HashMap<(u32, u32), Given> {
    let Some(all) = lists.categories().find(ALL) else { return HashMap::new() };
    let families: Vec<u32> =
        (0u32..).zip(&lists.categories().list).filter(|(_, c)| c.level == "racine").map(|(number, _)| number).collect();
    let mut expected = HashMap::new();
    for within in lists.places().communes() {
        let Some(&commune) = within.first() else { continue };
        for &family in &families {
            let cells = within.iter().flat_map(|place| [(*place, family), (*place, all)]);
            let given = cells.filter_map(|cell| Some((cell.0, cell.1, counts.get(&cell).copied().unwrap_or(Some(0))?)));
            // the first of the smallest
            if let Some(given) = given.min_by_key(|given| given.2) {
                expected.insert((commune, family), given);
            }
        }
    }
    expected
}
