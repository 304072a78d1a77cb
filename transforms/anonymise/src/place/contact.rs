//! Contacts of an organisation.

use crate::contract::place::PhoneDoc;

/// What a phone number is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phone {
    /// To be published: ten digits beginning with 0, or a short number.
    Number(String),
    /// A mobile number: may be a person's own.
    Mobile,
    /// Anything else.
    Unread,
}

/// Country codes that French numbers are written with: metropolitan France, Guadeloupe, Guyane, Martinique, La Réunion and Mayotte.
const FRENCH: [&str; 5] = ["33", "590", "594", "596", "262"];

pub(super) fn phone(doc: &PhoneDoc) -> Option<Phone> {
    let text = doc.number.as_deref()?;
    // A number with letters in it is a text.
    if text.chars().any(char::is_alphabetic) {
        return Some(Phone::Unread);
    }
    let mut digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let international = text.trim_start().starts_with('+');
    if let Some(rest) = digits.strip_prefix("00").filter(|_| !international).or_else(|| international.then_some(digits.as_str())) {
        let national = FRENCH.iter().find_map(|code| rest.strip_prefix(code)).map(|number| number.trim_start_matches('0'));
        match national {
            Some(number) if number.len() == 9 => digits = format!("0{number}"),
            _ => return Some(Phone::Unread),
        }
    }
    Some(match digits.as_bytes() {
        [b'0', b'6' | b'7', ..] if digits.len() == 10 => Phone::Mobile,
        [b'0', b'1'..=b'9', ..] if digits.len() == 10 => Phone::Number(digits),
        // 115, 3919...
        [b'1' | b'3', ..] if (3..=4).contains(&digits.len()) => Phone::Number(digits),
        [b'1', ..] if digits.len() == 2 => Phone::Number(digits),
        _ => Phone::Unread,
    })
}

/// A website as scheme, host and path: no user, query or fragment, which may hold a name or a key. `None` when it is no plain http(s) address.
pub(super) fn website(text: &str) -> Option<String> {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let (scheme, rest) = if lower.starts_with("https://") {
        ("https", text.get(8..)?)
    } else if lower.starts_with("http://") {
        ("http", text.get(7..)?)
    } else if lower.starts_with("www.") {
        ("http", text)
    } else {
        return None;
    };
    if text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '@' | '"' | '<' | '>' | '\\' | '`' | '{' | '}' | '|')) {
        return None;
    }
    let rest = rest.split(['?', '#', ';']).next()?;
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let name = host.split(':').next()?;
    let label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let labels: Vec<&str> = name.split('.').collect();
    let top = labels.last().is_some_and(|top| top.len() >= 2 && top.chars().all(char::is_alphabetic));
    if labels.len() < 2 || !top || !labels.iter().all(|l| label(l)) || host.matches(':').count() > 1 {
        return None;
    }
    let port = host.split_once(':').map_or("", |(_, port)| port);
    if !port.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let path = if path.is_empty() { "/" } else { path };
    let port = if port.is_empty() { String::new() } else { format!(":{port}") };
    Some(format!("{scheme}://{}{port}{path}", name.to_lowercase()))
}

/// The page of a place on Soliguide. `None` when the slug is no slug.
pub(super) fn page(slug: &str) -> Option<String> {
    let plain = !slug.is_empty() && slug.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    plain.then(|| format!("https://soliguide.fr/fr/fiche/{slug}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_normalised_and_mobiles_withheld() {
        let read = |text: &str| phone(&PhoneDoc { number: Some(text.to_owned()), ..PhoneDoc::default() }).unwrap();
        for (text, number) in [
            ("04 92 28 09 39", "0492280939"),
            ("+33 4 92 28 09 39", "0492280939"),
            ("+33 (0)4.92.28.09.39", "0492280939"),
            ("0033492280939", "0492280939"),
            ("+262 262 12 34 56", "0262123456"),
            ("0800 00 11 22", "0800001122"),
            ("115", "115"),
            ("39 19", "3919"),
            ("15", "15"),
        ] {
            assert_eq!(read(text), Phone::Number(number.to_owned()), "{text}");
        }
        for text in ["06 12 34 56 78", "07.12.34.56.78", "+33612345678", "0033 6 12 34 56 78", "+262 692 12 34 56", "0690 12 34 56"] {
            assert_eq!(read(text), Phone::Mobile, "{text}");
        }
        for text in ["Marcel 0492280939", "+34 612 345 678", "492280939", "04922809391", "00", "-", "612345678"] {
            assert_eq!(read(text), Phone::Unread, "{text}");
        }
        assert_eq!(phone(&PhoneDoc::default()), None);
    }

    #[test]
    fn websites_are_stripped() {
        for (text, site) in [
            ("https://www.Exemple.org", "https://www.exemple.org/"),
            (" http://exemple.org/a/B?user=jean#x ", "http://exemple.org/a/B"),
            ("www.exemple.org/a", "http://www.exemple.org/a"),
            ("HTTPS://exemple.org:8443/", "https://exemple.org:8443/"),
            ("https://été.fr/x", "https://été.fr/x"),
        ] {
            assert_eq!(website(text).as_deref(), Some(site), "{text}");
        }
        for text in [
            "jean@exemple.org",
            "https://jean:secret@exemple.org/",
            "ftp://exemple.org",
            "javascript:alert(1)",
            "exemple.org",
            "https://exemple",
            "https://10.0.0.1/",
            "https:// exemple.org",
            "https://exemple.org/jean@x",
            "https://a..fr",
            "",
            "https://",
        ] {
            assert_eq!(website(text), None, "{text}");
        }
        assert_eq!(page("a-b_1").as_deref(), Some("https://soliguide.fr/fr/fiche/a-b_1"));
        assert_eq!(page("a b"), None);
    }
}
