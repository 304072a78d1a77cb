//! How to load a table. Every piece of code is run by a test in the folder of a release, as it stands on the page.

use crate::{
    block::Block,
    text::{Inline, Text},
};
use solidata_model::{Column, ColumnType, DatasetSpec};
use solidata_model::{csv_path, parquet_path};

/// How to load a dataset in R, Python, DuckDB and a spreadsheet.
pub(crate) fn loading(spec: &DatasetSpec, workbook: Option<&str>) -> Vec<Block> {
    let code = |language, text| Block::Code { language, text };
    let mut blocks = vec![
        Block::Paragraph(
            Text::from("Ces lignes s’exécutent telles quelles dans le dossier de l’édition, celui qui contient ")
                .and(Inline::Code("data/".into()))
                .plain(" ; elles sont essayées à chaque changement du programme. Les codes restent du texte : ")
                .and(Inline::Code("01004".into()))
                .plain(" n’est pas ")
                .and(Inline::Code("1004".into()))
                .plain(". Une cellule vide du CSV est une absence de valeur."),
        ),
        Block::heading(3, "R", "base R"),
        code("r", r(spec)),
        Block::heading(3, "Python, avec pandas", "pandas and pyarrow"),
        code("python", pandas(spec)),
        Block::heading(3, "Python, avec polars", "polars"),
        code("python", polars(spec)),
        Block::heading(3, "DuckDB", "SQL"),
        code("sql", duckdb(spec)),
        Block::heading(3, "Tableur", "Spreadsheet"),
    ];
    blocks.extend(spreadsheet(spec, workbook));
    blocks
}

fn names(spec: &DatasetSpec, wanted: impl Fn(ColumnType) -> bool) -> Vec<&str> {
    spec.contract.columns.iter().filter(|c| wanted(c.kind)).map(|c| c.name.as_str()).collect()
}

/// The longest line of a list in a piece of code.
const LINE: usize = 76;

/// Names in quotes and with commas between, in lines that a page is wide enough for.
fn quoted(names: &[&str]) -> String {
    let mut lines = vec![String::new()];
    for (i, name) in names.iter().enumerate() {
        let piece = format!("\"{name}\"{}", if i + 1 < names.len() { "," } else { "" });
        match lines.last_mut().filter(|line| line.len() + piece.len() < LINE) {
            Some(line) => {
                line.push_str(if line.is_empty() { "" } else { " " });
                line.push_str(&piece);
            }
            None => lines.push(piece),
        }
    }
    lines.join("\n  ")
}

fn is_number(kind: ColumnType) -> bool {
    matches!(kind, ColumnType::Integer | ColumnType::Decimal { .. })
}

fn r(spec: &DatasetSpec) -> String {
    let (id, path) = (&spec.id, csv_path(&spec.id));
    let mut text = format!("{id} <- read.csv(\"{path}\", colClasses = \"character\", na.strings = \"\", encoding = \"UTF-8\")\n");
    let mut convert = |name: &str, columns: &[&str], how: &str| {
        if !columns.is_empty() {
            text += &format!("{name} <- c({})\n{id}[{name}] <- lapply({id}[{name}], {how})\n", quoted(columns));
        }
    };
    convert("nombres", &names(spec, is_number), "as.numeric");
    convert("jours", &names(spec, |k| k == ColumnType::Date), "as.Date");
    convert("logiques", &names(spec, |k| k == ColumnType::Boolean), "as.logical");
    text + &format!("str({id})\n")
}

fn pandas(spec: &DatasetSpec) -> String {
    let (id, csv, parquet) = (&spec.id, csv_path(&spec.id), parquet_path(&spec.id));
    format!(
        "import pandas as pd\n\n{id} = pd.read_parquet(\"{parquet}\")  # les types y sont\n\
         # ou, depuis le CSV, tout en texte :\n\
         {id}_csv = pd.read_csv(\"{csv}\", dtype=\"string\",\n    keep_default_na=False, na_values=[\"\"])\n\
         print(len({id}), \"lignes\")\n"
    )
}

fn polars(spec: &DatasetSpec) -> String {
    let (id, csv, parquet) = (&spec.id, csv_path(&spec.id), parquet_path(&spec.id));
    format!(
        "import polars as pl\n\n{id} = pl.read_parquet(\"{parquet}\")\n\
         # ou, depuis le CSV, tout en texte :\n\
         {id}_csv = pl.read_csv(\"{csv}\", infer_schema=False)\n\
         print({id}.height, \"lignes\")\n"
    )
}

fn duckdb(spec: &DatasetSpec) -> String {
    let (id, csv, parquet) = (&spec.id, csv_path(&spec.id), parquet_path(&spec.id));
    format!(
        "CREATE VIEW {id} AS SELECT * FROM '{parquet}';\n\
         SELECT count(*) AS lignes FROM {id};\n\
         -- ou, depuis le CSV, tout en texte :\n\
         CREATE VIEW {id}_csv AS SELECT * FROM read_csv('{csv}', all_varchar = true);\n"
    )
}

fn spreadsheet(spec: &DatasetSpec, workbook: Option<&str>) -> Vec<Block> {
    let path = csv_path(&spec.id);
    let mut blocks = Vec::new();
    if let Some(workbook) = workbook {
        blocks.push(Block::paragraph(
            Text::from("Le plus simple est d’ouvrir ")
                .join(&Text::file(workbook, workbook))
                .plain(" : les codes y sont déjà du texte. Pour partir du CSV :"),
        ));
    }
    blocks.push(Block::List {
        numbered: false,
        items: vec![
            Text::new()
                .and(Inline::Strong("LibreOffice".into()))
                .plain(" : ouvrir le CSV ; jeu de caractères UTF-8, séparateur virgule, langue « anglais » (point décimal) ; mettre les colonnes de codes au type « Texte »."),
            Text::new().and(Inline::Strong("Excel".into())).plain(
                " : Données, À partir d’un fichier texte/CSV ; origine UTF-8, délimiteur virgule, et « Ne pas détecter les types de données ». Un double-clic sur le CSV \
                 ôterait les zéros de tête.",
            ),
        ],
    });
    blocks.push(Block::paragraph("Ou, en une commande, du CSV à un classeur dont les codes sont du texte :"));
    blocks.push(Block::Code {
        language: "sh",
        text: format!(
            "soffice --headless --infilter=\"CSV:44,34,76,1,{},1033,true,true\" --convert-to ods {path}\n",
            import_filter(&spec.contract.columns)
        ),
    });
    blocks
}

/// The form of each column for LibreOffice: 2 is text, 5 a day written year first, 1 a number in the language of the import.
fn import_filter(columns: &[Column]) -> String {
    let form = |kind| match kind {
        ColumnType::Text => 2,
        ColumnType::Date => 5,
        ColumnType::Integer | ColumnType::Decimal { .. } | ColumnType::Boolean => 1,
    };
    columns.iter().enumerate().map(|(i, column)| format!("{}/{}", i + 1, form(column.kind))).collect::<Vec<_>>().join("/")
}
