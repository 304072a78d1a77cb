//! One thread reads and cuts, the others parse.

use crate::consumer::{Consumer, Request};
use crate::frame::{self, Counts, Outlet};
use crate::receipt::{Container, FileDigest, Quarantined};
use crate::snapshot::Part;
use crate::stream::Stream;
use crate::unknown::Policies;
use crate::worker::{Tally, Worker};
use crate::{Collection, ConsumerError, SourceError};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

/// Longer quarantine lists are not kept: the run stops, whatever the allowed share.
const LONGEST_QUARANTINE: u64 = 1_000_000;

/// What a verified pass over all files of a snapshot gave.
pub(crate) struct Pass {
    pub files: Vec<FileDigest>,
    pub documents: Counts,
    pub quarantine: Vec<Quarantined>,
    pub unknown_fields: BTreeMap<(Collection, String), u64>,
}

/// Signals between the threads of one pass.
#[derive(Default)]
struct Signals {
    stop: AtomicBool,
    quarantined: AtomicU64,
}

/// Reads all parts, one after the other, and gives their records to the consumer.
pub(crate) fn run<C: Consumer>(name: &str, parts: &[Part<'_>], request: &Request<'_>, consumer: &C) -> Result<Pass, SourceError> {
    let threads = request.threads.max(1);
    let lost = || SourceError::WorkerLost { path: name.to_owned() };
    let signals = Signals::default();
    let policies = Policies::get()?;
    thread::scope(|scope| {
        // A block or two waiting for each worker keep all busy; more would only push each other out of the caches.
        let (full, batches) = bounded(threads + 1);
        let (give_back, free) = bounded(2 * threads + 4);
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let (batches, give_back, signals) = (batches.clone(), give_back.clone(), &signals);
                scope.spawn(move || work(Worker::new(consumer, policies), &batches, &give_back, signals))
            })
            .collect();
        drop((batches, give_back));
        let outlet = Outlet { full, free };
        let read = parts.iter().map(|part| read_part(part, request, &outlet)).collect::<Result<Vec<_>, _>>();
        drop(outlet);
        // All are waited for, so that none outlives an error.
        let worked: Vec<_> = workers.into_iter().map(|worker| worker.join().map_err(|_| lost())).collect();
        let mut owns = Vec::new();
        let mut tallies = Vec::new();
        for one in worked {
            let (own, tally) = one?.map_err(SourceError::Consumer)?;
            owns.push(own);
            tallies.push(tally);
        }
        let too_many = signals.quarantined.load(Ordering::Relaxed) > LONGEST_QUARANTINE;
        let read = match read {
            Err(SourceError::WorkerLost { .. }) if too_many => Vec::new(),
            other => other?,
        };
        let pass = merge(read, tallies);
        check_quarantine(name, &pass, if too_many { 0.0 } else { request.quarantine_share })?;
        let finished: Vec<_> = owns.into_iter().map(|own| scope.spawn(|| consumer.finish(own))).collect();
        for one in finished {
            one.join().map_err(|_| lost())?.map_err(SourceError::Consumer)?;
        }
        Ok(pass)
    })
}

/// The life of one worker thread.
fn work<'c, C: Consumer>(
    mut worker: Worker<'c, C>,
    batches: &Receiver<frame::Batch>,
    give_back: &Sender<Vec<u8>>,
    signals: &Signals,
) -> Result<(C::Worker, Tally<'c>), ConsumerError> {
    let mut noted = 0;
    for batch in batches {
        if signals.stop.load(Ordering::Relaxed) {
            break;
        }
        worker.batch(&batch);
        if let Err(error) = worker.consumer.batch_end(&mut worker.own) {
            signals.stop.store(true, Ordering::Relaxed);
            return Err(error);
        }
        let held = worker.tally.quarantine.len() as u64;
        if signals.quarantined.fetch_add(held - noted, Ordering::Relaxed) > LONGEST_QUARANTINE {
            signals.stop.store(true, Ordering::Relaxed);
        }
        noted = held;
        if batch.bytes.len() == frame::BLOCK + crate::json::PAD {
            // Nobody may want it any more.
            let _ = give_back.try_send(batch.bytes);
        }
    }
    Ok((worker.own, worker.tally))
}

/// Reads one file to its last byte.
fn read_part(part: &Part<'_>, request: &Request<'_>, outlet: &Outlet) -> Result<(FileDigest, Counts), SourceError> {
    let name = part.input.name.clone();
    let Some((container, collection)) = part.content else {
        let mut raw = part.input.open(request.progress)?;
        raw.drain().map_err(|cause| part.input.unreadable(0, cause))?;
        return Ok((FileDigest { name, bytes: raw.count(), sha256: raw.digest() }, Counts::new()));
    };
    let mut stream = Stream::open(&part.input, request.progress)?;
    let counts = match (container, collection) {
        (Container::Archive, _) => frame::archive(&mut stream, outlet, request.wanted)?,
        (_, None) => return Err(SourceError::CollectionNotSaid { file: name }),
        (Container::Bson, Some(collection)) => frame::bson(&mut stream, outlet, collection)?,
        (Container::Ndjson, Some(collection)) => frame::lines(&mut stream, outlet, collection)?,
        (Container::JsonArray, Some(collection)) => frame::array(&mut stream, outlet, collection)?,
    };
    let raw = stream.finish()?;
    Ok((FileDigest { name, bytes: raw.count(), sha256: raw.digest() }, counts))
}

/// Puts together what the threads found. Sorted, so that it does not depend on them.
fn merge(read: Vec<(FileDigest, Counts)>, tallies: Vec<Tally<'_>>) -> Pass {
    let mut pass = Pass { files: Vec::new(), documents: Counts::new(), quarantine: Vec::new(), unknown_fields: BTreeMap::new() };
    for (file, counts) in read {
        pass.files.push(file);
        for (collection, documents) in counts {
            *pass.documents.entry(collection).or_default() += documents;
        }
    }
    for tally in tallies {
        for (collection, lines) in tally.lines {
            *pass.documents.entry(collection.name().to_owned()).or_default() += lines;
        }
        pass.quarantine.extend(tally.quarantine);
        tally.search.add_to(Collection::Search, &mut pass.unknown_fields);
        tally.lieux.add_to(Collection::Lieux, &mut pass.unknown_fields);
    }
    pass.quarantine.sort();
    pass
}

/// Refuses a snapshot of which too many records break the contract.
fn check_quarantine(name: &str, pass: &Pass, share: f64) -> Result<(), SourceError> {
    for collection in Collection::ALL {
        let mut reasons = BTreeMap::<&str, u64>::new();
        for record in pass.quarantine.iter().filter(|record| record.collection == collection) {
            *reasons.entry(record.reason).or_default() += 1;
        }
        let quarantined: u64 = reasons.values().sum();
        let documents = pass.documents.get(collection.name()).copied().unwrap_or(0).max(quarantined);
        if let Some((&most, _)) = reasons.iter().max_by_key(|(_, count)| **count)
            && quarantined as f64 > share * documents as f64
        {
            let path = name.to_owned();
            return Err(SourceError::TooManyQuarantined { path, collection, quarantined, documents, most, share });
        }
    }
    Ok(())
}
