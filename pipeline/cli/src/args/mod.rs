//! What the user typed, as typed.

mod released;

pub use released::{
    AttackArgs, Class, DiffArgs, ErrataArgs, ExplainArgs, FetchArgs, GcArgs, KeygenArgs, PublishArgs, ReproduceArgs, RollbackArgs,
    StatusArgs, StoreArgs, VerifyArgs, WithdrawArgs,
};

use chrono::NaiveDate;
use clap::{Parser, Subcommand, ValueEnum};
use solidata_model::Month;
use std::path::PathBuf;

/// Opens Soliguide's data: from a database snapshot to a published, verifiable monthly release.
#[derive(Debug, Parser)]
#[command(
    name = "solidata",
    version,
    propagate_version = true,
    after_help = "Exit codes: 0 done; 1 findings (a check failed, a snapshot is damaged, digests differ); 2 usage or configuration; \
                  3 source or store unavailable, try again; 4 refused for confidentiality; 5 internal error."
)]
pub struct Args {
    /// Print the outcome as one JSON document on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check datasets, SQL models, contracts and SQL tests, without data
    #[command(after_help = "Example: solidata check --project .")]
    Check(CheckArgs),
    /// Print what `run` would do, and do nothing
    #[command(
        after_help = "Example: solidata plan --month 2024-09 --lieux dump.archive.gz --search dump.archive.gz --vault vault --public out"
    )]
    Plan(RunArgs),
    /// Make and publish the releases of one or more months
    #[command(
        after_help = "Examples:\n  solidata run --month 2024-09 --lieux dump.archive.gz --search dump.archive.gz --vault vault --public out\n  \
                      solidata run --from 2024-01 --to 2024-10 --partial --lieux lieux.ndjson --search search.ndjson.zst --vault vault \
                      --public s3://bucket/solidata\n  \
                      solidata run --month 2024-09 --revise --reason \"Adresses mal géocodées\" --lieux dump.archive.gz --vault vault --public out"
    )]
    Run(RunArgs),
    /// Make a synthetic snapshot, with a file that says what is in it
    #[command(
        after_help = "Example: solidata synth --out sample --from 2024-01-01 --to 2024-10-03 --departments 67,68 --seed 7 --form archive"
    )]
    Synth(SynthArgs),
    /// Say what a snapshot is: form, size, sha256
    #[command(after_help = "Example: solidata snapshot dump.archive.gz")]
    Snapshot(SnapshotArgs),
    /// Verify a published store or a single release, from a folder or URL
    #[command(
        after_help = "Example: solidata verify https://example.org/solidata/releases/2024-09/r1\n         solidata verify out\n         solidata verify out --key RWQ... --since 4f1c..."
    )]
    Verify(VerifyArgs),
    /// Make a published release again and compare it, byte for byte
    #[command(
        after_help = "Examples:\n  solidata reproduce https://example.org/solidata/releases/2024-09/r1    (from what the release carries; nothing private is needed)\n  \
                      solidata reproduce out --month 2024-09 --vault vault    (from the anonymised searches of the vault)\n  \
                      solidata reproduce out --month 2024-09 --vault vault --snapshot dump.archive.gz    (from the raw snapshot)"
    )]
    Reproduce(ReproduceArgs),
    /// Bring what is new in a public store to a folder: verified, resumable, for those who import each month
    #[command(after_help = "Run it again at any time: what is there is not read again, and only what is new is listed.\nExamples:\n  \
                      solidata fetch https://example.org/solidata --into soliguide --key RWQ...\n  \
                      solidata fetch https://example.org/solidata --into soliguide --since releases/2024-08/r1 --dataset structures --form csv --json")]
    Fetch(FetchArgs),
    /// Say what a release changes since another one: schemas, rows by key, key figures
    #[command(
        after_help = "Exit code 1: the declared version of a schema does not say what changed in it.\nExamples:\n  solidata diff out/releases/2024-08/r1 out/releases/2024-09/r1\n  \
                      solidata diff --keys https://example.org/solidata/releases/2024-09/r1 https://example.org/solidata/releases/2024-09/r2"
    )]
    Diff(DiffArgs),
    /// Make an earlier revision of a month current again
    #[command(after_help = "Example: solidata rollback --month 2024-09 --reason \"Adresses décalées dans r2\" --public out")]
    Rollback(RollbackArgs),
    /// Take a published revision away for good: its objects are removed, a signed tombstone stays
    #[command(
        after_help = "Publish the correction first (`solidata run --revise`), then withdraw what it corrects: a month without other revision is gone. \
                      Without --yes it only says what would go. Copies that readers have stay; where a bucket keeps old versions of objects, remove them there too.\n\
                      Example: solidata withdraw --release releases/2024-09/r1 --class protected-place --public out --yes"
    )]
    Withdraw(WithdrawArgs),
    /// Make an error in a published release known, or list what was made known
    #[command(
        after_help = "Examples:\n  solidata errata --public out\n  solidata errata --public out --release releases/2024-09/r1 --dataset structures --column code_postal \
                      --fr \"Codes postaux décalés d'une ligne\" --en \"Postal codes shifted by one row\""
    )]
    Errata(ErrataArgs),
    /// Attack published demand as the public can: compute, bound and compare what is withheld
    #[command(
        after_help = "Examples:\n  solidata attack out    (every month that was ever published)\n  solidata attack https://example.org/solidata/releases/2024-09/r1\n  \
                      solidata attack out --month 2024-09 --vault vault    (each organisation subtracts itself too)"
    )]
    Attack(AttackArgs),
    /// Say why a cell of a table of demand is, or is not, given. Private: the answer tells true things about withheld cells
    #[command(after_help = "Example: solidata explain demande_territoires 2024-09/com-67482/food/tous --vault vault")]
    Explain(ExplainArgs),
    /// Make a key that signs releases, or replace the one that does
    #[command(after_help = "The password is read from SOLIDATA_SIGNING_PASSWORD or the file of [signing] password_file.\nExamples:\n  \
                      SOLIDATA_SIGNING_PASSWORD=... solidata keygen --vault vault\n  solidata keygen --rotate --name solidata-2027 --vault vault --public out")]
    Keygen(KeygenArgs),
    /// Remove what killed publications left in the public store, and what has been in the vault for longer than it may
    #[command(
        after_help = "Nothing that is published, or is being published, is ever touched.\nExamples:\n  solidata gc --dry-run --vault vault --public out\n  solidata gc --vault vault --public s3://bucket/solidata"
    )]
    Gc(GcArgs),
    /// Bring latest/ and the documents at the root of the store up to date; with --datagouv also a portal: its datasets are created once, then updated
    #[command(
        after_help = "Every command that publishes does the former too. The key of the portal is read from DATAGOUV_API_KEY; the rest is in solidata.toml, [datagouv].\nExamples:\n  \
                      solidata publish --datagouv --dry-run --vault vault --public s3://bucket/solidata    (print the differences)\n  \
                      solidata publish --datagouv --vault vault --public s3://bucket/solidata\n  \
                      solidata publish --datagouv --mend --vault vault --public s3://bucket/solidata    (put right what was changed by hand)\n  \
                      solidata publish --public s3://bucket/solidata    (latest/ alone, after an interruption)"
    )]
    Publish(PublishArgs),
    /// Say what a vault and a public store hold, or whether a portal shows it
    #[command(
        after_help = "Examples:\n  solidata status --vault vault --public out\n  solidata status --datagouv --vault vault --public out"
    )]
    Status(StatusArgs),
}

/// `check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// Folder that holds `datasets/` and `sql/` [default: those the program was built with]
    #[arg(long, value_name = "DIR")]
    pub project: Option<PathBuf>,
}

/// `run` and `plan`.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// The month to publish, such as 2024-09
    #[arg(long, conflicts_with_all = ["from", "to"], required_unless_present = "from")]
    pub month: Option<Month>,
    /// The first month of a range
    #[arg(long, requires = "to", value_name = "MONTH")]
    pub from: Option<Month>,
    /// The last month of a range, included
    #[arg(long, requires = "from", value_name = "MONTH")]
    pub to: Option<Month>,
    /// Correct a month that is published: a further revision takes the place of the present one, which stays readable. The figures of demand stay as they are
    #[arg(long, requires = "reason", requires = "month", conflicts_with = "partial")]
    pub revise: bool,
    /// Why the month is corrected, for readers
    #[arg(long, requires = "revise", value_name = "TEXT")]
    pub reason: Option<String>,
    /// Publish a month whose searches do not reach its end; it is marked as such
    #[arg(long)]
    pub partial: bool,
    /// Snapshot of the directory: archive, BSON, NDJSON, JSON array or a folder
    #[arg(long, value_name = "SNAPSHOT")]
    pub lieux: PathBuf,
    /// Snapshot of the search log; may be given several times. Without it the supply alone is published
    #[arg(long, value_name = "SNAPSHOT")]
    pub search: Vec<PathBuf>,
    /// The private folder
    #[arg(long, value_name = "DIR")]
    pub vault: Option<PathBuf>,
    /// The public store: a folder, or a URL (s3://, gs://, az://)
    #[arg(long, value_name = "DIR_OR_URL")]
    pub public: Option<String>,
    /// sha256 that a snapshot must have; once for each snapshot, in any order
    #[arg(long, value_name = "HEX")]
    pub sha256: Vec<String>,
    /// The last day that the snapshots cover, when the newest document does not tell
    #[arg(long, value_name = "DATE")]
    pub cut_off: Option<NaiveDate>,
    /// Settings [default: ./solidata.toml when it is there]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Threads [default: the machine's cores]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Folder that holds `datasets/` and `sql/` [default: those the program was built with]
    #[arg(long, value_name = "DIR")]
    pub project: Option<PathBuf>,
}

/// The snapshot forms that `synth` writes.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Form {
    /// One mongodump archive, gzipped, of both collections
    Archive,
    /// BSON files
    Bson,
    /// One JSON document a line, relaxed
    Ndjson,
    /// One JSON document a line, canonical
    NdjsonCanonical,
}

/// `synth`.
#[derive(Debug, clap::Args)]
pub struct SynthArgs {
    /// Folder to write into; it must be new or empty
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// First day, Europe/Paris
    #[arg(long, value_name = "DATE")]
    pub from: NaiveDate,
    /// Last day, included
    #[arg(long, value_name = "DATE")]
    pub to: NaiveDate,
    /// Codes of départements, separated by commas, or `all`
    #[arg(long, default_value = "67,68")]
    pub departments: String,
    /// The same seed gives the same bytes
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// The form of the snapshot
    #[arg(long, value_enum, default_value = "archive")]
    pub form: Form,
    /// Multiplies the volumes
    #[arg(long, default_value_t = 1.0)]
    pub scale: f64,
    /// Leave out truth.json's counts, which take time and memory: for benchmarks
    #[arg(long)]
    pub no_truth: bool,
}

/// `snapshot`.
#[derive(Debug, clap::Args)]
pub struct SnapshotArgs {
    /// Snapshots
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Compare with the pins of this vault
    #[arg(long, value_name = "DIR")]
    pub vault: Option<PathBuf>,
}
