use crate::{args::VerifyArgs, exit::CliError, output::Output};
use std::fmt::Write;

/// `solidata verify`
///
/// # Errors
/// With exit code 1 when something is not as it must be.
pub async fn verify(args: VerifyArgs, output: &Output) -> Result<(), CliError> {
    let report = solidata_audit::verify(&args.target, args.month, super::store_options(), &()).await?;
    output.outcome(&report, || {
        let mut text = String::new();
        for finding in &report.findings {
            let _ = writeln!(text, "{finding}");
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
    })?;
    match report.findings.len() {
        0 => Ok(()),
        n => Err(CliError::Findings(format!("{}: {n} finding(s)", args.target))),
    }
}
