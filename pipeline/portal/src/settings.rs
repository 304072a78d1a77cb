//! `[datagouv]` of `solidata.toml`: as it is written, and as it may be used.

use crate::{PortalError, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use url::{Host, Url};

/// `[datagouv]`, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// The API of the portal, version 1.
    pub url: String,
    /// Id of the organisation that publishes.
    pub organization: Option<String>,
    /// Where everyone reads the public store.
    pub base_url: Option<String>,
    /// Which address of a file is registered.
    pub address: Address,
    /// Whether each month's own files are registered too.
    pub updates: bool,
    /// The zone that the data covers.
    pub zone: String,
    /// Keywords.
    pub tags: Vec<String>,
    /// An e-mail or web address for readers.
    pub contact: Option<String>,
    /// Id of a contact point of the organisation.
    pub contact_point: Option<String>,
    /// Names in the catalogue of schemas, by dataset.
    pub schemas: BTreeMap<String, String>,
}

/// Which address of a file is registered as the resource's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Address {
    /// `latest/data/…`: it never changes. Between the publication of a month and the update of the portal, it leads to the new file while the portal
    /// still shows the digest of the old one.
    Latest,
    /// `releases/…/data/…`: file and digest always agree. The address changes each month; the resource's id and permanent link do not.
    Release,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            url: "https://www.data.gouv.fr/api/1".into(),
            organization: None,
            base_url: None,
            address: Address::Latest,
            updates: false,
            zone: "country:fr".into(),
            tags: ["action-sociale", "insertion", "precarite", "solidarite"].map(str::to_owned).into(),
            contact: None,
            contact_point: None,
            schemas: BTreeMap::new(),
        }
    }
}

/// Settings that may be used.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The API, without a slash at its end.
    pub(crate) url: Url,
    pub(crate) organization: String,
    /// Without a slash at its end.
    pub(crate) base_url: String,
    pub(crate) address: Address,
    pub(crate) updates: bool,
    pub(crate) zone: String,
    pub(crate) tags: Vec<String>,
    pub(crate) contact: Option<String>,
    pub(crate) contact_point: Option<String>,
    pub(crate) schemas: BTreeMap<String, String>,
}

impl Settings {
    /// Settings that may be used, out of what is written.
    ///
    /// # Errors
    /// [`PortalError::Setting`] when one is missing, or cannot be: an address without `https`, a keyword that the portal would write otherwise.
    pub fn new(options: Options) -> Result<Self> {
        let wrong = |setting, detail: &str| PortalError::Setting { setting, detail: detail.into() };
        let url = address("url", &options.url)?;
        let organization = options.organization.filter(|id| !id.trim().is_empty()).ok_or_else(|| {
            wrong("organization", "write the id of the organisation that publishes; its page on the portal, under \"Technique\", shows it")
        })?;
        if !organization.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(wrong("organization", "this is no id: letters, digits and hyphens"));
        }
        let base_url = options.base_url.ok_or_else(|| {
            wrong("base_url", "write the address where everyone reads the public store, such as https://example.org/solidata")
        })?;
        let base_url = address("base_url", &base_url)?.as_str().trim_end_matches('/').to_owned();
        for tag in &options.tags {
            let plain = tag.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if !plain || !(3..=96).contains(&tag.len()) || tag.starts_with('-') || tag.ends_with('-') || tag.contains("--") {
                let detail = format!(
                    "'{tag}': 3 to 96 lower-case letters without accents, digits and single hyphens: the portal writes others otherwise"
                );
                return Err(wrong("tags", &detail));
            }
        }
        let mut tags = options.tags;
        tags.sort();
        tags.dedup();
        Ok(Self {
            url,
            organization,
            base_url,
            address: options.address,
            updates: options.updates,
            zone: options.zone,
            tags,
            contact: options.contact.filter(|text| !text.trim().is_empty()),
            contact_point: options.contact_point.filter(|id| !id.trim().is_empty()),
            schemas: options.schemas,
        })
    }

    /// The id of the organisation.
    pub fn organization(&self) -> &str {
        &self.organization
    }

    /// The portal's name: its host, and its port when it is said. Production and demonstration are told apart by it.
    pub fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

/// An address without a slash at its end. The key must not pass in clear: `http` is for this machine only.
fn address(setting: &'static str, text: &str) -> Result<Url> {
    let wrong = |detail: String| PortalError::Setting { setting, detail };
    let url = Url::parse(text.trim_end_matches('/')).map_err(|e| wrong(format!("'{text}' is no address: {e}")))?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("an address has no user, password, query or fragment".into()));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => Err(wrong(format!("'{text}' does not begin with https://"))),
    }
}

/// Whether an address leads to this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn options() -> Options {
        Options {
            url: "http://127.0.0.1:7001/api/1/".into(),
            organization: Some("5f0".into()),
            base_url: Some("https://data.example.org/solidata/".into()),
            ..Options::default()
        }
    }

    #[test]
    fn what_can_be_used() {
        let settings = Settings::new(options()).unwrap();
        assert_eq!((settings.host().as_str(), settings.base_url.as_str()), ("127.0.0.1:7001", "https://data.example.org/solidata"));
        assert_eq!(Settings::new(Options { url: Options::default().url, ..options() }).unwrap().host(), "www.data.gouv.fr");
    }

    #[test]
    fn what_cannot() {
        let fails = |change: &dyn Fn(&mut Options), setting: &str| {
            let mut options = options();
            change(&mut options);
            let error = Settings::new(options).unwrap_err();
            assert!(error.to_string().starts_with(&format!("[datagouv] {setting}: ")), "{error}");
        };
        fails(&|o| o.organization = None, "organization");
        fails(&|o| o.organization = Some("a/b".into()), "organization");
        fails(&|o| o.base_url = None, "base_url");
        fails(&|o| o.base_url = Some("http://example.org/x".into()), "base_url");
        fails(&|o| o.base_url = Some("s3://bucket/x".into()), "base_url");
        fails(&|o| o.url = "http://demo.data.gouv.fr/api/1".into(), "url");
        fails(&|o| o.url = "https://user:pass@demo.data.gouv.fr/api/1".into(), "url");
        for tag in ["Emploi", "précarité", "ab", "a--b"] {
            fails(&|o| o.tags = vec![tag.into()], "tags");
        }
    }
}
