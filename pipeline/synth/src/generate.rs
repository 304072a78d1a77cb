//! From a request to the files.

use std::collections::BTreeMap;
use std::path::Path;

use crate::output::{Collection, FileReport, Snapshot};
use crate::places::{PlaceBatch, Places};
use crate::reference::Reference;
use crate::search::{Batch, Days, Intended, Plan, TRAP_LABELS};
use crate::truth::{Fact, PlaceFact, PlaceReader, Reader, Truth};
use crate::world::{Secret, World};
use crate::{ReferenceBytes, SynthError, SynthSpec, parallel, truth};

/// Told how far the work is. All methods may be called often.
pub trait Progress: Sync {
    /// `done` of `total` units of the named step are finished.
    fn step(&self, name: &str, done: u64, total: u64);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _name: &str, _done: u64, _total: u64) {}
}

/// What was made.
#[derive(Debug, Clone, PartialEq)]
pub struct SynthReport {
    /// Files of the snapshot, then `truth.json`.
    pub files: Vec<FileReport>,
    /// Search documents, repeated ones included.
    pub searches: u64,
    /// Place documents.
    pub places: u64,
    /// Gross searches everywhere, when the truth was computed.
    pub brute: Option<u64>,
    /// Net searches everywhere, when the truth was computed.
    pub nette: Option<u64>,
}

impl SynthReport {
    /// Gross over net.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        Some(self.brute? as f64 / self.nette.filter(|&net| net > 0)? as f64)
    }
}

/// What is known about the documents beside their bytes.
#[derive(Default)]
pub(crate) struct Gathered {
    pub facts: Vec<Fact>,
    pub place_facts: Vec<PlaceFact>,
    pub secrets: Vec<Secret>,
    pub intended: BTreeMap<(usize, i32, String), Intended>,
    /// For each label of [`TRAP_LABELS`] how many documents, and the ids that are listed.
    pub traps: Vec<(u64, Vec<[u8; 12]>)>,
    pub searches: u64,
    pub places: u64,
}

/// Ids listed for a trap of which not all are.
const LISTED: usize = 50;

impl Gathered {
    fn search(&mut self, batch: &mut Batch) {
        self.searches += batch.entries.len() as u64;
        self.facts.append(&mut batch.facts);
        for (key, intended) in std::mem::take(&mut batch.intended) {
            let cell = self.intended.entry(key).or_default();
            cell.searches += intended.searches;
            cell.documents += intended.documents;
        }
        self.traps.resize(TRAP_LABELS.len(), (0, Vec::new()));
        for (id, labels) in batch.traps.drain(..) {
            for ((_, label, all), (count, ids)) in TRAP_LABELS.iter().zip(&mut self.traps) {
                if labels.has(*label) {
                    *count += 1;
                    if *all || ids.len() < LISTED {
                        ids.push(id);
                    }
                }
            }
        }
    }
}

/// One unit of work.
enum Job {
    Day(i64),
    Places(usize),
}

enum Made {
    Day(Batch),
    Places(PlaceBatch),
}

/// All days and all départements, so mixed that both collections advance together: their blocks interleave in an archive.
fn jobs(first: i64, last: i64, lands: usize) -> Vec<Job> {
    let days = usize::try_from(last - first + 1).unwrap_or(0);
    let mut jobs = Vec::with_capacity(days + lands);
    let mut next = 0;
    for day in 0..days {
        jobs.push(Job::Day(first + day as i64));
        while next * days < (day + 1) * lands {
            jobs.push(Job::Places(next));
            next += 1;
        }
    }
    jobs
}

/// Documents that wait for those of the next day: late ones, repeated ones, and those of western time zones.
#[derive(Default)]
struct Waiting {
    documents: BTreeMap<(i64, u64), Vec<u8>>,
    number: u64,
}

impl Waiting {
    /// Takes a day in and gives out what is before its watermark, in order.
    fn merge(&mut self, batch: &Batch) -> (Vec<u8>, u64) {
        let (mut out, mut count) = (Vec::with_capacity(batch.bytes.len()), 0);
        let old = std::mem::take(&mut self.documents);
        let mut old = old.into_iter().peekable();
        for entry in &batch.entries {
            while let Some((_, document)) = old.next_if(|((inserted, _), _)| *inserted <= entry.inserted && *inserted < batch.watermark) {
                out.extend_from_slice(&document);
                count += 1;
            }
            let document = &batch.bytes[entry.start..entry.end];
            if entry.inserted < batch.watermark {
                out.extend_from_slice(document);
                count += 1;
            } else {
                self.documents.insert((entry.inserted, self.number), document.to_vec());
                self.number += 1;
            }
        }
        for (key, document) in old {
            if key.0 < batch.watermark {
                out.extend_from_slice(&document);
                count += 1;
            } else {
                self.documents.insert(key, document);
            }
        }
        (out, count)
    }

    fn rest(self) -> (Vec<u8>, u64) {
        let count = self.documents.len() as u64;
        (self.documents.into_values().flatten().collect(), count)
    }
}

/// Makes the snapshot in `out`, which is created when it is missing; files of the same names are replaced.
///
/// # Errors
/// See [`SynthError`]. Files may be left half written.
pub fn generate(spec: &SynthSpec, reference: &ReferenceBytes<'_>, out: &Path, progress: &dyn Progress) -> Result<SynthReport, SynthError> {
    spec.check()?;
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    generate_on(spec, reference, out, progress, threads)
}

/// [`generate`] on a given number of threads, which the bytes do not depend on.
pub(crate) fn generate_on(
    spec: &SynthSpec,
    reference: &ReferenceBytes<'_>,
    out: &Path,
    progress: &dyn Progress,
    threads: usize,
) -> Result<SynthReport, SynthError> {
    let reference = Reference::read(reference)?;
    std::fs::create_dir_all(out).map_err(SynthError::write(out))?;
    let world = World::build(spec, &reference)?;
    let plan = Plan::new(&world, spec);
    let reader = spec.truth.then(|| Reader::new(&reference));
    let days = Days { world: &world, plan: &plan, form: spec.form, target: spec.target, reader: reader.as_ref() };
    let (first, last) = (world.volumes.first_day, world.volumes.last_day);
    let place_reader = spec.truth.then(|| PlaceReader::new(&reference));
    let places = Places::new(&world, spec.form, place_reader.as_ref());
    let jobs = jobs(first, last, world.lands.chosen.len());
    let mut snapshot = Snapshot::create(spec, out)?;
    let mut gathered = Gathered::default();
    let mut waiting = Waiting::default();
    parallel::ordered(
        jobs.len(),
        threads,
        |job| match jobs[job] {
            Job::Day(day) => days.make(day).map(Made::Day),
            Job::Places(land) => places.make(land).map(Made::Places),
        },
        |job, made| {
            match made {
                Made::Day(mut batch) => {
                    gathered.search(&mut batch);
                    let (bytes, written) = waiting.merge(&batch);
                    snapshot.write(out, Collection::Search, &bytes, written)?;
                }
                Made::Places(mut batch) => {
                    gathered.places += batch.count;
                    gathered.place_facts.append(&mut batch.facts);
                    gathered.secrets.append(&mut batch.secrets);
                    snapshot.write(out, Collection::Lieux, &batch.bytes, batch.count)?;
                }
            }
            progress.step("documents", job as u64 + 1, jobs.len() as u64);
            Ok(())
        },
    )?;
    let (bytes, written) = waiting.rest();
    snapshot.write(out, Collection::Search, &bytes, written)?;
    let mut files = snapshot.finish(out)?;
    crate::damaged::write(&world, &plan, out)?;
    let mut report = SynthReport { files: Vec::new(), searches: gathered.searches, places: gathered.places, brute: None, nette: None };
    if let (Some(reader), Some(place_reader)) = (&reader, &place_reader) {
        progress.step("truth", 0, 1);
        let judged = truth::judge(std::mem::take(&mut gathered.facts));
        let tables = truth::Tables::new(&judged, reader, &reference);
        let supply = truth::Supply::new(&gathered.place_facts, place_reader);
        let (file, brute, nette) = truth::write(
            &Truth { spec, world: &world, gathered: &gathered, judged: &judged, tables: &tables, supply: &supply, files: &files },
            out,
        )?;
        files.push(file);
        (report.brute, report.nette) = (Some(brute), Some(nette));
        progress.step("truth", 1, 1);
    }
    let readme = out.join("README.md");
    std::fs::write(&readme, crate::notice::text(spec, &files)).map_err(SynthError::write(&readme))?;
    report.files = files;
    Ok(report)
}
