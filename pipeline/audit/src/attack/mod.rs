//! Attacks published demand as the public can.
//!
//! It reads published files and the code lists, and nothing else: no vault, no exact count, and no code of the stages or of the protector. From them it makes
//! one joint problem of everything that adds up ([`DemandProblem`]), over all releases that bear on one another ([`History`]), and hands it to
//! `solidata-attack`. At the same time it looks at what the files tell beside their figures ([`Telltale`]).
//!
//! ```no_run
//! # async fn run(files: &solidata_audit::CodeListFiles<'_>) -> Result<(), solidata_audit::AuditError> {
//! use solidata_audit::{AttackRequest, AttackSettings, CodeLists, attack};
//! let lists = CodeLists::read(files)?;
//! let request = AttackRequest { target: "https://example.org/solidata".into(), month: None, settings: AttackSettings::default() };
//! let outcome = attack(&request, &lists, std::env::vars(), &()).await?;
//! println!("{outcome}");
//! assert!(outcome.passes());
//! # Ok(())
//! # }
//! ```

mod categories;
mod columns;
mod cube;
mod demand;
mod derived;
mod files;
mod forms;
mod history;
mod insider;
mod lists;
mod manifest;
mod outcome;
mod places;
mod problem;
mod rows;
mod run;
mod statistics;
mod table;
mod telltale;
#[cfg(test)]
mod tests;

pub use demand::{PublishedDemand, ReleaseId};
pub use history::{Histories, History, read_draft};
pub use insider::{InsiderNumbers, Shares, attack_insiders};
pub use lists::{CodeListFiles, CodeLists};
pub use outcome::{AttackNumbers, AttackOutcome, AttackSettings, IntervalNumbers};
pub use problem::DemandProblem;
pub use rows::DemandReader;
pub use run::{Secrets, attack_history, attack_history_knowing, attack_problem};
pub use telltale::{Telltale, TelltaleKind};

use crate::AuditError;
use solidata_model::Month;
use solidata_store::Progress;

/// What is attacked, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct AttackRequest {
    /// A folder or an address: the root of a public store, or one release.
    pub target: String,
    /// The month, with what bears on it; without it everything that the store has.
    pub month: Option<Month>,
    /// How.
    pub settings: AttackSettings,
}

/// Attacks what lies at an address. `vars` is the environment, for the credentials of a bucket.
///
/// # Errors
/// As [`Histories::open`], [`Histories::next`] and [`attack_history`]. What is found is in the outcome.
pub async fn attack(
    request: &AttackRequest,
    lists: &CodeLists,
    vars: impl IntoIterator<Item = (String, String)>,
    progress: &dyn Progress,
) -> Result<AttackOutcome, AuditError> {
    let mut histories = Histories::open(&request.target, request.month, lists, vars, progress).await?;
    let mut outcome: Option<AttackOutcome> = None;
    while let Some(history) = histories.next().await? {
        let one = blocking(lists, history, request.settings).await?;
        match &mut outcome {
            Some(all) => all.add(one, request.settings.words),
            None => outcome = Some(one),
        }
    }
    outcome.ok_or_else(|| AuditError::Nothing { address: request.target.clone() })
}

async fn blocking(lists: &CodeLists, history: History, settings: AttackSettings) -> Result<AttackOutcome, AuditError> {
    let lists = lists.clone();
    let work = move || attack_history(&lists, history, &settings);
    tokio::task::spawn_blocking(work).await.map_err(|e| AuditError::Internal(e.to_string()))?
}
