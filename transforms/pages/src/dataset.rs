//! The page of a dataset.

use crate::{
    CONFIDENTIALITY, Dataset, FORMATS, PagesError, Release, VERIFYING, VERSIONS,
    block::{Block, ColumnDoc, Head, Table},
    changes,
    document::Document,
    french,
    markdown::{self, Written},
    overview::{citation, licence_name, partial_notice, revision_notice},
    protection, snippets,
    text::{Inline, Text, escape_markdown},
};
use solidata_model::schema_path;
use solidata_model::{Column, ColumnType, FileEntry};
use std::collections::{BTreeMap, BTreeSet};

/// The sections that every hand-written page of a dataset has.
const NEEDED: [&str; 3] = ["Méthode", "Limites", "Ruptures"];

/// Makes the page of a dataset.
pub(crate) fn page(release: &Release<'_>, dataset: &Dataset<'_>) -> Result<Document, PagesError> {
    let spec = dataset.spec;
    let path = format!("datasets/{}/README.md", spec.id);
    let written = Written::read(&path, dataset.readme, release)?;
    written.must_have(&path, &NEEDED)?;
    let journal = Written::read(&format!("datasets/{}/CHANGELOG.md", spec.id), dataset.changelog, release)?;
    let forms = release.forms_of(&spec.id)?;
    let workbook = forms.iter().map(|file| file.path.as_str()).find(|path| path.ends_with(".xlsx"));

    let mut blocks = Vec::new();
    blocks.extend(partial_notice(release));
    blocks.extend(revision_notice(release));
    blocks.push(Block::heading(2, "L’essentiel", "Key facts"));
    blocks.push(key_facts(release, dataset)?);
    blocks.push(Block::heading(2, "Fichiers", "Files"));
    blocks.extend(files(release, dataset, &forms)?);
    blocks.push(Block::heading(2, "Colonnes", "Columns"));
    blocks.push(Block::Columns(spec.contract.columns.iter().map(|column| column_doc(release, dataset, column)).collect()));
    blocks.extend(code_lists(release, dataset));
    blocks.push(Block::Written(written.body));
    blocks.push(Block::heading(2, "Cellules masquées", "Withheld cells"));
    blocks.extend(withheld(dataset));
    blocks.push(Block::heading(2, "Perte d’information", "Information loss"));
    blocks.extend(loss(release, dataset));
    blocks.push(Block::heading(2, "Ce qui change", "Changes since the last release"));
    blocks.extend(changes::of_dataset(release, &spec.id));
    blocks.push(Block::heading(2, "Charger les données", "Loading the data"));
    blocks.extend(snippets::loading(spec, workbook));
    blocks.push(Block::heading(2, "Vérifier", "Verifying"));
    blocks.extend(verifying(dataset));
    blocks.push(Block::heading(2, "Citer", "Citation"));
    blocks.push(citation(release, &spec.title_fr, &spec.licence));
    blocks.push(Block::heading(2, "Licence", "Licence"));
    blocks.push(licence(dataset));
    blocks.push(Block::heading(2, "Journal du schéma", "Schema changelog"));
    blocks.push(Block::Written(markdown::deeper(&journal.body, 1)));

    let description = escape_markdown(&french::typography(&spec.description_fr));
    Ok(Document {
        name: spec.id.clone(),
        title: french::typography(&spec.title_fr),
        english: Some(spec.title_en.clone()),
        description: french::typography(&spec.description_fr),
        lead: [description, written.lead].join("\n\n").trim().to_owned(),
        blocks,
    })
}

fn facts(rows: Vec<(&'static str, &'static str, Text)>) -> Vec<Vec<Text>> {
    let name = |french: &str, english: &str| Text::from(french).plain(" · ").and(Inline::English(english.into()));
    rows.into_iter().map(|(french, english, fact)| vec![name(french, english), fact]).collect()
}

fn key_facts(release: &Release<'_>, dataset: &Dataset<'_>) -> Result<Block, PagesError> {
    let spec = dataset.spec;
    let rows = release.required(&solidata_model::parquet_path(&spec.id))?.rows.unwrap_or_default();
    let mut list = vec![
        ("Période", "Period", Text::from(french::month(release.month))),
        ("Édition", "Release", Text::code(release.prefix())),
        ("Lignes", "Rows", french::integer(rows).into()),
        ("Clé", "Key", Text::new().codes(spec.sort_key.iter().map(String::as_str)).plain(" ; les lignes sont triées par elle")),
    ];
    if spec.protection.is_some() {
        if let Some(day) = release.run.covered_until {
            list.push(("Recherches connues jusqu’au", "Searches known until", french::day(day).into()));
        }
    } else {
        list.push(("Photographie de l’annuaire", "Snapshot of the directory", french::day(release.run.date_photo).into()));
    }
    if let Some(communes) = release.code_lists.iter().find(|list| list.entry.name == "communes.csv") {
        list.push(("Géographie", "Geography", communes.entry.vintage.as_str().into()));
    }
    list.push(("Fréquence", "Frequency", cadence(&spec.cadence)));
    let since = spec.contract.updated.map(|day| format!(", du {}", french::day(day))).unwrap_or_default();
    list.push(("Version du schéma", "Schema version", Text::page(format!("{}{since}", spec.contract.version), VERSIONS)));
    let own = [format!("contrat/{}/", spec.id), format!("sql/checks/{}/", spec.id)];
    let checks = release.checks.iter().filter(|check| own.iter().any(|prefix| check.name.starts_with(prefix))).count() as u64;
    if checks > 0 {
        list.push(("Contrôles", "Checks", format!("{}, sans écart", french::counted(checks, "contrôle passé", "contrôles passés")).into()));
    }
    list.push(("Licence", "Licence", french::capital(&licence_name(&spec.licence)).into()));
    Ok(Block::Table(Table {
        caption: format!("{}, {}", spec.title_fr, french::month(release.month)),
        columns: vec![Head::text("Fait", "Fact"), Head::text("Valeur", "Value")],
        rows: facts(list),
    }))
}

fn cadence(code: &str) -> Text {
    match code {
        "monthly" => "mensuelle".into(),
        "quarterly" => "trimestrielle".into(),
        "annual" => "annuelle".into(),
        other => Text::new().and(Inline::English(other.into())),
    }
}

/// What a form of a table is, by its ending.
fn form(path: &str) -> &'static str {
    const FORMS: [(&str, &str); 5] = [
        (".csv.gz", "CSV compressé (gzip)"),
        (".csv", "CSV : UTF-8, virgule"),
        (".parquet", "Parquet"),
        (".xlsx", "Classeur Excel ou LibreOffice"),
        (".geojson", "GeoJSON"),
    ];
    match FORMS.iter().find(|(end, _)| path.ends_with(end)) {
        Some((".parquet", _)) if path.starts_with("geo/") => "GeoParquet",
        Some((_, words)) => words,
        None => "autre",
    }
}

fn files(release: &Release<'_>, dataset: &Dataset<'_>, forms: &[&FileEntry]) -> Result<Vec<Block>, PagesError> {
    let id = &dataset.spec.id;
    let schema = release.required(&schema_path(id))?;
    let row = |file: &FileEntry, form: &str| {
        let sha256: String = file.sha256.to_string().chars().take(12).collect();
        vec![Text::file(&file.path, &file.path), form.into(), french::size(file.bytes).into(), Text::code(format!("{sha256}…"))]
    };
    let mut rows: Vec<_> = forms.iter().map(|file| row(file, form(&file.path))).collect();
    rows.push(row(schema, "description des colonnes (Table Schema)"));
    let mut blocks = vec![
        Block::Table(Table {
            caption: "Les fichiers de ce jeu".into(),
            columns: vec![
                Head::text("Fichier", "File"),
                Head { french: "Format", english: None, number: false },
                Head::number("Taille", "Size"),
                Head::text("sha256 (début)", "first digits"),
            ],
            rows,
        }),
        Block::paragraph(
            Text::from("Le CSV et le Parquet ont les mêmes lignes dans le même ordre. CSV : UTF-8 sans marque d’ordre, virgule, fins de ligne LF, point décimal, jours écrits ")
                .and(Inline::Code("AAAA-MM-JJ".into()))
                .plain(", cellule vide = pas de valeur. Les empreintes entières sont dans ")
                .join(&Text::file("SHA256SUMS", "SHA256SUMS"))
                .plain(" ; ce que chaque forme contient : ")
                .join(&Text::page("Formats", FORMATS))
                .plain("."),
        ),
    ];
    let parts: Vec<Text> = release
        .parts_of(id)
        .iter()
        .map(|file| Text::file(&file.path, &file.path).plain(format!(" ({})", french::size(file.bytes))))
        .collect();
    if !parts.is_empty() {
        blocks.push(Block::paragraph(
            "Les fichiers trop grands pour l’aperçu de data.gouv.fr sont aussi donnés en parties, qui ont ensemble toutes les lignes :",
        ));
        blocks.push(Block::List { numbered: false, items: parts });
    }
    Ok(blocks)
}

fn kind(kind: ColumnType) -> String {
    match kind {
        ColumnType::Text => "texte (string)".into(),
        ColumnType::Integer => "entier (integer)".into(),
        ColumnType::Decimal { precision, scale } => format!("décimal exact (decimal {precision},{scale})"),
        ColumnType::Date => "jour (date)".into(),
        ColumnType::Boolean => "vrai ou faux (boolean)".into(),
    }
}

fn column_doc(release: &Release<'_>, dataset: &Dataset<'_>, column: &Column) -> ColumnDoc {
    let spec = dataset.spec;
    let mut more = Vec::new();
    if !column.values.is_empty() {
        more.push(Text::from("Valeurs : ").codes(column.values.iter().map(String::as_str)));
    }
    if let Some(list) = &column.code_list {
        let name = release.list_path(list).map_or_else(|| Text::code(list), |path| Text::file(list, path));
        more.push(Text::from("Liste : ").join(&name));
    }
    if !column.besides.is_empty() {
        more.push(Text::from("Ou : ").codes(column.besides.iter().map(String::as_str)));
    }
    if let Some(separator) = column.separator {
        more.push(Text::from("Plusieurs, séparés par ").and(Inline::Code(separator.to_string())));
    }
    let bounds = [("Au moins ", &column.minimum), ("Au plus ", &column.maximum)];
    more.extend(bounds.into_iter().filter_map(|(words, bound)| Some(Text::from(words).and(Inline::Code(bound.clone()?)))));
    if let Some(pattern) = &column.pattern {
        more.push(Text::from("Forme : ").and(Inline::Code(pattern.clone())));
    }
    if let Some(example) = &column.example {
        more.push(Text::from("Exemple : ").and(Inline::Code(example.clone())));
    }
    more.push(format!("Depuis la version {}", column.since).into());
    ColumnDoc {
        name: column.name.clone(),
        kind: kind(column.kind),
        key: spec.sort_key.contains(&column.name),
        may_be_empty: column.null,
        french: column.fr.clone(),
        english: column.en.clone(),
        more,
    }
}

/// The code lists that the columns name.
fn code_lists(release: &Release<'_>, dataset: &Dataset<'_>) -> Vec<Block> {
    let mut of: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for column in &dataset.spec.contract.columns {
        if let Some(list) = &column.code_list {
            of.entry(list).or_default().push(&column.name);
        }
    }
    let rows: Vec<Vec<Text>> = of
        .iter()
        .filter_map(|(name, columns)| {
            let list = release.code_lists.iter().find(|list| list.entry.name == *name)?;
            let link = release.list_path(name).map_or_else(|| Text::code(*name), |path| Text::file(*name, path));
            let columns = Text::new().codes(columns.iter().copied());
            Some(vec![
                link,
                list.title.into(),
                columns,
                list.entry.vintage.as_str().into(),
                list.entry.licence.as_str().into(),
                list.source.into(),
            ])
        })
        .collect();
    if rows.is_empty() {
        return Vec::new();
    }
    vec![
        Block::heading(2, "Listes de codes", "Code lists"),
        Block::Table(Table {
            caption: "Les listes dont viennent les codes, telles que l’édition les porte".into(),
            columns: vec![
                Head::text("Liste", "List"),
                Head::text("Contenu", "Content"),
                Head::text("Colonnes", "Columns"),
                Head::text("Millésime", "Vintage"),
                Head { french: "Licence", english: None, number: false },
                Head { french: "Source", english: None, number: false },
            ],
            rows,
        }),
    ]
}

fn withheld(dataset: &Dataset<'_>) -> Vec<Block> {
    match &dataset.spec.protection {
        Some(rules) => protection::rules(dataset.spec, rules),
        None => vec![Block::paragraph(match &dataset.tally {
            Some(tally) => Text::from(
                "Aucune cellule n’est masquée. Ce qui protège des personnes est donné moins finement, ou laissé vide : la colonne ",
            )
            .and(Inline::Code(tally.column.clone()))
            .plain(" le dit ligne par ligne."),
            None => "Aucune cellule n’est masquée : ce sont des nombres de lieux et de services d’un annuaire public.".into(),
        })],
    }
}

fn loss(release: &Release<'_>, dataset: &Dataset<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(tally) = &dataset.tally {
        let total: u64 = tally.rows.values().sum();
        let row = |(value, n): (&String, &u64)| {
            let name = if value.is_empty() { "(vide)".into() } else { Text::code(value) };
            vec![name, french::integer(*n).into(), share(*n, total).into()]
        };
        blocks.push(Block::Table(Table {
            caption: format!("Lignes par valeur de {} (parts arrondies vers le bas)", tally.column),
            columns: vec![Head::text("Valeur", "Value"), Head::number("Lignes", "Rows"), Head::number("Part", "Share")],
            rows: tally.rows.iter().map(row).collect(),
        }));
    }
    if !dataset.levels.is_empty() {
        let row = |level: &crate::Levels| {
            let all = level.published.saturating_add(level.withheld);
            vec![
                level_name(&level.level),
                french::integer(level.published).into(),
                french::integer(level.withheld).into(),
                share(level.withheld, all).into(),
            ]
        };
        blocks.push(Block::Table(Table {
            caption: format!("Lignes données et masquées, {}", french::month(release.month)),
            columns: vec![
                Head::text("Niveau", "Level"),
                Head::number("Données", "Published"),
                Head::number("Masquées", "Withheld"),
                Head::number("Part masquée", "Share withheld"),
            ],
            rows: dataset.levels.iter().map(row).collect(),
        }));
    }
    if dataset.spec.protection.is_some() && !release.shares.is_empty() {
        blocks.push(shares(release));
        blocks.push(Block::paragraph(
            Text::from("Part, en pourcents entiers arrondis vers le bas, du total publié pour la France que les cellules publiées d’un niveau additionnent ; 0 : rien n’y est donné. Elle peut \
                 être inférieure à 100 sans aucun secret, puisque des recherches sont faites pour un département entier. La même table se lit dans ")
                .and(Inline::Code("demande_diffusion".into()))
                .plain(" ; pourquoi des cellules sont masquées : ")
                .join(&Text::page("Confidentialité", CONFIDENTIALITY))
                .plain("."),
        ));
    }
    if blocks.is_empty() {
        blocks.push(Block::paragraph("Aucune : rien n’est masqué ni arrondi par secret. Ce que la protection des lieux change aux comptes est dit plus haut, dans les limites."));
    }
    blocks
}

/// A share in percents with one decimal, rounded down; `< 0,1 %` for what is more than nothing.
fn share(part: u64, whole: u64) -> String {
    let tenths = u128::from(part) * 1000 / u128::from(whole.max(1));
    match (part, tenths) {
        (1.., 0) => "< 0,1 %".into(),
        _ => format!("{},{} %", tenths / 10, tenths % 10),
    }
}

/// The levels of territory, from the largest.
const LEVELS: [(&str, &str); 6] = [
    ("france", "France"),
    ("region", "région"),
    ("departement", "département"),
    ("epci", "EPCI"),
    ("commune", "commune"),
    ("arrondissement", "arrondissement municipal"),
];

fn level_name(code: &str) -> Text {
    let whole = code.strip_suffix("_sans_precision");
    match LEVELS.iter().find(|(known, _)| *known == whole.unwrap_or(code)) {
        Some((_, words)) if whole.is_some() => format!("{words}, sans précision").into(),
        Some((_, words)) => (*words).into(),
        None => Text::code(code),
    }
}

/// The share that is given, by level, for each period and for all categories and the finest ones. An absent row is zero.
fn shares(release: &Release<'_>) -> Block {
    let periods: BTreeSet<(&str, &str)> = release.shares.iter().map(|s| (s.period_type.as_str(), s.period.as_str())).collect();
    let percent = |period: (&str, &str), level: &str, categories: &str| {
        let same =
            |s: &&crate::Share| (s.period_type.as_str(), s.period.as_str()) == period && s.level == level && s.category_level == categories;
        release.shares.iter().find(same).map_or(0, |s| s.percent)
    };
    let mut rows = Vec::new();
    for period in periods {
        for (level, words) in LEVELS {
            let cell = |categories| Text::from(format!("{} %", french::signed(percent(period, level, categories))));
            rows.push(vec![words.into(), french::period(period.1).into(), cell("toutes"), cell("feuille")]);
        }
    }
    Block::Table(Table {
        caption: "Part des recherches qui est donnée, par niveau".into(),
        columns: vec![
            Head::text("Niveau", "Level"),
            Head::text("Période", "Period"),
            Head::number("Toutes catégories", "All categories"),
            Head::number("Catégories les plus fines", "Finest categories"),
        ],
        rows,
    })
}

fn verifying(dataset: &Dataset<'_>) -> Vec<Block> {
    let id = &dataset.spec.id;
    vec![
        Block::paragraph("Dans le dossier de l’édition, les fichiers de ce jeu contre leurs empreintes :"),
        Block::Code { language: "sh", text: format!("grep -E ' (data|geo|parts|schemas)/{id}[./]' SHA256SUMS | sha256sum -c --strict\n") },
        Block::paragraph(
            Text::from("Toute l’édition, qui l’a publiée, et comment la refaire : ").join(&Text::page("Vérifier", VERIFYING)).plain("."),
        ),
    ]
}

fn licence(dataset: &Dataset<'_>) -> Block {
    let spec = dataset.spec;
    let name = french::capital(&licence_name(&spec.licence));
    let rows = spec.contract.columns.iter().any(|column| column.name == "licence");
    let text = Text::from(format!("{name} : réutilisation libre, y compris commerciale, à condition de citer la source et sa date."));
    Block::Paragraph(match rows {
        true => text
            .plain(" Une ligne dont la colonne ")
            .and(Inline::Code("licence".into()))
            .plain(" dit autre chose suit cette autre licence."),
        false => text,
    })
}
