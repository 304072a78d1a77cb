//! Steps 3 and 4: later pages and repeats of one collapse key.

use super::keyed::KeyedMap;
use super::{Fate, NetParams, Step};
use crate::SearchEvent;
use std::collections::VecDeque;

/// Far enough in the past that nothing is within a window of it.
const NEVER: i64 = i64::MIN / 4;

struct Key {
    /// The latest first page.
    first_page: i64,
    /// The kept orphan whose window is the last one.
    orphan: i64,
    /// The search that opened the last window.
    opened: i64,
    /// The latest event that changed one of them.
    touched: i64,
}

/// What is remembered of the keys of the last windows.
pub(super) struct Collapse {
    page: i64,
    anonymous: i64,
    identified: i64,
    /// The longest window: a key that was not touched for longer decides nothing.
    longest: i64,
    keys: KeyedMap<u128, Key>,
    /// When to look whether a key can be forgotten, in order of time.
    due: VecDeque<(i64, u128)>,
}

impl Collapse {
    pub(super) fn new(params: &NetParams) -> Self {
        let longest = params.page_window.max(params.window_anonymous).max(params.window_identified);
        Self {
            page: params.page_window,
            anonymous: params.window_anonymous,
            identified: params.window_identified,
            longest,
            keys: KeyedMap::default(),
            due: VecDeque::new(),
        }
    }

    /// The fate of an event that step 2 left, if it is dropped here.
    pub(super) fn judge(&mut self, event: &SearchEvent) -> Option<Fate> {
        let now = event.created_at;
        self.forget(now);
        let due = &mut self.due;
        let longest = self.longest;
        let key = self.keys.entry(event.collapse).or_insert_with(|| {
            due.push_back((now + longest, event.collapse));
            Key { first_page: NEVER, orphan: NEVER, opened: NEVER, touched: now }
        });
        if event.later_page {
            if now - key.first_page <= self.page || now - key.orphan <= self.page {
                return Some(Fate::Dropped(Step::LaterPage));
            }
            key.orphan = now;
        } else {
            key.first_page = now;
        }
        key.touched = now;
        let window = if event.is_anonymous() { self.anonymous } else { self.identified };
        if now - key.opened <= window {
            return Some(Fate::Dropped(Step::Repeat));
        }
        key.opened = now;
        None
    }

    fn forget(&mut self, now: i64) {
        while let Some((_, name)) = self.due.front().copied().filter(|(time, _)| *time < now) {
            self.due.pop_front();
            if self.keys.get(&name).is_some_and(|key| now - key.touched <= self.longest) {
                self.due.push_back((now + self.longest, name));
            } else {
                self.keys.remove(&name);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.keys.len()
    }
}
