//! Search events on disk: their bytes, and the two orders they are sorted in.

use crate::sort::{Record, SortKey};
use solidata_anonymise::SearchEvent;
use std::path::PathBuf;

/// The bytes of a [`SearchEvent`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventBytes(pub [u8; SearchEvent::LEN]);

impl EventBytes {
    /// The document's `_id`.
    pub fn id(&self) -> Id {
        let id = &self.0[SearchEvent::ID_RANGE];
        let (mut high, mut low) = ([0; 8], [0; 4]);
        high.copy_from_slice(&id[..8]);
        low.copy_from_slice(&id[8..]);
        (u64::from_be_bytes(high), u32::from_be_bytes(low))
    }

    /// Its time, as a number whose order is the order in time: milliseconds since 1970, plus 2^63.
    pub fn time(&self) -> u64 {
        let mut time = [0; 8];
        time.copy_from_slice(&self.0[..8]);
        u64::from_be_bytes(time)
    }

    /// Whether its time is far from the moment at which its `_id` says it was stored.
    pub fn is_late(&self) -> bool {
        self.time().abs_diff(moment(self.id())) > REACH_MS
    }
}

/// An `_id`, as numbers whose order is that of its bytes. Its first four bytes are the second at which the document was stored.
pub type Id = (u64, u32);

/// How far the time of a search that was stored at once may be from the moment in its `_id`.
pub const REACH_MS: u64 = 2 * 60_000;

/// The moment in an `_id`, as [`EventBytes::time`] tells it.
pub fn moment(id: Id) -> u64 {
    (1 << 63) + (id.0 >> 32) * 1_000
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

/// By `_id`.
pub struct ById;

impl SortKey<EventBytes> for ById {
    type Key = Id;

    fn key(event: &EventBytes) -> Self::Key {
        event.id()
    }
}

/// By time, then `_id`: the order of the net rule.
pub struct ByTime;

impl SortKey<EventBytes> for ByTime {
    type Key = (u64, Id);

    fn key(event: &EventBytes) -> Self::Key {
        (event.time(), event.id())
    }
}

/// The sorted runs of events that a pass over a snapshot leaves in the vault.
#[derive(Debug, Clone, Default)]
pub struct EventRuns {
    /// Events that were stored at once.
    pub(crate) prompt: Vec<PathBuf>,
    /// Events that are [`EventBytes::is_late`].
    pub(crate) late: Vec<PathBuf>,
}

const LATE: &str = "late-";

impl EventRuns {
    /// The name of a run.
    pub(crate) fn name(number: usize, late: bool) -> String {
        let kind = if late { LATE } else { "events-" };
        format!("{kind}{number:05}.run")
    }

    /// Adds the runs among these files.
    pub fn add(&mut self, files: impl IntoIterator<Item = PathBuf>) {
        for file in files {
            if file.extension().is_some_and(|e| e == "run") {
                let late = file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(LATE));
                if late { &mut self.late } else { &mut self.prompt }.push(file);
            }
        }
    }
}
