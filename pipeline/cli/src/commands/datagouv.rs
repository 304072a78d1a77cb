//! `solidata publish --datagouv` and `solidata status --datagouv`.

use crate::{
    args::{PublishArgs, StatusArgs},
    config::Config,
    exit::CliError,
    output::Output,
};
use solidata_model::PortalIds;
use solidata_portal::{API_KEY, Api, ApiKey, Current, Job, PortalError, Record, Report, Settings, Watch, read_current};
use solidata_stages::Progress;
use solidata_store::{PublicStore, Vault, VaultView};
use std::{
    collections::BTreeMap,
    env,
    fmt::Write,
    path::{Path, PathBuf},
};

/// `solidata publish --datagouv`
///
/// # Errors
/// With exit code 1 when someone changed the portal by hand; otherwise when the portal, the store or the vault fails.
pub async fn publish(args: PublishArgs, output: &Output) -> Result<(), CliError> {
    let config = Config::load(args.at.store.config.as_deref())?;
    let vault = args.at.vault.unwrap_or_else(|| config.vault.clone());
    let work = Work::prepare(&config, &vault, args.at.store.public, args.project.as_deref()).await?;
    let api = Api::new(&work.settings, Some(key()?.ok_or_else(ApiKey::missing)?))?;
    let job = work.job(&api, args.mend);
    let report = if args.dry_run {
        job.compare(&mut work.record(VaultView::open(&vault)?.as_ref())?).await?
    } else {
        let vault = Vault::open(&vault)?;
        let mut record = work.record(Some(vault.view()))?;
        let mut keeper = Keeper { vault: &vault, host: work.settings.host(), output };
        let report = job.publish(&mut record, &mut keeper).await;
        output.end();
        report?
    };
    say(&report, output)?;
    let portal = &report.portal;
    match report.drift() {
        0 if report.dry_run || report.left() + report.absent.len() == 0 => Ok(()),
        0 => Err(CliError::Findings(format!("{portal}: it does not show exactly {}: see above", report.release))),
        n => Err(CliError::Findings(format!(
            "{portal}: {n} difference(s) were made by hand: look at them, then undo them there or run with --mend"
        ))),
    }
}

/// `solidata status --datagouv`
///
/// # Errors
/// With exit code 1 when the portal does not show the current release.
pub async fn status(args: StatusArgs, output: &Output) -> Result<(), CliError> {
    let config = Config::load(args.at.store.config.as_deref())?;
    let vault = args.at.vault.unwrap_or_else(|| config.vault.clone());
    let work = Work::prepare(&config, &vault, args.at.store.public, args.project.as_deref()).await?;
    // What everyone sees is enough; with a key one also sees what only members do.
    let api = Api::new(&work.settings, key()?)?;
    let report = work.job(&api, false).compare(&mut work.record(VaultView::open(&vault)?.as_ref())?).await?;
    say(&report, output)?;
    match report.left() + report.absent.len() {
        0 => Ok(()),
        n => Err(CliError::Findings(format!("{}: {n} difference(s) from {}", report.portal, report.release))),
    }
}

/// What both need: settings, what is published, and the ids of `dataset.toml`.
struct Work {
    settings: Settings,
    current: Current,
    ids: BTreeMap<String, BTreeMap<String, PortalIds>>,
}

impl Work {
    async fn prepare(config: &Config, vault: &Path, public: Option<String>, project: Option<&Path>) -> Result<Self, CliError> {
        let settings = Settings::new(config.datagouv.clone())?;
        let ids = super::project(project)?.portal_ids()?;
        let store = PublicStore::open(&public.unwrap_or_else(|| config.public.clone()), super::store_options())?;
        store.ensure_apart(vault)?;
        let current = read_current(&store, config.datagouv.updates).await?;
        Ok(Self { settings, current, ids })
    }

    fn job<'a>(&'a self, api: &'a Api, mend: bool) -> Job<'a> {
        Job { api, settings: &self.settings, current: &self.current, ids: &self.ids, mend }
    }

    fn record(&self, vault: Option<&VaultView>) -> Result<Record, CliError> {
        let host = self.settings.host();
        let (bytes, path) = match vault {
            Some(view) => (view.portal_record(&host)?, view.portal_path(&host)),
            None => (None, PathBuf::new()),
        };
        Ok(Record::read(bytes.as_deref(), &path.display().to_string(), &host, self.settings.organization())?)
    }
}

/// Keeps the record in the vault, and shows how far the work is.
struct Keeper<'a> {
    vault: &'a Vault,
    host: String,
    output: &'a Output,
}

impl Watch for Keeper<'_> {
    fn keep(&mut self, record: &Record) -> Result<(), PortalError> {
        Ok(self.vault.write_portal_record(&self.host, &record.bytes()?)?)
    }

    fn begin(&mut self, what: &str) {
        self.output.end();
        self.output.begin(&format!("{}: {what}", self.host), None);
    }
}

/// The key of the portal's API. The environment is read here for it and nowhere else.
fn key() -> Result<Option<ApiKey>, CliError> {
    match env::var(API_KEY) {
        Ok(text) => Ok(Some(ApiKey::new(&text)?)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(CliError::Usage(format!("{API_KEY} is not UTF-8"))),
    }
}

fn say(report: &Report, output: &Output) -> Result<(), CliError> {
    output.outcome(report, || {
        let mut text = report.to_string();
        for (dataset, table) in report.ids() {
            let _ = write!(text, "\n\n# to keep the ids in datasets/{dataset}/dataset.toml, paste:\n{}", table.trim_end());
        }
        text
    })
}
