use crate::{args::ReproduceArgs, config::Config, exit::CliError, output::Output};
use solidata_stages::ReproduceRequest;

/// `solidata reproduce`
///
/// # Errors
/// With exit code 1 when the release is not what it says: other bytes from the same program, other data from another version of it, or a file that was altered.
pub async fn reproduce(args: ReproduceArgs, output: &Output) -> Result<(), CliError> {
    let config = Config::load(args.config.as_deref())?;
    let request = ReproduceRequest {
        target: args.target.clone(),
        month: args.month,
        store_options: super::store_options(),
        vault: args.vault,
        snapshots: args.snapshot,
        engine: config.engine(args.threads),
    };
    let report = solidata_stages::reproduce(&request, output).await?;
    output.outcome(&report, || report.to_string())?;
    match report.holds() {
        true => Ok(()),
        false => Err(CliError::Findings(format!("{}: the release is not what was made again", report.release))),
    }
}
