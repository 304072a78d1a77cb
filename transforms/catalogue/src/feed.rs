//! The Atom feed ([RFC 4287](https://www.rfc-editor.org/rfc/rfc4287)): an entry for each thing that was done with a release, and for each erratum.
//!
//! A step of the index's log has the day on which it was made. Of one that has none, the day is that of the newest run among what was published until then, and of a release that
//! of its own run: it says "not before". Nothing here reads a clock.

use crate::described::sentence;
use crate::editions::Edition;
use crate::french;
use crate::iri::Iri;
use crate::views::World;
use crate::{CATALOG, CatalogueError, FEED, RELEASES};
use chrono::NaiveDate;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use solidata_model::{CHANGES_PAGE, Done, Erratum, ReleaseState};

struct Entry {
    /// What stands behind the feed's own identifier.
    id: String,
    /// When it was done, and when what is said of it changed last.
    day: NaiveDate,
    updated: NaiveDate,
    title: String,
    text: String,
    links: Vec<Link>,
    category: &'static str,
}

struct Link {
    rel: &'static str,
    href: Iri,
    media_type: &'static str,
    title: Option<String>,
    bytes: Option<u64>,
}

/// The feed, the newest entry first.
///
/// # Errors
/// Never with what this crate makes.
pub(crate) fn feed(world: &World<'_>) -> Result<Vec<u8>, CatalogueError> {
    let entries = entries(world);
    let updated = entries.iter().map(|entry| entry.updated).max().unwrap_or_default();
    let own = format!("tag:{}:solidata", world.of.settings.tag_authority);
    let mut out = Writer::new_with_indent(Vec::new(), b' ', 2);
    out.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    let mut feed = BytesStart::new("feed");
    feed.push_attribute(("xmlns", "http://www.w3.org/2005/Atom"));
    feed.push_attribute(("xml:lang", "fr"));
    out.write_event(Event::Start(feed))?;
    element(&mut out, "id", &own)?;
    element(&mut out, "title", "Solidata : éditions des données ouvertes de Soliguide")?;
    element(&mut out, "subtitle", "Publications, corrections et retraits, avec leur raison")?;
    element(&mut out, "updated", &instant(updated))?;
    out.create_element("author").write_inner_content(|out| {
        element(out, "name", &world.of.settings.publisher.name)?;
        element(out, "uri", world.addresses.homepage.as_str())
    })?;
    element(&mut out, "rights", "Licence Ouverte 2.0 (etalab-2.0), sauf mention contraire")?;
    let simple = |rel, href, media_type| Link { rel, href, media_type, title: None, bytes: None };
    link(&mut out, &simple("self", world.at(FEED), "application/atom+xml"))?;
    match &world.addresses.landing_page {
        Some(page) => link(&mut out, &simple("alternate", page.clone(), "text/html"))?,
        None => link(&mut out, &simple("alternate", world.at(RELEASES), "application/json"))?,
    }
    link(&mut out, &simple("related", world.at(&format!("{CATALOG}.jsonld")), "application/ld+json"))?;
    for entry in entries.iter().rev() {
        out.create_element("entry").write_inner_content(|out| {
            element(out, "id", &format!("{own}/{}", entry.id))?;
            element(out, "title", &entry.title)?;
            element(out, "updated", &instant(entry.updated))?;
            element(out, "published", &instant(entry.day))?;
            out.create_element("category").with_attribute(("term", entry.category)).write_empty()?;
            for one in &entry.links {
                link(out, one)?;
            }
            out.create_element("content").with_attribute(("type", "text")).write_text_content(BytesText::new(&plain(&entry.text)))?;
            Ok(())
        })?;
    }
    out.write_event(Event::End(BytesEnd::new("feed")))?;
    let mut bytes = out.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

type Xml = Writer<Vec<u8>>;

fn element(out: &mut Xml, name: &str, text: &str) -> std::io::Result<()> {
    out.create_element(name).write_text_content(BytesText::new(&plain(text))).map(drop)
}

/// A text without the characters that XML cannot hold.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

fn link(out: &mut Xml, link: &Link) -> std::io::Result<()> {
    let bytes = link.bytes.map(|bytes| bytes.to_string());
    let mut element =
        out.create_element("link").with_attributes([("rel", link.rel), ("type", link.media_type), ("href", link.href.as_str())]);
    if let Some(title) = &link.title {
        element = element.with_attribute(("title", title.as_str()));
    }
    if let Some(bytes) = &bytes {
        element = element.with_attribute(("length", bytes.as_str()));
    }
    element.write_empty().map(drop)
}

fn instant(day: NaiveDate) -> String {
    format!("{day}T00:00:00Z")
}

/// In the order in which things were done, by day.
fn entries(world: &World<'_>) -> Vec<Entry> {
    let mut done = Vec::new();
    let mut newest = None;
    for change in &world.of.index.log {
        let published = change.done.iter().filter_map(|done| match done {
            Done::Publish { prefix } | Done::Revise { prefix, .. } => day(world, prefix),
            _ => None,
        });
        newest = published.max().max(newest);
        let on = change.day.or(newest);
        done.extend((1u64..).zip(&change.done).map(|(place, done)| Step { counter: change.counter, place, done, dated: change.day, on }));
    }
    // What is said of a release that was withdrawn changes on that day.
    let gone = |of: &str| done.iter().find(|step| matches!(step.done, Done::Withdraw { prefix, .. } if prefix == of)).and_then(|s| s.on);
    let entry = |step: &Step<'_>| match step.done {
        Done::Erratum { erratum } => erratum_entry(world, erratum, step),
        Done::Publish { prefix } | Done::Revise { prefix, .. } => {
            let gone = gone(prefix);
            let made = entry(world, step, step.dated.or_else(|| day(world, prefix)).or(gone))?;
            Some(Entry { updated: gone.map_or(made.day, |day| day.max(made.day)), ..made })
        }
        _ => entry(world, step, step.on),
    };
    let mut entries: Vec<Entry> = done.iter().filter_map(entry).collect();
    // A stable sort: what was done on one day stays in its order.
    entries.sort_by_key(|entry| entry.day);
    entries
}

/// A part of a change of the index.
struct Step<'a> {
    counter: u64,
    place: u64,
    done: &'a Done,
    /// The day that the log gives it.
    dated: Option<NaiveDate>,
    /// That day, or the one before which it was not done.
    on: Option<NaiveDate>,
}

impl Step<'_> {
    /// Its name: the log only grows, so that it stays.
    fn id(&self) -> String {
        format!("changes/{}/{}", self.counter, self.place)
    }
}

fn edition<'w>(world: &'w World<'_>, prefix: &str) -> Option<&'w Edition<'w>> {
    world.editions.iter().find(|edition| edition.entry.prefix == prefix)
}

fn day(world: &World<'_>, prefix: &str) -> Option<NaiveDate> {
    edition(world, prefix)?.held.as_ref().map(|held| held.manifest.run.now)
}

fn releases_link(world: &World<'_>) -> Link {
    Link { rel: "related", href: world.at(RELEASES), media_type: "application/json", title: None, bytes: None }
}

/// The entry of what was done; none of a new key, which is nothing for readers of the data.
fn entry(world: &World<'_>, step: &Step<'_>, day: Option<NaiveDate>) -> Option<Entry> {
    let done = step.done;
    let (prefix, category) = match done {
        Done::Publish { prefix } => (prefix, "publication"),
        Done::Revise { prefix, .. } => (prefix, "correction"),
        Done::Rollback { prefix, .. } => (prefix, "retour"),
        Done::Withdraw { prefix, .. } => (prefix, "retrait"),
        Done::Erratum { .. } | Done::Rotate { .. } => return None,
    };
    let of = edition(world, prefix)?;
    let (month, revision) = (french::of_month(of.entry.month), of.entry.revision);
    let reason = match done {
        Done::Revise { reason, .. } | Done::Rollback { reason, .. } => reason.as_deref(),
        Done::Withdraw { class, .. } => Some(class.fr()),
        _ => None,
    };
    let reason = reason.map(|reason| format!(" Raison : {}", sentence(reason))).unwrap_or_default();
    let (title, text) = match done {
        Done::Publish { .. } => (format!("Données {month}"), format!("Les données {month} sont publiées.{}", contents(of))),
        Done::Revise { .. } => (
            format!("Données {month} : révision {revision}"),
            format!(
                "Les données {month} sont publiées de nouveau : la révision {revision} remplace la précédente, qui reste lisible.{reason}{}",
                contents(of)
            ),
        ),
        Done::Rollback { .. } => (
            format!("Données {month} : retour à la révision {revision}"),
            format!("La révision {revision} des données {month} est de nouveau celle à utiliser.{reason}"),
        ),
        Done::Withdraw { .. } => (
            format!("Données {month} : retrait de la révision {revision}"),
            format!("La révision {revision} des données {month} est retirée. Ne plus l’utiliser, et effacer les copies.{reason}"),
        ),
        Done::Erratum { .. } | Done::Rotate { .. } => return None,
    };
    let id = match done {
        Done::Publish { .. } | Done::Revise { .. } => prefix.clone(),
        _ => step.id(),
    };
    // Without any day, the month itself is over before it is published.
    let day = day.unwrap_or(of.entry.month.last_day());
    Some(Entry { id, day, updated: day, title, text, links: links(world, of), category })
}

fn erratum_entry(world: &World<'_>, erratum: &Erratum, step: &Step<'_>) -> Option<Entry> {
    let of = edition(world, &erratum.release)?;
    let month = french::of_month(of.entry.month);
    let title = of.held.as_ref().and_then(|held| held.table(&erratum.dataset)).map_or(erratum.dataset.as_str(), |t| &t.schema.title);
    let columns = if erratum.columns.is_empty() { String::new() } else { format!(" Colonnes : {}.", erratum.columns.join(", ")) };
    let day = step.on.unwrap_or(of.entry.month.last_day());
    Some(Entry {
        id: step.id(),
        day,
        updated: day,
        title: format!("Erratum : {title}, données {month}"),
        text: format!("{}{columns} Édition : {}.", sentence(&erratum.fr), erratum.release),
        links: vec![Link { rel: "alternate", ..releases_link(world) }],
        category: "erratum",
    })
}

/// What a release holds, and what became of it.
fn contents(of: &Edition<'_>) -> String {
    let Some(held) = &of.held else { return " Cette édition a été retirée depuis.".into() };
    let titles: Vec<&str> = held.tables.iter().map(|table| table.schema.title.as_str()).collect();
    let partial = if of.entry.partial { " Le mois n’est pas complet : la source ne va pas jusqu’à sa fin." } else { "" };
    let since = match of.entry.state {
        ReleaseState::Superseded => " Une autre édition du mois la remplace depuis.",
        ReleaseState::Current | ReleaseState::Withdrawn => "",
    };
    format!(" Jeux de données : {}.{partial}{since}", titles.join(", "))
}

fn links(world: &World<'_>, of: &Edition<'_>) -> Vec<Link> {
    let Some(held) = &of.held else { return vec![Link { rel: "alternate", ..releases_link(world) }] };
    let prefix = &of.entry.prefix;
    let mut links = Vec::new();
    let page = held.manifest.files.iter().any(|file| file.path == CHANGES_PAGE).then_some((CHANGES_PAGE, "text/markdown"));
    let (path, media_type) = page.unwrap_or(("manifest.json", "application/json"));
    links.push(Link { rel: "alternate", href: world.at(&format!("{prefix}/{path}")), media_type, title: None, bytes: None });
    for table in &held.tables {
        if let Some(file) = table.files.first() {
            links.push(Link {
                rel: "enclosure",
                href: world.at(&format!("{prefix}/{}", file.entry.path)),
                media_type: file.form.media_type,
                title: Some(format!("{} ({})", table.schema.title, file.form.label)),
                bytes: Some(file.entry.bytes),
            });
        }
    }
    links
}
