//! From an address and the environment to a store.

use super::{
    Kind, PublicStore,
    folder::{FolderStore, absolute},
    put::Sizes,
    retry::{self, Retries},
    retrying::Retrying,
    secrets::{Secrets, hide_addresses},
};
use crate::{Result, StoreError};
use object_store::{ClientConfigKey, ClientOptions, ObjectStore, aws, azure, gcp, http::HttpBuilder, memory::InMemory, path::Path as Key};
use std::{path::Path, sync::Arc, time::Duration};
use url::Url;

/// Well longer than a write is under way with all its repetitions.
const PATIENCE: Duration = Duration::from_secs(600);
const _: () = assert!(retry::UNDER_WAY.as_secs() * 3 / 2 < PATIENCE.as_secs());

/// The variable with the day that changes of an index are given; without it they have none.
pub const DAY: &str = "SOLIDATA_DAY";

/// The address forms that [`PublicStore::open`] knows, for messages.
const FORMS: &str = "write a folder, file://…, s3://bucket/…, gs://bucket/…, az://container/…, or https://… to read";

impl PublicStore {
    /// The store at an address: a folder (plain path or `file://`), `s3://`, `gs://`, `az://`, `memory://`, or `http(s)://` for reading only.
    ///
    /// `vars` is the environment, such as `std::env::vars()`: the usual `AWS_*`, `GOOGLE_*` and `AZURE_*` variables are read from it, [`DAY`], and nothing
    /// else. Nothing is written; a folder that is missing is made by the first write.
    ///
    /// # Errors
    /// [`StoreError::Location`] when the address or a variable is not understood.
    pub fn open(location: &str, vars: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let vars: Vec<(String, String)> = vars.into_iter().collect();
        let mut store = Self::open_as_it_is(location, &vars)?;
        if let Some((_, day)) = vars.iter().find(|(name, _)| name == DAY) {
            let wrong = |_| StoreError::Location { location: redacted(location), detail: format!("{DAY} is no day such as 2026-11-29") };
            store.today = Some(day.parse().map_err(wrong)?);
        }
        #[cfg(feature = "faults")]
        if let Some((_, plan)) = vars.iter().find(|(name, _)| name == "SOLIDATA_FAULTS") {
            return store.with_faults_of(plan);
        }
        Ok(store)
    }

    fn open_as_it_is(location: &str, vars: &[(String, String)]) -> Result<Self> {
        let Some((scheme, _)) = location.split_once("://") else { return Self::folder(Path::new(location)) };
        let secrets = Secrets::of(vars);
        let wrong = |detail: String| StoreError::Location { location: redacted(location), detail: secrets.hide(&detail) };
        let url = Url::parse(location).map_err(|e| wrong(format!("not an address ({e}): {FORMS}")))?;
        // What stands before `@` is the container of a data lake there, and nowhere else.
        let user = !url.username().is_empty() && !matches!(scheme, "adl" | "azure" | "abfs" | "abfss");
        if user || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("an address has no user, password, query or fragment: put credentials in the environment".into()));
        }
        let root = Key::from_url_path(url.path()).map_err(|e| wrong(e.to_string()))?;
        let address = location.trim_end_matches('/').to_owned();
        let failed = |e: object_store::Error| wrong(format!("{e}: check the address and the variables of this store"));
        let (objects, kind): (Arc<dyn ObjectStore>, Kind) = match scheme {
            "file" => {
                let path = url.to_file_path().map_err(|()| wrong("write file:///absolute/path, or the path alone".into()))?;
                return Self::folder(&path);
            }
            "memory" => (Arc::new(InMemory::new()), Kind::Local),
            "s3" | "s3a" => (Arc::new(s3(&url, vars).map_err(failed)?), Kind::Remote),
            "gs" => (Arc::new(gcs(&url, vars).map_err(failed)?), Kind::Remote),
            "az" | "adl" | "azure" | "abfs" | "abfss" => (Arc::new(azure(&url, vars).map_err(failed)?), Kind::Remote),
            "http" | "https" => {
                let base = &url[..url::Position::BeforePath];
                let options = client_options("", vars, scheme == "http");
                let web = HttpBuilder::new().with_url(base).with_client_options(options).with_retry(retry::inner());
                (Arc::new(web.build().map_err(failed)?), Kind::Web)
            }
            _ => return Err(wrong(format!("'{scheme}' is no kind of store that is known: {FORMS}"))),
        };
        Ok(Self { root, secrets: secrets.clone(), ..Self::over(objects, address, kind) })
    }

    /// The store in a folder of this machine.
    ///
    /// # Errors
    /// [`StoreError::Location`] when there is a file in its place.
    pub fn folder(dir: &Path) -> Result<Self> {
        let wrong = |detail: String| StoreError::Location { location: dir.display().to_string(), detail };
        let root = absolute(dir).map_err(|e| wrong(format!("this folder cannot be found: {e}")))?;
        if root.exists() && !root.is_dir() {
            return Err(wrong("this is a file: name a folder".into()));
        }
        let store = FolderStore::new(root);
        let lock = store.lock();
        // Whoever has the folder's lock knows that nobody else is alive here.
        Ok(Self { lock: Some(lock), patience: Duration::ZERO, ..Self::over(Arc::new(store), dir.display().to_string(), Kind::Local) })
    }

    /// An empty store in memory, for tests.
    pub fn memory() -> Self {
        Self::over(Arc::new(InMemory::new()), "memory://".into(), Kind::Local)
    }

    /// Whether a folder store's folder is there; `true` for every other kind.
    pub fn exists(&self) -> bool {
        self.lock.as_ref().is_none_or(|lock| lock.root().is_dir())
    }

    pub(super) fn over(plain: Arc<dyn ObjectStore>, address: String, kind: Kind) -> Self {
        let retries = Retries::default();
        let objects = Arc::new(Retrying::new(Arc::clone(&plain), retries.clone()));
        Self {
            objects,
            #[cfg(any(test, feature = "faults"))]
            plain,
            retries,
            root: Key::default(),
            address,
            kind,
            lock: None,
            turn: Arc::default(),
            sizes: Sizes::default(),
            patience: PATIENCE,
            secrets: Secrets::default(),
            today: None,
        }
    }

    /// The same store with a wrapper beneath what asks again, and other retries. What wraps it already is left out.
    #[cfg(any(test, feature = "faults"))]
    pub(super) fn beneath(&self, retries: Retries, wrap: impl FnOnce(Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore>) -> Self {
        let plain = wrap(Arc::clone(&self.plain));
        let objects = Arc::new(Retrying::new(Arc::clone(&plain), retries.clone()));
        Self { objects, plain, retries, ..self.clone() }
    }

    /// The same store behind a wrapper that keeps its conditions.
    pub(crate) fn wrapped(&self, wrap: impl FnOnce(Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore>) -> Self {
        Self { objects: wrap(Arc::clone(&self.objects)), ..self.clone() }
    }
}

fn s3(url: &Url, vars: &[(String, String)]) -> object_store::Result<aws::AmazonS3> {
    // An endpoint that is written with http:// is meant so.
    let plain = vars.iter().any(|(k, v)| k.to_ascii_lowercase().starts_with("aws_endpoint") && v.starts_with("http://"));
    let mut builder = aws::AmazonS3Builder::new()
        .with_client_options(client_options("aws_", vars, plain))
        .with_retry(retry::inner())
        .with_copy_if_not_exists(aws::S3CopyIfNotExists::Multipart)
        .with_url(url.as_str());
    for (key, value) in settings("aws_", vars) {
        if let Ok(key) = key.parse() {
            builder = builder.with_config(key, value);
        }
    }
    builder.build()
}

fn gcs(url: &Url, vars: &[(String, String)]) -> object_store::Result<gcp::GoogleCloudStorage> {
    let plain = vars.iter().any(|(k, v)| k == "GOOGLE_BASE_URL" && v.starts_with("http://"));
    let mut builder = gcp::GoogleCloudStorageBuilder::new()
        .with_client_options(client_options("google_", vars, plain))
        .with_retry(retry::inner())
        .with_url(url.as_str());
    for (key, value) in settings("google_", vars) {
        if let Ok(key) = key.parse() {
            builder = builder.with_config(key, value);
        }
    }
    if let Some((_, path)) = vars.iter().find(|(k, _)| k == "SERVICE_ACCOUNT") {
        builder = builder.with_service_account_path(path);
    }
    builder.build()
}

fn azure(url: &Url, vars: &[(String, String)]) -> object_store::Result<azure::MicrosoftAzure> {
    let plain =
        vars.iter().any(|(k, v)| k.to_ascii_lowercase().ends_with("endpoint") && k.starts_with("AZURE_") && v.starts_with("http://"));
    let mut builder = azure::MicrosoftAzureBuilder::new()
        .with_client_options(client_options("azure_", vars, plain))
        .with_retry(retry::inner())
        .with_url(url.as_str());
    for (key, value) in settings("azure_", vars) {
        if let Ok(key) = key.parse() {
            builder = builder.with_config(key, value);
        }
    }
    builder.build()
}

/// The variables of one provider, lower-cased, sorted so that the last one to be applied does not depend on the environment's order.
fn settings<'a>(prefix: &'a str, vars: &'a [(String, String)]) -> impl Iterator<Item = (String, &'a str)> {
    let mut found: Vec<_> =
        vars.iter().map(|(k, v)| (k.to_ascii_lowercase(), v.as_str())).filter(|(k, v)| k.starts_with(prefix) && !v.is_empty()).collect();
    found.sort();
    found.into_iter()
}

/// Time limits and media types. The media type goes by the name's ending, so that it also holds for copies, which keep no attributes on S3.
fn client_options(prefix: &str, vars: &[(String, String)], plain: bool) -> ClientOptions {
    let options = ClientOptions::new().with_allow_http(plain).with_default_content_type("text/plain; charset=utf-8");
    let mut options = retry::time_limits(options);
    for (ending, media) in MEDIA {
        options = options.with_content_type_for_suffix(*ending, *media);
    }
    if !prefix.is_empty() {
        for (key, value) in settings(prefix, vars) {
            if let Some(key) = key.strip_prefix(prefix).and_then(|k| k.parse::<ClientConfigKey>().ok()) {
                options = options.with_config(key, value);
            }
        }
    }
    options
}

/// Media types by ending.
const MEDIA: &[(&str, &str)] = &[
    ("csv", "text/csv; charset=utf-8"),
    ("parquet", "application/vnd.apache.parquet"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("geojson", "application/geo+json"),
    // No content encoding: a browser would store the text under the name of the archive.
    ("gz", "application/gzip"),
    ("json", "application/json"),
    ("jsonld", "application/ld+json"),
    ("md", "text/markdown; charset=utf-8"),
    ("sql", "text/plain; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("xml", "application/xml"),
];

/// An address that may be printed: what stands before `@`, or behind `?` and `#`, may be a secret.
fn redacted(location: &str) -> String {
    let plain = location.split(['?', '#']).next().unwrap_or_default();
    hide_addresses(plain)
}
