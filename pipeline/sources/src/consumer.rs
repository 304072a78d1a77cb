//! What the caller of the reader brings along.

use crate::{Collection, ConsumerError, Position};
use solidata_anonymise::contract::{PlaceDoc, SearchDoc};

/// Why a consumer does not take a record: it goes to the quarantine list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breach {
    /// A short code, such as `id_absent`.
    pub reason: &'static str,
    /// The path of the field that breaks the contract, or nothing.
    pub field: &'static str,
}

impl From<solidata_anonymise::Breach> for Breach {
    fn from(breach: solidata_anonymise::Breach) -> Self {
        Breach { reason: breach.code(), field: "" }
    }
}

/// Takes the records of the wanted collections, in several threads and in no particular order: [`Position`] tells where each one lies.
/// What was taken counts only once the reader has given a receipt: until then the snapshot may yet prove damaged.
pub trait Consumer: Sync {
    /// What one thread keeps to itself.
    type Worker: Send;

    /// Called once for each thread, before its first record.
    fn worker(&self) -> Self::Worker;

    /// Takes a place.
    ///
    /// # Errors
    /// The record breaks the contract and is put in quarantine.
    fn lieu(&self, worker: &mut Self::Worker, at: Position, doc: PlaceDoc) -> Result<(), Breach> {
        let _ = (worker, at, doc);
        Ok(())
    }

    /// Takes a search.
    ///
    /// # Errors
    /// The record breaks the contract and is put in quarantine.
    fn search(&self, worker: &mut Self::Worker, at: Position, doc: &SearchDoc<'_>) -> Result<(), Breach> {
        let _ = (worker, at, doc);
        Ok(())
    }

    /// Called after each batch of about a thousand records: the place to write out what has gathered.
    ///
    /// # Errors
    /// The run stops.
    fn batch_end(&self, worker: &mut Self::Worker) -> Result<(), ConsumerError> {
        let _ = worker;
        Ok(())
    }

    /// Called once for each thread, in that thread's stead, when the whole snapshot was read, verified and found to hold few enough bad
    /// records; never otherwise.
    ///
    /// # Errors
    /// The run stops, and no receipt is given.
    fn finish(&self, worker: Self::Worker) -> Result<(), ConsumerError> {
        drop(worker);
        Ok(())
    }
}

/// Takes nothing: for counting and checking.
impl Consumer for () {
    type Worker = ();
    fn worker(&self) {}
}

/// Is told how far the reading has come. Called often and from the reading thread: it must be quick.
pub trait Progress: Sync {
    /// A snapshot of `bytes` on disk will be read.
    fn begin(&self, bytes: u64) {
        let _ = bytes;
    }
    /// `bytes` more have been read from disk.
    fn advance(&self, bytes: u64) {
        let _ = bytes;
    }
}

/// Shows nothing.
impl Progress for () {}

/// What to read of a snapshot, and how.
#[derive(Clone, Copy)]
pub struct Request<'r> {
    /// The collections whose records are wanted; each must be in the snapshot. `Lieux` and `Search` go to the [`Consumer`]; the others are
    /// only counted.
    pub wanted: &'r [Collection],
    /// The collection of a file of a form that holds only one (BSON, NDJSON, JSON array).
    pub lone: Option<Collection>,
    /// Threads that parse, beside the one that reads; at least one.
    pub threads: usize,
    /// The largest share of a collection's records, 0 to 1, that may be put in quarantine.
    pub quarantine_share: f64,
    /// Is told how far the reading has come.
    pub progress: &'r dyn Progress,
}

impl<'r> Request<'r> {
    /// One hundredth: what may be put in quarantine unless the caller says otherwise.
    pub const QUARANTINE_SHARE: f64 = 0.01;

    /// A request for some collections; the first is that of a lone file. Other fields can be changed.
    pub fn new(wanted: &'r [Collection], threads: usize) -> Self {
        Self { wanted, lone: wanted.first().copied(), threads, quarantine_share: Self::QUARANTINE_SHARE, progress: &() }
    }
}
