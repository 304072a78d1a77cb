//! Running text with the few marks that pages need, escaped for both forms.

use crate::french::typography;
use pulldown_cmark_escape::{escape_href, escape_html, escape_html_body_text};

/// A piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Inline {
    /// French words.
    Plain(String),
    /// English words.
    English(String),
    /// Words that matter.
    Strong(String),
    /// Code, a name, a path.
    Code(String),
    /// A link to another page of the release, by its name.
    Page { label: String, name: String },
    /// A link to a file of the release, by its path.
    File { label: String, path: String },
}

/// A line of text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Text(Vec<Inline>);

impl Text {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn code(text: impl Into<String>) -> Self {
        Self::new().and(Inline::Code(text.into()))
    }

    pub(crate) fn file(label: impl Into<String>, path: impl Into<String>) -> Self {
        Self::new().and(Inline::File { label: label.into(), path: path.into() })
    }

    pub(crate) fn page(label: impl Into<String>, name: impl Into<String>) -> Self {
        Self::new().and(Inline::Page { label: label.into(), name: name.into() })
    }

    pub(crate) fn and(mut self, inline: Inline) -> Self {
        self.0.push(inline);
        self
    }

    pub(crate) fn plain(self, text: impl Into<String>) -> Self {
        self.and(Inline::Plain(text.into()))
    }

    /// Code with commas between.
    pub(crate) fn codes<'c>(mut self, codes: impl IntoIterator<Item = &'c str>) -> Self {
        for (i, code) in codes.into_iter().enumerate() {
            if i > 0 {
                self = self.plain(", ");
            }
            self = self.and(Inline::Code(code.into()));
        }
        self
    }

    /// With another text after it.
    pub(crate) fn join(mut self, other: &Self) -> Self {
        self.0.extend(other.0.iter().cloned());
        self
    }

    /// As Markdown, on one line. In a cell of a table `|` is escaped too.
    pub(crate) fn markdown(&self) -> String {
        self.0.iter().map(Inline::markdown).collect()
    }

    /// As HTML.
    pub(crate) fn html(&self) -> String {
        let mut out = String::new();
        for inline in &self.0 {
            inline.html(&mut out);
        }
        out
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::new().plain(text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::new().plain(text)
    }
}

impl Inline {
    fn markdown(&self) -> String {
        match self {
            Self::Plain(text) => escape_markdown(&typography(text)),
            Self::English(text) => format!("*{}*", escape_markdown(text)),
            Self::Strong(text) => format!("**{}**", escape_markdown(&typography(text))),
            Self::Code(text) => code_span(text),
            Self::Page { label, name } => format!("[{}]({name}.md)", escape_markdown(&typography(label))),
            Self::File { label, path } => format!("[{}](../{path})", escape_markdown(label)),
        }
    }

    fn html(&self, out: &mut String) {
        let wrap = |out: &mut String, begin: &str, text: &str, end: &str| {
            out.push_str(begin);
            out.push_str(&escaped(text));
            out.push_str(end);
        };
        let link = |out: &mut String, href: &str, label: &str| {
            out.push_str("<a href=\"");
            // Writing into a text does not fail.
            let _ = escape_href(&mut *out, href);
            wrap(out, "\">", label, "</a>");
        };
        match self {
            Self::Plain(text) => out.push_str(&escaped(&typography(text))),
            Self::English(text) => wrap(out, "<span lang=\"en\">", text, "</span>"),
            Self::Strong(text) => wrap(out, "<strong>", &typography(text), "</strong>"),
            Self::Code(text) => out.push_str(&code_html(text)),
            Self::Page { label, name } => link(out, &format!("{name}.html"), &typography(label)),
            Self::File { label, path } => link(out, &format!("../{path}"), label),
        }
    }
}

/// Text for the body of HTML.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let _ = escape_html_body_text(&mut out, text);
    out
}

/// Text for an attribute of HTML, in double quotes.
pub(crate) fn attribute(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let _ = escape_html(&mut out, text);
    out
}

/// Code of no more letters than this stays on one line.
const SHORT: usize = 24;

/// A code span. A line may be broken after `_` and `/` in a long one, as names of columns and paths need on a small screen.
pub(crate) fn code_html(text: &str) -> String {
    let words = escaped(text);
    match text.chars().count() <= SHORT && !text.contains(' ') {
        true => format!("<code class=\"one\">{words}</code>"),
        false => format!("<code>{}</code>", words.replace('_', "_<wbr>").replace('/', "/<wbr>")),
    }
}

/// Every sign that means something in Markdown, with a backslash before it; line breaks and other control characters as spaces.
pub(crate) fn escape_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '!' => out.extend(['\\', letter]),
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

/// A code span of any text, on one line.
fn code_span(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let room = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    // A bar ends a cell of a table even within code.
    format!("{fence}{room}{}{room}{fence}", text.replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_data_is_escaped_in_both_forms() {
        let text = Text::from("<b>a|b</b> & *x*_y_").plain(" : ").and(Inline::Code("a`|b<".into()));
        assert_eq!(text.markdown(), "\\<b\\>a\\|b\\</b\\> \\& \\*x\\*\\_y\\_\u{a0}: ``a`\\|b<``");
        assert_eq!(text.html(), "&lt;b&gt;a|b&lt;/b&gt; &amp; *x*_y_\u{a0}: <code class=\"one\">a`|b&lt;</code>");
        let link = Text::file("\"a\"", "data/a b\"c.csv");
        assert_eq!(link.html(), "<a href=\"../data/a%20b%22c.csv\">\"a\"</a>");
        assert_eq!(attribute("\"<"), "&quot;&lt;");
    }
}
