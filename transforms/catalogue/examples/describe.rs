//! `cargo run -p solidata-catalogue --example describe -- STORE OUT [BASE_URL]`
//!
//! Reads a public store that lies in a folder and writes its catalogues, its map of releases, its schemas and its feed into another folder, as they are for a
//! store that is reached at BASE_URL. Useful where a store has to be described under another address than its own, and to look at a change of the views.

use solidata_catalogue::{Catalogue, Settings, schemas_needed};
use solidata_model::{Index, Manifest, ReleaseState};
use std::{collections::BTreeMap, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [store, out, rest @ ..] = &arguments[..] else {
        return Err("usage: describe STORE OUT [BASE_URL]".into());
    };
    let (store, out) = (Path::new(store), Path::new(out));
    let index: Index = serde_json::from_slice(&fs::read(store.join("index.json"))?)?;
    let mut manifests = BTreeMap::new();
    for entry in index.releases.iter().filter(|entry| entry.state != ReleaseState::Withdrawn) {
        let manifest: Manifest = serde_json::from_slice(&fs::read(store.join(&entry.prefix).join("manifest.json"))?)?;
        manifests.insert(entry.prefix.clone(), manifest);
    }
    let mut schemas = BTreeMap::new();
    for (digest, path) in schemas_needed(&manifests) {
        schemas.insert(digest, fs::read(store.join(path))?);
    }
    let settings = Settings::at(rest.first().map_or("https://donnees.exemple.fr/solidata", String::as_str));
    let catalogue = Catalogue { settings: &settings, index: &index, manifests: &manifests, schemas: &schemas };
    for view in catalogue.views()? {
        let path = out.join(&view.path);
        fs::create_dir_all(path.parent().unwrap_or(out))?;
        fs::write(path, view.bytes)?;
        println!("{:<48} {}", view.path, view.media_type);
    }
    Ok(())
}
