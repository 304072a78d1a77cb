//! Demand as one joint problem of disclosure control.
//!
//! Every search is in exactly one inner cell: a period, a territory known no better, a category as it was searched, and an outcome. What belongs
//! to a level and to nothing beneath it is an inner part of its own (`… sans précision`), so that totals are true sums. The dimensions come from
//! the code lists alone: they are the same whatever the data, and whoever reads the published code lists can make them too.
//!
//! [`Lists`] are the code lists as dimensions, [`Protection`](solidata_model::Protection) what may be given, [`Inner`] the exact counts of a period's months, [`Scope`] the periods of a
//! release, [`Before`] what earlier releases gave. [`Joint`] puts them together; [`Joint::protect`] gives the [`Protected`] rows that may leave the
//! vault, and a [`Report`] that may not.
//!
//! It is pure: no file, clock or network.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod before;
mod categories;
mod error;
mod joint;
mod lists;
mod measures;
mod periods;
mod rank;
mod report;
mod rules;
mod territories;
#[cfg(test)]
mod testing;

pub use before::{Before, Given, Shown};
pub use categories::{ALL, CategoryNode, CategoryPlan};
pub use error::DemandError;
pub use joint::{Inner, Joint, Protected, Who};
pub use lists::{ListTables, Lists};
pub use measures::{GROSS, NET, OUTCOMES, REMOVED, measures};
pub use periods::{EARLIER, Period, Scope};
pub use report::{Loss, PerPerson, Report, Spread};
pub use territories::{TerritoryNode, gross_leaf, is_gross_level, territories, territory_leaf, territory_nodes};

/// Code of a search without category.
pub const WITHOUT_CATEGORY: &str = "sans_categorie";
/// Code of a search whose category is in no list.
pub const UNKNOWN_CATEGORY: &str = "inconnu";
/// What stands behind the identifier of a territory that has parts, in that of the inner part known no better.
pub const TERRITORY_PART: &str = "-sp";
/// The same in the name of a level.
pub const LEVEL_PART: &str = "_sans_precision";
/// What stands behind the code of a category that has codes beneath it, for searches of that code itself.
pub const UNSPECIFIED: &str = ".sans_precision";
/// The same for searches of several of the codes beneath it.
pub const SEVERAL: &str = ".plusieurs";
