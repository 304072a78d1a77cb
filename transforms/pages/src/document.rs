//! A page before it has a form.

use crate::{
    PagesError, Release,
    block::Block,
    markdown::{self, Written},
    text::{Inline, Text, escape_markdown},
};

/// A page.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// Its file name without ending.
    pub(crate) name: String,
    /// Its title.
    pub(crate) title: String,
    /// Its English title.
    pub(crate) english: Option<String>,
    /// What search engines show.
    pub(crate) description: String,
    /// What stands under the title: Markdown with its typography set.
    pub(crate) lead: String,
    /// The rest.
    pub(crate) blocks: Vec<Block>,
}

impl Document {
    /// Its Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut parts = vec![format!("# {}", escape_markdown(&self.title))];
        parts.extend(self.english.as_ref().map(|words| Text::new().and(Inline::English(words.clone())).markdown()));
        parts.extend(Some(self.lead.clone()).filter(|lead| !lead.is_empty()));
        parts.extend(self.blocks.iter().map(Block::markdown));
        parts.join("\n\n") + "\n"
    }
}

/// A page that is written by hand from beginning to end.
pub(crate) fn hand_written(release: &Release<'_>, name: &str, text: &str) -> Result<Document, PagesError> {
    let written = Written::read(&format!("datasets/{name}.md"), text, release)?;
    let (title, english) = markdown::languages(&written.title);
    Ok(Document {
        name: name.into(),
        title: title.into(),
        english: english.map(str::to_owned),
        description: format!("{title}, Solidata"),
        lead: written.lead,
        blocks: vec![Block::Written(written.body)],
    })
}
