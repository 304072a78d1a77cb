//! What people type, and the categories they choose.

use super::secrets::{Secrets, token};
use crate::reference::Reference;
use crate::rng::{Rng, Weighted};
use crate::text::slugged_words;

/// Weights of category searches; the other French leaves share one percent.
const CATEGORIES: &[(&str, f64)] = &[
    ("food_distribution", 14.0),
    ("food_packages", 11.0),
    ("emergency_accommodation", 9.0),
    ("social_accompaniment", 6.0),
    ("shower", 5.0),
    ("clothing", 5.0),
    ("food", 5.0),
    ("day_hosting", 4.0),
    ("legal_advice", 4.0),
    ("health", 4.0),
    ("domiciliation", 4.0),
    ("french_course", 4.0),
    ("general_practitioner", 3.0),
    ("access_to_housing", 3.0),
    ("administrative_assistance", 3.0),
    ("social_grocery_stores", 3.0),
    ("psychological_support", 2.0),
    ("addiction_care", 1.5),
    ("dental_care", 1.0),
    ("digital_tools_training", 1.0),
    ("job_coaching", 2.0),
    ("laundry", 1.0),
    ("luggage_storage", 1.0),
    ("fountain", 0.7),
    ("toilets", 0.7),
    ("wifi", 0.6),
    ("std_testing", 0.3),
    ("abortion", 0.2),
    ("sexual_violence_support", 0.2),
];
/// Never drawn by chance: the disclosure traps alone use them, so that their cells are exactly what the traps make.
pub(crate) const RARE_CATEGORIES: &[&str] =
    &["museums", "driving_license", "vehicle_maintenance", "libraries", "animal_assitance", "allergology"];

const ORDINARY: &[&str] = &[
    "colis alimentaire bebe",
    "restos du coeur horaires",
    "ou dormir ce soir",
    "douche gratuite",
    "aide loyer impayé",
    "medecin sans carte vitale",
    "cours de francais debutant",
    "vetements enfants",
    "epicerie solidaire",
    "banque alimantaire",
    "machine a laver",
    "coiffeur gratuit",
    "avocat gratuit permanence",
    "logement urgence famille",
    "traducteur arabe",
    "carte de sejour",
    "demande d'asile",
    "aide facture edf",
    "velo pas cher",
    "ordinateur internet",
    "halte garderie",
    "psychologue gratuit",
    "dentiste urgence",
    "lunettes",
    "115",
    "samu social",
    "secours populaire",
    "secours catholique",
    "croix rouge",
    "emmaus",
    "ccas",
    "mission locale",
    "caf",
    "france travail",
    "repas chaud dimanche",
    "bagagerie",
    "consigne sdf",
    "chien refuge",
    "noel repas",
    "colis ramadan",
    "couches bebe",
    "lait infantile",
    "protection hygienique",
    "مساعدة غذائية",
    "أين أنام الليلة",
    "продукты",
    "бесплатная еда",
    "помощь беженцам",
    "غذا",
    "საკვები",
    "food bank",
    "shelter tonight",
    "comida gratis",
    "mancare",
    "ayuda alimentaria",
    "yiyecek yardımı",
    "Aide aux devoirs",
    "Permanence juridique",
    "Bain-douche",
    "🍲 repas",
];

/// Poisonous texts; `¤` is replaced by a token.
const POISONS: &[&str] = &[
    "jean dupont ¤",
    "mme fatou diallo nee sow ¤",
    "oumar traore 14/03/1991 ¤",
    "06 12 34 56 78 ¤",
    "0033612345678 ¤",
    "tel0388000000¤",
    "marie.¤@gmail.com",
    "marie ¤ gmail com",
    "2 85 05 67 482 123 45 ¤",
    "14 b rue du faubourg national code ¤",
    "je suis enceinte et sans papier ¤",
    "mon mari me frappe ¤",
    "sevrage heroine ¤",
    "1234567 A caf ¤",
    "https://exemple.fr/suivi?jeton=¤",
    "<script>alert('¤')</script>",
    "=HYPERLINK(\"http://x/¤\",\"y\")",
    "+33¤",
    "@sum(¤)",
    "a\u{0}b¤",
    "\u{202e}¤\u{202c}",
    "ligne\u{2028}suite ¤",
    "😀 ¤ 😢",
    "-¤",
    "Сергей ¤",
    "محمد ¤",
    "\t¤\r\n",
    "'; drop table search; -- ¤",
];
/// From this poison on, texts are kept as typed: a slug would lose what makes them dangerous.
const RAW_FROM: usize = 15;
const POISON_VARIANTS: usize = 8;

/// One typed text with the slug of the suggestion it matches, when it does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Typed<'w> {
    pub word: &'w str,
    pub suggestion: Option<&'w Suggested>,
}

#[derive(Debug, Clone)]
pub(crate) struct Suggested {
    pub slug: String,
    pub word: String,
    pub search_type: &'static str,
}

/// Categories and words to draw from.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    codes: Vec<String>,
    code_weights: Weighted,
    suggestions: Vec<Suggested>,
    ordinary: Vec<(String, String)>,
    poisons: Vec<(String, String)>,
    long: Vec<String>,
}

impl Words {
    pub(crate) fn build(seed: u64, reference: &Reference, secrets: &mut Secrets) -> Self {
        let mut rng = Rng::derive(seed, "words", &[]);
        let known = |code: &str| reference.categories.iter().any(|row| row.code == code && row.french);
        let mut weighted: Vec<(String, f64)> =
            CATEGORIES.iter().filter(|(code, _)| known(code)).map(|(code, weight)| ((*code).to_owned(), *weight)).collect();
        let others: Vec<&str> = reference
            .categories
            .iter()
            .filter(|row| row.leaf && row.french)
            .map(|row| row.code.as_str())
            .filter(|code| !RARE_CATEGORIES.contains(code) && !CATEGORIES.iter().any(|(other, _)| other == code))
            .collect();
        weighted.extend(others.iter().map(|code| ((*code).to_owned(), 1.0 / others.len().max(1) as f64)));
        let suggestions = reference
            .suggestions
            .iter()
            .map(|row| Suggested {
                slug: row.slug.clone(),
                word: row.slug.replace('-', " "),
                search_type: match row.kind.as_str() {
                    "ORGANIZATION" => "ORGANIZATION",
                    "ESTABLISHMENT_TYPE" => "ESTABLISHMENT_TYPE",
                    _ => "EXPRESSION",
                },
            })
            .collect();
        let ordinary = ORDINARY
            .iter()
            .map(|text| {
                let slugged = slugged_words(text);
                ((*text).to_owned(), if slugged.is_empty() { (*text).to_owned() } else { slugged })
            })
            .collect();
        let mut poisons = Vec::new();
        for (i, template) in POISONS.iter().enumerate() {
            for _ in 0..POISON_VARIANTS {
                let token = token(&mut rng);
                let raw = template.replace('¤', &token);
                let raw = secrets.plant("mot", raw, &token);
                let slugged = if i < RAW_FROM { slugged_words(&raw) } else { raw.clone() };
                poisons.push((raw, slugged));
            }
        }
        let long = (0..2)
            .map(|_| {
                let token = token(&mut rng);
                secrets.plant("mot", format!("{token} {}", "aide ".repeat(4_000)), &token)
            })
            .collect();
        Self {
            code_weights: Weighted::new(weighted.iter().map(|(_, weight)| *weight)),
            codes: weighted.into_iter().map(|(code, _)| code).collect(),
            suggestions,
            ordinary,
            poisons,
            long,
        }
    }

    /// A category as people choose it; in three of a thousand an old code, in one of a thousand an unknown one.
    pub(crate) fn category(&self, rng: &mut Rng) -> &str {
        match rng.below(1_000) {
            0 => "tents_distribution",
            1..=3 => ["carpooling", "addiction", "echography"][rng.index(3)],
            _ => &self.codes[self.code_weights.draw(rng)],
        }
    }

    /// The categories a robot walks through, in enumeration order.
    pub(crate) fn enumeration(&self) -> &[String] {
        &self.codes
    }

    /// A text as people type it. `town` is a name for those who type it in the wrong box. `None`: an empty string.
    pub(crate) fn typed<'w>(&'w self, rng: &mut Rng, town: &'w str) -> Option<Typed<'w>> {
        let raw = rng.chance(0.15);
        let choose = |(typed, slugged): &'w (String, String)| Typed { word: if raw { typed } else { slugged }, suggestion: None };
        Some(match rng.below(100) {
            0..=54 if !self.suggestions.is_empty() => {
                let suggestion = rng.pick(&self.suggestions);
                Typed { word: &suggestion.word, suggestion: Some(suggestion) }
            }
            0..=84 => choose(rng.pick(&self.ordinary)),
            85..=92 => {
                if rng.chance(0.004) {
                    Typed { word: rng.pick(&self.long).as_str(), suggestion: None }
                } else {
                    choose(rng.pick(&self.poisons))
                }
            }
            93..=96 => return None,
            _ => Typed { word: town, suggestion: None },
        })
    }
}
