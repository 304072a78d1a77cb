//! The net rule: which documents count as one search.
//!
//! Input: every valid event once, in the order of (`createdAt`, `_id`). Output: the same events in the same order, each with its fate.
//! "Before" means earlier in that order; "within D" means at most D apart, both ends included. Steps, each of which looks only at what the
//! steps before it left:
//!
//! 1. Not the public: `adminSearch`, status of an administrator (these two are not *gross* either), of an API user, of the bot, or origin
//!    of a developer's machine.
//! 2. A search for mobile rounds is the twin of one for places: dropped when one for places with an equal pair key lies within 5 s on either side.
//! 3. A later page is dropped when a first page with an equal collapse key was within 30 min before it. Without one it is an *orphan* and
//!    counts once: later orphans within 30 min of a kept one are dropped; the kept one does not move with them.
//! 4. Of equal collapse keys the first opens a window of 60 s (anonymous) or 30 min (account); the others in it are dropped. The first one
//!    after the window opens the next.
//! 5. Anonymous searches only: (a) a minute (UTC) of a département whose rate is above `max(30 a minute, 8 times the usual rate of that
//!    hour)` is dropped whole; usual is the lower median over the 28 local days before, as far as the stream reaches back. (b) A signature
//!    with 40 or more distinct (category, categories, geoValue) in one 5-minute slice (UTC) is dropped from that slice. Both look at what
//!    step 4 left.
//! 6. An account keeps its first 20 searches of a local day (Paris).
//!
//! What is left is *net*. The month of a search is the local month of the place searched.
//!
//! Memory is bounded by what lies in the windows: keys of the last 30 to 60 minutes, events of the current 5-minute slice, accounts of the
//! day, and 28 days of hourly counts for each département.

mod burst;
mod collapse;
mod keyed;
mod pair;
mod params;
mod rule;
mod waterfall;

pub use params::NetParams;
pub use rule::{NetReport, NetRule};
pub use waterfall::{Waterfall, WaterfallRow};

use crate::SearchEvent;
use solidata_model::Month;

/// A step that removes events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// `adminSearch`.
    AdminSearch,
    /// Status of an administrator.
    AdminStatus,
    /// Status of an API user.
    Api,
    /// Status of the bot.
    Bot,
    /// Origin of a developer's machine.
    Localhost,
    /// Mobile twin of a search for places.
    Twin,
    /// A page after the first.
    LaterPage,
    /// The same search again.
    Repeat,
    /// A minute with far too many anonymous searches in the département.
    BurstRate,
    /// One signature that sweeps over categories and places.
    BurstSweep,
    /// Above the daily cap of an account.
    Cap,
}

impl Step {
    /// All steps in order.
    pub const ALL: [Step; 11] = [
        Step::AdminSearch,
        Step::AdminStatus,
        Step::Api,
        Step::Bot,
        Step::Localhost,
        Step::Twin,
        Step::LaterPage,
        Step::Repeat,
        Step::BurstRate,
        Step::BurstSweep,
        Step::Cap,
    ];

    /// Stable name for reports.
    pub fn name(self) -> &'static str {
        match self {
            Step::AdminSearch => "recherche_admin",
            Step::AdminStatus => "statut_admin",
            Step::Api => "utilisateur_api",
            Step::Bot => "robot",
            Step::Localhost => "poste_de_developpement",
            Step::Twin => "jumelle_maraude",
            Step::LaterPage => "page_suivante",
            Step::Repeat => "repetition",
            Step::BurstRate => "rafale_debit",
            Step::BurstSweep => "rafale_balayage",
            Step::Cap => "plafond_compte",
        }
    }
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It counts as a search.
    Net,
    /// A step removed it.
    Dropped(Step),
}

impl Fate {
    /// Whether it counts in the gross number.
    pub fn is_gross(self) -> bool {
        !matches!(self, Fate::Dropped(Step::AdminSearch | Step::AdminStatus))
    }

    /// Whether it counts in the net number.
    pub fn is_net(self) -> bool {
        self == Fate::Net
    }
}

/// An event with its fate and month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// The event.
    pub event: SearchEvent,
    /// What became of it.
    pub fate: Fate,
    /// The local month of the place searched.
    pub month: Month,
}
