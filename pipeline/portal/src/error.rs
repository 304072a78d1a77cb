use solidata_signing::SigningError;
use solidata_store::{Fault, StoreError};
use std::fmt;

/// What the functions of this crate return.
pub type Result<T, E = PortalError> = std::result::Result<T, E>;

/// A field that the portal refuses, with what it says of it in its own words and language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Where, such as `spatial.zones`; empty when the portal speaks of the whole.
    pub path: String,
    /// What the portal says.
    pub said: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.said),
            path => write!(f, "{path}: {}", self.said),
        }
    }
}

/// A value that reads back otherwise than it was written.
#[derive(Debug, thiserror::Error)]
#[error("{host}: {place}: {field} was written as {wanted} and reads back as {portal}. {remedy}")]
pub struct ReadBack {
    /// The portal.
    pub host: String,
    /// The dataset, and the resource if it is one.
    pub place: String,
    /// The field.
    pub field: String,
    /// What was sent.
    pub wanted: String,
    /// What the portal shows.
    pub portal: String,
    /// What to do.
    pub remedy: &'static str,
}

/// Why the portal is not as it should be. None of these ever holds the key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PortalError {
    /// A setting is missing or cannot be.
    #[error("[datagouv] {setting}: {detail}")]
    Setting {
        /// Its name in `solidata.toml`.
        setting: &'static str,
        /// What is wrong and what to write.
        detail: String,
    },
    /// There is no key, or none that can be one.
    #[error("{variable}: {detail}")]
    Key {
        /// The environment variable.
        variable: &'static str,
        /// What is wrong and what to do.
        detail: String,
    },
    /// The ids of `dataset.toml`, of the vault and of the portal contradict each other.
    #[error("{dataset}: {detail}")]
    Ids {
        /// The Solidata dataset.
        dataset: String,
        /// What is wrong and what to do.
        detail: String,
    },
    /// There is nothing to show.
    #[error("{address}: no month has a current release: publish one first (`solidata run`)")]
    NothingPublished {
        /// The public store.
        address: String,
    },
    /// The public store is not what its index says.
    #[error("{address}: {detail}: run `solidata verify` on the store")]
    Release {
        /// The public store.
        address: String,
        /// What is wrong.
        detail: String,
    },
    /// The portal refuses.
    #[error("{host}: cannot {action}: HTTP {status}{}. {remedy}", list(fields))]
    Refused {
        /// The portal.
        host: String,
        /// What was tried.
        action: String,
        /// The status of its answer.
        status: u16,
        /// What it says, field by field.
        fields: Vec<FieldError>,
        /// What to do.
        remedy: &'static str,
    },
    /// The portal does not answer, or asks to come back later.
    #[error("{host}: cannot {action}: {detail}. Nothing is half done that the same command, run again later, would not finish")]
    Unavailable {
        /// The portal.
        host: String,
        /// What was tried.
        action: String,
        /// What happened.
        detail: String,
    },
    /// What answers is no API of udata.
    #[error("{host}: cannot {action}: {detail}. Check [datagouv] url: it ends in /api/1")]
    NotTheApi {
        /// The address.
        host: String,
        /// What was tried.
        action: String,
        /// What came instead.
        detail: String,
    },
    /// The portal took a value, and shows another one.
    #[error(transparent)]
    ReadBack(Box<ReadBack>),
    /// What the vault keeps of the portal cannot be used.
    #[error("{file}: {detail}")]
    Record {
        /// The file in the vault.
        file: String,
        /// What is wrong and what to do.
        detail: String,
    },
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index of the store is not signed as it must be.
    #[error("index.json: {0}: run `solidata verify` on the store")]
    Signature(#[from] SigningError),
    /// A mistake of this program.
    #[error("internal error: {detail}")]
    Internal {
        /// What happened.
        detail: String,
    },
}

fn list(fields: &[FieldError]) -> String {
    fields.iter().map(|f| format!("; {f}")).collect()
}

impl PortalError {
    /// What kind of failure it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Setting { .. }
            | Self::Key { .. }
            | Self::Ids { .. }
            | Self::NothingPublished { .. }
            | Self::Refused { .. }
            | Self::NotTheApi { .. }
            | Self::Record { .. } => Fault::Usage,
            Self::Unavailable { .. } => Fault::Unavailable,
            Self::ReadBack(_) | Self::Release { .. } | Self::Signature(_) => Fault::Findings,
            Self::Store(e) => e.fault(),
            Self::Internal { .. } => Fault::Internal,
        }
    }

    pub(crate) fn internal(detail: impl ToString) -> Self {
        Self::Internal { detail: detail.to_string() }
    }
}
