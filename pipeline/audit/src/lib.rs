//! Looks at what is published and says whether it is what it says it is.
//!
//! [`verify`] needs nothing but read access: no vault, no snapshot, no network beyond the store. It reads every published byte in bounded
//! memory and recomputes every digest and row count; what it finds is a list, not the first failure.
//!
//! [`attack`] needs no more than that and the code lists: it tries to find out what the published tables of the demand withhold, and looks at what their files
//! tell beside their figures.
//!
//! Verification does not judge what the figures mean, and trusts `index.json`: who can rewrite the index, the chain and the manifests together can
//! forge a release that agrees with itself.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod attack;
mod chain;
mod compare;
mod error;
mod index;
mod release;
mod report;
mod table;
#[cfg(test)]
mod tests;
mod verify;

pub use attack::{
    AttackNumbers, AttackOutcome, AttackRequest, AttackSettings, CodeListFiles, CodeLists, DemandProblem, DemandReader, Histories, History,
    InsiderNumbers, IntervalNumbers, PublishedDemand, ReleaseId, Secrets, Shares, Telltale, TelltaleKind, attack, attack_history,
    attack_history_knowing, attack_insiders, attack_problem, read_draft,
};
pub use compare::{Difference, Verdict, compare_files};
pub use error::AuditError;
pub use report::{Code, Finding, Report};
pub use verify::{verify, verify_store};
