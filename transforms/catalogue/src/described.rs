//! What both catalogues say in the same words.

use crate::editions::{Edition, Held, Table};
use crate::forms::TableFile;
use crate::french;
use crate::graph::{Node, Term, Value};
use crate::iri::Iri;
use crate::views::World;
use crate::vocabulary::*;
use chrono::NaiveDate;
use solidata_model::{CHANGES_PAGE, Feeds, PROVENANCE as STATEMENT, Part, SnapshotRole};

/// An address with what it is.
pub(crate) fn typed(iri: Iri, kind: Term) -> Node {
    Node::named(iri, &[kind])
}

/// An entry of an authority table of the European Union.
pub(crate) fn authority(table: &str, entry: &str, kind: Term) -> Result<Node, crate::CatalogueError> {
    Ok(typed(Iri::parse(&format!("{EU}{table}/{entry}"))?, kind))
}

/// The catalogue itself, without its datasets. `name` is the file it lies in.
pub(crate) fn catalogue(world: &World<'_>, name: &str) -> Result<Node, crate::CatalogueError> {
    let mut node = Node::named(world.at(&format!("{name}.jsonld")), &[CATALOG])
        .french(TITLE, "Solidata : les données ouvertes de Soliguide")
        .english(TITLE, "Solidata: the open data of Soliguide")
        .french(DESCRIPTION, "Offre et demande d’aide sociale dans Soliguide, par mois, avec les schémas, les empreintes et la provenance de chaque édition.")
        .english(DESCRIPTION, "Supply of and demand for social services in Soliguide, each month, with the schemas, checksums and provenance of each release.")
        .with(PUBLISHER, publisher(world))
        .with(LICENSE, licence("etalab-2.0")?)
        .with(LANGUAGE, typed(Iri::known(FRENCH), LINGUISTIC_SYSTEM))
        .with(
            THEME_TAXONOMY,
            typed(Iri::known(THEMES), CONCEPT_SCHEME).french(TITLE, "Thèmes").english(TITLE, "Data themes"),
        );
    let current = |edition: &&Edition<'_>| edition.held.is_some();
    let days = world.editions.iter().filter(current).filter_map(|e| Some(e.held.as_ref()?.manifest.run.now));
    if let (Some(first), Some(last)) = (days.clone().min(), days.max()) {
        node = node.with(ISSUED, first).with(MODIFIED, last);
    }
    if let Some(page) = &world.addresses.landing_page {
        node = node.with(HOMEPAGE, typed(page.clone(), DOCUMENT));
    }
    Ok(node)
}

/// Who publishes, described once; elsewhere it is named by [`publisher_id`].
fn publisher(world: &World<'_>) -> Node {
    Node::named(publisher_id(world), &[ORGANIZATION, AGENT])
        .text(NAME, &world.of.settings.publisher.name)
        .with(HOMEPAGE, typed(world.addresses.homepage.clone(), DOCUMENT))
        .with(
            TYPE,
            typed(Iri::known(NON_PROFIT), CONCEPT)
                .french(PREF_LABEL, "Organisme à but non lucratif")
                .english(PREF_LABEL, "Non-profit organisation"),
        )
}

/// The name of who publishes.
pub(crate) fn publisher_id(world: &World<'_>) -> Iri {
    world.at(&format!("{}.jsonld", crate::CATALOG)).part("editeur")
}

/// Whom to write to.
pub(crate) fn contact(world: &World<'_>) -> Node {
    let mut node = Node::blank(&[VCARD_ORGANIZATION, VCARD_KIND]).text(FULL_NAME, &world.of.settings.contact.name);
    if let Some(email) = &world.addresses.email {
        node = node.with(HAS_EMAIL, email.clone());
    }
    if let Some(form) = &world.addresses.form {
        node = node.with(HAS_URL, form.clone());
    }
    node
}

/// The address of a licence: of `etalab-2.0` the page that data.gouv.fr knows as `lov2`, of another one its page at SPDX.
pub(crate) fn licence(spdx: &str) -> Result<Node, crate::CatalogueError> {
    let address = match spdx {
        "etalab-2.0" => "https://www.etalab.gouv.fr/licence-ouverte-open-licence".to_owned(),
        other => format!("https://spdx.org/licenses/{other}.html"),
    };
    Ok(typed(Iri::parse(&address)?, LICENSE_DOCUMENT).text(IDENTIFIER, spdx))
}

/// How often a table is published, from a frequency code of data.gouv.fr.
pub(crate) fn frequency(cadence: &str) -> Result<Node, crate::CatalogueError> {
    let entry = match cadence {
        "daily" => "DAILY",
        "weekly" => "WEEKLY",
        "monthly" => "MONTHLY",
        "quarterly" => "QUARTERLY",
        "semiannual" => "ANNUAL_2",
        "annual" => "ANNUAL",
        "irregular" => "IRREG",
        _ => "UNKNOWN",
    };
    authority("frequency", entry, FREQUENCY_TYPE)
}

/// The words under which a table is looked for.
pub(crate) fn keywords(feeds: Feeds) -> impl Iterator<Item = Value> {
    let common = ["action sociale", "lutte contre la pauvreté", "précarité", "solidarité", "Soliguide"];
    let own: &[&str] = match feeds {
        Feeds::Supply => &["annuaire", "services sociaux", "structures", "aide alimentaire", "hébergement"],
        Feeds::Demand => &["besoins sociaux", "recherches", "statistiques", "secret statistique"],
    };
    common.into_iter().chain(own.iter().copied()).map(|word| Value::In("fr", word.to_owned()))
}

/// What both catalogues say of a table: publisher, contact, licence, language, theme, words, rhythm, period, provenance, documentation.
pub(crate) fn table(world: &World<'_>, held: &Held<'_>, of: &Table<'_>, node: Node) -> Result<Node, crate::CatalogueError> {
    let mut node = node
        .with(PUBLISHER, publisher_id(world))
        .with(CONTACT_POINT, contact(world))
        .with(LICENSE, licence(&of.schema.licence)?)
        .with(LANGUAGE, Iri::known(FRENCH))
        .with(
            THEME,
            typed(Iri::known(SOCIETY), CONCEPT).french(PREF_LABEL, "Population et société").english(PREF_LABEL, "Population and society"),
        )
        .with_all(KEYWORD, keywords(of.schema.feeds))
        .with(FREQUENCY, frequency(&of.schema.cadence)?)
        .with(TEMPORAL, period(held.coverage(of)))
        .with(ACCESS_RIGHTS, typed(Iri::known(PUBLIC), RIGHTS_STATEMENT))
        .with(PROVENANCE, provenance(world, held))
        .with(DERIVED_FROM, Iri::known("https://soliguide.fr/"));
    for page in [format!("pages/{}.md", of.id), "pages/confidentialite.md".to_owned(), CHANGES_PAGE.to_owned()] {
        let about = !page.ends_with("confidentialite.md") || of.schema.feeds == Feeds::Demand;
        if about && held.manifest.files.iter().any(|file| file.path == page) {
            node = node.with(PAGE, typed(world.at(&format!("{}/{page}", held.manifest.prefix())), DOCUMENT));
        }
    }
    if let Some(page) = &world.addresses.landing_page {
        node = node.with(LANDING_PAGE, typed(page.clone(), DOCUMENT));
    }
    Ok(node)
}

/// A period in days, both included. It has no address: udata would fetch it.
pub(crate) fn period((first, last): (NaiveDate, NaiveDate)) -> Node {
    Node::blank(&[PERIOD]).with(START_DATE, first).with(END_DATE, last)
}

/// What a release was made from, in a sentence, with the documents that prove it.
fn provenance(world: &World<'_>, held: &Held<'_>) -> Node {
    let (manifest, prefix) = (held.manifest, held.manifest.prefix());
    let of = |role| manifest.run.snapshots.iter().any(|pin| pin.role == role);
    let searches = if of(SnapshotRole::Search) { " et de son journal de recherches" } else { "" };
    let geography = manifest.code_lists.iter().find(|list| list.name == "communes.csv");
    let geography = geography.map(|list| format!(", géographie {}", list.vintage)).unwrap_or_default();
    let text = format!(
        "Produit par {} {} à partir d’une photo de l’annuaire Soliguide du {}{searches}{geography}. Les empreintes de tout ce qui a servi sont dans le manifeste et dans l’attestation de provenance.",
        manifest.tool.name,
        manifest.tool.version,
        french::day(manifest.run.date_photo),
    );
    let mut node = Node::blank(&[PROVENANCE_STATEMENT]).french(LABEL, text).with(SEE_ALSO, world.at(&format!("{prefix}/manifest.json")));
    if manifest.files.iter().any(|file| file.path == STATEMENT) {
        node = node.with(SEE_ALSO, world.at(&format!("{prefix}/{STATEMENT}")));
    }
    node
}

/// How a checksum is written: the two readers contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChecksumForm {
    /// A plain text: with a datatype udata drops the whole dataset.
    Plain,
    /// `xsd:hexBinary`, as DCAT-AP asks.
    HexBinary,
}

/// A file of a table.
pub(crate) struct Download<'a> {
    pub table: &'a Table<'a>,
    pub file: &'a TableFile<'a>,
    /// Where it is read.
    pub address: Iri,
    pub checksum: ChecksumForm,
    /// The day on which this address was first published, and the day of what lies there.
    pub issued: NaiveDate,
    pub modified: NaiveDate,
}

impl Download<'_> {
    /// Its description.
    pub fn node(self, world: &World<'_>) -> Result<Node, crate::CatalogueError> {
        let Self { table, file, address, checksum, issued, modified } = self;
        let TableFile { form, part, entry } = *file;
        let named = |words: Option<String>| part.map(|name| words.unwrap_or_else(|| name.to_owned()));
        let [part, part_en] = [Part::in_french, Part::in_english].map(|words| named(entry.part.as_ref().and_then(words)));
        let digest = entry.sha256.to_string();
        let digest = match checksum {
            ChecksumForm::Plain => Value::Text(digest),
            ChecksumForm::HexBinary => Value::Typed(XSD_HEX, digest),
        };
        let checksum_node =
            Node::blank(&[CHECKSUM_TYPE]).with(ALGORITHM, typed(Iri::known(SHA256), ALGORITHM_TYPE)).with(CHECKSUM_VALUE, digest);
        let format: Value = match (checksum, form.compression) {
            // data.gouv.fr knows what is compressed by a name that no authority has.
            (ChecksumForm::Plain, Some(_)) => Node::blank(&[MEDIA_TYPE_OR_EXTENT]).text(LABEL, form.ending).into(),
            _ => authority("file-type", form.eu_type, MEDIA_TYPE_OR_EXTENT)?.into(),
        };
        let (title, version) = (&table.schema.title, &table.schema.version);
        let label = |part: &Option<String>| part.as_ref().map_or_else(|| form.label.to_owned(), |part| format!("{}, {part}", form.label));
        let [label, label_en] = [&part, &part_en].map(label);
        let text = match part {
            None => format!("{} {}", sentence(title), form.fr),
            Some(part) => format!("{} Une partie des lignes : {part}.", sentence(title)),
        };
        let mut node = Node::named(address.part("fichier"), &[DISTRIBUTION])
            .text(IDENTIFIER, &entry.path)
            .french(TITLE, format!("{title} ({label})"))
            .english(TITLE, format!("{} ({label_en})", table.schema.title_en))
            .french(DESCRIPTION, text)
            .with(ACCESS_URL, address.clone())
            .with(DOWNLOAD_URL, address)
            .with(FORMAT, format)
            .with(MEDIA_TYPE, typed(Iri::parse(&format!("{IANA}{}", form.media_type))?, MEDIA_TYPE_TYPE))
            .with(BYTE_SIZE, Value::Typed(XSD_COUNT, entry.bytes.to_string()))
            .with(CHECKSUM, checksum_node)
            .with(LICENSE, licence(&table.schema.licence)?)
            .with(LANGUAGE, Iri::known(FRENCH))
            .with(ISSUED, issued)
            .with(MODIFIED, modified)
            .with(
                CONFORMS_TO,
                typed(world.schema(table.id, version), STANDARD).text(TITLE, format!("solidata/{}", table.id)).text(VERSION_INFO, version),
            );
        if let Some(compression) = form.compression {
            node = node.with(COMPRESS_FORMAT, typed(Iri::parse(&format!("{IANA}{compression}"))?, MEDIA_TYPE_TYPE));
        }
        Ok(node)
    }
}

/// A title as a sentence.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?', '…']) { text.to_owned() } else { format!("{text}.") }
}
