//! The texts of the places of one département: free texts, contacts and authors, each with a planted token, drawn from small pools.

use crate::rng::Rng;
use crate::world::{Secrets, token};

/// Pools of planted texts, and the secrets they are.
pub(crate) struct Texts {
    pub secrets: Secrets,
    pub authors: Vec<String>,
    pub mails: Vec<String>,
    pub labels: Vec<String>,
    /// Plain sentences.
    pub sentences: Vec<String>,
    /// Descriptions with tags and entities, and the slug copy that the database keeps of each.
    pub descriptions: Vec<(String, String)>,
    pub file_names: Vec<String>,
}

const SENTENCES: &[&str] = &[
    "Sonner chez Mme ¤, au 3e étage, code ¤ A",
    "Appeler M. ¤ avant 9 h",
    "Se présenter avec l'attestation de ¤",
    "Participation de 2 € à remettre à ¤",
    "Interphone ¤, deuxième cour",
    "Demander ¤ ; ne pas donner l'adresse",
];
const DESCRIPTIONS: &[&str] = &[
    "<p>Accueil &#224; l'heure du repas par ¤, au 58 rue Gustave Eiffel.</p>",
    "<p>Permanence de <strong>¤</strong> le mardi&nbsp;; t&#233;l&#233;phone 06 12 34 56 78.</p><p>D&#232;s 9&nbsp;h.</p>",
    "Distribution tenue par ¤ &amp; ses b&#233;n&#233;voles, &#224; pr&#233;venir la veille.",
    "Accueil simple, sans balise, par ¤.",
    "<p>&#201;coute<br/>et <a href=\"mailto:¤@exemple.org\">message</a></p>",
];

impl Texts {
    pub(crate) fn new(rng: &mut Rng) -> Self {
        let mut secrets = Secrets::default();
        let mut pool = |kind: &'static str, count: usize, templates: &[&str], rng: &mut Rng| -> Vec<String> {
            (0..count)
                .map(|i| {
                    let token = token(rng);
                    secrets.plant(kind, templates[i % templates.len()].replace('¤', &token), &token)
                })
                .collect()
        };
        let authors = pool("auteur", 12, &["Jeanne ¤", "Karim ¤", "Bénévole ¤"], rng);
        let mails = pool("courriel", 24, &["contact.¤@exemple.org", "¤@exemple.fr"], rng);
        let labels = pool("libelle_telephone", 16, &["Marcel ¤", "Ligne de ¤", "¤"], rng);
        let sentences = pool("texte_libre", 30, SENTENCES, rng);
        let file_names = pool("fichier", 8, &["photos/¤.jpg", "docs/attestation-¤.pdf"], rng);
        let raw = pool("description", 25, DESCRIPTIONS, rng);
        let descriptions = raw
            .into_iter()
            .map(|html| {
                let slug = crate::text::slugged_words(&html.replace("&#224;", "à").replace("&#233;", "é"));
                (html, slug)
            })
            .collect();
        Self { secrets, authors, mails, labels, sentences, descriptions, file_names }
    }
}
