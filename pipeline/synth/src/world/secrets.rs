//! Planted secrets. Each holds a random token that occurs in no public field, so that a leak is found by looking for the token.

use crate::rng::Rng;

/// One planted string.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Secret {
    /// What it imitates: `courriel`, `adresse`, `mot`...
    #[serde(rename = "nature")]
    pub kind: &'static str,
    /// The string as it stands in the documents (or the part of it that is constant).
    #[serde(rename = "valeur")]
    pub value: String,
    /// The random part.
    #[serde(rename = "jeton")]
    pub token: String,
}

/// The list of all planted strings, in the order of planting.
#[derive(Debug, Clone, Default)]
pub(crate) struct Secrets(pub Vec<Secret>);

impl Secrets {
    /// Records a string and gives it back. `token` must be part of it.
    pub(crate) fn plant(&mut self, kind: &'static str, value: String, token: &str) -> String {
        self.0.push(Secret { kind, value: value.clone(), token: token.to_owned() });
        value
    }
}

/// Ten letters and digits. The first is none of the hexadecimal digits, so that no digest can hold a token; all survive lower-casing,
/// slugs and the folding of accents.
pub(crate) fn token(rng: &mut Rng) -> String {
    const FIRST: &[u8] = b"ghjkmnpqrstvwxyz";
    const OTHERS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut out = String::with_capacity(10);
    out.push(char::from(*rng.pick(FIRST)));
    for _ in 0..9 {
        out.push(char::from(*rng.pick(OTHERS)));
    }
    out
}
