//! From search events to safe rows: order and deduplicate, apply the net rule, count by month.

use crate::{
    StageError,
    context::Lists,
    events::{ById, ByTime, EventBytes},
    sort::{Merge, Sorter},
    tables::schema,
};
use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringArray, StringBuilder},
    datatypes::{DataType, SchemaRef},
};
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};
use serde::{Deserialize, Serialize};
use solidata_anonymise::{
    Actor, Aggregate, CategorySet, Found, SafeSearchRow, SearchEvent,
    net::{Decision, NetParams, NetReport, NetRule, Waterfall},
};
use solidata_model::Month;
use solidata_store::StageOutput;
use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
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

/// Reads sorted runs of events, and writes the safe rows of each month and the report into `folder`.
///
/// # Errors
/// When the vault's disk fails, or a run holds what no event holds.
pub fn make_safe(
    runs: &[PathBuf],
    folder: &Path,
    scratch: &Path,
    sort_records: usize,
    params: NetParams,
    lists: &Lists,
) -> Result<DemandReport, StageError> {
    let at = |cause| StageError::vault(scratch, cause);
    let mut report = DemandReport::default();
    let mut by_time = Sorter::<EventBytes, ByTime>::new(scratch, "time", sort_records);
    let mut last: Option<EventBytes> = None;
    for event in Merge::<EventBytes, ById>::open(runs).map_err(at)? {
        let event = event.map_err(at)?;
        report.events += 1;
        if last.is_some_and(|l| l.id() == event.id()) {
            report.duplicates += 1;
            continue;
        }
        last = Some(event);
        by_time.push(event).map_err(at)?;
    }

    let mut rule = NetRule::new(params, &lists.localities);
    let mut sink =
        Sink { folder, lists, waterfall: Waterfall::default(), aggregate: Aggregate::default(), ready: Vec::new(), months: Vec::new() };
    for event in by_time.finish().map_err(at)? {
        let event = SearchEvent::from_bytes(&event.map_err(at)?.0).map_err(|e| StageError::Defect(e.to_string()))?;
        report.newest_ms = Some(event.created_at);
        rule.push(event, &mut |decision| sink.add(&decision)).map_err(|e| StageError::Defect(e.to_string()))?;
        sink.write()?;
    }
    let NetReport { minutes, minutes_short_history, minutes_dropped, sweeps_dropped, .. } =
        rule.finish(&mut |decision| sink.add(&decision));
    sink.finish()?;

    report.waterfall = sink
        .waterfall
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
    report.months = sink.months;
    report = DemandReport { minutes, minutes_short_history, minutes_dropped, sweeps_dropped, ..report };
    let path = folder.join(REPORT);
    std::fs::write(&path, solidata_model::canonical_json(&report)?).map_err(|e| StageError::vault(&path, e))?;
    Ok(report)
}

const REPORT: &str = "report.json";

/// Takes decisions, and writes a month when it is complete.
struct Sink<'a> {
    folder: &'a Path,
    lists: &'a Lists,
    waterfall: Waterfall,
    aggregate: Aggregate,
    ready: Vec<(Month, Vec<SafeSearchRow>)>,
    months: Vec<Month>,
}

impl Sink<'_> {
    fn add(&mut self, decision: &Decision) {
        self.waterfall.add(decision, &self.lists.localities);
        let ready = &mut self.ready;
        self.aggregate.add(decision, &mut |month, rows| ready.push((month, rows)));
    }

    fn finish(&mut self) -> Result<(), StageError> {
        let ready = &mut self.ready;
        std::mem::take(&mut self.aggregate).finish(&mut |month, rows| ready.push((month, rows)));
        self.write()
    }

    fn write(&mut self) -> Result<(), StageError> {
        for (month, rows) in std::mem::take(&mut self.ready) {
            let sets: BTreeMap<CategorySet, i64> =
                rows.iter().map(|r| r.categories).collect::<std::collections::BTreeSet<_>>().into_iter().zip(1..).collect();
            write_parquet(&self.folder.join(format!("{month}.recherches.parquet")), &searches(&rows, &sets, self.lists)?)?;
            write_parquet(&self.folder.join(format!("{month}.ensembles.parquet")), &category_sets(&sets, self.lists)?)?;
            self.months.push(month);
        }
        Ok(())
    }
}

/// The columns of `safe_recherches`.
pub fn safe_recherches_schema() -> SchemaRef {
    let text = |name| (name, DataType::Utf8);
    schema(&[
        text("mois"),
        text("territoire_niveau"),
        text("code_arrondissement_municipal"),
        text("code_commune"),
        text("code_epci"),
        text("code_departement"),
        text("code_region"),
        ("ensemble", DataType::Int64),
        text("resultat"),
        text("acteur"),
        text("contributeur"),
        ("brute", DataType::Int64),
        ("nette", DataType::Int64),
    ])
}

/// The columns of `safe_ensembles`: the categories of each set of categories.
pub fn safe_ensembles_schema() -> SchemaRef {
    schema(&[("ensemble", DataType::Int64), ("categorie_code", DataType::Utf8)])
}

fn searches(rows: &[SafeSearchRow], sets: &BTreeMap<CategorySet, i64>, lists: &Lists) -> Result<RecordBatch, StageError> {
    let mut texts: [StringBuilder; 10] = std::array::from_fn(|_| StringBuilder::new());
    for row in rows {
        let territory = lists.geography.territory(row.territory);
        let [month, level, borough, commune, epci, departement, region, found, actor, contributor] = &mut texts;
        month.append_value(row.month.to_string());
        level.append_value(territory.level.as_str());
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
        contributor.append_option(row.contributor.map(|c| c.iter().map(|b| format!("{b:02x}")).collect::<String>()));
    }
    let mut columns: Vec<ArrayRef> = texts.iter_mut().map(|t| Arc::new(t.finish()) as ArrayRef).collect();
    columns.insert(7, Arc::new(rows.iter().map(|r| sets.get(&r.categories).copied()).collect::<Int64Array>()));
    columns.push(Arc::new(rows.iter().map(|r| Some(i64::from(r.brute))).collect::<Int64Array>()));
    columns.push(Arc::new(rows.iter().map(|r| Some(i64::from(r.nette))).collect::<Int64Array>()));
    Ok(RecordBatch::try_new(safe_recherches_schema(), columns)?)
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

/// Reads a Parquet file, whole.
pub(crate) fn read_parquet(path: &Path) -> Result<Vec<RecordBatch>, StageError> {
    let at = |cause: std::io::Error| StageError::vault(path, cause);
    let file = File::open(path).map_err(at)?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).and_then(|b| b.build()).map_err(|e| at(e.into()))?;
    Ok(reader.collect::<Result<_, _>>()?)
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
