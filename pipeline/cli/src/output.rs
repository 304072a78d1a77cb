//! What the user sees: progress on a terminal, JSON lines otherwise, one document with `--json`.

use crate::exit::CliError;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use solidata_stages::Progress;
use std::{
    io::{IsTerminal, Write},
    sync::Mutex,
    time::Duration,
};

/// Starts the log: words on a terminal, JSON lines otherwise. `RUST_LOG` says how much.
pub fn start_log(json: bool) {
    use tracing_subscriber::EnvFilter;
    let level = if std::io::stderr().is_terminal() && !json { "warn" } else { "info" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start, as in a test, changes nothing.
    let _ = if std::io::stderr().is_terminal() && !json { log.without_time().try_init() } else { log.json().try_init() };
}

/// Where the outcome goes.
pub struct Output {
    json: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Output {
    /// An output that speaks JSON, or to people.
    pub fn new(json: bool) -> Self {
        Self { json, bar: Mutex::new(None) }
    }

    /// The outcome: one JSON document, or some lines.
    ///
    /// # Errors
    /// When standard output is closed.
    pub fn outcome(&self, value: &impl Serialize, lines: impl FnOnce() -> String) -> Result<(), CliError> {
        let text = if self.json { serde_json::to_string_pretty(value).map_err(|e| CliError::System(e.to_string()))? } else { lines() };
        writeln!(std::io::stdout(), "{}", text.trim_end()).map_err(|e| CliError::System(format!("standard output: {e}")))
    }

    /// An error, on standard error.
    pub fn error(&self, error: &CliError) {
        if let Ok(mut bar) = self.bar.lock()
            && let Some(bar) = bar.take()
        {
            bar.abandon();
        }
        if std::io::stderr().is_terminal() && !self.json {
            // Nothing is left to do when the terminal is gone.
            let _ = writeln!(std::io::stderr(), "solidata: {error}");
        } else {
            tracing::error!(exit_code = error.code(), "{error}");
        }
    }
}

impl Progress for Output {
    fn begin(&self, what: &str, bytes: Option<u64>) {
        if !std::io::stderr().is_terminal() || self.json {
            tracing::info!(step = what, bytes, "begin");
            return;
        }
        let bar = match bytes {
            Some(n) => ProgressBar::new(n).with_style(
                ProgressStyle::with_template("{spinner} {msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}")
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            ),
            None => ProgressBar::new_spinner().with_style(
                ProgressStyle::with_template("{spinner} {msg} {bytes} {elapsed}").unwrap_or_else(|_| ProgressStyle::default_spinner()),
            ),
        };
        bar.set_draw_target(ProgressDrawTarget::stderr());
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        if let Ok(mut held) = self.bar.lock() {
            *held = Some(bar);
        }
    }

    fn advance(&self, bytes: u64) {
        if let Ok(held) = self.bar.lock()
            && let Some(bar) = held.as_ref()
        {
            bar.inc(bytes);
        }
    }

    fn end(&self) {
        if let Ok(mut held) = self.bar.lock()
            && let Some(bar) = held.take()
        {
            bar.finish();
        }
    }
}
