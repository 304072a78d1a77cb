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

/// Starts the log: words on a terminal, JSON lines otherwise. `RUST_LOG` says how much of this program; libraries are heard when they warn, and never
/// more: what they trace are requests with their credentials, plans and values. Clients of stores and of the network are not heard at all: what they
/// have to say comes back as an error, from which secrets are taken.
pub fn start_log(json: bool) {
    use tracing_subscriber::{EnvFilter, Layer, filter::FilterExt, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};
    let words = std::io::stderr().is_terminal() && !json;
    let asked = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(if words { "warn" } else { "info" }));
    let silent = ["object_store", "reqwest", "hyper", "hyper_util", "h2", "rustls", "tower", "log"];
    let most = Targets::new().with_default(tracing::Level::WARN).with_target("solidata", tracing::Level::TRACE);
    let most = silent.into_iter().fold(most, |most, library| most.with_target(library, tracing::level_filters::LevelFilter::OFF));
    let (filter, log) = (asked.and(most), fmt::layer().with_writer(std::io::stderr));
    let log = if words { log.without_time().boxed() } else { log.json().boxed() };
    // A second start, as in a test, changes nothing.
    let _ = tracing_subscriber::registry().with(log.with_filter(filter)).try_init();
}

/// What is said when a part of the program gives up: where, and nothing of what it held in its hands. The libraries of Arrow and Parquet give up on some
/// damaged files; that is contained where those are read, and comes back as an error.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |at| format!("{}:{}", at.file(), at.line()));
        let library = ["arrow", "parquet", "zstd"].iter().any(|name| place.contains(&format!("/{name}-")));
        if library {
            tracing::debug!(place, "a library gave up on a damaged file");
        } else {
            tracing::error!(place, "a part of the program gave up: this is a defect, please report it");
        }
    }));
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
