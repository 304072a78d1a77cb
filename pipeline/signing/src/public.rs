use crate::{Result, SigningError, files::read_file};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{fmt, path::Path};

const UNTRUSTED: &str = "untrusted comment: ";
const TRUSTED: &str = "trusted comment: ";
/// The algorithm of a key and of a legacy signature, and that of a prehashed signature, as minisign writes them.
const ED25519: [u8; 2] = *b"Ed";
const PREHASHED: [u8; 2] = *b"ED";
/// The longest trusted comment; minisign itself takes some more.
const COMMENT_MAX: usize = 500;
/// A signature with the longest comments that are accepted is shorter.
const SIGNATURE_MAX: usize = 2_000;

/// A public key of minisign.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    id: [u8; 8],
    key: [u8; 32],
}

impl PublicKey {
    pub(crate) fn new(id: [u8; 8], key: [u8; 32]) -> Self {
        Self { id, key }
    }

    /// Reads a public key: its 56 characters, or the two lines of a public key file.
    ///
    /// # Errors
    /// [`SigningError::PublicKey`] when it is none.
    pub fn parse(text: &str) -> Result<Self> {
        let line = match text.trim_end().split_once('\n') {
            Some((comment, line)) if comment.starts_with(UNTRUSTED) => line,
            Some(_) => return Err(SigningError::PublicKey),
            None => text.trim(),
        };
        let bytes = STANDARD.decode(line).map_err(|_| SigningError::PublicKey)?;
        let (algorithm, rest) = bytes.split_first_chunk::<2>().ok_or(SigningError::PublicKey)?;
        let (id, key) = rest.split_first_chunk::<8>().ok_or(SigningError::PublicKey)?;
        let key: [u8; 32] = key.try_into().map_err(|_| SigningError::PublicKey)?;
        if *algorithm == ED25519 { Ok(Self { id: *id, key }) } else { Err(SigningError::PublicKey) }
    }

    /// As [`PublicKey::parse`], or from the file of that name.
    ///
    /// # Errors
    /// When it is neither a public key nor a file with one.
    pub fn parse_or_load(text_or_path: &str) -> Result<Self> {
        match Self::parse(text_or_path) {
            Ok(key) => Ok(key),
            Err(_) if !Path::new(text_or_path).exists() => Err(SigningError::PublicKey),
            Err(_) => Self::parse(&read_file(Path::new(text_or_path))?),
        }
    }

    /// Its id, as minisign prints it: 16 hexadecimal digits.
    pub fn id(&self) -> String {
        id_text(self.id)
    }

    /// The text of a public key file.
    pub fn to_file(&self) -> String {
        format!("{UNTRUSTED}minisign public key {}\n{self}\n", self.id())
    }

    /// Verifies a signature of some bytes; its trusted comment must be `comment`.
    ///
    /// # Errors
    /// [`SigningError::Form`], [`SigningError::OtherKey`], [`SigningError::Comment`] or [`SigningError::Forged`].
    pub fn verify(&self, bytes: &[u8], signature: &str, comment: &str) -> Result<()> {
        let found = read_signature(signature)?;
        if found.key_id != self.id {
            return Err(SigningError::OtherKey { wanted: self.id(), found: id_text(found.key_id) });
        }
        if found.comment != comment {
            return Err(SigningError::Comment { wanted: comment.into() });
        }
        let key = minisign_verify::PublicKey::from_base64(&self.to_string()).map_err(|_| SigningError::PublicKey)?;
        let signature = minisign_verify::Signature::decode(signature).map_err(|_| SigningError::Form)?;
        key.verify(bytes, &signature, false).map_err(|_| SigningError::Forged)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode([&ED25519[..], &self.id, &self.key].concat()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// minisign reads the id as a little-endian number.
pub(crate) fn id_text(id: [u8; 8]) -> String {
    format!("{:016X}", u64::from_le_bytes(id))
}

pub(crate) fn check_comment(comment: &str) -> Result<()> {
    if comment.len() <= COMMENT_MAX && is_printable(comment) { Ok(()) } else { Err(SigningError::BadComment) }
}

/// The four lines of a signature.
pub(crate) fn write_signature(key_id: [u8; 8], signature: &[u8], comment: &str, of_both: &[u8]) -> String {
    let first = STANDARD.encode([&PREHASHED[..], &key_id, signature].concat());
    format!("{UNTRUSTED}signature of the solidata key {}\n{first}\n{TRUSTED}{comment}\n{}\n", id_text(key_id), STANDARD.encode(of_both))
}

struct Found<'a> {
    key_id: [u8; 8],
    comment: &'a str,
}

/// Programs read signatures more or less strictly; here everything is refused that one of them might read otherwise.
fn read_signature(text: &str) -> Result<Found<'_>> {
    let lines: Vec<&str> = text.split('\n').collect();
    let [untrusted, first, trusted, second, ""] = lines[..] else { return Err(SigningError::Form) };
    let plain = text.len() <= SIGNATURE_MAX && [untrusted, first, trusted, second].into_iter().all(is_printable);
    let comment = trusted.strip_prefix(TRUSTED).filter(|comment| comment.len() <= COMMENT_MAX);
    let (true, true, Some(comment)) = (plain, untrusted.starts_with(UNTRUSTED), comment) else { return Err(SigningError::Form) };
    let [first, second] = [first, second].map(|line| STANDARD.decode(line).unwrap_or_default());
    let (algorithm, rest) = first.split_first_chunk::<2>().ok_or(SigningError::Form)?;
    let (key_id, signature) = rest.split_first_chunk::<8>().ok_or(SigningError::Form)?;
    if *algorithm == PREHASHED && signature.len() == 64 && second.len() == 64 {
        Ok(Found { key_id: *key_id, comment })
    } else {
        Err(SigningError::Form)
    }
}

fn is_printable(line: &str) -> bool {
    line.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
}
