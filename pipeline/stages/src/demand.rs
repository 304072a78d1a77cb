//! From search events to safe rows: order and deduplicate, apply the net rule, count by month.

use crate::{
    StageError,
    context::Lists,
    events::EventRuns,
    in_time::{Counts, InTime},
    tables::schema,
};
use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringArray, StringBuilder},
    datatypes::{DataType, SchemaRef},
};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};
use serde::{Deserialize, Serialize};
use solidata_anonymise::{
    Actor, Aggregate, CategorySet, ContributorKind, Found, SafeSearchRow, SearchEvent,
    net::{Decision, NetParams, NetReport, NetRule, Waterfall},
};
use solidata_model::Month;
use solidata_store::StageOutput;
use std::{
    collections::BTreeMap,
    fs::File,
    path::Path,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
};

/// What the vault's report says of the searches. Private.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemandReport {
    /// Events read from all snapshots.
    pub events: u64,
    /// Events whose `_id` had come before.
    pub duplicates: u64,
    /// `createdAt` of the newest event, milliseconds since 1970.
    pub newest_ms: Option<i64>,
    /// Months that have rows.
    pub months: Vec<Month>,
    /// Counts at each step, by département (empty when unknown) and month.
    pub waterfall: Vec<WaterfallLine>,
    /// Minutes of a département that held anonymous searches.
    pub minutes: u64,
    /// Those that were judged with fewer than 28 days of history.
    pub minutes_short_history: u64,
    /// Minutes dropped as bursts.
    pub minutes_dropped: u64,
    /// Sweeps dropped.
    pub sweeps_dropped: u64,
}

/// A line of the waterfall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaterfallLine {
    /// Code of the département; empty when unknown.
    pub code_departement: String,
    /// Month.
    pub mois: Month,
    /// Valid documents.
    pub valides: u64,
    /// Gross searches.
    pub brutes: u64,
    /// What each step removed, by its name.
    pub retirees: BTreeMap<String, u64>,
    /// Net searches.
    pub nettes: u64,
}

/// Reads sorted runs of events, and writes the safe rows of each month and the report into `folder`. One thread puts the events in order, one
/// judges them, and one writes the months that are complete.
///
/// # Errors
/// When the vault's disk fails, or a run holds what no event holds.
pub fn make_safe(
    runs: &EventRuns,
    folder: &Path,
    scratch: &Path,
    sort_records: usize,
    params: NetParams,
    lists: &Lists,
) -> Result<DemandReport, StageError> {
    let lost = || StageError::Defect("a thread died".into());
    let (events_in, events) = sync_channel(4);
    let (months_in, months) = sync_channel(1);
    let (judged, read, written) = std::thread::scope(|scope| {
        let read = scope.spawn(move || put_in_order(runs, scratch, sort_records, &events_in));
        let written = scope.spawn(move || write_months(&months, folder, lists));
        let judged = judge(&events, params, lists, &months_in);
        // Whoever still waits for this thread ends.
        drop((events, months_in));
        (judged, read.join().map_err(|_| lost()), written.join().map_err(|_| lost()))
    });
    // A thread that stopped tells why better than the one that noticed.
    let (read, months) = (read??, written??);
    let report = DemandReport { events: read.events, duplicates: read.duplicates, months, ..judged? };
    let path = folder.join(REPORT);
    std::fs::write(&path, solidata_model::canonical_json(&report)?).map_err(|e| StageError::vault(&path, e))?;
    Ok(report)
}

/// Events that are handed over at once.
const HANDFUL: usize = 2048;

/// Gives the events on in order of time. Ends early when nobody takes them.
fn put_in_order(runs: &EventRuns, scratch: &Path, sort_records: usize, out: &SyncSender<Vec<SearchEvent>>) -> Result<Counts, StageError> {
    let at = |cause| StageError::vault(scratch, cause);
    let mut in_time = InTime::open(runs, scratch, sort_records).map_err(at)?;
    let mut handful = Vec::with_capacity(HANDFUL);
    while let Some(event) = in_time.next().map_err(at)? {
        handful.push(SearchEvent::from_bytes(&event.0).map_err(|e| StageError::Defect(e.to_string()))?);
        if handful.len() == HANDFUL && out.send(std::mem::replace(&mut handful, Vec::with_capacity(HANDFUL))).is_err() {
            break;
        }
    }
    let _ = out.send(handful);
    Ok(in_time.counts())
}

type MonthRows = (Month, Vec<SafeSearchRow>);

/// Applies the net rule and counts.
fn judge(
    events: &Receiver<Vec<SearchEvent>>,
    params: NetParams,
    lists: &Lists,
    months: &SyncSender<MonthRows>,
) -> Result<DemandReport, StageError> {
    let mut report = DemandReport::default();
    let mut rule = NetRule::new(params, &lists.localities);
    let mut waterfall = Waterfall::default();
    let mut aggregate = Aggregate::default();
    let mut ready: Vec<MonthRows> = Vec::new();
    let mut count = |decision: Decision, ready: &mut Vec<MonthRows>| {
        waterfall.add(&decision, &lists.localities);
        aggregate.add(&decision, &mut |month, rows| ready.push((month, rows)));
    };
    let give = |ready: &mut Vec<MonthRows>| {
        ready.drain(..).try_for_each(|month| months.send(month)).map_err(|_| StageError::Defect("the writing thread stopped".into()))
    };
    for handful in events {
        report.newest_ms = handful.last().map(|event| event.created_at).or(report.newest_ms);
        for event in handful {
            rule.push(event, &mut |decision| count(decision, &mut ready)).map_err(|e| StageError::Defect(e.to_string()))?;
        }
        give(&mut ready)?;
    }
    let NetReport { minutes, minutes_short_history, minutes_dropped, sweeps_dropped, .. } =
        rule.finish(&mut |decision| count(decision, &mut ready));
    aggregate.finish(&mut |month, rows| ready.push((month, rows)));
    give(&mut ready)?;
    report.waterfall = waterfall
        .rows(&lists.localities)
        .map(|r| WaterfallLine {
            code_departement: r.departement,
            mois: r.month,
            valides: r.valid,
            brutes: r.gross,
            retirees: r.removed.iter().map(|(step, n)| (step.name().to_owned(), *n)).collect(),
            nettes: r.net,
        })
        .collect();
    Ok(DemandReport { minutes, minutes_short_history, minutes_dropped, sweeps_dropped, ..report })
}

/// Writes each month's rows and the categories of their sets.
fn write_months(months: &Receiver<MonthRows>, folder: &Path, lists: &Lists) -> Result<Vec<Month>, StageError> {
    let mut written = Vec::new();
    for (month, rows) in months {
        let sets: BTreeMap<CategorySet, i64> =
            rows.iter().map(|r| r.categories).collect::<std::collections::BTreeSet<_>>().into_iter().zip(1..).collect();
        write_parquet(&folder.join(format!("{month}.recherches.parquet")), &searches(&rows, &sets, lists)?)?;
        write_parquet(&folder.join(format!("{month}.ensembles.parquet")), &category_sets(&sets, lists)?)?;
        written.push(month);
    }
    Ok(written)
}

const REPORT: &str = "report.json";

/// The columns of `safe_recherches`.
pub fn safe_recherches_schema() -> SchemaRef {
    let text = |name| (name, DataType::Utf8);
    schema(&[
        text("mois"),
        text("territoire_niveau"),
        text("territoire_id"),
        text("code_arrondissement_municipal?"),
        text("code_commune?"),
        text("code_epci?"),
        text("code_departement?"),
        text("code_region?"),
        ("ensemble", DataType::Int64),
        text("resultat"),
        text("acteur"),
        text("contributeur_nature?"),
        text("contributeur?"),
        ("brute", DataType::Int64),
        ("nette", DataType::Int64),
    ])
}

/// The columns of `safe_ensembles`: the categories of each set of categories.
pub fn safe_ensembles_schema() -> SchemaRef {
    schema(&[("ensemble", DataType::Int64), ("categorie_code", DataType::Utf8)])
}

/// The rows of one month.
fn searches(rows: &[SafeSearchRow], sets: &BTreeMap<CategorySet, i64>, lists: &Lists) -> Result<RecordBatch, StageError> {
    let mut texts: [StringBuilder; 12] = std::array::from_fn(|_| StringBuilder::new());
    let name_of_month = rows.first().map(|row| row.month.to_string()).unwrap_or_default();
    for row in rows {
        let territory = lists.geography.territory(row.territory);
        let [month, level, place, borough, commune, epci, departement, region, found, actor, nature, contributor] = &mut texts;
        month.append_value(&name_of_month);
        level.append_value(territory.level.as_str());
        place.append_value(territory.to_string());
        borough.append_option(territory.arrondissement.as_ref().map(|c| c.as_str()));
        commune.append_option(territory.commune.as_ref().map(|c| c.as_str()));
        epci.append_option(territory.epci.as_ref().map(|c| c.as_str()));
        departement.append_option(territory.departement.as_ref().map(|c| c.as_str()));
        region.append_option(territory.region.as_ref().map(|c| c.as_str()));
        found.append_value(match row.found {
            Found::Unknown => "inconnu",
            Found::Nothing => "rien",
            Found::Some => "trouve",
        });
        actor.append_value(match row.actor {
            Actor::Anonymous => "anonyme",
            Actor::Widget => "widget",
            Actor::Identified => "compte",
        });
        nature.append_option(row.contributor.map(|c| nature_of(c.kind)));
        contributor.append_option(row.contributor.map(|c| format!("{:032x}", u128::from_be_bytes(c.hash))));
    }
    let mut columns: Vec<ArrayRef> = texts.iter_mut().map(|t| Arc::new(t.finish()) as ArrayRef).collect();
    columns.insert(8, Arc::new(rows.iter().map(|r| sets.get(&r.categories).copied()).collect::<Int64Array>()));
    columns.push(Arc::new(rows.iter().map(|r| Some(i64::from(r.brute))).collect::<Int64Array>()));
    columns.push(Arc::new(rows.iter().map(|r| Some(i64::from(r.nette))).collect::<Int64Array>()));
    Ok(RecordBatch::try_new(safe_recherches_schema(), columns)?)
}

/// What a contributor is called in the vault's tables.
fn nature_of(kind: ContributorKind) -> &'static str {
    match kind {
        ContributorKind::Organisation => "organisation",
        ContributorKind::Professional => "professionnel",
        ContributorKind::Person => "personne",
    }
}

fn category_sets(sets: &BTreeMap<CategorySet, i64>, lists: &Lists) -> Result<RecordBatch, StageError> {
    let rows: Vec<(i64, &str)> =
        sets.iter().flat_map(|(set, number)| lists.categories.codes_of(*set).into_iter().map(|code| (*number, code))).collect();
    let numbers: Int64Array = rows.iter().map(|r| Some(r.0)).collect();
    let codes: StringArray = rows.iter().map(|r| Some(r.1)).collect();
    Ok(RecordBatch::try_new(safe_ensembles_schema(), vec![Arc::new(numbers), Arc::new(codes)])?)
}

/// Writes one batch as a Parquet file of the vault.
pub(crate) fn write_parquet(path: &Path, batch: &RecordBatch) -> Result<(), StageError> {
    let at = |cause: std::io::Error| StageError::vault(path, cause);
    let level = ZstdLevel::try_new(1).map_err(|e| StageError::Defect(e.to_string()))?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
    let file = File::create(path).map_err(at)?;
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).map_err(|e| at(e.into()))?;
    writer.write(batch).map_err(|e| at(e.into()))?;
    writer.close().map_err(|e| at(e.into()))?;
    Ok(())
}

/// The most bytes that a table has in memory. A year of France has some hundredths of it.
const TABLE_MAX: usize = 8 << 30;

/// Reads a Parquet file, whole. It may be of a release, and so from outside: it is looked at before it is decoded.
///
/// # Errors
/// When the file cannot be opened, is damaged, or is larger than any table.
pub(crate) fn read_parquet(path: &Path) -> Result<Vec<RecordBatch>, StageError> {
    let file = File::open(path).map_err(|cause| StageError::vault(path, cause))?;
    let damaged = |what: &dyn std::fmt::Display| StageError::Damaged { what: format!("{} ({what})", path.display()) };
    let (mut batches, mut bytes) = (Vec::new(), 0usize);
    for batch in solidata_canon::read_parquet(file).map_err(|e| damaged(&e))? {
        let batch = batch.map_err(|e| damaged(&e))?;
        bytes = bytes.saturating_add(batch.get_array_memory_size());
        if bytes > TABLE_MAX {
            return Err(damaged(&"it says more than any table"));
        }
        batches.push(batch);
    }
    Ok(batches)
}

/// Anonymised searches of the vault: the only thing that exact cubes are computed from.
///
/// There is no other way to make one than from a verified output of the stage that this module writes.
#[derive(Debug)]
pub struct SafeInputs {
    output: StageOutput,
    report: DemandReport,
}

impl SafeInputs {
    /// The stage's name in the vault.
    pub const STAGE: &'static str = "recherches";

    /// Opens a verified output.
    ///
    /// # Errors
    /// When it has no report that can be read.
    pub fn open(output: StageOutput) -> Result<Self, StageError> {
        let path = output.file(REPORT)?;
        let bytes = std::fs::read(&path).map_err(|e| StageError::vault(&path, e))?;
        Ok(Self { report: serde_json::from_slice(&bytes)?, output })
    }

    /// What the run report says of it. Private.
    pub fn report(&self) -> &DemandReport {
        &self.report
    }

    /// The rows of one month, `safe_recherches` and `safe_ensembles`; empty when it has none.
    pub(crate) fn month(&self, month: Month) -> Result<[Vec<RecordBatch>; 2], StageError> {
        if !self.report.months.contains(&month) {
            return Ok([Vec::new(), Vec::new()]);
        }
        let read = |what: &str| read_parquet(&self.output.file(&format!("{month}.{what}.parquet"))?);
        Ok([read("recherches")?, read("ensembles")?])
    }
}
