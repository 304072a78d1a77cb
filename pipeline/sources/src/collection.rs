//! The collections that are known, and where a record lies.

use std::fmt;

/// A collection of Soliguide's database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Collection {
    /// `lieux`: the places.
    Lieux,
    /// `search`: the log of searches.
    Search,
    /// `tempInfos`: closures and messages.
    TempInfos,
    /// `logFiches`: the log of page views.
    LogFiches,
    /// `placeChanges`: the log of edits.
    PlaceChanges,
    /// `campaigns`: update campaigns.
    Campaigns,
    /// `campaign_place_participations`: places in a campaign.
    CampaignPlaceParticipations,
    /// `users`: accounts; only ever counted.
    Users,
}

impl Collection {
    /// All of them, in the order of the enum.
    pub const ALL: [Collection; 8] = [
        Collection::Lieux,
        Collection::Search,
        Collection::TempInfos,
        Collection::LogFiches,
        Collection::PlaceChanges,
        Collection::Campaigns,
        Collection::CampaignPlaceParticipations,
        Collection::Users,
    ];

    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Collection::Lieux => "lieux",
            Collection::Search => "search",
            Collection::TempInfos => "tempInfos",
            Collection::LogFiches => "logFiches",
            Collection::PlaceChanges => "placeChanges",
            Collection::Campaigns => "campaigns",
            Collection::CampaignPlaceParticipations => "campaign_place_participations",
            Collection::Users => "users",
        }
    }

    /// The collection of that name, if it is a known one.
    pub fn from_name(name: &str) -> Option<Collection> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }
}

impl fmt::Display for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a record begins: the offset of its first byte in the decompressed stream of its file (of the whole archive, for an archive).
/// It is the same for every number of threads, and leads back to the record: `zstd -dc search.ndjson.zst | tail -c +$((offset+1)) | head -1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);
