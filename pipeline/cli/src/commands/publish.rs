use super::{datagouv, views};
use crate::{args::PublishArgs, config::Config, exit::CliError, output::Output};
use solidata_store::PublicStore;
use std::fmt::Write;

/// `solidata publish`
///
/// # Errors
/// When the store does not answer or refuses; with `--datagouv` as [`datagouv::publish`].
pub async fn publish(args: PublishArgs, output: &Output) -> Result<(), CliError> {
    if args.datagouv && args.dry_run {
        return datagouv::publish(args, output).await;
    }
    let config = Config::load(args.at.store.config.as_deref())?;
    if args.datagouv {
        // What is missing in the settings is told before anything is written.
        solidata_portal::Settings::new(config.datagouv.clone())?;
    }
    let store = PublicStore::open(args.at.store.public.as_ref().unwrap_or(&config.public), super::store_options())?;
    if !store.exists() {
        return Err(CliError::Usage(format!("{}: nothing is published here: check --public", store.address())));
    }
    let views = views::refresh(&store, &config, output).await?;
    if args.datagouv {
        // The portal leads to `latest/`: it follows only then.
        return datagouv::publish(args, output).await;
    }
    output.outcome(&views, || {
        let mut text = String::new();
        for path in &views.written {
            let _ = writeln!(text, "wrote {path}");
        }
        for path in &views.removed {
            let _ = writeln!(text, "removed {path}");
        }
        let latest = views.latest.as_deref().unwrap_or("nothing");
        let _ =
            writeln!(text, "{}: latest/ is {latest}; {} written, {} removed", store.address(), views.written.len(), views.removed.len());
        text
    })
}
