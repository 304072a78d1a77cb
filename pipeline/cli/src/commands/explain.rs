use crate::{args::ExplainArgs, config::Config, exit::CliError, output::Output};
use serde::Serialize;
use solidata_stages::{Engine, Project};

#[derive(Serialize)]
struct Explained {
    cell: String,
    words: String,
}

/// `solidata explain`
///
/// # Errors
/// When there is no such cell, or the vault has no counts of it.
pub fn explain(args: ExplainArgs, output: &Output) -> Result<(), CliError> {
    let config = Config::load(args.config.as_deref())?;
    let vault = args.vault.unwrap_or(config.vault);
    let threads = args.threads.or(config.engine.threads).unwrap_or(Engine::default().threads).max(1);
    let words = solidata_stages::explain(&vault, &Project::embedded(), &args.dataset, &args.cell, threads)?;
    output.outcome(&Explained { cell: args.cell, words: words.clone() }, || format!("{words}\n"))
}
