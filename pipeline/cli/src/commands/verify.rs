use crate::{args::VerifyArgs, exit::CliError, output::Output};
use solidata_audit::{Report, VerifyOptions};
use solidata_signing::PublicKey;
use std::fmt::Write;

/// `solidata verify`
///
/// # Errors
/// With exit code 1 when something is not as it must be.
pub async fn verify(args: VerifyArgs, output: &Output) -> Result<(), CliError> {
    let since = args.since.map(|text| text.parse().map_err(|e| CliError::Usage(format!("--since: {e}")))).transpose()?;
    let key = args.key.map(|text| PublicKey::parse_or_load(&text)).transpose()?;
    let options = VerifyOptions { month: args.month, key, since };
    let report = solidata_audit::verify(&args.target, &options, super::store_options(), &()).await?;
    output.outcome(&report, || words(&report))?;
    match report.findings.len() {
        0 => Ok(()),
        n => Err(CliError::Findings(format!("{}: {n} finding(s)", args.target))),
    }
}

fn words(report: &Report) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        let _ = writeln!(text, "{finding}");
    }
    for note in &report.notes {
        let _ = writeln!(text, "note: {note}");
    }
    if let Some(sha256) = report.index_sha256 {
        let _ = writeln!(text, "index.json has sha256 {sha256}: keep it, and name it as --since next time");
    }
    let _ = writeln!(
        text,
        "{} release(s), {} object(s), {} bytes: {} finding(s)",
        report.releases.len(),
        report.objects,
        report.bytes,
        report.findings.len()
    );
    text
}
