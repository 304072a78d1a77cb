use crate::{PublicKey, Result, SigningError};
use minisign::KeyPair;
use std::{
    fmt, fs,
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

/// A new key, not written yet. It is in no `Debug`.
pub struct NewKey {
    secret: String,
    public: PublicKey,
}

impl NewKey {
    /// Makes a key from the machine's randomness; its secret part is encrypted when a password is given. An empty password is one.
    ///
    /// # Errors
    /// [`SigningError::Internal`] when the machine gives no randomness.
    pub fn generate(password: Option<&str>) -> Result<Self> {
        let failed = |_| SigningError::Internal("a key could not be made");
        let pair = match password {
            Some(password) => KeyPair::generate_encrypted_keypair(Some(password.to_owned())),
            None => KeyPair::generate_unencrypted_keypair(),
        };
        let pair = pair.map_err(failed)?;
        let comment = if password.is_some() { "solidata secret key, with a password" } else { "solidata secret key, without a password" };
        let secret = pair.sk.to_box(Some(comment)).map_err(failed)?.into_string();
        Ok(Self { secret, public: PublicKey::parse(&pair.pk.to_base64())? })
    }

    /// The text of the secret key file.
    pub fn secret_file(&self) -> &str {
        &self.secret
    }

    /// The public key.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Writes `NAME.key`, which only its owner may read, and `NAME.pub` into a folder, which is made. No file is ever replaced. When this returns, they
    /// survive a loss of power.
    ///
    /// # Errors
    /// [`SigningError::Exists`] when one of them is there; otherwise when the disk refuses.
    pub fn write(&self, folder: &Path, name: &str) -> Result<(PathBuf, PathBuf)> {
        let (secret, public) = (folder.join(format!("{name}.key")), folder.join(format!("{name}.pub")));
        make_private(folder)?;
        // The public key first: a secret key whose public key could not be written would be in the way of the next attempt.
        create(&public, 0o644, &self.public.to_file())?;
        create(&secret, 0o600, &self.secret)?;
        sync_names(folder)?;
        Ok((secret, public))
    }
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewKey({})", self.public.id())
    }
}

/// The longest key file; one of minisign has 300 bytes.
const FILE_MAX: u64 = 16 << 10;

/// The text of a key file. What is longer than any, or no text, is cut or empty, and then no key.
pub(crate) fn read_file(path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    fs::File::open(path).and_then(|file| file.take(FILE_MAX).read_to_end(&mut bytes)).map_err(SigningError::io(path, "read"))?;
    Ok(String::from_utf8(bytes).unwrap_or_default())
}

/// Makes a folder that only its owner may enter; one that is there stays as it is.
fn make_private(folder: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(SigningError::io(folder, "create the folder"))
}

/// Makes the names in a folder outlast a loss of power.
fn sync_names(folder: &Path) -> Result<()> {
    #[cfg(unix)]
    fs::File::open(folder).and_then(|f| f.sync_all()).map_err(SigningError::io(folder, "sync"))?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

fn create(path: &Path, mode: u32, text: &str) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(path).map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => SigningError::Exists { path: path.into() },
        _ => SigningError::io(path, "create")(e),
    })?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(SigningError::io(path, "write"))
}
