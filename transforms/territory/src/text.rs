//! Names as they are compared: lower case, no accents, `St` read as `Saint`, everything that is no letter or digit a single dash.

/// Longest folded name that is compared. The longest commune has 45 characters, the longest EPCI fewer than 120.
const CAPACITY: usize = 126;

/// A folded name on the stack.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    length: usize,
    bytes: [u8; CAPACITY],
}

impl Key {
    const EMPTY: Self = Self { length: 0, bytes: [0; CAPACITY] };

    /// Folds a name. A part behind the word `cedex` is dropped, since it names a post office; a name too long to be that of a territory
    /// gives the empty key, which equals no name.
    pub(crate) fn new(name: &str) -> Self {
        let mut key = Self::EMPTY;
        let mut word = 0;
        let mut whole = true;
        for byte in name.bytes() {
            // Most names are ASCII to their last letter; the first other byte sends the whole name down the slower way.
            if !byte.is_ascii() {
                whole = false;
                break;
            }
            if byte.is_ascii_alphanumeric() {
                if !key.push(byte.to_ascii_lowercase()) {
                    return Self::EMPTY;
                }
            } else {
                match key.end_word(word) {
                    Some(next) => word = next,
                    None => return key.trimmed(),
                }
            }
        }
        if !whole {
            return Self::accented(name);
        }
        if key.end_word(word).is_none() {
            return key.trimmed();
        }
        key.trimmed()
    }

    fn accented(name: &str) -> Self {
        let mut key = Self::EMPTY;
        let mut word = 0;
        for c in name.chars() {
            match fold(c) {
                Folded::Nothing => {}
                Folded::Letters(letters) => {
                    for byte in letters.bytes() {
                        if !key.push(byte) {
                            return Self::EMPTY;
                        }
                    }
                }
                Folded::Ascii(byte) => {
                    if !key.push(byte) {
                        return Self::EMPTY;
                    }
                }
                Folded::Separator => match key.end_word(word) {
                    Some(next) => word = next,
                    None => return key.trimmed(),
                },
            }
        }
        if key.end_word(word).is_none() {
            return key.trimmed();
        }
        key.trimmed()
    }

    /// The folded name.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }

    /// True when no letter or digit was in the name, or when it is too long.
    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    fn push(&mut self, byte: u8) -> bool {
        match self.bytes.get_mut(self.length) {
            Some(to) => {
                *to = byte;
                self.length += 1;
                true
            }
            None => false,
        }
    }

    /// Ends the word that began at `word`: spells abbreviations out and adds the dash. `None` when the name ends here.
    fn end_word(&mut self, word: usize) -> Option<usize> {
        let full: &[u8] = match self.bytes.get(word..self.length).unwrap_or(&[]) {
            b"" => return Some(word),
            b"cedex" => {
                self.length = word;
                return None;
            }
            b"st" => b"saint",
            b"ste" => b"sainte",
            _ => b"",
        };
        if !full.is_empty() {
            self.length = word;
            for byte in full {
                self.push(*byte);
            }
        }
        self.push(b'-');
        Some(self.length)
    }

    fn trimmed(mut self) -> Self {
        while self.length > 0 && self.bytes.get(self.length - 1) == Some(&b'-') {
            self.length -= 1;
        }
        self
    }
}

/// What one character becomes.
enum Folded {
    Ascii(u8),
    Letters(&'static str),
    Separator,
    /// Combining marks: the accent of a decomposed letter.
    Nothing,
}

fn fold(c: char) -> Folded {
    if c.is_ascii_alphanumeric() {
        // An ASCII letter fits one byte.
        return Folded::Ascii(c.to_ascii_lowercase() as u8);
    }
    let letter = match c {
        'À'..='Å' | 'à'..='å' | 'Ā'..='ą' | 'ª' => b'a',
        'Ç' | 'ç' | 'Ć'..='č' => b'c',
        'Ď'..='đ' | 'Ð' | 'ð' => b'd',
        'È'..='Ë' | 'è'..='ë' | 'Ē'..='ě' => b'e',
        'Ĝ'..='ģ' => b'g',
        'Ĥ'..='ħ' => b'h',
        'Ì'..='Ï' | 'ì'..='ï' | 'Ĩ'..='ı' => b'i',
        'Ĵ' | 'ĵ' => b'j',
        'Ķ'..='ĸ' => b'k',
        'Ĺ'..='ł' => b'l',
        'Ñ' | 'ñ' | 'Ń'..='ŋ' => b'n',
        'Ò'..='Ö' | 'Ø' | 'ò'..='ö' | 'ø' | 'Ō'..='ő' | 'º' => b'o',
        'Ŕ'..='ř' => b'r',
        'Ś'..='š' => b's',
        'Ţ'..='ŧ' => b't',
        'Ù'..='Ü' | 'ù'..='ü' | 'Ũ'..='ų' => b'u',
        'Ŵ' | 'ŵ' => b'w',
        'Ý' | 'ý' | 'ÿ' | 'Ŷ'..='Ÿ' => b'y',
        'Ź'..='ž' => b'z',
        'Œ' | 'œ' => return Folded::Letters("oe"),
        'Æ' | 'æ' => return Folded::Letters("ae"),
        'ß' => return Folded::Letters("ss"),
        '\u{300}'..='\u{36f}' => return Folded::Nothing,
        _ => return Folded::Separator,
    };
    Folded::Ascii(letter)
}

/// A text as a slug: lower case, Latin accents folded, every run of other signs a single dash, none at either end.
/// The letters of other alphabets count as other signs. Unlike the names compared by this crate, nothing is spelled out or dropped.
pub fn slug(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match fold(c) {
            Folded::Nothing => {}
            Folded::Ascii(byte) => out.push(char::from(byte)),
            Folded::Letters(letters) => out.push_str(letters),
            Folded::Separator if !out.is_empty() && !out.ends_with('-') => out.push('-'),
            Folded::Separator => {}
        }
    }
    if out.ends_with('-') {
        out.pop();
    }
    out
}

/// A clue without surrounding spaces; `None` when it says nothing: empty, or the words that JavaScript leaves for nothing.
pub(crate) fn said(clue: Option<&str>) -> Option<&str> {
    let text = clue?.trim_ascii();
    (!matches!(text, "" | "null" | "undefined")).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> String {
        String::from_utf8(Key::new(name).as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn spellings_of_one_name_are_equal() {
        for name in ["Saint-Étienne", "ST ETIENNE", "st.étienne", "Saint Etienne Cedex 2", "saint-etienne", "Saint-E\u{301}tienne"] {
            assert_eq!(key(name), "saint-etienne", "{name}");
        }
        assert_eq!(key("L'Haÿ-les-Roses"), key("L’HAY LES ROSES"));
        assert_eq!(key("Bœrsch"), "boersch");
        assert_eq!(key("Ste Clotilde CEDEX"), "sainte-clotilde");
        assert_eq!(key("Cedex"), "");
        assert_eq!(key(&"a".repeat(500)), "");
        assert_eq!(key(" -- "), "");
        assert_eq!(key("Lyon 3e Arrondissement"), "lyon-3e-arrondissement");
    }

    #[test]
    fn slugs() {
        assert_eq!(slug("Provence-Alpes-Côte d'Azur"), "provence-alpes-cote-d-azur");
        assert_eq!(slug("  ST  Œuvre!! "), "st-oeuvre");
        assert_eq!(slug("日本"), "");
    }

    #[test]
    fn null_says_nothing() {
        assert_eq!(said(Some(" null ")), None);
        assert_eq!(said(Some("")), None);
        assert_eq!(said(Some(" 67 ")), Some("67"));
    }
}
