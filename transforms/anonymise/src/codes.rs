//! Category codes and sets of them.

use crate::AnonymiseError;
use std::collections::{BTreeMap, HashMap};

const WORDS: usize = 3;
/// The most codes a list may hold; the two positions after them are the pseudo codes.
const MOST_CODES: usize = 190;
const UNKNOWN: u8 = 190;
const NONE: u8 = 191;

/// Pseudo code of a search that names a category no list knows.
pub const CATEGORY_UNKNOWN: &str = "inconnu";
/// Pseudo code of a search without category.
pub const CATEGORY_NONE: &str = "sans_categorie";

/// A set of categories, as positions in a [`Categories`] list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CategorySet([u64; WORDS]);

impl CategorySet {
    /// Length of its bytes.
    pub const LEN: usize = WORDS * 8;

    /// Adds a position (below 192).
    pub fn insert(&mut self, position: u8) {
        if let Some(word) = self.0.get_mut(usize::from(position / 64)) {
            *word |= 1 << (position % 64);
        }
    }

    /// Whether a position is in it.
    pub fn contains(&self, position: u8) -> bool {
        self.0.get(usize::from(position / 64)).is_some_and(|word| word & (1 << (position % 64)) != 0)
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0 == [0; WORDS]
    }

    /// Its positions, ascending.
    pub fn positions(self) -> impl Iterator<Item = u8> {
        (0..(WORDS * 64) as u8).filter(move |position| self.contains(*position))
    }

    /// Its bytes, little endian.
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        for (chunk, word) in bytes.chunks_exact_mut(8).zip(self.0) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// The set of these bytes.
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        let mut words = [0; WORDS];
        for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            let mut eight = [0; 8];
            eight.copy_from_slice(chunk);
            *word = u64::from_le_bytes(eight);
        }
        Self(words)
    }
}

/// The known category codes. A position is the rank of a code in alphabetical order.
#[derive(Debug, Clone)]
pub struct Categories {
    codes: Vec<String>,
    /// Position of each code and of each legacy code.
    positions: Positions,
}

/// The list is fixed, so nobody can choose codes that meet in it.
type Positions = HashMap<String, u8, foldhash::fast::FixedState>;

impl Categories {
    /// Reads `categories.csv` (`categorie_code`) and `categories_anciennes.csv` (`code_ancien`, `categorie_code`).
    ///
    /// # Errors
    /// [`AnonymiseError::CodeList`] for a missing column, a code twice, more than 190 codes, or a legacy code without a target.
    pub fn from_csv(categories: &[u8], legacy: &[u8]) -> Result<Self, AnonymiseError> {
        let mut codes: Vec<String> =
            column_rows("categories.csv", categories, ["categorie_code"])?.into_iter().map(|([code], _)| code).collect();
        codes.sort();
        if codes.len() > MOST_CODES || codes.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(wrong("categories.csv", 0, format!("more than {MOST_CODES} codes, or one twice")));
        }
        let mut positions: Positions = codes.iter().cloned().zip(0..).collect();
        for ([old, new], line) in column_rows("categories_anciennes.csv", legacy, ["code_ancien", "categorie_code"])? {
            let Some(position) = codes.binary_search(&new).ok().filter(|_| !positions.contains_key(&old)) else {
                return Err(wrong("categories_anciennes.csv", line, "a code that is not legacy, or a target that is unknown".to_owned()));
            };
            positions.insert(old, position as u8);
        }
        Ok(Self { codes, positions })
    }

    /// The position of a code or legacy code.
    pub fn position(&self, code: &str) -> Option<u8> {
        self.positions.get(code).copied()
    }

    /// The code that a code or legacy code stands for today.
    pub fn current(&self, code: &str) -> Option<&str> {
        self.position(code).and_then(|position| self.codes.get(usize::from(position))).map(String::as_str)
    }

    /// The code at a position; the pseudo codes at theirs.
    pub fn code(&self, position: u8) -> Option<&str> {
        match position {
            UNKNOWN => Some(CATEGORY_UNKNOWN),
            NONE => Some(CATEGORY_NONE),
            _ => self.codes.get(usize::from(position)).map(String::as_str),
        }
    }

    /// The codes of a set, in alphabetical order of known codes, then the pseudo codes.
    pub fn codes_of(&self, set: CategorySet) -> Vec<&str> {
        set.positions().filter_map(|position| self.code(position)).collect()
    }

    /// The set of what a search names: legacy codes mapped, unknown ones as [`CATEGORY_UNKNOWN`], nothing at all as [`CATEGORY_NONE`].
    pub fn set_of<'c>(&self, codes: impl IntoIterator<Item = &'c str>) -> CategorySet {
        let mut set = CategorySet::default();
        for code in codes {
            set.insert(self.position(code).unwrap_or(UNKNOWN));
        }
        if set.is_empty() {
            set.insert(NONE);
        }
        set
    }
}

fn wrong(list: &'static str, line: u64, reason: String) -> AnonymiseError {
    AnonymiseError::CodeList { list, line, reason }
}

/// The named columns of a code list, with the line of each row.
pub(crate) fn column_rows<const N: usize>(
    list: &'static str,
    bytes: &[u8],
    names: [&str; N],
) -> Result<Vec<([String; N], u64)>, AnonymiseError> {
    let mut reader = csv::Reader::from_reader(bytes);
    let headers = reader.headers().map_err(|e| wrong(list, 1, e.to_string()))?.clone();
    let mut at = [0; N];
    for (index, name) in at.iter_mut().zip(names) {
        *index = headers.iter().position(|h| h == name).ok_or_else(|| wrong(list, 1, format!("no column {name}")))?;
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| wrong(list, 0, e.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        rows.push((at.map(|index| record.get(index).unwrap_or_default().to_owned()), line));
    }
    Ok(rows)
}

/// The codes of one dimension of `publics.csv` that are not "all", to tell a full list from a part.
pub(crate) fn publics(bytes: &[u8]) -> Result<BTreeMap<String, Vec<String>>, AnonymiseError> {
    let mut dimensions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for ([dimension, code, all], _) in column_rows("publics.csv", bytes, ["dimension", "code", "tous"])? {
        if all != "true" {
            dimensions.entry(dimension).or_default().push(code);
        }
    }
    Ok(dimensions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> Categories {
        Categories::from_csv(b"categorie_code,libelle\nfood,Alimentation\naccess,x\n", b"code_ancien,categorie_code\nmeal,food\n").unwrap()
    }

    #[test]
    fn sets_of_searches() {
        let list = list();
        let codes = |named: &[&str]| list.codes_of(list.set_of(named.iter().copied())).join(",");
        assert_eq!(codes(&[]), "sans_categorie");
        assert_eq!(codes(&["food", "meal", "access"]), "access,food");
        assert_eq!(codes(&["tents", "food"]), "food,inconnu");
        let set = list.set_of(["tents", "food"]);
        assert_eq!(CategorySet::from_bytes(set.to_bytes()), set);
    }

    #[test]
    fn a_bad_list_is_refused() {
        assert!(Categories::from_csv(b"code\nfood\n", b"code_ancien,categorie_code\n").is_err());
        assert!(Categories::from_csv(b"categorie_code\nfood\nfood\n", b"code_ancien,categorie_code\n").is_err());
        assert!(Categories::from_csv(b"categorie_code\nfood\n", b"code_ancien,categorie_code\nx,none\n").is_err());
        assert!(Categories::from_csv(b"categorie_code\nfood\n", b"code_ancien,categorie_code\nfood,food\n").is_err());
    }

    #[test]
    fn the_real_lists_are_read() {
        let list = Categories::from_csv(
            include_bytes!("../../../datasets/reference/categories.csv"),
            include_bytes!("../../../datasets/reference/categories_anciennes.csv"),
        )
        .unwrap();
        assert_eq!(list.codes.len(), 134);
        assert_eq!(list.current("carpooling"), Some("transportation_mobility"));
        assert_eq!(list.current("tents_distribution"), None);
    }
}
