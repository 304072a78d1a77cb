/// Why a store cannot be described.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// A text that must be an address is none.
    #[error("'{0}' is no address: write it in full, such as https://exemple.fr/solidata, without spaces")]
    Address(String),
    /// A setting cannot be used.
    #[error("the setting {setting} of the catalogue {detail}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What is wrong with it, and what to write.
        detail: &'static str,
    },
    /// The index names a release that is not withdrawn, and its manifest was not given.
    #[error("the manifest of {prefix} is missing")]
    Manifest {
        /// The release.
        prefix: String,
    },
    /// A table names a schema, and the release has none, or it was not given.
    #[error("{prefix}: the schema of {path} is missing")]
    Schema {
        /// The release.
        prefix: String,
        /// The table.
        path: String,
    },
    /// A table schema is not of the form that this program publishes.
    #[error("{prefix}/{path} is no table schema: {detail}")]
    Form {
        /// The release.
        prefix: String,
        /// The schema.
        path: String,
        /// What the parser says.
        detail: String,
    },
    /// A document could not be written as JSON.
    #[error("a document cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    /// A document could not be written as XML.
    #[error("the feed cannot be written: {0}")]
    Xml(#[from] std::io::Error),
}
