//! Small pure helpers for the sceptic, who looks at files and not at numbers. Reading files is the caller's.
//!
//! That a file tells nothing of which cells are primary, or of what they hold, is no matter of statistics (small places differ from large ones anyway)
//! but of construction: what is written must be a function of what is public. [`first_difference`] tests just that.

/// The first of several private worlds, all with the same public part, for which what is written differs from the first world's. The worlds are for
/// example the true table, a witness table, and the same tables with the primary flags turned round; `write` makes a file's bytes, row order, sizes, a
/// manifest, a check report or figures of information loss of them. None is right.
pub fn first_difference<W, R: PartialEq>(worlds: &[W], mut write: impl FnMut(&W) -> R) -> Option<usize> {
    let (first, rest) = worlds.split_first()?;
    let written = write(first);
    rest.iter().position(|world| write(world) != written).map(|at| at + 1)
}

/// The first row whose key is not after the one before it: rows sorted by key, each once, tell nothing by their order.
pub fn first_unsorted<K: Ord>(keys: impl IntoIterator<Item = K>) -> Option<usize> {
    let mut last: Option<K> = None;
    for (at, key) in keys.into_iter().enumerate() {
        if last.as_ref().is_some_and(|last| *last >= key) {
            return Some(at);
        }
        last = Some(key);
    }
    None
}

/// The first withheld row that shows something else than the first one does, in everything but its key: there is one marker only.
pub fn first_other_marker<M: PartialEq>(shown: impl IntoIterator<Item = M>) -> Option<usize> {
    let mut shown = shown.into_iter();
    let first = shown.next()?;
    shown.position(|marker| marker != first).map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_depends_on_hidden_values_is_seen() {
        let worlds = [(5, 10), (6, 10), (5, 10)];
        assert_eq!(first_difference(&worlds, |world| world.1), None);
        assert_eq!(first_difference(&worlds, |world| world.0 + world.1), Some(1));
        assert_eq!(first_unsorted(["a", "b", "b"]), Some(2));
        assert_eq!(first_unsorted(["a", "b", "c"]), None);
        assert_eq!(first_other_marker(["secret", "secret", "SECRET"]), Some(2));
        assert_eq!(first_other_marker(["secret"]), None);
    }
}
