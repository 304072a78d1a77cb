//! The name of a place, or why it is withheld.

use super::context::PlaceContext;
use super::location::{address, position_of};
use super::precision::Precision;
use super::words::{clean, holds_contact, holds_words, names_a_street, names_an_address};
use crate::contract::PlaceDoc;
use solidata_territory::{Territory, slug};

/// The name as it may be shown; `None` when it is withheld.
///
/// A mail address or phone number in it withholds the name of any place. That of a protected place is withheld when it holds an address;
/// that of a place of which only the département is shown, when it names any street, its city, or a commune of the département.
pub(super) fn shown(doc: &PlaceDoc, territory: &Territory, precision: Precision, context: &PlaceContext<'_>) -> Option<String> {
    let name = clean(doc.name.as_deref()?)?;
    if holds_contact(&name) {
        return None;
    }
    if precision == Precision::Adresse {
        return Some(name);
    }
    let folded = whole_words(&slug(&name));
    let own_street = position_of(doc).and_then(|_| address(doc)).map(|street| street_name(&slug(&street))).unwrap_or_default();
    if names_an_address(&folded) || own_street.len() > 3 && holds_words(&folded, &own_street) {
        return None;
    }
    if precision == Precision::Commune {
        return Some(name);
    }
    // In another alphabet nothing can be compared.
    let foreign_letters = name.chars().any(|c| c.is_alphabetic() && slug(&c.to_string()).is_empty());
    if foreign_letters || names_a_street(&folded) || holds_postal_code(&folded) {
        return None;
    }
    let departement = territory.departement?;
    let said = doc.position.iter().chain(doc.parcours.iter().filter_map(|stop| stop.position.as_ref()));
    let mut cities = said.flat_map(|position| [&position.city, &position.ville]).flatten().map(|city| whole_words(&slug(city)));
    let official = territory.commune.and_then(|code| context.geography.commune(code)).map(|commune| whole_words(&slug(&commune.nom)));
    if cities.any(|city| tells_city(&folded, &city)) || official.is_some_and(|city| tells_city(&folded, &city)) {
        return None;
    }
    let communes = context.geography.communes().iter().filter(|commune| commune.departement == departement);
    let tells = communes.map(|commune| whole_words(&slug(&commune.nom))).any(|commune| commune.len() > 3 && holds_words(&folded, &commune));
    (!tells).then_some(name)
}

/// Whether five digits stand in a row.
fn holds_postal_code(slug: &str) -> bool {
    slug.as_bytes().windows(5).any(|five| five.iter().all(u8::is_ascii_digit))
}

/// `st` and `ste` spelled out.
fn whole_words(slug: &str) -> String {
    let words = slug.split('-').map(|word| match word {
        "st" => "saint",
        "ste" => "sainte",
        word => word,
    });
    words.collect::<Vec<_>>().join("-")
}

/// The words of a street without its number.
fn street_name(slug: &str) -> String {
    let word = |w: &&str| !w.bytes().next().is_some_and(|b| b.is_ascii_digit()) && !matches!(*w, "bis" | "ter" | "quater");
    slug.split('-').skip_while(|w| !word(w)).collect::<Vec<_>>().join("-")
}

/// Whether a name tells the city: all of it, or a word of it that is no word of many cities, also as the beginning of a longer word
/// (`strasbourgeois`).
fn tells_city(name: &str, city: &str) -> bool {
    const COMMON: [&str; 16] = [
        "saint", "sainte", "sous", "dans", "devant", "grand", "grande", "petit", "petite", "notre", "dame", "pont", "port", "mont",
        "ville", "cedex",
    ];
    holds_words(name, city)
        || city.split('-').filter(|word| word.len() >= 4 && !COMMON.contains(word)).any(|word| {
            let stem = word.get(..word.len() - usize::from(word.len() >= 6)).unwrap_or(word);
            name.split('-').any(|said| said.starts_with(stem))
        })
}
