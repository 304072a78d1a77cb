//! One file a command.

mod amend;
mod attack;
mod check;
mod datagouv;
mod diff;
mod explain;
mod fetch;
mod gc;
mod keygen;
mod publish;
mod reproduce;
mod run;
mod signing;
mod snapshot;
mod status;
mod synth;
mod verify;
mod views;

use crate::{
    args::{Args, Command},
    exit::CliError,
    output::Output,
};
use chrono::{DateTime, Utc};
use solidata_stages::Project;
use solidata_store::{DAY, StoreOptions};
use std::{path::Path, time::SystemTime};

/// Carries out the command.
///
/// # Errors
/// See [`CliError`].
pub fn run(args: Args, output: &Output) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| CliError::System(format!("the system gives no threads: {e}")))?;
    runtime.block_on(async {
        match args.command {
            Command::Check(a) => check::check(a, output).await,
            Command::Plan(a) => run::plan(a, output),
            Command::Run(a) => run::run(a, output).await,
            Command::Synth(a) => synth::synth(a, output),
            Command::Snapshot(a) => snapshot::snapshot(a, output),
            Command::Verify(a) => verify::verify(a, output).await,
            Command::Fetch(a) => fetch::fetch(a, output).await,
            Command::Diff(a) => diff::diff(a, output).await,
            Command::Rollback(a) => amend::rollback(a, output).await,
            Command::Withdraw(a) => amend::withdraw(a, output).await,
            Command::Errata(a) => amend::errata(a, output).await,
            Command::Reproduce(a) => reproduce::reproduce(a, output).await,
            Command::Attack(a) => attack::attack(a, output).await,
            Command::Explain(a) => explain::explain(a, output),
            Command::Gc(a) => gc::gc(a, output).await,
            Command::Keygen(a) => keygen::keygen(a, output).await,
            Command::Publish(a) => publish::publish(a, output).await,
            Command::Status(a) if a.datagouv => datagouv::status(a, output).await,
            Command::Status(a) => status::status(a, output).await,
        }
    })
}

/// The project of a folder, or the one the program was built with.
fn project(folder: Option<&Path>) -> Result<Project, CliError> {
    Ok(match folder {
        Some(folder) => Project::from_folder(folder)?,
        None => Project::embedded(),
    })
}

/// The settings of stores' clients: the environment is read for them here and nowhere else. No password and no key of a portal is among them.
fn store_options() -> StoreOptions {
    // A variable that is no text, which `std::env::vars` would panic at, is no setting.
    let texts = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let hidden = [signing::PASSWORD, signing::NEW_PASSWORD, solidata_portal::API_KEY];
    // What is done to a store is given the day of the clock, unless another one is set.
    let today = DateTime::<Utc>::from(SystemTime::now()).date_naive().to_string();
    texts.filter(|(name, _)| !hidden.contains(&name.as_str())).chain([(DAY.to_owned(), today)]).collect()
}
