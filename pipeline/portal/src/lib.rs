//! A portal of the kind of data.gouv.fr (udata) that shows what is published: one dataset for each dataset of Solidata, made once, then updated.
//!
//! What holds:
//! - [`desired`] says what the portal should show, from the current release's manifest and contracts and the settings alone. [`changes`] says what differs,
//!   [`next_step`] the one request to send next. All three are pure; [`Job::publish`] looks at the portal, sends that request, looks again, and so on.
//! - Nothing is made twice: what was made here is known by its id (vault, `dataset.toml`) and by a mark in its extras, and is looked for before it is made.
//!   What is about to be written is put down first, so that an interruption anywhere is the same as none.
//! - What is written of a file (address, size, digest, release) is written in one request. A dataset says which release it shows when all of it is shown.
//! - What someone changed on the portal by hand is told from what is due, shown, and put right only when that is asked for. What others added stays.
//! - Requests that read are repeated. A request that writes is never repeated without a look at what became of it.
//!
//! What never happens here: a key in an error, a log or a file; a sentence of the portal that decides something: they are translated.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod client;
mod error;
mod fields;
mod key;
mod observed;
mod plan;
mod publish;
mod record;
mod refusal;
mod release;
mod report;
mod settings;
#[cfg(test)]
mod tests;
mod wanted;

pub use client::Api;
pub use error::{FieldError, PortalError, ReadBack, Result};
pub use fields::Fields;
pub use key::{API_KEY, ApiKey};
pub use observed::{Observed, ObservedResource};
pub use plan::{Cause, Change, Step, What, changes, next_step};
pub use publish::{Job, Watch};
pub use record::{DatasetRecord, Record, ResourceRecord};
pub use release::{Current, Published, read_current};
pub use report::{DatasetReport, Report};
pub use settings::{Address, Options, Settings};
pub use wanted::{WantedDataset, WantedResource, desired};
