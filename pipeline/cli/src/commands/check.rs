use crate::{args::CheckArgs, exit::CliError, output::Output};
use std::fmt::Write;

/// `solidata check`
///
/// # Errors
/// With exit code 1 when there are findings.
pub async fn check(args: CheckArgs, output: &Output) -> Result<(), CliError> {
    let project = super::project(args.project.as_deref())?;
    let report = solidata_stages::check(&project).await?;
    output.outcome(&report, || {
        let mut text = String::new();
        for finding in &report.findings {
            let _ = writeln!(text, "{finding}");
        }
        let cases: usize = report.tests.values().sum();
        let _ = writeln!(
            text,
            "{} datasets, {} cubes, {} checks, {cases} SQL tests passed or listed above, {} code lists; {} note(s) (see --json), {} finding(s)",
            report.datasets.len(),
            report.cubes.len(),
            report.checks,
            report.code_lists,
            report.notes.len(),
            report.findings.len()
        );
        text
    })?;
    match report.findings.len() {
        0 => Ok(()),
        n => Err(CliError::Findings(format!("{n} finding(s)"))),
    }
}
