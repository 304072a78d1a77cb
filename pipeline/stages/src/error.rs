use std::path::PathBuf;

/// What kind of end a run comes to; the command line maps it to an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndKind {
    /// A check failed, a snapshot is damaged or differs from its pin, digests differ.
    Findings,
    /// The command or the configuration is wrong.
    Usage,
    /// A source or store cannot be reached or read now.
    Unavailable,
    /// Publishing would break confidentiality.
    Confidential,
    /// A defect of the program.
    Internal,
}

/// Why a stage did not finish. No variant holds a value of a record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StageError {
    /// A file of `datasets/` or `sql/` is missing or wrong.
    #[error("{path}: {detail}")]
    Project {
        /// Path in the project.
        path: String,
        /// What is wrong.
        detail: String,
    },
    /// A dataset's files are wrong.
    #[error(transparent)]
    Dataset(#[from] solidata_model::DatasetError),
    /// Models, contracts, lints or SQL tests have findings; all of them are listed.
    #[error("{} finding(s) in the project:\n{}", .0.len(), .0.join("\n"))]
    Check(Vec<String>),
    /// A check of published tables returned rows.
    #[error("{} check(s) failed, nothing was published:\n{}", .0.len(), .0.join("\n"))]
    Violations(Vec<String>),
    /// A snapshot could not be read.
    #[error(transparent)]
    Source(#[from] solidata_sources::SourceError),
    /// A snapshot is not the one that was pinned.
    #[error(
        "{path}: the snapshot is not the one that was pinned: sha256 {found}, pinned {pinned}; restore the file, or use a new path for a new snapshot"
    )]
    PinChanged {
        /// The snapshot.
        path: PathBuf,
        /// Its digest now.
        found: String,
        /// The digest it was pinned with.
        pinned: String,
    },
    /// A snapshot is not the one that `--sha256` names.
    #[error("{path}: sha256 {found} is none of those given with --sha256; check that it is the snapshot you mean")]
    UnexpectedDigest {
        /// The snapshot.
        path: PathBuf,
        /// Its digest.
        found: String,
    },
    /// The searches do not reach the end of the month.
    #[error(
        "{month}: the searches end on {until}, before the month does; take a later snapshot, say with --cut-off that it covers the month, \
         or publish it as it is with --partial"
    )]
    NotCovered {
        /// The month.
        month: String,
        /// The newest search's local time.
        until: String,
    },
    /// The searches say nothing of a month.
    #[error("{month}: the search snapshots hold no search of this month (they hold {first} to {last}); choose a month they cover")]
    NoSearches {
        /// The month.
        month: String,
        /// First month held.
        first: String,
        /// Last month held.
        last: String,
    },
    /// The command asks for something that cannot be.
    #[error("{0}")]
    Usage(String),
    /// A private or public store failed.
    #[error(transparent)]
    Store(#[from] solidata_store::StoreError),
    /// A table could not be written.
    #[error(transparent)]
    Canon(#[from] solidata_canon::CanonError),
    /// Demand cannot be protected.
    #[error(transparent)]
    Demand(#[from] solidata_demand::DemandError),
    /// The ledger names a release that the public store does not have.
    #[error(
        "{public}: the vault's ledger names {release}, which is not there as it was published: this is the vault of another store, or the release was \
         removed or replaced; use the store and the vault that belong together"
    )]
    Ledger {
        /// Prefix of the release.
        release: String,
        /// The public store.
        public: String,
    },
    /// A published object is not what its release says.
    #[error("{what}: it is missing or damaged; run `solidata verify` and restore it from a backup")]
    Damaged {
        /// The object.
        what: String,
    },
    /// Other months of a year are published with another geography.
    #[error(
        "{release} was published with {list} of {published}, and this version would take {own}: the months of a year keep one geography; run with the version \
         of solidata that published it, or put its lists into datasets/reference/cog-YYYY/"
    )]
    Geography {
        /// The release.
        release: String,
        /// The list.
        list: String,
        /// The vintage that was published.
        published: String,
        /// The vintage that this version has.
        own: String,
    },
    /// A release did not pass the attack.
    #[error("{month}: not published: {detail}")]
    Attacked {
        /// The month.
        month: String,
        /// What fell, without a value.
        detail: String,
    },
    /// The attack could not be carried out.
    #[error(transparent)]
    Audit(#[from] solidata_audit::AuditError),
    /// The vault's disk failed.
    #[error("{path}: {cause}; check the disk and the rights of the vault")]
    Vault {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A query used up the memory it may take.
    #[error("{model}: the memory of the query engine is used up; set a larger memory_mb under [engine] in solidata.toml")]
    Memory {
        /// The model.
        model: String,
    },
    /// A query failed.
    #[error("{model}: {cause}")]
    Query {
        /// The model or check.
        model: String,
        /// What the engine said.
        cause: Box<datafusion::error::DataFusionError>,
    },
    /// A batch of rows could not be made.
    #[error("a table could not be built: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    /// JSON could not be written.
    #[error("a document could not be written: {0}")]
    Json(#[from] serde_json::Error),
    /// A defect.
    #[error("{0}; this is a defect of the program, please report it")]
    Defect(String),
}

fn of_fault(fault: solidata_store::Fault) -> EndKind {
    match fault {
        solidata_store::Fault::Findings => EndKind::Findings,
        solidata_store::Fault::Usage => EndKind::Usage,
        solidata_store::Fault::Unavailable => EndKind::Unavailable,
        solidata_store::Fault::Internal => EndKind::Internal,
    }
}

impl StageError {
    /// The kind of end, see [`EndKind`].
    pub fn kind(&self) -> EndKind {
        match self {
            Self::Source(e) => match e.kind() {
                solidata_sources::ErrorKind::Damaged => EndKind::Findings,
                solidata_sources::ErrorKind::Usage => EndKind::Usage,
                solidata_sources::ErrorKind::Unavailable => EndKind::Unavailable,
                solidata_sources::ErrorKind::Consumer => EndKind::Internal,
            },
            Self::Store(e) => of_fault(e.fault()),
            Self::Audit(e) => of_fault(e.fault()),
            Self::Demand(e) => match e {
                solidata_demand::DemandError::Open { .. } => EndKind::Confidential,
                solidata_demand::DemandError::Lists { .. } | solidata_demand::DemandError::Before { .. } => EndKind::Findings,
                solidata_demand::DemandError::Cell { .. } => EndKind::Usage,
                _ => EndKind::Internal,
            },
            Self::Attacked { .. } => EndKind::Confidential,
            Self::Ledger { .. }
            | Self::Damaged { .. }
            | Self::Geography { .. }
            | Self::Project { .. }
            | Self::Dataset(_)
            | Self::Check(_)
            | Self::Violations(_)
            | Self::PinChanged { .. }
            | Self::UnexpectedDigest { .. }
            | Self::Canon(_) => EndKind::Findings,
            Self::NotCovered { .. } | Self::NoSearches { .. } | Self::Usage(_) | Self::Memory { .. } => EndKind::Usage,
            Self::Vault { .. } => EndKind::Unavailable,
            Self::Query { .. } | Self::Arrow(_) | Self::Json(_) | Self::Defect(_) => EndKind::Internal,
        }
    }

    /// An error of a file of the project.
    pub fn project(path: &str, detail: &str) -> Self {
        Self::Project { path: path.into(), detail: detail.into() }
    }

    /// An error of a query.
    pub fn query(model: &str, cause: datafusion::error::DataFusionError) -> Self {
        match cause.find_root() {
            datafusion::error::DataFusionError::ResourcesExhausted(_) => Self::Memory { model: model.into() },
            _ => Self::Query { model: model.into(), cause: Box::new(cause) },
        }
    }

    /// An error of a file in the vault.
    pub fn vault(path: &std::path::Path, cause: std::io::Error) -> Self {
        Self::Vault { path: path.into(), cause }
    }
}
