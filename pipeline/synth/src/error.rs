//! What can go wrong while making synthetic data.

use std::path::PathBuf;

/// Why no synthetic snapshot could be made. Every message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SynthError {
    /// A code list lacks a column or holds a bad cell.
    #[error("code list {file}, row {row}: {problem}; rebuild it with ci/reference/build.py")]
    Reference {
        /// File name under `datasets/reference/`.
        file: &'static str,
        /// Row, the header being row 1.
        row: usize,
        /// What is wrong.
        problem: String,
    },
    /// A département that the code lists do not know, or that has no commune.
    #[error("unknown département {0:?}; use codes such as 67, 2A or 974, or `all`")]
    UnknownDepartement(String),
    /// The request contradicts itself.
    #[error("{0}")]
    BadSpec(String),
    /// The output could not be written.
    #[error("{path}: {source}; check the disk and the permissions")]
    Write {
        /// File or folder.
        path: PathBuf,
        /// The system's own error.
        source: std::io::Error,
    },
    /// The truth could not be computed from the documents written: a bug of this generator.
    #[error("document {position} cannot be read back for truth.json: {problem}; report it as a bug of solidata-synth")]
    Truth {
        /// Position of the document in the day's batch.
        position: usize,
        /// What could not be read.
        problem: String,
    },
    /// A thread of the generator died.
    #[error("a generator thread stopped without a result; run again, then report it as a bug of solidata-synth")]
    Thread,
}

impl SynthError {
    pub(crate) fn write(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Write { path: path.to_path_buf(), source }
    }
}
