//! The attacker: what published tables give away about the cells that were withheld.
//!
//! It sees what the public sees: cells with a published value or the one marker, and relations that everybody knows ([`Problem`]). It shares no code with
//! whatever protected the tables, so that one mistake is not made twice.
//!
//! - [`exact`]: which withheld values can be computed, and by which formula. Elimination modulo two primes finds them, 128-bit integers check them.
//! - [`certify`]: what values a withheld cell can have when it is an integer of at least 1. Only two things count: a *witness table* of integers that was
//!   checked by exact additions against every published value, or a *proof* in exact arithmetic that there is none.
//! - [`Insider`]: the same for an organisation that subtracts itself.
//! - [`History`] and [`Explicit`]: problems that are listed, with releases, vintages and revisions. [`CrossTable`]: problems of many million cells
//!   whose relations are implicit.
//!
//! It is pure: no file, clock, environment or network. Every answer is the same for the same input and seed, whatever the number of threads. No
//! `Display` or `Debug` of a report shows a value; `words(.., reveal)` does when asked.
//!
//! ```
//! use solidata_attack::{attack, AttackOptions, Explicit, State};
//! let mut table = Explicit::new();
//! let total = table.cell("all", State::Published(236));
//! let north = table.cell("north", State::Published(189));
//! let south = table.cell("south", State::Withheld);
//! table.sum(total, &[north, south])?;
//! let report = attack(&table, None, None, &AttackOptions::default())?;
//! assert!(!report.passes(0.99));
//! let words: Vec<String> = report.fallen().map(|fallen| fallen.words(&table, false)).collect();
//! assert_eq!(words, ["exact: south = [all] - [north]"]);
//! # Ok::<(), solidata_attack::AttackError>(())
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod attack;
mod bounds;
mod by_class;
mod certify;
mod classes;
mod cross;
mod dimension;
mod eliminate;
mod error;
mod evidence;
mod exact;
mod exchange;
mod explicit;
mod field;
mod formula;
mod hash;
mod history;
mod insider;
mod knows;
mod linear;
mod neighbourhood;
mod problem;
mod proof;
mod reduced;
mod region;
mod report;
mod scales;
mod simplex;
mod start;
mod system;
mod together;
mod witness;

pub use attack::{AttackOptions, AttackReport, Fallen, attack};
pub use certify::{CertifyOptions, Truth, certify, interval};
pub use cross::CrossTable;
pub use dimension::Dimension;
pub use error::AttackError;
pub use evidence::witnesses;
pub use exact::{ExactOptions, ExactReport, exact};
pub use explicit::Explicit;
pub use formula::Formula;
pub use history::History;
pub use insider::{Insider, InsiderReport, Own};
pub use problem::{CellId, Knowledge, Problem, RelationId, State};
pub use report::{IntervalReport, Pinned};
pub use together::TogetherReport;
pub use witness::Witness;
