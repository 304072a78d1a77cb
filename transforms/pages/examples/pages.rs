//! `cargo run --release -p solidata-pages --example pages -- FOLDER [corrected]`: the pages of a made-up release, to look at, and empty files that they name.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../tests/common/mod.rs"]
mod common;

fn main() {
    let mut args = std::env::args().skip(1);
    let folder = std::path::PathBuf::from(args.next().unwrap_or_else(|| "pages-sample".into()));
    let world = if args.next().is_some() { common::World::corrected() } else { common::World::new() };
    let named = world.files.iter().map(|file| file.path.as_str()).chain(["manifest.json", "SHA256SUMS", "CHANGES.md", "changes.json"]);
    let empty = named.map(|path| solidata_pages::Page { path: path.into(), media_type: "", bytes: Vec::new() });
    for page in empty.chain(solidata_pages::pages(&world.release()).unwrap()) {
        let path = folder.join(&page.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, page.bytes).unwrap();
    }
}
