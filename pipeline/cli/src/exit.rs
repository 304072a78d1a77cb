//! The one place where errors become exit codes.

use solidata_signing::SigningError;
use solidata_stages::{EndKind, StageError};

/// Done.
pub const DONE: u8 = 0;
/// A check failed, a snapshot is damaged, digests differ.
pub const FINDINGS: u8 = 1;
/// The command line or the configuration is wrong.
pub const USAGE: u8 = 2;
/// A source or store is unavailable: try again.
pub const UNAVAILABLE: u8 = 3;
/// Refused for confidentiality.
pub const CONFIDENTIAL: u8 = 4;
/// A defect of the program.
pub const INTERNAL: u8 = 5;

/// How a command may fail.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A stage failed.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] solidata_store::StoreError),
    /// The generator failed.
    #[error(transparent)]
    Synth(#[from] solidata_synth::SynthError),
    /// A verification could not be carried through.
    #[error(transparent)]
    Audit(#[from] solidata_audit::AuditError),
    /// A snapshot could not be read.
    #[error(transparent)]
    Source(#[from] solidata_sources::SourceError),
    /// A key or a signature is not as it must be.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The index was changed, and what follows from it could not be brought up to date.
    #[error("published, but latest/ and the documents beside it could not be brought up to date: {0}. Run `solidata publish`")]
    Views(Box<CliError>),
    /// A portal does not show what it should.
    #[error(transparent)]
    Portal(#[from] solidata_portal::PortalError),
    /// The command was carried through and found something wrong.
    #[error("{0}")]
    Findings(String),
    /// The command line or the configuration is wrong.
    #[error("{0}")]
    Usage(String),
    /// The system refused something.
    #[error("{0}")]
    System(String),
}

impl CliError {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Stage(e) => match e.kind() {
                EndKind::Findings => FINDINGS,
                EndKind::Usage => USAGE,
                EndKind::Unavailable => UNAVAILABLE,
                EndKind::Confidential => CONFIDENTIAL,
                EndKind::Internal => INTERNAL,
            },
            Self::Store(e) => e.fault().exit_code(),
            Self::Synth(e) => match e {
                solidata_synth::SynthError::Write { .. } => UNAVAILABLE,
                solidata_synth::SynthError::UnknownDepartement(_) | solidata_synth::SynthError::BadSpec(_) => USAGE,
                _ => INTERNAL,
            },
            Self::Audit(e) => e.fault().exit_code(),
            Self::Source(e) => match e.kind() {
                solidata_sources::ErrorKind::Damaged => FINDINGS,
                solidata_sources::ErrorKind::Usage => USAGE,
                solidata_sources::ErrorKind::Unavailable => UNAVAILABLE,
                solidata_sources::ErrorKind::Consumer => INTERNAL,
            },
            Self::Signing(e) => match e {
                SigningError::Io { .. } => UNAVAILABLE,
                SigningError::Internal(_) => INTERNAL,
                _ => USAGE,
            },
            Self::Views(e) => e.code(),
            Self::Portal(e) => e.fault().exit_code(),
            Self::Findings(_) => FINDINGS,
            Self::Usage(_) => USAGE,
            Self::System(_) => UNAVAILABLE,
        }
    }
}
