use crate::error::CanonError;
use crate::forms::{Form, FormReceipt};
use crate::table::TableReceipt;
use chrono::NaiveDate;
use serde::Serialize;
use solidata_model::{DatasetSpec, Part, canonical_json, csv_path, parquet_path, schema_path};

/// What `datapackage.json` says of a release.
#[derive(Debug, Clone)]
pub struct DataPackage<'a> {
    /// Lower-case letters, digits, `-`, `_` and `.`: such as `solidata-2024-09`.
    pub name: &'a str,
    /// French title.
    pub title: &'a str,
    /// French description.
    pub description: &'a str,
    /// Version of the release, such as `2024.9.1` for the first revision of September 2024.
    pub version: &'a str,
    /// The day that stands for "now" in the run: never the clock's.
    pub created: NaiveDate,
    /// SPDX identifier of the release's licence.
    pub licence: &'a str,
    /// Who publishes.
    pub publisher: &'a str,
    /// What it was made from.
    pub sources: &'a [PackageSource],
    /// The tables, with what was written of each.
    pub tables: &'a [(&'a DatasetSpec, TableReceipt)],
    /// Their other forms, each with the table's name.
    pub forms: &'a [(String, FormReceipt)],
}

/// A source of a release.
#[derive(Debug, Clone, Serialize)]
pub struct PackageSource {
    /// Its name.
    pub title: String,
    /// The vintage, or the day of the snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its public address, when it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// Where the program, the contracts and the discussion of the package lie.
const HOMEPAGE: &str = "https://github.com/solinumasso/solidata";
const PUBLISHER_PAGE: &str = "https://www.solinum.org/";
const KEYWORDS: [&str; 5] = ["action sociale", "précarité", "services sociaux", "Soliguide", "solidarité"];

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    name: &'a str,
    title: &'a str,
    description: &'a str,
    homepage: &'static str,
    keywords: [&'static str; 5],
    version: &'a str,
    created: String,
    licenses: Vec<Licence>,
    contributors: Vec<Contributor<'a>>,
    sources: &'a [PackageSource],
    resources: Vec<Resource>,
}

#[derive(Serialize)]
struct Licence {
    name: String,
    path: String,
    title: String,
}

#[derive(Serialize)]
struct Contributor<'a> {
    title: &'a str,
    path: &'static str,
    roles: [&'static str; 1],
}

#[derive(Serialize)]
struct Resource {
    name: String,
    title: String,
    description: String,
    path: String,
    format: &'static str,
    mediatype: &'static str,
    bytes: u64,
    hash: String,
    licenses: Vec<Licence>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    table: Option<Tabular>,
}

/// What a CSV resource says besides. The Parquet resource says none of it: its file does.
#[derive(Serialize)]
struct Tabular {
    #[serde(rename = "type")]
    kind: &'static str,
    encoding: &'static str,
    dialect: Dialect,
    schema: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dialect {
    delimiter: &'static str,
    line_terminator: &'static str,
    quote_char: &'static str,
    double_quote: bool,
    skip_initial_space: bool,
    header: bool,
}

/// `datapackage.json`: a Frictionless Data Package with two resources a table, its CSV first, and one for each other form, whole before its parts.
///
/// # Errors
/// Never with what this crate writes.
pub fn datapackage(package: &DataPackage<'_>) -> Result<Vec<u8>, CanonError> {
    Ok(canonical_json(&Document {
        schema: "https://datapackage.org/profiles/2.0/datapackage.json",
        name: package.name,
        title: package.title,
        description: package.description,
        homepage: HOMEPAGE,
        keywords: KEYWORDS,
        version: package.version,
        created: format!("{}T00:00:00Z", package.created.format("%Y-%m-%d")),
        licenses: vec![licence(package.licence)],
        contributors: vec![Contributor { title: package.publisher, path: PUBLISHER_PAGE, roles: ["publisher"] }],
        sources: package.sources,
        resources: package.tables.iter().flat_map(|(spec, receipt)| resources(spec, receipt, package.forms)).collect(),
    })?)
}

fn resources(spec: &DatasetSpec, receipt: &TableReceipt, forms: &[(String, FormReceipt)]) -> Vec<Resource> {
    let common = |name: String, path: String, form: Form, file: crate::FileReceipt, table| Resource {
        name,
        title: spec.title_fr.clone(),
        description: spec.description_fr.clone(),
        path,
        format: form.ending(),
        // Without the parameter: the encoding is said beside it.
        mediatype: form.media_type().split(';').next().unwrap_or_default(),
        bytes: file.bytes,
        // Without the prefix a hash means MD5.
        hash: format!("sha256:{}", file.sha256),
        licenses: vec![licence(&spec.licence)],
        table,
    };
    let tabular = Tabular {
        kind: "table",
        encoding: "utf-8",
        dialect: Dialect {
            delimiter: ",",
            line_terminator: "\n",
            quote_char: "\"",
            double_quote: true,
            skip_initial_space: false,
            header: true,
        },
        schema: schema_path(&spec.id),
    };
    let mut resources = vec![
        common(spec.id.clone(), csv_path(&spec.id), Form::Csv, receipt.csv, Some(tabular)),
        common(format!("{}-parquet", spec.id), parquet_path(&spec.id), Form::Parquet, receipt.parquet, None),
    ];
    let mut forms: Vec<&FormReceipt> = forms.iter().filter(|(table, _)| *table == spec.id).map(|(_, form)| form).collect();
    // A file of all rows of its form comes before the parts of it.
    forms.sort_by_key(|form| (form.form, form.part.as_ref().is_some_and(Part::is_split), &form.path));
    for made in forms {
        let kind = made.form.name().replace('.', "-");
        let part = Form::of_path(&made.path).and_then(|path| path.part).map(|part| format!("{}-", part.to_lowercase())).unwrap_or_default();
        let mut resource = common(format!("{}-{part}{kind}", spec.id), made.path.clone(), made.form, made.file, None);
        if let Some(which) = made.part.as_ref().and_then(Part::in_french) {
            resource.title = format!("{} ({which})", spec.title_fr);
        }
        if made.part.as_ref().is_some_and(|part| part.with_point) {
            resource.description += " Seulement les lignes qui ont un point.";
        }
        resources.push(resource);
    }
    resources
}

fn licence(spdx: &str) -> Licence {
    let (path, title) = licence_of(spdx);
    Licence { name: spdx.into(), path, title }
}

/// Where a licence can be read, and its name.
pub(crate) fn licence_of(spdx: &str) -> (String, String) {
    match spdx {
        "etalab-2.0" => ("https://www.etalab.gouv.fr/licence-ouverte-open-licence".into(), "Licence Ouverte 2.0".into()),
        other => (format!("https://spdx.org/licenses/{other}.html"), other.to_owned()),
    }
}
