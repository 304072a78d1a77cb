use super::signing;
use crate::{args::KeygenArgs, config::Config, exit::CliError, output::Output};
use serde::Serialize;
use solidata_signing::{NewKey, SecretKey};
use solidata_store::{PublicStore, Vault, release::rotate};
use std::path::{Path, PathBuf};

#[derive(Serialize)]
struct Made {
    key_id: String,
    public_key: String,
    secret_key_file: PathBuf,
    /// The store whose index the new key signed, and the counter from which on it signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    rotated: Option<(String, u64)>,
}

/// `solidata keygen`
///
/// # Errors
/// When a key of that name is there, no password was given, or the store does not take the new key.
pub async fn keygen(args: KeygenArgs, output: &Output) -> Result<(), CliError> {
    let config = Config::load(args.config.as_deref())?;
    let vault = args.vault.unwrap_or(config.vault);
    let password = signing::new_password(&config.signing, args.no_password)?;
    // The folder is a vault before there is a key in it, and no run is at work while the key changes.
    let held = Vault::open(&vault)?;
    let folder = held.root().join("signing");
    let path = folder.join(format!("{}.key", args.name));
    // A rotation that failed left the new key: the same command goes on with it.
    let key = if args.rotate && path.exists() {
        SecretKey::load(&path, password.as_deref())?
    } else {
        make(&folder, &args.name, password.as_deref())?
    };
    let rotated = match args.rotate {
        false => None,
        true => {
            let old = signing::signer(&config.signing)?;
            let old = old.ok_or_else(|| CliError::Usage("name the key that signs now in solidata.toml: [signing] key".into()))?;
            let store = PublicStore::open(&args.public.unwrap_or(config.public), super::store_options())?;
            let index = rotate(&store, &old, &key).await?;
            Some((store.address().to_owned(), index.counter))
        }
    };
    let made = Made { key_id: key.public().id(), public_key: key.public().to_string(), secret_key_file: path, rotated };
    output.outcome(&made, || words(&made))
}

fn make(folder: &Path, name: &str, password: Option<&str>) -> Result<SecretKey, CliError> {
    let made = NewKey::generate(password)?;
    made.write(folder, name)?;
    Ok(SecretKey::read(made.secret_file(), password)?)
}

fn words(made: &Made) -> String {
    let file = made.secret_key_file.display();
    let rotated = match &made.rotated {
        Some((store, counter)) => format!("{store}: this key signs from change {counter} of index.json on\n"),
        None => String::new(),
    };
    format!(
        "key {}\npublic key {}\n{rotated}secret key {file}: keep two copies of it and of its password apart from this machine\n\
         Name it in solidata.toml ([signing] key = \"{file}\"), and publish the public key elsewhere than in the store.",
        made.key_id, made.public_key
    )
}
