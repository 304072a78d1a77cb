//! What readers of the portal read, in French.

use crate::{
    Settings,
    release::{Current, Published},
};
use solidata_model::{DatasetSpec, Feeds};
use std::fmt::Write;

pub(super) const PART: &str = "Une partie des lignes, pour l’aperçu : le fichier entier en a plus que data.gouv.fr n’en analyse.";
pub(super) const MANIFEST: &str = "Ce dont la publication est faite : empreinte sha256 de chaque source, requête, contrat et fichier.";
pub(super) const SCHEMA: &str = "Table Schema : nom, type, description et valeurs permises de chaque colonne.";
pub(super) const CHANGELOG: &str = "Ce qui a changé dans les colonnes, version par version.";
pub(super) const PAGE: &str = "Ce que veut dire chaque ligne, ce qui s’additionne, ce qui est publié et ce qui ne l’est pas.";
pub(super) const CONFIDENTIALITY: &str = "Les règles qui protègent les personnes, ce qu’elles masquent, et comment le vérifier.";

/// The description of a dataset, in Markdown.
pub(super) fn description(spec: &DatasetSpec, current: &Current, settings: &Settings) -> String {
    let release = &current.release;
    let base = format!("{}/{}", settings.base_url, release.prefix);
    let mut text = format!("{}\n\n{}\n\n### À savoir\n\n", spec.description_fr.trim(), shown(spec, release));
    for line in to_know(spec) {
        let _ = writeln!(text, "- {line}");
    }
    let _ = write!(
        text,
        "\n### Contrat\n\nLes colonnes suivent la version {version} du [schéma]({base}/schemas/{id}.json) ; ce qui change est annoncé dans son \
         [journal]({base}/datasets/{id}/CHANGELOG.md). Les adresses permanentes des fichiers entiers ne changent pas d’un mois à l’autre.\n\n\
         ### Vérifier\n\n\
         Chaque ressource porte l’empreinte sha256 de son fichier. Pour tout contrôler : télécharger la publication \
         `{base}/` et lancer `sha256sum -c --strict SHA256SUMS`. Le [manifeste]({base}/manifest.json) (sha256 `{sha256}`) dit de quoi elle est faite.",
        version = spec.contract.version,
        id = spec.id,
        sha256 = release.manifest_sha256,
    );
    if let Some(key) = &current.key {
        let _ = write!(text, " Il est signé : `minisign -Vm manifest.json -P {key}`.");
    }
    text.push('\n');
    if let Some(contact) = &settings.contact {
        let _ = write!(text, "\n### Contact\n\n{contact}\n");
    }
    text
}

/// Which release is shown.
fn shown(spec: &DatasetSpec, release: &Published) -> String {
    let (run, month, revision) = (&release.manifest.run, release.manifest.month, release.manifest.revision);
    let mut text = match spec.feeds {
        Feeds::Supply => format!("Publication **{month}**, révision {revision} : l’annuaire tel qu’il était le {}.", run.date_photo),
        Feeds::Demand => format!("Publication **{month}**, révision {revision}."),
    };
    if spec.feeds == Feeds::Demand && run.partial {
        let until = run.covered_until.map_or_else(|| "avant sa fin".into(), |day| format!("au {day}"));
        let _ = write!(text, " Mois incomplet : les recherches s’arrêtent {until} ; ne pas le comparer aux autres.");
    }
    if let Some(correction) = &run.revision {
        let reason = correction.reason.trim();
        let end = if reason.ends_with(['.', '!', '?', '…']) { "" } else { "." };
        let _ = write!(text, " Corrigée : {reason}{end}");
    }
    text
}

fn to_know(spec: &DatasetSpec) -> Vec<&'static str> {
    let mut lines = Vec::new();
    let has = |name: &str| spec.contract.columns.iter().any(|c| c.name == name);
    if spec.feeds == Feeds::Demand || has("territoire_niveau") {
        lines.push("**Une ligne absente vaut zéro.**");
    }
    match spec.feeds {
        Feeds::Demand => {
            lines.push(
                "Aucune recherche individuelle n’est publiée. Une cellule sous secret statistique est vide et son `statut` vaut `secret` ; rien ne dit \
                 pourquoi elle est masquée, et elle le reste dans les publications suivantes.",
            );
        }
        Feeds::Supply => lines.push(
            "Aucun nom de personne, courriel, mobile ni texte libre n’est publié. Des lieux qui protègent des personnes en danger, seul le \
             département est donné.",
        ),
    }
    lines.push("Les codes (commune, code postal…) sont du texte : dans un tableur, importer ces colonnes comme texte, ou prendre le fichier XLSX s’il y en a un.");
    lines
}

/// One paragraph on a file of data.
pub(super) fn data_resource(release: &Published, rows: Option<u64>, form: &str) -> String {
    let size = rows.map_or_else(String::new, |rows| format!("{rows} lignes. "));
    let text = format!("{size}Publication {}, révision {}. {form}", release.manifest.month, release.manifest.revision);
    text.trim_end().to_owned()
}
