//! The resources of a dataset: its data in each form, what documents it, and the files of single months.

use super::{
    DATASET, PARTS, RESOURCE, STORE, WantedResource,
    forms::{form, mime},
    text,
};
use crate::{
    Fields, Settings,
    release::{Current, Published},
    settings::Address,
};
use serde_json::{Value, json};
use solidata_model::{DatasetSpec, Digest, Feeds, FileEntry, Manifest, Part, kind};

/// Every resource, in order.
pub(super) fn of(spec: &DatasetSpec, current: &Current, settings: &Settings) -> Vec<WantedResource> {
    let at = |release| Maker { spec, release, settings };
    let mut resources = at(&current.release).data(None);
    resources.extend(at(&current.release).documentation());
    if settings.updates {
        for month in &current.months {
            resources.extend(at(month).data(Some(month.manifest.month.to_string())));
        }
    }
    resources
}

/// A data file of a dataset.
pub(super) struct DataFile<'m> {
    file: &'m FileEntry,
    ending: &'m str,
    /// What stands for it in the keys of resources: it is the same each month.
    key: String,
}

/// The data files of a dataset, the known forms first, those of parts after the whole ones.
pub(super) fn data_files<'m>(manifest: &'m Manifest, dataset: &str) -> Vec<DataFile<'m>> {
    let mut files: Vec<_> = manifest.files.iter().filter_map(|file| data_file(file, dataset)).collect();
    let piece =
        |file: &DataFile<'_>| file.file.part.as_ref().filter(|p| p.is_split()).map(|p| (p.value.is_none(), p.value.clone(), p.piece));
    files.sort_by_cached_key(|file| (piece(file).is_some(), form(file.ending).rank, piece(file), file.key.clone()));
    files
}

/// A file as one of a dataset: `data/<dataset>.<ending>`, beneath `geo/` where rows have a point, or a part of what is too large as one file:
/// `parts/<dataset>/<part>.<ending>`, beneath `geo/` too.
fn data_file<'m>(file: &'m FileEntry, dataset: &str) -> Option<DataFile<'m>> {
    let (folder, name) = file.path.split_once('/')?;
    let (part, ending) = name.strip_prefix(dataset)?.split_once('.')?;
    let ending = if folder == "geo" && ending == "parquet" { "geoparquet" } else { ending };
    let key = match (folder, part.strip_prefix('/')) {
        ("data" | "geo", None) if part.is_empty() => ending.to_owned(),
        ("parts" | "geo", Some(part)) if !part.contains('/') => format!("{PARTS}{part}.{ending}"),
        _ => return None,
    };
    (!ending.contains('/')).then_some(DataFile { file, ending, key })
}

struct Maker<'a> {
    spec: &'a DatasetSpec,
    release: &'a Published,
    settings: &'a Settings,
}

/// A file as the manifest tells of it.
struct File<'a> {
    path: &'a str,
    media_type: &'a str,
    bytes: u64,
    sha256: Digest<kind::File>,
}

impl<'a> From<&'a FileEntry> for File<'a> {
    fn from(file: &'a FileEntry) -> Self {
        Self { path: &file.path, media_type: &file.media_type, bytes: file.bytes, sha256: file.sha256 }
    }
}

impl Maker<'_> {
    /// The address of a file that never changes.
    fn immutable(&self, path: &str) -> String {
        format!("{}/{}/{path}", self.settings.base_url, self.release.prefix)
    }

    /// Its data in each form: of the current release, or of one month.
    fn data(&self, month: Option<String>) -> Vec<WantedResource> {
        let title = self.spec.title_fr.trim();
        data_files(&self.release.manifest, &self.spec.id)
            .into_iter()
            .map(|DataFile { file, ending, key }| {
                let form = form(ending);
                let which = file.part.as_ref().and_then(Part::in_french);
                let what = which.as_ref().map_or_else(|| form.label.clone(), |which| format!("{}, {which}", form.label));
                let (key, kind, title, url) = match &month {
                    None => (key, "main", format!("{title} ({what})"), self.address(&file.path)),
                    Some(month) => (format!("{month}/{key}"), "update", format!("{title}, {month} ({what})"), self.immutable(&file.path)),
                };
                let words = text::data_resource(self.release, file.rows, if which.is_some() { text::PART } else { form.words });
                let mut resource = self.resource(key, kind, (&title, &words), url, &form.format, &file.into());
                if let Some(schema) = &file.schema {
                    resource.fields.set("schema", self.schema(schema));
                }
                // None too: what the file of the month before had must not stay beside this one.
                resource.fields.set("extras.solidata:rows", file.rows.map_or(Value::Null, Value::from));
                resource
                    .fields
                    .set("extras.solidata:logical_sha256", file.logical_sha256.map_or(Value::Null, |digest| digest.to_string().into()));
                resource
            })
            .collect()
    }

    fn address(&self, path: &str) -> String {
        match self.settings.address {
            Address::Latest => format!("{}/latest/{path}", self.settings.base_url),
            Address::Release => self.immutable(path),
        }
    }

    fn schema(&self, path: &str) -> serde_json::Value {
        match self.settings.schemas.get(&self.spec.id) {
            Some(name) => json!({"name": name, "version": self.spec.contract.version}),
            None => json!({"url": self.immutable(path)}),
        }
    }

    /// What documents it. These are registered under addresses that never change, so that each always has its digest.
    fn documentation(&self) -> Vec<WantedResource> {
        let (manifest, id) = (&self.release.manifest, &self.spec.id);
        let mut found: Vec<WantedResource> = Vec::new();
        for file in &manifest.files {
            let Some((key, title, words)) = self.document(&file.path) else { continue };
            found.push(self.resource(key, "documentation", (&title, words), self.immutable(&file.path), ending(&file.path), &file.into()));
        }
        let rank = |key: &str| ["page", "confidentialite", "schema", "changelog"].iter().position(|k| *k == key).unwrap_or(usize::MAX);
        found.sort_by(|a, b| (rank(&a.key), &a.key).cmp(&(rank(&b.key), &b.key)));
        let file = File {
            path: "manifest.json",
            media_type: "application/json",
            bytes: self.release.manifest_bytes,
            sha256: self.release.manifest_sha256,
        };
        let title = format!("Manifeste de la publication ({id})");
        found.push(self.resource("manifest".into(), "documentation", (&title, text::MANIFEST), self.immutable(file.path), "json", &file));
        found
    }

    /// What a file of the release documents, if it is this dataset: the key of its resource, its title and one sentence.
    fn document(&self, path: &str) -> Option<(String, String, &'static str)> {
        let (id, title) = (&self.spec.id, self.spec.title_fr.trim());
        if path == format!("schemas/{id}.json") {
            return Some(("schema".into(), format!("Schéma des colonnes : {title}"), text::SCHEMA));
        }
        if path == format!("datasets/{id}/CHANGELOG.md") {
            return Some(("changelog".into(), format!("Journal du schéma : {title}"), text::CHANGELOG));
        }
        let page = path.strip_prefix("pages/").filter(|name| !name.contains('/'))?;
        let (stem, end) = page.split_once('.')?;
        if stem == id {
            let key = if end == "md" { "page".into() } else { format!("page.{end}") };
            return Some((key, format!("Mode d’emploi : {title}"), text::PAGE));
        }
        if page == "confidentialite.md" && self.spec.feeds == Feeds::Demand {
            return Some(("confidentialite".into(), "Confidentialité des données de demande".into(), text::CONFIDENTIALITY));
        }
        // A further page of this dataset, or the contract of all.
        let own = stem.strip_prefix(id.as_str()).is_some_and(|rest| rest.starts_with('-'));
        (own || stem.starts_with("contrat")).then(|| (format!("page.{page}"), format!("{stem} : {title}"), ""))
    }

    fn resource(
        &self,
        key: String,
        kind: &str,
        (title, words): (&str, &str),
        url: String,
        format: &str,
        file: &File<'_>,
    ) -> WantedResource {
        let immutable = self.immutable(file.path);
        let fields = Fields::default()
            .with("title", title)
            .with("description", words)
            .with("type", kind)
            .with("filetype", "remote")
            .with("url", url)
            .with("format", format)
            .with("mime", mime(file.media_type))
            .with("filesize", file.bytes)
            .with("checksum", json!({"type": "sha256", "value": file.sha256.to_string()}))
            .with("schema", serde_json::Value::Null)
            .with(DATASET, self.spec.id.as_str())
            .with(STORE, self.settings.base_url.as_str())
            .with(RESOURCE, key.as_str())
            .with("extras.solidata:release", self.release.prefix.as_str())
            .with("extras.solidata:manifest_sha256", self.release.manifest_sha256.to_string())
            .with("extras.solidata:url", immutable);
        WantedResource { key, fields }
    }
}

fn ending(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, end)| end)
}
