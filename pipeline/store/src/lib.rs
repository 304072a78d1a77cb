//! Where Solidata keeps things: the private [`Vault`] and the [`PublicStore`], two types that no function takes for one another, and the
//! way from a folder of finished files to a published [`Release`](release::Release).
//!
//! What holds:
//! - An output of a stage is visible in the vault when it is whole, and is used again only when every byte of it still has its digest.
//! - An object of the public store is written once. `index.json` alone says what is published, and it changes last, by a conditional put.
//! - A publication that is killed at any point leaves nothing that `index.json` names unfinished, and the same publication may be repeated.
//! - Every request that is worth it is repeated, a bounded number of times; what a lost answer left undecided is decided by reading back.
//! - What killed publications leave is found by [`release::find_stale`] and removed by [`release::remove_stale`], and nothing else is.
//!
//! With the feature `faults` a store can be made to fail, for tests of whole programs (`PublicStore::with_faults_of`); it is off by default.
//!
//! What never happens here: a private path, key or count in the public store; a decision that depends on the clock, the locale or the order of
//! a hash map.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod conformance;
mod error;
mod files;
mod options;
mod progress;
mod public;
pub mod release;
mod vault;

pub use error::{Fault, Result, StoreError};
pub use files::{digest_file, walk};
pub use options::StoreOptions;
pub use progress::{Phase, Progress};
pub use public::{DAY, DOCUMENT_MAX, DryRunLog, Exclusive, INDEX, IndexToken, NOTE_MAX, ObjectInfo, PlannedWrite, PublicStore, Put};
pub use vault::{
    Expired, HashKey, LedgerEntry, Pending, Pin, PinStatus, Private, Rebuild, Receipt, ReceiptFile, Retention, Scratch, Stage, StageOutput,
    StageSummary, Vault, VaultView,
};
