//! Search events on disk: their bytes, and the two orders they are sorted in.

use crate::sort::{Record, SortKey};
use solidata_anonymise::SearchEvent;

/// The bytes of a [`SearchEvent`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EventBytes(pub [u8; SearchEvent::LEN]);

impl EventBytes {
    /// The document's `_id`.
    pub fn id(&self) -> &[u8] {
        &self.0[SearchEvent::ID_RANGE]
    }
}

impl Record for EventBytes {
    const LEN: usize = SearchEvent::LEN;

    fn store(&self, out: &mut [u8]) {
        out.copy_from_slice(&self.0);
    }

    fn load(bytes: &[u8]) -> Self {
        let mut own = [0; SearchEvent::LEN];
        own.copy_from_slice(bytes);
        Self(own)
    }
}

/// By `_id`, then time, then everything else: of documents with one `_id` the same one comes first on every run.
pub struct ById;

impl SortKey<EventBytes> for ById {
    type Key = ([u8; 12], [u8; 8], u64);

    fn key(event: &EventBytes) -> Self::Key {
        let (mut id, mut time, mut rest) = ([0; 12], [0; 8], [0; 8]);
        id.copy_from_slice(event.id());
        time.copy_from_slice(&event.0[..8]);
        rest.copy_from_slice(&event.0[24..32]);
        (id, time, u64::from_be_bytes(rest))
    }
}

/// By time, then `_id`: the order of the net rule.
pub struct ByTime;

impl SortKey<EventBytes> for ByTime {
    type Key = [u8; 20];

    fn key(event: &EventBytes) -> Self::Key {
        let mut key = [0; 20];
        key.copy_from_slice(&event.0[..20]);
        key
    }
}
