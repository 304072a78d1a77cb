//! Projects that tests change: copies of what the program was built with, and one of a smaller country.

use crate::world::{Row, files};
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, fs, path::Path};

/// Copies what the program was built with, to change it.
pub fn copy_project(to: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for folder in ["datasets", "sql"] {
        for (path, bytes) in files(&root.join(folder)) {
            let to = to.join(folder).join(path);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::write(to, bytes).unwrap();
        }
    }
}

/// What codes of communes of the small project begin with: three départements, and a city with arrondissements.
const KEPT: [&str; 4] = ["67", "68", "2A", "75056"];

/// A project in the folder `small`, to be named as `--project small`: everything is as it is, but France has few communes. A table of one row for each
/// commune and category is then made much faster. What it shows has to be independent of the size of the country.
pub fn small_project(work: &Path) {
    let to = work.join("small");
    copy_project(&to);
    let reference = to.join("datasets/reference");
    let index = reference.join("index.toml");
    let mut said = fs::read_to_string(&index).unwrap();
    for year in ["", "cog-2024/", "cog-2025/"] {
        let mut keep = |name: &str, keeps: &dyn Fn(&Row) -> bool| {
            let path = reference.join(format!("{year}{name}"));
            let bytes = filtered(&path, keeps);
            said = described(&said, &format!("{year}{name}"), &bytes);
            fs::write(path, bytes).unwrap();
        };
        let of = |code: &str| KEPT.iter().any(|start| code.starts_with(start));
        keep("communes.csv", &|row| of(&row["code_commune"]));
        keep("communes_anciennes.csv", &|row| of(&row["code_commune"]));
        keep("codes_postaux.csv", &|row| of(&row["code_insee"]));
        keep("arrondissements_municipaux.csv", &|row| of(&row["code_commune"]));
        let epci = column(&reference.join(format!("{year}communes.csv")), "code_epci");
        keep("epci.csv", &|row| epci.contains(&row["code_epci"]));
    }
    fs::write(index, said).unwrap();
}

fn column(path: &Path, name: &str) -> BTreeSet<String> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let at = reader.headers().unwrap().iter().position(|column| column == name).unwrap();
    reader.records().map(|row| row.unwrap()[at].to_owned()).collect()
}

/// The lines of a CSV file whose row is kept, byte for byte.
fn filtered(path: &Path, keeps: &dyn Fn(&Row) -> bool) -> Vec<u8> {
    let text = fs::read_to_string(path).unwrap();
    let (header, body) = text.split_once('\n').unwrap();
    let names: Vec<&str> = header.split(',').collect();
    let mut out = format!("{header}\n");
    for line in body.split_inclusive('\n') {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
        let values = reader.records().next().unwrap().unwrap();
        if keeps(&names.iter().zip(&values).map(|(name, value)| ((*name).to_owned(), value.to_owned())).collect()) {
            out += line;
        }
    }
    out.into_bytes()
}

/// The index with the sha256 of a file changed.
fn described(index: &str, name: &str, bytes: &[u8]) -> String {
    let section = index.find(&format!("[fichier.\"{name}\"]")).unwrap();
    let at = section + index[section..].find("sha256 = \"").unwrap() + "sha256 = \"".len();
    let sha256: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}{sha256}{}", &index[..at], &index[at + sha256.len()..])
}
