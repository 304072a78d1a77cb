//! The notices of errors in published releases, for machines and for people.

use crate::CanonError;
use serde::Serialize;
use solidata_model::{Erratum, Index, canonical_json};
use std::fmt::Write;

/// Where the notices lie in a store, for machines.
pub const ERRATA: &str = "errata.json";
/// Where they lie for people.
pub const ERRATA_PAGE: &str = "ERRATA.md";

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    errata: Vec<Told<'a>>,
}

#[derive(Serialize)]
struct Told<'a> {
    /// The change of the index that told it: errata are sorted by it.
    counter: u64,
    #[serde(flatten)]
    erratum: &'a Erratum,
}

/// `errata.json`: every notice that the index tells of, the first one first.
///
/// # Errors
/// Never with what this crate writes.
pub fn errata_json(index: &Index) -> Result<Vec<u8>, CanonError> {
    let errata = index.errata().map(|(counter, erratum)| Told { counter, erratum }).collect();
    Ok(canonical_json(&Document { format: "solidata-errata/1", errata })?)
}

/// `ERRATA.md`: the same for people, the newest one first.
pub fn errata_page(index: &Index) -> String {
    let mut text = String::from("# Errata\n\n");
    let mut told: Vec<&Erratum> = index.errata().map(|(_, erratum)| erratum).collect();
    told.reverse();
    if told.is_empty() {
        text += "Aucune erreur n’est connue dans ce qui est publié.\n";
    } else {
        text += "Erreurs connues dans ce qui est publié, la plus récente d’abord. Une publication ne change jamais : une correction est une nouvelle révision.\n";
    }
    for erratum in told {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n## `{}`, {}\n", erratum.release, erratum.dataset);
        if !erratum.columns.is_empty() {
            let columns: Vec<String> = erratum.columns.iter().map(|c| format!("`{c}`")).collect();
            let _ = writeln!(text, "Colonnes : {}.\n", columns.join(", "));
        }
        let _ = writeln!(text, "{}\n\n*{}*", erratum.fr, erratum.en);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use solidata_model::{Change, Done};

    #[test]
    fn the_newest_notice_is_first_for_people() {
        let erratum = |release: &str, columns: &[&str]| Done::Erratum {
            erratum: Erratum {
                release: release.into(),
                dataset: "structures".into(),
                columns: columns.iter().map(|c| (*c).to_owned()).collect(),
                fr: "Codes décalés.".into(),
                en: "Codes shifted.".into(),
            },
        };
        let mut index = Index::empty();
        assert!(errata_page(&index).contains("Aucune erreur"));
        for (counter, done) in [(1, erratum("releases/2024-08/r1", &[])), (2, erratum("releases/2024-09/r1", &["code_postal", "commune"]))]
        {
            index.log.push(Change { counter, previous_sha256: None, day: None, done: vec![done] });
        }
        let page = errata_page(&index);
        assert!(
            page.find("2024-09").unwrap() < page.find("2024-08").unwrap() && page.contains("Colonnes : `code_postal`, `commune`."),
            "{page}"
        );
        let json: serde_json::Value = serde_json::from_slice(&errata_json(&index).unwrap()).unwrap();
        assert_eq!((json["errata"][1]["counter"].as_u64(), json["errata"][0]["release"].as_str()), (Some(2), Some("releases/2024-08/r1")));
    }
}
