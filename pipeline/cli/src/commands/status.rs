use crate::{args::StatusArgs, config::Config, exit::CliError, output::Output};
use serde::Serialize;
use solidata_model::IndexEntry;
use solidata_store::{PublicStore, VaultView};
use std::{collections::BTreeMap, fmt::Write};

#[derive(Serialize)]
struct Status {
    vault: String,
    /// Finished outputs of each stage and their size; nothing when there is no vault.
    stages: BTreeMap<String, (usize, u64)>,
    reports: Vec<String>,
    public: String,
    releases: Vec<IndexEntry>,
}

/// `solidata status`
///
/// # Errors
/// When the vault or the store cannot be read.
pub async fn status(args: StatusArgs, output: &Output) -> Result<(), CliError> {
    let config = Config::load(args.config.as_deref())?;
    let vault = args.vault.unwrap_or(config.vault);
    let public = args.public.unwrap_or(config.public);
    let mut stages: BTreeMap<String, (usize, u64)> = BTreeMap::new();
    let mut reports = Vec::new();
    if let Some(view) = VaultView::open(&vault)? {
        for summary in view.stages()? {
            let entry = stages.entry(summary.stage).or_default();
            entry.0 += 1;
            entry.1 += summary.bytes;
        }
        reports = view.reports()?;
    }
    let store = PublicStore::open(&public, super::store_options())?;
    let releases = if store.exists() { store.read_index().await?.0.releases } else { Vec::new() };
    let status = Status { vault: vault.display().to_string(), stages, reports, public: store.address().to_owned(), releases };
    output.outcome(&status, || {
        let mut text = String::new();
        let _ = writeln!(text, "vault {}", status.vault);
        for (stage, (n, bytes)) in &status.stages {
            let _ = writeln!(text, "  {stage}: {n} output(s), {bytes} bytes");
        }
        for report in &status.reports {
            let _ = writeln!(text, "  report {report}");
        }
        let _ = writeln!(text, "public {}: {} release(s)", status.public, status.releases.len());
        for r in &status.releases {
            let partial = if r.partial { " (partial)" } else { "" };
            let _ = writeln!(text, "  {}{partial} {} manifest {}", r.month, r.prefix, r.manifest_sha256);
        }
        text
    })
}
