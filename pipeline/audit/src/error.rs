use solidata_model::Month;
use solidata_store::{Fault, StoreError};

/// Why a verification could not be carried through. What it finds wrong is no error but a [`crate::Finding`].
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
            Self::Nothing { .. } | Self::NoSuchMonth { .. } => Fault::Usage,
            Self::Spill(_) => Fault::Unavailable,
            Self::Internal(_) => Fault::Internal,
        }
    }
}
