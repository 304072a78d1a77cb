//! What somebody knows besides what is published.

/// What somebody knows, and what therefore cannot change.
pub(crate) trait Knows: Sync {
    /// Whether it may know that an unknown cannot change.
    const FIXES: bool = true;
    /// What an unknown is at least for all that is known, beside its proven bounds.
    fn least(&self, unknown: u32) -> i64;
    /// Whether an unknown may change in a table that is to show something of a target.
    fn may_change(&self, unknown: u32, target: u32) -> bool;
}

/// The public.
pub(crate) struct Nobody;

impl Knows for Nobody {
    const FIXES: bool = false;

    fn least(&self, _unknown: u32) -> i64 {
        0
    }

    fn may_change(&self, _unknown: u32, _target: u32) -> bool {
        true
    }
}
