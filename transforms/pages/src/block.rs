//! What a page is built of, and its Markdown.

use crate::text::{Inline, Text};

/// A part of a page.
#[derive(Debug, Clone)]
pub(crate) enum Block {
    /// A heading of level 2 or 3, French, with the English that importers look for.
    Heading { level: u8, french: String, english: Option<String> },
    /// A paragraph.
    Paragraph(Text),
    /// A list; numbered when the order matters.
    List { numbered: bool, items: Vec<Text> },
    /// A table.
    Table(Table),
    /// The columns of a dataset: a wide table in Markdown, a narrow one in HTML.
    Columns(Vec<ColumnDoc>),
    /// Code to be run in the folder of the release.
    Code { language: &'static str, text: String },
    /// What must be seen first.
    Notice(Text),
    /// Hand-written Markdown, with the conventions of the crate.
    Written(String),
}

/// A table. The first column names the row.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) caption: String,
    pub(crate) columns: Vec<Head>,
    pub(crate) rows: Vec<Vec<Text>>,
}

/// The head of a column.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) french: &'static str,
    pub(crate) english: Option<&'static str>,
    pub(crate) number: bool,
}

impl Head {
    pub(crate) fn text(french: &'static str, english: &'static str) -> Self {
        Self { french, english: Some(english), number: false }
    }

    pub(crate) fn number(french: &'static str, english: &'static str) -> Self {
        Self { french, english: Some(english), number: true }
    }
}

/// What a page says of a column.
#[derive(Debug, Clone)]
pub(crate) struct ColumnDoc {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) key: bool,
    pub(crate) may_be_empty: bool,
    pub(crate) french: String,
    pub(crate) english: String,
    /// Values, code list, example, version.
    pub(crate) more: Vec<Text>,
}

impl ColumnDoc {
    pub(crate) fn presence(&self) -> &'static str {
        match (self.key, self.may_be_empty) {
            (true, _) => "clé",
            (false, true) => "peut être vide",
            (false, false) => "toujours rempli",
        }
    }
}

impl Block {
    pub(crate) fn heading(level: u8, french: &str, english: &str) -> Self {
        Self::Heading { level, french: french.into(), english: Some(english.into()) }
    }

    pub(crate) fn paragraph(text: impl Into<Text>) -> Self {
        Self::Paragraph(text.into())
    }

    /// Its Markdown, without the empty line after it.
    pub(crate) fn markdown(&self) -> String {
        match self {
            Self::Heading { level, french, english } => {
                let mut text = Text::from(french.as_str());
                if let Some(english) = english {
                    text = text.plain(" · ").and(Inline::English(english.clone()));
                }
                format!("{} {}", "#".repeat(usize::from(*level)), text.markdown())
            }
            Self::Paragraph(text) => text.markdown(),
            Self::List { numbered, items } => {
                let mark = |i: usize| if *numbered { format!("{}.", i + 1) } else { "-".to_owned() };
                items.iter().enumerate().map(|(i, item)| format!("{} {}", mark(i), item.markdown())).collect::<Vec<_>>().join("\n")
            }
            Self::Table(table) => table.markdown(),
            Self::Columns(columns) => columns_markdown(columns),
            Self::Code { language, text } => format!("```{language}\n{}\n```", text.trim_end()),
            Self::Notice(text) => format!("**À noter.** {}", text.markdown()),
            Self::Written(text) => text.trim().to_owned(),
        }
    }
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().collect();
    format!("| {} |", cells.join(" | "))
}

impl Table {
    fn markdown(&self) -> String {
        let head = |head: &Head| {
            let mut text = Text::from(head.french);
            if let Some(english) = head.english {
                text = text.plain(" · ").and(Inline::English(english.into()));
            }
            text.markdown()
        };
        let mut lines = vec![Text::from(self.caption.as_str()).plain(" :").markdown(), String::new()];
        lines.push(row(self.columns.iter().map(head)));
        lines.push(row(self.columns.iter().map(|c| if c.number { "---:".to_owned() } else { "---".to_owned() })));
        lines.extend(self.rows.iter().map(|cells| row(cells.iter().map(Text::markdown))));
        lines.join("\n")
    }
}

fn columns_markdown(columns: &[ColumnDoc]) -> String {
    let heads = [
        "Colonne · *Column*",
        "Type · *Type*",
        "Présence · *Presence*",
        "Description",
        "*Description*",
        "Valeurs, listes · *Values, lists*",
    ];
    let mut lines = vec![row(heads.map(str::to_owned)), row(heads.map(|_| "---".to_owned()))];
    for column in columns {
        let mut more = Text::new();
        for (i, part) in column.more.iter().enumerate() {
            more = if i > 0 { more.plain(" ; ") } else { more }.join(part);
        }
        lines.push(row([
            Text::code(&column.name).markdown(),
            Text::from(column.kind.as_str()).markdown(),
            column.presence().to_owned(),
            Text::from(column.french.as_str()).markdown(),
            Text::new().and(Inline::English(column.english.clone())).markdown(),
            more.markdown(),
        ]));
    }
    lines.join("\n")
}
