use std::{io, path::PathBuf};

/// What signing and verifying return.
pub type Result<T, E = SigningError> = std::result::Result<T, E>;

/// Why something could not be signed, or is not signed as it must be. None holds a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// A key file could not be read or written.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// A key file of this name is there, and none is ever replaced.
    #[error("{}: this file is there, and a key is never replaced: name the new key otherwise (--name)", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Others may read a secret key.
    #[error("{}: others than its owner may read this secret key: run `chmod 600` on it, and make a new key if someone did", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// A text is no secret key that this version can use.
    #[error("this is no secret key of minisign: name the file that `solidata keygen` or `minisign -G` made")]
    SecretKey,
    /// The secret key is encrypted.
    #[error(
        "this secret key has a password: give it in the environment variable SOLIDATA_SIGNING_PASSWORD, or the file that holds it in [signing] password_file"
    )]
    PasswordNeeded,
    /// The secret key does not open.
    #[error("this is not the password of this secret key")]
    Password,
    /// A text is no public key.
    #[error("this is no public key of minisign: 56 characters that begin with RW, or a file with them in its second line, are expected")]
    PublicKey,
    /// A text is no signature.
    #[error("this is no signature of minisign in its usual form of four lines (legacy signatures are not accepted)")]
    Form,
    /// A signature was made by another key.
    #[error("this signature is of the key {found}, not of {wanted}")]
    OtherKey {
        /// The key that was expected.
        wanted: String,
        /// The key that the signature names.
        found: String,
    },
    /// A signature was made for something else.
    #[error("this signature says that it is of something else: its trusted comment is not '{wanted}'")]
    Comment {
        /// What it has to say.
        wanted: String,
    },
    /// A signature does not hold.
    #[error("the signature does not fit to these bytes: they or it were changed")]
    Forged,
    /// A trusted comment cannot be signed.
    #[error("a trusted comment is one line of at most 500 printable ASCII characters")]
    BadComment,
    /// An index is not signed as it must be.
    #[error("{0}")]
    Index(String),
    /// A mistake of this program, or a machine without randomness.
    #[error("internal error: {0}")]
    Internal(&'static str),
}

impl SigningError {
    pub(crate) fn io(path: impl Into<PathBuf>, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, action, source }
    }
}
