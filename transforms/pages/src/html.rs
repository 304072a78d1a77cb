//! The HTML form: one self-contained document a page.

use crate::{
    CONFIDENTIALITY, CONTRACT, FORMATS, OVERVIEW, Release, VERIFYING, VERSIONS,
    block::{Block, ColumnDoc, Table},
    document::Document,
    french, markdown,
    text::{Text, attribute, escaped},
};
use std::collections::BTreeSet;

const STYLE: &str = include_str!("style.css");

/// The headings of a page so far, and the names that are taken in it.
#[derive(Debug, Default)]
pub(crate) struct Headings {
    taken: BTreeSet<String>,
    /// Those of level 2: name and French words.
    sections: Vec<(String, String)>,
    last: String,
}

impl Headings {
    /// The words of the last heading.
    pub(crate) fn last(&self) -> &str {
        &self.last
    }

    /// A name that no other element of the page has.
    fn name(&mut self, words: &str) -> String {
        let slug = slug(words);
        let numbered = (2..).map(|n| format!("{slug}-{n}"));
        let free = std::iter::once(slug.clone()).chain(numbered).find(|name| !self.taken.contains(name)).unwrap_or_default();
        self.taken.insert(free.clone());
        free
    }
}

/// `Ce qui s’additionne` as `ce-qui-s-additionne`.
fn slug(words: &str) -> String {
    let mut out = String::new();
    for letter in words.to_lowercase().chars() {
        let plain = match letter {
            'à' | 'â' | 'ä' => 'a',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'î' | 'ï' => 'i',
            'ô' | 'ö' => 'o',
            'ù' | 'û' | 'ü' => 'u',
            'ç' => 'c',
            letter if letter.is_ascii_alphanumeric() => letter,
            _ => '-',
        };
        if plain != '-' || !out.is_empty() && !out.ends_with('-') {
            out.push(plain);
        }
    }
    let out = out.trim_end_matches('-');
    if out.is_empty() { "section".into() } else { out.into() }
}

/// A heading with a name of its own.
pub(crate) fn heading(level: u8, french: &str, english: Option<&str>, headings: &mut Headings) -> String {
    let name = headings.name(french);
    headings.last = french.to_owned();
    if level == 2 {
        headings.sections.push((name.clone(), french.to_owned()));
    }
    let english = english.map(|words| format!(" <span class=\"en\" lang=\"en\">{}</span>", escaped(words))).unwrap_or_default();
    format!("<h{level} id=\"{name}\">{}{english}</h{level}>\n", escaped(french))
}

/// Code, which can be scrolled with the keyboard.
pub(crate) fn code_block(language: &str, text: &str) -> String {
    let (class, label) = match language {
        "" | "text" => (String::new(), "Texte".to_owned()),
        "sh" => (" class=\"language-sh\"".into(), "Commandes".into()),
        other => (format!(" class=\"language-{}\"", attribute(other)), format!("Code {}", attribute(name_of(other)))),
    };
    format!("<pre tabindex=\"0\" role=\"group\" aria-label=\"{label}\"><code{class}>{}\n</code></pre>\n", escaped(text.trim_end()))
}

fn name_of(language: &str) -> &str {
    match language {
        "r" => "R",
        "python" => "Python",
        "sql" => "SQL",
        other => other,
    }
}

/// A table within a region that can be scrolled with the keyboard and has the caption as its name. Cells are HTML; the first of a row names it.
pub(crate) fn table(caption: &str, hidden: bool, head: &[(String, bool)], rows: &[Vec<String>], headings: &mut Headings) -> String {
    let name = headings.name(&format!("tableau {caption}"));
    let class = |number: bool| if number { " class=\"number\"" } else { "" };
    let hidden = if hidden { " class=\"unseen\"" } else { "" };
    // Too many words side by side for a telephone: the region is scrolled then.
    let words = head.iter().filter(|(_, number)| !number).count();
    let many = if head.len() > 4 || head.len() == 4 && words > 2 { " class=\"many\"" } else { "" };
    let mut out = format!("<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-labelledby=\"{name}\">\n<table{many}>\n");
    out += &format!("<caption id=\"{name}\"><span{hidden}>{caption}</span></caption>\n<thead>\n<tr>");
    for (words, number) in head {
        out += &format!("<th scope=\"col\"{}>{words}</th>", class(*number));
    }
    out += "</tr>\n</thead>\n<tbody>\n";
    for row in rows {
        out += "<tr>";
        for (i, cell) in row.iter().enumerate() {
            let number = class(head.get(i).is_some_and(|(_, number)| *number));
            out += &match i {
                0 => format!("<th scope=\"row\"{number}>{cell}</th>"),
                _ => format!("<td{number}>{cell}</td>"),
            };
        }
        out += "</tr>\n";
    }
    out + "</tbody>\n</table>\n</div>\n"
}

fn head_html(french: &str, english: Option<&str>) -> String {
    let english = english.map(|words| format!(" <span class=\"en\" lang=\"en\">{}</span>", escaped(words))).unwrap_or_default();
    format!("{}{english}", escaped(&french::typography(french)))
}

fn generated_table(made: &Table, headings: &mut Headings) -> String {
    let head: Vec<_> = made.columns.iter().map(|c| (head_html(c.french, c.english), c.number)).collect();
    let rows: Vec<Vec<String>> = made.rows.iter().map(|row| row.iter().map(Text::html).collect()).collect();
    table(&escaped(&french::typography(&made.caption)), false, &head, &rows, headings)
}

/// The columns of a dataset: name and type in one cell, everything that is said of it in the other, so that they can be read on a telephone.
fn columns(docs: &[ColumnDoc], headings: &mut Headings) -> String {
    let heads = [("Colonne, type", Some("Column, type")), ("Description", None)];
    let head: Vec<_> = heads.map(|(french, english)| (head_html(french, english), false)).into();
    let row = |doc: &ColumnDoc| {
        let class = if doc.key { " class=\"key\"" } else { "" };
        let name = format!(
            "{}<span class=\"type\">{}<br><span{class}>{}</span></span>",
            column_name(&doc.name),
            escaped(&doc.kind),
            doc.presence()
        );
        let mut about =
            format!("<p>{}</p><p class=\"en\" lang=\"en\">{}</p>", escaped(&french::typography(&doc.french)), escaped(&doc.english));
        if !doc.more.is_empty() {
            about +=
                &format!("<ul class=\"more\">{}</ul>", doc.more.iter().map(|text| format!("<li>{}</li>", text.html())).collect::<String>());
        }
        vec![name, about]
    };
    let rows: Vec<_> = docs.iter().map(row).collect();
    let caption = format!("{} de la table, dans l’ordre", french::counted(docs.len() as u64, "colonne", "colonnes"));
    table(&caption, false, &head, &rows, headings).replacen("<table>", "<table class=\"columns\">", 1)
}

/// The name of a column: a line may be broken after `_`, since it stands in a narrow cell.
fn column_name(name: &str) -> String {
    format!("<code>{}</code>", escaped(name).replace('_', "_<wbr>"))
}

fn block(block: &Block, headings: &mut Headings) -> String {
    match block {
        Block::Heading { level, french, english } => heading(*level, &french::typography(french), english.as_deref(), headings),
        Block::Paragraph(text) => format!("<p>{}</p>\n", text.html()),
        Block::List { numbered, items } => {
            let tag = if *numbered { "ol" } else { "ul" };
            let items: String = items.iter().map(|item| format!("<li>{}</li>\n", item.html())).collect();
            format!("<{tag}>\n{items}</{tag}>\n")
        }
        Block::Table(made) => generated_table(made, headings),
        Block::Columns(docs) => columns(docs, headings),
        Block::Code { language, text } => code_block(language, text),
        Block::Notice(text) => format!("<p class=\"notice\"><strong>À noter.</strong> {}</p>\n", text.html()),
        Block::Written(text) => markdown::html(text, headings),
    }
}

/// A whole page.
pub(crate) fn page(release: &Release<'_>, document: &Document) -> String {
    let mut headings = Headings::default();
    // Names of the frame itself.
    headings.taken.extend(["contenu", "sommaire"].map(str::to_owned));
    let first = document.blocks.iter().take_while(|part| matches!(part, Block::Notice(_))).count();
    let (notices, parts) = document.blocks.split_at(first);
    let mut render = |parts: &[Block]| parts.iter().map(|part| block(part, &mut headings)).collect::<String>();
    let (notices, body) = (render(notices), render(parts));
    let title = escaped(&document.title);
    let edition = format!("{}, édition {}", french::capital(&french::month(release.month)), release.revision);
    let english =
        document.english.as_ref().map(|words| format!("<p class=\"title-en\" lang=\"en\">{}</p>\n", escaped(words))).unwrap_or_default();
    let lead = if document.lead.is_empty() {
        String::new()
    } else {
        format!("<div class=\"lead\">\n{}</div>\n", markdown::html(&document.lead, &mut headings))
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"fr\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"description\" content=\"{description}\">\n<title>{full_title}</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<link rel=\"alternate\" type=\"text/markdown\" href=\"{name}.md\">\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#contenu\">Aller au contenu</a>\n\
         <header>\n<p class=\"brand\"><a href=\"{OVERVIEW}.html\">Solidata</a></p>\n<p class=\"edition\">{edition}</p>\n{navigation}</header>\n\
         <main id=\"contenu\" tabindex=\"-1\">\n<div class=\"title\">\n<h1>{title}</h1>\n{english}{lead}{notices}</div>\n{contents}<div class=\"body\">\n{body}</div>\n</main>\n\
         <footer>\n<p>{publisher} publie ces données sous {licence}. <em>Tracer les usages, pas les utilisateurs.</em></p>\n\
         <p><a href=\"{name}.md\">Cette page en Markdown</a></p>\n</footer>\n</body>\n</html>\n",
        description = attribute(&document.description),
        full_title = if document.name == OVERVIEW {
            title.clone()
        } else {
            format!("{title} – Solidata, {}", escaped(&french::month(release.month)))
        },
        name = document.name,
        navigation = navigation(release, document),
        contents = contents(&headings),
        publisher = escaped(release.publisher),
        licence = escaped(&crate::overview::licence_name(release.licence)),
    )
}

/// The pages of the release.
fn navigation(release: &Release<'_>, document: &Document) -> String {
    let mut out = String::from("<nav aria-label=\"Pages de l’édition\">\n<ul>\n");
    let mut entry = |name: &str, label: &str| {
        let here = if name == document.name { " aria-current=\"page\"" } else { "" };
        out += &format!("<li><a href=\"{name}.html\"{here}>{}</a></li>\n", escaped(label));
    };
    entry(OVERVIEW, "L’édition");
    for dataset in &release.datasets {
        entry(&dataset.spec.id, &french::typography(&dataset.spec.title_fr));
    }
    if release.texts.confidentiality.is_some() {
        entry(CONFIDENTIALITY, "Confidentialité");
    }
    entry(CONTRACT, "Contrat");
    entry(FORMATS, "Formats");
    entry(VERSIONS, "Versions");
    entry(VERIFYING, "Vérifier");
    out + "</ul>\n</nav>\n"
}

/// The sections of the page; none where there are too few.
fn contents(headings: &Headings) -> String {
    if headings.sections.len() < 3 {
        return String::new();
    }
    let entries: String =
        headings.sections.iter().map(|(name, words)| format!("<li><a href=\"#{name}\">{}</a></li>\n", escaped(words))).collect();
    format!("<nav class=\"contents\" aria-labelledby=\"sommaire\">\n<p id=\"sommaire\">Sur cette page</p>\n<ol>\n{entries}</ol>\n</nav>\n")
}
