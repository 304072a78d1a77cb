//! Disclosure control of count tables: which cells to withhold so that no one can be found, and why.
//!
//! A threshold alone leaks, since tables add up: what is withheld comes back by subtraction. This crate takes *all* tables, hierarchies, measures,
//! periods and earlier releases as one [`Problem`] of cells and sums, and finds a pattern in which no primary cell can be computed.
//!
//! 1. **Model.** [`Dimension`]s with any number of hierarchies over the same leaves, crossed into a [`Cube`] and published as [`Table`]s; or
//!    [`JointTables`], cell by cell. Cells that hold the same searches are one. Zero cells are public and protect nothing.
//! 2. **Primary rules.** [`PrimaryRules`] on [`Contributors`], which a [`ContributorFold`] counts for every cell.
//! 3. **Secondary suppression.** [`protect`]: a greedy rule on lines, with the pooled-residual rule ([`Pool`]) if wanted; exact elimination modulo
//!    two primes; repair by formula; exact pruning, dearest cells first. With [`Intervals`], the pattern is built from above instead, so that every
//!    primary keeps whole-number tables in which it differs and reaches the threshold. The result depends on the problem only, not on threads or
//!    on the order of the input.
//! 4. **Time.** The [`Ledger`] of everything ever published makes past cells public or sticky ([`Fate`]); [`revise`] adds revisions.
//! 5. **Explanation.** [`explain`] says which primary a secondary protects, and the formula that would reveal it.
//! 6. **Alternatives.** [`controlled_rounding`] and [`CellKey`]; [`compare`] puts [`Method`]s side by side, with what they cost and leave to find out.
//!
//! The protector checks itself ([`computable`]); a release should also be tried by an attacker that shares no code with it.
//!
//! ```
//! use solidata_disclosure::{Cell, Explanation, JointTables, Options, Outcome, explain, protect};
//! # fn main() -> Result<(), solidata_disclosure::Error> {
//! let k = 11;
//! let mut tables = JointTables::new();
//! for (key, n) in [("fr", 100), ("dep-01", 60), ("dep-02", 36), ("dep-03", 4)] {
//!     tables.cell(key, Cell::new(n, (1..k).contains(&n)))?;
//! }
//! tables.sum("fr", ["dep-01", "dep-02", "dep-03"]);
//! let tables = tables.build()?;
//! let pattern = protect(&tables.problem, &Options::default());
//! assert!(pattern.safe());
//! // 100 - 60 - 36 would give 4: the cheapest of the other cells is withheld too.
//! let other = tables.find("dep-02")?;
//! assert_eq!(pattern.outcomes()[other as usize], Outcome::Secondary);
//! let Explanation::Secondary { formula: Some(formula), .. } = explain(&tables.problem, &pattern, other) else { return Ok(()) };
//! assert_eq!(formula.words(|c| tables.keys[c as usize].clone()), "dep-03 = fr - dep-01 - dep-02");
//! # Ok(())
//! # }
//! ```
//!
//! The algorithms follow Langsrud (2024, *Gaussian elimination suppression*, PSD) for what exact safety means, and `DISCLOSURE.md` of the project
//! for the sparse elimination, the repair by formula and the pruning by parallel classes.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod cell_key;
mod classes;
mod contributors;
mod cube;
mod dimension;
mod eliminate;
mod error;
mod explain;
mod field;
mod frame;
mod ledger;
mod named;
mod parallel;
mod pool;
mod primary;
mod problem;
mod protect;
mod prune;
mod quality;
mod repair;
mod rising;
mod room;
mod rooms;
mod rounding;
mod sparse;
mod state;
mod support;
mod system;
mod tree;

pub use cell_key::CellKey;
pub use contributors::{Contributor, ContributorFold, Contributors};
pub use cube::{Cube, Table};
pub use dimension::{Dimension, DimensionBuilder};
pub use error::Error;
pub use explain::{Explanation, Formula, explain};
pub use ledger::{Entry, Ledger, Revision, Shown, revise};
pub use named::{JointTables, Named};
pub use pool::Pool;
pub use primary::{PrimaryReason, PrimaryRules, Subject};
pub use problem::{Cell, Constraints, Fate, Largest, Problem};
pub use protect::{Options, Outcome, Pattern, computable, protect};
pub use quality::{Given, Method, Quality, compare, judge};
pub use room::Intervals;
pub use rounding::{Restricted, Rounded, controlled_rounding};
pub use state::Objective;
