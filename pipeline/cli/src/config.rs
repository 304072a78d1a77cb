//! `solidata.toml`.

use crate::exit::CliError;
use serde::Deserialize;
use solidata_model::Thresholds;
use std::path::{Path, PathBuf};

/// The settings, with their defaults.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The private folder.
    pub vault: PathBuf,
    /// The public store.
    pub public: String,
    /// The share of quarantined records above which a run stops.
    pub max_quarantine_share: f64,
    /// See `solidata.toml`.
    pub month_end_slack_minutes: u32,
    /// Who signs.
    pub signing: Signing,
    /// What leaves the vault after its time.
    pub retention: Retention,
    /// The portal that shows what is published.
    pub datagouv: solidata_portal::Options,
    /// What describes the store to others.
    pub catalogue: Catalogue,
    /// What decides no byte.
    pub engine: Engine,
    /// What decides what is published.
    pub thresholds: Thresholds,
}

/// Who signs. The password itself is no setting: it comes from the environment, or from a file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signing {
    /// The secret key file; without it nothing is signed.
    pub key: Option<PathBuf>,
    /// A file whose first line is the password of the key.
    pub password_file: Option<PathBuf>,
}

/// What the store cannot say of itself to those who harvest it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Catalogue {
    /// Where everyone reads the public store; without it there are no catalogues.
    pub base_url: Option<String>,
    /// A page for people about the data.
    pub landing_page: Option<String>,
    /// Whom to write to.
    pub contact_email: Option<String>,
    /// The form to write with.
    pub contact_form: Option<String>,
}

impl Catalogue {
    /// The settings of the catalogues; none without the address of the store.
    pub fn settings(&self) -> Option<solidata_catalogue::Settings> {
        let mut settings = solidata_catalogue::Settings::at(self.base_url.clone()?);
        settings.landing_page.clone_from(&self.landing_page);
        settings.contact.email.clone_from(&self.contact_email);
        settings.contact.form = self.contact_form.clone().or(settings.contact.form);
        Some(settings)
    }
}

/// After how many days `gc` removes what is about single searches; 0: never.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Raw snapshots in the folder `snapshots` of the vault.
    pub snapshots_days: u32,
    /// What the vault keeps of single searches and of the directory.
    pub safe_inputs_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { snapshots_days: 90, safe_inputs_days: 400 }
    }
}

impl From<&Retention> for solidata_store::Retention {
    fn from(days: &Retention) -> Self {
        let time = |days: u32| (days > 0).then(|| std::time::Duration::from_secs(u64::from(days) * 24 * 3600));
        Self { snapshots: time(days.snapshots_days), safe_inputs: time(days.safe_inputs_days) }
    }
}

/// Resources.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Engine {
    /// Threads.
    pub threads: Option<usize>,
    /// Rows in a batch.
    pub batch_size: Option<usize>,
    /// Megabytes of the query engine.
    pub memory_mb: Option<usize>,
    /// Searches sorted in memory at once.
    pub sort_records: Option<usize>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            vault: "vault".into(),
            public: "public".into(),
            max_quarantine_share: 0.01,
            month_end_slack_minutes: 120,
            signing: Signing::default(),
            retention: Retention::default(),
            datagouv: solidata_portal::Options::default(),
            catalogue: Catalogue::default(),
            engine: Engine::default(),
            thresholds: Thresholds::default(),
        }
    }
}

impl Config {
    /// Reads the file that was named, else `./solidata.toml`, else takes the defaults.
    ///
    /// # Errors
    /// When the file cannot be read or says something unknown.
    pub fn load(named: Option<&Path>) -> Result<Self, CliError> {
        let default = Path::new("solidata.toml");
        let path = match named {
            Some(path) => path,
            None if default.is_file() => default,
            None => return Ok(Self::default()),
        };
        let text = std::fs::read_to_string(path).map_err(|e| CliError::Usage(format!("{}: {e}; check --config", path.display())))?;
        let config: Self = toml::from_str(&text).map_err(|e| CliError::Usage(format!("{}{}", path.display(), what_is_wrong(&text, &e))))?;
        if !(0.0..=1.0).contains(&config.max_quarantine_share) {
            return Err(CliError::Usage(format!("{}: max_quarantine_share is a share from 0 to 1", path.display())));
        }
        Ok(config)
    }

    /// The resources of a run; `threads` as they were typed.
    pub fn engine(&self, threads: Option<usize>) -> solidata_stages::Engine {
        let default = solidata_stages::Engine::default();
        solidata_stages::Engine {
            threads: threads.or(self.engine.threads).unwrap_or(default.threads).max(1),
            batch_size: self.engine.batch_size.unwrap_or(default.batch_size),
            memory_mb: self.engine.memory_mb.unwrap_or(default.memory_mb),
            sort_records: self.engine.sort_records.unwrap_or(default.sort_records).max(1),
        }
    }
}

/// Where a text is no settings and why, without the line itself: whoever writes a password there finds it in no log.
fn what_is_wrong(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    // Of a value of the wrong type the message may hold the value.
    let message = match error.message().split_once(": ") {
        Some((kind, _)) if kind.starts_with("invalid") => kind,
        _ => error.message(),
    };
    format!(", line {}: {message}", before.matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_without_what_was_written() {
        for (text, said) in [
            ("vault = \"v\"\n[signing]\npassword = \"marked\"\n", "line 3: unknown field `password`"),
            ("[retention]\nsnapshots_days = \"marked\"\n", "line 2: invalid type"),
            ("vault = \"marked\n", "line 1: "),
        ] {
            let e = what_is_wrong(text, &toml::from_str::<Config>(text).unwrap_err());
            assert!(e.contains(said) && !e.contains("marked"), "{e}");
        }
    }

    #[test]
    fn the_file_that_ships_shows_the_defaults() {
        let text = include_str!("../../../solidata.toml");
        // With its comments opened, the file says what the program does without it.
        let is_setting = |l: &str| l.strip_prefix("# ").is_some_and(|r| r.split_once(" = ").is_some_and(|(k, _)| !k.contains(' ')));
        let opened: String = text.lines().map(|l| if is_setting(l) { &l[2..] } else { l }).collect::<Vec<_>>().join("\n");
        let config: Config = toml::from_str(&opened).unwrap();
        assert_eq!(format!("{:?}", config.thresholds), format!("{:?}", Thresholds::default()));
        let default = Config::default();
        assert_eq!((config.vault, config.public), (default.vault, default.public));
        assert_eq!(config.month_end_slack_minutes, default.month_end_slack_minutes);
        assert_eq!(format!("{:?}", config.retention), format!("{:?}", default.retention));
        let shown =
            solidata_portal::Options { organization: None, base_url: None, contact: None, contact_point: None, ..config.datagouv.clone() };
        assert_eq!(shown, default.datagouv);
        assert!(solidata_portal::Settings::new(config.datagouv).is_ok());
        assert_eq!(config.engine.batch_size, Some(solidata_stages::Engine::default().batch_size));
        assert_eq!(config.engine.sort_records, Some(solidata_stages::Engine::default().sort_records));
    }
}
