//! The pages of a release: what people read, in French, as Markdown and as plain HTML with the same words.
//!
//! Guarantees: the pages follow from their [`Release`] alone (no file, clock, environment or network is read), so that the same facts give the same bytes.
//! What comes from data is escaped in both forms; HTML in hand-written Markdown is shown as text. An HTML page is one self-contained document without
//! script or outside resource; links go to files of the same release only, or to what hand-written pages name.
//!
//! Hand-written Markdown has three conventions that HTML needs and Markdown has no sign for: in a heading, what follows ` · ` is English; a block quote is
//! English; `{{prefixe}}`, `{{mois}}` and `{{edition}}` stand for the release's own.
//!
//! A page never names the digest of a page: only tables are described, which are final before pages are written.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod block;
mod changes;
mod dataset;
mod document;
mod french;
mod html;
mod input;
mod markdown;
mod overview;
mod protection;
mod snippets;
mod text;

pub use input::{CodeList, Dataset, Levels, Release, Share, Tally, Texts};

use document::Document;

/// The folder of the pages in a release.
pub const FOLDER: &str = "pages/";
/// The page of the whole release, without its ending.
pub const OVERVIEW: &str = "index";
/// The page on how the demand is protected.
pub const CONFIDENTIALITY: &str = "confidentialite";
/// What importers can rely on.
pub const CONTRACT: &str = "contrat";
/// What the version of a schema promises.
pub const VERSIONS: &str = "versions";
/// In which forms the tables are.
pub const FORMATS: &str = "formats";
/// How a release is checked.
pub const VERIFYING: &str = "verifier";
/// The pages that every release has beside those of its datasets; that of [`CONFIDENTIALITY`] comes with demand.
pub const GENERAL: [&str; 6] = [OVERVIEW, CONFIDENTIALITY, CONTRACT, FORMATS, VERSIONS, VERIFYING];

/// A page in one of its two forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its path in the release: `pages/structures.html`.
    pub path: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why pages could not be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PagesError {
    /// A file that a page is to name is not among the files of the release.
    #[error("the pages are to name {path}, which the release does not have")]
    Missing {
        /// Its path.
        path: String,
    },
    /// A hand-written page is not as it must be.
    #[error("{path}: {detail}")]
    Text {
        /// Which one.
        path: String,
        /// What is wrong and what to write.
        detail: String,
    },
}

/// Makes every page of a release, each as Markdown and as HTML, sorted by path.
///
/// # Errors
/// When a table is not among the files, or a hand-written page has no title, lacks a section that every dataset needs, or names an unknown placeholder.
pub fn pages(release: &Release<'_>) -> Result<Vec<Page>, PagesError> {
    let mut documents = vec![overview::page(release)?];
    for dataset in &release.datasets {
        documents.push(dataset::page(release, dataset)?);
    }
    let texts = &release.texts;
    let written = [
        (CONFIDENTIALITY, texts.confidentiality),
        (CONTRACT, Some(texts.contract)),
        (FORMATS, Some(texts.formats)),
        (VERSIONS, Some(texts.versions)),
        (VERIFYING, Some(texts.verifying)),
    ];
    for (name, text) in written {
        documents.extend(text.map(|text| document::hand_written(release, name, text)).transpose()?);
    }
    let mut pages: Vec<Page> = documents.iter().flat_map(|document| forms(release, document)).collect();
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(pages)
}

fn forms(release: &Release<'_>, document: &Document) -> [Page; 2] {
    let page = |end: &str, media_type, text: String| Page {
        path: format!("{FOLDER}{}.{end}", document.name),
        media_type,
        bytes: text.into_bytes(),
    };
    [
        page("md", "text/markdown; charset=utf-8", document.markdown()),
        page("html", "text/html; charset=utf-8", html::page(release, document)),
    ]
}
