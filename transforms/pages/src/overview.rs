//! The page of a whole release, and what its pages have in common.

use crate::{
    CONFIDENTIALITY, CONTRACT, Dataset, OVERVIEW, PagesError, Release, VERIFYING,
    block::Block,
    changes,
    document::Document,
    french,
    text::{Inline, Text, escape_markdown},
};
use solidata_model::parquet_path;

/// A licence in French, to stand within a sentence.
pub(crate) fn licence_name(spdx: &str) -> String {
    match spdx {
        "etalab-2.0" => "licence Ouverte 2.0 (etalab-2.0)".into(),
        other => format!("licence {other}"),
    }
}

/// What to know of a month that is not covered to its end.
pub(crate) fn partial_notice(release: &Release<'_>) -> Option<Block> {
    let run = release.run;
    let until = run.covered_until.map(|day| format!(" Elles s’arrêtent au {}.", french::day(day))).unwrap_or_default();
    run.partial.then(|| {
        Block::Notice(Text::from(format!(
            "Mois incomplet : les recherches de la source ne vont pas jusqu’à la fin {}.{until} Ne pas comparer ce mois aux autres.",
            french::of_month(release.month)
        )))
    })
}

/// Why a month was published again.
pub(crate) fn revision_notice(release: &Release<'_>) -> Option<Block> {
    let revision = release.run.revision.as_ref()?;
    let kept = if revision.demand_kept { " Les chiffres de la demande sont ceux de l’édition corrigée." } else { "" };
    Some(Block::Notice(Text::from(format!(
        "Cette édition corrige l’{}. Motif : {}.{kept}",
        changes::edition(&revision.corrects),
        revision.reason.trim().trim_end_matches('.')
    ))))
}

/// How to cite the release or one of its datasets.
pub(crate) fn citation(release: &Release<'_>, title: &str, licence: &str) -> Block {
    Block::Paragraph(
        Text::from(format!(
            "{}, « {title} », Solidata, {}, édition {}, annuaire du {}, {}, ",
            release.publisher,
            french::month(release.month),
            release.revision,
            french::day(release.run.date_photo),
            licence_name(licence)
        ))
        .and(Inline::Code(release.prefix()))
        .plain("."),
    )
}

/// Makes the page of the release.
pub(crate) fn page(release: &Release<'_>) -> Result<Document, PagesError> {
    let month = french::month(release.month);
    let mut blocks = Vec::new();
    blocks.extend(partial_notice(release));
    blocks.extend(revision_notice(release));
    blocks.push(Block::heading(2, "Jeux de données", "Datasets"));
    for dataset in &release.datasets {
        blocks.extend(presentation(release, dataset)?);
    }
    blocks.push(Block::heading(2, "À lire avant d’employer un chiffre", "Before you use a figure"));
    blocks.push(Block::List { numbered: false, items: before(release) });
    blocks.push(Block::heading(2, "Ce qui change", "Changes since the last release"));
    blocks.extend(changes::of_release(release));
    blocks.push(Block::heading(2, "Vérifier", "Verifying"));
    blocks.push(Block::paragraph("Dans le dossier de l’édition, avec les outils de base de tout système :"));
    blocks.push(Block::Code { language: "sh", text: "sha256sum -c --strict --quiet SHA256SUMS\n".into() });
    blocks.push(Block::Paragraph(
        Text::from("Qui l’a publiée, et comment refaire les mêmes octets : ").join(&Text::page("Vérifier", VERIFYING)).plain("."),
    ));
    blocks.push(Block::heading(2, "Importer chaque mois", "Importing each month"));
    blocks.push(Block::Paragraph(
        Text::from("Ce qui ne changera pas sans une version majeure et l’annonce dans l’édition d’avant : ")
            .join(&Text::page("Contrat", CONTRACT))
            .plain("."),
    ));
    blocks.push(Block::heading(2, "Autres fichiers", "Other files"));
    blocks.push(Block::List { numbered: false, items: others(release) });
    blocks.push(Block::heading(2, "Citer", "Citation"));
    blocks.push(citation(release, "Offre et demande d’aide sociale dans Soliguide", release.licence));
    blocks.push(Block::heading(2, "Licence", "Licence"));
    blocks.push(Block::paragraph(format!(
        "{}, sauf pour les lignes dont la colonne « licence » dit autre chose : réutilisation libre, y compris commerciale, à condition de citer la source et sa date.",
        french::capital(&licence_name(release.licence))
    )));
    let about = format!(
        "L’offre et la demande d’aide sociale telles que Soliguide les connaît : ce que les lieux proposent, au {}{}.",
        french::day(release.run.date_photo),
        if release.has_demand() {
            format!(
                ", et ce que les gens cherchent, {}, avec le trimestre et l’année qu’il achève s’ils peuvent être donnés",
                french::month(release.month)
            )
        } else {
            String::new()
        }
    );
    Ok(Document {
        name: OVERVIEW.into(),
        title: format!("Solidata, {month}"),
        english: Some(format!("Supply of and demand for social services in the French directory Soliguide, {}", release.month)),
        description: french::typography(&about),
        lead: escape_markdown(&french::typography(&about)),
        blocks,
    })
}

/// A dataset in a few lines.
fn presentation(release: &Release<'_>, dataset: &Dataset<'_>) -> Result<[Block; 3], PagesError> {
    let spec = dataset.spec;
    let rows = release.required(&parquet_path(&spec.id))?.rows.unwrap_or_default();
    let mut facts = Text::page("Colonnes, méthode, limites", &spec.id).plain(format!(" · {}", french::counted(rows, "ligne", "lignes")));
    for file in release.forms_of(&spec.id)? {
        let form = match file.path.split_once('.') {
            Some((place, "parquet")) if place.starts_with("geo/") => "geoparquet",
            Some((_, form)) => form,
            None => "",
        };
        facts = facts.plain(" · ").join(&Text::file(form, &file.path)).plain(format!("\u{a0}({})", french::size(file.bytes)));
    }
    Ok([Block::heading(3, &spec.title_fr, &spec.title_en), Block::paragraph(spec.description_fr.as_str()), Block::Paragraph(facts)])
}

fn before(release: &Release<'_>) -> Vec<Text> {
    let mut items = vec![Text::from(format!(
        "L’offre est celle du {}, quel que soit le mois : l’annuaire n’est photographié qu’une fois.",
        french::day(release.run.date_photo)
    ))];
    if release.has_demand() {
        items.push(
            Text::from("Dans les tables de la demande, une cellule masquée est vide et ")
                .and(Inline::Code("statut".into()))
                .plain(" = ")
                .and(Inline::Code("secret".into()))
                .plain(" ; une ligne absente vaut zéro. Pourquoi : ")
                .join(&Text::page("Confidentialité", CONFIDENTIALITY))
                .plain("."),
        );
    }
    items.push("Chaque page dit la méthode, les limites et les ruptures de ses chiffres. Un nombre sans son contexte peut tromper.".into());
    items.push("Soliguide ne couvre pas tous les départements de la même façon : un territoire sans lieu peut être un territoire que l’annuaire ne couvre pas encore.".into());
    items
}

/// What else lies in the release. Only what is always there, or there already, is linked.
fn others(release: &Release<'_>) -> Vec<Text> {
    let mut items = vec![
        Text::file("manifest.json", "manifest.json")
            .plain(" : de quoi et comment l’édition est faite ; taille et empreinte de chaque fichier"),
        Text::file("SHA256SUMS", "SHA256SUMS").plain(" : les empreintes, pour ").and(Inline::Code("sha256sum".into())),
    ];
    let mut known = |path: &str, words: &str| {
        if release.file(path).is_some() {
            items.push(Text::file(path, path).plain(words));
        }
    };
    known("datapackage.json", " : la même description pour les outils Frictionless");
    known("cubes/demande_protegee.parquet", " : les cellules de la demande, pour refaire les tables");
    items.push(
        Text::code("schemas/")
            .plain(", ")
            .and(Inline::Code("sql/".into()))
            .plain(", ")
            .and(Inline::Code("datasets/".into()))
            .plain(" : schémas, requêtes, contrats et listes de codes avec lesquels l’édition est faite"),
    );
    items
}
