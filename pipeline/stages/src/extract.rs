//! From a snapshot to the vault: one pass that hashes every byte, lets searches through the door and shows places as the public may see
//! them. What comes out holds no text of a person.

use crate::{
    Engine, StageError,
    context::Lists,
    events::{ById, EventBytes, EventRuns},
    sort::write_run,
    supply::{PublicSupply, SupplyReport},
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use solidata_anonymise::{
    Door, HashKey, KeyRing,
    contract::{PlaceDoc, SearchDoc},
    policy::Policy,
};
use solidata_model::{Digest, kind};
use solidata_sources::{Breach, Collection, Consumer, ConsumerError, Position, Progress, Request, SnapshotReceipt, read_snapshot};
use solidata_store::{StageOutput, Vault};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

/// What the vault keeps of a snapshot's pass. Private.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceReport {
    /// Digest of the snapshot.
    pub sha256: Digest<kind::Snapshot>,
    /// Its size.
    pub bytes: u64,
    /// Its form, such as `archive+gzip`.
    pub form: String,
    /// Documents of each collection.
    pub documents: BTreeMap<String, u64>,
    /// Records set aside: collection, position, reason, field.
    pub quarantine: Vec<(String, u64, String, String)>,
    /// Fields that the contract does not name, with how often they came.
    pub unknown_fields: BTreeMap<String, u64>,
    /// What was found of places, when they were read.
    pub supply: Option<SupplyReport>,
}

const REPORT: &str = "source.json";

/// The years for which a vault holds a key from the start.
const KEY_YEARS: std::ops::RangeInclusive<i32> = 2016..=2050;

/// The keys of a vault, as the door takes them.
///
/// # Errors
/// When one is damaged or cannot be made.
pub fn key_ring(vault: &Vault) -> Result<KeyRing, StageError> {
    let half = |key: solidata_store::HashKey| {
        let mut first = [0; 16];
        first.copy_from_slice(&key.as_bytes()[..16]);
        HashKey(first)
    };
    let years = KEY_YEARS.map(|year| Ok((year, half(vault.year_key(year)?)))).collect::<Result<_, StageError>>()?;
    Ok(KeyRing::new(half(vault.stream_key()?), years))
}

/// What one pass over a snapshot needs.
pub struct Extraction<'a> {
    /// The snapshot.
    pub path: &'a Path,
    /// What to read of it.
    pub wanted: &'a [Collection],
    /// Code lists.
    pub lists: &'a Lists,
    /// Keys of the door.
    pub keys: &'a KeyRing,
    /// The day the operator says the snapshot is of.
    pub cut_off: Option<NaiveDate>,
    /// The largest share of quarantined records.
    pub quarantine_share: f64,
    /// Resources.
    pub engine: &'a Engine,
    /// Listens.
    pub progress: &'a dyn Progress,
}

impl Extraction<'_> {
    /// Reads the snapshot once and writes runs of events, the public directory and a report into `folder`.
    ///
    /// # Errors
    /// When the snapshot is damaged or breaks the contract too often, or the vault's disk fails. Nothing in `folder` counts then.
    pub fn run(&self, folder: &Path) -> Result<SourceReport, StageError> {
        let intake = Intake {
            door: Door::new(&self.lists.geography, &self.lists.localities, &self.lists.categories, self.keys),
            folder,
            capacity: self.engine.sort_records,
            next_run: AtomicUsize::new(0),
            places: Mutex::new(Vec::new()),
        };
        let request =
            Request { quarantine_share: self.quarantine_share, progress: self.progress, ..Request::new(self.wanted, self.engine.threads) };
        let receipt = read_snapshot(self.path, &request, &intake)?;
        let mut supply = None;
        if self.wanted.contains(&Collection::Lieux) {
            let mut places = intake.places.into_inner().map_err(|_| StageError::Defect("a reading thread died".into()))?;
            // Threads finish in any order; the snapshot's own order decides.
            places.sort_by_key(|(at, _)| *at);
            supply = Some(PublicSupply::write(places, self.cut_off, self.lists, folder)?);
        }
        let report = report(&receipt, supply)?;
        let path = folder.join(REPORT);
        std::fs::write(&path, solidata_model::canonical_json(&report)?).map_err(|e| StageError::vault(&path, e))?;
        Ok(report)
    }
}

/// The report of a finished extraction.
///
/// # Errors
/// When it cannot be read.
pub fn open_report(output: &StageOutput) -> Result<SourceReport, StageError> {
    let path = output.file(REPORT)?;
    Ok(serde_json::from_slice(&std::fs::read(&path).map_err(|e| StageError::vault(&path, e))?)?)
}

/// The runs of events of finished extractions.
pub fn event_runs<'a>(outputs: impl IntoIterator<Item = &'a StageOutput>) -> EventRuns {
    let mut runs = EventRuns::default();
    for output in outputs {
        runs.add(output.receipt().files.iter().map(|f| output.dir().join(&f.path)));
    }
    runs
}

fn report(receipt: &SnapshotReceipt, supply: Option<SupplyReport>) -> Result<SourceReport, StageError> {
    let digest = receipt.digest.sha256.to_string().parse().map_err(|_| StageError::Defect("a digest has another form".into()))?;
    Ok(SourceReport {
        sha256: digest,
        bytes: receipt.digest.bytes,
        form: receipt.digest.form.to_string(),
        documents: receipt.documents.clone(),
        quarantine: receipt
            .quarantine
            .iter()
            .map(|q| (q.collection.name().to_owned(), q.position.0, q.reason.to_owned(), q.field.to_string()))
            .collect(),
        unknown_fields: unknown_fields(receipt)?,
        supply,
    })
}

/// Fields that were skipped although no policy names them; those that a policy drops are no news.
fn unknown_fields(receipt: &SnapshotReceipt) -> Result<BTreeMap<String, u64>, StageError> {
    let wrong = |e: solidata_anonymise::AnonymiseError| StageError::Defect(e.to_string());
    let policies = [(Collection::Lieux, Policy::lieux().map_err(wrong)?), (Collection::Search, Policy::search().map_err(wrong)?)];
    let named = |c: Collection, path: &str| policies.iter().any(|(of, policy)| *of == c && policy.knows(path));
    let unknown = receipt.unknown_fields.iter().filter(|((c, path), _)| !named(*c, path));
    Ok(unknown.map(|((c, path), n)| (format!("{c}.{path}"), *n)).collect())
}

/// Takes the records as they come.
struct Intake<'a> {
    door: Door<'a>,
    folder: &'a Path,
    capacity: usize,
    next_run: AtomicUsize,
    places: Mutex<Vec<(Position, PlaceDoc)>>,
}

/// What one thread gathers.
#[derive(Default)]
struct Gathered {
    events: Vec<EventBytes>,
    late: Vec<EventBytes>,
    places: Vec<(Position, PlaceDoc)>,
}

impl Intake<'_> {
    /// Writes what has come to `least` events.
    fn spill(&self, own: &mut Gathered, least: usize) -> Result<(), ConsumerError> {
        for (events, late) in [(&mut own.events, false), (&mut own.late, true)] {
            if events.len() >= least {
                let number = self.next_run.fetch_add(1, Ordering::Relaxed);
                write_run::<_, ById>(events, &self.folder.join(EventRuns::name(number, late)))?;
            }
        }
        Ok(())
    }
}

impl Consumer for Intake<'_> {
    type Worker = Gathered;

    fn worker(&self) -> Gathered {
        Gathered::default()
    }

    fn lieu(&self, own: &mut Gathered, at: Position, doc: PlaceDoc) -> Result<(), Breach> {
        own.places.push((at, doc.without_copies()));
        Ok(())
    }

    fn search(&self, own: &mut Gathered, _: Position, doc: &SearchDoc<'_>) -> Result<(), Breach> {
        let event = self.door.event(doc).map_err(|breach| Breach { reason: breach.code(), field: "" })?;
        let event = EventBytes(event.to_bytes());
        if event.is_late() { &mut own.late } else { &mut own.events }.push(event);
        Ok(())
    }

    fn batch_end(&self, own: &mut Gathered) -> Result<(), ConsumerError> {
        self.spill(own, self.capacity)
    }

    fn finish(&self, mut own: Gathered) -> Result<(), ConsumerError> {
        self.spill(&mut own, 1)?;
        self.places.lock().map_err(|_| "a reading thread died")?.append(&mut own.places);
        Ok(())
    }
}
