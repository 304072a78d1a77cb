use crate::{args::GcArgs, config::Config, exit::CliError, output::Output};
use serde::Serialize;
use solidata_store::{
    Expired, PublicStore, Retention, Vault, VaultView,
    release::{Stale, find_stale, remove_stale},
};
use std::{fmt::Write, time::SystemTime};

/// What was found stale in a public store.
#[derive(Serialize)]
pub struct Leftover {
    path: String,
    bytes: u64,
    age_minutes: u64,
    why: String,
    /// Whether `gc` may remove it.
    removable: bool,
}

impl From<&Stale> for Leftover {
    fn from(stale: &Stale) -> Self {
        Self {
            path: stale.path.clone(),
            bytes: stale.bytes,
            age_minutes: stale.age.as_secs() / 60,
            why: stale.why.to_string(),
            removable: stale.is_removable(),
        }
    }
}

impl Leftover {
    /// Whether `gc` may remove it.
    pub fn removable(&self) -> bool {
        self.removable
    }

    /// One line about it.
    pub fn words(&self) -> String {
        format!("{} ({} bytes, {} min old): {}", self.path, self.bytes, self.age_minutes, self.why)
    }
}

#[derive(Serialize)]
struct Outcome {
    dry_run: bool,
    public: String,
    /// Removed from the public store, or to be removed.
    removed: Vec<Leftover>,
    /// What only a person may remove.
    left: Vec<Leftover>,
    /// Removed from the vault, or to be removed.
    expired: Vec<Expired>,
    /// What the store may hold that cannot be listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

/// `solidata gc`
///
/// # Errors
/// When the vault or the store cannot be read or written.
pub async fn gc(args: GcArgs, output: &Output) -> Result<(), CliError> {
    let config = Config::load(args.at.store.config.as_deref())?;
    let vault = args.at.vault.unwrap_or(config.vault);
    let retention = Retention::from(&config.retention);
    let now = SystemTime::now();
    let store = PublicStore::open(&args.at.store.public.unwrap_or(config.public), super::store_options())?;
    let found = if store.exists() { find_stale(&store).await? } else { Vec::new() };
    let (chosen, left): (Vec<Stale>, Vec<Stale>) = found.into_iter().partition(Stale::is_removable);
    let removed = if args.dry_run || chosen.is_empty() { chosen } else { remove_stale(&store, &chosen).await? };
    let expired = match VaultView::open(&vault)? {
        None => Vec::new(),
        Some(view) if args.dry_run => view.expired(&retention, now)?,
        Some(_) => Vault::open(&vault)?.remove_expired(&retention, now)?,
    };
    let outcome = Outcome {
        dry_run: args.dry_run,
        public: store.address().to_owned(),
        removed: removed.iter().map(Leftover::from).collect(),
        left: left.iter().map(Leftover::from).collect(),
        expired,
        advice: store.unlisted_leftovers().map(str::to_owned),
    };
    output.outcome(&outcome, || words(&outcome))
}

fn words(outcome: &Outcome) -> String {
    let mut text = String::new();
    let removed = if outcome.dry_run { "would remove" } else { "removed" };
    for one in &outcome.removed {
        let _ = writeln!(text, "{removed} {}", one.words());
    }
    for one in &outcome.left {
        let _ = writeln!(text, "left {}", one.words());
    }
    for one in &outcome.expired {
        let _ = writeln!(text, "{removed} from the vault {} ({} bytes, {} days old)", one.path.display(), one.bytes, one.days);
    }
    if let Some(advice) = &outcome.advice {
        let _ = writeln!(text, "note: {advice}");
    }
    if !outcome.expired.is_empty() {
        let _ = writeln!(text, "note: releases can still be made again from what is left: see [retention] in solidata.toml");
    }
    let _ = writeln!(
        text,
        "{}: {} object(s), {} left; vault: {}",
        outcome.public,
        outcome.removed.len(),
        outcome.left.len(),
        outcome.expired.len()
    );
    text
}
