//! Where a fiche comes from, and under which licence.

use super::words::{clean, holds_contact};
use crate::AnonymiseError;
use crate::codes::column_rows;
use crate::contract::place::SourceDoc;
use solidata_territory::slug;
use std::collections::{BTreeMap, BTreeSet};

const OWN_SOURCE: &str = "Soliguide";
const OWN_LICENCE: &str = "etalab-2.0";
/// What stands for a licence or source that is not known. Rows with it are counted, not listed.
const UNKNOWN: &str = "inconnue";

/// Known licences and sources.
#[derive(Debug, Clone)]
pub(super) struct Licences {
    /// Code of each spelling, and whether the licence is open.
    spellings: BTreeMap<String, (String, bool)>,
    open: BTreeSet<String>,
    /// Name and usual licence of each source.
    sources: BTreeMap<String, (String, String)>,
}

/// Source and licence of one fiche.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) source: String,
    pub(super) licence: String,
    pub(super) open: bool,
}

impl Licences {
    pub(super) fn from_csv(licences: &[u8], sources: &[u8]) -> Result<Self, AnonymiseError> {
        let mut spellings = BTreeMap::new();
        let mut open = BTreeSet::new();
        for ([spelling, code, is_open], _) in column_rows("licences.csv", licences, ["variante", "licence_code", "ouverte"])? {
            let is_open = is_open == "true";
            if is_open {
                open.insert(code.clone());
            }
            spellings.insert(spelling, (code, is_open));
        }
        let mut known = BTreeMap::new();
        for ([source, name, licence], _) in column_rows("sources.csv", sources, ["source", "nom", "licence_code"])? {
            known.insert(source, (name, licence));
        }
        Ok(Self { spellings, open, sources: known })
    }

    /// A fiche without sources is Soliguide's own. One with several is open only when each of them is.
    pub(super) fn origin(&self, sources: &[SourceDoc]) -> Origin {
        if sources.is_empty() {
            return Origin { source: OWN_SOURCE.to_owned(), licence: OWN_LICENCE.to_owned(), open: true };
        }
        let mut names = BTreeSet::new();
        let mut codes = BTreeSet::new();
        let mut open = true;
        for source in sources {
            let known = source.name.as_deref().and_then(|name| self.sources.get(&slug(name)));
            let name = match (known, source.name.as_deref()) {
                (Some((name, _)), _) => Some(name.clone()),
                (None, Some(name)) => clean(name).filter(|name| !holds_contact(name)).map(|name| name.replace('|', " ")),
                (None, None) => None,
            };
            let (code, is_open) = match source.license.as_deref() {
                Some(said) => self.spellings.get(&slug(said)).cloned().unwrap_or((UNKNOWN.to_owned(), false)),
                None => match known {
                    Some((_, code)) if self.open.contains(code) => (code.clone(), true),
                    _ => (UNKNOWN.to_owned(), false),
                },
            };
            open &= is_open;
            names.insert(name.unwrap_or_else(|| UNKNOWN.to_owned()));
            codes.insert(code);
        }
        let join = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>().join("|");
        Origin { source: join(names), licence: join(codes), open }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> Licences {
        Licences::from_csv(
            include_bytes!("../../../../datasets/reference/licences.csv"),
            include_bytes!("../../../../datasets/reference/sources.csv"),
        )
        .unwrap()
    }

    fn source(name: &str, license: Option<&str>) -> SourceDoc {
        SourceDoc { name: Some(name.to_owned()), license: license.map(str::to_owned), is_origin: true }
    }

    #[test]
    fn licences_are_known_or_not_open() {
        let list = list();
        let origin = |sources: &[SourceDoc]| {
            let origin = list.origin(sources);
            (origin.source, origin.licence, origin.open)
        };
        let row = |source: &str, licence: &str, open| (source.to_owned(), licence.to_owned(), open);
        assert_eq!(origin(&[]), row("Soliguide", "etalab-2.0", true));
        assert_eq!(origin(&[source("dora", None)]), row("DORA", "etalab-2.0", true));
        assert_eq!(origin(&[source("dora", Some("Licence Ouverte 2.0"))]), row("DORA", "etalab-2.0", true));
        assert_eq!(origin(&[source("dora", Some("my own"))]), row("DORA", "inconnue", false));
        assert_eq!(origin(&[source("restos", None)]), row("Restos du Cœur", "inconnue", false));
        assert_eq!(origin(&[source("restos", Some("CC BY-NC"))]), row("Restos du Cœur", "CC-BY-NC", false));
        assert!(!origin(&[source("dora", None), source("restos", None)]).2);
        assert_eq!(origin(&[source("x 06 12 34 56 78", Some("odbl"))]), row("inconnue", "ODbL-1.0", true));
        assert_eq!(origin(&[SourceDoc::default()]), row("inconnue", "inconnue", false));
    }
}
