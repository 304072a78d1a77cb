//! What the release changes, in words. It says no more than `changes.json` does, which follows the rules of everything public.

use crate::{
    Release,
    block::{Block, Head, Table},
    french,
    text::Text,
};
use solidata_model::{
    CHANGES, CHANGES_PAGE, ChangedKeys, Changes, DatasetChanges, IndicatorChange, Presence, RowCounts, SchemaChanges, SchemaLevel,
};

/// `édition r1 de septembre 2024`, of a prefix such as `releases/2024-09/r1`.
pub(crate) fn edition(prefix: &str) -> String {
    let parts: Vec<&str> = prefix.split('/').collect();
    match parts[..] {
        ["releases", month, revision] => match month.parse() {
            Ok(month) => format!("édition {revision} {}", french::of_month(month)),
            Err(_) => prefix.to_owned(),
        },
        _ => prefix.to_owned(),
    }
}

/// Beside what the release is compared; what is told when it is not.
fn since(changes: Option<&Changes>) -> Result<(&Changes, String), Block> {
    let changes = changes.ok_or_else(|| Block::paragraph("Ce que cette édition change n’a pas été relevé."))?;
    let since =
        changes.since.as_deref().ok_or_else(|| Block::paragraph("C’est la première édition : il n’y a rien à quoi la comparer."))?;
    Ok((changes, edition(since)))
}

/// What changed in the release, for its own page.
pub(crate) fn of_release(release: &Release<'_>) -> Vec<Block> {
    let (changes, since) = match since(release.changes) {
        Ok(found) => found,
        Err(block) => return vec![block],
    };
    let title =
        |id: &str| release.datasets.iter().find(|d| d.spec.id == id).map_or_else(|| Text::code(id), |d| Text::page(&d.spec.title_fr, id));
    let row = |d: &DatasetChanges| {
        let rows = d.rows.filter(|_| d.presence == Presence::Kept);
        let number = |of: fn(&RowCounts) -> u64| rows.as_ref().map(of).map_or_else(|| "–".to_owned(), french::integer);
        vec![
            title(&d.dataset),
            schema_words(d).into(),
            number(|r| r.added).into(),
            number(|r| r.changed).into(),
            number(|r| r.removed).into(),
        ]
    };
    vec![
        Block::paragraph(Text::from(format!("Par rapport à l’{since}. ")).join(&details(release))),
        Block::Table(Table {
            caption: "Schéma et lignes, par jeu de données ; un tiret : les lignes ne sont pas comparées une à une".into(),
            columns: vec![
                Head::text("Jeu de données", "Dataset"),
                Head::text("Schéma", "Schema"),
                Head::number("Ajoutées", "Added"),
                Head::number("Modifiées", "Changed"),
                Head::number("Retirées", "Removed"),
            ],
            rows: changes.datasets.iter().map(row).collect(),
        }),
    ]
}

/// What changed in a dataset, for its page.
pub(crate) fn of_dataset(release: &Release<'_>, dataset: &str) -> Vec<Block> {
    let (changes, since) = match since(release.changes) {
        Ok(found) => found,
        Err(block) => return vec![block],
    };
    let Some(changed) = changes.datasets.iter().find(|d| d.dataset == dataset) else {
        return vec![Block::paragraph(format!("Rien de relevé par rapport à l’{since}."))];
    };
    let mut blocks = Vec::new();
    if changed.presence == Presence::Added {
        blocks.push(Block::paragraph(format!("Ce jeu de données est nouveau : l’{since} ne l’a pas.")));
    }
    if let Some(schema) = &changed.schema {
        blocks.extend(schema_blocks(schema, &since));
    }
    match (&changed.rows, changed.presence) {
        (Some(rows), Presence::Kept) => blocks.push(rows_table(rows, &since)),
        (None, Presence::Kept) => {
            blocks.push(Block::paragraph("Les lignes de deux mois ne sont pas les mêmes choses : elles ne sont pas comparées une à une."));
        }
        _ => {}
    }
    blocks.extend(changed.keys.as_ref().filter(|keys| **keys != ChangedKeys::default()).map(|_| {
        Block::paragraph(Text::from("Les identifiants des lignes ajoutées, modifiées et retirées sont donnés ; d’une ligne retirée, sans autre raison que le retrait. ").join(&details(release)))
    }));
    if !changed.indicators.is_empty() {
        blocks.extend(indicators(release, &changed.indicators, &since));
    }
    blocks
}

/// Where the details are.
fn details(release: &Release<'_>) -> Text {
    // They are written with the pages, so that they are not among the files yet.
    match release.changes {
        None => Text::new(),
        Some(_) => Text::from("Le détail : ")
            .join(&Text::file(CHANGES_PAGE, CHANGES_PAGE))
            .plain(", et pour les machines ")
            .join(&Text::file(CHANGES, CHANGES))
            .plain("."),
    }
}

/// What a level asks of those who import.
fn level(level: SchemaLevel) -> String {
    let asks = match level {
        SchemaLevel::Major => "un import peut casser",
        SchemaLevel::Minor => "rien ne casse",
        SchemaLevel::Patch => "rien à faire",
    };
    format!("{} : {asks}", level.fr())
}

fn schema_words(changed: &DatasetChanges) -> String {
    match (changed.presence, &changed.schema) {
        (Presence::Added, _) => "nouveau jeu de données".into(),
        (Presence::Removed, _) => "n’est plus publié".into(),
        (Presence::Kept, Some(SchemaChanges { from, to, level: Some(of), .. })) => format!("{from} → {to}, {}", level(*of)),
        (Presence::Kept, _) => "inchangé".into(),
    }
}

fn schema_blocks(schema: &SchemaChanges, since: &str) -> Vec<Block> {
    let Some(of) = schema.level else {
        return vec![Block::paragraph(format!("Le schéma (version {}) est celui de l’{since}.", schema.to))];
    };
    let row = |change: &solidata_model::ColumnChange| {
        let column = if change.column == "*" { Text::from("la table") } else { Text::code(&change.column) };
        vec![column, change.what.fr().into(), level(change.level).into()]
    };
    vec![
        Block::paragraph(format!("Le schéma passe de la version {} à la version {}. Évolution {}.", schema.from, schema.to, level(of))),
        Block::Table(Table {
            caption: "Ce qui change dans le schéma".into(),
            columns: vec![Head::text("Colonne", "Column"), Head::text("Changement", "Change"), Head::text("Portée", "Level")],
            rows: schema.changes.iter().map(row).collect(),
        }),
    ]
}

fn rows_table(rows: &RowCounts, since: &str) -> Block {
    let line = |words: &str, n: u64| vec![Text::from(words), french::integer(n).into()];
    Block::Table(Table {
        caption: format!("Lignes, par rapport à l’{since}"),
        columns: vec![Head { french: "Lignes", english: Some("Rows"), number: false }, Head::number("Nombre", "Count")],
        rows: vec![
            line("avant", rows.before),
            line("après", rows.after),
            line("ajoutées", rows.added),
            line("modifiées", rows.changed),
            line("retirées", rows.removed),
        ],
    })
}

/// The most key figures that a page shows; all of them are in `changes.json`.
const SHOWN: usize = 60;

/// Key figures of the whole table, of France, régions and départements; the finer ones are for machines.
fn indicators(release: &Release<'_>, changes: &[IndicatorChange], since: &str) -> Vec<Block> {
    let large = |id: &str| id == "fr" || id.starts_with("reg-") || id.starts_with("dep-");
    let shown: Vec<&IndicatorChange> = changes.iter().filter(|c| c.territoire_id.as_deref().is_none_or(large)).take(SHOWN).collect();
    let number = |n: Option<i64>| n.map_or_else(|| "–".to_owned(), french::signed);
    let row = |change: &&IndicatorChange| {
        let difference =
            change.before.zip(change.after).map_or_else(|| "–".to_owned(), |(before, after)| french::difference(before, after));
        let territory = match (&change.territoire_libelle, &change.territoire_id) {
            (Some(name), _) => Text::from(name.as_str()),
            (None, Some(id)) => Text::code(id),
            (None, None) => Text::from("ensemble"),
        };
        vec![change.fr.as_str().into(), territory, number(change.before).into(), number(change.after).into(), difference.into()]
    };
    let mut blocks = vec![Block::Table(Table {
        caption: format!("Chiffres clés, par rapport à l’{since}"),
        columns: vec![
            Head::text("Indicateur", "Indicator"),
            Head::text("Territoire", "Territory"),
            Head::number("Avant", "Before"),
            Head::number("Après", "After"),
            Head::number("Écart", "Difference"),
        ],
        rows: shown.iter().map(row).collect(),
    })];
    blocks.push(Block::paragraph("Un tiret : chiffre qui n’est pas donné. Ce qui est masqué dans cette édition n’y est pas rappelé."));
    if shown.len() < changes.len() {
        let more = changes.len().saturating_sub(shown.len()) as u64;
        blocks.push(Block::Paragraph(
            Text::from(format!("{} de plus, d’autres territoires. ", french::counted(more, "chiffre", "chiffres"))).join(&details(release)),
        ));
    }
    blocks
}
