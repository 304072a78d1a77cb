use std::{io, path::PathBuf};

/// What a store's functions return.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// What kind of failure it is; the command line turns it into an exit code and does nothing else with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Something was looked at and is not as it must be.
    Findings,
    /// The command line, the configuration or the store's settings ask for what cannot be.
    Usage,
    /// The store does not answer, or someone else is at work: the same command may succeed later.
    Unavailable,
    /// A mistake of this program.
    Internal,
}

impl Fault {
    /// The exit code of the program: 1, 2, 3 or 5.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Unavailable => 3,
            Self::Internal => 5,
        }
    }
}

/// Why a store could not do what it was asked. Each says where, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The address of a store is not understood or leads nowhere.
    #[error("{location}: {detail}")]
    Location {
        /// The address as it was given, without credentials.
        location: String,
        /// What is wrong and what to write.
        detail: String,
    },
    /// The store does not answer.
    #[error("{address}: cannot {action} {path}: {detail}. The store is unavailable; run the same command again later")]
    Unavailable {
        /// The store.
        address: String,
        /// What was tried.
        action: &'static str,
        /// The object.
        path: String,
        /// What the client says.
        detail: String,
    },
    /// The store knows us and refuses, or does not know us.
    #[error("{address}: not allowed to {action} {path}: {detail}. Check the credentials in the environment and the rights of the account")]
    Denied {
        /// The store.
        address: String,
        /// What was tried.
        action: &'static str,
        /// The object.
        path: String,
        /// What the client says.
        detail: String,
    },
    /// A file or folder of this machine could not be read or written.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// An object that must be there is not.
    #[error("{address}: {path} is missing")]
    Missing {
        /// The store.
        address: String,
        /// The object.
        path: String,
    },
    /// An object that would be written is there with other bytes.
    #[error("{address}: {path} is there already with other bytes. {remedy}")]
    Occupied {
        /// The store.
        address: String,
        /// The object.
        path: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Someone else published since we read `index.json`.
    #[error(
        "{address}: index.json was changed by another publication in the meantime; nothing of this one is visible. Run the same command again"
    )]
    Conflict {
        /// The store.
        address: String,
    },
    /// A further revision of a month comes before the one that it follows.
    #[error("{address}: {prefix} cannot be published: the revision before it is not there. Publish that one first")]
    TooEarly {
        /// The store.
        address: String,
        /// Where the revision would lie.
        prefix: String,
    },
    /// Another publication is at work in the folder, or on the same release of a bucket.
    #[error(
        "{address}: another publication is at work here. Run the same command again when it has ended; in a bucket, one that was killed counts as \
         at work for ten minutes"
    )]
    Busy {
        /// The store.
        address: String,
    },
    /// The store takes no notice of conditions on writes.
    #[error(
        "{address}: conditional writes do not hold here ({detail}), so two publications could overwrite each other. Publish to a store that honours \
         If-None-Match and If-Match (AWS S3, Google Cloud Storage, Azure, MinIO, SeaweedFS), or publish to a folder and copy it"
    )]
    Unconditional {
        /// The store.
        address: String,
        /// What the probe saw.
        detail: String,
    },
    /// What was read back is not what was written.
    #[error(
        "{address}: {path} reads back otherwise than it was written ({detail}). Run the same command again; if it happens again, check the store"
    )]
    ReadBack {
        /// The store.
        address: String,
        /// The object.
        path: String,
        /// How it differs.
        detail: String,
    },
    /// A document of the store is larger than any of its kind.
    #[error(
        "{address}: {path}: {bytes} bytes, and no document of its kind has more than {most}: it was not written by this program. Do not use it; ask the \
         publisher of the store"
    )]
    TooLarge {
        /// The store.
        address: String,
        /// The object.
        path: String,
        /// Its size.
        bytes: u64,
        /// The most that is read.
        most: u64,
    },
    /// A published document of the store is not what this program writes.
    #[error("{address}: {path}: {detail}")]
    Damaged {
        /// The store.
        address: String,
        /// The object.
        path: String,
        /// What is wrong and what to do.
        detail: String,
    },
    /// Another run holds the vault.
    #[error("{}: another run is using this vault. Run the same command again when it has ended", path.display())]
    VaultBusy {
        /// The vault.
        path: PathBuf,
    },
    /// The folder is no vault, or its content is not what a vault holds.
    #[error("{}: {detail}", path.display())]
    Vault {
        /// The vault, or the file in it.
        path: PathBuf,
        /// What is wrong and what to do.
        detail: String,
    },
    /// A snapshot is no longer what it was when it was pinned.
    #[error(
        "{}: this snapshot changed since it was pinned: it had sha256 {pinned}, it has {found}. A release must say what it is made from: put the \
         old file back, or give the new one another name",
        path.display()
    )]
    PinChanged {
        /// The snapshot.
        path: PathBuf,
        /// sha256 at first sight.
        pinned: String,
        /// sha256 now.
        found: String,
    },
    /// A folder is not the release its manifest describes.
    #[error("{}: {detail}", path.display())]
    Release {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong and what to do.
        detail: String,
    },
    /// The month is published with other content.
    #[error(
        "{prefix} is published with other content ({differences}). A published revision never changes: put the same inputs, parameters and program \
         back to get the same release; a correction is a further revision: add --revise --reason"
    )]
    PublishedOtherwise {
        /// Where it lies.
        prefix: String,
        /// Which parts of the manifest differ.
        differences: String,
    },
    /// The store is signed, and the key that was given may not sign it.
    #[error("{address}: {detail}")]
    Signer {
        /// The store.
        address: String,
        /// What is wrong and what to do.
        detail: String,
    },
    /// What was asked of a published release cannot be.
    #[error("{address}: {detail}")]
    Amendment {
        /// The store.
        address: String,
        /// Why, and what to do.
        detail: String,
    },
    /// A mistake of this program.
    #[error("internal error: {detail}")]
    Internal {
        /// What happened.
        detail: String,
    },
}

impl StoreError {
    /// What kind of failure it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Location { .. }
            | Self::Denied { .. }
            | Self::Unconditional { .. }
            | Self::Vault { .. }
            | Self::Signer { .. }
            | Self::Amendment { .. } => Fault::Usage,
            Self::Unavailable { .. }
            | Self::TooEarly { .. }
            | Self::Io { .. }
            | Self::Conflict { .. }
            | Self::Busy { .. }
            | Self::VaultBusy { .. } => Fault::Unavailable,
            Self::Missing { .. }
            | Self::Occupied { .. }
            | Self::ReadBack { .. }
            | Self::Damaged { .. }
            | Self::TooLarge { .. }
            | Self::PinChanged { .. }
            | Self::Release { .. }
            | Self::PublishedOtherwise { .. } => Fault::Findings,
            Self::Internal { .. } => Fault::Internal,
        }
    }

    pub(crate) fn internal(detail: impl ToString) -> Self {
        Self::Internal { detail: detail.to_string() }
    }

    /// For `map_err`: what was tried on which file.
    pub(crate) fn io(path: impl Into<PathBuf>, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, action, source }
    }
}
