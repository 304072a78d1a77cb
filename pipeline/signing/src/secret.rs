use crate::{
    PublicKey, Result, SigningError,
    files::read_file,
    public::{check_comment, id_text, write_signature},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use blake2::{Blake2b512, Digest};
use ring::signature::Ed25519KeyPair;
use std::{fmt, fs, path::Path};

/// Where the key lies in a secret key of minisign: behind two letters each for three algorithms, the salt (32) and two limits (8 each); its id, then
/// the seed and the public key.
const LIMITS: usize = 2 + 2 + 2 + 32;
const ID: usize = LIMITS + 8 + 8;
const SEED: usize = ID + 8;
const PUBLIC: usize = SEED + 32;
/// And behind it a checksum of 32.
const KEY_MAX: usize = PUBLIC + 32 + 32;

/// The most work and memory that a key file may ask for before its password is tried; minisign asks for an eighth of the one and for all of the other. A
/// damaged file could ask for more than any machine has.
const WORK_MAX: u64 = 1 << 28;
const MEMORY_MAX: u64 = 1 << 30;

/// A secret key of minisign, open. It signs, and never shows itself.
pub struct SecretKey {
    pair: Ed25519KeyPair,
    id: [u8; 8],
    public: PublicKey,
}

impl SecretKey {
    /// Reads the text of a secret key file, which was made with a password or without. A password that is not needed is not looked at.
    ///
    /// # Errors
    /// [`SigningError::SecretKey`], [`SigningError::PasswordNeeded`] or [`SigningError::Password`].
    pub fn read(text: &str, password: Option<&str>) -> Result<Self> {
        let encoded = text.lines().nth(1).ok_or(SigningError::SecretKey)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| SigningError::SecretKey)?;
        let limit = |at: usize| bytes.get(at..)?.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes));
        if bytes.len() > KEY_MAX
            || limit(LIMITS).is_none_or(|work| work > WORK_MAX)
            || limit(LIMITS + 8).is_none_or(|bytes| bytes > MEMORY_MAX)
        {
            return Err(SigningError::SecretKey);
        }
        match (bytes.get(..2), bytes.get(2..4), password) {
            // Debian's minisign leaves out the checksum that the `minisign` crate insists on.
            (Some(b"Ed"), Some([0, 0]), _) => Self::open(&bytes),
            (Some(b"Ed"), Some(b"Sc"), Some(password)) => {
                let opened = minisign::SecretKeyBox::from(text.to_owned()).into_secret_key(Some(password.to_owned()));
                let opened = opened.map_err(|e| match e.kind() {
                    minisign::ErrorKind::Verify => SigningError::Password,
                    _ => SigningError::SecretKey,
                })?;
                Self::open(&opened.to_bytes())
            }
            (Some(b"Ed"), Some(b"Sc"), None) => Err(SigningError::PasswordNeeded),
            _ => Err(SigningError::SecretKey),
        }
    }

    fn open(bytes: &[u8]) -> Result<Self> {
        let part = |from: usize, length: usize| bytes.get(from..from + length).ok_or(SigningError::SecretKey);
        let id: [u8; 8] = part(ID, 8)?.try_into().map_err(|_| SigningError::SecretKey)?;
        let public: [u8; 32] = part(PUBLIC, 32)?.try_into().map_err(|_| SigningError::SecretKey)?;
        let pair = Ed25519KeyPair::from_seed_and_public_key(part(SEED, 32)?, &public).map_err(|_| SigningError::SecretKey)?;
        Ok(Self { pair, id, public: PublicKey::new(id, public) })
    }

    /// As [`SecretKey::read`], from a file that nobody else may read.
    ///
    /// # Errors
    /// When it cannot be read, others may read it, or it does not open.
    pub fn load(path: &Path, password: Option<&str>) -> Result<Self> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(path).map_err(SigningError::io(path, "read"))?.permissions().mode();
            if mode & 0o077 != 0 {
                return Err(SigningError::Exposed { path: path.into() });
            }
        }
        Self::read(&read_file(path)?, password)
    }

    /// The public key that belongs to it.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs some bytes. The comment is signed too; it says what the bytes are, and never when.
    ///
    /// # Errors
    /// [`SigningError::BadComment`].
    pub fn sign(&self, bytes: &[u8], comment: &str) -> Result<String> {
        check_comment(comment)?;
        let signature = self.pair.sign(&Blake2b512::digest(bytes));
        let of_both = self.pair.sign(&[signature.as_ref(), comment.as_bytes()].concat());
        let text = write_signature(self.id, signature.as_ref(), comment, of_both.as_ref());
        // By other code than that which signed.
        self.public.verify(bytes, &text, comment)?;
        Ok(text)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", id_text(self.id))
    }
}
