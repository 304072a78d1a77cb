use crate::{PortalError, Result};
use reqwest::header::HeaderValue;
use std::fmt;

/// The variable with the key of the portal's API. There is no argument for it: others can see the arguments of a program.
pub const API_KEY: &str = "DATAGOUV_API_KEY";

/// The key of the portal's API. It is never printed.
#[derive(Clone)]
pub struct ApiKey(HeaderValue);

impl ApiKey {
    /// The key of a text.
    ///
    /// # Errors
    /// [`PortalError::Key`] when it is empty, or has characters that no key has.
    pub fn new(text: &str) -> Result<Self> {
        let wrong = |detail: &str| PortalError::Key { variable: API_KEY, detail: detail.into() };
        let text = text.trim();
        if text.is_empty() {
            return Err(wrong("it is empty: write the key that the portal shows under your account, \"Clé d'API\""));
        }
        let mut value = HeaderValue::from_str(text).map_err(|_| wrong("this is no key: it has a character that none has"))?;
        value.set_sensitive(true);
        Ok(Self(value))
    }

    /// The error of one who has none.
    pub fn missing() -> PortalError {
        let detail =
            "set it to the key that the portal shows under your account, \"Clé d'API\"; demo.data.gouv.fr has keys of its own".into();
        PortalError::Key { variable: API_KEY, detail }
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_in_no_text() {
        let key = ApiKey::new(" s3cret\n").unwrap();
        assert!(!format!("{key:?} {:?}", key.header()).contains("s3cret"));
        for bad in ["", "  ", "a\nb"] {
            assert!(!ApiKey::new(bad).unwrap_err().to_string().contains('\n'));
        }
    }
}
