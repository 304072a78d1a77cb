//! Which country a clue names.

use crate::geography::Geography;
use crate::territory::Country;
use crate::text::{Key, said};

/// Reads a code of `pays.csv`.
pub(crate) fn country_code(code: &str) -> Option<Country> {
    [Country::France, Country::Spain, Country::Andorra, Country::Other].into_iter().find(|country| country.as_str() == code)
}

impl Geography {
    /// The country that a text names: an ISO code or a name in French, English or its own language, overseas codes being France.
    /// [`Country::Unknown`] for a text that names none; `None` when there is no text.
    pub fn country(&self, text: Option<&str>) -> Option<Country> {
        match said(text)? {
            "fr" | "France" => Some(Country::France),
            "es" => Some(Country::Spain),
            "ad" => Some(Country::Andorra),
            other => Some(self.countries.only((), &Key::new(other)).unwrap_or(Country::Unknown)),
        }
    }
}
