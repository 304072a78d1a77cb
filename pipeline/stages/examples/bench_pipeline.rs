//! Times `extract + anonymise + cubes` on one snapshot of searches, and prints one JSON document: seconds of each phase, documents, gross and
//! net searches in France, peak memory. Used by `make bench`.
//!
//! `cargo run --release -p solidata-stages --example bench_pipeline -- search.ndjson [THREADS]`

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use solidata_model::{StageKeyBuilder, Thresholds};
use solidata_sources::Collection;
use solidata_stages::{Cubes, Engine, EventRuns, Extraction, Lists, Project, SafeInputs, key_ring, make_safe};
use solidata_store::{Stage, Vault};
use std::{path::PathBuf, time::Instant};

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let snapshot = PathBuf::from(args.next().expect("the path of a snapshot of searches"));
    let mut engine = Engine::default();
    if let Some(threads) = args.next() {
        engine.threads = threads.parse().expect("a number of threads");
    }
    let folder = tempfile::tempdir_in(snapshot.parent().unwrap_or(&snapshot)).unwrap();
    let project = Project::embedded();
    let vault = Vault::open(&folder.path().join("vault")).unwrap();
    // Keys are made once in the life of a vault.
    let keys = key_ring(&vault).unwrap();

    let start = Instant::now();
    let lists = Lists::load(&project).unwrap();
    let loaded = start.elapsed();
    let events = vault.scratch("events").unwrap();
    let extraction = Extraction {
        path: &snapshot,
        wanted: &[Collection::Search],
        lists: &lists,
        keys: &keys,
        cut_off: None,
        quarantine_share: 0.01,
        engine: &engine,
        progress: &(),
    };
    let source = extraction.run(events.path()).unwrap();
    let extracted = start.elapsed();
    let Stage::Pending(pending) = vault.stage(SafeInputs::STAGE, &StageKeyBuilder::new("bench", 1).finish()).unwrap() else { return };
    let sort = vault.scratch("sort").unwrap();
    let mut files: Vec<PathBuf> = std::fs::read_dir(events.path()).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let mut runs = EventRuns::default();
    runs.add(files);
    let report = make_safe(&runs, pending.dir(), sort.path(), engine.sort_records, (&Thresholds::default()).into(), &lists).unwrap();
    let inputs = SafeInputs::open(pending.commit().unwrap()).unwrap();
    let safe = start.elapsed();
    let spill = vault.scratch("spill").unwrap();
    for month in &report.months {
        Cubes::compute(&inputs, *month, &project, &lists, &engine, spill.path().into()).await.unwrap();
    }
    let done = start.elapsed();

    let of_france = |f: fn(&solidata_stages::WaterfallLine) -> u64| -> u64 {
        report.waterfall.iter().filter(|l| !l.code_departement.is_empty()).map(f).sum()
    };
    let out = serde_json::json!({
        "documents": source.documents.get("search"),
        "bytes": source.bytes,
        "quarantined": source.quarantine.len(),
        "duplicates": report.duplicates,
        "gross_everywhere": report.waterfall.iter().map(|l| l.brutes).sum::<u64>(),
        "gross": of_france(|l| l.brutes),
        "net": of_france(|l| l.nettes),
        "months": report.months.len(),
        "threads": engine.threads,
        "seconds": {
            "lists": loaded.as_secs_f64(),
            "extract": (extracted - loaded).as_secs_f64(),
            "anonymise": (safe - extracted).as_secs_f64(),
            "cubes": (done - safe).as_secs_f64(),
            "all": done.as_secs_f64(),
        },
        "peak_kib": peak_kib(),
    });
    println!("{out}");
}

/// The largest resident size so far, as Linux counts it.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?.trim().split(' ').next()?.parse().ok()
}
