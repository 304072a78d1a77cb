use crate::{args::FetchArgs, exit::CliError, output::Output};
use solidata_audit::{FetchOptions, Fetched};
use solidata_signing::PublicKey;
use solidata_stages::Progress as _;
use solidata_store::{Phase, Progress, PublicStore};
use std::fmt::Write;

/// Shows the bytes of a download.
struct Shown<'a>(&'a Output);

impl Progress for Shown<'_> {
    fn expect(&self, _: Phase, bytes: u64) {
        self.0.begin("fetch", Some(bytes));
    }
    fn advance(&self, _: Phase, _: &str, bytes: u64) {
        self.0.advance(bytes);
    }
}

/// `solidata fetch`
///
/// # Errors
/// With exit code 1 when something is not what it says it is, 3 when the store does not answer.
pub async fn fetch(args: FetchArgs, output: &Output) -> Result<(), CliError> {
    let key = args.key.map(|text| PublicKey::parse_or_load(&text)).transpose()?;
    let options = FetchOptions { since: args.since, datasets: args.dataset, forms: args.form, key };
    let store = PublicStore::open(&args.store, super::store_options())?;
    let fetched = solidata_audit::fetch(&store, &args.into, &options, &Shown(output)).await;
    output.end();
    let fetched = fetched?;
    output.outcome(&fetched, || words(&fetched))
}

fn words(fetched: &Fetched) -> String {
    let mut text = String::new();
    for (what, releases) in [("new", &fetched.new), ("completed", &fetched.completed)] {
        for release in releases {
            let reason = release.reason.as_ref().map(|r| format!(" ({r})")).unwrap_or_default();
            let _ = writeln!(text, "{what}: {}{reason}: {}", release.prefix, release.tables.join(", "));
        }
    }
    for prefix in &fetched.superseded {
        let _ = writeln!(text, "superseded: {prefix}");
    }
    for prefix in &fetched.withdrawn {
        let _ = writeln!(text, "withdrawn: {prefix}: remove your copy, and what you made of it");
    }
    for e in &fetched.errata {
        let _ = writeln!(text, "erratum: {}, {}: {}", e.release, [std::slice::from_ref(&e.dataset), &e.columns].concat().join(" "), e.en);
    }
    for note in &fetched.notes {
        let _ = writeln!(text, "note: {note}");
    }
    let current = fetched.current.as_deref().unwrap_or("none");
    let _ = writeln!(text, "{} new release(s), {} file(s), {} bytes; current: {current}", fetched.new.len(), fetched.files, fetched.bytes);
    text
}
