//! What is done about published releases: `rollback`, `withdraw`, `errata`.

use super::signing::signer;
use crate::{
    args::{Class, ErrataArgs, RollbackArgs, StoreArgs, WithdrawArgs},
    config::Config,
    exit::CliError,
    output::Output,
};
use serde::Serialize;
use solidata_model::{Erratum, Index, WithdrawalClass};
use solidata_signing::SecretKey;
use solidata_store::{PublicStore, release};
use std::fmt::Write;

/// The store, and who signs.
fn open(args: StoreArgs) -> Result<(PublicStore, Option<SecretKey>, Config), CliError> {
    let config = Config::load(args.config.as_deref())?;
    let store = PublicStore::open(args.public.as_ref().unwrap_or(&config.public), super::store_options())?;
    Ok((store, signer(&config.signing)?, config))
}

#[derive(Serialize)]
struct RolledBack {
    public: String,
    month: String,
    /// The revision that is current.
    current: String,
    changed: bool,
}

/// `solidata rollback`
///
/// # Errors
/// When there is no such revision, or the store does not take the change.
pub async fn rollback(args: RollbackArgs, output: &Output) -> Result<(), CliError> {
    let (store, signer, config) = open(args.store)?;
    let done = release::rollback(&store, args.month, args.to, &args.reason, signer.as_ref()).await?;
    super::views::refresh(&store, &config, output).await?;
    let current = done.index.current_of(args.month).map(|r| r.prefix.clone()).unwrap_or_default();
    let outcome = RolledBack { public: store.address().into(), month: args.month.to_string(), current, changed: done.changed };
    output.outcome(&outcome, || {
        let how = if outcome.changed { "is current again" } else { "is current already" };
        format!("{}: {} {how}", outcome.public, outcome.current)
    })
}

impl From<Class> for WithdrawalClass {
    fn from(class: Class) -> Self {
        match class {
            Class::ProtectedPlace => Self::ProtectedPlace,
            Class::Disclosure => Self::Disclosure,
            Class::Erasure => Self::Erasure,
            Class::Rights => Self::Rights,
        }
    }
}

#[derive(Serialize)]
struct Withdrawal {
    public: String,
    release: String,
    class: WithdrawalClass,
    /// Whether it was only asked what would go.
    dry_run: bool,
    /// Objects that were removed, or would be.
    removed: Vec<String>,
    /// Whether the month has another current revision.
    month_has_current: bool,
}

/// `solidata withdraw`
///
/// # Errors
/// When there is no such release, the store does not take the change, or `--yes` is missing (exit code 2).
pub async fn withdraw(args: WithdrawArgs, output: &Output) -> Result<(), CliError> {
    let (store, signer, config) = open(args.store)?;
    let class = WithdrawalClass::from(args.class);
    let (index, removed) = if args.yes {
        let done = release::withdraw(&store, &args.release, class, signer.as_ref()).await?;
        let views = super::views::refresh(&store, &config, output).await?;
        (done.index, done.removed.into_iter().chain(views.removed).collect())
    } else {
        let (index, _) = store.read_index().await?;
        if index.releases.iter().all(|r| r.prefix != args.release) {
            return Err(CliError::Usage(format!(
                "{}: index.json names no release {}: see `solidata status`",
                store.address(),
                args.release
            )));
        }
        let there = store.list(&args.release).await?;
        (index, there.into_iter().map(|o| o.path).filter(|p| !p.contains(release::TOMBSTONE)).collect())
    };
    let outcome = Withdrawal {
        public: store.address().into(),
        class,
        dry_run: !args.yes,
        removed,
        month_has_current: other_is_current(&index, &args.release),
        release: args.release,
    };
    output.outcome(&outcome, || withdrawal_words(&outcome))?;
    if args.yes { Ok(()) } else { Err(CliError::Usage("nothing was removed: say --yes to withdraw for good".into())) }
}

fn other_is_current(index: &Index, prefix: &str) -> bool {
    let month = index.releases.iter().find(|r| r.prefix == prefix).map(|r| r.month);
    month.and_then(|month| index.current_of(month)).is_some_and(|current| current.prefix != prefix)
}

fn withdrawal_words(outcome: &Withdrawal) -> String {
    let mut text = String::new();
    let how = if outcome.dry_run { "would remove" } else { "removed" };
    for path in &outcome.removed {
        let _ = writeln!(text, "{how} {path}");
    }
    if !outcome.month_has_current {
        let _ = writeln!(text, "note: its month has no other current revision: readers find none (see `rollback`, `run --revise`)");
    }
    let done = if outcome.dry_run { "would be withdrawn" } else { "is withdrawn" };
    let _ = writeln!(text, "{}: {} {done} ({}); {} object(s)", outcome.public, outcome.release, outcome.class, outcome.removed.len());
    text
}

#[derive(Serialize)]
struct Told {
    /// The counter of the index that told it.
    counter: u64,
    #[serde(flatten)]
    erratum: Erratum,
}

/// `solidata errata`
///
/// # Errors
/// When there is no such release, dataset or column, or the store does not take the change.
pub async fn errata(args: ErrataArgs, output: &Output) -> Result<(), CliError> {
    let index = match (args.release, args.dataset, args.fr, args.en) {
        (Some(release), Some(dataset), Some(fr), Some(en)) => {
            let (store, signer, config) = open(args.store)?;
            let erratum = Erratum { release, dataset, columns: args.column, fr, en };
            let index = release::add_erratum(&store, &erratum, signer.as_ref()).await?.index;
            super::views::refresh(&store, &config, output).await?;
            index
        }
        _ => {
            let config = Config::load(args.store.config.as_deref())?;
            let store = PublicStore::open(&args.store.public.unwrap_or(config.public), super::store_options())?;
            store.read_index().await?.0
        }
    };
    let told: Vec<Told> = index.errata().map(|(counter, erratum)| Told { counter, erratum: erratum.clone() }).collect();
    output.outcome(&told, || {
        let mut text = String::new();
        for Told { erratum, .. } in &told {
            let columns = if erratum.columns.is_empty() { String::new() } else { format!(" ({})", erratum.columns.join(", ")) };
            let _ = writeln!(text, "{} {}{columns}: {} / {}", erratum.release, erratum.dataset, erratum.fr, erratum.en);
        }
        let _ = writeln!(text, "{} erratum(s)", told.len());
        text
    })
}
