use crate::CatalogueError;
use crate::iri::Iri;
use serde::{Deserialize, Serialize};

/// What the store cannot say of itself: where it is reached, and who answers for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The public address of the store's root, as everyone reads it: `https://…`, without query.
    pub base_url: String,
    /// A page for people about the data; none when there is no other than the catalogue.
    #[serde(default)]
    pub landing_page: Option<String>,
    /// Who publishes.
    #[serde(default)]
    pub publisher: Publisher,
    /// Whom to write to.
    #[serde(default)]
    pub contact: Contact,
    /// The authority of the feed's `tag:` URIs ([RFC 4151](https://www.rfc-editor.org/rfc/rfc4151)): a domain of the publisher, and a year in which it was so.
    /// It must never change: the identifiers of the feed hold it.
    #[serde(default = "tag_authority")]
    pub tag_authority: String,
}

/// Who publishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Publisher {
    /// Its name.
    pub name: String,
    /// Its home page.
    pub homepage: String,
}

/// Whom to write to. One of the two ways is enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Contact {
    /// The name of a team, never of a person.
    pub name: String,
    /// An e-mail address.
    pub email: Option<String>,
    /// The address of a form.
    pub form: Option<String>,
}

impl Default for Publisher {
    fn default() -> Self {
        Self { name: "Solinum".into(), homepage: "https://www.solinum.org/".into() }
    }
}

impl Default for Contact {
    fn default() -> Self {
        Self { name: "Solinum, équipe Solidata".into(), email: None, form: Some("https://soliguide.fr/fr/contact".into()) }
    }
}

fn tag_authority() -> String {
    "soliguide.fr,2024".into()
}

impl Settings {
    /// Those of a store that is reached at an address; everything else as it is for Solinum.
    pub fn at(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            landing_page: None,
            publisher: Publisher::default(),
            contact: Contact::default(),
            tag_authority: tag_authority(),
        }
    }

    /// The settings, proved to be usable.
    ///
    /// # Errors
    /// What is wrong with the first one that is not.
    pub(crate) fn addresses(&self) -> Result<Addresses, CatalogueError> {
        let setting = |setting, detail| CatalogueError::Setting { setting, detail };
        let web = |name, text: &str| {
            let iri = Iri::parse(text)?;
            let scheme = text.starts_with("https://") || text.starts_with("http://");
            if scheme { Ok(iri) } else { Err(setting(name, "must begin with https:// or http://")) }
        };
        let base = web("base_url", self.base_url.trim_end_matches('/'))?;
        if base.as_str().contains(['?', '#']) {
            return Err(setting("base_url", "must have neither ? nor #: a file's path is put behind it"));
        }
        let email = self.contact.email.as_deref().map(|email| Iri::parse(&format!("mailto:{email}"))).transpose()?;
        let form = self.contact.form.as_deref().map(|form| web("contact.form", form)).transpose()?;
        if email.is_none() && form.is_none() {
            return Err(setting("contact", "has neither `email` nor `form`: give one of them"));
        }
        let (domain, since) = self.tag_authority.split_once(',').unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let tagged =
            !domain.is_empty() && domain.chars().all(plain) && !since.is_empty() && since.chars().all(|c| c.is_ascii_digit() || c == '-');
        if !tagged {
            return Err(setting("tag_authority", "must be a domain, a comma and a year, such as exemple.fr,2024"));
        }
        Ok(Addresses {
            base,
            landing_page: self.landing_page.as_deref().map(|page| web("landing_page", page)).transpose()?,
            homepage: web("publisher.homepage", &self.publisher.homepage)?,
            email,
            form,
        })
    }
}

/// The addresses of [`Settings`].
#[derive(Debug, Clone)]
pub(crate) struct Addresses {
    pub base: Iri,
    pub landing_page: Option<Iri>,
    pub homepage: Iri,
    pub email: Option<Iri>,
    pub form: Option<Iri>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_be_used_are_refused() {
        assert_eq!(Settings::at("https://exemple.fr/solidata/").addresses().unwrap().base.as_str(), "https://exemple.fr/solidata");
        let said = |change: &dyn Fn(&mut Settings)| {
            let mut settings = Settings::at("https://exemple.fr");
            change(&mut settings);
            settings.addresses().unwrap_err().to_string()
        };
        assert!(said(&|s| s.base_url = "s3://bucket/solidata".into()).contains("https://"));
        assert!(said(&|s| s.base_url = "exemple.fr".into()).contains("no address"));
        assert!(said(&|s| s.base_url = "https://exemple.fr/?a=b".into()).contains("neither"));
        assert!(said(&|s| s.contact.form = None).contains("give one"));
        assert!(said(&|s| s.contact.email = Some("a b".into())).contains("no address"));
        assert!(said(&|s| s.tag_authority = "exemple.fr".into()).contains("a year"));
        assert!(said(&|s| s.publisher.homepage = "mailto:a@b".into()).contains("https://"));
    }
}
