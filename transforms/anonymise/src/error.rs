//! What can go wrong with the inputs of this crate other than a snapshot's documents.

/// A fault of a code list, policy, key ring or event file. Quarantined documents are no error: see [`crate::Breach`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnonymiseError {
    /// A reference list cannot be used.
    #[error("code list {list}, line {line}: {reason}; make datasets/reference again")]
    CodeList {
        /// Name of the list.
        list: &'static str,
        /// Line, from 1; 0 when the whole list is meant.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// A field policy cannot be used.
    #[error("field policy of {collection}: {reason}")]
    Policy {
        /// The collection it is for.
        collection: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A time zone that the compiled-in time zone data does not know.
    #[error("time zone '{0}' is unknown; check datasets/reference/departements.csv")]
    TimeZone(String),
    /// The bytes of a stored event are not those of this version.
    #[error("stored event: {0}; remove the stage's files from the vault and run again")]
    EventBytes(&'static str),
    /// The net rule was given events out of order, or one twice.
    #[error("event {position} of the stream is not after the one before it; sort and deduplicate the stream")]
    OutOfOrder {
        /// Its position in the stream, from 0.
        position: u64,
    },
}
