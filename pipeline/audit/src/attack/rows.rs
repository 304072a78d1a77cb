//! From batches of a published table to compact rows, with a look at each.

use super::{
    CodeLists, PublishedDemand, ReleaseId,
    columns::{counts, flags, tell_others, texts},
    demand::{DATASET, Outcome, Row, Shown, Span},
    table::Rows,
    telltale::{Telltale, TelltaleKind, Telltales},
};
use crate::AuditError;
use arrow::array::{Array, BooleanArray, Int64Array, RecordBatch, StringArray};
use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
};

/// The columns of the format.
const COLUMNS: [&str; 16] = [
    "periode_type",
    "periode",
    "territoire_niveau",
    "territoire_id",
    "territoire_libelle",
    "code_departement",
    "code_region",
    "categorie_niveau",
    "categorie_code",
    "categorie_libelle",
    "resultat",
    "recherches",
    "recherches_brutes",
    "statut",
    "statut_brutes",
    "periode_complete",
];
/// Where the columns of the order stand in [`COLUMNS`].
const ORDER: [usize; 6] = [0, 1, 2, 3, 8, 10];

/// Reads the rows of one release, batch by batch, in the order of the file.
pub struct DemandReader {
    lists: CodeLists,
    id: ReleaseId,
    path: String,
    rows: Vec<Row>,
    telltales: Telltales,
    last: Option<[String; 6]>,
    /// For each territory, category and period, what its other columns said first.
    said: HashMap<(Subject, u32), u64>,
    hasher: BuildHasherDefault<DefaultHasher>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Subject {
    Place,
    Category,
    Period,
}

/// The columns of one batch.
struct Columns {
    texts: [StringArray; 11],
    counts: [Int64Array; 2],
    status: [StringArray; 2],
    complete: BooleanArray,
}

impl DemandReader {
    /// Begins to read the table of a release.
    #[must_use]
    pub fn new(lists: &CodeLists, id: ReleaseId) -> Self {
        let path = format!("{}/{}", id.prefix, solidata_canon::parquet_path(DATASET));
        let telltales = Telltales::new(path.clone());
        Self {
            lists: lists.clone(),
            id,
            path,
            rows: Vec::new(),
            telltales,
            last: None,
            said: HashMap::new(),
            hasher: BuildHasherDefault::new(),
        }
    }

    /// Adds the next rows.
    ///
    /// # Errors
    /// [`AuditError::Table`] when a column is missing or of another type, or a row names a period, territory, category or outcome that it cannot
    /// have in this release. What is only suspicious is a [`Telltale`].
    pub fn push(&mut self, batch: &RecordBatch) -> Result<(), AuditError> {
        let columns = self.columns(batch)?;
        self.rows.reserve(batch.num_rows());
        for at in 0..batch.num_rows() {
            self.row(&columns, at)?;
        }
        Ok(())
    }

    /// All rows were read.
    #[must_use]
    pub fn finish(self) -> PublishedDemand {
        let mut telltales: Vec<Telltale> = self.telltales.finish();
        telltales.sort();
        PublishedDemand { id: self.id, rows: self.rows, telltales }
    }

    fn wrong(&self, detail: impl Into<String>) -> AuditError {
        AuditError::Table { path: self.path.clone(), detail: detail.into() }
    }

    fn columns(&mut self, batch: &RecordBatch) -> Result<Columns, AuditError> {
        let text = |name: &str| texts(batch, name).map_err(|e| self.wrong(e));
        let count = |name: &str| counts(batch, name).map_err(|e| self.wrong(e));
        let [a, b, c, d, e, f, g, h, i, j, k, net, gross, status, gross_status, complete] = COLUMNS;
        let columns = Columns {
            texts: [text(a)?, text(b)?, text(c)?, text(d)?, text(e)?, text(f)?, text(g)?, text(h)?, text(i)?, text(j)?, text(k)?],
            counts: [count(net)?, count(gross)?],
            status: [text(status)?, text(gross_status)?],
            complete: flags(batch, complete).map_err(|e| self.wrong(e))?,
        };
        tell_others(batch, &COLUMNS, &mut self.telltales);
        Ok(columns)
    }

    fn row(&mut self, columns: &Columns, at: usize) -> Result<(), AuditError> {
        let number = self.rows.len() as u64 + 1;
        let text = columns.texts.each_ref().map(|column| column.is_valid(at).then(|| column.value(at)));
        let wrong = |reader: &Self, detail: String| reader.wrong(format!("row {number}: {detail}"));
        let key = ORDER.map(|column| text.get(column).copied().flatten().unwrap_or_default());
        let [span, period, level, place_id, code, outcome] = key;
        let span = self
            .span(span, period)
            .ok_or_else(|| wrong(self, format!("{span} '{period}' is no period that the release of {} can hold", self.id.month)))?;
        let place = self.lists.places().find(place_id).ok_or_else(|| unknown(self, number, "territory", place_id))?;
        let category = self.lists.categories().find(code).ok_or_else(|| unknown(self, number, "category", code))?;
        let outcome = Outcome::EACH.into_iter().find(|o| o.text() == outcome).ok_or_else(|| unknown(self, number, "outcome", outcome))?;
        let (has_gross, place_level) = match self.lists.places().list.get(place as usize) {
            Some(place) => (place.has_gross(), place.level()),
            None => return Err(AuditError::Internal("a territory without a number".into())),
        };
        if level != place_level {
            return Err(wrong(self, format!("territory {place_id} is not of level '{level}'")));
        }
        if self.lists.categories().list.get(category as usize).is_none_or(|c| text[7] != Some(c.level)) {
            return Err(wrong(self, format!("category {code} is not of the level that the row says")));
        }
        if self.last.as_ref().is_some_and(|last| last.iter().map(String::as_str).ge(key)) {
            self.telltales.tell(TelltaleKind::Order, Some(number), "rows are not in the order of their key, each once");
        }
        match &mut self.last {
            Some(last) => last.iter_mut().zip(key).for_each(|(last, key)| key.clone_into(last)),
            None => self.last = Some(key.map(str::to_owned)),
        }
        let complete = columns.complete.is_valid(at).then(|| columns.complete.value(at));
        self.follows(Subject::Place, place, (text[4], text[5], text[6]), number);
        self.follows(Subject::Category, category, text[9], number);
        self.follows(Subject::Period, span as u32, complete, number);
        let given = has_gross && outcome == Outcome::All;
        let (net, gross) = (self.net(columns, at, number)?, self.gross(columns, at, number, given)?);
        if net.published() == Some(0) && matches!(gross, Shown::NOT_GIVEN | Shown::ZERO) {
            self.telltales.tell(TelltaleKind::EmptyRow, Some(number), "a row is there that counts nothing");
        }
        let category = u16::try_from(category).map_err(|_| AuditError::Internal("too many categories".into()))?;
        self.rows.push(Row { place, category, span, outcome, net, gross });
        Ok(())
    }

    /// The kind of a period that this release may hold: its month, and the quarter and the year that end with it.
    fn span(&self, kind: &str, period: &str) -> Option<Span> {
        let month = self.id.month.number();
        let ends = [(Span::Month, true), (Span::Quarter, month.is_multiple_of(3)), (Span::Year, month == 12)];
        let fits = |span: &Span| {
            let (known, text) = span.of(self.id.month);
            known == kind && text == period
        };
        ends.into_iter().filter(|(_, ends)| *ends).map(|(span, _)| span).find(fits)
    }

    /// Sees that columns which follow from the key are the same in each of its rows, whether those are secret or not.
    fn follows(&mut self, subject: Subject, number: u32, said: impl std::hash::Hash, row: u64) {
        let said = self.hasher.hash_one(said);
        match self.said.entry((subject, number)) {
            Entry::Vacant(place) => drop(place.insert(said)),
            Entry::Occupied(first) if *first.get() != said => {
                let problem = match subject {
                    Subject::Place => "the label or the codes of a territory differ between its rows",
                    Subject::Category => "the label of a category differs between its rows",
                    Subject::Period => "periode_complete differs between the rows of a period",
                };
                self.telltales.tell(TelltaleKind::Column, Some(row), problem);
            }
            Entry::Occupied(_) => {}
        }
    }

    fn net(&mut self, columns: &Columns, at: usize, row: u64) -> Result<Shown, AuditError> {
        let [(net, status), _] = pairs(columns, at);
        let mut marker = |problem: &str| self.telltales.tell(TelltaleKind::Marker, Some(row), problem);
        Ok(match (status, net) {
            (Some("publie"), Some(value)) => Shown::value(value).ok_or_else(|| negative(self, row))?,
            (Some("publie"), None) => {
                marker("a published row has no value");
                Shown::SECRET
            }
            (Some("secret"), None) => Shown::SECRET,
            (Some("secret"), Some(_)) => {
                marker("a secret row has a value");
                Shown::SECRET
            }
            _ => return Err(unknown(self, row, "statut", status.unwrap_or_default())),
        })
    }

    /// A gross count; `given` says whether the format gives one in this row.
    fn gross(&mut self, columns: &Columns, at: usize, row: u64, given: bool) -> Result<Shown, AuditError> {
        let [_, (gross, status)] = pairs(columns, at);
        let mut marker = |problem: &str| self.telltales.tell(TelltaleKind::Marker, Some(row), problem);
        if status == Some("non_diffuse") {
            if gross.is_some() {
                marker("a gross count that is not given has a value");
            }
            if given {
                marker("a gross count is left out where it is to be published or secret");
            }
            return Ok(Shown::NOT_GIVEN);
        }
        if !given {
            marker("a gross count is given below département, for an inner part or for an outcome");
            return Ok(Shown::NOT_GIVEN);
        }
        Ok(match (status, gross) {
            (Some("publie"), Some(value)) => Shown::value(value).ok_or_else(|| negative(self, row))?,
            (Some("publie"), None) => {
                marker("a published gross count has no value");
                Shown::SECRET
            }
            (Some("secret"), None) => Shown::SECRET,
            (Some("secret"), Some(_)) => {
                marker("a secret gross count has a value");
                Shown::SECRET
            }
            _ => return Err(unknown(self, row, "statut_brutes", status.unwrap_or_default())),
        })
    }
}

impl Rows for DemandReader {
    const DATASET: &'static str = DATASET;
    type Said = PublishedDemand;

    fn push(&mut self, batch: &RecordBatch) -> Result<(), AuditError> {
        Self::push(self, batch)
    }

    fn finish(self) -> PublishedDemand {
        Self::finish(self)
    }
}

fn pairs(columns: &Columns, at: usize) -> [(Option<i64>, Option<&str>); 2] {
    let [net, gross] = columns.counts.each_ref().map(|column| column.is_valid(at).then(|| column.value(at)));
    let [status, gross_status] = columns.status.each_ref().map(|column| column.is_valid(at).then(|| column.value(at)));
    [(net, status), (gross, gross_status)]
}

fn unknown(reader: &DemandReader, row: u64, what: &str, text: &str) -> AuditError {
    reader.wrong(format!("row {row}: the {what} '{text}' is not known; attack with the code lists that the release was made with"))
}

fn negative(reader: &DemandReader, row: u64) -> AuditError {
    reader.wrong(format!("row {row}: a count is below 0"))
}
