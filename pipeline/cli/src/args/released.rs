//! The words of the commands on what is published.

use clap::ValueEnum;
use solidata_model::Month;
use std::path::PathBuf;

/// `verify`.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// A public store or the folder of one release
    pub target: String,
    /// Only this month
    #[arg(long)]
    pub month: Option<Month>,
    /// The publisher's public key, or the file with it: only what it, or a key that it leads to, signed is good
    #[arg(long, value_name = "KEY_OR_FILE")]
    pub key: Option<String>,
    /// sha256 of an index.json or manifest.json of this store that you saw before: it must be in the history
    #[arg(long, value_name = "HEX")]
    pub since: Option<String>,
}

/// `reproduce`.
#[derive(Debug, clap::Args)]
pub struct ReproduceArgs {
    /// The folder or address of one release, or of a public store
    pub target: String,
    /// The month, when the target is a store [default: the newest]
    #[arg(long)]
    pub month: Option<Month>,
    /// The vault that made the release: full depth
    #[arg(long, value_name = "DIR")]
    pub vault: Option<PathBuf>,
    /// A raw snapshot that the release was made from; once for each
    #[arg(long, value_name = "SNAPSHOT", requires = "vault")]
    pub snapshot: Vec<PathBuf>,
    /// Settings [default: ./solidata.toml when it is there]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Threads [default: the machine's cores]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// `fetch`.
#[derive(Debug, clap::Args)]
pub struct FetchArgs {
    /// The public store: its folder or address
    pub store: String,
    /// The folder, which is laid out as the store is
    #[arg(long, value_name = "DIR")]
    pub into: PathBuf,
    /// Only what was published after this release, such as releases/2024-08/r1 [default: what the folder has not seen]
    #[arg(long, value_name = "PREFIX")]
    pub since: Option<String>,
    /// Only this dataset; may be given several times [default: all]
    #[arg(long, value_name = "NAME")]
    pub dataset: Vec<String>,
    /// Only tables in this form, such as csv or parquet; may be given several times [default: all]
    #[arg(long, value_name = "FORM")]
    pub form: Vec<String>,
    /// The publisher's public key, or the file with it
    #[arg(long, value_name = "KEY_OR_FILE")]
    pub key: Option<String>,
}

/// `diff`.
#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// The earlier release: its folder or address, or a public store, whose current release is meant
    pub before: String,
    /// The later one
    pub after: String,
    /// List the keys of changed rows of every dataset, not only of those whose rows have a name
    #[arg(long)]
    pub keys: bool,
}

/// Where the public store is.
#[derive(Debug, clap::Args)]
pub struct StoreArgs {
    /// The public store
    #[arg(long, value_name = "DIR_OR_URL")]
    pub public: Option<String>,
    /// Settings [default: ./solidata.toml when it is there]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Where the private folder and the public store are.
#[derive(Debug, clap::Args)]
pub struct PlaceArgs {
    /// The private folder
    #[arg(long, value_name = "DIR")]
    pub vault: Option<PathBuf>,
    /// The store
    #[command(flatten)]
    pub store: StoreArgs,
}

/// `rollback`.
#[derive(Debug, clap::Args)]
pub struct RollbackArgs {
    /// The month
    #[arg(long)]
    pub month: Month,
    /// The revision that is to be current [default: the one before the current one]
    #[arg(long, value_name = "N")]
    pub to: Option<u32>,
    /// Why, for readers
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// The store
    #[command(flatten)]
    pub store: StoreArgs,
}

/// The classes of reasons of a withdrawal.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Class {
    /// It told where a place lies that protects people
    ProtectedPlace,
    /// It told something about a person, or a figure that is withheld
    Disclosure,
    /// Someone asked for what is about them to be erased
    Erasure,
    /// Whoever has a right in it did not agree
    Rights,
}

/// `withdraw`.
#[derive(Debug, clap::Args)]
pub struct WithdrawArgs {
    /// The release, such as releases/2024-09/r1
    #[arg(long, value_name = "PREFIX")]
    pub release: String,
    /// The class of the reason; no further words are published
    #[arg(long, value_enum)]
    pub class: Class,
    /// Do it: there is no way back
    #[arg(long)]
    pub yes: bool,
    /// The store
    #[command(flatten)]
    pub store: StoreArgs,
}

/// `errata`.
#[derive(Debug, clap::Args)]
pub struct ErrataArgs {
    /// The release, such as releases/2024-09/r1
    #[arg(long, value_name = "PREFIX", requires_all = ["dataset", "fr", "en"])]
    pub release: Option<String>,
    /// The dataset
    #[arg(long, requires = "release")]
    pub dataset: Option<String>,
    /// A column that is wrong; may be given several times
    #[arg(long, requires = "release", value_name = "NAME")]
    pub column: Vec<String>,
    /// What is wrong and what to do, in French
    #[arg(long, requires = "release", value_name = "TEXT")]
    pub fr: Option<String>,
    /// The same in English
    #[arg(long, requires = "release", value_name = "TEXT")]
    pub en: Option<String>,
    /// The store
    #[command(flatten)]
    pub store: StoreArgs,
}

/// `keygen`.
#[derive(Debug, clap::Args)]
pub struct KeygenArgs {
    /// Name of the key's files in the folder `signing` of the vault
    #[arg(long, default_value = "solidata")]
    pub name: String,
    /// Make a key without password: whoever reads the file can sign
    #[arg(long)]
    pub no_password: bool,
    /// Put the new key in the place of the one that signs the public store now ([signing] key in the settings)
    #[arg(long)]
    pub rotate: bool,
    /// The private folder
    #[arg(long, value_name = "DIR")]
    pub vault: Option<PathBuf>,
    /// The public store whose key is replaced
    #[arg(long, value_name = "DIR_OR_URL", requires = "rotate")]
    pub public: Option<String>,
    /// Settings [default: ./solidata.toml when it is there]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// `attack`.
#[derive(Debug, clap::Args)]
pub struct AttackArgs {
    /// A public store or the folder of one release
    pub target: String,
    /// The month, with what bears on it [default: everything that the store has]
    #[arg(long)]
    pub month: Option<Month>,
    /// The vault that published it: organisations that know their own searches attack too
    #[arg(long, value_name = "DIR")]
    pub vault: Option<PathBuf>,
    /// Say the values that fall. Private
    #[arg(long)]
    pub reveal: bool,
}

/// `explain`.
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// The dataset: demande_territoires
    pub dataset: String,
    /// The cell: period/territory/category/outcome; `brutes` as the outcome names gross searches
    pub cell: String,
    /// The private folder
    #[arg(long, value_name = "DIR")]
    pub vault: Option<PathBuf>,
    /// Settings [default: ./solidata.toml when it is there]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Threads [default: the machine's cores]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// `gc`.
#[derive(Debug, clap::Args)]
pub struct GcArgs {
    /// Only say what would be removed
    #[arg(long)]
    pub dry_run: bool,
    /// Where both are
    #[command(flatten)]
    pub at: PlaceArgs,
}

/// `publish`.
#[derive(Debug, clap::Args)]
pub struct PublishArgs {
    /// Show the current release on the portal of [datagouv] in the settings
    #[arg(long)]
    pub datagouv: bool,
    /// Only print what differs on the portal
    #[arg(long, requires = "datagouv")]
    pub dry_run: bool,
    /// Put right what someone changed on the portal by hand
    #[arg(long, requires = "datagouv")]
    pub mend: bool,
    /// Where both are
    #[command(flatten)]
    pub at: PlaceArgs,
    /// Folder that holds `datasets/` and `sql/`, for the portal's ids in dataset.toml [default: those the program was built with]
    #[arg(long, value_name = "DIR")]
    pub project: Option<PathBuf>,
}

/// `status`.
#[derive(Debug, clap::Args)]
pub struct StatusArgs {
    /// Compare the portal of [datagouv] in the settings with the current release instead
    #[arg(long)]
    pub datagouv: bool,
    /// Folder that holds `datasets/` and `sql/`, for the portal's ids in dataset.toml [default: those the program was built with]
    #[arg(long, value_name = "DIR", requires = "datagouv")]
    pub project: Option<PathBuf>,
    /// Where both are
    #[command(flatten)]
    pub at: PlaceArgs,
}
