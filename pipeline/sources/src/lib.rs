//! Snapshots of Soliguide's database, whatever their form, as typed records.
//!
//! A snapshot is a `mongodump` archive, a folder of `.bson` files, or what `mongoexport` writes; plain or compressed. [`read_snapshot`] goes
//! over it once: it hashes the bytes as they lie on disk, proves that nothing is cut or corrupt, and gives the records of the wanted
//! collections to a [`Consumer`] in several threads. Memory is bounded whatever the size: some blocks of 1 MiB, or a few times the longest
//! record. Only wanted fields are parsed; what nobody wants is never built.
//!
//! What is checked: compressed streams to their end marks and checksums, the framing of an archive and the CRC-64 of each of its collections,
//! the lengths of BSON documents, the brackets of a JSON array, the last line of NDJSON. Of a record: everything that is wanted. Of a value
//! that nobody wants: in BSON its length, in JSON that it ends and that its brackets match; what else is inside is not looked at. Plain BSON
//! and NDJSON have no checksum: a changed value that is still well formed is seen only by its sha256, once that is pinned.
//! So is a changed byte of a compressed file that decompresses to the same bytes.
//!
//! A record that breaks the contract is put in quarantine: its reason, collection and position are kept, its content never. More of them
//! than an allowed share, or any damage of the snapshot itself, is an error; the [`SnapshotReceipt`] is given only when the whole stream was
//! verified.
//!
//! ```
//! use solidata_sources::{Breach, Collection, Consumer, Position, Request, read_bytes};
//! use solidata_anonymise::contract::SearchDoc;
//! use std::sync::atomic::{AtomicU64, Ordering};
//!
//! #[derive(Default)]
//! struct WithoutResult(AtomicU64);
//!
//! impl Consumer for WithoutResult {
//!     type Worker = u64;
//!     fn worker(&self) -> u64 {
//!         0
//!     }
//!     fn search(&self, count: &mut u64, _: Position, doc: &SearchDoc<'_>) -> Result<(), Breach> {
//!         *count += u64::from(doc.nb_results == Some(0));
//!         Ok(())
//!     }
//!     fn finish(&self, count: u64) -> Result<(), solidata_sources::ConsumerError> {
//!         self.0.fetch_add(count, Ordering::Relaxed);
//!         Ok(())
//!     }
//! }
//!
//! let consumer = WithoutResult::default();
//! let request = Request::new(&[Collection::Search], 2);
//! let receipt = read_bytes("search.ndjson", b"{\"nbResults\":0}\n{\"nbResults\":7}\n", &request, &consumer)?;
//! assert_eq!(receipt.documents_of(Collection::Search), 2);
//! assert_eq!(consumer.0.into_inner(), 1);
//! # Ok::<(), solidata_sources::SourceError>(())
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod binary;
mod collection;
mod consumer;
mod cursor;
mod engine;
mod error;
mod frame;
mod input;
mod json;
mod receipt;
mod search;
mod snapshot;
mod stream;
mod unknown;
mod worker;

pub use collection::{Collection, Position};
pub use consumer::{Breach, Consumer, Progress, Request};
pub use error::{ConsumerError, Damage, ErrorKind, SourceError};
pub use receipt::{Container, Digest, Encoding, FileDigest, Form, Quarantined, SnapshotDigest, SnapshotReceipt};
pub use snapshot::{digest_snapshot, read_bytes, read_snapshot};

#[cfg(test)]
extern crate self as solidata_sources;
#[cfg(test)]
mod tests;
