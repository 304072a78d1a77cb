//! Texts that are published: cleaning them, and seeing what must not be in them.

/// One line without outer, double or invisible blanks and control characters; `None` when nothing is left.
pub(super) fn clean(text: &str) -> Option<String> {
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Marks that turn the direction of text or join letters, and other characters nobody sees.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Whether a text holds a mail address or as many digits in a row as a phone number has.
pub(super) fn holds_contact(text: &str) -> bool {
    text.contains('@') || longest_number(text) >= 9
}

/// The most digits that only blanks and punctuation separate.
fn longest_number(text: &str) -> usize {
    let (mut longest, mut current) = (0, 0);
    for c in text.chars() {
        if c.is_numeric() {
            current += 1;
            longest = longest.max(current);
        } else if c.is_alphabetic() {
            current = 0;
        }
    }
    longest
}

/// Words that begin the name of a street.
const STREET: [&str; 34] = [
    "allee",
    "allees",
    "av",
    "ave",
    "avenue",
    "bd",
    "bld",
    "blvd",
    "boulevard",
    "bvd",
    "chaussee",
    "chemin",
    "chem",
    "cite",
    "cour",
    "cours",
    "esplanade",
    "faubourg",
    "fbg",
    "impasse",
    "imp",
    "lotissement",
    "montee",
    "passage",
    "place",
    "pl",
    "promenade",
    "quai",
    "residence",
    "route",
    "rte",
    "rue",
    "ruelle",
    "square",
];

/// Whether a slug names a street at all.
pub(super) fn names_a_street(slug: &str) -> bool {
    slug.split('-').any(|word| STREET.contains(&word))
}

/// Whether a slug names a street with a number before it: `12-rue`, `12-bis-rue`.
pub(super) fn names_an_address(slug: &str) -> bool {
    let words: Vec<&str> = slug.split('-').collect();
    let number = |word: &str| word.bytes().next().is_some_and(|b| b.is_ascii_digit()) && word.len() <= 5;
    words.iter().enumerate().any(|(at, word)| {
        STREET.contains(word)
            && words[..at].iter().rev().take(2).enumerate().any(|(gap, w)| number(w) && (gap == 0 || words[at - 1].len() <= 6))
    })
}

/// Whether all words of `part` stand in `slug`, one after the other.
pub(super) fn holds_words(slug: &str, part: &str) -> bool {
    !part.is_empty() && format!("-{slug}-").contains(&format!("-{part}-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cleaned() {
        assert_eq!(clean("  a \u{200b}\u{202e} b\n\tc\0 ").as_deref(), Some("a b c"));
        assert_eq!(clean(" \u{200b}\n"), None);
    }

    #[test]
    fn contacts_are_seen() {
        for text in ["Accueil 06 12 34 56 78", "tel0388000000", "jean@exemple.org", "06.12.34.56.78", "+33 (0)6-12-34-56-78"] {
            assert!(holds_contact(text), "{text}");
        }
        for text in ["Accueil de jour 115", "Place n°1", "Foyer 67000", "1901 - 2001"] {
            assert!(!holds_contact(text), "{text}");
        }
    }

    #[test]
    fn streets_are_seen() {
        assert!(names_an_address("foyer-12-rue-des-lilas") && names_an_address("12-bis-rue-x") && names_an_address("14-b-rue-du-faubourg"));
        assert!(!names_an_address("place-n-1") && !names_an_address("la-rue") && names_a_street("la-rue"));
        assert!(holds_words("foyer-de-bourg-en-bresse", "bourg-en-bresse") && !holds_words("foyer-parisien", "paris"));
    }
}
