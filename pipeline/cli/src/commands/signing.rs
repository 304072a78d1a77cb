//! The key that signs, and its password. The environment is read here for it and nowhere else.

use crate::{config::Signing, exit::CliError};
use solidata_signing::SecretKey;
use std::{env, path::Path};

/// The variable with the password of the key. There is no argument for it: others can see the arguments of a program.
pub const PASSWORD: &str = "SOLIDATA_SIGNING_PASSWORD";
/// The variable with the password of a new key, when it is to be another one.
pub const NEW_PASSWORD: &str = "SOLIDATA_NEW_SIGNING_PASSWORD";

/// The key of the settings, open; none when they name none.
///
/// # Errors
/// When it cannot be read or does not open.
pub fn signer(signing: &Signing) -> Result<Option<SecretKey>, CliError> {
    match &signing.key {
        None => Ok(None),
        Some(path) => Ok(Some(SecretKey::load(path, password(signing)?.as_deref())?)),
    }
}

/// The password of a key that is made; none when it is to have none, which must be said.
///
/// # Errors
/// When there is neither a password nor `--no-password`, or both.
pub fn new_password(signing: &Signing, without: bool) -> Result<Option<String>, CliError> {
    let password = match variable(NEW_PASSWORD)? {
        Some(password) => Some(password),
        None => password(signing)?,
    };
    match (password, without) {
        (Some(password), false) => Ok(Some(password)),
        (None, true) => Ok(None),
        (Some(_), true) => Err(CliError::Usage("a password is set, and --no-password says that the key has none: leave one out".into())),
        (None, false) => Err(CliError::Usage(format!(
            "give the password of the new key in the environment variable {PASSWORD} or in the file of [signing] password_file, or say --no-password"
        ))),
    }
}

fn password(signing: &Signing) -> Result<Option<String>, CliError> {
    match (variable(PASSWORD)?, &signing.password_file) {
        (Some(password), _) => Ok(Some(password)),
        (None, Some(path)) => from_file(path).map(Some),
        (None, None) => Ok(None),
    }
}

fn variable(name: &str) -> Result<Option<String>, CliError> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(CliError::Usage(format!("{name} is not UTF-8"))),
    }
}

/// The first line of a file.
fn from_file(path: &Path) -> Result<String, CliError> {
    let text =
        std::fs::read_to_string(path).map_err(|e| CliError::Usage(format!("{}: {e}; check [signing] password_file", path.display())))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
