use crate::{
    args::RunArgs,
    config::{Config, Signing},
    exit::CliError,
    output::Output,
};
use solidata_model::month_range;
use solidata_signing::SecretKey;
use solidata_stages::{Request, Summary};
use solidata_store::PublicStore;
use std::{fmt::Write, sync::Arc};

/// `solidata plan`
///
/// # Errors
/// As for `run`, as far as can be known without reading.
pub fn plan(args: RunArgs, output: &Output) -> Result<(), CliError> {
    let request = request(args, |_| Ok(None))?;
    let plan = solidata_stages::plan(&request)?;
    output.outcome(&plan, || plan.to_string())
}

/// `solidata run`
///
/// # Errors
/// See the program's exit codes; nothing is visible in the public store after one.
pub async fn run(args: RunArgs, output: &Output) -> Result<(), CliError> {
    let config = Config::load(args.config.as_deref())?;
    let request = request(args, super::signing::signer)?;
    let plan = solidata_stages::plan(&request)?;
    let summary = solidata_stages::execute(&request, plan, output).await?;
    let store = PublicStore::open(&request.public, request.store_options.iter().cloned())?;
    let views = super::views::refresh(&store, &config, output).await;
    output.outcome(&summary, || words(&summary))?;
    views.map(drop)
}

/// What was typed and what the settings say, as one request. A plan needs no key.
fn request(args: RunArgs, signer: impl FnOnce(&Signing) -> Result<Option<SecretKey>, CliError>) -> Result<Request, CliError> {
    let config = Config::load(args.config.as_deref())?;
    let months = match (args.month, args.from, args.to) {
        (Some(month), _, _) => vec![month],
        (None, Some(from), Some(to)) => month_range(from, to),
        _ => return Err(CliError::Usage("say --month, or --from and --to".into())),
    };
    let sha256 =
        args.sha256.iter().map(|text| text.parse().map_err(|e| CliError::Usage(format!("--sha256: {e}")))).collect::<Result<_, _>>()?;
    let engine = config.engine(args.threads);
    Ok(Request {
        months,
        partial: args.partial,
        lieux: args.lieux,
        search: args.search,
        sha256,
        cut_off: args.cut_off,
        vault: args.vault.unwrap_or(config.vault),
        public: args.public.unwrap_or(config.public),
        store_options: super::store_options(),
        revise: args.reason,
        engine,
        thresholds: config.thresholds,
        quarantine_share: config.max_quarantine_share,
        month_end_slack_minutes: config.month_end_slack_minutes,
        signer: signer(&config.signing)?.map(Arc::new),
        project: super::project(args.project.as_deref())?,
    })
}

fn words(summary: &Summary) -> String {
    let mut text = String::new();
    for s in &summary.snapshots {
        let documents = s.documents.iter().map(|(c, n)| format!("{n} {c}")).collect::<Vec<_>>().join(", ");
        let how = if s.first_sight {
            "pinned"
        } else if s.reused {
            "as pinned, read before"
        } else {
            "as pinned"
        };
        let _ = writeln!(text, "{}: {} of {} bytes, {documents}", s.path.display(), s.form, s.bytes);
        let _ = writeln!(text, "  sha256 {} ({how}); {} record(s) in quarantine", s.sha256, s.quarantined);
    }
    for m in &summary.months {
        let rows = m.rows.iter().map(|(table, n)| format!("{table} {n}")).collect::<Vec<_>>().join(", ");
        let how = if m.already { "is there already, the same" } else { "published" };
        let partial = if m.partial { " (partial month)" } else { "" };
        let _ = writeln!(text, "{}{partial} {how}: {}/{}; rows: {rows}", m.month, summary.public, m.prefix);
    }
    for note in &summary.notes {
        let _ = writeln!(text, "note: {note}");
    }
    let _ = writeln!(text, "directory of {}; run report (private): {}", summary.date_photo, summary.report.display());
    text
}
