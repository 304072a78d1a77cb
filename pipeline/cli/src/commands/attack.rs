use crate::{args::AttackArgs, exit::CliError, output::Output};
use solidata_stages::{AttackRequest, Project};

/// `solidata attack`
///
/// # Errors
/// With exit code 1 when anything falls.
pub async fn attack(args: AttackArgs, output: &Output) -> Result<(), CliError> {
    let request = AttackRequest {
        target: args.target.clone(),
        month: args.month,
        vault: args.vault,
        reveal: args.reveal,
        store_options: super::store_options(),
        project: Project::embedded(),
    };
    let attack = solidata_stages::attack(&request, output).await?;
    output.outcome(&attack, || format!("{attack}\n"))?;
    if !attack.falls() { Ok(()) } else { Err(CliError::Findings(format!("{}: it does not withstand the attack", args.target))) }
}
