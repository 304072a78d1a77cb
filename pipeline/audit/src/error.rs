use solidata_attack::AttackError;
use solidata_model::Month;
use solidata_store::{Fault, StoreError};

/// Why a verification or an attack could not be carried through. What it finds wrong is no error but a [`crate::Finding`] or a [`crate::Telltale`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is neither an index nor a manifest.
    #[error("{address}: neither index.json nor manifest.json is there: name the root of a public store or the folder of one release")]
    Nothing {
        /// Where was looked.
        address: String,
    },
    /// The month is not published.
    #[error("{address}: index.json names no release of {month}")]
    NoSuchMonth {
        /// The store.
        address: String,
        /// The month that was asked for.
        month: Month,
    },
    /// The release is not published.
    #[error("{address}: index.json names no release {prefix}: see releases.json for those that there are")]
    NoSuchRelease {
        /// The store.
        address: String,
        /// The release that was asked for.
        prefix: String,
    },
    /// No table of that name or form is published.
    #[error("{address}: there is no {asked}: there are {known}")]
    NoSuchTable {
        /// The store.
        address: String,
        /// What was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
    /// What a store holds is not what it says it is.
    #[error("{address}: nothing of this is to be used: {findings}")]
    Untrusted {
        /// The store.
        address: String,
        /// What is wrong, with what to do.
        findings: String,
    },
    /// One release alone has no history.
    #[error("{address}: one release has no history to look for a digest in: name the root of its store, or leave --since out")]
    NoHistory {
        /// Where was looked.
        address: String,
    },
    /// A published table or document cannot be read, or is not what this version publishes.
    #[error("{path}: {detail}")]
    Table {
        /// The object.
        path: String,
        /// What is wrong.
        detail: String,
    },
    /// A code list cannot be read.
    #[error("{name}: {detail}. Use the code lists of datasets/reference/ as they are")]
    CodeList {
        /// Its file name.
        name: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// The attack could not be carried through.
    #[error(transparent)]
    Attack(#[from] AttackError),
    /// The disk for temporary files failed.
    #[error("a temporary file cannot be written: {0}. Free some space, or set TMPDIR to a larger disk")]
    Spill(#[from] std::io::Error),
    /// A mistake of this program.
    #[error("internal error: {0}")]
    Internal(String),
}

impl AuditError {
    /// What kind of failure it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Store(e) => e.fault(),
            Self::Nothing { .. }
            | Self::NoSuchMonth { .. }
            | Self::NoSuchRelease { .. }
            | Self::NoSuchTable { .. }
            | Self::NoHistory { .. }
            | Self::CodeList { .. } => Fault::Usage,
            Self::Table { .. } | Self::Untrusted { .. } => Fault::Findings,
            Self::Spill(_) => Fault::Unavailable,
            // what was read says two things that cannot both be true
            Self::Attack(AttackError::Contradiction { .. } | AttackError::TwoValues { .. } | AttackError::BadStart { .. }) => {
                Fault::Findings
            }
            Self::Attack(_) | Self::Internal(_) => Fault::Internal,
        }
    }
}
