//! A search without its text: what the vault keeps and the net rule reads.

use crate::codes::CategorySet;
use crate::{AnonymiseError, TerritoryId};

/// A keyed hash of an organisation, or of the account when there is none. Its key is that of the search's year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Contributor {
    /// What it is.
    pub kind: ContributorKind,
    /// The hash.
    pub hash: [u8; 16],
}

/// What a contributor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContributorKind {
    /// An organisation, whichever of its accounts or widgets searched.
    Organisation,
    /// The account of a professional or volunteer without an organisation, or of someone of an unknown status.
    Professional,
    /// The account of a person.
    Person,
}

/// Who searched, as far as windows and caps need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// Nobody is known.
    Anonymous,
    /// A widget on a partner's page; counts as anonymous.
    Widget,
    /// An account.
    Identified,
}

/// Whether anything was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Found {
    /// The document does not say.
    Unknown,
    /// Nothing: unmet demand.
    Nothing,
    /// At least one place.
    Some,
}

/// Why a search is no search of the public. More than one may hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Exclusions {
    /// `adminSearch`.
    pub admin_search: bool,
    /// Status of an administrator.
    pub admin_status: bool,
    /// Status of an API user.
    pub api: bool,
    /// Status of Soliguide's own bot.
    pub bot: bool,
    /// Origin of a developer's machine.
    pub localhost: bool,
}

/// One search document after the door. Fixed size, no text. It is private all the same: its hashes tell equal searches from others.
///
/// The order is that of the stream: by time, then `_id`, then everything else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SearchEvent {
    /// `createdAt`, milliseconds since 1970, UTC.
    pub created_at: i64,
    /// `_id`.
    pub id: [u8; 12],
    /// Keyed hash of (actor, category, categories, word, geoValue, publics, modalities, languages, openToday, origin).
    pub collapse: u128,
    /// Keyed hash of the same without languages and origin: the two calls of one search have it in common.
    pub pair: u128,
    /// Keyed hash of the organisation or account; `None` when anonymous.
    pub contributor: Option<Contributor>,
    /// Keyed hash of the account; 0 when there is none.
    pub account: u64,
    /// Keyed hash of (actor, origin, UI language, has referrer, département); 0 for an account, which is never part of a burst.
    pub signature: u64,
    /// Keyed hash of (category, categories, geoValue); 0 for an account.
    pub query: u64,
    /// The place searched.
    pub territory: TerritoryId,
    /// The categories searched.
    pub categories: CategorySet,
    /// Whether anything was found.
    pub found: Found,
    /// Whether it asks for a page after the first.
    pub later_page: bool,
    /// Whether it asks for mobile rounds.
    pub rounds: bool,
    /// Who searched.
    pub actor: Actor,
    /// Why it is no search of the public.
    pub exclusions: Exclusions,
}

/// Shows the time only: everything else is private.
impl std::fmt::Debug for SearchEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SearchEvent({})", self.created_at)
    }
}

const VERSION: u8 = 2;

impl SearchEvent {
    /// Length of its bytes.
    pub const LEN: usize = 128;
    /// Where `_id` stands in its bytes.
    pub const ID_RANGE: std::ops::Range<usize> = 8..20;

    /// Its place in the stream.
    pub fn stream_key(&self) -> (i64, [u8; 12]) {
        (self.created_at, self.id)
    }

    /// Whether it counts as anonymous (widgets do).
    pub fn is_anonymous(&self) -> bool {
        self.actor != Actor::Identified
    }

    /// Its bytes. Their order is the order of the stream (time and `_id` come first, big endian), so files may be sorted by bytes.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let mut at = 0;
        let mut put = |part: &[u8]| {
            if let Some(target) = bytes.get_mut(at..at + part.len()) {
                target.copy_from_slice(part);
            }
            at += part.len();
        };
        // A flipped sign bit makes negative times sort before positive ones.
        put(&((self.created_at as u64) ^ (1 << 63)).to_be_bytes());
        put(&self.id);
        let found = match self.found {
            Found::Unknown => 0,
            Found::Nothing => 1,
            Found::Some => 2,
        };
        let actor = match self.actor {
            Actor::Anonymous => 0,
            Actor::Widget => 1,
            Actor::Identified => 2,
        };
        let bit = |yes: bool, place: u8| u8::from(yes) << place;
        let Exclusions { admin_search, admin_status, api, bot, localhost } = self.exclusions;
        let contributor = match self.contributor.map(|c| c.kind) {
            None => 0,
            Some(ContributorKind::Organisation) => 1,
            Some(ContributorKind::Professional) => 2,
            Some(ContributorKind::Person) => 3,
        };
        put(&[
            VERSION,
            found | actor << 2 | bit(self.later_page, 4) | bit(self.rounds, 5),
            bit(admin_search, 0) | bit(admin_status, 1) | bit(api, 2) | bit(bot, 3) | bit(localhost, 4),
            contributor,
        ]);
        put(&self.collapse.to_be_bytes());
        put(&self.pair.to_be_bytes());
        put(&self.contributor.map(|c| c.hash).unwrap_or_default());
        put(&self.account.to_be_bytes());
        put(&self.signature.to_be_bytes());
        put(&self.query.to_be_bytes());
        put(&self.territory.0.to_be_bytes());
        put(&self.categories.to_bytes());
        bytes
    }

    /// The event of these bytes.
    ///
    /// # Errors
    /// [`AnonymiseError::EventBytes`] when they are of another version or hold what no event holds.
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Result<Self, AnonymiseError> {
        let mut take = Take(bytes);
        let created_at = (u64::from_be_bytes(take.next()) ^ (1 << 63)) as i64;
        let id = take.next();
        let [version, flags, excluded, kind] = take.next();
        let collapse = u128::from_be_bytes(take.next());
        let pair = u128::from_be_bytes(take.next());
        let hash: [u8; 16] = take.next();
        let account = u64::from_be_bytes(take.next());
        let signature = u64::from_be_bytes(take.next());
        let query = u64::from_be_bytes(take.next());
        let territory = TerritoryId(u32::from_be_bytes(take.next()));
        let categories = CategorySet::from_bytes(take.next());
        if version != VERSION || excluded >= 1 << 5 || flags >= 1 << 6 || take.next() != [0_u8; 4] {
            return Err(AnonymiseError::EventBytes("other version"));
        }
        let found = match flags & 3 {
            0 => Found::Unknown,
            1 => Found::Nothing,
            2 => Found::Some,
            _ => return Err(AnonymiseError::EventBytes("unknown flags")),
        };
        let actor = match (flags >> 2) & 3 {
            0 => Actor::Anonymous,
            1 => Actor::Widget,
            2 => Actor::Identified,
            _ => return Err(AnonymiseError::EventBytes("unknown flags")),
        };
        let contributor = match (kind, hash) {
            (0, hash) if hash == [0; 16] => None,
            (1, hash) => Some(Contributor { kind: ContributorKind::Organisation, hash }),
            (2, hash) => Some(Contributor { kind: ContributorKind::Professional, hash }),
            (3, hash) => Some(Contributor { kind: ContributorKind::Person, hash }),
            _ => return Err(AnonymiseError::EventBytes("unknown contributor")),
        };
        let is = |byte: u8, place: u8| byte & (1 << place) != 0;
        Ok(Self {
            created_at,
            id,
            collapse,
            pair,
            contributor,
            account,
            signature,
            query,
            territory,
            categories,
            found,
            later_page: is(flags, 4),
            rounds: is(flags, 5),
            actor,
            exclusions: Exclusions {
                admin_search: is(excluded, 0),
                admin_status: is(excluded, 1),
                api: is(excluded, 2),
                bot: is(excluded, 3),
                localhost: is(excluded, 4),
            },
        })
    }
}

/// Hands out the parts of a record one after the other; zeros beyond its end.
struct Take<'a>(&'a [u8]);

impl Take<'_> {
    fn next<const N: usize>(&mut self) -> [u8; N] {
        let mut part = [0; N];
        if let Some((head, tail)) = self.0.split_at_checked(N) {
            part.copy_from_slice(head);
            self.0 = tail;
        }
        part
    }
}
