use super::gc::Leftover;
use crate::{args::StatusArgs, config::Config, exit::CliError, output::Output};
use serde::Serialize;
use solidata_model::{IndexEntry, ReleaseState};
use solidata_store::{Expired, PublicStore, Retention, VaultView, release::find_stale};
use std::{collections::BTreeMap, fmt::Write, time::SystemTime};

#[derive(Serialize)]
struct Status {
    vault: String,
    /// Finished outputs of each stage and their size; nothing when there is no vault.
    stages: BTreeMap<String, (usize, u64)>,
    reports: Vec<String>,
    public: String,
    releases: Vec<IndexEntry>,
    /// What publications that were killed or failed left there.
    stale: Vec<Leftover>,
    /// What has been in the vault for longer than it may: `gc` removes it.
    expired: Vec<Expired>,
}

/// `solidata status`
///
/// # Errors
/// When the vault or the store cannot be read.
pub async fn status(args: StatusArgs, output: &Output) -> Result<(), CliError> {
    let config = Config::load(args.at.store.config.as_deref())?;
    let vault = args.at.vault.unwrap_or(config.vault);
    let public = args.at.store.public.unwrap_or(config.public);
    let mut stages: BTreeMap<String, (usize, u64)> = BTreeMap::new();
    let mut reports = Vec::new();
    let mut expired = Vec::new();
    if let Some(view) = VaultView::open(&vault)? {
        for summary in view.stages()? {
            let entry = stages.entry(summary.stage).or_default();
            entry.0 += 1;
            entry.1 += summary.bytes;
        }
        reports = view.reports()?;
        expired = view.expired(&Retention::from(&config.retention), SystemTime::now())?;
    }
    let store = PublicStore::open(&public, super::store_options())?;
    let releases = if store.exists() { store.read_index().await?.0.releases } else { Vec::new() };
    // To look, one needs the right to write: the store's clock is asked.
    let stale = match store.exists() && store.can_list() {
        true => find_stale(&store).await.unwrap_or_else(|e| {
            tracing::warn!(error = %e, "what killed publications left was not looked for");
            Vec::new()
        }),
        false => Vec::new(),
    };
    let stale = stale.iter().map(Leftover::from).collect();
    let status =
        Status { stale, expired, vault: vault.display().to_string(), stages, reports, public: store.address().to_owned(), releases };
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
            let state = match r.state {
                ReleaseState::Current => "",
                ReleaseState::Superseded => " (superseded)",
                ReleaseState::Withdrawn => " (withdrawn)",
            };
            let _ = writeln!(text, "  {}{partial} {}{state} manifest {}", r.month, r.prefix, r.manifest_sha256);
        }
        for one in &status.stale {
            let _ = writeln!(text, "  stale: {}", one.words());
        }
        for one in &status.expired {
            let _ = writeln!(text, "  its time is over: {} of the vault ({} days)", one.path.display(), one.days);
        }
        if status.stale.iter().any(Leftover::removable) || !status.expired.is_empty() {
            let _ = writeln!(text, "`solidata gc` removes what is stale or whose time is over");
        }
        text
    })
}
