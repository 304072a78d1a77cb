//! Names of territories, folded, for comparison and look-up.

use crate::text::Key;

/// Lists of folded names that lead to a value, within a group (a département, or nothing).
#[derive(Debug)]
pub(crate) struct Dictionary<G, T> {
    entries: Vec<(G, Box<[u8]>, T)>,
}

impl<G: Ord + Copy, T: Ord + Copy> Dictionary<G, T> {
    /// Empty folded names are left out: they would equal every text without letters.
    pub(crate) fn new(entries: impl IntoIterator<Item = (G, Key, T)>) -> Self {
        let mut entries: Vec<_> = entries
            .into_iter()
            .filter(|(_, key, _)| !key.is_empty())
            .map(|(group, key, value)| (group, Box::from(key.as_bytes()), value))
            .collect();
        entries.sort_unstable();
        entries.dedup();
        Self { entries }
    }

    /// All values of a name, in order.
    pub(crate) fn get(&self, group: G, name: &Key) -> impl Iterator<Item = T> + '_ {
        let wanted = name.as_bytes();
        let from = self.entries.partition_point(|(g, key, _)| (*g, &**key) < (group, wanted));
        let to = self.entries.partition_point(|(g, key, _)| (*g, &**key) <= (group, wanted));
        self.entries.get(from..to).unwrap_or(&[]).iter().map(|(_, _, value)| *value)
    }

    /// The value of a name that has just one.
    pub(crate) fn only(&self, group: G, name: &Key) -> Option<T> {
        let mut all = self.get(group, name);
        let first = all.next();
        if all.next().is_some() { None } else { first }
    }
}

/// Is a name that of today, or one of a merged commune or another spelling?
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Main,
    Other,
}

/// The folded names of the communes and arrondissements, the main one first, in one piece of memory.
#[derive(Debug, Default)]
pub(crate) struct CommuneNames {
    bytes: Vec<u8>,
    /// Where each name ends in `bytes`.
    ends: Vec<u32>,
    /// Where the names of each part begin in `ends`; one more than there are parts.
    first: Vec<u32>,
}

impl CommuneNames {
    /// Adds the names of the next part.
    pub(crate) fn push(&mut self, names: &[Key]) {
        if self.first.is_empty() {
            self.first.push(0);
        }
        for name in names {
            self.bytes.extend_from_slice(name.as_bytes());
            self.ends.push(self.bytes.len() as u32);
        }
        self.first.push(self.ends.len() as u32);
    }

    /// How the name belongs to the part, if it does.
    pub(crate) fn rank(&self, part: usize, name: &Key) -> Option<Rank> {
        let (from, to) = (*self.first.get(part)? as usize, *self.first.get(part + 1)? as usize);
        let mut start = if from == 0 { 0 } else { *self.ends.get(from - 1)? as usize };
        for (at, end) in self.ends.get(from..to)?.iter().enumerate() {
            let end = *end as usize;
            if self.bytes.get(start..end)? == name.as_bytes() && !name.is_empty() {
                return Some(if at == 0 { Rank::Main } else { Rank::Other });
            }
            start = end;
        }
        None
    }
}
