//! The rules of protection in words, from the numbers of `dataset.toml`.

use crate::{
    block::Block,
    french,
    text::{Inline, Text},
};
use solidata_model::{DatasetSpec, Protection};

fn strong(begin: &str, number: String, end: &str) -> Text {
    Text::from(begin).and(Inline::Strong(number)).plain(end)
}

/// What is withheld of a dataset, by which rules.
pub(crate) fn rules(spec: &DatasetSpec, protection: &Protection) -> Vec<Block> {
    let Protection { k, dominance_percent, organisations, per_person, per_person_sensitive, population, pool, width, reach_percent } =
        *protection;
    let mut items = vec![
        strong(
            "les cellules qui ont moins de ",
            french::counted(k, "contributeur", "contributeurs"),
            &format!(
                " ; un contributeur est une organisation, à défaut un compte ; les recherches anonymes, qui ne se relient pas, comptent pour une personne par groupe de \
             {per_person} ({per_person_sensitive} dans les catégories sensibles)"
            ),
        ),
        strong("celles dont un seul contributeur fait plus de ", format!("{dominance_percent} %"), " des recherches"),
        strong(
            "celles de moins de ",
            french::counted(u64::from(organisations), "organisation", "organisations"),
            ", quand seuls des professionnels identifiés y contribuent",
        ),
        strong("les catégories sensibles, dans les communes de moins de ", format!("{} habitants", french::integer(population)), ""),
    ];
    if pool {
        items.push(
            format!("ce qu’un total publié laisserait voir de ses parties masquées, quand ce reste a moins de {k} contributeurs").into(),
        );
    }
    items.push(match width {
        0 => "d’autres cellules, pour qu’aucune des premières ne se calcule à partir de tout ce qui est publié".into(),
        width => Text::from(format!(
            "d’autres cellules, pour qu’aucune des premières ne se calcule à partir de tout ce qui est publié : deux tableaux possibles y diffèrent toujours \
             d’au moins {width}, et, pour {reach_percent} % d’entre elles, un tableau possible y atteint {k}"
        )),
    });
    vec![
        Block::Paragraph(marker(spec)),
        Block::List { numbered: false, items },
        Block::paragraph(
            Text::from(
                "Ce qui est masqué le reste dans toutes les éditions. Les règles, ce qu’elles empêchent et ce qui reste possible : ",
            )
            .join(&Text::page("Confidentialité", crate::CONFIDENTIALITY))
            .plain("."),
        ),
    ]
}

/// How a withheld cell is told, where cells of the dataset are withheld one by one.
fn marker(spec: &DatasetSpec) -> Text {
    match spec.contract.columns.iter().any(|column| column.name == "statut") {
        true => Text::from("Une cellule masquée a une mesure vide et ")
            .and(Inline::Code("statut".into()))
            .plain(" = ")
            .and(Inline::Code("secret".into()))
            .plain(", quelle qu’en soit la raison. ")
            .and(Inline::Strong("Une ligne absente vaut zéro.".into()))
            .plain(" Ne sont pas données :"),
        false => {
            "Cette table est faite des seules cellules publiées. Ne sont pas données, ici comme dans les autres tables de la demande :"
                .into()
        }
    }
}
