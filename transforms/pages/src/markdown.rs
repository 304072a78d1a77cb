//! Hand-written Markdown: read with the conventions of the crate, and as HTML.

use crate::{
    PagesError, Release, french,
    html::{Headings, code_block, heading, table},
    text::{code_html, escaped},
};
use pulldown_cmark::{Alignment, CodeBlockKind, CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html::push_html};
use std::{borrow::Cow, ops::Range};

/// A hand-written page, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// Its heading of level 1.
    pub(crate) title: String,
    /// What stands before its first heading of level 2.
    pub(crate) lead: String,
    /// The rest.
    pub(crate) body: String,
}

fn parser(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES)
}

impl Written {
    /// Takes a page apart, with its placeholders filled and its typography set.
    pub(crate) fn read(path: &str, text: &str, release: &Release<'_>) -> Result<Self, PagesError> {
        let wrong = |detail: String| PagesError::Text { path: path.to_owned(), detail };
        let text = typographic(&filled(text, release).map_err(wrong)?);
        let mut title = None;
        let mut sections = text.len();
        for (event, range) in parser(&text).into_offset_iter() {
            match event {
                Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) if title.is_none() => title = Some(range),
                Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }) => sections = sections.min(range.start),
                _ => {}
            }
        }
        let title = title.filter(|title| text.get(..title.start).is_some_and(|before| before.trim().is_empty()));
        let title = title.ok_or_else(|| wrong("it does not begin with a title: # Title".into()))?;
        let part = |range: Range<usize>| text.get(range).unwrap_or_default().trim().to_owned();
        Ok(Self {
            title: part(title.clone()).trim_start_matches('#').trim().to_owned(),
            lead: part(title.end..sections.max(title.end)),
            body: part(sections..text.len()),
        })
    }

    /// Refuses a page that lacks a section, named by the French of its heading.
    pub(crate) fn must_have(&self, path: &str, sections: &[&str]) -> Result<(), PagesError> {
        let has =
            |name: &str| self.body.lines().any(|line| line.strip_prefix("## ").is_some_and(|rest| rest.split(" · ").next() == Some(name)));
        match sections.iter().find(|name| !has(name)) {
            None => Ok(()),
            Some(name) => Err(PagesError::Text { path: path.to_owned(), detail: format!("it lacks the section '## {name} · …'") }),
        }
    }
}

/// The text with the release's own words for its placeholders.
fn filled(text: &str, release: &Release<'_>) -> Result<String, String> {
    let text = text
        .replace("{{prefixe}}", &release.prefix())
        .replace("{{mois}}", &release.month.to_string())
        .replace("{{edition}}", &format!("r{}", release.revision));
    match text.split_once("{{") {
        None => Ok(text),
        Some((_, rest)) => {
            let name = rest.split("}}").next().unwrap_or_default();
            Err(format!("'{{{{{name}}}}}' is no placeholder: prefixe, mois and edition are"))
        }
    }
}

/// The same Markdown with the spaces and apostrophes of French; code is left alone.
fn typographic(text: &str) -> String {
    edited(text, |event, slice, in_code| matches!(event, Event::Text(_)).then(|| french::typography(slice)).filter(|_| !in_code))
}

/// The same Markdown with every heading so many levels deeper.
pub(crate) fn deeper(text: &str, levels: usize) -> String {
    edited(text, |event, slice, _| matches!(event, Event::Start(Tag::Heading { .. })).then(|| format!("{}{slice}", "#".repeat(levels))))
}

/// The text with the pieces replaced for which `change` gives something else: it is asked for each event, with its source.
fn edited(text: &str, change: impl Fn(&Event<'_>, &str, bool) -> Option<String>) -> String {
    let (mut out, mut done, mut in_code) = (String::with_capacity(text.len()), 0, false);
    for (event, range) in parser(text).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            _ => {}
        }
        let Some(slice) = text.get(range.clone()).filter(|_| range.start >= done) else { continue };
        if let Some(new) = change(&event, slice, in_code) {
            out.push_str(text.get(done..range.start).unwrap_or_default());
            out.push_str(&new);
            done = range.end;
        }
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

/// A heading's French and English.
pub(crate) fn languages(text: &str) -> (&str, Option<&str>) {
    text.split_once(" · ").map_or((text, None), |(french, english)| (french, Some(english)))
}

/// Hand-written Markdown as HTML. HTML in it is shown as text, a picture as its description.
pub(crate) fn html(text: &str, headings: &mut Headings) -> String {
    let mut out = String::new();
    let mut events = parser(text);
    let mut plain = Vec::new();
    while let Some(event) = events.next() {
        let special = match &event {
            Event::Start(Tag::Heading { level, .. }) => {
                let level = *level as u8;
                let inner: String = until(&mut events, |tag| matches!(tag, TagEnd::Heading(_))).iter().map(words).collect();
                let (french, english) = languages(&inner);
                heading(level, french, english, headings)
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                let inner: String = until(&mut events, |tag| matches!(tag, TagEnd::CodeBlock)).iter().map(words).collect();
                code_block(&language, &inner)
            }
            Event::Start(Tag::Table(alignments)) => {
                let numbers: Vec<bool> = alignments.iter().map(|a| *a == Alignment::Right).collect();
                written_table(until(&mut events, |tag| matches!(tag, TagEnd::Table)), &numbers, headings)
            }
            Event::Start(Tag::BlockQuote(_)) => {
                let inner = until(&mut events, |tag| matches!(tag, TagEnd::BlockQuote(_)));
                format!("<div class=\"english\" lang=\"en\">\n{}</div>\n", rendered(inner))
            }
            _ => {
                plain.push(event);
                continue;
            }
        };
        out += &rendered(std::mem::take(&mut plain));
        out += &special;
    }
    out + &rendered(plain)
}

/// The events up to the end of an element. Headings, tables and code hold none of their own kind; quotes are not nested here.
fn until<'e>(events: &mut impl Iterator<Item = Event<'e>>, end: impl Fn(TagEnd) -> bool) -> Vec<Event<'e>> {
    events.take_while(|event| !matches!(event, Event::End(tag) if end(*tag))).collect()
}

/// The words of an event.
fn words<'e>(event: &'e Event<'_>) -> Cow<'e, str> {
    match event {
        Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => Cow::Borrowed(text),
        Event::SoftBreak | Event::HardBreak => Cow::Borrowed(" "),
        _ => Cow::Borrowed(""),
    }
}

/// Events as HTML, with links to pages turned to their HTML form.
fn rendered(events: Vec<Event<'_>>) -> String {
    let mut out = String::new();
    let events = events.into_iter().filter_map(|event| {
        Some(match event {
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
            Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => return None,
            Event::Code(text) => Event::InlineHtml(code_html(&text).into()),
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                Event::Start(Tag::Link { link_type, dest_url: in_html(link_type, dest_url), title, id })
            }
            other => other,
        })
    });
    push_html(&mut out, events);
    out
}

/// Where a link goes in the HTML form: to the HTML form of a page beside it, else where it went; never to a script.
fn in_html(kind: LinkType, to: CowStr<'_>) -> CowStr<'_> {
    let safe = matches!(kind, LinkType::Email) || !to.contains(':') || ["https://", "http://", "mailto:"].iter().any(|s| to.starts_with(s));
    match to.strip_suffix(".md").filter(|name| !name.contains(['/', ':'])) {
        _ if !safe => "#".into(),
        Some(name) => format!("{name}.html").into(),
        None => to,
    }
}

/// A hand-written table: its caption is the heading that it stands under.
fn written_table(events: Vec<Event<'_>>, numbers: &[bool], headings: &mut Headings) -> String {
    let (mut rows, mut cells, mut cell) = (Vec::new(), Vec::new(), Vec::new());
    for event in events {
        match event {
            Event::Start(Tag::TableHead | Tag::TableRow | Tag::TableCell) => {}
            Event::End(TagEnd::TableCell) => cells.push(rendered(std::mem::take(&mut cell))),
            Event::End(TagEnd::TableHead | TagEnd::TableRow) => rows.push(std::mem::take(&mut cells)),
            other => cell.push(other),
        }
    }
    let head: Vec<(String, bool)> = match rows.is_empty() {
        true => Vec::new(),
        false => rows.remove(0).into_iter().zip(numbers.iter().copied()).collect(),
    };
    let caption = escaped(headings.last());
    table(&caption, true, &head, &rows, headings)
}
