//! The vocabulary of Solidata: months, digests, dataset contracts, stage keys, run specifications and the manifest.
//!
//! Invariant: everything here is a value. Nothing reads a clock, the environment, a file or the network, and everything that is written
//! (JSON, stage keys) has one encoding only, so that equal values give equal bytes.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod amendment;
mod changes;
mod code_list;
mod dataset;
mod digest;
mod history;
mod index;
mod json;
mod manifest;
mod month;
mod paths;
mod portal_ids;
mod provenance;
mod runspec;
mod stage_key;

pub use amendment::{Erratum, Tombstone, TombstoneFile, WithdrawalClass};
pub use changes::{
    CHANGES, CHANGES_PAGE, ChangedKeys, Changes, ColumnChange, DatasetChanges, IndicatorChange, Presence, RETIRED, RemovedKey, RowCounts,
    SchemaChange, SchemaChanges, SchemaLevel,
};
pub use code_list::{CodeList, MOST_CODES};
pub use dataset::{Column, ColumnType, Contract, DatasetError, DatasetSpec, Feeds, Geometry, Indicator, Protection};
pub use digest::{Digest, DigestError, kind};
pub use history::{Change, Done, HistoryError, KeyEntry, REASON_MAX, place};
pub use index::{ChainLink, Index, IndexEntry, ReleaseState};
pub use json::canonical_json;
pub use manifest::{
    CheckResult, CodeListEntry, FileEntry, MANIFEST_FORMAT, Manifest, NamedDigest, Part, Previous, SnapshotEntry, TestCount, Tool,
};
pub use month::{Month, MonthError, month_range};
pub use paths::{csv_path, cube_path, parquet_path, schema_path};
pub use portal_ids::PortalIds;
pub use provenance::{PROVENANCE, PROVENANCE_MEDIA_TYPE};
pub use runspec::{RevisionSpec, RunSpec, SnapshotPin, SnapshotRole, Thresholds};
pub use stage_key::{StageKey, StageKeyBuilder, StageKeyError};
