//! The two sheets of a workbook that are for people: what the columns are, and what must be known to read the rows. Both are in French.

use super::{
    sheet::Sheet,
    xlsx::{HEAD, TEXT, WRAPPED, Workbook},
};
use crate::{CanonError, datapackage::licence_of, schema_path, table_schema::first_sentence};
use solidata_model::{Column, ColumnType, DatasetSpec, Feeds, Part};

const COLUMN_HEADS: [(&str, usize); 10] = [
    ("colonne", 28),
    ("titre", 40),
    ("description", 80),
    ("type", 28),
    ("peut être vide", 16),
    ("liste de codes", 30),
    ("valeurs possibles", 40),
    ("forme", 30),
    ("depuis la version", 20),
    ("exemple", 28),
];

/// `colonnes`: one row a column.
pub(super) fn columns_sheet(spec: &DatasetSpec) -> Result<Sheet, CanonError> {
    let mut sheet = Sheet::new(&COLUMN_HEADS.map(|(_, width)| width), false);
    row(&mut sheet, COLUMN_HEADS.iter().map(|(head, _)| (*head).to_owned()), true)?;
    for column in &spec.contract.columns {
        let list = column.codes.as_ref().map(|list| list.path.clone());
        let cells = [
            column.name.clone(),
            first_sentence(&column.fr),
            column.fr.clone(),
            kind(column),
            if column.null { "oui" } else { "non" }.to_owned(),
            list.unwrap_or_default(),
            column.values.iter().chain(&column.besides).cloned().collect::<Vec<_>>().join(", "),
            column.pattern.clone().unwrap_or_default(),
            column.since.clone(),
            column.example.clone().unwrap_or_default(),
        ];
        row(&mut sheet, cells.into_iter(), false)?;
    }
    sheet.end();
    Ok(sheet)
}

fn kind(column: &Column) -> String {
    match column.kind {
        ColumnType::Text => "texte".into(),
        ColumnType::Integer => "nombre entier".into(),
        ColumnType::Decimal { scale, .. } => format!("nombre à {scale} décimale{}", if scale > 1 { "s" } else { "" }),
        ColumnType::Date => "date".into(),
        ColumnType::Boolean => "vrai ou faux".into(),
    }
}

/// `notes`: a subject and what is to be known of it.
pub(super) fn notes_sheet(book: &Workbook<'_>) -> Result<Sheet, CanonError> {
    let mut sheet = Sheet::new(&[28, 110], false);
    row(&mut sheet, ["sujet", "note"].map(str::to_owned).into_iter(), true)?;
    for (subject, note) in notes(book) {
        row(&mut sheet, [subject.to_owned(), note].into_iter(), false)?;
    }
    sheet.end();
    Ok(sheet)
}

fn row(sheet: &mut Sheet, cells: impl Iterator<Item = String>, head: bool) -> Result<(), CanonError> {
    sheet.begin_row();
    for (i, text) in cells.enumerate().filter(|(_, text)| !text.is_empty()) {
        sheet.text(
            i,
            &text,
            if head {
                HEAD
            } else if i == 0 {
                TEXT
            } else {
                WRAPPED
            },
        )?;
    }
    sheet.end_row();
    Ok(())
}

fn notes(book: &Workbook<'_>) -> Vec<(&'static str, String)> {
    let Workbook { spec, about, rows, part } = *book;
    let partial = if about.partial { " Mois incomplet : la source ne va pas jusqu'à sa fin." } else { "" };
    let (address, title) = licence_of(&spec.licence);
    let of_rows = if spec.contract.columns.iter().any(|c| c.name == "licence") {
        ", sauf si la colonne « licence » en nomme une autre"
    } else {
        ""
    };
    let file = part.map_or_else(|| "Toutes les lignes du jeu de données.".to_owned(), part_in_words);
    let id = &spec.id;
    let mut notes = vec![
        ("Jeu de données", format!("{} ({id})", spec.title_fr)),
        ("Description", spec.description_fr.clone()),
        ("Mois", format!("{}, révision {}.{partial}", about.month, about.revision)),
        ("Photographie de l'annuaire", format!("{}", about.date_photo)),
        ("Producteur", about.publisher.clone()),
        ("Licence", format!("{title} ({}){of_rows} : {address}", spec.licence)),
        ("Lignes", format!("{file} {}", count(rows))),
        (
            "Feuilles",
            "« donnees » : les lignes, sous les mêmes noms de colonnes que le CSV ; « colonnes » : ce que dit chaque colonne.".into(),
        ),
        ("Codes", "Les codes (commune, département, région…) sont du texte : « 01053 » garde son zéro.".into()),
        ("Cases vides", "Une case vide veut dire « pas de valeur », jamais zéro.".into()),
    ];
    notes.extend(spec.notes_fr.iter().map(|note| ("À savoir", note.clone())));
    let page = format!("pages/{id}.md");
    let more = match spec.feeds {
        Feeds::Demand => format!("{page} et pages/confidentialite.md"),
        Feeds::Supply => page,
    };
    notes.push((
        "En savoir plus",
        format!("Dans la même publication : {more} ; schéma : {} ; formats : pages/formats.md.", schema_path(id)),
    ));
    notes
}

fn part_in_words(part: &Part) -> String {
    let mut words = match (&part.column, &part.value) {
        (Some(column), Some(value)) => format!("Seulement les lignes où {column} vaut « {value} »"),
        (Some(column), None) => format!("Seulement les lignes où {column} est vide"),
        (None, _) => "Une partie des lignes".to_owned(),
    };
    if let (Some(piece), Some(pieces)) = (part.piece, part.pieces) {
        words += &format!(", morceau {piece} sur {pieces}");
    }
    words += &format!(" ; toutes les lignes sont dans {}.", part.of);
    words
}

fn count(rows: u64) -> String {
    match rows {
        0 => "Aucune ligne.".into(),
        1 => "Une ligne.".into(),
        n => format!("{n} lignes."),
    }
}
