//! What may leave the vault.
//!
//! The source's documents come in as typed records ([`contract`]); nothing but what this crate returns goes on. It is pure: no file, clock,
//! environment or random number is read here. It must never give out a text that a person typed, or a place more precisely than the
//! people in it can bear; no error of it tells a value of a document.
//!
//! - [`policy`]: which field of a document is kept, generalised, hashed or dropped, and why.
//! - [`Door`]: a search document becomes a [`SearchEvent`] of fixed size without text, or is refused ([`Breach`]).
//! - [`net`]: which events count as one search. [`Aggregate`]: safe rows by month.
//! - [`place`]: places and services as the public may see them.
//!
//! ```
//! use solidata_anonymise::policy::{Action, Policy};
//! let search = Policy::search()?;
//! assert_eq!(search.action("word"), Some(Action::Hash));
//! assert_eq!(search.action("location.label"), Some(Action::Drop));
//! assert_eq!(search.action("a.field.of.tomorrow"), None); // dropped and reported
//! # Ok::<(), solidata_anonymise::AnonymiseError>(())
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod aggregate;
mod breach;
mod codes;
pub mod contract;
mod door;
mod error;
mod event;
mod local;
mod localities;
pub mod net;
pub mod place;
pub mod policy;

pub use aggregate::{Aggregate, SafeSearchRow};
pub use breach::Breach;
pub use codes::{CATEGORY_NONE, CATEGORY_UNKNOWN, Categories, CategorySet};
pub use door::{Door, HashKey, KeyRing};
pub use error::AnonymiseError;
pub use event::{Actor, Contributor, ContributorKind, Exclusions, Found, SearchEvent};
pub use local::Zone;
pub use localities::{DepartementIndex, Localities};
pub use solidata_territory::TerritoryId;
