/// What is being done to the bytes that are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Files of a release are hashed.
    Seal,
    /// Objects are written.
    Put,
    /// Written objects are read back.
    ReadBack,
    /// Published objects are verified.
    Verify,
}

/// Hears how far a long piece of work has come; whoever calls draws it, or not. Nothing depends on it.
pub trait Progress: Send + Sync {
    /// `bytes` are still to come in this phase, beside what was announced before.
    fn expect(&self, _phase: Phase, _bytes: u64) {}
    /// `bytes` more of this object are done.
    fn advance(&self, _phase: Phase, _path: &str, _bytes: u64) {}
}

/// Nobody listens.
impl Progress for () {}
