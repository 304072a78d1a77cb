//! Looks at what is published and says whether it is what it says it is.
//!
//! [`verify`] needs nothing but read access: no vault, no snapshot, no network beyond the store. It reads every published byte in bounded
//! memory and recomputes every digest and row count; what it finds is a list, not the first failure.
//!
//! [`attack`] needs no more than that and the code lists: it tries to find out what the published tables of the demand withhold, and looks at what their files
//! tell beside their figures.
//!
//! Verification does not judge what the figures mean. Without a key that the reader trusts it also trusts `index.json`: who can rewrite the index, the
//! chain and the manifests together, and sign them with a key of his own, can forge a release that agrees with itself. With the key, only its holder can;
//! and with the digest of what was seen before, not even the holder can go back unseen. `TAMPERING.md` lists what catches what.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod attack;
mod chain;
mod changes;
mod compare;
mod document;
mod error;
mod fetch;
mod index;
mod latest;
mod release;
mod report;
mod signature;
mod table;
#[cfg(test)]
mod tamperings;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_fetch;
#[cfg(test)]
mod tests_forms;
#[cfg(test)]
mod tests_hostile;
#[cfg(test)]
mod tests_signed;
mod verify;
mod withdrawn;

pub use attack::{
    AttackNumbers, AttackOutcome, AttackRequest, AttackSettings, CodeListFiles, CodeLists, DemandProblem, DemandReader, Histories, History,
    InsiderNumbers, IntervalNumbers, PublishedDemand, ReleaseId, Secrets, Shares, Telltale, TelltaleKind, attack, attack_history,
    attack_history_knowing, attack_insiders, attack_problem, read_draft,
};
pub use changes::{Keys, ReleaseTables, changes, diff, wrong_versions};
pub use compare::{Difference, Verdict, compare_files};
pub use error::AuditError;
pub use fetch::{FetchOptions, Fetched, FetchedRelease, fetch};
pub use report::{Code, Finding, Report};
pub use verify::{VerifyOptions, verify, verify_store};
