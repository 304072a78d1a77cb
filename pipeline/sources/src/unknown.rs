//! Fields that the contract does not name, counted by path.

use crate::Collection;
use std::collections::BTreeMap;

/// More distinct names than this are counted together, so that keys made of data cannot fill the memory.
const DISTINCT: usize = 500;
/// Longer names are not shown.
const LONGEST: usize = 64;

/// The unknown fields that one worker has seen in one collection.
#[derive(Debug, Default, Clone)]
pub(crate) struct Unknown {
    seen: BTreeMap<String, u64>,
}

impl Unknown {
    /// Counts a field; `path` is that of its object, with a dot at its end unless it is the document.
    #[cold]
    pub fn note(&mut self, path: &str, name: &[u8]) {
        let shown = match std::str::from_utf8(name) {
            // A key that is no plain identifier may be data: it is counted, not shown.
            Ok(name) if name.len() <= LONGEST && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_$-".contains(&b)) => name,
            _ => "?",
        };
        let full = format!("{path}{shown}");
        if let Some(count) = self.seen.get_mut(&full) {
            *count += 1;
        } else if self.seen.len() < DISTINCT {
            self.seen.insert(full, 1);
        } else {
            *self.seen.entry(format!("{path}?")).or_default() += 1;
        }
    }

    /// Adds these counts to those of the snapshot.
    pub fn add_to(self, collection: Collection, all: &mut BTreeMap<(Collection, String), u64>) {
        for (path, count) in self.seen {
            *all.entry((collection, path)).or_default() += count;
        }
    }
}
